//! Addresses: who logs in, and every value of the query but those that are known to be harmless.

use super::mark::marker_at;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Names in queries whose values stay.
pub(super) const ALLOWED: &[&str] = &[
    "page",
    "per_page",
    "page_size",
    "limit",
    "offset",
    "start",
    "count",
    "sort",
    "order",
    "order_by",
    "direction",
    "format",
    "lang",
    "language",
    "locale",
    "hl",
    "gl",
    "region",
    "v",
    "t",
    "part",
    "fields",
    "version",
    "api-version",
    "w",
    "h",
    "width",
    "height",
    "quality",
    "q_auto",
    "maxresults",
    "max_results",
    "type",
    "mode",
    "since",
    "until",
    "hours",
    "days",
    "window",
    "interval",
    "platform",
];

static URL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?i)[a-z][a-z0-9+.-]{1,31}://[^\s"'`<>\\]+"#).expect("a pattern"));
static QUERY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\?[0-9A-Za-z_.\[\]%~-]+=[^\s"'`<>\\]*"#).expect("a pattern"));

pub(super) fn find(
    text: &str,
    allowed: &[String],
    off: &dyn Fn(&str) -> bool,
    add: &mut impl FnMut(Range<usize>, &'static str),
) {
    if !off("url-userinfo") {
        for url in URL.find_iter(text) {
            if let Some(user) = userinfo(url.as_str()) {
                add(url.start() + user.start..url.start() + user.end, "url-userinfo");
            }
        }
    }
    if !off("query") {
        for found in QUERY.find_iter(text) {
            query(text, found.start() + 1, allowed, add);
        }
        for url in URL.find_iter(text) {
            if let Some(hash) = fragment(url.as_str())
                && url.as_str()[hash..].contains('=')
            {
                query(text, url.start() + hash + 1, allowed, add);
            }
        }
    }
}

/// What stands before the `@`. A password with a `/` in it is wrong, but people write it.
fn userinfo(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + 3;
    let rest = &url[start..];
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if let Some(end) = rest[..authority].rfind('@') {
        return Some(start..start + end);
    }
    let port = rest[..authority].rsplit_once(':')?.1;
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) || port.ends_with(']');
    let end = rest.rfind('@').filter(|_| !is_port)?;
    Some(start..start + end)
}

/// Where the fragment begins. The `#` in a marker begins none.
fn fragment(url: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let hash = at + url[at..].find('#')?;
        let bracket = url[at..hash].rfind('[').map(|bracket| at + bracket);
        match bracket.and_then(|bracket| Some(bracket + marker_at(&url[bracket..])?)) {
            Some(end) => at = end,
            None => return Some(hash),
        }
    }
}

/// Every value from here to the end of the query.
fn query(text: &str, start: usize, allowed: &[String], add: &mut impl FnMut(Range<usize>, &'static str)) {
    let mut at = start;
    loop {
        let name_end =
            at + text[at..].find(|c: char| c == '=' || ends(c) || c == '&').unwrap_or(text.len() - at);
        if !text[name_end..].starts_with('=') {
            // A name without a value may be the value itself: `?a=1&c2VjcmV0`.
            if !text[name_end..].starts_with('&') {
                return;
            }
            at = name_end + 1;
            continue;
        }
        let name = text[at..name_end].to_ascii_lowercase();
        let value = name_end + 1;
        let end = value_end(text, value);
        let marker = marker_at(&text[value..]).is_some_and(|length| value + length == end);
        let fixed = text[value..end].bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.,:+".contains(&b))
            && end - value <= 32;
        if !(marker || fixed && allowed.contains(&name)) {
            add(value..end, "query");
        }
        if !text[end..].starts_with(['&', ';', '#']) {
            return;
        }
        at = end + 1;
    }
}

fn ends(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '\\')
}

/// Markers hold a `#`, which ends no value.
fn value_end(text: &str, start: usize) -> usize {
    let mut at = start;
    while at < text.len() {
        if let Some(length) = marker_at(&text[at..]) {
            at += length;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        if ends(c) || matches!(c, '&' | ';' | '#') {
            break;
        }
        at += c.len_utf8();
    }
    // Punctuation of the sentence around, and brackets that close outside.
    let trimmed = text[start..at].trim_end_matches(['.', ',', ')', '!', ':']).len();
    if text[start..].starts_with("[redacted:") { at } else { start + trimmed }
}

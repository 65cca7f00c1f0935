//! Secrets that a key names in running text: `password=x`, `"token": "x"`, `--api-key x`, `Cookie: x`, `<secret>x</secret>`.

use super::keys::Keys;
use super::mark::marker_at;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A key with its separator. The value is read by hand, for it may be quoted, nested or a marker already.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"([\p{L}_$][\p{L}\p{N}_$.-]*)(?:\\*["'`\]]{1,2})?[ \t]{0,8}(=>|:=|={1,3}|:|%3[dDaA]|%22%3[aA])[ \t]{0,8}"#).expect("a pattern")
});
static FLAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[^\p{L}\p{N}_-])--?([A-Za-z][A-Za-z0-9_-]+)(?:[ \t]+|['\x22], ?['\x22])(?:\\*\x22([^\x22\\\n]+)|\\*'([^'\\\n]+)|([^\s'\x22,\]]+))",
    )
    .expect("a pattern")
});
static ELEMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<([A-Za-z][0-9A-Za-z_.:-]*)(?:\s[^<>]*)?>([^<]+)<").expect("a pattern"));
static PHRASE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)((?:api|access|secret|private|signing|account|session|refresh|auth|client|shared|license)[ \t](?:key|token|secret|id))[ \t]{0,4}(?::|=)[ \t]{0,8}").expect("a pattern")
});

/// Headers whose value is the whole line.
const LINES: [&str; 5] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-amz-security-token"];

pub(super) fn find(text: &str, keys: &Keys, add: &mut impl FnMut(Range<usize>, &'static str)) {
    let mut at = 0;
    while let Some(groups) = KEY.captures_at(text, at) {
        let (Some(whole), Some(key), Some(sign)) = (groups.get(0), groups.get(1), groups.get(2)) else {
            break;
        };
        // A value may be the next pair's key: it is looked at on its own.
        at = whole.end();
        if !keys.denies(key.as_str()) || sign.as_str() == ":" && text[whole.end()..].starts_with(':') {
            continue;
        }
        let value = value(text, &whole.range(), key.as_str(), key.start());
        at = value.end.max(at);
        add(value, "secret");
    }
    for groups in PHRASE.captures_iter(text) {
        if let Some(whole) = groups.get(0) {
            add(value(text, &whole.range(), "", whole.start()), "secret");
        }
    }
    for groups in FLAG.captures_iter(text) {
        let value = (2..=4).find_map(|group| groups.get(group));
        if let (Some(key), Some(value)) = (groups.get(1), value)
            && keys.denies(key.as_str())
            && !value.as_str().starts_with('-')
            && !value.as_str().starts_with('=')
        {
            add(value.range(), "secret");
        }
    }
    for groups in ELEMENT.captures_iter(text) {
        if let (Some(key), Some(value)) = (groups.get(1), groups.get(2))
            && keys.denies(key.as_str())
            && !value.as_str().trim().is_empty()
        {
            add(value.range(), "secret");
        }
    }
}

/// The value that begins where the key and its separator end.
fn value(text: &str, pair: &Range<usize>, key: &str, key_start: usize) -> Range<usize> {
    let start = pair.end;
    let rest = &text[start..];
    if rest.starts_with("[redacted:") && marker_at(rest).is_some() {
        return start..start;
    }
    let lower = key.to_ascii_lowercase();
    if LINES.iter().any(|line| lower.ends_with(line))
        && text[key_start..pair.end].contains(':')
        && !rest.starts_with(['"', '\'', '\\', '[', '{'])
    {
        return start..start + line(text, key_start, rest);
    }
    start + opening(rest)..start + length(rest)
}

/// A header's value: to the end of the line, or to the quote that the header stands in.
fn line(text: &str, key_start: usize, rest: &str) -> usize {
    let quote = text[..key_start].bytes().next_back().filter(|c| matches!(c, b'"' | b'\'' | b'`'));
    let slashes = text[..key_start.saturating_sub(1)].bytes().rev().take_while(|b| *b == b'\\').count();
    let end = quote.map_or(rest.len(), |quote| quoted(rest, quote, slashes));
    let end = rest[..end].find(['\n', '\r']).unwrap_or(end);
    let end = rest[..end].find("\\n").unwrap_or(end);
    rest[..end].trim_end().len()
}

/// Quotes and a `b` before them stay.
fn opening(rest: &str) -> usize {
    let inner = rest.trim_start_matches('\\');
    let (slashes, prefix) =
        (rest.len() - inner.len(), usize::from(inner.starts_with("b'") || inner.starts_with("b\"")));
    match inner[prefix..].chars().next() {
        Some('"' | '\'' | '`') => slashes + prefix + 1,
        _ => 0,
    }
}

/// Where the value ends: at its closing quote or bracket, or where a bare one is over.
fn length(rest: &str) -> usize {
    let begin = opening(rest);
    if begin > 0 {
        let quote = rest.as_bytes()[begin - 1];
        let slashes = rest.bytes().take_while(|b| *b == b'\\').count();
        return begin + quoted(&rest[begin..], quote, slashes);
    }
    if rest.starts_with(['[', '{', '(']) {
        return bracketed(rest);
    }
    // A bare secret may hold commas and the like; it ends at a space, or where a list of pairs goes on.
    let end = rest
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '&' | ';' | ')' | ']' | '}')
        })
        .unwrap_or(rest.len());
    let end = rest[..end].find(',').filter(|&comma| goes_on(&rest[comma + 1..])).unwrap_or(end);
    let end = rest[..end].find("%26").unwrap_or(end);
    let bare = rest[..end].trim_end_matches([',', '.', ':']).len();
    scheme(rest, bare)
}

/// After a comma: the end, a space, or the next key.
fn goes_on(rest: &str) -> bool {
    let word = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-' || c == '"' || c == '\''))
        .unwrap_or(rest.len());
    rest.is_empty() || rest.starts_with(char::is_whitespace) || rest[word..].starts_with(['=', ':'])
}

/// `auth=Bearer x` has its secret behind the scheme's name.
fn scheme(rest: &str, bare: usize) -> usize {
    let known = ["bearer", "basic", "token", "digest", "apikey", "negotiate", "oauth"];
    if !known.iter().any(|name| rest[..bare].eq_ignore_ascii_case(name)) || !rest[bare..].starts_with(' ') {
        return bare;
    }
    let next = &rest[bare + 1..];
    bare + 1
        + next
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '['))
            .unwrap_or(next.len())
}

/// To the closing quote, which as many backslashes stand before as before the opening one; or to the end.
fn quoted(rest: &str, quote: u8, slashes: usize) -> usize {
    let bytes = rest.as_bytes();
    let mut run = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == b'\\' {
            run += 1;
            continue;
        }
        if byte == quote && (if slashes == 0 { run % 2 == 0 } else { run <= slashes }) {
            return at - if slashes == 0 { 0 } else { run };
        }
        run = 0;
    }
    rest.len()
}

/// To the closing bracket, quotes and nesting respected; or to the end.
fn bracketed(rest: &str) -> usize {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in rest.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if matches!(c, '[' | '{' | '(') => depth += 1,
            None if matches!(c, ']' | '}' | ')') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    rest.len()
}

//! Taking secrets and personal data out of text and JSON before anything is written or sent.
//!
//! What is found becomes a marker such as `[redacted:email#3f9a]`: its kind, and 16 bits of a keyed hash, so that equal
//! values can be told to be equal within one run and no more. The match itself is never shown, in no error and no report.
//! All patterns run in time linear in the text (crate `regex`).
//!
//! On the corpora of `tests/guard/` 0 of 261 forms of secrets get through, and 7 of 242 harmless lines are redacted all the same: a bare
//! `session: closed`, `auth: failed` and `pass=12` (their keys are denied), a number with a `+` that could be a telephone's, and the
//! like. What cannot be seen: an unquoted secret with spaces in it, of which the first word goes.
//!
//! What a key names as secret (`password=`, `"api_key":`, `--token`, `Cookie:`) goes whatever it looks like; the rest is found by
//! its form. See [`KINDS`] for what is looked for.

mod checks;
mod keys;
mod mark;
mod pairs;
mod rules;

mod urls;
mod value;

use crate::{Error, ErrorKind, Result};
use keys::Keys;
use mark::Marker;
pub(crate) use mark::safe_end;
use regex::Regex;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// The kinds of what is looked for, in the order of [`Finding::kind`]'s documentation: `secret` (named by its key), `private-key`,
/// `jwt`, `bearer`, `cloud-key`, `api-key`, `opaque` (long and random), `url-userinfo`, `query`, `email`, `phone`, `card`, `iban`,
/// `ssn`, and `ip` where it is asked for.
pub const KINDS: [&str; 15] = [
    "secret",
    "private-key",
    "jwt",
    "bearer",
    "cloud-key",
    "api-key",
    "opaque",
    "url-userinfo",
    "query",
    "email",
    "phone",
    "card",
    "iban",
    "ssn",
    "ip",
];

/// Looks at one text at most.
const ROUNDS: usize = 8;

/// One place in a text that is redacted. Never the text itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// One of [`KINDS`], or the name of a custom rule.
    pub kind: String,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// What [`Redactor::test`] says of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redaction {
    /// The text as it would be written.
    pub text: String,
    /// What was found, in the order of the text.
    pub findings: Vec<Finding>,
}

/// A rule of the host's own.
#[derive(Debug, Clone)]
struct Custom {
    kind: String,
    pattern: Regex,
}

/// Takes secrets and personal data out of text and JSON. Cheap to share; `Send` and `Sync`.
///
/// ```
/// use viralnow_core::monitor::redact::Redactor;
/// let redactor = Redactor::default();
/// let text = redactor.text("mail bob@example.com, password=hunter2, 3 tries");
/// assert!(text.starts_with("mail [redacted:email#") && text.ends_with("], 3 tries"));
/// assert!(!text.contains("bob") && !text.contains("hunter2"));
/// // Once redacted, a text stays as it is.
/// assert_eq!(redactor.text(&text), text);
/// ```
#[derive(Debug, Clone)]
pub struct Redactor {
    marker: Marker,
    keys: Keys,
    allowed_queries: Vec<String>,
    off: Vec<&'static str>,
    custom: Vec<Custom>,
    max_bytes: usize,
    max_depth: usize,
    max_values: usize,
}

impl Default for Redactor {
    fn default() -> Self {
        Self {
            marker: Marker::random(),
            keys: Keys::default(),
            allowed_queries: urls::ALLOWED.iter().map(|&name| name.to_owned()).collect(),
            off: vec!["ip"],
            custom: Vec::new(),
            max_bytes: 64 << 10,
            max_depth: 32,
            max_values: 10_000,
        }
    }
}

impl Redactor {
    /// The key of the markers' hash, so that equal values have equal markers across processes; random by default.
    #[must_use]
    pub fn with_key(mut self, key: [u8; 32]) -> Self {
        self.marker = Marker::with_key(key);
        self
    }

    /// The same key as another: after its settings change one address has the marker that it had before.
    #[must_use]
    pub(in crate::monitor) fn keyed_as(mut self, other: &Self) -> Self {
        self.marker = other.marker.clone();
        self
    }

    /// A key whose value always goes. `session` denies `session`, `userSession` and `SESSION-ID`, by whole words; `client secret`
    /// those two words in a row.
    #[must_use]
    pub fn deny_key(mut self, name: &str) -> Self {
        self.keys.deny(name);
        self
    }

    /// A key, by its whole name, whose value is only looked at for its form, such as `session_count`.
    #[must_use]
    pub fn allow_key(mut self, name: &str) -> Self {
        self.keys.allow(name);
        self
    }

    /// A name in queries of addresses whose value stays, such as `page`.
    #[must_use]
    pub fn allow_query(mut self, name: &str) -> Self {
        self.allowed_queries.push(name.to_lowercase());
        self
    }

    /// Whether IP addresses go as well; they stay by default, being as often a machine's as a person's.
    #[must_use]
    pub fn with_ip(self, redacted: bool) -> Self {
        if redacted {
            Self { off: self.off.into_iter().filter(|kind| *kind != "ip").collect(), ..self }
        } else {
            self.without("ip")
        }
    }

    /// Leaves one of [`KINDS`] alone.
    #[must_use]
    pub fn without(mut self, kind: &str) -> Self {
        self.off.extend(KINDS.iter().filter(|known| **known == kind));
        self
    }

    /// A rule of one's own: what the pattern's first group, or else the whole of it, matches is redacted under this kind.
    ///
    /// ```
    /// use viralnow_core::monitor::redact::Redactor;
    /// let redactor = Redactor::default().with_rule("patient", r"\bP-(\d{6})\b")?;
    /// assert!(redactor.text("seen: P-123456").starts_with("seen: P-[redacted:patient#"));
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn with_rule(mut self, kind: &str, pattern: &str) -> Result<Self> {
        let wrong = |what: &str| Error::new(ErrorKind::InvalidConfig, what.to_owned()).with("rule", kind);
        let named = (1..=32).contains(&kind.len())
            && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !named {
            return Err(wrong("a rule's name is 1 to 32 of a-z, 0-9, - and _"));
        }
        if self.custom.len() >= 64 {
            return Err(wrong("there may be 64 rules at most; join some by |"));
        }
        let built = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
        let pattern =
            built.map_err(|error| wrong("the rule's pattern is no regular expression").caused_by(error))?;
        if pattern.is_match("") {
            return Err(wrong("the rule's pattern matches the empty text, and so everywhere"));
        }
        self.custom.push(Custom { kind: kind.to_owned(), pattern });
        Ok(self)
    }

    /// Bytes of one text at most (64 KiB by default, 256 at least); the rest is cut off, and that is said.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes.max(256);
        self
    }

    /// The text without what it should not hold. Texts without anything to find are given back as they are.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let (kept, cut) = self.shortened(text);
        let findings = self.findings(kept);
        if findings.is_empty() && cut == 0 {
            return Cow::Borrowed(text);
        }
        let mut out = self.replaced(kept, &findings);
        // A marker beside it may show what was part of a longer run before: `4111111111111111+49 30 901820`.
        for _ in 0..ROUNDS {
            let more = self.findings(&out);
            if more.is_empty() {
                break;
            }
            out = self.replaced(&out, &more);
        }
        // Markers may be longer than what they stand for; a second look must find nothing to cut.
        let mut cut = cut;
        if out.len() + mark::CUT_ROOM > self.max_bytes && (cut > 0 || out.len() > self.max_bytes) {
            let end = mark::safe_end(&out, self.max_bytes - mark::CUT_ROOM);
            cut += out.len() - end;
            out.truncate(end);
        }
        if cut > 0 {
            out.push_str(&mark::cut_note(cut));
        }
        Cow::Owned(out)
    }

    /// Redacts a JSON value in place: texts by their form, values of denied keys altogether, keys as texts. What is nested deeper
    /// than 32, and what follows the first 10,000 values, is dropped, and that is said in its place.
    ///
    /// ```
    /// use viralnow_core::monitor::redact::Redactor;
    /// let mut value = serde_json::json!({"user": {"apiKey": "x", "age": 3}, "to": ["bob@example.com"]});
    /// Redactor::default().value(&mut value);
    /// assert_eq!(value["user"]["age"], 3);
    /// assert!(value["user"]["apiKey"].as_str().unwrap().starts_with("[redacted:secret#"));
    /// assert!(value["to"][0].as_str().unwrap().starts_with("[redacted:email#"));
    /// ```
    pub fn value(&self, value: &mut Value) {
        value::redact(self, value);
    }

    /// What would happen to a text, and why; nowhere what was found.
    pub fn test(&self, text: &str) -> Redaction {
        let (kept, _) = self.shortened(text);
        Redaction { text: self.text(text).into_owned(), findings: self.findings(kept) }
    }

    /// Whether this key's value always goes.
    ///
    /// ```
    /// let redactor = viralnow_core::monitor::redact::Redactor::default();
    /// assert!(redactor.denies("dbPassword") && redactor.denies("X-Api-Key"));
    /// assert!(!redactor.denies("author") && !redactor.denies("max_tokens") && !redactor.denies("session_count"));
    /// ```
    pub fn denies(&self, key: &str) -> bool {
        !self.is_off("secret") && self.keys.denies(key)
    }

    fn is_off(&self, kind: &str) -> bool {
        self.off.contains(&kind)
    }

    /// The part of a too long text that is looked at, and how many bytes are not.
    fn shortened<'a>(&self, text: &'a str) -> (&'a str, usize) {
        if text.len() <= self.max_bytes {
            return (text, 0);
        }
        let end = mark::safe_end(text, self.max_bytes - mark::CUT_ROOM);
        (&text[..end], text.len() - end)
    }

    /// All that is found, in order, without overlaps.
    fn findings(&self, text: &str) -> Vec<Finding> {
        let mut found: Vec<(Range<usize>, &str)> = Vec::new();
        let looks = rules::Looks::of(text);
        let mut add = |range: Range<usize>, kind: &'static str| {
            if !range.is_empty() {
                found.push((range, kind));
            }
        };
        if looks.pairs && !self.is_off("secret") {
            pairs::find(text, &self.keys, &mut add);
        }
        rules::find(text, &looks, &|kind| self.is_off(kind), &mut add);
        if looks.addresses {
            urls::find(text, &self.allowed_queries, &|kind| self.is_off(kind), &mut add);
        }
        for rule in &self.custom {
            for groups in rule.pattern.captures_iter(text) {
                if let Some(part) = groups.get(1).or_else(|| groups.get(0)).filter(|part| !part.is_empty()) {
                    found.push((part.range(), rule.kind.as_str()));
                }
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let markers = mark::markers(text);
        found.retain(|(range, _)| !mark::only_markers(text, range, &markers));
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        merged(found)
    }

    fn replaced(&self, text: &str, findings: &[Finding]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for finding in findings {
            out.push_str(&text[at..finding.start]);
            out.push_str(&self.marker.mark(&finding.kind, &text[finding.start..finding.end]));
            at = finding.end;
        }
        out.push_str(&text[at..]);
        out
    }
}

/// Joins what overlaps; the kind is that of the longer.
fn merged(found: Vec<(Range<usize>, &str)>) -> Vec<Finding> {
    let mut out: Vec<Finding> = Vec::new();
    let mut longest = 0;
    for (range, kind) in found {
        match out.last_mut() {
            Some(last) if range.start < last.end => {
                if range.len() > longest {
                    longest = range.len();
                    kind.clone_into(&mut last.kind);
                }
                last.end = last.end.max(range.end);
            }
            _ => {
                longest = range.len();
                out.push(Finding { kind: kind.to_owned(), start: range.start, end: range.end });
            }
        }
    }
    out
}

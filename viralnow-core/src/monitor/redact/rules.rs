//! What is known by its form alone.

use super::checks::{digits, is_basic, is_card, is_iban, is_random, is_word};
use regex::{Regex, RegexSet};
use std::ops::Range;
use std::sync::LazyLock;

/// A pattern, and what else must hold of what it matches (its first group, if it has one) in the text.
struct Rule {
    kind: &'static str,
    pattern: &'static str,
    check: fn(&str, Range<usize>) -> bool,
}

const fn rule(kind: &'static str, pattern: &'static str) -> Rule {
    Rule { kind, pattern, check: |_, _| true }
}

const RULES: &[Rule] = &[
    // To the end of the text where the key's end is cut off.
    rule(
        "private-key",
        r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|.*)",
    ),
    rule("private-key", r"(?s)---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----.*"),
    rule("private-key", r"(?s)PuTTY-User-Key-File-[0-9]:.*"),
    rule("private-key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    rule("jwt", r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}"),
    rule("jwt", r"\beyJ[A-Za-z0-9_-]{37,}"),
    Rule {
        kind: "bearer",
        pattern: r"(?i)\b(?:bearer|oauth|apikey)[ \t]+([A-Za-z0-9._~+/=:-]{8,})",
        check: |text, at| !is_word(&text[at]),
    },
    Rule {
        kind: "bearer",
        pattern: r"(?i)\bbasic[ \t]+([A-Za-z0-9+/]{8,}={0,2})",
        check: |text, at| is_basic(&text[at]),
    },
    // In words: "the password is ..."
    Rule {
        kind: "secret",
        pattern: r#"(?i)\b(?:password|passwd|passphrase|passcode|pwd|secret|token|pin|otp|api key)[ \t]+(?:is|was|=|to)[ \t]+\\*["'`]?([^\s"'`]{4,})"#,
        check: |text, at| !is_word(&text[at.clone()]) || text[at].bytes().any(|b| b"!@#$%^&*".contains(&b)),
    },
    // Clouds
    rule("cloud-key", r"\b(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|ANPA|ANVA|AIPA|APKA)[A-Z0-9]{16}\b"),
    rule("cloud-key", r"\bAIza[0-9A-Za-z_-]{30,}"),
    rule("cloud-key", r"\bya29\.[0-9A-Za-z_-]{16,}"),
    rule("cloud-key", r"\bGOCSPX-[0-9A-Za-z_-]{20,}"),
    rule("cloud-key", r"\b1//0[0-9A-Za-z_-]{20,}"),
    rule("cloud-key", r"\b[0-9a-z]{3}8Q~[0-9A-Za-z_.~-]{31,34}"),
    rule("cloud-key", r"\b(?:dop|doo|dor)_v1_[a-f0-9]{64}"),
    rule("cloud-key", r"\bLTAI[0-9A-Za-z]{12,}"),
    rule("cloud-key", r"\bFlyV1 fm[0-9a-z]_[0-9A-Za-z+/=,_-]{20,}"),
    rule("cloud-key", r"\b(?:HRKU-[0-9A-Za-z_-]{30,}|ibm_[0-9A-Za-z_-]{40,})"),
    // Makers of software
    rule("api-key", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    rule("api-key", r"\bgl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|imt|oas|ffct)-[A-Za-z0-9_.=-]{16,}"),
    rule("api-key", r"\bATB[BA][A-Za-z0-9]{24,}|\bATATT3[A-Za-z0-9_=-]{20,}"),
    rule(
        "api-key",
        r"\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{8,}|\bxapp-[0-9]-[A-Za-z0-9-]{8,}|\bxwfp-[A-Za-z0-9-]{8,}",
    ),
    rule("api-key", r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]{8,})"),
    rule("api-key", r"discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/([0-9]+/[0-9A-Za-z_-]{20,})"),
    rule("api-key", r"webhook\.office\.com/(webhookb2/[0-9A-Za-z_@/-]{20,})"),
    rule("api-key", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}"),
    Rule {
        kind: "api-key",
        pattern: r"\b(?:sk|rk|pk)-[A-Za-z0-9_-]{20,}",
        check: |text, at| text[at].bytes().filter(u8::is_ascii_digit).count() > 1,
    },
    rule("api-key", r"\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9+/=]{16,}"),
    rule("api-key", r"\bnpm_[A-Za-z0-9]{30,}"),
    rule("api-key", r"\bpypi-AgE[A-Za-z0-9_-]{16,}"),
    rule(
        "api-key",
        r"\b(?:hf|api_org)_[A-Za-z0-9]{30,}|\br8_[A-Za-z0-9]{30,}|\bgsk_[A-Za-z0-9]{30,}|\bxai-[A-Za-z0-9]{30,}|\bpplx-[A-Za-z0-9]{30,}",
    ),
    rule("api-key", r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
    rule("api-key", r"\b(?:AC|SK)[0-9a-f]{32}\b"),
    rule("api-key", r"\bkey-[0-9a-f]{32}\b|\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    rule("api-key", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    rule("api-key", r"(?:\b|/bot)[0-9]{8,10}:[A-Za-z0-9_-]{35,}"),
    rule(
        "api-key",
        r"\bdapi[0-9a-f]{32}|\blin_(?:api|oauth)_[A-Za-z0-9]{20,}|\bsecret_[A-Za-z0-9]{40,}|\bntn_[A-Za-z0-9]{30,}",
    ),
    rule("api-key", r"\bhv[sbr]\.[0-9A-Za-z_-]{20,}|\bs\.[A-Za-z0-9]{24}\b"),
    rule(
        "api-key",
        r"\bcio[A-Za-z0-9]{32}\b|\brubygems_[0-9a-f]{48}|\bdckr_(?:pat|oat)_[0-9A-Za-z_-]{20,}|\boy2[a-z0-9]{43}\b",
    ),
    rule("api-key", r"\bsq0(?:atp|csp|idp)-[0-9A-Za-z_-]{20,}|\bEAAA[A-Za-z0-9_-]{56,}"),
    rule("api-key", r"\bEAA[A-Z][A-Za-z0-9]{24,}|\bIG[A-Z]{2}[A-Za-z0-9_-]{40,}"),
    rule("api-key", r"\bA{20,}[A-Za-z0-9%]{20,}"),
    rule("api-key", r"\bact\.[A-Za-z0-9!.]{20,}|\bclt\.[A-Za-z0-9!.]{20,}"),
    rule(
        "api-key",
        r"\bgl(?:sa|c)_[A-Za-z0-9_=+/]{20,}|\bsntry[su]_[A-Za-z0-9+/=_-]{20,}|\bNRA[KL]-[A-Z0-9]{20,}|\bpscale_(?:tkn|oauth|pw)_[0-9A-Za-z_.-]{20,}",
    ),
    rule(
        "api-key",
        r"\bsb[ps]_[0-9a-f]{40}|\bsb_secret_[0-9A-Za-z_-]{20,}|\b[A-Za-z0-9]{14}\.atlasv1\.[0-9A-Za-z_-]{40,}|\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    ),
    rule(
        "api-key",
        r"\bsl\.(?:u\.)?[0-9A-Za-z_-]{60,}|\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}|\bfig[do]_[0-9A-Za-z_-]{30,}|\bPKAQ?[A-Z0-9]{16,18}\b",
    ),
    rule(
        "api-key",
        r"\bphc_[A-Za-z0-9]{30,}|\bdoppler_[0-9A-Za-z_-]{20,}|\bdp\.(?:pt|st|sa)\.[0-9A-Za-z_.-]{30,}|\btfp_[A-Za-z0-9_]{30,}|\bCFPAT-[0-9A-Za-z_-]{30,}|\bbkua_[0-9a-f]{30,}|\bv1\.0-[0-9a-f]{24}-[0-9a-f]{100,}",
    ),
    rule("api-key", r"\b(?:ops|eyJhb)_[A-Za-z0-9+/=]{30,}|\bA3-[A-Z0-9]{6}-[A-Z0-9-]{20,}"),
    // People
    Rule {
        kind: "email",
        // No quote before it is a part of it, and `to=joe@…` is an argument; but `bounce-joe=example.org@…` and what comes after a `+` is.
        pattern: r"(?:[\p{L}\p{N}_%&*/?^~.-]+(?:'[\p{L}\p{N}_%&*/?^~.-]+)*(?:=[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)?(?:\+[\p{L}\p{N}_%+&*/=?^~'.-]*)?|\+[\p{L}\p{N}_%+&*/=?^~'.-]+)['=]?(?:@|%40|\\+u0040|&#64;)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(?:\p{L}{2,24}|xn--[a-z0-9-]+)",
        check: is_email,
    },
    rule("email", r#""[^"\s@]{1,64}"@(?:[0-9A-Za-z_-]+\.)+[A-Za-z]{2,24}"#),
    rule("email", r"[0-9A-Za-z_.+-]+@\[(?:[0-9]{1,3}\.){3}[0-9]{1,3}\]"),
    rule(
        "email",
        r"(?i)[0-9A-Za-z_.+-]+ ?[\[(] ?at ?[\])] ?[0-9A-Za-z_-]+(?:(?: ?[\[(] ?dot ?[\])] ?|\.)[0-9A-Za-z_-]+)+",
    ),
    Rule { kind: "phone", pattern: r"(?:\+|\b00)[1-9](?:[ \t.\-/]?\(?[0-9]\)?){7,14}", check: is_phone },
    Rule { kind: "phone", pattern: r"\([0-9]{2,5}\)[ \t.-]?[0-9]{3,4}[ \t.-]?[0-9]{3,4}\b", check: is_phone },
    Rule {
        kind: "phone",
        pattern: r"(?:\b1[ .-])?\b[2-9][0-9]{2}[ .-][2-9][0-9]{2}[ .-][0-9]{4}\b",
        check: is_phone,
    },
    Rule { kind: "phone", pattern: r"\b0[0-9]{2,4}[ /.-][0-9]{3,4}[ .-]?[0-9]{3,5}\b", check: is_phone },
    Rule { kind: "phone", pattern: r"\b0[0-9](?:[ .-][0-9]{2}){4}\b", check: is_phone },
    Rule { kind: "phone", pattern: r"\b0[1-9][0-9]{8,9}\b", check: is_phone },
    Rule { kind: "phone", pattern: r"\b[6-9][0-9]{4}[ -][0-9]{5}\b", check: is_phone },
    Rule {
        kind: "phone",
        pattern: r"(?i)\b(?:tel|phone|fax|cell|mobile|call|whatsapp|sms|mob|telephone|telefon|handy)\b[ .:=#]{1,3}(?:no\.? |nr\.? |at )?([(0-9][0-9 ().-]{5,17}[0-9])",
        check: |_, _| true,
    },
    rule(
        "ssn",
        r"\b(?:00[1-9]|0[1-9][0-9]|[1-578][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])-(?:0[1-9]|[1-9][0-9])-(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})\b",
    ),
    Rule {
        kind: "card",
        pattern: r"\b[0-9](?:[ -]?[0-9]){12,18}\b",
        check: |text, at| is_card(&digits(&text[at])),
    },
    Rule {
        kind: "iban",
        pattern: r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b",
        check: |text, at| is_iban(&text[at]),
    },
    // Machines
    Rule {
        kind: "ip",
        pattern: r"\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\b",
        check: is_alone,
    },
    Rule {
        kind: "ip",
        pattern: r"(?i)(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7}|::(?:ffff:)?[0-9a-f.]{2,}",
        check: |text, at| text[at].parse::<std::net::Ipv6Addr>().is_ok(),
    },
    // Whatever is long and random
    Rule {
        kind: "opaque",
        pattern: r"[A-Za-z0-9+/_-]{32,}={0,2}",
        check: |text, at| is_random(text[at].trim_end_matches('=')),
    },
];

static SET: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(RULES.iter().map(built)).expect("the patterns are right"));
type Later = LazyLock<Regex, Box<dyn FnOnce() -> Regex + Send>>;

/// Built when the set says that there is something to find.
static PATTERNS: LazyLock<Vec<Later>> = LazyLock::new(|| {
    RULES
        .iter()
        .map(|rule| LazyLock::new(Box::new(|| Regex::new(&built(rule)).expect("a pattern")) as Box<_>))
        .collect()
});

/// Borders of words are those of ASCII: Unicode's tables would make the patterns large, and slow on other scripts.
fn built(rule: &Rule) -> String {
    rule.pattern.replace(r"\b", r"(?-u:\b)")
}

/// What a text has of the signs without which there is nothing to find.
pub(super) struct Looks {
    /// A `=`, `:` or the like between key and value, or a flag.
    pub(super) pairs: bool,
    /// An address or a query.
    pub(super) addresses: bool,
    /// Any sign of the rules.
    rules: bool,
}

impl Looks {
    /// One pass over the bytes; most lines of a log end here.
    pub(super) fn of(text: &str) -> Self {
        let (mut digits, mut run, mut longest, mut at_sign, mut pairs, mut query) =
            (0, 0, 0, false, false, false);
        let (mut flag, mut last, mut dash) = (false, b' ', false);
        for byte in text.bytes() {
            // `-password`, but not `2024-01-08` or `key-value`.
            flag |= dash && byte.is_ascii_alphabetic();
            dash = byte == b'-' && (dash || !last.is_ascii_alphanumeric());
            last = byte;
            match byte {
                b'0'..=b'9' => (digits, run) = (digits + 1, run + 1),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | b'.' | b'/' | b'+' => run += 1,
                b'@' | b'%' | b'&' | b'[' | b'(' | b'\\' => (at_sign, run) = (true, 0),
                b'=' | b':' | b'<' => (pairs, run) = (true, 0),
                b'?' => (query, run) = (true, 0),
                _ => run = 0,
            }
            longest = longest.max(run);
        }
        let lower = |word: &str| {
            text.len() >= word.len()
                && text.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
        };
        let rules = digits >= 6
            || longest >= 16
            || at_sign
            || flag
            || ["bearer", "basic ", "oauth", "pass", "secret", "token", "pwd", "pin", "otp", "api key"]
                .iter()
                .any(|word| lower(word));
        Self {
            pairs: pairs || flag || text.contains('%'),
            addresses: query || text.contains("://"),
            rules: rules || pairs,
        }
    }
}

/// Finds all rules' matches.
pub(super) fn find(
    text: &str,
    looks: &Looks,
    off: &dyn Fn(&str) -> bool,
    add: &mut impl FnMut(Range<usize>, &'static str),
) {
    if !looks.rules {
        return;
    }
    for i in &SET.matches(text) {
        let rule = &RULES[i];
        if off(rule.kind) {
            continue;
        }
        let pattern = &*PATTERNS[i];
        let mut at = 0;
        while let Some(whole) = pattern.find_at(text, at) {
            // Groups cost much more, and only what was found is asked for them.
            let group =
                (pattern.captures_len() > 1).then(|| pattern.captures_at(text, whole.start())).flatten();
            let part = group.and_then(|groups| groups.get(1)).map_or(whole.range(), |part| part.range());
            if (rule.check)(text, part.clone()) {
                add(part, rule.kind);
                at = whole.end();
            } else {
                // What was no match as a whole may hold one, from its second token on; a long one does not.
                at = if whole.len() > 64 { whole.end() } else { next_token(text, whole.range()) };
            }
        }
    }
}

/// Where to look on after a match that was none.
fn next_token(text: &str, whole: Range<usize>) -> usize {
    let bytes = text.as_bytes();
    let inside =
        whole.clone().skip(1).find(|&at| !bytes[at].is_ascii_alphanumeric() && text.is_char_boundary(at + 1));
    inside.map_or(whole.end, |at| at + 1).max(whole.start + 1)
}

fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Files and addresses of Git are no e-mail addresses: `icon@2x.png`, `git@github.com:owner/name`.
fn is_email(text: &str, at: Range<usize>) -> bool {
    const FILES: &[&str] = &[
        "png", "jpg", "jpeg", "gif", "webp", "svg", "js", "mjs", "css", "mp4", "mp3", "wav", "rs", "py",
        "ts", "json", "tgz", "gz", "zip", "html", "txt", "so", "dll",
    ];
    let found = &text[at.clone()];
    let end = found.rsplit('.').next().unwrap_or_default();
    let git = found.starts_with("git@") && text[at.end..].starts_with(':');
    !git && !FILES.contains(&end.to_ascii_lowercase().as_str())
}

/// Not part of a longer number, a date, a version or an id.
fn is_alone(text: &str, at: Range<usize>) -> bool {
    let joined = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let ends = after(text, at.end).is_none_or(|c| {
        let number_goes_on =
            matches!(c, '.' | '-' | '/' | ',') && after(text, at.end + 1).is_some_and(|c| c.is_ascii_digit());
        !(c.is_alphanumeric() || c == '_' || c == '%' || number_goes_on)
    });
    ends && before(text, at.start).is_none_or(|c| !joined(c))
}

fn is_phone(text: &str, at: Range<usize>) -> bool {
    let found = &text[at.clone()];
    let digits = digits(found);
    let many = (7..=17).contains(&digits.len()) && digits.windows(2).any(|pair| pair[0] != pair[1]);
    let plus = found.starts_with('+') || found.starts_with('(');
    let begins = before(text, at.start).is_none_or(|c| !c.is_alphanumeric());
    many && (if plus {
        begins && after(text, at.end).is_none_or(|c| c != '_' && !c.is_alphabetic())
    } else {
        is_alone(text, at)
    })
}

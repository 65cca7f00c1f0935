//! What a platform's refusal means.

use super::usage::Usage;
use crate::{Error, ErrorKind};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use ureq::http::HeaderMap;

/// What is particular to a platform's interface.
#[derive(Debug)]
pub(super) struct Rules {
    /// The interface's name in errors.
    pub(super) name: &'static str,
    /// Where it answers.
    pub(super) base: &'static str,
    /// The header that carries the key or token, and what stands before it there.
    pub(super) header: (&'static str, &'static str),
    /// The query's name for it, where it may stand there.
    pub(super) parameter: Option<&'static str>,
    /// Whether its documentation has it there alone.
    pub(super) in_query: bool,
    /// Units that its documentation allows in a window.
    pub(super) limit: Option<u64>,
    /// When the present window ends, where the clock tells.
    pub(super) window_ends: fn(Timestamp) -> Option<Timestamp>,
    /// What it says of a refusal: a word for programs, a sentence for people, and whether its quota is used up.
    pub(super) said: fn(&Value) -> Said,
    /// Reads how much is left from an answer's headers.
    pub(super) read_limits: fn(&mut Usage, &HeaderMap, Timestamp),
    /// What it never says.
    pub(super) missing: &'static [(&'static str, &'static str)],
}

/// What a platform says when it refuses.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Its word for it.
    pub(super) reason: Option<String>,
    /// Its sentence.
    pub(super) message: Option<String>,
    /// The quota is used up, whatever the status.
    pub(super) quota: bool,
    /// A rate is exceeded, whatever the status.
    pub(super) rate: bool,
    /// The status that the answer should have had.
    pub(super) status: Option<u16>,
}

/// The error for an answer with this status. `resets_at` is when the quota or rate begins anew.
pub(super) fn refusal(rules: &Rules, status: u16, said: &Said, resets_at: Option<Timestamp>) -> Error {
    let status = said.status.unwrap_or(status);
    let (kind, what) = match status {
        _ if said.quota => (
            ErrorKind::QuotaExceeded,
            "the platform's quota is used up; come again when it begins anew, or ask the platform for more",
        ),
        429 => (ErrorKind::RateLimited, "the platform's rate limit is reached; come again later"),
        _ if said.rate => (ErrorKind::RateLimited, "the platform's rate limit is reached; come again later"),
        401 => (
            ErrorKind::PermissionDenied,
            "the platform does not take this key or token; check it, it may have expired",
        ),
        403 => (
            ErrorKind::PermissionDenied,
            "the platform does not allow this to this key or token; check its scopes",
        ),
        404 | 410 => (ErrorKind::NotFound, "the platform has no such thing; check the ids"),
        408 | 500..=599 => (ErrorKind::Io, "the platform is in trouble; come again later"),
        _ => (ErrorKind::InvalidInput, "the platform refuses the request; check the parameters"),
    };
    let mut error = Error::new(kind, what).with("platform", rules.name).with("status", status);
    for (key, text) in [("reason", &said.reason), ("said", &said.message)] {
        if let Some(text) = text {
            let text: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
            error = error.with(key, text);
        }
    }
    match resets_at.filter(|_| matches!(kind, ErrorKind::QuotaExceeded | ErrorKind::RateLimited)) {
        Some(time) => error.with("resets_at", time),
        None => error,
    }
}

/// The text or number at this place, as text.
pub(super) fn text(value: &Value, place: &str) -> Option<String> {
    match value.pointer(place)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A header's text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The next midnight in this time zone.
fn midnight(now: Timestamp, zone: TimeZone) -> Option<Timestamp> {
    let tomorrow = now.to_zoned(zone).tomorrow().ok()?;
    Some(tomorrow.start_of_day().ok()?.timestamp())
}

/// The next midnight in Los Angeles, when Google's days begin.
pub(super) fn pacific_midnight(now: Timestamp) -> Option<Timestamp> {
    // Written out, so that no machine needs a database of time zones: the rule of the United States since 2007.
    midnight(now, TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").ok()?)
}

/// The next midnight UTC.
pub(super) fn utc_midnight(now: Timestamp) -> Option<Timestamp> {
    midnight(now, TimeZone::UTC)
}

/// The clock tells nothing.
pub(super) fn unknown(_: Timestamp) -> Option<Timestamp> {
    None
}

/// The headers tell nothing.
pub(super) fn no_headers(_: &mut Usage, _: &HeaderMap, _: Timestamp) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_where_the_platform_is() {
        for (now, pacific, utc) in [
            ("2026-11-20T07:59:59Z", "2026-11-20T08:00:00Z", "2026-11-21T00:00:00Z"),
            ("2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z", "2026-11-21T00:00:00Z"),
            ("2026-07-01T12:00:00Z", "2026-07-02T07:00:00Z", "2026-07-02T00:00:00Z"),
            // The clocks go forward on 8 March 2026 and back on 1 November.
            ("2026-03-08T09:00:00Z", "2026-03-09T07:00:00Z", "2026-03-09T00:00:00Z"),
            ("2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z", "2026-11-02T00:00:00Z"),
        ] {
            let now: Timestamp = now.parse().unwrap();
            assert_eq!(pacific_midnight(now).unwrap().to_string(), pacific, "{now}");
            assert_eq!(utc_midnight(now).unwrap().to_string(), utc, "{now}");
        }
    }
}

//! When a request is tried again, and how long to wait before.

use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

/// How often the wait looks whether to go on.
const TICK: Duration = Duration::from_millis(50);

/// When and how often a request is tried again: after a 429, a 5xx, a time-out or a broken connection, never after any other
/// refusal.
///
/// The wait before try n is `base_s` × 2ⁿ⁻¹, at most `most_s`, of which a random half is left out so that many programs do not
/// come back at once. Where the platform names a moment (`Retry-After`, `x-rate-limit-reset`), the wait lasts until then; if that
/// is longer than `max_wait_s`, the call ends with `RATE_LIMITED` and says when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// Tries at most, the first included; 1 is no other try.
    pub tries: u32,
    /// Seconds before the second try.
    pub base_s: f64,
    /// Seconds before any try at most, where the platform names no moment.
    pub most_s: f64,
    /// Seconds that a platform may ask us to wait.
    pub max_wait_s: f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { tries: 4, base_s: 0.5, most_s: 30.0, max_wait_s: 60.0 }
    }
}

impl RetryPolicy {
    pub(super) fn validate(&self) -> Result<()> {
        let times = [self.base_s, self.most_s, self.max_wait_s];
        if (1..=20).contains(&self.tries) && times.iter().all(|s| (0.0..=86_400.0).contains(s)) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidConfig,
            "retry: tries are 1 to 20, base_s, most_s and max_wait_s 0 to 86400",
        ))
    }

    /// The wait after this many tries that failed.
    pub(super) fn backoff(&self, failed: u32) -> Duration {
        let whole = (self.base_s * 2_f64.powi(failed as i32 - 1)).min(self.most_s);
        Duration::from_secs_f64(whole * (0.5 + 0.5 * random()))
    }
}

/// In [0, 1); the seed that the standard library gives each hasher is random.
fn random() -> f64 {
    (RandomState::new().build_hasher().finish() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Waits, unless the run's time would be over before; fails as [`Run::advance`] does.
pub(super) fn wait(duration: Duration, run: &mut Run) -> Result<()> {
    let end = Instant::now() + duration;
    loop {
        run.advance(0.0)?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(TICK));
    }
}

/// How long a platform asks to wait: `Retry-After` in seconds or as a date, else the moment of a reset in seconds since 1970.
/// Counted from the platform's own clock where it tells it, for ours may be wrong.
pub(super) fn asked(retry_after: Option<&str>, reset: Option<&str>, now: Timestamp) -> Option<Duration> {
    let until = |time: Timestamp| Duration::try_from(time.duration_since(now)).unwrap_or_default();
    if let Some(text) = retry_after.map(str::trim) {
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Duration::from_secs(seconds.into()));
        }
        if let Some(time) = date(text) {
            return Some(until(time));
        }
    }
    let seconds: i64 = reset?.trim().parse().ok()?;
    Timestamp::from_second(seconds).ok().map(until)
}

/// A date as HTTP has it.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_most_and_differ() {
        let policy = RetryPolicy { tries: 9, base_s: 1.0, most_s: 5.0, max_wait_s: 0.0 };
        for (failed, whole) in [(1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (20, 5.0)] {
            let waits: Vec<f64> = (0..50).map(|_| policy.backoff(failed).as_secs_f64()).collect();
            assert!(waits.iter().all(|w| (whole * 0.5..=whole).contains(w)), "{failed}: {waits:?}");
            assert!(waits.iter().any(|w| (w - waits[0]).abs() > 1e-6), "no jitter");
        }
        for wrong in [
            RetryPolicy { tries: 0, ..policy },
            RetryPolicy { base_s: f64::NAN, ..policy },
            RetryPolicy { most_s: -1.0, ..policy },
            RetryPolicy { max_wait_s: f64::INFINITY, ..policy },
        ] {
            assert_eq!(wrong.validate().unwrap_err().kind(), ErrorKind::InvalidConfig);
        }
    }

    #[test]
    fn what_a_platform_asks_is_read_in_all_its_forms() {
        let now = date("Fri, 20 Nov 2026 10:00:00 GMT").unwrap();
        assert_eq!(now.to_string(), "2026-11-20T10:00:00Z");
        let seconds = |s| Some(Duration::from_secs(s));
        assert_eq!(asked(Some("7"), None, now), seconds(7));
        assert_eq!(asked(Some("Fri, 20 Nov 2026 10:01:00 GMT"), None, now), seconds(60));
        let reset = (now.as_second() + 90).to_string();
        assert_eq!(asked(None, Some(&reset), now), seconds(90));
        assert_eq!(asked(Some("soon"), Some(&reset), now), seconds(90));
        // A moment that is over.
        assert_eq!(asked(None, Some("1"), now), seconds(0));
        assert_eq!((asked(None, None, now), asked(Some("-3"), Some("x"), now)), (None, None));
    }
}

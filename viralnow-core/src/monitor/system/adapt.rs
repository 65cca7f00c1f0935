//! Functions that are too hot to be recorded call by call.

use super::site::{AGGREGATE, COUNTED, SiteTable};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

/// What recording one call costs in all: the caller's part and the monitor's thread's, in nanoseconds.
const RECORD_NS: f64 = 1500.0;
/// What timing one call costs.
const TIME_NS: f64 = 60.0;
/// The most that monitoring may cost, as a share of what it watches.
const SHARE: f64 = 0.05;
/// Below so many calls a second nothing is adapted: that costs less than 0.2 % of a processor.
const CALM: f64 = 1000.0;

/// What each place looked like a second ago.
#[derive(Debug, Default)]
pub(crate) struct Adapter {
    seen: HashMap<u32, Seen>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    calls: u64,
    timed: u64,
    sum_ns: u64,
}

impl Adapter {
    /// Lowers what costs too much and raises what does not any more; called once a second.
    pub(crate) fn adapt(&mut self, table: &SiteTable) {
        for (id, state) in table.known() {
            let counts = state.snapshot(id);
            let seen = self.seen.entry(id.0).or_default();
            let calls = (counts.calls - seen.calls) as f64;
            let timed = counts.timed - seen.timed;
            let mean_ns = (counts.sum_ns - seen.sum_ns) as f64 / timed as f64;
            *seen = Seen { calls: counts.calls, timed: counts.timed, sum_ns: counts.sum_ns };
            // Of what was called and not timed it is not known how long it takes.
            if timed == 0 && calls > 0.0 {
                continue;
            }
            let wanted = state.wanted.load(Ordering::Relaxed);
            let now = state.level.load(Ordering::Relaxed);
            let fit = level_for(calls, mean_ns).min(wanted);
            // Up only when it is far from being too much, so that it does not go to and fro.
            if fit < now || (fit > now && level_for(calls * 2.0, mean_ns / 2.0).min(wanted) > now) {
                state.level.store(fit, Ordering::Relaxed);
            }
        }
    }
}

fn level_for(calls_per_s: f64, mean_ns: f64) -> u8 {
    if calls_per_s < CALM || mean_ns * SHARE >= RECORD_NS {
        u8::MAX
    } else if mean_ns * SHARE >= TIME_NS {
        AGGREGATE
    } else {
        COUNTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hot_and_short_is_recorded_less() {
        assert_eq!(level_for(999.0, 10.0), u8::MAX, "too few calls to matter");
        assert_eq!(level_for(1e6, 100.0), COUNTED);
        assert_eq!(level_for(1e5, 5_000.0), AGGREGATE);
        assert_eq!(level_for(1e4, 1e6), u8::MAX);
    }
}

//! Functions that are too hot to be recorded call by call.

use super::site::{AGGREGATE, COUNTED, SiteCounts, SiteTable};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What recording one call costs in all: the caller's part and the monitor's thread's, in nanoseconds.
const RECORD_NS: f64 = 1500.0;
/// What a call costs that is timed and not recorded, with room for a slower machine: `benches/monitor.rs` prints it (`aggregate`).
const TIME_NS: f64 = 100.0;
/// The most that monitoring may cost, as a share of what it watches.
const SHARE: f64 = 0.05;
/// Below so many calls a second nothing is adapted: that costs less than 0.2 % of a processor.
const CALM: f64 = 1000.0;

/// Seconds in which recording a place must not have cost too much before it is recorded again: what comes in bursts would else cost too much
/// at the beginning of each.
const CALM_FOR: u32 = 10;
/// Records that wait before it is worth a look, within the second, what they come from.
const MANY: usize = 1000;
/// Between two such looks there is at least so much time, and so many times what a look took.
const APART: Duration = Duration::from_millis(5);
const APART_TIMES: u32 = 20;

/// What each place looked like when the last second was over.
#[derive(Debug)]
pub(crate) struct Adapter {
    seen: HashMap<u32, Seen>,
    /// When what is hot is looked for again.
    next: Instant,
    /// Since when calls are counted.
    from: Instant,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    calls: u64,
    timed: u64,
    sum_ns: u64,
    /// Seconds in which it would not have cost too much.
    calm: u32,
}

/// What happened at a place since then.
struct Since {
    calls: f64,
    timed: u64,
    mean_ns: f64,
}

impl Seen {
    fn since(&self, counts: &SiteCounts) -> Since {
        let timed = counts.timed - self.timed;
        Since {
            calls: (counts.calls - self.calls) as f64,
            timed,
            mean_ns: (counts.sum_ns - self.sum_ns) as f64 / timed as f64,
        }
    }
}

impl Adapter {
    pub(crate) fn new() -> Self {
        Self { seen: HashMap::new(), next: Instant::now(), from: Instant::now() }
    }

    /// Lowers at once what has been called so often since the last second that it costs too much whatever comes; `waiting` records say whether
    /// there may be such a place. Gives what was counted there until then.
    pub(crate) fn lower(&mut self, table: &SiteTable, waiting: usize) -> Vec<SiteCounts> {
        let start = Instant::now();
        let mut lowered = Vec::new();
        if waiting < MANY || start < self.next {
            return lowered;
        }
        // Not yet a second: the calls a second are at least these. Longer only where this thread was held up.
        let seconds = start.duration_since(self.from).as_secs_f64().max(1.0);
        for (id, state) in table.known() {
            let counts = state.snapshot(id);
            let since = self.seen.get(&id.0).copied().unwrap_or_default().since(&counts);
            if since.timed > 0 {
                let fit = level_for(since.calls / seconds, since.mean_ns);
                if fit < state.level.fetch_min(fit, Ordering::Relaxed) {
                    lowered.push(counts);
                }
            }
        }
        self.next = Instant::now() + APART.max(start.elapsed() * APART_TIMES);
        lowered
    }

    /// Lowers what costs too much and raises what has not for long; called once a second.
    pub(crate) fn adapt(&mut self, table: &SiteTable) {
        let now = Instant::now();
        let seconds = now.duration_since(self.from).as_secs_f64().max(1.0);
        self.from = now;
        for (id, state) in table.known() {
            let counts = state.snapshot(id);
            let seen = self.seen.entry(id.0).or_default();
            let Since { calls, timed, mean_ns } = seen.since(&counts);
            *seen = Seen { calls: counts.calls, timed: counts.timed, sum_ns: counts.sum_ns, ..*seen };
            let calls = calls / seconds;
            // Of what was called often and not timed it is not known how long it takes.
            if timed == 0 && calls * 2.0 >= CALM {
                continue;
            }
            let wanted = state.wanted.load(Ordering::Relaxed);
            let now = state.level.load(Ordering::Relaxed);
            let fit = level_for(calls, mean_ns).min(wanted);
            // Only when twice as many calls would not be too much, so that it does not go to and fro.
            let calm = fit > now && level_for(calls * 2.0, mean_ns / 2.0).min(wanted) > now;
            seen.calm = if calm { seen.calm + 1 } else { 0 };
            if fit < now || seen.calm >= CALM_FOR {
                seen.calm = 0;
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
    use super::super::site::{Capture, Level, register};
    use super::*;

    /// Called some times a second after a burst, hardly ever timed: after ten seconds it is recorded again, while 600 calls a second are too many.
    #[test]
    fn what_was_hot_and_is_calm_is_recorded_again() {
        for (calls, again) in [(0, true), (5, true), (400, true), (600, false)] {
            let table = SiteTable::new(Level::Full);
            let id = register("adapt_calm", "adapt_tests", "", calls, 1.0, Capture::TIME);
            let mut adapter = Adapter::new();
            for _ in 0..2000 {
                table.state(id).histogram.add(500);
                table.state(id).sum_ns.fetch_add(500, Ordering::Relaxed);
            }
            assert_eq!(adapter.lower(&table, MANY).len(), 1);
            assert_eq!(table.state(id).level_in_force(), Level::Counted);
            assert_eq!(adapter.lower(&table, MANY).len(), 0, "lowered already");
            adapter.adapt(&table);
            for _ in 0..CALM_FOR {
                assert_eq!(table.state(id).level_in_force(), Level::Counted, "{calls}");
                table.state(id).untimed.fetch_add(calls.into(), Ordering::Relaxed);
                adapter.adapt(&table);
            }
            assert_eq!(table.state(id).level_in_force() == Level::Full, again, "{calls} calls a second");
        }
    }

    /// Where the monitor's thread was held up, calls of many seconds are not those of one.
    #[test]
    fn calls_are_taken_by_the_second() {
        let table = SiteTable::new(Level::Full);
        let id = register("adapt_held_up", "adapt_tests", "", 0, 1.0, Capture::TIME);
        let mut adapter = Adapter::new();
        adapter.from = Instant::now().checked_sub(Duration::from_secs(20)).expect("a time");
        for _ in 0..4000 {
            table.state(id).histogram.add(500);
        }
        assert_eq!(adapter.lower(&table, MANY).len(), 0, "200 calls a second");
        adapter.adapt(&table);
        assert_eq!(table.state(id).level_in_force(), Level::Full);
    }

    #[test]
    fn hot_and_short_is_recorded_less() {
        assert_eq!(level_for(999.0, 10.0), u8::MAX, "too few calls to matter");
        assert_eq!(level_for(1e6, 100.0), COUNTED);
        assert_eq!(level_for(1e5, 5_000.0), AGGREGATE);
        assert_eq!(level_for(1e4, 1e6), u8::MAX);
    }
}

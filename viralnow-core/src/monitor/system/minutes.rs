//! What is counted, by minute: kept for a year where single calls are kept for 90 days.

use super::histogram::{BUCKETS, Histogram};
use super::sink::MinuteCounts;
use super::site::{FULL, OFF, SiteCounts, SiteId, SiteState, SiteTable};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

/// What was already told of each place.
#[derive(Debug, Default)]
pub(crate) struct Minutes {
    minute: Option<i64>,
    told: HashMap<u32, Told>,
    /// The place to go on with where there are many hot ones.
    next_hot: u32,
}

#[derive(Debug, Default)]
struct Told {
    calls: u64,
    errors: u64,
    sum_ns: u64,
    histogram: Histogram,
    /// Whether not every call was recorded when it was last looked at.
    hot: bool,
}

/// Bytes of one entry.
pub(crate) const MINUTE_BYTES: usize = size_of::<MinuteCounts>() + BUCKETS * size_of::<u64>();
/// Entries that are made at once.
const PART: usize = 256;
/// Of hot places that are told within their minute.
const HOT: usize = 32;

impl Minutes {
    /// Of which minute the counts since the last time are, when that is over or it is `forced`: of the one that began last. What
    /// was called in the second between the minute's end and this look counts there too.
    pub(crate) fn due(&mut self, now_us: i64, forced: bool) -> Option<i64> {
        let minute = now_us.div_euclid(60_000_000);
        let of = *self.minute.get_or_insert(minute);
        if of == minute && !forced {
            return None;
        }
        self.minute = Some(minute);
        Some(of)
    }

    /// The counts of some places from this number on, and the number to go on with.
    pub(crate) fn part(&mut self, table: &SiteTable, of: i64, from: u32) -> (Vec<MinuteCounts>, Option<u32>) {
        let mut minutes = Vec::new();
        for (id, state) in table.known().filter(|(id, _)| id.0 >= from) {
            minutes.extend(self.since(id, state, of));
            if minutes.len() >= PART {
                return (minutes, Some(id.0 + 1));
            }
        }
        (minutes, None)
    }

    /// The counts so far of places of which not every call is recorded, and their bytes. Some at a time, in turn: of many it would take long.
    pub(crate) fn hot(&mut self, table: &SiteTable, now_us: i64) -> (Vec<MinuteCounts>, usize) {
        let of = *self.minute.get_or_insert(now_us.div_euclid(60_000_000));
        let mut minutes = Vec::new();
        let from = std::mem::take(&mut self.next_hot);
        for (id, state) in table.known().filter(|(id, _)| id.0 >= from) {
            // Once more after it was hot: what was counted since the last time is no call of the log either.
            let hot = !matches!(state.level.load(Ordering::Relaxed), FULL | OFF);
            if hot || self.told.get(&id.0).is_some_and(|told| told.hot) {
                minutes.extend(self.since(id, state, of));
                if let Some(told) = self.told.get_mut(&id.0) {
                    told.hot = hot;
                }
            }
            if minutes.len() >= HOT {
                self.next_hot = id.0 + 1;
                break;
            }
        }
        let bytes = minutes.len() * MINUTE_BYTES;
        (minutes, bytes)
    }

    /// What came at a place since it was told the last time.
    fn since(&mut self, id: SiteId, state: &SiteState, of: i64) -> Option<MinuteCounts> {
        let told = self.told.entry(id.0).or_default();
        let SiteCounts { calls, errors, sum_ns, histogram, .. } = state.snapshot(id);
        if calls == told.calls && errors == told.errors {
            return None;
        }
        let counts = MinuteCounts {
            site: id,
            minute: of,
            calls: calls.saturating_sub(told.calls),
            errors: errors.saturating_sub(told.errors),
            sum_ns: sum_ns.saturating_sub(told.sum_ns),
            histogram: histogram.since(&told.histogram),
        };
        *told = Told { calls, errors, sum_ns, histogram, hot: told.hot };
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::super::site::{AGGREGATE, Capture, Level, register};
    use super::*;

    /// What was counted between the last look at a hot place and the moment from which on its calls are recorded again.
    #[test]
    fn the_last_counts_of_a_place_that_was_hot_are_told() {
        let table = SiteTable::new(Level::Full);
        let id = register("was_hot", "minutes", file!(), line!(), 1.0, Capture::TIME);
        let state = table.state(id);
        let mut minutes = Minutes::default();
        let mut told = |calls: u64, level: u8| {
            (0..calls).for_each(|_| state.histogram.add(50));
            state.level.store(level, Ordering::Relaxed);
            minutes.hot(&table, 0).0.iter().map(|counts| counts.calls).sum::<u64>()
        };
        assert_eq!(told(3, FULL), 0);
        assert_eq!(told(4, AGGREGATE), 7);
        assert_eq!(told(5, FULL), 5);
        assert_eq!(told(6, FULL), 0);
    }
}

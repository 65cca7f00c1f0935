//! What is counted, by minute: kept for a year where single calls are kept for 90 days.

use super::histogram::{BUCKETS, Histogram};
use super::sink::MinuteCounts;
use super::site::{SiteCounts, SiteTable};
use std::collections::HashMap;

/// What was already told of each place.
#[derive(Debug, Default)]
pub(crate) struct Minutes {
    minute: Option<i64>,
    told: HashMap<u32, Told>,
}

#[derive(Debug, Default)]
struct Told {
    calls: u64,
    errors: u64,
    sum_ns: u64,
    histogram: Histogram,
}

/// Bytes of one entry.
pub(crate) const MINUTE_BYTES: usize = size_of::<MinuteCounts>() + BUCKETS * size_of::<u64>();
/// Entries that are made at once.
const PART: usize = 256;

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
            let told = self.told.entry(id.0).or_default();
            let SiteCounts { calls, errors, sum_ns, histogram, .. } = state.snapshot(id);
            if calls == told.calls && errors == told.errors {
                continue;
            }
            minutes.push(MinuteCounts {
                site: id,
                minute: of,
                calls: calls.saturating_sub(told.calls),
                errors: errors.saturating_sub(told.errors),
                sum_ns: sum_ns.saturating_sub(told.sum_ns),
                histogram: histogram.since(&told.histogram),
            });
            *told = Told { calls, errors, sum_ns, histogram };
            if minutes.len() >= PART {
                return (minutes, Some(id.0 + 1));
            }
        }
        (minutes, None)
    }
}

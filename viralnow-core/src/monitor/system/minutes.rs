//! What is counted, by minute: kept for a year where single calls are kept for 90 days.

use super::histogram::Histogram;
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

impl Minutes {
    /// The counts since the last time, when a minute is over or it is `forced`. They are of the minute that began last:
    /// what was called in the second between the minute's end and this look counts there too.
    pub(crate) fn take(&mut self, table: &SiteTable, now_us: i64, forced: bool) -> Vec<MinuteCounts> {
        let minute = now_us.div_euclid(60_000_000);
        let of = *self.minute.get_or_insert(minute);
        if of == minute && !forced {
            return Vec::new();
        }
        self.minute = Some(minute);
        let mut minutes = Vec::new();
        for (id, state) in table.known() {
            let told = self.told.entry(id.0).or_default();
            let SiteCounts { calls, errors, sum_ns, histogram, .. } = state.snapshot(id);
            if calls == told.calls && errors == told.errors {
                continue;
            }
            minutes.push(MinuteCounts {
                site: id,
                minute: of,
                calls: calls - told.calls,
                errors: errors.saturating_sub(told.errors),
                sum_ns: sum_ns.saturating_sub(told.sum_ns),
                histogram: histogram.since(&told.histogram),
            });
            *told = Told { calls, errors, sum_ns, histogram };
        }
        minutes
    }
}

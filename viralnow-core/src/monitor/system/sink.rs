//! Where records go.

use super::histogram::Histogram;
use super::record::{BusEvent, FinishedSpan};
use super::site::{SiteId, SiteInfo, site_info};
use crate::Error;
use std::sync::Arc;

/// What was counted at one place in one minute.
#[derive(Debug, Clone, PartialEq)]
pub struct MinuteCounts {
    /// The place.
    pub site: SiteId,
    /// Minutes since 1970.
    pub minute: i64,
    /// Calls that ended.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Nanoseconds of the timed ones together.
    pub sum_ns: u64,
    /// Durations of the timed ones.
    pub histogram: Histogram,
}

impl MinuteCounts {
    /// Adds later counts of the same place; the whole counts as of the later minute.
    pub(crate) fn merge(&mut self, later: &MinuteCounts) {
        self.minute = self.minute.max(later.minute);
        self.calls += later.calls;
        self.errors += later.errors;
        self.sum_ns += later.sum_ns;
        self.histogram.merge(&later.histogram);
    }
}

/// Calls of one place that ended well and are no spans of their own: where not every call is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UntoldCalls {
    /// The place.
    pub site: SiteId,
    /// How many since the last time.
    pub calls: u64,
    /// When that was found, in microseconds since 1970.
    pub at_us: i64,
}

/// Some records, in order.
#[derive(Debug, Default)]
pub struct Batch {
    /// Spans that ended.
    pub spans: Vec<FinishedSpan>,
    /// Events that were published or that the monitor gave itself; spans and progress are not among them.
    pub events: Vec<Arc<BusEvent>>,
    /// Counts of minutes. One minute may come in several parts, which are to be added up.
    pub minutes: Vec<MinuteCounts>,
    /// Calls that are none of the spans, for who asks about all calls. Of no use later: they go with a batch that is dropped.
    pub untold: Vec<UntoldCalls>,
}

impl Batch {
    /// Who a place is.
    #[must_use]
    pub fn site(&self, id: SiteId) -> Option<&'static SiteInfo> {
        site_info(id)
    }

    /// How many records it holds, calls that are no spans not among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len() + self.events.len() + self.minutes.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.untold.is_empty()
    }
}

/// Takes what was recorded, on the monitor's thread. An error or a panic never reaches the host: the batch is kept and
/// given again later, after a pause that doubles up to 30 s, as long as there is memory for it; what is dropped is counted. Counts by minute are
/// never dropped for want of memory, but added up. A batch that was refused eight times is dropped
/// when the one behind it is taken.
///
/// ```
/// use viralnow_core::monitor::{Batch, MonitorSystem, Sink, SiteId};
/// use viralnow_core::Result;
///
/// struct Print;
/// impl Sink for Print {
///     fn name(&self) -> &str { "print" }
///     fn write(&mut self, batch: &Batch) -> Result<()> {
///         for span in &batch.spans {
///             println!("{} {} ns", batch.site(span.site).map_or("?", |site| site.name), span.duration_ns);
///         }
///         Ok(())
///     }
/// }
/// let monitor = MonitorSystem::builder().sink(Print).build();
/// monitor.flush(std::time::Duration::from_secs(1));
/// ```
pub trait Sink: Send {
    /// What [`super::Status`] calls it.
    fn name(&self) -> &str;

    /// Takes a batch: all of it, or an error and none of it.
    fn write(&mut self, batch: &Batch) -> Result<(), Error>;

    /// Makes sure that what was taken is where it belongs.
    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Called about once a second, for what has to be done in small steps; `now_us` is microseconds since 1970.
    fn maintain(&mut self, _now_us: i64) -> Result<(), Error> {
        Ok(())
    }
}

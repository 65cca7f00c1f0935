//! The monitoring system: what is recorded on the host's threads is handed, without waiting, to one thread that counts,
//! tells and writes.
//!
//! ```text
//! guard, begin/end, publish ──▶ a ring for each thread ──▶ vn-monitor ──▶ bus, baselines, sinks
//!          └──▶ counters of the place (exact, whatever is dropped)
//! ```

mod adapt;
mod as_monitor;
mod baseline;
mod builder;
mod bus;
mod clock;
mod core;
mod flush;
mod future;
mod global;
mod guard;
mod histogram;
mod job;
mod job_state;
mod job_step;
mod layer;
mod listeners;
mod local;
mod minutes;
mod open_spans;
mod owner;
mod prometheus;
mod push;
mod record;
mod report;
mod ring;
mod runner;
mod scrub;
mod sink;
mod site;
mod span;
mod status;
mod stream;
mod swap;
mod told;
mod tuning;
mod worker;

pub(crate) use clock::unix_us;

pub use builder::{MonitorBuilder, Overflow, Scrub};
pub use bus::{BusStats, EventBus, Subscription, SubscriptionStats};
pub use future::WatchedFuture;
pub(crate) use global::global_job;
pub use global::{GlobalMonitor, global, installed, uninstall_global};
pub use guard::{Site, Watching};
pub use histogram::Histogram;
pub use job::{Job, JobProgress};
pub use job_step::JobStep;
pub use layer::SystemLayer;
pub(in crate::monitor) use owner::WeakMonitor;
pub use record::{BusEvent, Detail, Failure, FinishedSpan, Open, SpanExtra, SpanStatus};
pub use sink::{Batch, MinuteCounts, Sink, UntoldCalls};
pub use site::{Capture, Level, SiteCounts, SiteId, SiteInfo, site_info};
pub use status::{Adapted, Dropped, FlushReport, SinkState, SinkStatus, Status};
pub use stream::{EventStream, StreamItem};
pub(in crate::monitor) use swap::{NewSink, Role};

use self::core::Core;
use super::{Outcome, SpanToken};
use owner::Owner;
use report::{received_and_dropped, status};
use scrub::Scrubber;
use site::AGGREGATE;
use span::{begin, end, ended, opened, tell_start};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// From this duration on the process's memory is looked at when a span with [`Capture::CPU`] ends.
const LONG_NS: u64 = 10_000_000;
/// Spans of the [`Monitor`] trait that may be open at once.
const MAX_OPEN: usize = 65_536;

/// A monitoring system. Cheap to clone; when the last handle is dropped, what was recorded is written, for 2 s at most.
///
/// It watches the core's own calls as any [`Monitor`] does: `Analyzer::new().monitor(...)`.
///
/// ```
/// use std::time::Duration;
/// use viralnow_core::monitor::{Capture, MonitorSystem, Outcome, SpanToken};
///
/// let monitor = MonitorSystem::builder().build();
/// let site = monitor.callsite("score", "shop", "shop.rs", 12, 1.0, Capture::TIME);
/// let open = monitor.begin(site, SpanToken::NONE);
/// monitor.end(open, &Outcome::Completed);
/// assert!(monitor.flush(Duration::from_secs(5)).complete);
/// assert_eq!(monitor.counts(site).calls, 1);
/// println!("{}", monitor.status());
/// ```
#[derive(Clone)]
pub struct MonitorSystem {
    /// Not in the hands of the monitor's own threads: what they let go last, the host would not wait for.
    owner: Option<Arc<Owner>>,
    core: Arc<Core>,
    shared: Arc<Shared>,
}

/// What all handles have in common.
struct Shared {
    #[cfg(feature = "sqlite")]
    store: Mutex<Option<Arc<super::log_store::LogStore>>>,
    /// Spans of the [`Monitor`] trait, whose ends come with a number alone.
    open: Mutex<HashMap<SpanToken, (Open, Detail)>>,
}

impl std::fmt::Debug for MonitorSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MonitorSystem").field("id", &self.core.id).finish_non_exhaustive()
    }
}

// A panic of the host cannot leave anything half done in here: what a lock guards is changed whole.
impl std::panic::UnwindSafe for MonitorSystem {}
impl std::panic::RefUnwindSafe for MonitorSystem {}

impl MonitorSystem {
    /// What it is to be made of. Without a sink it counts and has a bus.
    pub fn builder() -> MonitorBuilder {
        MonitorBuilder::default()
    }

    /// The place of this name, module, file and line, made when it is new. For the life of the process, and the same in
    /// all monitors: keep it. After 16,384 places all new ones are one, called `(other)`. What a host makes up at run time may hold
    /// what nobody is to read: name and module are redacted as this monitor redacts, those of statics are not.
    ///
    /// ```
    /// use viralnow_core::monitor::{Capture, MonitorSystem, site_info};
    /// let monitor = MonitorSystem::builder().build();
    /// let site = monitor.callsite("mail ana@example.org", "shop", "", 0, 1.0, Capture::TIME);
    /// assert!(site_info(site).is_some_and(|site| site.name.starts_with("mail [redacted:email")));
    /// ```
    #[must_use]
    pub fn callsite(
        &self,
        name: &str,
        module: &str,
        file: &str,
        line: u32,
        weight: f32,
        capture: Capture,
    ) -> SiteId {
        let [name, module] =
            [name, module].map(|text| self.redacted(record::before_redaction(text, record::MAX_KIND)));
        site::register(&name, &module, file, line, weight, capture)
    }

    /// A text as this monitor would write it. What a host cuts itself is to be redacted before, so that no half of a secret is left.
    ///
    /// ```
    /// use viralnow_core::monitor::MonitorSystem;
    /// let text = "mail to ana@example.org";
    /// assert!(MonitorSystem::builder().build().redacted(text).starts_with("mail to [redacted:email#"));
    /// assert_eq!(MonitorSystem::builder().unredacted().build().redacted(text), text);
    /// ```
    #[must_use]
    pub fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        Scrubber::new(self.core.tuning.settings().scrub.clone()).text(&mut text);
        text
    }

    /// Begins a span inside `parent`. Fast; takes no lock but at a thread's first time.
    #[inline]
    pub fn begin(&self, site: SiteId, parent: SpanToken) -> Open {
        begin(&self.core, site, parent)
    }

    /// Ends a span, from any thread. To be called once for each.
    #[inline]
    pub fn end(&self, open: Open, outcome: &Outcome<'_>) {
        end(&self.core, open, outcome, None);
    }

    /// Ends a span and tells of it.
    pub fn end_with(&self, open: Open, outcome: &Outcome<'_>, detail: Detail) {
        end(&self.core, open, outcome, Some(detail));
    }

    /// Records a span that was timed elsewhere, with a number of [`MonitorSystem::reserve`]: it began so long `ago`, took so long, and has
    /// ended. For languages that keep their own clock and hand many spans over at once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use viralnow_core::monitor::{Capture, MonitorSystem, Outcome, SpanToken};
    /// let monitor = MonitorSystem::builder().build();
    /// let site = monitor.callsite("render", "page", "", 0, 1.0, Capture::TIME);
    /// let (ago, took) = (Duration::from_millis(30), Duration::from_millis(20));
    /// let numbers = [monitor.reserve(100), SpanToken::NONE];
    /// monitor.record(site, numbers, [ago, took], &Outcome::Completed, None);
    /// let counts = monitor.counts(site);
    /// assert_eq!(counts.calls, 1);
    /// assert!((19e6..22e6).contains(&(counts.sum_ns as f64)));
    /// ```
    pub fn record(
        &self,
        site: SiteId,
        [span, parent]: [SpanToken; 2],
        [ago, took]: [Duration; 2],
        outcome: &Outcome<'_>,
        detail: Option<Detail>,
    ) {
        let mut open = opened(&self.core, site, parent);
        if open.mode == 0 {
            return;
        }
        if self.keeps(open) {
            open.span = span;
        }
        // The thread's time is not the span's.
        open.mode &= !Open::CPU;
        open.start = clock::ticks().saturating_sub(clock::ticks_of(ago)).max(1);
        ended(&self.core, open, clock::ticks_of(took), outcome, detail);
    }

    /// Tells whoever listens for `function.started` that a span began which [`MonitorSystem::record`] will be told of. Where a share of
    /// the calls is recorded, the start of every call is told.
    ///
    /// ```
    /// use std::time::Duration;
    /// use viralnow_core::monitor::{Capture, MonitorSystem, SpanToken, StreamItem};
    /// let monitor = MonitorSystem::builder().build();
    /// let starts = monitor.bus().stream("function.started", 16)?;
    /// let site = monitor.callsite("render", "page", "", 0, 1.0, Capture::TIME);
    /// let span = monitor.reserve(1);
    /// monitor.started(site, [span, SpanToken::NONE]);
    /// monitor.flush(Duration::from_secs(5));
    /// assert!(matches!(starts.try_next(), Some(StreamItem::Event(told)) if told.event.span == span));
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn started(&self, site: SiteId, [span, parent]: [SpanToken; 2]) {
        if self.keeps_at(site) {
            tell_start(&self.core, site, [span, parent]);
        }
    }

    /// The first of so many numbers for [`MonitorSystem::record`], which no other span of the process has.
    #[must_use]
    pub fn reserve(&self, numbers: u32) -> SpanToken {
        SpanToken(local::reserve(numbers.into()))
    }

    /// Whether arguments of this place's next span would be kept, where all or none are.
    #[must_use]
    pub fn keeps_at(&self, site: SiteId) -> bool {
        self.core.table.state(site).level.load(Ordering::Relaxed) > AGGREGATE
    }

    /// Whether arguments of this span would be kept: look before making their text.
    #[must_use]
    pub fn keeps(&self, open: Open) -> bool {
        open.mode & Open::KEPT != 0
    }

    /// Sets how much is recorded for the functions whose name, or `module.name`, fits the pattern (`*` stands for
    /// anything): those that there are and those that come. Of several rules the last holds.
    pub fn set_level(&self, pattern: &str, level: Level) {
        self.core.table.set_level(pattern, level);
    }

    /// Takes over what a file of settings says, but for what the host chose itself.
    pub(in crate::monitor) fn tune(&self, config: &super::config::MonitorConfig) -> crate::Result<()> {
        let mut taken = Ok(());
        self.core.tuning.change(|settings| taken = settings.take(config));
        taken
    }

    /// Whether the host chose the redaction, and what happens with too much, itself.
    pub(in crate::monitor) fn own_choices(&self) -> [bool; 2] {
        let settings = self.core.tuning.settings();
        [settings.own_scrub, settings.own_overflow]
    }

    /// The event bus.
    #[must_use]
    pub fn bus(&self) -> EventBus {
        EventBus { core: self.core.clone() }
    }

    /// The log that it writes, to be asked; `None` without one. Another one when settings that are read again say so.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn store(&self) -> Option<Arc<super::log_store::LogStore>> {
        let _gate = crate::fork::gate();
        core::lock(&self.shared.store).clone()
    }

    /// What was counted at a place, exactly, whatever was dropped.
    #[must_use]
    pub fn counts(&self, site: SiteId) -> SiteCounts {
        self.core.live();
        self.core.table.state(site).snapshot(site)
    }

    /// What was counted at all places that were met.
    #[must_use]
    pub fn all_counts(&self) -> Vec<(&'static SiteInfo, SiteCounts)> {
        self.core.live();
        let known = self.core.table.known();
        known.filter_map(|(id, state)| Some((site_info(id)?, state.snapshot(id)))).collect()
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        status(&self.core)
    }

    /// Waits until everything that was recorded before is delivered and written. From a handler it does nothing.
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        let started = Instant::now();
        let complete = self.core.flush(timeout);
        self.report(complete, started)
    }

    /// Writes everything and ends the monitor's thread; for all handles. What is recorded later is counted and dropped.
    pub fn shutdown(&self, timeout: Duration) -> FlushReport {
        let started = Instant::now();
        let complete = self.core.stop(timeout);
        #[cfg(feature = "sqlite")]
        if let Some(store) = self.store().filter(|_| complete) {
            store.close();
        }
        self.report(complete, started)
    }

    fn report(&self, complete: bool, started: Instant) -> FlushReport {
        let (received, sink_dropped, dropped) = received_and_dropped(&self.core);
        FlushReport { complete, sink_dropped, received, dropped, took: started.elapsed() }
    }
}

//! The monitoring system: what is recorded on the host's threads is handed, without waiting, to one thread that counts,
//! tells and writes.
//!
//! ```text
//! guard, begin/end, publish ──▶ a ring for each thread ──▶ vn-monitor ──▶ bus, baselines, sinks
//!          └──▶ counters of the place (exact, whatever is dropped)
//! ```

mod adapt;
mod baseline;
mod builder;
mod bus;
mod clock;
mod core;
pub(crate) mod fork;
mod global;
mod guard;
mod histogram;
mod job;
mod layer;
mod local;
mod minutes;
mod prometheus;
mod record;
mod runner;
mod scrub;
mod sink;
mod site;
mod status;
mod worker;

#[cfg(feature = "sqlite")]
pub(crate) use clock::unix_us;

pub use builder::{MonitorBuilder, Overflow, Scrub};
pub use bus::{BusStats, EventBus, EventStream, StreamItem, Subscription, SubscriptionStats};
pub use global::{global, uninstall_global};
pub use guard::{Site, Watching};
pub use histogram::Histogram;
pub use job::{Job, JobProgress, JobStep};
pub use layer::SystemLayer;
pub use record::{BusEvent, Detail, Failure, FinishedSpan, Open, SpanExtra, SpanStatus};
pub use sink::{Batch, MinuteCounts, Sink};
pub use site::{Capture, Level, SiteCounts, SiteId, SiteInfo, site_info};
pub use status::{Adapted, Dropped, FlushReport, SinkState, SinkStatus, Status};

use self::core::{Core, lock};
use super::{Callsite, Event, Fields, Monitor, Outcome, Progress, SpanToken};
use record::{Extra, Kind, Record};
use site::{AGGREGATE, COUNTED, OFF, SAMPLED, SiteState, TIMED_EVERY};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long the last handle waits, when it is dropped, for what is still to be written.
const LAST_WORDS: Duration = Duration::from_secs(2);
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
    core: Arc<Core>,
    handle: Arc<Handle>,
}

/// What ends with the last handle.
struct Handle {
    core: Arc<Core>,
    #[cfg(feature = "sqlite")]
    store: Option<Arc<super::log_store::LogStore>>,
    /// Spans of the [`Monitor`] trait, whose ends come with a number alone.
    open: Mutex<HashMap<SpanToken, (Open, Detail)>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.core.stop(LAST_WORDS);
    }
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
    /// all monitors: keep it. After 16,384 places all new ones are one, called `(other)`.
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
        site::register(name, module, file, line, weight, capture)
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

    /// The event bus.
    #[must_use]
    pub fn bus(&self) -> EventBus {
        EventBus { core: self.core.clone() }
    }

    /// The log that it writes, to be asked; `None` without one.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn store(&self) -> Option<&Arc<super::log_store::LogStore>> {
        self.handle.store.as_ref()
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
        if let Some(store) = self.handle.store.as_ref().filter(|_| complete) {
            store.close();
        }
        self.report(complete, started)
    }

    fn report(&self, complete: bool, started: Instant) -> FlushReport {
        let (received, sink_dropped, dropped) = received_and_dropped(&self.core);
        FlushReport { complete, sink_dropped, received, dropped, took: started.elapsed() }
    }
}

/// Records received, lost at sinks, and dropped before that.
fn received_and_dropped(core: &Core) -> (u64, u64, Dropped) {
    let live = core.live();
    // Asked first: the worker says what it knows before it leaves its rings behind.
    let (left, full) = live.left_behind();
    let state = {
        let _gate = fork::gate();
        lock(&live.state).clone()
    };
    let mut dropped = live.dropped.read();
    dropped.ring_full += state.ring_full + full;
    dropped.closed += left;
    (state.received, state.sinks.iter().map(|sink| sink.dropped).sum(), dropped)
}

fn status(core: &Arc<Core>) -> Status {
    let live = core.live();
    let worker = {
        let _gate = fork::gate();
        lock(&live.state).clone()
    };
    let (received, _, dropped) = received_and_dropped(core);
    let (mut functions, mut calls, mut errors, mut adapted) = (0, 0, 0, Vec::new());
    for (id, site) in core.table.known() {
        let counts = site.snapshot(id);
        functions += 1;
        calls += counts.calls;
        errors += counts.errors;
        let level = site.level.load(Ordering::Relaxed);
        if level < site.wanted.load(Ordering::Relaxed)
            && let Some(info) = site_info(id)
        {
            let level = if level == COUNTED { "counted" } else { "aggregate" };
            adapted.push(Adapted { name: info.name.to_owned(), module: info.module.to_owned(), level });
        }
    }
    let state = if live.stop.load(Ordering::Relaxed) {
        "stopped"
    } else if worker.sinks.iter().any(|sink| sink.state != SinkState::Working) {
        "degraded"
    } else if received == 0 && calls == 0 {
        "idle"
    } else {
        "running"
    };
    let uptime_s = core.started.elapsed().as_secs_f64();
    Status {
        state,
        uptime_s,
        functions,
        calls,
        errors,
        received,
        dropped,
        memory_bytes: live.ring_bytes()
            + live.queued_bytes.load(Ordering::Relaxed)
            + worker.held_bytes
            + functions * size_of::<SiteState>(),
        rss_kib: live.rss_kib.load(Ordering::Relaxed),
        overhead: worker.cpu_ns as f64 * 1e-9 / uptime_s.max(1e-9),
        sinks: worker.sinks,
        adapted,
        unredacted: worker.unredacted,
        last_error: worker.last_error,
    }
}

#[inline]
pub(crate) fn begin(core: &Arc<Core>, site: SiteId, parent: SpanToken) -> Open {
    let state = core.table.state(site);
    let mode = match state.level.load(Ordering::Relaxed) {
        OFF => return Open::none(parent),
        COUNTED => {
            // Spread: places that take turns must not always meet the same number.
            if local::spread_tick() < (1 << 32) / TIMED_EVERY {
                Open::TIMED
            } else {
                return Open { site: site.0, mode: Open::UNTIMED, ..Open::none(parent) };
            }
        }
        AGGREGATE => Open::TIMED,
        SAMPLED => {
            let share = u64::from(state.share.load(Ordering::Relaxed));
            if local::spread_tick() < share { Open::TIMED | Open::KEPT } else { Open::TIMED }
        }
        _ => Open::TIMED | Open::KEPT,
    };
    let mut open = Open { site: site.0, mode, ..Open::none(parent) };
    if mode & Open::KEPT != 0 {
        open.span = SpanToken(local::next_id());
        let capture = state.capture.load(Ordering::Relaxed);
        if capture != 0 {
            begin_more(core, Capture(capture), &mut open);
        }
    }
    open.start = clock::ticks();
    open
}

#[cold]
fn begin_more(core: &Arc<Core>, capture: Capture, open: &mut Open) {
    if capture.has(Capture::CPU)
        && let Some(cpu) = clock::thread_cpu_ns()
    {
        open.cpu = cpu;
        open.mode |= Open::CPU | local::thread_tag() << Open::THREAD_SHIFT;
    }
    if capture.has(Capture::STARTED) && core.live().bus.wants(0) {
        core.push(Record {
            kind: Kind::Started,
            status: SpanStatus::Completed,
            rss_kib: 0,
            site: open.site,
            span: open.span.0,
            parent: open.parent.0,
            at: clock::ticks(),
            took: 0,
            cpu: 0,
            extra: None,
        });
    }
}

#[inline]
pub(crate) fn end(core: &Arc<Core>, open: Open, outcome: &Outcome<'_>, detail: Option<Detail>) {
    if open.mode == 0 {
        return;
    }
    // Before anything is counted: in a child of a fork the counts begin anew here.
    core.live();
    let took = if open.mode & Open::TIMED != 0 { clock::ticks().saturating_sub(open.start) } else { 0 };
    let state = core.table.state(SiteId(open.site));
    let ns = clock::nanoseconds(took);
    if open.mode & Open::TIMED != 0 {
        state.histogram.add(ns);
        state.sum_ns.fetch_add(ns, Ordering::Relaxed);
    } else {
        state.untimed.fetch_add(1, Ordering::Relaxed);
    }
    if open.mode & Open::KEPT != 0 || !matches!(outcome, Outcome::Completed) {
        end_record(core, state, open, (took, ns), outcome, detail);
    }
}

#[inline]
fn end_record(
    core: &Arc<Core>,
    state: &SiteState,
    open: Open,
    (took, ns): (u64, u64),
    outcome: &Outcome<'_>,
    detail: Option<Detail>,
) {
    let (status, failure) = match outcome {
        Outcome::Completed => (SpanStatus::Completed, None),
        Outcome::Cancelled => {
            state.cancelled.fetch_add(1, Ordering::Relaxed);
            (SpanStatus::Cancelled, None)
        }
        Outcome::Failed { code, message } => {
            state.errors.fetch_add(1, Ordering::Relaxed);
            let failure = Failure {
                kind: record::before_redaction(code, record::MAX_KIND).to_owned(),
                message: record::before_redaction(message, record::MAX_MESSAGE).to_owned(),
            };
            (SpanStatus::Failed, Some(failure))
        }
    };
    if open.mode & Open::KEPT == 0 && status != SpanStatus::Failed {
        return;
    }
    let (mut cpu, mut rss_kib) = (0, 0);
    if open.mode & Open::CPU != 0 {
        // Of a span that ends on another thread it is not known.
        if open.mode >> Open::THREAD_SHIFT == local::thread_tag() {
            cpu = clock::thread_cpu_ns().map_or(0, |now| now.saturating_sub(open.cpu) + 1);
        }
        if ns >= LONG_NS {
            rss_kib = clock::resident_kib().map_or(0, |kib| u32::try_from(kib).unwrap_or(u32::MAX));
        }
    }
    let extra = if failure.is_some() || detail.is_some() {
        let mut detail = detail.unwrap_or_default();
        detail.clip();
        Some(Box::new(Extra::Span(SpanExtra { failure, detail })))
    } else {
        None
    };
    core.push(Record {
        kind: Kind::Ended,
        status,
        rss_kib,
        site: open.site,
        span: if open.mode & Open::KEPT != 0 { open.span.0 } else { local::next_id() },
        parent: open.parent.0,
        at: if open.start == 0 { clock::ticks() } else { open.start },
        took,
        cpu,
        extra,
    });
}

/// So that the pipeline and all else that takes a [`Monitor`] can be watched.
impl Monitor for MonitorSystem {
    fn enabled(&self, callsite: &'static Callsite) -> bool {
        let state = self.core.table.state(site::of_callsite(callsite));
        state.level.load(Ordering::Relaxed) != OFF
    }

    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        let open = self.begin(site::of_callsite(callsite), fields.parent);
        if open.mode == 0 {
            return SpanToken::NONE;
        }
        // One that is only counted has no number, and needs one here, for its end.
        let token = if self.keeps(open) { open.span } else { SpanToken(local::next_id()) };
        let detail = Detail {
            correlation_id: Some(fields.correlation_id.to_owned()).filter(|id| !id.is_empty()),
            asset_id: fields.asset_id.map(str::to_owned),
            ..Detail::default()
        };
        let _gate = fork::gate();
        let mut spans = lock(&self.handle.open);
        if spans.len() >= MAX_OPEN {
            self.core.live().dropped.refused.fetch_add(1, Ordering::Relaxed);
            return SpanToken::NONE;
        }
        spans.insert(token, (open, detail));
        token
    }

    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        let found = {
            let _gate = fork::gate();
            lock(&self.handle.open).remove(&token)
        };
        if let Some((open, detail)) = found {
            self.end_with(open, outcome, detail);
        }
    }

    fn publish(&self, event: &Event) {
        let published =
            self.bus().publish_in(&event.topic, &event.correlation_id, event.span, event.data.clone());
        // One that came too late is counted as such where it is dropped.
        if published.is_err_and(|error| error.kind() != crate::ErrorKind::Unavailable) {
            self.core.live().dropped.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn progress(&self, correlation_id: &str, progress: &Progress) {
        if self.core.live().bus.wants(4) {
            bus::publish(&self.core, Extra::Progress(correlation_id.to_owned(), progress.clone()));
        }
    }
}

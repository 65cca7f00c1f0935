//! The beginning and the end of a span, on the thread that does them.

use super::super::{Outcome, SpanToken};
use super::core::{Core, Live};
use super::record::{self, Detail, Extra, Failure, Kind, Open, Record, SpanExtra, SpanStatus};
use super::site::{AGGREGATE, COUNTED, Capture, OFF, SAMPLED, SiteId, SiteState, TIMED_EVERY};
use super::{LONG_NS, clock, local};
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[inline]
pub(crate) fn begin(core: &Arc<Core>, site: SiteId, parent: SpanToken) -> Open {
    begin_at(core, core.table.state(site), site, parent)
}

/// The same where the place's counters are known.
#[inline]
pub(super) fn begin_at(core: &Arc<Core>, state: &SiteState, site: SiteId, parent: SpanToken) -> Open {
    let mut open = opened_at(core, state, site, parent);
    if open.mode & Open::TIMED != 0 {
        open.start = clock::ticks();
    }
    open
}

/// A span that is begun but for its start.
#[inline]
pub(super) fn opened(core: &Arc<Core>, site: SiteId, parent: SpanToken) -> Open {
    opened_at(core, core.table.state(site), site, parent)
}

#[inline]
fn opened_at(core: &Arc<Core>, state: &SiteState, site: SiteId, parent: SpanToken) -> Open {
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
    if capture.has(Capture::STARTED) {
        tell_start(core, SiteId(open.site), [open.span, open.parent]);
    }
}

/// Tells that a span began, where somebody listens for it.
pub(super) fn tell_start(core: &Arc<Core>, site: SiteId, [span, parent]: [SpanToken; 2]) {
    if core.live().bus.wants(0) {
        core.push(Record {
            kind: Kind::Started,
            status: SpanStatus::Completed,
            rss_kib: 0,
            site: site.0,
            span: span.0,
            parent: parent.0,
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
    let took = if open.mode & Open::TIMED != 0 { clock::ticks().saturating_sub(open.start) } else { 0 };
    ended(core, open, took, outcome, detail);
}

/// The end of a span that took so many ticks.
#[inline]
pub(super) fn ended(core: &Arc<Core>, open: Open, took: u64, outcome: &Outcome<'_>, detail: Option<Detail>) {
    // Before anything is counted: in a child of a fork the counts begin anew here.
    let live = core.live();
    let state = core.table.state(SiteId(open.site));
    let ns = clock::nanoseconds(took);
    if open.mode & Open::TIMED != 0 {
        state.histogram.add(ns);
        state.sum_ns.fetch_add(ns, Ordering::Relaxed);
    } else {
        state.untimed.fetch_add(1, Ordering::Relaxed);
    }
    if open.mode & Open::KEPT != 0 || !matches!(outcome, Outcome::Completed) {
        end_record((core, live), state, open, (took, ns), outcome, detail);
    }
}

#[inline]
fn end_record(
    (core, live): (&Arc<Core>, &Live),
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
    core.push_in(
        live,
        Record {
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
        },
    );
}

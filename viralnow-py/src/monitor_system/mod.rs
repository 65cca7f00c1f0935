//! The monitoring system of the process: which one there is. Starting, stopping and asking it goes through `call_plain`, as in the
//! other languages; here stands what must be quick, or calls back.
//!
//! One file an idea: `parent` says which span a new one is inside of, `place` what is watched and how, `watched` is the callable
//! that stands for a plain function, `span` what the shells of asynchronous functions and generators begin and end, `bus`
//! publishes and listens.

// Python hands over owned values.
#![allow(clippy::needless_pass_by_value)]
// One keyword for each of a decorator's switches.
#![allow(clippy::fn_params_excessive_bools)]

mod bus;
mod failure;
mod job;
mod mounted;
mod parent;
mod place;
mod span;
mod symbols;
mod watched;

pub(crate) use bus::{
    Stream, Subscription, monitor_bus_stats, monitor_publish, monitor_stream, monitor_subscribe,
};
pub(crate) use job::{Job, JobStep};
pub(crate) use mounted::{monitor_dashboard_leave, monitor_dashboard_next};
pub(crate) use parent::{monitor_current_span, monitor_span_variable};
pub(crate) use place::Place;
pub(crate) use span::Span;
pub(crate) use watched::{monitor_call_way, monitor_watch};

use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use viralnow_core::monitor::MonitorSystem;
use viralnow_core::monitor::redact::Redactor;

/// Whether the first call that is watched starts one by the specification's defaults.
static START_ITSELF: AtomicBool = AtomicBool::new(false);

/// The monitor, if there is one.
#[inline]
pub(crate) fn current() -> Option<&'static MonitorSystem> {
    viralnow_core::monitor::installed()
}

/// The monitor; started now if that was asked for. Whatever goes wrong with that is the monitor's trouble, not the host's.
#[inline]
pub(crate) fn current_or_start(py: Python<'_>) -> Option<&'static MonitorSystem> {
    current().or_else(|| if START_ITSELF.load(Ordering::Relaxed) { start_itself(py) } else { None })
}

#[cold]
fn start_itself(py: Python<'_>) -> Option<&'static MonitorSystem> {
    // Once: what it calls may itself be watched.
    if START_ITSELF.swap(false, Ordering::AcqRel) {
        let started =
            py.import("viralnow.monitoring._system").and_then(|system| system.call_method0("start_itself"));
        if let Err(raised) = started {
            raised.write_unraisable(py, None);
        }
    }
    current()
}

/// Seconds of Python as a time to wait: what is not a number is none, what is too long ten years.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(if seconds.is_nan() { 0.0 } else { seconds.clamp(0.0, 3e8) })
}

/// Whether there is one.
#[pyfunction]
pub(crate) fn monitor_running() -> bool {
    current().is_some()
}

/// A text as the monitor would write it; where there is none, without what is known as secret or personal.
#[pyfunction]
pub(crate) fn monitor_redact(text: &str) -> String {
    current().map_or_else(|| Redactor::default().text(text).into_owned(), |monitor| monitor.redacted(text))
}

/// Lets the first call that is watched start the monitor, or not.
#[pyfunction]
pub(crate) fn monitor_start_itself(whether: bool) {
    START_ITSELF.store(whether && current().is_none(), Ordering::Release);
}

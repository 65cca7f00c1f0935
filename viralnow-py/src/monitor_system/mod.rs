//! The monitoring system of the process: which one there is, and the calls on the whole of it.
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
mod log;
mod parent;
mod place;
mod span;
mod symbols;
mod watched;

pub(crate) use bus::{
    Stream, Subscription, monitor_bus_stats, monitor_publish, monitor_stream, monitor_subscribe,
};
pub(crate) use job::{Job, JobStep};
pub(crate) use log::{MonitorLog, monitor_log};
pub(crate) use parent::{monitor_current_span, monitor_span_variable};
pub(crate) use place::Place;
pub(crate) use span::Span;
pub(crate) use watched::{monitor_call_way, monitor_watch};

use crate::error::{detached, plain, to_py};
use pyo3::prelude::*;
use serde::Deserialize;
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::time::Duration;
#[cfg(feature = "sqlite")]
use viralnow_core::monitor::LogStore;
use viralnow_core::monitor::config::MonitorConfig;
use viralnow_core::monitor::{Level, MonitorBuilder, MonitorSystem, Overflow, uninstall_global};
use viralnow_core::{Error, ErrorKind, Result};

/// The monitor of this process; null while there is none. What it points at is never freed: a call may be inside.
static CURRENT: AtomicPtr<MonitorSystem> = AtomicPtr::new(ptr::null_mut());
/// Whether the first call that is watched starts one by the specification's defaults.
static START_ITSELF: AtomicBool = AtomicBool::new(false);

/// The monitor, if there is one.
#[inline]
pub(crate) fn current() -> Option<&'static MonitorSystem> {
    // SAFETY: null, or a box that `monitor_start` leaked.
    unsafe { CURRENT.load(Ordering::Acquire).as_ref() }
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

/// What Python's `start` says beside the settings; null is what the settings say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    level: f64,
    adaptive: bool,
    redact: bool,
    redact_keys: Vec<String>,
    database_path: Option<String>,
    flush_interval: Option<f64>,
    ring_capacity: Option<u32>,
    max_memory: Option<u64>,
    block_s: Option<f64>,
}

impl Given {
    /// The settings with what was said beside them.
    fn over(&self, mut config: MonitorConfig) -> MonitorConfig {
        if let Some(path) = &self.database_path {
            config.database_path.clone_from(path);
        }
        config.flush_interval = self.flush_interval.unwrap_or(config.flush_interval);
        config.ring_capacity = self.ring_capacity.unwrap_or(config.ring_capacity);
        config.max_memory = self.max_memory.unwrap_or(config.max_memory);
        config.redaction.deny_keys.extend(self.redact_keys.iter().cloned());
        config
    }

    fn build(&self, config: &MonitorConfig) -> Result<MonitorBuilder> {
        config.validate()?;
        let mut builder = MonitorSystem::builder()
            .level(level(self.level)?)
            .adaptive(self.adaptive)
            .ring_capacity(config.ring_capacity as usize)
            .max_memory(usize::try_from(config.max_memory).unwrap_or(usize::MAX))
            .flush_interval(seconds(config.flush_interval))
            .threshold_multiplier(config.performance_threshold_multiplier)
            .error_rate(config.error_rate_threshold);
        builder = if self.redact { builder.scrub(config.redactor()?) } else { builder.unredacted() };
        if let Some(most) = self.block_s {
            builder = builder.overflow(Overflow::Block { most: seconds(most) });
        }
        #[cfg(feature = "sqlite")]
        if !config.database_path.is_empty() {
            let (detail, summary) = (config.log_retention_days, config.summary_retention_days);
            builder = builder.store(LogStore::open_with(&config.database_path, detail, summary)?);
        }
        Ok(builder)
    }
}

/// Settings as their file has them: of the file, of JSON text, else those that write nothing.
fn config(path: Option<PathBuf>, text: Option<&str>) -> Result<MonitorConfig> {
    match (path, text) {
        (Some(path), _) => MonitorConfig::from_file(path),
        (None, Some(text)) => Ok(MonitorConfig::from_json(text, "config")?),
        (None, None) => {
            let nowhere = String::new;
            Ok(MonitorConfig {
                database_path: nowhere(),
                log_file_path: nowhere(),
                ..MonitorConfig::default()
            })
        }
    }
}

/// The settings of a file or of JSON text, checked, with the defaults for what is left out.
#[pyfunction]
pub(crate) fn monitor_config<'py>(
    py: Python<'py>,
    path: Option<PathBuf>,
    text: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let config = detached(py, || config(path, text))?;
    plain(py, &config)
}

/// 1 is everything, a share above 0 that share of it, 0 histograms alone, -1 counting alone, -2 nothing.
fn level(share: f64) -> Result<Level> {
    Ok(match share {
        1.0 => Level::Full,
        0.0 => Level::Aggregate,
        -1.0 => Level::Counted,
        -2.0 => Level::Off,
        share if share > 0.0 && share < 1.0 => Level::Sampled(share as f32),
        _ => return Err(Error::new(ErrorKind::InvalidConfig, "a level is a share between 0 and 1")),
    })
}

/// Seconds of Python as a time to wait: what is not a number is none, what is too long ten years.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(if seconds.is_nan() { 0.0 } else { seconds.clamp(0.0, 3e8) })
}

/// Starts the monitor of the process and gives its settings; fails while there is one.
#[pyfunction]
pub(crate) fn monitor_start<'py>(
    py: Python<'py>,
    path: Option<PathBuf>,
    text: Option<&str>,
    given: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let given: Given = serde_json::from_str(given)
        .map_err(|error| to_py(py, &Error::new(ErrorKind::InvalidConfig, error.to_string())))?;
    let config = detached(py, || {
        let config = given.over(config(path, text)?);
        let monitor = given.build(&config)?.build();
        monitor.install_global()?;
        START_ITSELF.store(false, Ordering::Release);
        CURRENT.store(Box::into_raw(Box::new(monitor)), Ordering::Release);
        Ok(config)
    })?;
    plain(py, &config)
}

/// Ends the monitor, after what was recorded is written; None when there was none.
#[pyfunction]
pub(crate) fn monitor_stop(py: Python<'_>, timeout_s: f64) -> PyResult<Option<Bound<'_, PyAny>>> {
    CURRENT.store(ptr::null_mut(), Ordering::Release);
    let report = detached(py, || Ok(uninstall_global(seconds(timeout_s))))?;
    report.map(|report| plain(py, &report)).transpose()
}

/// Whether there is one.
#[pyfunction]
pub(crate) fn monitor_running() -> bool {
    current().is_some()
}

/// Lets the first call that is watched start the monitor, or not.
#[pyfunction]
pub(crate) fn monitor_start_itself(whether: bool) {
    START_ITSELF.store(whether && current().is_none(), Ordering::Release);
}

/// How it is: the fields of the core's status and `line`, one line for people; None when there is none.
#[pyfunction]
pub(crate) fn monitor_status(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let Some(monitor) = current() else { return Ok(None) };
    let status = detached(py, || Ok(monitor.status()))?;
    let told = plain(py, &status)?;
    told.set_item("line", status.to_string())?;
    Ok(Some(told))
}

/// Waits until what was recorded is delivered and written; None when there is none.
#[pyfunction]
pub(crate) fn monitor_flush(py: Python<'_>, timeout_s: f64) -> PyResult<Option<Bound<'_, PyAny>>> {
    let Some(monitor) = current() else { return Ok(None) };
    let report = detached(py, || Ok(monitor.flush(seconds(timeout_s))))?;
    Ok(Some(plain(py, &report)?))
}

/// Sets how much is recorded of the functions that fit a pattern.
#[pyfunction]
pub(crate) fn monitor_set_level(py: Python<'_>, pattern: &str, share: f64) -> PyResult<()> {
    let Some(monitor) = current() else { return Ok(()) };
    detached(py, || {
        monitor.set_level(pattern, level(share)?);
        Ok(())
    })
}

/// What was counted at every place, exactly: dicts with `name`, `module`, `file`, `line`, `calls`, `errors`, `cancelled`,
/// `total_s`, `p50_s`, `p95_s`, `p99_s` and `level`.
#[pyfunction]
pub(crate) fn monitor_counts(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let rows = detached(py, || {
        let counts = current().map(MonitorSystem::all_counts).unwrap_or_default();
        let rows = counts.into_iter().filter(|(_, counts)| counts.calls > 0).map(|(site, counts)| {
            let at = |q: f64| counts.histogram.quantile_ns(q) * 1e-9;
            serde_json::json!({
                "name": site.name, "module": site.module, "file": site.file, "line": site.line,
                "calls": counts.calls, "errors": counts.errors, "cancelled": counts.cancelled,
                "total_s": counts.sum_ns as f64 * 1e-9,
                "p50_s": at(0.5), "p95_s": at(0.95), "p99_s": at(0.99),
                "level": format!("{:?}", counts.level).to_lowercase(),
            })
        });
        Ok(rows.collect::<Vec<_>>())
    })?;
    plain(py, &rows)
}

//! Streams of a dashboard behind a server of Python's: quick, and so without a thread for each call.

use crate::error::to_py;
use pyo3::prelude::*;
use serde_json::{Map, Value, json};
use viralnow_core::call::call_plain;

fn ask(name: &str, settings: &Value) -> viralnow_core::Result<Value> {
    call_plain(name, settings.as_object().unwrap_or(&Map::new())).map(|called| called.value)
}

/// The next piece of a stream, for which is waited so many seconds at most, and whether no more will come. One that was left, or that is
/// another process's, has ended.
#[pyfunction]
pub(crate) fn monitor_dashboard_next(
    py: Python<'_>,
    stream: u64,
    wait_s: f64,
) -> PyResult<(Option<String>, bool)> {
    let settings = json!({ "stream": stream, "wait_s": wait_s });
    match py.detach(|| ask("monitor.dashboard_next", &settings)) {
        Ok(got) => Ok((got["piece"].as_str().map(str::to_owned), got["ended"] == true)),
        Err(error) if error.kind() == viralnow_core::ErrorKind::NotFound => Ok((None, true)),
        Err(error) => Err(to_py(py, &error)),
    }
}

/// Leaves a stream; one that is gone is left.
#[pyfunction]
pub(crate) fn monitor_dashboard_leave(py: Python<'_>, stream: u64) {
    let _ = py.detach(|| ask("monitor.dashboard_leave", &json!({ "stream": stream })));
}

//! Functions on words.

use crate::call::parsed;
use crate::error::{detached, plain};
use pyo3::prelude::*;

/// Calls a function of `text` on the thread that asks, without the interpreter's lock: for texts that take less time than to
/// start another thread. `settings` is a JSON object, as `call_plain` takes it.
#[pyfunction]
pub(crate) fn call_text<'py>(py: Python<'py>, name: &str, settings: &str) -> PyResult<Bound<'py, PyAny>> {
    let settings = parsed(py, settings)?;
    plain(py, &detached(py, || viralnow_core::call::call_plain(name, &settings))?.value)
}

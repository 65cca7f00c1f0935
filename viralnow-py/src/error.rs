//! The core's error as a Python exception, and a Python exception as the core's error.

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use viralnow_core::{Error, ErrorKind, Result};

/// Every kind of error: its code, and whether trying again may help. The Python classes are tested against it.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<(&'static str, bool)> {
    ErrorKind::ALL.iter().map(|kind| (kind.code(), kind.is_retryable())).collect()
}

/// The exception of an error: the class that `viralnow.exceptions` has for its kind.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let context = PyDict::new(py);
        for (key, value) in error.context() {
            context.set_item(key, value)?;
        }
        let exceptions = py.import("viralnow.exceptions")?;
        let made = exceptions.call_method1("from_code", (error.kind().code(), error.to_string(), context))?;
        Ok(PyErr::from_value(made))
    };
    make().unwrap_or_else(|failed| failed)
}

/// Runs the core without the interpreter's lock. A panic, which would be a defect of ours, becomes `INTERNAL`.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(|| guarded(work)).map_err(|error| to_py(py, &error))
}

/// Turns a panic into `INTERNAL`.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
}

/// A failure of the host's own code as `HOST_FAILED`, with the traceback. Exceptions that are no `Exception`
/// (`KeyboardInterrupt`, `SystemExit`) are given back: they are not about the asset.
pub(crate) fn host_failed(py: Python<'_>, what: &str, raised: PyErr) -> std::result::Result<Error, PyErr> {
    if !raised.is_instance_of::<PyException>(py) {
        return Err(raised);
    }
    let text = py
        .import("traceback")
        .and_then(|traceback| {
            let parts = (raised.get_type(py), raised.value(py), raised.traceback(py));
            traceback.call_method1("format_exception", parts)
        })
        .and_then(|lines| lines.extract::<Vec<String>>())
        .map_or_else(|_| raised.to_string(), |lines| lines.concat());
    Ok(Error::new(ErrorKind::HostFailed, format!("{what} raised {raised}"))
        .with("traceback", text.trim_end()))
}

/// The error for what only another build can do.
#[cfg(not(feature = "sqlite"))]
pub(crate) fn not_built(feature: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, "this wheel was built without a feature that the call needs")
        .with("feature", feature)
}

/// JSON text as Python objects.
pub(crate) fn loads<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

/// Plain data of the core as Python objects.
pub(crate) fn plain<'py>(py: Python<'py>, value: &impl serde::Serialize) -> PyResult<Bound<'py, PyAny>> {
    let json = serde_json::to_string(value).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    loads(py, &json)
}

/// Names the type of an object, for messages.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    let name = |kind: Bound<'_, PyType>| kind.name().map(|name| name.to_string());
    name(object.get_type()).unwrap_or_else(|_| "object".to_owned())
}

//! An exception as the outcome of a span.

use super::place::Place;
use pyo3::exceptions::{PyException, PyGeneratorExit, PyStopAsyncIteration, PyStopIteration};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTraceback;
use viralnow_core::monitor::{Detail, MonitorSystem, Open, Outcome};

static DESCRIBE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Ends a span with what was raised. The end of an iteration is no failure; what is no `Exception` (Ctrl-C, `SystemExit`,
/// asyncio's cancellation) and whatever is called `CancelledError` is a cancellation. `trace` is its traceback where the
/// exception is under way: then it does not yet know it itself.
pub(crate) fn end(
    monitor: &MonitorSystem,
    place: &Place,
    open: Open,
    raised: &Bound<'_, PyAny>,
    trace: Option<&Bound<'_, PyTraceback>>,
    args: Option<String>,
) {
    let py = raised.py();
    let quiet = raised.is_instance_of::<PyStopIteration>()
        || raised.is_instance_of::<PyStopAsyncIteration>()
        || raised.is_instance_of::<PyGeneratorExit>();
    if quiet {
        match place.detail(args, None) {
            Some(detail) => monitor.end_with(open, &Outcome::Completed, detail),
            None => monitor.end(open, &Outcome::Completed),
        }
        return;
    }
    let kind = raised.get_type();
    let kind = kind.qualname().map_or_else(|_| "Exception".to_owned(), |name| name.to_string());
    if !raised.is_instance_of::<PyException>() || kind == "CancelledError" {
        monitor.end_with(open, &Outcome::Cancelled, Detail { args, ..Detail::default() });
        return;
    }
    let (message, stack) = described(py, raised, trace).unwrap_or_default();
    let detail = Detail { args, stack: Some(stack).filter(|stack| !stack.is_empty()), ..Detail::default() };
    monitor.end_with(open, &Outcome::Failed { code: &kind, message: &message }, detail);
}

/// The message and the stack, without the variables of its frames.
fn described(
    py: Python<'_>,
    raised: &Bound<'_, PyAny>,
    trace: Option<&Bound<'_, PyTraceback>>,
) -> Option<(String, String)> {
    let describe = DESCRIBE.get_or_try_init(py, || {
        py.import("viralnow.monitoring._capture")?.getattr("failure").map(Bound::unbind)
    });
    describe.ok()?.bind(py).call1((raised, trace)).ok()?.extract().ok()
}

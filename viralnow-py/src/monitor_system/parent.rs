//! Which span a new one is inside of.
//!
//! Two things know: a `ContextVar`, which asyncio's tasks and `to_thread` carry along, and which asynchronous functions and
//! `span` set; and the thread's own innermost plain call, for which setting a variable of a context would cost more than
//! all the rest. The plain call is the innermost exactly as long as the variable is still what it was when that call began.

use super::symbols::symbols;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use std::cell::Cell;
use std::ptr;
use viralnow_core::monitor::SpanToken;

static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// A span and the variable's value when it was entered, as an address that is only compared.
#[derive(Clone, Copy)]
pub(crate) struct Inside {
    span: u64,
    variable: usize,
}

impl Inside {
    const NOTHING: Self = Self { span: 0, variable: 0 };
}

thread_local! {
    static INNERMOST: Cell<Inside> = const { Cell::new(Inside::NOTHING) };
}

/// The variable: the number of the span that the context is in.
fn variable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    VARIABLE
        .get_or_try_init(py, || {
            let kind = py.import("contextvars")?.getattr("ContextVar")?;
            Ok(kind.call1(("viralnow_span",))?.unbind())
        })
        .map(|variable| variable.bind(py))
}

/// The `ContextVar` that holds the number of the span that a context is in.
#[pyfunction]
pub(crate) fn monitor_span_variable(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    variable(py).cloned()
}

/// The number of the span that the caller is in; 0 outside.
#[pyfunction]
pub(crate) fn monitor_current_span(py: Python<'_>) -> u64 {
    find(py).0.0
}

/// The span that the caller is in, and the address of the variable's value.
#[inline]
pub(crate) fn find(py: Python<'_>) -> (SpanToken, usize) {
    let value = value(py);
    let address = value.as_ref().map_or(0, |value| value.as_ptr() as usize);
    let inside = INNERMOST.try_with(Cell::get).unwrap_or(Inside::NOTHING);
    if inside.span != 0 && inside.variable == address {
        return (SpanToken(inside.span), address);
    }
    let span = value.and_then(|value| value.extract::<u64>().ok()).unwrap_or(0);
    (SpanToken(span), address)
}

/// Enters a span on this thread; what it gives is for [`leave`].
#[inline]
pub(crate) fn enter(span: SpanToken, variable: usize) -> Inside {
    INNERMOST.try_with(|inside| inside.replace(Inside { span: span.0, variable })).unwrap_or(Inside::NOTHING)
}

/// Goes back to where the thread was.
#[inline]
pub(crate) fn leave(before: Inside) {
    let _ = INNERMOST.try_with(|inside| inside.set(before));
}

#[inline]
fn value(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
    let variable = match VARIABLE.get(py) {
        Some(variable) => variable.bind(py),
        None => variable(py).ok()?,
    };
    if let Some(get) = symbols().get_variable {
        let mut value = ptr::null_mut();
        // SAFETY: `variable` is a ContextVar; the function writes a new reference, or null where it was never set.
        unsafe {
            if get(variable.as_ptr(), ptr::null_mut(), &raw mut value) != 0 {
                ffi::PyErr_Clear();
                return None;
            }
            Bound::from_owned_ptr_or_opt(py, value)
        }
    } else {
        static NAME: PyOnceLock<Py<PyString>> = PyOnceLock::new();
        let name = NAME.get_or_init(py, || PyString::intern(py, "get").unbind());
        variable.call_method1(name, (py.None(),)).ok().filter(|value| !value.is_none())
    }
}

//! The readable report.

use crate::error::detached;
use crate::features::parse;
use pyo3::prelude::*;
use viralnow_core::report;

/// The report of a payload as text for a terminal of this many columns.
#[pyfunction]
pub(crate) fn report_text(py: Python<'_>, payload: &str, columns: usize) -> PyResult<String> {
    detached(py, || Ok(report::text(&parse(payload)?, columns)))
}

/// The report of a payload as a self-contained HTML fragment.
#[pyfunction]
pub(crate) fn report_html(py: Python<'_>, payload: &str) -> PyResult<String> {
    detached(py, || Ok(report::html(&parse(payload)?)))
}

//! The readable report.

use crate::error::detached;
use crate::features::parse;
use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;
use viralnow_core::extract::Matrix;
use viralnow_core::report;

/// The report of a payload as text for a terminal of this many columns.
#[pyfunction]
pub(crate) fn report_text(py: Python<'_>, payload: &str, columns: usize) -> PyResult<String> {
    detached(py, || Ok(report::text(&parse(payload)?, columns)))
}

/// The report of a payload as a self-contained HTML fragment.
#[pyfunction]
pub(crate) fn report_html(py: Python<'_>, payload: &str, rms: Option<Rms<'_>>) -> PyResult<String> {
    let rms = rms.map(matrix);
    detached(py, || Ok(report::html(&parse(payload)?, rms.as_ref())))
}

/// The frame-level features of that name as the analysis holds them: values, times, unit.
type Rms<'py> = (PyReadonlyArrayDyn<'py, f32>, PyReadonlyArrayDyn<'py, f64>, String);

fn matrix((values, times, _): Rms<'_>) -> Matrix {
    Matrix {
        rows: times.as_array().len(),
        columns: 1,
        data: values.as_array().iter().copied().collect(),
        times_s: times.as_array().iter().copied().collect(),
        unit: "1",
    }
}

/// What happens when, as an SVG document.
#[pyfunction]
pub(crate) fn report_timeline(
    py: Python<'_>,
    payload: &str,
    rms: Option<Rms<'_>>,
) -> PyResult<Option<String>> {
    let rms = rms.map(matrix);
    detached(py, || Ok(report::timeline(&parse(payload)?, rms.as_ref())))
}

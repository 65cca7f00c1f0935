//! Functions on words.

use crate::error::{detached, plain};
use pyo3::prelude::*;
use viralnow_core::{Preset, Result, text};

/// Does it without the interpreter's lock, and gives plain data.
fn on<T: serde::Serialize + Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send,
) -> PyResult<Bound<'_, PyAny>> {
    plain(py, &detached(py, work)?)
}

/// VADER sentiment.
#[pyfunction]
pub(crate) fn sentiment<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    on(py, || Ok(text::sentiment(text)))
}

/// Readability formulas, or None without words.
#[pyfunction]
pub(crate) fn readability<'py>(py: Python<'py>, text: &str, preset: &str) -> PyResult<Bound<'py, PyAny>> {
    on(py, || Ok(text::readability(text, preset.parse::<Preset>()?)))
}

/// Sentences.
#[pyfunction]
#[pyo3(signature = (text, language))]
pub(crate) fn sentences(py: Python<'_>, text: &str, language: Option<&str>) -> PyResult<Vec<String>> {
    detached(py, || Ok(text::sentences(text, language)))
}

/// Key phrases.
#[pyfunction]
#[pyo3(signature = (text, language, top))]
pub(crate) fn keywords<'py>(
    py: Python<'py>,
    text: &str,
    language: Option<&str>,
    top: usize,
) -> PyResult<Bound<'py, PyAny>> {
    on(py, || Ok(text::keywords(text, language, top)))
}

/// The hook features of an opening.
#[pyfunction]
pub(crate) fn hook<'py>(py: Python<'py>, opening: &str) -> PyResult<Bound<'py, PyAny>> {
    on(py, || Ok(text::hook(opening)))
}

/// Language and confidence, or None.
#[pyfunction]
pub(crate) fn language(py: Python<'_>, text: &str) -> PyResult<Option<(String, f64)>> {
    detached(py, || Ok(text::language(text)))
}

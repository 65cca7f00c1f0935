//! The payload's schema, its dictionary and its flat form.

use crate::error::{plain, to_py};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use viralnow_core::features::{self, FlatRow, FlatValue, Payload};
use viralnow_core::{Error, ErrorKind};

/// Every feature: name, kind, unit, range, description and the schema version that brought it.
#[pyfunction]
pub(crate) fn feature_dictionary(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    plain(py, &features::feature_dictionary())
}

/// JSON Schema (2020-12) of the payload.
#[pyfunction]
pub(crate) fn json_schema(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    plain(py, &features::json_schema())
}

/// The flat row of a payload: column name to cell, in the stable order.
#[pyfunction]
pub(crate) fn flat_row<'py>(py: Python<'py>, payload: &str) -> PyResult<Bound<'py, PyDict>> {
    let payload = parse(payload).map_err(|error| to_py(py, &error))?;
    row_to_py(py, features::flat_row(Ok(&payload)))
}

/// The flat row of an asset that ended with an error of this code and text.
#[pyfunction]
pub(crate) fn error_row<'py>(py: Python<'py>, code: &str, message: &str) -> PyResult<Bound<'py, PyDict>> {
    let kind = ErrorKind::ALL.iter().copied().find(|kind| kind.code() == code);
    let error = Error::new(kind.unwrap_or(ErrorKind::Internal), message);
    row_to_py(py, features::flat_row(Err(&error)))
}

/// A row as a dict.
fn row_to_py(py: Python<'_>, row: FlatRow) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (column, cell) in row {
        match cell {
            FlatValue::Null => dict.set_item(column, py.None())?,
            FlatValue::Bool(value) => dict.set_item(column, value)?,
            FlatValue::Number(value) => dict.set_item(column, value)?,
            FlatValue::Text(value) => dict.set_item(column, value)?,
        }
    }
    Ok(dict)
}

/// A payload from its JSON text.
pub(crate) fn parse(json: &str) -> viralnow_core::Result<Payload> {
    serde_json::from_str(json).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, "this is no payload of ours; see viralnow.json_schema()")
            .caused_by(error)
    })
}

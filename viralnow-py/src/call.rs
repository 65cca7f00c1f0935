//! The features of sound as functions.

use crate::error::{detached, plain, to_py};
use crate::pipeline::arrays;
use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use viralnow_core::call::Samples;
use viralnow_core::{Error, ErrorKind};

/// Calls a function by its name on C-contiguous float32 of shape (samples, channels); `settings` is a JSON object. Gives
/// plain data, and arrays with their times and unit by name.
#[pyfunction]
pub(crate) fn call<'py>(
    py: Python<'py>,
    name: &str,
    samples: PyReadonlyArray2<'py, f32>,
    sample_rate: u32,
    settings: &str,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyDict>)> {
    let settings = serde_json::from_str(settings).map_err(|error| {
        to_py(py, &Error::new(ErrorKind::InvalidConfig, "the settings are no JSON object").caused_by(error))
    })?;
    let channels = u16::try_from(samples.shape()[1]).unwrap_or(u16::MAX);
    // Copied: without the interpreter's lock, others may write to the array.
    let owned = samples.as_slice()?.to_vec();
    let called = detached(py, || {
        viralnow_core::call::call(name, Samples { samples: &owned, sample_rate, channels }, &settings)
    })?;
    Ok((plain(py, &called.value)?, arrays(py, called.vectors)?))
}

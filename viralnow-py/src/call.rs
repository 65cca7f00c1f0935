//! The features of sound as functions.

use crate::error::{guarded, plain, to_py};
use crate::pipeline::arrays;
use numpy::{PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use viralnow_core::call::Samples;
use viralnow_core::{Error, ErrorKind, Result};

/// Calls a function by its name on C-contiguous float32 of shape (samples, channels); `settings` is a JSON object. Gives
/// plain data, and arrays with their times and unit by name.
#[pyfunction]
pub(crate) fn call<'py>(
    py: Python<'py>,
    name: &str,
    samples: &Bound<'py, PyArray2<f32>>,
    sample_rate: u32,
    settings: &str,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyDict>)> {
    let settings = serde_json::from_str(settings).map_err(|error| {
        to_py(py, &Error::new(ErrorKind::InvalidConfig, "the settings are no JSON object").caused_by(error))
    })?;
    let channels = u16::try_from(samples.shape()[1]).unwrap_or(u16::MAX);
    // Copied: without the interpreter's lock, others may write to the array.
    let owned = samples.try_readonly()?.as_slice()?.to_vec();
    let name = name.to_owned();
    let called = interruptible(py, move || {
        viralnow_core::call::call(&name, Samples { samples: &owned, sample_rate, channels }, &settings)
    })?;
    Ok((plain(py, &called.value)?, arrays(py, called.vectors)?))
}

/// How often the waiting thread looks for Ctrl-C.
const TICK: Duration = Duration::from_millis(50);

/// Does this on a thread of its own and waits for it. On Ctrl-C the wait ends; the thread works on to its end, unheard.
fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let (sender, mut receiver) = channel();
    let started = std::thread::Builder::new().name("viralnow-call".to_owned()).spawn(move || {
        // Nobody listens any more after Ctrl-C.
        let _ = sender.send(guarded(work));
    });
    if let Err(error) = started {
        let error = Error::new(ErrorKind::Io, "no thread can be started for the call").caused_by(error);
        return Err(to_py(py, &error));
    }
    loop {
        let (answer, back) = py.detach(move || (receiver.recv_timeout(TICK), receiver));
        match answer {
            Ok(done) => return done.map_err(|error| to_py(py, &error)),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(to_py(py, &Error::new(ErrorKind::Internal, "the call ended without an answer")));
            }
        }
        receiver = back;
    }
}

//! The features of sound and pictures, and what is done with clips, as functions.

use crate::error::{detached, guarded, plain, to_py};
use crate::monitor::{PyObserver, Watch};
use crate::pipeline::arrays;
use numpy::{PyArray2, PyArray3, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use viralnow_core::call::{Pixels, Samples, SoundStream as Stream};
use viralnow_core::monitor::{CancelToken, Observer};
use viralnow_core::{Error, ErrorKind, Result};

/// Calls a function by its name on C-contiguous float32 of shape (samples, channels); `settings` is a JSON object. Gives
/// plain data, and arrays with their times and unit by name.
#[pyfunction]
#[pyo3(signature = (name, samples, sample_rate, settings, observer = None))]
pub(crate) fn call<'py>(
    py: Python<'py>,
    name: &str,
    samples: &Bound<'py, PyArray2<f32>>,
    sample_rate: u32,
    settings: &str,
    observer: Option<Py<PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyDict>)> {
    let settings = parsed(py, settings)?;
    let channels = u16::try_from(samples.shape()[1]).unwrap_or(u16::MAX);
    // Copied: without the interpreter's lock, others may write to the array.
    let owned = samples.try_readonly()?.as_slice()?.to_vec();
    let name = name.to_owned();
    let cancel = CancelToken::default();
    let token = cancel.clone();
    let (watch, observer) = watched(observer, &cancel);
    let called = interruptible_until(py, &cancel, move || {
        let sound = Samples { samples: &owned, sample_rate, channels };
        viralnow_core::call::call_watched(&name, sound, &settings, &token, observer)
    });
    watch.raised()?;
    let called = called?;
    Ok((plain(py, &called.value)?, arrays(py, called.vectors)?))
}

/// Who watches a call, of Python's callable; and what that raises.
fn watched(call: Option<Py<PyAny>>, cancel: &CancelToken) -> (Arc<Watch>, Option<Arc<dyn Observer>>) {
    let watch = Arc::new(Watch::new(cancel.clone()));
    let observer =
        call.map(|call| Arc::new(PyObserver::new(Some(call), Arc::clone(&watch))) as Arc<dyn Observer>);
    (watch, observer)
}

/// Calls a function on pictures by its name: C-contiguous uint8 of shape (rows, columns, channels). Gives plain data and
/// arrays.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "a list of Python's is taken as a Vec")]
pub(crate) fn call_pictures<'py>(
    py: Python<'py>,
    name: &str,
    pictures: Vec<Bound<'py, PyArray3<u8>>>,
    settings: &str,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyDict>)> {
    let settings = parsed(py, settings)?;
    let mut owned = Vec::new();
    for picture in &pictures {
        let [height, width, channels] = [0, 1, 2].map(|axis| picture.shape()[axis]);
        owned.push((picture.try_readonly()?.as_slice()?.to_vec(), [height, width, channels]));
    }
    let name = name.to_owned();
    let called = interruptible(py, move || {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let pictures: Vec<Pixels<'_>> = owned
            .iter()
            .map(|(data, [height, width, channels])| Pixels {
                data,
                width: side(*width),
                height: side(*height),
                channels: u8::try_from(*channels).unwrap_or(u8::MAX),
            })
            .collect();
        viralnow_core::call::call_pictures(&name, &pictures, &settings)
    })?;
    Ok((plain(py, &called.value)?, arrays(py, called.vectors)?))
}

/// Plain data, the bytes of a file, arrays.
type CalledPlain<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyBytes>>, Bound<'py, PyDict>);

/// Calls a function that takes nothing but its settings, a JSON object. Gives plain data, the bytes of a file where it makes
/// one, and arrays. `observer` is called with the fields of a progress and says whether to go on.
#[pyfunction]
#[pyo3(signature = (name, settings, observer = None))]
pub(crate) fn call_plain<'py>(
    py: Python<'py>,
    name: &str,
    settings: &str,
    observer: Option<Py<PyAny>>,
) -> PyResult<CalledPlain<'py>> {
    let settings = parsed(py, settings)?;
    let name = name.to_owned();
    let cancel = CancelToken::default();
    let token = cancel.clone();
    let (watch, observer) = watched(observer, &cancel);
    let called = interruptible_until(py, &cancel, move || {
        viralnow_core::call::call_plain_watched(&name, &settings, &token, observer)
    });
    // What the observer raised comes before the cancellation that followed from it.
    watch.raised()?;
    let called = called?;
    Ok((
        plain(py, &called.value)?,
        called.file.map(|file| PyBytes::new(py, &file)),
        arrays(py, called.vectors)?,
    ))
}

/// A function on sound that is pushed as it comes. Each push costs microseconds, so the interpreter waits for it.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct SoundStream(Mutex<Option<Stream>>, u16);

impl SoundStream {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Stream) -> Result<T> + Send,
    ) -> PyResult<T> {
        detached(py, || {
            let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            work(stream.as_mut().ok_or_else(over)?)
        })
    }
}

fn over() -> Error {
    Error::new(ErrorKind::InvalidInput, "the stream is finished; begin another one")
}

#[pymethods]
impl SoundStream {
    #[new]
    fn new(py: Python<'_>, name: &str, sample_rate: u32, channels: u16, settings: &str) -> PyResult<Self> {
        let settings = parsed(py, settings)?;
        let stream = detached(py, || Stream::new(name, sample_rate, channels, &settings))?;
        Ok(Self(Mutex::new(Some(stream)), channels))
    }

    /// C-contiguous float32 of shape (samples, channels).
    fn push(&self, py: Python<'_>, samples: &Bound<'_, PyArray2<f32>>) -> PyResult<()> {
        let given = samples.shape()[1];
        if given != usize::from(self.1) {
            let error = Error::new(ErrorKind::InvalidInput, "the stream was begun with other channels");
            return Err(to_py(py, &error.with("channels", self.1).with("given", given)));
        }
        // Copied: without the interpreter's lock, others may write to the array.
        let samples = samples.try_readonly()?.as_slice()?.to_vec();
        self.with(py, |stream| stream.push(&samples))
    }

    /// What is known so far.
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.with(py, |stream| stream.now())?.value)
    }

    /// What the function gives for all that was pushed.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyDict>)> {
        let called = detached(py, || {
            let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            stream.ok_or_else(over)?.finish()
        })?;
        Ok((plain(py, &called.value)?, arrays(py, called.vectors)?))
    }
}

/// The settings of a function.
pub(crate) fn parsed(py: Python<'_>, settings: &str) -> PyResult<Map<String, Value>> {
    serde_json::from_str(settings).map_err(|error| {
        to_py(py, &Error::new(ErrorKind::InvalidConfig, "the settings are no JSON object").caused_by(error))
    })
}

/// How often the waiting thread looks for Ctrl-C.
const TICK: Duration = Duration::from_millis(50);

/// Does this on a thread of its own and waits for it. On Ctrl-C the wait ends; the thread works on to its end, unheard.
fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    interruptible_until(py, &CancelToken::default(), work)
}

/// The same; Ctrl-C also stops the work through this token, where it asks it.
fn interruptible_until<T: Send + 'static>(
    py: Python<'_>,
    cancel: &CancelToken,
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
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| cancel.cancel())?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(to_py(py, &Error::new(ErrorKind::Internal, "the call ended without an answer")));
            }
        }
        receiver = back;
    }
}

//! Sound that is analysed while it happens.

use crate::error::{detached, to_py};
use crate::monitor::Watch;
use crate::pipeline::{Given, given};
use numpy::{PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use viralnow_core::{Error, ErrorKind, monitor, pipeline};

/// How often the waiting thread looks for Ctrl-C.
const TICK: Duration = Duration::from_millis(50);

/// An analysis under way.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct Live {
    stream: Mutex<Option<pipeline::Live>>,
    cancel: monitor::CancelToken,
    watch: Arc<Watch>,
}

impl Drop for Live {
    fn drop(&mut self) {
        // Python drops it with the interpreter's lock held, for which the analysis that is waited for may be waiting.
        let live = self.stream.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(live) = live {
            Python::attach(|py| py.detach(|| drop(live)));
        }
    }
}

impl Live {
    pub(crate) fn new(live: pipeline::Live, watch: Arc<Watch>) -> Self {
        Self { cancel: live.cancel_token(), stream: Mutex::new(Some(live)), watch }
    }

    /// Does this with the stream, without the interpreter's lock, for which the analysis may be waiting.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut pipeline::Live) -> viralnow_core::Result<T> + Send,
    ) -> PyResult<T> {
        detached(py, || match &mut *self.stream.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(live) => work(live),
            None => Err(Error::new(ErrorKind::InvalidInput, "the live analysis is over; begin another one")),
        })
    }
}

#[pymethods]
impl Live {
    /// C-contiguous float32 of shape (samples, channels); says whether the analysis still listens.
    fn push(&self, py: Python<'_>, samples: &Bound<'_, PyArray2<f32>>) -> PyResult<bool> {
        let channels = samples.shape()[1];
        // Copied: without the interpreter's lock, others may write to the array.
        let samples = samples.try_readonly()?.as_slice()?.to_vec();
        self.with(py, |live| {
            if channels != usize::from(live.channels()) {
                return Err(Error::new(ErrorKind::InvalidInput, "the stream was begun with other channels")
                    .with("channels", live.channels())
                    .with("given", channels));
            }
            live.push(&samples)
        })
    }

    /// The result of what was pushed.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Given<'py>> {
        self.with(py, |live| {
            live.end();
            Ok(())
        })?;
        while !self.with(py, |live| Ok(live.is_over()))? {
            if let Err(interrupt) = py.check_signals() {
                self.cancel(py);
                return Err(interrupt);
            }
            py.detach(|| std::thread::sleep(TICK));
        }
        let live = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        let done = live.map_or_else(
            || Err(Error::new(ErrorKind::InvalidInput, "the live analysis is over; begin another one")),
            pipeline::Live::finish,
        );
        self.watch.raised()?;
        given(py, done.map_err(|error| to_py(py, &error))?)
    }

    /// Ends the analysis without a result.
    fn cancel(&self, py: Python<'_>) {
        // First, so that a push that waits gives the stream free.
        self.cancel.cancel();
        py.detach(|| drop(self.stream.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }
}

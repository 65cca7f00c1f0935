//! Jobs: long work in weighted steps.

use super::current_or_start;
use crate::error::plain;
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};
use viralnow_core::monitor::{self, CancelToken};

/// A job under way; without a monitor it does nothing.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct Job(Option<monitor::Job>);

#[pymethods]
impl Job {
    /// Begins a job of these steps and their relative weights.
    #[new]
    fn new(py: Python<'_>, name: &str, steps: Vec<(String, f64)>) -> Self {
        let steps: Vec<(&str, f64)> = steps.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
        // Its history is read from the log.
        Self(current_or_start(py).map(|monitor| py.detach(|| monitor.job(name, &steps))))
    }

    /// Begins a step, or goes on with it.
    fn step(&self, name: &str) -> JobStep {
        JobStep(Mutex::new(self.0.as_ref().map(|job| job.step(name))))
    }

    /// How far it is, as a dict; None without a monitor.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.as_ref().map(|job| plain(py, &job.snapshot())).transpose()
    }

    /// Calls `listener(progress)`, at most ten times a second, on the thread that makes the progress.
    fn on_update(&self, listener: Py<PyAny>) {
        let Some(job) = &self.0 else { return };
        job.on_update(move |progress| {
            Python::try_attach(|py| {
                if let Err(raised) = plain(py, progress).and_then(|told| listener.call1(py, (told,))) {
                    raised.write_unraisable(py, Some(listener.bind(py)));
                }
            });
        });
    }

    /// Asks the work to stop: it looks at `cancelled`.
    fn cancel(&self) {
        if let Some(job) = &self.0 {
            job.cancel_token().cancel();
        }
    }

    /// Whether it was asked to stop.
    #[getter]
    fn cancelled(&self) -> bool {
        self.0.as_ref().map(monitor::Job::cancel_token).is_some_and(CancelToken::is_cancelled)
    }

    /// Ends it: all is done.
    fn finish(&self) {
        if let Some(job) = &self.0 {
            job.finish();
        }
    }

    /// Ends it without success.
    fn fail(&self) {
        if let Some(job) = &self.0 {
            job.fail();
        }
    }
}

/// A step of a job.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct JobStep(Mutex<Option<monitor::JobStep>>);

impl JobStep {
    fn with(&self, work: impl FnOnce(&monitor::JobStep)) {
        if let Some(step) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            work(step);
        }
    }
}

#[pymethods]
impl JobStep {
    /// How many items it has.
    fn set_total(&self, items: u64) {
        self.with(|step| step.set_total(items));
    }

    /// So many items more are done.
    fn add(&self, items: u64) {
        self.with(|step| step.add(items));
    }

    /// Sets the share that is done.
    fn set(&self, fraction: f64) {
        self.with(|step| step.set(fraction));
    }

    /// A job of its own that is this step.
    fn job(&self, py: Python<'_>, name: &str, steps: Vec<(String, f64)>) -> Job {
        let steps: Vec<(&str, f64)> = steps.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
        let step = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let within = step.zip(current_or_start(py));
        Job(within.map(|(step, monitor)| py.detach(|| step.job(&monitor, name, &steps))))
    }

    /// All of it is done.
    fn finish(&self) {
        if let Some(step) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            step.finish();
        }
    }
}

//! A span in Python's hands: what the shells of asynchronous functions and generators, and `span`, begin and end.

use super::place::Place;
use super::{bus, failure, parent};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use viralnow_core::monitor::{MonitorSystem, Open, Outcome};

/// A span that was begun.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct Span {
    place: Py<Place>,
    monitor: &'static MonitorSystem,
    open: Open,
    started: Option<Instant>,
    /// Whether its end is the end of a step that was told.
    step: bool,
    /// Taken when it ends.
    rest: Mutex<Option<Rest>>,
    inside: Mutex<Option<parent::Inside>>,
}

struct Rest {
    args: Option<String>,
}

impl Span {
    pub(crate) fn new(
        place: &Bound<'_, Place>,
        monitor: &'static MonitorSystem,
        open: Open,
        args: Option<String>,
    ) -> Self {
        let started = place.get().threshold.map(|_| Instant::now());
        let step = place.get().step && bus::step_started(place.py(), place.get());
        let rest = Mutex::new(Some(Rest { args }));
        Self { place: place.clone().unbind(), monitor, open, started, step, rest, inside: Mutex::new(None) }
    }

    /// What is left for the end; `None` the second time.
    fn take(&self, py: Python<'_>) -> Option<Rest> {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner).take();
        if self.step && rest.is_some() {
            bus::step_completed(py, self.place.get());
        }
        rest
    }
}

#[pymethods]
impl Span {
    /// Its number; that of the span around it where this one is not recorded.
    #[getter]
    fn id(&self) -> u64 {
        self.open.span.0
    }

    /// The number of the span around it; 0 outside.
    #[getter]
    fn parent(&self) -> u64 {
        self.open.parent.0
    }

    /// Whether it is recorded by itself, not only counted.
    #[getter]
    fn kept(&self) -> bool {
        self.monitor.keeps(self.open)
    }

    /// Makes it the innermost one of this thread until `leave`.
    fn enter(&self, py: Python<'_>) {
        let (_, variable) = parent::find(py);
        let before = parent::enter(self.open.span, variable);
        *self.inside.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    }

    /// Goes back to the span that the thread was in before.
    fn leave(&self) {
        if let Some(before) = self.inside.lock().unwrap_or_else(PoisonError::into_inner).take() {
            parent::leave(before);
        }
    }

    /// Ends it as completed. `fields` is told instead of the arguments.
    #[pyo3(signature = (result = None, fields = None))]
    fn end(&self, py: Python<'_>, result: Option<&Bound<'_, PyAny>>, fields: Option<String>) {
        let Some(rest) = self.take(py) else { return };
        match self.place.get().detail(fields.or(rest.args), result) {
            Some(detail) => self.monitor.end_with(self.open, &Outcome::Completed, detail),
            None => self.monitor.end(self.open, &Outcome::Completed),
        }
        if let Some(started) = self.started {
            self.place.get().judge(self.monitor, self.open.span, started.elapsed());
        }
    }

    /// Ends it with what was raised.
    #[pyo3(signature = (raised, fields = None))]
    fn fail(&self, raised: &Bound<'_, PyAny>, fields: Option<String>) {
        if let Some(rest) = self.take(raised.py()) {
            failure::end(self.monitor, self.place.get(), self.open, raised, None, fields.or(rest.args));
        }
    }

    /// Ends it as cancelled.
    fn cancel(&self, py: Python<'_>) {
        if self.take(py).is_some() {
            self.monitor.end(self.open, &Outcome::Cancelled);
        }
    }
}

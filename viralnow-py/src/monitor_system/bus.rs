//! The event bus: publishing, handlers, streams.

use super::place::Place;
use super::{current, current_or_start, seconds};
use crate::error::{detached, plain, to_py};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use viralnow_core::monitor::{self, BusEvent, EventStream, StreamItem};
use viralnow_core::{Error, ErrorKind};

const STEP_STARTED: &str = "progress.step_started";
const STEP_COMPLETED: &str = "progress.step_completed";

/// Whether somebody here listens for steps: weighted functions publish them only then.
static STEPS_WANTED: AtomicBool = AtomicBool::new(false);

fn heeds(pattern: &str) -> bool {
    monitor::topic_matches(pattern, STEP_STARTED) || monitor::topic_matches(pattern, STEP_COMPLETED)
}

/// A weighted function is called; whether its end is to be told too.
pub(crate) fn step_started(py: Python<'_>, place: &Place) -> bool {
    let wanted = STEPS_WANTED.load(Ordering::Relaxed);
    if wanted {
        step(py, STEP_STARTED, place);
    }
    wanted
}

/// A weighted function has ended.
pub(crate) fn step_completed(py: Python<'_>, place: &Place) {
    step(py, STEP_COMPLETED, place);
}

fn step(py: Python<'_>, topic: &str, place: &Place) {
    if let Some(monitor) = current() {
        let data = serde_json::json!({"step": place.name, "weight": place.weight});
        let _ = monitor.bus().publish_in(topic, "", super::parent::find(py).0, data);
    }
}

fn none() -> Error {
    Error::new(ErrorKind::InvalidInput, "there is no monitor; start one with viralnow.monitoring.start()")
}

/// Publishes an event; `data` is JSON. Nothing happens while there is no monitor.
#[pyfunction]
pub(crate) fn monitor_publish(py: Python<'_>, topic: &str, data: &str) -> PyResult<()> {
    let Some(monitor) = current_or_start(py) else { return Ok(()) };
    let span = super::parent::find(py).0;
    let publish = || {
        let data: Value = serde_json::from_str(data)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, format!("the data is no JSON: {error}")))?;
        monitor.bus().publish_in(topic, "", span, data)
    };
    publish().map_err(|error| to_py(py, &error))
}

/// A handler that listens until it is closed.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct Subscription(Mutex<Option<monitor::Subscription>>);

#[pymethods]
impl Subscription {
    /// Ends it.
    fn close(&self, py: Python<'_>) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(taken));
    }

    /// How it goes: a dict with `delivered`, `panics` and `quarantined`; None once it is closed.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let stats =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(monitor::Subscription::stats);
        stats.map(|stats| plain(py, &stats)).transpose()
    }
}

/// Calls `handler(topic, data)` for every event that fits, on the monitor's thread.
#[pyfunction]
pub(crate) fn monitor_subscribe(py: Python<'_>, pattern: &str, handler: Py<PyAny>) -> PyResult<Subscription> {
    let monitor = current_or_start(py).ok_or_else(none).map_err(|error| to_py(py, &error))?;
    let deliver = move |event: &BusEvent| {
        // Not while the interpreter ends.
        let failed = Python::try_attach(|py| {
            let called = plain(py, &event.event.data)
                .and_then(|data| handler.call1(py, (event.event.topic.as_str(), data)));
            called.err().map(|raised| {
                let text = raised.to_string();
                if raised.is_instance_of::<PyException>(py) {
                    raised.write_unraisable(py, Some(handler.bind(py)));
                }
                text
            })
        });
        if let Some(Some(text)) = failed {
            // What the bus counts and, after three times, keeps away; without the message of a panic on standard error.
            std::panic::resume_unwind(Box::new(text));
        }
    };
    let subscription = detached(py, || monitor.bus().subscribe(pattern, deliver))?;
    if heeds(pattern) {
        STEPS_WANTED.store(true, Ordering::Relaxed);
    }
    Ok(Subscription(Mutex::new(Some(subscription))))
}

/// Wakes a task of Python by calling a function from any thread.
struct Bell(Py<PyAny>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        Python::try_attach(|py| {
            // A loop that is closed by now needs no waking.
            let _ = self.0.call0(py);
        });
    }
}

/// Events that wait to be taken.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct Stream(Mutex<Option<Arc<EventStream>>>);

impl Stream {
    fn get(&self) -> Option<Arc<EventStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An event as JSON text, or the number of those that were dropped.
fn item(item: StreamItem) -> (Option<String>, u64) {
    match item {
        StreamItem::Event(event) => (serde_json::to_string(&*event).ok(), 0),
        StreamItem::Lagged(count) => (None, count),
    }
}

#[pymethods]
impl Stream {
    /// The next item within this time, else None.
    fn next(&self, py: Python<'_>, timeout_s: f64) -> PyResult<Option<(Option<String>, u64)>> {
        let Some(stream) = self.get() else { return Ok(None) };
        detached(py, move || Ok(stream.next_timeout(seconds(timeout_s)).map(item)))
    }

    /// The next item if there is one; else None, and `bell` is called, from any thread, when it is worth asking again.
    fn poll(&self, bell: Py<PyAny>) -> Option<(Option<String>, u64)> {
        let stream = self.get()?;
        let waker = Waker::from(Arc::new(Bell(bell)));
        match stream.poll_next(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(next)) => Some(item(next)),
            _ => None,
        }
    }

    /// Whether nothing will come any more.
    #[getter]
    fn closed(&self) -> bool {
        self.get().is_none_or(|stream| stream.is_closed())
    }

    /// How it goes: a dict with `delivered` and `lagged`; None once it is closed.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.get().map(|stream| plain(py, &stream.stats())).transpose()
    }

    /// Ends it.
    fn close(&self, py: Python<'_>) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(taken));
    }
}

/// Events that fit, to be taken one after the other.
#[pyfunction]
pub(crate) fn monitor_stream(py: Python<'_>, pattern: &str, capacity: usize) -> PyResult<Stream> {
    let monitor = current_or_start(py).ok_or_else(none).map_err(|error| to_py(py, &error))?;
    let stream = detached(py, || monitor.bus().stream(pattern, capacity))?;
    if heeds(pattern) {
        STEPS_WANTED.store(true, Ordering::Relaxed);
    }
    Ok(Stream(Mutex::new(Some(Arc::new(stream)))))
}

/// Who listens, and how that goes; None while there is no monitor.
#[pyfunction]
pub(crate) fn monitor_bus_stats(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    current().map(|monitor| plain(py, &monitor.bus().stats())).transpose()
}

//! Progress, cancellation, and where spans and events go: the host's monitor and Python's `logging`.

use crate::error::{plain, type_name};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use viralnow_core::monitor::{
    self, Callsite, Control, Event, EventMonitor, Fields, GlobalMonitor, Monitor, Observer, Outcome,
    Progress, SpanToken,
};
use viralnow_core::{Error, ErrorKind};

/// Stops the calls that it is given to as `on_progress`, from another thread: by `cancel`.
#[pyclass(frozen, module = "viralnow")]
#[derive(Debug, Default)]
pub(crate) struct CancelToken(monitor::CancelToken);

impl CancelToken {
    pub(crate) fn get(&self) -> monitor::CancelToken {
        self.0.clone()
    }
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Asks every call that holds this token to stop; they raise `CancelledError`.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was asked.
    #[getter]
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn __repr__(&self) -> String {
        format!("CancelToken(cancelled={})", if self.cancelled() { "True" } else { "False" })
    }
}

/// What a call must raise when it ends: an exception out of `on_progress`, or Ctrl-C.
pub(crate) struct Watch {
    raised: Mutex<Option<PyErr>>,
    cancel: monitor::CancelToken,
}

impl Watch {
    pub(crate) fn new(cancel: monitor::CancelToken) -> Self {
        Self { raised: Mutex::new(None), cancel }
    }

    /// Stops the call for this exception; the first one wins.
    pub(crate) fn stop(&self, exception: PyErr) -> Error {
        lock(&self.raised).get_or_insert(exception);
        self.cancel.cancel();
        Error::new(ErrorKind::Cancelled, "the call was stopped by an exception of the host")
    }

    /// Raises what was kept.
    pub(crate) fn raised(&self) -> PyResult<()> {
        lock(&self.raised).take().map_or(Ok(()), Err)
    }
}

/// A lock that a panic elsewhere does not spoil.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks for Ctrl-C and tells the host how far the call is, at the pace of the core (at most 20 times a second).
pub(crate) struct PyObserver {
    call: Option<Py<PyAny>>,
    watch: Arc<Watch>,
}

impl PyObserver {
    pub(crate) fn new(call: Option<Py<PyAny>>, watch: Arc<Watch>) -> Self {
        Self { call, watch }
    }
}

impl Observer for PyObserver {
    fn progress(&self, progress: &Progress) -> Control {
        Python::attach(|py| {
            let go_on = py.check_signals().and_then(|()| match &self.call {
                None => Ok(true),
                Some(call) => {
                    let Progress { fraction, stage, elapsed_s, eta_s, items } = progress;
                    call.call1(py, (*fraction, *stage, *elapsed_s, *eta_s, *items))?.extract::<bool>(py)
                }
            });
            match go_on {
                Ok(true) => Control::Continue,
                Ok(false) => Control::Stop,
                Err(exception) => {
                    self.watch.stop(exception);
                    Control::Stop
                }
            }
        })
    }
}

/// Keeps spans, events and progress in memory, for tests and notebooks.
#[pyclass(frozen, module = "viralnow")]
#[derive(Debug, Default)]
pub(crate) struct MemoryMonitor(Arc<monitor::MemoryMonitor>);

#[pymethods]
impl MemoryMonitor {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Everything that is kept, in order of arrival: dicts with `seq`, `t_s`, `topic`, `correlation_id`, `span`
    /// and `data`.
    fn records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0.records())
    }

    /// The events whose topic fits the pattern, such as "function.failed" or "function.*".
    fn events<'py>(&self, py: Python<'py>, pattern: &str) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0.events(pattern))
    }

    /// The spans: dicts with `span`, `parent`, `name`, `module`, `correlation_id`, `asset_id`, `start_s`,
    /// `duration_s` and `state`.
    fn spans<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0.spans())
    }

    /// How many records had to go for want of room; the newest 65,536 are kept.
    #[getter]
    fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Forgets what is kept.
    fn clear(&self) {
        self.0.clear();
    }

    fn __len__(&self) -> usize {
        self.0.records().len()
    }

    fn __repr__(&self) -> String {
        format!("<viralnow.MemoryMonitor: {} records>", self.__len__())
    }
}

/// Where the events of a call go.
enum Sink {
    Memory(Arc<monitor::MemoryMonitor>),
    Callable(Py<PyAny>, Arc<Watch>),
    Log(Log, Arc<Watch>),
}

/// The monitors of a call as one: the host's, and `logging` when its level lets anything through.
pub(crate) fn join(
    host: Option<&Bound<'_, PyAny>>,
    logger: &Bound<'_, PyAny>,
    watch: &Arc<Watch>,
) -> PyResult<Option<Arc<dyn Monitor>>> {
    let mut sinks = Vec::new();
    if let Some(host) = host {
        sinks.push(if let Ok(memory) = host.cast::<MemoryMonitor>() {
            Sink::Memory(Arc::clone(&memory.get().0))
        } else if host.is_callable() {
            Sink::Callable(host.clone().unbind(), Arc::clone(watch))
        } else {
            let message = format!("monitor must be a MemoryMonitor or a callable, not {}", type_name(host));
            return Err(PyTypeError::new_err(message));
        });
    }
    sinks.extend(Log::new(logger)?.map(|log| Sink::Log(log, Arc::clone(watch))));
    if let [Sink::Memory(memory)] = sinks.as_slice() {
        return Ok(Some(memory.clone()));
    }
    if sinks.is_empty() {
        return Ok(None);
    }
    let events = EventMonitor::new(move |event: &Event| sinks.iter().for_each(|sink| sink.take(event)));
    // That a program logs does not take the analysis from the monitor that runs.
    Ok(Some(if host.is_some() { Arc::new(events) } else { Arc::new(WithGlobal::new(Box::new(events))) }))
}

/// The global monitor, where one runs, and this one.
struct WithGlobal {
    own: Box<dyn Monitor>,
    /// The global monitor's spans, by ours.
    spans: Mutex<HashMap<SpanToken, SpanToken>>,
}

impl WithGlobal {
    fn new(own: Box<dyn Monitor>) -> Self {
        Self { own, spans: Mutex::default() }
    }

    fn spans(&self) -> MutexGuard<'_, HashMap<SpanToken, SpanToken>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Monitor for WithGlobal {
    fn enabled(&self, callsite: &'static Callsite) -> bool {
        self.own.enabled(callsite)
    }

    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        let own = self.own.start(callsite, fields);
        if own != SpanToken::NONE && GlobalMonitor.enabled(callsite) {
            let parent = self.spans().get(&fields.parent).copied().unwrap_or(SpanToken::NONE);
            let global = GlobalMonitor.start(
                callsite,
                &Fields { correlation_id: fields.correlation_id, asset_id: fields.asset_id, parent },
            );
            self.spans().insert(own, global);
        }
        own
    }

    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        let global = self.spans().remove(&token);
        if let Some(global) = global {
            GlobalMonitor.end(global, outcome);
        }
        self.own.end(token, outcome);
    }

    fn publish(&self, event: &Event) {
        GlobalMonitor.publish(event);
        self.own.publish(event);
    }

    fn progress(&self, correlation_id: &str, progress: &Progress) {
        GlobalMonitor.progress(correlation_id, progress);
        self.own.progress(correlation_id, progress);
    }
}

impl Sink {
    fn take(&self, event: &Event) {
        match self {
            Self::Memory(memory) => memory.publish(event),
            Self::Log(log, watch) => log.take(event, watch),
            Self::Callable(call, watch) => Python::attach(|py| {
                if let Err(raised) = plain(py, event).and_then(|record| call.call1(py, (record,))) {
                    heed(py, raised, Some(call.bind(py)), watch);
                }
            }),
        }
    }
}

/// An exception of who only listens cannot stop the call; Python reports it as it does one in a destructor. But Ctrl-C and
/// `SystemExit` are no failures of the listener: they come to whatever runs at the moment, and are meant for the call.
fn heed(py: Python<'_>, raised: PyErr, listener: Option<&Bound<'_, PyAny>>, watch: &Watch) {
    if raised.is_instance_of::<PyException>(py) {
        raised.write_unraisable(py, listener);
    } else {
        watch.stop(raised);
    }
}

const DEBUG: i32 = 10;
const INFO: i32 = 20;
const WARNING: i32 = 30;

/// The logger `viralnow`: stages and events at DEBUG, the whole call at INFO, a failed call or modality at WARNING.
/// What its level hides costs no Python.
struct Log {
    log: Py<PyAny>,
    level: i32,
}

impl Log {
    fn new(logger: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        for level in [DEBUG, INFO, WARNING] {
            if logger.call_method1("isEnabledFor", (level,))?.extract()? {
                return Ok(Some(Self { log: logger.getattr("log")?.unbind(), level }));
            }
        }
        Ok(None)
    }

    fn take(&self, event: &Event, watch: &Watch) {
        let data = &event.data;
        let text = |key: &str| data[key].as_str().unwrap_or_default();
        let whole = text("name") == "analyze";
        let level = match event.topic.as_str() {
            // Ten to twenty a second: a log is no progress bar.
            "progress.step_progress" => return,
            "function.failed" if whole => WARNING,
            "function.completed" | "function.cancelled" if whole => INFO,
            "modality.failed" => WARNING,
            _ => DEBUG,
        };
        if level < self.level {
            return;
        }
        let message = match event.topic.strip_prefix("function.") {
            Some(what) => {
                let seconds = data["duration_s"].as_f64();
                let time = seconds.map_or_else(String::new, |s| format!(" after {s:.3} s"));
                let why = data["code"]
                    .as_str()
                    .map_or_else(String::new, |code| format!(": {code}: {}", text("message")));
                format!("{} {what}{time}{why}", text("name"))
            }
            None if event.topic == "modality.failed" => {
                format!("modality {} failed: {}: {}", text("modality"), text("code"), text("message"))
            }
            None => format!("{} {data}", event.topic),
        };
        Python::attach(|py| {
            if let Err(raised) = self.write(py, level, &message, event) {
                heed(py, raised, None, watch);
            }
        });
    }

    fn write(&self, py: Python<'_>, level: i32, message: &str, event: &Event) -> PyResult<()> {
        let extra = PyDict::new(py);
        extra.set_item("topic", &event.topic)?;
        extra.set_item("stage", event.data["name"].as_str())?;
        extra.set_item("asset_id", event.data["asset_id"].as_str())?;
        extra.set_item("correlation_id", &event.correlation_id)?;
        let keywords = PyDict::new(py);
        keywords.set_item("extra", extra)?;
        // The text is an argument, so that a `%` in it stays one.
        self.log.call(py, (level, "%s", message), Some(&keywords)).map(drop)
    }
}

//! What is watched and how: one for each function that is decorated.

use super::{current, current_or_start};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;
use viralnow_core::monitor::{Capture, Detail, MonitorSystem, SiteId, SpanToken};

/// Most arguments of a call that are told.
const MOST_ARGS: usize = 16;

/// What is told of arguments and results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    None,
    Types,
    Repr,
}

/// Python's settings of a watched place.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct Place {
    pub(crate) name: String,
    module: String,
    file: String,
    line: u32,
    pub(crate) weight: f32,
    capture: Capture,
    pub(crate) args: Policy,
    result: bool,
    /// Names of the parameters that come by position.
    params: Vec<String>,
    redact: Vec<String>,
    pub(crate) threshold: Option<Duration>,
    /// Whether each call is also a step of the job it is in.
    pub(crate) step: bool,
    site: OnceLock<SiteId>,
}

#[pymethods]
impl Place {
    #[new]
    #[pyo3(signature = (name, module, file, line, *, weight, cpu, started, args, result, params, redact, threshold_s, step))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        name: String,
        module: String,
        file: String,
        line: u32,
        weight: f32,
        cpu: bool,
        started: bool,
        args: &str,
        result: bool,
        params: Vec<String>,
        redact: Vec<String>,
        threshold_s: Option<f64>,
        step: bool,
    ) -> PyResult<Self> {
        let mut capture = Capture::TIME;
        if cpu {
            capture = capture.and(Capture::CPU);
        }
        if started {
            capture = capture.and(Capture::STARTED);
        }
        let args = match args {
            "none" => Policy::None,
            "types" => Policy::Types,
            "repr" => Policy::Repr,
            _ => {
                return Err(pyo3::exceptions::PyValueError::new_err(
                    "args is \"types\", \"repr\" or \"none\"",
                ));
            }
        };
        let threshold = threshold_s.map(super::seconds);
        let site = OnceLock::new();
        Ok(Self {
            name,
            module,
            file,
            line,
            weight,
            capture,
            args,
            result,
            params,
            redact,
            threshold,
            step,
            site,
        })
    }

    /// The place's name.
    #[getter]
    fn get_name(&self) -> &str {
        &self.name
    }

    /// What was counted there, exactly: (calls, errors, cancelled).
    fn counts(&self) -> (u64, u64, u64) {
        current().map_or((0, 0, 0), |monitor| {
            let counts = monitor.counts(self.site(monitor));
            (counts.calls, counts.errors, counts.cancelled)
        })
    }

    /// Begins a span; None while there is no monitor.
    fn begin(
        slf: &Bound<'_, Self>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Option<super::Span> {
        let py = slf.py();
        let monitor = current_or_start(py)?;
        let place = slf.get();
        let (parent, _) = super::parent::find(py);
        let open = monitor.begin(place.site(monitor), parent);
        let told = (place.args != Policy::None && monitor.keeps(open)).then(|| {
            let mut text = Told::new(place);
            args.iter().for_each(|value| text.positional(&value));
            if let Some(kwargs) = kwargs {
                kwargs.iter().for_each(|(key, value)| text.keyword(&key, &value));
            }
            text.finish()
        });
        Some(super::Span::new(slf, monitor, open, told))
    }
}

impl Place {
    /// Its number, registered with the first call: what is never called costs nothing.
    #[inline]
    pub(crate) fn site(&self, monitor: &MonitorSystem) -> SiteId {
        *self.site.get_or_init(|| {
            monitor.callsite(&self.name, &self.module, &self.file, self.line, self.weight, self.capture)
        })
    }

    /// Says so when a call took longer than the host allows.
    pub(crate) fn judge(&self, monitor: &MonitorSystem, span: SpanToken, took: Duration) {
        let Some(threshold) = self.threshold.filter(|&threshold| took > threshold) else { return };
        let data = serde_json::json!({
            "name": self.name, "module": self.module,
            "duration_s": took.as_secs_f64(), "threshold_s": threshold.as_secs_f64(),
        });
        // The topic is ours and the data small.
        let _ = monitor.bus().publish_in("performance.threshold_exceeded", "", span, data);
    }

    /// What to tell of a span that ended well.
    pub(crate) fn detail(&self, args: Option<String>, result: Option<&Bound<'_, PyAny>>) -> Option<Detail> {
        let result = match result {
            Some(value) if self.result && self.args != Policy::None => {
                let mut text = String::new();
                describe(value, self.args, &mut text);
                Some(text)
            }
            _ => None,
        };
        (args.is_some() || result.is_some()).then(|| Detail { args, result, ..Detail::default() })
    }
}

/// The arguments of a call as text: `clip=str, limit=int`.
pub(crate) struct Told<'a> {
    place: &'a Place,
    text: String,
    count: usize,
}

impl<'a> Told<'a> {
    pub(crate) fn new(place: &'a Place) -> Self {
        Self { place, text: String::with_capacity(48), count: 0 }
    }

    pub(crate) fn positional(&mut self, value: &Bound<'_, PyAny>) {
        let place = self.place;
        self.add(place.params.get(self.count).map(String::as_str), value);
    }

    pub(crate) fn keyword(&mut self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) {
        let key = key.cast::<PyString>().ok().and_then(|key| key.to_cow().ok()).unwrap_or(Cow::Borrowed("?"));
        self.add(Some(&key), value);
    }

    fn add(&mut self, name: Option<&str>, value: &Bound<'_, PyAny>) {
        self.count += 1;
        if self.count > MOST_ARGS {
            if self.count == MOST_ARGS + 1 {
                self.text.push_str(", ...");
            }
            return;
        }
        if self.count > 1 {
            self.text.push_str(", ");
        }
        if let Some(name) = name {
            self.text.push_str(name);
            self.text.push('=');
            if self.place.redact.iter().any(|hidden| hidden == name) {
                self.text.push_str("[redacted]");
                return;
            }
        }
        describe(value, self.place.args, &mut self.text);
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// Adds a value's type, or its bounded `repr`; nothing that it does can fail the call.
fn describe(value: &Bound<'_, PyAny>, policy: Policy, text: &mut String) {
    if policy == Policy::Repr {
        let told = value
            .py()
            .import("viralnow.monitoring._capture")
            .and_then(|capture| capture.call_method1("bounded_repr", (value,)))
            .and_then(|told| told.extract::<String>());
        return text.push_str(told.as_deref().unwrap_or("<unprintable>"));
    }
    let plain = if value.is_none() {
        "None"
    } else if value.is_exact_instance_of::<PyString>() {
        "str"
    } else if value.is_exact_instance_of::<PyInt>() {
        "int"
    } else if value.is_exact_instance_of::<PyFloat>() {
        "float"
    } else if value.is_exact_instance_of::<PyBool>() {
        "bool"
    } else if value.is_exact_instance_of::<PyList>() {
        "list"
    } else if value.is_exact_instance_of::<PyDict>() {
        "dict"
    } else if value.is_exact_instance_of::<PyTuple>() {
        "tuple"
    } else if value.is_exact_instance_of::<PyBytes>() {
        "bytes"
    } else {
        return match value.get_type().name() {
            Ok(name) => text.push_str(&name.to_string_lossy()),
            Err(_) => text.push('?'),
        };
    };
    text.push_str(plain);
}

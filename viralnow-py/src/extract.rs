//! An extractor written in Python.
//!
//! `viralnow._extract.Adapter` stands between the host's object and this file: it knows which methods the object has
//! and turns its summary into JSON text.

use crate::error::host_failed;
use crate::monitor::Watch;
use numpy::PyArray1;
use numpy::PyArrayMethods;
use pyo3::prelude::*;
use pyo3::types::PyAny;
use std::collections::BTreeMap;
use std::sync::Arc;
use viralnow_core::extract::{
    AnyExtractor, AudioInput, Extracted, ExtractorFactory, FrameInput, SharedOutputs, Wants,
};
use viralnow_core::media::{Cue, MediaInfo};
use viralnow_core::{Error, ErrorKind, Result};

/// Samples per second of the sound that extractors get.
const RATE: f64 = 16_000.0;

/// What an `Adapter` says of itself.
#[derive(Clone)]
struct Description {
    modality: String,
    version: String,
    wants: Wants,
}

/// The factory of a host's extractor: `adapter.make()` gives the object for one asset.
pub(crate) fn factory(adapter: &Bound<'_, PyAny>, watch: &Arc<Watch>) -> PyResult<ExtractorFactory> {
    let flag = |name: &str| adapter.getattr(name)?.extract::<bool>();
    let description = Description {
        modality: adapter.getattr("modality")?.extract()?,
        version: adapter.getattr("version")?.extract()?,
        wants: Wants {
            audio: flag("wants_audio")?,
            sampled_frames: flag("wants_frames")?,
            every_frame: flag("wants_every_frame")?,
            cues: flag("wants_cues")?,
            ..Wants::default()
        },
    };
    let (adapter, watch) = (adapter.clone().unbind(), Arc::clone(watch));
    Ok(Arc::new(move || {
        let host = Python::attach(|py| adapter.call_method0(py, "make"));
        Box::new(PyExtractor {
            description: description.clone(),
            host,
            watch: Arc::clone(&watch),
            start_s: None,
        })
    }))
}

/// One asset's extractor.
struct PyExtractor {
    description: Description,
    /// The adapter's per-asset object, or what its making raised.
    host: PyResult<Py<PyAny>>,
    watch: Arc<Watch>,
    /// Presentation time of the first sample.
    start_s: Option<f64>,
}

impl PyExtractor {
    /// Calls the host; what it raises fails this modality, and only an interruption stops the call.
    fn call<T>(
        &self,
        method: &str,
        call: impl for<'py> FnOnce(Python<'py>, &Bound<'py, PyAny>) -> PyResult<T>,
    ) -> Result<T> {
        Python::attach(|py| {
            let done = match &self.host {
                Ok(host) => call(py, host.bind(py)),
                Err(raised) => Err(raised.clone_ref(py)),
            };
            done.map_err(|raised| {
                let what = format!("`{method}` of the extractor `{}`", self.description.modality);
                host_failed(py, &what, raised).unwrap_or_else(|interruption| self.watch.stop(interruption))
            })
        })
    }
}

impl AnyExtractor for PyExtractor {
    fn modality(&self) -> &str {
        &self.description.modality
    }

    fn version(&self) -> &str {
        &self.description.version
    }

    fn wants(&self) -> Wants {
        self.description.wants
    }

    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        let json = serde_json::to_string(info).map_err(|error| {
            Error::new(ErrorKind::Internal, "the facts of a file cannot be written as JSON").caused_by(error)
        })?;
        self.call("begin", |_, host| host.call_method1("begin", (json,)).map(drop))
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        let first_s = *self.start_s.get_or_insert(input.native.start_s);
        if input.mono16k.is_empty() {
            return Ok(());
        }
        let start_s = first_s + input.mono16k_start as f64 / RATE;
        self.call("audio", |py, host| {
            host.call_method1("audio", (PyArray1::from_slice(py, input.mono16k), start_s)).map(drop)
        })
    }

    fn frame(&mut self, input: &FrameInput<'_>) -> Result<()> {
        if !input.sampled && !self.description.wants.every_frame {
            return Ok(());
        }
        let image = input.frame.to_rgb();
        self.call("frame", |py, host| {
            let pixels = PyArray1::from_vec(py, image.data).reshape([image.height, image.width, 3])?;
            host.call_method1("frame", (pixels, input.frame.time_s)).map(drop)
        })
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        self.call("cue", |_, host| {
            host.call_method1("cue", (cue.text.as_str(), cue.start_s, cue.end_s)).map(drop)
        })
    }

    fn finish(&mut self, _shared: &SharedOutputs) -> Result<Extracted<serde_json::Value>> {
        let json = self.call("finish", |_, host| host.call_method0("finish")?.extract::<String>())?;
        let features = serde_json::from_str(&json).map_err(|error| {
            Error::new(ErrorKind::HostFailed, "the extractor's summary is no JSON object").caused_by(error)
        })?;
        Ok(Extracted { features, vectors: BTreeMap::new() })
    }
}

//! One call, many calls, and what this build can do.

use crate::config::Settings;
use crate::error::{detached, plain, to_py};
use crate::extract::factory;
use crate::live::Live;
use crate::media::Input;
use crate::monitor::{self, CancelToken, PyObserver, Watch};
use crate::store::SqliteStore;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::collections::BTreeMap;
use std::sync::Arc;
use viralnow_core::extract::Vectors;
use viralnow_core::{Analysis, pipeline};

/// Version, features, libraries and models.
#[pyfunction]
pub(crate) fn info(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let info = detached(py, || Ok(pipeline::info()))?;
    plain(py, &info)
}

/// Names a folder in which ONNX Runtime may lie.
#[pyfunction]
pub(crate) fn offer_runtime(py: Python<'_>, folder: String) -> PyResult<()> {
    detached(py, || viralnow_core::model::offer_runtime(folder))
}

/// Settings, extractors, store and watchers of one call.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct Analyzer {
    core: viralnow_core::Analyzer,
    watch: Arc<Watch>,
}

/// A payload's JSON text, and frame-level features by modality and name: values, times and unit.
pub(crate) type Given<'py> = (String, Bound<'py, PyDict>);

#[pymethods]
impl Analyzer {
    /// `extractors` are `viralnow._extract.Adapter`s; `observer` is called with the fields of a progress and says
    /// whether to go on; `logger` is a `logging.Logger`.
    #[new]
    #[pyo3(signature = (settings, *, extractors, store, monitor, logger, observer, cancel))]
    fn new(
        settings: &Bound<'_, PyDict>,
        extractors: Vec<Bound<'_, PyAny>>,
        store: Option<PyRef<'_, SqliteStore>>,
        monitor: Option<&Bound<'_, PyAny>>,
        logger: &Bound<'_, PyAny>,
        observer: Option<Py<PyAny>>,
        cancel: Option<PyRef<'_, CancelToken>>,
    ) -> PyResult<Self> {
        let py = settings.py();
        let options =
            settings.as_any().extract::<Settings>()?.options().map_err(|error| to_py(py, &error))?;
        // A child: what stops this call (Ctrl-C, say) must not use up a token that other calls hold too.
        let cancel = cancel.map(|token| token.get().child()).unwrap_or_default();
        let watch = Arc::new(Watch::new(cancel.clone()));
        let mut core = viralnow_core::Analyzer::new(options)
            .map_err(|error| to_py(py, &error))?
            .cancel_token(cancel)
            .observer(Arc::new(PyObserver::new(observer, Arc::clone(&watch))));
        for adapter in extractors {
            core = core.extractor(factory(&adapter, &watch)?);
        }
        if let Some(store) = store {
            core = core.store(store.get_ref());
        }
        if let Some(monitor) = monitor::join(monitor, logger, &watch)? {
            core = core.monitor(monitor);
        }
        Ok(Self { core, watch })
    }

    /// Analyses one input.
    fn analyze<'py>(&self, py: Python<'py>, input: &Input) -> PyResult<Given<'py>> {
        let input = input.take();
        let done = detached(py, || self.core.analyze(input));
        self.watch.raised()?;
        given(py, done?)
    }

    /// Begins an analysis of sound that is still to come.
    fn live(&self, py: Python<'_>, sample_rate: u32, channels: u16) -> PyResult<Live> {
        let live = detached(py, || self.core.live(sample_rate, channels))?;
        Ok(Live::new(live, Arc::clone(&self.watch)))
    }

    /// Analyses many inputs: for each, in order, a payload with its vectors, or an exception.
    fn analyze_many<'py>(
        &self,
        py: Python<'py>,
        inputs: Vec<PyRef<'py, Input>>,
        timeout_s: Option<f64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let inputs: Vec<_> = inputs.into_iter().map(|input| input.take()).collect();
        let done = detached(py, || self.core.analyze_many(inputs, timeout_s));
        self.watch.raised()?;
        let rows = PyList::empty(py);
        for item in done? {
            match item {
                Ok(analysis) => rows.append(given(py, analysis)?)?,
                Err(error) => rows.append(to_py(py, &error))?,
            }
        }
        Ok(rows)
    }
}

pub(crate) fn given(py: Python<'_>, analysis: Analysis) -> PyResult<Given<'_>> {
    let json = analysis.to_json();
    Ok((json, vectors_to_py(py, analysis.vectors)?))
}

/// Moves the numbers into arrays: nothing is copied.
fn vectors_to_py(py: Python<'_>, vectors: BTreeMap<String, Vectors>) -> PyResult<Bound<'_, PyDict>> {
    let modalities = PyDict::new(py);
    for (modality, by_name) in vectors {
        modalities.set_item(modality, arrays(py, by_name)?)?;
    }
    Ok(modalities)
}

/// Arrays with their times and unit, by name.
pub(crate) fn arrays(py: Python<'_>, vectors: Vectors) -> PyResult<Bound<'_, PyDict>> {
    let names = PyDict::new(py);
    for (name, matrix) in vectors {
        let values = PyArray1::from_vec(py, matrix.data).reshape([matrix.rows, matrix.columns])?;
        names.set_item(name, (values, PyArray1::from_vec(py, matrix.times_s), matrix.unit))?;
    }
    Ok(names)
}

//! The index of sounds.

use crate::error::{detached, plain};
use pyo3::prelude::*;
use serde_json::json;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use viralnow_core::Result;
use viralnow_core::audio::{self, Fingerprint};

/// Fingerprints by name; many threads may ask it at once.
#[pyclass(frozen, module = "viralnow._viralnow")]
#[derive(Default)]
pub(crate) struct SoundIndex(RwLock<audio::SoundIndex>);

impl SoundIndex {
    fn read<T: Send>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&audio::SoundIndex) -> Result<T> + Send,
    ) -> PyResult<T> {
        detached(py, || look(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn write<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut audio::SoundIndex) -> Result<T> + Send,
    ) -> PyResult<T> {
        detached(py, || work(&mut self.0.write().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[pymethods]
impl SoundIndex {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Ok(Self(RwLock::new(detached(py, || audio::SoundIndex::load(path))?)))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.read(py, |index| index.save(path))
    }

    fn add(&self, py: Python<'_>, id: String, fingerprint: &str) -> PyResult<()> {
        self.write(py, |index| index.add(id, &Fingerprint::from_base64(fingerprint)?))
    }

    fn remove(&self, py: Python<'_>, id: &str) -> PyResult<bool> {
        self.write(py, |index| Ok(index.remove(id)))
    }

    fn contains(&self, py: Python<'_>, id: &str) -> PyResult<bool> {
        self.read(py, |index| Ok(index.contains(id)))
    }

    fn query<'py>(&self, py: Python<'py>, fingerprint: &str, limit: usize) -> PyResult<Bound<'py, PyAny>> {
        let found = self.read(py, |index| Ok(index.query(&Fingerprint::from_base64(fingerprint)?, limit)))?;
        plain(py, &json!(found))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.read(py, |index| Ok(index.len()))
    }
}

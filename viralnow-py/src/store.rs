//! The embedded store.

#[cfg(feature = "sqlite")]
use crate::error::{detached, to_py};
#[cfg(not(feature = "sqlite"))]
use crate::error::{not_built, to_py};
#[cfg(feature = "sqlite")]
use crate::features::parse;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
#[cfg(feature = "sqlite")]
use viralnow_core::AssetId;
use viralnow_core::store::FeatureStore;

/// A store in one `SQLite` file.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct SqliteStore(Arc<dyn FeatureStore>);

impl SqliteStore {
    pub(crate) fn get_ref(&self) -> Arc<dyn FeatureStore> {
        Arc::clone(&self.0)
    }
}

#[cfg(feature = "sqlite")]
#[pymethods]
impl SqliteStore {
    /// Opens or makes the file.
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        detached(py, || Ok(Self(Arc::new(viralnow_core::store::SqliteStore::open(path)?))))
    }

    /// Writes a payload, given as JSON text.
    fn put(&self, py: Python<'_>, payload: &str) -> PyResult<()> {
        detached(py, || self.0.put(&parse(payload)?))
    }

    /// The newest payload of an asset as JSON text, or None.
    fn get(&self, py: Python<'_>, asset_id: &str) -> PyResult<Option<String>> {
        let asset = asset(py, asset_id)?;
        let payload = detached(py, || self.0.get(&asset))?;
        Ok(payload.map(|payload| {
            viralnow_core::Analysis { payload, vectors: std::collections::BTreeMap::new() }.to_json()
        }))
    }

    /// The ids of all assets, sorted, at most `limit` after `after`.
    fn list(&self, py: Python<'_>, after: Option<&str>, limit: usize) -> PyResult<Vec<String>> {
        let after = after.map(|id| asset(py, id)).transpose()?;
        let ids = detached(py, || self.0.list(after.as_ref(), limit))?;
        Ok(ids.into_iter().map(String::from).collect())
    }

    /// How many assets there are.
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, || self.0.count())
    }

    /// Whether this asset is there.
    fn __contains__(&self, py: Python<'_>, asset_id: &str) -> PyResult<bool> {
        let asset = asset(py, asset_id)?;
        detached(py, || self.0.contains(&asset))
    }

    /// Removes every trace of an asset; says whether there was one.
    fn erase(&self, py: Python<'_>, asset_id: &str) -> PyResult<bool> {
        let asset = asset(py, asset_id)?;
        detached(py, || self.0.erase(&asset))
    }
}

#[cfg(feature = "sqlite")]
fn asset(py: Python<'_>, id: &str) -> PyResult<AssetId> {
    AssetId::new(id).map_err(|error| to_py(py, &error))
}

#[cfg(not(feature = "sqlite"))]
#[pymethods]
impl SqliteStore {
    /// This wheel has no store.
    #[new]
    fn new(py: Python<'_>, _path: PathBuf) -> PyResult<Self> {
        Err(to_py(py, &not_built("sqlite")))
    }
}

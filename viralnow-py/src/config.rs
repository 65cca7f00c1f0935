//! The settings of a call.

use crate::error::plain;
use pyo3::prelude::*;
use viralnow_core::{AnalyzeOptions, AssetId, AssetMeta, CorrelationId, Error, ErrorKind, Limits, Result};

/// The core's default limits, which `viralnow.Limits` is tested against.
#[pyfunction]
pub(crate) fn default_limits(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    plain(py, &Limits::default())
}

/// Settings as Python names them.
#[derive(FromPyObject)]
pub(crate) struct Settings {
    #[pyo3(item)]
    preset: String,
    #[pyo3(item)]
    modalities: Option<Vec<String>>,
    #[pyo3(item)]
    threads: usize,
    /// JSON text.
    #[pyo3(item)]
    limits: Option<String>,
    #[pyo3(item)]
    language: Option<String>,
    #[pyo3(item)]
    text_language: Option<String>,
    #[pyo3(item)]
    speech_model: Option<String>,
    #[pyo3(item)]
    asset_id: Option<String>,
    #[pyo3(item)]
    correlation_id: Option<String>,
    /// `user_id`, `platform` and `source_url`.
    #[pyo3(item)]
    meta: (Option<String>, Option<String>, Option<String>),
    #[pyo3(item)]
    keep_vectors: bool,
}

impl Settings {
    pub(crate) fn options(self) -> Result<AnalyzeOptions> {
        let limits = match self.limits {
            None => Limits::default(),
            Some(json) => serde_json::from_str(&json).map_err(|error| {
                Error::new(
                    ErrorKind::InvalidConfig,
                    "a limit is wrong; limits are positive, finite numbers by name",
                )
                .with("limits", json)
                .caused_by(error)
            })?,
        };
        let modalities = self.modalities.map(|names| names.iter().map(|name| name.parse()).collect());
        Ok(AnalyzeOptions {
            preset: self.preset.parse()?,
            modalities: modalities.transpose()?,
            threads: self.threads,
            limits,
            language: self.language,
            text_language: self.text_language,
            speech_model: self.speech_model,
            asset_id: self.asset_id.map(AssetId::new).transpose()?,
            correlation_id: self.correlation_id.map(CorrelationId::new).transpose()?,
            meta: AssetMeta {
                user_id: self.meta.0,
                platform: self.meta.1.as_deref().map(str::parse).transpose()?,
                source_url: self.meta.2,
            },
            keep_vectors: self.keep_vectors,
        })
    }
}

//! Keeping payloads: the [`FeatureStore`] and its embedded default, `SQLite`.

#[cfg(feature = "sqlite")]
mod merge;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

use crate::features::{AssetStatus, Payload};
use crate::{AssetId, Modality, Preset, Result};

/// What must be equal for stored features to be still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// Version of the payload's schema.
    pub feature_schema_version: String,
    /// Version of the method, by modality; sorted by name.
    pub models: Vec<(String, String)>,
    /// The preset.
    pub preset: Preset,
}

impl Versions {
    /// Whether a payload answers in full: of this schema, preset and these methods, complete, and with nothing in the modalities
    /// that are named which another try could find. Their absence in the input is an answer; that a build or a model was
    /// missing is none.
    #[must_use]
    pub fn are_met_by(&self, payload: &Payload) -> bool {
        payload.status == AssetStatus::Complete
            && payload.feature_schema_version == self.feature_schema_version
            && payload.preset == self.preset
            && self.models.iter().all(|(name, wanted)| {
                let m = &payload.modalities;
                match name.parse::<Modality>() {
                    Ok(modality) => m.state(modality).1 == wanted && m.is_settled(modality),
                    Err(_) => {
                        m.custom.get(name).is_some_and(|c| c.model_version == *wanted && c.is_settled())
                    }
                }
            })
    }
}

/// Keeps payloads, one row per asset, modality and version. Writes are idempotent: the same payload twice is one row.
/// Implementations are safe to share between threads; `SQLite` files also between processes.
///
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use std::sync::Arc;
/// use viralnow_core::store::{FeatureStore, SqliteStore};
/// use viralnow_core::{AnalyzeOptions, Analyzer, Input};
///
/// let store = Arc::new(SqliteStore::open(":memory:")?);
/// let analyzer = Analyzer::new(AnalyzeOptions::default())?.store(store.clone());
/// let payload = analyzer.analyze(Input::text("Did you know?"))?.payload;
///
/// assert_eq!(store.list(None, 10)?, [payload.asset_id.clone()]);
/// assert_eq!(store.get(&payload.asset_id)?.unwrap(), payload);
/// assert!(store.contains(&payload.asset_id)? && store.count()? == 1);
/// assert!(store.erase(&payload.asset_id)? && store.count()? == 0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub trait FeatureStore: Send + Sync {
    /// Writes a payload: the asset, its modalities, transcript and shots, in one transaction. Of an asset that is there
    /// already, `created_at` stays that of its first payload, what the host knew of it stays where the new payload says
    /// nothing, and what other versions found stays beside the new rows.
    ///
    /// An analysis of less never destroys one of more: of the same input (`input_sha256`), schema and preset, a modality
    /// stays that the new payload skipped, or for which it has less by the same version of the method. Status, reason,
    /// facts of the medium and score are then those of both together.
    ///
    /// Fails with `INVALID_INPUT` for a payload that could not be read back as it is (NaN, two shots of one number).
    fn put(&self, payload: &Payload) -> Result<()>;

    /// The newest payload of an asset, as it was written, with what [`FeatureStore::put`] kept of older ones.
    fn get(&self, asset: &AssetId) -> Result<Option<Payload>>;

    /// The payload of this input (its `input_sha256`) with these versions, if it is there: work that need not be done
    /// again.
    ///
    /// It is the newest payload of some asset, maybe not the caller's, that the versions [are met
    /// by](Versions::are_met_by). What was cut short, failed or skipped, or could not be had where it was analysed, is not
    /// found, since another try may do better.
    fn find(&self, input_sha256: &str, versions: &Versions) -> Result<Option<Payload>>;

    /// The ids of all assets, sorted, at most `limit` after `after`.
    fn list(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>>;

    /// How many assets there are.
    fn count(&self) -> Result<usize> {
        let (mut count, mut last) = (0, None);
        loop {
            let ids = self.list(last.as_ref(), 1000)?;
            count += ids.len();
            match ids.into_iter().next_back() {
                None => return Ok(count),
                id => last = id,
            }
        }
    }

    /// Whether this asset is there.
    fn contains(&self, asset: &AssetId) -> Result<bool> {
        Ok(self.get(asset)?.is_some())
    }

    /// Removes every trace of an asset; says whether there was one.
    fn erase(&self, asset: &AssetId) -> Result<bool>;
}

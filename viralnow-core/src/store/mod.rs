//! Keeping payloads: the [`FeatureStore`] and its embedded default, `SQLite`.

#[cfg(feature = "sqlite")]
mod merge;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

use crate::features::Payload;
use crate::{AssetId, Preset, Result};

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

/// Keeps payloads, one row per asset, modality and version. Writes are idempotent: the same payload twice is one row.
/// Implementations are safe to share between threads; `SQLite` files also between processes.
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
    /// It is the newest payload of some asset, maybe not the caller's; its status is `complete`, and each modality that
    /// `versions` names has that version and is `complete` or `unavailable`. What was cut short, failed or skipped is not
    /// found, since another try may do better.
    fn find(&self, input_sha256: &str, versions: &Versions) -> Result<Option<Payload>>;

    /// The ids of all assets, sorted, at most `limit` after `after`.
    fn list(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>>;

    /// Removes every trace of an asset; says whether there was one.
    fn erase(&self, asset: &AssetId) -> Result<bool>;
}

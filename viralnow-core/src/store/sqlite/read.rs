//! Rows as a payload.

use super::super::Versions;
use crate::features::{AssetStatus, Modalities, ModalityResult, ModalityStatus, Payload};
use crate::{AssetId, AssetMeta, CorrelationId, Error, ErrorKind, Modality, Result};
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// The rows of an asset's newest analysis, as text; parsed when the file is free again.
pub(super) struct Stored {
    asset_id: String,
    user_id: Option<String>,
    platform: Option<String>,
    source_url: Option<String>,
    content_sha256: Option<String>,
    input_sha256: Option<String>,
    status: String,
    reason: Option<String>,
    correlation_id: String,
    feature_schema_version: String,
    library_version: String,
    preset: String,
    created_at: String,
    updated_at: String,
    media: String,
    score: Option<String>,
    features: BTreeMap<String, StoredFeature>,
}

struct StoredFeature {
    model_version: String,
    status: String,
    reason: Option<String>,
    error: Option<String>,
    started_at: Option<String>,
    completed_at: Option<String>,
    summary: Option<String>,
    vectors_uri: Option<String>,
}

/// The table of a modality, and the column that the host's own share to tell them apart.
pub(super) fn table(modality: &str) -> (&'static str, &'static str) {
    match modality.parse() {
        Ok(Modality::Audio) => ("features_audio", ""),
        Ok(Modality::Voice) => ("features_voice", ""),
        Ok(Modality::Text) => ("features_text", ""),
        Ok(Modality::Vision) => ("features_vision", ""),
        Err(_) => ("features_custom", "modality,"),
    }
}

/// The newest analysis of an asset.
pub(super) fn load(tx: &Transaction<'_>, asset: &str) -> rusqlite::Result<Option<Stored>> {
    let stored = tx
        .prepare_cached(
            "SELECT asset_id, user_id, platform, source_url, content_sha256, input_sha256, status, reason,
                 correlation_id, feature_schema_version, library_version, preset, created_at, updated_at, media, score
             FROM assets WHERE asset_id = ?1",
        )?
        .query_row([asset], asset_row)
        .optional()?;
    let Some(mut stored) = stored else { return Ok(None) };
    for (modality, model_version) in newest(tx, asset)? {
        let (table, key) = table(&modality);
        let feature = tx
            .prepare_cached(&format!(
                "SELECT model_version, status, reason, error, started_at, completed_at, summary, vectors_uri FROM {table}
                 WHERE asset_id = ?1 AND model_version = ?2 AND feature_schema_version = ?3 AND preset = ?4
                 AND {} = ?5",
                if key.is_empty() { "?5" } else { "modality" },
            ))?
            .query_row(
                [asset, &model_version, &stored.feature_schema_version, &stored.preset, &modality],
                feature_row,
            )?;
        stored.features.insert(modality, feature);
    }
    Ok(Some(stored))
}

/// Analyses of an input that are looked at: one mostly has few, and the newest is mostly as good as any.
const MOST_CANDIDATES: usize = 16;

/// Analyses of this input with these versions, the newest first.
pub(super) fn find(
    tx: &Transaction<'_>,
    input_sha256: &str,
    versions: &Versions,
) -> rusqlite::Result<Vec<Stored>> {
    let mut candidates = tx.prepare_cached(
        "SELECT asset_id FROM assets
         WHERE input_sha256 = ?1 AND feature_schema_version = ?2 AND preset = ?3 AND status = 'complete'
         ORDER BY updated_at DESC, asset_id",
    )?;
    let mut candidates =
        candidates.query([input_sha256, &versions.feature_schema_version, versions.preset.as_str()])?;
    let mut found = Vec::new();
    while found.len() < MOST_CANDIDATES
        && let Some(row) = candidates.next()?
    {
        let asset: String = row.get(0)?;
        let has = newest(tx, &asset)?;
        if !versions.models.iter().all(|(modality, version)| has.get(modality) == Some(version)) {
            continue;
        }
        found.extend(load(tx, &asset)?);
    }
    Ok(found)
}

/// Whether there is such an asset.
pub(super) fn contains(tx: &Transaction<'_>, asset: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM assets WHERE asset_id = ?1")?.exists([asset])
}

/// The ids after this one, sorted by their bytes.
pub(super) fn list(tx: &Transaction<'_>, after: &str, limit: usize) -> rusqlite::Result<Vec<String>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    tx.prepare_cached("SELECT asset_id FROM assets WHERE asset_id > ?1 ORDER BY asset_id LIMIT ?2")?
        .query_map(rusqlite::params![after, limit], |row| row.get(0))?
        .collect()
}

/// The versions of an asset's newest analysis, by modality.
fn newest(tx: &Transaction<'_>, asset: &str) -> rusqlite::Result<BTreeMap<String, String>> {
    tx.prepare_cached("SELECT modality, model_version FROM newest WHERE asset_id = ?1")?
        .query_map([asset], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn asset_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        asset_id: row.get("asset_id")?,
        user_id: row.get("user_id")?,
        platform: row.get("platform")?,
        source_url: row.get("source_url")?,
        content_sha256: row.get("content_sha256")?,
        input_sha256: row.get("input_sha256")?,
        status: row.get("status")?,
        reason: row.get("reason")?,
        correlation_id: row.get("correlation_id")?,
        feature_schema_version: row.get("feature_schema_version")?,
        library_version: row.get("library_version")?,
        preset: row.get("preset")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        media: row.get("media")?,
        score: row.get("score")?,
        features: BTreeMap::new(),
    })
}

fn feature_row(row: &Row<'_>) -> rusqlite::Result<StoredFeature> {
    Ok(StoredFeature {
        model_version: row.get("model_version")?,
        status: row.get("status")?,
        reason: row.get("reason")?,
        error: row.get("error")?,
        started_at: row.get("started_at")?,
        completed_at: row.get("completed_at")?,
        summary: row.get("summary")?,
        vectors_uri: row.get("vectors_uri")?,
    })
}

/// The payload that these rows were written from.
pub(super) fn payload(stored: Stored) -> Result<Payload> {
    let asset_id = stored.asset_id.clone();
    assemble(stored).map_err(|error| error.with("asset_id", asset_id))
}

fn assemble(mut stored: Stored) -> Result<Payload> {
    let modalities = Modalities {
        audio: built_in(&mut stored, Modality::Audio)?,
        voice: built_in(&mut stored, Modality::Voice)?,
        text: built_in(&mut stored, Modality::Text)?,
        vision: built_in(&mut stored, Modality::Vision)?,
        custom: std::mem::take(&mut stored.features)
            .into_iter()
            .map(|(name, feature)| result(feature).map(|result| (name, result)))
            .collect::<Result<_>>()?,
    };
    Ok(Payload {
        asset_id: AssetId::new(stored.asset_id)?,
        status: named::<AssetStatus>(stored.status)?,
        reason: stored.reason,
        correlation_id: CorrelationId::new(stored.correlation_id)?,
        feature_schema_version: stored.feature_schema_version,
        library_version: stored.library_version,
        preset: stored.preset.parse()?,
        content_sha256: stored.content_sha256,
        input_sha256: stored.input_sha256,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        meta: AssetMeta {
            user_id: stored.user_id,
            platform: stored.platform.map(named).transpose()?,
            source_url: stored.source_url,
        },
        media: json(&stored.media)?,
        modalities,
        store_error: None,
        score: stored.score.as_deref().map(json).transpose()?,
    })
}

fn built_in<S: DeserializeOwned>(stored: &mut Stored, modality: Modality) -> Result<ModalityResult<S>> {
    let feature = stored.features.remove(modality.as_str());
    result(feature.ok_or_else(|| unreadable("the rows of a modality are not there"))?)
        .map_err(|error| error.with("modality", modality))
}

fn result<S: DeserializeOwned>(feature: StoredFeature) -> Result<ModalityResult<S>> {
    Ok(ModalityResult {
        status: named::<ModalityStatus>(feature.status)?,
        reason: feature.reason,
        model_version: feature.model_version,
        started_at: feature.started_at,
        completed_at: feature.completed_at,
        summary: feature.summary.as_deref().map(json).transpose()?,
        vectors_uri: feature.vectors_uri,
        error: feature.error.as_deref().map(json).transpose()?,
    })
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable("a stored value cannot be read").caused_by(error))
}

/// A plain enum from the name that it has in JSON.
fn named<T: DeserializeOwned>(name: String) -> Result<T> {
    serde_json::from_value(Value::String(name))
        .map_err(|error| unreadable("a stored name is not known").caused_by(error))
}

fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::Storage, format!("{what}; analyse the asset again to replace it"))
}

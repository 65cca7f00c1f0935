//! A payload as rows.

use crate::features::{Modalities, ModalityResult, ModalityStatus, Payload};
use crate::text::TextSummary;
use crate::vision::VisionSummary;
use crate::{AssetMeta, Error, ErrorKind, Modality, Result};
use rusqlite::{Transaction, named_params, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Everything of a payload in the form of the tables; made before the file is locked.
pub(super) struct Rows<'a> {
    payload: &'a Payload,
    platform: Option<String>,
    status: String,
    media: String,
    score: Option<String>,
    features: Vec<FeatureRow<'a>>,
}

/// One row of a `features_*` table.
struct FeatureRow<'a> {
    modality: &'a str,
    model_version: &'a str,
    status: String,
    reason: Option<&'a str>,
    error: Option<String>,
    started_at: Option<&'a str>,
    completed_at: Option<&'a str>,
    summary: Option<String>,
    vectors: Option<String>,
    vectors_uri: Option<&'a str>,
}

/// Fails with `INVALID_INPUT` for a payload that could not be read back as it is.
pub(super) fn rows(payload: &Payload) -> Result<Rows<'_>> {
    // No `..` here and in `feature`: a new field of the payload needs a column, and this is where the compiler says so.
    let Payload {
        asset_id: _,
        status,
        reason: _,
        correlation_id: _,
        feature_schema_version: _,
        library_version: _,
        preset: _,
        content_sha256: _,
        input_sha256: _,
        created_at: _,
        updated_at: _,
        meta: AssetMeta { user_id: _, platform, source_url: _ },
        media,
        modalities: Modalities { audio, voice, text, vision, custom },
        // Of a payload that is not stored.
        store_error: _,
        score,
    } = payload;
    let mut features = vec![
        feature(Modality::Audio.as_str(), audio)?,
        feature(Modality::Voice.as_str(), voice)?,
        feature(Modality::Text.as_str(), text)?,
        feature(Modality::Vision.as_str(), vision)?,
    ];
    for (name, result) in custom {
        if Modality::ALL.iter().any(|built_in| built_in.as_str() == name) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a host's modality has the name of a built-in one",
            )
            .with("modality", name));
        }
        features.push(feature(name, result)?);
    }
    Ok(Rows {
        payload,
        platform: platform.as_ref().map(name).transpose()?,
        status: name(status)?,
        media: exact("media", media)?.to_string(),
        score: score.as_ref().map(|score| exact("score", score)).transpose()?.map(|score| score.to_string()),
        features,
    })
}

fn feature<'a, S>(modality: &'a str, result: &'a ModalityResult<S>) -> Result<FeatureRow<'a>>
where
    S: Serialize + DeserializeOwned + PartialEq,
{
    let ModalityResult {
        status,
        reason,
        model_version,
        started_at,
        completed_at,
        summary,
        vectors_uri,
        error,
    } = result;
    let summary = summary.as_ref().map(|summary| exact(modality, summary)).transpose()?;
    Ok(FeatureRow {
        modality,
        model_version,
        status: name(status)?,
        reason: reason.as_deref(),
        error: error.as_ref().map(|error| exact(modality, error)).transpose()?.map(|error| error.to_string()),
        started_at: started_at.as_deref(),
        completed_at: completed_at.as_deref(),
        vectors: summary.as_ref().map(vectors).map(|vectors| Value::Object(vectors).to_string()),
        summary: summary.map(|summary| summary.to_string()),
        vectors_uri: vectors_uri.as_deref(),
    })
}

/// A value as JSON that gives the same value again. JSON has no NaN: it would come back as null, or not at all.
fn exact<T: Serialize + DeserializeOwned + PartialEq>(part: &str, value: &T) -> Result<Value> {
    let lossy = |what: &str| Error::new(ErrorKind::InvalidInput, what.to_owned()).with("part", part);
    let json = serde_json::to_value(value)
        .map_err(|error| lossy("the payload cannot be written as JSON").caused_by(error))?;
    match T::deserialize(&json) {
        Ok(back) if back == *value => Ok(json),
        _ => Err(lossy("the payload holds a value that JSON cannot keep, such as NaN or infinity")),
    }
}

/// The name that a plain enum has in JSON.
fn name(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => Ok(name),
        other => {
            Err(Error::new(ErrorKind::Internal, "a name was expected").with("found", format!("{other:?}")))
        }
    }
}

/// Every array of numbers in the summary, by its path such as `mfcc.mean`: what a similarity search works on.
fn vectors(summary: &Value) -> Map<String, Value> {
    fn collect(path: &str, value: &Value, found: &mut Map<String, Value>) {
        match value {
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_number) => {
                found.insert(path.to_owned(), value.clone());
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    collect(&path, value, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Map::new();
    collect("", summary, &mut found);
    found
}

/// What is known of the asset before the rows are written.
pub(super) struct Before {
    /// Whether it was analysed before, and of the same input.
    pub(super) same_input: bool,
    /// The modalities among the rows that are as they stand in the file.
    pub(super) kept: BTreeSet<String>,
}

impl Before {
    /// Whether what a modality has in a table of its own (transcript, shots) is to be written anew: not when the row is
    /// kept, nor when the modality of the same input was not computed this time.
    fn is_past<S>(&self, modality: &str, result: &ModalityResult<S>) -> bool {
        let computed = matches!(result.status, ModalityStatus::Complete | ModalityStatus::Unavailable);
        !self.kept.contains(modality) && (computed || !self.same_input)
    }
}

/// Writes the rows in place of what the asset's newest analysis had; rows of other versions stay.
pub(super) fn put(tx: &Transaction<'_>, rows: &Rows<'_>, before: &Before) -> rusqlite::Result<()> {
    let payload = rows.payload;
    let asset = payload.asset_id.as_str();
    put_asset(tx, rows)?;
    tx.prepare_cached("DELETE FROM newest WHERE asset_id = ?1")?.execute([asset])?;
    for row in &rows.features {
        // A row that is kept stays that of the library that wrote it.
        if !before.kept.contains(row.modality) {
            put_feature(tx, payload, row)?;
        }
        tx.prepare_cached("INSERT INTO newest (asset_id, modality, model_version) VALUES (?1, ?2, ?3)")?
            .execute([asset, row.modality, row.model_version])?;
    }
    let Modalities { text, vision, .. } = &payload.modalities;
    if before.is_past("text", text) {
        tx.prepare_cached("DELETE FROM transcripts WHERE asset_id = ?1")?.execute([asset])?;
        if let Some(text) = &text.summary {
            put_transcript(tx, payload, text)?;
        }
    }
    if before.is_past("vision", vision) {
        tx.prepare_cached("DELETE FROM shots WHERE asset_id = ?1")?.execute([asset])?;
        if let Some(vision) = &vision.summary {
            put_shots(tx, payload, vision)?;
        }
    }
    Ok(())
}

fn put_asset(tx: &Transaction<'_>, rows: &Rows<'_>) -> rusqlite::Result<()> {
    let payload = rows.payload;
    // `upload_ts` and `created_at` stay those of the first analysis.
    tx.prepare_cached(
        "INSERT INTO assets (asset_id, user_id, platform, source_url, upload_ts, content_sha256, input_sha256, status,
             reason, correlation_id, feature_schema_version, library_version, preset, created_at, updated_at, media, score)
         VALUES (:asset_id, :user_id, :platform, :source_url, :created_at, :content_sha256, :input_sha256, :status,
             :reason, :correlation_id, :feature_schema_version, :library_version, :preset, :created_at, :updated_at, :media, :score)
         ON CONFLICT (asset_id) DO UPDATE SET
             user_id = coalesce(excluded.user_id, user_id), platform = coalesce(excluded.platform, platform),
             source_url = coalesce(excluded.source_url, source_url),
             content_sha256 = excluded.content_sha256, input_sha256 = excluded.input_sha256,
             status = excluded.status, reason = excluded.reason, correlation_id = excluded.correlation_id, feature_schema_version = excluded.feature_schema_version,
             library_version = excluded.library_version, preset = excluded.preset, updated_at = excluded.updated_at,
             media = excluded.media, score = excluded.score",
    )?
    .execute(named_params! {
        ":asset_id": payload.asset_id.as_str(),
        ":user_id": payload.meta.user_id,
        ":platform": rows.platform,
        ":source_url": payload.meta.source_url,
        ":content_sha256": payload.content_sha256,
        ":input_sha256": payload.input_sha256,
        ":status": rows.status,
        ":reason": payload.reason,
        ":correlation_id": payload.correlation_id.as_str(),
        ":feature_schema_version": payload.feature_schema_version,
        ":library_version": payload.library_version,
        ":preset": payload.preset.as_str(),
        ":created_at": payload.created_at,
        ":updated_at": payload.updated_at,
        ":media": rows.media,
        ":score": rows.score,
    })?;
    Ok(())
}

fn put_feature(tx: &Transaction<'_>, payload: &Payload, row: &FeatureRow<'_>) -> rusqlite::Result<()> {
    let asset = payload.asset_id.as_str();
    let (table, key) = super::read::table(row.modality);
    tx.prepare_cached(&format!(
        "INSERT OR REPLACE INTO {table} (asset_id, {key} model_version, feature_schema_version, preset, version, status,
             reason, error, started_at, completed_at, summary, vectors, vectors_uri)
         VALUES (?1, {} ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        if key.is_empty() { "" } else { "?2," },
    ))?
    .execute(params![
        asset,
        row.modality,
        row.model_version,
        payload.feature_schema_version,
        payload.preset.as_str(),
        payload.library_version,
        row.status,
        row.reason,
        row.error,
        row.started_at,
        row.completed_at,
        row.summary,
        row.vectors,
        row.vectors_uri,
    ])?;
    Ok(())
}

fn put_transcript(tx: &Transaction<'_>, payload: &Payload, text: &TextSummary) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO transcripts (asset_id, segment_id, start_ts, end_ts, speaker_label, text, emotion_scores,
             model_version, feature_schema_version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for segment in &text.transcript {
        let emotions = segment.emotion_scores.as_ref().map(|scores| serde_json::json!(scores).to_string());
        insert.execute(params![
            payload.asset_id.as_str(),
            segment.segment_id,
            segment.start_s,
            segment.end_s,
            segment.speaker,
            segment.text,
            emotions,
            payload.modalities.text.model_version,
            payload.feature_schema_version,
        ])?;
    }
    Ok(())
}

fn put_shots(tx: &Transaction<'_>, payload: &Payload, vision: &VisionSummary) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO shots (asset_id, shot_id, start_ts, end_ts, motion_score, faces_present, overlay_text,
             model_version, feature_schema_version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for shot in &vision.shots {
        insert.execute(params![
            payload.asset_id.as_str(),
            shot.shot_id,
            shot.start_s,
            shot.end_s,
            shot.motion_score,
            shot.faces_present,
            shot.overlay_text,
            payload.modalities.vision.model_version,
            payload.feature_schema_version,
        ])?;
    }
    Ok(())
}

/// Removes the rows of an asset; says whether there was one, and how many assets' bytes may still stand in the file.
pub(super) fn erase(tx: &Transaction<'_>, asset: &str) -> rusqlite::Result<(bool, i64)> {
    // Every other table goes with it, by its foreign key.
    let there = tx.execute("DELETE FROM assets WHERE asset_id = ?1", [asset])? > 0;
    if there {
        tx.execute("UPDATE scrub SET due = due + 1", [])?;
    }
    let due = tx.query_row("SELECT due FROM scrub", [], |row| row.get(0))?;
    Ok((there, due))
}

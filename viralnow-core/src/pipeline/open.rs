//! The first stage: what is it, is it allowed, is it already known.

use super::{Analysis, Analyzer, Captions, Input, runners};
use crate::features::{AssetStatus, FEATURE_SCHEMA_VERSION, ModalityStatus, Payload};
use crate::media::{Cue, MediaInput, captions};
use crate::monitor::Run;
use crate::store::Versions;
use crate::{AssetId, CorrelationId, Error, ErrorKind, Limits, Modality, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// What came of opening.
pub(super) enum Opened {
    /// The store has it, with these very versions.
    Stored(Box<Analysis>),
    /// To be analysed.
    Ready(Box<Ready>),
}

/// An input that was checked.
pub(super) struct Ready {
    pub(super) asset_id: AssetId,
    pub(super) sha256: Option<String>,
    pub(super) media: Option<MediaInput>,
    pub(super) text: Option<String>,
    pub(super) captions: Option<Vec<Cue>>,
}

pub(super) fn open(
    analyzer: &Analyzer,
    input: Input,
    correlation_id: &CorrelationId,
    run: &mut Run,
) -> Result<Opened> {
    let options = &analyzer.options;
    if input.media.is_none() && input.text.is_none() && input.captions.is_none() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "nothing to analyse; give a path, bytes, samples, frames, text or captions",
        ));
    }
    let limits = &options.limits;
    let text_bytes = input.text.as_ref().map_or(0, String::len) as u64;
    Limits::check("max_text_bytes", text_bytes, limits.max_text_bytes)?;
    let captions = cues(&input, limits)?;
    // What is still to come has no hash: its name is that of the call.
    let live = matches!(input.media, Some(MediaInput::Live(_)));
    let digest = if live {
        Sha256::digest(correlation_id.as_str().as_bytes()).into()
    } else {
        digest(&input, captions.as_deref(), limits, run)?
    };
    let asset_id = options.asset_id.clone().unwrap_or_else(|| AssetId::from_digest(&digest));
    let sha256 = (!live).then(|| crate::asset::hex(&digest));
    if let Some(sha256) = &sha256
        && let Some(analysis) = stored(analyzer, &asset_id, sha256, correlation_id)?
    {
        return Ok(Opened::Stored(Box::new(analysis)));
    }
    Ok(Opened::Ready(Box::new(Ready { asset_id, sha256, media: input.media, text: input.text, captions })))
}

/// The cues of the caption file given, else of `clip.srt` or `clip.vtt` beside the path.
fn cues(input: &Input, limits: &Limits) -> Result<Option<Vec<Cue>>> {
    match (&input.captions, &input.media) {
        (Some(Captions::Text(text)), _) => {
            Limits::check("max_text_bytes", text.len() as u64, limits.max_text_bytes)?;
            captions::parse(text).map(Some)
        }
        (Some(Captions::Path(path)), _) => read(path, limits).map(Some),
        (None, Some(MediaInput::Path(path))) => ["srt", "vtt"]
            .into_iter()
            .map(|extension| path.with_extension(extension))
            .find(|sidecar| sidecar != path && sidecar.is_file())
            .map(|sidecar| read(&sidecar, limits))
            .transpose(),
        (None, _) => Ok(None),
    }
}

fn read(path: &Path, limits: &Limits) -> Result<Vec<Cue>> {
    let cues = captions::read(path, limits).and_then(|text| captions::parse(&text));
    cues.map_err(|error| error.with("captions", path.display()))
}

/// SHA-256 of everything given: of the medium alone that of its bytes, as every other tool gives it.
fn digest(input: &Input, captions: Option<&[Cue]>, limits: &Limits, run: &mut Run) -> Result<[u8; 32]> {
    let media = input.media.as_ref().map(|media| media.content_hash(limits, run)).transpose()?;
    let captions = captions.map(|cues| {
        cues.iter().map(|cue| format!("{} {} {}\n", cue.start_s, cue.end_s, cue.text)).collect::<String>()
    });
    match (media, &input.text, captions) {
        (Some(media), None, None) => Ok(media.0),
        (None, Some(text), None) => Ok(Sha256::digest(text.as_bytes()).into()),
        (media, text, captions) => {
            let mut hash = Sha256::new();
            let parts = [
                ("media", media.as_ref().map(|m| m.0.as_slice())),
                ("text", text.as_ref().map(String::as_bytes)),
                ("captions", captions.as_ref().map(String::as_bytes)),
            ];
            for (name, part) in parts {
                let Some(part) = part else { continue };
                hash.update(name);
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
            Ok(hash.finalize().into())
        }
    }
}

/// A stored payload that answers this call in full: same content, versions, preset and modalities, and complete.
fn stored(
    analyzer: &Analyzer,
    asset_id: &AssetId,
    sha256: &str,
    correlation_id: &CorrelationId,
) -> Result<Option<Analysis>> {
    let Some(store) = analyzer.store.as_ref().filter(|_| analyzer.extractors.is_empty()) else {
        return Ok(None);
    };
    let versions = Versions {
        feature_schema_version: FEATURE_SCHEMA_VERSION.to_owned(),
        models: runners::versions(&analyzer.options).into_iter().collect(),
        preset: analyzer.options.preset,
    };
    let Some(payload) = store.find(sha256, &versions)?.filter(|p| answers(analyzer, p)) else {
        return Ok(None);
    };
    if payload.asset_id == *asset_id {
        return Ok(Some(Analysis { payload, vectors: BTreeMap::new() }));
    }
    // The same content under another name: a row of its own, without the work.
    let now = super::assemble::now();
    let payload = Payload {
        asset_id: asset_id.clone(),
        correlation_id: correlation_id.clone(),
        meta: analyzer.options.meta.clone(),
        created_at: now.clone(),
        updated_at: now,
        ..payload
    };
    store.put(&payload)?;
    Ok(Some(Analysis { payload, vectors: BTreeMap::new() }))
}

fn answers(analyzer: &Analyzer, payload: &Payload) -> bool {
    let m = &payload.modalities;
    let status = |modality| match modality {
        Modality::Audio => m.audio.status,
        Modality::Voice => m.voice.status,
        Modality::Text => m.text.status,
        Modality::Vision => m.vision.status,
    };
    let language = m.text.summary.as_ref().and_then(|t| t.language.as_deref());
    payload.status == AssetStatus::Complete
        && m.custom.is_empty()
        && analyzer.options.language.as_deref().is_none_or(|wanted| language == Some(wanted))
        && Modality::ALL
            .into_iter()
            .all(|modality| analyzer.options.wants(modality) == (status(modality) != ModalityStatus::Skipped))
}

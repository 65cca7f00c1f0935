//! Work that need not be done again: the store has it.

use super::open::Ready;
use super::pass::tell_store_error;
use super::{Analysis, Analyzer, runners};
use crate::features::{FEATURE_SCHEMA_VERSION, Payload};
use crate::monitor::Scope;
use crate::store::Versions;
use crate::{AnalyzeOptions, CorrelationId, Modality, Result};
use std::collections::BTreeMap;

/// A stored payload that answers this call in full: of the same input, versions, preset and language, complete in
/// everything that is asked for. It is given as this call would have made it: with its ids and what the host knows, with
/// today's score, and without the modalities that are not asked for.
pub(super) fn stored(
    analyzer: &Analyzer,
    ready: &Ready,
    correlation_id: &CorrelationId,
    scope: &Scope,
) -> Result<Option<Analysis>> {
    let (Some(store), Some(input_sha256)) = (&analyzer.store, &ready.input_sha256) else { return Ok(None) };
    // What a host's extractor does beside its features, and whether its version tells every change of it, is not ours to know.
    if !analyzer.extractors.is_empty() {
        return Ok(None);
    }
    let options = &analyzer.options;
    let mut models: Vec<_> = runners::versions(options).into_iter().collect();
    models.retain(|(modality, _)| modality.parse::<Modality>().is_ok_and(|modality| options.wants(modality)));
    let versions = Versions {
        feature_schema_version: FEATURE_SCHEMA_VERSION.to_owned(),
        models,
        preset: options.preset,
    };
    // Two assets may have one content: the caller's own row comes first.
    let own = store.get(&ready.asset_id)?.filter(|payload| {
        payload.input_sha256.as_ref() == Some(input_sha256)
            && versions.are_met_by(payload)
            && speaks(options, payload)
    });
    let payload = match own {
        Some(payload) => payload,
        None => match store.find(input_sha256, &versions)?.filter(|p| speaks(options, p)) {
            Some(payload) => payload,
            None => return Ok(None),
        },
    };
    let is_own = payload.asset_id == ready.asset_id;
    let known = payload.meta.clone();
    let meta = options.meta.clone().or(&payload.meta);
    let mut payload = Payload {
        asset_id: ready.asset_id.clone(),
        correlation_id: correlation_id.clone(),
        meta: if is_own { meta } else { options.meta.clone() },
        content_sha256: ready.content_sha256.clone(),
        ..payload
    };
    if !is_own {
        // The same input under another name: a row of its own, without the work.
        payload.created_at = super::assemble::now();
        payload.updated_at.clone_from(&payload.created_at);
    }
    if !is_own || payload.meta != known {
        let put = store.put(&payload);
        tell_store_error(put, &mut payload, scope)?;
    }
    let m = &mut payload.modalities;
    m.custom.clear();
    for modality in Modality::ALL.into_iter().filter(|modality| !options.wants(*modality)) {
        match modality {
            Modality::Audio => m.audio.skip(),
            Modality::Voice => m.voice.skip(),
            Modality::Text => m.text.skip(),
            Modality::Vision => m.vision.skip(),
        }
    }
    payload.score = crate::score::score(&payload.media, &payload.modalities);
    Ok(Some(Analysis { payload, vectors: BTreeMap::new() }))
}

/// Whether its words were read as this call would read them. A language that the host named has no confidence.
fn speaks(options: &AnalyzeOptions, payload: &Payload) -> bool {
    let Some(text) = payload.modalities.text.summary.as_ref().filter(|_| options.wants(Modality::Text))
    else {
        return true;
    };
    let named = text.language.as_deref().filter(|_| text.language_confidence.is_none());
    named == options.language.as_deref()
}

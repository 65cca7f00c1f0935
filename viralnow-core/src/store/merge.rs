//! Two payloads of one asset as one: an analysis of less never destroys what an analysis of more has found.

use crate::features::{AssetStatus, ModalityResult, ModalityStatus, Payload};
use crate::media::MediaInfo;
use serde_json::Value;
use std::collections::BTreeSet;

/// A payload that stands for two, and the modalities that are the older one's.
pub(super) struct Merged {
    pub(super) payload: Payload,
    pub(super) kept: BTreeSet<String>,
}

/// Whether both are of the same input.
pub(super) fn is_same_input(old: &Payload, new: &Payload) -> bool {
    old.input_sha256.is_some() && old.input_sha256 == new.input_sha256
}

/// The newer payload with what the older one knows better: a modality that the newer one did not compute, or for which
/// it has less by the same version of the method (it failed, was cut short, or could not be had). The older one must be
/// of the same input, preset and schema, else it says nothing of the newer; `None` when there is nothing to keep.
pub(super) fn merged(old: Payload, new: &Payload) -> Option<Merged> {
    if !is_same_input(&old, new)
        || (&old.feature_schema_version, old.preset) != (&new.feature_schema_version, new.preset)
    {
        return None;
    }
    let mut payload = new.clone();
    let mut kept = BTreeSet::new();
    let (m, older) = (&mut payload.modalities, old.modalities);
    for (name, is_kept) in [
        ("audio", keep(&mut m.audio, older.audio)),
        ("voice", keep(&mut m.voice, older.voice)),
        ("text", keep(&mut m.text, older.text)),
        ("vision", keep(&mut m.vision, older.vision)),
    ] {
        if is_kept {
            kept.insert(name.to_owned());
        }
    }
    for (name, older) in older.custom {
        let is_kept = match m.custom.get_mut(&name) {
            Some(newer) => keep(newer, older),
            None => m.custom.insert(name.clone(), older).is_none(),
        };
        if is_kept {
            kept.insert(name);
        }
    }
    if kept.is_empty() {
        return None;
    }
    // The facts of the file too are those of the analysis that saw more of it.
    payload.media = if old.status == AssetStatus::Complete {
        filled(&old.media, &new.media)
    } else {
        filled(&new.media, &old.media)
    };
    (payload.status, payload.reason) = status(&payload, old.reason);
    payload.score = crate::score::score(&payload.media, &payload.modalities);
    Some(Merged { payload, kept })
}

/// Puts the older result in the newer one's place where it is worth more; says whether it did.
fn keep<S>(newer: &mut ModalityResult<S>, older: ModalityResult<S>) -> bool {
    let comparable = newer.status == ModalityStatus::Skipped || newer.model_version == older.model_version;
    let better = comparable && worth(&older) > worth(newer);
    if better {
        *newer = older;
    }
    better
}

fn worth<S>(result: &ModalityResult<S>) -> u8 {
    match result.status {
        ModalityStatus::Skipped => 0,
        ModalityStatus::Failed | ModalityStatus::Unavailable => 1,
        // Cut short.
        ModalityStatus::Complete if result.reason.is_some() => 2,
        ModalityStatus::Complete => 3,
    }
}

/// What the modalities together say: nothing is wrong with the asset any more when nothing is wrong with any of them.
fn status(payload: &Payload, older: Option<String>) -> (AssetStatus, Option<String>) {
    let m = &payload.modalities;
    let mut states = vec![
        (m.audio.status, worth(&m.audio)),
        (m.voice.status, worth(&m.voice)),
        (m.text.status, worth(&m.text)),
        (m.vision.status, worth(&m.vision)),
    ];
    states.extend(m.custom.values().map(|result| (result.status, worth(result))));
    let is_cut = |&(status, worth): &(ModalityStatus, u8)| status == ModalityStatus::Complete && worth == 2;
    if !states.iter().any(|state| state.0 == ModalityStatus::Failed || is_cut(state)) {
        return (AssetStatus::Complete, None);
    }
    let any = states.iter().any(|state| state.0 == ModalityStatus::Complete);
    let status = if any { AssetStatus::Partial } else { AssetStatus::Failed };
    (status, payload.reason.clone().or(older))
}

/// One's facts, and the other's where it has none.
fn filled(first: &MediaInfo, second: &MediaInfo) -> MediaInfo {
    let (Ok(Value::Object(mut facts)), Ok(Value::Object(more))) =
        (serde_json::to_value(first), serde_json::to_value(second))
    else {
        return first.clone();
    };
    for (name, value) in more {
        if facts.get(&name).is_none_or(Value::is_null) {
            facts.insert(name, value);
        }
    }
    serde_json::from_value(Value::Object(facts)).unwrap_or_else(|_| first.clone())
}

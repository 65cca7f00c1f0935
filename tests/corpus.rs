//! Real media with ground truth: every file gives a result, and what is known of it is found.

use crate::common;

use common::{Memo, shared, shared_files, shared_root};
use serde_json::Value;
use std::path::{Path, PathBuf};
use viralnow_core::analyze;
use viralnow_core::features::{AssetStatus, Payload};
use viralnow_core::score::PRIORS;

fn truth() -> Value {
    let path = shared_root().expect("shared data").join("data/truth.json");
    serde_json::from_slice(&std::fs::read(path).expect("the truth")).expect("JSON")
}

/// The whole analysis of a file, made once: a film costs seconds.
fn payload(path: &Path) -> &'static Payload {
    static MADE: Memo<PathBuf, Payload> = Memo::new();
    MADE.get(path.to_owned(), || {
        analyze(path).unwrap_or_else(|error| panic!("{}: {} {error}", path.display(), error.kind())).payload
    })
}

/// None of these files is damaged: a partial result would be a fault of ours.
#[test]
fn every_file_is_complete() {
    let test = "every_file_is_complete";
    let mut count = 0;
    for folder in ["data/video", "data/audio", "data/images"] {
        // Of the films every fourth one; `make test-long` sees all.
        let step = if folder == "data/video" && !common::long() { 4 } else { 1 };
        for file in shared_files(test, folder).into_iter().step_by(step) {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            let payload = payload(&file);
            assert_eq!(payload.status, AssetStatus::Complete, "{name}: {:?}", payload.reason);
            assert_eq!(payload.reason, None, "{name}");
            let json = serde_json::to_string(&payload.modalities).expect("JSON");
            assert!(!json.contains("NaN") && !json.contains("Infinity"), "{name}");
            count += 1;
        }
    }
    assert!(count == 0 || count > if common::long() { 70 } else { 35 }, "only {count} files");
}

#[test]
fn embedded_captions_are_the_transcript_cue_for_cue() {
    let test = "embedded_captions_are_the_transcript_cue_for_cue";
    let Some(path) = shared(test, "data/video/nasa_13013.mp4") else { return };
    let truth = truth();
    let cues = truth["video/nasa_13013.mp4"]["transcript"].as_array().expect("cues");
    let text = payload(&path).modalities.text.summary.clone().expect("text");
    assert_eq!(text.transcript.len(), cues.len());
    for (segment, cue) in text.transcript.iter().zip(cues) {
        assert_eq!(segment.text, cue["text"].as_str().expect("text"));
        assert!((segment.start_s.expect("a time") - cue["start"].as_f64().expect("a time")).abs() < 0.0051);
        assert!((segment.end_s.expect("a time") - cue["end"].as_f64().expect("a time")).abs() < 0.0051);
    }
}

#[test]
fn loudness_of_the_reference_files_is_within_a_tenth() {
    let test = "loudness_of_the_reference_files_is_within_a_tenth";
    for name in ["1770_RelGateTest.wav", "pyln_sine_1000.wav"] {
        let Some(path) = shared(test, &format!("data/audio/{name}")) else { return };
        let expected = truth()[format!("audio/{name}")]["lufs"].as_f64().expect("a loudness");
        let audio = payload(&path).modalities.audio.summary.clone().expect("audio");
        let found = audio.loudness.integrated_lufs.expect("a loudness");
        assert!((found - expected).abs() <= 0.1, "{name}: {found} LUFS, expected {expected}");
    }
}

#[test]
fn a_talking_clip_has_six_reasons_from_three_modalities() {
    let test = "a_talking_clip_has_six_reasons_from_three_modalities";
    let Some(path) = shared(test, "data/video/nasa_13013.mp4") else { return };
    let score = payload(&path).score.clone().expect("a score");
    let alive: Vec<_> = score.contributions.iter().skip(1).filter(|c| c.contribution != 0.0).collect();
    let modalities: std::collections::BTreeSet<_> =
        alive.iter().filter_map(|c| c.feature.split('.').next()).collect();
    assert!(alive.len() >= 6 && modalities.len() >= 3, "{alive:?}");
    assert_eq!(score.contributions.len(), PRIORS.len() + 1);
}

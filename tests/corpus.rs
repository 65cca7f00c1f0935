//! Real media with ground truth: every file gives a result, and what is known of it is found.

use crate::common;

use common::{shared, shared_files, shared_root};
use serde_json::Value;
use std::path::Path;
use viralnow_core::features::{AssetStatus, Payload};
use viralnow_core::score::PRIORS;
use viralnow_core::{AnalyzeOptions, Analyzer, Input, Modality, Preset, analyze};

fn truth() -> Value {
    let path = shared_root().expect("shared data").join("data/truth.json");
    serde_json::from_slice(&std::fs::read(path).expect("the truth")).expect("JSON")
}

fn only(modality: Modality, preset: Preset, path: &Path) -> Payload {
    let options = AnalyzeOptions { preset, modalities: Some(vec![modality]), ..AnalyzeOptions::default() };
    Analyzer::new(options).expect("good settings").analyze(Input::path(path)).expect("analysed").payload
}

/// None of these files is damaged: a partial result would be a fault of ours.
#[test]
fn every_file_is_complete() {
    let test = "every_file_is_complete";
    let mut count = 0;
    for folder in ["data/video", "data/audio", "data/images"] {
        // Of the films every second one; `make test-long` sees all.
        let step = if folder == "data/video" && !common::long() { 2 } else { 1 };
        for file in shared_files(test, folder).into_iter().step_by(step) {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            let payload =
                analyze(&file).unwrap_or_else(|error| panic!("{name}: {} {error}", error.kind())).payload;
            assert_eq!(payload.status, AssetStatus::Complete, "{name}: {:?}", payload.reason);
            assert_eq!(payload.reason, None, "{name}");
            let json = serde_json::to_string(&payload.modalities).expect("JSON");
            assert!(!json.contains("NaN") && !json.contains("Infinity"), "{name}");
            count += 1;
        }
    }
    assert!(count == 0 || count > if common::long() { 70 } else { 40 }, "only {count} files");
}

#[test]
fn hard_cuts_are_found_within_one_frame() {
    let test = "hard_cuts_are_found_within_one_frame";
    if shared(test, "data/truth.json").is_none() {
        return;
    }
    let truth = truth();
    for name in [
        "nasa_13013.mp4",
        "bbb_0_30.webm",
        "clip12_540x960_h264.mp4",
        "clip12_540x960_hevc.mp4",
        "clip12_540x960_vp9.webm",
        "clip12_540x960_vfr.mp4",
        "clip12_rot90meta_h264.mov",
    ] {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let payload = only(Modality::Vision, Preset::Balanced, &path);
        let frame = 1.0 / payload.media.frame_rate.expect("a rate");
        let shots = payload.modalities.vision.summary.expect("vision").shots;
        let cuts = truth[format!("video/{name}")]["hard_cuts_s"].as_array().expect("cuts").clone();
        for cut in cuts.iter().filter_map(Value::as_f64) {
            // Of the frames kept at variable rate, the cut is at the first at or after it: up to two periods later.
            let late = if name.contains("vfr") { 2.05 * frame } else { 1.05 * frame };
            let near = shots.iter().any(|s| (-1.05 * frame..=late).contains(&(s.start_s - cut)));
            assert!(
                near,
                "{name}: no shot begins at {cut}: {:?}",
                shots.iter().map(|s| s.start_s).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn embedded_captions_are_the_transcript_cue_for_cue() {
    let test = "embedded_captions_are_the_transcript_cue_for_cue";
    let Some(path) = shared(test, "data/video/nasa_13013.mp4") else { return };
    let truth = truth();
    let cues = truth["video/nasa_13013.mp4"]["transcript"].as_array().expect("cues");
    let text = only(Modality::Text, Preset::Balanced, &path).modalities.text.summary.expect("text");
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
        let audio = only(Modality::Audio, Preset::Balanced, &path).modalities.audio.summary.expect("audio");
        let found = audio.loudness.integrated_lufs.expect("a loudness");
        assert!((found - expected).abs() <= 0.1, "{name}: {found} LUFS, expected {expected}");
    }
}

#[test]
fn the_sampler_follows_the_content() {
    let test = "the_sampler_follows_the_content";
    let fps = |path: &Path| {
        only(Modality::Vision, Preset::Balanced, path)
            .modalities
            .vision
            .summary
            .expect("vision")
            .sampled_fps
            .expect("a rate")
    };
    let Some(black) = shared(test, "data/video/silent-black-10s.mp4") else { return };
    assert!((fps(&black) - 2.0).abs() < 0.11, "the black clip is sampled at {} fps", fps(&black));
    let rates: Vec<f64> = shared_files(test, "data/video")
        .iter()
        .filter(|p| !p.to_string_lossy().contains("4k60") && !p.to_string_lossy().contains("clip60"))
        .map(|p| fps(p))
        .collect();
    let busiest = rates.iter().copied().fold(0.0, f64::max);
    assert!(busiest >= 3.5, "the busiest clip is sampled at {busiest} fps");
}

#[test]
fn a_talking_clip_has_six_reasons_from_three_modalities() {
    let test = "a_talking_clip_has_six_reasons_from_three_modalities";
    let Some(path) = shared(test, "data/video/nasa_13013.mp4") else { return };
    let score = analyze(&path).expect("analysed").payload.score.expect("a score");
    let alive: Vec<_> = score.contributions.iter().skip(1).filter(|c| c.contribution != 0.0).collect();
    let modalities: std::collections::BTreeSet<_> =
        alive.iter().filter_map(|c| c.feature.split('.').next()).collect();
    assert!(alive.len() >= 6 && modalities.len() >= 3, "{alive:?}");
    assert_eq!(score.contributions.len(), PRIORS.len() + 1);
}

#[test]
fn turned_clips_have_the_hash_of_the_picture_as_shown() {
    let test = "turned_clips_have_the_hash_of_the_picture_as_shown";
    // ImageHash 4.3.2 on the first frame as FFmpeg 5.1 shows it: `ffmpeg -i FILE -frames:v 1 frame.png`.
    for (name, degrees, expected) in [
        ("decord_rot_0.mov", 0, 0xa582_dc3a_ef82_649d_u64),
        ("decord_rot_90.mov", 90, 0xbbd4_29c1_54dc_52ba),
        ("clip12_rot90meta_h264.mov", 270, 0xee11_84ce_733c_986b),
    ] {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let payload = only(Modality::Vision, Preset::Balanced, &path);
        assert_eq!(payload.media.rotation_deg, Some(degrees), "{name}");
        let found = payload.modalities.vision.summary.expect("vision").phash.expect("a hash");
        let distance = (u64::from_str_radix(&found, 16).expect("hexadecimal digits") ^ expected).count_ones();
        assert!(distance <= 2, "{name}: {found}, {distance} bits off");
    }
}

//! Voice activity by Silero VAD, where an ONNX Runtime and the model files are found. The environment is a process's own, so
//! each case is a process; the ignored test is that process.

use crate::common;
use crate::sound;

use common::shared;
use sound::{decode, run, run_from};
use std::path::Path;
use viralnow_core::extract::{ActivitySource, Extractor, ExtractorConfig};
use viralnow_core::voice::{ActivityDetector, VoiceExtractor, activity};

fn process(test: &str, variables: &[(&str, &Path)]) -> String {
    common::process(&format!("voice_silero::{test}"), |command| {
        command.env("XDG_CACHE_HOME", "/nowhere").env_remove("VIRALNOW_MODELS");
        command.envs(variables.iter().copied());
    })
}

/// Runs a test as a process for each of the model files; says why when it cannot.
fn with_models(test: &str, body: &str) {
    if let Err(error) = viralnow_core::model::runtime() {
        println!("SKIPPED {test}: {error}");
        return;
    }
    for file in ["silero_vad_16k_op15.onnx", "silero_vad_v6.onnx"] {
        let Some(model) = shared(test, &format!("data/models/{file}")) else { return };
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(model, dir.path().join(file)).unwrap();
        println!("{file}\n{}", process(body, &[("VIRALNOW_MODELS", dir.path())]));
    }
}

#[test]
fn silero_finds_speech_where_it_was_annotated() {
    with_models("silero_finds_speech_where_it_was_annotated", "annotated");
}

#[test]
fn silero_gives_the_same_for_blocks_of_any_size() {
    with_models("silero_gives_the_same_for_blocks_of_any_size", "blocks");
}

/// What a process finds without the file, with one that is no model, and with a model that is another.
#[test]
fn without_the_model_the_embedded_detector_does_it() {
    let test = "without_the_model_the_embedded_detector_does_it";
    assert!(process("without", &[]).contains("looked_in"));
    if viralnow_core::model::runtime().is_err() {
        println!("SKIPPED {test}: no ONNX Runtime, which all but its first part needs");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("silero_vad.onnx");
    std::fs::write(&file, b"no model").unwrap();
    assert!(process("without", &[("VIRALNOW_MODELS", dir.path())]).contains("damaged"));
    let Some(other) = shared(test, "data/models/version-RFB-320.onnx") else { return };
    std::fs::copy(other, &file).unwrap();
    assert!(process("without", &[("VIRALNOW_MODELS", dir.path())]).contains("inputs are others"));
    // A good one beside a bad one.
    let Some(good) = shared(test, "data/models/silero_vad_v6.onnx") else { return };
    std::fs::copy(good, dir.path().join("silero_vad_v6.onnx")).unwrap();
    process("blocks", &[("VIRALNOW_MODELS", dir.path())]);
}

/// A model that opens and then fails: the embedded detector does it, and the payload says so.
#[test]
fn a_model_that_fails_has_no_part_in_the_version() {
    let test = "a_model_that_fails_has_no_part_in_the_version";
    if let Err(error) = viralnow_core::model::runtime() {
        println!("SKIPPED {test}: {error}");
        return;
    }
    let Some(model) = shared(test, "data/models/silero_vad_16k_op15.onnx") else { return };
    let mut bytes = std::fs::read(model).unwrap();
    // Its state comes out under a name that nobody asks for.
    let name = b"stateN";
    for at in 0..bytes.len() - name.len() {
        if bytes[at..].starts_with(name) {
            bytes[at + name.len() - 1] = b'X';
        }
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("silero_vad.onnx"), bytes).unwrap();
    process("failing", &[("VIRALNOW_MODELS", dir.path())]);
}

#[test]
#[ignore = "a process of another test"]
fn failing() {
    use viralnow_core::media::RawAudio;
    use viralnow_core::{AnalyzeOptions, Analyzer, Input, Modality};
    assert_eq!(ActivitySource::current(), ActivitySource::Silero);
    assert!(VoiceExtractor::new(&ExtractorConfig::default()).version().ends_with("+silero"));
    let options = AnalyzeOptions { modalities: Some(vec![Modality::Voice]), ..AnalyzeOptions::default() };
    let tone = sound::Sound::wave(16_000, 3.0, |t| (t * 1000.0).sin());
    let raw = RawAudio { samples: tone.samples.clone(), sample_rate: 16_000, channels: 1 };
    let payload = Analyzer::new(options).unwrap().analyze(Input::raw(Some(raw), None)).unwrap().payload;
    let voice = payload.modalities.voice;
    assert!(!voice.model_version.contains("silero"), "{}", voice.model_version);
    let summary = voice.summary.unwrap();
    assert_eq!(summary.activity_source, Some(ActivitySource::Embedded));
    let reason = &summary.missing["activity_source.silero"];
    assert!(reason.contains("Silero VAD failed"), "{reason}");
    let error = activity(&tone.samples, 16_000, ActivityDetector::Silero).unwrap_err();
    assert_eq!(error.kind().code(), "UNAVAILABLE");
    assert_eq!(
        activity(&tone.samples, 16_000, ActivityDetector::Auto).unwrap().source,
        ActivitySource::Embedded
    );
}

#[test]
#[ignore = "a process of another test"]
fn without() {
    assert_eq!(ActivitySource::current(), ActivitySource::Embedded);
    let extractor = VoiceExtractor::new(&ExtractorConfig::default());
    assert!(!extractor.version().contains("silero"));
    let tone = sound::Sound::wave(16_000, 2.0, |t| (t * 1000.0).sin());
    let found = run(extractor, &tone).0.features;
    assert_eq!(found.activity_source, Some(ActivitySource::Embedded));
    let auto = activity(&tone.samples, 16_000, ActivityDetector::Auto).unwrap();
    assert_eq!(auto.source, ActivitySource::Embedded);
    println!("said: {}", activity(&tone.samples, 16_000, ActivityDetector::Silero).unwrap_err());
}

/// The same recordings and gates as the embedded detector has in `voice.rs`, and music without speech. A meeting through a
/// distant microphone is annotated over the pauses of its turns: half is asked for.
#[test]
#[ignore = "a process of another test"]
fn annotated() {
    let Some(truth) = shared("annotated", "data/truth.json") else { return };
    let truth: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(truth).unwrap()).unwrap();
    for (file, least_precision, least_recall) in
        [("pyannote_sample.wav", 0.95, 0.95), ("ami_dev00.wav", 0.95, 0.5)]
    {
        let turns: Vec<(f64, f64)> = truth[format!("audio/{file}")]["rttm"]
            .as_array()
            .unwrap()
            .iter()
            .map(|turn| (turn["start"].as_f64().unwrap(), turn["dur"].as_f64().unwrap()))
            .map(|(start, length)| (start, start + length))
            .collect();
        let Some(path) = shared("annotated", &format!("data/audio/{file}")) else { return };
        let sound = decode(&path);
        let found = activity(&sound.samples, sound.rate, ActivityDetector::Silero).unwrap();
        let (mut both, mut ours, mut theirs) = (0.0, 0.0, 0.0);
        for frame in 0..sound.samples.len() * 100 / sound.rate as usize {
            let t = frame as f64 / 100.0 + 0.005;
            let is = found.speech.iter().any(|s| (s.start_s..s.end_s).contains(&t));
            let should = turns.iter().any(|&(from, to)| (from..to).contains(&t));
            ours += f64::from(is);
            theirs += f64::from(should);
            both += f64::from(is && should);
        }
        let (precision, recall) = (both / ours, both / theirs);
        println!("{file}: precision {precision:.3}, recall {recall:.3}");
        assert!(precision >= least_precision && recall >= least_recall, "{file}");
    }
    for (file, least, most) in [
        ("jfk.wav", 0.5, 1.0),
        ("libri1.wav", 0.5, 1.0),
        ("new_home_in_the_stars.wav", 0.5, 1.0),
        ("Kevin_MacLeod_-_Vibe_Ace.ogg", 0.0, 0.05),
        ("sorohanro_-_solo-trumpet-06.ogg", 0.0, 0.02),
        ("456440__inspectorj__bird-whistling-robin-single-13.ogg", 0.0, 0.02),
    ] {
        let Some(path) = shared("annotated", &format!("data/audio/{file}")) else { return };
        let found = run(VoiceExtractor::new(&ExtractorConfig::default()), &decode(&path)).0.features;
        assert_eq!(found.activity_source, Some(ActivitySource::Silero));
        let ratio = found.speech_ratio.unwrap();
        println!("{file}: {ratio:.3}");
        assert!((least..=most).contains(&ratio), "{file}: {ratio}");
    }
}

#[test]
#[ignore = "a process of another test"]
fn blocks() {
    let Some(path) = shared("blocks", "data/audio/jfk.wav") else { return };
    let sound = decode(&path);
    let with =
        |frames| run_from(VoiceExtractor::new(&ExtractorConfig::default()), &sound, frames, 0.0).0.features;
    let whole = with(sound.samples.len());
    assert_eq!(whole.activity_source, Some(ActivitySource::Silero));
    assert!(VoiceExtractor::new(&ExtractorConfig::default()).version().ends_with("+silero"));
    for frames in [441, 1024, 30_000] {
        assert_eq!(with(frames).speech, whole.speech, "{frames}");
    }
    for (name, sound) in sound::awkward().into_iter().filter(|(_, sound)| sound.channels == 1) {
        let found = run(VoiceExtractor::new(&ExtractorConfig::default()), &sound).0.features;
        sound::assert_every_null_has_a_reason(&found, name);
    }
}

//! Whisper from ONNX exports, where there is an ONNX Runtime: against `OpenAI`'s own `whisper` and `transformers`
//! (`whisper_onnx.py`), and against the same weights in this library.

use super::whisper_long::{folder, listened, near, plain, sound};
use serde_json::{Value, json};
use std::path::Path;
use viralnow_core::media::RawAudio;
use viralnow_core::model::{TranscribeOptions, Transcript, Whisper};
use viralnow_core::monitor::Run;
use viralnow_core::text::TextSource;
use viralnow_core::{AnalyzeOptions, Analyzer, ErrorKind, Input, Modality};

const ENCODER: &[u8] = include_bytes!("whisper_onnx/encoder_model.onnx");
const FIRST: &[u8] = include_bytes!("whisper_onnx/decoder_model.onnx");
const LATER: &[u8] = include_bytes!("whisper_onnx/decoder_with_past_model.onnx");
const MERGED: &[u8] = include_bytes!("whisper_onnx/decoder_model_merged.onnx");
const ATTENTION: &[u8] = include_bytes!("whisper_onnx/decoder_model_merged_attention.onnx");

/// Files by their names.
type Files<'a> = &'a [(&'a str, &'a [u8])];

/// Folders that hold the model in another way each.
const LAYOUTS: [Files<'_>; 4] = [
    &[
        ("encoder_model.onnx", ENCODER),
        ("decoder_model_merged.onnx", MERGED),
        ("decoder_model.onnx", b"unread"),
    ],
    &[
        ("onnx/encoder_model.onnx", ENCODER),
        ("onnx/decoder_model.onnx", FIRST),
        ("onnx/decoder_with_past_model.onnx", LATER),
    ],
    &[("encoder_model.onnx", ENCODER), ("decoder_model.onnx", FIRST)],
    &[
        ("onnx/encoder_model_quantized.onnx", ENCODER),
        ("onnx/decoder_model_merged_quantized.onnx", ATTENTION),
    ],
];

fn reference() -> Value {
    serde_json::from_str(include_str!("whisper_onnx/told.json")).unwrap()
}

/// The folder with weights in safetensors, and that with these files instead.
fn exported(files: Files<'_>) -> tempfile::TempDir {
    let reference = reference();
    let dir = folder(&reference, &reference["models"][0]);
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    std::fs::create_dir(dir.path().join("onnx")).unwrap();
    for (name, data) in files {
        std::fs::write(dir.path().join(name), data).unwrap();
    }
    dir
}

fn there_is_a_runtime(test: &str) -> bool {
    viralnow_core::model::runtime().map_err(|error| println!("SKIPPED {test}: {error}")).is_ok()
}

fn transcribed(whisper: &Whisper, options: &TranscribeOptions) -> Transcript {
    whisper.transcribe(&sound("long", 7.3), options, &mut Run::unwatched()).unwrap()
}

/// Fed at once, and one by one on top of what is remembered.
#[test]
fn every_layout_gives_the_logits_of_transformers() {
    if !there_is_a_runtime("every_layout_gives_the_logits_of_transformers") {
        return;
    }
    let model = reference()["models"][0].clone();
    let rows = |key: &str| -> Vec<Vec<f64>> { serde_json::from_value(model[key].clone()).unwrap() };
    let tokens: Vec<u32> = serde_json::from_value(model["tokens"].clone()).unwrap();
    let places: Vec<usize> = serde_json::from_value(model["encoder_rows"].clone()).unwrap();
    let alike = |found: &[f32], wanted: &[f64], what: &str| {
        assert_eq!(found.len(), wanted.len(), "{what}");
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((f64::from(*found) - wanted).abs() < 1e-4, "{what}: {found} {wanted}");
        }
    };
    for files in LAYOUTS {
        let name = files.last().unwrap().0;
        let whisper = Whisper::open(exported(files).path(), 1).unwrap();
        assert_eq!(whisper.engine(), "onnxruntime");
        let mut heard = whisper.hear(&sound("long", 2.0)).unwrap();
        for (row, wanted) in places.iter().zip(rows("encoder")) {
            alike(&heard.encoded()[row * wanted.len()..][..wanted.len()], &wanted, name);
        }
        alike(&whisper.decode(&mut heard, &tokens).unwrap(), &rows("logits").concat(), name);
        let mut heard = whisper.hear(&sound("long", 2.0)).unwrap();
        for (part, wanted) in [&tokens[..1], &tokens[1..]].into_iter().zip([0..1, 1..4]) {
            let found = whisper.decode(&mut heard, part).unwrap();
            alike(&found, &rows("logits")[wanted].concat(), name);
        }
    }
}

/// Windows, language, times of segments and, with the attention, of words.
#[test]
fn long_sound_is_transcribed_as_openai_does() {
    if !there_is_a_runtime("long_sound_is_transcribed_as_openai_does") {
        return;
    }
    let model = reference()["models"][0].clone();
    let whisper = Whisper::open(exported(LAYOUTS[3]).path(), 1).unwrap();
    for run in model["openai"].as_array().unwrap() {
        listened(&whisper, "small", run);
    }
}

/// The other layouts do not give the attention: segments and tokens without it, the same as in this library.
#[test]
fn without_the_attention_words_have_no_times_and_it_is_told() {
    if !there_is_a_runtime("without_the_attention_words_have_no_times_and_it_is_told") {
        return;
    }
    let reference = reference();
    let own = folder(&reference, &reference["models"][0]);
    let own = Whisper::open(own.path(), 1).unwrap();
    assert_eq!(own.engine(), "own");
    let drawn = TranscribeOptions {
        temperatures: vec![0.0, 0.4],
        log_probability_threshold: Some(-0.01),
        prompt: Some("the dean".to_owned()),
        ..plain()
    };
    for files in &LAYOUTS[..3] {
        let whisper = Whisper::open(exported(files).path(), 1).unwrap();
        for options in [plain(), drawn.clone()] {
            let found = transcribed(&whisper, &options);
            let wanted = transcribed(&own, &TranscribeOptions { word_times: false, ..options });
            assert!(!found.segments.is_empty());
            let said = |found: &Transcript| -> Vec<_> {
                found.segments.iter().map(|s| (s.start_s, s.end_s, s.tokens.clone())).collect()
            };
            assert_eq!(said(&found), said(&wanted));
            for (segment, wanted) in found.segments.iter().zip(&wanted.segments) {
                near(segment.avg_log_probability, &json!(wanted.avg_log_probability), 1e-4, "own");
                near(segment.no_speech_probability, &json!(wanted.no_speech_probability), 1e-4, "own");
            }
            assert!(found.segments.iter().all(|segment| segment.words.is_none()));
            assert!(found.missing["segments.words"].contains("cross_attentions"), "{:?}", found.missing);
            assert!(wanted.missing.is_empty());
        }
        assert!(
            transcribed(&whisper, &TranscribeOptions { word_times: false, ..plain() }).missing.is_empty()
        );
    }
}

#[test]
fn what_another_model_heard_is_refused() {
    if !there_is_a_runtime("what_another_model_heard_is_refused") {
        return;
    }
    let reference = reference();
    let own = folder(&reference, &reference["models"][0]);
    let own = Whisper::open(own.path(), 1).unwrap();
    let whisper = Whisper::open(exported(LAYOUTS[0]).path(), 1).unwrap();
    let mut heard = whisper.hear(&[0.1; 100]).unwrap();
    assert_eq!(own.decode(&mut heard, &[5]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(own.language(&mut heard).is_err() && whisper.language(&mut heard).unwrap().is_some());
}

#[test]
fn every_broken_export_is_refused_with_its_fault() {
    if !there_is_a_runtime("every_broken_export_is_refused_with_its_fault") {
        return;
    }
    let edit = |dir: &Path, key: &str, value: Value| {
        let path = dir.join("config.json");
        let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        config[key] = value;
        std::fs::write(path, config.to_string()).unwrap();
    };
    let encoder = ("encoder_model.onnx", ENCODER);
    let cases: [(Files<'_>, ErrorKind, &str); 8] = [
        (&[], ErrorKind::NotFound, "encoder_model.onnx"),
        (&[encoder], ErrorKind::NotFound, "decoder_model_merged.onnx"),
        (&[("decoder_model_merged.onnx", MERGED)], ErrorKind::NotFound, "encoder_model.onnx"),
        (&[encoder, ("decoder_model_merged.onnx", &MERGED[..9000])], ErrorKind::DecodeFailed, "merged.onnx"),
        (&[encoder, ("decoder_model_merged.onnx", ENCODER)], ErrorKind::UnsupportedFormat, "input_ids"),
        (
            &[("encoder_model.onnx", FIRST), ("decoder_model.onnx", FIRST)],
            ErrorKind::UnsupportedFormat,
            "features",
        ),
        (&[encoder, ("decoder_model_merged.onnx", FIRST)], ErrorKind::UnsupportedFormat, "use_cache_branch"),
        // The second of the two alone, in the place of the first: it has no memory to begin with.
        (
            &[encoder, ("decoder_model.onnx", LATER), ("decoder_with_past_model.onnx", LATER)],
            ErrorKind::UnsupportedFormat,
            "present.0.encoder.key",
        ),
    ];
    for (files, kind, fault) in cases {
        let error = Whisper::open(exported(files).path(), 1).unwrap_err();
        assert_eq!(error.kind(), kind, "{fault}: {error}");
        assert!(error.to_string().contains(fault), "{fault}: {error}");
    }
    // Sizes that no input or output has are told when they meet.
    for (key, value) in [("d_model", 16), ("vocab_size", 400), ("num_mel_bins", 128), ("decoder_layers", 1)] {
        let dir = exported(LAYOUTS[0]);
        edit(dir.path(), key, json!(value));
        let samples = sound("long", 1.0);
        let heard = Whisper::open(dir.path(), 1).and_then(|whisper| {
            let mut heard = whisper.hear(&samples)?;
            whisper.decode(&mut heard, &[5, 6])
        });
        match heard {
            // Layers that the export has too are no harm.
            Ok(_) => assert_eq!(key, "decoder_layers"),
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::DecodeFailed | ErrorKind::InvalidInput)
                    && error.to_string().contains(".onnx"),
                "{key}: {error}"
            ),
        }
    }
    let dir = exported(LAYOUTS[0]);
    for key in ["num_mel_bins", "max_source_positions"] {
        edit(dir.path(), key, json!(1 << 20));
    }
    assert!(Whisper::open(dir.path(), 1).unwrap_err().to_string().contains("sizes"));
}

/// The payload says why too.
#[test]
fn an_asset_without_times_of_words_says_why() {
    if !there_is_a_runtime("an_asset_without_times_of_words_says_why") {
        return;
    }
    let dir = exported(LAYOUTS[0]);
    let options = AnalyzeOptions {
        speech_model: Some(dir.path().to_str().unwrap().to_owned()),
        modalities: Some(vec![Modality::Text]),
        ..AnalyzeOptions::default()
    };
    let sound = RawAudio { samples: sound("long", 7.3), sample_rate: 16_000, channels: 1 };
    let found = Analyzer::new(options).unwrap().analyze(Input::raw(Some(sound), None)).unwrap();
    let text = found.payload.modalities.text;
    let summary = text.summary.unwrap_or_else(|| panic!("{:?}", text.reason));
    assert_eq!(summary.source, Some(TextSource::Speech));
    assert!(
        !summary.transcript.is_empty() && summary.transcript.iter().all(|segment| segment.words.is_none())
    );
    assert!(summary.missing["transcript.words"].contains("cross_attentions"), "{:?}", summary.missing);
}

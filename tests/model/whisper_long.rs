//! Transcription of sound of any length, against `OpenAI`'s own `whisper` and `transformers`: `whisper_long.py`.

use super::common;
use super::made::{numbers, write_scaled_weights};
use serde_json::{Value, json};
use std::path::Path;
use viralnow_core::call::{Samples, call, call_plain};
use viralnow_core::features::ModalityStatus;
use viralnow_core::media::RawAudio;
use viralnow_core::model::{TranscribeOptions, Transcript, Whisper};
use viralnow_core::monitor::{CancelToken, Run, Scope, Steps};
use viralnow_core::text::TextSource;
use viralnow_core::{AnalyzeOptions, Analyzer, ErrorKind, Input, Modality};

fn reference() -> Value {
    serde_json::from_str(include_str!("whisper_long.json")).unwrap()
}

/// As the script makes it.
pub(crate) fn sound(name: &str, seconds: f64) -> Vec<f32> {
    let tone = |i: usize| {
        let t = i as f64 / 16_000.0;
        let on = if t % 0.7 < 0.5 { 0.3 } else { 0.0 };
        on * (std::f64::consts::TAU * (200.0 * t + 90.0 * t * t)).sin()
    };
    let noise = numbers(name, (seconds * 16_000.0) as usize);
    noise.iter().enumerate().map(|(i, n)| (0.1 * f64::from(*n) + tone(i)) as f32).collect()
}

/// A byte as byte-level vocabularies write it.
fn letter(byte: u8) -> char {
    let printable = |b: u32| matches!(b, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let code = u32::from(byte);
    let before = (0..code).filter(|&b| !printable(b)).count() as u32;
    char::from_u32(if printable(code) { code } else { 0x100 + before }).unwrap()
}

/// The vocabulary of the script: every byte, what is merged of two, and the tokens that say what to do.
fn tokenizer(reference: &Value) -> Value {
    let written = |text: &str| text.bytes().map(letter).collect::<String>();
    let mut vocabulary: Vec<String> = (0..=255).map(|byte| letter(byte).to_string()).collect();
    let mut merges = Vec::new();
    for merge in reference["merges"].as_array().unwrap() {
        let whole = written(merge.as_str().unwrap());
        let parts = (1..whole.len()).filter(|&i| whole.is_char_boundary(i)).map(|i| whole.split_at(i));
        let known = |part: &str| vocabulary.iter().any(|token| token == part);
        // One of them is never made of others, only given.
        if let Some((first, second)) = parts.into_iter().find(|(a, b)| known(a) && known(b)) {
            merges.push(json!([first, second]));
        }
        vocabulary.push(whole.clone());
    }
    let words = vocabulary.len();
    let named = reference["specials"].as_array().unwrap().iter().enumerate();
    let added: Vec<Value> = named
        .map(|(i, name)| {
            json!({ "id": words + i, "content": name, "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true })
        })
        .collect();
    let ids: serde_json::Map<String, Value> =
        vocabulary.into_iter().enumerate().map(|(id, token)| (token, json!(id))).collect();
    let bytes =
        json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true });
    json!({ "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
            "pre_tokenizer": bytes, "post_processor": null, "decoder": bytes,
            "model": { "type": "BPE", "vocab": ids, "merges": merges } })
}

pub(crate) fn folder(reference: &Value, model: &Value) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let files = [("config.json", &model["config"]), ("generation_config.json", &model["generation"])];
    for (file, value) in files {
        std::fs::write(dir.path().join(file), value.to_string()).unwrap();
    }
    std::fs::write(dir.path().join("tokenizer.json"), tokenizer(reference).to_string()).unwrap();
    let end = model["config"]["eos_token_id"].as_u64().unwrap() as usize;
    let size = model["config"]["d_model"].as_u64().unwrap() as usize;
    let scale = |name: &str, i: usize| match name {
        "model.decoder.embed_tokens.weight" if i < end * size => 2.0,
        "model.decoder.embed_tokens.weight" if i < (end + 1) * size => 3.0,
        "model.decoder.embed_positions.weight" => 10.0,
        _ => 1.0,
    };
    write_scaled_weights(&model["shapes"], &dir.path().join("model.safetensors"), &scale);
    dir
}

/// As the script asks: no thresholds, no voice activity, no draws.
pub(crate) fn plain() -> TranscribeOptions {
    TranscribeOptions {
        vad: false,
        temperatures: vec![0.0],
        compression_ratio_threshold: None,
        log_probability_threshold: None,
        no_speech_threshold: None,
        ..TranscribeOptions::default()
    }
}

pub(crate) fn near(found: f64, wanted: &Value, tolerance: f64, what: &str) {
    let wanted = wanted.as_f64().unwrap();
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} for {wanted}");
}

fn told(reference: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let models = reference["models"].as_array().unwrap().iter();
    models.map(|model| (model["name"].as_str().unwrap(), model))
}

/// Segments, words, their times and probabilities, and the language, of four shapes, with text before and without.
#[test]
fn long_sound_is_transcribed_as_openai_does() {
    let reference = reference();
    for (name, model) in told(&reference) {
        let dir = folder(&reference, model);
        let whisper = Whisper::open(dir.path(), 2).unwrap();
        for run in model["openai"].as_array().unwrap() {
            listened(&whisper, name, run);
        }
    }
}

/// Listens as a run of the script did, and compares.
pub(crate) fn listened(whisper: &Whisper, name: &str, run: &Value) {
    let asked = &run["options"];
    let options = TranscribeOptions {
        condition_on_previous_text: asked["condition_on_previous_text"].as_bool().unwrap_or(true),
        prompt: asked["initial_prompt"].as_str().map(str::to_owned),
        language: asked["language"].as_str().map(str::to_owned),
        ..plain()
    };
    let found = whisper.transcribe(&sound("long", 7.3), &options, &mut Run::unwatched()).unwrap();
    assert_eq!(found.language.as_deref(), run["language"].as_str(), "{name}");
    let wanted = run["segments"].as_array().unwrap();
    for (segment, wanted) in found.segments.iter().zip(wanted) {
        let what = format!("{name} {asked} {:?}", segment.text);
        assert_eq!(json!(segment.tokens), wanted["tokens"], "{what}");
        assert_eq!(json!(segment.text), wanted["text"], "{what}");
        // Single precision against double; times are multiples of 0.01 but for what was shortened.
        near(segment.start_s, &wanted["start_s"], 1e-6, &what);
        near(segment.end_s, &wanted["end_s"], 1e-6, &what);
        near(segment.avg_log_probability, &wanted["avg_log_probability"], 1e-4, &what);
        near(segment.no_speech_probability, &wanted["no_speech_probability"], 1e-4, &what);
        let words = segment.words.as_ref().unwrap();
        assert_eq!(words.len(), wanted["words"].as_array().unwrap().len(), "{what}");
        for (word, wanted) in words.iter().zip(wanted["words"].as_array().unwrap()) {
            assert_eq!(json!(word.text), wanted[0], "{what}");
            near(word.start_s, &wanted[1], 1e-6, &what);
            near(word.end_s, &wanted[2], 1e-6, &what);
            near(word.probability, &wanted[3], 1e-4, &what);
        }
    }
    assert_eq!(found.segments.len(), wanted.len(), "{name} {asked}");
}

/// Times and words of long sound, of a batch of two.
#[test]
fn long_sound_gives_the_segments_of_transformers() {
    let reference = reference();
    for (name, model) in told(&reference) {
        let dir = folder(&reference, model);
        let whisper = Whisper::open(dir.path(), 1).unwrap();
        let end = model["config"]["eos_token_id"].as_u64().unwrap();
        let options = TranscribeOptions {
            word_times: false,
            condition_on_previous_text: false,
            language: Some("en".to_owned()),
            ..plain()
        };
        for (samples, wanted) in
            [sound("long", 7.3), sound("other", 5.0)].iter().zip(model["transformers"].as_array().unwrap())
        {
            let found = whisper.transcribe(samples, &options, &mut Run::unwatched()).unwrap();
            let said = |tokens: &Value| -> Vec<u64> {
                tokens.as_array().unwrap().iter().map(|t| t.as_u64().unwrap()).filter(|&t| t < end).collect()
            };
            let cents = |seconds: f64| (seconds * 100.0).round() as i64;
            let found: Vec<_> = found
                .segments
                .iter()
                .map(|s| (cents(s.start_s), cents(s.end_s), said(&json!(s.tokens))))
                .collect();
            let wanted: Vec<_> = wanted
                .as_array()
                .unwrap()
                .iter()
                .map(|s| {
                    (
                        cents(s["start_s"].as_f64().unwrap()),
                        cents(s["end_s"].as_f64().unwrap()),
                        said(&s["tokens"]),
                    )
                })
                .filter(|(start, end, said)| start < end && !said.is_empty())
                .collect();
            assert_eq!(found, wanted, "{name}");
        }
    }
}

fn segments(found: &Transcript) -> Vec<(f64, f64, Vec<u32>)> {
    found.segments.iter().map(|s| (s.start_s, s.end_s, s.tokens.clone())).collect()
}

fn tiny() -> (tempfile::TempDir, Whisper) {
    let reference = reference();
    let dir = folder(&reference, &reference["models"][0]);
    let whisper = Whisper::open(dir.path(), 1).unwrap();
    (dir, whisper)
}

#[test]
fn silence_is_not_transcribed_and_what_is_skipped_is_told() {
    let (_dir, whisper) = tiny();
    let listen = |samples: &[f32], options: &TranscribeOptions| {
        whisper.transcribe(samples, options, &mut Run::unwatched()).unwrap()
    };
    let silence = vec![0.0; 16_000 * 5];
    let found = listen(&silence, &TranscribeOptions::default());
    assert!(found.segments.is_empty() && found.language.is_none());
    assert_eq!((found.skipped.len(), found.skipped[0].reason), (1, "no_speech"));
    assert_eq!((found.skipped[0].start_s, found.skipped[0].end_s), (0.0, 5.0));
    // The model itself would make something up.
    assert!(!listen(&silence, &plain()).segments.is_empty());
    // Nothing is said outside of the speech that is known.
    let options = TranscribeOptions { speech: Some(vec![(2.0, 2.8), (5.5, 6.5)]), ..plain() };
    let samples = sound("long", 9.0);
    let found = listen(&samples, &options);
    let gaps: Vec<_> = found.skipped.iter().filter(|gap| gap.reason == "no_speech").collect();
    let gaps: Vec<_> = gaps.iter().map(|gap| (gap.start_s, gap.end_s)).collect();
    assert_eq!(gaps, [(0.0, 1.6), (3.2, 5.1), (6.9, 9.0)]);
    for segment in &found.segments {
        let inside = |from: f64, to: f64| segment.start_s >= from && segment.end_s <= to;
        assert!(inside(1.6, 3.2) || inside(5.1, 6.9), "{segment:?}");
    }
    // A window in which the model hears nobody is told too.
    let options = TranscribeOptions { no_speech_threshold: Some(0.0), ..plain() };
    let found = listen(&samples, &options);
    assert!(found.segments.is_empty() && found.skipped.iter().all(|s| s.reason == "no_speech_by_model"));
    assert!(listen(&[], &plain()).segments.is_empty() && listen(&[0.1; 100], &plain()).segments.is_empty());
}

#[test]
fn a_text_that_cannot_be_trusted_is_drawn_anew_and_the_same_each_time() {
    let (_dir, whisper) = tiny();
    let samples = sound("long", 4.0);
    let listen =
        |options: &TranscribeOptions| whisper.transcribe(&samples, options, &mut Run::unwatched()).unwrap();
    let greedy = listen(&plain());
    assert!(greedy.segments.iter().all(|segment| segment.temperature == 0.0));
    // No text is likely enough, so the last temperature counts; one that every text meets, and the first does.
    let draw = |seed| TranscribeOptions {
        temperatures: vec![0.0, 0.5, 1.0],
        log_probability_threshold: Some(-1e-9),
        seed,
        ..plain()
    };
    let drawn = listen(&draw(1));
    assert!(!drawn.segments.is_empty() && drawn.segments.iter().all(|segment| segment.temperature == 1.0));
    assert_eq!(drawn, listen(&draw(1)));
    assert_ne!(segments(&drawn), segments(&listen(&draw(2))));
    let met = TranscribeOptions { log_probability_threshold: Some(-100.0), ..draw(1) };
    assert_eq!(segments(&listen(&met)), segments(&greedy));
    let repeats = TranscribeOptions {
        log_probability_threshold: None,
        compression_ratio_threshold: Some(0.0),
        ..draw(1)
    };
    assert!(listen(&repeats).segments.iter().all(|segment| segment.temperature == 1.0));
}

#[test]
fn threads_change_nothing_and_the_host_can_stop_it() {
    let reference = reference();
    let dir = folder(&reference, &reference["models"][0]);
    let samples = sound("long", 6.0);
    let listen = |threads| {
        let whisper = Whisper::open(dir.path(), threads).unwrap();
        whisper.transcribe(&samples, &plain(), &mut Run::unwatched()).unwrap()
    };
    assert_eq!(listen(1), listen(3));
    let cancel = CancelToken::default();
    cancel.cancel();
    let mut run = Run::new(Scope::noop(), None, cancel, None, Steps::new(&[("transcribe", 1.0)]));
    let error = Whisper::open(dir.path(), 1).unwrap().transcribe(&samples, &plain(), &mut run).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

/// The order of what tells what is said, the names of files of captions, and the reasons where nothing does.
#[test]
fn an_asset_is_transcribed_where_nothing_else_tells_what_is_said() {
    let reference = reference();
    let dir = folder(&reference, &reference["models"][0]);
    let analyze = |input: Input, model: Option<&Path>| {
        let options = AnalyzeOptions {
            speech_model: model.map(|model| model.to_str().unwrap().to_owned()),
            modalities: Some(vec![Modality::Text, Modality::Voice]),
            ..AnalyzeOptions::default()
        };
        Analyzer::new(options).unwrap().analyze(input).unwrap().payload.modalities
    };
    // The sweeps of the other tests are taken for speech.
    let hum = || (0..32_000).map(|i| (0.1 * f64::from(i)).sin() as f32 * 0.01).collect();
    let hum = || RawAudio { samples: hum(), sample_rate: 16_000, channels: 1 };
    let reason = |model: Option<&Path>| analyze(Input::raw(Some(hum()), None), model).text.reason.unwrap();
    assert!(reason(None).contains("speech_model"), "{}", reason(None));
    assert!(reason(Some(dir.path())).contains("nobody speaks"), "{}", reason(Some(dir.path())));
    let Some(jfk) = common::shared("an_asset_is_transcribed", "data/audio/jfk.wav") else { return };
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("clip.wav");
    std::fs::copy(&jfk, &copy).unwrap();
    let broken = tempfile::tempdir().unwrap();
    for model in [broken.path(), Path::new("no-such-model")] {
        let text = analyze(Input::path(&copy), Some(model)).text;
        assert_eq!(text.status, ModalityStatus::Unavailable);
        assert!(text.reason.unwrap().contains("no speech is recognised"));
    }
    let found = analyze(Input::path(&copy), Some(dir.path()));
    let (text, voice) = (found.text.summary.unwrap(), found.voice.summary.unwrap());
    assert_eq!(text.source, Some(TextSource::Speech));
    assert!(found.text.model_version.starts_with("text-3+"), "{}", found.text.model_version);
    let speakers: Vec<&str> = voice.turns.iter().flatten().map(|turn| turn.speaker.as_str()).collect();
    let words: Vec<_> = text.transcript.iter().flat_map(|segment| segment.words.iter().flatten()).collect();
    assert!(!words.is_empty() && words.iter().all(|word| (0.0..=11.1).contains(&word.start_s)));
    assert!(words.iter().all(|word| word.probability.is_some_and(|p| (0.0..=1.0).contains(&p))));
    let named: Vec<&str> = words.iter().filter_map(|word| word.speaker.as_deref()).collect();
    assert!(!named.is_empty() && named.iter().all(|name| speakers.contains(name)), "{named:?} {speakers:?}");
    // Text that is given, and captions beside the file, come first.
    let given = analyze(Input::path(&copy).with_text("Ask not."), Some(dir.path())).text.summary.unwrap();
    assert_eq!(given.source, Some(TextSource::Given));
    let ass = "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,Ask not\n";
    std::fs::write(place.path().join("clip.ass"), ass).unwrap();
    let beside = analyze(Input::path(&copy), Some(dir.path())).text.summary.unwrap();
    assert_eq!((beside.source, beside.transcript[0].text.as_str()), (Some(TextSource::Sidecar), "Ask not"));
}

/// By name, as the other languages call it: samples of any rate, one file, and many of which one fails.
#[test]
fn transcription_is_called_by_name() {
    let (dir, whisper) = tiny();
    let settings = |more: Value| {
        let mut settings = json!({ "model": dir.path(), "vad": false, "temperatures": [0], "no_speech_threshold": null,
            "log_probability_threshold": null, "compression_ratio_threshold": null, "threads": 1 });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings.as_object().unwrap().clone()
    };
    let samples = sound("long", 3.0);
    let wanted = whisper.transcribe(&samples, &plain(), &mut Run::unwatched()).unwrap();
    let given = Samples { samples: &samples, sample_rate: 16_000, channels: 1 };
    let found = call("text.transcribe", given, &settings(json!({}))).unwrap().value;
    assert_eq!(found, serde_json::to_value(&wanted).unwrap());
    let slow = Samples { sample_rate: 8000, ..given };
    let duration = call("text.transcribe", slow, &settings(json!({}))).unwrap().value["duration_s"].as_f64();
    assert!((duration.unwrap() - 6.0).abs() < 0.01);
    // The same samples in a file, as 32-bit floating point.
    let wav = dir.path().join("a.wav");
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let size = bytes.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    file.extend([16_000_u32, 64_000].into_iter().flat_map(u32::to_le_bytes));
    file.extend(b"\x04\0\x20\0data");
    file.extend(size.to_le_bytes());
    file.extend(bytes);
    std::fs::write(&wav, file).unwrap();
    let one = call_plain("text.transcribe", &settings(json!({ "path": wav }))).unwrap().value;
    assert_eq!(one["segments"], found["segments"]);
    let many = json!({ "paths": [wav, dir.path().join("none.wav")] });
    let many = call_plain("text.transcribe", &settings(many)).unwrap().value;
    assert_eq!(many[0], one);
    assert_eq!(many[1]["error"]["code"], "NOT_FOUND");
    for (wrong, name) in [
        (json!({ "path": wav, "paths": [wav] }), "not both"),
        (json!({ "path": wav, "task": "sing" }), "translate"),
        (json!({}), "path"),
    ] {
        let error = call_plain("text.transcribe", &settings(wrong)).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidConfig && error.to_string().contains(name), "{error}");
    }
}

#[test]
fn what_the_model_does_not_have_is_refused() {
    let reference = reference();
    let (_dir, whisper) = tiny();
    let english = folder(&reference, &reference["models"][1]);
    let english = Whisper::open(english.path(), 1).unwrap();
    let samples = sound("long", 1.0);
    let asked = |whisper: &Whisper, options: TranscribeOptions| {
        whisper.transcribe(&samples, &options, &mut Run::unwatched()).unwrap_err()
    };
    let french = || TranscribeOptions { language: Some("fr".to_owned()), ..plain() };
    let error = asked(&whisper, french());
    assert!(error.kind() == ErrorKind::InvalidConfig && error.to_string().contains("de en zh"), "{error}");
    for options in [french(), TranscribeOptions { translate: true, ..plain() }] {
        assert_eq!(asked(&english, options).kind(), ErrorKind::InvalidConfig);
    }
    for options in [
        TranscribeOptions { temperatures: vec![f64::NAN], ..plain() },
        TranscribeOptions { temperatures: vec![0.0; 17], ..plain() },
        TranscribeOptions { no_speech_threshold: Some(f64::INFINITY), ..plain() },
        TranscribeOptions { speech: Some(vec![(2.0, 1.0)]), ..plain() },
    ] {
        assert_eq!(asked(&whisper, options).kind(), ErrorKind::InvalidConfig);
    }
    let error = whisper.transcribe(&[f32::NAN], &plain(), &mut Run::unwatched()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let reference = reference();
    let model = &reference["models"][0];
    let change = |file: &str, edit: &dyn Fn(&mut Value)| {
        let dir = folder(&reference, model);
        let path = dir.path().join(file);
        let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        edit(&mut value);
        std::fs::write(&path, value.to_string()).unwrap();
        Whisper::open(dir.path(), 1).unwrap_err()
    };
    type Spoil<'a> = &'a dyn Fn(&mut Value);
    let cases: [(&str, &str, Spoil<'_>); 6] = [
        ("tokenizer.json", "cannot be read", &|value| value["model"] = json!(7)),
        ("tokenizer.json", "another token", &|value| {
            value["model"]["vocab"].as_object_mut().unwrap().remove("x");
        }),
        ("tokenizer.json", "fewer tokens", &|value| value["model"]["vocab"]["x"] = json!(5000)),
        ("generation_config.json", "times", &|value| value["no_timestamps_token_id"] = json!(5)),
        ("generation_config.json", "language", &|value| value["lang_to_id"] = json!({ "<|en|>": 3 })),
        ("generation_config.json", "alignment", &|value| value["alignment_heads"] = json!([[9, 0]])),
    ];
    for (file, why, edit) in cases {
        let error = change(file, edit);
        assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{error}");
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
    let dir = folder(&reference, model);
    std::fs::remove_file(dir.path().join("tokenizer.json")).unwrap();
    let whisper = Whisper::open(dir.path(), 1).unwrap();
    let error = whisper.transcribe(&[0.0; 16_000], &plain(), &mut Run::unwatched()).unwrap_err();
    assert!(error.kind() == ErrorKind::NotFound && error.to_string().contains("tokenizer.json"), "{error}");
}

//! Faces against what is in the pictures, where an ONNX Runtime and the model files are found.

use crate::common;

use common::{root, shared, shared_files};
use serde_json::Value;
use std::path::{Path, PathBuf};
use viralnow_core::imaging::RgbImage;
use viralnow_core::media::RawFrames;
use viralnow_core::vision::{
    ExpressionModel, Face, FaceDetector, FaceModel, FaceParams, UltraFace, YuNet, detect_faces,
};
use viralnow_core::{AnalyzeOptions, Analyzer, ErrorKind, Input, Modality, Preset};

fn open(path: &Path) -> RgbImage {
    let picture = image::open(path).expect("a picture").to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    RgbImage { width, height, data: picture.into_raw() }
}

/// The model file; says why when it cannot be run.
fn model(test: &str, file: &str) -> Option<PathBuf> {
    if let Err(error) = viralnow_core::model::runtime() {
        println!("SKIPPED {test}: {error}");
        return None;
    }
    shared(test, &format!("data/models/{file}"))
}

/// Runs one of the ignored tests in a process of its own, whose models are those of this folder: the environment is the process's. It
/// reads no text, which would take most of its time: no tesseract is there, nor the Python packages, but for the ONNX Runtime found here.
fn in_a_process(test: &str, models: &Path) {
    let runtime = viralnow_core::model::runtime().expect("asked for before").path;
    let text = common::process(test, |command| {
        command.env("VIRALNOW_MODELS", models).env("VIRALNOW_ONNXRUNTIME", runtime);
        command.env("VIRALNOW_TESSERACT", "/no/such/library").env_remove("VIRTUAL_ENV");
    });
    println!("{text}");
}

/// `truth.json`.
fn truth(test: &str) -> Option<Value> {
    let text = std::fs::read(shared(test, "data/truth.json")?).expect("readable");
    Some(serde_json::from_slice(&text).expect("JSON"))
}

/// All faces lie in the picture, the surest first.
fn assert_sound(faces: &[Face], picture: &RgbImage) {
    let (width, height) = (picture.width as f32, picture.height as f32);
    for face in faces {
        let [left, top, right, bottom] = face.bounds;
        assert!(0.0 <= left && left < right && right <= width, "{face:?}");
        assert!(0.0 <= top && top < bottom && bottom <= height, "{face:?}");
        assert!((0.0..=1.0).contains(&face.score), "{face:?}");
    }
    assert!(faces.is_sorted_by(|a, b| a.score >= b.score));
}

/// All pictures and how many faces `truth.json` says that they have; the photograph of 1927 has 29 printed names. Those of which it says
/// nothing of the kind are pages, peppers and a bridge, by eye.
fn pictures(test: &str) -> Vec<(String, PathBuf, usize)> {
    let Some(truth) = truth(test) else { return Vec::new() };
    let files = shared_files(test, "data/images").into_iter().map(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let count = truth[format!("images/{name}")]["faces"].as_u64().unwrap_or(0) as usize;
        (name, path, count)
    });
    let files: Vec<_> = files.collect();
    for key in truth.as_object().expect("files").keys().filter_map(|key| key.strip_prefix("images/")) {
        assert!(files.iter().any(|(name, ..)| name == key), "{key} is in truth.json and not there");
    }
    assert_eq!(files.iter().filter(|(.., count)| *count > 0).count(), 2, "{files:?}");
    files
}

fn scores(faces: &[Face]) -> Vec<f32> {
    faces.iter().map(|face| face.score).collect()
}

#[test]
fn yunet_finds_the_faces_and_nothing_else() {
    let test = "yunet_finds_the_faces_and_nothing_else";
    let Some(file) = model(test, "yunet_n_dynamic.onnx") else { return };
    let mut wrong = Vec::new();
    for (name, path, count) in pictures(test) {
        let picture = open(&path);
        for longest_side in [640, 1280] {
            let detector = YuNet::open(&file, longest_side, None, 1).expect("YuNet");
            let faces = detector.detect(&picture).expect("detected");
            println!("{name} at {longest_side}: {} of {count}, {:?}", faces.len(), scores(&faces));
            if faces.len() != count {
                wrong.push(format!("{name} at {longest_side}: {} of {count}", faces.len()));
            }
            assert_sound(&faces, &picture);
            for [eye, other_eye, _, mouth, other_mouth] in faces.iter().filter_map(|face| face.landmarks) {
                assert!(
                    eye[0] < other_eye[0] && eye[1] < mouth[1] && other_eye[1] < other_mouth[1],
                    "{name}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// By hand, from hairline to chin: the astronaut's face lies between columns 175 and 275 and rows 60 and 180.
#[test]
fn both_find_the_same_face_where_it_is() {
    let test = "both_find_the_same_face_where_it_is";
    let (Some(yunet), Some(ultraface)) =
        (model(test, "yunet_n_dynamic.onnx"), model(test, "version-RFB-320.onnx"))
    else {
        return;
    };
    let Some(path) = shared(test, "data/images/astronaut.png") else { return };
    let picture = open(&path);
    let detectors: [Box<dyn FaceDetector>; 2] = [
        Box::new(YuNet::open(yunet, 320, None, 1).expect("YuNet")),
        Box::new(UltraFace::open(ultraface, None, 1).expect("UltraFace")),
    ];
    for detector in detectors {
        let faces = detector.detect(&picture).expect("detected");
        assert_eq!(sure(&faces), 1, "{faces:?}");
        for (side, by_hand) in faces[0].bounds.iter().zip([175.0, 60.0, 275.0, 180.0]) {
            assert!((side - by_hand).abs() < 20.0, "{:?}", faces[0]);
        }
    }
}

/// Faces of which a detector is all but certain. At its own threshold of 0.7, `UltraFace` also takes hair or a pepper for one.
fn sure(faces: &[Face]) -> usize {
    faces.iter().filter(|face| face.score >= 0.9).count()
}

/// The model for 320 x 240 pixels is known to find 15 of the 29 (`truth.json`), the slim one about half of that.
#[test]
fn ultraface_finds_large_faces() {
    let test = "ultraface_finds_large_faces";
    let pictures: Vec<_> =
        pictures(test).into_iter().map(|(name, path, count)| (name, open(&path), count)).collect();
    for file in ["version-RFB-320.onnx", "version-slim-320.onnx"] {
        let Some(file) = model(test, file) else { return };
        let detector = UltraFace::open(&file, None, 1).expect("UltraFace");
        for (name, picture, count) in &pictures {
            let count = *count;
            let faces = detector.detect(picture).expect("detected");
            println!("{name} by {}: {} of {count}, {:?}", file.display(), faces.len(), scores(&faces));
            assert_sound(&faces, picture);
            if count < 2 {
                assert_eq!(sure(&faces), count, "{name}: {faces:?}");
                assert!(faces.len() <= count + 1, "{name}: {faces:?}");
            } else {
                assert!((7..=count).contains(&faces.len()), "{name}: {}", faces.len());
            }
        }
    }
}

/// What is told of a single picture is what is there, though the detector alone is less sure (see the test above).
#[test]
fn stills_have_no_face_that_ultraface_is_unsure_of() {
    let test = "stills_have_no_face_that_ultraface_is_unsure_of";
    for file in ["version-RFB-320.onnx", "version-slim-320.onnx"] {
        let Some(path) = model(test, file) else { return };
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::copy(&path, dir.path().join(file)).expect("copied");
        in_a_process("vision_faces::in_stills", dir.path());
    }
}

#[test]
#[ignore = "run by the test above, in its environment"]
fn in_stills() {
    let options = AnalyzeOptions {
        modalities: Some(vec![Modality::Vision]),
        preset: Preset::Fast,
        ..AnalyzeOptions::default()
    };
    let analyzer = Analyzer::new(options).expect("options");
    let mut wrong = Vec::new();
    for (name, path, count) in pictures("in_stills") {
        let vision = analyzer.analyze(Input::path(path)).expect("analysed").payload.modalities.vision;
        assert!(vision.model_version.contains("ultraface"), "{}", vision.model_version);
        let summary = vision.summary.expect("pictures");
        let tracks = summary.face_tracks.expect("looked for");
        let spans = summary.faces.expect("looked for");
        let scores: Vec<f64> = tracks.iter().map(|track| track.confidence).collect();
        println!("{name}: {} of {count}, {scores:?}, {spans:?}", tracks.len());
        let good = if count < 2 {
            tracks.len() == count
        } else {
            // Some of the tiny ones are found.
            (1..=count).contains(&tracks.len())
        };
        if !good || spans.len() != usize::from(!tracks.is_empty()) {
            wrong.push(format!("{name}: {} of {count}, {scores:?}, {spans:?}", tracks.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pictures_of_any_size_are_taken_and_none_is_refused() {
    let test = "pictures_of_any_size_are_taken_and_none_is_refused";
    let (Some(yunet), Some(ultraface)) =
        (model(test, "yunet_n_dynamic.onnx"), model(test, "version-RFB-320.onnx"))
    else {
        return;
    };
    let detectors: [Box<dyn FaceDetector>; 2] = [
        Box::new(YuNet::open(yunet, 320, None, 1).expect("YuNet")),
        Box::new(UltraFace::open(ultraface, None, 1).expect("UltraFace")),
    ];
    for detector in detectors {
        for (width, height) in [(1, 1), (1, 900), (3000, 2), (33, 31), (640, 360)] {
            let picture = RgbImage { width, height, data: vec![90; 3 * width * height] };
            assert_eq!(detector.detect(&picture).expect("detected"), [], "{width} x {height}");
        }
        for (width, height, samples) in [(0, 0, 0), (0, 10, 0), (2, 2, 11), (usize::MAX, 2, 12)] {
            let error =
                detector.detect(&RgbImage { width, height, data: vec![0; samples] }).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}

#[test]
fn what_is_no_detector_or_no_setting_is_refused() {
    let picture = RgbImage { width: 4, height: 4, data: vec![0; 48] };
    for params in [
        FaceParams { longest_side: 0, ..FaceParams::default() },
        FaceParams { longest_side: 1 << 20, ..FaceParams::default() },
        FaceParams { least_score: Some(f32::NAN), ..FaceParams::default() },
    ] {
        assert_eq!(detect_faces(&picture, &params).expect_err("refused").kind(), ErrorKind::InvalidConfig);
    }
    assert_eq!("eyes".parse::<FaceModel>().expect_err("refused").kind(), ErrorKind::InvalidConfig);
    let test = "what_is_no_detector_or_no_setting_is_refused";
    let (Some(yunet), Some(other)) = (model(test, "yunet_n_dynamic.onnx"), model(test, "silero_vad_v6.onnx"))
    else {
        return;
    };
    assert_eq!(YuNet::open(&other, 320, None, 1).expect_err("refused").kind(), ErrorKind::InvalidInput);
    assert_eq!(UltraFace::open(yunet, None, 1).expect_err("refused").kind(), ErrorKind::InvalidInput);
}

/// The environment is a process's own, so the analyses with the model are a process: the ignored test below.
#[test]
fn videos_have_the_faces_that_were_seen_in_them() {
    let test = "videos_have_the_faces_that_were_seen_in_them";
    let Some(file) = model(test, "yunet_n_dynamic.onnx") else { return };
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::copy(&file, dir.path().join("yunet.onnx")).expect("copied");
    in_a_process("vision_faces::in_videos", dir.path());
}

/// A file that has the name of a detector and is none has no part in the version of the features.
#[test]
fn a_detector_that_cannot_be_opened_is_not_in_the_version() {
    if let Err(error) = viralnow_core::model::runtime() {
        println!("SKIPPED a_detector_that_cannot_be_opened_is_not_in_the_version: {error}");
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("yunet.onnx"), b"no model").expect("written");
    in_a_process("vision_faces::with_a_broken_detector", dir.path());
}

#[test]
#[ignore = "run by the test above, in its environment"]
fn with_a_broken_detector() {
    let options = AnalyzeOptions { modalities: Some(vec![Modality::Vision]), ..AnalyzeOptions::default() };
    let picture = RawFrames { width: 32, height: 32, rgb: vec![90; 3 * 32 * 32], times_s: vec![0.0] };
    let analyzer = Analyzer::new(options).expect("options");
    let vision =
        analyzer.analyze(Input::raw(None, Some(picture))).expect("analysed").payload.modalities.vision;
    let summary = vision.summary.expect("pictures");
    assert!(summary.faces.is_none() && summary.missing.contains_key("faces"));
    assert!(!vision.model_version.contains("yunet"), "{}", vision.model_version);
}

/// `truth.json`: one face in every frame of the two signers and of the selfie; none in the butterfly, nor of a human in the three films that
/// are drawn, whose animals are no faces either.
#[test]
#[ignore = "run by the test above, in its environment"]
fn in_videos() {
    let Some(truth) = truth("in_videos") else { return };
    let number = |value: &Value, key: &str| value[key].as_u64();
    let videos: Vec<(&str, u32)> = truth
        .as_object()
        .expect("files")
        .iter()
        .filter_map(|(key, value)| {
            let said = ["human_faces", "faces_per_frame", "faces"].iter().find_map(|key| number(value, key));
            Some((key.strip_prefix("video/")?, said? as u32))
        })
        .collect();
    println!("{videos:?}");
    for name in ["bbb_0_30.webm", "mdn_pig.mp4", "mdn_elf.webm", "butterfly.mp4"] {
        assert!(videos.contains(&(name, 0)), "{name} is not among {videos:?}");
    }
    assert_eq!(videos.iter().filter(|(_, faces)| *faces == 1).count(), 3, "{videos:?}");
    let mut wrong = Vec::new();
    for (name, faces) in videos {
        let Some(path) = shared("in_videos", &format!("data/video/{name}")) else { return };
        // Those without a face need not be looked at as closely as CI has time for.
        let preset = if faces == 0 && !common::long() { Preset::Fast } else { Preset::Balanced };
        let options =
            AnalyzeOptions { modalities: Some(vec![Modality::Vision]), preset, ..AnalyzeOptions::default() };
        let analyzer = Analyzer::new(options).expect("options");
        let payload = analyzer.analyze(Input::path(path)).expect("analysed").payload;
        let vision = payload.modalities.vision.summary.expect("pictures");
        let (spans, tracks) = (vision.faces.expect("looked for"), vision.face_tracks.expect("looked for"));
        println!("{name}, {preset:?}: {faces} faces, {spans:?} {tracks:?}");
        let covered: f64 = spans.iter().map(|span| span.end_s - span.start_s).sum();
        let length = payload.media.duration_s.expect("a length");
        if faces == 0 {
            if !spans.is_empty() || !tracks.is_empty() {
                wrong.push(format!("{name}, {preset:?}: {spans:?} {tracks:?}"));
                continue;
            }
            assert!(vision.shots.iter().all(|shot| shot.faces_present == Some(false)), "{name}");
        } else {
            assert!(covered > 0.95 * length, "{name}: {covered} of {length} s");
            assert!(spans.iter().all(|span| span.count == faces), "{name}: {spans:?}");
            // One person is one track, but for a turned head now and then.
            assert!(tracks.len() <= 2, "{name}: {tracks:?}");
            assert!(
                vision
                    .shots
                    .iter()
                    .all(|shot| shot.faces_present == Some(true) && shot.face_count == Some(faces))
            );
        }
        for field in ["faces.valence", "faces.arousal"] {
            assert!(vision.missing.contains_key(field), "{name}: {field}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `tests/model/tiny_expression.py` says what the model answers of a face: it follows from the mean colour of its box.
#[test]
fn expressions_are_those_of_the_model() {
    let test = "expressions_are_those_of_the_model";
    let Some(yunet) = model(test, "yunet_n_dynamic.onnx") else { return };
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::copy(&yunet, dir.path().join("yunet.onnx")).expect("copied");
    let tiny = root().join("tests/model/tiny_expression.onnx");
    std::fs::copy(&tiny, dir.path().join("enet_b0_8_va_mtl.onnx")).expect("copied");
    in_a_process("vision_faces::with_expressions", dir.path());
    // What takes no faces is refused.
    assert_eq!(ExpressionModel::open(yunet, 1).expect_err("refused").kind(), ErrorKind::InvalidInput);
}

#[test]
#[ignore = "run by the test above, in its environment"]
fn with_expressions() {
    let Some(path) = shared("with_expressions", "data/images/astronaut.png") else { return };
    let picture = open(&path);
    let faces =
        detect_faces(&picture, &FaceParams { expressions: true, ..FaceParams::default() }).expect("faces");
    let face = faces[0];
    let [left, top, right, bottom] = face.bounds.map(|side| side.round() as usize);
    let mut sum = [0.0_f64; 3];
    for y in top..bottom {
        for x in left..right {
            for (sum, &value) in sum.iter_mut().zip(&picture.data[3 * (y * picture.width + x)..]) {
                *sum += f64::from(value);
            }
        }
    }
    let count = ((right - left) * (bottom - top)) as f64;
    let normal =
        |channel: usize, mean: f64, deviation: f64| (sum[channel] / count / 255.0 - mean) / deviation;
    let (red, green, blue) = (normal(0, 0.485, 0.229), normal(1, 0.456, 0.224), normal(2, 0.406, 0.225));
    let weights: Vec<f64> = (1..=8).map(|k| (f64::from(k) * (red - green)).exp()).collect();
    let expression = face.expression.expect("asked for");
    println!("{expression:?}, mean colour {red:.3} {green:.3} {blue:.3}");
    for (found, weight) in expression.probabilities.iter().zip(&weights) {
        assert!((f64::from(*found) - weight / weights.iter().sum::<f64>()).abs() < 0.02, "{weights:?}");
    }
    assert!((f64::from(expression.valence.expect("given")) - blue / 4.0).abs() < 0.01);
    assert!((f64::from(expression.arousal.expect("given")) + blue / 4.0).abs() < 0.01);

    let Some(path) = shared("with_expressions", "data/video/asl_book.mkv") else { return };
    let analyzer = Analyzer::new(AnalyzeOptions::default()).expect("options");
    let vision = analyzer.analyze(Input::path(path)).expect("analysed").payload.modalities.vision;
    let summary = vision.summary.expect("pictures");
    let (span, track) = (summary.faces.expect("faces")[0], summary.face_tracks.expect("faces")[0]);
    assert!(span.valence.is_some_and(|v| (-1.0..=1.0).contains(&v)) && span.arousal.is_some());
    assert!(track.expression.is_some() && track.valence.is_some() && track.arousal.is_some());
    assert!(!summary.missing.contains_key("faces.valence"));
}

//! The functions of `vision` by name: what stops them and how long they may take, and the settings of the peer's detectors.

use crate::common;

use common::{root, shared, small};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use viralnow_core::ErrorKind;
use viralnow_core::call::{Pixels, call_pictures, call_plain, call_plain_watched};
use viralnow_core::imaging::{RgbImage, Rotation};
use viralnow_core::monitor::{CancelToken, Control, Progress};
use viralnow_core::vision::VideoFingerprint;

/// Those that decode a file.
const ON_FILES: [&str; 4] =
    ["vision.contact_sheet", "vision.detect_shots", "vision.fingerprint", "vision.motion_vectors"];
/// Six minutes in 1080p: to decode it takes many times as long as the calls here may run.
const LONG: &str = "data/video/long_1080p_lowbitrate.mp4";
/// What a call that is stopped may take, on a machine that is busy with other tests; what it says comes within a picture's time.
const SOON: Duration = Duration::from_secs(5);

fn settings(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

#[test]
fn a_file_function_ends_when_its_time_is_over() {
    let Some(path) = shared("a_file_function_ends_when_its_time_is_over", LONG) else { return };
    for name in ON_FILES {
        let started = Instant::now();
        let given = json!({ "path": path, "limits": { "max_wall_s": 0.2 } });
        let error = call_plain(name, settings(&given)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{name}: {error}");
        assert!(error.to_string().contains("max_wall_s"), "{name}: {error}");
        assert!(started.elapsed() < SOON, "{name}: {:?}", started.elapsed());
    }
}

#[test]
fn a_file_function_is_stopped_by_its_token_and_by_its_observer() {
    let Some(path) = shared("a_file_function_is_stopped_by_its_token_and_by_its_observer", LONG) else {
        return;
    };
    let given = json!({ "path": path });
    for name in ON_FILES {
        let (token, started) = (CancelToken::default(), Instant::now());
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                token.cancel();
            });
            call_plain_watched(name, settings(&given), &token, None).unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{name}: {error}");
        assert!(started.elapsed() < SOON, "{name}: {:?}", started.elapsed());

        let (token, started) = (CancelToken::default(), Instant::now());
        let stop = Arc::new(|progress: &Progress| match progress.fraction > 0.0 {
            true => Control::Stop,
            false => Control::Continue,
        });
        let error = call_plain_watched(name, settings(&given), &token, Some(stop)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{name}: {error}");
        assert!(started.elapsed() < SOON, "{name}: {:?}", started.elapsed());
        assert!(!token.is_cancelled(), "{name}: the token may serve other calls");
    }
}

#[test]
fn a_file_function_tells_how_far_it_is() {
    for name in ON_FILES {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let observer = Arc::new(move |progress: &Progress| {
            log.lock().expect("a lock").push((progress.stage, progress.fraction));
            Control::Continue
        });
        let given = json!({ "path": small(), "limits": { "max_wall_s": 600 } });
        call_plain_watched(name, settings(&given), &CancelToken::default(), Some(observer))
            .expect("a result");
        let seen = seen.lock().expect("a lock");
        assert!(seen.is_sorted_by(|a, b| a.1 <= b.1), "{name}: {seen:?}");
        assert!(
            seen.iter().any(|(stage, share)| *stage == "decode" && (0.01..1.0).contains(share)),
            "{name}: {seen:?}"
        );
        assert_eq!(seen.last(), Some(&("done", 1.0)), "{name}");
    }
}

#[test]
fn a_sheet_by_shots_has_a_picture_of_each() {
    let text = std::fs::read_to_string(root().join("examples/media/demo.truth.json")).expect("the truth");
    let truth: Value = serde_json::from_str(&text).expect("JSON");
    let shots: Vec<(f64, f64)> = truth["shots"]
        .as_array()
        .expect("shots")
        .iter()
        .map(|shot| (shot["start"].as_f64().expect("a time"), shot["end"].as_f64().expect("a time")))
        .collect();
    let times = |given: Value| -> Vec<f64> {
        let found = call_plain("vision.contact_sheet", settings(&given)).expect("a sheet").value;
        let times = found["times_s"].as_array().expect("times").iter();
        times.map(|time_s| time_s.as_f64().expect("a time")).collect()
    };
    let shot_of = |time_s: &f64| shots.partition_point(|(_, end_s)| end_s - 1e-3 <= *time_s);
    // By shots where nothing is said: one of each, near its middle, and further ones of shots of four seconds alone.
    let all = times(json!({ "path": small(), "cell_width": 40 }));
    println!("{all:?}");
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
    for (k, (start_s, end_s)) in shots.iter().enumerate() {
        let within: Vec<&f64> = all.iter().filter(|time_s| shot_of(time_s) == k).collect();
        assert!((1..=2).contains(&within.len()), "shot {k} of {start_s} to {end_s} s: {all:?}");
        let off_s = (within[0] - f64::midpoint(*start_s, *end_s)).abs();
        assert!(within.len() == 2 || off_s < 0.35, "shot {k} of {start_s} to {end_s} s: {all:?}");
    }
    // One in three shots, and four at even distances in time.
    let some = times(json!({ "path": small(), "cell_width": 40, "pictures": 4, "by": "shots" }));
    assert_eq!(some.iter().map(shot_of).collect::<Vec<_>>(), [0, 3, 6, 9], "{some:?}");
    let even = times(json!({ "path": small(), "cell_width": 40, "pictures": 4, "by": "time" }));
    let apart: Vec<f64> = even.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(even.len() == 4 && even[0] == 0.0 && apart.iter().all(|s| (3.9..9.0).contains(s)), "{even:?}");
    let error =
        call_plain("vision.contact_sheet", settings(&json!({ "path": "no-such-file", "by": "cuts" })));
    assert_eq!(error.expect_err("refused").kind(), ErrorKind::InvalidConfig);
}

/// Before the file is looked for.
#[test]
fn wrong_limits_are_refused_by_their_names() {
    for name in ON_FILES {
        for (limits, says) in [
            (json!({ "max_wall_s": 0 }), "max_wall_s"),
            (json!({ "max_pixels": 0 }), "max_pixels"),
            (json!({ "max_wall": 1 }), "max_wall"),
            (json!({ "max_bytes": "many" }), "limits"),
        ] {
            let given = json!({ "path": "no-such-file.mp4", "limits": limits });
            let error = call_plain(name, settings(&given)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name}: {error}");
            assert!(format!("{error:?} {error}").contains(says), "{name}: {error:?}");
        }
    }
}

/// `tests/peers/shots.json`, which `shots.py` beside it wrote.
#[test]
fn other_settings_by_name_cut_where_pyscenedetect_does() {
    let test = "other_settings_by_name_cut_where_pyscenedetect_does";
    let text = std::fs::read_to_string(root().join("tests/peers/shots.json")).expect("the peer's numbers");
    let peer: Value = serde_json::from_str(&text).expect("JSON");
    let cases = peer["cases"].as_array().expect("cases");
    assert!(cases.len() >= 12);
    // Every second of them; `make test-long` sees all.
    for case in cases.iter().step_by(if common::long() { 1 } else { 2 }) {
        let file = case["file"].as_str().expect("a file");
        let Some(path) = shared(test, &format!("data/video/{file}")) else { return };
        let given = json!({ "path": path, "preset": "reference", "threads": 2, "detector": case["detector"],
                            "params": case["params"] });
        let found = call_plain("vision.detect_shots", settings(&given)).expect("shots").value;
        let cuts: Vec<&Value> =
            found["cuts"].as_array().expect("cuts").iter().map(|cut| &cut["frame"]).collect();
        assert_eq!(cuts, case["cuts"].as_array().expect("cuts").iter().collect::<Vec<_>>(), "{case}");
    }
}

/// Before the file is looked for, also where the detector itself refuses a value.
#[test]
fn wrong_settings_of_a_detector_are_refused_by_their_names() {
    for (detector, params, says) in [
        ("content", json!({ "thresold": 20 }), "thresold"),
        ("content", json!({ "kernel_size": 4 }), "kernel_size"),
        ("adaptive", json!({ "window_width": 0 }), "window_width"),
        ("histogram", json!({ "bins": 1000 }), "bins"),
        ("threshold", json!({ "fade_bias": 2 }), "fade_bias"),
        ("hash", json!({ "min_scene_len": -1 }), "min_scene_len"),
        ("default", json!({ "threshold": 27 }), "threshold"),
    ] {
        let given = json!({ "path": "no-such-file.mp4", "detector": detector, "params": params });
        let error = call_plain("vision.detect_shots", settings(&given)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// A picture of cells whose brightness follows from the seed.
fn cells(seed: usize) -> RgbImage {
    let cell = |x: usize, y: usize| (x / 8 * 89 + y / 8 * 57 + (x / 8) * (y / 8) * (31 + 12 * seed)) % 256;
    let data = (0..96 * 64).flat_map(|i| [cell(i % 96, i / 96) as u8; 3]).collect();
    RgbImage { width: 96, height: 64, data }
}

#[test]
fn copies_among_many_are_told_by_their_places() {
    let text = |seed| {
        VideoFingerprint::of_picture(&cells(seed).as_picture(), Rotation::None).expect("a print").to_base64()
    };
    let given = json!({ "prints": [text(0), text(3), text(0)] });
    let found = call_plain("vision.find_copies", settings(&given)).expect("pairs").value;
    assert_eq!(found.as_array().expect("pairs").len(), 1, "{found}");
    assert_eq!((&found[0]["a"], &found[0]["b"], &found[0]["share"]), (&json!(0), &json!(2), &json!(1.0)));
    let error =
        call_plain("vision.find_copies", settings(&json!({ "prints": [text(0), "none"] }))).unwrap_err();
    assert!(error.context().contains(&("print", "1".to_owned())), "{error:?}");
    let token = CancelToken::default();
    token.cancel();
    let error = call_plain_watched("vision.find_copies", settings(&given), &token, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn the_first_of_the_eight_versions_of_pdq_is_pdq() {
    let picture = cells(1);
    let pixels = Pixels { data: &picture.data, width: 96, height: 64, channels: 3 };
    let all = call_pictures("vision.pdq_dihedral", &[pixels], &Map::new()).expect("hashes").value;
    let one = call_pictures("vision.pdq", &[pixels], &Map::new()).expect("a hash").value;
    assert_eq!((all.as_array().map(Vec::len), &all[0]), (Some(8), &one));
    assert_ne!(all[5]["hash"], one["hash"], "mirrored");
}

/// Speed of ten stills with the engines that are kept, beside the engine made for each; what they find is the same.
#[test]
fn kept_engines_find_what_new_ones_find() {
    let test = "kept_engines_find_what_new_ones_find";
    let Some(models) = shared(test, "data/models") else { return };
    println!(
        "{}",
        common::process("vision_calls::with_these_models", |command| {
            _ = command.env("VIRALNOW_MODELS", &models);
        })
    );
}

#[test]
#[ignore = "needs the environment of its caller"]
fn with_these_models() {
    let names = ["astronaut.png", "coffee.png", "peppers.png", "ro_en.jpg", "bridge_aaa-orig.jpg"];
    let pictures: Vec<RgbImage> =
        names.iter().filter_map(|name| open(&shared("", &format!("data/images/{name}"))?)).collect();
    let stills: Vec<&RgbImage> = pictures.iter().chain(&pictures).collect();
    let called = |name: &str, given: Value| {
        let started = Instant::now();
        let one = |picture: &&RgbImage| {
            let (width, height) = (picture.width as u32, picture.height as u32);
            let pixels = Pixels { data: &picture.data, width, height, channels: 3 };
            call_pictures(name, &[pixels], settings(&given)).map(|called| called.value)
        };
        let found: Result<Vec<Value>, _> = stills.iter().map(one).collect();
        (found, started.elapsed())
    };
    let as_json = |found: &dyn Fn(&RgbImage) -> viralnow_core::Result<Value>| {
        let started = Instant::now();
        (stills.iter().map(|picture| found(picture)).collect::<Result<Vec<Value>, _>>(), started.elapsed())
    };
    let faces =
        as_json(&|picture| Ok(json!(viralnow_core::vision::detect_faces(picture, &Default::default())?)));
    let text = as_json(&|picture| Ok(json!(viralnow_core::vision::read_text(picture, &Default::default())?)));
    for (name, (new, took)) in [("vision.detect_faces", faces), ("vision.read_text", text)] {
        match (new, called(name, json!({}))) {
            (Ok(new), (Ok(kept), kept_took)) => {
                assert_eq!(new, kept, "{name}");
                println!(
                    "{name} of {} stills: {took:.2?} with an engine for each, {kept_took:.2?} with one kept",
                    stills.len()
                );
            }
            (Err(error), (Err(_), _)) => {
                println!("SKIPPED kept_engines_find_what_new_ones_find: {name}: {error}")
            }
            (new, (kept, _)) => panic!("{name}: {new:?} {kept:?}"),
        }
    }
}

fn open(path: &Path) -> Option<RgbImage> {
    let picture = image::open(path).ok()?.to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Some(RgbImage { width, height, data: picture.into_raw() })
}

/// Colours are taken in `OpenCV`'s gray, so that `reference` has its numbers of them too: cv2 5.0.0's `COLOR_RGB2GRAY` of this picture adds up to
/// 30,252,742 (Pillow's `L`, another level in 209 pixels, to 30,252,539), and weighted by place to 961,940,436,562.
#[test]
fn optical_flow_takes_colours_in_the_gray_of_opencv() {
    let test = "optical_flow_takes_colours_in_the_gray_of_opencv";
    let Some(path) = shared(test, "data/images/astronaut.png") else { return };
    let picture = image::open(path).expect("a picture").to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let image = RgbImage { width, height, data: picture.into_raw() };
    let gray = image.to_opencv_gray();
    let sum: u64 = gray.data.iter().map(|&v| u64::from(v)).sum();
    let weighted: u64 =
        gray.data.iter().zip(1_u64..).map(|(&v, place)| u64::from(v) * (place % 65_521)).sum();
    println!("{sum} {weighted}");
    assert_eq!((sum, weighted), (30_252_742, 961_940_436_562));
    let pillow = image.to_gray();
    assert_eq!(gray.data.iter().zip(&pillow.data).filter(|(a, b)| a != b).count(), 209);

    // The picture, and itself moved by three columns.
    let cut = |data: &[u8], channels: usize, from: usize| -> Vec<u8> {
        let rows = data.chunks_exact(width * channels).map(|row| &row[from * channels..][..320 * channels]);
        rows.take(240).flatten().copied().collect()
    };
    let flow = |data: &[u8], channels: u8, preset: &str| {
        let [a, b] = [103, 100].map(|from| cut(data, channels.into(), from));
        let of = |data| Pixels { data, width: 320, height: 240, channels };
        let given = json!({ "preset": preset });
        let flow = call_pictures("vision.optical_flow", &[of(&a), of(&b)], settings(&given)).expect("a flow");
        ["dx", "dy"].map(|name| flow.vectors[name].data.clone())
    };
    let rgba: Vec<u8> = image.data.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], rgb[0]]).collect();
    for preset in ["reference", "balanced", "fast"] {
        let [colour, clear, ours, other] = [(&image.data, 3), (&rgba, 4), (&gray.data, 1), (&pillow.data, 1)]
            .map(|(data, channels)| flow(data, channels, preset));
        assert!(colour == ours && clear == ours, "{preset}: not the flow of OpenCV's gray");
        // The smaller pictures may round the difference away.
        assert!(preset != "reference" || colour != other, "the flow of Pillow's gray");
    }
}

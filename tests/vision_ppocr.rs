//! PP-OCR against what is written and against rapidocr, where an ONNX Runtime and both networks are found: those of the PyPI package
//! rapidocr-onnxruntime in the virtual environment, which are found by themselves.

use crate::common;
use crate::reading::{assert_captions, error_rate, json, open, said, spaced, vision_of};

use common::{root, shared};
use std::path::PathBuf;
use viralnow_core::extract::{Extractor, ExtractorConfig};
use viralnow_core::media::RawFrames;
use viralnow_core::vision::{TextBox, TextEngine, TextParams, TextReader, VisionExtractor};
use viralnow_core::{AnalyzeOptions, Analyzer, ErrorKind, Input, Modality};

fn networks(test: &str) -> Option<PathBuf> {
    if let Err(error) = viralnow_core::model::runtime() {
        println!("SKIPPED {test}: {error}");
        return None;
    }
    let lib = std::env::var_os("VIRTUAL_ENV").map(|environment| PathBuf::from(environment).join("lib"));
    let pythons = lib.and_then(|lib| lib.read_dir().ok()).into_iter().flatten().flatten();
    let found = pythons
        .map(|python| python.path().join("site-packages/rapidocr_onnxruntime/models"))
        .find(|models| models.is_dir());
    if found.is_none() {
        println!("SKIPPED {test}: rapidocr-onnxruntime is not in the virtual environment");
    }
    found
}

/// What is no tesseract.
const NONE: &str = "/no/such/library";

/// The environment is a process's own, so each reading is a process: an ignored test below. The networks are named where the part asks for
/// its environment's models; else they are found by themselves.
fn run(test: &str, part: &str, tesseract: Option<&str>, named: bool) {
    let Some(models) = networks(test) else { return };
    let text = common::process(&format!("vision_ppocr::{part}"), |command| {
        if let Some(path) = tesseract {
            command.env("VIRALNOW_TESSERACT", path);
        }
        if named {
            command.env("VIRALNOW_MODELS", models);
        } else {
            command.env_remove("VIRALNOW_MODELS");
        }
    });
    println!("{text}");
}

#[test]
fn stills_say_what_is_on_them() {
    run("stills_say_what_is_on_them", "in_stills", None, true);
}

#[test]
fn captions_are_found_without_tesseract() {
    run("captions_are_found_without_tesseract", "in_a_video", Some(NONE), false);
}

/// The version of the features names what reads, not whose files lie about.
#[test]
fn the_version_says_what_reads() {
    run("the_version_says_what_reads", "read_by_ppocr", Some(NONE), false);
    // Without a tesseract and without networks: the data of tesseract's languages may be there.
    let nothing = tempfile::tempdir().expect("a folder");
    let text = common::process("vision_ppocr::read_by_none", |command| {
        command.env("VIRALNOW_TESSERACT", NONE).env_remove("VIRTUAL_ENV");
        command.env("VIRALNOW_MODELS", nothing.path()).env("XDG_CACHE_HOME", nothing.path());
    });
    println!("{text}");
    if let Err(error) = reader_of(TextEngine::Tesseract) {
        return println!("SKIPPED the_version_says_what_reads (tesseract): {error}");
    }
    println!("{}", common::process("vision_ppocr::read_by_tesseract", |_| ()));
}

/// The same before anything is read and after; for a picture and for a video.
fn assert_version(part: &str, ends: Option<&str>) {
    let promised = VisionExtractor::new(&ExtractorConfig::default()).version().to_owned();
    let options = AnalyzeOptions { modalities: Some(vec![Modality::Vision]), ..AnalyzeOptions::default() };
    let analyzer = Analyzer::new(options).expect("options");
    let frames = |times_s: Vec<f64>| RawFrames {
        width: 64,
        height: 64,
        rgb: vec![90; 3 * 64 * 64 * times_s.len()],
        times_s,
    };
    let mut inputs = vec![Input::raw(None, Some(frames(vec![0.0, 0.04, 0.08])))];
    inputs.extend(shared(part, "data/images/ro_TEST.png").map(Input::path));
    for input in inputs {
        let vision = analyzer.analyze(input).expect("analysed").payload.modalities.vision;
        let version = vision.model_version;
        println!("{part}: {promised} {version}");
        assert_eq!(version, promised, "{part}");
        match ends {
            Some(ends) => assert!(version.ends_with(ends), "{version}"),
            None => assert!(!version.contains("+text"), "{version}"),
        }
        let summary = vision.summary.expect("pictures");
        assert_eq!(summary.overlay_text.is_some(), ends.is_some(), "{:?}", summary.missing);
        if ends.is_none() {
            let why = &summary.missing["overlay_text"];
            assert!(why.contains("tesseract") && why.contains("rapidocr-onnxruntime"), "{why}");
        }
    }
}

#[test]
#[ignore = "run by the test above, in its environment"]
fn read_by_ppocr() {
    assert_version("read_by_ppocr", Some("+text-ppocr"));
}

#[test]
#[ignore = "run by the test above, in its environment"]
fn read_by_none() {
    assert_version("read_by_none", None);
}

#[test]
#[ignore = "run by the test above, in its environment"]
fn read_by_tesseract() {
    assert_version("read_by_tesseract", Some("+text-eng"));
}

fn reader_of(engine: TextEngine) -> viralnow_core::Result<TextReader> {
    TextReader::open(&TextParams { engine, ..TextParams::default() })
}

/// How much of the first box lies in the second.
fn covered(line: [f32; 4], by: [f32; 4]) -> f32 {
    let area = |[left, top, right, bottom]: [f32; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let both = [line[0].max(by[0]), line[1].max(by[1]), line[2].min(by[2]), line[3].min(by[3])];
    area(both) / area(line)
}

/// The texts of `truth.json`, and of what rapidocr reads with the same networks every line, at its place.
#[test]
#[ignore = "run by the test above, in its environment"]
fn in_stills() {
    let mut reader = reader_of(TextEngine::PpOcr).expect("PP-OCR");
    let Some(truth) = shared("in_stills", "data/truth.json").map(|path| json(&path)) else { return };
    let peer = json(&root().join("tests/peers/ppocr.json"));
    let (mut lines, mut alike) = (0, 0);
    for (name, known) in peer.as_object().expect("pictures") {
        let Some(path) = shared("in_stills", &format!("data/images/{name}")) else { return };
        let found = reader.read(&open(&path)).expect("read");
        let text = said(&found);
        println!("{name}: {text}");
        if let Some(written) = truth[format!("images/{name}")]["text"].as_str() {
            // The Chinese characters stand apart.
            let (read, written) = if written.is_ascii() {
                (text, spaced(written))
            } else {
                (text.replace(' ', ""), written.to_owned())
            };
            let rate = error_rate(&read, &written);
            println!("{name}: character error rate {rate:.4}");
            assert!(rate <= 0.05, "{name}: {read}");
        }
        for line in known.as_array().expect("lines") {
            let bounds: [f32; 4] = std::array::from_fn(|k| line["box"][k].as_f64().expect("a number") as f32);
            let over = |a: &&TextBox| covered(bounds, a.bounds);
            let nearest = found.iter().max_by(|a, b| over(a).total_cmp(&over(b)));
            let nearest = nearest.unwrap_or_else(|| panic!("{name}: nothing for {line}"));
            // Its boxes are a pixel or two larger, and some lines of ours are two of its.
            assert!(over(&nearest) > 0.6, "{name}: {line} {nearest:?}");
            let plain = |text: &str| text.replace(' ', "");
            lines += 1;
            alike += u32::from(plain(&nearest.text).contains(&plain(line["text"].as_str().expect("a text"))));
        }
    }
    println!("{alike} of {lines} lines are rapidocr's");
    assert!(alike * 20 >= lines * 19 && lines > 30);
}

#[test]
#[ignore = "run by the test above, in its environment"]
fn in_a_video() {
    let error = reader_of(TextEngine::Tesseract).expect_err("not there");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let Some(truth) = shared("in_a_video", "data/truth.json").map(|path| json(&path)) else { return };
    for name in ["clip12_540x960_h264.mp4", "clip12_540x960_vp9.webm"] {
        let Some(path) = shared("in_a_video", &format!("data/video/{name}")) else { return };
        let texts = vision_of(&path).overlay_text.expect("read");
        assert_captions(name, &texts, &truth[format!("video/{name}")], 12.0, 0);
    }
}

#[test]
fn what_is_no_network_is_refused() {
    assert_eq!("easyocr".parse::<TextEngine>().expect_err("refused").kind(), ErrorKind::InvalidConfig);
    run("what_is_no_network_is_refused", "with_broken_networks", None, true);
}

/// A detector in the recogniser's place, and a file that is no model.
#[test]
#[ignore = "run by the test above, in its environment"]
fn with_broken_networks() {
    let there = PathBuf::from(std::env::var_os("VIRALNOW_MODELS").expect("named"));
    for (recogniser, kind) in [(true, ErrorKind::InvalidInput), (false, ErrorKind::DecodeFailed)] {
        let dir = tempfile::tempdir().expect("a folder");
        let detector = there.join("ch_PP-OCRv4_det_infer.onnx");
        std::fs::copy(&detector, dir.path().join("ch_PP-OCRv4_det.onnx")).expect("copied");
        let other = dir.path().join("ch_PP-OCRv4_rec.onnx");
        if recogniser {
            std::fs::copy(&detector, other).expect("copied");
        } else {
            std::fs::write(other, b"no model").expect("written");
        }
        // SAFETY: this process runs this test alone.
        unsafe { std::env::set_var("VIRALNOW_MODELS", dir.path()) };
        // Those of the package are there, too; what was put into a directory counts before them.
        assert_eq!(reader_of(TextEngine::PpOcr).expect_err("refused").kind(), kind);
    }
}

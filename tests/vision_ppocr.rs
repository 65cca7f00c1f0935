//! PP-OCR against what is written and against rapidocr, where an ONNX Runtime and both networks are found: those of the PyPI package
//! rapidocr-onnxruntime in the virtual environment.

use crate::common;
use crate::reading::{assert_captions, error_rate, json, open, said, spaced, vision_of};

use common::{root, shared};
use std::path::PathBuf;
use viralnow_core::ErrorKind;
use viralnow_core::vision::{TextBox, TextEngine, TextParams, TextReader};

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

/// The environment is a process's own, so each reading is a process: an ignored test below.
fn run(test: &str, part: &str, tesseract: Option<&str>) {
    let Some(models) = networks(test) else { return };
    let text = common::process(&format!("vision_ppocr::{part}"), |command| {
        if let Some(path) = tesseract {
            command.env("VIRALNOW_TESSERACT", path);
        }
        command.env("VIRALNOW_MODELS", models);
    });
    println!("{text}");
}

#[test]
fn stills_say_what_is_on_them() {
    run("stills_say_what_is_on_them", "in_stills", None);
}

#[test]
fn captions_are_found_without_tesseract() {
    run("captions_are_found_without_tesseract", "in_a_video", Some("/no/such/library"));
}

fn reader() -> TextReader {
    TextReader::open(&TextParams { engine: TextEngine::PpOcr, ..TextParams::default() }).expect("PP-OCR")
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
    let mut reader = reader();
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
    let error = TextReader::open(&TextParams { engine: TextEngine::Tesseract, ..TextParams::default() });
    assert_eq!(error.expect_err("not there").kind(), ErrorKind::Unavailable);
    let Some(truth) = shared("in_a_video", "data/truth.json").map(|path| json(&path)) else { return };
    for name in ["clip12_540x960_h264.mp4", "clip12_540x960_vp9.webm"] {
        let Some(path) = shared("in_a_video", &format!("data/video/{name}")) else { return };
        let texts = vision_of(&path).overlay_text.expect("read");
        assert_captions(name, &texts, &truth[format!("video/{name}")], 12.0);
    }
}

#[test]
fn what_is_no_network_is_refused() {
    assert_eq!("easyocr".parse::<TextEngine>().expect_err("refused").kind(), ErrorKind::InvalidConfig);
    run("what_is_no_network_is_refused", "with_broken_networks", None);
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
        let opened = TextReader::open(&TextParams { engine: TextEngine::PpOcr, ..TextParams::default() });
        assert_eq!(opened.expect_err("refused").kind(), kind);
    }
}

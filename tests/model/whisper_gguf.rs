//! Whisper from GGUF, with weights in several types of blocks: against `OpenAI`'s own `whisper` with the weights as the Python
//! package `gguf` reads them (`whisper_gguf.py`); and files that are damaged, or of another kind.

use super::whisper_long::{folder, listened};
use serde_json::Value;
use std::path::Path;
use viralnow_core::model::{Whisper, shared_whisper};
use viralnow_core::{Error, ErrorKind};

const WEIGHTS: &[u8] = include_bytes!("whisper_gguf/model.gguf");

fn reference() -> Value {
    serde_json::from_str(include_str!("whisper_gguf/told.json")).unwrap()
}

fn stored(name: &str, weights: &[u8]) -> tempfile::TempDir {
    let reference = reference();
    let dir = folder(&reference, &reference["models"][0]);
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    std::fs::write(dir.path().join(name), weights).unwrap();
    dir
}

fn refused(name: &str, weights: &[u8]) -> Error {
    Whisper::open(stored(name, weights).path(), 1).unwrap_err()
}

#[test]
fn quantised_weights_give_what_openai_gives_with_them() {
    let dir = stored("model-tiny-q.gguf", WEIGHTS);
    let whisper = Whisper::open(dir.path(), 1).unwrap();
    assert_eq!(whisper.engine(), "own");
    for run in reference()["models"][0]["openai"].as_array().unwrap() {
        listened(&whisper, "gguf", run);
    }
}

/// Where this begins in the file.
fn place(what: &[u8]) -> usize {
    WEIGHTS.windows(what.len()).position(|window| window == what).unwrap()
}

#[test]
fn a_damaged_file_is_refused_with_its_fault() {
    let changed = |from: usize, bytes: &[u8]| {
        let mut weights = WEIGHTS.to_vec();
        weights[from..from + bytes.len()].copy_from_slice(bytes);
        weights
    };
    // The name of a tensor, the number of its sides, two sides, its type, its place.
    let name = b"model.encoder.layers.0.fc1.weight";
    let tensor = place(name) + name.len();
    let most = u64::MAX.to_le_bytes();
    let cases: [(&str, Vec<u8>); 18] = [
        ("within its header", b"GG".to_vec()),
        ("begin", changed(0, b"SAFE")),
        ("version 9", changed(4, &[9, 0, 0, 0])),
        ("version 1", changed(4, &[1, 0, 0, 0])),
        ("big-endian", changed(4, &[0, 0, 0, 3])),
        ("more tensors than any model", changed(8, &most)),
        // More tensors than there are: what follows is taken for one.
        ("more than four sides", changed(8, &1000_u64.to_le_bytes())),
        ("within its header", changed(16, &most)),
        // The length of the name of the first fact.
        ("within its header", changed(24, &most)),
        ("within its header", WEIGHTS[..200].to_vec()),
        ("a type that the format does not have", changed(place(b"general.architecture") + 20, &[99])),
        ("within its header", changed(place(b"tokenizer.ggml.tokens") + 29, &most)),
        ("more than four sides", changed(tensor, &[5])),
        ("whole blocks", changed(tensor + 4, &[33])),
        ("too large", changed(tensor + 12, &most)),
        ("number 77", changed(tensor + 20, &[77])),
        ("not aligned", changed(tensor + 24, &[1])),
        ("after the file", changed(tensor + 24, &(1_u64 << 62).to_le_bytes())),
    ];
    for (fault, weights) in cases {
        let error = refused("model.gguf", &weights);
        assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{fault}: {error}");
        assert!(error.to_string().contains(fault), "{fault}: {error}");
    }
    assert!(refused("model.gguf", &WEIGHTS[..WEIGHTS.len() - 1]).to_string().contains("cut short"));
    let error = refused("model.gguf", &changed(place(b".fc1.weight"), b".fc9"));
    assert!(error.to_string().contains("missing"), "{error}");
    // Any byte of the header may be wrong: an error or a model, nothing worse.
    let header = place(b"model.decoder.layer_norm.bias") + 100;
    let dir = stored("model.gguf", WEIGHTS);
    for at in (0..header).step_by(7) {
        std::fs::write(dir.path().join("model.gguf"), changed(at, &[WEIGHTS[at] ^ 0xa5])).unwrap();
        let _ = Whisper::open(dir.path(), 1);
    }
}

#[test]
fn a_folder_of_several_is_asked_to_name_one() {
    let dir = stored("a.gguf", WEIGHTS);
    std::fs::write(dir.path().join("b.gguf"), WEIGHTS).unwrap();
    let error = Whisper::open(dir.path(), 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("a.gguf") && error.to_string().contains("b.gguf"), "{error}");
}

/// As `ggml-tiny.bin` begins; its test stub is cut off after the sizes.
#[test]
fn a_file_of_whisper_cpp_is_refused_with_what_to_take() {
    let ggml = b"lmgg\x99\xca\0\0\x50\0\0\0".repeat(9);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ggml-tiny.bin");
    std::fs::write(&file, &ggml).unwrap();
    let named = |path: &Path| shared_whisper(path.to_str().unwrap(), 1).unwrap_err();
    for error in [
        Whisper::open(dir.path(), 1).unwrap_err(),
        Whisper::open(&file, 1).unwrap_err(),
        named(dir.path()),
        named(&file),
        refused("model.gguf", &ggml),
        refused("ggml-tiny.bin", &ggml),
    ] {
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat, "{error}");
        assert!(
            error.to_string().contains("whisper.cpp") && error.to_string().contains("models pull"),
            "{error}"
        );
    }
    // A file of another kind is not a folder.
    let other = dir.path().join("model.gguf");
    std::fs::write(&other, WEIGHTS).unwrap();
    let error = named(&other);
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("folder"), "{error}");
}

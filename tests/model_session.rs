//! Running models with an ONNX Runtime that is found here; without one each test says that it is skipped.

mod common;

use common::shared;
use std::path::{Path, PathBuf};
use std::process::Command;
use viralnow_core::ErrorKind;
use viralnow_core::model::{Element, Port, Session, Tensor, runtime};

/// Voice activity at 16 kHz; 576 samples, a state and the rate in, a probability and the next state out.
fn silero(test: &str) -> Option<PathBuf> {
    if let Err(error) = runtime() {
        println!("SKIPPED {test}: {error}");
        return None;
    }
    shared(test, "data/models/silero_vad_16k_op15.onnx")
}

fn window() -> Tensor {
    let wave = |i: f64| (0.3 * (0.05 * i).sin() * (0.003 * i).sin()) as f32;
    Tensor::f32(&[1, 576], (0..576).map(|i| wave(f64::from(i))).collect()).unwrap()
}

fn rate() -> Tensor {
    Tensor::i64(&[], vec![16_000]).unwrap()
}

/// Three steps; the probabilities.
fn steps(session: &Session) -> Vec<f32> {
    let mut state = Tensor::zeros(&[2, 1, 128]);
    (0..3)
        .map(|_| {
            let inputs = [("input", &window()), ("state", &state), ("sr", &rate())];
            let mut outputs = session.run(&inputs).unwrap();
            state = outputs.remove("stateN").unwrap();
            outputs["output"].as_f32().unwrap()[0]
        })
        .collect()
}

/// The numbers of the Python package onnxruntime 1.32.0 on the same input.
#[test]
fn a_model_gives_what_it_gives_in_python() {
    let Some(path) = silero("a_model_gives_what_it_gives_in_python") else { return };
    let session = Session::open(&path, 1).unwrap();
    assert_eq!(session.path(), path);
    let port = |name: &str, element, shape: &[Option<usize>]| Port {
        name: name.to_owned(),
        element: Some(element),
        shape: shape.to_vec(),
    };
    let inputs = [
        port("input", Element::F32, &[None, None]),
        port("state", Element::F32, &[Some(2), None, Some(128)]),
        port("sr", Element::I64, &[]),
    ];
    assert_eq!(session.inputs(), inputs);
    assert_eq!(session.outputs()[0], port("output", Element::F32, &[None, Some(1)]));
    for (ours, theirs) in steps(&session).into_iter().zip(PYTHON) {
        assert!((ours - theirs).abs() < 1e-5, "{ours} against {theirs}");
    }
}

const PYTHON: [f32; 3] = [0.25387245, 0.21997645, 0.16876629];

#[test]
fn wrong_inputs_are_told_by_name() {
    let Some(path) = silero("wrong_inputs_are_told_by_name") else { return };
    let session = Session::open(&path, 1).unwrap();
    let (good, state, sr) = (window(), Tensor::zeros(&[2, 1, 128]), rate());
    let (flat, integers) = (Tensor::zeros(&[576]), Tensor::i64(&[1, 576], vec![0; 576]).unwrap());
    let narrow = Tensor::zeros(&[2, 1, 64]);
    let cases: [(&[(&str, &Tensor)], &str); 7] = [
        (&[("input", &good), ("state", &state)], "an input is missing (input: sr"),
        (&[], "an input is missing (input: input"),
        (&[("input", &good), ("input", &good), ("state", &state), ("sr", &sr)], "given twice (input: input"),
        (&[("samples", &good), ("state", &state), ("sr", &sr)], "no input of this name (input: samples"),
        (&[("input", &flat), ("state", &state), ("sr", &sr)], "given: float [576]"),
        (&[("input", &integers), ("state", &state), ("sr", &sr)], "given: int64 [1, 576]"),
        (&[("input", &good), ("state", &narrow), ("sr", &sr)], "state: float [2, ?, 128]"),
    ];
    for (inputs, wanted) in cases {
        let error = session.run(inputs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(wanted), "{wanted} is not in: {error}");
    }
    // Of a size that only the model itself can refuse: two windows, one state.
    let two = Tensor::zeros(&[2, 576]);
    let error = session.run(&[("input", &two), ("state", &state), ("sr", &sr)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.cause().is_some() && error.to_string().contains("silero_vad_16k_op15.onnx"), "{error}");
    // The session is none the worse.
    assert_eq!(steps(&session).len(), 3);
}

#[test]
fn files_that_are_no_models_are_told() {
    let test = "files_that_are_no_models_are_told";
    let Some(path) = silero(test) else { return };
    let dir = tempfile::tempdir().unwrap();
    let missing = Session::open(dir.path().join("gone.onnx"), 1).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    let model = std::fs::read(path).unwrap();
    let broken = dir.path().join("broken.onnx");
    for bytes in [&b""[..], b"no model", &model[..model.len() / 2], &model[1000..]] {
        std::fs::write(&broken, bytes).unwrap();
        let error = Session::open(&broken, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{} bytes: {error}", bytes.len());
        assert!(error.to_string().contains("broken.onnx"), "{error}");
    }
}

#[test]
fn threads_share_a_session_and_its_results() {
    let Some(path) = silero("threads_share_a_session_and_its_results") else { return };
    let session = Session::open(&path, 1).unwrap();
    let alone = steps(&session);
    let together: Vec<Vec<f32>> = std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..20).map(|_| steps(&session)).last().unwrap())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(together.iter().all(|found| *found == alone));
    assert_eq!(steps(&Session::open(&path, 3).unwrap()), alone);
}

/// What a process with these variables prints.
fn process(test: &str, variables: &[(&str, &Path)]) -> String {
    common::process(test, |command| _ = command.envs(variables.iter().copied()))
}

#[test]
#[ignore = "a process of another test"]
fn count_threads() {
    let Some(path) = silero("count_threads") else { return };
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    // The runtime itself, without a session's workers.
    let first = Session::open(&path, 1).unwrap();
    steps(&first);
    let before = threads();
    let single = Session::open(&path, 1).unwrap();
    steps(&single);
    assert_eq!(threads(), before, "one thread is the caller's own");
    let three = Session::open(&path, 3).unwrap();
    steps(&three);
    assert_eq!(threads(), before + 2, "three threads are the caller's and two more");
    drop(three);
    assert_eq!(threads(), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_has_the_threads_that_it_was_given() {
    process("count_threads", &[]);
}

#[test]
#[ignore = "a process of another test"]
fn open_without_a_runtime() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for _ in 0..2 {
        let error = Session::open(file.path(), 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        println!("said: {error}");
    }
}

/// No library, one that is none and one that is too old: an error with the way out, never a panic. The old one is made
/// here; all that it can do is to say its version, and to end the process if it is asked for more.
#[test]
fn without_a_good_runtime_the_way_out_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let library = dir.path().join("libonnxruntime.so");
    let said = || process("open_without_a_runtime", &[("VIRALNOW_ONNXRUNTIME", &library)]);
    assert!(said().contains("no such file"));
    std::fs::write(&library, b"nothing").unwrap();
    assert!(said().contains("cannot be loaded"));
    let source = dir.path().join("old.c");
    std::fs::write(
        &source,
        "#include <stdlib.h>\n\
         static const void *api(unsigned version) { (void)version; abort(); }\n\
         static const char *version(void) { return \"1.23.2\"; }\n\
         static const struct { const void *(*api)(unsigned); const char *(*version)(void); } base = { api, version };\n\
         const void *OrtGetApiBase(void) { return &base; }\n",
    )
    .unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    if !built.is_ok_and(|status| status.success()) {
        println!(
            "SKIPPED without_a_good_runtime_the_way_out_is_told: no C compiler to make one that is too old"
        );
        return;
    }
    let text = said();
    for wanted in ["version 1.23.2 is too old", "1.24", "VIRALNOW_ONNXRUNTIME"] {
        assert!(text.contains(wanted), "{wanted} is not told: {text}");
    }
}

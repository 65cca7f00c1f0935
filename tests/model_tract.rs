//! ONNX models in tract, without an ONNX Runtime. The environment is a process's own, so each case is a process; the ignored
//! tests are those processes. Empty in a build without `tract`.
#![cfg(feature = "tract")]

mod common;

use common::{root, shared};
use std::path::{Path, PathBuf};
use viralnow_core::ErrorKind;
use viralnow_core::model::{Element, OnnxEngine, Port, Session, Tensor, offer_runtime, onnx_engine, runtime};

/// The folder of an ONNX Runtime, for a process that is to find it later.
const LATER: &str = "VIRALNOW_TEST_LATER";

/// What a process prints that has these variables, and none that leads to an ONNX Runtime.
fn process(test: &str, variables: &[(&str, &Path)]) -> String {
    let leads = ["VIRALNOW_ONNXRUNTIME", "ORT_DYLIB_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH"];
    common::process(test, |command| {
        leads.iter().for_each(|name| _ = command.env_remove(name));
        command.envs(variables.iter().copied());
    })
}

/// A process whose models run in tract, whatever is found.
fn in_tract(test: &str) -> String {
    process(test, &[("VIRALNOW_ONNX_ENGINE", Path::new("tract"))])
}

fn tiny(name: &str) -> PathBuf {
    root().join("tests/model").join(name)
}

/// Pictures whose three colours are of these means each, spread around them.
fn faces(means: &[[f32; 3]]) -> Tensor {
    let place = |mean: f32| (0..224 * 224).map(move |i| mean + if i % 2 == 0 { 0.25 } else { -0.25 });
    Tensor::f32(&[means.len(), 3, 224, 224], means.iter().flatten().flat_map(|&mean| place(mean)).collect())
        .unwrap()
}

/// `tests/model/tiny_expression.py`: what the model gives for a face of these mean colours.
fn expression([red, green, blue]: [f32; 3]) -> Vec<f32> {
    let logits = (1..=8).map(|k| k as f32 * (red - green));
    logits.chain([blue / 4.0, -blue / 4.0]).collect()
}

fn assert_near(found: &[f32], wanted: &[f32], tolerance: f32) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance, "{found} for {wanted}");
    }
}

#[test]
#[ignore = "a process of another test"]
fn tiny_expression() {
    let path = tiny("tiny_expression.onnx");
    let session = Session::open(&path, 1).unwrap();
    assert_eq!((session.engine(), session.path()), ("tract", &*path));
    let port = |name: &str, shape: &[Option<usize>]| {
        vec![Port { name: name.to_owned(), element: Some(Element::F32), shape: shape.to_vec() }]
    };
    assert_eq!(session.inputs(), port("input", &[None, Some(3), Some(224), Some(224)]));
    assert_eq!(session.outputs(), port("output", &[None, Some(10)]));
    // More sizes than are kept ready, from two threads.
    // The means are eighths: sums over a whole picture are exact then, in whatever order an engine adds.
    let means: Vec<[f32; 3]> =
        (0..6).map(|i| [0.5 + 0.125 * i as f32, -0.25, 0.25 * i as f32 - 0.5]).collect();
    let round = || {
        for count in [1, 2, 6, 3, 4, 5, 1, 6] {
            let outputs = session.run(&[("input", &faces(&means[..count]))]).unwrap();
            assert_eq!(outputs["output"].shape(), [count, 10]);
            let wanted: Vec<f32> = means[..count].iter().flat_map(|&means| expression(means)).collect();
            assert_near(outputs["output"].as_f32().unwrap(), &wanted, 1e-6);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(round);
        scope.spawn(round);
    });
}

#[test]
fn a_model_gives_its_closed_form_whatever_the_size_and_the_thread() {
    in_tract("tiny_expression");
}

#[test]
#[ignore = "a process of another test"]
fn wrong_inputs() {
    let session = Session::open(tiny("tiny_expression.onnx"), 1).unwrap();
    let good = faces(&[[0.0; 3]]);
    let (flat, integers) =
        (Tensor::zeros(&[150_528]), Tensor::i64(&[1, 3, 224, 224], vec![0; 150_528]).unwrap());
    let small = Tensor::zeros(&[1, 3, 112, 112]);
    let cases: [(&[(&str, &Tensor)], &str); 6] = [
        (&[], "an input is missing (input: input"),
        (&[("input", &good), ("input", &good)], "given twice (input: input"),
        (&[("picture", &good)], "no input of this name (input: picture"),
        (&[("input", &flat)], "given: float [150528]"),
        (&[("input", &integers)], "given: int64 [1, 3, 224, 224]"),
        (&[("input", &small)], "input: float [?, 3, 224, 224]"),
    ];
    for (inputs, wanted) in cases {
        let error = session.run(inputs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(wanted), "{wanted} is not in: {error}");
    }
    // Of sizes that only the model itself can refuse: masks of another length than the tokens.
    let session = Session::open(tiny("tiny_bert.onnx"), 1).unwrap();
    let (three, four) =
        (Tensor::i64(&[1, 3], vec![2; 3]).unwrap(), Tensor::i64(&[1, 4], vec![1; 4]).unwrap());
    let inputs: Vec<_> = session
        .inputs()
        .iter()
        .map(|port| (&*port.name, if port.name == "input_ids" { &three } else { &four }))
        .collect();
    let error = session.run(&inputs).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.cause().is_some() && error.to_string().contains("tiny_bert.onnx"), "{error}");
    println!("said: {error}");
    let inputs: Vec<_> = inputs.iter().map(|&(name, _)| (name, &four)).collect();
    assert_eq!(session.run(&inputs).unwrap().len(), session.outputs().len());
}

#[test]
fn wrong_inputs_are_told_by_name() {
    in_tract("wrong_inputs");
}

#[test]
#[ignore = "a process of another test"]
fn broken_files() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Session::open(dir.path().join("gone.onnx"), 1).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    let path = dir.path().join("broken.onnx");
    let open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Session::open(&path, 1)
    };
    for name in ["tiny_bert.onnx", "tiny_expression.onnx"] {
        let model = std::fs::read(tiny(name)).unwrap();
        for bytes in [&b""[..], b"no model", &model[..model.len() / 2], &model[100..]] {
            let error = open(bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{} bytes: {error}", bytes.len());
            assert!(error.to_string().contains("broken.onnx"), "{error}");
        }
    }
    // A byte changed, each in turn: an error of its own or a model that runs, never a panic that comes out.
    let model = std::fs::read(tiny("tiny_expression.onnx")).unwrap();
    let input = faces(&[[0.1, 0.2, 0.3]]);
    let mut opened = 0;
    for at in 0..model.len() {
        let mut bytes = model.clone();
        bytes[at] ^= 0x15;
        match open(&bytes).and_then(|session| session.run(&[("input", &input)])) {
            Ok(_) => opened += 1,
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::DecodeFailed | ErrorKind::UnsupportedFormat | ErrorKind::InvalidInput
                ),
                "{at}: {error}"
            ),
        }
    }
    println!("{opened} of {} run", model.len());
    // An operator that nobody knows is named, and so is the way out.
    let at = model.windows(7).position(|name| name == b"Flatten").unwrap();
    let mut bytes = model.clone();
    bytes[at + 6] = b'x';
    let error = open(&bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedFormat, "{error}");
    for wanted in ["operators: Flattex", "broken.onnx", "1.24", "pip install onnxruntime", "tract 0."] {
        assert!(error.to_string().contains(wanted), "{wanted} is not in: {error}");
    }
    // Fields of a protobuf message may follow: one more entry of `metadata_props`.
    let session = open(&[&model[..], b"\x72\x0c\x0a\x03key\x12\x05value"].concat()).unwrap();
    assert_eq!(session.metadata("key").as_deref(), Some("value"));
    assert_eq!(session.metadata("other"), None);
}

#[test]
fn broken_files_and_unknown_operators_are_told() {
    in_tract("broken_files");
}

/// A BERT against `transformers` (`tests/model/tiny_bert.py`).
#[cfg(feature = "transformers")]
#[test]
#[ignore = "a process of another test"]
fn tiny_bert() {
    use viralnow_core::model::Embedder;
    use viralnow_core::monitor::Run;
    let tiny: serde_json::Value = serde_json::from_str(include_str!("model/tiny_bert.json")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (file, key) in [("config.json", "config"), ("tokenizer.json", "tokenizer")] {
        std::fs::write(dir.path().join(file), tiny[key].to_string()).unwrap();
    }
    std::fs::copy(self::tiny("tiny_bert.onnx"), dir.path().join("model.onnx")).unwrap();
    let cases = tiny["expected"].as_array().unwrap();
    let texts: Vec<&str> = cases.iter().map(|case| case["text"].as_str().unwrap()).collect();
    let embedder = Embedder::open(dir.path(), 1).unwrap();
    assert_eq!((embedder.engine(), embedder.size()), ("tract", 32));
    let found = embedder.embed(&texts, &mut Run::unwatched()).unwrap();
    for (row, case) in found.rows().zip(cases) {
        let wanted: Vec<f32> = serde_json::from_value(case["embedding"].clone()).unwrap();
        assert_near(row, &wanted, 2e-6);
    }
}

#[cfg(feature = "transformers")]
#[test]
fn sentences_have_the_vectors_of_transformers() {
    in_tract("tiny_bert");
}

/// Silero's `If` has branches that give different sizes, which tract does not run: it is told, with the way out.
#[test]
#[ignore = "a process of another test"]
fn silero() {
    let Some(path) = shared("silero", "data/models/silero_vad_16k_op15.onnx") else { return };
    let session = Session::open(&path, 1).unwrap();
    assert_eq!(session.engine(), "tract");
    let (window, state) = (Tensor::zeros(&[1, 576]), Tensor::zeros(&[2, 1, 128]));
    let rate = Tensor::i64(&[], vec![16_000]).unwrap();
    let error = session.run(&[("input", &window), ("state", &state), ("sr", &rate)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedFormat, "{error}");
    for wanted in ["If", "pip install onnxruntime", "silero_vad_16k_op15.onnx"] {
        assert!(error.to_string().contains(wanted), "{wanted} is not in: {error}");
    }
}

#[test]
fn a_way_of_using_an_operator_that_is_not_known_is_told() {
    in_tract("silero");
}

/// Numbers in [-1, 1) that both engines get.
fn noise(shape: &[usize]) -> Tensor {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    Tensor::f32(shape, (0..shape.iter().product()).map(|_| next()).collect()).unwrap()
}

/// First there is no ONNX Runtime, then one is offered, which wins: both give the same.
#[test]
#[ignore = "a process of another test"]
fn one_after_the_other() {
    if runtime().is_ok() {
        println!("SKIPPED one_after_the_other: this machine has an ONNX Runtime of its own");
        return;
    }
    let mut models = vec![
        (tiny("tiny_expression.onnx"), vec![2, 3, 224, 224]),
        (tiny("whisper_onnx/encoder_model.onnx"), vec![1, 80, 200]),
    ];
    let real = [
        ("yunet_n_dynamic.onnx", vec![1, 3, 160, 128]),
        ("version-RFB-320.onnx", vec![1, 3, 240, 320]),
        ("ch_PP-OCRv3_det_infer.onnx", vec![1, 3, 64, 96]),
    ];
    models.extend(real.into_iter().filter_map(|(name, shape)| {
        Some((shared("one_after_the_other", &format!("data/models/{name}"))?, shape))
    }));
    let sessions = |engine: &str| -> Vec<Session> {
        let sessions: Vec<_> = models.iter().map(|(path, _)| Session::open(path, 1).unwrap()).collect();
        assert!(sessions.iter().all(|session| session.engine() == engine));
        sessions
    };
    assert!(matches!(onnx_engine(), Ok(OnnxEngine::Tract { version }) if version.starts_with("0.")));
    let ours = sessions("tract");
    offer_runtime(std::env::var_os(LATER).unwrap()).unwrap();
    assert!(matches!(onnx_engine(), Ok(OnnxEngine::OnnxRuntime(_))));
    let theirs = sessions("onnxruntime");
    for ((ours, theirs), (path, shape)) in ours.iter().zip(&theirs).zip(&models) {
        assert_eq!(ours.inputs(), theirs.inputs(), "{}", path.display());
        assert_eq!(ours.outputs(), theirs.outputs(), "{}", path.display());
        let input = noise(shape);
        let run = |session: &Session| session.run(&[(&session.inputs()[0].name, &input)]).unwrap();
        let (ours, theirs) = (run(ours), run(theirs));
        let mut furthest = 0.0_f32;
        for (name, theirs) in &theirs {
            assert_eq!(ours[name].shape(), theirs.shape(), "{} {name}", path.display());
            for (ours, theirs) in ours[name].as_f32().unwrap().iter().zip(theirs.as_f32().unwrap()) {
                furthest = furthest.max((ours - theirs).abs() / theirs.abs().max(1.0));
            }
        }
        println!("{}: {furthest:e}", path.display());
        assert!(furthest <= 1e-5, "{}: {furthest}", path.display());
    }
    println!("compared {} models", models.len());
}

#[test]
fn both_engines_give_the_same_and_one_that_is_found_wins() {
    match runtime() {
        Ok(runtime) => {
            let folder = runtime.path.parent().unwrap();
            let text = process("one_after_the_other", &[(LATER, folder)]);
            assert!(text.contains("compared") || text.contains("SKIPPED one_after_the_other"), "{text}");
            println!("{text}");
        }
        Err(error) => println!("SKIPPED both_engines_give_the_same_and_one_that_is_found_wins: {error}"),
    }
}

#[test]
#[ignore = "a process of another test"]
fn say_the_engine() {
    match onnx_engine() {
        Ok(engine) => println!("engine: {engine:?}"),
        Err(error) => println!("engine: {} {error}", error.kind()),
    }
    match Session::open(tiny("tiny_expression.onnx"), 1) {
        Ok(session) => println!("session: {}", session.engine()),
        Err(error) => println!("session: {} {error}", error.kind()),
    }
    println!("note: {}", viralnow_core::pipeline::info().onnxruntime_note);
}

#[test]
fn the_engine_that_runs_is_the_one_that_is_told() {
    let text = in_tract("say_the_engine");
    // The series is that of the release which is built in.
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let release =
        lock.split("name = \"tract-onnx\"\nversion = \"").nth(1).unwrap().split('"').next().unwrap();
    let series = release.rsplit_once('.').unwrap().0;
    for wanted in
        [&format!("engine: Tract {{ version: \"{series}\" }}"), "session: tract", "note: models run in tract"]
    {
        assert!(text.contains(wanted), "{wanted} is not in: {text}");
    }
    let text = process("say_the_engine", &[("VIRALNOW_ONNX_ENGINE", Path::new("onnxrt"))]);
    assert!(text.contains("session: INVALID_CONFIG") && text.contains("onnxruntime, tract"), "{text}");
    // An ONNX Runtime that is named and is none: nothing stands in for it, but what is asked for by name.
    if cfg!(feature = "onnx") {
        let nowhere = ("VIRALNOW_ONNXRUNTIME", Path::new("/nowhere/libonnxruntime.so"));
        let text = process("say_the_engine", &[nowhere]);
        assert!(text.contains("session: UNAVAILABLE") && text.contains("no such file"), "{text}");
        let text = process("say_the_engine", &[nowhere, ("VIRALNOW_ONNX_ENGINE", Path::new("tract"))]);
        assert!(text.contains("session: tract"), "{text}");
        let text = process("say_the_engine", &[nowhere, ("VIRALNOW_ONNX_ENGINE", Path::new("onnxruntime"))]);
        assert!(text.contains("session: UNAVAILABLE"), "{text}");
    } else {
        assert!(process("say_the_engine", &[]).contains("session: tract"));
    }
}

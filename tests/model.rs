//! Finding ONNX Runtime and models. The environment is a process's own, so each case is a process.
//!
//! The ignored test is that process: it prints what it found.

#[cfg(feature = "transformers")]
mod common;
#[cfg(feature = "http")]
#[allow(dead_code, reason = "another user has replies of more kinds")]
#[path = "support/http_server.rs"]
mod http_server;

use std::path::Path;
use std::process::Command;
use viralnow_core::model::{models, runtime};

/// What the process of a test offers, as a host does.
const OFFERED: &str = "VIRALNOW_TEST_OFFERED";

const VARIABLES: [&str; 8] = [
    OFFERED,
    "VIRALNOW_ONNXRUNTIME",
    "ORT_DYLIB_PATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "VIRALNOW_MODELS",
    "XDG_CACHE_HOME",
];

/// What a process with these variables, standing in this directory, finds.
fn found(dir: &Path, variables: &[(&str, &Path)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "print_what_is_found", "--nocapture"]).current_dir(dir);
    for name in VARIABLES {
        command.env_remove(name);
    }
    for (name, value) in variables {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text
}

#[test]
#[ignore = "a process of another test; by hand: what is found here"]
fn print_what_is_found() {
    if let Some(folder) = std::env::var_os(OFFERED) {
        viralnow_core::model::offer_runtime(folder).unwrap();
    }
    match runtime() {
        Ok(runtime) => println!("runtime {} {}", runtime.version, runtime.path.display()),
        Err(error) => println!("{} {error}", error.kind()),
    }
    for (name, path) in models() {
        println!("model {name} {}", path.display());
    }
}

#[test]
fn models_come_from_the_named_directories_and_the_cache() {
    let root = tempfile::tempdir().unwrap();
    let (named, cache) = (root.path().join("named"), root.path().join("cache/viralnow/models"));
    for dir in [&named, &cache] {
        std::fs::create_dir_all(dir).unwrap();
        std::fs::write(dir.join("vad.onnx"), b"").unwrap();
    }
    std::fs::write(cache.join("faces.onnx"), b"").unwrap();
    let text = found(
        root.path(),
        &[
            ("VIRALNOW_MODELS", &named),
            ("XDG_CACHE_HOME", &root.path().join("cache")),
            ("LOCALAPPDATA", &root.path().join("cache")),
        ],
    );
    assert!(text.contains(&format!("model vad.onnx {}\n", named.join("vad.onnx").display())), "{text}");
    if cfg!(not(target_os = "macos")) {
        assert!(
            text.contains(&format!("model faces.onnx {}\n", cache.join("faces.onnx").display())),
            "{text}"
        );
    }
}

/// Those of rapidocr-onnxruntime, in the environment that is active or beside a runtime that was offered; what the user has comes first.
#[cfg(all(feature = "onnx", unix))]
#[test]
fn models_of_a_python_package_are_found_by_themselves() {
    let root = tempfile::tempdir().unwrap();
    let packages = root.path().join("venv/lib/python3.12/site-packages");
    let (models, named) = (packages.join("rapidocr_onnxruntime/models"), root.path().join("named"));
    for dir in [&models, &named] {
        std::fs::create_dir_all(dir).unwrap();
        std::fs::write(dir.join("ch_PP-OCRv4_det_infer.onnx"), b"").unwrap();
    }
    std::fs::write(models.join("ch_PP-OCRv4_rec_infer.onnx"), b"").unwrap();
    let line = |name: &str, dir: &Path| format!("model {name} {}\n", dir.join(name).display());
    let (venv, capi) = (root.path().join("venv"), packages.join("onnxruntime/capi"));
    for variable in [("VIRTUAL_ENV", venv.as_path()), (OFFERED, capi.as_path())] {
        let text = found(root.path(), &[variable, ("VIRALNOW_MODELS", &named)]);
        assert!(text.contains(&line("ch_PP-OCRv4_rec_infer.onnx", &models)), "{variable:?} {text}");
        assert!(text.contains(&line("ch_PP-OCRv4_det_infer.onnx", &named)), "{variable:?} {text}");
    }
    // How the comparisons switch them off.
    let text = found(root.path(), &[("VIRTUAL_ENV", Path::new("/")), ("VIRALNOW_MODELS", &named)]);
    assert!(!text.contains("ch_PP-OCRv4_rec_infer.onnx"), "{text}");
}

#[cfg(feature = "onnx")]
#[test]
fn a_named_runtime_that_is_none_is_told_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let tiny = dir.path().join("libonnxruntime.so");
    std::fs::write(&tiny, b"tiny").unwrap();
    for name in ["VIRALNOW_ONNXRUNTIME", "ORT_DYLIB_PATH"] {
        let text = found(dir.path(), &[(name, &tiny)]);
        assert!(
            text.contains("UNAVAILABLE") && text.contains(name) && text.contains("cannot be loaded"),
            "{text}"
        );
        let text = found(dir.path(), &[(name, &dir.path().join("nowhere.so"))]);
        assert!(
            text.contains("UNAVAILABLE") && text.contains(name) && text.contains("no such file"),
            "{text}"
        );
    }
    // Ours comes first.
    let both = [("VIRALNOW_ONNXRUNTIME", tiny.as_path()), ("ORT_DYLIB_PATH", Path::new("/nowhere"))];
    assert!(found(dir.path(), &both).contains("cannot be loaded"));
}

#[cfg(all(feature = "onnx", target_os = "linux", target_arch = "x86_64"))]
#[test]
fn a_package_that_is_broken_is_told_among_the_places() {
    let dir = tempfile::tempdir().unwrap();
    let capi = dir.path().join("venv/lib/python3.12/site-packages/onnxruntime/capi");
    let node = dir.path().join("node_modules/onnxruntime-node/bin/napi-v6/linux/x64");
    for folder in [&capi, &node] {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("libonnxruntime.so.1.31.1"), b"tiny").unwrap();
    }
    let variables = [
        ("VIRTUAL_ENV", dir.path().join("venv")),
        (OFFERED, dir.path().join("node_modules/onnxruntime-node")),
    ];
    let variables = variables.each_ref().map(|(name, path)| (*name, path.as_path()));
    // In the directory where the process stands there may be anybody's files.
    let strange = found(dir.path(), &variables[..1]);
    assert!(!strange.contains("node_modules"), "{strange}");
    let text = found(dir.path(), &variables);
    if text.contains("runtime 1.") {
        println!(
            "SKIPPED a_package_that_is_broken_is_told_among_the_places: this machine has an ONNX Runtime of its own"
        );
        return;
    }
    for wanted in
        [capi.to_str().unwrap(), node.to_str().unwrap(), "/usr/lib", "pip install onnxruntime", "1.24"]
    {
        assert!(text.contains(wanted), "{wanted} is not told: {text}");
    }
}

#[cfg(not(feature = "onnx"))]
#[test]
fn without_the_feature_it_is_named() {
    let error = runtime().unwrap_err();
    assert_eq!(error.kind(), viralnow_core::ErrorKind::Unavailable);
    assert!(error.to_string().contains("`onnx`"), "{error}");
}

/// Fetching, from a server on this machine that breaks off, forgets, lies and is slow.
#[cfg(feature = "http")]
mod pull {
    use super::http_server::{Reply, Server};
    use sha2::{Digest, Sha256};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use viralnow_core::model::{
        FileState, Model, ModelFile, PullOptions, Pulled, pull_model, verify_model, where_is,
    };
    use viralnow_core::monitor::{CancelToken, Control, Progress, Run, Scope, Steps};
    use viralnow_core::{Error, ErrorKind};

    fn content() -> Vec<u8> {
        (0..300_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect()
    }

    fn hash(content: &[u8]) -> String {
        Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn model(url: &str) -> Model {
        let file = ModelFile {
            name: "mine.onnx".to_owned(),
            bytes: Some(300_000),
            sha256: Some(hash(&content())),
            url: Some(format!("{url}/mine.onnx")),
        };
        let text = |text: &str| text.to_owned();
        let (name, what, licence, source) =
            (text("mine"), text("a test"), text("MIT"), text("https://example.org"));
        let (inputs, outputs) = (vec![], vec![]);
        Model { name, what, licence, source, folder: true, inputs, outputs, note: None, files: vec![file] }
    }

    fn pull(model: &Model, dir: &Path) -> Result<Pulled, Error> {
        let options = PullOptions { dir: Some(dir.to_owned()), tries: 2, timeout_s: 5.0 };
        pull_model(model, &options, &mut Run::unwatched())
    }

    /// The rest of the content from this byte on, as a server gives it that resumes.
    fn rest(from: usize) -> Reply {
        let range = format!("bytes {from}-299999/300000");
        Reply::json(206, &content()[from..]).with("Content-Range", &range)
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(dir.join("mine"))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn file(dir: &Path) -> PathBuf {
        dir.join("mine/mine.onnx")
    }

    #[test]
    fn a_connection_that_breaks_is_gone_on_from() {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start([Reply::json(200, &content()).cut(100_000), rest(100_000)]);
        let model = model(&server.url());
        let error = where_is(&model, Some(dir.path())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("models pull mine"), "{error}");

        let pulled = pull(&model, dir.path()).unwrap();
        assert_eq!((pulled.fetched, pulled.bytes), (vec!["mine.onnx".to_owned()], 300_000));
        assert_eq!(std::fs::read(file(dir.path())).unwrap(), content());
        assert_eq!(names(dir.path()), ["mine.onnx"], "nothing is left beside it");
        let asked: Vec<_> =
            server.seen().iter().map(|seen| seen.header("range").map(str::to_owned)).collect();
        assert_eq!(asked, [None, Some("bytes=100000-".to_owned())]);

        // What is there and right is not asked for again; what is damaged is.
        assert_eq!(pull(&model, dir.path()).unwrap().kept, ["mine.onnx"]);
        assert_eq!(server.seen().len(), 2);
        assert_eq!(where_is(&model, Some(dir.path())).unwrap(), dir.path().join("mine"));
        let state = |dir: &Path| verify_model(&model, Some(dir), &mut Run::unwatched()).unwrap()[0].state;
        assert_eq!(state(dir.path()), FileState::Good);
        std::fs::write(file(dir.path()), b"damaged").unwrap();
        assert_eq!(state(dir.path()), FileState::Different);
        std::fs::remove_file(file(dir.path())).unwrap();
        assert_eq!(state(dir.path()), FileState::Missing);
    }

    #[test]
    fn a_server_that_does_not_resume_begins_anew() {
        for (second, third) in [
            (Reply::json(200, &content()), rest(0)),
            // It has another file now.
            (Reply::json(416, b""), Reply::json(200, &content())),
        ] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join("mine")).unwrap();
            std::fs::write(dir.path().join("mine/mine.onnx.part"), &content()[..1000]).unwrap();
            let server = Server::start([second, third]);
            let pulled = pull(&model(&server.url()), dir.path()).unwrap();
            assert_eq!((pulled.bytes, pulled.resumed), (300_000, 0));
            assert_eq!(server.seen()[0].header("range"), Some("bytes=1000-"));
            assert_eq!(std::fs::read(file(dir.path())).unwrap(), content());
        }
    }

    #[test]
    fn what_has_another_checksum_is_put_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let mut other = content();
        other[299_999] ^= 1;
        let server = Server::start([Reply::json(200, &other)]);
        let error = pull(&model(&server.url()), dir.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{error}");
        assert!(
            error.to_string().contains(&hash(&other)) && error.to_string().contains("mine.onnx"),
            "{error}"
        );
        assert_eq!(names(dir.path()), Vec::<String>::new(), "it would be resumed for ever");
    }

    #[test]
    fn what_goes_on_from_a_damaged_part_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let mut damaged = content()[..100_000].to_vec();
        damaged[7] ^= 1;
        std::fs::write(dir.path().join("mine.onnx.part"), damaged).unwrap();
        let server = Server::start([rest(100_000), Reply::json(200, &content())]);
        let pulled = pull(&model(&server.url()), dir.path()).unwrap();
        assert_eq!(pulled.resumed, 0);
        assert_eq!(std::fs::read(file(dir.path())).unwrap(), content());
    }

    #[test]
    fn a_stopped_call_keeps_what_came() {
        let dir = tempfile::tempdir().unwrap();
        // It is stopped while it waits before the second try.
        let server = Server::start([Reply::json(200, &content()).cut(100_000), rest(100_000)]);
        let model = model(&server.url());
        let stop =
            |progress: &Progress| if progress.fraction > 0.3 { Control::Stop } else { Control::Continue };
        let steps = Steps::new(&[("models", 1.0)]);
        let mut run = Run::new(Scope::noop(), Some(Arc::new(stop)), CancelToken::default(), None, steps);
        let options = PullOptions { dir: Some(dir.path().to_owned()), ..PullOptions::default() };
        let error = pull_model(&model, &options, &mut run).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        assert_eq!(names(dir.path()), ["mine.onnx.part"]);
        let pulled = pull(&model, dir.path()).unwrap();
        assert_eq!((pulled.bytes, pulled.resumed), (200_000, 100_000));
        assert_eq!(std::fs::read(file(dir.path())).unwrap(), content());
        assert_eq!(server.seen()[1].header("range"), Some("bytes=100000-"));
    }

    #[test]
    fn refusals_say_why() {
        let dir = tempfile::tempdir().unwrap();
        for (status, kind) in
            [(404, ErrorKind::NotFound), (403, ErrorKind::PermissionDenied), (400, ErrorKind::Io)]
        {
            let server = Server::start([Reply::json(status, b"no")]);
            let error = pull(&model(&server.url()), dir.path()).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert_eq!(server.seen().len(), 1, "asking again will not help");
        }
        // One that ends early each time is asked as often as was said.
        let server = Server::start([Reply::Close]);
        let error = pull(&model(&server.url()), dir.path()).unwrap_err();
        assert_eq!((error.kind(), server.seen().len()), (ErrorKind::Io, 2), "{error}");

        for url in ["http://example.org", "ftp://localhost", "file:///etc"] {
            assert_eq!(pull(&model(url), dir.path()).unwrap_err().kind(), ErrorKind::InvalidConfig, "{url}");
        }
        let mut unknown = model("http://localhost:1");
        unknown.files[0].sha256 = None;
        unknown.note = Some("nobody knows its checksum".to_owned());
        let error = pull(&unknown, dir.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(
            error.to_string().contains("nobody knows") && error.to_string().contains("example.org"),
            "{error}"
        );
    }

    #[test]
    fn two_at_once_do_not_write_into_one_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("mine")).unwrap();
        let held = std::fs::File::create(dir.path().join("mine/mine.onnx.part")).unwrap();
        held.lock().unwrap();
        let server = Server::start([Reply::json(200, &content())]);
        let error = pull(&model(&server.url()), dir.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageBusy, "{error}");
        drop(held);
        pull(&model(&server.url()), dir.path()).unwrap();
    }
}

/// What the scripts beside `model/` make too.
#[cfg(feature = "transformers")]
mod made {
    use serde_json::{Value, json};
    use std::path::Path;

    /// In [-0.5, 0.5), of a name.
    pub(crate) fn numbers(name: &str, count: usize) -> Vec<f32> {
        let mut state = name
            .bytes()
            .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..count).map(|_| next()).collect()
    }

    /// Weights of these shapes, in the format safetensors.
    pub(crate) fn write_weights(shapes: &Value, path: &Path) {
        write_scaled_weights(shapes, path, &|_, _| 1.0);
    }

    /// The same, each number times what is said of its tensor and its place in it.
    pub(crate) fn write_scaled_weights(shapes: &Value, path: &Path, scale: &dyn Fn(&str, usize) -> f32) {
        let (mut header, mut data) = (json!({}), Vec::new());
        for (name, shape) in shapes.as_object().unwrap() {
            let count =
                shape.as_array().unwrap().iter().map(|side| side.as_u64().unwrap() as usize).product();
            let scales = name.ends_with("LayerNorm.weight") || name.ends_with("layer_norm.weight");
            let from = data.len();
            let values = numbers(name, count).into_iter().enumerate();
            let values = values.map(|(i, value)| if scales { value + 1.0 } else { value * scale(name, i) });
            data.extend(values.flat_map(f32::to_le_bytes));
            header[name] = json!({ "dtype": "F32", "shape": shape, "data_offsets": [from, data.len()] });
        }
        let header = header.to_string();
        std::fs::write(path, [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat())
            .unwrap();
    }
}

/// Sentence embeddings: a tiny model against `transformers`, the real one against its golden vectors, and folders that are
/// broken.
#[cfg(feature = "transformers")]
mod embed {
    use super::made::write_weights;
    use serde_json::{Value, json};
    use std::path::Path;
    use viralnow_core::ErrorKind;
    use viralnow_core::model::{Embedder, find_model, where_is};
    use viralnow_core::monitor::{CancelToken, Run, Scope, Steps};

    fn tiny() -> Value {
        serde_json::from_str(include_str!("model/tiny_bert.json")).unwrap()
    }

    /// The folder of the tiny model.
    fn folder() -> tempfile::TempDir {
        let (dir, tiny) = (tempfile::tempdir().unwrap(), tiny());
        for (file, key) in [("config.json", "config"), ("tokenizer.json", "tokenizer")] {
            std::fs::write(dir.path().join(file), tiny[key].to_string()).unwrap();
        }
        write_weights(&tiny["shapes"], &dir.path().join("model.safetensors"));
        dir
    }

    #[test]
    fn a_tiny_model_gives_what_transformers_gives() {
        let (dir, tiny) = (folder(), tiny());
        let cases = tiny["expected"].as_array().unwrap();
        let texts: Vec<&str> = cases.iter().map(|case| case["text"].as_str().unwrap()).collect();
        let one = Embedder::open(dir.path(), 1).unwrap();
        assert_eq!((one.engine(), one.size()), ("own", 32));
        let found = one.embed(&texts, &mut Run::unwatched()).unwrap();
        for (row, case) in found.rows().zip(cases) {
            for (value, wanted) in row.iter().zip(case["embedding"].as_array().unwrap()) {
                let wanted = wanted.as_f64().unwrap();
                assert!((f64::from(*value) - wanted).abs() < 2e-6, "{}: {value} {wanted}", case["text"]);
            }
        }
        // One by one, on more threads, and none at all.
        let more = Embedder::open(dir.path(), 3).unwrap();
        assert_eq!(more.embed(&texts, &mut Run::unwatched()).unwrap(), found);
        for (text, row) in texts.iter().zip(found.rows()) {
            let alone = one.embed(&[text], &mut Run::unwatched()).unwrap();
            assert!(alone.data.iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-6));
        }
        assert_eq!(one.embed::<&str>(&[], &mut Run::unwatched()).unwrap().rows().len(), 0);
        let token = CancelToken::default();
        token.cancel();
        let mut run = Run::new(Scope::noop(), None, token, None, Steps::new(&[]));
        assert_eq!(one.embed(&texts, &mut run).unwrap_err().kind(), ErrorKind::Cancelled);
    }

    /// The same model for ONNX Runtime, where there is one: texts of unlike lengths are filled up, which must not matter.
    #[cfg(feature = "onnx")]
    #[test]
    fn the_tiny_model_gives_the_same_in_onnx_runtime() {
        if let Err(error) = viralnow_core::model::runtime() {
            return println!("SKIPPED the_tiny_model_gives_the_same_in_onnx_runtime: {error}");
        }
        let (dir, tiny) = (folder(), tiny());
        std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
        std::fs::write(dir.path().join("model.onnx"), include_bytes!("model/tiny_bert.onnx")).unwrap();
        let cases = tiny["expected"].as_array().unwrap();
        let texts: Vec<&str> = cases.iter().map(|case| case["text"].as_str().unwrap()).collect();
        let embedder = Embedder::open(dir.path(), 1).unwrap();
        assert_eq!((embedder.engine(), embedder.size()), ("onnxruntime", 32));
        let found = embedder.embed(&texts, &mut Run::unwatched()).unwrap();
        for (row, case) in found.rows().zip(cases) {
            for (value, wanted) in row.iter().zip(case["embedding"].as_array().unwrap()) {
                let wanted = wanted.as_f64().unwrap();
                assert!((f64::from(*value) - wanted).abs() < 2e-6, "{}: {value} {wanted}", case["text"]);
            }
        }
    }

    /// A length that no one means, letters of all kinds: a vector, in bounded time.
    #[test]
    fn hostile_texts_have_a_vector() {
        let dir = folder();
        let embedder = Embedder::open(dir.path(), 1).unwrap();
        let texts = [
            "\0\u{202e}\u{fffd}".to_owned(),
            "a\u{301}".repeat(5000),
            "x".repeat(10_000_000),
            " ".repeat(1_000_000),
        ];
        let found = embedder.embed(&texts, &mut Run::unwatched()).unwrap();
        for row in found.rows() {
            assert!((row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn every_broken_folder_is_refused_with_its_fault() {
        let edit = |dir: &Path, key: &str, value: Value| {
            let path = dir.join("config.json");
            let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            config[key] = value;
            std::fs::write(path, config.to_string()).unwrap();
        };
        let remove = |dir: &Path, file: &str| std::fs::remove_file(dir.join(file)).unwrap();
        let cases: [(&str, ErrorKind, &dyn Fn(&Path)); 11] = [
            ("config.json", ErrorKind::NotFound, &|dir| remove(dir, "config.json")),
            ("tokenizer.json", ErrorKind::NotFound, &|dir| remove(dir, "tokenizer.json")),
            ("model.safetensors", ErrorKind::NotFound, &|dir| remove(dir, "model.safetensors")),
            ("gpt2", ErrorKind::UnsupportedFormat, &|dir| edit(dir, "model_type", json!("gpt2"))),
            ("relu", ErrorKind::UnsupportedFormat, &|dir| edit(dir, "hidden_act", json!("relu"))),
            ("another shape", ErrorKind::DecodeFailed, &|dir| edit(dir, "intermediate_size", json!(65))),
            ("is missing", ErrorKind::DecodeFailed, &|dir| edit(dir, "num_hidden_layers", json!(3))),
            ("sizes", ErrorKind::DecodeFailed, &|dir| edit(dir, "num_attention_heads", json!(5))),
            ("sizes", ErrorKind::DecodeFailed, &|dir| edit(dir, "hidden_size", json!(1_u64 << 40))),
            ("tokenizer.json", ErrorKind::DecodeFailed, &|dir| {
                std::fs::write(dir.join("tokenizer.json"), "{}").unwrap();
            }),
            ("cut short", ErrorKind::DecodeFailed, &|dir| {
                let path = dir.join("model.safetensors");
                let bytes = std::fs::read(&path).unwrap();
                std::fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
            }),
        ];
        for (fault, kind, spoil) in cases {
            let dir = folder();
            spoil(dir.path());
            let error = Embedder::open(dir.path(), 1).unwrap_err();
            assert_eq!(error.kind(), kind, "{fault}: {error}");
            assert!(error.to_string().contains(fault), "{fault}: {error}");
        }
    }

    /// The real model, where it is among the models of this machine (`viralnow models pull all-MiniLM-L6-v2`).
    #[test]
    fn minilm_gives_its_golden_vectors() {
        const NAME: &str = "minilm_gives_its_golden_vectors";
        let Some(golden) = super::common::shared(NAME, "golden/text/golden_minilm.json") else { return };
        let dir = match where_is(find_model("all-MiniLM-L6-v2", &[]).unwrap(), None) {
            Ok(dir) => dir,
            Err(error) => return println!("SKIPPED {NAME}: {error}"),
        };
        let golden: Value = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
        let texts: Vec<&str> =
            golden["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
        let found = Embedder::open(dir, 1).unwrap().embed(&texts, &mut Run::unwatched()).unwrap();
        for (row, wanted) in found.rows().zip(golden["embeddings_first8"].as_array().unwrap()) {
            for (value, wanted) in row.iter().zip(wanted.as_array().unwrap()) {
                assert!((f64::from(*value) - wanted.as_f64().unwrap()).abs() < 2e-6, "{value} {wanted}");
            }
        }
    }
}

/// Whisper: the front end, and models of every shape, against `transformers`.
#[cfg(feature = "transformers")]
mod whisper {
    use super::made::{numbers, write_weights};
    use serde_json::{Value, json};
    use std::path::Path;
    use viralnow_core::ErrorKind;
    use viralnow_core::model::Whisper;
    use viralnow_core::monitor::Run;

    fn reference() -> Value {
        serde_json::from_str(include_str!("model/tiny_whisper.json")).unwrap()
    }

    /// As `tiny_whisper.py` makes it.
    fn sound(name: &str) -> Vec<f32> {
        if name == "silence" {
            return vec![0.0; 16_000];
        }
        let tone = |i: usize| {
            let t = i as f64 / 16_000.0;
            0.3 * (std::f64::consts::TAU * (200.0 * t + 800.0 * t * t)).sin()
        };
        let noise = numbers(name, 16_000);
        noise.iter().enumerate().map(|(i, n)| (0.1 * f64::from(*n) + tone(i)) as f32).collect()
    }

    fn folder(model: &Value) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.json"), model["config"].to_string()).unwrap();
        write_weights(&model["shapes"], &dir.path().join("model.safetensors"));
        dir
    }

    fn near(found: &[f32], wanted: &Value, tolerance: f64, what: &str) {
        let wanted = wanted.as_array().unwrap();
        assert_eq!(found.len(), wanted.len(), "{what}");
        for (value, wanted) in found.iter().zip(wanted) {
            let wanted = wanted.as_f64().unwrap();
            assert!((f64::from(*value) - wanted).abs() < tolerance, "{what}: {value} {wanted}");
        }
    }

    fn integers(values: &Value) -> Vec<u32> {
        values.as_array().unwrap().iter().map(|value| value.as_u64().unwrap() as u32).collect()
    }

    /// Silence is where other front ends differ.
    #[test]
    fn the_front_end_is_that_of_the_reference() {
        let reference = reference();
        for case in reference["mel"].as_array().unwrap() {
            let bands = case["mels"].as_u64().unwrap() as usize;
            let fits = |model: &&Value| model["config"]["num_mel_bins"] == case["mels"];
            let model = reference["models"].as_array().unwrap().iter().find(fits).unwrap();
            let whisper = Whisper::open(folder(model).path(), 1).unwrap();
            assert_eq!(whisper.window(), 16_000);
            let name = case["sound"].as_str().unwrap();
            let mel = whisper.mel(&sound(name));
            assert_eq!(mel.len(), 100 * bands);
            for (frame, wanted) in integers(&case["frames"]).iter().zip(case["values"].as_array().unwrap()) {
                let what = format!("{name}, {bands} bands, frame {frame}");
                near(&mel[*frame as usize * bands..][..bands], wanted, 1e-4, &what);
            }
        }
    }

    #[test]
    fn every_shape_gives_the_logits_and_tokens_of_transformers() {
        for model in reference()["models"].as_array().unwrap() {
            let name = model["name"].as_str().unwrap();
            let dir = folder(model);
            let whisper = Whisper::open(dir.path(), 1).unwrap();
            let mut heard = whisper.hear(&sound("tone")).unwrap();
            let size = model["config"]["d_model"].as_u64().unwrap() as usize;
            for (row, wanted) in
                integers(&model["encoder_rows"]).iter().zip(model["encoder"].as_array().unwrap())
            {
                near(&heard.encoded()[*row as usize * size..][..size], wanted, 1e-3, name);
            }
            let tokens = integers(&model["tokens"]);
            let logits = whisper.decode(&mut heard, &tokens).unwrap();
            let vocabulary = logits.len() / tokens.len();
            for (row, wanted) in [0, 3].iter().zip(model["logits"].as_array().unwrap()) {
                near(&logits[row * vocabulary..][..vocabulary], wanted, 1e-3, name);
            }
            // On two threads, and up to the end of the text.
            let whisper = Whisper::open(dir.path(), 2).unwrap();
            let mut wanted = integers(&model["greedy"]);
            if let Some(end) = wanted.iter().position(|&token| token == 2) {
                wanted.truncate(end + 1);
            }
            let mut heard = whisper.hear(&sound("tone")).unwrap();
            let most = wanted.len();
            assert_eq!(
                whisper.greedy(&mut heard, &tokens, most, &mut Run::unwatched()).unwrap(),
                wanted,
                "{name}"
            );
            // More than the model takes, and tokens that it has not.
            let error = whisper.decode(&mut heard, &[5; 64]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert_eq!(whisper.decode(&mut heard, &[1000]).unwrap_err().kind(), ErrorKind::InvalidInput);
            assert!(whisper.language(&mut heard).unwrap().is_none());
            assert_eq!(whisper.hear(&[f32::NAN]).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn every_broken_folder_is_refused_with_its_fault() {
        let edit = |dir: &Path, key: &str, value: Value| {
            let path = dir.join("config.json");
            let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            config[key] = value;
            std::fs::write(path, config.to_string()).unwrap();
        };
        let weights = |dir: &Path, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
            let path = dir.join("model.safetensors");
            let bytes = change(std::fs::read(&path).unwrap());
            std::fs::write(path, bytes).unwrap();
        };
        let cases: [(&str, ErrorKind, &dyn Fn(&Path)); 9] = [
            ("config.json", ErrorKind::NotFound, &|dir| {
                std::fs::remove_file(dir.join("config.json")).unwrap();
            }),
            ("model.safetensors", ErrorKind::NotFound, &|dir| {
                std::fs::remove_file(dir.join("model.safetensors")).unwrap();
            }),
            ("bert", ErrorKind::UnsupportedFormat, &|dir| edit(dir, "model_type", json!("bert"))),
            ("sizes", ErrorKind::DecodeFailed, &|dir| edit(dir, "decoder_attention_heads", json!(5))),
            ("sizes", ErrorKind::DecodeFailed, &|dir| edit(dir, "eos_token_id", json!(100_000))),
            ("another shape", ErrorKind::DecodeFailed, &|dir| edit(dir, "num_mel_bins", json!(128))),
            ("is missing", ErrorKind::DecodeFailed, &|dir| edit(dir, "decoder_layers", json!(7))),
            ("cut short", ErrorKind::DecodeFailed, &|dir| {
                weights(dir, &|bytes| bytes[..bytes.len() - 2].to_vec());
            }),
            // As whisper.cpp's files begin.
            ("safetensors", ErrorKind::DecodeFailed, &|dir| {
                weights(dir, &|_| b"lmgg\x99\xca\0\0\x50\0\0\0".repeat(9));
            }),
        ];
        let model = reference()["models"][0].clone();
        for (fault, kind, spoil) in cases {
            let dir = folder(&model);
            spoil(dir.path());
            let error = Whisper::open(dir.path(), 1).unwrap_err();
            assert_eq!(error.kind(), kind, "{fault}: {error}");
            assert!(error.to_string().contains(fault), "{fault}: {error}");
        }
    }
}

#[cfg(feature = "transformers")]
#[path = "model/whisper_long.rs"]
mod whisper_long;

#[cfg(feature = "transformers")]
#[path = "model/whisper_gguf.rs"]
mod whisper_gguf;

#[cfg(all(feature = "transformers", feature = "onnx"))]
#[path = "model/whisper_onnx.rs"]
mod whisper_onnx;

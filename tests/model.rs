//! Finding ONNX Runtime and models. The environment is a process's own, so each case is a process.
//!
//! The ignored test is that process: it prints what it found.

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

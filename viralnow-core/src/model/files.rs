//! Model files: the directories that are searched, and what is in them.

use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a model file's name ends in: ONNX, and weights for candle.
const EXTENSIONS: [&str; 2] = ["onnx", "safetensors"];

/// The directories that are searched for models, in order: those of `VIRALNOW_MODELS` (separated as in `PATH`), then
/// `viralnow/models` in the user's cache directory (`XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS,
/// `%LOCALAPPDATA%` on Windows), which need not exist; last the folder `models` of the `PyPI` package rapidocr-onnxruntime, where it is in
/// the Python environment that is active (`VIRTUAL_ENV`), or beside an ONNX Runtime that was [offered](super::offer_runtime).
#[must_use]
pub fn model_dirs() -> Vec<PathBuf> {
    own_dirs().into_iter().chain(package_dirs()).collect()
}

/// Those of [`model_dirs`] that are the user's.
pub(crate) fn own_dirs() -> Vec<PathBuf> {
    dirs_from(|name| std::env::var_os(name))
}

/// Those of [`model_dirs`] that are a package's: nothing is to be put there.
#[cfg(feature = "onnx")]
pub(crate) fn package_dirs() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    super::locate::package_models(set, &super::runtime::offered())
}

#[cfg(not(feature = "onnx"))]
pub(crate) fn package_dirs() -> Vec<PathBuf> {
    Vec::new()
}

fn dirs_from(env: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let home = || set("HOME").map(PathBuf::from);
    let cache = if cfg!(windows) {
        set("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        // The XDG specification has relative paths ignored.
        let xdg = set("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        xdg.or_else(|| home().map(|home| home.join(".cache")))
    };
    let named = set("VIRALNOW_MODELS").map(|list| {
        std::env::split_paths(&list).filter(|dir| !dir.as_os_str().is_empty()).collect::<Vec<_>>()
    });
    named.into_iter().flatten().chain(cache.map(|cache| cache.join("viralnow").join("models"))).collect()
}

/// The model files in [`model_dirs`], by file name; of two with one name the first directory's counts.
///
/// ```
/// for (name, path) in viralnow_core::model::models() {
///     println!("{name}: {}", path.display());
/// }
/// ```
#[must_use]
pub fn models() -> BTreeMap<String, PathBuf> {
    models_in(&model_dirs())
}

/// The model files in these directories, by file name: `*.onnx` and `*.safetensors`, not in directories below. A directory
/// that is not there, or that we may not read, has none.
#[must_use]
pub fn models_in(dirs: &[PathBuf]) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for entry in dirs.iter().filter_map(|dir| dir.read_dir().ok()).flatten().flatten() {
        let path = entry.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let known =
            path.extension().is_some_and(|ending| EXTENSIONS.iter().any(|e| ending.eq_ignore_ascii_case(e)));
        // Follows links: caches are full of them.
        if known && path.is_file() {
            found.entry(name.to_owned()).or_insert(path);
        }
    }
    found
}

/// The model file of this name, in `dir` when it is given, else in [`model_dirs`]. Fails with `UNAVAILABLE` and says where
/// it looked.
pub fn find(name: &str, dir: Option<&Path>) -> Result<PathBuf> {
    let dirs = dir.map_or_else(model_dirs, |dir| vec![dir.to_owned()]);
    models_in(&dirs).remove(name).ok_or_else(|| {
        let looked: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        Error::new(
            ErrorKind::Unavailable,
            "the model file is not there; put it into one of the directories, or name its directory in VIRALNOW_MODELS",
        )
        .with("model", name)
        .with("looked_in", if looked.is_empty() { "no directory".to_owned() } else { looked.join(" ") })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(unix, not(target_os = "macos")))]
    fn directories_follow_the_environment() {
        let dirs = |vars: &[(&str, &str)]| {
            dirs_from(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
        };
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(dirs(&[]), paths(&[]));
        assert_eq!(dirs(&[("HOME", "/h")]), paths(&["/h/.cache/viralnow/models"]));
        assert_eq!(dirs(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]), paths(&["/c/viralnow/models"]));
        assert_eq!(dirs(&[("HOME", "/h"), ("XDG_CACHE_HOME", "c")]), paths(&["/h/.cache/viralnow/models"]));
        assert_eq!(
            dirs(&[("HOME", "/h"), ("VIRALNOW_MODELS", "/m:/n:")]),
            paths(&["/m", "/n", "/h/.cache/viralnow/models"])
        );
    }

    #[test]
    fn the_first_directory_counts_and_other_files_do_not() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (dir, name) in [
            (&first, "vad.onnx"),
            (&second, "vad.onnx"),
            (&second, "tiny.SafeTensors"),
            (&second, "notes.txt"),
            (&second, "onnx"),
        ] {
            std::fs::write(dir.path().join(name), b"weights").unwrap();
        }
        std::fs::create_dir(second.path().join("folder.onnx")).unwrap();
        let dirs = [first.path().to_owned(), "/no/such/dir".into(), second.path().to_owned()];
        let found = models_in(&dirs);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["tiny.SafeTensors", "vad.onnx"]);
        assert_eq!(found["vad.onnx"], first.path().join("vad.onnx"));
        assert_eq!(find("vad.onnx", Some(second.path())).unwrap(), second.path().join("vad.onnx"));
        let error = find("speech.onnx", Some(first.path())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let text = error.to_string();
        assert!(text.contains("speech.onnx") && text.contains(first.path().to_str().unwrap()), "{text}");
    }
}

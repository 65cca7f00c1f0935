//! Where ONNX Runtime may be, and asking what is there for its version.

use super::{MIN_RUNTIME, Runtime};
use crate::{Error, ErrorKind, Result};
use std::ffi::{CStr, OsString, c_char, c_void};
use std::path::{Path, PathBuf};

/// Variables that name the library itself; ours first, then the one of the `ort` crate.
const NAMED_BY: [&str; 2] = ["VIRALNOW_ONNXRUNTIME", "ORT_DYLIB_PATH"];

fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The library that the environment names, and the variable that does.
pub(super) fn named() -> Option<(&'static str, PathBuf)> {
    NAMED_BY.into_iter().find_map(|name| Some((name, env(name)?.into())))
}

pub(super) fn locate() -> Result<Runtime> {
    if let Some((name, path)) = named() {
        // Whoever names a file means that one: no other is tried.
        return open(&path).map_err(|reason| {
            Error::new(ErrorKind::Unavailable, "the ONNX Runtime that the environment names cannot be used")
                .with("variable", name)
                .with("path", path.display())
                .with("reason", reason)
        });
    }
    let mut looked = Vec::new();
    for dir in dirs(env, &super::runtime::offered()) {
        let libraries = libraries_in(&dir);
        if libraries.is_empty() {
            looked.push(format!("{}: not there", dir.display()));
        }
        for path in libraries {
            match open(&path) {
                Ok(runtime) => return Ok(runtime),
                Err(reason) => looked.push(format!("{}: {reason}", path.display())),
            }
        }
    }
    Err(Error::new(
        ErrorKind::Unavailable,
        "no ONNX Runtime was found; install it (`pip install onnxruntime` in this Python environment, or `npm install \
         onnxruntime-node` beside the package), or name its library in VIRALNOW_ONNXRUNTIME",
    )
    .with("at_least", format!("{}.{}", MIN_RUNTIME.0, MIN_RUNTIME.1))
    .with("looked_in", looked.join("; ")))
}

/// The directories that may hold it, in order. To load a library is to run it, so that no place counts which the host,
/// the environment or the system has not named: least of all the working directory.
fn dirs(env: impl Fn(&str) -> Option<OsString>, offered: &[PathBuf]) -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    for folder in offered {
        dirs.push(folder.clone());
        dirs.extend(npm_folders(&folder.join("bin")));
    }
    let environments = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(&env)
        .map(PathBuf::from)
        .filter(|prefix| prefix.is_absolute());
    let system = ["/usr/local", "/usr"].into_iter().filter(|_| cfg!(unix)).map(PathBuf::from);
    for prefix in environments.chain(system) {
        for packages in python_packages(&prefix) {
            dirs.push(packages.join("onnxruntime").join("capi"));
        }
    }
    let path = if cfg!(windows) {
        "PATH"
    } else if cfg!(target_os = "macos") {
        "DYLD_LIBRARY_PATH"
    } else {
        "LD_LIBRARY_PATH"
    };
    dirs.extend(env(path).iter().flat_map(std::env::split_paths).filter(|dir| dir.is_absolute()));
    if cfg!(target_os = "macos") {
        dirs.extend(["/opt/homebrew/lib", "/usr/local/lib"].map(PathBuf::from));
    } else if cfg!(unix) {
        dirs.push("/usr/local/lib".into());
        dirs.push(format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH).into());
        dirs.extend(["/usr/lib64", "/usr/lib"].map(PathBuf::from));
    }
    dirs
}

/// Where Python packages that bring models have them: rapidocr-onnxruntime's, which are PP-OCR's. Packages count beside an ONNX Runtime
/// that was offered from one, and in the active environment. Models are no code: to read one runs nothing.
pub(super) fn package_models(env: impl Fn(&str) -> Option<OsString>, offered: &[PathBuf]) -> Vec<PathBuf> {
    let beside = offered
        .iter()
        .filter(|folder| folder.ends_with("onnxruntime/capi"))
        .filter_map(|folder| folder.ancestors().nth(2));
    let active = env("VIRTUAL_ENV").map(PathBuf::from).filter(|prefix| prefix.is_absolute());
    let packages = beside.map(Path::to_owned).chain(active.iter().flat_map(|prefix| python_packages(prefix)));
    let mut found: Vec<PathBuf> = Vec::new();
    for models in packages.map(|packages| packages.join("rapidocr_onnxruntime").join("models")) {
        if models.is_dir() && !found.contains(&models) {
            found.push(models);
        }
    }
    found
}

/// The `site-packages` of a Python prefix, the newest Python first; one that is likely when there is none.
fn python_packages(prefix: &Path) -> Vec<PathBuf> {
    if cfg!(windows) {
        return vec![prefix.join("Lib").join("site-packages")];
    }
    let mut pythons: Vec<PathBuf> = ["lib", "lib64"]
        .into_iter()
        .flat_map(|lib| entries(&prefix.join(lib), |name| name.starts_with("python3")))
        .collect();
    // `python3.9` is older than `python3.10`.
    pythons.sort_by_key(|python| {
        let minor = python.to_str().and_then(|python| python.rsplit('.').next()?.parse::<u32>().ok());
        std::cmp::Reverse(minor)
    });
    if pythons.is_empty() {
        return vec![prefix.join("lib/python3/site-packages")];
    }
    pythons
        .iter()
        .flat_map(|python| ["site-packages", "dist-packages"].map(|packages| python.join(packages)))
        .filter(|packages| packages.is_dir())
        .collect()
}

/// `napi-v6/linux/x64` and the like, for this machine.
fn npm_folders(bin: &Path) -> Vec<PathBuf> {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let mut versions = entries(bin, |name| name.starts_with("napi-v"));
    versions.sort();
    versions.iter().rev().map(|version| version.join(os).join(arch)).collect()
}

/// The libraries in a directory; the plain name first, then by version, newest first.
fn libraries_in(dir: &Path) -> Vec<PathBuf> {
    let mut found = entries(dir, |name| {
        if cfg!(windows) {
            name == "onnxruntime.dll"
        } else if cfg!(target_os = "macos") {
            name.strip_prefix("libonnxruntime.").is_some_and(|rest| rest.rsplit('.').next() == Some("dylib"))
        } else {
            name == "libonnxruntime.so" || name.starts_with("libonnxruntime.so.")
        }
    });
    found.sort_by_key(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let numbers: Vec<u32> = name.split('.').filter_map(|part| part.parse().ok()).collect();
        (!numbers.is_empty(), std::cmp::Reverse(numbers))
    });
    found
}

fn entries(dir: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let all = dir.read_dir().into_iter().flatten().flatten();
    all.filter(|entry| entry.file_name().to_str().is_some_and(&wanted)).map(|entry| entry.path()).collect()
}

/// ONNX Runtime's C interface, as far as it never changes (`onnxruntime_c_api.h`).
#[repr(C)]
struct OrtApiBase {
    get_api: unsafe extern "C" fn(u32) -> *const c_void,
    get_version_string: unsafe extern "C" fn() -> *const c_char,
}

/// Loads a library and reads its version; the reason when it will not do.
fn open(path: &Path) -> std::result::Result<Runtime, String> {
    if !path.is_file() {
        return Err("there is no such file".to_owned());
    }
    // A bare name would be searched for in the system's directories.
    let path = &std::path::absolute(path).map_err(|error| error.to_string())?;
    // SAFETY: loading runs the library's initialisers. The path is what the user named, or a file of ONNX Runtime's name in
    // a directory that programs load libraries from.
    let library =
        unsafe { libloading::Library::new(path) }.map_err(|error| {
            match std::error::Error::source(&error) {
                Some(source) => format!("it cannot be loaded: {error}: {source}"),
                None => format!("it cannot be loaded: {error}"),
            }
        })?;
    let version = {
        // SAFETY: every ONNX Runtime since 1.0 exports this function with this signature.
        let base = unsafe { library.get::<unsafe extern "C" fn() -> *const OrtApiBase>(b"OrtGetApiBase\0") }
            .map_err(|_| "it is not ONNX Runtime: it has no OrtGetApiBase".to_owned())?;
        // SAFETY: it gives a pointer to a static struct that begins with these two functions, and the second one gives a
        // static string that ends in zero.
        unsafe {
            let base = base();
            if base.is_null() {
                return Err("its OrtGetApiBase gives nothing".to_owned());
            }
            let version = ((*base).get_version_string)();
            if version.is_null() {
                return Err("it does not say its version".to_owned());
            }
            CStr::from_ptr(version).to_string_lossy().into_owned()
        }
    };
    check_version(&version)?;
    // Never unloaded: the session that comes later needs it, and unloading a C++ library with static state is unsafe.
    std::mem::forget(library);
    Ok(Runtime { path: path.clone(), version })
}

fn check_version(version: &str) -> std::result::Result<(), String> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor) = MIN_RUNTIME;
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(has_major), Some(has_minor)) if (has_major, has_minor) >= MIN_RUNTIME => Ok(()),
        (Some(_), Some(_)) => Err(format!("version {version} is too old; {major}.{minor} is needed")),
        _ => Err(format!("its version {version:?} cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(check_version("1.24.0").is_ok());
        assert!(check_version("1.31.1").is_ok());
        assert!(check_version("2.0.0").is_ok());
        assert!(check_version("1.9.0").unwrap_err().contains("too old"));
        assert!(check_version("1.23.2").unwrap_err().contains("1.24"));
        assert!(check_version("").unwrap_err().contains("cannot be read"));
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn packages_of_python_and_node_are_found() {
        let root = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let old = make("venv/lib/python3.9/site-packages/onnxruntime/capi");
        let new = make("venv/lib/python3.12/site-packages/onnxruntime/capi");
        let node = make("app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64");
        let venv = root.path().join("venv").into_os_string();
        let package = root.path().join("app/node_modules/onnxruntime-node");
        let found = dirs(|name| (name == "VIRTUAL_ENV").then(|| venv.clone()), &[package]);
        let at = |dir: &PathBuf| found.iter().position(|found| found == dir).unwrap();
        assert!(at(&node) < at(&new) && at(&new) < at(&old), "{found:?}");
        assert!(at(&old) < at(&PathBuf::from("/usr/lib")), "{found:?}");
        // A relative path would be one of the working directory's.
        let relative = dirs(|name| (name == "VIRTUAL_ENV").then(|| "venv".into()), &[]);
        assert!(relative.iter().all(|dir| dir.is_absolute()), "{relative:?}");

        for name in
            ["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.31.1", "libonnxruntime_providers_shared.so"]
        {
            std::fs::write(new.join(name), b"").unwrap();
        }
        let libraries = libraries_in(&new);
        assert_eq!(libraries, [new.join("libonnxruntime.so.1.31.1"), new.join("libonnxruntime.so.1.9.0")]);
    }

    #[test]
    #[cfg(unix)]
    fn models_of_packages_are_found_beside_the_runtime_and_in_the_environment() {
        let root = tempfile::tempdir().unwrap();
        let packages = |prefix: &str| root.path().join(prefix).join("lib/python3.12/site-packages");
        for prefix in ["venv", "user"] {
            std::fs::create_dir_all(packages(prefix).join("rapidocr_onnxruntime/models")).unwrap();
        }
        std::fs::create_dir_all(packages("bare").join("onnxruntime/capi")).unwrap();
        let models = |prefix: &str| packages(prefix).join("rapidocr_onnxruntime/models");
        let capi = |prefix: &str| packages(prefix).join("onnxruntime/capi");
        let active = |prefix: &str| {
            let prefix = root.path().join(prefix).into_os_string();
            move |name: &str| (name == "VIRTUAL_ENV").then(|| prefix.clone())
        };
        assert_eq!(package_models(|_| None, &[]), [PathBuf::new(); 0]);
        assert_eq!(package_models(active("venv"), &[]), [models("venv")]);
        assert_eq!(package_models(|_| None, &[capi("user")]), [models("user")]);
        assert_eq!(
            package_models(active("venv"), &[capi("user"), capi("venv")]),
            [models("user"), models("venv")]
        );
        // An environment without the package, one that is none, one of the working directory, and a runtime that is of no Python package.
        assert_eq!(package_models(active("bare"), &[capi("bare")]), [PathBuf::new(); 0]);
        assert_eq!(package_models(active("gone"), &[root.path().join("user")]), [PathBuf::new(); 0]);
        assert_eq!(package_models(|_| Some("venv".into()), &[]), [PathBuf::new(); 0]);
    }

    #[test]
    fn what_is_no_library_is_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let fake = dir.path().join("libonnxruntime.so");
        std::fs::write(&fake, b"not a library").unwrap();
        assert!(open(&fake).unwrap_err().contains("cannot be loaded"));
        assert!(open(&dir.path().join("gone.so")).unwrap_err().contains("no such file"));
        assert!(open(dir.path()).unwrap_err().contains("no such file"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn another_library_is_refused() {
        let other =
            ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"]
                .into_iter()
                .map(Path::new)
                .find(|path| path.exists());
        let Some(other) = other else {
            println!("SKIPPED another_library_is_refused: no libm at a known place");
            return;
        };
        assert!(open(other).unwrap_err().contains("OrtGetApiBase"));
    }
}

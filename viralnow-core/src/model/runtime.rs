//! ONNX Runtime: a shared library that the host installs (`pip install onnxruntime`, `npm install onnxruntime-node`, a
//! system package) and that we find at run time.

use crate::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The oldest ONNX Runtime that will do, as (major, minor).
pub const MIN_RUNTIME: (u32, u32) = (1, 24);

/// An ONNX Runtime on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// The shared library.
    pub path: PathBuf,
    /// Its version, such as `1.24.1`.
    pub version: String,
}

/// Folders that the host has offered.
static OFFERED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Names a folder in which the host knows ONNX Runtime to be: that of the library itself, or of the npm package
/// `onnxruntime-node` (what `require.resolve` finds is the host's to trust; nothing is searched for from the working
/// directory, where files of others may lie). The folders are looked into in the order of the offers, after what the
/// environment names. Fails with `INVALID_INPUT` for a path that is not absolute.
///
/// ```
/// assert!(viralnow_core::model::offer_runtime("node_modules/onnxruntime-node").is_err());
/// ```
pub fn offer_runtime(folder: impl Into<PathBuf>) -> Result<()> {
    let folder = folder.into();
    if !folder.is_absolute() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "the folder of ONNX Runtime must be an absolute path",
        )
        .with("path", folder.display()));
    }
    let mut offered = OFFERED.lock().unwrap_or_else(PoisonError::into_inner);
    if !offered.contains(&folder) {
        offered.push(folder);
    }
    Ok(())
}

#[cfg(feature = "onnx")]
pub(super) fn offered() -> Vec<PathBuf> {
    OFFERED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Finds ONNX Runtime, at least [`MIN_RUNTIME`].
///
/// It is the file named by `VIRALNOW_ONNXRUNTIME` or `ORT_DYLIB_PATH`, where one of them is set; else the first good one of
/// the folders given to [`offer_runtime`], the `PyPI` package `onnxruntime` (in `VIRTUAL_ENV`, `CONDA_PREFIX`, then the
/// system's Python) and the system's library directories. The library that is found stays loaded. Fails with `UNAVAILABLE`, and says where it looked and what was wrong there.
///
/// ```
/// match viralnow_core::model::runtime() {
///     Ok(runtime) => println!("ONNX Runtime {} at {}", runtime.version, runtime.path.display()),
///     Err(error) => println!("{error}"),
/// }
/// ```
pub fn runtime() -> Result<Runtime> {
    #[cfg(feature = "onnx")]
    return super::locate::locate();
    #[cfg(not(feature = "onnx"))]
    Err(Error::new(
        ErrorKind::Unavailable,
        "this build cannot use ONNX Runtime; build it with the feature `onnx`",
    )
    .with("feature", "onnx"))
}

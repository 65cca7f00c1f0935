//! ONNX Runtime: a shared library that the host installs (`pip install onnxruntime`, `npm install onnxruntime-node`, a
//! system package) and that we find at run time.

use crate::Result;
#[cfg(not(feature = "onnx"))]
use crate::{Error, ErrorKind};
use std::path::PathBuf;

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

/// Finds ONNX Runtime, at least [`MIN_RUNTIME`].
///
/// It is the file named by `VIRALNOW_ONNXRUNTIME` or `ORT_DYLIB_PATH`, where one of them is set; else the first good one of
/// the `PyPI` package `onnxruntime` (in `VIRTUAL_ENV`, `CONDA_PREFIX`, then the system's Python), the npm package
/// `onnxruntime-node` (in `node_modules` here or above) and the system's library directories. The library that is found
/// stays loaded. Fails with `UNAVAILABLE`, and says where it looked and what was wrong there.
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

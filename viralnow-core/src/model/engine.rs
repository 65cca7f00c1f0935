//! Which engine runs ONNX models: the host's ONNX Runtime where one is found, else tract where it is built in.

use super::{Runtime, runtime};
use crate::{Error, ErrorKind, Result};

/// The variable that names the engine.
const NAMED_BY: &str = "VIRALNOW_ONNX_ENGINE";

/// What runs ONNX models.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnnxEngine {
    /// An ONNX Runtime of the host.
    OnnxRuntime(Runtime),
    /// The crate `tract-onnx`, which the feature `tract` builds in.
    Tract {
        /// The series of its releases, such as `0.23`.
        version: &'static str,
    },
}

/// What [`Session::open`](super::Session::open) runs models with.
///
/// An ONNX Runtime that [`runtime`] finds always wins. Without one it is tract in a build with the feature `tract`, unless the
/// environment names an ONNX Runtime that cannot be used. `VIRALNOW_ONNX_ENGINE` may ask for one of the two, `onnxruntime` or
/// `tract`. Fails as [`runtime`] does, with `UNAVAILABLE` for tract in a build without it, and with `INVALID_CONFIG` for
/// another name. Some models make tract panic; that becomes an error, but in a program that aborts on panics.
///
/// ```
/// use viralnow_core::model::{OnnxEngine, onnx_engine};
/// match onnx_engine() {
///     Ok(OnnxEngine::OnnxRuntime(runtime)) => println!("ONNX Runtime {}", runtime.version),
///     Ok(engine) => println!("{engine:?}"),
///     Err(error) => println!("{error}"),
/// }
/// ```
pub fn onnx_engine() -> Result<OnnxEngine> {
    match asked()? {
        Some(Asked::OnnxRuntime) => runtime().map(OnnxEngine::OnnxRuntime),
        Some(Asked::Tract) => tract(),
        None => runtime().map(OnnxEngine::OnnxRuntime).or_else(|error| match tract() {
            // Whoever names a file means that one: nothing stands in for it.
            Ok(tract) if !names_a_runtime() => Ok(tract),
            _ => Err(error),
        }),
    }
}

/// Whether a model is to be opened in tract. Nothing is looked for where that is known already.
pub(super) fn is_tract() -> Result<bool> {
    match asked()? {
        Some(Asked::OnnxRuntime) => Ok(false),
        Some(Asked::Tract) => tract().map(|_| true),
        None if cfg!(not(feature = "tract")) || has_loaded_a_runtime() => Ok(false),
        None => Ok(matches!(onnx_engine()?, OnnxEngine::Tract { .. })),
    }
}

/// What the environment asks for.
enum Asked {
    OnnxRuntime,
    Tract,
}

fn asked() -> Result<Option<Asked>> {
    let name = std::env::var_os(NAMED_BY).unwrap_or_default();
    match name.to_str() {
        Some("") => Ok(None),
        Some("onnxruntime") => Ok(Some(Asked::OnnxRuntime)),
        Some("tract") => Ok(Some(Asked::Tract)),
        _ => Err(Error::new(ErrorKind::InvalidConfig, "there is no such engine for ONNX models")
            .with("variable", NAMED_BY)
            .with("value", name.display())
            .with("there_are", "onnxruntime, tract")),
    }
}

#[cfg(feature = "tract")]
#[allow(clippy::unnecessary_wraps, reason = "the signature is that of the build without")]
fn tract() -> Result<OnnxEngine> {
    Ok(OnnxEngine::Tract { version: super::tract::VERSION })
}

#[cfg(not(feature = "tract"))]
fn tract() -> Result<OnnxEngine> {
    Err(Error::new(
        ErrorKind::Unavailable,
        "this build cannot run models in tract; build it with the feature `tract`",
    )
    .with("feature", "tract"))
}

#[cfg(feature = "onnx")]
fn names_a_runtime() -> bool {
    super::locate::named().is_some()
}

#[cfg(not(feature = "onnx"))]
fn names_a_runtime() -> bool {
    false
}

#[cfg(feature = "onnx")]
fn has_loaded_a_runtime() -> bool {
    super::onnx::is_loaded()
}

#[cfg(not(feature = "onnx"))]
fn has_loaded_a_runtime() -> bool {
    false
}

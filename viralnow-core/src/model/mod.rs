//! Where model files and ONNX Runtime are found. Nothing is downloaded, and nothing is linked.

mod files;
#[cfg(feature = "onnx")]
mod locate;
mod runtime;

pub use files::{find, model_dirs, models, models_in};
pub use runtime::{MIN_RUNTIME, Runtime, runtime};

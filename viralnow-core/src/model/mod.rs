//! Where model files and ONNX Runtime are found, and running ONNX models. Nothing is downloaded, and nothing is linked.

mod files;
#[cfg(feature = "onnx")]
mod locate;
#[cfg(feature = "onnx")]
mod onnx;
mod runtime;
mod session;
mod tensor;

pub use files::{find, model_dirs, models, models_in};
pub use runtime::{MIN_RUNTIME, Runtime, offer_runtime, runtime};
pub use session::{Port, Session};
pub use tensor::{Element, Tensor};

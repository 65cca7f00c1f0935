//! Model files: which are known, where they are, fetching them when asked; where ONNX Runtime is found, and running ONNX
//! models in it, or in tract. Nothing is fetched unasked, and nothing is linked.

mod embed;
mod engine;
mod files;
mod loaded;
#[cfg(feature = "onnx")]
mod locate;
mod manifest;
#[cfg(feature = "transformers")]
mod net;
#[cfg(feature = "onnx")]
mod onnx;
#[cfg(feature = "http")]
mod pull;
mod runner;
mod runtime;
mod session;
mod shelf;
mod tensor;
#[cfg(feature = "tract")]
mod tract;
#[cfg(feature = "transformers")]
mod whisper;

pub use embed::{Embedder, Embeddings, shared_embedder};
pub use engine::{OnnxEngine, onnx_engine};
pub use files::{find, model_dirs, models, models_in};
pub(crate) use files::{own_dirs, package_dirs};
pub use manifest::{Model, ModelFile, find_model, known_models, read_manifest};
#[cfg(feature = "http")]
pub use pull::{PullOptions, Pulled, pull_model};
pub use runtime::{MIN_RUNTIME, Runtime, offer_runtime, runtime};
pub use session::{Port, Session};
pub use shelf::{FileState, Listed, VerifiedFile, list_models, verify_model, where_is};
pub use tensor::{Element, Tensor};
#[cfg(feature = "transformers")]
pub use whisper::{
    Heard, Skipped, SpokenSegment, SpokenWord, TranscribeOptions, Transcript, Whisper, shared_whisper,
};

//! One loaded model for all that ask for it.

use super::super::loaded::Last;
use super::Embedder;
use crate::Result;
use std::sync::Arc;

static LAST: Last<Embedder> = Last::new();

/// The model in this folder, or of this name among the known ones; the one that was asked for last stays loaded, and is loaded
/// anew when its files have changed. Fails as [`Embedder::open`] and [`where_is`](crate::model::where_is) do.
///
/// ```
/// use viralnow_core::model::shared_embedder;
/// let error = shared_embedder("no-such-model", 1).unwrap_err();
/// assert_eq!(error.kind().code(), "NOT_FOUND");
/// ```
pub fn shared_embedder(model: &str, threads: usize) -> Result<Arc<Embedder>> {
    let files = ["config.json", "tokenizer.json", "model.safetensors", "model.onnx"];
    LAST.get(model, &files, threads, |folder| Embedder::open(folder, threads))
}

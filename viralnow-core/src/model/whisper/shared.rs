//! One loaded model for all that ask for it.

use super::super::loaded::Last;
use super::{Whisper, engine, exported, foreign};
use crate::Result;
use std::path::Path;
use std::sync::Arc;

static LAST: Last<Whisper> = Last::new();

/// The model in this folder, or of this name among the known ones; the one that was asked for last stays loaded, and is loaded
/// anew when its files have changed. Fails as [`Whisper::open`] and [`where_is`](crate::model::where_is) do.
///
/// ```
/// use viralnow_core::model::shared_whisper;
/// let error = shared_whisper("no-such-model", 1).unwrap_err();
/// assert_eq!(error.kind().code(), "NOT_FOUND");
/// ```
pub fn shared_whisper(model: &str, threads: usize) -> Result<Arc<Whisper>> {
    let path = Path::new(model);
    if let Some(refusal) = foreign::refusal(path).filter(|_| path.is_file()) {
        return Err(refusal);
    }
    let named = ["config.json", "generation_config.json", "tokenizer.json", "model.safetensors"];
    let quantised =
        engine::gguf(path).into_iter().filter_map(|file| file.file_name()?.to_str().map(str::to_owned));
    let files: Vec<String> =
        named.map(str::to_owned).into_iter().chain(exported::files()).chain(quantised).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    LAST.get(model, &files, threads, |folder| Whisper::open(folder, threads))
}

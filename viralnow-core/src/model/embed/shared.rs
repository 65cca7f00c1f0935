//! One loaded model for all that ask for it.

use super::super::{find_model, where_is};
use super::Embedder;
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// A folder as it was when its model was loaded, and the threads that were asked for.
type Stamp = (PathBuf, Vec<(u64, Option<SystemTime>)>, usize);

/// The model that was used last: loading it costs more than a few texts.
static LAST: Mutex<Option<(Stamp, Arc<Embedder>)>> = Mutex::new(None);

/// The model in this folder, or of this name among the known ones; the one that was asked for last stays loaded, and is loaded
/// anew when its files have changed. Fails as [`Embedder::open`] and [`where_is`] do.
///
/// ```
/// use viralnow_core::model::shared_embedder;
/// let error = shared_embedder("no-such-model", 1).unwrap_err();
/// assert_eq!(error.kind().code(), "NOT_FOUND");
/// ```
pub fn shared_embedder(model: &str, threads: usize) -> Result<Arc<Embedder>> {
    let folder = if Path::new(model).is_dir() {
        PathBuf::from(model)
    } else {
        let known = find_model(model, &[]).map_err(|_| {
            Error::new(ErrorKind::NotFound, "the model is neither a folder nor the name of a known model")
                .with("model", model)
        })?;
        where_is(known, None)?
    };
    let stamps = ["config.json", "tokenizer.json", "model.safetensors", "model.onnx"].map(|file| {
        let data = folder.join(file).metadata().ok();
        (data.as_ref().map_or(0, std::fs::Metadata::len), data.and_then(|data| data.modified().ok()))
    });
    let stamp = (folder, stamps.to_vec(), threads);
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, embedder)) = last().as_ref().filter(|(known, _)| *known == stamp) {
        return Ok(embedder.clone());
    }
    let embedder = Arc::new(Embedder::open(&stamp.0, threads)?);
    *last() = Some((stamp, embedder.clone()));
    Ok(embedder)
}

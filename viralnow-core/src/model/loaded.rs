//! One loaded model for all that ask for it.

use super::{find_model, where_is};
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// A folder as it was when its model was loaded, and the threads that were asked for.
type Stamp = (PathBuf, Vec<(u64, Option<SystemTime>)>, usize);

/// The model of its kind that was used last: loading it costs more than a few calls.
pub(super) struct Last<T>(Mutex<Option<(Stamp, Arc<T>)>>);

impl<T> Last<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The model in this folder, or of this name among the known ones; loaded anew when one of its files has changed.
    pub(super) fn get(
        &self,
        model: &str,
        files: &[&str],
        threads: usize,
        open: impl FnOnce(&Path) -> Result<T>,
    ) -> Result<Arc<T>> {
        let folder = if Path::new(model).is_dir() {
            PathBuf::from(model)
        } else if Path::new(model).is_file() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the model is named by a file; name the folder that has it together with its config.json and tokenizer.json",
            )
            .with("model", model));
        } else {
            let known = find_model(model, &[]).map_err(|_| {
                Error::new(ErrorKind::NotFound, "the model is neither a folder nor the name of a known model")
                    .with("model", model)
            })?;
            where_is(known, None)?
        };
        let stamp_of = |file: &&str| {
            let data = folder.join(file).metadata().ok();
            (data.as_ref().map_or(0, std::fs::Metadata::len), data.and_then(|data| data.modified().ok()))
        };
        let stamp: Stamp = (folder.clone(), files.iter().map(stamp_of).collect(), threads);
        let last = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, loaded)) = last().as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(loaded.clone());
        }
        let loaded = Arc::new(open(&folder)?);
        *last() = Some((stamp, loaded.clone()));
        Ok(loaded)
    }
}

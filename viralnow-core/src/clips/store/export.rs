//! What is asked for, as a file.

use super::{ClipQuery, ClipStore};
use crate::Result;
use crate::clips::files::{ClipFile, ClipFormat};
use std::path::Path;

/// What an export did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Clips in the file.
    pub written: usize,
}

impl ClipStore {
    /// Writes the clips that are asked for to a file, in their order, one page in memory at a time; `format` is that of its name
    /// where `None`. The file stands under its name only once it is whole.
    pub fn export(
        &self,
        query: &ClipQuery,
        to: impl AsRef<Path>,
        format: Option<ClipFormat>,
    ) -> Result<Exported> {
        let to = to.as_ref();
        let format = format.map_or_else(|| ClipFormat::of_path(to), Ok)?;
        let summary = self.summary(query)?;
        let mut file = ClipFile::create(to, format)?;
        let written = self.each(query, |scored| file.write(&scored))?;
        file.finish(&summary)?;
        Ok(Exported { written })
    }
}

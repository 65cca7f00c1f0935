//! From one format to another.

use super::ClipFormat;
use super::read::{LeftOut, each_clip};
use super::write::ClipFile;
use crate::Result;
use crate::clips::ScoredClip;
use jiff::Timestamp;
use serde_json::json;
use std::path::Path;
use std::time::Instant;

/// What a conversion did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Clips that were written.
    pub written: usize,
    /// Rows that are no clips.
    pub left_out: LeftOut,
}

/// Writes the clips of one file as another, both by their names ([`ClipFormat::of_path`]), one clip at a time. The file stands under
/// its name only once it is whole.
pub fn convert_clips(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Converted> {
    let start = Instant::now();
    let to = to.as_ref();
    let mut file = ClipFile::create(to, ClipFormat::of_path(to)?)?;
    let mut written = 0;
    let left_out = each_clip(from, |clip| {
        written += 1;
        file.write(&ScoredClip::from(clip))
    })?;
    file.finish(&json!({
        "total_clips": written,
        "filtered_clips": written,
        "processing_time": start.elapsed().as_secs_f64(),
        "timestamp": Timestamp::now(),
    }))?;
    Ok(Converted { written, left_out })
}

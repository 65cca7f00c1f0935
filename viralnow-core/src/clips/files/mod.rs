//! Clips as files: JSON, JSON Lines, CSV, XLSX and Parquet, in and out, one clip at a time, so that memory does not grow with the
//! file.

mod columns;
mod convert;
mod csv;
mod json;
#[cfg(feature = "parquet")]
mod parquet;
mod read;
mod write;
#[cfg(feature = "xlsx")]
mod xlsx;

pub use columns::{CLIP_COLUMNS, ClipColumn, ClipTable};
pub use convert::{Converted, convert_clips};
pub use csv::write_csv;
pub use json::write_json;
pub use read::{ClipsRead, LeftOut, each_clip, read_clips};
#[cfg(feature = "sqlite")]
pub(in crate::clips) use write::ClipFile;
pub use write::ClipWriter;

use crate::{Error, ErrorKind, Result};
use std::path::Path;

/// What a file of clips is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClipFormat {
    /// The specification's document: everything of every clip, and a summary.
    Json,
    /// One clip a line: everything of every clip.
    JsonLines,
    /// A table with commas of the columns in [`CLIP_COLUMNS`].
    Csv,
    /// The same as a workbook of Excel. Needs the feature `xlsx`.
    Xlsx,
    /// Those columns with their types, and everything else of a clip as JSON in one more. Needs the feature `parquet`.
    Parquet,
}

impl ClipFormat {
    /// By the file's name.
    ///
    /// ```
    /// use viralnow_core::clips::ClipFormat;
    /// assert_eq!(ClipFormat::of_path("list.XLSX")?, ClipFormat::Xlsx);
    /// assert!(ClipFormat::of_path("list.docx").unwrap_err().to_string().contains("parquet"));
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn of_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        extension.parse().map_err(|error: Error| error.with("path", path.display()))
    }

    /// Whether this build reads and writes it; the error says what to switch on.
    pub fn check(self) -> Result<()> {
        let feature = match self {
            Self::Xlsx if !cfg!(feature = "xlsx") => "xlsx",
            Self::Parquet if !cfg!(feature = "parquet") => "parquet",
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Unavailable, "this build has not the format; switch its feature on")
            .with("feature", feature))
    }
}

impl std::str::FromStr for ClipFormat {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "json" => Ok(Self::Json),
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            "parquet" => Ok(Self::Parquet),
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "no such format; there are json, jsonl, csv, xlsx and parquet",
            )
            .with("format", name)),
        }
    }
}

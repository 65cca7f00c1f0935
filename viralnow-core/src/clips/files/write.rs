//! Writing any of the formats, clip by clip.

use super::ClipFormat;
use super::csv::TableWriter;
use super::json::{DocumentWriter, unwritten};
use crate::clips::ScoredClip;
use crate::{Error, Result};
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes clips one after the other: memory does not grow with their number.
///
/// ```
/// use viralnow_core::clips::{Clip, ClipFormat, ClipWriter};
/// let clip = Clip { id: "a".to_owned(), platform: "youtube".to_owned(), ..Clip::default() };
/// let mut writer = ClipWriter::new(ClipFormat::Csv, Vec::new())?;
/// writer.write(&clip.into())?;
/// let table = String::from_utf8(writer.finish(&serde_json::json!({}))?).unwrap();
/// assert!(table.starts_with("rank,id,platform,") && table.contains("\n1,a,youtube,"));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub struct ClipWriter<W: Write + Send> {
    kind: Kind<W>,
}

enum Kind<W: Write + Send> {
    Json(DocumentWriter<W>),
    Lines(W),
    Csv(Box<TableWriter<W>>),
    #[cfg(feature = "xlsx")]
    Xlsx(Box<super::xlsx::SheetWriter>, W),
    #[cfg(feature = "parquet")]
    Parquet(Box<super::parquet::GroupWriter<W>>),
}

impl<W: Write + Send> ClipWriter<W> {
    /// Begins the file. Fails with `UNAVAILABLE` where the build has not the format.
    pub fn new(format: ClipFormat, out: W) -> Result<Self> {
        format.check()?;
        let kind = match format {
            ClipFormat::Json => Kind::Json(DocumentWriter::new(out)?),
            ClipFormat::JsonLines => Kind::Lines(out),
            ClipFormat::Csv => Kind::Csv(Box::new(TableWriter::new(out)?)),
            #[cfg(feature = "xlsx")]
            ClipFormat::Xlsx => Kind::Xlsx(Box::new(super::xlsx::SheetWriter::new()?), out),
            #[cfg(feature = "parquet")]
            ClipFormat::Parquet => Kind::Parquet(Box::new(super::parquet::GroupWriter::new(out)?)),
            #[allow(unreachable_patterns, reason = "which formats are left depends on the features")]
            _ => unreachable!("checked"),
        };
        Ok(Self { kind })
    }

    /// Writes a clip; in a table its rank is its place.
    pub fn write(&mut self, scored: &ScoredClip) -> Result<()> {
        match &mut self.kind {
            Kind::Json(writer) => writer.write(&scored.clip),
            Kind::Lines(out) => {
                let line = serde_json::to_vec(&scored.clip).map_err(unwritten)?;
                out.write_all(&line)?;
                out.write_all(b"\n").map_err(Error::from)
            }
            Kind::Csv(writer) => writer.write(scored),
            #[cfg(feature = "xlsx")]
            Kind::Xlsx(writer, _) => writer.write(scored),
            #[cfg(feature = "parquet")]
            Kind::Parquet(writer) => writer.write(scored),
        }
    }

    /// Ends the file. The summary stands in JSON documents alone.
    pub fn finish(self, summary: &Value) -> Result<W> {
        let mut out = match self.kind {
            Kind::Json(writer) => writer.finish(summary)?,
            Kind::Lines(out) => out,
            Kind::Csv(writer) => writer.finish()?,
            #[cfg(feature = "xlsx")]
            Kind::Xlsx(writer, out) => writer.finish(out)?,
            #[cfg(feature = "parquet")]
            Kind::Parquet(writer) => writer.finish()?,
        };
        out.flush()?;
        Ok(out)
    }
}

/// A file that stands under its name only once it is whole; until then, and if it never is, nothing there changes.
pub(in crate::clips) struct ClipFile {
    writer: Option<ClipWriter<BufWriter<File>>>,
    partial: PathBuf,
    path: PathBuf,
}

impl ClipFile {
    pub(in crate::clips) fn create(path: &Path, format: ClipFormat) -> Result<Self> {
        format.check()?;
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.partial", std::process::id()));
        let partial = path.with_file_name(name);
        let file = File::create(&partial).map_err(|error| Error::from(error).with("path", path.display()))?;
        let mut made = Self { writer: None, partial, path: path.to_owned() };
        made.writer = Some(ClipWriter::new(format, BufWriter::new(file))?);
        Ok(made)
    }

    pub(in crate::clips) fn write(&mut self, scored: &ScoredClip) -> Result<()> {
        self.writer.as_mut().map_or(Ok(()), |writer| writer.write(scored))
    }

    pub(in crate::clips) fn finish(mut self, summary: &Value) -> Result<()> {
        if let Some(writer) = self.writer.take() {
            writer.finish(summary)?;
        }
        std::fs::rename(&self.partial, &self.path)
            .map_err(|error| Error::from(error).with("path", self.path.display()))
    }
}

impl Drop for ClipFile {
    fn drop(&mut self) {
        // Gone already once it was renamed.
        let _ = std::fs::remove_file(&self.partial);
    }
}

//! Reading any of the formats, clip by clip.

use super::{csv, json};
use crate::clips::Clip;
use crate::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};
use std::io::BufReader;
use std::path::Path;

/// Rows of a file that could not be read are counted, and the first few said.
const MOST_SAID: usize = 5;

/// Rows of a file that are no clips.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many.
    pub count: usize,
    /// Why, of the first of them.
    pub reasons: Vec<String>,
}

/// What a file gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClipsRead {
    /// The clips, in the file's order.
    pub clips: Vec<Clip>,
    /// How many rows are no clip.
    pub left_out: usize,
    /// Why, of the first of them.
    pub reasons: Vec<String>,
}

/// Reads clips by the file's name: `.csv`, `.tsv`, `.jsonl`/`.ndjson`, `.xlsx`, `.parquet`, or JSON: the specification's document,
/// or a list of clips.
///
/// A row that is no clip (without an id) is left out and counted; a value that cannot be what its column says is unknown, and
/// stands in [`Clip::invalid`].
pub fn read_clips(path: impl AsRef<Path>) -> Result<ClipsRead> {
    let mut clips = Vec::new();
    let LeftOut { count, reasons } = each_clip(path, |clip| {
        clips.push(clip);
        Ok(())
    })?;
    Ok(ClipsRead { clips, left_out: count, reasons })
}

/// As [`read_clips`], one clip after the other: memory does not grow with the file. An error of `take` ends it.
pub fn each_clip(path: impl AsRef<Path>, mut take: impl FnMut(Clip) -> Result<()>) -> Result<LeftOut> {
    let path = path.as_ref();
    let file = std::fs::File::open(path).map_err(|error| Error::from(error).with("path", path.display()))?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut rows = Rows { take: &mut take, left_out: LeftOut::default() };
    let read = match extension.as_str() {
        "csv" => csv::read(BufReader::new(file), b',', &mut rows),
        "tsv" => csv::read(BufReader::new(file), b'\t', &mut rows),
        "jsonl" | "ndjson" => json::read_lines(BufReader::new(file), &mut rows),
        #[cfg(feature = "xlsx")]
        "xlsx" => super::xlsx::read(file, &mut rows),
        #[cfg(feature = "parquet")]
        "parquet" => super::parquet::read(file, &mut rows),
        #[cfg(not(feature = "xlsx"))]
        "xlsx" => super::ClipFormat::Xlsx.check(),
        #[cfg(not(feature = "parquet"))]
        "parquet" => super::ClipFormat::Parquet.check(),
        _ => json::read_document(BufReader::new(file), &mut rows),
    };
    read.map_err(|error| error.with("path", path.display()))?;
    Ok(rows.left_out)
}

/// Takes rows as they come.
pub(super) struct Rows<'a> {
    pub(super) take: &'a mut dyn FnMut(Clip) -> Result<()>,
    pub(super) left_out: LeftOut,
}

impl Rows<'_> {
    pub(super) fn take(&mut self, row: usize, value: Value) -> Result<()> {
        let clip = match value {
            Value::Object(map) => Clip::try_from(map),
            _ => Err(Error::new(ErrorKind::InvalidInput, "no object")),
        };
        match clip {
            Ok(clip) => (self.take)(clip),
            Err(error) => {
                self.leave_out(row, error.message());
                Ok(())
            }
        }
    }

    pub(super) fn leave_out(&mut self, row: usize, why: &str) {
        self.left_out.count += 1;
        if self.left_out.reasons.len() < MOST_SAID {
            self.left_out.reasons.push(format!("row {row}: {why}"));
        }
    }
}

/// One row of a table as the JSON of a clip. Columns are the JSON's keys; `scores.virality` and the like, and the short names of
/// [`CLIP_COLUMNS`](super::CLIP_COLUMNS), go where they belong.
#[derive(Default)]
pub(super) struct TableRow(Map<String, Value>);

impl TableRow {
    /// Puts a cell into its place; one that is empty says nothing.
    pub(super) fn put(&mut self, column: &str, cell: Value) {
        let text = match &cell {
            Value::Null => return,
            Value::String(text) if text.is_empty() => return,
            Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let (place, key) = match column {
            "virality" | "relevance" | "final_score" => ("scores", column),
            "reactability" | "niche_match" => ("metadata", column),
            _ => column
                .split_once('.')
                .filter(|(place, _)| matches!(*place, "scores" | "metadata"))
                .unwrap_or(("", column)),
        };
        let cell = match (key, text) {
            ("tags" | "niche_match", Some(text)) => list(text),
            // What our own tables say beside the clip.
            ("rank" | "explanation", _) if place.is_empty() => return,
            (_, Some(text)) if !place.is_empty() => {
                text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number))
            }
            _ => cell,
        };
        if place.is_empty() {
            self.0.insert(key.to_owned(), cell);
        } else if let Value::Object(inner) = self.0.entry(place).or_insert_with(|| json!({})) {
            inner.insert(key.to_owned(), cell);
        }
    }

    /// Puts in what another part of the row says in JSON: what has no column, or does not fit into one.
    #[cfg(feature = "parquet")]
    pub(super) fn fill(&mut self, rest: Map<String, Value>) {
        for (key, value) in rest {
            match (self.0.get_mut(&key), value) {
                (Some(Value::Object(there)), Value::Object(more)) => {
                    more.into_iter().for_each(|(key, value)| {
                        there.insert(key, value);
                    });
                }
                (Some(_), _) => {}
                (None, value) => drop(self.0.insert(key, value)),
            }
        }
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

fn list(text: &str) -> Value {
    json!(text.split([',', ';', '|']).map(str::trim).filter(|item| !item.is_empty()).collect::<Vec<_>>())
}

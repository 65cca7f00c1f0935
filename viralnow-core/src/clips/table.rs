//! Clips as files: JSON, JSON Lines and CSV in; JSON and CSV out.

use super::clip::Clip;
use super::score::ScoredClip;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

/// Rows of a file that could not be read are counted, and the first few said.
const MOST_SAID: usize = 5;

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

/// The columns of a table, in this order.
pub const CLIP_COLUMNS: [&str; 20] = [
    "rank",
    "id",
    "platform",
    "title",
    "channel",
    "niche",
    "url",
    "views",
    "views_last_24h",
    "likes",
    "comments",
    "shares",
    "age_hours",
    "growth_6h",
    "virality",
    "relevance",
    "reactability",
    "final_score",
    "niche_match",
    "explanation",
];

/// Reads clips by the file's name: `.csv`, `.jsonl`/`.ndjson`, or JSON: the specification's document, or a list of clips.
///
/// A row that is no clip (without an id) is left out and counted; a value that cannot be what its column says is unknown, and
/// stands in [`Clip::invalid`].
pub fn read_clips(path: impl AsRef<Path>) -> Result<ClipsRead> {
    let path = path.as_ref();
    let file = std::fs::File::open(path).map_err(|error| Error::from(error).with("path", path.display()))?;
    let reader = BufReader::new(file);
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let read = match extension.as_str() {
        "csv" | "tsv" => read_csv(reader, if extension == "tsv" { b'\t' } else { b',' }),
        "jsonl" | "ndjson" => read_lines(reader),
        _ => read_document(reader),
    };
    read.map_err(|error| error.with("path", path.display()))
}

impl ClipsRead {
    fn take(&mut self, row: usize, value: Value) {
        let clip = match value {
            Value::Object(map) => Clip::try_from(map),
            _ => Err(Error::new(ErrorKind::InvalidInput, "no object")),
        };
        match clip {
            Ok(clip) => self.clips.push(clip),
            Err(error) => self.leave_out(row, error.message()),
        }
    }

    fn leave_out(&mut self, row: usize, why: &str) {
        self.left_out += 1;
        if self.reasons.len() < MOST_SAID {
            self.reasons.push(format!("row {row}: {why}"));
        }
    }
}

fn read_document(reader: impl Read) -> Result<ClipsRead> {
    let wrong = |what: &str| Error::new(ErrorKind::InvalidInput, format!("no document of clips: {what}"));
    let value: Value =
        serde_json::from_reader(reader).map_err(|error| wrong("its JSON cannot be read").caused_by(error))?;
    let rows = match value {
        Value::Array(rows) => rows,
        // The specification's name, and the one of its data access.
        Value::Object(mut map) => match ["clips", "movements"].iter().find_map(|key| map.remove(*key)) {
            Some(Value::Array(rows)) => rows,
            _ => return Err(wrong("it needs a list under \"clips\"")),
        },
        _ => return Err(wrong("it is neither a list nor an object")),
    };
    let mut read = ClipsRead::default();
    rows.into_iter().enumerate().for_each(|(row, value)| read.take(row + 1, value));
    Ok(read)
}

fn read_lines(mut reader: impl BufRead) -> Result<ClipsRead> {
    let mut read = ClipsRead::default();
    let mut line = Vec::new();
    for row in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(value) => read.take(row, value),
            Err(error) => read.leave_out(row, &error.to_string()),
        }
    }
    Ok(read)
}

/// Columns are the JSON's keys; `scores.virality` and the like, and the short names of [`CLIP_COLUMNS`], go where they belong.
fn read_csv(reader: impl Read, delimiter: u8) -> Result<ClipsRead> {
    let wrong =
        |error: csv::Error| Error::new(ErrorKind::InvalidInput, "the table cannot be read").caused_by(error);
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(reader);
    let headers: Vec<String> = reader
        .byte_headers()
        .map_err(wrong)?
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    let mut read = ClipsRead::default();
    let mut record = csv::ByteRecord::new();
    let mut row = 1;
    while reader.read_byte_record(&mut record).map_err(wrong)? {
        row += 1;
        let mut map = Map::new();
        for (name, value) in headers.iter().zip(&record) {
            let text = unquoted(&String::from_utf8_lossy(value)).to_owned();
            if text.is_empty() {
                continue;
            }
            let (place, key) = match name.as_str() {
                "virality" | "relevance" | "final_score" => ("scores", name.as_str()),
                "reactability" => ("metadata", name.as_str()),
                name => name
                    .split_once('.')
                    .filter(|(place, _)| matches!(*place, "scores" | "metadata"))
                    .unwrap_or(("", name)),
            };
            if place.is_empty() {
                map.insert(key.to_owned(), list_or_text(key, text));
                continue;
            }
            let number = text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number));
            if let Value::Object(inner) = map.entry(place).or_insert_with(|| json!({})) {
                inner.insert(key.to_owned(), number);
            }
        }
        read.take(row, Value::Object(map));
    }
    Ok(read)
}

fn list_or_text(key: &str, text: String) -> Value {
    if key == "tags" {
        return json!(
            text.split([',', ';', '|']).map(str::trim).filter(|tag| !tag.is_empty()).collect::<Vec<_>>()
        );
    }
    Value::String(text)
}

/// The specification's document: clips and summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClipsDocument<'a> {
    /// The clips.
    pub clips: Vec<&'a Clip>,
    /// What was done.
    pub summary: Value,
}

/// Writes the specification's document.
pub fn write_json(clips: &[ScoredClip], summary: Value, out: impl Write) -> Result<()> {
    let document = ClipsDocument { clips: clips.iter().map(|scored| &scored.clip).collect(), summary };
    serde_json::to_writer_pretty(out, &document)
        .map_err(|error| Error::new(ErrorKind::Io, "the document cannot be written").caused_by(error))
}

/// Writes a table with the columns of [`CLIP_COLUMNS`]. A cell that a spreadsheet would take for a formula begins with `'`.
pub fn write_csv(clips: &[ScoredClip], out: impl Write) -> Result<()> {
    let wrong = |error: csv::Error| Error::new(ErrorKind::Io, "the table cannot be written").caused_by(error);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(CLIP_COLUMNS).map_err(wrong)?;
    for (place, scored) in clips.iter().enumerate() {
        writer.write_record(cells(place + 1, scored).iter().map(|cell| guarded(cell))).map_err(wrong)?;
    }
    writer.flush().map_err(Error::from)
}

/// A clip as the cells of [`CLIP_COLUMNS`]; what is unknown is empty.
#[must_use]
pub(super) fn cells(rank: usize, scored: &ScoredClip) -> [String; CLIP_COLUMNS.len()] {
    let clip = &scored.clip;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let count = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    [
        rank.to_string(),
        clip.id.clone(),
        clip.platform.clone(),
        clip.title.clone(),
        text(&clip.channel),
        text(&clip.niche),
        text(&clip.url),
        count(clip.counts.views),
        count(clip.views_last_24h),
        count(clip.counts.likes),
        count(clip.counts.comments),
        count(clip.counts.shares),
        number(clip.age_hours),
        number(clip.growth_6h),
        number(clip.scores.virality),
        number(clip.scores.relevance),
        number(clip.metadata.reactability),
        number(clip.scores.final_score),
        clip.metadata.niche_match.join(", "),
        scored.explanation(),
    ]
}

/// Text that no spreadsheet takes for a formula. Numbers stay.
fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|']) && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// What [`guarded`] put before a cell is taken off again.
fn unquoted(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if guarded(rest) != rest => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(title: &str) -> ScoredClip {
        let clip: Clip = serde_json::from_value(json!({
            "id": "a,\"b\"", "platform": "youtube", "title": title, "views": 5, "tags": ["x"], "scores": {"final_score": 12.5}
        }))
        .unwrap();
        ScoredClip { clip, virality: None, contributions: Vec::new(), unknown: Vec::new() }
    }

    #[test]
    fn tables_come_back_as_they_were_and_hold_no_formulas() {
        let titles = ["=1+1", "+x", "-5", "-x", "@a", "\tt", "plain, \"quoted\"\nlines", "'kept", "ü 🎬", ""];
        let mut table = Vec::new();
        write_csv(&titles.map(scored), &mut table).unwrap();
        let text = String::from_utf8(table.clone()).unwrap();
        assert!(text.contains("'=1+1") && text.contains(",-5,") && !text.contains(",=1+1"));
        let read = read_csv(&table[..], b',').unwrap();
        let again: Vec<&str> = read.clips.iter().map(|clip| clip.title.as_str()).collect();
        assert_eq!(again, titles);
        assert!(read.clips.iter().all(|clip| clip.id == "a,\"b\"" && clip.scores.final_score == Some(12.5)));
    }

    #[test]
    fn documents_of_both_names_and_lists_are_read_and_rows_that_are_no_clips_are_said() {
        for text in [
            r#"{"clips": [{"id": "1"}, {"title": "no id"}, 5], "summary": {}}"#,
            r#"{"movements": [{"id": "1"}, {"id": ""}, null]}"#,
            r#"[{"id": 1}, {}, []]"#,
        ] {
            let read = read_document(text.as_bytes()).unwrap();
            assert_eq!((read.clips.len(), read.left_out, read.reasons.len()), (1, 2, 2), "{text}");
            assert_eq!(read.clips[0].id, "1");
        }
        let lines = b"{\"id\": \"1\"}\n\nnot json\n{\"id\": \"2\"}";
        let read = read_lines(&lines[..]).unwrap();
        assert_eq!((read.clips.len(), read.left_out), (2, 1));
        for text in ["", "5", "{}", r#"{"clips": 5}"#, "[{"] {
            assert_eq!(read_document(text.as_bytes()).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
}

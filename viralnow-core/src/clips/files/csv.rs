//! Tables with commas or tabs.

use super::columns::{CLIP_COLUMNS, Cell, cells};
use super::read::{Rows, TableRow};
use crate::clips::ScoredClip;
use crate::{Error, ErrorKind, Result};
use serde_json::json;
use std::io::{Read, Write};

/// Reads a table whose first row names its columns.
pub(super) fn read(reader: impl Read, delimiter: u8, rows: &mut Rows<'_>) -> Result<()> {
    let wrong =
        |error: csv::Error| Error::new(ErrorKind::InvalidInput, "the table cannot be read").caused_by(error);
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(reader);
    let headers: Vec<String> = reader
        .byte_headers()
        .map_err(wrong)?
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let mut record = csv::ByteRecord::new();
    let mut row = 1;
    while reader.read_byte_record(&mut record).map_err(wrong)? {
        row += 1;
        let mut cells = TableRow::default();
        for (name, value) in headers.iter().zip(&record) {
            cells.put(name, json!(unquoted(&String::from_utf8_lossy(value))));
        }
        rows.take(row, cells.into_value())?;
    }
    Ok(())
}

/// Writes a table with the columns of [`CLIP_COLUMNS`]. A cell that a spreadsheet would take for a formula begins with `'`.
pub fn write_csv(clips: &[ScoredClip], out: impl Write) -> Result<()> {
    let mut writer = TableWriter::new(out)?;
    clips.iter().try_for_each(|scored| writer.write(scored))?;
    writer.finish().map(drop)
}

/// The table, row by row.
pub(super) struct TableWriter<W: Write> {
    out: csv::Writer<W>,
    rows: usize,
}

impl<W: Write> TableWriter<W> {
    pub(super) fn new(out: W) -> Result<Self> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(CLIP_COLUMNS).map_err(unwritten)?;
        Ok(Self { out, rows: 0 })
    }

    pub(super) fn write(&mut self, scored: &ScoredClip) -> Result<()> {
        self.rows += 1;
        let cells = cells(self.rows, scored).map(|cell| match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => guarded(&text),
            Cell::Whole(count) => count.to_string(),
            Cell::Number(number) => number.to_string(),
        });
        self.out.write_record(cells).map_err(unwritten)
    }

    pub(super) fn finish(self) -> Result<W> {
        self.out.into_inner().map_err(|error| Error::from(error.into_error()))
    }
}

fn unwritten(error: csv::Error) -> Error {
    Error::new(ErrorKind::Io, "the table cannot be written").caused_by(error)
}

/// Whether a spreadsheet may take this text for a formula. Numbers are none.
pub(super) fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|']) && cell.parse::<f64>().is_err()
}

/// Text that no spreadsheet takes for a formula.
fn guarded(cell: &str) -> String {
    if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
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
    use crate::clips::{Clip, LeftOut};

    fn scored(title: &str) -> ScoredClip {
        serde_json::from_value::<Clip>(json!({
            "id": "a,\"b\"", "platform": "youtube", "title": title, "views": 5, "tags": ["x"], "scores": {"final_score": 12.5}
        }))
        .unwrap()
        .into()
    }

    #[test]
    fn tables_come_back_as_they_were_and_hold_no_formulas() {
        let titles = ["=1+1", "+x", "-5", "-x", "@a", "\tt", "plain, \"quoted\"\nlines", "'kept", "ü 🎬", ""];
        let mut table = Vec::new();
        write_csv(&titles.map(scored), &mut table).unwrap();
        let text = String::from_utf8(table.clone()).unwrap();
        assert!(text.contains("'=1+1") && text.contains(",-5,") && !text.contains(",=1+1"));
        let mut clips: Vec<Clip> = Vec::new();
        let mut take = |clip| {
            clips.push(clip);
            Ok(())
        };
        read(&table[..], b',', &mut Rows { take: &mut take, left_out: LeftOut::default() }).unwrap();
        let again: Vec<&str> = clips.iter().map(|clip| clip.title.as_str()).collect();
        assert_eq!(again, titles);
        assert!(clips.iter().all(|clip| clip.id == "a,\"b\"" && clip.scores.final_score == Some(12.5)));
        assert!(clips.iter().all(|clip| clip.extra.is_empty()), "rank and explanation are not the clip's");
    }
}

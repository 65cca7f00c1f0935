//! Workbooks of Excel.

use super::columns::{CLIP_COLUMNS, Cell, cells};
use super::csv::is_formula;
use super::read::{Rows, TableRow};
use crate::clips::ScoredClip;
use crate::{Error, ErrorKind, Result};
use calamine::{DataRef, Reader, Xlsx};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};

/// Rows of a sheet, its head among them; what is more goes to another sheet.
const MOST_ROWS: u32 = 1_048_576;
/// UTF-16 units of a cell's text that Excel takes.
const LONGEST_TEXT: usize = 32_767;
/// The largest whole number that a cell holds exactly; larger ones are written as text.
const LARGEST_WHOLE: u64 = 1 << 53;
/// Bytes that the sheets of a workbook, and all else in it (which is held in memory), may unpack to: a small file may hold any
/// number.
const MOST_IN_SHEETS: u64 = 8 << 30;
const MOST_IN_OTHERS: u64 = 256 << 20;
/// Columns that are looked at.
const MOST_COLUMNS: usize = 1000;
/// Width in characters of the columns that need more than the default.
const WIDTHS: [(u16, f64); 5] = [(1, 16.0), (3, 50.0), (4, 20.0), (6, 30.0), (19, 80.0)];

/// The workbook, row by row. Rows wait in a file of the system's temporary folder, not in memory.
pub(super) struct SheetWriter {
    book: Workbook,
    text: Format,
    bold: Format,
    rows: usize,
    /// The next row of the present sheet.
    next: u32,
}

impl SheetWriter {
    pub(super) fn new() -> Result<Self> {
        let mut writer = Self {
            book: Workbook::new(),
            // Stays text also when somebody edits the cell.
            text: Format::new().set_quote_prefix(),
            bold: Format::new().set_bold(),
            rows: 0,
            next: 0,
        };
        writer.begin_sheet().map_err(unwritten)?;
        Ok(writer)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        let number = self.book.worksheets().len() + 1;
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(if number == 1 { "clips".to_owned() } else { format!("clips {number}") })?;
        for (column, width) in WIDTHS {
            sheet.set_column_width(column, width)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        for (column, name) in CLIP_COLUMNS.iter().enumerate() {
            sheet.write_string_with_format(0, column as u16, *name, &self.bold)?;
        }
        self.next = 1;
        Ok(())
    }

    pub(super) fn write(&mut self, scored: &ScoredClip) -> Result<()> {
        self.rows += 1;
        self.write_row(cells(self.rows, scored)).map_err(unwritten)
    }

    fn write_row(&mut self, cells: [Cell; CLIP_COLUMNS.len()]) -> Result<(), XlsxError> {
        if self.next == MOST_ROWS {
            self.begin_sheet()?;
        }
        let row = self.next;
        self.next += 1;
        let last = self.book.worksheets().len() - 1;
        let sheet = self.book.worksheet_from_index(last)?;
        for (column, cell) in cells.into_iter().enumerate() {
            let column = column as u16;
            match cell {
                Cell::Empty => {}
                // Never a formula: only `write_formula` makes one.
                Cell::Text(text) if is_formula(&text) => {
                    sheet.write_string_with_format(row, column, cut(text), &self.text)?;
                }
                Cell::Text(text) => drop(sheet.write_string(row, column, cut(text))?),
                Cell::Whole(count) if count > LARGEST_WHOLE => {
                    sheet.write_string(row, column, count.to_string())?;
                }
                Cell::Whole(count) => drop(sheet.write_number(row, column, count as f64)?),
                Cell::Number(number) => drop(sheet.write_number(row, column, number)?),
            }
        }
        Ok(())
    }

    pub(super) fn finish<W: Write + Send>(mut self, mut out: W) -> Result<W> {
        self.book.save_to_writer(&mut out).map_err(unwritten)?;
        Ok(out)
    }
}

/// Text that a cell takes; what is cut ends in `…`.
fn cut(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > LONGEST_TEXT
    });
    let Some((end, _)) = end else { return text };
    // Room for the mark, whatever the last characters are.
    let kept = text[..end].char_indices().rev().nth(1).map_or(0, |(at, _)| at);
    format!("{}…", &text[..kept])
}

fn unwritten(error: XlsxError) -> Error {
    Error::new(ErrorKind::Io, "the workbook cannot be written").caused_by(error)
}

/// Reads every sheet whose first row has a column `id`.
pub(super) fn read(mut file: File, rows: &mut Rows<'_>) -> Result<()> {
    check_size(&mut file)?;
    let wrong = |error: calamine::XlsxError| {
        Error::new(ErrorKind::InvalidInput, "the workbook cannot be read").caused_by(error)
    };
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(wrong)?;
    let mut any = false;
    for sheet in book.sheet_names() {
        let mut reader = book.worksheet_cells_reader(&sheet).map_err(wrong)?;
        let mut head: (Option<u32>, HashMap<u32, String>) = (None, HashMap::new());
        let mut row: (Option<u32>, TableRow) = (None, TableRow::default());
        while let Some(cell) = reader.next_cell().map_err(wrong)? {
            let (at, column) = cell.get_position();
            if *head.0.get_or_insert(at) == at {
                if head.1.len() < MOST_COLUMNS {
                    head.1.insert(column, text_of(cell.get_value()).trim().to_owned());
                }
                continue;
            }
            if !head.1.values().any(|name| name == "id" || name == "video_id") {
                break;
            }
            any = true;
            if let (Some(before), true) = (row.0, row.0 != Some(at)) {
                rows.take(before as usize + 1, std::mem::take(&mut row.1).into_value())?;
            }
            row.0 = Some(at);
            if let Some(name) = head.1.get(&column) {
                row.1.put(name, value_of(cell.get_value()));
            }
        }
        any |= head.1.values().any(|name| name == "id" || name == "video_id");
        if let Some(last) = row.0 {
            rows.take(last as usize + 1, row.1.into_value())?;
        }
    }
    if any {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "no sheet of the workbook has a column id in its first row"))
}

fn value_of(cell: &DataRef<'_>) -> Value {
    match cell {
        DataRef::Int(number) => json!(number),
        // What is whole in a table of numbers is meant so.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() <= LARGEST_WHOLE as f64 => {
            json!(*number as i64)
        }
        DataRef::Float(number) => json!(number),
        DataRef::Empty | DataRef::Error(_) => Value::Null,
        _ => json!(text_of(cell)),
    }
}

fn text_of(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::DateTime(time) => {
            // Days since the end of 1899; the first of January 1970 is day 25,569.
            let seconds = (time.as_f64() - 25_569.0) * 86_400.0;
            jiff::Timestamp::from_millisecond((seconds * 1000.0).round() as i64)
                .map_or_else(|_| time.as_f64().to_string(), |time| time.to_string())
        }
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Unpacks everything once, into nothing: what a part says of its own size need not be true.
fn check_size(file: &mut File) -> Result<()> {
    let wrong = |error: zip::result::ZipError| {
        Error::new(ErrorKind::InvalidInput, "the workbook cannot be read").caused_by(error)
    };
    let mut archive = zip::ZipArchive::new(BufReader::new(&mut *file)).map_err(wrong)?;
    let (mut sheets, mut others) = (MOST_IN_SHEETS, MOST_IN_OTHERS);
    for number in 0..archive.len() {
        let part = archive.by_index(number).map_err(wrong)?;
        let left =
            if part.name().map_err(wrong)?.starts_with("xl/worksheets/") { &mut sheets } else { &mut others };
        *left -= std::io::copy(&mut part.take(*left), &mut std::io::sink())?;
        if *left == 0 {
            let message = "the workbook unpacks to more than is read; save it as CSV";
            return Err(Error::new(ErrorKind::LimitExceeded, message));
        }
    }
    file.seek(SeekFrom::Start(0)).map(drop).map_err(Error::from)
}

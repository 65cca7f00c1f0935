//! Parquet.

use super::columns::{CLIP_COLUMNS, ClipColumn, ClipTable, REST};
use super::read::{Rows, TableRow};
use crate::clips::ScoredClip;
use crate::{Error, ErrorKind, Result};
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::Field;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

/// Clips that are held in memory until they are written together.
const GROUP: usize = 20_000;

/// The file, group of rows by group of rows.
pub(super) struct GroupWriter<W: Write + Send> {
    out: SerializedFileWriter<W>,
    table: ClipTable,
    waiting: usize,
    rows: usize,
}

impl<W: Write + Send> GroupWriter<W> {
    pub(super) fn new(out: W) -> Result<Self> {
        let table = ClipTable::new();
        let column = |(name, column): &(&str, ClipColumn)| match column {
            ClipColumn::Text(_) => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
            // Counts are no larger than 2^63 in any table that others read.
            ClipColumn::Whole(_) => format!("OPTIONAL INT64 {name} (UINT_64);"),
            ClipColumn::Number(_) => format!("OPTIONAL DOUBLE {name};"),
        };
        let columns: String = table.columns().iter().map(column).collect();
        let schema = parse_message_type(&format!("message clips {{ {columns} }}")).map_err(unwritten)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let out =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(unwritten)?;
        Ok(Self { out, table, waiting: 0, rows: 0 })
    }

    pub(super) fn write(&mut self, scored: &ScoredClip) -> Result<()> {
        self.rows += 1;
        self.waiting += 1;
        self.table.push_as(self.rows, scored);
        if self.waiting == GROUP { self.write_group().map_err(unwritten) } else { Ok(()) }
    }

    fn write_group(&mut self) -> std::result::Result<(), ParquetError> {
        self.waiting = 0;
        let mut group = self.out.next_row_group()?;
        for (_, column) in std::mem::take(&mut self.table).into_columns() {
            let Some(mut writer) = group.next_column()? else { break };
            match (column, writer.untyped()) {
                (ClipColumn::Text(column), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                    let (known, levels) = parts(column, |text| ByteArray::from(text.into_bytes()));
                    writer.write_batch(&known, Some(&levels), None)?;
                }
                (ClipColumn::Whole(column), ColumnWriter::Int64ColumnWriter(writer)) => {
                    let (known, levels) = parts(column, |count| count as i64);
                    writer.write_batch(&known, Some(&levels), None)?;
                }
                (ClipColumn::Number(column), ColumnWriter::DoubleColumnWriter(writer)) => {
                    let (known, levels) = parts(column, |number| number);
                    writer.write_batch(&known, Some(&levels), None)?;
                }
                _ => return Err(ParquetError::General("a column is not of its schema's type".to_owned())),
            }
            writer.close()?;
        }
        group.close().map(drop)
    }

    pub(super) fn finish(mut self) -> Result<W> {
        if self.waiting > 0 {
            self.write_group().map_err(unwritten)?;
        }
        self.out.into_inner().map_err(unwritten)
    }
}

/// The values that are known, and which of them are (1) and are not (0).
fn parts<A, B>(column: Vec<Option<A>>, convert: impl Fn(A) -> B) -> (Vec<B>, Vec<i16>) {
    let levels = column.iter().map(|value| i16::from(value.is_some())).collect();
    (column.into_iter().flatten().map(convert).collect(), levels)
}

fn unwritten(error: ParquetError) -> Error {
    Error::new(ErrorKind::Io, "the Parquet file cannot be written").caused_by(error)
}

/// Reads a file with a column `id`; columns that are lists or structures are taken as they come.
pub(super) fn read(file: File, rows: &mut Rows<'_>) -> Result<()> {
    let wrong = |error: ParquetError| {
        Error::new(ErrorKind::InvalidInput, "the Parquet file cannot be read").caused_by(error)
    };
    let reader = SerializedFileReader::new(file).map_err(wrong)?;
    for (at, row) in reader.get_row_iter(None).map_err(wrong)?.enumerate() {
        let row = row.map_err(wrong)?;
        let mut cells = TableRow::default();
        let mut rest = None;
        for (name, field) in row.get_column_iter() {
            match (name.as_str(), field) {
                (REST, Field::Str(text)) => rest = serde_json::from_str(text).ok(),
                (name, Field::Group(inner)) if !CLIP_COLUMNS.contains(&name) => {
                    for (key, field) in inner.get_column_iter() {
                        cells.put(&format!("{name}.{key}"), value_of(field));
                    }
                }
                _ => cells.put(name, value_of(field)),
            }
        }
        if let Some(Value::Object(rest)) = rest {
            cells.fill(rest);
        }
        rows.take(at + 1, cells.into_value())?;
    }
    Ok(())
}

fn value_of(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => json!(value),
        Field::Byte(value) => json!(value),
        Field::Short(value) => json!(value),
        Field::Int(value) => json!(value),
        Field::Long(value) => json!(value),
        Field::UByte(value) => json!(value),
        Field::UShort(value) => json!(value),
        Field::UInt(value) => json!(value),
        Field::ULong(value) => json!(value),
        Field::Float(value) => json!(value),
        Field::Double(value) => json!(value),
        Field::Str(value) => json!(value),
        Field::Bytes(value) => json!(String::from_utf8_lossy(value.data())),
        Field::TimestampMillis(value) => time(jiff::Timestamp::from_millisecond(*value)),
        Field::TimestampMicros(value) => time(jiff::Timestamp::from_microsecond(*value)),
        Field::ListInternal(list) => list.elements().iter().map(value_of).collect(),
        // Decimals, dates and what is newer, in the crate's own words.
        other => json!(other.to_string()),
    }
}

fn time(time: std::result::Result<jiff::Timestamp, jiff::Error>) -> Value {
    time.map_or(Value::Null, |time| json!(time.to_string()))
}

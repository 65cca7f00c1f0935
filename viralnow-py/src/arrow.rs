//! Tables for data frames: columns of Python's values as Arrow's C stream
//! (<https://arrow.apache.org/docs/format/CStreamInterface.html>), by which pandas, polars, duckdb and pyarrow take a table
//! without a copy and without pyarrow.

use crate::error::to_py;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PyString};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{null, null_mut};
use viralnow_core::{Error, ErrorKind};

/// Offsets of text are 32 bits wide: more bytes than this in one column begin another batch.
const MOST_TEXT: usize = i32::MAX as usize;
/// Every column may have unknown values.
const NULLABLE: i64 = 2;

/// What a table is, column by column.
#[repr(C)]
struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut ArrowSchema,
    dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

/// The values of a column, or a batch of columns.
#[repr(C)]
struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrowArray,
    dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

/// Batches, one after the other. Whoever takes it out of its place sets `release` there to nothing.
#[repr(C)]
struct ArrowArrayStream {
    get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    private_data: *mut c_void,
}

// SAFETY: it owns what its pointers lead to, and nothing of it is bound to a thread.
unsafe impl Send for ArrowArrayStream {}

impl Drop for ArrowArrayStream {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: nobody has taken it, so what it owns is still there.
            unsafe { release(self) };
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Whole,
    Truth,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::Text,
            "number" => Self::Number,
            "whole" => Self::Whole,
            "boolean" => Self::Truth,
            _ => return None,
        })
    }

    /// As Arrow writes it.
    fn format(self) -> &'static CStr {
        match self {
            Self::Text => c"u",
            Self::Number => c"g",
            Self::Whole => c"L",
            Self::Truth => c"b",
        }
    }
}

/// The buffers of one column in one batch.
enum Values {
    Text(Vec<i32>, Vec<u8>),
    Number(Vec<f64>),
    Whole(Vec<u64>),
    Truth(Vec<u8>),
}

struct Column {
    rows: usize,
    unknown: usize,
    /// A bit for each row that is known.
    known: Vec<u8>,
    values: Values,
}

impl Column {
    /// `None` and NaN are unknown.
    fn read(kind: Kind, rows: &[Bound<'_, PyAny>]) -> PyResult<Self> {
        let mut known = vec![0; rows.len().div_ceil(8)];
        let mut count = 0;
        let mut given = |at: usize, row: &Bound<'_, PyAny>| {
            let there = !row.is_none();
            known[at / 8] |= u8::from(there) << (at % 8);
            count += usize::from(there);
            there
        };
        let each = rows.iter().enumerate();
        let values = match kind {
            Kind::Text => {
                let (mut ends, mut bytes) = (vec![0], Vec::new());
                for (at, row) in each {
                    if given(at, row) {
                        bytes.extend_from_slice(row.cast::<PyString>()?.to_string_lossy().as_bytes());
                    }
                    ends.push(i32::try_from(bytes.len()).map_err(|_| too_long())?);
                }
                Values::Text(ends, bytes)
            }
            Kind::Number => {
                let read = each.map(|(at, row)| if given(at, row) { row.extract() } else { Ok(0.0) });
                Values::Number(read.collect::<PyResult<_>>()?)
            }
            Kind::Whole => {
                let read = each.map(|(at, row)| if given(at, row) { row.extract() } else { Ok(0) });
                Values::Whole(read.collect::<PyResult<_>>()?)
            }
            Kind::Truth => {
                let mut bits = vec![0; rows.len().div_ceil(8)];
                for (at, row) in each {
                    bits[at / 8] |= u8::from(given(at, row) && row.extract()?) << (at % 8);
                }
                Values::Truth(bits)
            }
        };
        Ok(Self { rows: rows.len(), unknown: rows.len() - count, known, values })
    }

    fn into_array(self) -> ArrowArray {
        let column = Box::new(self);
        let known = if column.unknown == 0 { null() } else { column.known.as_ptr().cast() };
        let buffers: Vec<*const c_void> = match &column.values {
            Values::Text(ends, bytes) => vec![known, ends.as_ptr().cast(), bytes.as_ptr().cast()],
            Values::Number(values) => vec![known, values.as_ptr().cast()],
            Values::Whole(values) => vec![known, values.as_ptr().cast()],
            Values::Truth(bits) => vec![known, bits.as_ptr().cast()],
        };
        let (rows, unknown) = (column.rows, column.unknown);
        array(rows, unknown, Kept { buffers, children: Vec::new(), _column: Some(column) })
    }
}

/// What an array keeps alive: its buffers do not move.
struct Kept {
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
    _column: Option<Box<Column>>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        for child in std::mem::take(&mut self.children) {
            // SAFETY: made by `Box::into_raw` in `batch`, and dropped here alone.
            let mut child = unsafe { Box::from_raw(child) };
            // A child that was taken out has nothing left to release.
            if let Some(release) = child.release {
                // SAFETY: it is there, and released once.
                unsafe { release(&raw mut *child) };
            }
        }
    }
}

fn array(rows: usize, unknown: usize, kept: Kept) -> ArrowArray {
    let mut kept = Box::new(kept);
    ArrowArray {
        length: rows as i64,
        null_count: unknown as i64,
        offset: 0,
        n_buffers: kept.buffers.len() as i64,
        n_children: kept.children.len() as i64,
        buffers: kept.buffers.as_mut_ptr(),
        children: kept.children.as_mut_ptr(),
        dictionary: null_mut(),
        release: Some(release_array),
        private_data: Box::into_raw(kept).cast(),
    }
}

fn batch(rows: usize, columns: Vec<Column>) -> ArrowArray {
    let children = columns.into_iter().map(|column| Box::into_raw(Box::new(column.into_array()))).collect();
    array(rows, 0, Kept { buffers: vec![null()], children, _column: None })
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: called once by whoever has the array, with what `array` made.
    unsafe {
        drop(Box::from_raw((*array).private_data.cast::<Kept>()));
        (*array).release = None;
    }
}

/// What a schema keeps alive.
struct Named {
    name: CString,
    children: Vec<*mut ArrowSchema>,
}

impl Drop for Named {
    fn drop(&mut self) {
        for child in std::mem::take(&mut self.children) {
            // SAFETY: as in `Kept`.
            let mut child = unsafe { Box::from_raw(child) };
            if let Some(release) = child.release {
                // SAFETY: it is there, and released once.
                unsafe { release(&raw mut *child) };
            }
        }
    }
}

fn schema(name: CString, format: &'static CStr, flags: i64, children: Vec<ArrowSchema>) -> ArrowSchema {
    let children = children.into_iter().map(|child| Box::into_raw(Box::new(child))).collect();
    let mut named = Box::new(Named { name, children });
    ArrowSchema {
        format: format.as_ptr(),
        name: named.name.as_ptr(),
        metadata: null(),
        flags,
        n_children: named.children.len() as i64,
        children: named.children.as_mut_ptr(),
        dictionary: null_mut(),
        release: Some(release_schema),
        private_data: Box::into_raw(named).cast(),
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: called once by whoever has the schema, with what `schema` made.
    unsafe {
        drop(Box::from_raw((*schema).private_data.cast::<Named>()));
        (*schema).release = None;
    }
}

/// The stream's own: what it is made of, and the batches that are still to come.
struct Source {
    columns: Vec<(CString, Kind)>,
    batches: std::vec::IntoIter<(usize, Vec<Column>)>,
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the stream is ours and not yet released; `out` is for us to write.
    unsafe {
        let source = &*(*stream).private_data.cast::<Source>();
        let children = source
            .columns
            .iter()
            .map(|(name, kind)| schema(name.clone(), kind.format(), NULLABLE, Vec::new()));
        out.write(schema(CString::default(), c"+s", 0, children.collect()));
    }
    0
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: as in `get_schema`.
    unsafe {
        let source = &mut *(*stream).private_data.cast::<Source>();
        out.write(match source.batches.next() {
            Some((rows, columns)) => batch(rows, columns),
            // The end is an array that is released already.
            None => ArrowArray { release: None, private_data: null_mut(), ..std::mem::zeroed() },
        });
    }
    0
}

unsafe extern "C" fn get_last_error(_: *mut ArrowArrayStream) -> *const c_char {
    // Nothing here fails.
    null()
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    // SAFETY: called once by whoever has the stream.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<Source>()));
        (*stream).release = None;
    }
}

/// Columns as an Arrow stream: each with its name, what it holds (`string`, `number`, `whole` or `boolean`) and its values,
/// None where unknown. Text beyond `most_text` bytes in a column begins another batch.
#[pyfunction]
#[pyo3(signature = (columns, most_text = MOST_TEXT))]
#[allow(clippy::needless_pass_by_value, reason = "a list of Python's is taken as a Vec")]
pub(crate) fn arrow_stream<'py>(
    py: Python<'py>,
    columns: Vec<(String, String, Bound<'py, PyList>)>,
    most_text: usize,
) -> PyResult<Bound<'py, PyCapsule>> {
    let wrong = |what: &str, name: &str| {
        to_py(py, &Error::new(ErrorKind::InvalidInput, what.to_owned()).with("column", name))
    };
    let rows = columns.first().map_or(0, |(.., values)| values.len());
    let mut made = Vec::new();
    let mut values: Vec<Vec<Bound<'py, PyAny>>> = Vec::new();
    for (name, kind, list) in columns {
        let kind = Kind::of(&kind).ok_or_else(|| wrong("a column of no known kind", &name))?;
        if list.len() != rows {
            return Err(wrong("the columns differ in length", &name));
        }
        let called = CString::new(name.as_str()).map_err(|_| wrong("a name with a zero in it", &name))?;
        made.push((called, kind));
        values.push(list.iter().collect());
    }
    let mut batches = Vec::new();
    let mut from = 0;
    while from < rows || batches.is_empty() {
        let to = end_of_batch(&made, &values, from, rows, most_text.min(MOST_TEXT));
        let read = made.iter().zip(&values).map(|((_, kind), values)| Column::read(*kind, &values[from..to]));
        batches.push((to - from, read.collect::<PyResult<_>>()?));
        from = to;
    }
    let source = Source { columns: made, batches: batches.into_iter() };
    let stream = ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release_stream),
        private_data: Box::into_raw(Box::new(source)).cast(),
    };
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

/// The row after the last one whose text fits beside that of the rows from `from` on; at least one row.
fn end_of_batch(
    made: &[(CString, Kind)],
    values: &[Vec<Bound<'_, PyAny>>],
    from: usize,
    rows: usize,
    most: usize,
) -> usize {
    let mut end = rows;
    for (_, values) in made.iter().zip(values).filter(|((_, kind), _)| matches!(kind, Kind::Text)) {
        let mut bytes = 0_usize;
        for (at, value) in values[from..end].iter().enumerate() {
            let text = value.cast::<PyString>().ok();
            bytes += text.map_or(0, |text| text.to_string_lossy().len());
            if bytes > most && at > 0 {
                end = from + at;
                break;
            }
        }
    }
    end
}

fn too_long() -> PyErr {
    pyo3::exceptions::PyOverflowError::new_err("one text is longer than an Arrow string can be (2 GiB)")
}

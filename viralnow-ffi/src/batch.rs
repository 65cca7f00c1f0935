//! `vn_batch`: the results of many assets, in the order in which they were given.

use crate::analysis::vn_analysis;
use crate::args::{free, invalid, place, reference, view};
use crate::error::{vn_error, vn_status};
use crate::panic::guard;
use std::ffi::c_char;
use std::ptr;
use viralnow_core::Error;
use viralnow_core::features::{flat_row, flat_row_json};
use viralnow_core::pipeline::BatchItem;

/// The results of `vn_analyze_many`. It never changes; any number of threads may read it at once.
pub struct vn_batch(Vec<Entry>);

enum Entry {
    Done(Box<vn_analysis>),
    Failed(Error, vn_error),
}

impl From<Vec<BatchItem>> for vn_batch {
    fn from(items: Vec<BatchItem>) -> Self {
        let entry = |item| match item {
            Ok(analysis) => Entry::Done(Box::new(vn_analysis::from(analysis))),
            Err(error) => {
                let seen = vn_error::from(&error);
                Entry::Failed(error, seen)
            }
        };
        Self(items.into_iter().map(entry).collect())
    }
}

/// How many entries there are, as many as sources were given; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_batch_count(batch: *const vn_batch) -> usize {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(batch, 0, |batch| batch.0.len()) }
}

/// What became of an entry: `VN_STATUS_OK`, or the status of its error; `VN_STATUS_INVALID_INPUT` when there is no entry of
/// this index.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_batch_status(batch: *const vn_batch, index: usize) -> vn_status {
    let status = |batch: &vn_batch| match batch.0.get(index) {
        Some(Entry::Done(_)) => vn_status::Ok,
        Some(Entry::Failed(_, error)) => error.status(),
        None => vn_status::InvalidInput,
    };
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(batch, vn_status::InvalidInput, status) }
}

/// The analysis of an entry; NULL when it failed. Owned by the batch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_batch_analysis(batch: *const vn_batch, index: usize) -> *const vn_analysis {
    let analysis = |batch: &vn_batch| match batch.0.get(index) {
        Some(Entry::Done(analysis)) => ptr::from_ref(&**analysis),
        _ => ptr::null(),
    };
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(batch, ptr::null(), analysis) }
}

/// The error of an entry; NULL when it did not fail. Owned by the batch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_batch_error(batch: *const vn_batch, index: usize) -> *const vn_error {
    let error = |batch: &vn_batch| match batch.0.get(index) {
        Some(Entry::Failed(_, error)) => ptr::from_ref(error),
        _ => ptr::null(),
    };
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(batch, ptr::null(), error) }
}

/// The flat row of an entry as a JSON object, for tables: every row has the same columns in the same order, the error's
/// columns are null for an analysis and the features' for an error. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_batch_row_json(
    batch: *const vn_batch,
    index: usize,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let batch = reference(batch, "batch")?;
            let row = match batch.0.get(index) {
                Some(Entry::Done(analysis)) => flat_row(Ok(&analysis.analysis.payload)),
                Some(Entry::Failed(error, _)) => flat_row(Err(error)),
                None => {
                    return Err(invalid("index", "there are fewer entries")
                        .with("count", batch.0.len())
                        .with("index", index));
                }
            };
            out.give_text(&flat_row_json(&row));
            Ok(())
        })
    }
}

/// Frees a batch with everything in it. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_batch_free(batch: *mut vn_batch) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(batch) }
}

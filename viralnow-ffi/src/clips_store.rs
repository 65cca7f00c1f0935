//! The store of clips and their files, on plain data; as in `clips`. A store is opened for each call, by the path of its file.

use crate::error::{vn_error, vn_status};
use crate::features::{call_plain, vn_features};
use std::ffi::c_char;

/// Clips as a table: an object of lists, one a column. Settings: clips.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_columns(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.columns", None, settings, out, err) }
}

/// Writes the clips of one file as another, both by their names (.json, .jsonl, .csv, .xlsx, .parquet), with memory that does not
/// grow with them: `written`, `left_out`, `reasons`. Settings: to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_convert(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.convert", Some(path), settings, out, err) }
}

/// Removes every trace of a clip from the store at this path; true where there was one. Settings: platform, id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_erase(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_erase", Some(path), settings, out, err) }
}

/// Writes clips of the store at this path to a file: `written`. Settings: to, format (by the name of `to`), and those of
/// `vn_clips_store_query`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_export(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_export", Some(path), settings, out, err) }
}

/// What the store at this path has seen of these clips over time, as `vn_clips_find` takes it. Settings: clips.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_histories(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_histories", Some(path), settings, out, err) }
}

/// Puts the clips of a file into the store at this path: as `vn_clips_store_put`, and `left_out`. Settings: file, at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_import(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_import", Some(path), settings, out, err) }
}

/// One step of the weekly loop on the state in the store at this path: `refit`, `weights`, `log`. Settings: week, lists, name,
/// prior.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_learn(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_learn", Some(path), settings, out, err) }
}

/// Writes what was seen of clips at a moment into the store at this path, which is made where it is not there: `new`,
/// `updated`, `unchanged`, `snapshots`, `conflicts`, `reasons`. Settings: clips (plain or scored), at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_put(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_put", Some(path), settings, out, err) }
}

/// Clips of the store at this path: `clips`, `unknown`, `explanations`, `total`. Settings: platforms, niche, min_score, max_score,
/// hours, min_growth, min_views, keywords, search, order (score, growth, views, newest), ascending, limit, offset, strict, now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_query(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_query", Some(path), settings, out, err) }
}

/// The store at this path in numbers. Settings: those of `vn_clips_store_query`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_store_summary(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.store_summary", Some(path), settings, out, err) }
}

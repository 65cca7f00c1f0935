//! The models that this release knows, on plain data: `settings` is a JSON object; `out` is freed with `vn_features_free`.
//! Nothing is fetched but by `vn_models_pull`.

use crate::error::{vn_error, vn_status};
use crate::features::{call_plain, call_watched, vn_features};
use crate::monitor::vn_progress_fn;
use std::ffi::{c_char, c_void};

/// `directories` that are searched and `models` (with `name`, `what`, `licence`, `source`, `files`, `inputs`, `outputs`,
/// `can_be_pulled`, `note`, and `path`, null where it is not there) as JSON. Settings: dir, manifest (a JSON file of models of
/// one's own).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_models_list(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("models.list", None, settings, out, err) }
}

/// The model's file, or the folder of its files, as a JSON string. Settings: name, dir, manifest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_models_where(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("models.where", None, settings, out, err) }
}

/// Reads the model's files and compares their checksums: `good` and `files` as JSON. Settings: name, dir, manifest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_models_verify(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("models.verify", None, settings, out, err) }
}

/// Fetches those files of a model that are not there or not right, over HTTPS; a file takes its name only once its checksum is
/// right, and a call that was stopped goes on where it ended: `path`, `kept`, `fetched`, `bytes`, `resumed` as JSON. Blocks
/// until it is done. `progress` is told how far it is, and may stop it; NULL is none. Settings: name, dir, manifest, tries (4),
/// timeout_s (30).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_models_pull(
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("models.pull", None, settings, progress, user_data, out, err) }
}

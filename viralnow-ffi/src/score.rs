//! The weekly loop of the content score, on plain data: `settings` is a JSON object; `out` is freed with `vn_features_free`.

use crate::error::{vn_error, vn_status};
use crate::features::{call_plain, vn_features};
use std::ffi::c_char;

/// A payload's score by what was learned, as JSON: other points, and an 80 % interval once 50 outcomes are known. Settings: score (that
/// of a payload), state (that of `vn_score_learn`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_score_apply(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("score.apply", None, settings, out, err) }
}

/// Takes a week's outcomes: `state` for the next week, the log's `refit`, and the `points` of each feature, as JSON. Settings: week,
/// lists (each `scores` of payloads and `outcomes`, null where unknown), state (that of the last week).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_score_learn(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("score.learn", None, settings, out, err) }
}

/// Goes back to the points before the last week, and forgets it: `state` and `points` as JSON. Settings: state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_score_roll_back(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("score.roll_back", None, settings, out, err) }
}

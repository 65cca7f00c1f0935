//! The functions of `voice` on samples, called as those of `audio`.

use crate::analyze::vn_raw_audio;
use crate::error::{vn_error, vn_status};
use crate::features::{call, vn_features};
use std::ffi::c_char;

/// Where speech is: `speech` (start_s, end_s) and `source`, the detector that found it, as JSON.
/// Settings: detector (`"auto"`, `"embedded"` or `"silero"`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_activity(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.activity", sound, settings, out, err) }
}

/// Who speaks when, without a model file: `turns` and `speakers` as JSON. Settings: min_speakers, max_speakers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_diarize(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.diarize", sound, settings, out, err) }
}

/// The 88 functionals of eGeMAPSv02 as openSMILE has them, as JSON: `functionals` by name, `missing` with the reason for each
/// that is undefined, and `names`, all 88 in the published order. No settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_egemaps(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.egemaps", sound, settings, out, err) }
}

/// The contours that eGeMAPS sums up: array `contours` [frames, 25], NaN where undefined, and `names` of the columns as JSON.
/// No settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_egemaps_lld(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.egemaps_lld", sound, settings, out, err) }
}

/// Formants by Burg's linear prediction: arrays `frequencies_hz` and `bandwidths_hz` [frames, 5], NaN where a frame has
/// fewer. Settings: max_formants, ceiling_hz, window_s, pre_emphasis_hz, step_s, preset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_formants(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.formants", sound, settings, out, err) }
}

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

/// How much each moment sounds like speech to the embedded network: array `activity_scores` [frames, 1] in [0, 1], every 16 ms.
/// Music may score high too, which `vn_voice_activity` smooths and judges. No settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_activity_scores(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.activity_scores", sound, settings, out, err) }
}

/// Who speaks when, without a model file: `turns` and `speakers` as JSON. Settings: min_speakers, max_speakers; for models of
/// the pyannote kind also segmentation and embedding (paths of two ONNX files), encoding (`"powerset"` or `"multilabel"`),
/// window, shortest, same, threads.
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

/// Harmonics-to-noise ratio: array `hnr_db` [frames, 1] in dB, NaN in silence and where nothing repeats. Settings: step_s,
/// floor_hz, silence_threshold, preset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_harmonicity(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.harmonicity", sound, settings, out, err) }
}

/// Level: array `intensity_db` [frames, 1] in dB relative to full scale, NaN in digital silence. Settings: floor_hz, step_s,
/// subtract_mean, preset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_intensity(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.intensity", sound, settings, out, err) }
}

/// Jitter and shimmer with Praat's definitions, as JSON: `jitter` and `shimmer`, null where too few cycles stand next to each
/// other, and `pulses_s`. Settings: method, floor_hz, ceiling_hz, shortest_period_s, longest_period_s, max_period_factor,
/// max_amplitude_factor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_perturbation(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.perturbation", sound, settings, out, err) }
}

/// Fundamental frequency: arrays `f0_hz` [frames, 1] in Hz, NaN where unvoiced, and `voiced` [frames, 1], 1 or 0; with pyin
/// also `voiced_prob` [frames, 1]. Settings: method (`"autocorrelation"`, `"cross_correlation"` or `"pyin"`), preset,
/// floor_hz, ceiling_hz, step_s; but for pyin also most_candidates, voicing_threshold, silence_threshold, octave_cost,
/// octave_jump_cost, voiced_unvoiced_cost.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_pitch(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.pitch", sound, settings, out, err) }
}

/// Fundamental frequency by probabilistic YIN: arrays `f0_hz`, `voiced` and `voiced_prob` [frames, 1]. Settings, as librosa
/// has them: fmin, fmax, frame_length, hop_length, n_thresholds, beta_parameters, boltzmann_parameter, resolution,
/// max_transition_rate, switch_prob, no_trough_prob, center.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_pyin(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.pyin", sound, settings, out, err) }
}

/// Syllables and the rate of speech, without a transcript, as JSON: `nuclei_s`, `speaking_rate` and `articulation_rate`, per
/// second and null without speech. Settings: min_dip_db, range_db.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_voice_syllables(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("voice.syllables", sound, settings, out, err) }
}

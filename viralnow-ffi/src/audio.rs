//! The functions of `audio` on samples. `sound` is interleaved samples; where one channel is wanted, the mean is taken.
//! `settings` is a JSON object with the names that librosa has, where it has the function, or NULL for the defaults. Frames
//! are cut by `n_fft` (2048), `hop_length` (512), `win_length` and `center`. `out` is freed with `vn_features_free`.

use crate::analyze::vn_raw_audio;
use crate::error::{vn_error, vn_status};
use crate::features::{call, call_plain, vn_features};
use std::ffi::c_char;

/// Tempo and beats as librosa gives them: `tempo_bpm`, `beats_s`, `frames` in the JSON.
/// Settings: hop_length, start_bpm, std_bpm, ac_size, max_tempo (null for no bound), tightness, trim, bpm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_beat_track(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.beat_track", sound, settings, out, err) }
}

/// Energy in the pitch classes from C: array `chroma_stft` [frames, 12].
/// Settings: n_fft, hop_length, win_length, center, n_chroma, tuning.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_chroma_stft(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.chroma_stft", sound, settings, out, err) }
}

/// Regularity of the level over 0.3 to 9 s (Streich & Herrera 2005), a number in [0, 10] or null, as JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_danceability(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.danceability", sound, settings, out, err) }
}

/// The derivative of features along the frames: `sound` holds rows of `channels` values; array `delta`.
/// Settings: width, order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_delta(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.delta", sound, settings, out, err) }
}

/// How far the pitches lie from A = 440 Hz, as a fraction of a semitone, as JSON.
/// Settings: those of the frames, resolution, bins_per_octave, fmin, fmax, threshold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_estimate_tuning(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.estimate_tuning", sound, settings, out, err) }
}

/// The landmarks of a sound: array `landmarks` [landmarks, 2] (Hz, strong), and `base64` in the JSON, which a
/// `vn_sound_index` takes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_fingerprint(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.fingerprint", sound, settings, out, err) }
}

/// Musical key: `tonic`, `mode`, `confidence` as JSON, or null where there is none to tell.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_key(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.key", sound, settings, out, err) }
}

/// Loudness after EBU R 128: `integrated_lufs`, `range_lu`, `true_peak_dbtp`, `momentary_max_lufs`,
/// `short_term_max_lufs` as JSON. All channels count with their weights. Settings: mode (`"bs1770"` or `"pyloudnorm"`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_loudness(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.loudness", sound, settings, out, err) }
}

/// Loudness over 0.4 s and over 3 s, ten values a second, in LUFS: arrays `momentary` and `short_term`.
/// Settings: mode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_loudness_series(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.loudness_series", sound, settings, out, err) }
}

/// Energy in mel bands: array `melspectrogram` [frames, 128].
/// Settings: those of the frames, n_mels, fmin, fmax, power.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_melspectrogram(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.melspectrogram", sound, settings, out, err) }
}

/// Mel-frequency cepstral coefficients: array `mfcc` [frames, 20].
/// Settings: those of `vn_audio_melspectrogram`, n_mfcc, lifter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_mfcc(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.mfcc", sound, settings, out, err) }
}

/// All channels brought to a level by one gain: array `samples` [frames, channels] without times, and `gain_db` and
/// `limited` in the JSON.
/// Settings: peak_dbfs, or lufs and ceiling_dbtp.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_normalize_gain(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.normalize_gain", sound, settings, out, err) }
}

/// How much each frame's spectrum rises, in dB: array `onset_strength` [frames, 1].
/// Settings: hop_length, lag, max_size, aggregate (`"mean"` or `"median"`), detrend.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_onset_strength(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.onset_strength", sound, settings, out, err) }
}

/// Powers in decibels: `sound` holds rows of `channels` values; array `power_to_db`.
/// Settings: ref (a power, or `"max"`), amin, top_db (null lifts nothing).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_power_to_db(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.power_to_db", sound, settings, out, err) }
}

/// The samples of a sound or video file, as librosa's `load`: array `samples` [frames, channels] without times; `sample_rate`,
/// `channels` and `cut_short` as JSON. Settings: sr (22050, null for the file's), mono (true), offset and duration in seconds,
/// preset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_load(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("audio.load", Some(path), settings, out, err) }
}

/// Every channel at another rate: array `samples` [frames, channels] without times. Settings: target_sr, mono (false: their mean instead).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_resample(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.resample", sound, settings, out, err) }
}

/// Tempo from the sound's own rate with its confidence and candidates, beats, their strength and stability, as JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_rhythm(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.rhythm", sound, settings, out, err) }
}

/// Root mean square of each frame: array `rms` [frames, 1]. Settings: frame_length, hop_length, center.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_rms(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.rms", sound, settings, out, err) }
}

/// How alike two `trending_sound_hash` are, in [0, 1], as JSON. `sound` may have no samples. Settings: a, b.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_sound_hash_similarity(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.sound_hash_similarity", sound, settings, out, err) }
}

/// Spread around the centroid, in Hz: array [frames, 1]. Settings: those of the frames, p.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_spectral_bandwidth(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.spectral_bandwidth", sound, settings, out, err) }
}

/// Centre of gravity of the spectrum, in Hz: array [frames, 1]. Settings: those of the frames.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_spectral_centroid(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.spectral_centroid", sound, settings, out, err) }
}

/// Peak over valley in octave-wide bands, in dB: array [frames, 7].
/// Settings: those of the frames, fmin, n_bands, quantile, linear.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_spectral_contrast(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.spectral_contrast", sound, settings, out, err) }
}

/// All that can be read off short-time spectra, from spectra that are computed once: arrays `mfcc`, `chroma_stft`,
/// `spectral_centroid`, `spectral_bandwidth`, `spectral_rolloff`, `spectral_flatness`, `spectral_contrast`,
/// `zero_crossing_rate`, `rms`, `onset_strength`, each as the function of its name gives it.
/// Settings: those of the frames, n_mfcc, n_mels, n_chroma, tuning, n_bands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_spectral_features(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.spectral_features", sound, settings, out, err) }
}

/// Geometric over arithmetic mean of the power spectrum: array [frames, 1].
/// Settings: those of the frames, amin, power.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_spectral_flatness(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.spectral_flatness", sound, settings, out, err) }
}

/// Frequency below which a share of the magnitude lies, in Hz: array [frames, 1].
/// Settings: those of the frames, roll_percent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_spectral_rolloff(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.spectral_rolloff", sound, settings, out, err) }
}

/// What the sound is made of: shares of speech, music, speech over music and other, label, confidence, segments and
/// reactability, as JSON; null without samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_speech_music(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.speech_music", sound, settings, out, err) }
}

/// Beats per minute as librosa gives them, or null, as JSON. Settings: those of `vn_audio_beat_track`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_tempo(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.tempo", sound, settings, out, err) }
}

/// Share of neighbouring samples that differ in sign: array [frames, 1]. Settings: frame_length, hop_length, center.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_audio_zero_crossing_rate(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call("audio.zero_crossing_rate", sound, settings, out, err) }
}

//! The functions of `vision` on pictures and files, called as those of `audio`: `settings` is a JSON object, or NULL for the
//! defaults; `out` is freed with `vn_features_free`. Hashes are hexadecimal text as JSON, bit by bit those of Python's imagehash.
//!
//! Errors of all: `VN_STATUS_INVALID_INPUT` for a NULL or a picture that is none, `VN_STATUS_INVALID_CONFIG` for a setting that there
//! is not, that has a wrong type or is out of range, by its name.
//!
//! Those on files block until they are done. `progress` is told how far they are, and may stop them (`VN_STATUS_CANCELLED`); NULL is
//! none. Their setting limits is an object as of `vn_options_set_limit`; once its `max_wall_s` is over they return
//! `VN_STATUS_TIMEOUT`. Others: `VN_STATUS_NOT_FOUND`, `VN_STATUS_INVALID_INPUT` for a file without pictures,
//! `VN_STATUS_UNSUPPORTED_FORMAT`, `VN_STATUS_DECODE_FAILED`, `VN_STATUS_LIMIT_EXCEEDED`.

use crate::error::{vn_error, vn_status};
use crate::features::{call_pictures, call_plain, call_watched, vn_features};
use crate::monitor::vn_progress_fn;
use std::ffi::{c_char, c_void};

/// A picture of the host: 8-bit samples, row after row without gaps.
#[repr(C)]
pub struct vn_pixels {
    /// `width * height * channels` samples.
    pub data: *const u8,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// 1 for gray, 3 for RGB, 4 for RGBA, whose transparency is left out.
    pub channels: u8,
}

/// Which of hash_size times hash_size parts are brighter than the mean of all. Settings: hash_size (8; 2 to 256).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_average_hash(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.average_hash", &[picture], settings, out, err) }
}

/// Shares of black, gray and twelve hues. Settings: binbits (3), the bits of each share.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_colorhash(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.colorhash", &[picture], settings, out, err) }
}

/// Whether one video is a copy of the other (`is_copy`), with `share` and `other_share` in [0, 1], `offset_s`, `mirrored` and more, as
/// JSON; after vPDQ (ThreatExchange, 2021). Settings: a, b, each the `base64` of a fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_compare_fingerprints(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("vision.compare_fingerprints", None, settings, out, err) }
}

/// Pictures of a video with their times, as a PNG: `vn_features_file`; `width` and `height` in pixels and `times_s`, row by row, as JSON.
/// Settings: pictures (20; 1 to 400), by (`"shots"`: one of each shot of `vn_vision_detect_shots`, near its middle and clear of dissolves
/// and fades; of more shots than pictures some at even distances; where there is room, long shots have further ones; `"time"`: at even
/// distances in time), columns (5), cell_width (160; 8 to 4096 pixels), preset, threads, limits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_contact_sheet(
    path: *const c_char,
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("vision.contact_sheet", Some(path), settings, progress, user_data, out, err) }
}

/// Faces by YuNet (Wu, Peng & Yu 2023) or UltraFace, the surest first: `box` (left, top, right, bottom in pixels), `score` in [0, 1],
/// `landmarks`, `expression` as JSON. `VN_STATUS_UNAVAILABLE` without an ONNX Runtime or a model, and says which file it looked for.
/// Settings: model (`"auto"`, `"yunet"`, `"ultraface"`), longest_side (640; 32 to 4096 pixels), least_score (0 to 1; the detector's own),
/// threads (1; 0: all cores), expressions (false: whether a model of HSEmotion's kind says what each face shows). What was loaded stays
/// loaded for the next call with the same settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_detect_faces(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.detect_faces", &[picture], settings, out, err) }
}

/// Shots of a video file: `cuts` (frame, time_s), `shots`, `frames`, `cut_short` as JSON. Settings: detector (`"default"`, and
/// PySceneDetect's `"content"`, `"adaptive"`, `"histogram"`, `"threshold"`, `"hash"`), preset (`"reference"` numbers frames as there),
/// threads, metrics, limits, and params, an object of the detector's settings under PySceneDetect's names: threshold, min_scene_len (a
/// whole number of frames, or seconds as in `"0.6s"`), weights (delta_hue, delta_sat, delta_lum, delta_edges), kernel_size, filter_mode
/// (`"merge"`, `"suppress"`), measure_edges of `"content"`; adaptive_threshold, window_width, min_content_val beside these but threshold
/// and filter_mode of `"adaptive"`; bins; fade_bias, add_final_scene, method (`"floor"`, `"ceiling"`), min_out_length; size, lowpass. Such as
/// `{"detector": "content", "params": {"threshold": 20, "min_scene_len": "0.6s"}}`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_detect_shots(
    path: *const c_char,
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("vision.detect_shots", Some(path), settings, progress, user_data, out, err) }
}

/// Which parts are brighter than their left neighbour. Settings: hash_size (8; 2 to 256).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_dhash(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.dhash", &[picture], settings, out, err) }
}

/// Which parts are brighter than the one above. Settings: hash_size (8; 2 to 256).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_dhash_vertical(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.dhash_vertical", &[picture], settings, out, err) }
}

/// The pairs of copies among some videos, as a JSON array: `a` and `b`, their places in the list, and what
/// `vn_vision_compare_fingerprints` gives. Compares each with each, some 30 ms for two videos of a minute. Blocks until it is done;
/// `progress` as of the functions on files. Settings: prints, an array of the `base64` of fingerprints.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_find_copies(
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("vision.find_copies", None, settings, progress, user_data, out, err) }
}

/// What a video or picture is found again by: `base64`, and `samples` (time_s, pdq, quality), as JSON.
/// Settings: interval_s (0.125; 0.1 to 3600), preset, threads, limits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_fingerprint(
    path: *const c_char,
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("vision.fingerprint", Some(path), settings, progress, user_data, out, err) }
}

/// Motion as the codec coded it, as JSON: `width`, `height`, `pictures` (frame, time_s, kind, blocks, from_s, intensity, directions,
/// camera). With the setting blocks the array `blocks`, eight columns: place of its picture, -1 where it was predicted from an earlier
/// picture or 1 from a later one, centre x and y, width, height, and how far what it shows moved, to the right and down, in pixels.
/// `VN_STATUS_UNAVAILABLE` where the codec gives none (HEVC, VP9, AV1). Settings: interval_s (0 for all pictures; else P pictures alone,
/// so far apart), blocks (false), limits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_motion_vectors(
    path: *const c_char,
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("vision.motion_vectors", Some(path), settings, progress, user_data, out, err) }
}

/// Dense motion from one picture to the next (Farneback 2003): arrays `dx` and `dy` [rows, columns] in pixels; in preset `reference` as
/// OpenCV's calcOpticalFlowFarneback, in `balanced` at half the size, in `fast` at a quarter. Colours are taken in the gray of OpenCV's
/// COLOR_RGB2GRAY. `VN_STATUS_INVALID_INPUT` for pictures of two sizes. Settings: preset, pyr_scale (0.5), levels (3), winsize (15), iterations (3), poly_n (5), poly_sigma (1.2), gaussian (false).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_optical_flow(
    a: *const vn_pixels,
    b: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.optical_flow", &[a, b], settings, out, err) }
}

/// PDQ (ThreatExchange, 2019): `hash` of 256 bits and `quality` from 0 to 100, as JSON. Two pictures match within 31 bits where both have a
/// quality of 50 or more. No settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_pdq(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.pdq", &[picture], settings, out, err) }
}

/// PDQ of a picture and of its seven mirrored and turned versions, as a JSON array of eight `hash` and `quality`: as it is, turned a
/// quarter, half and three quarters counter-clockwise, flipped top to bottom, left to right, along the main diagonal and the other. A
/// plain PDQ that is near one of them is of a mirrored or turned copy. No settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_pdq_dihedral(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.pdq_dihedral", &[picture], settings, out, err) }
}

/// Which low frequencies are above their median. Settings: hash_size (8; 2 to 256).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_phash(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.phash", &[picture], settings, out, err) }
}

/// Frequencies along the rows alone, against their mean. Settings: hash_size (8; 2 to 256).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_phash_simple(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.phash_simple", &[picture], settings, out, err) }
}

/// Lines of text in a picture, in reading order: `text`, `box` (left, top, right, bottom in pixels), `confidence` in [0, 1] as JSON.
/// `VN_STATUS_UNAVAILABLE` says what to install. Settings: engine (`"auto"`, `"tesseract"`, `"ppocr"`), language (`"en"`, `"eng"`,
/// `"en+de"`; none for English), longest_side (2560; 64 to 8192 pixels). What was loaded stays loaded for the next call with the same settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_read_text(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.read_text", &[picture], settings, out, err) }
}

/// Which low Haar wavelet coefficients are above their median. Settings: hash_size (8), a power of two.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_whash(
    picture: *const vn_pixels,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_pictures("vision.whash", &[picture], settings, out, err) }
}

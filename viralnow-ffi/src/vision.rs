//! The functions of `vision` on pictures and files, called as those of `audio`: `settings` is a JSON object, or NULL for the
//! defaults; `out` is freed with `vn_features_free`. Hashes are hexadecimal text as JSON, bit by bit those of Python's imagehash.

use crate::error::{vn_error, vn_status};
use crate::features::{call_pictures, call_plain, vn_features};
use std::ffi::c_char;

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

/// Which parts are brighter than the mean. Settings: hash_size (8).
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

/// Shares of black, gray and twelve hues. Settings: binbits (3).
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

/// Whether one video is a copy of the other (`is_copy`), with `share`, `other_share`, `offset_s`, `mirrored` and more, as JSON.
/// Settings: a, b, each the `base64` of a fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_compare_fingerprints(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("vision.compare_fingerprints", None, settings, out, err) }
}

/// Pictures of a video at even distances with their times, as a PNG: `vn_features_file`; `width` and `height` as JSON.
/// Settings: pictures (20), columns (5), cell_width (160), preset, threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_contact_sheet(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("vision.contact_sheet", Some(path), settings, out, err) }
}

/// Faces by YuNet or UltraFace, the surest first: `box`, `score`, `landmarks`, `expression` as JSON. `VN_STATUS_UNAVAILABLE` says which
/// file it looked for. Settings: model (`"auto"`, `"yunet"`, `"ultraface"`), longest_side (640), least_score, threads, expressions (false:
/// whether a model of HSEmotion's kind says what each face shows).
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

/// Shots of a video file: `cuts` (frame, time_s), `shots`, `frames`, `cut_short` as JSON. Settings: detector (`"default"`,
/// `"content"`, `"adaptive"`, `"histogram"`, `"threshold"`, `"hash"`), preset, threads, metrics.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_detect_shots(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("vision.detect_shots", Some(path), settings, out, err) }
}

/// Which parts are brighter than their left neighbour. Settings: hash_size (8).
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

/// Which parts are brighter than the one above. Settings: hash_size (8).
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

/// What a video or picture is found again by: `base64`, and `samples` (time_s, pdq, quality), as JSON.
/// Settings: interval_s (0.125), preset, threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_fingerprint(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("vision.fingerprint", Some(path), settings, out, err) }
}

/// Motion as the codec coded it, as JSON: `width`, `height`, `pictures` (frame, time_s, kind, blocks, from_s, intensity, directions,
/// camera). With the setting blocks the array `blocks`, eight columns: place of its picture, -1 where it was predicted from an earlier
/// picture or 1 from a later one, centre x and y, width, height, and how far what it shows moved, to the right and down, in pixels.
/// `VN_STATUS_UNAVAILABLE` where the codec gives none (HEVC, VP9, AV1). Settings: interval_s (0 for all pictures; else P pictures alone,
/// so far apart), blocks (false).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_vision_motion_vectors(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("vision.motion_vectors", Some(path), settings, out, err) }
}

/// Dense motion from one picture to the next: arrays `dx` and `dy` [rows, columns] in pixels; in preset `reference` as OpenCV's
/// Farneback, in `balanced` at half the size, in `fast` at a quarter. Settings: preset, pyr_scale, levels, winsize, iterations, poly_n, poly_sigma, gaussian.
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

/// Facebook's PDQ: `hash` of 256 bits and `quality` from 0 to 100, as JSON. No settings.
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

/// Which low frequencies are above their median. Settings: hash_size (8).
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

/// Frequencies along the rows alone, against their mean. Settings: hash_size (8).
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

/// Lines of text in a picture, in reading order: `text`, `box`, `confidence` as JSON. `VN_STATUS_UNAVAILABLE` says what to install.
/// Settings: engine (`"auto"`, `"tesseract"`, `"ppocr"`), language (`"en"`, `"eng"`, `"en+de"`; none for English), longest_side (2560).
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

//! What this build is and can do.

use crate::args::place;
use crate::error::{vn_error, vn_status};
use crate::panic::guard;
use std::ffi::{CStr, c_char};
use std::ptr;
use viralnow_core::features;

/// The version as C reads it; the core's, which all four languages share.
const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => panic!("a version has no NUL"),
};

/// The version of the library that runs, such as `"0.1.0"`. A program compares it with `VN_VERSION` of the header that it
/// was compiled with. Static, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn vn_version() -> *const c_char {
    VERSION.as_ptr()
}

/// What this build can do and what it found on this machine, as JSON: version, features built, versions of FFmpeg, ONNX
/// Runtime and tesseract, models found. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_info(out: *mut *mut c_char, err: *mut *mut vn_error) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { guard(err, || place(out, ptr::null_mut(), "out")?.give_json(&viralnow_core::pipeline::info())) }
}

/// Every feature of the payload with its path, type, unit, range and the schema version that brought it, as a JSON array.
/// `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_feature_dictionary_json(
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { guard(err, || place(out, ptr::null_mut(), "out")?.give_json(&features::feature_dictionary())) }
}

/// The JSON Schema (2020-12) of the payload. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_json_schema(out: *mut *mut c_char, err: *mut *mut vn_error) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { guard(err, || place(out, ptr::null_mut(), "out")?.give_json(&features::json_schema())) }
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn the_version_is_that_of_the_core() {
        assert_eq!(VERSION.to_str(), Ok(viralnow_core::VERSION));
    }
}

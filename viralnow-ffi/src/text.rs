//! The text functions by themselves, for hosts that need no payload. Results are JSON texts, freed with `vn_string_free`.

use crate::args::{invalid, place, text, text_or_null};
use crate::error::{vn_error, vn_status};
use crate::panic::guard;
use std::ffi::c_char;
use std::ptr;
use viralnow_core::{Preset, text as core};

/// VADER sentiment of an English text: `{"negative": 0, "neutral": 0.2, "positive": 0.8, "compound": 0.7}`.
/// `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_sentiment(
    content: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give_json(&core::sentiment(text(content, "content")?))
        })
    }
}

/// Readability formulas of an English text as a JSON object, `null` for a text without words. `preset` is `"fast"`,
/// `"balanced"` or `"reference"`; NULL is `"balanced"`. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_readability(
    content: *const c_char,
    preset: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let preset = text_or_null(preset, "preset")?.map_or(Ok(Preset::default()), str::parse)?;
            out.give_json(&core::readability(text(content, "content")?, preset))
        })
    }
}

/// The sentences of a text as a JSON array of texts. `language` is an ISO 639-1 code; with NULL, text in
/// Latin script gets English rules. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_sentences(
    content: *const c_char,
    language: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give_json(&core::sentences(text(content, "content")?, text_or_null(language, "language")?))
        })
    }
}

/// The `top` best key phrases of a text (YAKE), as a JSON array of `{"phrase", "score"}`; the lower the score, the more
/// relevant. `language` is an ISO 639-1 code; NULL is English. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_keywords(
    content: *const c_char,
    language: *const c_char,
    top: usize,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            if top == 0 {
                return Err(invalid("top", "at least one phrase must be asked for"));
            }
            out.give_json(&core::keywords(
                text(content, "content")?,
                text_or_null(language, "language")?,
                top,
            ))
        })
    }
}

/// The hook of an opening as JSON: its text, its sub-features by name, and how much it is written like a hook (`style`), all
/// in [0, 1]. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_hook(
    content: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give_json(&core::hook(text(content, "content")?))
        })
    }
}

/// The language of a text as an ISO 639-1 code and how sure that is: `["en", 0.98]`, or `null` when the text is too short or
/// too mixed to tell. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_language(
    content: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give_json(&core::language(text(content, "content")?))
        })
    }
}

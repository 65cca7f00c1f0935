//! The text functions by themselves, for hosts that need no payload. Results are JSON texts, freed with `vn_string_free`.

use crate::analyze::vn_raw_audio;
use crate::args::{invalid, place, text, text_or_null};
use crate::error::{vn_error, vn_status};
use crate::features::{call as call_sound, call_plain, call_watched, vn_features};
use crate::monitor::vn_progress_fn;
use crate::panic::guard;
use serde_json::{Map, Value};
use std::ffi::{c_char, c_void};
use std::ptr;
use viralnow_core::{Result, call};

/// Calls a function on one text; the settings are those of these pairs that are not NULL.
unsafe fn on(
    name: &str,
    content: *const c_char,
    settings: &[(&'static str, *const c_char)],
    more: impl FnOnce(&mut Map<String, Value>) -> Result<()>,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let mut given = Map::from_iter([("text".to_owned(), text(content, "content")?.into())]);
            for (key, value) in settings {
                if let Some(value) = text_or_null(*value, key)? {
                    given.insert((*key).to_owned(), value.into());
                }
            }
            more(&mut given)?;
            out.give_json(&call::call_plain(name, &given)?.value)
        })
    }
}

#[allow(clippy::unnecessary_wraps, reason = "others of its kind may fail")]
fn no_more(_: &mut Map<String, Value>) -> Result<()> {
    Ok(())
}

/// VADER sentiment of an English text: `{"negative": 0, "neutral": 0.2, "positive": 0.8, "compound": 0.7}`.
/// `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_sentiment(
    content: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { on("text.sentiment", content, &[], no_more, out, err) }
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
    unsafe { on("text.readability", content, &[("preset", preset)], no_more, out, err) }
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
    unsafe { on("text.sentences", content, &[("language", language)], no_more, out, err) }
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
    let at_least_one = |settings: &mut Map<String, Value>| {
        if top == 0 {
            return Err(invalid("top", "at least one phrase must be asked for"));
        }
        settings.insert("top".to_owned(), top.into());
        Ok(())
    };
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { on("text.keywords", content, &[("language", language)], at_least_one, out, err) }
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
    unsafe { on("text.hook", content, &[], no_more, out, err) }
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
    unsafe { on("text.language", content, &[], no_more, out, err) }
}

/// The emotions of an English sentence or comment as JSON: `scores`, the probability of each of the 28 labels of GoEmotions, and
/// `labels`, those that hold, the likeliest first; `null` where the model knows no word. Its macro-F1 is 0.482, its micro-F1
/// 0.562. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_emotions(
    content: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { on("text.emotions", content, &[], no_more, out, err) }
}

/// Which of two English headlines for one story would be clicked more, as JSON: `better` (`"first"`, `"second"` or `null`) and
/// `probability`, that of the first, if one of them clearly wins. Right for 66.9 % of pairs with a clear winner in
/// cross-validation over one site's A/B tests; it says nothing about two stories. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_hook_ab(
    first: *const c_char,
    second: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let pair = [("first", text(first, "first")?), ("second", text(second, "second")?)];
            let given = Map::from_iter(pair.map(|(key, value)| (key.to_owned(), value.into())));
            out.give_json(&call::call_plain("text.hook_ab", &given)?.value)
        })
    }
}

/// A post taken apart, as a JSON object: `text` (its words as one reads them), `emoji`, `hashtags`, `mentions`, `urls`,
/// `calls_to_action`, `prices`, `discounts_percent`. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_normalise(
    content: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { on("text.normalise", content, &[], no_more, out, err) }
}

/// One of these functions on many texts at once, as a JSON array of what it gives for each. `function` is its name:
/// `"sentiment"`, `"emotions"`, `"readability"`, `"sentences"`, `"keywords"`, `"hook"`, `"hook_ab"`, `"language"`, `"normalise"`.
/// Settings: text (an array of texts; of `"hook_ab"` first and second), and those of the function: preset, language, top (10).
/// `out` is freed with `vn_features_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_many(
    function: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        let mut name = String::new();
        let status = guard(err, || {
            name = format!("text.{}", text(function, "function")?);
            Ok(())
        });
        if status == vn_status::Ok { call_plain(&name, None, settings, out, err) } else { status }
    }
}

/// Sentence embeddings: the array `embeddings` of one row for each text (`vn_features_vectors_at`), each of length 1; `engine` and
/// `size` as JSON. Blocks until it is done; `progress` is told how far it is, and may stop it; NULL is none. Settings: texts, model
/// (a folder, or the name of a known model; all-MiniLM-L6-v2), threads (0: all cores). `out` is freed with `vn_features_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_embed(
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("text.embed", None, settings, progress, user_data, out, err) }
}

/// Speech as text, of a file or of many: `segments`, `language`, `language_probability`, `duration_s`, `skipped` and `missing` as
/// JSON, or an array of these, where a file that fails has an `error` with `code` and `message`. Blocks until it is done;
/// `progress` is told how far it is, and may stop it; NULL is none. Settings: path, or paths; model (a folder with a Whisper
/// model, or the name of a known one; whisper-base), language, task (transcribe, translate), prompt, word_times, vad,
/// condition_on_previous_text, temperatures, compression_ratio_threshold, log_probability_threshold, no_speech_threshold (null is
/// none), seed, threads (0: all cores), limits.
/// `out` is freed with `vn_features_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_transcribe(
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_watched("text.transcribe", None, settings, progress, user_data, out, err) }
}

/// Speech as text, of samples: as `vn_text_transcribe`, without path, paths, limits and progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_text_transcribe_samples(
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_sound("text.transcribe", sound, settings, out, err) }
}

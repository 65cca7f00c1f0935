//! Trending clips, on plain data: `settings` is a JSON object that holds all that a function takes; `out` is freed with
//! `vn_features_free`. Clips are as the specification has them.

use crate::error::{vn_error, vn_status};
use crate::features::{call_plain, vn_features};
use std::ffi::c_char;

/// Two captions against each other: `second_is_better`, `loss`, `rates`, `keep` as JSON. Settings: first, second (each `shown`,
/// `taken`), least (0.001).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_ab_test(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.ab_test", None, settings, out, err) }
}

/// How this ranking and others would have done on a CSV table of daily lists, as JSON rows. Settings: held_out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_backtest(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.backtest", Some(path), settings, out, err) }
}

/// The platform and id of a post's address, the same for all its forms, as JSON; null of what is no address. Settings: url.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_canonical_url(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.canonical_url", None, settings, out, err) }
}

/// The configuration with its defaults as JSON; the error names everything that is wrong with it at once. Settings: config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_check_config(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.check_config", None, settings, out, err) }
}

/// Clips from a platform, over HTTPS: `clips`, `snapshots` (as `vn_clips_find` takes `histories`), `pages`, `usage`, `left_out`,
/// `reasons`, `next` and `stopped_by` as JSON. What goes wrong on the way is in `stopped_by`, beside what came before; only what
/// keeps it from beginning is an error. Blocks until it is done. Settings: source (`"youtube"`, `"tiktok_research"`,
/// `"tiktok_display"`, `"instagram"`, `"x"`), query, token (else the environment's), cursor, max_pages (10), max_clips, base_url,
/// timeout_s (30), max_response_bytes, max_wall_s, retry (tries, base_s, most_s, max_wait_s), token_in_query.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_fetch(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.fetch", None, settings, out, err) }
}

/// The ranked list: `clips`, `summary`, `copies` as JSON. Settings: clips, config, histories, hashes, sounds,
/// videos, duplicates, now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_find(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.find", None, settings, out, err) }
}

/// One step of the weekly loop: `state`, `refit`, `weights` as JSON. Settings: week, lists, state, prior.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_learn(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.learn", None, settings, out, err) }
}

/// Clips from a file (the specification's JSON, JSON Lines, CSV, XLSX, Parquet): `clips`, `left_out`, `reasons` as JSON. No settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_read(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.read", Some(path), settings, out, err) }
}

/// Clips of what `yt-dlp -J` printed: `clips`, `snapshots`, `left_out`, `reasons` as JSON. Settings: path or text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_read_ytdlp(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.read_ytdlp", None, settings, out, err) }
}

/// The clips scored among each other, in their order, as JSON. Settings: clips, config, histories, now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_score(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.score", None, settings, out, err) }
}

/// Scored clips as a file: `vn_features_file`. Settings: clips, format (`"json"`, `"jsonl"`, `"csv"`,
/// `"xlsx"`, `"parquet"`), summary.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_write(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.write", None, settings, out, err) }
}

/// Scores of clips by what the weekly loop learned, an array as JSON: weighted percentiles among each other. With a seed, by weights
/// drawn from what the weeks leave open (Thompson sampling), so that now and then what may be better is tried. Settings: state (that of
/// `vn_clips_learn`), features (a row of five values for each clip), seed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_explore(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.explore", None, settings, out, err) }
}

/// Goes back to the weights before the last week, and forgets it: `state` and `weights` as JSON. Settings: state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_roll_back(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.roll_back", None, settings, out, err) }
}

/// How far each clip stands out of its own channel, an array as JSON: its views over the median of the channel's clips; null where the
/// channel or the views are unknown, or the channel has fewer than three clips. Settings: clips.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_outlier_scores(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.outlier_scores", None, settings, out, err) }
}

/// How the weekly loop would have done on a CSV table of daily lists, as JSON: precision at a tenth of each week from the second on with
/// the weights `learned` before it and with the first ones (`fixed`), their `mean`, and the loop's `log`. Settings: objective (`"gain"`,
/// `"growth"`), prior (five weights), poisoned (the week, from 0, whose outcomes are turned around).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_weekly_backtest(
    path: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.weekly_backtest", Some(path), settings, out, err) }
}

/// The scored clip, as `vn_clips_score` gives it, that the one at place `at` would be among the others with some of its keys changed, as
/// JSON. Settings: clips, at, change (an object), config, histories, now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_what_if(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.what_if", None, settings, out, err) }
}

/// The best clips of each niche: an object of arrays, as JSON; the niche is the clip's own where it is known, else every keyword that was
/// found in it. Settings: clips (ranked, as `vn_clips_find` gives them), most (10).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_clips_leaderboard(
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { call_plain("clips.leaderboard", None, settings, out, err) }
}

//! One flat row per asset: the same columns in the same order for every asset, for data frames.

use super::Payload;
use crate::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FlatValue {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

/// Column names and cells.
pub type FlatRow = Vec<(&'static str, FlatValue)>;

/// The kinds of columns.
#[derive(Clone, Copy)]
enum Cell {
    /// The value itself.
    Value,
    /// Entries of an array.
    Count,
}

/// Columns with one value: name and JSON pointer. A name is the payload's path with `_` for `.`, `summary` left out.
const COLUMNS: &[(&str, &str, Cell)] = &[
    ("asset_id", "/asset_id", Cell::Value),
    ("status", "/status", Cell::Value),
    ("reason", "/reason", Cell::Value),
    ("correlation_id", "/correlation_id", Cell::Value),
    ("feature_schema_version", "/feature_schema_version", Cell::Value),
    ("preset", "/preset", Cell::Value),
    ("kind", "/media/kind", Cell::Value),
    ("duration_s", "/media/duration_s", Cell::Value),
    ("width", "/media/width", Cell::Value),
    ("height", "/media/height", Cell::Value),
    ("rotation_deg", "/media/rotation_deg", Cell::Value),
    ("frame_rate", "/media/frame_rate", Cell::Value),
    ("frames", "/media/frames", Cell::Value),
    ("video_codec", "/media/video_codec", Cell::Value),
    ("audio_codec", "/media/audio_codec", Cell::Value),
    ("sample_rate_hz", "/media/sample_rate_hz", Cell::Value),
    ("channels", "/media/channels", Cell::Value),
    ("score_viral", "/score/viral", Cell::Value),
    ("score_calibrated", "/score/calibrated", Cell::Value),
    ("audio_status", "/modalities/audio/status", Cell::Value),
    ("audio_loudness_integrated_lufs", "/modalities/audio/summary/loudness/integrated_lufs", Cell::Value),
    ("audio_loudness_range_lu", "/modalities/audio/summary/loudness/range_lu", Cell::Value),
    ("audio_loudness_true_peak_dbtp", "/modalities/audio/summary/loudness/true_peak_dbtp", Cell::Value),
    (
        "audio_loudness_momentary_max_lufs",
        "/modalities/audio/summary/loudness/momentary_max_lufs",
        Cell::Value,
    ),
    (
        "audio_loudness_short_term_max_lufs",
        "/modalities/audio/summary/loudness/short_term_max_lufs",
        Cell::Value,
    ),
    ("audio_rhythm_tempo_bpm", "/modalities/audio/summary/rhythm/tempo_bpm", Cell::Value),
    ("audio_rhythm_tempo_confidence", "/modalities/audio/summary/rhythm/tempo_confidence", Cell::Value),
    ("audio_rhythm_beat_strength", "/modalities/audio/summary/rhythm/beat_strength", Cell::Value),
    ("audio_rhythm_rhythm_stability", "/modalities/audio/summary/rhythm/rhythm_stability", Cell::Value),
    ("audio_key_tonic", "/modalities/audio/summary/key/tonic", Cell::Value),
    ("audio_key_mode", "/modalities/audio/summary/key/mode", Cell::Value),
    ("audio_key_confidence", "/modalities/audio/summary/key/confidence", Cell::Value),
    ("audio_danceability", "/modalities/audio/summary/danceability", Cell::Value),
    ("audio_trending_sound_hash", "/modalities/audio/summary/trending_sound_hash", Cell::Value),
    ("audio_speech_music_speech", "/modalities/audio/summary/speech_music/speech", Cell::Value),
    ("audio_speech_music_music", "/modalities/audio/summary/speech_music/music", Cell::Value),
    (
        "audio_speech_music_speech_over_music",
        "/modalities/audio/summary/speech_music/speech_over_music",
        Cell::Value,
    ),
    ("voice_status", "/modalities/voice/status", Cell::Value),
    ("voice_speech_count", "/modalities/voice/summary/speech", Cell::Count),
    ("voice_speech_ratio", "/modalities/voice/summary/speech_ratio", Cell::Value),
    ("voice_speakers_count", "/modalities/voice/summary/speakers", Cell::Count),
    ("voice_pitch_median_hz", "/modalities/voice/summary/pitch/median_hz", Cell::Value),
    ("voice_pitch_mean_hz", "/modalities/voice/summary/pitch/mean_hz", Cell::Value),
    ("voice_pitch_p10_hz", "/modalities/voice/summary/pitch/p10_hz", Cell::Value),
    ("voice_pitch_p90_hz", "/modalities/voice/summary/pitch/p90_hz", Cell::Value),
    ("voice_pitch_std_semitones", "/modalities/voice/summary/pitch/std_semitones", Cell::Value),
    ("voice_pitch_voiced_ratio", "/modalities/voice/summary/pitch/voiced_ratio", Cell::Value),
    ("voice_speaking_rate", "/modalities/voice/summary/speaking_rate", Cell::Value),
    ("voice_articulation_rate", "/modalities/voice/summary/articulation_rate", Cell::Value),
    ("voice_pauses_count", "/modalities/voice/summary/pauses/count", Cell::Value),
    ("voice_pauses_total_s", "/modalities/voice/summary/pauses/total_s", Cell::Value),
    ("voice_pauses_mean_s", "/modalities/voice/summary/pauses/mean_s", Cell::Value),
    ("voice_pauses_longest_s", "/modalities/voice/summary/pauses/longest_s", Cell::Value),
    ("voice_intensity_mean_db", "/modalities/voice/summary/intensity/mean_db", Cell::Value),
    ("voice_intensity_std_db", "/modalities/voice/summary/intensity/std_db", Cell::Value),
    ("voice_jitter", "/modalities/voice/summary/jitter", Cell::Value),
    ("voice_shimmer", "/modalities/voice/summary/shimmer", Cell::Value),
    ("voice_hnr", "/modalities/voice/summary/hnr", Cell::Value),
    ("text_status", "/modalities/text/status", Cell::Value),
    ("text_language", "/modalities/text/summary/language", Cell::Value),
    ("text_source", "/modalities/text/summary/source", Cell::Value),
    ("text_transcript_count", "/modalities/text/summary/transcript", Cell::Count),
    ("text_sentences_count", "/modalities/text/summary/sentences", Cell::Count),
    ("text_word_count", "/modalities/text/summary/word_count", Cell::Value),
    ("text_sentiment_negative", "/modalities/text/summary/sentiment/negative", Cell::Value),
    ("text_sentiment_neutral", "/modalities/text/summary/sentiment/neutral", Cell::Value),
    ("text_sentiment_positive", "/modalities/text/summary/sentiment/positive", Cell::Value),
    ("text_sentiment_compound", "/modalities/text/summary/sentiment/compound", Cell::Value),
    (
        "text_readability_flesch_reading_ease",
        "/modalities/text/summary/readability/flesch_reading_ease",
        Cell::Value,
    ),
    (
        "text_readability_flesch_kincaid_grade",
        "/modalities/text/summary/readability/flesch_kincaid_grade",
        Cell::Value,
    ),
    ("text_readability_smog_index", "/modalities/text/summary/readability/smog_index", Cell::Value),
    (
        "text_readability_automated_readability_index",
        "/modalities/text/summary/readability/automated_readability_index",
        Cell::Value,
    ),
    (
        "text_readability_coleman_liau_index",
        "/modalities/text/summary/readability/coleman_liau_index",
        Cell::Value,
    ),
    ("text_readability_gunning_fog", "/modalities/text/summary/readability/gunning_fog", Cell::Value),
    ("text_hook_style", "/modalities/text/summary/hook/style", Cell::Value),
    ("text_speaking_pace", "/modalities/text/summary/speaking_pace", Cell::Value),
    ("vision_status", "/modalities/vision/status", Cell::Value),
    ("vision_shots_count", "/modalities/vision/summary/shots", Cell::Count),
    ("vision_pacing_cuts_per_minute", "/modalities/vision/summary/pacing/cuts_per_minute", Cell::Value),
    ("vision_pacing_median_shot_s", "/modalities/vision/summary/pacing/median_shot_s", Cell::Value),
    ("vision_pacing_mean_shot_s", "/modalities/vision/summary/pacing/mean_shot_s", Cell::Value),
    ("vision_pacing_first_shot_s", "/modalities/vision/summary/pacing/first_shot_s", Cell::Value),
    ("vision_motion_intensity", "/modalities/vision/summary/motion/intensity", Cell::Value),
    ("vision_motion_local_intensity", "/modalities/vision/summary/motion/local_intensity", Cell::Value),
    ("vision_motion_camera_motion_pan", "/modalities/vision/summary/motion/camera_motion/pan", Cell::Value),
    ("vision_motion_camera_motion_tilt", "/modalities/vision/summary/motion/camera_motion/tilt", Cell::Value),
    ("vision_motion_camera_motion_zoom", "/modalities/vision/summary/motion/camera_motion/zoom", Cell::Value),
    (
        "vision_motion_camera_motion_shake",
        "/modalities/vision/summary/motion/camera_motion/shake",
        Cell::Value,
    ),
    ("vision_colour_brightness", "/modalities/vision/summary/colour/brightness", Cell::Value),
    ("vision_colour_saturation", "/modalities/vision/summary/colour/saturation", Cell::Value),
    ("vision_colour_colourfulness", "/modalities/vision/summary/colour/colourfulness", Cell::Value),
    ("vision_phash", "/modalities/vision/summary/phash", Cell::Value),
    ("vision_sampled_fps", "/modalities/vision/summary/sampled_fps", Cell::Value),
];

/// Scalar features with [`crate::dsp::Stats`].
const STATS: [&str; 6] = [
    "spectral_centroid",
    "spectral_rolloff",
    "spectral_bandwidth",
    "spectral_flatness",
    "zero_crossing_rate",
    "rms",
];
const STATISTICS: [&str; 6] = ["mean", "variance", "p10", "p50", "p90", "dynamics"];
/// Vector features with [`crate::dsp::VectorStats`], and their length.
const VECTORS: [(&str, usize); 3] = [("mfcc", 20), ("chroma", 12), ("spectral_contrast", 7)];
const VECTOR_STATISTICS: [&str; 3] = ["mean", "variance", "dynamics"];
const ERRORS: [&str; 3] = ["error_code", "error_message", "error_retryable"];

/// All columns: name, JSON pointer, kind.
fn columns() -> &'static [(String, String, Cell)] {
    static COLUMN_LIST: std::sync::LazyLock<Vec<(String, String, Cell)>> = std::sync::LazyLock::new(|| {
        let audio = "/modalities/audio/summary";
        let mut all: Vec<_> = COLUMNS.iter().map(|&(n, p, c)| (n.to_owned(), p.to_owned(), c)).collect();
        for feature in STATS {
            for statistic in STATISTICS {
                let name = format!("audio_{feature}_{statistic}");
                all.push((name, format!("{audio}/{feature}/{statistic}"), Cell::Value));
            }
        }
        for (feature, length) in VECTORS {
            for statistic in VECTOR_STATISTICS {
                for i in 0..length {
                    let name = format!("audio_{feature}_{statistic}_{i}");
                    all.push((name, format!("{audio}/{feature}/{statistic}/{i}"), Cell::Value));
                }
            }
        }
        for feature in crate::text::HOOK_FEATURES {
            let pointer = format!("/modalities/text/summary/hook/features/{feature}");
            all.push((format!("text_hook_{feature}"), pointer, Cell::Value));
        }
        all
    });
    &COLUMN_LIST
}

/// The flat row of a batch entry. Every row has the same columns in the same order; missing features are null; the
/// columns `error_code`, `error_message` and `error_retryable` are null unless the entry is an error.
///
/// ```
/// use viralnow_core::{analyze_text, features::{flat_row, FlatValue}};
/// let analysis = analyze_text("Stop doing this every morning.")?;
/// let row = flat_row(Ok(&analysis.payload));
/// assert!(row.iter().any(|(name, value)| *name == "kind" && *value == FlatValue::Text("text".into())));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[must_use]
pub fn flat_row(item: Result<&Payload, &Error>) -> FlatRow {
    let payload = item.ok().and_then(|payload| serde_json::to_value(payload).ok()).unwrap_or(Value::Null);
    let mut row: FlatRow = columns()
        .iter()
        .map(|(name, pointer, kind)| (name.as_str(), cell(payload.pointer(pointer), *kind)))
        .collect();
    let error = item.err();
    let code = error.map(|e| FlatValue::Text(e.kind().code().to_owned()));
    let message = error.map(|e| FlatValue::Text(e.to_string()));
    let retryable = error.map(|e| FlatValue::Bool(e.is_retryable()));
    row.extend(
        ERRORS.into_iter().zip([code, message, retryable]).map(|(n, v)| (n, v.unwrap_or(FlatValue::Null))),
    );
    row
}

/// A flat row as the text of a JSON object whose keys keep the order of the columns, which a map would not.
///
/// ```
/// use viralnow_core::features::{flat_row_json, FlatValue};
/// let row = vec![("width", FlatValue::Number(1080.0)), ("audio_codec", FlatValue::Null)];
/// assert_eq!(flat_row_json(&row), r#"{"width":1080.0,"audio_codec":null}"#);
/// ```
#[must_use]
pub fn flat_row_json(row: &FlatRow) -> String {
    let cells: Vec<String> = row
        .iter()
        .map(|(name, cell)| {
            // A number that JSON does not have becomes null.
            let cell = serde_json::to_value(cell).unwrap_or(Value::Null);
            format!("{}:{cell}", Value::from(*name))
        })
        .collect();
    format!("{{{}}}", cells.join(","))
}

fn cell(value: Option<&Value>, kind: Cell) -> FlatValue {
    match (value, kind) {
        (Some(Value::Array(entries)), Cell::Count) => FlatValue::Number(entries.len() as f64),
        (Some(Value::Bool(truth)), _) => FlatValue::Bool(*truth),
        (Some(Value::Number(number)), _) => number.as_f64().map_or(FlatValue::Null, FlatValue::Number),
        (Some(Value::String(text)), _) => FlatValue::Text(text.clone()),
        _ => FlatValue::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_column_stands_once_and_exists_in_the_schema() {
        let names: BTreeSet<_> = columns().iter().map(|c| c.0.as_str()).collect();
        assert_eq!(names.len(), columns().len());
        let known: BTreeSet<String> =
            super::super::feature_dictionary().into_iter().map(|e| e.name.replace('.', "_")).collect();
        let counted =
            |name: &str| name.strip_suffix("_count").is_some_and(|n| known.iter().any(|k| k.starts_with(n)));
        for &(name, pointer, _) in COLUMNS {
            let path =
                pointer.trim_start_matches("/modalities").trim_start_matches('/').replace("summary/", "");
            let path = path.replace('/', "_");
            assert!(known.contains(&path) || counted(name), "{name}: {path} is not in the dictionary");
        }
    }
}

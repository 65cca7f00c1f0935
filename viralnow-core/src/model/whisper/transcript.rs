//! What transcription is asked, and what it gives.

use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// How [`Whisper::transcribe`](super::Whisper::transcribe) listens.
#[derive(Debug, Clone, PartialEq)]
pub struct TranscribeOptions {
    /// What is spoken, as Whisper's code for it (`en`, `de`, `yue`); detected when absent.
    pub language: Option<String>,
    /// Whether it is translated into English.
    pub translate: bool,
    /// Text that might have come before: names and spellings to expect.
    pub prompt: Option<String>,
    /// Whether each window knows the text of the ones before it. Keeps names and sentences together; where a text once begins to
    /// repeat itself, it may go on.
    pub condition_on_previous_text: bool,
    /// Whether words get times.
    pub word_times: bool,
    /// Whether only what voice activity takes for speech is listened to: of silence and music Whisper makes up text.
    pub vad: bool,
    /// Stretches of speech that are known, in seconds; they stand for what voice activity would find.
    pub speech: Option<Vec<(f64, f64)>>,
    /// Tried one after another until a window's text can be trusted: 0 takes the likeliest token each time, above it is drawn.
    pub temperatures: Vec<f64>,
    /// A text that can be compressed more than this repeats itself, and is not trusted.
    pub compression_ratio_threshold: Option<f64>,
    /// A text whose tokens have a mean logarithmic probability below this is not trusted.
    pub log_probability_threshold: Option<f64>,
    /// A window in which the model hears nobody speak with a probability above this is skipped, unless its text is likely.
    pub no_speech_threshold: Option<f64>,
    /// What the draws hang on: the same gives the same.
    pub seed: u64,
}

impl Default for TranscribeOptions {
    fn default() -> Self {
        Self {
            language: None,
            translate: false,
            prompt: None,
            condition_on_previous_text: true,
            word_times: true,
            vad: true,
            speech: None,
            temperatures: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            compression_ratio_threshold: Some(2.4),
            log_probability_threshold: Some(-1.0),
            no_speech_threshold: Some(0.6),
            seed: 0,
        }
    }
}

impl TranscribeOptions {
    /// Refuses what cannot be meant.
    pub fn validate(&self) -> Result<()> {
        let wrong = |what: &str, name: &str| {
            Err(Error::new(ErrorKind::InvalidConfig, what.to_owned()).with("setting", name))
        };
        let sane = |value: &f64| value.is_finite() && (0.0..=10.0).contains(value);
        if self.temperatures.len() > 16 || !self.temperatures.iter().all(sane) {
            return wrong("temperatures must be at most 16 numbers in [0, 10]", "temperatures");
        }
        let thresholds = [
            ("compression_ratio_threshold", self.compression_ratio_threshold),
            ("log_probability_threshold", self.log_probability_threshold),
            ("no_speech_threshold", self.no_speech_threshold),
        ];
        if let Some((name, _)) = thresholds.iter().find(|(_, value)| value.is_some_and(|v| !v.is_finite())) {
            return wrong("a threshold must be a number, or none", name);
        }
        let backwards = |&(start, end): &(f64, f64)| !(start.is_finite() && end.is_finite() && start <= end);
        if self.speech.as_ref().is_some_and(|speech| speech.iter().any(backwards)) {
            return wrong(
                "a stretch of speech must have a start, and an end that is not before it",
                "speech",
            );
        }
        Ok(())
    }
}

/// Speech as text.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Transcript {
    /// Whisper's code for the language; null where nothing was listened to.
    pub language: Option<String>,
    /// How likely it is among the languages of the model, in [0, 1]; null when it was named, or the model has only one.
    pub language_probability: Option<f64>,
    /// Of the sound, in seconds.
    pub duration_s: f64,
    /// What is said when, in order.
    pub segments: Vec<SpokenSegment>,
    /// What was not transcribed, and why, in order.
    pub skipped: Vec<Skipped>,
    /// Why a field that was asked for is null: field name to reason.
    pub missing: BTreeMap<&'static str, String>,
}

/// One stretch of a transcript: a sentence, or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SpokenSegment {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// What is said.
    pub text: String,
    /// Words with their times; null where they were not asked for, or cannot be had.
    pub words: Option<Vec<SpokenWord>>,
    /// The model's tokens, those of times included.
    pub tokens: Vec<u32>,
    /// The mean logarithmic probability of the tokens of its window: nearer to 0 is surer.
    pub avg_log_probability: f64,
    /// How likely nothing is said in its window, in [0, 1].
    pub no_speech_probability: f64,
    /// How often the text of its window repeats itself: above 2.4 too often.
    pub compression_ratio: f64,
    /// The temperature at which it was given: above 0 it was drawn.
    pub temperature: f64,
}

/// A word of a transcript.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SpokenWord {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// The word, with the marks around it.
    pub text: String,
    /// The mean probability of its tokens, in [0, 1].
    pub probability: f64,
}

/// A stretch that was not transcribed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Skipped {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// `no_speech`: voice activity found none; `no_speech_by_model`: the model heard nobody speak; `text_outside_speech`: it gave
    /// a text for where there is no speech.
    pub reason: &'static str,
}

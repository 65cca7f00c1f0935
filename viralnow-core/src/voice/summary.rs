//! The features of speech.

use crate::extract::ActivitySource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Features of the voice, of the 16 kHz mono signal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VoiceSummary {
    /// Stretches of speech, in order.
    pub speech: Vec<Segment>,
    /// Share of the sound that is speech, in [0, 1].
    pub speech_ratio: Option<f64>,
    /// Which detector found the speech: `embedded`, or `silero` where its model file is there and can be run.
    pub activity_source: Option<ActivitySource>,
    /// Who speaks how much.
    pub speakers: Option<Vec<Speaker>>,
    /// Who speaks when.
    pub turns: Option<Vec<Turn>>,
    /// Where two may speak at once: candidates near changes of speaker, of which about a fifth are right.
    pub overlaps: Option<Vec<Segment>>,
    /// Fundamental frequency of the voiced frames inside speech.
    pub pitch: Option<Pitch>,
    /// Syllables per second from the first speech to the last, pauses included; counted without a transcript.
    pub speaking_rate: Option<f64>,
    /// Syllables per second of speech, pauses left out; counted without a transcript.
    pub articulation_rate: Option<f64>,
    /// Gaps between stretches of speech.
    pub pauses: Option<Pauses>,
    /// Level of the speech.
    pub intensity: Option<Intensity>,
    /// Cycle-to-cycle variation of the period inside speech (jitter, local), relative: 0.01 is 1 %.
    pub jitter: Option<f64>,
    /// Cycle-to-cycle variation of the amplitude inside speech (shimmer, local), relative: 0.01 is 1 %.
    pub shimmer: Option<f64>,
    /// Harmonics-to-noise ratio, in dB: the mean over voiced frames inside speech.
    pub hnr: Option<f64>,
    /// Resonances of the vocal tract.
    #[serde(default)]
    pub formants: Option<FormantSummary>,
    /// The 88 functionals of eGeMAPSv02, by name.
    pub egemaps: Option<BTreeMap<String, f64>>,
    /// Cues, not truth, of all speech together, each in [-1, 1] with 0 for neutral speech: what the pitch's level and
    /// variance, the level's variance, the rate and the spectrum's slope suggest (`pitch_level`, `pitch_variability`,
    /// `intensity_variability`, `rate`, `brightness`), their mean `arousal`, and `valence` in [-0.5, 0.5].
    pub emotion_cues: Option<BTreeMap<String, f64>>,
    /// Why a field above is null: field name to reason.
    pub missing: BTreeMap<String, String>,
}

/// A stretch of time, [start, end) in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
}

/// One speaker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// `S1`, `S2`, ... in order of appearance.
    pub label: String,
    /// Seconds of speech.
    pub total_s: f64,
    /// Share of all speech, in [0, 1].
    pub dominance: f64,
    /// How the speaker speaks.
    #[serde(default)]
    pub prosody: Option<Prosody>,
    /// Cues, not truth, each in [-1, 1] with 0 for neutral speech: `pitch_level`, `pitch_variability`,
    /// `intensity_variability`, `brightness`, `arousal`, `valence`.
    #[serde(default)]
    pub emotion_cues: BTreeMap<String, f64>,
}

/// How one speaker speaks: of the speech inside the speaker's turns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prosody {
    /// Median fundamental frequency, in Hz; null without voiced frames.
    pub f0_median_hz: Option<f64>,
    /// Mean fundamental frequency, in Hz.
    pub f0_mean_hz: Option<f64>,
    /// Standard deviation of the fundamental frequency, in semitones around the median.
    pub f0_std_semitones: Option<f64>,
    /// Share of frames that are voiced, in [0, 1].
    pub voiced_ratio: Option<f64>,
    /// Mean level, in dB relative to full scale.
    pub intensity_mean_db: Option<f64>,
    /// Standard deviation of the level, in dB.
    pub intensity_std_db: Option<f64>,
    /// First cepstral coefficient of voiced frames, mean: the larger, the more of the energy is at low frequencies; 12.5 is
    /// usual near a microphone.
    pub spectral_tilt: Option<f64>,
    /// Share of the turns that is pause, in [0, 1].
    pub pause_ratio: Option<f64>,
    /// How many turns.
    pub turns: u32,
    /// Mean length of a turn, in seconds.
    pub mean_turn_s: Option<f64>,
}

/// One speaker's turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// Label of the speaker.
    pub speaker: String,
}

/// Fundamental frequency by autocorrelation (Boersma 1993), every 10 ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pitch {
    /// Median over voiced frames, in Hz; null without voiced frames.
    pub median_hz: Option<f64>,
    /// Mean over voiced frames, in Hz.
    pub mean_hz: Option<f64>,
    /// 10th percentile, in Hz.
    pub p10_hz: Option<f64>,
    /// 90th percentile, in Hz.
    pub p90_hz: Option<f64>,
    /// Standard deviation, in semitones around the median.
    pub std_semitones: Option<f64>,
    /// Share of frames inside speech that are voiced, in [0, 1]; of all frames where no speech was found.
    pub voiced_ratio: Option<f64>,
}

/// Formants by linear prediction (Burg, five below 5500 Hz): medians over the voiced frames inside speech.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FormantSummary {
    /// First formant, in Hz: high for an open mouth.
    pub f1_hz: Option<f64>,
    /// Second formant, in Hz: high for a tongue in front.
    pub f2_hz: Option<f64>,
    /// Third formant, in Hz.
    pub f3_hz: Option<f64>,
    /// Bandwidth of the first formant, in Hz.
    pub f1_bandwidth_hz: Option<f64>,
    /// Bandwidth of the second formant, in Hz.
    pub f2_bandwidth_hz: Option<f64>,
    /// Bandwidth of the third formant, in Hz.
    pub f3_bandwidth_hz: Option<f64>,
}

/// Gaps of at least 0.2 s between stretches of speech.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pauses {
    /// How many.
    pub count: u32,
    /// Seconds of all of them.
    pub total_s: f64,
    /// Mean length, in seconds; null without pauses.
    pub mean_s: Option<f64>,
    /// The longest, in seconds; null without pauses.
    pub longest_s: Option<f64>,
}

/// Level inside speech, in dB relative to full scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intensity {
    /// Mean.
    pub mean_db: f64,
    /// Standard deviation.
    pub std_db: f64,
}

//! The features of sound.

use crate::dsp::{Stats, VectorStats};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Features of the sound. Spectral features are of the 16 kHz mono signal (frames of 2048 samples, 512 apart); loudness
/// is of the stream's own rate and channels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AudioSummary {
    /// 20 mel-frequency cepstral coefficients, of the mel spectrogram in dB.
    pub mfcc: Option<VectorStats>,
    /// Slope of the coefficients over 9 frames, per frame (32 ms).
    pub mfcc_delta: Option<VectorStats>,
    /// Curvature of the coefficients over 9 frames, per frame squared.
    pub mfcc_delta2: Option<VectorStats>,
    /// 12 pitch classes from C, each frame's largest 1, in [0, 1]; at the sound's own tuning.
    pub chroma: Option<VectorStats>,
    /// How far the pitches lie from A = 440 Hz, as a fraction of a semitone, in [-0.5, 0.5). A number for speech, too, but
    /// one that means nothing.
    pub tuning: Option<f64>,
    /// Centre of gravity of the spectrum, in Hz.
    pub spectral_centroid: Option<Stats>,
    /// Frequency below which 85 % of the magnitude lies, in Hz.
    pub spectral_rolloff: Option<Stats>,
    /// Spread around the centroid, in Hz.
    pub spectral_bandwidth: Option<Stats>,
    /// Geometric over arithmetic mean of the power spectrum, in [0, 1]; 1 is a level spectrum; white
    /// noise has 0.56, because its power varies from bin to bin.
    pub spectral_flatness: Option<Stats>,
    /// Peak over valley in 7 octave-wide bands, in dB.
    pub spectral_contrast: Option<VectorStats>,
    /// Share of neighbouring samples that differ in sign, in [0, 1].
    pub zero_crossing_rate: Option<Stats>,
    /// Root mean square, in [0, 1] for unclipped sound.
    pub rms: Option<Stats>,
    /// Loudness after EBU R 128.
    pub loudness: Loudness,
    /// Tempo and beats.
    pub rhythm: Option<Rhythm>,
    /// Musical key.
    pub key: Option<Key>,
    /// Reciprocal of the mean exponent of detrended fluctuation analysis of the level over 0.31 to 8.8 s (Streich & Herrera
    /// 2005), in [0, 10]: the more regular the beat, the larger; commonly 0.7 to 3. It is no sign of music: speech has 1.4.
    #[serde(default)]
    pub danceability: Option<f64>,
    /// What near-identical sounds share most of: tempo, key, timbre and min-hashes of the landmarks, such as
    /// `v1:0b:F#m:a53c:04f7...`; compared with `sound_hash_similarity`. For excerpts and for sounds under speech, ask an
    /// index with the vector `landmarks`.
    pub trending_sound_hash: Option<String>,
    /// What the sound is made of.
    pub speech_music: Option<SpeechMusic>,
    /// Why a field above is null: field name to reason.
    pub missing: BTreeMap<String, String>,
}

/// Loudness after EBU R 128 / ITU-R BS.1770-4, in every preset; pyloudnorm's own numbers, which differ, are those of
/// [`loudness`](crate::audio::loudness()) in its mode of that name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loudness {
    /// Gated loudness of the whole, in LUFS; null below the absolute gate of -70 LUFS and under 0.4 s.
    pub integrated_lufs: Option<f64>,
    /// Loudness range (EBU Tech 3342), in LU; null under 10 s, where there are not even three windows of 3 s apart.
    pub range_lu: Option<f64>,
    /// Whether the range is of 60 s or more; EBU Tech 3341 calls that of less not stable. Null where the range is.
    pub range_stable: Option<bool>,
    /// Largest true peak of the channels, in dBTP; null in digital silence.
    pub true_peak_dbtp: Option<f64>,
    /// Largest loudness over 0.4 s, in LUFS; null under 0.4 s.
    pub momentary_max_lufs: Option<f64>,
    /// Largest loudness over 3 s, in LUFS; null under 3 s.
    pub short_term_max_lufs: Option<f64>,
}

/// Tempo and beats. In the preset `reference` the numbers of librosa's `beat_track(y=...)` at 16 kHz; else those of the
/// library's own method at the stream's own rate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rhythm {
    /// Beats per minute; null where the onsets do not come again beyond chance (speech, noise, free rhythm). Music leaves
    /// open whether its beat is at this tempo, at its half or at its double.
    pub tempo_bpm: Option<f64>,
    /// How clear the tempo is, in [0, 1]: how far the onsets' autocorrelation at one to eight beats lies above chance.
    pub tempo_confidence: Option<f64>,
    /// Tempi that fit, the best first, its half and double among them, in beats per minute. They are given where
    /// `tempo_bpm` is null, too.
    pub tempo_candidates: Vec<f64>,
    /// How strongly the onsets come again at each of `tempo_candidates`, in [0, 1]: the mean normalised autocorrelation at
    /// one, two and four beats.
    #[serde(default)]
    pub tempo_candidate_strengths: Vec<f64>,
    /// Times of the beats, in seconds.
    pub beats_s: Vec<f64>,
    /// Mean over the beats of the largest onset strength within 20 ms, over the mean onset strength of all frames.
    pub beat_strength: Option<f64>,
    /// 1 minus the coefficient of variation of the beat intervals, in [0, 1]. Beats are known to 10 ms, which leaves 0.99
    /// of a perfect clock.
    pub rhythm_stability: Option<f64>,
}

/// Musical key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// `C`, `C#`, ... `B`.
    pub tonic: String,
    /// `major` or `minor`.
    pub mode: String,
    /// How clear the key is, in [0, 1]: how steady the tuning, how close the profile, how large the lead over the next key.
    pub confidence: f64,
    /// Correlation of the pitch classes with the key's profile, in [-1, 1].
    #[serde(default)]
    pub strength: f64,
    /// The next keys, the best first; relatives (C major, A minor) share their notes and often follow each other.
    #[serde(default)]
    pub alternatives: Vec<KeyCandidate>,
}

/// A key that fits, too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyCandidate {
    /// `C`, `C#`, ... `B`.
    pub tonic: String,
    /// `major` or `minor`.
    pub mode: String,
    /// Correlation of the pitch classes with the key's profile, in [-1, 1].
    pub strength: f64,
}

/// What the sound is made of. The four shares are of time, in [0, 1], each moment counted by how likely it is; they add up
/// to 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechMusic {
    /// Share of speech alone, in [0, 1].
    pub speech: f64,
    /// Share of music alone, singing included, in [0, 1].
    pub music: f64,
    /// Share of speech over music, in [0, 1].
    pub speech_over_music: f64,
    /// Share of what is neither (noise, animals, silence), in [0, 1].
    #[serde(default)]
    pub other: f64,
    /// The one of the four that is meant by most of the sound: `speech`, `music`, `speech_over_music` or `other`; null where
    /// none has a share of 0.6.
    #[serde(default)]
    pub label: Option<String>,
    /// The largest of the four shares, in [0, 1].
    #[serde(default)]
    pub confidence: f64,
    /// Stretches of one kind, in order, at least 1 s long; moments at which no kind has a chance of 0.6 are in none.
    #[serde(default)]
    pub segments: Vec<SpeechMusicSegment>,
    /// How much there is to react to, in [0, 1]: twice the share of time in which somebody speaks, alone or over music, and
    /// at most 1; near 0 for music alone.
    #[serde(default)]
    pub reactability: f64,
}

/// A stretch of one kind of sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechMusicSegment {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// `speech`, `music`, `speech_over_music` or `other`.
    pub label: String,
    /// Mean chance of it over the stretch, in [0, 1].
    pub confidence: f64,
}

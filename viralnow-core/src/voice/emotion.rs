//! What a voice suggests of how somebody feels: cues, not truth.
//!
//! The directions are the ones that reviews agree on (Scherer 2003, table 2; Juslin & Laukka 2003, table 7; Eyben et al.
//! 2016): with arousal the pitch rises and moves more, the level moves more, the rate goes up and the spectrum gets
//! flatter. Valence is told by the voice far less well than arousal, in every one of them; its cue is held to half the
//! range.

use super::Prosody;
use std::collections::BTreeMap;

/// A neutral value and what a large deviation from it is.
struct Norm {
    neutral: f64,
    spread: f64,
}

impl Norm {
    /// From -1 to 1; half a unit is reached at about one spread.
    fn cue(&self, value: f64) -> f64 {
        ((value - self.neutral) / (2.0 * self.spread)).tanh()
    }
}

/// Medians of men and women reading, in Hz, and how many semitones apart people of one sex are (249 readers of LibriSpeech,
/// by this library's pitch; Traunmüller & Eriksson 1995 have 119 and 207 Hz for conversation).
const LOW_VOICE_HZ: f64 = 116.0;
const HIGH_VOICE_HZ: f64 = 191.0;
const VOICES_SEMITONES: f64 = 2.7;
/// The same readers' movement of pitch, in semitones, and spread of the level, in dB.
const PITCH_MOVES: Norm = Norm { neutral: 4.3, spread: 1.1 };
const LEVEL_MOVES: Norm = Norm { neutral: 8.0, spread: 2.0 };
/// Their first cepstral coefficient over voiced frames.
const TILT: Norm = Norm { neutral: 12.5, spread: 3.0 };
/// Syllables per second of speech without pauses (Quené 2008: 3.9 to 5.5 in interviews).
const RATE: Norm = Norm { neutral: 4.7, spread: 0.8 };

/// Cues to how a speaker feels, from how the speaker speaks, each in [-1, 1] with 0 for neutral speech:
///
/// - `pitch_level`: the median pitch against the nearer of a man's and a woman's. A high man's and a low woman's voice cannot
///   be told apart, so it says little between 140 and 165 Hz.
/// - `pitch_variability`: how much the pitch moves.
/// - `intensity_variability`: how much the level moves. (The level itself says where the microphone was.)
/// - `rate`: how fast the syllables come, where `articulation_rate` (per second, pauses left out) is given.
/// - `brightness`: how much of the energy is at high frequencies, against neutral speech. Microphones differ in it, too.
/// - `arousal`: the mean of those that are there.
/// - `valence`: half of pitch movement and level less brightness, within [-0.5, 0.5]: joy has a high, lively voice that is
///   not as sharp as anger's.
///
/// They come from means over many speakers and say how a voice may be heard; they do not say what anybody feels. What is
/// null in the prosody is left out; without any, the map is empty.
///
/// ```
/// use viralnow_core::voice::{Prosody, emotion_cues};
/// let calm = Prosody { f0_median_hz: Some(112.0), f0_std_semitones: Some(2.0), ..Prosody::default() };
/// let lively = Prosody { f0_median_hz: Some(140.0), f0_std_semitones: Some(7.0), ..Prosody::default() };
/// let (calm, lively) = (emotion_cues(&calm, Some(3.8)), emotion_cues(&lively, Some(6.2)));
/// assert!(calm["arousal"] < 0.0 && lively["arousal"] > 0.5);
/// assert!(emotion_cues(&Prosody::default(), None).is_empty());
/// ```
#[must_use]
pub fn emotion_cues(prosody: &Prosody, articulation_rate: Option<f64>) -> BTreeMap<String, f64> {
    let pitch_level = prosody.f0_median_hz.map(|f0| {
        let away = |hz: f64| 12.0 * (f0 / hz).log2();
        let (low, high) = (away(LOW_VOICE_HZ), away(HIGH_VOICE_HZ));
        let nearer = if low.abs() < high.abs() { low } else { high };
        (nearer / (2.0 * VOICES_SEMITONES)).tanh()
    });
    let pitch_moves = prosody.f0_std_semitones.map(|semitones| PITCH_MOVES.cue(semitones));
    let level_moves = prosody.intensity_std_db.map(|db| LEVEL_MOVES.cue(db));
    let rate = articulation_rate.filter(|rate| rate.is_finite()).map(|rate| RATE.cue(rate));
    let brightness = prosody.spectral_tilt.map(|tilt| -TILT.cue(tilt));
    let parts = [
        ("pitch_level", pitch_level),
        ("pitch_variability", pitch_moves),
        ("intensity_variability", level_moves),
        ("rate", rate),
        ("brightness", brightness),
    ];
    let mut cues: BTreeMap<String, f64> =
        parts.iter().filter_map(|&(name, cue)| Some((name.to_owned(), cue?))).collect();
    if cues.is_empty() {
        return cues;
    }
    let arousal = cues.values().sum::<f64>() / cues.len() as f64;
    if let (Some(level), Some(moves)) = (pitch_level, pitch_moves) {
        let sharp = brightness.unwrap_or(0.0);
        cues.insert("valence".to_owned(), (0.5 * (0.3 * level + 0.4 * moves - 0.3 * sharp)).clamp(-0.5, 0.5));
    }
    cues.insert("arousal".to_owned(), arousal);
    cues
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prosody(f0: f64, moves: f64, level: f64, tilt: f64) -> Prosody {
        Prosody {
            f0_median_hz: Some(f0),
            f0_std_semitones: Some(moves),
            intensity_std_db: Some(level),
            spectral_tilt: Some(tilt),
            ..Prosody::default()
        }
    }

    #[test]
    fn neutral_speech_is_near_zero() {
        for hz in [LOW_VOICE_HZ, HIGH_VOICE_HZ] {
            for (name, cue) in emotion_cues(&prosody(hz, 4.3, 8.0, 12.5), Some(4.7)) {
                assert!(cue.abs() < 1e-9, "{name} {cue}");
            }
        }
    }

    /// The directions of the literature: each of these alone raises the arousal.
    #[test]
    fn every_cue_has_the_direction_of_the_literature() {
        let neutral = prosody(116.0, 4.3, 8.0, 12.5);
        let arousal = |p: &Prosody, rate: f64| emotion_cues(p, Some(rate))["arousal"];
        let base = arousal(&neutral, 4.7);
        for (name, other, rate) in [
            ("higher", prosody(130.0, 4.3, 8.0, 12.5), 4.7),
            ("livelier", prosody(116.0, 6.0, 8.0, 12.5), 4.7),
            ("more dynamic", prosody(116.0, 4.3, 10.0, 12.5), 4.7),
            ("brighter", prosody(116.0, 4.3, 8.0, 9.0), 4.7),
            ("faster", prosody(116.0, 4.3, 8.0, 12.5), 5.5),
        ] {
            assert!(arousal(&other, rate) > base + 0.05, "{name}");
        }
    }

    #[test]
    fn cues_stay_in_range() {
        for f0 in [1.0, 75.0, 600.0, 1e6] {
            for moves in [0.0, 1e6] {
                for tilt in [-1e6, 1e6] {
                    let cues = emotion_cues(&prosody(f0, moves, moves, tilt), Some(moves));
                    assert!(cues.values().all(|cue| (-1.0..=1.0).contains(cue)), "{cues:?}");
                    assert!(cues["valence"].abs() <= 0.5);
                }
            }
        }
    }
}

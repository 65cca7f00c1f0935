//! Tempo, beats, their strength and their steadiness, from the sound as it comes.

use super::dynamic::{Search, beats};
use super::novelty::{FRAME_RATE, Novelty};
use super::peer::{BeatOptions, beat_track_envelope, tempi_of_envelope};
use super::period::periodicity;
use crate::audio::Rhythm;
use crate::audio::functions::check_samples;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

/// How closely the beats keep to the tempo (Ellis 2007).
const TIGHTNESS: f64 = 100.0;
/// Seconds around a beat in which its onset may lie.
const NEAR_S: f64 = 0.02;
/// Tempi besides librosa's that the preset `reference` names.
const PEER_CANDIDATES: usize = 5;

/// Reads tempo and beats off sound at its own rate, streaming. Keeps 400 bytes for each second; the search for the beats
/// takes 2 kB for each second at the end, and time in proportion.
#[derive(Debug, Default)]
pub(in crate::audio) struct RhythmAnalysis {
    novelty: Novelty,
}

/// What was found: the summary, why parts of it are null, and the envelope.
#[derive(Debug)]
pub(in crate::audio) struct FoundRhythm {
    pub(in crate::audio) rhythm: Option<Rhythm>,
    /// Field of the summary to reason, `rhythm` for all of it.
    pub(in crate::audio) missing: BTreeMap<String, String>,
    pub(in crate::audio) envelope: Vec<f32>,
    pub(in crate::audio) frame_rate: f64,
}

impl RhythmAnalysis {
    /// Makes room for sound of this length.
    pub(in crate::audio) fn reserve(&mut self, seconds: f64) {
        self.novelty.reserve(seconds);
    }

    /// Takes mono sound of this rate.
    pub(in crate::audio) fn push(&mut self, mono: &[f32], rate: u32) {
        self.novelty.push(mono, rate);
    }

    /// Times count from `start_s` on.
    pub(in crate::audio) fn finish(self, start_s: f64) -> FoundRhythm {
        let envelope = self.novelty.finish();
        let mut missing = BTreeMap::new();
        let Some(found) = periodicity(&envelope) else {
            let reason = if envelope.len() > 4 * FRAME_RATE as usize { "there is no onset" } else { SHORT };
            missing.insert("rhythm".to_owned(), reason.to_owned());
            return FoundRhythm { rhythm: None, missing, envelope, frame_rate: FRAME_RATE };
        };
        let mut rhythm = Rhythm {
            tempo_confidence: Some(found.confidence),
            tempo_candidates: found.candidates.iter().map(|c| c.bpm).collect(),
            tempo_candidate_strengths: found.candidates.iter().map(|c| c.strength.min(1.0)).collect(),
            ..Rhythm::default()
        };
        if found.confidence >= DOUBTFUL {
            let bpm = found.candidates[0].bpm;
            rhythm.tempo_bpm = Some(bpm);
            let period = 60.0 * FRAME_RATE / bpm;
            let search = Search { period, tightness: TIGHTNESS, trim: true, free_ends: true };
            describe(&mut rhythm, &beats(&envelope, search), &envelope, FRAME_RATE, start_s);
        }
        let reason = if rhythm.tempo_bpm.is_none() {
            "the onsets do not come again at any tempo beyond chance"
        } else {
            "there are too few beats"
        };
        explain(&rhythm, reason, &mut missing);
        FoundRhythm { rhythm: Some(rhythm), missing, envelope, frame_rate: FRAME_RATE }
    }
}

/// Below this confidence there is no tempo: free rhythm and speech reach 0.02 now and then.
const DOUBTFUL: f64 = 0.05;

const SHORT: &str = "the sound is shorter than 4 s";

/// librosa's numbers: tempo and beats of its `beat_track(y=...)`, from the envelope of medians. The envelope that is given
/// is that of means, as its `onset_strength` has it.
pub(in crate::audio) fn peer_rhythm(
    means: Vec<f32>,
    medians: &[f32],
    rate: u32,
    start_s: f64,
) -> FoundRhythm {
    let options = BeatOptions::default();
    let frame_rate = f64::from(rate) / options.hop_length as f64;
    let mut found = FoundRhythm { rhythm: None, missing: BTreeMap::new(), envelope: means, frame_rate };
    let track = beat_track_envelope(medians, rate, &options).unwrap_or_default();
    if track.tempo_bpm.is_none() {
        found.missing.insert("rhythm".to_owned(), "there is no onset".to_owned());
        return found;
    }
    let mut tempi = tempi_of_envelope(medians, rate, &options);
    tempi.truncate(PEER_CANDIDATES);
    let mut rhythm = Rhythm {
        tempo_bpm: track.tempo_bpm,
        tempo_candidates: tempi.iter().map(|tempo| tempo.bpm).collect(),
        tempo_candidate_strengths: tempi.iter().map(|tempo| tempo.strength).collect(),
        ..Rhythm::default()
    };
    describe(&mut rhythm, &track.frames, medians, frame_rate, start_s);
    explain(&rhythm, "there are too few beats", &mut found.missing);
    found.missing.insert("rhythm.tempo_confidence".to_owned(), "librosa gives no confidence".to_owned());
    found.rhythm = Some(rhythm);
    found
}

/// Fills in the beats and what they tell.
fn describe(rhythm: &mut Rhythm, beats: &[usize], envelope: &[f32], frame_rate: f64, start_s: f64) {
    rhythm.beats_s = beats.iter().map(|&beat| start_s + beat as f64 / frame_rate).collect();
    let near = (NEAR_S * frame_rate) as usize;
    let mean = envelope.iter().map(|&v| f64::from(v)).sum::<f64>() / envelope.len().max(1) as f64;
    let at = |beat: usize| {
        let around = &envelope[beat.saturating_sub(near)..(beat + near + 1).min(envelope.len())];
        f64::from(around.iter().copied().fold(0.0, f32::max))
    };
    if !beats.is_empty() && mean > 0.0 {
        let strength = beats.iter().map(|&beat| at(beat)).sum::<f64>() / beats.len() as f64;
        rhythm.beat_strength = Some(strength / mean);
    }
    let intervals: Vec<f64> = beats.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    if intervals.len() >= 2 {
        let n = intervals.len() as f64;
        let mean = intervals.iter().sum::<f64>() / n;
        let variance = intervals.iter().map(|i| (i - mean) * (i - mean)).sum::<f64>() / n;
        rhythm.rhythm_stability = Some((1.0 - variance.sqrt() / mean).clamp(0.0, 1.0));
    }
}

/// The same reason for all that is null.
fn explain(rhythm: &Rhythm, reason: &str, missing: &mut BTreeMap<String, String>) {
    for (name, there) in [
        ("tempo_bpm", rhythm.tempo_bpm.is_some()),
        ("beat_strength", rhythm.beat_strength.is_some()),
        ("rhythm_stability", rhythm.rhythm_stability.is_some()),
    ] {
        if !there {
            missing.insert(format!("rhythm.{name}"), reason.to_owned());
        }
    }
}

/// Tempo, beats, their strength and steadiness of mono sound at its own rate, by this library's own method: no steps of the
/// tempo, a confidence, and the octaves among the candidates. (For librosa's numbers see [`tempo`](crate::audio::tempo) and
/// [`beat_track`](crate::audio::beat_track).)
///
/// Onsets are looked for a hundred times a second in up to 32 bands; the tempo is where their autocorrelation over windows
/// of 12 s is largest at one, two and four beats, weighted towards 125 beats per minute; the beats are found by dynamic
/// programming (Ellis 2007). `tempo_bpm` is `None` where the onsets do not come again beyond chance: speech, noise, free
/// rhythm.
///
/// Fails with `INVALID_INPUT` for samples that are no numbers or beyond ±1e6, for a rate below 1 kHz or above 768 kHz and for less than
/// 4 s of sound.
///
/// ```
/// use viralnow_core::audio::rhythm;
///
/// // A click every 0.6 s: 100 beats per minute.
/// let y: Vec<f32> = (0..220_500).map(|i| if i % 13_230 < 200 { (i as f32 * 0.3).sin() } else { 0.0 }).collect();
/// let found = rhythm(&y, 22_050)?;
/// assert!((found.tempo_bpm.unwrap() - 100.0).abs() < 0.2);
/// assert!(found.tempo_confidence.unwrap() > 0.9 && found.rhythm_stability.unwrap() > 0.97);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn rhythm(y: &[f32], sample_rate: u32) -> Result<Rhythm> {
    check_samples(y, sample_rate)?;
    let mut analysis = RhythmAnalysis::default();
    analysis.push(y, sample_rate);
    let found = analysis.finish(0.0);
    match found.rhythm {
        Some(rhythm) => Ok(rhythm),
        // Silence has no tempo, and that is no mistake of the caller.
        None if found.envelope.len() > 4 * FRAME_RATE as usize => Ok(Rhythm::default()),
        None => Err(Error::new(
            ErrorKind::InvalidInput,
            "rhythm needs at least 4 s of sound at 1 to 768 kHz; give a longer piece",
        )
        .with("samples", y.len())
        .with("sample_rate", sample_rate)),
    }
}

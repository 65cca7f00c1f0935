//! The musical key.

mod partials;
mod profiles;

use super::functions::check_samples;
use super::{Key, KeyCandidate};
use crate::dsp::resample::{RATE, Resampler16k};
use crate::{Error, ErrorKind, Result};
use partials::{FRAME, Partials, saliences};
use profiles::ranked;
use realfft::num_complex::Complex64;

/// Samples from one frame to the next.
const HOP: usize = FRAME / 2;
/// Places of a pitch within its octave that are told apart: 10 cents each.
const PLACES: usize = 120;
/// Frames of the shortest sound: 3 s.
const FEWEST: u64 = 12;
/// Steadiness of the tuning below which there is no key, and from which there surely is one.
const UNTUNED: f64 = 0.05;
const TUNED: f64 = 0.2;
/// Independent partials of a frame, for what chance makes of the steadiness.
const PARTIALS: f64 = 10.0;
/// The correlation with a key's profile that tells nothing, and that of a plain cadence.
const LOOSE: f64 = 0.4;
const TIGHT: f64 = 0.85;
/// The lead over the next key that leaves no doubt.
const LEAD: f64 = 0.2;
/// Width of a pitch class, in semitones.
const CLASS_WIDTH: f64 = 0.25;
/// Keys that are named besides the best.
const ALTERNATIVES: usize = 4;

const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// Reads the key off mono sound at 16 kHz, streaming. It keeps the last half second and 120 sums, however long the sound.
///
/// Every 0.26 s the partials of half a second; what is left of each when the overtones of lower tones are taken off
/// (after Gómez, "Tonal description of music audio signals", 2006) adds to its place in the octave. At the end the
/// places are aligned with the tuning, summed up to pitch classes and compared with the profiles of the 24 keys.
pub(super) struct KeyFinder {
    partials: Partials,
    /// Samples from the start of the next frame on.
    pending: Vec<f32>,
    own: Vec<(f64, f64)>,
    places: [f64; PLACES],
    /// How much of all partials' amplitude lies at the same distance from the semitones, and all of it.
    tuned: Complex64,
    amplitude: f64,
    /// Frames that sound.
    frames: u64,
}

impl std::fmt::Debug for KeyFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFinder").field("frames", &self.frames).finish_non_exhaustive()
    }
}

impl Default for KeyFinder {
    fn default() -> Self {
        Self {
            partials: Partials::new(f64::from(RATE)),
            // The first frame is centred on the first sample.
            pending: vec![0.0; HOP],
            own: Vec::new(),
            places: [0.0; PLACES],
            tuned: Complex64::default(),
            amplitude: 0.0,
            frames: 0,
        }
    }
}

impl KeyFinder {
    /// Takes samples at 16 kHz.
    pub(super) fn push(&mut self, samples: &[f32]) {
        for piece in samples.chunks(FRAME) {
            self.pending.extend_from_slice(piece);
            while self.pending.len() >= FRAME {
                self.frame();
                self.pending.drain(..HOP);
            }
        }
    }

    fn frame(&mut self) {
        let found = self.partials.of(&self.pending[..FRAME]);
        let strongest = found.iter().map(|p| p.amplitude).fold(0.0, f64::max);
        if found.is_empty() {
            return;
        }
        self.frames += 1;
        for partial in found {
            let share = partial.amplitude / strongest;
            self.tuned += Complex64::from_polar(share, std::f64::consts::TAU * partial.pitch);
            self.amplitude += share;
        }
        saliences(found, &mut self.own);
        let norm = self.own.iter().map(|(_, s)| s * s).sum::<f64>().sqrt();
        if norm > 0.0 {
            // Softer frames count less: they are rests and echoes.
            let weight = strongest.sqrt() / norm;
            for (pitch, salience) in &self.own {
                let place = (pitch.rem_euclid(12.0) * 10.0).round() as usize % PLACES;
                self.places[place] += weight * salience;
            }
        }
    }

    /// The key, or why there is none.
    pub(super) fn finish(mut self) -> Result<Key, &'static str> {
        // The last frame is centred on the last sample or before it.
        if self.pending.len() > HOP {
            self.pending.resize(FRAME, 0.0);
            self.frame();
        }
        if self.frames == 0 {
            return Err("there is no sound with a pitch");
        }
        if self.frames < FEWEST {
            return Err("less than 3 s of the sound have a pitch");
        }
        let steadiness = (self.tuned.norm() / self.amplitude).powi(2) - 1.0 / (PARTIALS * self.frames as f64);
        let steadiness = steadiness.max(0.0).sqrt();
        if steadiness < UNTUNED {
            return Err("the pitches keep to no tuning, as in speech, noise and drums");
        }
        let classes = self.pitch_classes();
        let ranked = ranked(&classes);
        let [best, next, ..] = ranked[..] else { return Err("all pitches are alike") };
        let fit = ((best.correlation - LOOSE) / (TIGHT - LOOSE)).clamp(0.0, 1.0);
        let lead = ((best.correlation - next.correlation) / LEAD).clamp(0.0, 1.0);
        let candidate = |fit: &profiles::Fit| KeyCandidate {
            tonic: NAMES[fit.tonic].to_owned(),
            mode: if fit.minor { "minor" } else { "major" }.to_owned(),
            strength: fit.correlation,
        };
        let KeyCandidate { tonic, mode, strength } = candidate(&best);
        Ok(Key {
            tonic,
            mode,
            confidence: (steadiness / TUNED).min(1.0) * fit * lead,
            strength,
            alternatives: ranked[1..=ALTERNATIVES].iter().map(candidate).collect(),
        })
    }

    /// What each pitch class from C has, counted from the tuning that the places keep to.
    fn pitch_classes(&self) -> [f64; 12] {
        let turn = |place: usize| std::f64::consts::TAU * place as f64 / 10.0;
        let sum: Complex64 =
            self.places.iter().enumerate().map(|(i, &v)| Complex64::from_polar(v, turn(i))).sum();
        let tuning = sum.arg() / std::f64::consts::TAU;
        std::array::from_fn(|class| {
            let weigh = |(place, value): (usize, &f64)| {
                let off = (place as f64 / 10.0 - tuning - class as f64 + 6.0).rem_euclid(12.0) - 6.0;
                value * (-0.5 * (off / CLASS_WIDTH).powi(2)).exp()
            };
            self.places.iter().enumerate().map(weigh).sum()
        })
    }
}

/// The key of mono sound: its tonic and mode, how clear it is, and the next keys in order.
///
/// The partials of every half second, less the overtones of lower tones, make a distribution of pitch classes, aligned with
/// the tuning; it is correlated with the profiles of Temperley (2001) for the 24 keys. `None` where the pitches keep to no
/// tuning (speech, noise, drums) or less than 3 s have a pitch. A key and its relative (C major, A minor) share their
/// notes: where the music leaves it open, the two lead `alternatives` and the confidence is low.
///
/// Fails with `INVALID_INPUT` without samples, for samples that are no numbers or beyond ±1e6 and for rates that cannot be brought to 16 kHz.
///
/// ```
/// use viralnow_core::audio::key;
///
/// // C, F, G, C, three tones each.
/// let chords = [[48, 64, 67], [53, 60, 69], [55, 62, 71], [48, 60, 64]];
/// let y: Vec<f32> = (0..64_000)
///     .map(|i| {
///         let hz = |note: i32| 440.0 * 2_f64.powf(f64::from(note - 69) / 12.0);
///         let tone = |&note: &i32| (hz(note) * 6.2832 * i as f64 / 16_000.0).sin() as f32;
///         chords[i / 16_000].iter().map(tone).sum::<f32>() / 4.0
///     })
///     .collect();
/// let found = key(&y, 16_000)?.unwrap();
/// assert_eq!((found.tonic.as_str(), found.mode.as_str()), ("C", "major"));
/// assert!(found.confidence > 0.5);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn key(y: &[f32], sample_rate: u32) -> Result<Option<Key>> {
    check_samples(y, sample_rate)?;
    let Some(mut resampler) = Resampler16k::new(sample_rate) else {
        return Err(Error::new(ErrorKind::InvalidInput, "sound at this rate cannot be brought to 16 kHz")
            .with("sample_rate", sample_rate));
    };
    let (mut finder, mut at_16k) = (KeyFinder::default(), Vec::new());
    for piece in y.chunks(1 << 16) {
        resampler.push(piece, &mut at_16k);
        finder.push(&at_16k);
        at_16k.clear();
    }
    resampler.finish(&mut at_16k);
    finder.push(&at_16k);
    Ok(finder.finish().ok())
}

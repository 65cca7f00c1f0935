//! The spectral half of the extractor: what is kept of every frame, and what it becomes once the whole is known.

use super::contrast::{Contrast, ContrastSettings, difference_db};
use super::onset::{Aggregate, OnsetOptions, of_mel};
use super::spectral::{Moments, flatness};
use crate::Preset;
use crate::dsp::chroma::{CLASSES, LateChroma, normalize_to_largest};
use crate::dsp::decibel::{AMIN, clip_to_top, single_to_db};
use crate::dsp::mel::{BANDS, COEFFICIENTS, Cepstrum, MelBank};
use crate::dsp::resample::RATE;
use crate::dsp::savgol::{derivative, derivative_weights};
use crate::dsp::stft::{BINS, FRAME};
use crate::dsp::tuning::{PitchPeaks, TuningSearch};

/// Share of the magnitude below the roll-off.
const ROLLOFF: f64 = 0.85;
/// Frames that a derivative of the cepstrum is taken over (librosa's `delta`).
pub(super) const DELTA_WIDTH: usize = 9;

/// Collects frames of the shared spectra. It keeps 1.3 kB of each, 42 kB for each second of sound: the mel spectrogram
/// (16 kB), because the decibels are relative to the largest value of the whole; chroma at fourteen tunings (23 kB), because
/// the tuning is that of the whole; the peaks that tell the tuning (1 to 2 kB, 20 kB for white noise); and the rest.
#[derive(Debug)]
pub(super) struct Frames {
    bank: MelBank,
    contrast: Contrast,
    chroma: LateChroma,
    pitches: PitchPeaks,
    power: Vec<f32>,
    /// Mel spectrogram in dB, [`BANDS`] each.
    mel_db: Vec<f32>,
    centroid: Vec<f32>,
    bandwidth: Vec<f32>,
    rolloff: Vec<f32>,
    flatness: Vec<f32>,
    /// Of the contrast.
    peaks: Vec<f32>,
    valleys: Vec<f32>,
}

/// What the whole tells.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) series: Vec<Series>,
    /// In fractions of a semitone.
    pub(super) tuning: Option<f64>,
    /// librosa's onset strength by mean and by median of the bands, in `reference` alone.
    pub(super) onsets: Option<(Vec<f32>, Vec<f32>)>,
}

/// One feature of every frame: name, columns, values, unit.
pub(super) type Series = (&'static str, usize, Vec<f32>, &'static str);

impl Frames {
    pub(super) fn new() -> Self {
        let rate = f64::from(RATE);
        Self {
            bank: MelBank::new(rate),
            contrast: Contrast::new(rate, FRAME, ContrastSettings::default()).expect("every band has bins"),
            chroma: LateChroma::new(rate, FRAME),
            pitches: PitchPeaks::new(rate, FRAME, TuningSearch::default()),
            power: Vec::with_capacity(BINS),
            mel_db: Vec::new(),
            centroid: Vec::new(),
            bandwidth: Vec::new(),
            rolloff: Vec::new(),
            flatness: Vec::new(),
            peaks: Vec::new(),
            valleys: Vec::new(),
        }
    }

    pub(super) fn reserve(&mut self, frames: usize) {
        self.mel_db.reserve(frames * BANDS);
        self.chroma.reserve(frames);
        for series in [&mut self.centroid, &mut self.bandwidth, &mut self.rolloff, &mut self.flatness] {
            series.reserve(frames);
        }
        let bands = self.contrast.columns();
        self.peaks.reserve(frames * bands);
        self.valleys.reserve(frames * bands);
    }

    /// Frames so far.
    pub(super) fn len(&self) -> usize {
        self.centroid.len()
    }

    /// Takes the magnitudes of one frame.
    pub(super) fn push(&mut self, magnitudes: &[f32]) {
        self.power.clear();
        self.power.extend(magnitudes.iter().map(|m| m * m));
        let power = &self.power;
        self.mel_db.extend(self.bank.apply(power).map(|power| single_to_db(power, AMIN as f32) as f32));
        self.chroma.push(power);
        self.pitches.push(power);
        let bin_hz = f64::from(RATE) / FRAME as f64;
        let moments = Moments::of(magnitudes);
        let (mut centroid, mut bandwidth, mut rolloff) = (f64::NAN, f64::NAN, f64::NAN);
        if moments.is_sound() {
            centroid = moments.centroid() * bin_hz;
            bandwidth = moments.bandwidth() * bin_hz;
            rolloff = moments.rolloff(magnitudes, ROLLOFF) as f64 * bin_hz;
        }
        self.centroid.push(centroid as f32);
        self.bandwidth.push(bandwidth as f32);
        self.rolloff.push(rolloff as f32);
        self.flatness.push(flatness(power, AMIN) as f32);
        self.contrast.describe(magnitudes, &mut self.peaks, &mut self.valleys);
    }

    /// The features of all frames and what they tell together. Where a frame without energy has none, it is NaN; in `reference` 0, as
    /// in librosa, which also takes sound without any pitch as tuned.
    pub(super) fn finish(mut self, preset: Preset) -> Whole {
        let frames = self.len();
        let silent = if preset == Preset::Reference { 0.0 } else { f32::NAN };
        for series in [&mut self.centroid, &mut self.bandwidth, &mut self.rolloff] {
            series.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = silent);
        }
        let tuning = self.pitches.tuning();
        let mut chroma = self.chroma.finish(tuning.unwrap_or(0.0));
        normalize_to_largest(&mut chroma, CLASSES, silent);
        clip_to_top(&mut self.mel_db);
        let onsets = (preset == Preset::Reference).then(|| {
            let by = |aggregate| of_mel(&self.mel_db, &OnsetOptions { aggregate, ..OnsetOptions::default() });
            (by(Aggregate::Mean), by(Aggregate::Median))
        });
        let mfcc = cepstra(self.mel_db);
        let delta = |order| {
            let weights = derivative_weights(DELTA_WIDTH, order);
            derivative(&mfcc, COEFFICIENTS, &weights).unwrap_or_else(|| vec![f32::NAN; mfcc.len()])
        };
        let (delta1, delta2) = (delta(1), delta(2));
        difference_db(&mut self.peaks, &mut self.valleys);
        let bands = self.contrast.columns();
        let series = vec![
            ("mfcc", COEFFICIENTS, mfcc, "1"),
            ("mfcc_delta", COEFFICIENTS, delta1, "1"),
            ("mfcc_delta2", COEFFICIENTS, delta2, "1"),
            ("chroma", CLASSES, chroma, "1"),
            ("spectral_centroid", 1, self.centroid, "Hz"),
            ("spectral_bandwidth", 1, self.bandwidth, "Hz"),
            ("spectral_rolloff", 1, self.rolloff, "Hz"),
            ("spectral_flatness", 1, self.flatness, "1"),
            ("spectral_contrast", bands, self.peaks, "dB"),
        ];
        let tuning = if preset == Preset::Reference && frames > 0 { tuning.or(Some(0.0)) } else { tuning };
        Whole { series, tuning, onsets }
    }
}

/// The cepstra of a mel spectrogram, written over it, so that the whole is not there twice.
fn cepstra(mut mel_db: Vec<f32>) -> Vec<f32> {
    let cepstrum = Cepstrum::new(BANDS, COEFFICIENTS);
    let rows = mel_db.len() / BANDS;
    let mut coefficients = Vec::with_capacity(COEFFICIENTS);
    for row in 0..rows {
        coefficients.clear();
        coefficients.extend(cepstrum.apply(&mel_db[row * BANDS..(row + 1) * BANDS]));
        mel_db[row * COEFFICIENTS..(row + 1) * COEFFICIENTS].copy_from_slice(&coefficients);
    }
    mel_db.truncate(rows * COEFFICIENTS);
    mel_db.shrink_to_fit();
    mel_db
}

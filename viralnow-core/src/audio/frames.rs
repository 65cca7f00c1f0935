//! The spectral half of the extractor: what is kept of every frame, and what it becomes once the whole is known.

use super::contrast::{Contrast, ContrastSettings, difference_db};
use super::mel_frames::MelFrames;
use super::onset::{Aggregate, OnsetOptions, of_mel};
use super::spectral::{Moments, flatness};
use crate::dsp::VectorStats;
use crate::dsp::chroma::{CLASSES, LateChroma, normalize_to_largest};
use crate::dsp::chroma_frames::KeptFrames;
use crate::dsp::chroma_sums::ChromaSums;
use crate::dsp::decibel::{AMIN, singles_to_db};
use crate::dsp::mel::{BANDS, COEFFICIENTS, MelBank};
use crate::dsp::resample::RATE;
use crate::dsp::savgol::{derivative, derivative_weights};
use crate::dsp::stft::{BINS, FRAME};
use crate::dsp::tuning::{PitchPeaks, TuningSearch};
use crate::{Preset, Result};

/// Share of the magnitude below the roll-off.
const ROLLOFF: f64 = 0.85;
/// Frames that a derivative of the cepstrum is taken over (librosa's `delta`).
pub(super) const DELTA_WIDTH: usize = 9;

/// Collects frames of the shared spectra. It keeps 0.6 kB of each, 19 kB for each second of sound: the mel spectrogram
/// (8 kB, in `reference` 16), because the decibels are relative to the largest value of the whole; chroma at fourteen tunings (8 kB where the
/// frames themselves are asked for, in `reference` 23), because the tuning is that of the whole; the peaks that tell the tuning (1 to 2 kB, 20 kB
/// for white noise); and the rest.
#[derive(Debug)]
pub(super) struct Frames {
    bank: MelBank,
    contrast: Contrast,
    chroma: LateChroma,
    /// In `reference`, where silence counts, the statistics are those of the frames.
    chroma_sums: Option<ChromaSums>,
    pitches: PitchPeaks,
    power: Vec<f32>,
    mel: MelFrames,
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
    pub(super) chroma: Option<VectorStats>,
    /// In fractions of a semitone.
    pub(super) tuning: Option<f64>,
    /// librosa's onset strength by mean and by median of the bands, in `reference` alone.
    pub(super) onsets: Option<(Vec<f32>, Vec<f32>)>,
}

/// One feature of every frame: name, columns, values, unit.
pub(super) type Series = (&'static str, usize, Vec<f32>, &'static str);

impl Frames {
    /// Without the frames of chroma where `summary_only`.
    pub(super) fn new(preset: Preset, summary_only: bool) -> Self {
        let rate = f64::from(RATE);
        let pitches = PitchPeaks::new(rate, FRAME, TuningSearch::default());
        let is_reference = preset == Preset::Reference;
        let kept = match (is_reference, summary_only) {
            (true, _) => KeptFrames::Whole(Vec::new()),
            (false, true) => KeptFrames::Nothing,
            (false, false) => KeptFrames::packed(),
        };
        let chroma = LateChroma::new(rate, FRAME, kept);
        Self {
            chroma_sums: (!is_reference).then(|| ChromaSums::new(&chroma, pitches.tunings())),
            bank: MelBank::new(rate),
            contrast: Contrast::new(rate, FRAME, ContrastSettings::default()).expect("every band has bins"),
            chroma,
            pitches,
            power: Vec::with_capacity(BINS),
            mel: MelFrames::new(is_reference),
            centroid: Vec::new(),
            bandwidth: Vec::new(),
            rolloff: Vec::new(),
            flatness: Vec::new(),
            peaks: Vec::new(),
            valleys: Vec::new(),
        }
    }

    pub(super) fn reserve(&mut self, frames: usize) {
        self.mel.reserve(frames);
        self.chroma.reserve(frames);
        self.pitches.reserve(frames);
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
        let (mut mel, mut mel_db) = ([0.0; BANDS], [0.0; BANDS]);
        self.bank.apply(power, &mut mel);
        singles_to_db(&mel, AMIN as f32, &mut mel_db);
        self.mel.push(&mel_db);
        self.chroma.push(power);
        let sums = &mut self.chroma_sums;
        self.chroma.hand_on(|kept| sums.iter_mut().for_each(|sums| sums.push(kept)));
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
    /// in librosa, which also takes sound without any pitch as tuned. Stops as soon as `beat` fails, with its error.
    pub(super) fn finish(mut self, preset: Preset, beat: &mut dyn FnMut() -> Result<()>) -> Result<Whole> {
        let frames = self.len();
        let silent = if preset == Preset::Reference { 0.0 } else { f32::NAN };
        for series in [&mut self.centroid, &mut self.bandwidth, &mut self.rolloff] {
            series.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = silent);
        }
        let tuning = self.pitches.tuning();
        beat()?;
        let at = tuning.unwrap_or(0.0);
        let found = self.chroma_sums.take().map(|mut sums| {
            self.chroma.flush(|kept| sums.push(kept));
            sums.at(at)
        });
        beat()?;
        let mut chroma = self.chroma.finish(at);
        normalize_to_largest(&mut chroma, CLASSES, silent);
        beat()?;
        let chroma_stats = found.unwrap_or_else(|| VectorStats::of(&chroma, CLASSES));
        let peers = if preset == Preset::Reference { self.mel.clipped() } else { None };
        beat()?;
        let onsets = peers.map(|mel_db| {
            let by = |aggregate| of_mel(mel_db, &OnsetOptions { aggregate, ..OnsetOptions::default() });
            (by(Aggregate::Mean), by(Aggregate::Median))
        });
        beat()?;
        let mfcc = self.mel.cepstra();
        beat()?;
        let delta = |order| {
            let weights = derivative_weights(DELTA_WIDTH, order);
            derivative(&mfcc, COEFFICIENTS, &weights).unwrap_or_else(|| vec![f32::NAN; mfcc.len()])
        };
        let (delta1, delta2) = (delta(1), delta(2));
        beat()?;
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
        Ok(Whole { series, chroma: chroma_stats, tuning, onsets })
    }
}

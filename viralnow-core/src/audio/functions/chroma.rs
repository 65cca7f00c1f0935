//! Chroma and tuning.

use super::frames::{FrameParams, Framed, unfit};
use crate::Result;
use crate::dsp::chroma::{ChromaFilters, normalize_to_largest};
use crate::dsp::dot::dot;
use crate::dsp::tuning::{PitchPeaks, TuningSearch};
use crate::dsp::wide::wide;
use crate::extract::Matrix;

/// Settings of [`chroma_stft`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChromaParams {
    /// The frames.
    pub frames: FrameParams,
    /// Pitch classes of an octave, 1 to 120.
    pub n_chroma: usize,
    /// How far the pitches lie from A = 440 Hz, as a fraction of a class; `None` estimates it from the power spectra.
    pub tuning: Option<f64>,
}

impl Default for ChromaParams {
    fn default() -> Self {
        Self { frames: FrameParams::default(), n_chroma: 12, tuning: None }
    }
}

/// Chroma [frames, `n_chroma`], as librosa 0.11's `feature.chroma_stft`: the power in each pitch class from C on, the
/// largest of a frame being 1. A frame without energy has zeros.
///
/// ```
/// use viralnow_core::audio::{ChromaParams, chroma_stft};
///
/// // The A of 440 Hz.
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 440.0 / 22_050.0 * 6.2831853).sin()).collect();
/// let chroma = chroma_stft(&tone, 22_050, &ChromaParams::default())?;
/// assert_eq!((chroma.rows, chroma.columns), (44, 12));
/// assert_eq!(chroma.data[20 * 12 + 9], 1.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn chroma_stft(y: &[f32], sample_rate: u32, params: &ChromaParams) -> Result<Matrix> {
    let framed = Framed::new(y, sample_rate, &params.frames)?;
    let mut power = Vec::with_capacity(framed.framing.bins());
    let mut tuner = Tuner::new(&framed, params)?;
    // The spectra are computed twice rather than kept.
    if tuner.listens() {
        framed.each_spectrum(|magnitudes| {
            square(magnitudes, &mut power);
            tuner.push(&power);
        });
    }
    let rows = tuner.rows(&framed);
    let mut chroma = framed.of_spectra(params.n_chroma, "1", |magnitudes, data| {
        square(magnitudes, &mut power);
        append_chroma(&rows, &power, power.len(), data);
    })?;
    normalize_to_largest(&mut chroma.data, params.n_chroma, 0.0);
    Ok(chroma)
}

/// The filters of chroma, whose tuning is told or heard from the power spectra.
#[derive(Debug)]
pub(super) struct Tuner {
    classes: usize,
    told: Option<f64>,
    peaks: Option<PitchPeaks>,
}

impl Tuner {
    pub(super) fn new(framed: &Framed<'_>, params: &ChromaParams) -> Result<Self> {
        let classes = params.n_chroma;
        if !(1..=120).contains(&classes) {
            return Err(unfit("n_chroma must be 1 to 120", "n_chroma", classes));
        }
        framed.check_size(classes)?;
        if let Some(tuning) = params.tuning {
            if !(0.0..=1200.0).contains(&tuning.abs()) {
                return Err(unfit("tuning must be a number of classes", "tuning", tuning));
            }
            return Ok(Self { classes, told: Some(tuning), peaks: None });
        }
        // At most every other bin is a peak.
        framed.check_size(framed.framing.bins() / 2)?;
        let search = TuningSearch { bins_per_octave: classes, ..TuningSearch::default() };
        let peaks = PitchPeaks::new(framed.sample_rate, framed.framing.n_fft, search);
        Ok(Self { classes, told: None, peaks: Some(peaks) })
    }

    /// Whether the tuning is still to be heard.
    pub(super) fn listens(&self) -> bool {
        self.peaks.is_some()
    }

    /// Takes the power spectrum of one frame.
    pub(super) fn push(&mut self, power: &[f32]) {
        if let Some(peaks) = &mut self.peaks {
            peaks.push(power);
        }
    }

    /// The filters at the tuning, class by class.
    pub(super) fn rows(self, framed: &Framed<'_>) -> Vec<f32> {
        let heard = || self.peaks.as_ref().and_then(PitchPeaks::tuning).unwrap_or(0.0);
        let tuning = self.told.unwrap_or_else(heard);
        ChromaFilters::new(framed.sample_rate, framed.framing.n_fft, self.classes).rows(tuning)
    }
}

/// Frames that are weighed together: a filter is brought from memory once for all of them.
const TOGETHER: usize = 4;

/// Appends the power of frames of `bins` in each class.
pub(super) fn append_chroma(rows: &[f32], powers: &[f32], bins: usize, chroma: &mut Vec<f32>) {
    let classes = rows.len() / bins;
    for powers in powers.chunks(TOGETHER * bins) {
        let filled = chroma.len();
        chroma.resize(filled + powers.len() / bins * classes, 0.0);
        weigh(rows, powers, bins, &mut chroma[filled..]);
    }
}

wide! {
    fn weigh(rows: &[f32], powers: &[f32], bins: usize, out: &mut [f32]) {
        let classes = rows.len() / bins;
        for (class, row) in rows.chunks_exact(bins).enumerate() {
            for (out, power) in out.iter_mut().skip(class).step_by(classes).zip(powers.chunks_exact(bins)) {
                *out = dot(row, power);
            }
        }
    }
}

pub(super) fn square(magnitudes: &[f32], power: &mut Vec<f32>) {
    power.clear();
    power.extend(magnitudes.iter().map(|m| m * m));
}

/// Settings of [`estimate_tuning`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TuningParams {
    /// The frames.
    pub frames: FrameParams,
    /// Step of the result, as a fraction of a pitch step; 1e-4 to 1.
    pub resolution: f64,
    /// Pitch steps of an octave, 1 to 1200.
    pub bins_per_octave: usize,
    /// Lowest frequency of a pitch, in Hz.
    pub fmin: f64,
    /// Frequency below which pitches lie, in Hz.
    pub fmax: f64,
    /// Share of a frame's largest magnitude that a peak must exceed, 0 to 1.
    pub threshold: f64,
}

impl Default for TuningParams {
    fn default() -> Self {
        let TuningSearch { resolution, bins_per_octave, fmin_hz, fmax_hz, threshold } =
            TuningSearch::default();
        Self {
            frames: FrameParams::default(),
            resolution,
            bins_per_octave,
            fmin: fmin_hz,
            fmax: fmax_hz,
            threshold: (f64::from(threshold) * 1e6).round() / 1e6,
        }
    }
}

/// How far the pitches of a sound lie from those of A = 440 Hz, as a fraction of a pitch step (a semitone by default), in
/// [-0.5, 0.5): librosa 0.11's `estimate_tuning`, the most frequent deviation among the peaks of the magnitude spectra that
/// are at least as high as the median one. Without any peak it is 0. A sound without steady pitches, such as speech, has a
/// number too, but one that means nothing.
///
/// ```
/// use viralnow_core::audio::{TuningParams, estimate_tuning};
///
/// // 30 cents above the A of 440 Hz.
/// let hz = 440.0 * 2_f32.powf(0.3 / 12.0);
/// let tone: Vec<f32> = (0..44_100).map(|i| (i as f32 * hz / 22_050.0 * 6.2831853).sin()).collect();
/// let tuning = estimate_tuning(&tone, 22_050, &TuningParams::default())?;
/// assert!((tuning - 0.3).abs() < 0.05);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn estimate_tuning(y: &[f32], sample_rate: u32, params: &TuningParams) -> Result<f64> {
    let framed = Framed::new(y, sample_rate, &params.frames)?;
    if !(1e-4..=1.0).contains(&params.resolution) {
        return Err(unfit("resolution must be 1e-4 to 1", "resolution", params.resolution));
    }
    if !(1..=1200).contains(&params.bins_per_octave) {
        let message = "bins_per_octave must be 1 to 1200";
        return Err(unfit(message, "bins_per_octave", params.bins_per_octave));
    }
    let ordered = params.fmin < params.fmax;
    if !ordered {
        return Err(unfit("fmin must be less than fmax", "fmin", params.fmin).with("fmax", params.fmax));
    }
    if !(0.0..=1.0).contains(&params.threshold) {
        return Err(unfit("threshold must be 0 to 1", "threshold", params.threshold));
    }
    framed.check_size(framed.framing.bins() / 2)?;
    let search = TuningSearch {
        resolution: params.resolution,
        bins_per_octave: params.bins_per_octave,
        fmin_hz: params.fmin,
        fmax_hz: params.fmax,
        threshold: params.threshold as f32,
    };
    let mut peaks = PitchPeaks::new(framed.sample_rate, framed.framing.n_fft, search);
    framed.each_spectrum(|magnitudes| peaks.push(magnitudes));
    Ok(peaks.tuning().unwrap_or(0.0))
}

//! The harmonics-to-noise ratio over time.

use super::cross_correlation::CrossCorrelation;
use super::framing::{Framing, Grid};
use super::input;
use super::pitch::Range;
use crate::Result;
use crate::extract::Matrix;

/// Settings of [`harmonicity`]; the default ones are those of Praat's "To Harmonicity (cc)...".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarmonicityParams {
    /// Seconds from one frame to the next.
    pub step_s: f64,
    /// Lowest fundamental frequency, in Hz.
    pub floor_hz: f64,
    /// Share of the largest peak of the sound below which a frame tends to be silent, in (0, 1].
    pub silence_threshold: f64,
    /// Where the frames stand.
    pub grid: Grid,
}

impl Default for HarmonicityParams {
    fn default() -> Self {
        Self { step_s: 0.01, floor_hz: 75.0, silence_threshold: 0.1, grid: Grid::FromStart }
    }
}

/// The harmonics-to-noise ratio of a mono sound, [frames, 1] in dB: `10 log10(r / (1 - r))`, where `r` is the largest
/// normalised cross-correlation of a frame over the lags up to a longest period (Boersma 1993; the Praat manual, "Sound: To
/// Harmonicity (cc)..."). 0 dB: as much noise as harmonics; 20 dB: 1 % noise. NaN where the frame is silent or nothing repeats
/// (Praat says -200).
///
/// Fails for rates outside 1 to 768 kHz and for settings out of range. Samples that are no numbers count as silence.
///
/// ```
/// use viralnow_core::voice::{HarmonicityParams, harmonicity};
/// // A sine of power 1/2 and white noise of a hundredth of that: 20 dB.
/// let mut state = 1_u32;
/// let y: Vec<f32> = (0..16_000)
///     .map(|i| {
///         state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
///         let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
///         (i as f32 * 0.0613).sin() + 0.122 * noise
///     })
///     .collect();
/// let found = harmonicity(&y, 16_000, &HarmonicityParams::default())?;
/// let mean = found.data.iter().sum::<f32>() / found.rows as f32;
/// assert!((mean - 20.0).abs() < 1.0, "{mean}");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn harmonicity(y: &[f32], sample_rate: u32, params: &HarmonicityParams) -> Result<Matrix> {
    let rate = input::rate(sample_rate)?;
    input::within("step_s", params.step_s, 1e-4, 10.0)?;
    input::within("floor_hz", params.floor_hz, 10.0, rate / 8.0)?;
    input::within("silence_threshold", params.silence_threshold, 1e-6, 1.0)?;
    let window_s = 2.0 / params.floor_hz;
    let (first_s, frames) = params.grid.place(y.len() as u64, rate, window_s, params.step_s);
    let mut range = Range::default();
    input::in_chunks(y, |chunk| range.push(chunk));
    let silent = params.silence_threshold * range.peak();
    let mut analysis = CrossCorrelation::new(rate, params.floor_hz);
    let framing = Framing::new(rate, first_s, params.step_s, window_s, analysis.span());
    let mut framing = framing.starting(1.0 / params.floor_hz);
    let mut data = Vec::with_capacity(frames as usize);
    let mut take = |frame: &[f32]| {
        let (best, peak) = analysis.highest(frame);
        data.push(ratio_db(best, f64::from(peak) / silent));
    };
    input::in_chunks(y, |chunk| framing.push(chunk, &mut take));
    framing.finish(frames, &mut take);
    data.truncate(frames as usize);
    let times_s = (0..data.len()).map(|frame| first_s + frame as f64 * params.step_s).collect();
    Ok(Matrix { rows: data.len(), columns: 1, data, times_s, unit: "dB" })
}

/// The ratio for a correlation, where the unvoiced candidate is weaker: it has a strength of 0 in a frame whose peak is twice
/// that of silence, and more in softer ones.
pub(super) fn ratio_db(r: f64, times_silence: f64) -> f32 {
    let unvoiced = if times_silence.is_finite() { (2.0 - times_silence).max(0.0) } else { 2.0 };
    if r <= unvoiced {
        return f32::NAN;
    }
    let r = r.min(1.0 - 1e-10);
    (10.0 * (r / (1.0 - r)).log10()) as f32
}

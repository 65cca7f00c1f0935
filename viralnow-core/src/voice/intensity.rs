//! Level over time.

use super::framing::{Framing, Grid};
use super::input;
use crate::Result;
use crate::dsp::dot::sum;
use crate::dsp::window::kaiser;
use crate::extract::Matrix;

/// Settings of [`intensity`]; the default ones are those of Praat's "To Intensity...".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntensityParams {
    /// Lowest frequency whose periods shall not show, in Hz: the window spans 6.4 of them, of which half counts.
    pub floor_hz: f64,
    /// Seconds from one frame to the next; `None` is 0.8 / `floor_hz`.
    pub step_s: Option<f64>,
    /// Whether the mean under each window is taken off first, so that an offset is no level.
    pub subtract_mean: bool,
    /// Where the frames stand.
    pub grid: Grid,
}

impl Default for IntensityParams {
    fn default() -> Self {
        Self { floor_hz: 100.0, step_s: None, subtract_mean: true, grid: Grid::FromStart }
    }
}

impl IntensityParams {
    pub(super) fn step_s(&self) -> f64 {
        self.step_s.unwrap_or(0.8 / self.floor_hz)
    }

    pub(super) fn window_s(&self) -> f64 {
        6.4 / self.floor_hz
    }
}

/// The level of a mono sound over time, [frames, 1] in dB relative to full scale, as the Praat manual defines it ("Sound: To
/// Intensity..."): the mean square under a Kaiser window whose side lobes are below -190 dB. A square wave of amplitude 1
/// has 0 dB, a sine -3; Praat's own values are relative to 20 micropascal, 93.98 dB higher. NaN in digital silence.
///
/// Fails for rates outside 1 to 768 kHz and for settings out of range. Samples that are no numbers count as silence. A sound
/// shorter than a window has no frames.
///
/// ```
/// use viralnow_core::voice::{IntensityParams, intensity};
/// let y: Vec<f32> = (0..16_000).map(|i| 0.5 * (i as f32 * 0.7).sin()).collect();
/// let level = intensity(&y, 16_000, &IntensityParams::default())?;
/// assert_eq!((level.rows, level.columns, level.unit), (118, 1, "dB"));
/// // 10 log10(0.5^2 / 2)
/// assert!((level.data[50] + 9.031).abs() < 0.02);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn intensity(y: &[f32], sample_rate: u32, params: &IntensityParams) -> Result<Matrix> {
    let rate = input::rate(sample_rate)?;
    input::within("floor_hz", params.floor_hz, 1.0, rate / 8.0)?;
    input::within("step_s", params.step_s(), 1e-4, 10.0)?;
    let (first_s, frames) = params.grid.place(y.len() as u64, rate, params.window_s(), params.step_s());
    let mut meter = IntensityMeter::new(rate, params, first_s);
    input::in_chunks(y, |chunk| meter.push(chunk));
    meter.finish(frames);
    meter.db.truncate(frames as usize);
    let times_s = (0..meter.db.len()).map(|frame| meter.time_s(frame)).collect();
    Ok(Matrix { rows: meter.db.len(), columns: 1, data: meter.db, times_s, unit: "dB" })
}

/// Intensity of sound that comes in blocks.
#[derive(Debug)]
pub(super) struct IntensityMeter {
    framing: Framing,
    window: Vec<f32>,
    subtract_mean: bool,
    /// In dB; NaN in digital silence.
    pub(super) db: Vec<f32>,
}

impl IntensityMeter {
    /// The first value stands at `first_s`, half a window after the start at the earliest.
    pub(super) fn new(rate: f64, params: &IntensityParams, first_s: f64) -> Self {
        let length = (2 * (params.window_s() * rate / 2.0).round() as usize).max(2);
        let beta = 2.0 * std::f64::consts::PI * std::f64::consts::PI + 0.5;
        Self {
            framing: Framing::new(rate, first_s, params.step_s(), params.window_s(), length),
            window: kaiser(length, beta).into_iter().map(|w| w as f32).collect(),
            subtract_mean: params.subtract_mean,
            db: Vec::new(),
        }
    }

    /// With the standard settings and the first window at the start of the sound.
    pub(super) fn from_start(rate: f64) -> Self {
        let params = IntensityParams::default();
        Self::new(rate, &params, params.window_s() / 2.0)
    }

    pub(super) fn time_s(&self, frame: usize) -> f64 {
        self.framing.time_s(frame)
    }

    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        self.db.reserve((seconds / IntensityParams::default().step_s()) as usize);
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        let Self { framing, window, subtract_mean, db } = self;
        framing.push(samples, |frame| db.push(level(frame, window, *subtract_mean)));
    }

    /// Adds the frames up to this many that reach beyond the end.
    pub(super) fn finish(&mut self, frames: u64) {
        let Self { framing, window, subtract_mean, db } = self;
        framing.finish(frames, |frame| db.push(level(frame, window, *subtract_mean)));
    }
}

fn level(frame: &[f32], window: &[f32], subtract_mean: bool) -> f32 {
    let total: f64 = if subtract_mean {
        // A few samples in single precision, the parts in double: quick and exact enough for an offset.
        frame.chunks(64).map(|part| f64::from(sum(part))).sum()
    } else {
        0.0
    };
    let mean = (total / frame.len() as f64) as f32;
    let part = |(samples, weights): (&[f32], &[f32])| {
        let mut sums = [0.0_f32; 8];
        let ((samples, few), (weights, last)) = (samples.as_chunks::<8>(), weights.as_chunks::<8>());
        for (samples, weights) in samples.iter().zip(weights) {
            for ((sum, sample), weight) in sums.iter_mut().zip(samples).zip(weights) {
                *sum += weight * (sample - mean) * (sample - mean);
            }
        }
        for ((sum, sample), weight) in sums.iter_mut().zip(few).zip(last) {
            *sum += weight * (sample - mean) * (sample - mean);
        }
        f64::from(sums.iter().sum::<f32>())
    };
    let power: f64 = frame.chunks(128).zip(window.chunks(128)).map(part).sum();
    if power > 0.0 { (10.0 * power.log10()) as f32 } else { f32::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_has_its_power_whatever_the_offset() {
        let params = IntensityParams::default();
        let mut meter = IntensityMeter::new(16_000.0, &params, params.window_s() / 2.0);
        let signal: Vec<f32> = (0..16_000).map(|i| 0.3 + 0.5 * (i as f32 * 0.7).sin()).collect();
        signal.chunks(333).for_each(|chunk| meter.push(chunk));
        assert_eq!(meter.db.len(), 118);
        // 10 log10(0.5^2 / 2)
        assert!(meter.db.iter().all(|db| (db + 9.031).abs() < 0.02), "{:?}", meter.db);
    }

    #[test]
    fn silence_has_no_level() {
        let level = intensity(&[0.0; 4000], 16_000, &IntensityParams::default()).unwrap();
        assert!(level.rows > 0 && level.data.iter().all(|db| db.is_nan()));
    }
}

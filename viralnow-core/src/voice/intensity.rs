//! Level over time.

use super::framing::Framing;
use crate::dsp::window::kaiser;

/// Seconds from one value to the next.
pub(super) const STEP_S: f64 = 0.008;
/// Seconds of the window: 6.4 periods of 100 Hz, of which half counts.
const WINDOW_S: f64 = 0.064;

/// Intensity as the Praat manual defines it ("Sound: To Intensity...", minimum pitch 100 Hz, mean subtracted): the mean
/// square under a Kaiser window whose side lobes are below -190 dB, in dB relative to full scale (a square wave of
/// amplitude 1 has 0 dB). Praat's own values are relative to 20 micropascal, 93.98 dB higher.
#[derive(Debug)]
pub(super) struct IntensityMeter {
    framing: Framing,
    window: Vec<f64>,
    /// In dB; NaN in digital silence.
    pub(super) db: Vec<f32>,
}

impl IntensityMeter {
    /// The first value stands at `first_s`, half a window after the start at the earliest.
    pub(super) fn new(rate: f64, first_s: f64) -> Self {
        let length = 2 * (WINDOW_S * rate / 2.0).round() as usize;
        let beta = 2.0 * std::f64::consts::PI * std::f64::consts::PI + 0.5;
        Self {
            framing: Framing::new(rate, first_s, STEP_S, WINDOW_S, length),
            window: kaiser(length, beta),
            db: Vec::new(),
        }
    }

    /// Where the grid starts if nobody says otherwise.
    pub(super) fn earliest_s() -> f64 {
        WINDOW_S / 2.0
    }

    pub(super) fn time_s(&self, frame: usize) -> f64 {
        self.framing.time_s(frame)
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        let Self { framing, window, db } = self;
        framing.push(samples, |frame| {
            let mean = frame.iter().map(|&s| f64::from(s)).sum::<f64>() / frame.len() as f64;
            let power: f64 =
                frame.iter().zip(window.iter()).map(|(&s, w)| w * (f64::from(s) - mean).powi(2)).sum();
            db.push(if power > 0.0 { 10.0 * power.log10() } else { f64::NAN } as f32);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_has_its_power_whatever_the_offset() {
        let mut meter = IntensityMeter::new(16_000.0, IntensityMeter::earliest_s());
        let signal: Vec<f32> = (0..16_000).map(|i| 0.3 + 0.5 * (i as f32 * 0.7).sin()).collect();
        signal.chunks(333).for_each(|chunk| meter.push(chunk));
        assert_eq!(meter.db.len(), 118);
        // 10 log10(0.5^2 / 2)
        assert!(meter.db.iter().all(|db| (db + 9.031).abs() < 0.02), "{:?}", meter.db);
    }

    #[test]
    fn silence_has_no_level() {
        let mut meter = IntensityMeter::new(16_000.0, IntensityMeter::earliest_s());
        meter.push(&[0.0; 4000]);
        assert!(!meter.db.is_empty() && meter.db.iter().all(|db| db.is_nan()));
    }
}

//! The mel spectrogram of the whole in dB, from which the cepstra are made once its largest value is known.

use crate::dsp::decibel::clip_to_top;
use crate::dsp::halves;
use crate::dsp::mel::{BANDS, COEFFICIENTS, Cepstrum};

/// What lies further below the largest value of the whole is lifted to there, in dB (librosa's `top_db`).
const TOP_DB: f32 = 80.0;

/// The frames so far.
#[derive(Debug)]
pub(super) enum MelFrames {
    /// As they are: 16 kB for each second.
    Whole(Vec<f32>),
    /// In 16 bits, half as much. The steps reach from 80 dB below the largest value so far, which is the least that will be
    /// seen, to the largest of the frame: 0.0012 dB at most, so that rounding moves a coefficient by 0.0003 (root mean square),
    /// where the gate between the exact ones and librosa's is 0.002.
    Steps(Steps),
}

#[derive(Debug)]
pub(super) struct Steps {
    values: Vec<u16>,
    /// Of each frame: what 0 stands for, and one step, in dB.
    scales: Vec<(f32, f32)>,
    largest: f32,
}

impl MelFrames {
    /// Exact, or in half the room.
    pub(super) fn new(whole: bool) -> Self {
        if whole {
            return Self::Whole(Vec::new());
        }
        Self::Steps(Steps { values: Vec::new(), scales: Vec::new(), largest: f32::NEG_INFINITY })
    }

    pub(super) fn reserve(&mut self, frames: usize) {
        match self {
            Self::Whole(values) => values.reserve(frames * BANDS),
            Self::Steps(steps) => {
                steps.values.reserve(frames * BANDS);
                steps.scales.reserve(frames);
            }
        }
    }

    /// Takes a frame of finite values.
    pub(super) fn push(&mut self, frame: &[f32; BANDS]) {
        let steps = match self {
            Self::Whole(values) => return values.extend_from_slice(frame),
            Self::Steps(steps) => steps,
        };
        let own = frame.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        steps.largest = steps.largest.max(own);
        let low = steps.largest - TOP_DB;
        let step = (own - low).max(0.0) / f32::from(u16::MAX);
        let scale = if step > 0.0 { 1.0 / step } else { 0.0 };
        // A cast saturates: what is lower is lifted.
        steps.values.extend(frame.iter().map(|db| ((db - low) * scale + 0.5) as u16));
        steps.scales.push((low, step));
    }

    /// Lifts what is too low and gives the values, where they are there.
    pub(super) fn clipped(&mut self) -> Option<&[f32]> {
        match self {
            Self::Whole(values) => {
                clip_to_top(values);
                Some(values)
            }
            Self::Steps(_) => None,
        }
    }

    /// The cepstra of all frames, written over these, so that the whole is not there twice.
    pub(super) fn cepstra(self) -> Vec<f32> {
        let cepstrum = Cepstrum::new(BANDS, COEFFICIENTS);
        let mut coefficients = [0.0_f32; COEFFICIENTS];
        match self {
            Self::Whole(mut values) => {
                clip_to_top(&mut values);
                let rows = values.len() / BANDS;
                for row in 0..rows {
                    cepstrum.apply(&values[row * BANDS..(row + 1) * BANDS], &mut coefficients);
                    values[row * COEFFICIENTS..(row + 1) * COEFFICIENTS].copy_from_slice(&coefficients);
                }
                values.truncate(rows * COEFFICIENTS);
                values.shrink_to_fit();
                values
            }
            Self::Steps(Steps { mut values, scales, largest }) => {
                let mut frame = [0.0_f32; BANDS];
                for (row, &(low, step)) in scales.iter().enumerate() {
                    for (db, &value) in frame.iter_mut().zip(&values[row * BANDS..]) {
                        *db = (low + f32::from(value) * step).max(largest - TOP_DB);
                    }
                    cepstrum.apply(&frame, &mut coefficients);
                    halves::put(&coefficients, &mut values[row * COEFFICIENTS * halves::HALVES..]);
                }
                halves::take(values, scales.len() * COEFFICIENTS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_near_enough() {
        let (mut whole, mut steps) = (MelFrames::new(true), MelFrames::new(false));
        for k in 0..500 {
            // Louder later, so that more is lifted than could be known; and silence.
            let level = if k % 50 == 7 { -300.0 } else { 0.1 * k as f32 };
            let frame: [f32; BANDS] =
                std::array::from_fn(|b| (level - ((b * 37 + k * 11) % 101) as f32 * 1.317).max(-100.0));
            whole.push(&frame);
            steps.push(&frame);
        }
        let (whole, steps) = (whole.cepstra(), steps.cepstra());
        assert_eq!((whole.len(), steps.len()), (500 * COEFFICIENTS, 500 * COEFFICIENTS));
        let off: Vec<f64> = whole.iter().zip(&steps).map(|(a, b)| f64::from((a - b).abs())).collect();
        let spread = (off.iter().map(|d| d * d).sum::<f64>() / off.len() as f64).sqrt();
        let worst = off.iter().copied().fold(0.0, f64::max);
        assert!(spread < 5e-4 && worst < 2e-3, "{spread} {worst}");
    }

    #[test]
    fn nothing_and_silence_are_defined() {
        assert!(MelFrames::new(false).cepstra().is_empty());
        let mut silence = MelFrames::new(false);
        silence.push(&[-100.0; BANDS]);
        let found = silence.cepstra();
        assert!(
            (found[0] + 100.0 * (BANDS as f32).sqrt()).abs() < 0.01 && found[1].abs() < 1e-3,
            "{found:?}"
        );
    }
}

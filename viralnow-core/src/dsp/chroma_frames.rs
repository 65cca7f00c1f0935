//! What is kept of every frame until the tuning is known.

use super::halves;

/// Non-negative numbers, as many of each frame.
#[derive(Debug)]
pub(crate) enum KeptFrames {
    /// None is.
    Nothing,
    /// As they are.
    Whole(Vec<f32>),
    /// In 16 bits, half as much.
    Steps(Steps),
}

/// The steps reach from nothing to the largest number of the frame, so that rounding moves one by less than a hundred
/// thousandth of that.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    values: Vec<u16>,
    /// One step of each frame.
    scales: Vec<f32>,
}

impl KeptFrames {
    pub(crate) fn steps() -> Self {
        Self::Steps(Steps::default())
    }

    /// Makes room for so many frames of so many numbers.
    pub(crate) fn reserve(&mut self, frames: usize, numbers: usize) {
        match self {
            Self::Nothing => {}
            Self::Whole(values) => values.reserve(frames * numbers),
            Self::Steps(steps) => {
                steps.values.reserve(frames * numbers);
                steps.scales.reserve(frames);
            }
        }
    }

    /// Takes a frame.
    pub(crate) fn push(&mut self, frame: &[f32]) {
        match self {
            Self::Nothing => {}
            Self::Whole(values) => values.extend_from_slice(frame),
            Self::Steps(Steps { values, scales }) => {
                let step = frame.iter().copied().fold(0.0, f32::max) / f32::from(u16::MAX);
                let scale = if step > 0.0 { 1.0 / step } else { 0.0 };
                // A cast saturates.
                values.extend(frame.iter().map(|value| (value * scale + 0.5) as u16));
                scales.push(step);
            }
        }
    }

    /// What becomes of every frame of `N` numbers: `M` others, fewer, which are written over what was kept.
    pub(crate) fn map<const N: usize, const M: usize>(
        self,
        mut of: impl FnMut(&[f32; N]) -> [f32; M],
    ) -> Vec<f32> {
        const { assert!(M * halves::HALVES <= N, "what is written lies over what was read") };
        match self {
            Self::Nothing => Vec::new(),
            Self::Whole(mut values) => {
                let frames = values.len() / N;
                for frame in 0..frames {
                    let Some(kept) = values[frame * N..].first_chunk::<N>() else { break };
                    let made = of(kept);
                    values[frame * M..(frame + 1) * M].copy_from_slice(&made);
                }
                values.truncate(frames * M);
                values.shrink_to_fit();
                values
            }
            Self::Steps(Steps { mut values, scales }) => {
                let mut kept = [0.0; N];
                for (frame, step) in scales.iter().enumerate() {
                    for (value, &steps) in kept.iter_mut().zip(&values[frame * N..]) {
                        *value = f32::from(steps) * step;
                    }
                    halves::put(&of(&kept), &mut values[frame * M * halves::HALVES..]);
                }
                halves::take(values, scales.len() * M)
            }
        }
    }
}

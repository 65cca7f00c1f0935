//! Zero crossings and level.

use super::frames::{FrameParams, Framed};
use crate::Result;
use crate::audio::temporal::Temporal;
use crate::extract::Matrix;

fn run(y: &[f32], sample_rate: u32, params: &FrameParams) -> Result<(Temporal, impl Fn(Vec<f32>) -> Matrix)> {
    let framed = Framed::new(y, sample_rate, params)?;
    framed.check_size(1)?;
    let temporal = measured(&framed);
    Ok((temporal, move |data| framed.matrix(1, "1", data)))
}

/// Both of every frame.
pub(super) fn measured(framed: &Framed<'_>) -> Temporal {
    let mut temporal = Temporal::new(framed.framing);
    temporal.reserve(framed.frames);
    temporal.push(framed.samples());
    temporal.finish();
    temporal
}

/// Share of a frame's samples whose sign differs from that of the sample before, in [0, 1], as librosa 0.11's
/// `feature.zero_crossing_rate` (`frame_length` is `n_fft`): samples within 1e-10 of zero count as positive, and beyond the
/// ends the signal goes on as its first or last sample.
///
/// ```
/// use viralnow_core::audio::{FrameParams, zero_crossing_rate};
/// let fastest: Vec<f32> = (0..8000).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 }).collect();
/// let rate = zero_crossing_rate(&fastest, 8000, &FrameParams::default())?;
/// assert_eq!(rate.data[5], 2047.0 / 2048.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn zero_crossing_rate(y: &[f32], sample_rate: u32, params: &FrameParams) -> Result<Matrix> {
    let (temporal, matrix) = run(y, sample_rate, params)?;
    Ok(matrix(temporal.zero_crossing_rate))
}

/// Root mean square of each frame, as librosa 0.11's `feature.rms` (`frame_length` is `n_fft`): 1 for a full-scale square,
/// 0.707 for a full-scale sine.
///
/// ```
/// use viralnow_core::audio::{FrameParams, rms};
/// let square: Vec<f32> = (0..8000).map(|i| if i % 20 < 10 { 0.5 } else { -0.5 }).collect();
/// assert_eq!(rms(&square, 8000, &FrameParams::default())?.data[5], 0.5);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn rms(y: &[f32], sample_rate: u32, params: &FrameParams) -> Result<Matrix> {
    let (temporal, matrix) = run(y, sample_rate, params)?;
    Ok(matrix(temporal.rms))
}

//! Signals: framing, windows, the STFT, mel, resampling, voice activity and statistics.

/// Samples beyond this are no sound but damage; their powers would leave the range of single precision.
pub(crate) const LARGEST_SAMPLE: f32 = 1e6;

pub(crate) mod beta;
pub(crate) mod chroma;
pub(crate) mod chroma_frames;
pub(crate) mod chroma_sums;
pub(crate) mod content;
mod content_weights;
pub(crate) mod decibel;
pub(crate) mod dot;
pub(crate) mod halves;
pub(crate) mod lpc;
pub(crate) mod mel;
mod real_fft;
pub(crate) mod resample;
pub(crate) mod room;
pub(crate) mod roots;
pub(crate) mod savgol;
mod stats;
pub(crate) mod stft;
pub(crate) mod tuning;
pub(crate) mod vad;
pub(crate) mod wide;
pub(crate) mod window;

pub(crate) use stats::percentile;
pub use stats::{Stats, VectorStats};

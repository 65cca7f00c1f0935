//! The fundamental frequency over time.

/// What [`super::pitch`] finds: one entry per frame in each list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PitchContour {
    /// Centre of each frame, in seconds from the first sample.
    pub times_s: Vec<f64>,
    /// Fundamental frequency in Hz; NaN where unvoiced.
    pub f0_hz: Vec<f32>,
    /// Whether the frame is voiced.
    pub voiced: Vec<bool>,
    /// Probability that the frame is voiced, in [0, 1]; pYIN alone gives it.
    pub voiced_prob: Option<Vec<f32>>,
}

impl PitchContour {
    pub(super) fn new(times_s: Vec<f64>, f0_hz: Vec<f32>, voiced_prob: Option<Vec<f32>>) -> Self {
        let voiced = f0_hz.iter().map(|f0| !f0.is_nan()).collect();
        Self { times_s, f0_hz, voiced, voiced_prob }
    }
}

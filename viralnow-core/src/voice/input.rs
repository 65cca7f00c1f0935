//! What the public functions ask of the samples and settings that they are given.

use crate::dsp::LARGEST_SAMPLE;
use crate::{Error, ErrorKind, Result};

/// Samples that are analysed at a time, so that a long sound is never copied.
const CHUNK: usize = 1 << 15;

/// Hands the samples on in pieces; what is no number is silence.
pub(super) fn in_chunks(y: &[f32], mut take: impl FnMut(&[f32])) {
    let mut cleaned = Vec::with_capacity(CHUNK.min(y.len()));
    for chunk in y.chunks(CHUNK) {
        cleaned.clear();
        cleaned.extend(chunk.iter().map(|&s| clean(s)));
        take(&cleaned);
    }
}

/// A sample as it is, or silence for what is no number.
pub(super) fn clean(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LARGEST_SAMPLE, LARGEST_SAMPLE) } else { 0.0 }
}

/// Refuses a setting outside its range.
pub(super) fn within(name: &'static str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidConfig, format!("{name} must be from {low} to {high}"))
        .with(name, value))
}

/// Refuses rates that no sound has.
pub(super) fn rate(sample_rate: u32) -> Result<f64> {
    if (1000..=768_000).contains(&sample_rate) {
        return Ok(f64::from(sample_rate));
    }
    Err(Error::new(ErrorKind::InvalidInput, "the rate must be from 1000 to 768000 Hz")
        .with("sample_rate", sample_rate))
}

//! The sound as Whisper hears it: mel bands of decibels, as its reference makes them.

use crate::Result;
use crate::dsp::mel::MelBank;
use crate::dsp::window::hann_periodic;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Samples a second, of a frame, and from one frame to the next.
pub(super) const RATE: usize = 16_000;
const FRAME: usize = 400;
pub(super) const HOP: usize = 160;
/// What is quieter than the loudest by so many powers of ten counts as that.
const RANGE: f32 = 8.0;
/// Frames between two questions whether to go on.
const PART: usize = 3000;

/// Sound whose mel bands are made where they are asked for: those of an hour would fill a hundred megabytes.
pub(super) struct Mel<'a> {
    samples: &'a [f32],
    bands: usize,
    frames: usize,
    bank: MelBank,
    window: Vec<f64>,
    transform: Arc<dyn RealToComplex<f64>>,
    /// Below this, everything counts as this: it hangs on the loudest of the whole.
    least: f32,
}

impl<'a> Mel<'a> {
    /// Of so many frames, frame `k` centred on sample `160 k`; the samples are cut, or filled up with silence, to as many as
    /// they span. `pulse` is asked every few thousand frames.
    pub(super) fn new(
        samples: &'a [f32],
        bands: usize,
        frames: usize,
        pulse: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Self> {
        let mut mel = Self {
            samples,
            bands,
            frames,
            bank: MelBank::with(RATE as f64, FRAME, bands, 0.0, RATE as f64 / 2.0),
            window: hann_periodic(FRAME),
            transform: RealFftPlanner::<f64>::new().plan_fft_forward(FRAME),
            least: f32::NEG_INFINITY,
        };
        let mut most = f32::NEG_INFINITY;
        for from in (0..frames).step_by(PART) {
            pulse()?;
            let part = mel.logarithms(from, PART.min(frames - from));
            most = part.into_iter().fold(most, f32::max);
        }
        mel.least = most - RANGE;
        Ok(mel)
    }

    /// The bands of `count` frames from this one on, frame by frame. What is beyond `end` is filled up with zeros, which is
    /// neither sound nor silence, as in training.
    pub(super) fn part(&self, from: usize, count: usize, end: usize) -> Vec<f32> {
        let there = end.min(self.frames).saturating_sub(from).min(count);
        let mut out = self.logarithms(from, there);
        for value in &mut out {
            *value = f32::midpoint(value.max(self.least), 4.0) / 2.0;
        }
        out.resize(count * self.bands, 0.0);
        out
    }

    fn logarithms(&self, from: usize, count: usize) -> Vec<f32> {
        let last = (self.frames * HOP) as isize - 1;
        let at = |place: isize| {
            // Mirrored at both ends, without repeating the last sample.
            let place = if place < 0 { -place } else { place };
            let place = if place > last { 2 * last - place } else { place };
            self.samples.get(place.max(0) as usize).copied().unwrap_or(0.0)
        };
        let (mut frame, mut spectrum) = (self.transform.make_input_vec(), self.transform.make_output_vec());
        let mut power = vec![0.0_f32; spectrum.len()];
        let mut out = vec![0.0_f32; count * self.bands];
        for (k, row) in (from..).zip(out.chunks_exact_mut(self.bands)) {
            let first = (k * HOP) as isize - (FRAME / 2) as isize;
            for (i, (value, weight)) in frame.iter_mut().zip(&self.window).enumerate() {
                *value = f64::from(at(first + i as isize)) * weight;
            }
            // Fails for slices of other lengths alone.
            let _ = self.transform.process(&mut frame, &mut spectrum);
            for (power, bin) in power.iter_mut().zip(&spectrum) {
                *power = bin.norm_sqr() as f32;
            }
            self.bank.apply(&power, row);
            for value in row {
                *value = value.max(1e-10).log10();
            }
        }
        out
    }
}

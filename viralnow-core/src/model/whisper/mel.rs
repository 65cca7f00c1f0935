//! The sound as Whisper hears it: mel bands of decibels, as its reference makes them.

use crate::dsp::mel::MelBank;
use crate::dsp::window::hann_periodic;
use realfft::RealFftPlanner;

/// Samples a second, of a frame, and from one frame to the next.
pub(super) const RATE: usize = 16_000;
const FRAME: usize = 400;
pub(super) const HOP: usize = 160;
/// What is quieter than the loudest by so many powers of ten counts as that.
const RANGE: f32 = 8.0;

/// Bands of so many frames, row by row: frame `k` is centred on sample `160 k`. The samples are cut, or filled up with
/// silence, to as many as the frames span.
pub(super) fn log_mel(samples: &[f32], bands: usize, frames: usize) -> Vec<f32> {
    let length = frames * HOP;
    let at = |place: isize| {
        // Mirrored at both ends, without repeating the last sample.
        let last = length as isize - 1;
        let place = if place < 0 { -place } else { place };
        let place = if place > last { 2 * last - place } else { place };
        samples.get(place.max(0) as usize).copied().unwrap_or(0.0)
    };
    let window = hann_periodic(FRAME);
    let bank = MelBank::with(RATE as f64, FRAME, bands, 0.0, RATE as f64 / 2.0);
    let transform = RealFftPlanner::<f64>::new().plan_fft_forward(FRAME);
    let (mut frame, mut spectrum) = (transform.make_input_vec(), transform.make_output_vec());
    let mut power = vec![0.0_f32; spectrum.len()];
    let mut out = vec![0.0_f32; frames * bands];
    for (k, row) in out.chunks_exact_mut(bands).enumerate() {
        let first = (k * HOP) as isize - (FRAME / 2) as isize;
        for (i, (value, weight)) in frame.iter_mut().zip(&window).enumerate() {
            *value = f64::from(at(first + i as isize)) * (*weight);
        }
        // Fails for slices of other lengths alone.
        let _ = transform.process(&mut frame, &mut spectrum);
        for (power, bin) in power.iter_mut().zip(&spectrum) {
            *power = bin.norm_sqr() as f32;
        }
        bank.apply(&power, row);
        for value in row {
            *value = value.max(1e-10).log10();
        }
    }
    let least = out.iter().copied().fold(f32::NEG_INFINITY, f32::max) - RANGE;
    for value in &mut out {
        *value = f32::midpoint(value.max(least), 4.0) / 2.0;
    }
    out
}

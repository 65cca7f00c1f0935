//! The short-time Fourier transform, streaming.

use super::window::hann_periodic;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Samples of one frame.
pub(crate) const FRAME: usize = 2048;
/// Samples from one frame to the next.
pub(crate) const HOP: usize = 512;
/// Frequencies of one frame.
pub(crate) const BINS: usize = FRAME / 2 + 1;

/// Magnitudes of librosa's `stft(n_fft=2048, hop_length=512, window="hann", center=True, pad_mode="constant")`: frame `k`
/// is centred on sample `512 k`, and `n` samples give `1 + n / 512` frames. The transform is in double precision, as
/// librosa's is.
pub(crate) struct Stft {
    transform: Arc<dyn RealToComplex<f64>>,
    window: Vec<f64>,
    /// Samples from the start of the next frame on; begins as the zeros before the signal.
    pending: Vec<f32>,
    windowed: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    samples: u64,
    frames: u64,
}

impl std::fmt::Debug for Stft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stft")
            .field("samples", &self.samples)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

impl Stft {
    pub(crate) fn new() -> Self {
        let transform = RealFftPlanner::<f64>::new().plan_fft_forward(FRAME);
        Self {
            window: hann_periodic(FRAME),
            pending: vec![0.0; FRAME / 2],
            windowed: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            samples: 0,
            frames: 0,
        }
    }

    /// Frames given so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Takes samples and appends the magnitudes of the frames that are complete now, [`BINS`] each.
    pub(crate) fn push(&mut self, samples: &[f32], magnitudes: &mut Vec<f32>) {
        self.samples += samples.len() as u64;
        self.pending.extend_from_slice(samples);
        self.drain(u64::MAX, magnitudes);
    }

    /// Appends the frames that reach beyond the end.
    pub(crate) fn finish(&mut self, magnitudes: &mut Vec<f32>) {
        if self.samples > 0 {
            self.pending.resize(self.pending.len() + FRAME / 2, 0.0);
            self.drain(1 + self.samples / HOP as u64, magnitudes);
        }
    }

    fn drain(&mut self, until: u64, magnitudes: &mut Vec<f32>) {
        let mut start = 0;
        while self.frames < until && self.pending.len() >= start + FRAME {
            let frame = &self.pending[start..start + FRAME];
            for ((out, &sample), weight) in self.windowed.iter_mut().zip(frame).zip(&self.window) {
                *out = f64::from(sample) * weight;
            }
            self.transform
                .process_with_scratch(&mut self.windowed, &mut self.spectrum, &mut self.scratch)
                .expect("the buffers are the planner's own");
            magnitudes.extend(self.spectrum.iter().map(|c| (c.re * c.re + c.im * c.im).sqrt() as f32));
            start += HOP;
            self.frames += 1;
        }
        self.pending.drain(..start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn stft(signal: &[f32], block: usize) -> Vec<f32> {
        let (mut stft, mut out) = (Stft::new(), Vec::new());
        signal.chunks(block).for_each(|chunk| stft.push(chunk, &mut out));
        stft.finish(&mut out);
        out
    }

    #[test]
    fn the_number_of_frames_is_librosas() {
        for n in [1, 511, 512, 513, 1023, 1024, 1025, 2048, 5000, 16_000] {
            assert_eq!(stft(&vec![0.1; n], 700).len(), (1 + n / 512) * BINS, "{n}");
        }
        assert!(stft(&[], 1).is_empty());
    }

    #[test]
    fn blocks_of_any_size_give_the_same_bits() {
        let signal: Vec<f32> = (0..10_000).map(|i| ((i * i) % 977) as f32 / 977.0 - 0.5).collect();
        let whole = stft(&signal, 10_000);
        for block in [1, 160, 512, 2048, 3333] {
            assert_eq!(stft(&signal, block), whole, "{block}");
        }
    }

    #[test]
    fn a_sine_between_the_edges_has_half_its_window_weight() {
        // A cosine of amplitude a on bin 128 gives a N / 4 there, and half of that in the two bins beside it.
        let signal: Vec<f32> =
            (0..16_384).map(|i| (0.5 * (2.0 * PI * 128.0 * i as f64 / 2048.0).cos()) as f32).collect();
        let out = stft(&signal, 4096);
        let frame = &out[10 * BINS..11 * BINS];
        assert!((frame[128] - 256.0).abs() < 1e-3);
        assert!((frame[127] - 128.0).abs() < 1e-3 && (frame[129] - 128.0).abs() < 1e-3);
        assert!(frame.iter().enumerate().all(|(k, &m)| (127..=129).contains(&k) || m < 1e-3));
    }
}

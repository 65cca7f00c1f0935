//! Magnitudes of the spectrum of real samples, in double precision.
//!
//! An even number of samples is transformed as half as many complex ones, and their spectrum is parted into that of the even and
//! that of the odd samples (Press et al., Numerical Recipes, 12.3). The crate `realfft` does that too, one bin at a time; here the
//! bins go through registers of four, and become magnitudes on the way.

use super::wide::wide;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Bins that are computed side by side, and their mirror images.
const LANES: usize = 4;

/// The transform of a number of samples.
pub(crate) enum RealFft {
    Even {
        transform: Arc<dyn Fft<f64>>,
        /// `exp(-2 pi i k / n)` for `k` up to a quarter of `n`, real and imaginary parts.
        turns: [Vec<f64>; 2],
        samples: Vec<Complex<f64>>,
        scratch: Vec<Complex<f64>>,
    },
    Odd {
        transform: Arc<dyn RealToComplex<f64>>,
        samples: Vec<f64>,
        spectrum: Vec<Complex<f64>>,
        scratch: Vec<Complex<f64>>,
    },
}

impl RealFft {
    /// Of `n` samples, at least 2.
    pub(crate) fn new(n: usize) -> Self {
        if !n.is_multiple_of(2) {
            let transform = RealFftPlanner::<f64>::new().plan_fft_forward(n);
            return Self::Odd {
                samples: transform.make_input_vec(),
                spectrum: transform.make_output_vec(),
                scratch: transform.make_scratch_vec(),
                transform,
            };
        }
        let half = n / 2;
        let transform = FftPlanner::<f64>::new().plan_fft_forward(half);
        let angle = |k: usize| -TAU * k as f64 / n as f64;
        Self::Even {
            turns: [
                (0..=half / 2).map(|k| angle(k).cos()).collect(),
                (0..=half / 2).map(|k| angle(k).sin()).collect(),
            ],
            samples: vec![Complex::default(); half],
            scratch: vec![Complex::default(); transform.get_inplace_scratch_len()],
            transform,
        }
    }

    /// Appends the magnitudes of the spectrum of the samples times the weights, `n / 2 + 1` of them.
    pub(crate) fn magnitudes(&mut self, frame: &[f32], weights: &[f64], out: &mut Vec<f32>) {
        match self {
            Self::Even { transform, turns, samples, scratch } => {
                let pairs = frame.as_chunks::<2>().0.iter().zip(weights.as_chunks::<2>().0);
                for (sample, ([even, odd], [first, second])) in samples.iter_mut().zip(pairs) {
                    *sample = Complex::new(f64::from(*even) * first, f64::from(*odd) * second);
                }
                transform.process_with_scratch(samples, scratch);
                let filled = out.len();
                out.resize(filled + samples.len() + 1, 0.0);
                part(samples, &turns[0], &turns[1], &mut out[filled..]);
            }
            Self::Odd { transform, samples, spectrum, scratch } => {
                for ((out, &sample), weight) in samples.iter_mut().zip(frame).zip(weights) {
                    *out = f64::from(sample) * weight;
                }
                transform
                    .process_with_scratch(samples, spectrum, scratch)
                    .expect("the buffers are the planner's own");
                out.extend(spectrum.iter().map(|c| (c.re * c.re + c.im * c.im).sqrt() as f32));
            }
        }
    }
}

wide! {
    /// The magnitudes of the spectrum of twice as many real samples, of which `z` is the spectrum of the even ones and, times i, of
    /// the odd ones.
    fn part(z: &[Complex<f64>], cosines: &[f64], sines: &[f64], out: &mut [f32]) {
        let half = z.len();
        // The first bin is the sum of all, the last one that of the even less that of the odd.
        out[0] = (z[0].re + z[0].im).abs() as f32;
        out[half] = (z[0].re - z[0].im).abs() as f32;
        // Each bin with its mirror image, up to the middle, where both are one.
        let mut k = 1;
        while k + LANES <= half / 2 + 1 {
            let mut low = [0.0_f32; LANES];
            let mut high = [0.0_f32; LANES];
            for lane in 0..LANES {
                let (a, b) = (z[k + lane], z[half - k - lane]);
                [low[lane], high[lane]] = both(a, b, cosines[k + lane], sines[k + lane]);
            }
            out[k..k + LANES].copy_from_slice(&low);
            for lane in 0..LANES {
                out[half - k - lane] = high[lane];
            }
            k += LANES;
        }
        while k <= half / 2 {
            let [low, high] = both(z[k], z[half - k], cosines[k], sines[k]);
            (out[k], out[half - k]) = (low, high);
            k += 1;
        }
    }
}

/// The magnitudes of a bin and of its mirror image.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of a loop that is compiled for wider registers")]
fn both(a: Complex<f64>, b: Complex<f64>, cosine: f64, sine: f64) -> [f32; 2] {
    // Twice the spectra of the even and of the odd samples.
    let (even_re, even_im) = (a.re + b.re, a.im - b.im);
    let (odd_re, odd_im) = (a.im + b.im, b.re - a.re);
    let (turned_re, turned_im) = (odd_re * cosine - odd_im * sine, odd_re * sine + odd_im * cosine);
    let magnitude = |re: f64, im: f64| (0.5 * (re * re + im * im).sqrt()) as f32;
    [magnitude(even_re + turned_re, even_im + turned_im), magnitude(even_re - turned_re, even_im - turned_im)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the sum that defines it, for lengths with and without bins left over.
    #[test]
    fn magnitudes_are_those_of_the_definition() {
        for n in [2, 3, 4, 6, 8, 10, 16, 18, 100, 101, 256, 400] {
            let frame: Vec<f32> = (0..n).map(|i| ((i * 7919) % 997) as f32 / 498.5 - 1.0).collect();
            let weights: Vec<f64> = (0..n).map(|i| 0.5 + 0.4 * (i as f64).cos()).collect();
            let mut out = vec![7.0];
            RealFft::new(n).magnitudes(&frame, &weights, &mut out);
            assert_eq!(out.len(), n / 2 + 2, "{n}");
            for (k, &found) in out[1..].iter().enumerate() {
                let (mut re, mut im) = (0.0, 0.0);
                for i in 0..n {
                    let angle = TAU * ((i * k) % n) as f64 / n as f64;
                    re += f64::from(frame[i]) * weights[i] * angle.cos();
                    im += f64::from(frame[i]) * weights[i] * angle.sin();
                }
                let expected = re.hypot(im);
                assert!(
                    (f64::from(found) - expected).abs() < 1e-6 * (1.0 + expected),
                    "{n} {k}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn silence_is_exactly_silent() {
        let mut out = Vec::new();
        RealFft::new(2048).magnitudes(&[0.0; 2048], &[1.0; 2048], &mut out);
        assert!(out.iter().all(|&m| m == 0.0));
    }
}

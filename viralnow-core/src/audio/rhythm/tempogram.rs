//! The autocorrelation tempogram (Grosche, Müller & Kurth 2010) and the tempo from it, as librosa computes them.

use crate::dsp::dot::dot_doubles as dot;
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

/// The mean over time of librosa's `feature.tempogram`: for each frame the envelope around it (zero to half a window
/// outside, on a ramp), under a Hann window, autocorrelated and scaled to a largest value of 1. One value per lag.
pub(super) fn mean_tempogram(envelope: &[f32], window_frames: usize) -> Vec<f64> {
    let (n, half) = (envelope.len(), window_frames / 2);
    let mut mean = vec![0.0; window_frames];
    let (Some(&first), Some(&last)) = (envelope.first(), envelope.last()) else { return mean };
    let ramp = |edge: f32, i: usize| f64::from(edge) * i as f64 / half as f64;
    let mut padded: Vec<f64> = (0..half).map(|i| ramp(first, i)).collect();
    padded.extend(envelope.iter().map(|&v| f64::from(v)));
    padded.extend((0..half).rev().map(|i| ramp(last, i)));
    let window = crate::dsp::window::hann_periodic(window_frames);
    let mut correlate = Autocorrelation::new(window_frames);
    // The transform back is linear: of all frames together there need be only one.
    for frame in 0..n.min((padded.len() + 1).saturating_sub(window_frames)) {
        let piece = padded[frame..frame + window_frames].iter().zip(&window).map(|(v, w)| v * w);
        // The largest is that at lag 0.
        correlate.add(piece, |energy| if energy > f64::MIN_POSITIVE { 1.0 / energy } else { 1.0 });
    }
    mean.copy_from_slice(correlate.sum());
    mean.iter_mut().for_each(|sum| *sum /= n as f64);
    mean
}

/// Autocorrelations of pieces of one length, through the spectrum, and their sum.
pub(super) struct Autocorrelation {
    length: usize,
    forward: std::sync::Arc<dyn realfft::RealToComplex<f64>>,
    inverse: std::sync::Arc<dyn realfft::ComplexToReal<f64>>,
    samples: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    powers: Vec<f64>,
    scratch: Vec<Complex<f64>>,
}

impl Autocorrelation {
    pub(super) fn new(length: usize) -> Self {
        let size = (2 * length).next_power_of_two();
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        let spectrum = forward.make_output_vec();
        Self {
            length,
            samples: forward.make_input_vec(),
            powers: vec![0.0; spectrum.len()],
            spectrum,
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
        }
    }

    /// Adds a piece, times the factor that its energy is given.
    pub(super) fn add(&mut self, piece: impl Iterator<Item = f64>, factor: impl FnOnce(f64) -> f64) {
        self.samples.fill(0.0);
        self.samples.iter_mut().zip(piece.take(self.length)).for_each(|(to, from)| *to = from);
        let piece = &self.samples[..self.length];
        let factor = factor(dot(piece, piece));
        self.forward
            .process_with_scratch(&mut self.samples, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers are the planner's own");
        for (sum, bin) in self.powers.iter_mut().zip(&self.spectrum) {
            *sum += factor * bin.norm_sqr();
        }
    }

    /// The sums of products at lags 0 to `length - 1` of all pieces since the last time.
    pub(super) fn sum(&mut self) -> &[f64] {
        let scale = 1.0 / self.samples.len() as f64;
        for (bin, power) in self.spectrum.iter_mut().zip(&mut self.powers) {
            *bin = Complex::new(std::mem::take(power) * scale, 0.0);
        }
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.samples, &mut self.scratch)
            .expect("the spectrum of a power has no imaginary part");
        &self.samples[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autocorrelation_by_definition() {
        let mut correlate = Autocorrelation::new(4);
        let piece = [1.0, -2.0, 3.0, 0.5];
        for _ in 0..2 {
            correlate.add(piece.into_iter(), |_| 1.0);
            let found = correlate.sum();
            for (lag, value) in found.iter().enumerate() {
                let sum: f64 = (0..4 - lag).map(|i| piece[i] * piece[i + lag]).sum();
                assert!((value - sum).abs() < 1e-12, "{lag}");
            }
        }
    }

    #[test]
    fn a_pulse_train_peaks_at_its_period() {
        let envelope: Vec<f32> = (0..500).map(|i| f32::from(u8::from(i % 20 == 0))).collect();
        let mean = mean_tempogram(&envelope, 100);
        let peak = (10..30).max_by(|&a, &b| mean[a].total_cmp(&mean[b])).unwrap();
        assert_eq!(peak, 20);
        assert!((mean[0] - 1.0).abs() < 1e-12);
        assert!(mean_tempogram(&[], 100).iter().all(|&v| v == 0.0));
    }
}

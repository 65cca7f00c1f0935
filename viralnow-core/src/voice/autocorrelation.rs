//! The candidates of one frame by autocorrelation (Boersma 1993, steps 3.2 to 3.11).

use super::peaks::{DEPTH, Interpolator};
use super::pitch::Search;
use super::pitch_path::Candidate;
use crate::dsp::dot::{largest_distance, mean_in_double};
use crate::dsp::window::hann_inside;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Precision of the transforms: an autocorrelation is good to 1e-6 then, a hundredth of a cent.
type Real = f32;

/// What finds the candidates of one frame.
pub(super) struct Autocorrelation {
    search: Search,
    /// Samples of the longest period.
    period: usize,
    window: Vec<Real>,
    /// Autocorrelation of the window, at lag 0 equal to 1.
    window_correlation: Vec<f64>,
    forward: Arc<dyn RealToComplex<Real>>,
    inverse: Arc<dyn ComplexToReal<Real>>,
    samples: Vec<Real>,
    spectrum: Vec<Complex<Real>>,
    scratch: Vec<Complex<Real>>,
    interpolator: Interpolator,
    /// The normalised autocorrelation from lag `-DEPTH` on.
    correlation: Vec<f64>,
    found: Vec<Candidate>,
}

impl Autocorrelation {
    /// Seconds of the window: three periods of the lowest frequency.
    pub(super) fn window_s(search: &Search) -> f64 {
        3.0 / search.floor_hz
    }

    /// Samples of the window: an even number, the last one before half a window on either side.
    pub(super) fn length(search: &Search) -> usize {
        2 * ((Self::window_s(search) * search.rate) as usize / 2).saturating_sub(1).max(1)
    }

    pub(super) fn new(search: Search) -> Self {
        let length = Self::length(&search);
        // Half a window of zeros behind it keeps the lags of interest free of wrap-around (steps 3.5, 3.6).
        let size = (length + length / 2).next_power_of_two();
        let mut planner = RealFftPlanner::<Real>::new();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        let window = hann_inside(length);
        let window_correlation = (0..length / 2)
            .map(|lag| window[lag..].iter().zip(&window).map(|(a, b)| a * b).sum::<f64>())
            .collect::<Vec<_>>();
        let power = window_correlation.first().copied().unwrap_or(1.0);
        Self {
            search,
            period: (search.rate / search.floor_hz) as usize,
            window: window.iter().map(|&w| w as Real).collect(),
            window_correlation: window_correlation.iter().map(|r| r / power).collect(),
            samples: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
            interpolator: Interpolator::new(),
            correlation: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The voiced candidates of one frame, the strongest first, and its peak.
    pub(super) fn frame(&mut self, frame: &[f32]) -> (&[Candidate], f32) {
        self.found.clear();
        let (length, middle) = (frame.len(), frame.len() / 2);
        // The mean of one longest period on either side (step 3.2), the peak of half a one.
        let near = &frame[middle.saturating_sub(self.period)..length.min(middle + self.period)];
        let mean = mean_in_double(near) as f32;
        let near = &frame[middle.saturating_sub(self.period / 2)..length.min(middle + self.period / 2)];
        let peak = largest_distance(near, mean);
        for ((out, &sample), weight) in self.samples.iter_mut().zip(frame).zip(&self.window) {
            *out = Real::from(sample - mean) * weight;
        }
        self.samples[length..].fill(0.0);
        self.correlate();
        let power = f64::from(self.samples[0]);
        if power > 0.0 && power.is_finite() {
            self.normalise(power);
            self.search();
        }
        self.found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        self.found.truncate(self.search.most_candidates - 1);
        (&self.found, peak)
    }

    /// The autocorrelation of `samples`, in place (steps 3.7 to 3.9).
    fn correlate(&mut self) {
        let fits = "the buffers are the planner's own";
        let scratch = &mut self.scratch;
        self.forward.process_with_scratch(&mut self.samples, &mut self.spectrum, scratch).expect(fits);
        for bin in &mut self.spectrum {
            *bin = Complex::new(bin.norm_sqr(), 0.0);
        }
        self.inverse.process_with_scratch(&mut self.spectrum, &mut self.samples, scratch).expect(fits);
    }

    /// Divides by the window's autocorrelation (eq. 9), lags `-DEPTH` to the longest one needed.
    fn normalise(&mut self, power: f64) {
        let last = (self.period + 2 + DEPTH).min(self.window_correlation.len() - 1);
        self.correlation.clear();
        let value = |lag: usize| f64::from(self.samples[lag]) / (power * self.window_correlation[lag]);
        self.correlation.extend((1..=DEPTH.min(last)).rev().map(value));
        self.correlation.extend((0..=last).map(value));
    }

    /// Finds the maxima of the interpolated autocorrelation between the two frequencies (step 3.11).
    fn search(&mut self) {
        let Search { rate, floor_hz, ceiling_hz, octave_cost, weakest, .. } = self.search;
        let zero = DEPTH.min(self.window_correlation.len() - 1);
        let shortest = ((rate / ceiling_hz) as usize).saturating_sub(1).max(2);
        let longest = (self.period + 1).min((self.correlation.len() - 1).saturating_sub(zero + 1));
        for lag in shortest..=longest {
            let here = zero + lag;
            let [before, at, after] =
                [self.correlation[here - 1], self.correlation[here], self.correlation[here + 1]];
            if at <= weakest || at <= before || at < after {
                continue;
            }
            let (place, height) = self.interpolator.peak(&self.correlation, here);
            let hz = rate / (place - zero as f64);
            if (floor_hz..=ceiling_hz).contains(&hz) {
                // A correlation above 1 is an artefact of the division near the window's end.
                let strength = height.min(1.0) - octave_cost * (ceiling_hz / hz).log2();
                self.found.push(Candidate { hz: hz as f32, strength: strength as f32 });
            }
        }
    }
}

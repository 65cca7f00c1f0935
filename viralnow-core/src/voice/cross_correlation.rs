//! The candidates of one frame by cross-correlation: a stretch of sound of one longest period is compared with the sound
//! one lag later, each normalised by its own energy. Unlike an autocorrelation under a window it needs no correction, is 1
//! for any periodic sound, and asks for two periods only; it follows fast changes better and is the measure behind the
//! harmonics-to-noise ratio. (The Praat manual, "Sound: To Pitch (cc)..." and "Sound: To Harmonicity (cc)...".)

use super::peaks::Interpolator;
use crate::dsp::dot::{largest_distance, mean_in_double};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// A maximum of the cross-correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    /// Where, in samples.
    pub(super) lag: f64,
    /// How high, at most 1.
    pub(super) r: f64,
}

/// Precision of the transforms: a correlation is good to 1e-6 then, so that ratios of up to 50 dB can be told.
type Real = f32;

/// What finds the maxima of one frame.
pub(super) struct CrossCorrelation {
    /// Samples of the longest period, which are the longest lag.
    longest: usize,
    /// Samples that are compared: an even number, the last one before half a longest period on either side.
    length: usize,
    /// Samples of a frame: from one longest period before its moment to one after.
    span: usize,
    forward: Arc<dyn RealToComplex<Real>>,
    inverse: Arc<dyn ComplexToReal<Real>>,
    /// The frame without its mean.
    frame: Vec<Real>,
    samples: Vec<Real>,
    spectrum: Vec<Complex<Real>>,
    template: Vec<Complex<Real>>,
    scratch: Vec<Complex<Real>>,
    interpolator: Interpolator,
    /// The cross-correlation from lag `-longest` to `longest`, mirrored.
    correlation: Vec<f64>,
    found: Vec<Peak>,
}

impl CrossCorrelation {
    /// For sound at this rate and frequencies from this one up.
    pub(super) fn new(rate: f64, floor_hz: f64) -> Self {
        let period = (rate / floor_hz) as usize;
        let length = 2 * (period / 2).saturating_sub(1).max(1);
        let span = ((2.0 * rate / floor_hz) as usize + 1).max(length + period + 1);
        let mut planner = RealFftPlanner::<Real>::new();
        let size = span.next_power_of_two();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            longest: period,
            length,
            span,
            frame: vec![0.0; span],
            samples: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            template: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
            interpolator: Interpolator::new(),
            correlation: vec![0.0; 2 * period + 1],
            found: Vec::new(),
        }
    }

    /// Samples that [`CrossCorrelation::frame`] wants, the first of them one longest period before the frame's moment.
    pub(super) fn span(&self) -> usize {
        self.span
    }

    /// The maxima from `shortest` samples of lag on that are higher than `weakest`, by lag, and the largest deviation of the
    /// sound from its mean within half a longest period.
    pub(super) fn frame(&mut self, frame: &[f32], shortest: usize, weakest: f64) -> (&[Peak], f32) {
        let peak = self.correlate(frame);
        self.found.clear();
        if let Some(peak) = peak {
            self.search(shortest.max(2), weakest);
            return (&self.found, peak);
        }
        (&[], 0.0)
    }

    /// The highest maximum of all lags, 0 where nothing repeats, and the largest deviation as in [`CrossCorrelation::frame`].
    pub(super) fn highest(&mut self, frame: &[f32]) -> (f64, f32) {
        let Some(peak) = self.correlate(frame) else { return (0.0, 0.0) };
        self.found.clear();
        let highest = self.maxima(2).map(|lag| self.correlation[self.longest + lag]).fold(0.0, f64::max);
        // Between samples a maximum may be higher, but not that much.
        self.search(2, 0.7 * highest);
        (self.found.iter().map(|peak| peak.r).fold(0.0, f64::max), peak)
    }

    /// Fills `correlation` and gives the largest deviation from the mean around the middle, `None` where there is none.
    fn correlate(&mut self, frame: &[f32]) -> Option<f32> {
        debug_assert_eq!(frame.len(), self.span);
        let mean = mean_in_double(frame) as f32;
        for (out, &sample) in self.frame.iter_mut().zip(frame) {
            *out = sample - mean;
        }
        let (length, longest) = (self.length, self.longest);
        let (middle, half) = (self.span / 2 + 1, longest / 2);
        let near = &self.frame[middle.saturating_sub(half)..self.span.min(middle + half)];
        let peak = largest_distance(near, 0.0);
        // What is left of a constant is rounding.
        if peak <= 1e-6 * mean.abs() || peak == 0.0 {
            return None;
        }
        let fits = "the buffers are the planner's own";
        self.samples[..length].copy_from_slice(&self.frame[..length]);
        self.samples[length..].fill(0.0);
        self.forward
            .process_with_scratch(&mut self.samples, &mut self.template, &mut self.scratch)
            .expect(fits);
        self.samples[..length + longest].copy_from_slice(&self.frame[..length + longest]);
        self.samples[length + longest..].fill(0.0);
        self.forward
            .process_with_scratch(&mut self.samples, &mut self.spectrum, &mut self.scratch)
            .expect(fits);
        for (bin, template) in self.spectrum.iter_mut().zip(&self.template) {
            *bin *= template.conj();
        }
        // The spectra of real signals are real at both ends, and so is their product but for the sign of a zero.
        self.spectrum[0].im = 0.0;
        if let Some(last) = self.spectrum.last_mut() {
            last.im = 0.0;
        }
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.samples, &mut self.scratch)
            .expect(fits);
        let scale = 1.0 / self.samples.len() as f64;
        let square = |sample: Real| f64::from(sample) * f64::from(sample);
        let energy: f64 = self.frame[..length].iter().map(|&s| square(s)).sum();
        let mut later = energy;
        self.correlation[longest] = 1.0;
        for lag in 1..=longest {
            later += square(self.frame[length + lag - 1]) - square(self.frame[lag - 1]);
            // Rounding of the running sum must not pass for energy.
            let both = if later > 1e-7 * energy { (energy * later).sqrt() } else { 0.0 };
            let r = if both > 0.0 { f64::from(self.samples[lag]) * scale / both } else { 0.0 };
            self.correlation[longest + lag] = r;
            self.correlation[longest - lag] = r;
        }
        Some(peak)
    }

    /// The lags at which the correlation has a maximum.
    fn maxima(&self, shortest: usize) -> impl Iterator<Item = usize> + '_ {
        // As many as there are samples to compare, as Praat's output shows.
        (shortest..self.length.min(self.longest)).filter(|lag| {
            let here = self.longest + lag;
            let at = self.correlation[here];
            at > self.correlation[here - 1] && at >= self.correlation[here + 1]
        })
    }

    fn search(&mut self, shortest: usize, weakest: f64) {
        let mut found = std::mem::take(&mut self.found);
        for lag in self.maxima(shortest).filter(|lag| self.correlation[self.longest + lag] > weakest) {
            let (place, height) = self.interpolator.peak(&self.correlation, self.longest + lag);
            // Above 1 the interpolation overshoots: as likely too high by that much as too low.
            let r = if height > 1.0 { 1.0 / height } else { height };
            found.push(Peak { lag: place - self.longest as f64, r });
        }
        self.found = found;
    }
}

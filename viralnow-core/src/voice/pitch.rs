//! Fundamental frequency by autocorrelation after P. Boersma, "Accurate short-term analysis of the fundamental frequency
//! and the harmonics-to-noise ratio of a sampled sound", Proceedings of the Institute of Phonetic Sciences 17 (1993),
//! 97-110. Equation numbers are the paper's, the settings the standard ones of Praat's "To Pitch (ac)...".

use super::framing::Framing;
use super::pitch_path::{Candidate, Candidates};
use crate::dsp::window::hann_inside;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::f64::consts::PI;
use std::sync::Arc;

/// Seconds from one frame to the next.
pub(super) const STEP_S: f64 = 0.01;
/// Lowest fundamental frequency that is looked for, in Hz.
pub(super) const FLOOR_HZ: f64 = 75.0;
/// Highest fundamental frequency that is looked for, in Hz.
pub(super) const CEILING_HZ: f64 = 600.0;
/// Seconds of the window: three periods of the lowest frequency.
const WINDOW_S: f64 = 3.0 / FLOOR_HZ;
/// Candidates of a frame, the unvoiced one among them.
const MOST_CANDIDATES: usize = 15;
/// How much a higher frequency is preferred, per octave: without it a period and its double would tie. Counted down from
/// the ceiling, where eq. 24 counts up from the floor; so are the window's mean and peak: as Praat's output shows it does.
const OCTAVE_COST: f64 = 0.01;
/// Candidates this weak can never beat the unvoiced one.
const WEAKEST: f64 = 0.5 * super::pitch_path::VOICING_THRESHOLD;
/// Samples of the autocorrelation on either side that make the value between two of them (eq. 22).
const DEPTH: usize = 70;
/// Steps between two lags at which the interpolated autocorrelation is evaluated; a parabola does the rest.
const PHASES: usize = 32;

/// Fundamental frequency by frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contour {
    /// Moments, in seconds from the first sample.
    pub(super) times_s: Vec<f64>,
    /// In Hz; NaN where unvoiced.
    pub(super) f0_hz: Vec<f32>,
}

/// Follows the fundamental frequency, streaming: candidates by frame on the way, the best path through them at the end.
/// Keeps 8 bytes for each candidate and 5 for each frame, at most 13 kB and commonly 4 kB for each second.
pub(super) struct PitchTracker {
    rate: f64,
    framing: Framing,
    analysis: Analysis,
    candidates: Candidates,
    smallest: f32,
    largest: f32,
    sum: f64,
    samples: u64,
}

impl std::fmt::Debug for PitchTracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PitchTracker").field("samples", &self.samples).finish_non_exhaustive()
    }
}

impl PitchTracker {
    /// The first frame stands at `first_s`, half a window after the start at the earliest.
    pub(super) fn new(rate: f64, first_s: f64) -> Self {
        // An even number of samples, the last one before half a window on either side.
        let length = 2 * ((WINDOW_S * rate) as usize / 2 - 1);
        Self {
            rate,
            framing: Framing::new(rate, first_s, STEP_S, WINDOW_S, length),
            analysis: Analysis::new(rate, length),
            candidates: Candidates::default(),
            smallest: f32::INFINITY,
            largest: f32::NEG_INFINITY,
            sum: 0.0,
            samples: 0,
        }
    }

    /// Where the grid starts if nobody says otherwise.
    pub(super) fn earliest_s() -> f64 {
        WINDOW_S / 2.0
    }

    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        self.candidates.reserve((seconds / STEP_S) as usize);
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        for &sample in samples {
            self.smallest = self.smallest.min(sample);
            self.largest = self.largest.max(sample);
            self.sum += f64::from(sample);
        }
        let Self { framing, analysis, candidates, .. } = self;
        framing.push(samples, |frame| {
            let (found, peak) = analysis.frame(frame);
            candidates.push(found, peak);
        });
    }

    pub(super) fn finish(self) -> Contour {
        // The peak of the whole, around its mean.
        let mean = if self.samples > 0 { self.sum / self.samples as f64 } else { 0.0 };
        let peak = (f64::from(self.largest) - mean).max(mean - f64::from(self.smallest));
        let f0_hz = self.candidates.best_path(peak, CEILING_HZ);
        let times_s = (0..f0_hz.len()).map(|frame| self.framing.time_s(frame)).collect();
        debug_assert!(self.rate > 0.0);
        Contour { times_s, f0_hz }
    }
}

/// What finds the candidates of one frame.
struct Analysis {
    rate: f64,
    /// Samples of the longest period.
    period: usize,
    window: Vec<f64>,
    /// Autocorrelation of the window, at lag 0 equal to 1.
    window_correlation: Vec<f64>,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    samples: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    /// Weights of the `2 DEPTH` samples around a place, for each phase between two of them.
    weights: Vec<f64>,
    /// The normalised autocorrelation from lag `-DEPTH` on.
    correlation: Vec<f64>,
    found: Vec<Candidate>,
}

impl Analysis {
    fn new(rate: f64, length: usize) -> Self {
        // Half a window of zeros behind it keeps the lags of interest free of wrap-around (steps 3.5, 3.6).
        let size = (length + length / 2).next_power_of_two();
        let mut planner = RealFftPlanner::<f64>::new();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        let mut new = Self {
            rate,
            period: (rate / FLOOR_HZ) as usize,
            window: hann_inside(length),
            window_correlation: Vec::new(),
            samples: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
            weights: interpolation_weights(),
            correlation: Vec::new(),
            found: Vec::new(),
        };
        new.samples[..length].copy_from_slice(&new.window);
        new.correlate();
        let power = new.samples[0];
        new.window_correlation = new.samples[..length / 2].iter().map(|r| r / power).collect();
        new
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

    /// The voiced candidates of one frame, the strongest first, and its peak.
    fn frame(&mut self, frame: &[f32]) -> (&[Candidate], f32) {
        self.found.clear();
        let (length, middle) = (frame.len(), frame.len() / 2);
        // The mean of one longest period on either side (step 3.2), the peak of half a one.
        let near = &frame[middle.saturating_sub(self.period)..length.min(middle + self.period)];
        let mean = near.iter().map(|&s| f64::from(s)).sum::<f64>() / near.len() as f64;
        let near = &frame[middle - self.period / 2..middle + self.period / 2];
        let peak = near.iter().map(|&s| (f64::from(s) - mean).abs()).fold(0.0, f64::max);
        for ((out, &sample), weight) in self.samples.iter_mut().zip(frame).zip(&self.window) {
            *out = (f64::from(sample) - mean) * weight;
        }
        self.samples[length..].fill(0.0);
        self.correlate();
        let power = self.samples[0];
        if power > 0.0 && power.is_finite() {
            self.normalise(power);
            self.search();
        }
        self.found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        self.found.truncate(MOST_CANDIDATES - 1);
        (&self.found, peak as f32)
    }

    /// Divides by the window's autocorrelation (eq. 9), lags `-DEPTH` to the longest one needed.
    fn normalise(&mut self, power: f64) {
        let last = (self.longest_lag() + 1 + DEPTH).min(self.window_correlation.len() - 1);
        self.correlation.clear();
        let value = |lag: usize| self.samples[lag] / (power * self.window_correlation[lag]);
        self.correlation.extend((1..=DEPTH).rev().map(value));
        self.correlation.extend((0..=last).map(value));
    }

    fn longest_lag(&self) -> usize {
        self.period + 1
    }

    /// Finds the maxima of the interpolated autocorrelation between the two frequencies (step 3.11).
    fn search(&mut self) {
        let shortest = ((self.rate / CEILING_HZ) as usize).saturating_sub(1).max(2);
        for lag in shortest..=self.longest_lag() {
            let here = DEPTH + lag;
            let [before, at, after] =
                [self.correlation[here - 1], self.correlation[here], self.correlation[here + 1]];
            if at <= WEAKEST || at <= before || at < after {
                continue;
            }
            let (place, height) = self.refine(lag, 0.5 * (after - before) / (2.0 * at - before - after));
            let hz = self.rate / place;
            if (FLOOR_HZ..=CEILING_HZ).contains(&hz) {
                // A correlation above 1 is an artefact of the division near the window's end.
                let strength = height.min(1.0) - OCTAVE_COST * (CEILING_HZ / hz).log2();
                self.found.push(Candidate { hz: hz as f32, strength: strength as f32 });
            }
        }
    }

    /// The maximum near a lag: uphill on the grid of phases, then the vertex of a parabola.
    fn refine(&self, lag: usize, guess: f64) -> (f64, f64) {
        let (low, high) = ((lag - 1) * PHASES, (lag + 1) * PHASES);
        let mut at = ((lag as f64 + guess.clamp(-0.9, 0.9)) * PHASES as f64).round() as usize;
        let [mut before, mut here, mut after] = [at - 1, at, at + 1].map(|place| self.interpolate(place));
        while after > here && at + 1 < high {
            at += 1;
            (before, here, after) = (here, after, self.interpolate(at + 1));
        }
        while before > here && at > low + 1 {
            at -= 1;
            (before, here, after) = (self.interpolate(at - 1), before, here);
        }
        let bend = 2.0 * here - before - after;
        let shift = if bend > 0.0 { (0.5 * (after - before) / bend).clamp(-1.0, 1.0) } else { 0.0 };
        ((at as f64 + shift) / PHASES as f64, here + 0.25 * (after - before) * shift)
    }

    /// The autocorrelation between lags (eq. 22), at a place in units of `1 / PHASES` samples.
    fn interpolate(&self, place: usize) -> f64 {
        let (lag, phase) = (place / PHASES, place % PHASES);
        if phase == 0 {
            return self.correlation[DEPTH + lag];
        }
        let weights = &self.weights[phase * 2 * DEPTH..(phase + 1) * 2 * DEPTH];
        let around = &self.correlation[lag + 1..lag + 1 + 2 * DEPTH];
        let mut sums = [0.0; 4];
        for (w, r) in weights.chunks_exact(4).zip(around.chunks_exact(4)) {
            for i in 0..4 {
                sums[i] += w[i] * r[i];
            }
        }
        sums.iter().sum()
    }
}

/// The weights of eq. 22, a sinc under a Hann window, for every phase; the left samples come first, from afar.
fn interpolation_weights() -> Vec<f64> {
    let weight = |distance: f64, reach: f64| {
        let sinc = if distance == 0.0 { 1.0 } else { (PI * distance).sin() / (PI * distance) };
        sinc * (0.5 + 0.5 * (PI * distance / reach).cos())
    };
    let depth = DEPTH as f64;
    (0..PHASES)
        .flat_map(|phase| {
            let phase = phase as f64 / PHASES as f64;
            let left = (0..DEPTH).rev().map(move |i| weight(phase + i as f64, phase + depth));
            let right = (0..DEPTH).map(move |i| weight(1.0 - phase + i as f64, 1.0 - phase + depth));
            left.chain(right)
        })
        .collect()
}

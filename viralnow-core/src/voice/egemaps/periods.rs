//! Jitter and shimmer: the periods of the voice, one by one, by matching the waveform with itself.

use super::{HOP, RATE};
use crate::dsp::dot::dot;
use crate::dsp::wide::wide;

/// How far a period may be from the frame's fundamental frequency, as a share.
const REACH: f64 = 0.1;
/// A period counts where it and the next one correlate better than this.
const ALIKE: f64 = 0.5;
/// Samples before the frame in which the search may have to begin again.
pub(super) const LOOK_BACK: usize = 480;

/// Follows the periods through the voiced frames (Eyben et al. 2016, section 6.1: "a correlation-based waveform matching
/// algorithm"): from where the last period ended, the one whose waveform is most like that of the next is taken, of lengths
/// within a tenth of the expected one; then it goes on from its end. The steps' bounds are measured on openSMILE 3.0.
#[derive(Debug, Default)]
pub(super) struct Periods {
    /// The stretch that the last frame looked at, and where its last period ended; `None` after an unvoiced frame.
    window: Option<(i64, i64)>,
    next: i64,
    /// Length of the last period that counted, in samples.
    last: Option<f64>,
    jitter: f64,
    shimmer_db: f64,
    squares: Vec<f64>,
    sums: Vec<f64>,
    likeness: Vec<f64>,
    products: Vec<f32>,
}

wide! {
    /// The products of the first samples with as many that follow, from this many on.
    fn multiply(samples: &[f32], shortest: usize, products: &mut [f32]) {
        for (i, product) in products.iter_mut().enumerate() {
            let (a, b) = samples[..2 * (shortest + i)].split_at(shortest + i);
            *product = dot(a, b);
        }
    }
}

/// A period that was found.
struct Found {
    /// Whole samples to the next one.
    lag: usize,
    /// Its length on the parabola through three correlations, and the correlation there; `None` without a peak.
    peak: Option<(f64, f64)>,
}

impl Periods {
    /// An unvoiced frame: the next voiced one begins anew.
    pub(super) fn pause(&mut self) {
        self.window = None;
        self.last = None;
        (self.jitter, self.shimmer_db) = (0.0, 0.0);
    }

    /// The relative jitter and the shimmer in dB of a voiced frame (0 until they are known). `sample(i, n)` gives `n` samples
    /// from number `i` on.
    pub(super) fn frame<'a>(
        &mut self,
        frame: usize,
        f0_hz: f64,
        sample: impl Fn(i64, usize) -> Option<&'a [f32]>,
    ) -> (f32, f32) {
        let start = (frame * HOP) as i64;
        let end = start + HOP as i64;
        let period = f64::from(RATE) / f0_hz;
        let (shortest, longest) = ((period * (1.0 - REACH)) as usize, (period * (1.0 + REACH)) as usize);
        let (from, to) = match self.window {
            None => (start, end),
            Some(_) if self.next < start - 1 => (self.next, end),
            // Nothing new to look at: the same stretch again, with the new expectation.
            Some(window) => window,
        };
        self.window = Some((from, to));
        let mut at = from;
        let (mut lengths, mut changes) = ((0.0, 0_u32), (0.0, 0_u32));
        let (mut amplitude, mut swing) = (0.0, 0.0);
        while let Some(samples) = sample(at, 2 * longest) {
            let found = self.find(samples, shortest, longest, period);
            if let Some((length, likeness)) = found.peak
                && likeness > ALIKE
            {
                if let Some(last) = self.last {
                    changes = (changes.0 + (length - last).abs(), changes.1 + 1);
                }
                self.last = Some(length);
                lengths = (lengths.0 + length, lengths.1 + 1);
                let (this, that) = (range(&samples[..found.lag]), range(&samples[found.lag..2 * found.lag]));
                swing += (this - that).abs();
                amplitude += 0.5 * (this + that);
            }
            at += found.lag as i64;
            if at + 2 * (longest as i64 + 2) > to {
                break;
            }
        }
        self.next = at;
        if changes.1 > 0 {
            self.jitter = (changes.0 / f64::from(changes.1)) / (lengths.0 / f64::from(lengths.1));
        }
        if amplitude > 0.0 {
            self.shimmer_db = 20.0 * (1.0 + (swing / amplitude).min(1.0)).log10();
        }
        (self.jitter as f32, self.shimmer_db as f32)
    }

    /// The length at which the samples are most like the ones that follow.
    fn find(&mut self, samples: &[f32], shortest: usize, longest: usize, expected: f64) -> Found {
        self.sums.clear();
        self.squares.clear();
        let (mut sum, mut square) = (0.0, 0.0);
        self.sums.push(0.0);
        self.squares.push(0.0);
        for &sample in samples {
            let sample = f64::from(sample);
            sum += sample;
            square += sample * sample;
            self.sums.push(sum);
            self.squares.push(square);
        }
        self.likeness.clear();
        self.products.clear();
        self.products.resize((longest + 1).saturating_sub(shortest), 0.0);
        multiply(samples, shortest, &mut self.products);
        for (lag, &product) in (shortest..=longest).zip(&self.products) {
            let n = lag as f64;
            let (sum_a, sum_b) = (self.sums[lag], self.sums[2 * lag] - self.sums[lag]);
            let (square_a, square_b) = (self.squares[lag], self.squares[2 * lag] - self.squares[lag]);
            let (power_a, power_b) = (square_a - sum_a * sum_a / n, square_b - sum_b * sum_b / n);
            let common = f64::from(product) - sum_a * sum_b / n;
            let power = power_a * power_b;
            self.likeness.push(if power > 0.0 { common / power.sqrt() } else { 0.0 });
        }
        let c = &self.likeness;
        let peaks = (1..c.len().saturating_sub(1)).filter(|&k| c[k] > c[k - 1] && c[k] >= c[k + 1]);
        let Some(k) = peaks.reduce(|best, k| if c[k] > c[best] { k } else { best }) else {
            return Found { lag: expected.round() as usize, peak: None };
        };
        let (shift, likeness) = super::subharmonic::parabola(c[k - 1], c[k], c[k + 1]);
        Found { lag: shortest + k, peak: Some(((shortest + k) as f64 + shift, likeness)) }
    }
}

/// From the lowest to the highest sample, the first and the last one left out.
fn range(period: &[f32]) -> f64 {
    let inner = &period[1..period.len() - 1];
    let (low, high) =
        inner.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &s| (low.min(s), high.max(s)));
    f64::from(high - low)
}

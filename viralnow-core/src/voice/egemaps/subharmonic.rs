//! Candidates of the fundamental frequency by subharmonic summation (Hermes 1988).

use super::{LONG, RATE};
use crate::dsp::dot::{dot, sum};
use crate::dsp::wide::wide;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::PI;
use std::sync::Arc;

/// Length of the transform; the frame is followed by zeros.
pub(super) const SIZE: usize = 1024;
/// Bins of the spectrum, and points of the spectrum on the scale of octaves.
pub(super) const BINS: usize = SIZE / 2 + 1;
/// Hz from one bin to the next.
pub(super) const BIN_HZ: f64 = RATE as f64 / SIZE as f64;

/// The scale of octaves begins here and ends at half the rate.
const LOWEST_HZ: f64 = 25.0;
/// Standard deviation of the Gaussian window, as a share of half its length.
const SIGMA: f64 = 0.4;
/// Harmonics that are added, and what each weighs against the one below it.
const HARMONICS: usize = 15;
const DECAY: f32 = 0.85;
/// Points that are summed at a time.
const TOGETHER: usize = 32;
/// Candidates kept of a frame.
pub(super) const CANDIDATES: usize = 6;
/// Candidates outside this range are dropped.
const RANGE_HZ: std::ops::RangeInclusive<f64> = 55.0..=1000.0;

/// What a frame could have as its fundamental frequency.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Candidates {
    /// The most likely one first.
    pub(super) hz: [f64; CANDIDATES],
    /// How much each stands out of the summed spectrum, in [0, 1).
    pub(super) voicing: [f64; CANDIDATES],
    pub(super) count: usize,
}

/// Analyses frames of 60 ms.
pub(super) struct LongFrames {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    peaks: Vec<usize>,
    enhanced: Vec<f32>,
    smoothed: Vec<f32>,
    spline: Spline,
    octaves: Vec<f32>,
    sum: Vec<f32>,
    /// Weight of each point: the arctangent that stands for the ear's sensitivity at low frequencies.
    hearing: Vec<f32>,
    /// Points from a frequency to each of its multiples.
    shifts: [usize; HARMONICS],
}

/// Octaves of the scale.
fn octaves() -> f64 {
    (f64::from(RATE) / 2.0 / LOWEST_HZ).log2()
}

impl LongFrames {
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
        let middle = (LONG - 1) as f64 / 2.0;
        let window = (0..LONG)
            .map(|i| (-0.5 * ((i as f64 - middle) / (SIGMA * middle)).powi(2)).exp() as f32)
            .collect();
        // The points are counted, not their distances: openSMILE's octave is one 513th longer here than in the candidates.
        let per_octave = BINS as f64 / octaves();
        Self {
            window,
            input: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            peaks: Vec::with_capacity(BINS),
            enhanced: vec![0.0; BINS],
            smoothed: vec![0.0; BINS],
            spline: Spline::new(),
            octaves: vec![0.0; 2 * BINS],
            sum: vec![0.0; BINS],
            // Half at 31.8 Hz, rising by 3 in its argument with every octave.
            hearing: (0..BINS)
                .map(|i| (0.5 + ((3.0 * i as f64 - 64.0) / per_octave).atan() / PI) as f32)
                .collect(),
            shifts: std::array::from_fn(|n| (((n + 1) as f64).log2() * per_octave) as usize),
        }
    }

    /// Analyses one frame: writes its magnitudes, gives its candidates and its level (root mean square under the window).
    pub(super) fn frame(&mut self, samples: &[f32], magnitudes: &mut Vec<f32>) -> (Candidates, f64) {
        self.input.fill(0.0);
        for ((out, &sample), &weight) in self.input.iter_mut().zip(samples).zip(&self.window) {
            *out = sample * weight;
        }
        let energy = f64::from(dot(&self.input, &self.input));
        self.transform
            .process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers are the planner's own");
        magnitudes.resize(BINS, 0.0);
        read(&self.spectrum, magnitudes);
        let level = (energy / LONG as f64).sqrt();
        if energy.is_nan() || energy <= 0.0 {
            return (Candidates::default(), level);
        }
        enhance(magnitudes, &mut self.peaks, &mut self.enhanced);
        smooth(&self.enhanced, &mut self.smoothed);
        self.spline.resample(&self.smoothed, &mut self.octaves[..BINS]);
        add_up(&mut self.octaves, &self.hearing, &self.shifts, &mut self.sum);
        (candidates(&self.sum, &mut self.peaks), level)
    }
}

/// Writes where the values have inner peaks. Without a branch, which would be mispredicted at every one.
#[allow(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch")]
fn find_peaks(values: &[f32], peaks: &mut Vec<usize>) {
    peaks.resize(values.len(), 0);
    let mut count = 0;
    for (k, around) in values.windows(3).enumerate() {
        peaks[count] = k + 1;
        count += usize::from((around[1] > around[0]) & (around[1] >= around[2]));
    }
    peaks.truncate(count);
}

/// Keeps the peaks of a spectrum and two bins on either side of each, and clears what lies between them. What lies before
/// the first and after the last one stays.
fn enhance(magnitudes: &[f32], peaks: &mut Vec<usize>, enhanced: &mut [f32]) {
    let last = magnitudes.len() - 1;
    find_peaks(magnitudes, peaks);
    if magnitudes[last] > magnitudes[last - 1] {
        peaks.push(last);
    }
    enhanced.copy_from_slice(magnitudes);
    let mut before = if magnitudes[0] > magnitudes[1] { Some(0) } else { None };
    for &peak in &*peaks {
        if let Some(before) = before
            && before + 5 < peak
        {
            enhanced[before + 3..peak - 2].fill(0.0);
        }
        before = Some(peak);
    }
}

wide! {
    /// Writes the magnitudes of a spectrum.
    fn read(spectrum: &[Complex<f32>], magnitudes: &mut [f32]) {
        for (magnitude, c) in magnitudes.iter_mut().zip(spectrum) {
            *magnitude = (c.re * c.re + c.im * c.im).sqrt();
        }
    }
}

wide! {
    /// The moving average with weights 1/4, 1/2, 1/4. Zeros stand before the first value; the last one stays.
    fn smooth(values: &[f32], smoothed: &mut [f32]) {
        let last = values.len() - 1;
        smoothed[0] = 0.5 * values[0] + 0.25 * values[1];
        for (smoothed, around) in smoothed[1..].iter_mut().zip(values.windows(3)) {
            *smoothed = 0.25 * around[0] + 0.5 * around[1] + 0.25 * around[2];
        }
        smoothed[last] = values[last];
    }
}

wide! {
    /// Weighs the points as they are heard and adds to each those at its multiples.
    fn add_up(octaves: &mut [f32], hearing: &[f32], shifts: &[usize; HARMONICS], sums: &mut [f32]) {
        for (value, weight) in octaves.iter_mut().zip(hearing) {
            *value = if *value > 0.0 { *value } else { 0.0 } * weight;
        }
        for (at, sums) in sums.chunks_mut(TOGETHER).enumerate() {
            // Side by side in registers; behind the last point stand zeros.
            let mut together = [0.0_f32; TOGETHER];
            let mut weight = 1.0;
            for shift in shifts {
                let from = at * TOGETHER + shift;
                for (sum, value) in together.iter_mut().zip(&octaves[from..from + TOGETHER]) {
                    *sum += weight * value;
                }
                weight *= DECAY;
            }
            sums.copy_from_slice(&together[..sums.len()]);
        }
    }
}

/// The largest peaks of the summed spectrum: their frequency on the parabola through three points, and one minus the ratio of
/// the mean to the peak.
fn candidates(values: &[f32], peaks: &mut Vec<usize>) -> Candidates {
    find_peaks(values, peaks);
    let mut largest = [0_usize; CANDIDATES];
    let mut count = 0;
    for &k in &*peaks {
        let place = largest[..count].iter().position(|&peak| values[k] > values[peak]).unwrap_or(count);
        if place < CANDIDATES {
            count = (count + 1).min(CANDIDATES);
            largest.copy_within(place..count - 1, place + 1);
            largest[place] = k;
        }
    }
    let mean = f64::from(sum(values)) / values.len() as f64;
    let per_octave = (BINS - 1) as f64 / octaves();
    let mut kept = Candidates::default();
    let mut highest = (0, 0.0);
    for &k in &largest[..count] {
        let [left, middle, right] = [k - 1, k, k + 1].map(|k| f64::from(values[k]));
        let (shift, height) = parabola(left, middle, right);
        let hz = LOWEST_HZ * ((k as f64 + shift) / per_octave).exp2();
        if RANGE_HZ.contains(&hz) {
            if height > highest.1 {
                highest = (kept.count, height);
            }
            kept.hz[kept.count] = hz;
            kept.voicing[kept.count] = (1.0 - mean / height).max(0.0);
            kept.count += 1;
        }
    }
    kept.hz.swap(0, highest.0);
    kept.voicing.swap(0, highest.0);
    kept
}

/// Where the parabola through three points at -1, 0 and 1 has its peak, and how high it is.
pub(super) fn parabola(left: f64, middle: f64, right: f64) -> (f64, f64) {
    let bend = left - 2.0 * middle + right;
    if bend >= 0.0 {
        return (0.0, middle);
    }
    let shift = 0.5 * (left - right) / bend;
    (shift, middle - 0.25 * (left - right) * shift)
}

/// Unknowns that each of the spline's lanes solves, and those it solves before them to forget where it started: an error
/// shrinks to less than a third with each.
const LANES: usize = 4;
const FORGET: usize = 32;
const LANE: usize = (BINS - 2 + (LANES - 1) * FORGET).div_ceil(LANES);

/// The natural cubic spline through the bins, over the logarithm of frequency, read at even distances in octaves. (The bin of
/// 0 Hz stands an octave below the first one.) Knots and points are always the same, so the elimination is done once; what
/// is left are two chains of 511 steps, each cut into four lanes that run side by side.
struct Spline {
    /// Reciprocal distances of the knots.
    inverse: Vec<f32>,
    /// Of the elimination, by knot: six times the reciprocal pivot, the factor of the unknown before, and of the next one.
    pivot: Vec<f32>,
    lower: Vec<f32>,
    upper: Vec<f32>,
    /// Of each point: the knot before it, and the weights of the two values and of the two second derivatives around it.
    points: Vec<(u32, [f32; 4])>,
    slopes: Vec<f32>,
    half: Vec<f32>,
    bends: Vec<f32>,
}

/// First unknown of a lane, and its number in the chain.
const fn lane_start(lane: usize) -> usize {
    lane * (LANE - FORGET)
}

impl Spline {
    fn new() -> Self {
        let mut knots: Vec<f64> = (0..BINS).map(|k| (k as f64 * BIN_HZ).log2()).collect();
        knots[0] = 2.0 * knots[1] - knots[2];
        let h: Vec<f64> = knots.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (mut lower, mut upper, mut pivot) = (vec![0.0; BINS], vec![0.0; BINS], vec![0.0; BINS]);
        for i in 1..BINS - 1 {
            let reciprocal = 1.0 / (2.0 * (h[i - 1] + h[i]) - h[i - 1] * upper[i - 1]);
            (lower[i], upper[i], pivot[i]) = (h[i - 1] * reciprocal, h[i] * reciprocal, 6.0 * reciprocal);
        }
        let points = (0..BINS)
            .map(|i| {
                let x = LOWEST_HZ.log2() + i as f64 / (BINS - 1) as f64 * octaves();
                let k = knots.partition_point(|&knot| knot <= x).clamp(1, BINS - 1) - 1;
                let right = (x - knots[k]) / h[k];
                let left = 1.0 - right;
                let bend = h[k] * h[k] / 6.0;
                let weights = [left, right, (left.powi(3) - left) * bend, (right.powi(3) - right) * bend];
                (k as u32, weights.map(|w| w as f32))
            })
            .collect();
        // The last lane may run one step past the end, where everything is 0.
        let single = |values: Vec<f64>| -> Vec<f32> {
            values.into_iter().map(|v| v as f32).chain([0.0; LANES]).collect()
        };
        Self {
            inverse: h.iter().map(|h| (1.0 / h) as f32).collect(),
            pivot: single(pivot),
            lower: single(lower),
            upper: single(upper),
            points,
            slopes: vec![0.0; BINS - 1],
            half: vec![0.0; BINS + LANES],
            bends: vec![0.0; BINS + LANES],
        }
    }

    fn resample(&mut self, values: &[f32], out: &mut [f32]) {
        bend(values, &self.inverse, &self.pivot, &mut self.slopes, &mut self.bends);
        let right = &mut self.bends;
        right[BINS - 1..].fill(0.0);
        let mut before = [0.0_f32; LANES];
        for step in 0..LANE {
            for (lane, before) in before.iter_mut().enumerate() {
                let i = 1 + lane_start(lane) + step;
                *before = self.bends[i] - self.lower[i] * *before;
                if lane == 0 || step >= FORGET {
                    self.half[i] = *before;
                }
            }
        }
        let mut after = [0.0_f32; LANES];
        for step in 0..LANE {
            for (lane, after) in after.iter_mut().enumerate() {
                let Some(i) = (BINS - 2).checked_sub(lane_start(lane) + step) else { continue };
                *after = self.half[i] - self.upper[i] * *after;
                if lane == 0 || step >= FORGET {
                    self.bends[i] = *after;
                }
            }
        }
        (self.bends[0], self.bends[BINS - 1]) = (0.0, 0.0);
        for (out, &(k, [left, right, left_bend, right_bend])) in out.iter_mut().zip(&self.points) {
            let k = k as usize;
            *out = left * values[k]
                + right * values[k + 1]
                + left_bend * self.bends[k]
                + right_bend * self.bends[k + 1];
        }
    }
}

wide! {
    /// The slopes between the knots, and the right side of the equations.
    fn bend(values: &[f32], inverse: &[f32], pivot: &[f32], slopes: &mut [f32], right: &mut [f32]) {
        for ((slope, pair), inverse) in slopes.iter_mut().zip(values.windows(2)).zip(inverse) {
            *slope = (pair[1] - pair[0]) * inverse;
        }
        for ((right, pair), pivot) in right[1..].iter_mut().zip(slopes.windows(2)).zip(&pivot[1..]) {
            *right = (pair[1] - pair[0]) * pivot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spline_passes_through_its_knots_and_is_that_of_one_chain() {
        let values: Vec<f32> = (0..BINS).map(|k| ((k * k) % 97) as f32 / 97.0).collect();
        let mut spline = Spline::new();
        let mut out = vec![0.0; BINS];
        spline.resample(&values, &mut out);
        // The equations of the second derivatives: h b[i-1] + 2 (h + h') b[i] + h' b[i+1] = 6 (slope' - slope).
        for i in 1..BINS - 1 {
            let [h, next] = [i - 1, i].map(|k| 1.0 / f64::from(spline.inverse[k]));
            let b = |k: usize| f64::from(spline.bends[k]);
            let left = h * b(i - 1) + 2.0 * (h + next) * b(i) + next * b(i + 1);
            let slope = |k: usize| f64::from(values[k + 1] - values[k]) * f64::from(spline.inverse[k]);
            let right = 6.0 * (slope(i) - slope(i - 1));
            assert!((left - right).abs() <= 1e-4 * (1.0 + right.abs()), "{i}: {left} {right}");
        }
        // The last point is the last knot.
        assert!((out[BINS - 1] - values[BINS - 1]).abs() < 1e-5);
    }

    #[test]
    fn a_tone_with_harmonics_has_its_fundamental_as_best_candidate() {
        for hz in [70.0, 100.0, 163.0, 250.0, 440.0, 700.0] {
            let samples: Vec<f32> = (0..LONG)
                .map(|i| {
                    let t = i as f64 / f64::from(RATE);
                    (1..=8).map(|h| 0.1 * (2.0 * PI * hz * f64::from(h) * t).cos()).sum::<f64>() as f32
                })
                .collect();
            let (found, level) = LongFrames::new().frame(&samples, &mut Vec::new());
            // A semitone is 6 %.
            assert!((found.hz[0] / hz - 1.0).abs() < 0.01, "{hz}: {found:?}");
            assert!(found.voicing[0] > 0.7 && level > 0.01);
        }
        assert_eq!(LongFrames::new().frame(&[0.0; LONG], &mut Vec::new()).0.count, 0);
    }
}

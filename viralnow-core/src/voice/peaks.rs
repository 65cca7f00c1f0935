//! The value and the place of a maximum between samples.

use crate::dsp::dot::dot_doubles;
use std::f64::consts::PI;

/// Samples on either side that make the value between two of them (Boersma 1993, eq. 22).
pub(super) const DEPTH: usize = 70;
/// Steps between two samples at which the interpolated series is evaluated; a parabola does the rest.
const PHASES: usize = 32;

/// Interpolates a band-limited series by a sinc under a Hann window; near an end it makes do with the samples there are.
#[derive(Debug)]
pub(super) struct Interpolator {
    /// Weights of the `2 DEPTH` samples around a place, for each phase between two of them.
    weights: Vec<f64>,
}

impl Interpolator {
    pub(super) fn new() -> Self {
        let weights = (0..PHASES).flat_map(|phase| weights(phase as f64 / PHASES as f64, DEPTH)).collect();
        Self { weights }
    }

    /// The place and the height of the maximum near sample `at`, where the series rises before and falls after: uphill on
    /// the grid of phases from the vertex of the parabola through three samples, then the vertex of a finer parabola.
    pub(super) fn peak(&self, series: &[f64], at: usize) -> (f64, f64) {
        let [before, middle, after] = [series[at - 1], series[at], series[at + 1]];
        let guess = 0.5 * (after - before) / (2.0 * middle - before - after);
        let guess = if guess.is_finite() { guess.clamp(-0.9, 0.9) } else { 0.0 };
        let (low, high) = ((at - 1) * PHASES, (at + 1) * PHASES);
        let mut place = ((at as f64 + guess) * PHASES as f64).round() as usize;
        let [mut before, mut here, mut after] =
            [place - 1, place, place + 1].map(|place| self.value(series, place));
        while after > here && place + 1 < high {
            place += 1;
            (before, here, after) = (here, after, self.value(series, place + 1));
        }
        while before > here && place > low + 1 {
            place -= 1;
            (before, here, after) = (self.value(series, place - 1), before, here);
        }
        let bend = 2.0 * here - before - after;
        let shift = if bend > 0.0 { (0.5 * (after - before) / bend).clamp(-1.0, 1.0) } else { 0.0 };
        ((place as f64 + shift) / PHASES as f64, here + 0.25 * (after - before) * shift)
    }

    /// The series at a place in units of `1 / PHASES` samples.
    fn value(&self, series: &[f64], place: usize) -> f64 {
        let (at, phase) = (place / PHASES, place % PHASES);
        if phase == 0 {
            return series[at];
        }
        let depth = DEPTH.min(at + 1).min(series.len() - 1 - at);
        let around = &series[at + 1 - depth..at + 1 + depth];
        if depth == DEPTH {
            return dot_doubles(&self.weights[phase * 2 * DEPTH..(phase + 1) * 2 * DEPTH], around);
        }
        let share = phase as f64 / PHASES as f64;
        let (left, right) = around.split_at(depth);
        one_side(share, depth, left.iter().rev()) + one_side(1.0 - share, depth, right.iter())
    }
}

/// What the samples on one side contribute, the nearest of them at this distance, without a sine or cosine for each.
fn one_side<'a>(distance: f64, depth: usize, samples: impl Iterator<Item = &'a f64>) -> f64 {
    let turn = PI / (distance + depth as f64);
    let (sine, cosine) = turn.sin_cos();
    let (mut y, mut x) = (turn * distance).sin_cos();
    let mut sinc = (PI * distance).sin() / PI;
    let (mut sum, mut at) = (0.0, distance);
    for sample in samples {
        sum += sinc / at * (0.5 + 0.5 * x) * sample;
        sinc = -sinc;
        at += 1.0;
        (x, y) = (x * cosine - y * sine, x * sine + y * cosine);
    }
    sum
}

/// The weights of eq. 22, a sinc under a Hann window, of `2 depth` samples; the left ones come first, from afar.
fn weights(phase: f64, depth: usize) -> impl Iterator<Item = f64> {
    let weight = |distance: f64, reach: f64| {
        let sinc = if distance == 0.0 { 1.0 } else { (PI * distance).sin() / (PI * distance) };
        sinc * (0.5 + 0.5 * (PI * distance / reach).cos())
    };
    let reach = depth as f64;
    let left = (0..depth).rev().map(move |i| weight(phase + i as f64, phase + reach));
    let right = (0..depth).map(move |i| weight(1.0 - phase + i as f64, 1.0 - phase + reach));
    left.chain(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_of_a_band_limited_series_is_found() {
        let interpolator = Interpolator::new();
        for centre in [150.0, 150.25, 149.57, 80.3, 12.3] {
            // A cosine at 0.4 of half the rate, largest at `centre`.
            let series: Vec<f64> = (0..300).map(|i| (0.4 * PI * (f64::from(i) - centre)).cos()).collect();
            let at = (centre + 0.5).floor() as usize;
            let (place, height) = interpolator.peak(&series, at);
            // Close to an end a few samples are left to interpolate with.
            let within = if centre > 70.0 { 1e-4 } else { 1e-2 };
            assert!(
                (place - centre).abs() < within && (height - 1.0).abs() < within,
                "{centre}: {place} {height}"
            );
        }
    }

    #[test]
    fn near_an_end_the_weights_are_the_same_ones() {
        let interpolator = Interpolator::new();
        let series: Vec<f64> = (0..40).map(|i| f64::from((i * 37) % 11) - 5.0).collect();
        for place in [15 * PHASES + 7, 3 * PHASES + 31, 35 * PHASES + 1] {
            let at = place / PHASES;
            let depth = (at + 1).min(39 - at);
            let around = &series[at + 1 - depth..at + 1 + depth];
            let expected: f64 =
                weights((place % PHASES) as f64 / PHASES as f64, depth).zip(around).map(|(w, r)| w * r).sum();
            assert!((interpolator.value(&series, place) - expected).abs() < 1e-12);
        }
    }
}

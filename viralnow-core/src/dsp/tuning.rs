//! Tuning: how far the pitches of a piece lie from those of A = 440 Hz.

use super::dot::largest;

/// Where pitches are looked for and how finely their deviation is told. The default is librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TuningSearch {
    /// Step of the deviation, as a fraction of a pitch step.
    pub(crate) resolution: f64,
    /// Pitch steps of an octave.
    pub(crate) bins_per_octave: usize,
    /// Lowest frequency, in Hz.
    pub(crate) fmin_hz: f64,
    /// Frequency below which pitches lie, in Hz.
    pub(crate) fmax_hz: f64,
    /// Share of the frame's largest value that a peak must exceed.
    pub(crate) threshold: f32,
}

impl Default for TuningSearch {
    fn default() -> Self {
        Self { resolution: 0.01, bins_per_octave: 12, fmin_hz: 150.0, fmax_hz: 4000.0, threshold: 0.1 }
    }
}

/// The spectral peaks of a piece, and from them its tuning: librosa's `piptrack` and `estimate_tuning`. Of each peak its
/// deviation and its height are kept, 6 bytes; music has some 3 to 10 peaks in a frame (0.3 to 2 kB for each second of
/// 16 kHz sound), white noise 106, and more than 246 are not possible (46 kB).
#[derive(Debug)]
pub(crate) struct PitchPeaks {
    search: TuningSearch,
    bin_hz: f64,
    /// Bins in which peaks are looked for.
    first: usize,
    end: usize,
    /// Left edges of the deviations' steps, and the right edge of the last.
    edges: Vec<f64>,
    /// Step of each peak's deviation.
    steps: Vec<u16>,
    heights: Vec<f32>,
}

impl PitchPeaks {
    /// For spectra of `n_fft / 2 + 1` bins at this rate.
    pub(crate) fn new(sample_rate: f64, n_fft: usize, search: TuningSearch) -> Self {
        let bin_hz = sample_rate / n_fft as f64;
        let bins = n_fft / 2 + 1;
        let fmax_hz = search.fmax_hz.min(sample_rate / 2.0);
        let hz = |bin: &usize| *bin as f64 * bin_hz;
        let first = (1..bins).find(|bin| hz(bin) >= search.fmin_hz).unwrap_or(bins);
        let end = (first..bins).find(|bin| hz(bin) >= fmax_hz).unwrap_or(bins);
        let steps = (1.0 / search.resolution).ceil().clamp(1.0, f64::from(u16::MAX)) as usize;
        let mut edges: Vec<f64> = (0..=steps).map(|i| i as f64 * (1.0 / steps as f64) - 0.5).collect();
        edges[steps] = 0.5;
        Self { search, bin_hz, first, end, edges, steps: Vec::new(), heights: Vec::new() }
    }

    /// Makes room for the peaks of so many frames of music: room that grows is there twice, what is not used is not touched.
    pub(crate) fn reserve(&mut self, frames: usize) {
        self.steps.reserve(10 * frames);
        self.heights.reserve(10 * frames);
    }

    /// The tunings that there are, in fractions of a pitch step.
    pub(crate) fn tunings(&self) -> Vec<f64> {
        self.edges[..self.edges.len() - 1].to_vec()
    }

    /// Takes a frame's spectrum, of magnitudes or of powers.
    #[allow(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch")]
    pub(crate) fn push(&mut self, spectrum: &[f32]) {
        let least = self.search.threshold * largest(spectrum);
        // A value that is above the threshold is above its neighbours below it, too, which count as zero.
        let inside = self.first..self.end.min(spectrum.len().saturating_sub(1));
        if !inside.is_empty() {
            for (bin, around) in inside.zip(spectrum[self.first - 1..].windows(3)) {
                let [before, value, after] = [around[0], around[1], around[2]];
                if (value > least) & (value > before) & (value >= after) {
                    let (shift, slope) = parabola(around);
                    self.keep(bin, shift, value + 0.5 * slope * shift);
                }
            }
        }
        if let [.., before, last] = *spectrum
            && (self.first..self.end).contains(&(spectrum.len() - 1))
            && last > least
            && last > before
        {
            self.keep(spectrum.len() - 1, 0.0, last);
        }
    }

    fn keep(&mut self, bin: usize, shift: f32, height: f32) {
        let hz = ((bin as f64 + f64::from(shift)) * self.bin_hz) as f32;
        self.steps.push(self.step_of(hz));
        self.heights.push(height);
    }

    /// The step of the deviation from the nearest pitch. In single precision, as the peer's: the edges matter.
    fn step_of(&self, hz: f32) -> u16 {
        let pitch = self.search.bins_per_octave as f32 * (hz / 27.5).log2();
        let above = pitch.rem_euclid(1.0);
        let deviation = f64::from(if above >= 0.5 { above - 1.0 } else { above });
        let last = self.edges.len() - 2;
        let mut step = (((deviation + 0.5) * (last + 1) as f64).max(0.0) as usize).min(last);
        if deviation < self.edges[step] {
            step = step.saturating_sub(1);
        } else if step < last && deviation >= self.edges[step + 1] {
            step += 1;
        }
        step as u16
    }

    /// The most frequent deviation among the peaks that are at least as high as the median one, in fractions of a pitch
    /// step, -0.5 to below 0.5. `None` without any peak.
    pub(crate) fn tuning(&self) -> Option<f64> {
        let threshold = median(&self.heights)?;
        let mut counts = vec![0_u64; self.edges.len() - 1];
        for (&step, _) in self.steps.iter().zip(&self.heights).filter(|(_, height)| **height >= threshold) {
            counts[usize::from(step)] += 1;
        }
        // The first of the largest.
        let best = (0..counts.len()).rev().max_by_key(|&step| counts[step])?;
        Some(self.edges[best])
    }
}

/// Where the parabola through three values has its top, from the middle one, and the slope there: 0 where the top would be
/// more than one bin away.
fn parabola(values: &[f32]) -> (f32, f32) {
    let slope = (values[2] - values[0]) / 2.0;
    let curvature = f64::from(values[2] + values[0]) - 2.0 * f64::from(values[1]);
    if f64::from(slope.abs()) >= curvature.abs() {
        return (0.0, slope);
    }
    ((-f64::from(slope) / curvature) as f32, slope)
}

/// By halving the range of all numbers, without a copy: they are many, and everything else is still there.
fn median(values: &[f32]) -> Option<f32> {
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n.is_multiple_of(2) => Some(f32::midpoint(nth(values, middle - 1), nth(values, middle))),
        _ => Some(nth(values, middle)),
    }
}

/// The value that is at place `n` when they are in order.
fn nth(values: &[f32], n: usize) -> f32 {
    // In the order of the numbers: all bits of a negative one count downwards.
    let turn = |bits: u32| if bits >> 31 == 1 { u32::MAX } else { 1 << 31 };
    let place = |value: &f32| value.to_bits() ^ turn(value.to_bits());
    let (mut low, mut high) = (0, u32::MAX);
    while low < high {
        let middle = u32::midpoint(low, high);
        if values.iter().filter(|&value| place(value) <= middle).count() > n {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    f32::from_bits(low ^ turn(!low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::stft::{BINS, FRAME, Framing, each_spectrum};
    use std::f64::consts::TAU;

    #[test]
    fn the_parabola_through_three_points_of_one() {
        // y = 5 - (x - 0.25)^2 at -1, 0, 1; its slope in the middle is 0.5.
        let y = |x: f32| 5.0 - (x - 0.25) * (x - 0.25);
        let (top, slope) = parabola(&[y(-1.0), y(0.0), y(1.0)]);
        assert!((top - 0.25).abs() < 1e-6 && (slope - 0.5).abs() < 1e-6);
        assert_eq!(parabola(&[1.0, 2.0, 3.0]), (0.0, 1.0));
    }

    #[test]
    fn medians_of_odd_and_even_numbers() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[-1.5, 1e-30, 3e38]), Some(1e-30));
        assert_eq!(median(&[-7.0, -0.25, -3.0, 0.0]), Some(-1.625));
    }

    #[test]
    fn a_detuned_chord_tells_its_tuning() {
        for cents in [-40.0, -13.0, 0.0, 20.0, 45.0] {
            let notes = [0.0, 4.0, 7.0, 12.0, 16.0].map(|s: f64| 440.0 * ((s + cents / 100.0) / 12.0).exp2());
            let chord: Vec<f32> = (0..32_000)
                .map(|i| {
                    notes.iter().map(|hz| (TAU * hz * f64::from(i) / 16_000.0).sin()).sum::<f64>() as f32
                })
                .collect();
            let mut peaks = PitchPeaks::new(16_000.0, FRAME, TuningSearch::default());
            each_spectrum(&chord, Framing::default(), |magnitudes| peaks.push(magnitudes));
            // The parabola through three magnitudes of a Hann window is off by up to 5 % of a bin: 4 cents and more.
            let tuning = peaks.tuning().unwrap();
            assert!((tuning - cents / 100.0).abs() <= 0.06, "{cents}: {tuning}");
        }
    }

    #[test]
    fn silence_has_no_tuning() {
        let mut peaks = PitchPeaks::new(16_000.0, FRAME, TuningSearch::default());
        peaks.push(&[0.0; BINS]);
        assert_eq!(peaks.tuning(), None);
    }
}

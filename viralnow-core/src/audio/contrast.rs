//! Spectral contrast: peaks over valleys in octave-wide bands (Jiang et al., Music type classification by spectral
//! contrast feature, 2002), as librosa has it.

use crate::dsp::decibel::{clip_to_top, power_to_db};
use crate::dsp::wide::wide;

/// Where the bands lie and what counts as their peaks and valleys. The default is librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ContrastSettings {
    /// Upper edge of the first band, in Hz; the others are octaves from there on.
    pub(super) fmin_hz: f64,
    /// Octaves; there is one band more, below them.
    pub(super) octaves: usize,
    /// Share of a band's bins that count as its peak, and as its valley.
    pub(super) quantile: f64,
}

impl Default for ContrastSettings {
    fn default() -> Self {
        Self { fmin_hz: 200.0, octaves: 6, quantile: 0.02 }
    }
}

/// Bins of one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Band {
    first: usize,
    end: usize,
    /// Bins that count as peak, and as valley.
    count: usize,
}

/// The bands for spectra at one rate.
#[derive(Debug)]
pub(super) struct Contrast {
    bands: Vec<Band>,
    held: Vec<f32>,
}

impl Contrast {
    /// For spectra of `n_fft / 2 + 1` bins at this rate. The number of a band that has no bin is the error.
    pub(super) fn new(sample_rate: f64, n_fft: usize, settings: ContrastSettings) -> Result<Self, usize> {
        let bins = n_fft / 2 + 1;
        // numpy's rfftfreq, rounding included: an edge may lie on a bin.
        let hz = |bin: usize| bin as f64 / (n_fft as f64 * (1.0 / sample_rate));
        let last = settings.octaves;
        let bands = (0..=last).map(|k| {
            let low = if k == 0 { 0.0 } else { settings.fmin_hz * 2.0_f64.powi(k as i32 - 1) };
            let high = settings.fmin_hz * 2.0_f64.powi(k as i32);
            // Both edges belong to a band, and one bin more below it; the last goes up to the top. Then the bins are
            // counted for the quantile, and all bands but the last lose their last bin.
            let mut first = (0..bins).find(|&bin| hz(bin) >= low).unwrap_or(bins);
            let mut end = (first..bins).find(|&bin| hz(bin) > high).unwrap_or(bins);
            if first == end {
                return Err(k);
            }
            if k > 0 {
                first -= 1;
            }
            if k == last {
                end = bins;
            }
            let count = (settings.quantile * (end - first) as f64).round_ties_even().max(1.0) as usize;
            if k < last {
                end -= 1;
            }
            if first == end { Err(k) } else { Ok(Band { first, end, count: count.min(end - first) }) }
        });
        Ok(Self { bands: bands.collect::<Result<_, _>>()?, held: Vec::new() })
    }

    /// Bands of a frame.
    pub(super) fn columns(&self) -> usize {
        self.bands.len()
    }

    /// Appends the mean of each band's largest and smallest magnitudes.
    pub(super) fn describe(&mut self, magnitudes: &[f32], peaks: &mut Vec<f32>, valleys: &mut Vec<f32>) {
        for band in &self.bands {
            let inside = &magnitudes[band.first..band.end];
            let mean = |held: &[f32]| held.iter().map(|&m| f64::from(m)).sum::<f64>() / held.len() as f64;
            smallest(inside, 1.0, band.count, &mut self.held);
            valleys.push(mean(&self.held) as f32);
            smallest(inside, -1.0, band.count, &mut self.held);
            peaks.push(-mean(&self.held) as f32);
        }
    }
}

/// Groups of values that are looked through side by side; up to as many are sought without sorting all.
const GROUPS: usize = 16;

/// The `count` smallest of the values times the sign, in order.
///
/// At least `count` values are not above the largest of the smallest ones of that many groups: only what is not above it
/// either, which are few, is put in order.
fn smallest(values: &[f32], sign: f32, count: usize, held: &mut Vec<f32>) {
    held.clear();
    if count > GROUPS {
        held.extend(values.iter().map(|value| sign * value));
        held.select_nth_unstable_by(count - 1, f32::total_cmp);
        held.truncate(count);
        held.sort_unstable_by(f32::total_cmp);
        return;
    }
    let groups = smallest_of_groups(values, sign);
    // Fewer groups have smaller ones: as many as are needed are made of these.
    let mut bound = f32::NEG_INFINITY;
    for first in 0..count {
        let own = groups.iter().skip(first).step_by(count).copied().fold(f32::INFINITY, smaller);
        bound = bound.max(own);
    }
    held.resize(count, f32::INFINITY);
    keep_smallest(values, sign, bound, held);
}

fn smaller(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

wide! {
    /// The smallest value times the sign of each group.
    fn smallest_of_groups(values: &[f32], sign: f32) -> [f32; GROUPS] {
        let mut groups = [f32::INFINITY; GROUPS];
        let (whole, rest) = values.as_chunks::<GROUPS>();
        for chunk in whole {
            for (group, &value) in groups.iter_mut().zip(chunk) {
                *group = smaller(*group, sign * value);
            }
        }
        for (group, &value) in groups.iter_mut().zip(rest) {
            *group = smaller(*group, sign * value);
        }
        groups
    }
}

wide! {
    /// Puts the values times the sign that are not above the bound in their places among those that are held.
    fn keep_smallest(values: &[f32], sign: f32, bound: f32, held: &mut [f32]) {
        let (whole, rest) = values.as_chunks::<8>();
        for chunk in whole {
            // Without a branch for each value.
            #[allow(clippy::needless_bitwise_bool, reason = "a lazy operator would branch")]
            let any = chunk.iter().fold(false, |any, value| any | (sign * value <= bound));
            if any {
                insert(chunk, sign, bound, held);
            }
        }
        insert(rest, sign, bound, held);
    }
}

/// Puts each value times the sign in its place, if it is not above the bound and smaller than the last of those that are held.
fn insert(values: &[f32], sign: f32, bound: f32, held: &mut [f32]) {
    for value in values.iter().map(|value| sign * value).filter(|&value| value <= bound) {
        let mut place = held.len();
        while place > 0 && value < held[place - 1] {
            place -= 1;
            if place + 1 < held.len() {
                held[place + 1] = held[place];
            }
        }
        if let Some(held) = held.get_mut(place) {
            *held = value;
        }
    }
}

/// Peaks and valleys in dB, 80 dB below the largest of the whole at least, subtracted from each other; over the peaks.
pub(super) fn difference_db(peaks: &mut [f32], valleys: &mut [f32]) {
    for side in [&mut *peaks, &mut *valleys] {
        for value in side.iter_mut() {
            *value = power_to_db(f64::from(*value)) as f32;
        }
        clip_to_top(side);
    }
    difference(peaks, valleys);
}

/// Peaks less valleys, over the peaks.
pub(super) fn difference(peaks: &mut [f32], valleys: &[f32]) {
    peaks.iter_mut().zip(valleys).for_each(|(peak, valley)| *peak -= *valley);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_are_librosas() {
        // numpy.logical_and(freq >= low, freq <= high) with librosa's two corrections, at 16 kHz.
        let expected = [
            (0, 25, 1),
            (25, 51, 1),
            (51, 102, 1),
            (102, 204, 2),
            (204, 409, 4),
            (409, 819, 8),
            (819, 1025, 4),
        ]
        .map(|(first, end, count)| Band { first, end, count });
        let contrast = Contrast::new(16_000.0, 2048, ContrastSettings::default()).unwrap();
        assert_eq!(contrast.bands, expected);
        assert_eq!(Contrast::new(16_000.0, 64, ContrastSettings::default()).unwrap_err(), 0);
    }

    #[test]
    fn the_smallest_are_those_of_the_sorted() {
        let values: Vec<f32> = (0..200).map(|i| ((i * 7919) % 83) as f32).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f32::total_cmp);
        let mut held = Vec::new();
        for count in [1, 2, 7, 199, 200] {
            smallest(&values, 1.0, count, &mut held);
            assert_eq!(held, sorted[..count], "{count}");
            smallest(&values, -1.0, count, &mut held);
            assert!(held.iter().zip(sorted.iter().rev()).all(|(a, b)| *a == -b), "{count}");
        }
    }

    #[test]
    fn peaks_and_valleys_in_closed_form() {
        let mut contrast = Contrast::new(16_000.0, 2048, ContrastSettings::default()).unwrap();
        let mut magnitudes = [0.01; 1025];
        magnitudes[128] = 2.0;
        let (mut peaks, mut valleys) = (Vec::new(), Vec::new());
        contrast.describe(&magnitudes, &mut peaks, &mut valleys);
        // 1000 Hz lies in the octave from 800 Hz, whose 2 % are 2 of its 103 bins.
        assert!((peaks[3] - 1.005).abs() < 1e-6 && (valleys[3] - 0.01).abs() < 1e-9);
        difference_db(&mut peaks, &mut valleys);
        assert!((peaks[3] - 10.0 * 100.5_f32.log10()).abs() < 1e-4);
        assert!(peaks[2].abs() < 1e-6);
    }
}

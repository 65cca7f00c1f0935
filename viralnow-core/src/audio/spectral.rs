//! What one short-time spectrum tells: librosa's spectral features.

use crate::dsp::decibel::power_to_db;
use crate::dsp::stft::{BINS, FRAME};

/// Bands of the contrast.
pub(super) const CONTRAST_BANDS: usize = 7;
/// Lowest edge of the contrast's octaves, in Hz; the first band lies below it.
const CONTRAST_LOWEST_HZ: f64 = 200.0;
/// Share of a band's bins that count as its peak, and as its valley.
const CONTRAST_QUANTILE: f64 = 0.02;
/// Share of the magnitude below the roll-off.
const ROLLOFF: f64 = 0.85;
/// Power below which a bin is taken as this (librosa's `amin`).
const FLATNESS_FLOOR: f64 = 1e-10;
/// Powers that are multiplied before one logarithm is taken: 16 of them, between 1e-10 and 1e18, stay inside a double.
const LOGARITHM_OF: usize = 16;

/// Features of one frame. A frame without energy has none of the first three.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FrameFeatures {
    /// Centre of gravity of the magnitudes, in Hz.
    pub(super) centroid: f32,
    /// Standard deviation around it, in Hz.
    pub(super) bandwidth: f32,
    /// Frequency of the bin at which 85 % of the magnitude is reached, in Hz.
    pub(super) rolloff: f32,
    /// Geometric over arithmetic mean of the powers.
    pub(super) flatness: f32,
    /// Mean of each band's largest magnitudes, in dB.
    pub(super) peak_db: [f32; CONTRAST_BANDS],
    /// Mean of each band's smallest magnitudes, in dB.
    pub(super) valley_db: [f32; CONTRAST_BANDS],
}

/// Computes them for spectra at one rate.
#[derive(Debug)]
pub(super) struct SpectralShape {
    bin_hz: f64,
    /// First bin, end, and number of bins for peak and valley, for each band.
    bands: [(usize, usize, usize); CONTRAST_BANDS],
    sorted: Vec<f32>,
}

impl SpectralShape {
    pub(super) fn new(sample_rate: f64) -> Self {
        let bin_hz = sample_rate / FRAME as f64;
        let mut bands = [(0, 0, 1); CONTRAST_BANDS];
        for (k, band) in bands.iter_mut().enumerate() {
            let low = if k == 0 { 0.0 } else { CONTRAST_LOWEST_HZ * f64::powi(2.0, k as i32 - 1) };
            let high = CONTRAST_LOWEST_HZ * f64::powi(2.0, k as i32);
            // librosa's bands: both edges in, one bin more below, the last band up to the top; then the count for the
            // quantile is taken, and all but the last band lose their last bin.
            let mut first = (low / bin_hz).ceil() as usize;
            let mut end = ((high / bin_hz).floor() as usize + 1).min(BINS);
            if k > 0 {
                first -= 1;
            }
            if k + 1 == CONTRAST_BANDS {
                end = BINS;
            }
            let count = (CONTRAST_QUANTILE * (end - first) as f64).round_ties_even().max(1.0) as usize;
            if k + 1 < CONTRAST_BANDS {
                end -= 1;
            }
            *band = (first, end, count);
        }
        Self { bin_hz, bands, sorted: Vec::with_capacity(BINS) }
    }

    /// The features of one frame of magnitudes. `power` holds their squares.
    pub(super) fn describe(&mut self, magnitudes: &[f32], power: &[f32]) -> FrameFeatures {
        let (mut sum, mut first, mut second) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (k, &magnitude) in magnitudes.iter().enumerate() {
            let (magnitude, k) = (f64::from(magnitude), k as f64);
            sum += magnitude;
            first += k * magnitude;
            second += k * k * magnitude;
        }
        let (mut centroid, mut bandwidth, mut rolloff) = (f64::NAN, f64::NAN, f64::NAN);
        if sum > f64::from(f32::MIN_POSITIVE) {
            let centre = first / sum;
            centroid = centre * self.bin_hz;
            bandwidth = (second / sum - centre * centre).max(0.0).sqrt() * self.bin_hz;
            rolloff = reach(magnitudes, ROLLOFF * sum) as f64 * self.bin_hz;
        }
        let mut features = FrameFeatures {
            centroid: centroid as f32,
            bandwidth: bandwidth as f32,
            rolloff: rolloff as f32,
            flatness: flatness(power) as f32,
            peak_db: [0.0; CONTRAST_BANDS],
            valley_db: [0.0; CONTRAST_BANDS],
        };
        for (k, &(start, end, count)) in self.bands.iter().enumerate() {
            self.sorted.clear();
            self.sorted.extend_from_slice(&magnitudes[start..end]);
            let n = self.sorted.len();
            if count < n {
                self.sorted.select_nth_unstable_by(count, f32::total_cmp);
            }
            let valley: f64 = self.sorted[..count].iter().map(|&m| f64::from(m)).sum();
            self.sorted.select_nth_unstable_by(n - count, f32::total_cmp);
            let peak: f64 = self.sorted[n - count..].iter().map(|&m| f64::from(m)).sum();
            features.peak_db[k] = power_to_db(peak / count as f64) as f32;
            features.valley_db[k] = power_to_db(valley / count as f64) as f32;
        }
        features
    }
}

/// The first bin at which the sum of the magnitudes reaches this.
fn reach(magnitudes: &[f32], threshold: f64) -> usize {
    let mut sum = 0.0;
    for (k, &magnitude) in magnitudes.iter().enumerate() {
        sum += f64::from(magnitude);
        if sum >= threshold {
            return k;
        }
    }
    magnitudes.len() - 1
}

fn flatness(power: &[f32]) -> f64 {
    let (mut logarithm, mut sum) = (0.0, 0.0);
    for chunk in power.chunks(LOGARITHM_OF) {
        let mut product = 1.0;
        for &p in chunk {
            let p = f64::from(p).max(FLATNESS_FLOOR);
            product *= p;
            sum += p;
        }
        logarithm += product.ln();
    }
    let n = power.len() as f64;
    (logarithm / n).exp() / (sum / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(magnitudes: &[f32]) -> FrameFeatures {
        let power: Vec<f32> = magnitudes.iter().map(|m| m * m).collect();
        SpectralShape::new(16_000.0).describe(magnitudes, &power)
    }

    #[test]
    fn a_flat_spectrum_in_closed_form() {
        let features = describe(&[0.5; BINS]);
        assert!((features.centroid - 4000.0).abs() < 1e-3);
        // A uniform distribution over N + 1 points k/N of width 8000 has variance 8000^2 (1 + 2/N) / 12.
        let expected = 8000.0 * ((1.0 + 2.0 / 1024.0) / 12.0_f32).sqrt();
        assert!((features.bandwidth - expected).abs() < 0.01);
        // 0.85 * 1025 = 871.25, so the 872nd bin, number 871.
        assert!((features.rolloff - 871.0 * 7.8125).abs() < 1e-3);
        assert!((features.flatness - 1.0).abs() < 1e-6);
        assert_eq!(features.peak_db, features.valley_db);
        assert!((features.peak_db[3] - 10.0 * 0.5_f32.log10()).abs() < 1e-5);
    }

    #[test]
    fn one_line_in_closed_form() {
        let mut magnitudes = [0.0; BINS];
        magnitudes[128] = 2.0;
        let features = describe(&magnitudes);
        assert_eq!((features.centroid, features.bandwidth, features.rolloff), (1000.0, 0.0, 1000.0));
        // 1000 Hz lies in the octave from 800 Hz, whose 2 % are 2 of its 104 bins.
        assert!((features.peak_db[3] - 0.0).abs() < 1e-6);
        assert_eq!(features.valley_db[3], -100.0);
        // Geometric mean (4 * 1e-10^1024)^(1/1025) over the mean of the powers.
        let geometric = ((4.0_f64.ln() + 1024.0 * 1e-10_f64.ln()) / 1025.0).exp();
        assert!((f64::from(features.flatness) / (geometric * 1025.0 / 4.0) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn silence_has_no_centre() {
        let features = describe(&[0.0; BINS]);
        assert!(features.centroid.is_nan() && features.bandwidth.is_nan() && features.rolloff.is_nan());
        assert_eq!(features.flatness, 1.0);
    }

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
        ];
        assert_eq!(SpectralShape::new(16_000.0).bands, expected);
    }
}

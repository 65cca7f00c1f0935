//! The mel filter bank and the cepstrum.

use super::dot::{dot, dot_in_double};
use super::stft::FRAME;
use super::wide::wide;
use std::f64::consts::PI;

/// Mel bands of the shared analysis.
pub(crate) const BANDS: usize = 128;
/// Cepstral coefficients of the shared analysis.
pub(crate) const COEFFICIENTS: usize = 20;

/// Triangular filters on Slaney's mel scale (Auditory Toolbox, 1998: linear to 1 kHz, logarithmic above), of equal area:
/// librosa's `filters.mel` with `htk=False` and `norm="slaney"`.
#[derive(Debug)]
pub(crate) struct MelBank {
    /// First bin and weights of each band; a triangle is zero outside. Zeros fill the weights up to whole registers, where
    /// there are as many bins.
    bands: Vec<(usize, Vec<f32>)>,
}

/// Values of a register.
const REGISTER: usize = 8;

wide! {
    /// The power in each band.
    fn weigh(bands: &[(usize, Vec<f32>)], power: &[f32], out: &mut [f32]) {
        for (out, (first, weights)) in out.iter_mut().zip(bands) {
            *out = dot(weights, &power[*first..*first + weights.len()]);
        }
    }
}

wide! {
    /// The product of a matrix, row by row, and a column.
    fn product(rows: &[f64], column: &[f32], out: &mut [f32]) {
        for (out, row) in out.iter_mut().zip(rows.chunks_exact(column.len())) {
            *out = dot_in_double(row, column) as f32;
        }
    }
}

/// Frequency to mel, Slaney.
fn hz_to_mel(hz: f64) -> f64 {
    if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1000.0).ln() / (6.4_f64.ln() / 27.0) }
}

/// Mel to frequency, Slaney.
fn mel_to_hz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * (6.4_f64.ln() / 27.0)).exp() }
}

impl MelBank {
    /// That of the shared analysis: [`BANDS`] bands from 0 Hz to half the rate, for spectra of the shared analysis.
    pub(crate) fn new(sample_rate: f64) -> Self {
        Self::with(sample_rate, FRAME, BANDS, 0.0, sample_rate / 2.0)
    }

    /// So many bands from one frequency to another, for spectra of `n_fft / 2 + 1` bins. A band that is narrower than a bin
    /// may be empty; its power is 0.
    pub(crate) fn with(sample_rate: f64, n_fft: usize, n_mels: usize, fmin_hz: f64, fmax_hz: f64) -> Self {
        let (low, high) = (hz_to_mel(fmin_hz), hz_to_mel(fmax_hz));
        let edge = |i: usize| mel_to_hz(low + (high - low) * i as f64 / (n_mels + 1) as f64);
        let edges: Vec<f64> = (0..n_mels + 2).map(edge).collect();
        let bin_hz = sample_rate / n_fft as f64;
        let bands = edges
            .windows(3)
            .map(|edge| {
                let norm = 2.0 / (edge[2] - edge[0]);
                let weight = |bin: usize| {
                    let hz = bin as f64 * bin_hz;
                    let rising = (hz - edge[0]) / (edge[1] - edge[0]);
                    let falling = (edge[2] - hz) / (edge[2] - edge[1]);
                    (rising.min(falling).max(0.0) * norm) as f32
                };
                let bins = n_fft / 2 + 1;
                let start = ((edge[0] / bin_hz) as usize).min(bins);
                let first = (start..bins.min(start + 3)).find(|&bin| weight(bin) > 0.0).unwrap_or(bins);
                let mut weights: Vec<f32> = (first..bins).map(weight).take_while(|&w| w > 0.0).collect();
                let filled = weights.len().next_multiple_of(REGISTER);
                let Some(last_first) = bins.checked_sub(filled) else { return (first, weights) };
                let before = first.saturating_sub(last_first);
                weights.splice(..0, std::iter::repeat_n(0.0, before));
                weights.resize(filled, 0.0);
                (first - before, weights)
            })
            .collect();
        Self { bands }
    }

    /// Writes the power in each band, from a power spectrum.
    pub(crate) fn apply(&self, power: &[f32], out: &mut [f32]) {
        weigh(&self.bands, power, out);
    }
}

/// The first coefficients of the orthonormal cosine transform (DCT-II) of a frame's bands.
#[derive(Debug)]
pub(crate) struct Cepstrum {
    bands: usize,
    /// Coefficient by coefficient.
    basis: Vec<f64>,
}

impl Cepstrum {
    /// So many coefficients of so many bands.
    pub(crate) fn new(bands: usize, coefficients: usize) -> Self {
        let n = bands as f64;
        let basis = (0..coefficients)
            .flat_map(|k| {
                let scale = if k == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
                (0..bands).map(move |i| scale * (PI * k as f64 * (i as f64 + 0.5) / n).cos())
            })
            .collect();
        Self { bands, basis }
    }

    /// Writes the coefficients of one frame.
    pub(crate) fn apply(&self, bands: &[f32], out: &mut [f32]) {
        product(&self.basis, &bands[..self.bands], out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_slaneys() {
        for (hz, mel) in [(0.0, 0.0), (60.0, 0.9), (1000.0, 15.0), (6400.0, 42.0)] {
            assert!((hz_to_mel(hz) - mel).abs() < 1e-9, "{hz}");
            assert!((mel_to_hz(mel) - hz).abs() < 1e-9, "{mel}");
        }
    }

    #[test]
    fn triangles_have_equal_area() {
        // Two over the width times a triangle of height 1 has area 1 in Hz; bins are 7.8125 Hz apart.
        let bank = MelBank::new(16_000.0);
        assert_eq!(bank.bands.len(), BANDS);
        for (first, weights) in &bank.bands[60..] {
            let area = weights.iter().sum::<f32>() * 7.8125;
            assert!((area - 1.0).abs() < 0.06, "{first}: {area}");
        }
    }

    /// By definition: every band against every bin, at rates and limits that leave bands without a bin.
    #[test]
    fn the_sparse_bands_are_the_whole_triangles() {
        for (rate, n_fft, n_mels, fmin, fmax) in [
            (22_050.0, 2048, 128, 0.0, 11_025.0),
            (48_000.0, 1024, 40, 20.0, 8000.0),
            (8000.0, 256, 128, 0.0, 4000.0),
            (44_100.0, 401, 80, 300.0, 22_050.0),
        ] {
            let bank = MelBank::with(rate, n_fft, n_mels, fmin, fmax);
            let mels = |i: usize| {
                hz_to_mel(fmin) + (hz_to_mel(fmax) - hz_to_mel(fmin)) * i as f64 / (n_mels + 1) as f64
            };
            let bins = n_fft / 2 + 1;
            for band in 0..n_mels {
                let [low, centre, high] = [0, 1, 2].map(|i| mel_to_hz(mels(band + i)));
                for bin in 0..bins {
                    let hz = bin as f64 * rate / n_fft as f64;
                    let height = ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0);
                    let mut power = vec![0.0; bins];
                    power[bin] = 1.0;
                    let mut found = vec![0.0; n_mels];
                    bank.apply(&power, &mut found);
                    let found = found[band];
                    let expected = height * 2.0 / (high - low);
                    assert!(
                        (f64::from(found) - expected).abs() < 1e-7,
                        "{rate} {band} {bin}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_cosine_transform_of_its_own_basis_is_a_unit_vector() {
        let cepstrum = Cepstrum::new(BANDS, COEFFICIENTS);
        for k in 0..COEFFICIENTS {
            let row: Vec<f32> =
                cepstrum.basis[k * BANDS..(k + 1) * BANDS].iter().map(|&b| b as f32).collect();
            let mut found = [0.0; COEFFICIENTS];
            cepstrum.apply(&row, &mut found);
            for (i, value) in found.into_iter().enumerate() {
                assert!((value - f32::from(i == k)).abs() < 1e-6, "{k} {i} {value}");
            }
        }
    }
}

//! The mel filter bank and the cepstrum.

use super::stft::{BINS, FRAME};
use std::f64::consts::PI;

/// Mel bands.
pub(crate) const BANDS: usize = 128;
/// Cepstral coefficients.
pub(crate) const COEFFICIENTS: usize = 20;

/// Triangular filters on Slaney's mel scale (Auditory Toolbox, 1998: linear to 1 kHz, logarithmic above), of equal area,
/// from 0 Hz to half the rate: librosa's `filters.mel` with its defaults.
#[derive(Debug)]
pub(crate) struct MelBank {
    /// First bin and weights of each band; a triangle is zero outside.
    bands: Vec<(usize, Vec<f32>)>,
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
    /// For spectra of [`BINS`] bins at this rate.
    pub(crate) fn new(sample_rate: f64) -> Self {
        let top = hz_to_mel(sample_rate / 2.0);
        let edges: Vec<f64> =
            (0..BANDS + 2).map(|i| mel_to_hz(top * i as f64 / (BANDS + 1) as f64)).collect();
        let bands = edges
            .windows(3)
            .map(|edge| {
                let norm = 2.0 / (edge[2] - edge[0]);
                let weight = |bin: usize| {
                    let hz = bin as f64 * sample_rate / FRAME as f64;
                    let rising = (hz - edge[0]) / (edge[1] - edge[0]);
                    let falling = (edge[2] - hz) / (edge[2] - edge[1]);
                    (rising.min(falling).max(0.0) * norm) as f32
                };
                let first = (0..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
                (first, (first..BINS).map(weight).take_while(|&w| w > 0.0).collect())
            })
            .collect();
        Self { bands }
    }

    /// The power in each band, from a power spectrum.
    pub(crate) fn apply(&self, power: &[f32]) -> impl Iterator<Item = f32> {
        self.bands
            .iter()
            .map(|(first, weights)| weights.iter().zip(&power[*first..]).map(|(w, p)| w * p).sum::<f32>())
    }
}

/// The first coefficients of the orthonormal cosine transform (DCT-II) of [`BANDS`] values.
#[derive(Debug)]
pub(crate) struct Cepstrum {
    /// Coefficient by coefficient.
    basis: Vec<f32>,
}

impl Cepstrum {
    pub(crate) fn new() -> Self {
        let n = BANDS as f64;
        let basis = (0..COEFFICIENTS)
            .flat_map(|k| {
                let scale = if k == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
                (0..BANDS).map(move |i| (scale * (PI * k as f64 * (i as f64 + 0.5) / n).cos()) as f32)
            })
            .collect();
        Self { basis }
    }

    /// The coefficients of one frame.
    pub(crate) fn apply(&self, bands: &[f32]) -> [f32; COEFFICIENTS] {
        let mut out = [0.0; COEFFICIENTS];
        for (value, row) in out.iter_mut().zip(self.basis.chunks_exact(BANDS)) {
            *value = row.iter().zip(bands).map(|(b, x)| f64::from(*b) * f64::from(*x)).sum::<f64>() as f32;
        }
        out
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

    #[test]
    fn the_cosine_transform_of_its_own_basis_is_a_unit_vector() {
        let cepstrum = Cepstrum::new();
        for k in 0..COEFFICIENTS {
            let out = cepstrum.apply(&cepstrum.basis[k * BANDS..(k + 1) * BANDS]);
            for (i, value) in out.iter().enumerate() {
                assert!((value - f32::from(i == k)).abs() < 1e-6, "{k} {i} {value}");
            }
        }
    }
}

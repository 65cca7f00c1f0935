//! The frames of 20 ms: level, loudness, spectral balance, flux and cepstrum.

use super::{RATE, SHORT};
use crate::dsp::decibel::ln;
use crate::dsp::dot::{dot, largest, sum};
use crate::dsp::wide::wide;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::PI;
use std::ops::Range;
use std::sync::Arc;

/// Length of the transform; the frame is followed by zeros.
const SIZE: usize = 512;
const BINS: usize = SIZE / 2 + 1;
const BIN_HZ: f64 = RATE as f64 / SIZE as f64;

/// Mel bands of the loudness and of the cepstrum, and their range.
const BANDS: usize = 26;
const BANDS_HZ: Range<f64> = 20.0..8000.0;

/// The bins of 0 to 1 kHz and 1 to 5 kHz (alpha ratio), 0 to 2 and 2 to 5 kHz (Hammarberg index), 0 to 5 kHz (flux).
const BELOW_1K: Range<usize> = 0..32;
const FROM_1K: Range<usize> = 32..161;
const BELOW_2K: Range<usize> = 0..64;
const FROM_2K: Range<usize> = 64..161;
const FLUX: Range<usize> = 0..160;

/// The bins of 0 to 500 Hz and of 500 to 1500 Hz, both ends included.
const SLOPES: [(usize, usize); 2] = [(0, 16), (16, 48)];

/// Powers below this count as this in the slopes (-140 dB).
const LEAST_POWER: f32 = 1e-14;

/// Powers in a band below this count as this in the cepstrum: 1 on the scale of 16-bit samples, as in HTK.
const LEAST_BAND: f32 = 1.0 / (32767.0 * 32767.0);

/// Lifter of the cepstrum, as in HTK.
const LIFTER: f64 = 22.0;

/// What compression leaves of a band's power (Stevens' law, Hermansky 1990), and the unit of the loudness.
const COMPRESSION: f64 = 0.33;
const LOUDNESS_UNIT: f64 = 0.0690206;

/// What one frame gives, in the order of the contours: loudness, alpha ratio, Hammarberg index, two slopes, flux, four
/// cepstral coefficients.
pub(super) type Row = [f32; 10];

/// Analyses frames of 20 ms, one after the other.
pub(super) struct ShortFrames {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    magnitudes: Vec<f32>,
    /// Magnitudes of the frame before, in the bins of the flux; empty at the start.
    before: Vec<f32>,
    bank: Vec<(usize, Vec<f32>)>,
    /// Equal-loudness weight of each band after compression, in the unit of the loudness.
    hearing: Vec<f32>,
    /// Weights of the bins in the two slopes, for powers in natural logarithms.
    slopes: [Vec<f32>; 2],
    cosines: Vec<f32>,
    /// Natural logarithm of `LEAST_BAND`.
    least_log: f32,
    logs: Vec<f32>,
}

impl ShortFrames {
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
        let (bank, centres_hz) = mel_bank();
        let hearing = centres_hz
            .iter()
            .map(|&hz| (LOUDNESS_UNIT * equal_loudness(hz).powf(COMPRESSION)) as f32)
            .collect();
        let cosines = (1..=4)
            .flat_map(|i| {
                let lift = 1.0 + LIFTER / 2.0 * (PI * f64::from(i) / LIFTER).sin();
                let scale = lift * (2.0 / BANDS as f64).sqrt();
                (0..BANDS).map(move |b| {
                    (scale * (PI * f64::from(i) * (b as f64 + 0.5) / BANDS as f64).cos()) as f32
                })
            })
            .collect();
        Self {
            window: hamming(SHORT),
            input: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            power: vec![0.0; BINS],
            magnitudes: vec![0.0; BINS],
            before: Vec::new(),
            bank,
            hearing,
            slopes: SLOPES.map(|(first, last)| slope_weights(first, last)),
            cosines,
            least_log: LEAST_BAND.ln(),
            logs: vec![0.0; BANDS],
        }
    }

    /// The first bins of the spectrum of the last frame.
    pub(super) fn spectrum(&self) -> &[Complex<f32>] {
        &self.spectrum
    }

    /// Analyses the next frame.
    pub(super) fn frame(&mut self, samples: &[f32]) -> Row {
        self.input.fill(0.0);
        for ((out, &sample), &weight) in self.input.iter_mut().zip(samples).zip(&self.window) {
            *out = sample * weight;
        }
        self.transform
            .process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers are the planner's own");
        read(&self.spectrum, &mut self.power, &mut self.magnitudes);
        let power = &self.power;
        let decibel = |above: f32, below: f32| {
            if above > 0.0 && below > 0.0 { 10.0 * (above / below).log10() } else { 0.0 }
        };
        let sum = |bins: Range<usize>| sum(&power[bins]);
        let peak = |bins: Range<usize>| largest(&power[bins]);
        let mut row = [0.0; 10];
        row[1] = decibel(sum(FROM_1K), sum(BELOW_1K));
        row[2] = decibel(peak(BELOW_2K), peak(FROM_2K));
        for ((value, weights), (first, _)) in row[3..5].iter_mut().zip(&self.slopes).zip(SLOPES) {
            *value = slope(&power[first..], weights) as f32;
        }
        row[5] = self.flux();
        let mut loudness = 0.0;
        levels(&self.bank, &self.power, &mut self.logs);
        for (level, hearing) in self.logs.iter_mut().zip(&self.hearing) {
            if *level > f32::NEG_INFINITY {
                loudness += hearing * (COMPRESSION as f32 * *level).exp();
            }
            *level = level.max(self.least_log);
        }
        row[0] = loudness;
        for (value, cosines) in row[6..].iter_mut().zip(self.cosines.chunks_exact(BANDS)) {
            *value = dot(cosines, &self.logs);
        }
        row
    }

    /// Root of the mean squared change of the magnitudes since the frame before; 0 for the first one.
    fn flux(&mut self) -> f32 {
        let now = &self.magnitudes[FLUX];
        if self.before.is_empty() {
            self.before.extend_from_slice(now);
        }
        for (before, &now) in self.before.iter_mut().zip(now) {
            *before = now - *before;
        }
        let change = dot(&self.before, &self.before);
        self.before.copy_from_slice(now);
        (change / FLUX.len() as f32).sqrt()
    }
}

wide! {
    /// Writes the powers and the magnitudes of a spectrum.
    fn read(spectrum: &[Complex<f32>], powers: &mut [f32], magnitudes: &mut [f32]) {
        for ((power, magnitude), c) in powers.iter_mut().zip(magnitudes).zip(spectrum) {
            *power = c.re * c.re + c.im * c.im;
            *magnitude = power.sqrt();
        }
    }
}

wide! {
    /// The weighed sum of the logarithms.
    fn slope(powers: &[f32], weights: &[f32]) -> f64 {
        let mut sums = [0.0_f64; 4];
        for (powers, weights) in powers.chunks(4).zip(weights.chunks(4)) {
            for ((sum, &power), weight) in sums.iter_mut().zip(powers).zip(weights) {
                *sum += f64::from(ln(if power > LEAST_POWER { power } else { LEAST_POWER }) * weight);
            }
        }
        (sums[0] + sums[2]) + (sums[1] + sums[3])
    }
}

wide! {
    /// Writes the logarithm of the power in each band; minus infinity where there is none.
    fn levels(bank: &[(usize, Vec<f32>)], powers: &[f32], levels: &mut [f32]) {
        for (level, (first, weights)) in levels.iter_mut().zip(bank) {
            *level = dot(weights, &powers[*first..]);
        }
        for level in levels {
            *level = if *level >= f32::MIN_POSITIVE { ln(*level) } else { f32::NEG_INFINITY };
        }
    }
}

/// The symmetric Hamming window.
fn hamming(n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.54 - 0.46 * (2.0 * PI * i as f64 / (n - 1) as f64).cos()) as f32).collect()
}

/// Weights that make a slope in dB per Hz from natural logarithms of powers.
///
/// The regression over bins k = a ... b is (n sum(k Y) - sum(k) sum(Y)) / (n sum(k^2) - sum(k)^2). openSMILE's n is b - a,
/// one less than the number of bins; all published values have it, so it stands here too. It tilts the slope by a share of
/// the mean level.
fn slope_weights(first: usize, last: usize) -> Vec<f32> {
    let n = (last - first) as f64;
    let sum: f64 = (first..=last).map(|k| k as f64).sum();
    let squares: f64 = (first..=last).map(|k| (k * k) as f64).sum();
    let scale = 10.0 / std::f64::consts::LN_10 / BIN_HZ / (n * squares - sum * sum);
    (first..=last).map(|k| ((n * k as f64 - sum) * scale) as f32).collect()
}

/// HTK's mel filters: triangles of height 1 on the scale `1127 ln(1 + f / 700)`, the first bin and the weights of each; and
/// their centres in Hz. As in HTK the bin nearest below the range, here 31.25 Hz, is left out.
fn mel_bank() -> (Vec<(usize, Vec<f32>)>, Vec<f64>) {
    let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
    let (low, high) = (mel(BANDS_HZ.start), mel(BANDS_HZ.end));
    let edge = |i: usize| low + (high - low) * i as f64 / (BANDS + 1) as f64;
    let lowest = (BANDS_HZ.start / BIN_HZ + 1.5) as usize;
    let bank = (0..BANDS)
        .map(|b| {
            let weight = |bin: usize| {
                let at = mel(bin as f64 * BIN_HZ);
                let (rising, falling) = (
                    (at - edge(b)) / (edge(b + 1) - edge(b)),
                    (edge(b + 2) - at) / (edge(b + 2) - edge(b + 1)),
                );
                rising.min(falling) as f32
            };
            let first = (lowest..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(lowest);
            (first, (first..BINS).map(weight).take_while(|&w| w > 0.0).collect())
        })
        .collect();
    let centres = (0..BANDS).map(|b| 700.0 * ((edge(b + 1) / 1127.0).exp() - 1.0)).collect();
    (bank, centres)
}

/// The equal-loudness curve of Makhoul and Cosell (1976) as in Hermansky (1990, eq. 4), with a slope above 5 kHz.
fn equal_loudness(hz: f64) -> f64 {
    let w = 2.0 * PI * hz;
    let w2 = w * w;
    (w2 + 56.8e6) * w2 * w2 / ((w2 + 6.3e6).powi(2) * (w2 + 0.38e9) * (1.0 + w.powi(7) / 1.7e31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_cover_the_range() {
        let (bank, centres) = mel_bank();
        assert_eq!(bank[0].0, 2);
        assert!((centres[0] - 89.6).abs() < 0.1 && (centres[25] - 7233.0).abs() < 1.0);
        // Between two centres the triangles on either side add up to 1.
        let total = |bin: usize| -> f32 {
            bank.iter().filter_map(|(first, w)| bin.checked_sub(*first).and_then(|i| w.get(i))).sum()
        };
        for bin in 4..230 {
            assert!((total(bin) - 1.0).abs() < 1e-5, "{bin}");
        }
    }

    #[test]
    fn slopes_of_straight_lines() {
        // -0.03 dB per Hz from 0 dB at 0 Hz; with n one too small the mean level tilts it.
        for (first, last) in SLOPES {
            let level = |k: usize| -0.03 * k as f64 * BIN_HZ;
            let weights = slope_weights(first, last);
            let slope: f64 = (first..=last)
                .zip(&weights)
                .map(|(k, &w)| f64::from(w) * level(k) * std::f64::consts::LN_10 / 10.0)
                .sum();
            let n = (last - first) as f64;
            let (sum, squares) =
                ((first..=last).sum::<usize>() as f64, (first..=last).map(|k| k * k).sum::<usize>() as f64);
            let expected = -0.03 * (n * squares - sum * sum) / (n * squares - sum * sum);
            assert!((slope - expected).abs() < 1e-6, "{slope}");
        }
    }
}

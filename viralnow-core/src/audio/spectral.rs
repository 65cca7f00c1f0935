//! What one short-time spectrum tells of its shape: the kernels of librosa's spectral features, which the extractor and
//! the functions on samples share.

use crate::dsp::wide::wide;

/// Values that are summed side by side, so that no sum waits for the one before.
const LANES: usize = 4;
/// Mantissas below 2 that are multiplied before a logarithm is taken.
const LOGARITHM_OF: usize = 256;

/// Sums over the magnitudes of one frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    sum: f64,
    first: f64,
    second: f64,
}

wide! {
    /// The sums of the magnitudes, and of the magnitudes times their bins and times the squares of these.
    fn sums(magnitudes: &[f32]) -> [f64; 3] {
        let (chunks, rest) = magnitudes.as_chunks::<LANES>();
        let mut lanes = [[0.0_f64; LANES]; 3];
        let mut bins: [f64; LANES] = std::array::from_fn(|lane| lane as f64);
        for chunk in chunks {
            for lane in 0..LANES {
                let (magnitude, bin) = (f64::from(chunk[lane]), bins[lane]);
                lanes[0][lane] += magnitude;
                lanes[1][lane] += bin * magnitude;
                lanes[2][lane] += bin * bin * magnitude;
                bins[lane] += LANES as f64;
            }
        }
        for (lane, &magnitude) in rest.iter().enumerate() {
            let (magnitude, bin) = (f64::from(magnitude), bins[lane]);
            lanes[0][lane] += magnitude;
            lanes[1][lane] += bin * magnitude;
            lanes[2][lane] += bin * bin * magnitude;
        }
        lanes.map(|lanes| lanes.iter().sum())
    }
}

wide! {
    /// The first bin at which the sum reaches the threshold, the last where none does.
    fn reached(magnitudes: &[f32], threshold: f64) -> usize {
        let mut sum = 0.0;
        for (i, chunk) in magnitudes.chunks(4 * LANES).enumerate() {
            let mut lanes = [0.0_f64; LANES];
            for quarter in chunk.chunks(LANES) {
                for (lane, &magnitude) in lanes.iter_mut().zip(quarter) {
                    *lane += f64::from(magnitude);
                }
            }
            let more = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
            if sum + more < threshold {
                sum += more;
                continue;
            }
            for (k, &magnitude) in chunk.iter().enumerate() {
                sum += f64::from(magnitude);
                if sum >= threshold {
                    return i * 4 * LANES + k;
                }
            }
        }
        magnitudes.len() - 1
    }
}

impl Moments {
    pub(super) fn of(magnitudes: &[f32]) -> Self {
        let [sum, first, second] = sums(magnitudes);
        Self { sum, first, second }
    }

    /// Whether the frame has energy; without it there is no centre.
    pub(super) fn is_sound(&self) -> bool {
        self.sum > f64::from(f32::MIN_POSITIVE)
    }

    /// Centre of gravity, in bins.
    pub(super) fn centroid(&self) -> f64 {
        self.first / self.sum
    }

    /// Standard deviation around the centre, in bins.
    pub(super) fn bandwidth(&self) -> f64 {
        (self.second / self.sum - self.centroid() * self.centroid()).max(0.0).sqrt()
    }

    /// Deviation of order `p` around the centre, in bins: `(sum of m |k - centre|^p / sum of m)^(1/p)`.
    pub(super) fn bandwidth_of_order(&self, magnitudes: &[f32], p: f64) -> f64 {
        let centre = self.centroid();
        let part = |(k, &m): (usize, &f32)| f64::from(m) * (k as f64 - centre).abs().powf(p);
        (magnitudes.iter().enumerate().map(part).sum::<f64>() / self.sum).powf(1.0 / p)
    }

    /// The first bin at which this share of the sum is reached.
    pub(super) fn rolloff(&self, magnitudes: &[f32], share: f64) -> usize {
        reached(magnitudes, share * self.sum)
    }
}

/// Geometric over arithmetic mean of the powers, none of them taken as less than `amin`, which is a normal number.
///
/// The logarithm of their product is that of the product of their mantissas, and their exponents: one logarithm for
/// hundreds of powers.
pub(super) fn flatness<T: Copy + Into<f64>>(powers: &[T], amin: f64) -> f64 {
    let (mut logarithm, mut sum, mut exponent) = (0.0, 0.0, 0_i64);
    let mut part = [1.0_f64; LANES * LOGARITHM_OF];
    for powers in powers.chunks(LANES * LOGARITHM_OF) {
        for (out, &power) in part.iter_mut().zip(powers) {
            *out = power.into();
        }
        let (products, sums, exponents) = multiplied(&part[..powers.len()], amin);
        logarithm += products.iter().map(|product| product.ln()).sum::<f64>();
        sum += sums;
        exponent += exponents;
    }
    logarithm += exponent as f64 * std::f64::consts::LN_2;
    let n = powers.len() as f64;
    (logarithm / n).exp() / (sum / n)
}

wide! {
    /// The products of the mantissas, and the sums of the powers and of the exponents.
    fn multiplied(powers: &[f64], amin: f64) -> ([f64; LANES], f64, i64) {
        let (mut products, mut sums, mut exponents) = ([1.0_f64; LANES], [0.0_f64; LANES], [0_i64; LANES]);
        let (chunks, rest) = powers.as_chunks::<LANES>();
        let mut take = |lane: usize, power: f64| {
            let power = if power > amin { power } else { amin };
            sums[lane] += power;
            // Sign 0, eleven bits of exponent, 52 of mantissa.
            exponents[lane] += (power.to_bits() >> 52) as i64 - 1023;
            products[lane] *= f64::from_bits(power.to_bits() & ((1 << 52) - 1) | 1023 << 52);
        };
        for chunk in chunks {
            for lane in 0..LANES {
                take(lane, chunk[lane]);
            }
        }
        for (lane, &power) in rest.iter().enumerate() {
            take(lane, power);
        }
        (products, sums.iter().sum(), exponents.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::stft::BINS;

    fn power(magnitudes: &[f32]) -> Vec<f32> {
        magnitudes.iter().map(|&m| m * m).collect()
    }

    #[test]
    fn a_flat_spectrum_in_closed_form() {
        let magnitudes = [0.5; BINS];
        let moments = Moments::of(&magnitudes);
        assert!(moments.is_sound());
        assert!((moments.centroid() - 512.0).abs() < 1e-9);
        // A uniform distribution over the N + 1 whole numbers from 0 has variance N (N + 2) / 12.
        assert!((moments.bandwidth() - (1024.0 * 1026.0 / 12.0_f64).sqrt()).abs() < 1e-9);
        assert!((moments.bandwidth_of_order(&magnitudes, 2.0) - moments.bandwidth()).abs() < 1e-9);
        // Mean distance from the middle: 2 (1 + ... + 512) / 1025.
        assert!((moments.bandwidth_of_order(&magnitudes, 1.0) - 512.0 * 513.0 / 1025.0).abs() < 1e-9);
        // 0.85 * 1025 = 871.25, so the 872nd bin, number 871.
        assert_eq!(moments.rolloff(&magnitudes, 0.85), 871);
        for amin in [1e-10, 1e-30] {
            assert!((flatness(&power(&magnitudes), amin) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn one_line_in_closed_form() {
        let mut magnitudes = [0.0; BINS];
        magnitudes[128] = 2.0;
        let moments = Moments::of(&magnitudes);
        assert_eq!((moments.centroid(), moments.bandwidth()), (128.0, 0.0));
        assert_eq!(moments.rolloff(&magnitudes, 0.85), 128);
        // Geometric mean (4 * amin^1024)^(1/1025) over the mean of the powers.
        for amin in [1e-10_f64, 1e-30] {
            let geometric = ((4.0_f64.ln() + 1024.0 * amin.ln()) / 1025.0).exp();
            let arithmetic = (4.0 + 1024.0 * amin) / 1025.0;
            let found = flatness(&power(&magnitudes), amin);
            assert!((found / (geometric / arithmetic) - 1.0).abs() < 1e-9, "{found}");
        }
    }

    #[test]
    fn silence_has_no_centre() {
        assert!(!Moments::of(&[0.0; BINS]).is_sound());
        assert!((flatness(&power(&[0.0; BINS]), 1e-10) - 1.0).abs() < 1e-9);
    }
}

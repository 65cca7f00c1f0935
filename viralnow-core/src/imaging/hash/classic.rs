//! imagehash's hashes by brightness and by frequency.

use super::ImageHash;
use crate::imaging::lanczos::resize_lanczos;
use crate::imaging::picture::GrayImage;
use std::f64::consts::PI;

/// Bits along each side when nothing else is said, as in imagehash.
const SIZE: usize = 8;
/// The picture of which the frequencies are taken is as many times larger along each side.
const OVERSIZE: usize = 4;

/// imagehash's `average_hash`: brighter than the mean, of 8 x 8 pixels.
///
/// This and the other hashes of a [`GrayImage`] take an image without samples, or with fewer than it claims, for a black
/// one; [`HashKind::hash`](super::HashKind::hash) refuses it, and makes hashes of other sizes.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, average_hash};
/// let halves = GrayImage { width: 2, height: 1, data: vec![0, 255] };
/// assert_eq!(average_hash(&halves).to_string(), "0f0f0f0f0f0f0f0f");
/// ```
#[must_use]
pub fn average_hash(image: &GrayImage) -> ImageHash {
    average_of(image, SIZE)
}

/// imagehash's `dhash`: brighter than the left neighbour, of 9 x 8 pixels.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, dhash};
/// let ramp = GrayImage { width: 90, height: 8, data: (0..720).map(|i| (i % 90 * 2) as u8).collect() };
/// assert_eq!(dhash(&ramp).to_string(), "ffffffffffffffff");
/// ```
#[must_use]
pub fn dhash(image: &GrayImage) -> ImageHash {
    difference_of(image, SIZE)
}

/// imagehash's `dhash_vertical`: brighter than the neighbour above, of 8 x 9 pixels.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, dhash_vertical};
/// let ramp = GrayImage { width: 8, height: 90, data: (0..720).map(|i| (i / 8 * 2) as u8).collect() };
/// assert_eq!(dhash_vertical(&ramp).to_string(), "ffffffffffffffff");
/// ```
#[must_use]
pub fn dhash_vertical(image: &GrayImage) -> ImageHash {
    vertical_difference_of(image, SIZE)
}

/// imagehash's `phash`: the 8 x 8 lowest frequencies (with the constant) of the DCT of 32 x 32, above their median.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, phash};
/// let flat = GrayImage { width: 20, height: 20, data: vec![77; 400] };
/// assert_eq!(phash(&flat).to_string(), "8000000000000000");
/// ```
#[must_use]
pub fn phash(image: &GrayImage) -> ImageHash {
    perceptual_of(image, SIZE)
}

/// imagehash's `phash_simple`: of the DCT along the rows of 32 x 32, the 8 lowest frequencies (without the constant) of
/// the first 8 rows, above their mean.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, phash_simple};
/// let flat = GrayImage { width: 20, height: 20, data: vec![77; 400] };
/// assert_eq!(phash_simple(&flat).to_string(), "0000000000000000");
/// ```
#[must_use]
pub fn phash_simple(image: &GrayImage) -> ImageHash {
    simple_of(image, SIZE)
}

pub(super) fn average_of(image: &GrayImage, size: usize) -> ImageHash {
    let small = resize_lanczos(image, size, size);
    let mean = small.data.iter().map(|&p| u64::from(p)).sum::<u64>() as f64 / small.data.len() as f64;
    let bits: Vec<bool> = small.data.iter().map(|&p| f64::from(p) > mean).collect();
    ImageHash::from_bits(&bits)
}

pub(super) fn difference_of(image: &GrayImage, size: usize) -> ImageHash {
    let small = resize_lanczos(image, size + 1, size);
    let rows = small.data.chunks_exact(size + 1);
    let bits: Vec<bool> = rows.flat_map(|row| row.windows(2).map(|pair| pair[1] > pair[0])).collect();
    ImageHash::from_bits(&bits)
}

pub(super) fn vertical_difference_of(image: &GrayImage, size: usize) -> ImageHash {
    let small = resize_lanczos(image, size, size + 1);
    let bits: Vec<bool> =
        small.data[size..].iter().zip(&small.data).map(|(below, above)| below > above).collect();
    ImageHash::from_bits(&bits)
}

pub(super) fn perceptual_of(image: &GrayImage, size: usize) -> ImageHash {
    let side = OVERSIZE * size;
    let small = resize_lanczos(image, side, side);
    let mut dct = Dct::new(side, size);
    // Down the columns, then along the rows; of each only the lowest frequencies are needed further.
    let mut rows = vec![0.0; size * side];
    for x in 0..side {
        let column = dct.of(small.data[x..].iter().step_by(side).map(|&p| f64::from(p)));
        for (row, value) in rows.chunks_exact_mut(side).zip(column) {
            row[x] = *value;
        }
    }
    let mut values = Vec::with_capacity(size * size);
    for row in rows.chunks_exact(side) {
        values.extend_from_slice(dct.of(row.iter().copied()));
    }
    above_median(&values)
}

pub(super) fn simple_of(image: &GrayImage, size: usize) -> ImageHash {
    let side = OVERSIZE * size;
    let small = resize_lanczos(image, side, side);
    let mut dct = Dct::new(side, size + 1);
    let mut values = Vec::with_capacity(size * size);
    let mut sum = 0.0;
    for row in small.data.chunks_exact(side).take(size) {
        let row = &dct.of(row.iter().map(|&p| f64::from(p)))[1..];
        sum += pairwise_sum(row);
        values.extend_from_slice(row);
    }
    let mean = sum / values.len() as f64;
    let bits: Vec<bool> = values.iter().map(|&value| value > mean).collect();
    ImageHash::from_bits(&bits)
}

/// Which values are above the median of all; of an even number that is the mean of the two in the middle.
pub(super) fn above_median(values: &[f64]) -> ImageHash {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let median = if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[half - 1], sorted[half])
    } else {
        sorted[half]
    };
    let bits: Vec<bool> = values.iter().map(|&value| value > median).collect();
    ImageHash::from_bits(&bits)
}

/// The sum in numpy's order, on which the last bit of a mean hangs.
fn pairwise_sum(values: &[f64]) -> f64 {
    if values.len() < 8 {
        return values.iter().fold(0.0, |sum, value| sum + value);
    }
    if values.len() > 128 {
        let half = values.len() / 2;
        let (left, right) = values.split_at(half - half % 8);
        return pairwise_sum(left) + pairwise_sum(right);
    }
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = eights[0];
    for eight in &eights[1..] {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, value| sum + value)
}

/// The lowest frequencies of the DCT-II, not normalised: `y[k] = 2 sum x[n] cos(pi k (2n+1) / 2N)`.
///
/// The halves are folded onto each other as in a fast transform: what is symmetric gives exact zeros, so that a flat or
/// striped picture has the bits of imagehash rather than those of rounding noise.
struct Dct {
    /// `cos(pi k (2n+1) / 2N)`: for each frequency the N values.
    cosines: Vec<f64>,
    folded: Vec<f64>,
    out: Vec<f64>,
}

impl Dct {
    /// Of `length` samples, the `low` lowest frequencies.
    fn new(length: usize, low: usize) -> Self {
        let cosines = (0..low)
            .flat_map(|k| {
                (0..length).map(move |n| (PI * (k * (2 * n + 1)) as f64 / (2 * length) as f64).cos())
            })
            .collect();
        Self { cosines, folded: vec![0.0; length], out: vec![0.0; low] }
    }

    fn of(&mut self, samples: impl Iterator<Item = f64>) -> &[f64] {
        let Self { cosines, folded, out } = self;
        for (folded, sample) in folded.iter_mut().zip(samples) {
            *folded = sample;
        }
        let (full, low) = (folded.len(), out.len());
        let (mut length, mut step) = (full, 1);
        while step < low && length.is_multiple_of(2) {
            // Odd multiples of `step` see the differences of mirrored samples, even multiples see the sums.
            let half = length / 2;
            for n in 0..half {
                let (left, right) = (folded[n], folded[length - 1 - n]);
                folded[n] = left + right;
                folded[length - 1 - n] = left - right;
            }
            for k in (step..low).step_by(2 * step) {
                // Frequency k / 2^m of a transform of length N / 2^m has the cosines of frequency k and length N.
                let differences = folded[half..length].iter().rev();
                let sum: f64 = differences.zip(&cosines[k * full..]).map(|(d, cosine)| d * cosine).sum();
                out[k] = 2.0 * sum;
            }
            length = half;
            step *= 2;
        }
        out[0] = 2.0 * folded[..length].iter().sum::<f64>();
        // The cosines of the others sum to zero, so that a constant may be taken off: what is flat gives exact zeros here too.
        let level = folded[0];
        for k in (step..low).step_by(step) {
            let samples = folded[..length].iter().map(|x| x - level);
            let sum: f64 = samples.zip(&cosines[k * full..]).map(|(x, cosine)| x * cosine).sum();
            out[k] = 2.0 * sum;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folded_transform_is_the_dct() {
        for (length, low) in [(32, 8), (32, 9), (64, 16), (20, 5), (12, 4), (8, 2)] {
            let x: Vec<f64> = (0..length).map(|n| ((n * n * 37 + n * 11) % 251) as f64).collect();
            let mut dct = Dct::new(length, low);
            let cosines = dct.cosines.clone();
            for (k, value) in dct.of(x.iter().copied()).iter().enumerate() {
                let direct: f64 = 2.0 * (0..length).map(|n| x[n] * cosines[k * length + n]).sum::<f64>();
                assert!((value - direct).abs() < 1e-9, "{length} {k}: {value} {direct}");
            }
        }
    }

    #[test]
    fn sums_are_those_of_numpy() {
        // numpy.sum of 0.1 * i, numpy 2.4.6.
        for (n, sum) in PAIRWISE {
            let values: Vec<f64> = (0..n).map(|i| 0.1 * i as f64).collect();
            assert_eq!(pairwise_sum(&values), sum, "{n}");
        }
    }

    const PAIRWISE: [(usize, f64); 5] =
        [(7, 2.1), (8, 2.8000000000000003), (100, 495.0), (130, 838.5), (256, 3264.0000000000005)];

    /// The hashes are what imagehash 4.3.2 on Pillow 13.0.0 prints for these pictures.
    #[test]
    fn flat_and_halved_pictures_hash_as_in_imagehash() {
        let gray = |f: &dyn Fn(usize, usize) -> u8| GrayImage {
            width: 64,
            height: 64,
            data: (0..64 * 64).map(|i| f(i % 64, i / 64)).collect(),
        };
        assert_eq!(phash(&gray(&|_, _| 0)).to_string(), "0000000000000000");
        for flat in [1, 37, 128, 255] {
            assert_eq!(phash(&gray(&|_, _| flat)).to_string(), "8000000000000000");
        }
        assert_eq!(phash(&gray(&|x, _| if x < 32 { 0 } else { 255 })).to_string(), "9100000000000000");
        assert_eq!(phash(&gray(&|_, y| if y < 32 { 0 } else { 255 })).to_string(), "8000008000000080");
    }
}

//! Perceptual hashes of 64 bits, the same bits as Python's imagehash on the same picture.

use super::lanczos::resize_lanczos;
use super::picture::GrayImage;
use std::f64::consts::PI;
use std::fmt;
use std::sync::LazyLock;

/// 64 bits, row by row, the first in the highest place; shown as 16 hexadecimal digits.
///
/// ```
/// use viralnow_core::imaging::ImageHash;
/// assert_eq!(ImageHash(0xff).to_string(), "00000000000000ff");
/// assert_eq!(ImageHash(0b1100).distance(ImageHash(0b1010)), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageHash(pub u64);

impl ImageHash {
    fn from_bits(bits: impl IntoIterator<Item = bool>) -> Self {
        Self(bits.into_iter().fold(0, |hash, bit| hash << 1 | u64::from(bit)))
    }

    /// How many bits differ.
    #[must_use]
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

impl fmt::Display for ImageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// imagehash's `average_hash`: brighter than the mean, of 8 x 8.
#[must_use]
pub fn average_hash(image: &GrayImage) -> ImageHash {
    let small = resize_lanczos(image, 8, 8);
    let mean = small.data.iter().map(|&p| u32::from(p)).sum::<u32>() as f64 / 64.0;
    ImageHash::from_bits(small.data.iter().map(|&p| f64::from(p) > mean))
}

/// imagehash's `dhash`: brighter than the left neighbour, of 9 x 8.
#[must_use]
pub fn dhash(image: &GrayImage) -> ImageHash {
    let small = resize_lanczos(image, 9, 8);
    ImageHash::from_bits(
        small.data.chunks_exact(9).flat_map(|row| row.windows(2).map(|pair| pair[1] > pair[0])),
    )
}

/// imagehash's `phash`: the 8 x 8 lowest frequencies (with the constant) of the DCT of 32 x 32, above their median.
#[must_use]
pub fn phash(image: &GrayImage) -> ImageHash {
    let small = resize_lanczos(image, SIDE, SIDE);
    // Down the columns, then along the rows; of each only the lowest frequencies are needed further.
    let mut rows = [[0.0; SIDE]; LOW];
    for x in 0..SIDE {
        let column = std::array::from_fn(|y| f64::from(small.data[y * SIDE + x]));
        for (row, value) in rows.iter_mut().zip(dct(&column)) {
            row[x] = value;
        }
    }
    let values: Vec<f64> = rows.iter().flat_map(dct).collect();
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[31], sorted[32]);
    ImageHash::from_bits(values.iter().map(|&value| value > median))
}

const SIDE: usize = 32;
const LOW: usize = 8;

/// cos(pi k (2 n + 1) / 64).
static COSINES: LazyLock<[[f64; SIDE]; LOW]> = LazyLock::new(|| {
    std::array::from_fn(|k| {
        std::array::from_fn(|n| (PI * (k * (2 * n + 1)) as f64 / (2 * SIDE) as f64).cos())
    })
});

/// The lowest frequencies of the DCT-II, not normalised: `y[k] = 2 sum x[n] cos(pi k (2n+1) / 2N)`.
///
/// The halves are folded onto each other as in a fast transform: what is symmetric gives exact zeros, so that a flat or
/// striped picture has the bits of imagehash rather than those of rounding noise.
fn dct(x: &[f64; SIDE]) -> [f64; LOW] {
    let mut out = [0.0; LOW];
    let mut folded = *x;
    let (mut length, mut step) = (SIDE, 1);
    while step < LOW {
        // Odd multiples of `step` see the differences of mirrored samples, even multiples see the sums.
        let half = length / 2;
        let differences: [f64; SIDE / 2] =
            std::array::from_fn(|n| if n < half { folded[n] - folded[length - 1 - n] } else { 0.0 });
        for k in (step..LOW).step_by(2 * step) {
            // Frequency k / 2^m of a transform of length N / 2^m has the cosines of frequency k and length N.
            out[k] = 2.0 * (0..half).map(|n| differences[n] * COSINES[k][n]).sum::<f64>();
        }
        for n in 0..half {
            folded[n] += folded[length - 1 - n];
        }
        length = half;
        step *= 2;
    }
    out[0] = 2.0 * folded[..length].iter().sum::<f64>();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folded_transform_is_the_dct() {
        let x: [f64; SIDE] = std::array::from_fn(|n| ((n * n * 37 + n * 11) % 251) as f64);
        let folded = dct(&x);
        for (k, value) in folded.iter().enumerate() {
            let direct: f64 = 2.0 * (0..SIDE).map(|n| x[n] * COSINES[k][n]).sum::<f64>();
            assert!((value - direct).abs() < 1e-9, "{k}: {value} {direct}");
        }
    }

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

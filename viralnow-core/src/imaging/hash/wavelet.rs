//! imagehash's hash by Haar wavelets.
//!
//! The picture is decomposed down to one value, that value is dropped, the picture is put together again and decomposed to
//! the size of the hash. In exact arithmetic that is a mean over squares less the mean of all. But half of the values of
//! many pictures tie with the median up to rounding, so every step is taken, in the order of `PyWavelets`: down, then across,
//! the later sample first.

use super::ImageHash;
use super::classic::above_median;
use crate::imaging::lanczos::resize_lanczos;
use crate::imaging::picture::GrayImage;
use std::f64::consts::FRAC_1_SQRT_2;

/// imagehash's `whash` (Haar, the mean dropped): the 8 x 8 lowest coefficients of the picture at the largest power of two
/// that its shorter side holds (8 at least), above their median. Besides the gray picture at that size it takes a sixth of
/// that in memory.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, whash};
/// let halves = GrayImage { width: 64, height: 64, data: (0..4096).map(|i| if i % 64 < 32 { 9 } else { 99 }).collect() };
/// assert_eq!(whash(&halves).to_string(), "0f0f0f0f0f0f0f0f");
/// ```
#[must_use]
pub fn whash(image: &GrayImage) -> ImageHash {
    wavelet_of(image, 8)
}

/// `size` is a power of two.
pub(super) fn wavelet_of(image: &GrayImage, size: usize) -> ImageHash {
    // What claims more than it has is black, and black of any size hashes alike.
    let shorter = image.width.min(image.height).clamp(1, image.data.len().max(1));
    let side = (1 << shorter.ilog2()).max(size);
    let small = resize_lanczos(image, side, side);
    let levels = side.ilog2() - size.ilog2();
    // Haar wavelets never reach over the edge of a square, so that the picture can be worked through square by square.
    let mut square = Square::new(side / size);
    let mut means = Square::new(size);
    for r in 0..size {
        for c in 0..size {
            square.load(&small, c, r);
            means.data[r * size + c] = square.decompose(levels);
        }
    }
    means.decompose(size.ilog2());
    means.data[0] = 0.0;
    means.compose(size.ilog2());
    let mut values = vec![0.0; size * size];
    for r in 0..size {
        for c in 0..size {
            square.load(&small, c, r);
            square.decompose(levels);
            square.data[0] = means.data[r * size + c];
            square.compose(levels);
            values[r * size + c] = square.decompose(levels);
        }
    }
    above_median(&values)
}

/// A square of samples; in decomposition the low band of each level stands first, as in the usual picture of it.
struct Square {
    side: usize,
    data: Vec<f64>,
    line: Vec<f64>,
}

impl Square {
    fn new(side: usize) -> Self {
        Self { side, data: vec![0.0; side * side], line: vec![0.0; side * side] }
    }

    /// The samples of the square in column `c` and row `r` of squares, 0 to 1.
    fn load(&mut self, image: &GrayImage, c: usize, r: usize) {
        for (y, out) in self.data.chunks_exact_mut(self.side).enumerate() {
            let samples = &image.data[(r * self.side + y) * image.width + c * self.side..][..self.side];
            for (out, &sample) in out.iter_mut().zip(samples) {
                *out = f64::from(sample) / 255.0;
            }
        }
    }

    /// So many levels; gives the lowest coefficient.
    fn decompose(&mut self, levels: u32) -> f64 {
        for level in 0..levels {
            let (side, half) = (self.side >> level, self.side >> (level + 1));
            for r in 0..half {
                let upper = &self.data[2 * r * self.side..][..side];
                let lower = &self.data[(2 * r + 1) * self.side..][..side];
                let (low, high) = self.line.split_at_mut(half * side);
                let (low, high) = (&mut low[r * side..][..side], &mut high[r * side..][..side]);
                for (((low, high), &first), &second) in low.iter_mut().zip(high).zip(upper).zip(lower) {
                    (*low, *high) = split(first, second);
                }
            }
            for (r, line) in self.line[..side * side].chunks_exact(side).enumerate() {
                let (low, high) = self.data[r * self.side..][..side].split_at_mut(half);
                for ((low, high), &[first, second]) in low.iter_mut().zip(high).zip(line.as_chunks::<2>().0) {
                    (*low, *high) = split(first, second);
                }
            }
        }
        self.data[0]
    }

    /// Undoes [`Square::decompose`].
    fn compose(&mut self, levels: u32) {
        for level in (0..levels).rev() {
            let (side, half) = (self.side >> level, self.side >> (level + 1));
            for (r, line) in self.line[..side * side].chunks_exact_mut(side).enumerate() {
                let (low, high) = self.data[r * self.side..][..side].split_at(half);
                for ((pair, &low), &high) in line.as_chunks_mut::<2>().0.iter_mut().zip(low).zip(high) {
                    *pair = join(low, high);
                }
            }
            for r in 0..half {
                let (low, high) = self.line.split_at(half * side);
                let (low, high) = (&low[r * side..][..side], &high[r * side..][..side]);
                let (upper, lower) = self.data[2 * r * self.side..].split_at_mut(self.side);
                for (((upper, lower), &low), &high) in upper.iter_mut().zip(lower).zip(low).zip(high) {
                    [*upper, *lower] = join(low, high);
                }
            }
        }
    }
}

/// The low and the high coefficient of two samples.
fn split(first: f64, second: f64) -> (f64, f64) {
    let (first, second) = (first * FRAC_1_SQRT_2, second * FRAC_1_SQRT_2);
    (second + first, first - second)
}

/// The two samples of a low and a high coefficient.
fn join(low: f64, high: f64) -> [f64; 2] {
    let (low, high) = (low * FRAC_1_SQRT_2, high * FRAC_1_SQRT_2);
    [low + high, low - high]
}

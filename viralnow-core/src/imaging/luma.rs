//! A small pyramid of the brightness of a picture, for motion.

use super::blocks::{add_blocks, add_row, means};
use super::convert::turn;
use super::picture::{GrayImage, Picture, Rotation};
use super::yuv::row;
use crate::dsp::wide::wide;

/// Longest side of the finest level.
const LONGEST: usize = 320;
/// A level is added while its shorter side has at least this many samples.
const SHORTEST: usize = 20;
/// Levels at most.
const LEVELS: usize = 4;

/// Bits after the point of the samples that are refined. Rounding to whole levels leaves contours in soft gradients, and
/// contours that jump when the light changes look like motion.
pub(super) const FRACTION: u32 = 6;

/// One level: samples row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LumaLevel<T = u8> {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Samples.
    pub data: Vec<T>,
}

/// Brightness at a whole fraction of the picture's size (longest side at most 320) and at halves of that: means over
/// squares, slightly smoothed, so that fine detail does not turn into false motion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LumaPyramid {
    /// Finest first; at least one.
    pub levels: Vec<LumaLevel>,
    /// The finest level in 1/64.
    pub finest: LumaLevel<u16>,
    /// Pixels of the picture to one sample of the finest level, along each side.
    pub factor: usize,
}

impl LumaPyramid {
    /// Of a sound picture, see [`Picture::check`]. YUV gives its luma as coded, RGB that of ITU-R BT.601.
    ///
    /// ```
    /// use viralnow_core::imaging::{LumaPyramid, RgbImage};
    /// let white = RgbImage { width: 1080, height: 1920, data: vec![255; 1080 * 1920 * 3] };
    /// let pyramid = LumaPyramid::new(&white.as_picture());
    /// assert_eq!((pyramid.factor, pyramid.levels[0].width, pyramid.levels[0].height), (6, 180, 320));
    /// assert!(pyramid.levels.iter().all(|level| level.data.iter().all(|&luma| luma == 255)));
    /// ```
    #[must_use]
    pub fn new(picture: &Picture<'_>) -> Self {
        let factor = picture.width().max(picture.height()).div_ceil(LONGEST);
        // Squares alone let fine detail through, which biases motion of less than a sample; so smooth before halving.
        let finest = if factor.is_multiple_of(2) && picture.width().min(picture.height()) >= factor {
            halve(&smooth(&reduce(picture, factor / 2)))
        } else {
            reduce(picture, factor)
        };
        let finest = smooth(&smooth(&finest));
        let rounded = finest.data.iter().map(|v| ((v + (1 << (FRACTION - 1))) >> FRACTION) as u8).collect();
        let mut levels = vec![LumaLevel { width: finest.width, height: finest.height, data: rounded }];
        while let Some(finer) = levels.last()
            && levels.len() < LEVELS
            && finer.width.min(finer.height) / 2 >= SHORTEST
        {
            levels.push(halve(finer));
        }
        Self { levels, finest, factor }
    }

    /// The levels with another brightness and contrast: those of `model`. Takes a flicker of the light out; nothing where
    /// there is none.
    pub(super) fn lit_as(&self, model: &Self) -> Option<Vec<LumaLevel>> {
        let ((mean, deviation), (wanted_mean, wanted_deviation)) = (self.statistics(), model.statistics());
        let gain = wanted_deviation / deviation;
        if !gain.is_finite() || ((mean - wanted_mean).abs() < 1.0 && (gain - 1.0).abs() < 0.02) {
            return None;
        }
        let table: [u8; 256] =
            std::array::from_fn(|v| ((v as f64 - mean) * gain + wanted_mean).round().clamp(0.0, 255.0) as u8);
        let mut lit = self.levels.clone();
        for sample in lit.iter_mut().flat_map(|level| &mut level.data) {
            *sample = table[usize::from(*sample)];
        }
        Some(lit)
    }

    /// Mean and standard deviation.
    fn statistics(&self) -> (f64, f64) {
        let data = &self.levels[0].data;
        let n = data.len() as f64;
        let sum: u64 = data.iter().map(|&v| u64::from(v)).sum();
        let squares: u64 = data.iter().map(|&v| u64::from(u32::from(v) * u32::from(v))).sum();
        let mean = sum as f64 / n;
        (mean, (squares as f64 / n - mean * mean).max(0.0).sqrt())
    }
}

impl LumaLevel {
    /// The level turned clockwise.
    #[must_use]
    pub fn turned(&self, rotation: Rotation) -> GrayImage {
        let (data, width, height) = turn::<1>(self.data.clone(), self.width, self.height, rotation);
        GrayImage { width, height, data }
    }
}

/// The luma of ITU-R BT.601, in full range.
#[inline]
pub(super) fn luma_of([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29 + 128) >> 8) as u8
}

/// Rows whose sum fits 16 bits.
const MOST_ROWS: usize = 256;

/// Means over squares of `factor` by `factor`; what is left over at the right and at the bottom is dropped, unless it is all.
fn reduce(picture: &Picture<'_>, factor: usize) -> LumaLevel<u16> {
    let (full_width, full_height) = (picture.width(), picture.height());
    let (width, height) = ((full_width / factor).max(1), (full_height / factor).max(1));
    // A side shorter than one square is taken whole.
    let (across, down) = (factor.min(full_width), factor.min(full_height));
    let mut data = vec![0; width * height];
    let mut columns = vec![0u16; width * across];
    let mut squares = vec![0u32; width];
    let mut luma = vec![0u8; if matches!(picture, Picture::Rgb24 { .. }) { width * across } else { 0 }];
    let area = (across * down) as u32;
    for (r, out) in data.chunks_exact_mut(width).enumerate() {
        squares.fill(0);
        let (top, bottom) = (r * down, (r + 1) * down);
        for top in (top..bottom).step_by(MOST_ROWS) {
            columns.fill(0);
            for r in top..(top + MOST_ROWS).min(bottom) {
                let samples = match picture {
                    Picture::Yuv420 { y, .. } => row(y, r, width * across),
                    Picture::Rgb24 { rgb, .. } => {
                        let (pixels, _) = row(rgb, r, width * across * 3).as_chunks::<3>();
                        for (luma, &pixel) in luma.iter_mut().zip(pixels) {
                            *luma = luma_of(pixel);
                        }
                        &luma
                    }
                };
                add_row(&mut columns, samples);
            }
            add_blocks(&columns, across, &mut squares);
        }
        means(&squares, area, FRACTION, out);
    }
    LumaLevel { width, height, data }
}

/// Binomial weights (1, 2, 1) along both sides.
fn smooth(level: &LumaLevel<u16>) -> LumaLevel<u16> {
    let LumaLevel { width, height, data } = level;
    let (width, height) = (*width, *height);
    let row = |r: usize| &data[r * width..][..width];
    let mut out = vec![0; width * height];
    // One row summed downwards, its ends repeated once.
    let mut sums = vec![0u32; width + 2];
    for (r, out) in out.chunks_exact_mut(width).enumerate() {
        smooth_down(row(r.saturating_sub(1)), row(r), row((r + 1).min(height - 1)), &mut sums[1..]);
        (sums[0], sums[width + 1]) = (sums[1], sums[width]);
        smooth_across(&sums, out);
    }
    LumaLevel { width, height, data: out }
}

wide! {
    fn smooth_down(above: &[u16], here: &[u16], below: &[u16], out: &mut [u32]) {
        for (sum, ((&above, &here), &below)) in out.iter_mut().zip(above.iter().zip(here).zip(below)) {
            *sum = u32::from(above) + 2 * u32::from(here) + u32::from(below);
        }
    }
}

wide! {
    fn smooth_across(sums: &[u32], out: &mut [u16]) {
        for (out, sums) in out.iter_mut().zip(sums.windows(3)) {
            *out = ((sums[0] + 2 * sums[1] + sums[2] + 8) >> 4) as u16;
        }
    }
}

/// Means over squares of two by two.
fn halve<T: Copy + Into<u32> + TryFrom<u32> + Default>(finer: &LumaLevel<T>) -> LumaLevel<T> {
    let (width, height) = (finer.width / 2, finer.height / 2);
    let mut data = Vec::with_capacity(width * height);
    for r in 0..height {
        let (upper, lower) = finer.data[2 * r * finer.width..][..2 * finer.width].split_at(finer.width);
        let squares = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
        data.extend(squares.map(|(&[a, b], &[c, d])| {
            let sum: u32 = a.into() + b.into() + c.into() + d.into();
            T::try_from((sum + 2) >> 2).unwrap_or_default()
        }));
    }
    LumaLevel { width, height, data }
}

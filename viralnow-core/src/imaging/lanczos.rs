//! Pillow's antialiased resize with the Lanczos window (three lobes) for 8-bit gray, to the bit.

use super::picture::GrayImage;
use crate::dsp::wide::wide;
use std::borrow::Cow;
use std::f64::consts::PI;

/// Fixed-point bits of a weight, as in Pillow.
const BITS: u32 = 22;
/// A weight is split at this bit, so that both halves fit 16 bits and the processor multiplies eight at a time.
const SPLIT: u32 = 11;

/// The weights of one output position.
#[derive(Debug)]
struct Taps {
    start: usize,
    /// The upper and lower half of each weight.
    high: Vec<i16>,
    low: Vec<i16>,
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) };
    if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let filter_scale = scale.max(1.0);
    let support = 3.0 * filter_scale;
    (0..to)
        .map(|at| {
            let centre = (at as f64 + 0.5) * scale;
            let start = ((centre - support + 0.5) as i64).max(0) as usize;
            let end = ((centre + support + 0.5) as i64).clamp(0, from as i64) as usize;
            let weights: Vec<f64> =
                (start..end).map(|x| lanczos((x as f64 - centre + 0.5) * (1.0 / filter_scale))).collect();
            let sum: f64 = weights.iter().sum();
            let fixed = weights.iter().map(|weight| {
                let weight = if sum == 0.0 { *weight } else { weight / sum } * f64::from(1 << BITS);
                (if weight < 0.0 { weight - 0.5 } else { weight + 0.5 }) as i32
            });
            let (high, low) = fixed.map(|w| ((w >> SPLIT) as i16, (w & ((1 << SPLIT) - 1)) as i16)).unzip();
            Taps { start, high, low }
        })
        .collect()
}

/// Half of the last bit, then the shift back to 8 bits. The sum of thousands of lower halves may wrap, and wraps back here.
fn round(high: i32, low: i32) -> u8 {
    ((high << SPLIT).wrapping_add(low).wrapping_add(1 << (BITS - 1)) >> BITS).clamp(0, 255) as u8
}

/// Resizes as Pillow 13's `resize((width, height), LANCZOS)` does: across, rounded to 8 bits, then down; the other way round
/// where that drops over twice as many rows as columns. An image without samples, or with fewer than it claims, is taken
/// for a black one.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, resize_lanczos};
/// let flat = GrayImage { width: 90, height: 50, data: vec![77; 4500] };
/// assert_eq!(resize_lanczos(&flat, 9, 8).data, [77; 72]);
/// ```
#[must_use]
pub fn resize_lanczos(image: &GrayImage, width: usize, height: usize) -> GrayImage {
    let sound = image.width > 0
        && image.height > 0
        && image.width.checked_mul(image.height).is_some_and(|samples| image.data.len() >= samples);
    if !sound || width == 0 || height == 0 {
        return GrayImage { width, height, data: vec![0; width * height] };
    }
    // Found by trying both ways on 6,000 sizes; older Pillows do this for very tall pictures only.
    let fewer_rows = image.height.saturating_sub(height);
    let down_first = fewer_rows > 0 && fewer_rows as i64 > 2 * (image.width as i64 - width as i64);
    if down_first {
        let down = resize_down(image, height);
        resize_across(&down, width).into_owned()
    } else {
        let across = resize_across(image, width);
        resize_down(&across, height).into_owned()
    }
}

fn resize_across(image: &GrayImage, width: usize) -> Cow<'_, GrayImage> {
    if width == image.width {
        return Cow::Borrowed(image);
    }
    let taps = taps(image.width, width);
    let mut out = vec![0; width * image.height];
    for (row, out) in image.data.chunks_exact(image.width).zip(out.chunks_exact_mut(width)) {
        row_across(row, &taps, out);
    }
    Cow::Owned(GrayImage { width, height: image.height, data: out })
}

wide! {
    fn row_across(row: &[u8], taps: &[Taps], out: &mut [u8]) {
        for (out, taps) in out.iter_mut().zip(taps) {
            let samples = &row[taps.start..][..taps.high.len()];
            let (mut high, mut low) = (0, 0);
            for ((&sample, &h), &l) in samples.iter().zip(&taps.high).zip(&taps.low) {
                high += i32::from(sample) * i32::from(h);
                low = i32::wrapping_add(low, i32::from(sample) * i32::from(l));
            }
            *out = round(high, low);
        }
    }
}

fn resize_down(image: &GrayImage, height: usize) -> Cow<'_, GrayImage> {
    if height == image.height {
        return Cow::Borrowed(image);
    }
    let width = image.width;
    let mut out = vec![0; width * height];
    let mut sums = vec![(0, 0); width];
    for (out, taps) in out.chunks_exact_mut(width).zip(taps(image.height, height)) {
        sums.fill((0, 0));
        for (r, (&h, &l)) in taps.high.iter().zip(&taps.low).enumerate() {
            let row = &image.data[(taps.start + r) * width..][..width];
            for (sum, &sample) in sums.iter_mut().zip(row) {
                sum.0 += i32::from(sample) * i32::from(h);
                sum.1 = i32::wrapping_add(sum.1, i32::from(sample) * i32::from(l));
            }
        }
        for (out, &(high, low)) in out.iter_mut().zip(&sums) {
            *out = round(high, low);
        }
    }
    Cow::Owned(GrayImage { width, height, data: out })
}

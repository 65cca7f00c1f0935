//! Pillow's antialiased resize with the Lanczos window (three lobes) for 8-bit gray, to the bit.

use super::picture::GrayImage;
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

/// Resizes as Pillow's `resize((width, height), LANCZOS)` does: across first, rounded to 8 bits, then down. All sides are
/// at least 1.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, resize_lanczos};
/// let flat = GrayImage { width: 90, height: 50, data: vec![77; 4500] };
/// assert_eq!(resize_lanczos(&flat, 9, 8).data, [77; 72]);
/// ```
#[must_use]
pub fn resize_lanczos(image: &GrayImage, width: usize, height: usize) -> GrayImage {
    let mut across = Vec::new();
    if width != image.width {
        let taps = taps(image.width, width);
        across.resize(width * image.height, 0);
        for (row, out) in image.data.chunks_exact(image.width).zip(across.chunks_exact_mut(width)) {
            for (out, taps) in out.iter_mut().zip(&taps) {
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
    let source = if width == image.width { &image.data } else { &across };
    if height == image.height {
        return GrayImage { width, height, data: source.clone() };
    }
    let mut out = vec![0; width * height];
    let mut sums = vec![(0, 0); width];
    for (out, taps) in out.chunks_exact_mut(width).zip(taps(image.height, height)) {
        sums.fill((0, 0));
        for (r, (&h, &l)) in taps.high.iter().zip(&taps.low).enumerate() {
            let row = &source[(taps.start + r) * width..][..width];
            for (sum, &sample) in sums.iter_mut().zip(row) {
                sum.0 += i32::from(sample) * i32::from(h);
                sum.1 = i32::wrapping_add(sum.1, i32::from(sample) * i32::from(l));
            }
        }
        for (out, &(high, low)) in out.iter_mut().zip(&sums) {
            *out = round(high, low);
        }
    }
    GrayImage { width, height, data: out }
}

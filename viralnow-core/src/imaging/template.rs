//! A block of one picture, found in another to a fraction of a sample by the inverse compositional method (Baker & Matthews
//! 2004), with mean and contrast taken out, so that a change of light is no motion.

use super::luma::{FRACTION, LumaLevel};
use crate::dsp::wide::wide;

/// Side of a block on the finest level, in samples.
pub(super) const BLOCK: usize = 16;
/// A block with less structure than this in its weakest direction has no measurable motion: mean squared gradient, in
/// 8-bit levels per sample.
const LEAST_TEXTURE: f32 = 1.0;
/// Share of a block's own contrast that may remain unexplained after matching.
const WORST_RESIDUAL: f32 = 0.5;
const ITERATIONS: usize = 6;
/// A level of brightness, in the units of the finest level.
const UNIT: f32 = 1.0 / (1 << FRACTION) as f32;
/// Samples of a block.
const N: f32 = (BLOCK * BLOCK) as f32;

type Block = [[f32; BLOCK]; BLOCK];

/// A block of the first picture, ready to be found in the second.
pub(super) struct Template {
    block: Block,
    /// With the mean taken out, as the residual's is.
    gradients: [Block; 2],
    contrast: f32,
    /// Products of the gradients: across with across, across with down, down with down.
    products: [f32; 3],
}

impl Template {
    /// Nothing where the block has too little structure.
    pub(super) fn new(level: &LumaLevel<u16>, at: [usize; 2]) -> Option<Self> {
        template(level, at)
    }

    /// Where it is in the second picture, to a fraction of a sample, by the displacement and its standard error; nothing where
    /// nothing is alike.
    pub(super) fn find(
        &self,
        level: &LumaLevel<u16>,
        at: [usize; 2],
        start: (i32, i32),
    ) -> Option<([f32; 2], f32)> {
        refine(self, level, at, start)
    }
}

wide! {
    fn template(level: &LumaLevel<u16>, at: [usize; 2]) -> Option<Template> {
        let mut block = read(level, at[0] as f32, at[1] as f32);
        let contrast = centre(&mut block);
        let mut gradients = [[[0.0; BLOCK]; BLOCK]; 2];
        gradient(level, at, &mut gradients);
        let [gx, gy] = &mut gradients;
        centre(gx);
        centre(gy);
        let (xx, xy, yy) = (dot(gx, gx), dot(gx, gy), dot(gy, gy));
        let weakest = f32::midpoint(xx, yy) - (f32::midpoint(xx, -yy).powi(2) + xy * xy).sqrt();
        if contrast <= 0.0 || weakest < LEAST_TEXTURE * N {
            return None;
        }
        Some(Template { block, gradients, contrast, products: [xx, xy, yy] })
    }
}

wide! {
    fn refine(
        template: &Template,
        level: &LumaLevel<u16>,
        at: [usize; 2],
        start: (i32, i32),
    ) -> Option<([f32; 2], f32)> {
        let Template { block, gradients: [gx, gy], contrast, products: [xx, xy, yy] } = template;
        let determinant = xx * yy - xy * xy;
        let start = [start.0 as f32, start.1 as f32];
        let mut d = start;
        let mut residual = f32::INFINITY;
        for _ in 0..ITERATIONS {
            let mut moved = read(level, at[0] as f32 + d[0], at[1] as f32 + d[1]);
            let seen = centre(&mut moved);
            if seen <= 0.0 {
                return None;
            }
            let gain = (contrast / seen).sqrt();
            for (row, template) in moved.iter_mut().zip(block) {
                for (value, template) in row.iter_mut().zip(template) {
                    *value = *value * gain - template;
                }
            }
            let (bx, by) = (dot(gx, &moved), dot(gy, &moved));
            residual = dot(&moved, &moved);
            let step = [(yy * bx - xy * by) / determinant, (xx * by - xy * bx) / determinant];
            d = [d[0] - step[0], d[1] - step[1]];
            if (d[0] - start[0]).abs() > 2.0 || (d[1] - start[1]).abs() > 2.0 {
                return None;
            }
            if step[0].abs() + step[1].abs() < 0.004 {
                break;
            }
        }
        if residual > WORST_RESIDUAL * contrast {
            return None;
        }
        let error = (residual / N * (xx + yy) / determinant).sqrt();
        Some((d, error))
    }
}

/// Takes the mean out; gives the sum of squares that is left.
#[inline]
fn centre(block: &mut Block) -> f32 {
    let mean = sum(block.as_flattened().iter().copied()) / (BLOCK * BLOCK) as f32;
    for value in block.as_flattened_mut() {
        *value -= mean;
    }
    dot(block, block)
}

/// In eight running sums, so that the compiler may add eight at a time.
#[inline]
fn sum(values: impl Iterator<Item = f32>) -> f32 {
    let mut lanes = [0.0; 8];
    for (i, value) in values.enumerate() {
        lanes[i % 8] += value;
    }
    lanes.iter().sum()
}

#[inline]
fn dot(a: &Block, b: &Block) -> f32 {
    let mut lanes = [0.0; BLOCK];
    for (a, b) in a.iter().zip(b) {
        for i in 0..BLOCK {
            lanes[i] += a[i] * b[i];
        }
    }
    lanes.iter().sum()
}

/// Central differences of the first picture over a block; the border is repeated.
#[inline]
fn gradient(level: &LumaLevel<u16>, at: [usize; 2], out: &mut [Block; 2]) {
    let sample = |x: usize, y: usize| f32::from(level.data[y * level.width + x]);
    let [across, down] = out;
    for (r, (across, down)) in across.iter_mut().zip(down).enumerate() {
        let y = at[1] + r;
        let (above, below) = (y.saturating_sub(1), (y + 1).min(level.height - 1));
        for (c, (across, down)) in across.iter_mut().zip(down).enumerate() {
            let x = at[0] + c;
            let (left, right) = (x.saturating_sub(1), (x + 1).min(level.width - 1));
            *across = (sample(right, y) - sample(left, y)) * (UNIT / 2.0);
            *down = (sample(x, below) - sample(x, above)) * (UNIT / 2.0);
        }
    }
}

wide! {
    /// A block at a fractional place, by cubic convolution (Keys 1981); the border is repeated.
    fn read(level: &LumaLevel<u16>, x: f32, y: f32) -> Block {
        let (left, top) = (x.floor(), y.floor());
        let (wx, wy) = (cubic(x - left).map(|w| w * UNIT), cubic(y - top));
        let (left, top) = (left as i64 - 1, top as i64 - 1);
        let (width, height) = (level.width as i64, level.height as i64);
        let mut lines = [[0.0; BLOCK]; BLOCK + 3];
        for (r, line) in lines.iter_mut().enumerate() {
            let y = (top + r as i64).clamp(0, height - 1) as usize;
            let row = &level.data[y * level.width..][..level.width];
            let mut samples = [0.0; BLOCK + 3];
            if left >= 0 && left + samples.len() as i64 <= width {
                for (sample, &v) in samples.iter_mut().zip(&row[left as usize..]) {
                    *sample = f32::from(v);
                }
            } else {
                for (c, sample) in samples.iter_mut().enumerate() {
                    *sample = f32::from(row[(left + c as i64).clamp(0, width - 1) as usize]);
                }
            }
            for c in 0..BLOCK {
                line[c] =
                    samples[c] * wx[0] + samples[c + 1] * wx[1] + samples[c + 2] * wx[2] + samples[c + 3] * wx[3];
            }
        }
        let mut block = [[0.0; BLOCK]; BLOCK];
        for (r, out) in block.iter_mut().enumerate() {
            for c in 0..BLOCK {
                out[c] = lines[r][c] * wy[0]
                    + lines[r + 1][c] * wy[1]
                    + lines[r + 2][c] * wy[2]
                    + lines[r + 3][c] * wy[3];
            }
        }
        block
    }
}

/// The four weights of cubic convolution at a fraction.
#[inline]
fn cubic(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

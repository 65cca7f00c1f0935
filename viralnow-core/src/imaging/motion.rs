//! Motion between two pictures: hierarchical block matching, then a sub-pixel refinement of each block.
//!
//! Coarse to fine over a pyramid, each block tries the vectors of its neighbours (as in the predictive searches of video
//! coders) and keeps the one with the smallest sum of absolute differences; the finest level is refined by the
//! inverse compositional method (Baker & Matthews 2004), with mean and contrast of each block taken out, so that a change of
//! light is no motion.

use super::luma::{FRACTION, LumaLevel, LumaPyramid};
use crate::dsp::wide::wide;

/// Side of a block on the finest level, in samples.
const BLOCK: usize = 16;
/// Side of the window compared on coarser levels.
const COARSE_WINDOW: usize = 12;
/// Reach of the full search on the coarsest level, in its samples.
const REACH: i32 = 4;
/// Steps from no motion at all that are tried on the finest level.
const NEAR: usize = 8;
/// A block with less structure than this in its weakest direction has no measurable motion: mean squared gradient, in
/// 8-bit levels per sample.
const LEAST_TEXTURE: f32 = 1.0;
/// Share of a block's own contrast that may remain unexplained after matching.
const WORST_RESIDUAL: f32 = 0.5;
const ITERATIONS: usize = 6;
/// A level of brightness, in the units of the finest level.
const UNIT: f32 = 1.0 / (1 << FRACTION) as f32;

/// What one block did from the first picture to the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockMotion {
    /// Centre of the block in the first picture, in pixels, x to the right and y down.
    pub centre: [f64; 2],
    /// Displacement in pixels; null where it cannot be seen: no texture, or nothing alike in the second picture.
    pub displacement: Option<[f64; 2]>,
    /// Standard error of the displacement that the block's own residual explains, in pixels.
    pub error: f64,
}

/// The motion of every block from `first` to `second`, row by row, in pixels of the picture as coded. Pyramids of different
/// sizes have no motion between them: empty.
///
/// ```
/// use viralnow_core::imaging::{LumaPyramid, RgbImage, block_motion};
/// let texture = |x: f64, y: f64| (128.0 + 50.0 * (x / 5.0).sin() + 50.0 * (y / 7.0 + x / 11.0).cos()) as u8;
/// let picture = |shift: f64| {
///     let data = (0..160 * 160).flat_map(|i| [texture((i % 160) as f64 - shift, (i / 160) as f64); 3]).collect();
///     LumaPyramid::new(&RgbImage { width: 160, height: 160, data }.as_picture())
/// };
/// let blocks = block_motion(&picture(0.0), &picture(3.0));
/// let seen: Vec<[f64; 2]> = blocks.iter().filter_map(|block| block.displacement).collect();
/// let mean = seen.iter().map(|d| d[0]).sum::<f64>() / seen.len() as f64;
/// assert!((mean - 3.0).abs() < 0.1);
/// ```
#[must_use]
pub fn block_motion(first: &LumaPyramid, second: &LumaPyramid) -> Vec<BlockMotion> {
    let finest = &first.levels[0];
    let (columns, rows) = (finest.width / BLOCK, finest.height / BLOCK);
    let same = |(a, b): (&LumaLevel, &LumaLevel)| (a.width, a.height) == (b.width, b.height);
    if first.factor != second.factor || !same((finest, &second.levels[0])) {
        return Vec::new();
    }
    // Whole samples are matched under the same light; the refinement has its own measure of light, without rounding.
    let lit = second.lit_as(first);
    let lit = lit.as_ref().unwrap_or(&second.levels);
    let mut vectors = vec![(0, 0); columns * rows];
    for level in (0..first.levels.len()).rev() {
        let coarsest = level + 1 == first.levels.len();
        vectors = match_level([&first.levels[level], &lit[level]], finest, level, &vectors, coarsest);
    }
    let factor = first.factor as f64;
    // Blocks are centred on the picture; what does not fill one is left at the sides.
    let mut blocks: Vec<BlockMotion> = (0..columns * rows)
        .map(|i| {
            let [x, y] = corner(finest, i, columns);
            let refined = refine(&first.finest, &second.finest, [x, y], vectors[i]);
            BlockMotion {
                centre: [x, y].map(|c| (c as f64 + BLOCK as f64 / 2.0) * factor),
                displacement: refined.map(|(d, _)| d.map(|d| f64::from(d) * factor)),
                error: refined.map_or(0.0, |(_, error)| f64::from(error) * factor),
            }
        })
        .collect();
    drop_strays(&mut blocks, columns, rows, factor);
    blocks
}

/// What a block at the side of the picture shows may have left it, and then something else is taken for it: such a block
/// counts only where a block further in moves alike, to a sample of the finest level.
fn drop_strays(blocks: &mut [BlockMotion], columns: usize, rows: usize, factor: f64) {
    if columns < 3 || rows < 3 {
        return;
    }
    let inner = |c: usize, n: usize| c.clamp(1, n - 2);
    for i in 0..blocks.len() {
        let (column, row) = (i % columns, i / columns);
        let beside = inner(row, rows) * columns + inner(column, columns);
        if beside == i {
            continue;
        }
        let alike = match (blocks[i].displacement, blocks[beside].displacement) {
            (Some(a), Some(b)) => (a[0] - b[0]).hypot(a[1] - b[1]) <= factor,
            _ => false,
        };
        if !alike {
            blocks[i].displacement = None;
        }
    }
}

/// Upper left corner of block `i` on the finest level.
fn corner(finest: &LumaLevel, i: usize, columns: usize) -> [usize; 2] {
    let rows = finest.height / BLOCK;
    let (left, top) = ((finest.width - columns * BLOCK) / 2, (finest.height - rows * BLOCK) / 2);
    [left + i % columns * BLOCK, top + i / columns * BLOCK]
}

/// One level: the best whole vector of every block, in samples of this level.
fn match_level(
    [first, second]: [&LumaLevel; 2],
    finest: &LumaLevel,
    level: usize,
    coarser: &[(i32, i32)],
    coarsest: bool,
) -> Vec<(i32, i32)> {
    let (columns, rows) = (finest.width / BLOCK, finest.height / BLOCK);
    let side = if level == 0 { BLOCK } else { COARSE_WINDOW };
    (0..coarser.len())
        .map(|i| {
            let centre = corner(finest, i, columns).map(|c| (c + BLOCK / 2) >> level);
            let at = [
                centre[0].saturating_sub(side / 2).min(first.width.saturating_sub(side)),
                centre[1].saturating_sub(side / 2).min(first.height.saturating_sub(side)),
            ];
            let window = Window { first, second, at, side };
            let mut best = (window.cost((0, 0), u32::MAX), (0, 0));
            let attempt = |vector, best: &mut (u32, (i32, i32))| {
                let cost = window.cost(vector, best.0);
                if cost < best.0 {
                    *best = (cost, vector);
                }
            };
            if coarsest {
                for y in -REACH..=REACH {
                    for x in -REACH..=REACH {
                        attempt((x, y), &mut best);
                    }
                }
            } else {
                let (column, row) = (i % columns, i / columns);
                let mut tried = [(0, 0); 6];
                let mut count = 1;
                let neighbours = [
                    Some(i),
                    (column > 0).then(|| i - 1),
                    (column + 1 < columns).then(|| i + 1),
                    (row > 0).then(|| i - columns),
                    (row + 1 < rows).then(|| i + columns),
                ];
                for neighbour in neighbours.into_iter().flatten() {
                    let vector = (2 * coarser[neighbour].0, 2 * coarser[neighbour].1);
                    if !tried[..count].contains(&vector) {
                        tried[count] = vector;
                        count += 1;
                        attempt(vector, &mut best);
                    }
                }
                // The coarse vector is right to half a coarse sample: look around the best, and around what that gives.
                best = window.descend(best, 2);
                // Coarse levels take a fine pattern that repeats for another one; what is near at hand is tried as well.
                if level == 0 {
                    let near = window.descend((window.cost((0, 0), u32::MAX), (0, 0)), NEAR);
                    if near.0 <= best.0 {
                        best = near;
                    }
                }
            }
            best.1
        })
        .collect()
}

/// A square of the first picture to be found in the second.
struct Window<'a> {
    first: &'a LumaLevel,
    second: &'a LumaLevel,
    at: [usize; 2],
    side: usize,
}

impl Window<'_> {
    /// Goes to the best of the eight neighbours, as long as one is better, at most so many times.
    fn descend(&self, from: (u32, (i32, i32)), rounds: usize) -> (u32, (i32, i32)) {
        let mut best = from;
        for _ in 0..rounds {
            let (_, around) = best;
            for (x, y) in [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)] {
                let vector = (around.0 + x, around.1 + y);
                let cost = self.cost(vector, best.0);
                if cost < best.0 {
                    best = (cost, vector);
                }
            }
            if best.1 == around {
                break;
            }
        }
        best
    }

    /// Sum of absolute differences, or `u32::MAX` where the square would leave the picture. Stops above `limit`.
    fn cost(&self, (dx, dy): (i32, i32), limit: u32) -> u32 {
        let (x, y) = (self.at[0] as i64 + i64::from(dx), self.at[1] as i64 + i64::from(dy));
        let (width, height, side) = (self.second.width as i64, self.second.height as i64, self.side as i64);
        if x < 0 || y < 0 || x + side > width || y + side > height {
            return u32::MAX;
        }
        let a = &self.first.data[self.at[1] * self.first.width + self.at[0]..];
        let b = &self.second.data[y as usize * self.second.width + x as usize..];
        if self.side == BLOCK {
            difference::<BLOCK>(a, b, self.first.width, limit)
        } else {
            difference::<COARSE_WINDOW>(a, b, self.first.width, limit)
        }
    }
}

fn difference<const SIDE: usize>(a: &[u8], b: &[u8], stride: usize, limit: u32) -> u32 {
    let mut sum = 0;
    for row in 0..SIDE {
        let columns = row * stride..row * stride + SIDE;
        let (Some(a), Some(b)) = (a.get(columns.clone()), b.get(columns)) else { break };
        sum += a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>();
        if sum >= limit {
            break;
        }
    }
    sum
}

type Block = [[f32; BLOCK]; BLOCK];

wide! {
    /// The displacement to a fraction of a sample and its standard error, or nothing where the block shows none.
    fn refine(
        first: &LumaLevel<u16>,
        second: &LumaLevel<u16>,
        at: [usize; 2],
        start: (i32, i32),
    ) -> Option<([f32; 2], f32)> {
        const N: f32 = (BLOCK * BLOCK) as f32;
        let mut template = read(first, at[0] as f32, at[1] as f32);
        let contrast = centre(&mut template);
        // Gradients with the mean taken out, as the residual's is.
        let mut gradients = [[[0.0; BLOCK]; BLOCK]; 2];
        gradient(first, at, &mut gradients);
        let [gx, gy] = &mut gradients;
        centre(gx);
        centre(gy);
        let (xx, xy, yy) = (dot(gx, gx), dot(gx, gy), dot(gy, gy));
        let weakest = f32::midpoint(xx, yy) - (f32::midpoint(xx, -yy).powi(2) + xy * xy).sqrt();
        if contrast <= 0.0 || weakest < LEAST_TEXTURE * N {
            return None;
        }
        let determinant = xx * yy - xy * xy;
        let start = [start.0 as f32, start.1 as f32];
        let mut d = start;
        let mut residual = f32::INFINITY;
        for _ in 0..ITERATIONS {
            let mut moved = read(second, at[0] as f32 + d[0], at[1] as f32 + d[1]);
            let seen = centre(&mut moved);
            if seen <= 0.0 {
                return None;
            }
            let gain = (contrast / seen).sqrt();
            for (row, template) in moved.iter_mut().zip(&template) {
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

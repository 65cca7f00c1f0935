//! Motion between two pictures: hierarchical block matching, then a sub-pixel refinement of each block.
//!
//! Coarse to fine over a pyramid, each block tries the vectors of its neighbours (as in the predictive searches of video
//! coders) and keeps the one with the smallest sum of absolute differences; the finest level is refined.

use super::luma::{LumaLevel, LumaPyramid};
use super::template::{BLOCK, Template};

/// Side of the window compared on coarser levels.
const COARSE_WINDOW: usize = 12;
/// Reach of the full search on the coarsest level, in its samples: a tenth of the longer side of a picture, as a rule.
const REACH: i32 = 4;
/// Reach of the search for where the picture as a whole went, in samples of the coarsest level: a third of the longer side. Where a decoder
/// leaves frames out, a pan of 20 pixels a frame is one of 80 from a frame to the next.
const FAR: i32 = 13;
/// Steps from no motion at all that are tried on the finest level.
const NEAR: usize = 8;

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
    let coarsest = first.levels.len() - 1;
    let far = far_shift(&first.levels[coarsest], &lit[coarsest]);
    let matched = |level: usize, block: usize, coarser: &[(i32, i32)]| {
        let known = if level == coarsest { Known::Far(far) } else { Known::Coarser(coarser) };
        match_block([&first.levels[level], &lit[level]], finest, level, block, &known)
    };
    for level in (1..=coarsest).rev() {
        vectors = (0..vectors.len()).map(|block| matched(level, block, &vectors)).collect();
    }
    let factor = first.factor as f64;
    // Blocks are centred on the picture; what does not fill one is left at the sides.
    let mut blocks: Vec<BlockMotion> = (0..columns * rows)
        .map(|i| {
            let at = corner(finest, i, columns);
            // On the finest level nobody asks a block that shows nothing where it went.
            let refined = Template::new(&first.finest, at)
                .and_then(|template| template.find(&second.finest, at, matched(0, i, &vectors)));
            BlockMotion {
                centre: at.map(|c| (c as f64 + BLOCK as f64 / 2.0) * factor),
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

/// Where the coarsest level as a whole went, should that be out of its blocks' own reach: the shift of the least mean difference where the two
/// pictures overlap, if it is less by a third than that of every shift within reach.
fn far_shift(first: &LumaLevel, second: &LumaLevel) -> Option<(i32, i32)> {
    let far = |side: usize| FAR.min((side / 3) as i32);
    // Mean difference and shift, within reach and beyond.
    let mut best = [(f64::INFINITY, (0, 0)); 2];
    for dy in -far(first.height)..=far(first.height) {
        for dx in -far(first.width)..=far(first.width) {
            let (columns, rows) =
                (first.width - dx.unsigned_abs() as usize, first.height - dy.unsigned_abs() as usize);
            let start = |dx: i32, dy: i32| dy.max(0) as usize * first.width + dx.max(0) as usize;
            let lines = first.data[start(-dx, -dy)..]
                .chunks(first.width)
                .zip(second.data[start(dx, dy)..].chunks(first.width));
            let sum: u32 = lines.take(rows).map(|(a, b)| apart(&a[..columns], &b[..columns])).sum();
            let mean = f64::from(sum) / (columns * rows) as f64;
            let best = &mut best[usize::from(dx.abs().max(dy.abs()) > REACH)];
            if mean < best.0 {
                *best = (mean, (dx, dy));
            }
        }
    }
    let [near, far] = best;
    (3.0 * far.0 <= 2.0 * near.0 && far.0 < near.0).then_some(far.1)
}

/// What the search of a block starts from.
enum Known<'a> {
    /// The vectors of the level above.
    Coarser(&'a [(i32, i32)]),
    /// On the coarsest level nothing but where the picture as a whole went, if that is far.
    Far(Option<(i32, i32)>),
}

/// The best whole vector of a block, in samples of this level, from those of the level above; without one everywhere near is tried.
fn match_block(
    [first, second]: [&LumaLevel; 2],
    finest: &LumaLevel,
    level: usize,
    block: usize,
    known: &Known<'_>,
) -> (i32, i32) {
    let (columns, rows) = (finest.width / BLOCK, finest.height / BLOCK);
    let side = if level == 0 { BLOCK } else { COARSE_WINDOW };
    let centre = corner(finest, block, columns).map(|c| (c + BLOCK / 2) >> level);
    let at = [
        centre[0].saturating_sub(side / 2).min(first.width.saturating_sub(side)),
        centre[1].saturating_sub(side / 2).min(first.height.saturating_sub(side)),
    ];
    let window = Window { first, second, at, side };
    let still = (window.cost((0, 0), u32::MAX), (0, 0));
    let mut best = still;
    let mut attempt = |vector| {
        let cost = window.cost(vector, best.0);
        if cost < best.0 {
            best = (cost, vector);
        }
    };
    let coarser = match *known {
        Known::Coarser(coarser) => coarser,
        Known::Far(far) => {
            for y in -REACH..=REACH {
                for x in -REACH..=REACH {
                    attempt((x, y));
                }
            }
            if let Some((far_x, far_y)) = far {
                for y in far_y - 1..=far_y + 1 {
                    for x in far_x - 1..=far_x + 1 {
                        attempt((x, y));
                    }
                }
            }
            return best.1;
        }
    };
    let (column, row) = (block % columns, block / columns);
    let mut tried = [(0, 0); 6];
    let mut count = 1;
    let neighbours = [
        Some(block),
        (column > 0).then(|| block - 1),
        (column + 1 < columns).then(|| block + 1),
        (row > 0).then(|| block - columns),
        (row + 1 < rows).then(|| block + columns),
    ];
    for neighbour in neighbours.into_iter().flatten() {
        let vector = (2 * coarser[neighbour].0, 2 * coarser[neighbour].1);
        if !tried[..count].contains(&vector) {
            tried[count] = vector;
            count += 1;
            attempt(vector);
        }
    }
    // The coarse vector is right to half a coarse sample: look around the best, and around what that gives.
    best = window.descend(best, 2);
    // Coarse levels take a fine pattern that repeats for another one; what is near at hand is tried as well.
    if level == 0 {
        let near = window.descend(still, NEAR);
        if near.0 <= best.0 {
            best = near;
        }
    }
    best.1
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
        sum += apart(a, b);
        if sum >= limit {
            break;
        }
    }
    sum
}

/// Sum of absolute differences.
#[inline]
fn apart(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
}

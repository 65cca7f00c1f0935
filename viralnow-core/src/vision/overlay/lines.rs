//! Lines of writing in a picture, by its strokes: a cheap look that says where reading is worth its cost.
//!
//! Writing is a row of strokes, each of which gets brighter on one side and darker on the other: within a few pixels there are
//! as many rises as falls, and above and below the row there are hardly any. (Edges and their density are the oldest features
//! for it: Wu, Manmatha & Riseman 1999; Sato et al. 1999 for video.) Several thresholds, the highest first, let captions
//! stand out from whatever texture is behind them; a pyramid makes large writing small.

use crate::dsp::wide::wide;
use crate::imaging::{GrayImage, halved};

/// Side of a cell, in pixels.
const CELL: usize = 4;
/// Cells to each side that are looked at together: strokes and the gaps between words.
const REACH: usize = 2;
/// Rises and falls, each, that the cells of a window have.
const STROKES: u16 = 6;
/// Thresholds on the difference of two pixels that are two apart.
const THRESHOLDS: [i16; 3] = [104, 56, 30];
/// Height of a line on one level of the pyramid, in pixels.
const LOWEST: usize = 7;
const HIGHEST: usize = 44;
/// Levels of the pyramid; the coarsest has lines of up to 176 pixels.
const LEVELS: u32 = 3;
/// Lines of a picture at most, and pieces of them.
const MOST: usize = 32;
const PIECES: usize = 256;

/// A line of writing, perhaps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Left, top, right, bottom, in pixels.
    pub(super) bounds: [usize; 4],
    /// Strokes: rises and falls in one row, and how far they stand out of what lies above and below, in [0, 1].
    pub(super) likeness: f32,
}

impl Line {
    pub(super) fn height(&self) -> usize {
        self.bounds[3] - self.bounds[1]
    }

    pub(super) fn width(&self) -> usize {
        self.bounds[2] - self.bounds[0]
    }

    /// What is worth more attention: likely writing, and longer.
    pub(super) fn rank(&self) -> f32 {
        self.likeness * (self.width() as f32 / self.height() as f32).min(8.0)
    }
}

/// Finds lines; keeps its buffers from picture to picture: some five bytes a pixel.
#[derive(Debug, Default)]
pub(super) struct LineFinder {
    differences: Vec<i16>,
    /// Rises and falls in each cell.
    cells: [Vec<u16>; 2],
    mask: Vec<bool>,
    stack: Vec<usize>,
}

impl LineFinder {
    /// The lines, the most striking first.
    pub(super) fn find(&mut self, picture: &GrayImage) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut level = None;
        for scale in 0..LEVELS {
            let picture = level.as_ref().unwrap_or(picture);
            if picture.width < 4 * CELL || picture.height < 2 * CELL {
                break;
            }
            self.differences(picture);
            for threshold in THRESHOLDS {
                self.at(picture.width, picture.height, threshold, scale, &mut lines);
            }
            level = Some(halved(picture));
        }
        let mut lines = join(lines);
        lines.sort_by(|a, b| b.rank().total_cmp(&a.rank()));
        lines.truncate(MOST);
        lines
    }

    /// How much brighter the pixel to the right is than the one to the left.
    fn differences(&mut self, picture: &GrayImage) {
        self.differences.clear();
        self.differences.resize(picture.width * picture.height, 0);
        let rows = picture.data.chunks_exact(picture.width);
        for (row, out) in rows.zip(self.differences.chunks_exact_mut(picture.width)) {
            rises_of(row, &mut out[1..]);
        }
    }

    /// Adds the lines of one threshold that lie where none is yet.
    fn at(&mut self, width: usize, height: usize, threshold: i16, scale: u32, lines: &mut Vec<Line>) {
        let (columns, rows) = (width / CELL, height / CELL);
        self.count(width, threshold, columns, rows);
        self.mark(columns, rows);
        for start in 0..self.mask.len() {
            if lines.len() >= PIECES {
                return;
            }
            if !self.mask[start] {
                continue;
            }
            let [left, top, right, bottom] = self.flood(start, columns);
            // The window reaches further than the strokes do; a row of cells more, for what stands out of it.
            let area = [
                left * CELL,
                top.saturating_sub(1) * CELL,
                (right * CELL).min(width),
                ((bottom + 1) * CELL).min(height),
            ];
            if (area[3] - area[1]) < LOWEST {
                continue;
            }
            self.split(area, width, height, threshold, scale, lines);
        }
    }

    /// Rises and falls in each cell.
    fn count(&mut self, width: usize, threshold: i16, columns: usize, rows: usize) {
        let mut sums = [vec![0u8; width], vec![0u8; width]];
        for cells in &mut self.cells {
            cells.clear();
            cells.reserve(columns * rows);
        }
        for band in self.differences.chunks_exact(width * CELL).take(rows) {
            let [rises, falls] = &mut sums;
            rises.fill(0);
            falls.fill(0);
            for row in band.chunks_exact(width) {
                count_edges(row, threshold, rises, falls);
            }
            for (cells, sums) in self.cells.iter_mut().zip(&sums) {
                let cell = |cell: &[u8; CELL]| cell.iter().map(|&n| u16::from(n)).sum::<u16>();
                cells.extend(sums.as_chunks::<CELL>().0.iter().map(cell));
            }
        }
    }

    /// The cells in whose window there are enough of both.
    fn mark(&mut self, columns: usize, rows: usize) {
        self.mask.clear();
        self.mask.resize(columns * rows, false);
        let [rises, falls] = &self.cells;
        for r in 0..rows {
            let (rises, falls) = (&rises[r * columns..][..columns], &falls[r * columns..][..columns]);
            let (mut rise, mut fall) = (0, 0);
            let take = |at: usize, of: &[u16]| of.get(at).copied().unwrap_or(0);
            for c in 0..columns + REACH {
                rise += take(c, rises);
                fall += take(c, falls);
                if let Some(gone) = c.checked_sub(2 * REACH + 1) {
                    rise -= take(gone, rises);
                    fall -= take(gone, falls);
                }
                if let Some(middle) = c.checked_sub(REACH) {
                    self.mask[r * columns + middle] = rise.min(fall) >= STROKES;
                }
            }
        }
    }

    /// Takes the marked cells that hang together with one off the mask; left, top, right and bottom, in cells.
    fn flood(&mut self, start: usize, columns: usize) -> [usize; 4] {
        let mut bounds = [usize::MAX, usize::MAX, 0, 0];
        self.mask[start] = false;
        self.stack.push(start);
        while let Some(at) = self.stack.pop() {
            let (c, r) = (at % columns, at / columns);
            bounds = [bounds[0].min(c), bounds[1].min(r), bounds[2].max(c + 1), bounds[3].max(r + 1)];
            let sides = [
                (c > 0).then(|| at - 1),
                (c + 1 < columns).then_some(at + 1),
                at.checked_sub(columns),
                Some(at + columns).filter(|&below| below < self.mask.len()),
            ];
            for side in sides.into_iter().flatten() {
                if std::mem::take(&mut self.mask[side]) {
                    self.stack.push(side);
                }
            }
        }
        bounds
    }

    /// Rows of strokes within an area, cut where there are few.
    fn split(
        &self,
        [left, top, right, bottom]: [usize; 4],
        width: usize,
        height: usize,
        threshold: i16,
        scale: u32,
        lines: &mut Vec<Line>,
    ) {
        let edges_in = |r: usize, left: usize, right: usize| {
            self.differences[r * width..][left..right].iter().filter(|d| d.abs() >= threshold).count()
        };
        let rows: Vec<usize> = (top..bottom).map(|r| edges_in(r, left, right)).collect();
        let most = rows.iter().copied().max().unwrap_or(0);
        let few = most / 6;
        let mut from = None;
        for r in top..=bottom {
            let inside = r < bottom && rows[r - top] > few;
            match (inside, from) {
                (true, None) => from = Some(r),
                (false, Some(first)) => {
                    from = None;
                    if (LOWEST..=HIGHEST).contains(&(r - first)) {
                        self.words([left, first, right, r], width, height, threshold, scale, lines);
                    }
                }
                _ => {}
            }
        }
    }

    /// The parts of one row of strokes that stand apart, each a line when it looks like one.
    fn words(
        &self,
        [left, top, right, bottom]: [usize; 4],
        width: usize,
        height: usize,
        threshold: i16,
        scale: u32,
        lines: &mut Vec<Line>,
    ) {
        let tall = bottom - top;
        let edges =
            |c: usize| (top..bottom).filter(|r| self.differences[r * width + c].abs() >= threshold).count();
        let counts: Vec<usize> = (left..right).map(edges).collect();
        let mut from: Option<(usize, usize)> = None;
        for c in 0..=counts.len() {
            let inside = c < counts.len() && counts[c] > 0;
            match (inside, from) {
                (true, None) => from = Some((c, c)),
                (true, Some((first, _))) => from = Some((first, c)),
                (false, Some((first, last))) if c == counts.len() || c - last > 2 * tall => {
                    from = None;
                    let bounds = [left + first, top, left + last + 1, bottom];
                    if lines.len() < PIECES
                        && let Some(likeness) = self.likeness(bounds, width, height, threshold)
                    {
                        add(bounds, scale, likeness, lines);
                    }
                }
                _ => {}
            }
        }
    }

    /// How much an area looks like a line; nothing when it does not.
    fn likeness(
        &self,
        [left, top, right, bottom]: [usize; 4],
        width: usize,
        height: usize,
        threshold: i16,
    ) -> Option<f32> {
        let (wide, tall) = (right - left, bottom - top);
        if 2 * wide < tall {
            return None;
        }
        let count = |rows: std::ops::Range<usize>| {
            let (mut rises, mut falls) = (0usize, 0usize);
            for row in rows.clone().map(|r| &self.differences[r * width..][left..right]) {
                rises += row.iter().filter(|&&d| d >= threshold).count();
                falls += row.iter().filter(|&&d| d <= -threshold).count();
            }
            (rises, falls, (rises + falls) as f32 / (rows.len() * wide).max(1) as f32)
        };
        let (rises, falls, density) = count(top..bottom);
        if rises.min(falls) * 2 < rises.max(falls) || density < 0.04 {
            return None;
        }
        let band = (tall / 4).max(2);
        let above = count(top.saturating_sub(band)..top).2;
        let below = count(bottom..(bottom + band).min(height)).2;
        let apart = 1.0 - above.max(below) / density;
        (apart >= 0.4).then_some(apart * (density * 5.0).min(1.0))
    }
}

wide! {
    /// How much brighter each pixel's right neighbour is than its left one, from the second pixel on.
    fn rises_of(row: &[u8], out: &mut [i16]) {
        for ((out, &left), &right) in out.iter_mut().zip(row).zip(&row[2..]) {
            *out = i16::from(right) - i16::from(left);
        }
    }
}

wide! {
    /// Adds to each column whether it rises, and whether it falls, by the threshold or more in this row.
    fn count_edges(row: &[i16], threshold: i16, rises: &mut [u8], falls: &mut [u8]) {
        for ((rise, fall), &difference) in rises.iter_mut().zip(falls).zip(row) {
            *rise += u8::from(difference >= threshold);
            *fall += u8::from(difference <= -threshold);
        }
    }
}

/// Adds a line, unless it lies on one that is there.
fn add(bounds: [usize; 4], scale: u32, likeness: f32, lines: &mut Vec<Line>) {
    let line = Line { bounds: bounds.map(|side| side << scale), likeness };
    let area = |line: &Line| line.width() * line.height();
    // A coarser level may find the whole of a letter that a finer one has found a stroke of.
    lines.retain(|other| {
        let stroke = area(other) * 4 < area(&line) && line.likeness >= 0.8 * other.likeness;
        !(stroke && shared(&line.bounds, &other.bounds) * 10 > area(other) * 7)
    });
    let mut meets =
        lines.iter().filter(|other| shared(&line.bounds, &other.bounds) * 3 > area(&line).min(area(other)));
    // Or more of the same line.
    if meets.all(|other| beside(&line, other)) {
        lines.push(line);
    }
}

/// Whether two pieces belong to one line: about as high, at one height, and no further apart than words are.
fn beside(a: &Line, b: &Line) -> bool {
    let (low, high) = (a.height().min(b.height()), a.height().max(b.height()));
    let overlap = a.bounds[3].min(b.bounds[3]).saturating_sub(a.bounds[1].max(b.bounds[1]));
    let gap = a.bounds[0].max(b.bounds[0]).saturating_sub(a.bounds[2].min(b.bounds[2]));
    high <= 2 * low && 3 * overlap >= 2 * low && 10 * gap <= 9 * high
}

/// Joins pieces to lines.
fn join(mut pieces: Vec<Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    while let Some(mut line) = pieces.pop() {
        while let Some(at) = pieces.iter().position(|piece| beside(&line, piece)) {
            let piece = pieces.swap_remove(at);
            let (wide, more) = (line.width() as f32, piece.width() as f32);
            line.likeness = (line.likeness * wide + piece.likeness * more) / (wide + more);
            for k in 0..2 {
                line.bounds[k] = line.bounds[k].min(piece.bounds[k]);
                line.bounds[k + 2] = line.bounds[k + 2].max(piece.bounds[k + 2]);
            }
        }
        lines.push(line);
    }
    lines
}

/// Pixels that two areas share.
pub(super) fn shared(a: &[usize; 4], b: &[usize; 4]) -> usize {
    let side = |k: usize| a[k + 2].min(b[k + 2]).saturating_sub(a[k].max(b[k]));
    side(0) * side(1)
}

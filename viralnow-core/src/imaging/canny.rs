//! Edges: Canny's detector as `OpenCV` computes it for 8-bit samples (3 x 3 Sobel, sum of magnitudes), to the bit.

use super::picture::GrayImage;
use crate::Result;

/// tan(22.5 degrees) times 2^15.
const TAN_22: i32 = 13573;
const SHIFT: u32 = 15;

/// What is known of a pixel.
const MAYBE: u8 = 0;
const NO: u8 = 1;
const EDGE: u8 = 2;

/// Finds edges; keeps its buffers (11 bytes a pixel) from picture to picture.
///
/// ```
/// use viralnow_core::imaging::{Canny, GrayImage};
/// let half = GrayImage { width: 8, height: 4, data: [[0, 0, 0, 0, 200, 200, 200, 200]; 4].concat() };
/// let mut edges = Vec::new();
/// Canny::default().edges(&half, 100, 200, &mut edges)?;
/// assert_eq!(edges[..8], [0, 0, 0, 255, 0, 0, 0, 0]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Canny {
    /// Sobel's derivatives, right and down.
    right: Vec<i16>,
    down: Vec<i16>,
    /// Their sum of magnitudes, with a border of zeros.
    magnitude: Vec<u16>,
    /// What is known, with a border of "no".
    marks: Vec<u8>,
    /// Edges whose neighbours are not looked at yet.
    open: Vec<usize>,
}

impl Canny {
    /// Fills `out` with 255 on edges and 0 elsewhere: ridges of the magnitude above `low` that touch, over others, one
    /// above `high`. J. Canny, "A computational approach to edge detection", 1986.
    ///
    /// Fails with `INVALID_INPUT` for a picture without samples or of another length than its sides say.
    pub fn edges(&mut self, image: &GrayImage, low: u32, high: u32, out: &mut Vec<u8>) -> Result<()> {
        image.check()?;
        self.find(&image.data, image.width, low, high, out);
        Ok(())
    }

    /// The same on rows of `width` samples, at least one of them.
    pub(crate) fn find(&mut self, data: &[u8], width: usize, low: u32, high: u32, out: &mut Vec<u8>) {
        let height = data.len() / width;
        let (low, high) = (low.min(high), low.max(high));
        self.derive(data, width, height);
        self.thin(width, height, low, high);
        self.follow(width + 2);
        out.clear();
        for row in self.marks.chunks_exact(width + 2).skip(1).take(height) {
            out.extend(row[1..=width].iter().map(|&mark| if mark == EDGE { 255 } else { 0 }));
        }
    }

    /// Derivatives and magnitude; the picture goes on beyond its border as it ends there.
    fn derive(&mut self, data: &[u8], width: usize, height: usize) {
        self.right.resize(width * height, 0);
        self.down.resize(width * height, 0);
        let padded = width + 2;
        self.magnitude.clear();
        self.magnitude.resize(padded * (height + 2), 0);
        let row = |r: usize| &data[r * width..][..width];
        for r in 0..height {
            let (above, here, below) = (row(r.saturating_sub(1)), row(r), row((r + 1).min(height - 1)));
            let right = &mut self.right[r * width..][..width];
            let down = &mut self.down[r * width..][..width];
            let at = |row: &[u8], c: usize| i16::from(row[c]);
            let mut set = |c: usize, before: usize, after: usize| {
                right[c] = at(above, after) - at(above, before)
                    + 2 * (at(here, after) - at(here, before))
                    + at(below, after)
                    - at(below, before);
                down[c] = at(below, before) - at(above, before)
                    + 2 * (at(below, c) - at(above, c))
                    + at(below, after)
                    - at(above, after);
            };
            set(0, 0, 1.min(width - 1));
            for c in 1..width.saturating_sub(1) {
                set(c, c - 1, c + 1);
            }
            set(width - 1, width.saturating_sub(2), width - 1);
            let out = &mut self.magnitude[(r + 1) * padded + 1..][..width];
            for ((out, right), down) in out.iter_mut().zip(&*right).zip(&*down) {
                *out = right.unsigned_abs() + down.unsigned_abs();
            }
        }
    }

    /// Keeps the ridges: what is larger than its neighbours across the edge.
    fn thin(&mut self, width: usize, height: usize, low: u32, high: u32) {
        let padded = width + 2;
        self.marks.clear();
        self.marks.resize(padded * (height + 2), NO);
        self.open.clear();
        for r in 0..height {
            for c in 0..width {
                let at = (r + 1) * padded + c + 1;
                let here = self.magnitude[at];
                if u32::from(here) <= low {
                    continue;
                }
                let (right, down) = (self.right[r * width + c], self.down[r * width + c]);
                let (x, y) = (i32::from(right.unsigned_abs()), i32::from(down.unsigned_abs()) << SHIFT);
                let shallow = x * TAN_22;
                let m = &self.magnitude;
                let ridge = if y < shallow {
                    here > m[at - 1] && here >= m[at + 1]
                } else if y > shallow + (x << (SHIFT + 1)) {
                    here > m[at - padded] && here >= m[at + padded]
                } else if (right < 0) == (down < 0) {
                    here > m[at - padded - 1] && here > m[at + padded + 1]
                } else {
                    here > m[at - padded + 1] && here > m[at + padded - 1]
                };
                if ridge && u32::from(here) > high {
                    self.marks[at] = EDGE;
                    self.open.push(at);
                } else if ridge {
                    self.marks[at] = MAYBE;
                }
            }
        }
    }

    /// What touches an edge and may be one is one.
    fn follow(&mut self, padded: usize) {
        while let Some(at) = self.open.pop() {
            for row in [at - padded, at, at + padded] {
                for near in row - 1..=row + 1 {
                    if self.marks[near] == MAYBE {
                        self.marks[near] = EDGE;
                        self.open.push(near);
                    }
                }
            }
        }
    }
}

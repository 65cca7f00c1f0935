//! Tiny pictures: the small one in cells, and how much two of them differ.

use super::frame::ShotFrame;
use crate::dsp::wide::wide;
use crate::imaging::{RgbImage, add_row};

/// Cells along the longer side.
const CELLS: usize = 32;
/// Cells that a thing may move from one picture to the next and still be the same.
const REACH: usize = 2;

/// Most that a cell counts when motion does not explain it, in all three colours, so that a thing that rushes by in a part of
/// the picture is less than a change of all of it.
const MOST: u16 = 3 * 48;

/// Means over square cells, blue, green and red one after the other; 1 to 32 cells along each side. What is left over at
/// the right and at the bottom does not count.
#[derive(Debug, Default)]
pub(super) struct Thumb {
    width: usize,
    height: usize,
    samples: Vec<u8>,
    /// Mean of all samples, 0 to 255.
    pub(super) mean: f32,
    /// Standard deviation within a colour, over all three.
    pub(super) spread: f32,
}

/// Makes tiny pictures; keeps one row of sums.
#[derive(Debug, Default)]
pub(super) struct Thumbs {
    sums: Vec<u16>,
}

impl Thumbs {
    /// Of a picture that has been checked.
    pub(super) fn make(&mut self, frame: &ShotFrame<'_>, out: &mut Thumb) {
        // At most 255 rows of bytes go into a sum of 16 bits; larger pictures are not looked at in full.
        let cell = (frame.width.max(frame.height) / CELLS).clamp(1, 255);
        let side = |n: usize| (n / cell).clamp(1, CELLS);
        (out.width, out.height) = (side(frame.width), side(frame.height));
        let (across, down) = (cell.min(frame.width), cell.min(frame.height));
        let (row, used) = (3 * frame.width, 3 * out.width * across);
        let cells = out.width * out.height;
        out.samples.resize(3 * cells, 0);
        let area = (across * down) as u32;
        for y in 0..out.height {
            self.sums.clear();
            self.sums.resize(used, 0);
            for line in frame.bgr[y * down * row..].chunks_exact(row).take(down) {
                add_row(&mut self.sums, line);
            }
            for (x, group) in self.sums.chunks_exact(3 * across).enumerate() {
                let mut total = [0u32; 3];
                for pixel in group.as_chunks::<3>().0 {
                    for (total, &sum) in total.iter_mut().zip(pixel) {
                        *total += u32::from(sum);
                    }
                }
                for (colour, total) in total.into_iter().enumerate() {
                    out.samples[colour * cells + y * out.width + x] = ((total + area / 2) / area) as u8;
                }
            }
        }
        let (mut mean, mut variance) = (0.0, 0.0);
        for plane in out.samples.chunks_exact(cells) {
            let sum: u32 = plane.iter().map(|&v| u32::from(v)).sum();
            let squares: u32 = plane.iter().map(|&v| u32::from(v) * u32::from(v)).sum();
            let here = sum as f32 / cells as f32;
            mean += here / 3.0;
            variance += (squares as f32 / cells as f32 - here * here).max(0.0) / 3.0;
        }
        (out.mean, out.spread) = (mean, variance.sqrt());
    }
}

impl Thumb {
    pub(super) fn same_size(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height)
    }

    /// As a picture of one pixel a cell.
    pub(super) fn to_rgb(&self) -> RgbImage {
        let (blue, rest) = self.samples.split_at(self.width * self.height);
        let (green, red) = rest.split_at(self.width * self.height);
        let data = red.iter().zip(green).zip(blue).flat_map(|((&r, &g), &b)| [r, g, b]).collect();
        RgbImage { width: self.width, height: self.height, data }
    }

    /// How many samples it has.
    pub(super) fn samples(&self) -> usize {
        self.samples.len()
    }

    /// Mean absolute difference of the samples, 0 to 255; of pictures of different sizes 0.
    pub(super) fn difference(&self, other: &Self) -> f32 {
        if !self.same_size(other) || self.samples.is_empty() {
            return 0.0;
        }
        let sum: u32 = self.samples.iter().zip(&other.samples).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        sum as f32 / self.samples.len() as f32
    }

    /// Share of the samples that are darker than in `other` by more than some noise.
    pub(super) fn darker(&self, other: &Self) -> f32 {
        let pairs = self.samples.iter().zip(&other.samples);
        let darker: u32 = pairs.map(|(here, there)| u32::from(there.saturating_sub(*here) > 8)).sum();
        darker as f32 / self.samples.len().max(1) as f32
    }

    /// Products of the differences from `origin`: of this with `end`, and of this with itself.
    pub(super) fn products(&self, origin: &Self, end: &Self) -> (i32, i32) {
        products(&self.samples, &origin.samples, &end.samples)
    }

    /// How evenly the difference is spread over the picture: 1 where it is the same everywhere, the share of the picture where
    /// it is in one part alone.
    pub(super) fn spread_over(&self, other: &Self) -> f32 {
        let (mut sum, mut squares) = (0u32, 0u32);
        for (a, b) in self.samples.iter().zip(&other.samples) {
            let difference = u32::from(a.abs_diff(*b));
            sum += difference;
            squares += difference * difference;
        }
        let sum = sum as f32;
        sum * sum / (self.samples.len() as f32 * squares.max(1) as f32)
    }

    /// Covariance of the samples within a colour, over all three; of a picture with itself the square of the spread.
    pub(super) fn covariance(&self, other: &Self) -> f32 {
        let cells = self.width * self.height;
        let planes = self.samples.chunks_exact(cells).zip(other.samples.chunks_exact(cells));
        let of_plane = |(a, b): (&[u8], &[u8])| {
            let sum = |plane: &[u8]| plane.iter().map(|&v| u32::from(v)).sum::<u32>() as f32;
            let cross: u32 = a.iter().zip(b).map(|(&a, &b)| u32::from(a) * u32::from(b)).sum();
            let n = cells as f32;
            cross as f32 / n - sum(a) / n * (sum(b) / n)
        };
        planes.map(of_plane).sum::<f32>() / 3.0
    }
}

wide! {
    fn products(here: &[u8], origin: &[u8], end: &[u8]) -> (i32, i32) {
        let (mut with_end, mut with_self) = (0, 0);
        // A loop: what an iterator's method calls is compiled without the wide registers, and called for each sample.
        for ((&here, &origin), &end) in here.iter().zip(origin).zip(end) {
            // Differences of 16 bits and products of 32 are one instruction.
            let here = i16::from(here) - i16::from(origin);
            let end = i16::from(end) - i16::from(origin);
            let (here, end) = (i32::from(here), i32::from(end));
            with_end += here * end;
            with_self += here * here;
        }
        (with_end, with_self)
    }
}

/// Differences that motion does not explain; keeps the space for one picture with a border.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    bordered: Vec<u8>,
    sums: Vec<u16>,
    best: Vec<u16>,
}

impl Matcher {
    /// Mean of both ways: what is new in one picture may be made of things of the other, not so the other way around.
    pub(super) fn either_way(&mut self, a: &Thumb, b: &Thumb) -> f32 {
        f32::midpoint(self.unexplained(a, b), self.unexplained(b, a))
    }

    /// Mean over the cells of `here` of the least absolute difference from a cell of `before` at most two cells away, 0 to
    /// 48; of pictures of different sizes 0.
    fn unexplained(&mut self, before: &Thumb, here: &Thumb) -> f32 {
        if !before.same_size(here) || here.samples.is_empty() {
            return 0.0;
        }
        let (width, height) = (here.width, here.height);
        let (wide, cells) = (width + 2 * REACH, width * height);
        self.bordered.clear();
        for plane in before.samples.chunks_exact(cells) {
            for y in 0..height + 2 * REACH {
                let row = &plane[y.saturating_sub(REACH).min(height - 1) * width..][..width];
                self.bordered.extend([row[0]; REACH]);
                self.bordered.extend_from_slice(row);
                self.bordered.extend([row[width - 1]; REACH]);
            }
        }
        let plane = wide * (height + 2 * REACH);
        self.best.clear();
        self.best.resize(cells, u16::MAX);
        self.sums.resize(width, 0);
        for y in 0..height {
            let best = &mut self.best[y * width..][..width];
            for dy in 0..=2 * REACH {
                for dx in 0..=2 * REACH {
                    self.sums.fill(0);
                    for colour in 0..3 {
                        let old = &self.bordered[colour * plane + (y + dy) * wide + dx..][..width];
                        let new = &here.samples[colour * cells + y * width..][..width];
                        for ((sum, a), b) in self.sums.iter_mut().zip(old).zip(new) {
                            *sum += u16::from(a.abs_diff(*b));
                        }
                    }
                    for (best, &sum) in best.iter_mut().zip(&self.sums) {
                        *best = sum.min(*best);
                    }
                }
            }
        }
        let sum: u32 = self.best.iter().map(|&v| u32::from(v.min(MOST))).sum();
        sum as f32 / (3 * cells) as f32
    }
}

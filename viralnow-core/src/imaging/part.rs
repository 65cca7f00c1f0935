//! The brightness of a part of a picture, upright and made smaller.

use super::blocks::{add_blocks, add_row, halve_row, means};
use super::convert::turn;
use super::luma::luma_of;
use super::picture::{GrayImage, Picture, Rotation};
use super::yuv::row;

impl Picture<'_> {
    /// Columns and rows of the whole picture, upright, when `factor` by `factor` pixels become one: what is left over at the
    /// right and at the bottom (as coded) is dropped. A side shorter than `factor` gives nothing.
    ///
    /// ```
    /// use viralnow_core::imaging::{RgbImage, Rotation};
    /// let picture = RgbImage { width: 1920, height: 1081, data: vec![0; 1920 * 1081 * 3] };
    /// assert_eq!(picture.as_picture().upright_size(Rotation::Clockwise90, 2), (540, 960));
    /// ```
    #[must_use]
    pub fn upright_size(&self, rotation: Rotation, factor: usize) -> (usize, usize) {
        let (width, height) = (self.width() / factor.max(1), self.height() / factor.max(1));
        if rotation.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// The brightness of a part, upright: means over `factor` by `factor` pixels, 1 to 16. `part` is left, top, columns and rows
    /// within [`Picture::upright_size`]; what lies outside is left out. YUV gives its luma as coded, RGB that of ITU-R BT.601.
    ///
    /// ```
    /// use viralnow_core::imaging::{RgbImage, Rotation};
    /// let picture = RgbImage { width: 4, height: 2, data: [[9; 3], [9; 3], [50; 3], [70; 3]].concat().repeat(2) };
    /// let part = picture.as_picture().luma_part(Rotation::Half, 2, [0, 0, 1, 5]);
    /// assert_eq!((part.width, part.height, part.data), (1, 1, vec![60]));
    /// ```
    #[must_use]
    pub fn luma_part(&self, rotation: Rotation, factor: usize, part: [usize; 4]) -> GrayImage {
        let factor = factor.clamp(1, 16);
        let (width, height) = self.upright_size(rotation, factor);
        let (left, top) = (part[0].min(width), part[1].min(height));
        let (right, bottom) =
            (left.saturating_add(part[2]).min(width), top.saturating_add(part[3]).min(height));
        let (columns, rows) = match rotation {
            Rotation::None => (left..right, top..bottom),
            Rotation::Half => (width - right..width - left, height - bottom..height - top),
            Rotation::Clockwise90 => (top..bottom, width - right..width - left),
            Rotation::Clockwise270 => (height - bottom..height - top, left..right),
        };
        let mut data = vec![0; columns.len() * rows.len()];
        let halves = match self {
            Picture::Yuv420 { y, .. } if factor == 2 => Some(y),
            _ => None,
        };
        let general = if factor == 1 || halves.is_some() { 0 } else { columns.len() };
        let mut sums = vec![0u16; general * factor];
        let (mut blocks, mut row_means) = (vec![0u32; general], vec![0u16; general]);
        let mut luma = Vec::new();
        let (first, count) = (columns.start * factor, columns.len() * factor);
        for (r, out) in rows.clone().zip(data.chunks_exact_mut(columns.len().max(1))) {
            if factor == 1 {
                out.copy_from_slice(self.luma_row(r, first, count, &mut luma));
                continue;
            }
            if let Some(y) = halves {
                let sample_row = |r: usize| &row(y, r, first + count)[first..];
                halve_row(sample_row(2 * r), sample_row(2 * r + 1), out);
                continue;
            }
            sums.fill(0);
            blocks.fill(0);
            for r in r * factor..(r + 1) * factor {
                add_row(&mut sums, self.luma_row(r, first, count, &mut luma));
            }
            add_blocks(&sums, factor, &mut blocks);
            means(&blocks, (factor * factor) as u32, 0, &mut row_means);
            for (out, &mean) in out.iter_mut().zip(&row_means) {
                *out = mean as u8;
            }
        }
        let (data, width, height) = turn::<1>(data, columns.len(), rows.len(), rotation);
        GrayImage { width, height, data }
    }

    /// `count` samples of luma in row `r`, from column `first` on.
    fn luma_row<'a>(&'a self, r: usize, first: usize, count: usize, luma: &'a mut Vec<u8>) -> &'a [u8] {
        match self {
            Picture::Yuv420 { y, .. } => &row(y, r, first + count)[first..],
            Picture::Rgb24 { rgb, .. } => {
                let (pixels, _) = row(rgb, r, (first + count) * 3)[first * 3..].as_chunks::<3>();
                luma.clear();
                luma.extend(pixels.iter().map(|&pixel| luma_of(pixel)));
                luma
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::RgbImage;

    #[test]
    fn a_part_is_cut_out_of_the_upright_picture() {
        let data = (0..7 * 5).flat_map(|i| [(i * 7) as u8; 3]).collect();
        let picture = RgbImage { width: 7, height: 5, data };
        for rotation in [Rotation::None, Rotation::Clockwise90, Rotation::Half, Rotation::Clockwise270] {
            for factor in [1, 2] {
                let picture = picture.as_picture();
                let (width, height) = picture.upright_size(rotation, factor);
                let whole = picture.luma_part(rotation, factor, [0, 0, width, height]);
                assert_eq!((whole.width, whole.height), (width, height));
                let part = picture.luma_part(rotation, factor, [1, 1, 2, 1]);
                let cut = [whole.data[width + 1], whole.data[width + 2]];
                assert_eq!(part.data, cut[..part.width], "{rotation:?} {factor}");
            }
        }
    }

    #[test]
    fn halves_of_yuv_are_those_of_the_rounded_means() {
        let (width, height, stride) = (37, 21, 41);
        let y: Vec<u8> = (0..stride * height).map(|i| (i * 97 % 251) as u8).collect();
        let chroma = vec![128; 19 * 11];
        let chroma = || crate::imaging::Plane { data: &chroma, stride: 19 };
        let picture = Picture::Yuv420 {
            y: crate::imaging::Plane { data: &y, stride },
            u: chroma(),
            v: chroma(),
            width,
            height,
            full_range: true,
            matrix: crate::imaging::Matrix::Bt709,
        };
        for rotation in [Rotation::None, Rotation::Clockwise90, Rotation::Half, Rotation::Clockwise270] {
            // What another factor's way gives: the whole at full size, its means taken here.
            let whole = picture.luma_part(Rotation::None, 1, [0, 0, width, height]);
            let at = |c: usize, r: usize| u32::from(whole.data[r * width + c]);
            let mean =
                |c: usize, r: usize| (at(c, r) + at(c + 1, r) + at(c, r + 1) + at(c + 1, r + 1) + 2) / 4;
            let means = (0..height / 2).flat_map(|r| (0..width / 2).map(move |c| (c, r)));
            let means: Vec<u8> = means.map(|(c, r)| mean(2 * c, 2 * r) as u8).collect();
            let (means, columns, rows) = turn::<1>(means, width / 2, height / 2, rotation);
            let part = picture.luma_part(rotation, 2, [0, 0, columns, rows]);
            assert_eq!((part.width, part.height, part.data), (columns, rows, means), "{rotation:?}");
        }
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let picture = RgbImage { width: 3, height: 3, data: vec![9; 27] };
        for (factor, part) in [(1, [9, 9, 9, 9]), (4, [0, 0, 1, 1]), (1, [0, 0, 0, 5])] {
            assert!(picture.as_picture().luma_part(Rotation::None, factor, part).data.is_empty());
        }
        let part = picture.as_picture().luma_part(Rotation::Clockwise90, 1, [2, 1, usize::MAX, usize::MAX]);
        assert_eq!((part.width, part.height), (1, 2));
    }
}

//! Whole pictures: to upright RGB, and to the gray of Pillow and that of `OpenCV`.

use super::picture::{GrayImage, Picture, Plane, RgbImage, Rotation};
use super::yuv::{ExactRow, row};

impl Picture<'_> {
    /// The upright picture in RGB at full size. YUV is converted by the equations of its standard, each sample within one
    /// of the exact value; chroma is repeated, not interpolated.
    ///
    /// ```
    /// use viralnow_core::imaging::{Matrix, Picture, Plane, Rotation};
    /// let plane = |data| Plane { data, stride: 2 };
    /// let white = Picture::Yuv420 {
    ///     y: plane(&[235; 8]), u: Plane { data: &[128; 2], stride: 1 }, v: Plane { data: &[128; 2], stride: 1 },
    ///     width: 2, height: 4, full_range: false, matrix: Matrix::Bt709,
    /// };
    /// let upright = white.to_rgb(Rotation::Clockwise90);
    /// assert_eq!((upright.width, upright.height), (4, 2));
    /// assert!(upright.data.iter().all(|&sample| sample == 255));
    /// ```
    #[must_use]
    pub fn to_rgb(&self, rotation: Rotation) -> RgbImage {
        let (width, height) = (self.width(), self.height());
        let mut data = vec![0; width * height * 3];
        match *self {
            Picture::Rgb24 { rgb, .. } => {
                for (r, out) in data.chunks_exact_mut(width * 3).enumerate() {
                    out.copy_from_slice(row(&rgb, r, width * 3));
                }
            }
            Picture::Yuv420 { .. } => self.yuv_rows(|r, [red, green, blue]| {
                let out = &mut data[r * width * 3..][..width * 3];
                for (((out, r), g), b) in out.chunks_exact_mut(3).zip(red).zip(green).zip(blue) {
                    out[0] = *r;
                    out[1] = *g;
                    out[2] = *b;
                }
            }),
        }
        let (data, width, height) = turn::<3>(data, width, height, rotation);
        RgbImage { width, height, data }
    }

    /// The upright picture in gray at full size: the same bytes as `to_rgb(rotation).to_gray()`, without the detour.
    #[must_use]
    pub fn to_gray(&self, rotation: Rotation) -> GrayImage {
        let (width, height) = (self.width(), self.height());
        let mut data = vec![0; width * height];
        match *self {
            Picture::Rgb24 { rgb, .. } => {
                for (r, out) in data.chunks_exact_mut(width).enumerate() {
                    gray_row(row(&rgb, r, width * 3), out);
                }
            }
            Picture::Yuv420 { .. } => self.yuv_rows(|r, [red, green, blue]| {
                let out = &mut data[r * width..][..width];
                for (((out, r), g), b) in out.iter_mut().zip(red).zip(green).zip(blue) {
                    *out = gray(*r, *g, *b);
                }
            }),
        }
        let (data, width, height) = turn::<1>(data, width, height, rotation);
        GrayImage { width, height, data }
    }

    /// Converts row by row: number of the row, and its red, green and blue.
    pub(super) fn yuv_rows(&self, mut take: impl FnMut(usize, [&[u8]; 3])) {
        let Picture::Yuv420 { y, u, v, width, height, full_range, matrix } = *self else { return };
        let mut colours = ExactRow::new(matrix, full_range, width);
        let half = width.div_ceil(2);
        for r in 0..height {
            if r % 2 == 0 {
                colours.halved_chroma(row(&u, r / 2, half), row(&v, r / 2, half));
            }
            colours.luma(row(&y, r, width));
            let [red, green, blue] = &colours.rgb;
            take(r, [red, green, blue]);
        }
    }
}

impl RgbImage {
    /// Gray as Pillow's `convert("L")` gives it: ITU-R 601 luma in 16-bit fixed point, rounded.
    ///
    /// ```
    /// let red = viralnow_core::imaging::RgbImage { width: 1, height: 1, data: vec![255, 0, 0] };
    /// assert_eq!(red.to_gray().data, [76]);
    /// ```
    #[must_use]
    pub fn to_gray(&self) -> GrayImage {
        let mut data = vec![0; self.width * self.height];
        gray_row(&self.data, &mut data);
        GrayImage { width: self.width, height: self.height, data }
    }

    /// Gray as `OpenCV`'s `COLOR_RGB2GRAY` gives it: the same luma in 15-bit fixed point, which is another level here and there. What
    /// [`optical_flow`](super::optical_flow) takes of a picture in colour, to have `OpenCV`'s numbers.
    ///
    /// ```
    /// let teal = viralnow_core::imaging::RgbImage { width: 1, height: 1, data: vec![10, 80, 75] };
    /// assert_eq!((teal.to_opencv_gray().data, teal.to_gray().data), (vec![58], vec![59]));
    /// ```
    #[must_use]
    pub fn to_opencv_gray(&self) -> GrayImage {
        let (pixels, _) = self.data.as_chunks::<3>();
        let data = pixels.iter().map(|&[r, g, b]| opencv_gray(r, g, b)).collect();
        GrayImage { width: self.width, height: self.height, data }
    }

    /// Borrowed as a [`Picture`].
    #[must_use]
    pub fn as_picture(&self) -> Picture<'_> {
        let rgb = Plane { data: &self.data, stride: self.width * 3 };
        Picture::Rgb24 { rgb, width: self.width, height: self.height }
    }
}

/// Pillow's luma: factors 0.299, 0.587, 0.114 times 2^16.
#[inline]
pub(super) fn gray(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 19595 + u32::from(g) * 38470 + u32::from(b) * 7471 + 0x8000) >> 16) as u8
}

/// `OpenCV`'s luma: the same factors times 2^15, rounded so that they add up to it.
#[inline]
pub(crate) fn opencv_gray(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 9798 + u32::from(g) * 19235 + u32::from(b) * 3735 + 16384) >> 15) as u8
}

fn gray_row(rgb: &[u8], out: &mut [u8]) {
    for (rgb, out) in rgb.chunks_exact(3).zip(out) {
        *out = gray(rgb[0], rgb[1], rgb[2]);
    }
}

/// Turns pixels of `N` bytes clockwise; gives the data, columns and rows.
pub(super) fn turn<const N: usize>(
    mut data: Vec<u8>,
    width: usize,
    height: usize,
    rotation: Rotation,
) -> (Vec<u8>, usize, usize) {
    match rotation {
        Rotation::None => (data, width, height),
        Rotation::Half => {
            data.as_chunks_mut::<N>().0.reverse();
            (data, width, height)
        }
        Rotation::Clockwise90 | Rotation::Clockwise270 => {
            // In squares, so that what is read and written stays in the cache.
            const SIDE: usize = 32;
            let (pixels, _) = data.as_chunks::<N>();
            let mut out = vec![0; data.len()];
            let (turned, _) = out.as_chunks_mut::<N>();
            for top in (0..height).step_by(SIDE) {
                for left in (0..width).step_by(SIDE) {
                    for c in left..(left + SIDE).min(width) {
                        for r in top..(top + SIDE).min(height) {
                            let at = if rotation == Rotation::Clockwise90 {
                                c * height + (height - 1 - r)
                            } else {
                                (width - 1 - c) * height + r
                            };
                            turned[at] = pixels[r * width + c];
                        }
                    }
                }
            }
            (out, height, width)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_is_clockwise() {
        // a b c      d a
        // d e f  =>  e b
        //            f c
        let turned = |rotation| turn::<1>(b"abcdef".to_vec(), 3, 2, rotation);
        assert_eq!(turned(Rotation::Clockwise90), (b"daebfc".to_vec(), 2, 3));
        assert_eq!(turned(Rotation::Half), (b"fedcba".to_vec(), 3, 2));
        assert_eq!(turned(Rotation::Clockwise270), (b"cfbead".to_vec(), 2, 3));
    }
}

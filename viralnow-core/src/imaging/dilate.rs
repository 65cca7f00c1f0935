//! Dilation: the brightest sample near each.

use super::picture::GrayImage;
use crate::{Error, ErrorKind, Result};

/// The largest sample in the square of `size` by `size` around each (what lies outside the picture does not count):
/// `OpenCV`'s `dilate` with a kernel of ones.
///
/// Fails with `INVALID_INPUT` for an even `size`, and for a picture without samples or of another length than its sides say.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, dilate};
/// let dot = GrayImage { width: 5, height: 1, data: vec![0, 0, 9, 0, 0] };
/// assert_eq!(dilate(&dot, 3)?.data, [0, 9, 9, 9, 0]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn dilate(image: &GrayImage, size: usize) -> Result<GrayImage> {
    image.check()?;
    if size.is_multiple_of(2) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "a kernel needs a middle: take an odd size, such as 3 or 5",
        )
        .with("size", size));
    }
    let mut data = image.data.clone();
    dilate_rows(&mut data, image.width, size / 2, &mut Vec::new());
    Ok(GrayImage { data, ..*image })
}

/// The same in place on rows of `width`, `reach` to either side, with a buffer that is kept by the caller.
pub(crate) fn dilate_rows(data: &mut [u8], width: usize, reach: usize, buffer: &mut Vec<u8>) {
    let height = data.len() / width;
    buffer.clear();
    buffer.extend_from_slice(data);
    for (out, row) in data.chunks_exact_mut(width).zip(buffer.chunks_exact(width)) {
        for step in 1..=reach.min(width - 1) {
            largest(&mut out[..width - step], &row[step..]);
            largest(&mut out[step..], &row[..width - step]);
        }
    }
    buffer.copy_from_slice(data);
    for step in 1..=reach.min(height - 1) {
        let shift = step * width;
        let n = data.len();
        largest(&mut data[..n - shift], &buffer[shift..]);
        largest(&mut data[shift..], &buffer[..n - shift]);
    }
}

fn largest(out: &mut [u8], other: &[u8]) {
    for (out, other) in out.iter_mut().zip(other) {
        *out = (*out).max(*other);
    }
}

//! The area resize of `OpenCV` for 8-bit samples (`INTER_AREA`), to the bit.

use super::bilinear::{Bilinear, resize_by};
use super::picture::GrayImage;
use crate::{Error, ErrorKind, Result};

/// How much one source position adds to one output position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) to: usize,
    pub(super) from: usize,
    pub(super) weight: f32,
}

/// The mean over the area that each output sample covers; where a side grows, `OpenCV`'s blend of the two nearest samples.
///
/// Fails with `INVALID_INPUT` for a side of zero and for data of another length than the sides say.
///
/// ```
/// use viralnow_core::imaging::{GrayImage, resize_area};
/// let image = GrayImage { width: 4, height: 2, data: vec![0, 10, 20, 30, 40, 50, 60, 70] };
/// let small = resize_area(&image, 2, 1)?;
/// assert_eq!((small.width, small.height, small.data), (2, 1, vec![25, 45]));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn resize_area(image: &GrayImage, width: usize, height: usize) -> Result<GrayImage> {
    image.check()?;
    if width == 0 || height == 0 {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "a resized picture needs at least one column and row",
        )
        .with("width", width)
        .with("height", height));
    }
    let data = if (width, height) == (image.width, image.height) {
        image.data.clone()
    } else if width > image.width || height > image.height {
        let axis = Bilinear::enlarging_area;
        resize_by(&image.data, image.width, 1, &axis(image.width, width), &axis(image.height, height))
    } else if image.width.is_multiple_of(width)
        && image.height.is_multiple_of(height)
        && image.width / width <= MOST_SUMMED / (image.height / height)
    {
        whole(image, width, height)
    } else {
        fractional(image, width, height)
    };
    Ok(GrayImage { width, height, data })
}

/// Samples whose sum is a number of 32 bits, whatever they are.
const MOST_SUMMED: usize = u32::MAX as usize / 255;

/// Means over whole samples, [`MOST_SUMMED`] at most.
fn whole(image: &GrayImage, width: usize, height: usize) -> Vec<u8> {
    let (across, down) = (image.width / width, image.height / height);
    let scale = 1.0 / (across * down) as f32;
    let mut out = Vec::with_capacity(width * height);
    let mut sums = vec![0u32; width];
    for rows in image.data.chunks_exact(image.width * down) {
        sums.fill(0);
        for row in rows.chunks_exact(image.width) {
            for (sum, cell) in sums.iter_mut().zip(row.chunks_exact(across)) {
                *sum += cell.iter().map(|&v| u32::from(v)).sum::<u32>();
            }
        }
        out.extend(sums.iter().map(|&sum| {
            // Two by two has a loop of its own there, which rounds halves up.
            if (across, down) == (2, 2) { ((sum + 2) >> 2) as u8 } else { rounded(sum as f32 * scale) }
        }));
    }
    out
}

/// Means over areas that cut through samples: single precision, in the order of `OpenCV`.
fn fractional(image: &GrayImage, width: usize, height: usize) -> Vec<u8> {
    let (columns, rows) = (shares(image.width, width), shares(image.height, height));
    let mut out = Vec::with_capacity(width * height);
    let (mut row, mut sums) = (vec![0f32; width], vec![0f32; width]);
    let mut current = 0;
    for share in rows {
        if share.to != current {
            out.extend(sums.iter().map(|&sum| rounded(sum)));
            sums.fill(0.0);
            current = share.to;
        }
        let source = &image.data[share.from * image.width..][..image.width];
        row.fill(0.0);
        for column in &columns {
            row[column.to] += f32::from(source[column.from]) * column.weight;
        }
        for (sum, value) in sums.iter_mut().zip(&row) {
            *sum += share.weight * value;
        }
    }
    out.extend(sums.iter().map(|&sum| rounded(sum)));
    out
}

fn rounded(value: f32) -> u8 {
    value.round_ties_even() as u8
}

/// In the order of the output; both sides at least 1.
pub(super) fn shares(from: usize, to: usize) -> Vec<Share> {
    /// Less than this of a sample is left out.
    const LEAST: f64 = 1e-3;
    let scale = 1.0 / (to as f64 / from as f64);
    let mut all = Vec::with_capacity(from + 2 * to);
    for at in 0..to {
        let (start, end) = (at as f64 * scale, at as f64 * scale + scale);
        let cell = scale.min(from as f64 - start);
        let last = (end.floor() as usize).min(from - 1);
        let first = (start.ceil() as usize).min(last);
        if first as f64 - start > LEAST {
            all.push(Share { to: at, from: first - 1, weight: ((first as f64 - start) / cell) as f32 });
        }
        all.extend((first..last).map(|from| Share { to: at, from, weight: (1.0 / cell) as f32 }));
        if end - last as f64 > LEAST {
            let weight = ((end - last as f64).min(1.0).min(cell) / cell) as f32;
            all.push(Share { to: at, from: last, weight });
        }
    }
    all
}

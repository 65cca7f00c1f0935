//! imagehash's hash by colours.

use super::ImageHash;
use crate::imaging::convert::gray as gray_of;
use crate::imaging::picture::RgbImage;

/// Kinds of hue.
const HUES: usize = 6;
/// Where a hue of 0 to 255 stops being of its kind: numpy's `linspace(0, 255, 7)`, rounded up.
const HUE_ENDS: [u8; HUES - 1] = [43, 85, 128, 170, 213];

/// imagehash's `colorhash` with 3 bits to a share: black, gray, and of the colourful rest six hues when faint and six when
/// bright. Shows as 11 digits.
///
/// An image without samples, or with fewer than it claims, counts only what is there.
///
/// ```
/// use viralnow_core::imaging::{RgbImage, colorhash};
/// let red = RgbImage { width: 1, height: 1, data: vec![255, 0, 0] };
/// assert_eq!(colorhash(&red).to_string(), "00000038000");
/// ```
#[must_use]
pub fn colorhash(image: &RgbImage) -> ImageHash {
    colour_of(image, 3)
}

/// With so many bits to a share, 1 to 16.
pub(super) fn colour_of(image: &RgbImage, bits: u32) -> ImageHash {
    let (mut black, mut gray, mut colourful) = (0_u64, 0_u64, 0_u64);
    let (mut faint, mut bright) = ([0_u64; HUES], [0_u64; HUES]);
    for &[r, g, b] in image.data.as_chunks::<3>().0 {
        let luma = u32::from(gray_of(r, g, b));
        if luma < 256 / 8 {
            black += 1;
            continue;
        }
        let saturation = u32::from(saturation(r, g, b));
        if saturation < 256 / 3 {
            gray += 1;
            continue;
        }
        colourful += 1;
        // The limit itself is in neither, as in imagehash.
        match saturation.cmp(&170) {
            std::cmp::Ordering::Less => faint[hue_kind(r, g, b)] += 1,
            std::cmp::Ordering::Greater => bright[hue_kind(r, g, b)] += 1,
            std::cmp::Ordering::Equal => {}
        }
    }
    let pixels = (image.data.len() / 3).max(1) as f64;
    let most = (1_u64 << bits) as f64;
    let shares = [black, gray].map(|count| count as f64 / pixels * most).into_iter();
    let hues = faint.into_iter().chain(bright).map(|count| count as f64 * most / colourful.max(1) as f64);
    let mut out = Vec::with_capacity(14 * bits as usize);
    for share in shares.chain(hues) {
        let value = (share as u64).min((1 << bits) - 1);
        // Not the binary digits of the value, but imagehash's: each place looks at one digit too many.
        out.extend((0..bits).map(|i| !(value >> (bits - i - 1)).is_multiple_of(1 << (bits - i))));
    }
    ImageHash::from_bits(&out)
}

/// Pillow's saturation, 0 to 255, in single precision as there.
fn saturation(r: u8, g: u8, b: u8) -> u8 {
    let (largest, smallest) = (r.max(g).max(b), r.min(g).min(b));
    if largest == smallest {
        return 0;
    }
    let saturation = f32::from(largest - smallest) / f32::from(largest);
    (f64::from(saturation) * 255.0) as u8
}

/// Which sixth Pillow's hue is in, of a pixel that is not gray.
fn hue_kind(r: u8, g: u8, b: u8) -> usize {
    let largest = r.max(g).max(b);
    let range = f32::from(largest - r.min(g).min(b));
    let [red, green, blue] = [r, g, b].map(|v| f32::from(largest - v) / range);
    // Pillow mixes single and double precision; so do we, for the same hue at the limits.
    let hue = if r == largest {
        blue - green
    } else if g == largest {
        (2.0 + f64::from(red) - f64::from(blue)) as f32
    } else {
        (4.0 + f64::from(green) - f64::from(red)) as f32
    };
    let turn = ((f64::from(hue) / 6.0 + 1.0) % 1.0) as f32;
    let hue = (f64::from(turn) * 255.0) as u8;
    HUE_ENDS.iter().filter(|&&end| hue >= end).count()
}

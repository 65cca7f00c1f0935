//! Hue, saturation and value as `OpenCV`'s `COLOR_BGR2HSV` gives them for 8-bit samples, to the bit.

use crate::dsp::wide::wide;

/// Planes of hue (0..=179, two degrees each), saturation and value (0..=255).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hsv {
    /// Hue.
    pub hue: Vec<u8>,
    /// Saturation.
    pub saturation: Vec<u8>,
    /// Value: the largest of the three colours.
    pub value: Vec<u8>,
}

/// Converts packed blue, green, red into `out`, whose planes are resized to fit.
///
/// ```
/// use viralnow_core::imaging::{Hsv, bgr_to_hsv};
/// let mut hsv = Hsv::default();
/// bgr_to_hsv(&[0, 0, 255, 255, 0, 0], &mut hsv); // red, blue
/// assert_eq!((hsv.hue, hsv.saturation, hsv.value), (vec![0, 120], vec![255, 255], vec![255, 255]));
/// ```
pub fn bgr_to_hsv(bgr: &[u8], out: &mut Hsv) {
    let (pixels, _) = bgr.as_chunks();
    let n = pixels.len();
    out.hue.resize(n, 0);
    out.saturation.resize(n, 0);
    out.value.resize(n, 0);
    convert(pixels, &mut out.hue, &mut out.saturation, &mut out.value);
}

wide! {
    fn convert(pixels: &[[u8; 3]], hues: &mut [u8], saturations: &mut [u8], values: &mut [u8]) {
        let planes = hues.iter_mut().zip(saturations).zip(values);
        for (pixel, ((hue, saturation), value)) in pixels.iter().zip(planes) {
            let [b, g, r] = pixel.map(i32::from);
            let v = b.max(g).max(r);
            let spread = v - b.min(g).min(r);
            // Which sixth of the circle, without a branch: neighbouring pixels rarely agree.
            let sixths = if v == r {
                g - b
            } else if v == g {
                b - r + 2 * spread
            } else {
                r - g + 4 * spread
            };
            let h = (sixths * twelve_bits(180.0 / 6.0, spread) + 2048) >> 12;
            *hue = if h < 0 { h + 180 } else { h } as u8;
            *saturation = ((spread * twelve_bits(255.0, v) + 2048) >> 12) as u8;
            *value = v as u8;
        }
    }
}

/// 2^12 times a quotient, rounded, half to even, for divisors up to 255: what the tables of `OpenCV` hold, but computed eight at a
/// time, which looking up is not. That by 0 does not matter, it is multiplied by 0.
#[inline]
fn twelve_bits(dividend: f32, divisor: i32) -> i32 {
    // The last place of what is added is 1, so the sum is rounded to whole numbers. Before that the quotient is off by at most
    // 1/16 of a `divisor`-th; it lies at a half between two whole numbers, where nothing is off, or 1/2 of a `divisor`-th from it.
    const ROUND: f32 = 1.5 * 8_388_608.0;
    (dividend * 4096.0 / divisor.max(1) as f32 + ROUND).to_bits() as i32 - ROUND.to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::twelve_bits;

    #[test]
    fn quotients_are_those_of_the_tables() {
        for divisor in 1..=255 {
            for dividend in [30.0, 255.0_f32] {
                let exact = f64::from(dividend) * 4096.0 / f64::from(divisor);
                assert_eq!(
                    f64::from(twelve_bits(dividend, divisor)),
                    exact.round_ties_even(),
                    "{dividend} / {divisor}"
                );
            }
        }
    }
}

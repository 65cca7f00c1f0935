//! Hue, saturation and value as `OpenCV`'s `COLOR_BGR2HSV` gives them for 8-bit samples, to the bit.

use std::sync::LazyLock;

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

/// 2^12 times 255 / i, and 2^12 times 180 / (6 i), rounded; 0 for 0.
static DIVISORS: LazyLock<([i32; 256], [i32; 256])> = LazyLock::new(|| {
    let table = |factor: f64, times: f64| {
        std::array::from_fn(|i| {
            if i == 0 { 0 } else { (factor * 4096.0 / (times * i as f64)).round_ties_even() as i32 }
        })
    };
    (table(255.0, 1.0), table(180.0, 6.0))
});

/// Converts packed blue, green, red into `out`, whose planes are resized to fit.
///
/// ```
/// use viralnow_core::imaging::{Hsv, bgr_to_hsv};
/// let mut hsv = Hsv::default();
/// bgr_to_hsv(&[0, 0, 255, 255, 0, 0], &mut hsv); // red, blue
/// assert_eq!((hsv.hue, hsv.saturation, hsv.value), (vec![0, 120], vec![255, 255], vec![255, 255]));
/// ```
pub fn bgr_to_hsv(bgr: &[u8], out: &mut Hsv) {
    let (saturations, hues) = &*DIVISORS;
    let (pixels, _) = bgr.as_chunks::<3>();
    let n = pixels.len();
    out.hue.resize(n, 0);
    out.saturation.resize(n, 0);
    out.value.resize(n, 0);
    let planes = out.hue.iter_mut().zip(&mut out.saturation).zip(&mut out.value);
    for (&[b, g, r], ((hue, saturation), value)) in pixels.iter().zip(planes) {
        let v = b.max(g).max(r);
        let spread = v - b.min(g).min(r);
        let [b, g, r] = [b, g, r].map(i32::from);
        let d = i32::from(spread);
        // Which sixth of the circle, without a branch: neighbouring pixels rarely agree.
        let (is_red, is_green) = (-i32::from(i32::from(v) == r), -i32::from(i32::from(v) == g));
        let others = (is_green & (b - r + 2 * d)) + (!is_green & (r - g + 4 * d));
        let sixths = (is_red & (g - b)) + (!is_red & others);
        let h = (sixths * hues[usize::from(spread)] + 2048) >> 12;
        *hue = (h + 180 * i32::from(h < 0)) as u8;
        *saturation = ((d * saturations[usize::from(v)] + 2048) >> 12) as u8;
        *value = v;
    }
}

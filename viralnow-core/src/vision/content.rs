//! How much one picture differs from another: the content score of `PySceneDetect`.

use crate::imaging::Hsv;

/// Difference of two pictures of the same size.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Change {
    /// Mean of the three mean absolute differences of hue, saturation and value (`PySceneDetect`'s `content_val` with its
    /// default weights), 0 to 255.
    pub(super) score: f64,
    /// Mean absolute difference of value alone. In near-black pictures hue and saturation are noise, value is not.
    pub(super) value: f64,
}

impl Change {
    /// From `a` to `b`, or nothing when they differ in size.
    pub(super) fn between(a: &Hsv, b: &Hsv) -> Option<Self> {
        let pixels = b.value.len();
        if pixels == 0 || a.value.len() != pixels {
            return None;
        }
        let mean = |a: &[u8], b: &[u8]| difference(a, b) as f64 / pixels as f64;
        let hue = mean(&a.hue, &b.hue);
        let saturation = mean(&a.saturation, &b.saturation);
        let value = mean(&a.value, &b.value);
        Some(Self { score: (hue + saturation + value) / 3.0, value })
    }
}

fn difference(a: &[u8], b: &[u8]) -> u64 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>().into()
}

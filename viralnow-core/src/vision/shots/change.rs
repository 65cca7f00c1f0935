//! How much one picture differs from another, in hue, saturation and value.

use crate::imaging::{Hsv, mean_difference};

/// Mean absolute differences of two pictures of the same size, 0 to 255 each.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::vision) struct Change {
    /// Of hue, in steps of two degrees, not around the circle.
    pub(in crate::vision) hue: f64,
    /// Of saturation.
    pub(in crate::vision) saturation: f64,
    /// Of value. In near-black pictures hue and saturation are noise, value is not.
    pub(in crate::vision) value: f64,
}

impl Change {
    /// From `a` to `b`, or nothing when they differ in size.
    pub(in crate::vision) fn between(a: &Hsv, b: &Hsv) -> Option<Self> {
        let pixels = b.value.len();
        if pixels == 0 || a.value.len() != pixels {
            return None;
        }
        let mean = |a: &[u8], b: &[u8]| mean_difference(a, b);
        Some(Self {
            hue: mean(&a.hue, &b.hue),
            saturation: mean(&a.saturation, &b.saturation),
            value: mean(&a.value, &b.value),
        })
    }

    /// `PySceneDetect`'s `content_val` with its default weights: the mean of the three.
    pub(in crate::vision) fn score(&self) -> f64 {
        (self.hue + self.saturation + self.value) / 3.0
    }
}

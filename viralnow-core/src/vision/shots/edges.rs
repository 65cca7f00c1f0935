//! The edges of a small picture, as `PySceneDetect` compares them.

use crate::imaging::{Canny, dilate_rows};

/// Edges widened by a kernel of ones, which makes the comparison bear noise and slow motion of the camera.
#[derive(Debug, Default)]
pub(super) struct Edges {
    canny: Canny,
    buffer: Vec<u8>,
    /// 255 near an edge, 0 elsewhere.
    pub(super) map: Vec<u8>,
}

impl Edges {
    /// Of the plane of value, in rows of `width`; `kernel` or, without one, the size that fits the picture.
    pub(super) fn find(&mut self, value: &[u8], width: usize, kernel: Option<usize>) {
        /// Around the median, how far the two thresholds of the edges are.
        const SIGMA: f64 = 1.0 / 3.0;
        let median = median(value);
        let low = ((1.0 - SIGMA) * median).max(0.0) as u32;
        let high = ((1.0 + SIGMA) * median).min(255.0) as u32;
        self.canny.find(value, width, low, high, &mut self.map);
        let kernel = kernel.unwrap_or_else(|| estimated_kernel(value.len()));
        dilate_rows(&mut self.map, width, kernel / 2, &mut self.buffer);
    }
}

/// The size of the kernel for a picture of so many pixels: odd, at least 5.
fn estimated_kernel(pixels: usize) -> usize {
    let size = 4 + ((pixels as f64).sqrt() / 192.0).round_ties_even() as usize;
    size + usize::from(size.is_multiple_of(2))
}

/// The middle value, or the mean of the two.
fn median(values: &[u8]) -> f64 {
    let mut counts = [0usize; 256];
    for &value in values {
        counts[usize::from(value)] += 1;
    }
    let at = |rank: usize| {
        let mut seen = 0;
        counts
            .iter()
            .position(|n| {
                seen += n;
                seen > rank
            })
            .unwrap_or(255) as f64
    };
    let n = values.len();
    f64::midpoint(at(n.saturating_sub(1) / 2), at(n / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_the_sorted_values() {
        assert_eq!(median(&[9]), 9.0);
        assert_eq!(median(&[4, 1, 3]), 3.0);
        assert_eq!(median(&[4, 1, 255, 3]), 3.5);
        assert_eq!(median(&[255, 255]), 255.0);
    }

    #[test]
    fn the_kernel_grows_with_the_picture_and_is_odd() {
        let sizes = [(1, 1), (256, 144), (640, 360), (1920, 1080)].map(|(w, h)| estimated_kernel(w * h));
        // 4 + round(sqrt(w * h) / 192), one more when that is even.
        assert_eq!(sizes, [5, 5, 7, 13]);
    }
}

//! Colour of the sampled frames.

use super::Colour;
use crate::imaging::{Hsv, ToSdr, bgr_to_hsv};

/// Means over the frames taken.
#[derive(Debug, Default)]
pub(super) struct Colours {
    sums: [f64; 6],
    frames: u64,
    /// For pictures of a high dynamic range, with what comes of it.
    to_sdr: Option<ToSdr>,
    ordinary: (Vec<u8>, Hsv),
}

impl Colours {
    /// Of a file with this transfer function of a high dynamic range, or none.
    pub(super) fn of(hdr: Option<&str>) -> Self {
        Self { to_sdr: hdr.and_then(ToSdr::of), ..Self::default() }
    }

    /// Takes a frame: packed blue, green, red, and the same in hue, saturation and value.
    pub(super) fn push(&mut self, bgr: &[u8], hsv: &Hsv) {
        let Some(to_sdr) = &self.to_sdr else { return self.add(bgr, hsv) };
        let (mut bgr_out, mut hsv_out) = std::mem::take(&mut self.ordinary);
        to_sdr.convert(bgr, &mut bgr_out);
        bgr_to_hsv(&bgr_out, &mut hsv_out);
        self.add(&bgr_out, &hsv_out);
        self.ordinary = (bgr_out, hsv_out);
    }

    fn add(&mut self, bgr: &[u8], hsv: &Hsv) {
        let (pixels, _) = bgr.as_chunks::<3>();
        if pixels.is_empty() {
            return;
        }
        let n = pixels.len() as f64;
        let mean = |plane: &[u8]| plane.iter().map(|&v| u64::from(v)).sum::<u64>() as f64 / n;
        let (mut blue, mut green, mut red) = (0u64, 0u64, 0u64);
        // Opponent colours, the second one doubled so that it stays whole.
        let (mut rg, mut rg2, mut yb, mut yb2) = (0i64, 0i64, 0i64, 0i64);
        for &[b, g, r] in pixels {
            blue += u64::from(b);
            green += u64::from(g);
            red += u64::from(r);
            let [b, g, r] = [b, g, r].map(i32::from);
            let (d, e) = (r - g, r + g - 2 * b);
            rg += i64::from(d);
            rg2 += i64::from(d * d);
            yb += i64::from(e);
            yb2 += i64::from(e * e);
        }
        let (mean_rg, mean_yb) = (rg as f64 / n, yb as f64 / n / 2.0);
        let variance = |squares: f64, mean: f64| (squares - mean * mean).max(0.0);
        let spread = (variance(rg2 as f64 / n, mean_rg) + variance(yb2 as f64 / n / 4.0, mean_yb)).sqrt();
        let colourfulness = spread + 0.3 * mean_rg.hypot(mean_yb);
        let frame = [
            mean(&hsv.value),
            mean(&hsv.saturation),
            colourfulness,
            red as f64 / n,
            green as f64 / n,
            blue as f64 / n,
        ];
        for (sum, value) in self.sums.iter_mut().zip(frame) {
            *sum += value / 255.0;
        }
        self.frames += 1;
    }

    /// The means, or nothing without a frame.
    pub(super) fn finish(&self) -> Option<Colour> {
        let n = self.frames as f64;
        let [brightness, saturation, colourfulness, red, green, blue] = self.sums.map(|sum| sum / n);
        (self.frames > 0).then_some(Colour {
            brightness,
            saturation,
            colourfulness,
            mean_rgb: [red, green, blue],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::bgr_to_hsv;

    #[test]
    fn half_red_half_blue() {
        let bgr = [[0, 0, 255], [255, 0, 0]].concat();
        let mut hsv = Hsv::default();
        bgr_to_hsv(&bgr, &mut hsv);
        let mut colours = Colours::default();
        colours.push(&bgr, &hsv);
        let colour = colours.finish().unwrap();
        assert_eq!((colour.brightness, colour.saturation, colour.mean_rgb), (1.0, 1.0, [0.5, 0.0, 0.5]));
        // rg: 255 and 0; yb: 127.5 and -255. Standard deviations 127.5 and 191.25, means 127.5 and -63.75.
        let want = (127.5f64.hypot(191.25) + 0.3 * 127.5f64.hypot(63.75)) / 255.0;
        assert!((colour.colourfulness - want).abs() < 1e-12);
        assert!(Colours::default().finish().is_none());
    }
}

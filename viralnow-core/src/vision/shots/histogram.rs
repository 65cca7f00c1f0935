//! `PySceneDetect`'s `HistogramDetector`.

use super::frame::{Cut, Measured, ShotDetector, ShotFrame, finite};
use super::length::SceneLength;
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// Settings of [`HistogramDetector`], with the names and defaults of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistogramParams {
    /// A frame whose histogram's correlation with the one before is at most 1 less this starts a shot; 0.20.
    pub threshold: f64,
    /// Bins of the histogram, 1 to 256; 128.
    pub bins: usize,
    /// Least length of a shot; 15 frames.
    pub min_scene_len: SceneLength,
}

impl Default for HistogramParams {
    fn default() -> Self {
        Self { threshold: 0.20, bins: 128, min_scene_len: SceneLength::DEFAULT }
    }
}

/// A shot starts where the histogram of brightness is another one.
///
/// Metric: `hist_diff [bins=<bins>]`, the correlation with the frame before in [-1, 1]; from the second frame on.
#[derive(Debug)]
pub struct HistogramDetector {
    params: HistogramParams,
    histograms: [Vec<f32>; 2],
    last_cut: Option<Cut>,
    measured: Vec<Measured>,
}

impl HistogramDetector {
    /// With these settings; fails with `INVALID_CONFIG` where one makes no sense.
    pub fn new(params: &HistogramParams) -> Result<Self> {
        finite("threshold", params.threshold)?;
        params.min_scene_len.check("min_scene_len")?;
        if !(1..=256).contains(&params.bins) {
            return Err(
                Error::new(ErrorKind::InvalidConfig, "bins must be 1 to 256").with("bins", params.bins)
            );
        }
        let empty = || vec![0.0; params.bins];
        Ok(Self { params: *params, histograms: [empty(), empty()], last_cut: None, measured: Vec::new() })
    }
}

impl ShotDetector for HistogramDetector {
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>> {
        frame.check()?;
        self.measured.clear();
        self.histograms.swap(0, 1);
        let [before, here] = &mut self.histograms;
        histogram(frame.bgr, here);
        let Some(last_cut) = self.last_cut else {
            self.last_cut = Some(frame.cut());
            return Ok(None);
        };
        let value = correlation(before, here);
        self.measured.push(Measured { metric: 0, frame: frame.number, value });
        let cut = value <= (1.0 - self.params.threshold).clamp(0.0, 1.0)
            && self.params.min_scene_len.met(last_cut, frame.cut());
        if cut {
            self.last_cut = Some(frame.cut());
        }
        Ok(cut.then(|| frame.cut()))
    }

    fn metrics(&self) -> Vec<String> {
        vec![format!("hist_diff [bins={}]", self.params.bins)]
    }

    fn measured(&self) -> &[Measured] {
        &self.measured
    }
}

/// Shares of brightness, scaled to a length of 1. Brightness is `OpenCV`'s Y of `COLOR_BGR2YUV`.
fn histogram(bgr: &[u8], out: &mut [f32]) {
    let mut counts = [0u32; 256];
    for &[b, g, r] in bgr.as_chunks::<3>().0 {
        let y = (4899 * u32::from(r) + 9617 * u32::from(g) + 1868 * u32::from(b) + 8192) >> 14;
        counts[y.min(255) as usize] += 1;
    }
    out.fill(0.0);
    for (y, &count) in counts.iter().enumerate() {
        out[y * out.len() / 256] += count as f32;
    }
    let length = out.iter().map(|&n| f64::from(n) * f64::from(n)).sum::<f64>().sqrt();
    let scale = if length > f64::EPSILON { (1.0 / length) as f32 } else { 0.0 };
    for n in out {
        *n *= scale;
    }
}

/// `OpenCV`'s `HISTCMP_CORREL`.
fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let n = a.len() as f64;
    let [mut sa, mut sb, mut saa, mut sbb, mut sab] = [0.0; 5];
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a), f64::from(b));
        sa += a;
        sb += b;
        saa += a * a;
        sbb += b * b;
        sab += a * b;
    }
    let product = (saa - sa * sa / n) * (sbb - sb * sb / n);
    if product.abs() > f64::EPSILON { (sab - sa * sb / n) / product.sqrt() } else { 1.0 }
}

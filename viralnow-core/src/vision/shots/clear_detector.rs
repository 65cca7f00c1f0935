//! Our own detector, fed like the others.

use super::change::Change;
use super::clear::ClearCuts;
use super::frame::{Cut, Measured, ShotDetector, ShotFrame};
use crate::Result;
use crate::imaging::{Hsv, bgr_to_hsv};

/// A shot starts where the picture changes at once and much more than around it, however close together such places are; a
/// flash, a dissolve, a fade and fast motion are none. The extractor's detector in presets `balanced` and `fast`.
///
/// The answer comes three frames late. Metrics: those of [`super::ContentDetector`] without edges, with its default weights.
/// Keeps seven small pictures.
///
/// ```
/// use viralnow_core::vision::{ClearCutDetector, ShotDetector, ShotFrame};
/// let mut detector = ClearCutDetector::default();
/// let mut cuts = Vec::new();
/// // A flash of two frames at 10, and a shot of four frames from 20 on.
/// for number in 0..40 {
///     let level = match number { 10..12 | 24.. => 250, 20..24 => 130, _ => 10 };
///     let frame =
///         ShotFrame { number, time_s: number as f64 / 30.0, bgr: &[level; 12], width: 2, height: 2 };
///     cuts.extend(detector.push(&frame)?);
/// }
/// cuts.extend(detector.finish());
/// assert_eq!(cuts.iter().map(|cut| cut.frame).collect::<Vec<_>>(), [20, 24]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct ClearCutDetector {
    cuts: ClearCuts,
    hsv: [Hsv; 2],
    width: usize,
    measured: Vec<Measured>,
}

impl ClearCutDetector {
    const METRICS: [&'static str; 4] = ["content_val", "delta_hue", "delta_sat", "delta_lum"];
}

impl ShotDetector for ClearCutDetector {
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>> {
        frame.check()?;
        self.measured.clear();
        self.hsv.swap(0, 1);
        let [before, here] = &mut self.hsv;
        bgr_to_hsv(frame.bgr, here);
        let same_size = std::mem::replace(&mut self.width, frame.width) == frame.width;
        let change = Change::between(before, here).filter(|_| same_size);
        if let Some(change) = change {
            let values = [change.score(), change.hue, change.saturation, change.value];
            let values = values.into_iter().enumerate();
            self.measured.extend(values.map(|(metric, value)| Measured {
                metric,
                frame: frame.number,
                value,
            }));
        }
        Ok(self.cuts.push(frame.cut(), change, here))
    }

    fn finish(&mut self) -> Vec<Cut> {
        std::mem::take(&mut self.cuts).finish()
    }

    fn metrics(&self) -> Vec<String> {
        Self::METRICS.map(str::to_owned).to_vec()
    }

    fn measured(&self) -> &[Measured] {
        &self.measured
    }
}

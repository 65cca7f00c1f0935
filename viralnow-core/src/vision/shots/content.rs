//! `PySceneDetect`'s `ContentDetector`.

use super::change::{Change, mean_difference};
use super::edges::Edges;
use super::flash_filter::{FilterMode, FlashFilter};
use super::frame::{Cut, Measured, ShotDetector, ShotFrame, finite};
use super::length::SceneLength;
use crate::imaging::{Hsv, bgr_to_hsv};
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// How much each part of the change counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Hue.
    pub delta_hue: f64,
    /// Saturation.
    pub delta_sat: f64,
    /// Brightness.
    pub delta_lum: f64,
    /// Edges; their difference is usually larger than the others.
    pub delta_edges: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { delta_hue: 1.0, delta_sat: 1.0, delta_lum: 1.0, delta_edges: 0.0 }
    }
}

impl Weights {
    /// Brightness alone (`luma_only`).
    pub const LUMA_ONLY: Self = Self { delta_hue: 0.0, delta_sat: 0.0, delta_lum: 1.0, delta_edges: 0.0 };

    fn all(&self) -> [f64; 4] {
        [self.delta_hue, self.delta_sat, self.delta_lum, self.delta_edges]
    }
}

/// Settings of [`ContentDetector`], with the names and defaults of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentParams {
    /// A frame whose score is at least this much starts a shot; 27.
    pub threshold: f64,
    /// Least length of a shot; 15 frames.
    pub min_scene_len: SceneLength,
    /// Weights of the parts of the score.
    pub weights: Weights,
    /// Side of the kernel that widens edges, odd and at least 3; by default it follows from the picture's size.
    pub kernel_size: Option<usize>,
    /// What becomes of cuts that are too close.
    pub filter_mode: FilterMode,
    /// Measures the change of edges even where it has no weight, as the peer does when statistics are kept.
    pub measure_edges: bool,
}

impl Default for ContentParams {
    fn default() -> Self {
        Self {
            threshold: 27.0,
            min_scene_len: SceneLength::DEFAULT,
            weights: Weights::default(),
            kernel_size: None,
            filter_mode: FilterMode::Merge,
            measure_edges: false,
        }
    }
}

/// A shot starts where colour and brightness change much from one frame to the next.
///
/// Metrics: `content_val` (the score), and its parts `delta_hue`, `delta_sat`, `delta_lum`, `delta_edges`, each 0 to 255;
/// from the second frame on.
#[derive(Debug)]
pub struct ContentDetector {
    threshold: f64,
    filter: FlashFilter,
    score: ContentScore,
}

impl ContentDetector {
    /// With these settings; fails with `INVALID_CONFIG` where one makes no sense.
    pub fn new(params: &ContentParams) -> Result<Self> {
        finite("threshold", params.threshold)?;
        params.min_scene_len.check("min_scene_len")?;
        Ok(Self {
            threshold: params.threshold,
            filter: FlashFilter::new(params.filter_mode, params.min_scene_len),
            score: ContentScore::new(params.weights, params.kernel_size, params.measure_edges)?,
        })
    }
}

impl ShotDetector for ContentDetector {
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>> {
        let score = self.score.push(frame)?;
        Ok(self.filter.push(frame.cut(), score >= self.threshold))
    }

    fn metrics(&self) -> Vec<String> {
        ContentScore::METRICS.map(str::to_owned).to_vec()
    }

    fn measured(&self) -> &[Measured] {
        &self.score.measured
    }
}

/// The score of `ContentDetector`, which `AdaptiveDetector` shares.
#[derive(Debug)]
pub(super) struct ContentScore {
    weights: Weights,
    kernel_size: Option<usize>,
    edges: Option<[Edges; 2]>,
    hsv: [Hsv; 2],
    width: usize,
    pub(super) measured: Vec<Measured>,
}

impl ContentScore {
    pub(super) const METRICS: [&'static str; 5] =
        ["content_val", "delta_hue", "delta_sat", "delta_lum", "delta_edges"];

    pub(super) fn new(weights: Weights, kernel_size: Option<usize>, measure_edges: bool) -> Result<Self> {
        let all = weights.all();
        if !(all.iter().all(|w| w.is_finite()) && all.iter().any(|&w| w != 0.0)) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "weights must be finite numbers and not all of them 0",
            )
            .with("weights", format!("{all:?}")));
        }
        if kernel_size.is_some_and(|size| size < 3 || size.is_multiple_of(2)) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "kernel_size must be odd and at least 3; leave it out to have it follow the picture's size",
            )
            .with("kernel_size", kernel_size.unwrap_or_default()));
        }
        let edges = measure_edges || weights.delta_edges > 0.0;
        Ok(Self {
            weights,
            kernel_size,
            edges: edges.then(Default::default),
            hsv: Default::default(),
            width: 0,
            measured: Vec::with_capacity(Self::METRICS.len() + 1),
        })
    }

    /// Score of this frame against the one before; 0 for the first.
    pub(super) fn push(&mut self, frame: &ShotFrame<'_>) -> Result<f64> {
        frame.check()?;
        self.measured.clear();
        self.hsv.swap(0, 1);
        let [before, here] = &mut self.hsv;
        bgr_to_hsv(frame.bgr, here);
        if let Some(edges) = &mut self.edges {
            edges.swap(0, 1);
            edges[1].find(&here.value, frame.width, self.kernel_size);
        }
        let same_size = std::mem::replace(&mut self.width, frame.width) == frame.width;
        let Some(change) = Change::between(before, here).filter(|_| same_size) else { return Ok(0.0) };
        let edges = self.edges.as_ref().map_or(0.0, |[before, here]| mean_difference(&before.map, &here.map));
        let parts = [change.hue, change.saturation, change.value, edges];
        let weights = self.weights.all();
        let sum: f64 = parts.iter().zip(weights).map(|(part, weight)| part * weight).sum();
        let score = sum / weights.iter().map(|w| w.abs()).sum::<f64>();
        let values = std::iter::once(score).chain(parts).enumerate();
        self.measured.extend(values.map(|(metric, value)| Measured { metric, frame: frame.number, value }));
        Ok(score)
    }
}

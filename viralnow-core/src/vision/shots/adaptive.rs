//! `PySceneDetect`'s `AdaptiveDetector`.

use super::content::{ContentScore, Weights};
use super::frame::{Cut, Measured, ShotDetector, ShotFrame, finite};
use super::length::SceneLength;
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Settings of [`AdaptiveDetector`], with the names and defaults of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdaptiveParams {
    /// A frame whose score is at least so many times the mean of its neighbours' starts a shot; 3.
    pub adaptive_threshold: f64,
    /// Least length of a shot; 15 frames.
    pub min_scene_len: SceneLength,
    /// Neighbours on either side, 1 to 1000; 2.
    pub window_width: usize,
    /// Least score of a frame that starts a shot; 15.
    pub min_content_val: f64,
    /// Weights of the parts of the score.
    pub weights: Weights,
    /// Side of the kernel that widens edges, see [`super::ContentParams`].
    pub kernel_size: Option<usize>,
    /// Measures the change of edges even where it has no weight.
    pub measure_edges: bool,
}

impl Default for AdaptiveParams {
    fn default() -> Self {
        Self {
            adaptive_threshold: 3.0,
            min_scene_len: SceneLength::DEFAULT,
            window_width: 2,
            min_content_val: 15.0,
            weights: Weights::default(),
            kernel_size: None,
            measure_edges: false,
        }
    }
}

/// A shot starts where the score of `ContentDetector` stands out from that of the neighbouring frames, so that fast motion of
/// the camera is no cut.
///
/// Metrics: those of [`super::ContentDetector`] and `adaptive_ratio (w=<window_width>)` in [0, 255], which comes
/// `window_width` frames late and not for the first and last frames.
#[derive(Debug)]
pub struct AdaptiveDetector {
    params: AdaptiveParams,
    score: ContentScore,
    window: VecDeque<(Cut, f64)>,
    last_cut: Option<Cut>,
}

impl AdaptiveDetector {
    const MOST: usize = 1000;

    /// With these settings; fails with `INVALID_CONFIG` where one makes no sense.
    pub fn new(params: &AdaptiveParams) -> Result<Self> {
        finite("adaptive_threshold", params.adaptive_threshold)?;
        finite("min_content_val", params.min_content_val)?;
        params.min_scene_len.check("min_scene_len")?;
        if !(1..=Self::MOST).contains(&params.window_width) {
            return Err(Error::new(ErrorKind::InvalidConfig, "window_width must be 1 to 1000 frames")
                .with("window_width", params.window_width));
        }
        Ok(Self {
            params: *params,
            score: ContentScore::new(params.weights, params.kernel_size, params.measure_edges)?,
            window: VecDeque::with_capacity(2 * params.window_width + 1),
            last_cut: None,
        })
    }
}

impl ShotDetector for AdaptiveDetector {
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>> {
        let AdaptiveParams { adaptive_threshold, min_scene_len, window_width, min_content_val, .. } =
            self.params;
        let score = self.score.push(frame)?;
        let last_cut = *self.last_cut.get_or_insert(frame.cut());
        if self.window.len() > 2 * window_width {
            self.window.pop_front();
        }
        self.window.push_back((frame.cut(), score));
        if self.window.len() <= 2 * window_width {
            return Ok(None);
        }
        let (target, score) = self.window[window_width];
        let others = self.window.iter().enumerate().filter(|(i, _)| *i != window_width);
        let mean = others.map(|(_, (_, score))| score).sum::<f64>() / (2.0 * window_width as f64);
        let ratio = if mean.abs() >= 1e-5 {
            (score / mean).min(255.0)
        } else if score >= min_content_val {
            255.0
        } else {
            0.0
        };
        let metric = ContentScore::METRICS.len();
        self.score.measured.push(Measured { metric, frame: target.frame, value: ratio });
        let cut =
            ratio >= adaptive_threshold && score >= min_content_val && min_scene_len.met(last_cut, target);
        if cut {
            self.last_cut = Some(target);
        }
        Ok(cut.then_some(target))
    }

    fn metrics(&self) -> Vec<String> {
        let luma = if self.params.weights == Weights::LUMA_ONLY { "_lum" } else { "" };
        let ratio = format!("adaptive_ratio{luma} (w={})", self.params.window_width);
        ContentScore::METRICS.map(str::to_owned).into_iter().chain([ratio]).collect()
    }

    fn measured(&self) -> &[Measured] {
        &self.score.measured
    }
}

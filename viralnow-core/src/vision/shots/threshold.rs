//! `PySceneDetect`'s `ThresholdDetector`: fades.

use super::frame::{Cut, CutKind, Measured, ShotDetector, ShotFrame, finite};
use super::length::SceneLength;
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// To which side of the threshold a picture fades.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FadeMethod {
    /// Below it, as to black.
    #[default]
    Floor,
    /// To it or above, as to white.
    Ceiling,
}

/// Settings of [`ThresholdDetector`], with the names and defaults of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThresholdParams {
    /// Mean of all samples at which a picture counts as faded, in 8-bit levels (a fraction is dropped, as the peer does); 12.
    pub threshold: f64,
    /// Least length of a shot; 15 frames.
    pub min_scene_len: SceneLength,
    /// Where between fading out and in the cut is: -1 at the start, 0 in the middle, 1 at the end.
    pub fade_bias: f64,
    /// Whether a video that ends faded out has a last cut there.
    pub add_final_scene: bool,
    /// Fading to black or to white.
    pub method: FadeMethod,
    /// Least length of the faded stretch; 0.
    pub min_out_length: SceneLength,
}

impl Default for ThresholdParams {
    fn default() -> Self {
        Self {
            threshold: 12.0,
            min_scene_len: SceneLength::DEFAULT,
            fade_bias: 0.0,
            add_final_scene: false,
            method: FadeMethod::Floor,
            min_out_length: SceneLength::Frames(0),
        }
    }
}

/// A shot starts between fading out and fading in.
///
/// Metric: `average_rgb`, the mean of all samples, 0 to 255. Keeps the times of the frames of the stretch that is faded out,
/// 56 bytes a frame.
#[derive(Debug)]
pub struct ThresholdDetector {
    params: ThresholdParams,
    threshold: f64,
    last_cut: Option<Cut>,
    last: Option<Cut>,
    /// While faded out, the frames since then.
    out: Vec<Cut>,
    measured: Vec<Measured>,
}

impl ThresholdDetector {
    /// With these settings; fails with `INVALID_CONFIG` where one makes no sense.
    pub fn new(params: &ThresholdParams) -> Result<Self> {
        finite("threshold", params.threshold)?;
        params.min_scene_len.check("min_scene_len")?;
        params.min_out_length.check("min_out_length")?;
        if !(-1.0..=1.0).contains(&params.fade_bias) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "fade_bias must be -1 (where it fades out) to 1 (where it fades in)",
            )
            .with("fade_bias", params.fade_bias));
        }
        Ok(Self {
            params: *params,
            threshold: params.threshold.trunc(),
            last_cut: None,
            last: None,
            out: Vec::new(),
            measured: Vec::new(),
        })
    }

    /// Where between fading out and now the cut is.
    fn split(&self, here: Cut) -> Cut {
        let Some(&start) = self.out.first() else { return here };
        let frames = here.frame.saturating_sub(start.frame) as f64;
        let step = (frames * (1.0 + self.params.fade_bias) / 2.0).round_ties_even() as u64;
        let frame = start.frame + step;
        let at = self.out.partition_point(|cut| cut.frame < frame);
        fade(Cut::hard(frame, self.out.get(at).unwrap_or(&here).time_s), start, here)
    }
}

/// The cut as a fade, from the first frame that is faded out to the first that no longer is.
fn fade(cut: Cut, start: Cut, end: Cut) -> Cut {
    Cut {
        kind: CutKind::Fade,
        start_frame: start.frame,
        start_s: start.time_s,
        end_frame: end.frame,
        end_s: end.time_s,
        ..cut
    }
}

impl ShotDetector for ThresholdDetector {
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>> {
        frame.check()?;
        let here = frame.cut();
        let rows = frame.bgr.chunks(1 << 20);
        let sum: u64 = rows.map(|row| u64::from(row.iter().map(|&v| u32::from(v)).sum::<u32>())).sum();
        let mean = sum as f64 / frame.bgr.len() as f64;
        self.measured.clear();
        self.measured.push(Measured { metric: 0, frame: frame.number, value: mean });
        let last_cut = *self.last_cut.get_or_insert(here);
        self.last = Some(here);
        let faded = match self.params.method {
            FadeMethod::Floor => mean < self.threshold,
            FadeMethod::Ceiling => mean >= self.threshold,
        };
        if faded {
            self.out.push(here);
            return Ok(None);
        }
        let Some(&start) = self.out.first() else { return Ok(None) };
        let cut = (self.params.min_scene_len.met(last_cut, here)
            && self.params.min_out_length.met(start, here))
        .then(|| self.split(here));
        if cut.is_some() {
            self.last_cut = Some(here);
        }
        self.out.clear();
        Ok(cut)
    }

    fn finish(&mut self) -> Vec<Cut> {
        let (Some(last), Some(last_cut), Some(&start)) = (self.last, self.last_cut, self.out.first()) else {
            return Vec::new();
        };
        let rate = (last.time_s - start.time_s) / (last.frame.saturating_sub(start.frame).max(1)) as f64;
        let end = Cut::hard(last.frame + 1, last.time_s + rate);
        let wanted = self.params.add_final_scene
            && self.params.min_scene_len.met(last_cut, last)
            && self.params.min_out_length.met(start, end);
        self.out.clear();
        if wanted { vec![fade(start, start, end)] } else { Vec::new() }
    }

    fn metrics(&self) -> Vec<String> {
        vec!["average_rgb".to_owned()]
    }

    fn measured(&self) -> &[Measured] {
        &self.measured
    }
}

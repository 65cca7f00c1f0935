//! The features of pictures.

use super::faces::ExpressionLabel;
use super::shots::CutKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Features of the pictures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisionSummary {
    /// Shots, in order; they cover the video without gap.
    pub shots: Vec<Shot>,
    /// How fast it is cut; null for a picture.
    pub pacing: Option<Pacing>,
    /// How much moves; null for a picture.
    pub motion: Option<Motion>,
    /// Stretches with faces.
    pub faces: Option<Vec<FaceSpan>>,
    /// Each face from its first sample to its last; null where faces were not looked for.
    #[serde(default)]
    pub face_tracks: Option<Vec<FaceTrack>>,
    /// Text on screen.
    pub overlay_text: Option<Vec<OverlayText>>,
    /// Representative frames with their hashes.
    pub keyframes: Vec<Keyframe>,
    /// Colour of the sampled frames.
    pub colour: Option<Colour>,
    /// Perceptual hash of the first keyframe, 16 hexadecimal digits.
    pub phash: Option<String>,
    /// Frames looked at by the adaptive sampler per second of video; besides them those are that may begin a shot. Null for a picture.
    pub sampled_fps: Option<f64>,
    /// Why a field above is null: field name to reason.
    pub missing: BTreeMap<String, String>,
}

/// One shot, [start, end) in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shot {
    /// Number in order, from 0.
    pub shot_id: u32,
    /// Start: the presentation time of its first frame.
    pub start_s: f64,
    /// End: the presentation time of the next shot's first frame, or the end of the video.
    pub end_s: f64,
    /// Decoded index of its first frame; in preset `reference` the peer's frame number.
    pub start_frame: u64,
    /// How the shot before turns into it; null for the first shot and in preset `reference`, whose detector does not tell.
    #[serde(default)]
    pub transition: Option<Transition>,
    /// Motion intensity within the shot, see [`Motion::intensity`]; null where it was not measured.
    pub motion_score: Option<f64>,
    /// Whether a face was seen; null where faces were not looked for.
    pub faces_present: Option<bool>,
    /// Most faces at once, in a video counted up to 50; null where faces were not looked for.
    #[serde(default)]
    pub face_count: Option<u32>,
    /// Left, top, right, bottom of its largest face, in the mean over the samples in which that was seen, as shares of the upright picture in
    /// [0, 1]; null without one.
    #[serde(default)]
    pub largest_face: Option<[f64; 4]>,
    /// Text on screen; null where text was not looked for.
    pub overlay_text: Option<String>,
}

/// How one shot follows another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transition {
    /// Hard cut, dissolve or fade.
    pub kind: CutKind,
    /// Presentation time of the first frame that is not of the old shot alone, in seconds.
    pub start_s: f64,
    /// Presentation time of the first frame that is of the new shot alone; that of the start where it is a hard cut.
    pub end_s: f64,
}

/// How fast it is cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pacing {
    /// Cuts per minute.
    pub cuts_per_minute: f64,
    /// Median length of a shot, in seconds.
    pub median_shot_s: f64,
    /// Mean length of a shot, in seconds.
    pub mean_shot_s: f64,
    /// Length of the first shot, in seconds.
    pub first_shot_s: f64,
}

/// How much moves, by block matching between consecutive frames at the sampled moments, in every preset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Motion {
    /// Mean displacement, in picture diagonals per second.
    pub intensity: f64,
    /// What of it the motion of the camera does not explain: people, things and text that move by themselves. In diagonals per second; null
    /// where the camera's motion was not estimated. Too low where what moves is only a few blocks large: blocks on its border are found to
    /// move with neither.
    #[serde(default)]
    pub local_intensity: Option<f64>,
    /// Share of the motion in each of 8 directions of 45 degrees, counter-clockwise from right; null without motion.
    pub direction_histogram: Option<Vec<f64>>,
    /// Motion of the camera; null where it was not estimated.
    pub camera_motion: Option<CameraMotion>,
}

/// Motion of the camera.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraMotion {
    /// Mean horizontal displacement of the whole picture, in widths per second; positive when the content moves right.
    pub pan: f64,
    /// Mean vertical displacement, in heights per second; positive when the content moves down.
    pub tilt: f64,
    /// Mean change of scale per second; positive when the content grows.
    pub zoom: f64,
    /// Root mean square of what is left of the camera's motion after smoothing, in diagonals per second.
    pub shake: f64,
}

/// A stretch with faces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaceSpan {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// Most faces at once, in a video counted up to 50.
    pub count: u32,
    /// Mean valence in [-1, 1]; null without a model.
    pub valence: Option<f64>,
    /// Mean arousal in [-1, 1]; null without a model.
    pub arousal: Option<f64>,
}

/// One face while it is followed from sample to sample; a second out of sight ends it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaceTrack {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// Left, top, right, bottom in the mean, as shares of the upright picture in [0, 1].
    #[serde(rename = "box")]
    pub bounds: [f64; 4],
    /// Samples in which it was seen; at least 1.
    pub samples: u32,
    /// How sure the detector was at best, in [0, 1].
    pub confidence: f64,
    /// What it shows most likely, over all samples; null without a model.
    #[serde(default)]
    pub expression: Option<ExpressionLabel>,
    /// Mean valence in [-1, 1]; null without a model.
    #[serde(default)]
    pub valence: Option<f64>,
    /// Mean arousal in [-1, 1]; null without a model.
    #[serde(default)]
    pub arousal: Option<f64>,
}

/// A stretch of text on screen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverlayText {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// What it says.
    pub text: String,
    /// Left, top, right, bottom, as shares of the upright picture in [0, 1].
    #[serde(rename = "box")]
    pub bounds: [f64; 4],
    /// How sure the recognition is, in [0, 1].
    pub confidence: f64,
}

/// A representative frame.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Keyframe {
    /// Presentation time, in seconds.
    pub t_s: f64,
    /// Perceptual hash (DCT, 64 bits) as 16 hexadecimal digits; of 32 by 32 pixels at most where no frame of the shot was looked at.
    pub phash: String,
}

/// Colour of the sampled frames; values in [0, 1]. Of a high dynamic range (PQ, HLG) as an ordinary screen shows it: white is 203 cd/m² (ITU-R
/// BT.2408), what is brighter or more saturated than that can be is cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Colour {
    /// Mean brightness (HSV value).
    pub brightness: f64,
    /// Mean saturation (HSV).
    pub saturation: f64,
    /// Colourfulness (Hasler & Süsstrunk 2003) over 255.
    pub colourfulness: f64,
    /// Mean red, green and blue.
    pub mean_rgb: [f64; 3],
}

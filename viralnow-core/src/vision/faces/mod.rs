//! Faces in one picture, by a detector whose ONNX file the host has.

mod affect;
mod expression;
mod overlap;
mod seen;
mod ultraface;
mod yunet;

pub use expression::{Expression, ExpressionLabel, ExpressionModel};
pub(super) use seen::FacesSeen;
pub use ultraface::UltraFace;
pub use yunet::YuNet;

use crate::imaging::RgbImage;
use crate::model::{model_dirs, models};
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A face.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Face {
    /// Left, top, right, bottom, in pixels of the picture, within it.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
    /// How sure the detector is, in [0, 1].
    pub score: f32,
    /// Right eye, left eye, tip of the nose, right and left corner of the mouth (right and left of the person), each x and y in
    /// pixels; null where the detector gives none.
    pub landmarks: Option<[[f32; 2]; 5]>,
    /// What it shows; null unless it was asked for.
    #[serde(default)]
    pub expression: Option<Expression>,
}

/// What finds faces.
pub trait FaceDetector: std::fmt::Debug + Send + Sync {
    /// The faces of a picture, surest first.
    fn detect(&self, picture: &RgbImage) -> Result<Vec<Face>>;
}

/// Which detector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaceModel {
    /// The first of the others whose file is there.
    #[default]
    Auto,
    /// [`YuNet`]: the surer one. `face_detection_yunet*.onnx` or `yunet*.onnx`.
    YuNet,
    /// [`UltraFace`]: looks at 320 x 240 pixels, so at large faces alone. `version-RFB-320*.onnx`, `version-slim-320*.onnx` or
    /// `ultraface*.onnx`.
    UltraFace,
}

impl FaceModel {
    /// How the names of the files begin, in lower case.
    const YUNET: [&'static str; 2] = ["face_detection_yunet", "yunet"];
    const ULTRAFACE: [&'static str; 3] = ["version-rfb-320", "version-slim-320", "ultraface"];

    /// The file in [`model_dirs`] and what it is.
    fn find(self) -> Result<(Self, PathBuf)> {
        let there = models();
        let look = |model: Self, names: &[&str]| {
            let named =
                |prefix: &&str| there.iter().find(|(file, _)| file.to_lowercase().starts_with(*prefix));
            names.iter().find_map(named).map(|(_, path)| (model, path.clone()))
        };
        let yunet = || look(Self::YuNet, &Self::YUNET);
        let ultraface = || look(Self::UltraFace, &Self::ULTRAFACE);
        let found = match self {
            Self::Auto => yunet().or_else(ultraface),
            Self::YuNet => yunet(),
            Self::UltraFace => ultraface(),
        };
        found.ok_or_else(|| {
            let dirs: Vec<_> = model_dirs().iter().map(|dir| dir.display().to_string()).collect();
            let names = match self {
                Self::Auto => [&Self::YUNET[..], &Self::ULTRAFACE].concat(),
                Self::YuNet => Self::YUNET.to_vec(),
                Self::UltraFace => Self::ULTRAFACE.to_vec(),
            };
            Error::new(
                ErrorKind::Unavailable,
                "no face detector is there; put a YuNet or UltraFace file into one of the directories, or name its directory in VIRALNOW_MODELS",
            )
            .with("model", names.join("*.onnx ") + "*.onnx")
            .with("looked_in", dirs.join(" "))
        })
    }
}

impl std::str::FromStr for FaceModel {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::Auto),
            "yunet" => Ok(Self::YuNet),
            "ultraface" => Ok(Self::UltraFace),
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "no such face detector; there are auto, yunet and ultraface",
            )
            .with("model", name)),
        }
    }
}

/// How faces are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceParams {
    /// Which detector.
    pub model: FaceModel,
    /// The picture's longer side for `YuNet`, in pixels, 32 to 4096; a larger picture is brought to it. Faces of about 10 pixels and
    /// more are found. `UltraFace` looks at 320 x 240 pixels whatever this says.
    pub longest_side: usize,
    /// The least score, in [0, 1]; none for the detector's own (0.6 for `YuNet`, 0.7 for `UltraFace`).
    pub least_score: Option<f32>,
    /// Threads for one picture; 0 for all cores.
    pub threads: usize,
    /// Whether to say what each face shows, by an [`ExpressionModel`]. [`face_detector`] does not.
    pub expressions: bool,
}

impl Default for FaceParams {
    fn default() -> Self {
        Self { model: FaceModel::Auto, longest_side: 640, least_score: None, threads: 1, expressions: false }
    }
}

impl FaceParams {
    fn check(&self) -> Result<()> {
        if !(32..=4096).contains(&self.longest_side) {
            let message = "longest_side must be from 32 to 4096 pixels";
            return Err(Error::new(ErrorKind::InvalidConfig, message).with("longest_side", self.longest_side));
        }
        match self.least_score {
            Some(score) if !(0.0..=1.0).contains(&score) => {
                let message = "least_score must be from 0 to 1";
                Err(Error::new(ErrorKind::InvalidConfig, message).with("least_score", score))
            }
            _ => Ok(()),
        }
    }
}

/// The detector that these settings ask for.
///
/// Fails with `UNAVAILABLE` where its file or an ONNX Runtime is not there, and with `INVALID_CONFIG` for settings out of range.
///
/// ```
/// use viralnow_core::vision::{FaceParams, face_detector};
/// match face_detector(&FaceParams::default()) {
///     Ok(detector) => println!("{detector:?}"),
///     Err(error) => println!("{error}"), // says which files it looked for, and where
/// }
/// ```
pub fn face_detector(params: &FaceParams) -> Result<Box<dyn FaceDetector>> {
    params.check()?;
    let (model, path) = params.model.find()?;
    Ok(match model {
        FaceModel::UltraFace => Box::new(UltraFace::open(path, params.least_score, params.threads)?),
        _ => Box::new(YuNet::open(path, params.longest_side, params.least_score, params.threads)?),
    })
}

/// The faces of one picture, surest first. For many pictures, make a [`face_detector`] once.
///
/// Fails as [`face_detector`] does, as [`ExpressionModel::find`] where expressions are asked for, and with `INVALID_INPUT` for a
/// picture without pixels.
///
/// ```
/// use viralnow_core::imaging::RgbImage;
/// use viralnow_core::vision::{FaceParams, detect_faces};
/// let gray = RgbImage { width: 64, height: 64, data: vec![128; 64 * 64 * 3] };
/// if let Ok(faces) = detect_faces(&gray, &FaceParams::default()) {
///     assert!(faces.is_empty());
/// }
/// ```
pub fn detect_faces(picture: &RgbImage, params: &FaceParams) -> Result<Vec<Face>> {
    let mut faces = face_detector(params)?.detect(picture)?;
    if params.expressions {
        let model = ExpressionModel::find(params.threads)?;
        for face in &mut faces {
            face.expression = Some(model.of(picture, face)?);
        }
    }
    Ok(faces)
}

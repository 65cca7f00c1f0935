//! What a face shows, by a network whose ONNX file the host has: `HSEmotion`'s multi-task networks (Savchenko 2022) and others of
//! their shape.

use super::Face;
use crate::imaging::RgbImage;
use crate::model::{Session, Tensor, model_dirs, models};
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Sides of the network's input where it takes any.
const SIDE: usize = 224;
/// What the pixels were normalised with when the networks were trained (the statistics of `ImageNet`): red, green, blue.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
/// How the names of the files begin, in lower case.
const NAMES: [&str; 3] = ["enet_b", "hsemotion", "face_expression"];

/// What a face may show: the classes of `AffectNet`, in the networks' order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExpressionLabel {
    /// Anger.
    Anger,
    /// Contempt.
    Contempt,
    /// Disgust.
    Disgust,
    /// Fear.
    Fear,
    /// Happiness.
    Happiness,
    /// No expression.
    Neutral,
    /// Sadness.
    Sadness,
    /// Surprise.
    Surprise,
}

impl ExpressionLabel {
    /// All of them, in the order of [`Expression::probabilities`].
    pub const ALL: [Self; 8] = [
        Self::Anger,
        Self::Contempt,
        Self::Disgust,
        Self::Fear,
        Self::Happiness,
        Self::Neutral,
        Self::Sadness,
        Self::Surprise,
    ];
}

/// What a face shows in one picture. A guess at what it looks like, not at what is felt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expression {
    /// The likeliest.
    pub label: ExpressionLabel,
    /// The probability of each, in the order of [`ExpressionLabel::ALL`]; together 1.
    pub probabilities: [f32; 8],
    /// From unpleasant to pleasant, in [-1, 1]; null where the model does not give it.
    pub valence: Option<f32>,
    /// From calm to excited, in [-1, 1]; null where the model does not give it.
    pub arousal: Option<f32>,
}

/// The network: a face as red, green and blue at 224 x 224 (or the model's own sides), normalised as for `ImageNet`; out come eight
/// logits, in the order of [`ExpressionLabel::ALL`], and, where it is one for several tasks, valence and arousal behind them.
#[derive(Debug)]
pub struct ExpressionModel {
    session: Session,
    /// Rows, columns.
    sides: [usize; 2],
}

impl ExpressionModel {
    /// Opens the file. Fails as [`Session::open`] does, and with `INVALID_INPUT` for a model of other inputs or outputs.
    pub fn open(path: impl AsRef<Path>, threads: usize) -> Result<Self> {
        let session = Session::open(path, threads)?;
        let (inputs, outputs) = (session.inputs(), session.outputs());
        let shape = inputs.first().map_or(&[][..], |port| &port.shape);
        let gives = outputs.first().and_then(|port| port.shape.last().copied().flatten());
        let sides = shape.get(2..).unwrap_or_default().iter().map(|side| side.unwrap_or(SIDE));
        let sides: Vec<usize> = sides.collect();
        let fits = inputs.len() == 1
            && outputs.len() == 1
            && shape.len() == 4
            && shape[1].is_none_or(|channels| channels == 3)
            && sides.iter().all(|side| (16..=1024).contains(side))
            && matches!(gives, Some(8 | 10));
        if !fits {
            let message = "a model of expression takes [n, 3, height, width] and gives [n, 8] or [n, 10]: eight logits, valence, arousal";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("model", session.path().display()));
        }
        Ok(Self { sides: [sides[0], sides[1]], session })
    }

    /// The one whose file is in [`model_dirs`]. Fails with `UNAVAILABLE` where there is none, and as [`ExpressionModel::open`] does.
    pub fn find(threads: usize) -> Result<Self> {
        Self::open(Self::file()?, threads)
    }

    /// Its file.
    pub(super) fn file() -> Result<PathBuf> {
        let there = models();
        // Of several the one that gives valence and arousal too, by its name.
        let named = |prefix: &&str| {
            let fits = there.iter().filter(|(file, _)| file.to_lowercase().starts_with(*prefix));
            fits.max_by_key(|(file, _)| file.to_lowercase().contains("va_mtl"))
        };
        NAMES.iter().find_map(named).map(|(_, path)| path.clone()).ok_or_else(|| {
            let dirs: Vec<_> = model_dirs().iter().map(|dir| dir.display().to_string()).collect();
            Error::new(
                ErrorKind::Unavailable,
                "no model of expression is there; put an HSEmotion file into one of the directories, or name its directory in VIRALNOW_MODELS",
            )
            .with("model", NAMES.join("*.onnx ") + "*.onnx")
            .with("looked_in", dirs.join(" "))
        })
    }

    /// What a face of a picture shows. Fails with `INVALID_INPUT` for a face outside of it, and where the model gives no numbers.
    pub fn of(&self, picture: &RgbImage, face: &Face) -> Result<Expression> {
        picture.check()?;
        let [rows, columns] = self.sides;
        let crop = cut(picture, face.bounds)?.resize(columns, rows);
        let mut input = Tensor::zeros(&[1, 3, rows, columns]);
        let planes = input.as_f32_mut().unwrap_or_default();
        for (channel, plane) in planes.chunks_exact_mut(rows * columns).enumerate() {
            for (out, pixel) in plane.iter_mut().zip(crop.data.as_chunks::<3>().0) {
                *out = (f32::from(pixel[channel]) / 255.0 - MEAN[channel]) / DEVIATION[channel];
            }
        }
        let outputs = self.session.run(&[(&self.session.inputs()[0].name, &input)])?;
        let values = outputs.values().next().and_then(Tensor::as_f32).unwrap_or_default();
        read(values).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, "the model of expression gives no numbers")
                .with("model", self.session.path().display())
        })
    }
}

/// Eight logits, and valence and arousal behind them.
fn read(values: &[f32]) -> Option<Expression> {
    let (logits, rest) = values.split_first_chunk::<8>()?;
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let largest = logits.iter().copied().fold(f32::MIN, f32::max);
    let weights = logits.map(|logit| (logit - largest).exp());
    let sum: f32 = weights.iter().sum();
    let best = (0..8).fold(0, |best, k| if logits[k] > logits[best] { k } else { best });
    let signed = |k: usize| rest.get(k).map(|value| value.clamp(-1.0, 1.0));
    Some(Expression {
        label: ExpressionLabel::ALL[best],
        probabilities: weights.map(|weight| weight / sum),
        valence: signed(0),
        arousal: signed(1),
    })
}

/// The part of a picture in a box, as far as it lies in it.
fn cut(picture: &RgbImage, [left, top, right, bottom]: [f32; 4]) -> Result<RgbImage> {
    let upto = |side: f32, most: usize| (side.round().max(0.0) as usize).min(most);
    let (left, right) = (upto(left, picture.width), upto(right, picture.width));
    let (top, bottom) = (upto(top, picture.height), upto(bottom, picture.height));
    if left >= right || top >= bottom {
        return Err(Error::new(ErrorKind::InvalidInput, "the face lies outside of the picture"));
    }
    let rows = picture.data.chunks_exact(3 * picture.width).skip(top).take(bottom - top);
    let data = rows.flat_map(|row| &row[3 * left..3 * right]).copied().collect();
    Ok(RgbImage { width: right - left, height: bottom - top, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logits_become_probabilities() {
        let values = [0.0, 0.0, 0.0, 0.0, 3.0_f32.ln(), 0.0, 0.0, 0.0, 0.5, -2.0];
        let read = read(&values).unwrap();
        assert_eq!(
            (read.label, read.valence, read.arousal),
            (ExpressionLabel::Happiness, Some(0.5), Some(-1.0))
        );
        assert!((read.probabilities[4] - 0.3).abs() < 1e-6 && (read.probabilities[0] - 0.1).abs() < 1e-6);
        assert_eq!(super::read(&values[..8]).unwrap().valence, None);
        assert_eq!(super::read(&[f32::NAN; 10]), None);
        assert_eq!(super::read(&[]), None);
    }

    #[test]
    fn a_face_beyond_the_edge_is_cut_there() {
        let picture = RgbImage { width: 4, height: 3, data: (0..36).collect() };
        let part = cut(&picture, [-5.0, 1.0, 2.0, 99.0]).unwrap();
        assert_eq!((part.width, part.height, &part.data[..6]), (2, 2, &[12, 13, 14, 15, 16, 17][..]));
        assert!(cut(&picture, [4.0, 0.0, 9.0, 3.0]).is_err());
        assert!(cut(&picture, [f32::NAN; 4]).is_err());
    }
}

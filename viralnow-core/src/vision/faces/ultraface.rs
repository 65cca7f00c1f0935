//! `UltraFace` ("Ultra-Light-Fast-Generic-Face-Detector-1MB"), the models for 320 x 240 pixels.

use super::overlap::{has_area, surest, within};
use super::{Face, FaceDetector};
use crate::imaging::RgbImage;
use crate::model::{Session, Tensor};
use crate::{Error, ErrorKind, Result};
use std::path::Path;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;
const LEAST_SCORE: f32 = 0.7;
const MOST_OVERLAP: f32 = 0.3;

/// The detector: the picture within 320 x 240 red, green and blue around 0; for each of its boxes the
/// probabilities of none and of a face, and the corners as shares of the sides.
#[derive(Debug)]
pub struct UltraFace {
    session: Session,
    least_score: f32,
}

impl UltraFace {
    /// Opens the file; `least_score` is 0.7 unless said.
    ///
    /// Fails as [`Session::open`] does, and with `INVALID_INPUT` for a model of other inputs.
    pub fn open(path: impl AsRef<Path>, least_score: Option<f32>, threads: usize) -> Result<Self> {
        let session = Session::open(path, threads)?;
        let fits = |shape: &[Option<usize>]| {
            shape.len() == 4
                && shape
                    .iter()
                    .zip([1, 3, HEIGHT, WIDTH])
                    .all(|(side, wanted)| side.is_none_or(|side| side == wanted))
        };
        let gives = |name: &str| session.outputs().iter().any(|port| port.name == name);
        if !(session.inputs().first().is_some_and(|port| fits(&port.shape))
            && gives("scores")
            && gives("boxes"))
        {
            let message = "UltraFace takes [1, 3, 240, 320] and gives scores and boxes";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("model", session.path().display()));
        }
        Ok(Self { session, least_score: least_score.unwrap_or(LEAST_SCORE) })
    }
}

impl FaceDetector for UltraFace {
    fn detect(&self, picture: &RgbImage) -> Result<Vec<Face>> {
        picture.check()?;
        // Not stretched: the faces of a tall video would be twice as wide as the model knows them.
        let scale = (WIDTH as f32 / picture.width as f32).min(HEIGHT as f32 / picture.height as f32);
        let to = |side: usize, most: usize| ((side as f32 * scale).round() as usize).clamp(1, most);
        let small = picture.resize(to(picture.width, WIDTH), to(picture.height, HEIGHT));
        let mut input = Tensor::zeros(&[1, 3, HEIGHT, WIDTH]);
        let planes = input.as_f32_mut().unwrap_or_default();
        for (y, line) in small.data.chunks_exact(3 * small.width).enumerate() {
            for (x, pixel) in line.chunks_exact(3).enumerate() {
                for (channel, &value) in pixel.iter().enumerate() {
                    planes[(channel * HEIGHT + y) * WIDTH + x] = (f32::from(value) - 127.0) / 128.0;
                }
            }
        }
        let outputs = self.session.run(&[(&self.session.inputs()[0].name, &input)])?;
        let values = |name: &str| outputs.get(name).and_then(Tensor::as_f32);
        let (Some(scores), Some(boxes)) = (values("scores"), values("boxes")) else {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the model gives other numbers than UltraFace does",
            )
            .with("model", self.session.path().display()));
        };
        let (width, height) = (WIDTH as f32 / scale, HEIGHT as f32 / scale);
        let faces = scores.chunks_exact(2).zip(boxes.chunks_exact(4)).filter_map(|(score, sides)| {
            let sure = score[1] >= self.least_score && sides.iter().all(|side| side.is_finite());
            let bounds = [sides[0] * width, sides[1] * height, sides[2] * width, sides[3] * height];
            let bounds = within(bounds, picture.width, picture.height);
            (sure && has_area(bounds)).then(|| Face {
                bounds,
                score: score[1],
                landmarks: None,
                expression: None,
            })
        });
        Ok(surest(faces.collect(), MOST_OVERLAP))
    }
}

//! `YuNet` (Wu, Peng & Yu 2023), as OpenCV's zoo and libfacedetection publish it.

use super::overlap::{has_area, surest, within};
use super::{Face, FaceDetector};
use crate::imaging::RgbImage;
use crate::model::{Session, Tensor};
use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Pixels from one anchor to the next on the three levels.
const STRIDES: [usize; 3] = [8, 16, 32];
/// The sides of the input are multiples of it.
const MULTIPLE: usize = 32;
const LEAST_SCORE: f32 = 0.6;
const MOST_OVERLAP: f32 = 0.3;

/// The detector: pictures as blue, green and red from 0 to 255, scores, boxes and five landmarks at each anchor of three levels.
#[derive(Debug)]
pub struct YuNet {
    session: Session,
    longest_side: usize,
    least_score: f32,
}

impl YuNet {
    /// Opens the file. Pictures are brought to `longest_side` pixels when they are larger; `least_score` is 0.6 unless said.
    ///
    /// Fails as [`Session::open`] does, and with `INVALID_INPUT` for a model of other inputs.
    pub fn open(
        path: impl AsRef<Path>,
        longest_side: usize,
        least_score: Option<f32>,
        threads: usize,
    ) -> Result<Self> {
        let session = Session::open(path, threads)?;
        let port = session.inputs().first();
        let takes = port
            .is_some_and(|port| port.shape.len() == 4 && port.shape[1].is_none_or(|channels| channels == 3));
        let gives = |name: String| session.outputs().iter().any(|port| port.name == name);
        let all = STRIDES
            .iter()
            .all(|stride| ["cls", "obj", "bbox", "kps"].iter().all(|part| gives(format!("{part}_{stride}"))));
        if !(takes && all) {
            let message = "YuNet takes [1, 3, height, width] and gives cls, obj, bbox and kps at the strides 8, 16 and 32";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("model", session.path().display()));
        }
        Ok(Self { session, longest_side, least_score: least_score.unwrap_or(LEAST_SCORE) })
    }

    /// The size that a model made for one size has, or the picture's own, padded.
    fn input_size(&self, width: usize, height: usize) -> (usize, usize) {
        let shape = &self.session.inputs()[0].shape;
        let padded = |side: usize, fixed: Option<usize>| fixed.unwrap_or(side.next_multiple_of(MULTIPLE));
        (padded(width, shape[3]), padded(height, shape[2]))
    }
}

impl FaceDetector for YuNet {
    fn detect(&self, picture: &RgbImage) -> Result<Vec<Face>> {
        picture.check()?;
        let shape = &self.session.inputs()[0].shape;
        let longest = picture.width.max(picture.height);
        let mut scale = (self.longest_side as f32 / longest as f32).min(1.0);
        // A model of a fixed size: the picture must fit into it.
        for (side, fixed) in [(picture.width, shape[3]), (picture.height, shape[2])] {
            scale = fixed.map_or(scale, |fixed| scale.min(fixed as f32 / side as f32));
        }
        let to = |side: usize| ((side as f32 * scale).round() as usize).clamp(1, side);
        let (width, height) = (to(picture.width), to(picture.height));
        let small =
            if scale < 1.0 { Cow::Owned(picture.resize(width, height)) } else { Cow::Borrowed(picture) };
        let (columns, rows) = self.input_size(width, height);
        let mut input = Tensor::zeros(&[1, 3, rows, columns]);
        let planes = input.as_f32_mut().unwrap_or_default();
        for (y, line) in small.data.chunks_exact(3 * width).enumerate().take(rows) {
            for (x, pixel) in line.chunks_exact(3).enumerate().take(columns) {
                for (plane, channel) in [2, 1, 0].into_iter().enumerate() {
                    planes[(plane * rows + y) * columns + x] = f32::from(pixel[channel]);
                }
            }
        }
        let outputs = self.session.run(&[(&self.session.inputs()[0].name, &input)])?;
        let back = [picture.width as f32 / width as f32, picture.height as f32 / height as f32];
        let mut faces = Vec::new();
        for stride in STRIDES {
            self.level(&outputs, stride, columns.div_ceil(stride), back, &mut faces)?;
        }
        for face in &mut faces {
            face.bounds = within(face.bounds, picture.width, picture.height);
        }
        // What lies in the padding alone is none.
        faces.retain(|face| has_area(face.bounds));
        Ok(surest(faces, MOST_OVERLAP))
    }
}

impl YuNet {
    /// The faces of one level, in pixels of the picture; `back` brings pixels of the input there.
    fn level(
        &self,
        outputs: &BTreeMap<String, Tensor>,
        stride: usize,
        columns: usize,
        back: [f32; 2],
        faces: &mut Vec<Face>,
    ) -> Result<()> {
        let values = |part: &str, each: usize| {
            let tensor = outputs.get(&format!("{part}_{stride}"));
            let values = tensor.and_then(Tensor::as_f32).filter(|values| values.len().is_multiple_of(each));
            values.ok_or_else(|| {
                Error::new(ErrorKind::InvalidInput, "the model gives other numbers than YuNet does")
                    .with("model", self.session.path().display())
                    .with("output", format!("{part}_{stride}"))
            })
        };
        let (classes, objects, boxes, points) =
            (values("cls", 1)?, values("obj", 1)?, values("bbox", 4)?, values("kps", 10)?);
        let step = stride as f32;
        let anchors = classes.iter().zip(objects).zip(boxes.chunks_exact(4).zip(points.chunks_exact(10)));
        for (at, ((class, object), (sides, points))) in anchors.enumerate() {
            let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
            // What is no number falls here, too.
            if !(score >= self.least_score) || !sides.iter().chain(points).all(|value| value.is_finite()) {
                continue;
            }
            let (column, row) = ((at % columns) as f32, (at / columns) as f32);
            let (x, y) = ((column + sides[0]) * step, (row + sides[1]) * step);
            let (width, height) = (sides[2].exp() * step, sides[3].exp() * step);
            let [across, down] = back;
            let mut landmarks = [[0.0; 2]; 5];
            for (landmark, point) in landmarks.iter_mut().zip(points.chunks_exact(2)) {
                *landmark = [(point[0] + column) * step * across, (point[1] + row) * step * down];
            }
            faces.push(Face {
                bounds: [
                    (x - width / 2.0) * across,
                    (y - height / 2.0) * down,
                    (x + width / 2.0) * across,
                    (y + height / 2.0) * down,
                ],
                score,
                landmarks: Some(landmarks),
                expression: None,
            });
        }
        Ok(())
    }
}

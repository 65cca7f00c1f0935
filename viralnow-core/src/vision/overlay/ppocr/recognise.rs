//! What a line says: a CRNN-like network with connectionist temporal classification (Graves et al. 2006), as PP-OCR has it.

use super::rectangle::Rectangle;
use crate::imaging::RgbImage;
use crate::model::{Session, Tensor};
use crate::{Error, ErrorKind, Result};
use std::path::Path;

/// Rows of the network's input.
const ROWS: usize = 48;
/// Its columns: a shorter line is padded, as in training, a longer one squeezed.
const FEWEST: usize = 320;
const MOST: usize = 3200;
/// A line is read with more around it than the detector gives, by this share of its height on either side: words then stay apart,
/// which run together in a picture that is cut at the letters.
const MARGIN: f32 = 0.12;
/// A line that stands higher than so many times its width is one that runs down.
const UPRIGHT: f32 = 1.5;
/// Letters of an alphabet at most.
const MOST_LETTERS: usize = 1 << 16;

/// The recogniser.
#[derive(Debug)]
pub(super) struct Recogniser {
    session: Session,
    /// The letters of the classes from 1 on; class 0 is none.
    letters: Vec<String>,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) text: String,
    /// The mean of the letters' probabilities, in [0, 1].
    pub(super) confidence: f32,
    /// Where the first letter begins and the last one ends, as shares of the line.
    pub(super) extent: [f32; 2],
}

impl Recogniser {
    /// The alphabet is in the model's metadata, under `character`, or in a text file of the same name beside it, a letter on each line.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let session = Session::open(path, 1)?;
        let (inputs, outputs) = (session.inputs(), session.outputs());
        let shape = inputs.first().map_or(&[][..], |port| &port.shape);
        let fits = inputs.len() == 1
            && outputs.len() == 1
            && shape.len() == 4
            && shape[1].is_none_or(|channels| channels == 3)
            && shape[2].is_none_or(|rows| rows == ROWS)
            && shape[3].is_none()
            && outputs[0].shape.len() == 3;
        if !fits {
            let message = "a recogniser of PP-OCR takes [n, 3, 48, width] and gives [n, columns, letters]";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("model", path.display()));
        }
        let letters = alphabet(&session, path)?;
        Ok(Self { session, letters })
    }

    /// Reads the line in a rectangle of a picture.
    pub(super) fn read(&self, picture: &RgbImage, line: &Rectangle) -> Result<Option<Said>> {
        let [long, short] = line.half;
        if !(short >= 0.5 && long.is_finite()) {
            return Ok(None);
        }
        let line = &line.grown(MARGIN * 2.0 * short);
        let [long, short] = line.half;
        let columns = ((ROWS as f32 * long / short).ceil() as usize).clamp(1, MOST);
        let padded = columns.max(FEWEST);
        let mut input = Tensor::zeros(&[1, 3, ROWS, padded]);
        let planes = input.as_f32_mut().unwrap_or_default();
        let down = standing(line);
        straighten(picture, &down, columns, |row, column, pixel| {
            for channel in 0..3 {
                // Blue first, as OpenCV reads pictures.
                planes[(channel * ROWS + row) * padded + column] = pixel[2 - channel] / 127.5 - 1.0;
            }
        });
        let outputs = self.session.run(&[(&self.session.inputs()[0].name, &input)])?;
        let tensor = outputs.values().next();
        let classes = self.letters.len() + 1;
        let values = tensor
            .and_then(Tensor::as_f32)
            .filter(|_| tensor.is_some_and(|t| t.shape().last() == Some(&classes)));
        let values = values.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                "the recogniser has another number of letters than its alphabet",
            )
            .with("model", self.session.path().display())
            .with("letters", self.letters.len())
            .with("gives", tensor.map_or_else(String::new, |tensor| format!("{:?}", tensor.shape())))
        })?;
        let steps = values.len() / classes;
        Ok(decode(values, classes, &self.letters).map(|(text, confidence, [first, last])| {
            let share = |step: usize| (step as f32 / steps as f32 * padded as f32 / columns as f32).min(1.0);
            Said { text, confidence, extent: [share(first), share(last + 1)] }
        }))
    }
}

/// A line whose longer side runs down is one of letters above each other only when it is much higher than wide: it is read
/// from below, as text that was turned to the left.
fn standing(line: &Rectangle) -> Rectangle {
    let [right, down] = line.along;
    if down.abs() <= right.abs() || line.half[0] < UPRIGHT * line.half[1] {
        return *line;
    }
    // Upwards.
    let along = if down > 0.0 { [-right, -down] } else { line.along };
    Rectangle { along, ..*line }
}

/// Hands out the pixels of a rectangle, brought to `columns` x [`ROWS`]: each the mean of bilinear samples that lie no more
/// than about a pixel apart, so that nothing aliases.
fn straighten(
    picture: &RgbImage,
    line: &Rectangle,
    columns: usize,
    mut each: impl FnMut(usize, usize, [f32; 3]),
) {
    let step = [2.0 * line.half[0] / columns as f32, 2.0 * line.half[1] / ROWS as f32];
    let parts = step.map(|step| (step.round() as usize).clamp(1, 16));
    let [right, down] = line.along;
    let weight = 1.0 / (parts[0] * parts[1]) as f32;
    for row in 0..ROWS {
        for column in 0..columns {
            let mut sum = [0.0; 3];
            for part in 0..parts[0] * parts[1] {
                let place = [part % parts[0], part / parts[0]];
                let [along, across] = std::array::from_fn(|k| {
                    let at = [column, row][k] as f32 + (place[k] as f32 + 0.5) / parts[k] as f32;
                    at * step[k] - line.half[k]
                });
                let x = line.centre[0] + along * right - across * down;
                let y = line.centre[1] + along * down + across * right;
                for (sum, value) in sum.iter_mut().zip(sample(picture, x, y)) {
                    *sum += value;
                }
            }
            each(row, column, sum.map(|sum| sum * weight));
        }
    }
}

/// The picture at a place between its pixels; beyond its edge as at it.
fn sample(picture: &RgbImage, x: f32, y: f32) -> [f32; 3] {
    let axis = |at: f32, most: usize| {
        let at = at.clamp(0.0, (most - 1) as f32);
        let low = at as usize;
        (low, (low + 1).min(most - 1), at - low as f32)
    };
    let (left, right, across) = axis(x, picture.width);
    let (top, bottom, down) = axis(y, picture.height);
    let pixel = |x: usize, y: usize, c: usize| f32::from(picture.data[3 * (y * picture.width + x) + c]);
    std::array::from_fn(|c| {
        let upper = pixel(left, top, c) * (1.0 - across) + pixel(right, top, c) * across;
        let lower = pixel(left, bottom, c) * (1.0 - across) + pixel(right, bottom, c) * across;
        upper * (1.0 - down) + lower * down
    })
}

/// The likeliest letter of each column, without repetitions and without none; how sure, and the first and the last column of them.
fn decode(values: &[f32], classes: usize, letters: &[String]) -> Option<(String, f32, [usize; 2])> {
    let (mut text, mut sum, mut count) = (String::new(), 0.0, 0_u32);
    let (mut before, mut extent) = (0, None::<[usize; 2]>);
    for (step, column) in values.chunks_exact(classes).enumerate() {
        let (class, probability) = column
            .iter()
            .copied()
            .enumerate()
            .fold((0, f32::MIN), |best, now| if now.1 > best.1 { now } else { best });
        if class != 0 {
            extent = Some([extent.map_or(step, |[first, _]| first), step]);
            if class != before {
                text.push_str(letters.get(class - 1)?);
                sum += probability;
                count += 1;
            }
        }
        before = class;
    }
    let trimmed = text.trim();
    let confidence = (sum / count.max(1) as f32).clamp(0.0, 1.0);
    extent.filter(|_| !trimmed.is_empty()).map(|extent| (trimmed.to_owned(), confidence, extent))
}

fn alphabet(session: &Session, path: &Path) -> Result<Vec<String>> {
    let beside = path.with_extension("txt");
    let text = match session.metadata("character") {
        Some(text) => text,
        None => std::fs::read_to_string(&beside).map_err(|error| {
            Error::new(
                ErrorKind::Unavailable,
                "the recogniser has no alphabet; put PP-OCR's list of letters for it beside it, under the same name",
            )
            .with("model", path.display())
            .with("looked_for", beside.display())
            .caused_by(error)
        })?,
    };
    let mut letters: Vec<String> = text.lines().map(str::to_owned).collect();
    // The last class is the space.
    letters.push(" ".to_owned());
    if letters.len() > MOST_LETTERS {
        return Err(Error::new(ErrorKind::InvalidInput, "the recogniser's alphabet is too long")
            .with("model", path.display())
            .with("letters", letters.len()));
    }
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_and_gaps_are_taken_out() {
        let letters = ["a", "b", " "].map(str::to_owned);
        let columns = [0, 1, 1, 0, 1, 2, 3, 3, 0];
        let values: Vec<f32> =
            columns.iter().flat_map(|&c| (0..4).map(move |k| if k == c { 0.8 } else { 0.1 })).collect();
        let (text, confidence, extent) = decode(&values, 4, &letters).unwrap();
        assert_eq!((text.as_str(), extent), ("aab", [1, 7]));
        assert!((confidence - 0.8).abs() < 1e-6);
        assert_eq!(decode(&[0.9, 0.1, 0.0, 0.0], 4, &letters), None);
        assert_eq!(decode(&[f32::NAN; 8], 4, &letters), None);
    }

    /// A picture whose red is its column and whose green is its row comes out as its own coordinates, turned or not.
    #[test]
    fn a_turned_line_is_straightened() {
        let mut picture = RgbImage { width: 200, height: 200, data: vec![0; 3 * 200 * 200] };
        for (i, pixel) in picture.data.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            *pixel = [(i % 200) as u8, (i / 200) as u8, 0];
        }
        let (sin, cos) = 20_f32.to_radians().sin_cos();
        let line = Rectangle { centre: [100.0, 90.0], along: [cos, sin], half: [48.0, 24.0] };
        straighten(&picture, &line, 96, |row, column, [red, green, _]| {
            let (along, across) = (column as f32 + 0.5 - 48.0, row as f32 + 0.5 - 24.0);
            assert!((red - (100.0 + along * cos - across * sin)).abs() < 0.01);
            assert!((green - (90.0 + along * sin + across * cos)).abs() < 0.01);
        });
    }
}

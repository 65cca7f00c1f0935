//! Where text is: differentiable binarization (Liao et al. 2020), as PP-OCR's detectors are trained for it.

use super::rectangle::Rectangle;
use crate::imaging::RgbImage;
use crate::model::{Session, Tensor};
use crate::{Error, ErrorKind, Result};
use std::path::Path;

/// A pixel is one of text from this probability on; a line of it is, when the mean in it is at least that.
const PIXEL: f32 = 0.3;
const LINE: f32 = 0.5;
/// The network marks the middle of a line. It is grown by its area over its circumference, times this, to reach around.
const GROWTH: f32 = 1.6;
/// Lines that are lower than this in the network's map, before and after growing, are specks.
const LOWEST: [f32; 2] = [3.0, 5.0];
/// The network's input has sides that are multiples of it.
const MULTIPLE: usize = 32;
/// A picture whose shorter side is shorter is enlarged to it: the network does not see small letters.
const SHORTEST: usize = 736;
/// Lines of a picture at most; the first, from the top.
const MOST: usize = 1000;
/// What the pixels were normalised with when the network was trained (the statistics of `ImageNet`, in its order).
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// The detector.
#[derive(Debug)]
pub(super) struct Detector {
    session: Session,
}

impl Detector {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let session = Session::open(path, 1)?;
        let image = |shape: &[Option<usize>], channels: usize| {
            shape.len() == 4 && shape[1].is_none_or(|have| have == channels)
        };
        let (inputs, outputs) = (session.inputs(), session.outputs());
        let fits = inputs.len() == 1
            && outputs.len() == 1
            && image(&inputs[0].shape, 3)
            && outputs[0].shape.len() == 4;
        if !fits {
            let message =
                "a detector of PP-OCR takes [n, 3, height, width] and gives a map [n, 1, height, width]";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("model", path.display()));
        }
        Ok(Self { session })
    }

    /// The lines of text in a picture whose longer side counts `longest` pixels at most, in pixels of the picture.
    pub(super) fn lines(&self, picture: &RgbImage, longest: usize) -> Result<Vec<Rectangle>> {
        let (columns, rows) = input_size(picture.width, picture.height, longest);
        let small = picture.resize(columns, rows);
        let mut input = Tensor::zeros(&[1, 3, rows, columns]);
        let planes = input.as_f32_mut().unwrap_or_default();
        for (channel, plane) in planes.chunks_exact_mut(rows * columns).enumerate() {
            // Blue first, as OpenCV reads pictures.
            for (out, pixel) in plane.iter_mut().zip(small.data.as_chunks::<3>().0) {
                *out = (f32::from(pixel[2 - channel]) / 255.0 - MEAN[channel]) / DEVIATION[channel];
            }
        }
        let outputs = self.session.run(&[(&self.session.inputs()[0].name, &input)])?;
        let map = outputs.values().next().and_then(Tensor::as_f32).unwrap_or_default();
        if map.len() != rows * columns {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the detector's map is of another size than its input",
            )
            .with("model", self.session.path().display())
            .with("values", map.len())
            .with("pixels", rows * columns));
        }
        let back = [picture.width as f32 / columns as f32, picture.height as f32 / rows as f32];
        Ok(marked(map, columns).into_iter().map(|line| line.scaled(back)).collect())
    }
}

/// The sides that a picture is brought to.
fn input_size(width: usize, height: usize, longest: usize) -> (usize, usize) {
    let (short, long) = (width.min(height) as f64, width.max(height) as f64);
    let scale = (SHORTEST as f64 / short).max(1.0).min(longest as f64 / long);
    let side = |pixels: usize| {
        let multiples = (pixels as f64 * scale / MULTIPLE as f64).round() as usize;
        multiples.max(1) * MULTIPLE
    };
    (side(width), side(height))
}

/// The rectangles around what a map of probabilities marks.
fn marked(map: &[f32], columns: usize) -> Vec<Rectangle> {
    let rows = map.len() / columns;
    // What is no number is no text.
    let mut open: Vec<bool> = map.iter().map(|&probability| probability > PIXEL).collect();
    let (mut found, mut stack, mut edge) = (Vec::new(), Vec::new(), Vec::new());
    for start in 0..map.len() {
        if !std::mem::take(&mut open[start]) {
            continue;
        }
        stack.push(start);
        edge.clear();
        while let Some(at) = stack.pop() {
            let (x, y) = (at % columns, at / columns);
            let (left, right) = (x.saturating_sub(1), (x + 1).min(columns - 1));
            let mut inside = 0;
            for row in y.saturating_sub(1)..=(y + 1).min(rows - 1) {
                for next in row * columns + left..=row * columns + right {
                    inside += usize::from(map[next] > PIXEL);
                    if std::mem::take(&mut open[next]) {
                        stack.push(next);
                    }
                }
            }
            // Its hull is that of the pixels at its edge.
            if inside < 9 {
                edge.push([x as f32, y as f32]);
            }
        }
        let Some(tight) = Rectangle::around(&edge).filter(|line| 2.0 * line.half[1] >= LOWEST[0]) else {
            continue;
        };
        if mean_in(map, columns, &tight) < LINE {
            continue;
        }
        let [long, short] = tight.half.map(|half| 2.0 * half);
        let line = tight.grown(long * short * GROWTH / (2.0 * (long + short)));
        if 2.0 * line.half[1] >= LOWEST[1] {
            found.push(line);
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

/// The mean of the map in a rectangle.
fn mean_in(map: &[f32], columns: usize, rectangle: &Rectangle) -> f32 {
    let rows = map.len() / columns;
    let [left, top, right, bottom] = rectangle.bounds();
    let upto = |side: f32, most: usize| (side.max(0.0) as usize).min(most - 1);
    let (mut sum, mut count) = (0.0, 0_u32);
    for y in upto(top.floor(), rows)..=upto(bottom.ceil(), rows) {
        for x in upto(left.floor(), columns)..=upto(right.ceil(), columns) {
            if rectangle.grown(0.5).has([x as f32, y as f32]) {
                sum += map[y * columns + x];
                count += 1;
            }
        }
    }
    sum / count.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_is_neither_too_small_nor_too_large() {
        assert_eq!(input_size(320, 640, 2560), (736, 1472));
        assert_eq!(input_size(1080, 1920, 2560), (1088, 1920));
        assert_eq!(input_size(4000, 3000, 2000), (2016, 1504));
        // A picture that is far longer than high stays within the longest side.
        assert_eq!(input_size(3000, 30, 960), (960, 32));
        assert_eq!(input_size(1, 1, 2560), (736, 736));
    }

    /// Two bars, one of them weak, and a speck: the strong bar is found and grown as the paper says.
    #[test]
    fn what_is_marked_is_grown() {
        let (columns, rows) = (100, 60);
        let mut map = vec![0.0; columns * rows];
        let mut bar = |left: usize, top: usize, width: usize, height: usize, value: f32| {
            for y in top..top + height {
                map[y * columns + left..y * columns + left + width].fill(value);
            }
        };
        bar(20, 10, 41, 11, 0.9);
        bar(20, 40, 41, 11, 0.4);
        bar(80, 5, 2, 2, 1.0);
        let found = marked(&map, columns);
        assert_eq!(found.len(), 1);
        let by = 40.0 * 10.0 * GROWTH / (2.0 * (40.0 + 10.0));
        let bounds = [20.0 - by, 10.0 - by, 60.0 + by, 20.0 + by];
        assert!(found[0].bounds().iter().zip(bounds).all(|(a, b)| (a - b).abs() < 1e-3), "{found:?}");
        map.fill(f32::NAN);
        assert!(marked(&map, columns).is_empty());
    }
}

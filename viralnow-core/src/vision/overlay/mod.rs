//! Text on screen: what is written in a picture, and the captions of a video, read by tesseract or by PP-OCR's networks.

mod captions;
mod engine;
mod languages;
mod letters;
#[cfg(feature = "ocr")]
mod library;
mod lines;
mod merge;
mod ppocr;
mod reader;
mod seen;
mod track;
mod view;

pub(super) use seen::TextSeen;

use crate::imaging::{GrayImage, RgbImage, resize_area};
use crate::{Error, ErrorKind, Result};
use lines::LineFinder;
use reader::{Pulse, Read, Reader, Tesseract};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A line of text in a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextBox {
    /// What it says.
    pub text: String,
    /// How sure the recognition is, in [0, 1].
    pub confidence: f32,
    /// Left, top, right, bottom, in pixels of the picture, within it.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
}

/// What reads text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextEngine {
    /// Tesseract where it is there, else PP-OCR.
    #[default]
    Auto,
    /// Tesseract 5 of the system: small, for clean writing.
    Tesseract,
    /// PP-OCR's detector and recogniser through ONNX Runtime, whose files the host has (`ch_PP-OCRv4_det_infer.onnx`,
    /// `ch_PP-OCRv4_rec_infer.onnx`): writing of any direction in any scene, Chinese and Latin letters. Slower.
    PpOcr,
}

impl std::str::FromStr for TextEngine {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::Auto),
            "tesseract" => Ok(Self::Tesseract),
            "ppocr" => Ok(Self::PpOcr),
            _ => {
                let message = "no such reader of text; there are auto, tesseract and ppocr";
                Err(Error::new(ErrorKind::InvalidConfig, message).with("engine", name))
            }
        }
    }
}

/// How text is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextParams {
    /// What reads it.
    pub engine: TextEngine,
    /// ISO 639-1 codes (`en`) or tesseract's own names (`eng`, `chi_tra`), several joined by `+`; none for English, or where its
    /// data is not there, the first language whose is. For PP-OCR how the name of the recogniser's
    /// file begins.
    pub language: Option<String>,
    /// A picture whose longer side is longer is brought to this many pixels, 64 to 8192. Letters of about 10 pixels are read.
    pub longest_side: usize,
}

impl Default for TextParams {
    fn default() -> Self {
        Self { engine: TextEngine::Auto, language: None, longest_side: 2560 }
    }
}

/// The languages that can be read here: the names of tesseract's data, in order; none without the feature `ocr` or without data.
///
/// ```
/// println!("{}", viralnow_core::vision::text_languages().join(" "));
/// ```
#[must_use]
pub fn text_languages() -> Vec<String> {
    if !cfg!(feature = "ocr") {
        return Vec::new();
    }
    languages::languages_in(&languages::data_dirs()).into_iter().collect()
}

/// The version of tesseract that reads; fails with `UNAVAILABLE` where there is none, or the build lacks the feature `ocr`.
pub fn tesseract_version() -> Result<&'static str> {
    engine::Engine::version()
}

/// Reads pictures, one after the other, with one engine. To make one loads the language's data, which takes far longer than to read a line.
///
/// ```
/// use viralnow_core::imaging::RgbImage;
/// use viralnow_core::vision::{TextParams, TextReader};
/// match TextReader::open(&TextParams::default()) {
///     Ok(mut reader) => {
///         let gray = RgbImage { width: 64, height: 64, data: vec![128; 64 * 64 * 3] };
///         assert!(reader.read(&gray)?.is_empty());
///     }
///     Err(error) => println!("{error}"), // says what to install
/// }
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TextReader {
    reader: Reader,
    finder: LineFinder,
    longest_side: usize,
}

impl TextReader {
    /// With the language loaded.
    ///
    /// Fails with `UNAVAILABLE` where tesseract 5 or the data of a language is not there or the build lacks the feature `ocr`, or
    /// PP-OCR's files or an ONNX Runtime (the message says what to install), and with `INVALID_CONFIG` for settings out of range.
    pub fn open(params: &TextParams) -> Result<Self> {
        if !(64..=8192).contains(&params.longest_side) {
            let message = "longest_side must be from 64 to 8192 pixels";
            return Err(
                Error::new(ErrorKind::InvalidConfig, message).with("longest_side", params.longest_side)
            );
        }
        let reader = Reader::open(params.engine, params.language.as_deref())?;
        Ok(Self { reader, finder: LineFinder::default(), longest_side: params.longest_side })
    }

    /// The lines of text in a picture: those of a page in reading order, and what stands elsewhere in it, such as captions, before
    /// what lies below it. What the engine is not sure of is left out.
    ///
    /// Fails with `INVALID_INPUT` for a picture without pixels or with other samples than its sides say.
    pub fn read(&mut self, picture: &RgbImage) -> Result<Vec<TextBox>> {
        self.read_while(picture, &mut || Ok(()))
    }

    /// As [`TextReader::read`], as long as `pulse` does not fail: with its error.
    fn read_while(&mut self, picture: &RgbImage, pulse: Pulse<'_>) -> Result<Vec<TextBox>> {
        picture.check()?;
        let (found, back) = match &mut self.reader {
            Reader::PpOcr(networks) => (networks.page(picture, self.longest_side, pulse)?, [1.0; 2]),
            Reader::Tesseract(tesseract) => {
                let gray = smaller(picture.to_gray(), self.longest_side)?;
                let back =
                    [picture.width as f32 / gray.width as f32, picture.height as f32 / gray.height as f32];
                (page(tesseract, &mut self.finder, &gray, pulse)?, back)
            }
        };
        let most = [picture.width as f32, picture.height as f32];
        let boxes = found.into_iter().map(|read| TextBox {
            text: read.text,
            confidence: read.confidence,
            bounds: std::array::from_fn(|k| (read.bounds[k] * back[k % 2]).clamp(0.0, most[k % 2])),
        });
        Ok(boxes.collect())
    }
}

/// What tesseract reads as a page, and the lines that it passes over.
fn page(
    tesseract: &mut Tesseract,
    finder: &mut LineFinder,
    gray: &GrayImage,
    pulse: Pulse<'_>,
) -> Result<Vec<Read>> {
    let mut found = tesseract.page(gray, pulse)?;
    let mut others = lines(tesseract, finder, gray, &found, pulse)?;
    others.sort_by(|a, b| a.bounds[1].total_cmp(&b.bounds[1]).then(a.bounds[0].total_cmp(&b.bounds[0])));
    for other in others {
        // Before the first line of the page that lies below it.
        let below = |read: &Read| {
            read.bounds[1] >= other.bounds[3] - 2.0
                && read.bounds[0] < other.bounds[2]
                && other.bounds[0] < read.bounds[2]
        };
        let at = found.iter().position(below).unwrap_or(found.len());
        found.insert(at, other);
    }
    Ok(found)
}

/// The lines that stand where nothing was found yet.
fn lines(
    tesseract: &mut Tesseract,
    finder: &mut LineFinder,
    gray: &GrayImage,
    found: &[Read],
    pulse: Pulse<'_>,
) -> Result<Vec<Read>> {
    let mut others: Vec<Read> = Vec::new();
    // Large writing is found in a picture of the size that captions are looked for in.
    let factor = (gray.width.min(gray.height) / view::SHORTER).max(1);
    let small = smaller(gray.clone(), gray.width.max(gray.height) / factor)?;
    let scale = [gray.width as f32 / small.width as f32, gray.height as f32 / small.height as f32];
    for line in finder.find(&small) {
        let bounds: [f32; 4] = std::array::from_fn(|k| line.bounds[k] as f32 * scale[k % 2]);
        let (tall, middle) = (bounds[3] - bounds[1], f32::midpoint(bounds[1], bounds[3]));
        let known = found.iter().chain(&others).any(|read| {
            let across = read.bounds[2].min(bounds[2]) - read.bounds[0].max(bounds[0]);
            (read.bounds[1]..=read.bounds[3]).contains(&middle) && across > 0.3 * (bounds[2] - bounds[0])
        });
        if known || line.rank() < LEAST_RANK {
            continue;
        }
        let (across, down) = (2.0 * tall + 4.0, tall / 3.0 + 4.0);
        let [left, top] = [bounds[0] - across, bounds[1] - down].map(|side| side.max(0.0) as usize);
        let part = cut(gray, [left, top, (bounds[2] + across) as usize, (bounds[3] + down) as usize]);
        if let Some(mut read) = tesseract.line(&part, (tall as usize).max(1), pulse)? {
            for k in 0..4 {
                read.bounds[k] += [left, top][k % 2] as f32;
            }
            others.push(read);
        }
    }
    Ok(others)
}

/// The least rank of a line that is read in a single picture.
const LEAST_RANK: f32 = 0.7;

/// The picture with a longer side of at most `longest` pixels.
fn smaller(picture: GrayImage, longest: usize) -> Result<GrayImage> {
    let side = picture.width.max(picture.height);
    if side <= longest {
        return Ok(picture);
    }
    let to = |n: usize| ((n as f64 * longest as f64 / side as f64).round() as usize).max(1);
    resize_area(&picture, to(picture.width), to(picture.height))
}

/// A part of a picture, as far as it lies in it.
fn cut(picture: &GrayImage, [left, top, right, bottom]: [usize; 4]) -> GrayImage {
    let (right, bottom) = (right.min(picture.width), bottom.min(picture.height));
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    let rows = picture.data.chunks_exact(picture.width).skip(top).take(height);
    GrayImage { width, height, data: rows.flat_map(|row| &row[left..left + width]).copied().collect() }
}

/// The lines of text in one picture. For many pictures, make a [`TextReader`] once.
///
/// Fails as [`TextReader::open`] and [`TextReader::read`] do.
///
/// ```
/// use viralnow_core::imaging::RgbImage;
/// use viralnow_core::vision::{TextParams, read_text};
/// let gray = RgbImage { width: 64, height: 64, data: vec![128; 64 * 64 * 3] };
/// if let Ok(lines) = read_text(&gray, &TextParams::default()) {
///     assert!(lines.is_empty());
/// }
/// ```
pub fn read_text(picture: &RgbImage, params: &TextParams) -> Result<Vec<TextBox>> {
    TextReader::open(params)?.read(picture)
}

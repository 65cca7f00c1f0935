//! Reading: what tesseract or PP-OCR says of a line, and what of it counts as text.

use super::TextEngine;
use super::engine::{Engine, Layout, Word};
use super::languages;
use super::letters::letters;
use super::ppocr::{self, PpOcr};
use crate::imaging::GrayImage;
use crate::{Error, ErrorKind, Result};

/// The mean confidence of a line that counts, by how many letters and digits it has at most: texture often resembles few.
const SURE: [(usize, f32); 4] = [(1, 0.94), (3, 0.9), (7, 0.84), (usize::MAX, 0.7)];
/// That of a word that makes another try worth its cost.
const HOPEFUL: f32 = 0.7;
/// With that confidence a line need not be read in another way.
const DONE: f32 = 0.85;
/// A word below this is not one of the line.
const UNSURE: f32 = 0.25;

/// Asked while something is read: an error ends that, and is what the reading gives.
pub(super) type Pulse<'a> = &'a mut dyn FnMut() -> Result<()>;

/// A line that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    pub(super) text: String,
    /// In [0, 1].
    pub(super) confidence: f32,
    /// Left, top, right, bottom, in pixels of the picture.
    pub(super) bounds: [f32; 4],
}

impl Read {
    /// Which of two readings of one line is better.
    fn weight(&self) -> f32 {
        (self.confidence - 0.5) * says(&self.text) as f32
    }
}

/// Reads pictures with one engine.
#[derive(Debug)]
pub(super) enum Reader {
    Tesseract(Tesseract),
    PpOcr(Box<PpOcr>),
}

impl Reader {
    pub(super) fn open(engine: TextEngine, language: Option<&str>) -> Result<Self> {
        let tesseract = || Engine::open(language).map(|engine| Self::Tesseract(Tesseract { engine }));
        let pp_ocr = || PpOcr::open(language).map(|networks| Self::PpOcr(Box::new(networks)));
        match engine {
            TextEngine::Tesseract => tesseract(),
            TextEngine::PpOcr => pp_ocr(),
            TextEngine::Auto => match tesseract() {
                // A wrong name of a language is wrong whoever reads.
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    pp_ocr().map_err(|other| neither(&error, &other))
                }
                opened => opened,
            },
        }
    }

    /// What reads, for the version of the features: the languages of tesseract, or `ppocr`.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Tesseract(tesseract) => tesseract.engine.languages(),
            Self::PpOcr(_) => ppocr::NAME,
        }
    }

    /// What [`Reader::open`] of [`TextEngine::Auto`] would open. Looks for files first: to ask for a library loads it.
    pub(super) fn would_be(language: Option<&str>) -> Option<String> {
        let tesseract = languages::locate(language, &languages::data_dirs()).ok();
        match tesseract.filter(|_| Engine::version().is_ok()) {
            Some((_, names)) => Some(names),
            None => ppocr::is_there(language).then(|| ppocr::NAME.to_owned()),
        }
    }

    /// The text of a picture of one line, `tall` pixels high within it; nothing where it is hardly text.
    pub(super) fn line(
        &mut self,
        picture: &GrayImage,
        tall: usize,
        pulse: Pulse<'_>,
    ) -> Result<Option<Read>> {
        match self {
            Self::Tesseract(tesseract) => tesseract.line(picture, tall, pulse),
            Self::PpOcr(networks) => {
                pulse()?;
                Ok(networks.line(picture, tall)?.filter(|read| counts(says(&read.text), read.confidence)))
            }
        }
    }
}

/// Why neither is there. Both ways out stand in the message, which is all that `missing` tells.
fn neither(error: &Error, other: &Error) -> Error {
    let message = format!("{}; or else: {}", error.message(), other.message());
    let both = Error::new(error.kind(), message);
    error.context().iter().fold(both, |both, (key, value)| both.with(key, value)).with("or", other)
}

/// Whether a line of so many signs counts as text.
fn counts(signs: usize, confidence: f32) -> bool {
    let least = SURE.iter().find(|(most, _)| signs <= *most).map_or(1.0, |(_, least)| *least);
    signs > 0 && confidence >= least
}

/// Reads with one tesseract.
#[derive(Debug)]
pub(super) struct Tesseract {
    engine: Engine,
}

impl Tesseract {
    pub(super) fn line(
        &mut self,
        picture: &GrayImage,
        tall: usize,
        pulse: Pulse<'_>,
    ) -> Result<Option<Read>> {
        let mut best: Option<Read> = None;
        let mut hopeful = false;
        for (bright, strict) in [(true, false), (false, false), (true, true), (false, true)] {
            if strict && !hopeful {
                break;
            }
            let Some(letters) = letters(picture, tall, bright, strict) else { continue };
            let words = self.engine.read(&letters.picture, Layout::Line, Some(DPI), pulse)?;
            // Without the specks between them, the letters may be read.
            hopeful |= words.iter().any(|word| word.confidence >= HOPEFUL && says(&word.text) >= 2);
            if let Some(mut read) = text_of(&words)
                && best.as_ref().is_none_or(|best| read.weight() > best.weight())
            {
                for k in 0..4 {
                    read.bounds[k] += letters.corner[k % 2];
                }
                best = Some(read);
            }
            if best.as_ref().is_some_and(|best| best.confidence >= DONE) {
                break;
            }
        }
        Ok(best)
    }

    /// The lines of a page.
    pub(super) fn page(&mut self, picture: &GrayImage, pulse: Pulse<'_>) -> Result<Vec<Read>> {
        let words = self.engine.read(picture, Layout::Page, None, pulse)?;
        Ok(words.chunk_by(|_, next| !next.begins_line).filter_map(text_of).collect())
    }
}

/// Dots per inch that a line is said to have: it keeps tesseract from guessing.
const DPI: u32 = 300;

/// What the words of one line say.
fn text_of(words: &[Word]) -> Option<Read> {
    let sure: Vec<&Word> =
        words.iter().filter(|word| word.confidence >= UNSURE && says(&word.text) > 0).collect();
    let signs: usize = sure.iter().map(|word| says(&word.text)).sum();
    // By signs: a stray mark does not make a sentence doubtful.
    let confidence =
        sure.iter().map(|word| word.confidence * says(&word.text) as f32).sum::<f32>() / signs.max(1) as f32;
    if !counts(signs, confidence) {
        return None;
    }
    let mut bounds = [f32::MAX, f32::MAX, 0.0, 0.0];
    for word in &sure {
        for k in 0..2 {
            bounds[k] = f32::min(bounds[k], word.bounds[k]);
            bounds[k + 2] = f32::max(bounds[k + 2], word.bounds[k + 2]);
        }
    }
    let text = sure.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    Some(Read { text, confidence, bounds })
}

/// Letters and digits.
pub(super) fn says(text: &str) -> usize {
    text.chars().filter(|sign| sign.is_alphanumeric()).count()
}

//! PP-OCR (Du et al. 2020): one network finds lines of text in a picture, another reads them. The host has their ONNX files.

mod detect;
mod recognise;
mod rectangle;

use super::reader::{Pulse, Read};
use crate::imaging::{GrayImage, RgbImage};
use crate::model::{model_dirs, models_in, own_dirs, package_dirs};
use crate::{Error, ErrorKind, Result};
use detect::Detector;
use recognise::{Recogniser, Said};
use rectangle::Rectangle;
use std::path::{Path, PathBuf};

/// What it is called in the version of the features.
pub(super) const NAME: &str = "ppocr";
/// A line counts from this confidence on.
const SURE: f32 = 0.5;

/// Both networks, loaded.
#[derive(Debug)]
pub(super) struct PpOcr {
    detector: Detector,
    recogniser: Recogniser,
}

impl PpOcr {
    /// With the files that are there; the recogniser of this language (`en`, `ch`, `latin`: as the file's name begins), else, for what is
    /// written in Latin letters, that of Chinese and English.
    pub(super) fn open(language: Option<&str>) -> Result<Self> {
        let detector = Detector::open(&find("det", None)?)?;
        Ok(Self { detector, recogniser: Recogniser::open(&find("rec", language)?)? })
    }

    /// The lines of a picture in reading order; it is looked at with a longer side of at most `longest` pixels. `pulse` is asked
    /// before each of them.
    pub(super) fn page(&self, picture: &RgbImage, longest: usize, pulse: Pulse<'_>) -> Result<Vec<Read>> {
        pulse()?;
        let mut lines = self.detector.lines(picture, longest)?;
        in_reading_order(&mut lines);
        let mut found = Vec::new();
        for line in lines {
            pulse()?;
            if let Some(said) = self.recogniser.read(picture, &line)?.filter(|said| said.confidence >= SURE) {
                found.push(Read { text: said.text, confidence: said.confidence, bounds: line.bounds() });
            }
        }
        Ok(found)
    }

    /// The text of a picture of one line, `tall` pixels high in its middle.
    pub(super) fn line(&self, picture: &GrayImage, tall: usize) -> Result<Option<Read>> {
        let (width, height) = (picture.width as f32, picture.height as f32);
        // As much room above and below as the detector's lines have.
        let half = f32::min(height, 1.5 * tall as f32) / 2.0;
        let line = Rectangle {
            centre: [width / 2.0 - 0.5, height / 2.0 - 0.5],
            along: [1.0, 0.0],
            half: [width / 2.0, half],
        };
        let rgb = RgbImage {
            width: picture.width,
            height: picture.height,
            data: picture.data.iter().flat_map(|&gray| [gray; 3]).collect(),
        };
        let read = |said: Said| {
            let [left, right] = said.extent.map(|share| share * width);
            let bounds = [left, (height - tall as f32) / 2.0, right, f32::midpoint(height, tall as f32)];
            Read { text: said.text, confidence: said.confidence, bounds }
        };
        Ok(self.recogniser.read(&rgb, &line)?.map(read))
    }
}

/// From above, and from the left where they stand beside each other.
fn in_reading_order(lines: &mut Vec<Rectangle>) {
    lines.sort_by(|a, b| a.bounds()[1].total_cmp(&b.bounds()[1]));
    let mut ordered = Vec::with_capacity(lines.len());
    while !lines.is_empty() {
        let first = lines[0];
        // Those whose middle lies beside the first's.
        let [_, top, _, bottom] = first.bounds();
        let (mut row, rest): (Vec<_>, Vec<_>) = std::mem::take(lines)
            .into_iter()
            .partition(|line| *line == first || (top..=bottom).contains(&line.centre[1]));
        row.sort_by(|a, b| a.centre[0].total_cmp(&b.centre[0]));
        ordered.extend(row);
        *lines = rest;
    }
    *lines = ordered;
}

/// Whether both networks' files are there, and what runs them: ONNX Runtime or tract.
pub(super) fn is_there(language: Option<&str>) -> bool {
    find("det", None).is_ok() && find("rec", language).is_ok() && crate::model::onnx_engine().is_ok()
}

/// What files for a language begin with; of several languages (`eng+deu`) the first counts. ISO's and tesseract's names are both in use.
fn prefix(language: &str) -> &str {
    match language.split('+').next().unwrap_or_default() {
        "zh" | "chi_sim" | "chi_tra" => "ch_",
        "en" | "eng" => "en_",
        "ko" | "kor" => "korean_",
        "ja" | "jpn" => "japan_",
        "de" | "deu" | "fr" | "fra" | "es" | "spa" | "pt" | "por" | "it" | "ita" | "nl" | "nld" | "pl"
        | "pol" | "sv" | "swe" | "da" | "dan" | "no" | "nor" | "fi" | "fin" | "cs" | "ces" | "sk" | "slk"
        | "sl" | "slv" | "hr" | "hrv" | "hu" | "hun" | "ro" | "ron" | "tr" | "tur" | "id" | "ind" | "ca"
        | "cat" | "et" | "est" | "lt" | "lit" | "lv" | "lav" | "la" | "lat" => "latin_",
        "hi" | "hin" => "devanagari_",
        "ar" | "ara" => "arabic_",
        "ru" | "rus" => "cyrillic_",
        other => other,
    }
}

/// The newest file of a PP-OCR network, as they are named: `ch_PP-OCRv4_det_infer.onnx`, `en_PP-OCRv3_rec.onnx`. What the user has put into a
/// directory counts before what a package has.
fn find(part: &str, language: Option<&str>) -> Result<PathBuf> {
    let found = [own_dirs(), package_dirs()].iter().find_map(|dirs| best(part, language, dirs));
    found.ok_or_else(|| {
        let dirs: Vec<_> = model_dirs().iter().map(|dir| dir.display().to_string()).collect();
        Error::new(
            ErrorKind::Unavailable,
            "PP-OCR's files are not there; install the PyPI package rapidocr-onnxruntime in this Python environment, whose files are \
             found by themselves, or put a detector and a recogniser into one of the directories, or name their directory in \
             VIRALNOW_MODELS",
        )
        .with("model", format!("{}*PP-OCRv*_{part}*.onnx", if part == "rec" { language.map_or("", prefix) } else { "" }))
        .with("looked_in", dirs.join(" "))
    })
}

/// The newest one in these directories.
fn best(part: &str, language: Option<&str>, dirs: &[PathBuf]) -> Option<PathBuf> {
    let mut known: Vec<(String, PathBuf)> =
        models_in(dirs).into_iter().map(|(name, path)| (name.to_lowercase(), path)).collect();
    known.retain(|(name, _)| {
        let words: Vec<&str> = name.split(['_', '.']).collect();
        let is_onnx = Path::new(name).extension().is_some_and(|extension| extension == "onnx");
        is_onnx && name.replace('-', "").contains("ppocrv") && words.contains(&part)
    });
    let version = |name: &str| {
        let at = name.replace('-', "");
        at.split("ppocrv").nth(1).and_then(|rest| rest.chars().next()).unwrap_or('0')
    };
    let wanted = language.map_or("", prefix);
    // Without a wish, Chinese and English: their recogniser reads most of what Latin letters write, too. Other letters it takes for others.
    let any = part != "rec" || matches!(wanted, "" | "ch_" | "en_" | "latin_");
    known.retain(|(name, _)| any || name.starts_with(wanted));
    let usual = |name: &str| ["ch_", "en_"].iter().any(|usual| name.starts_with(usual));
    let rank = |name: &str| (!wanted.is_empty() && name.starts_with(wanted), usual(name), version(name));
    known.sort_by_key(|(name, _)| rank(name));
    known.pop().map(|(_, path)| path)
}

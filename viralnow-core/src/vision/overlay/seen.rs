//! Text on screen while a video or a picture goes by, and its place in the summary.

use super::captions::{Caption, Captions};
use super::reader::Reader;
use super::view::View;
use super::{TextBox, TextEngine, TextParams, TextReader};
use crate::imaging::RgbImage;
use crate::media::Frame;
use crate::vision::{OverlayText, VisionSummary};
use crate::{Error, ErrorKind, Result};

/// A caption belongs to a shot in which it stands this long, or all the time that either has, in seconds.
const STANDS_S: f64 = 0.1;

/// Looks for text in every frame of a video (see [`Captions`]), or reads one picture, in the end: there somebody may stop it.
#[derive(Debug)]
pub(in crate::vision) struct TextSeen {
    language: Option<String>,
    /// Opened with the first frame; why it could not be, or why it stopped.
    reader: Option<Result<Reader>>,
    /// What was opened.
    opened: Option<String>,
    captions: Captions,
    /// A single picture.
    still: Option<(f64, RgbImage)>,
}

impl TextSeen {
    /// In the language that is asked for; else in the one that is spoken, where that can be read.
    pub(in crate::vision) fn new(asked: Option<&str>, spoken: Option<&str>) -> Self {
        let readable = |spoken: &&str| Reader::would_be(Some(*spoken)).is_some();
        Self {
            language: asked.or_else(|| spoken.filter(readable)).map(str::to_owned),
            reader: None,
            opened: None,
            captions: Captions::default(),
            still: None,
        }
    }

    /// What reads, for the version of the features: the languages of tesseract, or `ppocr`; before the first frame, what would.
    pub(in crate::vision) fn reader_name(&self) -> Option<String> {
        self.opened.clone().or_else(|| Reader::would_be(self.language.as_deref()))
    }

    /// Every frame of a video, and whether a shot may begin with it; or the only one.
    pub(in crate::vision) fn push(&mut self, frame: &Frame<'_>, cut: bool, single: bool) {
        if single {
            self.still.get_or_insert_with(|| (frame.time_s, frame.to_rgb()));
            return;
        }
        let reader = self.reader.get_or_insert_with(|| {
            Reader::open(TextEngine::Auto, self.language.as_deref())
                .inspect(|reader| self.opened = Some(reader.name().to_owned()))
        });
        if let Ok(found) = reader {
            let view = View::new(&frame.picture, frame.rotation);
            if let Err(error) = self.captions.push(&view, frame.time_s, cut, found) {
                *reader = Err(error);
            }
        }
    }

    /// Fills `overlay_text` and that of the shots. Fails as soon as `pulse` does, which is told the share that is done.
    pub(in crate::vision) fn finish(
        &mut self,
        summary: &mut VisionSummary,
        end_s: f64,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<()> {
        let texts: Vec<OverlayText> = match (self.still.take(), self.reader.take()) {
            (Some((time_s, picture)), _) => {
                pulse(0.0)?;
                let params = TextParams { language: self.language.clone(), ..TextParams::default() };
                let mut reader = TextReader::open(&params)?;
                self.opened = Some(reader.reader.name().to_owned());
                let boxes = reader.read_while(&picture, &mut || pulse(0.0))?;
                let [width, height] = [picture.width as f64, picture.height as f64];
                let share = |bounds: [f32; 4]| {
                    let [left, top, right, bottom] = bounds.map(f64::from);
                    [left / width, top / height, right / width, bottom / height]
                };
                let text = |line: TextBox| OverlayText {
                    start_s: time_s,
                    end_s: end_s.max(time_s),
                    text: line.text,
                    bounds: share(line.bounds),
                    confidence: f64::from(line.confidence),
                };
                boxes.into_iter().map(text).collect()
            }
            (None, Some(Ok(mut reader))) => std::mem::take(&mut self.captions)
                .finish(end_s, &mut reader, pulse)?
                .into_iter()
                .map(OverlayText::from)
                .collect(),
            (None, Some(Err(error))) => return Err(error),
            (None, None) => return Err(Error::new(ErrorKind::InvalidInput, "no picture was decoded")),
        };
        for shot in &mut summary.shots {
            pulse(1.0)?;
            let stands = |text: &&OverlayText| {
                let both_s = text.end_s.min(shot.end_s) - text.start_s.max(shot.start_s);
                let least_s = STANDS_S.min(text.end_s - text.start_s).min(shot.end_s - shot.start_s);
                both_s > 0.0 && both_s >= least_s
            };
            let lines: Vec<&str> = texts.iter().filter(stands).map(|text| text.text.as_str()).collect();
            shot.overlay_text = Some(lines.join("\n"));
        }
        summary.overlay_text = Some(texts);
        Ok(())
    }
}

impl From<Caption> for OverlayText {
    fn from(caption: Caption) -> Self {
        Self {
            start_s: caption.start_s,
            end_s: caption.end_s,
            text: caption.text,
            bounds: caption.bounds,
            confidence: f64::from(caption.confidence),
        }
    }
}

//! Captions inside a container: the text is taken from the packets themselves, which in all these formats hold one cue.

use super::open::{Facts, StreamFacts};
use super::{Ending, Limits, MediaSink, Packet, too_long};
use crate::media::captions::{Cue, plain};
use crate::{Error, ErrorKind, Result};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::codec::Id;

/// How a cue is written in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `SubRip`, `WebVTT` and plain text: the text with its tags.
    Text,
    /// 3GPP timed text: the length in two bytes, the text, and boxes that say how it looks.
    Timed,
    /// ASS and SSA: the fields of a dialogue line, the text being the last.
    Ass,
}

/// The captions and what is known of them so far.
pub(super) struct Subtitles {
    form: Form,
    tick_s: f64,
    origin_s: f64,
    /// A cue whose end is not known until the next one begins.
    open: Option<Cue>,
    limits: Limits,
    bytes: u64,
    decoded: u64,
}

fn form_of(input: &ffmpeg::format::context::Input, index: usize) -> Option<Form> {
    match input.stream(index)?.parameters().id() {
        Id::SUBRIP | Id::WEBVTT | Id::TEXT => Some(Form::Text),
        Id::MOV_TEXT => Some(Form::Timed),
        Id::ASS | Id::SSA => Some(Form::Ass),
        _ => None,
    }
}

/// Whether a caption stream is text that is read here.
pub(super) fn is_text(input: &ffmpeg::format::context::Input, index: usize) -> bool {
    form_of(input, index).is_some()
}

impl Subtitles {
    pub(super) fn new(
        input: &ffmpeg::format::context::Input,
        stream: &StreamFacts,
        facts: &Facts,
        limits: &Limits,
    ) -> Result<Self> {
        let form = form_of(input, stream.index).ok_or_else(|| {
            Error::new(
                ErrorKind::UnsupportedFormat,
                "the embedded captions are pictures, not text; give a .srt or .vtt file",
            )
        })?;
        Ok(Self {
            form,
            tick_s: stream.tick_s,
            origin_s: facts.origin_s,
            open: None,
            limits: *limits,
            bytes: 0,
            decoded: 0,
        })
    }

    /// Cues delivered.
    pub(super) fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Reads one packet.
    pub(super) fn take(
        &mut self,
        packet: &Packet,
        ending: &mut Ending,
        sink: &mut dyn MediaSink,
    ) -> Result<()> {
        let (Some(pts), Some(data)) = (packet.pts(), packet.data()) else {
            return Ok(());
        };
        let start_s = (pts as f64 * self.tick_s - self.origin_s).max(0.0);
        if start_s >= self.limits.max_duration_s {
            ending.stop(too_long(&self.limits));
            return Ok(());
        }
        self.close(start_s, sink)?;
        self.bytes += data.len() as u64;
        if let Err(error) = Limits::check("max_text_bytes", self.bytes, self.limits.max_text_bytes) {
            ending.stop(error);
            return Ok(());
        }
        let Some(text) = self.text(data) else {
            ending.damaged += 1;
            return Ok(());
        };
        // An empty cue only ends the one before it.
        if text.is_empty() {
            return Ok(());
        }
        let end_s = start_s + packet.duration() as f64 * self.tick_s;
        let cue = Cue { start_s, end_s, text };
        if packet.duration() > 0 {
            self.decoded += 1;
            sink.cue(&cue)
        } else {
            self.open = Some(cue);
            Ok(())
        }
    }

    /// Delivers a cue that nothing has ended.
    pub(super) fn finish(&mut self, sink: &mut dyn MediaSink) -> Result<()> {
        let end_s = self.open.as_ref().map_or(0.0, |cue| cue.start_s + 5.0);
        self.close(end_s, sink)
    }

    fn close(&mut self, end_s: f64, sink: &mut dyn MediaSink) -> Result<()> {
        let Some(mut cue) = self.open.take() else { return Ok(()) };
        cue.end_s = end_s.max(cue.start_s);
        self.decoded += 1;
        sink.cue(&cue)
    }

    fn text(&self, data: &[u8]) -> Option<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        match self.form {
            Form::Text => Some(plain(&text(data))),
            Form::Ass => Some(ass(&text(data))),
            Form::Timed => {
                let (len, rest) = data.split_first_chunk::<2>()?;
                let bytes = rest.get(..usize::from(u16::from_be_bytes(*len)))?;
                Some(
                    crate::media::captions::decode(bytes)
                        .replace("\r\n", "\n")
                        .replace('\r', "\n")
                        .trim()
                        .to_owned(),
                )
            }
        }
    }
}

/// The text of a dialogue line of ASS as Matroska keeps it: the ninth field.
fn ass(line: &str) -> String {
    let text = line.splitn(9, ',').nth(8).unwrap_or(line);
    // With a drawing mode the text is the outline of a shape.
    if text.contains("\\p1") || text.contains("\\p2") || text.contains("\\p4") {
        return String::new();
    }
    let text = text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ");
    let mut out = String::with_capacity(text.len());
    let mut depth = false;
    for c in text.chars() {
        match c {
            '{' => depth = true,
            '}' if depth => depth = false,
            c if !depth => out.push(c),
            _ => {}
        }
    }
    let lines: Vec<&str> = out.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialogue_line_of_ass() {
        assert_eq!(ass("3,0,Default,Ann,0,0,0,,{\\i1}Well,{\\i0} yes\\Nand no"), "Well, yes\nand no");
        assert_eq!(ass("3,0,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}"), "");
    }
}

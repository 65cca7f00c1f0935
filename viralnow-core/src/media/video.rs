//! Video through `FFmpeg`: one demux pass that decodes sound, pictures and captions as they lie in the file.
//!
//! Times. In MP4 and Matroska time zero is written in the file; libav applies the edit list, drops what it leaves out,
//! and skips the samples that only fill the encoder. Every other container (MPEG transport streams, FLV, ...) counts from
//! anywhere, so that the earliest stream's start is taken for zero there.

mod colour;
mod open;
mod pictures;
mod probe;
mod sounds;
mod subtitles;
mod vectors;

use super::delivery::{Ending, ends_early, tick, too_long};
use super::{DecodeReport, DecodeRequest, MediaInfo, MediaKind, MediaSink, StreamEnd};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Preset, Result};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::Packet;
pub(super) use open::open;
use open::{Facts, StreamFacts};
use pictures::Pictures;
use sounds::Sounds;
use subtitles::Subtitles;

/// Failures in a row after which a stream, or the file, is given up.
const MOST_FAILURES: u32 = 1000;

/// The libavcodec that is in use, such as `59.37.100`.
pub(super) fn version() -> String {
    let version = ffmpeg::codec::version();
    format!("{}.{}.{}", version >> 16, version >> 8 & 0xff, version & 0xff)
}

/// A container that libav has opened, and what is in it.
pub(super) struct Video {
    input: ffmpeg::format::context::Input,
    facts: Facts,
}

/// One stream on its way: its decoder, or why there is none.
enum Lane<D> {
    Absent,
    Skipped,
    /// No decoder, or none that takes the stream's header.
    Unavailable(Error),
    Open(D, Ending),
}

impl<D> Lane<D> {
    /// The lane of a stream that is there or not, wanted or not.
    fn new(stream: Option<&StreamFacts>, wanted: bool, open: impl FnOnce(&StreamFacts) -> Result<D>) -> Self {
        match stream {
            None => Self::Absent,
            Some(_) if !wanted => Self::Skipped,
            Some(stream) => match open(stream) {
                Ok(decoder) => Self::Open(decoder, Ending::default()),
                Err(error) => Self::Unavailable(error),
            },
        }
    }

    /// Whether more of this stream is wanted.
    fn is_going(&self) -> bool {
        matches!(self, Self::Open(_, ending) if ending.cut.is_none())
    }

    fn going(&mut self) -> Option<(&mut D, &mut Ending)> {
        match self {
            Self::Open(decoder, ending) if ending.cut.is_none() => Some((decoder, ending)),
            _ => None,
        }
    }

    fn decoder(&self) -> Option<&D> {
        match self {
            Self::Open(decoder, _) => Some(decoder),
            _ => None,
        }
    }

    fn cut(&self) -> Option<&Error> {
        match self {
            Self::Open(_, ending) => ending.cut.as_ref(),
            _ => None,
        }
    }

    fn stop(&mut self, error: impl FnOnce() -> Error) {
        if let Some((_, ending)) = self.going() {
            ending.stop(error());
        }
    }

    fn finish(self, what: &'static str, decoded: impl FnOnce(&D) -> u64) -> StreamEnd {
        match self {
            Self::Absent => StreamEnd::Absent,
            Self::Skipped => StreamEnd::Skipped,
            Self::Unavailable(error) if error.kind() == ErrorKind::UnsupportedFormat => {
                StreamEnd::Unavailable(error)
            }
            Self::Unavailable(error) => StreamEnd::Failed(error),
            Self::Open(decoder, ending) => ending.finish(what, decoded(&decoder)),
        }
    }
}

/// The three streams of one pass.
struct Lanes {
    video: Lane<Pictures>,
    audio: Lane<Sounds>,
    captions: Lane<Subtitles>,
}

impl Lanes {
    /// Whether more of the file is wanted. Captions alone are no reason to read on after pictures and sound were cut.
    fn are_going(&self) -> bool {
        if self.video.decoder().is_some() || self.audio.decoder().is_some() {
            return self.video.is_going() || self.audio.is_going();
        }
        self.captions.is_going()
    }

    /// Why pictures or sound were cut.
    fn cut(&self) -> Option<&Error> {
        self.video.cut().or(self.audio.cut())
    }

    /// The latest presentation time that was decoded.
    fn end_s(&self) -> f64 {
        let (video, audio) = (self.video.decoder(), self.audio.decoder());
        video.map_or(0.0, Pictures::end_s).max(audio.map_or(0.0, Sounds::end_s))
    }

    fn stop(&mut self, reason: &Error) {
        self.video.stop(|| reason.again());
        self.audio.stop(|| reason.again());
        self.captions.stop(|| reason.again());
    }
}

impl Video {
    /// Decodes what was asked for, to the end or as far as it goes. `None` where the sink is to be given all of it again,
    /// decoded by one thread.
    pub(super) fn decode(
        mut self,
        request: &DecodeRequest,
        run: &mut Run,
        sink: &mut dyn MediaSink,
    ) -> Result<Option<DecodeReport>> {
        let (facts, limits) = (&self.facts, &request.limits);
        let (video, audio, captions) = (facts.video.as_ref(), facts.audio.as_ref(), facts.captions.as_ref());
        let mut lanes = Lanes {
            video: Lane::new(video, request.video, |s| Pictures::new(&self.input, s, facts, request)),
            audio: Lane::new(audio, request.audio, |s| Sounds::new(&self.input, s, facts, limits)),
            captions: Lane::new(captions, request.captions, |s| {
                Subtitles::new(&self.input, s, facts, limits)
            }),
        };
        let kept = [
            video.filter(|_| lanes.video.is_going()),
            audio.filter(|_| lanes.audio.is_going()),
            captions.filter(|_| lanes.captions.is_going()),
        ];
        open::keep_only(&mut self.input, kept);
        sink.begin(&self.facts.info)?;
        if self.pass(&mut lanes, run, sink)? {
            return Ok(None);
        }
        Ok(Some(self.report(lanes)))
    }

    /// The whole pass; says whether the sink was made to forget it.
    fn pass(&mut self, lanes: &mut Lanes, run: &mut Run, sink: &mut dyn MediaSink) -> Result<bool> {
        if self.demux(lanes, run, sink)? {
            return Ok(true);
        }
        // What the decoders still hold is wanted of a file that broke off, but not beyond a limit, nor when the time is
        // over.
        if let Lane::Open(pictures, ending) = &mut lanes.video
            && !ending.is_over()
        {
            pictures.take(None, ending, sink)?;
            if pictures.restart(sink)? {
                return Ok(true);
            }
        }
        if let Lane::Open(sounds, ending) = &mut lanes.audio
            && !ending.is_over()
        {
            sounds.take(None, ending, sink)?;
        }
        if let Lane::Open(subtitles, _) = &mut lanes.captions {
            subtitles.finish(sink)?;
        }
        self.tell_truncation(lanes);
        Ok(false)
    }

    /// Reads the file to its end, and gives each packet to its decoder; says whether the sink was made to forget it.
    fn demux(&mut self, lanes: &mut Lanes, run: &mut Run, sink: &mut dyn MediaSink) -> Result<bool> {
        let index = |stream: &Option<StreamFacts>| stream.as_ref().map(|s| s.index);
        let facts = &self.facts;
        let (of_video, of_audio, of_captions) =
            (index(&facts.video), index(&facts.audio), index(&facts.captions));
        let mut failures = 0;
        while lanes.are_going() {
            let done = facts.claimed_s.map_or(0.0, |claimed_s| lanes.end_s() / claimed_s);
            if let Some(over) = tick(run, done)? {
                lanes.stop(&over);
                return Ok(false);
            }
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) => {}
                Err(ffmpeg::Error::Eof) if failures == 0 => return Ok(false),
                Err(ffmpeg::Error::InvalidData) if failures < MOST_FAILURES => {
                    failures += 1;
                    continue;
                }
                Err(fault) => {
                    // Cancelled and out of time look like a failed read from in here.
                    let over = tick(run, 0.0)?.unwrap_or_else(|| broken_off(fault));
                    lanes.stop(&over);
                    return Ok(false);
                }
            }
            let stream = Some(packet.stream());
            if stream == of_video {
                if let Some((pictures, ending)) = lanes.video.going() {
                    ending.damaged += u64::from(std::mem::take(&mut failures));
                    pictures.take(Some(&packet), ending, sink)?;
                    if pictures.restart(sink)? {
                        return Ok(true);
                    }
                }
            } else if stream == of_audio {
                if let Some((sounds, ending)) = lanes.audio.going() {
                    ending.damaged += u64::from(std::mem::take(&mut failures));
                    sounds.take(Some(&packet), ending, sink)?;
                }
            } else if let Some((subtitles, ending)) = lanes.captions.going().filter(|_| stream == of_captions)
            {
                subtitles.take(&packet, ending, sink)?;
            }
        }
        if let Some(reason) = lanes.cut().map(Error::again) {
            lanes.captions.stop(|| reason);
        }
        Ok(false)
    }

    /// Each stream against its own duration, or the whole against the container's where no other stream can be meant.
    fn tell_truncation(&self, lanes: &mut Lanes) {
        let whole_end_s = lanes.end_s();
        let short =
            |stream: &Option<StreamFacts>, end_s: f64| match stream.as_ref().and_then(|s| s.claimed_end_s) {
                Some(claimed_s) => ends_early(Some(claimed_s), Some(end_s)),
                None => ends_early(self.facts.whole_s, Some(whole_end_s)),
            };
        if let Some((pictures, ending)) = lanes.video.going() {
            ending.cut = short(&self.facts.video, pictures.end_s());
        }
        if let Some((sounds, ending)) = lanes.audio.going() {
            ending.cut = short(&self.facts.audio, sounds.end_s());
        }
    }

    fn report(self, lanes: Lanes) -> DecodeReport {
        let mut info = self.facts.info;
        let mut end_s: Option<f64> = None;
        if let Some(pictures) = lanes.video.decoder() {
            pictures.complete(&mut info);
            end_s = (pictures.decoded() > 0).then(|| pictures.end_s());
        }
        if let Some(sounds) = lanes.audio.decoder() {
            sounds.complete(&mut info);
            if sounds.decoded() > 0 {
                end_s = Some(end_s.unwrap_or(0.0).max(sounds.end_s()));
            }
        }
        info.duration_s = end_s;
        DecodeReport {
            info,
            audio: lanes.audio.finish("audio", Sounds::decoded),
            video: lanes.video.finish("video", Pictures::decoded),
            captions: match lanes.captions {
                // A stream without a single cue is complete: nothing is said.
                Lane::Open(_, ending) if ending.cut.is_none() && ending.damaged == 0 => StreamEnd::Complete,
                captions => captions.finish("captions", Subtitles::decoded),
            },
        }
    }
}

fn broken_off(fault: ffmpeg::Error) -> Error {
    Error::new(ErrorKind::DecodeFailed, "the file breaks off or is damaged from here on").caused_by(fault)
}

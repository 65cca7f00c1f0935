//! Samples and frames that the host has decoded itself.

use super::delivery::{BLOCK_SAMPLES, Distances, Ending, SoundOut, tick, too_long};
use super::{DecodeReport, DecodeRequest, Frame, MediaInfo, MediaKind, MediaSink, StreamEnd};
use crate::imaging::{Picture, Plane, Rotation};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Result};
use sha2::{Digest, Sha256};

/// Interleaved samples.
#[derive(Debug, Clone, PartialEq)]
pub struct RawAudio {
    /// Samples, nominally in [-1, 1]; `channels` of them per moment.
    pub samples: Vec<f32>,
    /// Samples per second and channel; 1,000 to 768,000.
    pub sample_rate: u32,
    /// Channels; at least 1.
    pub channels: u16,
}

/// RGB pictures with their times.
#[derive(Debug, Clone, PartialEq)]
pub struct RawFrames {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Frame after frame, row after row, red, green, blue.
    pub rgb: Vec<u8>,
    /// Presentation time of each frame, in seconds, rising.
    pub times_s: Vec<f64>,
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, message)
}

impl RawAudio {
    fn check(&self, limits: &Limits) -> Result<()> {
        check_form(self.sample_rate, self.channels, limits)?;
        if self.samples.is_empty() {
            return Err(invalid("the audio must have at least one sample"));
        }
        if !self.samples.len().is_multiple_of(usize::from(self.channels)) {
            return Err(invalid("the number of samples must be a multiple of the number of channels")
                .with("channels", self.channels)
                .with("samples", self.samples.len()));
        }
        Limits::check("max_bytes", size_of_val(&self.samples[..]) as u64, limits.max_bytes)?;
        check_finite(&self.samples)
    }
}

/// Refuses a rate or a number of channels that no sound has.
pub(super) fn check_form(sample_rate: u32, channels: u16, limits: &Limits) -> Result<()> {
    if !(1_000..=768_000).contains(&sample_rate) {
        return Err(invalid("the sample rate must be 1,000 to 768,000 Hz").with("sample_rate", sample_rate));
    }
    if channels == 0 {
        return Err(invalid("the audio must have at least one channel").with("channels", channels));
    }
    Limits::check("max_channels", channels.into(), limits.max_channels.into())
}

/// Refuses NaN and infinity.
pub(super) fn check_finite(samples: &[f32]) -> Result<()> {
    match samples.iter().position(|sample| !sample.is_finite()) {
        None => Ok(()),
        Some(index) => {
            Err(invalid("the samples must be finite; one is NaN or infinite").with("index", index))
        }
    }
}

/// Frames that are closer to each other have no speed that is a number; a microsecond is what containers tell apart at best, by rule.
const LEAST_STEP_S: f64 = 0.999e-6;

impl RawFrames {
    fn check(&self, limits: &Limits) -> Result<()> {
        if self.width == 0 || self.height == 0 || self.times_s.is_empty() {
            return Err(invalid("the frames must have at least one column, one row and one time")
                .with("width", self.width)
                .with("height", self.height)
                .with("times", self.times_s.len()));
        }
        let pixels = (self.width as u64).saturating_mul(self.height as u64);
        Limits::check("max_pixels", pixels, limits.max_pixels)?;
        let expected = pixels.saturating_mul(3).saturating_mul(self.times_s.len() as u64);
        if expected != self.rgb.len() as u64 {
            return Err(invalid("the frames must have frames * height * width * 3 bytes")
                .with("expected", expected)
                .with("bytes", self.rgb.len()));
        }
        Limits::check("max_bytes", self.rgb.len() as u64, limits.max_bytes)?;
        let risen = self.times_s.windows(2).all(|w| w[1] - w[0] >= LEAST_STEP_S);
        let finite = self.times_s.iter().all(|t| t.is_finite() && *t >= 0.0);
        if !risen || !finite {
            let what =
                "the times of the frames must be finite, not negative, and rise by a microsecond at least";
            return Err(invalid(what));
        }
        Ok(())
    }
}

pub(super) fn check(audio: Option<&RawAudio>, frames: Option<&RawFrames>, limits: &Limits) -> Result<()> {
    if audio.is_none() && frames.is_none() {
        return Err(invalid("neither audio nor frames were given; give at least one"));
    }
    audio.map_or(Ok(()), |a| a.check(limits))?;
    frames.map_or(Ok(()), |f| f.check(limits))
}

/// The hash of the values, so that the same samples have the same id whatever language they come from.
pub(super) fn hash(audio: Option<&RawAudio>, frames: Option<&RawFrames>, run: &mut Run) -> Result<[u8; 32]> {
    let mut sha = Sha256::new();
    if let Some(audio) = audio {
        sha.update(b"audio");
        sha.update(audio.sample_rate.to_le_bytes());
        sha.update(audio.channels.to_le_bytes());
        sha.update((audio.samples.len() as u64).to_le_bytes());
        let mut bytes = Vec::with_capacity(BLOCK_SAMPLES * 4);
        for block in audio.samples.chunks(BLOCK_SAMPLES) {
            bytes.clear();
            bytes.extend(block.iter().flat_map(|s| s.to_le_bytes()));
            sha.update(&bytes);
            run.advance(0.0)?;
        }
    }
    if let Some(frames) = frames {
        sha.update(b"frames");
        sha.update((frames.width as u64).to_le_bytes());
        sha.update((frames.height as u64).to_le_bytes());
        sha.update((frames.times_s.len() as u64).to_le_bytes());
        for time_s in &frames.times_s {
            sha.update(time_s.to_le_bytes());
        }
        for block in frames.rgb.chunks(1 << 18) {
            sha.update(block);
            run.advance(0.0)?;
        }
    }
    Ok(sha.finalize().into())
}

pub(super) fn decode(
    audio: Option<&RawAudio>,
    frames: Option<&RawFrames>,
    request: &DecodeRequest,
    run: &mut Run,
    sink: &mut dyn MediaSink,
) -> Result<DecodeReport> {
    check(audio, frames, &request.limits)?;
    let mut info = describe(audio, frames);
    sink.begin(&info)?;
    let skipped = |there: bool| if there { StreamEnd::Skipped } else { StreamEnd::Absent };
    let (mut sound, mut pictures) = (skipped(audio.is_some()), skipped(frames.is_some()));
    let mut end_s: f64 = 0.0;
    let both = if audio.is_some() && frames.is_some() { 0.5 } else { 1.0 };
    if let Some(audio) = audio.filter(|_| request.audio) {
        let mut out = SoundOut::new(audio.sample_rate, audio.channels, &request.limits, None);
        let mut ending = Ending::default();
        let block = BLOCK_SAMPLES / usize::from(audio.channels) * usize::from(audio.channels);
        let blocks = audio.samples.len().div_ceil(block);
        for (i, samples) in audio.samples.chunks(block).enumerate() {
            if let Some(over) = tick(run, both * i as f64 / blocks as f64)? {
                ending.stop(over);
                break;
            }
            out.push(None, samples, sink)?;
            if out.is_full() {
                ending.stop(too_long(&request.limits));
                break;
            }
        }
        ending.damaged = out.replaced();
        end_s = out.end_s();
        info.audio_start_s = out.start_s();
        sound = ending.finish("audio", out.frames());
    }
    if let Some(frames) = frames.filter(|_| request.video) {
        let (delivered, last_s, ending) = show(frames, request, run, sink, 1.0 - both)?;
        end_s = end_s.max(last_s);
        info.frames = Some(delivered);
        pictures = ending.finish("video", delivered);
    }
    info.duration_s = Some(end_s);
    Ok(DecodeReport { info, audio: sound, video: pictures, captions: StreamEnd::Absent })
}

fn describe(audio: Option<&RawAudio>, frames: Option<&RawFrames>) -> MediaInfo {
    let mut info = MediaInfo {
        kind: if frames.is_some() { MediaKind::Video } else { MediaKind::Audio },
        container: Some("raw".to_owned()),
        ..MediaInfo::default()
    };
    if let Some(audio) = audio {
        info.sample_rate_hz = Some(audio.sample_rate);
        info.channels = Some(audio.channels);
        info.audio_streams = Some(1);
    }
    if let Some(frames) = frames {
        info.width = Some(frames.width as u32);
        info.height = Some(frames.height as u32);
        info.rotation_deg = Some(0);
        info.sample_aspect_ratio = Some(1.0);
        info.pixel_format = Some("rgb24".to_owned());
        info.bit_depth = Some(8);
        info.video_streams = Some(1);
        info.video_start_s = frames.times_s.first().copied();
        let distances = Distances::of(&frames.times_s);
        info.frame_rate = distances.rate();
        info.variable_frame_rate = distances.variable();
    }
    info
}

/// Delivers the frames; gives their number, the end of the last one, and how it ended.
fn show(
    frames: &RawFrames,
    request: &DecodeRequest,
    run: &mut Run,
    sink: &mut dyn MediaSink,
    before: f64,
) -> Result<(u64, f64, Ending)> {
    let mut ending = Ending::default();
    let (mut delivered, mut end_s) = (0, 0.0);
    let count = frames.times_s.len();
    let usual_s = Distances::of(&frames.times_s).rate().map(|rate| 1.0 / rate);
    for (i, (rgb, &time_s)) in
        frames.rgb.chunks_exact(frames.width * frames.height * 3).zip(&frames.times_s).enumerate()
    {
        if let Some(over) = tick(run, before + (1.0 - before) * i as f64 / count as f64)? {
            ending.stop(over);
            break;
        }
        if time_s >= request.limits.max_duration_s {
            ending.stop(too_long(&request.limits));
            break;
        }
        let duration_s = frames.times_s.get(i + 1).map(|next| next - time_s).or(usual_s);
        let rgb = Plane { data: rgb, stride: frames.width * 3 };
        let picture = Picture::Rgb24 { rgb, width: frames.width, height: frames.height };
        sink.frame(&Frame { index: i as u64, time_s, duration_s, picture, rotation: Rotation::None })?;
        delivered += 1;
        end_s = time_s + duration_s.unwrap_or(0.0);
    }
    Ok((delivered, end_s, ending))
}

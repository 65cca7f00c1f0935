//! The pictures of one stream: decoded frames, their times, and the form in which they are handed on.

use super::colour::Colour;
use super::open::{Facts, StreamFacts, decoder_of, no_decoder};
use super::vectors;
use super::{DecodeRequest, Ending, Limits, MOST_FAILURES, MediaInfo, MediaSink, Packet, Preset, too_long};
use crate::imaging::{Picture, Plane, Rotation};
use crate::media::delivery::Distances;
use crate::media::{Frame, LARGE_SHORT_SIDE, MotionVector};
use crate::{Error, ErrorKind, Result};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::ffi::{self, AVPixelFormat};
use ffmpeg_next::software::scaling;
use std::ffi::CStr;

/// The decoder of the pictures and what is known of them so far.
pub(super) struct Pictures {
    decoder: ffmpeg::decoder::Video,
    frame: ffmpeg::frame::Video,
    converter: Option<Converter>,
    preset: Preset,
    limits: Limits,
    rotation: Rotation,
    tick_s: f64,
    origin_s: f64,
    usual_s: Option<f64>,
    distances: Distances,
    first_s: Option<f64>,
    last_s: Option<f64>,
    end_s: f64,
    decoded: u64,
    failures: u32,
    /// Frames in a row whose time is far beyond the one before and the duration of the file.
    stray: u32,
    claimed_s: Option<f64>,
    until_s: Option<f64>,
    full: bool,
    /// Columns, rows and pixel format of the first picture, as coded.
    form: Option<(u32, u32, i32)>,
    /// Whether several threads decode, and the sink was not asked yet whether one should.
    by_many: bool,
    /// Whether the decoder met damage.
    met_damage: bool,
    /// The motion vectors of the picture, where they are asked for.
    vectors: Option<Vec<MotionVector>>,
}

/// Whether it is H.264 and, by the header, its shorter side has [`LARGE_SHORT_SIDE`] pixels or more. HEVC tells only what others of the
/// same layer are not predicted from.
fn is_large_h264(decoder: &ffmpeg::decoder::Decoder) -> bool {
    // SAFETY: the context lives as long as the decoder; all three are plain values.
    let (codec, width, height) = unsafe {
        let context = decoder.as_ptr();
        ((*context).codec_id, (*context).width, (*context).height)
    };
    codec == ffi::AVCodecID::AV_CODEC_ID_H264
        && u32::try_from(width.min(height)).is_ok_and(|side| side >= LARGE_SHORT_SIDE)
}

impl Pictures {
    pub(super) fn new(
        input: &ffmpeg::format::context::Input,
        stream: &StreamFacts,
        facts: &Facts,
        request: &DecodeRequest,
    ) -> Result<Self> {
        let mut decoder = decoder_of(input, stream, request.threads, &request.limits)?;
        match request.preset {
            Preset::Fast => {
                decoder.skip_frame(ffmpeg::Discard::NonReference);
                decoder.skip_loop_filter(ffmpeg::Discard::All);
            }
            Preset::Balanced if !request.deblock_unreferenced && is_large_h264(&decoder) => {
                decoder.skip_loop_filter(ffmpeg::Discard::NonReference);
            }
            Preset::Balanced | Preset::Reference => {}
        }
        if request.motion_vectors {
            vectors::ask(&mut decoder);
        }
        let decoder =
            decoder.video().map_err(|fault| no_decoder(facts.info.video_codec.as_deref(), fault))?;
        Ok(Self {
            decoder,
            frame: ffmpeg::frame::Video::empty(),
            converter: None,
            preset: request.preset,
            limits: request.limits,
            rotation: stream.rotation,
            tick_s: stream.tick_s,
            origin_s: facts.origin_s,
            usual_s: stream.usual_s,
            distances: Distances::default(),
            first_s: None,
            last_s: None,
            end_s: 0.0,
            decoded: 0,
            failures: 0,
            stray: 0,
            claimed_s: facts.claimed_s,
            until_s: stream.presented_until_s,
            full: false,
            form: None,
            by_many: request.threads > 1,
            met_damage: false,
            vectors: request.motion_vectors.then(Vec::new),
        })
    }

    /// Pictures delivered.
    pub(super) fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Presentation time at which the last picture ends.
    pub(super) fn end_s(&self) -> f64 {
        self.end_s
    }

    /// Decodes a packet, or what is held back when there is none, and delivers the pictures that come of it.
    pub(super) fn take(
        &mut self,
        packet: Option<&Packet>,
        ending: &mut Ending,
        sink: &mut dyn MediaSink,
    ) -> Result<()> {
        let sent = match packet {
            Some(packet) => self.decoder.send_packet(packet),
            None => self.decoder.send_eof(),
        };
        if sent.is_err() && packet.is_some() {
            self.fail(ending);
        }
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => {
                    self.deliver(ending, sink)?;
                    if self.full {
                        return Ok(());
                    }
                }
                Err(ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: ffi::EAGAIN }) => return Ok(()),
                Err(_) => {
                    self.fail(ending);
                    if packet.is_some() || ending.cut.is_some() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// What is damaged, each number of threads decodes in its own way. Says whether the sink wants all of it from one
    /// thread; it is asked once.
    pub(super) fn restart(&mut self, sink: &mut dyn MediaSink) -> Result<bool> {
        Ok(self.met_damage && std::mem::take(&mut self.by_many) && sink.restart()?)
    }

    fn fail(&mut self, ending: &mut Ending) {
        self.met_damage = true;
        ending.damaged += 1;
        self.failures += 1;
        if self.failures >= MOST_FAILURES {
            ending.stop(Error::new(ErrorKind::DecodeFailed, "the pictures are damaged from here on"));
        }
    }

    fn deliver(&mut self, ending: &mut Ending, sink: &mut dyn MediaSink) -> Result<()> {
        let expected_s = self.last_s.map_or(0.0, |last_s| last_s + self.usual_s.unwrap_or(0.04));
        let time_s = self.frame.timestamp().map_or(expected_s, |t| t as f64 * self.tick_s - self.origin_s);
        if time_s < 0.0 || self.last_s.is_some_and(|last_s| time_s <= last_s) {
            // Shown for no time at all: before the start, or at the time of the one before it.
            ending.damaged += 1;
            return Ok(());
        }
        if self.is_stray(time_s) {
            ending.damaged += 1;
            return Ok(());
        }
        if time_s >= self.limits.max_duration_s {
            self.full = true;
            ending.stop(too_long(&self.limits));
            return Ok(());
        }
        let (width, height) = (self.frame.width(), self.frame.height());
        let bytes = u64::from(width) * u64::from(height) * 3;
        Limits::check("max_pixels", u64::from(width) * u64::from(height), self.limits.max_pixels)
            .and_then(|()| Limits::check("max_decoded_bytes", bytes, self.limits.max_decoded_bytes))
            .unwrap_or_else(|error| {
                self.full = true;
                ending.stop(error);
            });
        if self.full {
            return Ok(());
        }
        let mut duration_s = match self.frame.packet().duration {
            ticks if ticks > 0 => {
                Some(ticks as f64 * self.tick_s).filter(|&s| s <= self.limits.max_duration_s)
            }
            _ => self.usual_s,
        };
        if let Some(until_s) = self.until_s.filter(|&s| s > time_s) {
            duration_s = duration_s.map(|s| s.min(until_s - time_s));
        }
        let picture = borrowed(&self.frame)
            .filter(|_| self.preset != Preset::Reference)
            .or_else(|| convert(&mut self.converter, &self.frame, self.preset).ok());
        let Some(picture) = picture else {
            self.fail(ending);
            return Ok(());
        };
        if let Some(vectors) = &mut self.vectors {
            vectors::read(&self.frame, vectors);
            sink.coded(vectors::kind(&self.frame), vectors)?;
        }
        sink.frame(&Frame { index: self.decoded, time_s, duration_s, picture, rotation: self.rotation })?;
        self.failures = 0;
        if self.frame.is_corrupt() || self.frame.has_decode_errors() {
            // Patched up by the decoder: better than nothing, but not what was recorded.
            ending.damaged += 1;
            self.met_damage = true;
        }
        // SAFETY: a plain field of a frame that the decoder has filled.
        self.form.get_or_insert((width, height, unsafe { (*self.frame.as_ptr()).format }));
        self.decoded += 1;
        self.distances.add(time_s);
        self.first_s.get_or_insert(time_s);
        self.last_s = Some(time_s);
        self.end_s = time_s + duration_s.unwrap_or(0.0);
        Ok(())
    }

    /// Whether a time is more likely damaged than meant: a minute after the last one and beyond the claimed duration. When
    /// it comes three times in a row, the claim is what is wrong.
    fn is_stray(&mut self, time_s: f64) -> bool {
        let beyond = self.claimed_s.is_some_and(|claimed_s| time_s > claimed_s + 1.0);
        let far = time_s > self.last_s.unwrap_or(0.0) + 60.0;
        self.stray = if beyond && far { self.stray + 1 } else { 0 };
        (1..=3).contains(&self.stray)
    }

    /// Adds what decoding showed to the facts of the file.
    pub(super) fn complete(&self, info: &mut MediaInfo) {
        info.frames = Some(self.decoded);
        info.video_start_s = self.first_s;
        info.frame_rate = self.distances.rate();
        if let Some((width, height, format)) = self.form {
            // Where the container does not say it, and no decoder was let in to find out.
            let turned = self.rotation.swaps_sides();
            let (width, height) = if turned { (height, width) } else { (width, height) };
            info.width.get_or_insert(width);
            info.height.get_or_insert(height);
            if let Some((name, depth)) = pixel_format(format).filter(|_| info.pixel_format.is_none()) {
                (info.pixel_format, info.bit_depth) = (Some(name), Some(depth));
            }
        }
        // With frames left out on purpose the distances say nothing of the file.
        info.variable_frame_rate = self.distances.variable().filter(|_| self.preset != Preset::Fast);
    }
}

/// The name and the bits per sample of a pixel format by libav's number.
pub(super) fn pixel_format(format: i32) -> Option<(String, u8)> {
    let descriptor = descriptor(format)?;
    // SAFETY: a descriptor's name is a static string.
    let name = unsafe { CStr::from_ptr(descriptor.name) }.to_string_lossy().into_owned();
    Some((name, descriptor.comp[0].depth as u8))
}

fn descriptor(format: i32) -> Option<&'static ffi::AVPixFmtDescriptor> {
    if format < 0 || format >= AVPixelFormat::AV_PIX_FMT_NB as i32 {
        return None;
    }
    // SAFETY: the number is in the range of the enumeration, whose values follow one another; the function gives null or
    // a static descriptor.
    unsafe { ffi::av_pix_fmt_desc_get(std::mem::transmute::<i32, AVPixelFormat>(format)).as_ref() }
}

/// The decoder's planes themselves, where they are in the form that is handed on.
fn borrowed(frame: &ffmpeg::frame::Video) -> Option<Picture<'_>> {
    // SAFETY: only plain fields of a frame that the decoder has filled are read.
    let (format, strides) = unsafe { ((*frame.as_ptr()).format, (*frame.as_ptr()).linesize) };
    let full_range = format == AVPixelFormat::AV_PIX_FMT_YUVJ420P as i32;
    if !full_range && format != AVPixelFormat::AV_PIX_FMT_YUV420P as i32
        || strides[..3].iter().any(|&s| s <= 0)
    {
        return None;
    }
    let colour = Colour::of(frame);
    planes(frame, full_range || colour.is_full() == Some(true), colour)
}

/// The three planes of a frame of 8-bit 4:2:0.
fn planes(frame: &ffmpeg::frame::Video, full_range: bool, colour: Colour) -> Option<Picture<'_>> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    Some(Picture::Yuv420 {
        y: plane(frame, 0, width, height)?,
        u: plane(frame, 1, half_width, half_height)?,
        v: plane(frame, 2, half_width, half_height)?,
        width,
        height,
        full_range,
        matrix: colour.matrix(),
    })
}

/// One plane of 8-bit samples, `columns` bytes wide.
fn plane(frame: &ffmpeg::frame::Video, index: usize, columns: usize, rows: usize) -> Option<Plane<'_>> {
    // SAFETY: only plain fields are read.
    let (data, stride) = unsafe { ((*frame.as_ptr()).data[index], (*frame.as_ptr()).linesize[index]) };
    let stride = usize::try_from(stride).ok().filter(|&s| s >= columns)?;
    if data.is_null() || columns == 0 || rows == 0 {
        return None;
    }
    let len = stride.checked_mul(rows - 1)?.checked_add(columns)?;
    // SAFETY: libav's contract for a frame of this size and format: row `r` of the plane has its columns at
    // `data + r * stride`. The bytes are initialised by the decoder and live as long as the frame is borrowed.
    Some(Plane { data: unsafe { std::slice::from_raw_parts(data, len) }, stride })
}

/// swscale from one format and size to another of the same size.
struct Converter {
    scaler: scaling::Context,
    target: ffmpeg::frame::Video,
    from: (i32, u32, u32, bool, Colour),
    /// Packed RGB without padding, made from BGR.
    rgb: Vec<u8>,
}

// SAFETY: swscale's context is memory of its own that is not tied to a thread; it is only used through `&mut`.
unsafe impl Send for Converter {}

/// Any frame as 8-bit 4:2:0 in its own range and matrix, or as RGB where it is RGB already or the preset asks for it.
fn convert<'a>(
    converter: &'a mut Option<Converter>,
    frame: &ffmpeg::frame::Video,
    preset: Preset,
) -> Result<Picture<'a>, ffmpeg::Error> {
    use ffmpeg::format::Pixel;
    // SAFETY: a plain field.
    let format = unsafe { (*frame.as_ptr()).format };
    let descriptor = descriptor(format).ok_or(ffmpeg::Error::InvalidData)?;
    let has = |flag: u32| descriptor.flags & u64::from(flag) != 0;
    let is_rgb = has(ffi::AV_PIX_FMT_FLAG_RGB as u32) || has(ffi::AV_PIX_FMT_FLAG_PAL as u32);
    // SAFETY: a descriptor's name is a static string.
    let old_full = unsafe { CStr::from_ptr(descriptor.name) }.to_bytes().starts_with(b"yuvj");
    let is_grey = descriptor.nb_components <= 2;
    let colour = Colour::of(frame);
    let full_range = old_full || colour.is_full().unwrap_or(is_grey || is_rgb);
    let to_rgb = preset == Preset::Reference || is_rgb;
    let from = (format, frame.width(), frame.height(), full_range, colour);
    if converter.as_ref().is_none_or(|c| c.from != from) {
        let (width, height) = (frame.width(), frame.height());
        // BGR and bicubic alone (no exact rounding) is what OpenCV asks of swscale, with the range and the matrix that
        // the frame is labelled with; the `reference` preset is that.
        let target = if to_rgb { Pixel::BGR24 } else { Pixel::YUV420P };
        let mut scaler = scaling::Context::get(
            frame.format(),
            width,
            height,
            target,
            width,
            height,
            scaling::Flags::BICUBIC,
        )?;
        label(&mut scaler, colour, full_range, to_rgb);
        *converter = Some(Converter { scaler, target: ffmpeg::frame::Video::empty(), from, rgb: Vec::new() });
    }
    let Some(Converter { scaler, target, rgb, .. }) = converter.as_mut() else {
        return Err(ffmpeg::Error::Bug);
    };
    scaler.run(frame, target)?;
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    if !to_rgb {
        return planes(target, full_range, colour).ok_or(ffmpeg::Error::InvalidData);
    }
    let bgr = plane(target, 0, width * 3, height).ok_or(ffmpeg::Error::InvalidData)?;
    rgb.resize(width * 3 * height, 0);
    for (to, from) in rgb.chunks_exact_mut(width * 3).zip(bgr.data.chunks(bgr.stride)) {
        for (to, from) in to.chunks_exact_mut(3).zip(from.chunks_exact(3)) {
            (to[0], to[1], to[2]) = (from[2], from[1], from[0]);
        }
    }
    Ok(Picture::Rgb24 { rgb: Plane { data: rgb, stride: width * 3 }, width, height })
}

/// Tells swscale the frame's matrix and range; without RGB as its target it is to leave both as they are.
fn label(scaler: &mut scaling::Context, colour: Colour, full_range: bool, to_rgb: bool) {
    let range = i32::from(full_range);
    let from = colour.coefficients();
    // SAFETY: the context is initialised; the coefficients are static tables, which the function copies.
    unsafe {
        let to = if to_rgb { ffi::sws_getCoefficients(ffi::SWS_CS_DEFAULT) } else { from };
        ffi::sws_setColorspaceDetails(scaler.as_mut_ptr(), from, range, to, range, 0, 1 << 16, 1 << 16);
    }
}

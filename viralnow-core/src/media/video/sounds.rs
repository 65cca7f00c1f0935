//! The sound of one stream: decoded frames brought to one rate, one layout and interleaved `f32`.

use super::open::{Facts, StreamFacts, decoder_of, no_decoder};
use super::{Ending, Limits, MOST_FAILURES, MediaInfo, MediaSink, Packet, too_long};
use crate::media::delivery::SoundOut;
use crate::{Error, ErrorKind, Result};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::ffi::{self, AVSampleFormat};
use std::ptr;

/// The decoder of the sound and what is known of it so far.
pub(super) struct Sounds {
    decoder: ffmpeg::decoder::Audio,
    frame: ffmpeg::frame::Audio,
    out: Option<(SoundOut, Resampler)>,
    samples: Vec<f32>,
    limits: Limits,
    tick_s: f64,
    origin_s: f64,
    claimed_s: Option<f64>,
    until_s: Option<f64>,
    failures: u32,
}

impl Sounds {
    pub(super) fn new(
        input: &ffmpeg::format::context::Input,
        stream: &StreamFacts,
        facts: &Facts,
        limits: &Limits,
    ) -> Result<Self> {
        let decoder = decoder_of(input, stream, 1, limits)?
            .audio()
            .map_err(|fault| no_decoder(facts.info.audio_codec.as_deref(), fault))?;
        Ok(Self {
            decoder,
            frame: ffmpeg::frame::Audio::empty(),
            out: None,
            samples: Vec::new(),
            limits: *limits,
            tick_s: stream.tick_s,
            origin_s: facts.origin_s,
            claimed_s: facts.claimed_s,
            until_s: stream.presented_until_s,
            failures: 0,
        })
    }

    /// Sample frames delivered.
    pub(super) fn decoded(&self) -> u64 {
        self.out.as_ref().map_or(0, |(out, _)| out.frames())
    }

    /// Presentation time at which the sound ends so far.
    pub(super) fn end_s(&self) -> f64 {
        self.out.as_ref().map_or(0.0, |(out, _)| out.end_s())
    }

    fn is_full(&self) -> bool {
        self.out.as_ref().is_some_and(|(out, _)| out.is_full())
    }

    /// Adds what decoding showed to the facts of the file.
    pub(super) fn complete(&self, info: &mut MediaInfo) {
        if let Some((out, _)) = &self.out {
            info.sample_rate_hz = Some(out.rate());
            info.channels = Some(out.channels());
            info.audio_start_s = out.start_s();
        }
    }

    /// Decodes a packet, or what is held back when there is none, and delivers the sound that comes of it.
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
                Ok(()) => self.deliver(ending, sink)?,
                Err(ffmpeg::Error::Other { errno: ffi::EAGAIN }) => return Ok(()),
                Err(ffmpeg::Error::Eof) => return self.finish(ending, sink),
                Err(_) => {
                    self.fail(ending);
                    if packet.is_some() || ending.cut.is_some() {
                        return Ok(());
                    }
                }
            }
            if self.is_full() || ending.cut.is_some() {
                return Ok(());
            }
        }
    }

    fn fail(&mut self, ending: &mut Ending) {
        ending.damaged += 1;
        self.failures += 1;
        if self.failures >= MOST_FAILURES {
            ending.stop(Error::new(ErrorKind::DecodeFailed, "the sound is damaged from here on"));
        }
    }

    fn deliver(&mut self, ending: &mut Ending, sink: &mut dyn MediaSink) -> Result<()> {
        let form = Form::of(&self.frame);
        if let Err(error) = form.check(&self.limits) {
            if error.kind() == ErrorKind::LimitExceeded {
                ending.stop(error);
            } else {
                self.fail(ending);
            }
            return Ok(());
        }
        if self.out.is_none() {
            let out =
                SoundOut::new(form.rate, form.channels, &self.limits, self.claimed_s).until(self.until_s);
            let Some(resampler) = Resampler::new(&self.frame, form) else {
                self.fail(ending);
                return Ok(());
            };
            self.out = Some((out, resampler));
        }
        let Some((out, resampler)) = self.out.as_mut() else { return Ok(()) };
        let at_s = self.frame.timestamp().map(|t| t as f64 * self.tick_s - self.origin_s);
        if !resampler.takes(&self.frame, form) {
            // What the old one still holds comes first.
            self.samples.clear();
            resampler.drain(&mut self.samples);
            out.push(None, &self.samples, sink)?;
            if !resampler.change(&self.frame, form) {
                self.fail(ending);
                return Ok(());
            }
        }
        let at_s = at_s.map(|s| s - resampler.delay_s());
        self.samples.clear();
        if !resampler.run(&self.frame, &mut self.samples) {
            self.fail(ending);
            return Ok(());
        }
        self.failures = 0;
        let replaced = out.replaced();
        out.push(at_s, &self.samples, sink)?;
        ending.damaged += out.replaced() - replaced;
        if out.is_full() {
            ending.stop(too_long(&self.limits));
        }
        Ok(())
    }

    /// The tail that a resampler holds after a change of the rate.
    fn finish(&mut self, ending: &mut Ending, sink: &mut dyn MediaSink) -> Result<()> {
        if let Some((out, resampler)) = self.out.as_mut() {
            self.samples.clear();
            resampler.drain(&mut self.samples);
            out.push(None, &self.samples, sink)?;
            if out.is_full() {
                ending.stop(too_long(&self.limits));
            }
        }
        Ok(())
    }
}

/// The form of a decoded frame.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Form {
    rate: u32,
    channels: u16,
    format: i32,
    samples: i32,
}

impl Form {
    fn of(frame: &ffmpeg::frame::Audio) -> Self {
        // SAFETY: only plain fields of a frame that the decoder has filled are read.
        unsafe {
            let raw = frame.as_ptr();
            Self {
                rate: u32::try_from((*raw).sample_rate).unwrap_or(0),
                channels: u16::try_from((*raw).ch_layout.nb_channels).unwrap_or(0),
                format: (*raw).format,
                samples: (*raw).nb_samples,
            }
        }
    }

    fn check(self, limits: &Limits) -> Result<()> {
        let formats = 0..AVSampleFormat::AV_SAMPLE_FMT_NB as i32;
        if !(1_000..=768_000).contains(&self.rate)
            || self.channels == 0
            || self.samples <= 0
            || !formats.contains(&self.format)
        {
            return Err(Error::new(ErrorKind::DecodeFailed, "a frame of sound has a form that cannot be"));
        }
        Limits::check("max_channels", self.channels.into(), limits.max_channels.into())?;
        let bytes = u64::from(self.samples.unsigned_abs()) * u64::from(self.channels) * 4;
        Limits::check("max_decoded_bytes", bytes, limits.max_decoded_bytes)
    }

    fn sample_format(self) -> AVSampleFormat {
        // SAFETY: `check` has seen that the number is one of the enumeration, whose values follow one another.
        unsafe { std::mem::transmute::<i32, AVSampleFormat>(self.format) }
    }
}

/// swresample from whatever comes to the first frame's rate and layout. Without a change on the way it only interleaves
/// and scales integers to [-1, 1].
struct Resampler {
    context: *mut ffi::SwrContext,
    /// Layout of the output, and of the input now.
    first: ffi::AVChannelLayout,
    now: ffi::AVChannelLayout,
    rate: u32,
    form: Form,
}

// SAFETY: swresample's context and the layouts are memory of their own that is not tied to a thread, and are only used
// through `&mut`.
unsafe impl Send for Resampler {}

impl Resampler {
    fn new(frame: &ffmpeg::frame::Audio, form: Form) -> Option<Self> {
        // SAFETY: a layout of zeros is the empty one, which may be copied over and released.
        let (first, now) = unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        let mut new = Self { context: ptr::null_mut(), first, now, rate: form.rate, form };
        // SAFETY: both are layouts; the frame's lives as long as the frame.
        let copied = unsafe {
            ffi::av_channel_layout_copy(&raw mut new.first, &raw const (*frame.as_ptr()).ch_layout)
        };
        (copied >= 0 && new.change(frame, form)).then_some(new)
    }

    /// Whether a frame has the form that the context was made for.
    fn takes(&self, frame: &ffmpeg::frame::Audio, form: Form) -> bool {
        // SAFETY: both are layouts; the function only reads them.
        let same = unsafe {
            ffi::av_channel_layout_compare(&raw const self.now, &raw const (*frame.as_ptr()).ch_layout)
        };
        same == 0
            && (form.rate, form.channels, form.format)
                == (self.form.rate, self.form.channels, self.form.format)
    }

    /// Makes a context for frames of this form. False when there is no way from it to the first one's.
    fn change(&mut self, frame: &ffmpeg::frame::Audio, form: Form) -> bool {
        self.form = form;
        // SAFETY: the context is ours and is freed before it is made anew; the layouts are copied by libav, and the
        // pointers to them are valid during the call.
        unsafe {
            ffi::swr_free(&raw mut self.context);
            if ffi::av_channel_layout_copy(&raw mut self.now, &raw const (*frame.as_ptr()).ch_layout) < 0 {
                return false;
            }
            let made = ffi::swr_alloc_set_opts2(
                &raw mut self.context,
                &raw mut self.first,
                AVSampleFormat::AV_SAMPLE_FMT_FLT,
                self.rate as i32,
                &raw mut self.now,
                form.sample_format(),
                form.rate as i32,
                0,
                ptr::null_mut(),
            );
            if made < 0 || ffi::swr_init(self.context) < 0 {
                ffi::swr_free(&raw mut self.context);
                return false;
            }
        }
        true
    }

    /// Sound that went in and has not come out yet, in seconds; 0 without a change of the rate.
    fn delay_s(&self) -> f64 {
        if self.context.is_null() || self.form.rate == self.rate {
            return 0.0;
        }
        // SAFETY: the context is initialised.
        (unsafe { ffi::swr_get_delay(self.context, 1_000_000) }) as f64 * 1e-6
    }

    fn run(&mut self, frame: &ffmpeg::frame::Audio, to: &mut Vec<f32>) -> bool {
        // SAFETY: only plain fields are read; the planes hold `nb_samples` samples of the frame's format.
        let (data, samples) = unsafe { ((*frame.as_ptr()).extended_data, (*frame.as_ptr()).nb_samples) };
        self.convert(data.cast::<*const u8>(), samples, to)
    }

    fn drain(&mut self, to: &mut Vec<f32>) {
        if self.delay_s() > 0.0 {
            self.convert(ptr::null_mut(), 0, to);
        }
    }

    /// Converts `samples` sample frames; null and 0 give what is held back.
    fn convert(&mut self, data: *mut *const u8, samples: i32, to: &mut Vec<f32>) -> bool {
        if self.context.is_null() {
            return false;
        }
        // SAFETY: the layout has been copied from a frame with a checked number of channels; a plain field is read.
        let channels = self.first.nb_channels.max(1) as usize;
        // SAFETY: the context is initialised.
        let Ok(room) = usize::try_from(unsafe { ffi::swr_get_out_samples(self.context, samples) }) else {
            return false;
        };
        to.resize(room * channels, 0.0);
        let mut target = to.as_mut_ptr().cast::<u8>();
        // SAFETY: the output is packed floats with room for `room` sample frames, and `data` points to the planes of
        // `samples` sample frames in the form the context was made for, or is null with none.
        let made = unsafe { ffi::swr_convert(self.context, &raw mut target, room as i32, data, samples) };
        to.truncate(usize::try_from(made).unwrap_or(0) * channels);
        made >= 0
    }
}

impl Drop for Resampler {
    fn drop(&mut self) {
        // SAFETY: each is ours, is released once, and may be empty.
        unsafe {
            ffi::swr_free(&raw mut self.context);
            ffi::av_channel_layout_uninit(&raw mut self.first);
            ffi::av_channel_layout_uninit(&raw mut self.now);
        }
    }
}

//! The samples of a file.

use super::frames::unfit;
use crate::dsp::resample::Resampler16k;
use crate::dsp::room;
use crate::media::{
    self, AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, StreamEnd,
};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Preset, Result};
use std::path::Path;

/// Which samples of a file are wanted; the defaults are those of librosa's `load`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadParams {
    /// The rate of the samples in Hz, resampled as by [`resample`](super::resample); `None` for that of the file.
    pub sample_rate: Option<u32>,
    /// The mean of the channels instead of all.
    pub mono: bool,
    /// Seconds of sound that are left out at the beginning, 0 or more.
    pub offset_s: f64,
    /// Seconds of sound from there on; `None` for all. What comes after them is not decoded.
    pub duration_s: Option<f64>,
    /// The largest stream of sound, or with `Preset::Reference` the first.
    pub preset: Preset,
    /// What a file may cost.
    pub limits: Limits,
}

impl Default for LoadParams {
    fn default() -> Self {
        Self {
            sample_rate: Some(22_050),
            mono: true,
            offset_s: 0.0,
            duration_s: None,
            preset: Preset::Balanced,
            limits: Limits::default(),
        }
    }
}

/// The samples of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// Interleaved samples, nominally in [-1, 1], always finite; empty where the offset is past the end.
    pub samples: Vec<f32>,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u16,
    /// Why the sound ends before the file says: damage, or a limit.
    pub cut_short: Option<String>,
}

/// The samples of a sound or video file, as librosa's `load`: decoded block by block, the channels averaged first and
/// resampled then, so that what is kept is the result. Samples that are no numbers are silence; gaps between blocks are
/// not filled.
///
/// Fails as decoding fails where not one sample can be had; with `INVALID_INPUT` where the file has no sound, and where its
/// number of channels changes and all are wanted; with `INVALID_CONFIG` for times that are negative or no numbers and for
/// rates that [`resample`](super::resample) refuses; with `LIMIT_EXCEEDED` for results of more than 2^28 samples.
///
/// ```
/// use viralnow_core::audio::{LoadParams, load};
/// # let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/media/demo.mp4");
/// let sound = load(clip, &LoadParams { duration_s: Some(2.0), ..LoadParams::default() })?;
/// assert_eq!((sound.samples.len(), sound.sample_rate, sound.channels), (44_100, 22_050, 1));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn load(path: impl AsRef<Path>, params: &LoadParams) -> Result<Loaded> {
    let path = path.as_ref();
    let times = [("offset", Some(params.offset_s)), ("duration", params.duration_s)];
    for (name, time) in times.into_iter().filter_map(|(name, time)| Some((name, time?))) {
        if !(time >= 0.0 && time.is_finite()) {
            return Err(unfit("times must be 0 s or more", name, time));
        }
    }
    let request = DecodeRequest {
        preset: params.preset,
        limits: params.limits,
        video: false,
        captions: false,
        ..DecodeRequest::default()
    };
    let mut loader = Loader { params: *params, ..Loader::new() };
    let input = MediaInput::Path(path.to_owned());
    let decoded = media::decode(&input, &request, &mut Run::unwatched(), &mut loader);
    let cut_short = match decoded.map(|report| report.audio) {
        // The pass was stopped by us.
        _ if loader.full => None,
        Err(error) | Ok(StreamEnd::Failed(error) | StreamEnd::Unavailable(error)) => return Err(error),
        Ok(StreamEnd::Complete) => None,
        Ok(StreamEnd::Cut(reason)) => Some(reason.to_string()),
        Ok(StreamEnd::Absent | StreamEnd::Skipped) => {
            return Err(
                Error::new(ErrorKind::InvalidInput, "the file has no sound").with("path", path.display())
            );
        }
    };
    Ok(Loaded { cut_short, ..loader.finish() })
}

/// Most samples of a result: 1 GiB.
const MOST_SAMPLES: usize = 1 << 28;
/// A header may claim any duration; room for more than this is made as the sound comes.
const RESERVED_S: f64 = 600.0;

#[derive(Debug)]
struct Loader {
    params: LoadParams,
    /// Rate and channels of the blocks.
    source: Option<(u32, u16)>,
    /// Rate and channels of the result; known with the first block.
    rate: u32,
    channels: u16,
    /// One for each channel of the result; none where the rates are the same.
    resamplers: Vec<Resampler16k>,
    /// The result where it is one channel or needs no resampling; else each channel of it.
    samples: Vec<f32>,
    apart: Vec<Vec<f32>>,
    /// Seconds of the result that the file may have, by its header.
    expected_s: f64,
    /// Seconds that went by at earlier rates, and frames at this one.
    before_s: f64,
    frames: u64,
    scratch: Vec<f32>,
    /// All that is wanted is there.
    full: bool,
}

impl Loader {
    fn new() -> Self {
        Self {
            params: LoadParams::default(),
            source: None,
            rate: 0,
            channels: 0,
            resamplers: Vec::new(),
            samples: Vec::new(),
            apart: Vec::new(),
            expected_s: 0.0,
            before_s: 0.0,
            frames: 0,
            scratch: Vec::new(),
            full: false,
        }
    }

    /// Gets ready for blocks of this form.
    fn start(&mut self, rate: u32, channels: u16) -> Result<()> {
        match self.source {
            None => {
                self.rate = self.params.sample_rate.unwrap_or(rate);
                self.channels = if self.params.mono { 1 } else { channels };
                let expected = self.expected_s * f64::from(self.rate) * f64::from(self.channels);
                self.samples = room::samples(expected as usize + usize::from(self.channels));
            }
            Some((_, before)) if !self.params.mono && before != channels => {
                let message = "the number of channels changes in the middle; load their mean";
                return Err(Error::new(ErrorKind::InvalidInput, message)
                    .with("channels_before", before)
                    .with("channels", channels));
            }
            Some((before, _)) => {
                self.before_s += self.frames as f64 / f64::from(before);
                self.frames = 0;
                self.flush();
            }
        }
        self.source = Some((rate, channels));
        if rate != self.rate {
            let new = || {
                Resampler16k::between(rate, self.rate).ok_or_else(|| {
                    let message = "rates must be 1 kHz to 768 kHz, and not that far apart";
                    unfit(message, "sr", self.rate).with("rate_of_the_file", rate)
                })
            };
            self.resamplers = (0..self.channels).map(|_| new()).collect::<Result<_>>()?;
            self.apart.resize_with(if self.channels > 1 { usize::from(self.channels) } else { 0 }, Vec::new);
        }
        Ok(())
    }

    /// The frames of a block of so many that are wanted.
    fn wanted(&mut self, rate: u32, frames: usize) -> std::ops::Range<usize> {
        let rate = f64::from(rate);
        // The sum of two times may lie a hair below the sample that is meant.
        let at = |time_s: f64| (((time_s - self.before_s) * rate + 1e-6) as u64).saturating_sub(self.frames);
        let from = at(self.params.offset_s).min(frames as u64);
        let until = self.params.duration_s.map_or(u64::MAX, |length_s| at(self.params.offset_s + length_s));
        self.frames += frames as u64;
        self.full = until <= frames as u64;
        from as usize..until.min(frames as u64).max(from) as usize
    }

    fn take(&mut self, samples: &[f32], channels: usize) {
        if self.resamplers.is_empty() && (self.channels > 1 || channels == 1) {
            // A part at an earlier rate was resampled, channel by channel.
            match &mut self.apart[..] {
                [] => self.samples.extend_from_slice(samples),
                apart => {
                    let each = apart.iter_mut().enumerate();
                    each.for_each(|(c, out)| out.extend(samples.iter().skip(c).step_by(channels)));
                }
            }
            return;
        }
        if self.channels == 1 {
            self.scratch.clear();
            mean(samples, channels, &mut self.scratch);
            match self.resamplers.first_mut() {
                Some(resampler) => resampler.push(&self.scratch, &mut self.samples),
                None => self.samples.extend_from_slice(&self.scratch),
            }
            return;
        }
        for (channel, resampler) in self.resamplers.iter_mut().enumerate() {
            self.scratch.clear();
            self.scratch.extend(samples.iter().skip(channel).step_by(channels));
            resampler.push(&self.scratch, &mut self.apart[channel]);
        }
    }

    /// What the resamplers hold.
    fn flush(&mut self) {
        for (channel, mut resampler) in self.resamplers.drain(..).enumerate() {
            resampler.finish(self.apart.get_mut(channel).unwrap_or(&mut self.samples));
        }
    }

    fn finish(mut self) -> Loaded {
        self.flush();
        if let Some(first) = self.apart.first() {
            let rows = 0..first.len();
            self.samples.extend(rows.flat_map(|row| self.apart.iter().map(move |channel| channel[row])));
        }
        Loaded { samples: self.samples, sample_rate: self.rate, channels: self.channels, cut_short: None }
    }
}

impl MediaSink for Loader {
    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        // What the container says; how long it is in truth is known in the end.
        let whole_s = info.duration_s.or(info.container_duration_s).unwrap_or(0.0);
        let left_s = whole_s - self.params.offset_s;
        self.expected_s = self.params.duration_s.unwrap_or(left_s).min(left_s).clamp(0.0, RESERVED_S);
        Ok(())
    }

    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        let channels = usize::from(block.channels);
        if self.source != Some((block.sample_rate, block.channels)) {
            self.start(block.sample_rate, block.channels)?;
        }
        let wanted = self.wanted(block.sample_rate, block.samples.len() / channels);
        self.take(&block.samples[wanted.start * channels..wanted.end * channels], channels);
        let kept = self.samples.len() + self.apart.iter().map(Vec::len).sum::<usize>();
        if kept > MOST_SAMPLES {
            let message = "there would be more than 2^28 samples; load it in pieces, by offset and duration";
            return Err(Error::new(ErrorKind::LimitExceeded, message).with("samples", kept));
        }
        if self.full {
            return Err(Error::new(ErrorKind::Cancelled, "all that is wanted is there"));
        }
        Ok(())
    }

    fn frame(&mut self, _: &Frame<'_>) -> Result<()> {
        Ok(())
    }

    fn cue(&mut self, _: &Cue) -> Result<()> {
        Ok(())
    }
}

/// The mean of the channels.
pub(super) fn mean(interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
    match channels {
        1 => mono.extend_from_slice(interleaved),
        2 => mono.extend(interleaved.as_chunks::<2>().0.iter().map(|[left, right]| (left + right) / 2.0)),
        _ => mono.extend(
            interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32),
        ),
    }
}

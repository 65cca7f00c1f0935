//! The half of the shared analysis that hears: mono at 16 kHz, short-time spectra, voice activity.

use super::{Activity, ActivitySource, AudioInput, ContentWindow, Spectra, Wants};
use crate::dsp::LARGEST_SAMPLE;
use crate::dsp::content::{Content, STEP_S};
use crate::dsp::resample::Resampler16k;
use crate::dsp::stft::Stft;
use crate::media::AudioBlock;
use crate::{Error, ErrorKind, Result};

/// Seconds of a block that are analysed at a time; a host may give an hour in one block.
const CHUNK_S: f64 = 0.25;
/// Timestamps that are off by less than this are rounding, not gaps.
const JITTER_S: f64 = 0.02;
/// Longest gap that is filled with silence, and longest overlap that is left out.
const LONGEST_GAP_S: f64 = 30.0;
const LONGEST_OVERLAP_S: f64 = 1.0;
/// Silence that is filled in at most, over the whole.
const FILLED_S: f64 = 300.0;

/// What was heard.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Heard {
    /// Presentation time of the first sample.
    pub(super) start_s: f64,
    /// Seconds of sound.
    pub(super) seconds: f64,
    /// Stretches of speech, in presentation time.
    pub(super) speech: Vec<(f64, f64)>,
    pub(super) activity_source: ActivitySource,
    pub(super) activity_failure: Option<String>,
    /// What the sound is made of, in presentation time.
    pub(super) content: Vec<ContentWindow>,
}

/// Hears once for all extractors.
///
/// The channels are averaged first and resampled then, as librosa does. Blocks should join; where the presentation times
/// leave a gap of more than 20 ms, silence fills it, so that sample `k` stays at `start + k / 16000` s, and an overlap is
/// left out. Gaps over 30 s, overlaps over 1 s, and gaps after 5 minutes of filling are taken for damaged times: the sound
/// goes on as if it joined. The number of channels may change at any time; a change of rate restarts the resampler.
#[derive(Debug)]
pub(super) struct SharedSound {
    stft: Option<Stft>,
    activity: Option<Activity>,
    content: Option<Content>,
    stream: Option<Stream>,
    filled_s: f64,
    mono: Vec<f32>,
    mono16k: Vec<f32>,
    magnitudes: Vec<f32>,
    /// Samples at 16 kHz handed on.
    given: u64,
}

/// The stream as it is now.
#[derive(Debug)]
struct Stream {
    /// Presentation time of the first sample.
    start_s: f64,
    /// Seconds heard before the present rate.
    before_s: f64,
    /// Frames heard at the present rate.
    frames: u64,
    /// What presentation times are ahead of the sound since a damaged one.
    shift_s: f64,
    rate: u32,
    channels: u16,
    /// `None` at a rate that cannot be resampled.
    resampler: Option<Resampler16k>,
}

impl SharedSound {
    pub(super) fn new(wants: Wants) -> Self {
        Self {
            stft: wants.spectra.then(Stft::new),
            content: wants.spectra.then(Content::new),
            activity: (wants.audio || wants.spectra).then(Activity::new),
            stream: None,
            filled_s: 0.0,
            mono: Vec::new(),
            mono16k: Vec::new(),
            magnitudes: Vec::new(),
            given: 0,
        }
    }

    /// Takes sound and hands on what became complete.
    pub(super) fn audio(
        &mut self,
        block: &AudioBlock<'_>,
        deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>,
    ) -> Result<()> {
        let channels = usize::from(block.channels);
        if channels == 0
            || block.sample_rate == 0
            || !block.samples.len().is_multiple_of(channels)
            || !block.start_s.is_finite()
        {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a block of sound needs a rate, channels, a finite time and a whole number of frames",
            )
            .with("sample_rate", block.sample_rate)
            .with("channels", block.channels)
            .with("samples", block.samples.len())
            .with("start_s", block.start_s));
        }
        if self.activity.is_none() || block.samples.is_empty() {
            return Ok(());
        }
        let rate = f64::from(block.sample_rate);
        let skip = self.join(block, deliver)? * channels;
        let mut start_s = block.start_s + (skip / channels) as f64 / rate;
        for chunk in block.samples[skip.min(block.samples.len())..].chunks(chunk_frames(rate) * channels) {
            self.mono.clear();
            mix(chunk, channels, &mut self.mono);
            let native = AudioBlock { start_s, samples: chunk, ..*block };
            self.hand_on(&native, false, deliver)?;
            start_s += (chunk.len() / channels) as f64 / rate;
        }
        Ok(())
    }

    /// Flushes the resampler and the last spectra.
    pub(super) fn finish(mut self, deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>) -> Result<Heard> {
        let Some(stream) = &self.stream else { return Ok(Heard::default()) };
        let (start_s, seconds, end) = (stream.start_s, stream.seconds(), stream.end());
        self.mono.clear();
        self.hand_on(&end, true, deliver)?;
        let found = self.activity.take().map(Activity::finish).unwrap_or_default();
        let chances = self.content.take().map(|content| content.finish(&found.scores)).unwrap_or_default();
        let content = chances
            .into_iter()
            .enumerate()
            .map(|(k, chances)| ContentWindow {
                time_s: start_s + k as f64 * STEP_S,
                speech: chances.speech,
                music: chances.music,
                speech_over_music: chances.both,
                other: chances.neither,
            })
            .collect();
        let speech = found.speech.into_iter().map(|(from, to)| (start_s + from, start_s + to)).collect();
        let (activity_source, activity_failure) = (found.source, found.failure);
        Ok(Heard { start_s, seconds, speech, activity_source, activity_failure, content })
    }

    /// Makes the stream ready for this block: starts it, fills a gap, changes its form. Says how many frames of the block
    /// lie before what was heard already.
    fn join(
        &mut self,
        block: &AudioBlock<'_>,
        deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>,
    ) -> Result<usize> {
        let rate = f64::from(block.sample_rate);
        let frames = block.samples.len() / usize::from(block.channels);
        let gap_s = match &self.stream {
            Some(stream) => block.start_s - stream.end().start_s,
            None => 0.0,
        };
        let mut skip = 0;
        if gap_s > JITTER_S && gap_s <= LONGEST_GAP_S && self.filled_s + gap_s <= FILLED_S {
            self.filled_s += gap_s;
            self.fill(gap_s, deliver)?;
        } else if (-LONGEST_OVERLAP_S..-JITTER_S).contains(&gap_s) {
            skip = ((-gap_s * rate).round() as usize).min(frames);
        } else if gap_s.abs() > JITTER_S
            && let Some(stream) = &mut self.stream
        {
            stream.shift_s += gap_s;
        }
        if self.stream.as_ref().is_some_and(|stream| stream.rate != block.sample_rate) {
            self.change_rate(block.sample_rate, deliver)?;
        }
        let stream = self.stream.get_or_insert_with(|| Stream {
            start_s: block.start_s,
            before_s: 0.0,
            frames: 0,
            shift_s: 0.0,
            rate: block.sample_rate,
            channels: block.channels,
            resampler: Resampler16k::new(block.sample_rate),
        });
        stream.channels = block.channels;
        Ok(skip)
    }

    /// Silence for a gap.
    fn fill(&mut self, gap_s: f64, deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>) -> Result<()> {
        let Some(stream) = &self.stream else { return Ok(()) };
        let rate = f64::from(stream.rate);
        let mut left = (gap_s * rate).round() as usize;
        let silence = stream.end();
        while left > 0 {
            let now = left.min(chunk_frames(rate));
            self.mono.clear();
            self.mono.resize(now, 0.0);
            self.hand_on(&silence, false, deliver)?;
            left -= now;
        }
        Ok(())
    }

    /// Lets the resampler give what it holds and starts one for another rate.
    fn change_rate(
        &mut self,
        rate: u32,
        deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>,
    ) -> Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        self.mono.clear();
        self.mono16k.clear();
        if let Some(resampler) = &mut stream.resampler {
            resampler.finish(&mut self.mono16k);
        }
        let end = stream.end();
        stream.before_s = stream.seconds();
        stream.frames = 0;
        stream.rate = rate;
        stream.resampler = Resampler16k::new(rate);
        self.analyse(&end, false, deliver)
    }

    /// Resamples `mono` and hands on what came of it.
    fn hand_on(
        &mut self,
        native: &AudioBlock<'_>,
        last: bool,
        deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>,
    ) -> Result<()> {
        self.mono16k.clear();
        if let Some(stream) = &mut self.stream {
            stream.frames += self.mono.len() as u64;
            if let Some(resampler) = &mut stream.resampler {
                resampler.push(&self.mono, &mut self.mono16k);
                if last {
                    resampler.finish(&mut self.mono16k);
                }
            }
        }
        self.analyse(native, last, deliver)
    }

    fn analyse(
        &mut self,
        native: &AudioBlock<'_>,
        last: bool,
        deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>,
    ) -> Result<()> {
        if let Some(activity) = &mut self.activity {
            activity.push(&self.mono16k);
        }
        self.magnitudes.clear();
        let mut first = 0;
        if let Some(stft) = &mut self.stft {
            first = stft.frames();
            stft.push(&self.mono16k, &mut self.magnitudes);
            if last {
                stft.finish(&mut self.magnitudes);
            }
        }
        if let Some(content) = &mut self.content {
            self.magnitudes.chunks_exact(Spectra::BINS).for_each(|frame| content.push(frame));
        }
        let spectra = Spectra { magnitudes: &self.magnitudes, first };
        let mono16k_start = self.given;
        self.given += self.mono16k.len() as u64;
        deliver(&AudioInput {
            native: *native,
            mono: &self.mono,
            mono16k: &self.mono16k,
            mono16k_start,
            spectra,
        })
    }
}

impl Stream {
    /// Seconds heard.
    fn seconds(&self) -> f64 {
        self.before_s + self.frames as f64 / f64::from(self.rate)
    }

    /// A block without samples at the end of what was heard.
    fn end(&self) -> AudioBlock<'static> {
        AudioBlock {
            start_s: self.start_s + self.seconds() + self.shift_s,
            sample_rate: self.rate,
            channels: self.channels,
            samples: &[],
        }
    }
}

fn chunk_frames(rate: f64) -> usize {
    ((CHUNK_S * rate) as usize).max(1)
}

/// Frames that are looked through for damage at a time.
const LOOK: usize = 64;

/// The mean of the channels; what is no number is silence.
fn mix(samples: &[f32], channels: usize, mono: &mut Vec<f32>) {
    for samples in samples.chunks(LOOK * channels) {
        // One test for numbers that are none and for damage: neither is below the bound.
        let whole = samples.iter().fold(true, |whole, s| whole & (s.abs() <= LARGEST_SAMPLE));
        if whole {
            average(samples, channels, mono, |s| s);
        } else {
            let clean = |s: f32| if s.is_finite() { s.clamp(-LARGEST_SAMPLE, LARGEST_SAMPLE) } else { 0.0 };
            average(samples, channels, mono, clean);
        }
    }
}

fn average(samples: &[f32], channels: usize, mono: &mut Vec<f32>, clean: impl Fn(f32) -> f32) {
    match channels {
        1 => mono.extend(samples.iter().map(|&s| clean(s))),
        2 => mono.extend(samples.as_chunks::<2>().0.iter().map(|s| (clean(s[0]) + clean(s[1])) * 0.5)),
        _ => mono.extend(
            samples
                .chunks_exact(channels)
                .map(|frame| frame.iter().map(|&s| clean(s)).sum::<f32>() / channels as f32),
        ),
    }
}

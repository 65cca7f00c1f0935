//! What the decoders share on the way to the sink: bounded sound blocks on one timeline, and how a stream ended.

use super::{AudioBlock, MediaSink, StreamEnd};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Result};

/// Samples of one block, all channels together, at most.
pub(super) const BLOCK_SAMPLES: usize = 1 << 16;
/// Time stamps of containers are rounded (to 1 ms in Matroska and FLV): a block that begins this much later than the last
/// one ended follows it without a gap. A lost AAC or Opus frame (20 ms) is more than that.
const JITTER_S: f64 = 0.015;
/// More than a coder's frame: how far a last packet may go beyond the end of the presentation.
const PADDING_S: f64 = 0.05;
/// All the silence that time stamps may make of a stream. A damaged time scale makes hours of a few seconds.
const MOST_SILENCE_S: f64 = 600.0;
/// A sample beyond this (120 dB over full scale) is damage, as infinity is.
const LOUDEST: f32 = 1e6;

/// Tells the run how far the pass is. `Some` is the reason to cut the streams short (the time is over), an error is the
/// host's wish to stop.
pub(super) fn tick(run: &mut Run, fraction: f64) -> Result<Option<Error>> {
    match run.advance(fraction) {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Timeout => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// How a stream ended: what stopped it first, and what was damaged on the way.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// Why nothing after this point was decoded.
    pub(super) cut: Option<Error>,
    /// Packets, frames or samples that could not be used.
    pub(super) damaged: u64,
}

impl Ending {
    /// Stops the stream here; the first reason stands.
    pub(super) fn stop(&mut self, error: Error) {
        self.cut.get_or_insert(error);
    }

    /// Whether a limit or the time stopped it, so that what a decoder still holds is not wanted.
    #[cfg(feature = "video")]
    pub(super) fn is_over(&self) -> bool {
        self.cut.as_ref().is_some_and(|e| matches!(e.kind(), ErrorKind::LimitExceeded | ErrorKind::Timeout))
    }

    /// The end of a stream of which `decoded` things came out.
    pub(super) fn finish(self, what: &'static str, decoded: u64) -> StreamEnd {
        let damage = (self.damaged > 0).then(|| {
            Error::new(ErrorKind::DecodeFailed, "part of the stream is damaged; what could be decoded stands")
                .with("stream", what)
                .with("damaged", self.damaged)
                .with("decoded", decoded)
        });
        match (decoded, self.cut.or(damage)) {
            (0, Some(error)) => StreamEnd::Failed(error),
            (0, None) => StreamEnd::Failed(
                Error::new(ErrorKind::DecodeFailed, "the stream is there, but nothing in it can be decoded")
                    .with("stream", what),
            ),
            (_, Some(error)) => StreamEnd::Cut(error),
            (_, None) => StreamEnd::Complete,
        }
    }
}

/// The error for a stream that is longer than the limits allow.
pub(super) fn too_long(limits: &Limits) -> Error {
    Error::new(
        ErrorKind::LimitExceeded,
        "the media is longer than the limits allow; raise the limit to analyse all of it",
    )
    .with("limit", "max_duration_s")
    .with("max", limits.max_duration_s)
}

/// The error for a stream that ends long before the duration its header claims: it is cut off, although the decoder has
/// read it to its end without a complaint.
pub(super) fn ends_early(claimed_s: Option<f64>, decoded_s: Option<f64>) -> Option<Error> {
    let (claimed_s, decoded_s) = (claimed_s?, decoded_s?);
    (decoded_s < claimed_s - 1.0 - 0.02 * claimed_s).then(|| {
        Error::new(ErrorKind::DecodeFailed, "the stream ends before the duration that its header claims")
            .with("claimed_s", format!("{claimed_s:.3}"))
            .with("decoded_s", format!("{decoded_s:.3}"))
    })
}

/// The distances between frames, for the mean rate and whether it varies.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Distances {
    first_s: Option<f64>,
    last_s: f64,
    count: u64,
    least_s: f64,
    most_s: f64,
}

impl Distances {
    pub(super) fn of(times_s: &[f64]) -> Self {
        let mut distances = Self::default();
        for &time_s in times_s {
            distances.add(time_s);
        }
        distances
    }

    /// The next frame's time.
    pub(super) fn add(&mut self, time_s: f64) {
        if self.first_s.is_none() {
            (self.first_s, self.least_s, self.most_s) = (Some(time_s), f64::INFINITY, 0.0);
        } else {
            self.least_s = self.least_s.min(time_s - self.last_s);
            self.most_s = self.most_s.max(time_s - self.last_s);
            self.count += 1;
        }
        self.last_s = time_s;
    }

    /// Mean frames per second; `None` for fewer than two frames.
    pub(super) fn rate(&self) -> Option<f64> {
        let span_s = self.last_s - self.first_s?;
        (self.count > 0 && span_s > 0.0).then(|| self.count as f64 / span_s)
    }

    /// Whether the distances differ by more than 1 ms and 10 % of their mean; `None` for fewer than three frames.
    pub(super) fn variable(&self) -> Option<bool> {
        let mean_s = 1.0 / self.rate()?;
        let spread_s = self.most_s - self.least_s;
        (self.count > 1).then_some(spread_s > 0.001 + 1e-9 && spread_s > 0.1 * mean_s)
    }
}

/// Sound on its way to the sink: finite samples, whole frames, bounded blocks, one timeline without jitter.
///
/// Times are counted in samples from the last point at which the container's time stamps were believed, so that the
/// blocks of an uninterrupted stream meet exactly. A gap is kept as a gap, ten minutes of them in all.
#[derive(Debug)]
pub(super) struct SoundOut {
    rate: u32,
    channels: u16,
    max_s: f64,
    latest_s: f64,
    silence_s: f64,
    anchor_s: f64,
    since: u64,
    first_s: Option<f64>,
    frames: u64,
    replaced: u64,
    until_s: Option<f64>,
    full: bool,
    scratch: Vec<f32>,
}

impl SoundOut {
    /// A stream of this rate and these channels. `claimed_s` is the duration that the container claims: a time stamp far
    /// beyond it is not believed.
    pub(super) fn new(rate: u32, channels: u16, limits: &Limits, claimed_s: Option<f64>) -> Self {
        Self {
            rate,
            channels,
            max_s: limits.max_duration_s,
            latest_s: claimed_s.map_or(f64::INFINITY, |s| s + 1.0),
            silence_s: 0.0,
            anchor_s: 0.0,
            since: 0,
            first_s: None,
            frames: 0,
            replaced: 0,
            until_s: None,
            full: false,
            scratch: Vec::new(),
        }
    }

    /// The time at which the presentation ends by the edit list. Of the last packet, what goes beyond it only fills the
    /// encoder's frame; a stream that goes on for longer than that has a wrong header, and is kept.
    #[cfg(feature = "video")]
    pub(super) fn until(self, until_s: Option<f64>) -> Self {
        Self { until_s, ..self }
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    pub(super) fn channels(&self) -> u16 {
        self.channels
    }

    /// Sample frames delivered.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Samples that were no usable number and became 0.
    pub(super) fn replaced(&self) -> u64 {
        self.replaced
    }

    /// Presentation time of the first sample.
    pub(super) fn start_s(&self) -> Option<f64> {
        self.first_s
    }

    /// Presentation time at which the last sample ends.
    pub(super) fn end_s(&self) -> f64 {
        self.anchor_s + self.since as f64 / f64::from(self.rate)
    }

    /// Whether the duration limit is reached.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether a time stamp can be meant.
    fn believes(&self, at_s: f64) -> bool {
        at_s <= self.latest_s && self.silence_s + at_s - self.end_s() <= MOST_SILENCE_S
    }

    /// Hands interleaved samples on. `at_s` is the time the container gives them, where it does.
    pub(super) fn push(
        &mut self,
        at_s: Option<f64>,
        samples: &[f32],
        sink: &mut dyn MediaSink,
    ) -> Result<()> {
        let channels = usize::from(self.channels);
        let mut frames = samples.len() / channels;
        let mut skip = 0;
        if self.first_s.is_none() {
            self.anchor_s = at_s.filter(|&s| self.believes(s)).unwrap_or(0.0);
            self.silence_s = self.anchor_s.max(0.0);
            if self.anchor_s < 0.0 {
                // What lies before the start of the presentation is not presented; a fraction of a tick is rounding.
                let early = -self.anchor_s * f64::from(self.rate);
                if -self.anchor_s > 0.0015 {
                    skip = (early.round() as usize).min(frames);
                }
                if skip == frames && frames > 0 {
                    return Ok(());
                }
                self.anchor_s = 0.0;
            }
        } else if let Some(at_s) = at_s.filter(|&s| s > self.end_s() + JITTER_S && self.believes(s)) {
            self.silence_s += at_s - self.end_s();
            self.anchor_s = at_s;
            self.since = 0;
        }
        if let Some(until_s) = self.until_s {
            let over = ((self.end_s() - until_s) * f64::from(self.rate)).round() + (frames - skip) as f64;
            if over > 0.0 && over < PADDING_S * f64::from(self.rate) {
                frames -= (over as usize).min(frames - skip);
            }
        }
        let room = ((self.max_s - self.end_s()) * f64::from(self.rate)).ceil().max(0.0);
        if (frames - skip) as f64 > room {
            frames = skip + room as usize;
            self.full = true;
        }
        for block in samples[skip * channels..frames * channels].chunks(BLOCK_SAMPLES / channels * channels) {
            let start_s = self.end_s();
            self.first_s.get_or_insert(start_s);
            // Sixty-four at a time and without a branch between them.
            let whole = |few: &[f32]| few.iter().fold(true, |whole, &s| whole & usable(s));
            let samples = if block.chunks(64).all(whole) {
                block
            } else {
                self.scratch.clear();
                self.scratch.extend(block.iter().map(|&s| if usable(s) { s } else { 0.0 }));
                self.replaced += block.iter().filter(|&&s| !usable(s)).count() as u64;
                &self.scratch
            };
            sink.audio(&AudioBlock { start_s, sample_rate: self.rate, channels: self.channels, samples })?;
            let n = (block.len() / channels) as u64;
            self.since += n;
            self.frames += n;
        }
        Ok(())
    }
}

/// Whether a sample is a number that arithmetic on it survives. False for NaN.
fn usable(sample: f32) -> bool {
    sample.abs() <= LOUDEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Cue, Frame, MediaInfo};

    #[derive(Default)]
    struct Kept(Vec<(f64, Vec<f32>)>);

    impl MediaSink for Kept {
        fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
            Ok(())
        }
        fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
            self.0.push((block.start_s, block.samples.to_vec()));
            Ok(())
        }
        fn frame(&mut self, _frame: &Frame<'_>) -> Result<()> {
            Ok(())
        }
        fn cue(&mut self, _cue: &Cue) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn jitter_is_smoothed_and_a_gap_is_kept() {
        let (mut out, mut sink) = (SoundOut::new(1000, 1, &Limits::default(), Some(10.0)), Kept::default());
        for at_s in [0.0, 0.101, 0.199, 0.5] {
            out.push(Some(at_s), &[0.25; 100], &mut sink).unwrap();
        }
        let starts: Vec<_> = sink.0.iter().map(|b| b.0).collect();
        assert_eq!(starts, [0.0, 0.1, 0.2, 0.5]);
        assert!((out.end_s() - 0.6).abs() < 1e-12);
        out.push(Some(1e9), &[0.0; 100], &mut sink).unwrap();
        assert!(
            (out.end_s() - 0.7).abs() < 1e-12,
            "a time stamp beyond the claimed duration is not believed"
        );
    }

    #[test]
    fn blocks_are_bounded_finite_and_cut_at_the_limit() {
        let limits = Limits { max_duration_s: 1.5, ..Limits::default() };
        let (mut out, mut sink) = (SoundOut::new(100_000, 3, &limits, None), Kept::default());
        let mut samples = vec![0.5; 3 * 200_000];
        samples[1] = f32::NAN;
        samples[70_000] = f32::NEG_INFINITY;
        out.push(None, &samples, &mut sink).unwrap();
        assert!(out.is_full());
        assert_eq!(out.frames(), 150_000);
        assert_eq!(out.replaced(), 2);
        assert!(sink.0.iter().all(|(_, b)| b.len() <= BLOCK_SAMPLES && b.len() % 3 == 0));
        assert!(sink.0.iter().flat_map(|(_, b)| b).all(|s| s.is_finite()));
    }

    #[test]
    fn what_lies_before_the_start_is_not_presented() {
        let (mut out, mut sink) = (SoundOut::new(1000, 2, &Limits::default(), None), Kept::default());
        out.push(Some(-0.3), &[1.0; 200], &mut sink).unwrap();
        out.push(Some(-0.2), &[0.0; 600], &mut sink).unwrap();
        assert_eq!(sink.0.len(), 1);
        assert_eq!((sink.0[0].0, sink.0[0].1.len()), (0.0, 200));
    }
}

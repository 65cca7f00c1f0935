//! Voice activity of samples.

use super::Segment;
use super::input::in_chunks;
use crate::dsp::resample::{RATE, Resampler16k};
use crate::extract::{Activity, ActivitySource, Heard, Matrix};
use crate::{Error, ErrorKind, Result};

/// Which voice activity detector to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ActivityDetector {
    /// Silero where its model file is there and can be run (see [`ActivitySource::current`]), else the embedded one; what
    /// the payload has.
    #[default]
    Auto,
    /// The network that the library carries.
    Embedded,
    /// Silero VAD, or an error.
    Silero,
}

impl std::str::FromStr for ActivityDetector {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::Auto),
            "embedded" => Ok(Self::Embedded),
            "silero" => Ok(Self::Silero),
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "no such detector; there are auto, embedded and silero",
            )
            .with("detector", name)),
        }
    }
}

/// Where speech is.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceActivity {
    /// Stretches of speech in seconds from the first sample, in order and apart.
    pub speech: Vec<Segment>,
    /// Which detector found them.
    pub source: ActivitySource,
}

/// Finds the stretches of speech in mono samples, which are brought to 16 kHz first. Samples that are no numbers are
/// silence.
///
/// Fails with `INVALID_INPUT` for a rate that cannot be brought to 16 kHz (below 1 kHz, above 768 kHz), and with
/// `UNAVAILABLE` where Silero is asked for and is not there.
///
/// ```
/// use viralnow_core::voice::{ActivityDetector, activity};
/// let tone: Vec<f32> = (0..44_100).map(|i| 0.5 * (i as f32 * 0.06).sin()).collect();
/// assert!(activity(&tone, 44_100, ActivityDetector::Embedded)?.speech.is_empty());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn activity(y: &[f32], sample_rate: u32, detector: ActivityDetector) -> Result<VoiceActivity> {
    hear(y, sample_rate, detector).map(told)
}

/// The embedded network's scores, \[frames, 1\] in \[0, 1\], one every 16 ms: how much the 48 ms around it sound like speech
/// (0.5 and more is speech for its makers; music may score high too, so [`activity`] smooths and judges them). Samples and
/// errors as for [`activity`].
///
/// ```
/// use viralnow_core::voice::activity_scores;
/// let scores = activity_scores(&vec![0.0; 16_000], 16_000)?;
/// assert_eq!((scores.rows, scores.columns), (63, 1));
/// assert!(scores.data.iter().all(|score| *score < 0.5));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn activity_scores(y: &[f32], sample_rate: u32) -> Result<Matrix> {
    let data = hear(y, sample_rate, ActivityDetector::Embedded)?.scores;
    let step_s = 256.0 / f64::from(RATE);
    let times_s = (0..data.len()).map(|k| (k as f64 - 0.5) * step_s).collect();
    Ok(Matrix { rows: data.len(), columns: 1, data, times_s, unit: "1" })
}

fn hear(y: &[f32], sample_rate: u32, detector: ActivityDetector) -> Result<Heard> {
    let mut stream = ActivityStream::new(sample_rate, detector)?;
    in_chunks(y, |samples| stream.push_clean(samples));
    stream.heard()
}

/// Voice activity as the sound comes, for hosts with live audio: [`ActivityStream::score`] tells about now, one second
/// late, and [`ActivityStream::finish`] gives what [`activity`] gives for all of it. Keeps 500 bytes for each second.
///
/// ```
/// use viralnow_core::voice::{ActivityDetector, ActivityStream};
/// let mut stream = ActivityStream::new(48_000, ActivityDetector::Embedded)?;
/// for _ in 0..200 {
///     stream.push(&[0.0; 480]);
/// }
/// assert!(stream.score().unwrap() < 0.5);
/// assert!(stream.finish()?.speech.is_empty());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ActivityStream {
    resampler: Resampler16k,
    activity: Activity,
    detector: ActivityDetector,
    mono16k: Vec<f32>,
}

impl ActivityStream {
    /// For one channel at this rate; fails as [`activity`] does.
    pub fn new(sample_rate: u32, detector: ActivityDetector) -> Result<Self> {
        let resampler = Resampler16k::new(sample_rate).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, "the rate must be from 1000 to 768000 Hz")
                .with("sample_rate", sample_rate)
        })?;
        let activity = match detector {
            ActivityDetector::Auto => Activity::new(),
            ActivityDetector::Embedded => Activity::with(ActivitySource::Embedded)?,
            ActivityDetector::Silero => Activity::with(ActivitySource::Silero)?,
        };
        Ok(Self { resampler, activity, detector, mono16k: Vec::new() })
    }

    /// Takes the next samples; what is no number is silence.
    pub fn push(&mut self, y: &[f32]) {
        in_chunks(y, |samples| self.push_clean(samples));
    }

    /// How much the newest sound that the embedded network has judged is like speech, in \[0, 1\], as in [`activity_scores`]:
    /// about 1 s ago, for it wants to know the level around. `None` before there was as much.
    #[must_use]
    pub fn score(&self) -> Option<f32> {
        self.activity.latest_score()
    }

    /// Where speech was in all that was pushed.
    pub fn finish(self) -> Result<VoiceActivity> {
        self.heard().map(told)
    }

    fn push_clean(&mut self, samples: &[f32]) {
        self.mono16k.clear();
        self.resampler.push(samples, &mut self.mono16k);
        self.activity.push(&self.mono16k);
    }

    fn heard(mut self) -> Result<Heard> {
        self.mono16k.clear();
        self.resampler.finish(&mut self.mono16k);
        self.activity.push(&self.mono16k);
        let heard = self.activity.finish();
        match &heard.failure {
            // Who asked for this very detector is not given another's answer.
            Some(failure) if self.detector == ActivityDetector::Silero => {
                Err(Error::new(ErrorKind::Unavailable, "Silero VAD failed").with("reason", failure))
            }
            _ => Ok(heard),
        }
    }
}

fn told(heard: Heard) -> VoiceActivity {
    let speech = heard.speech.into_iter().map(|(start_s, end_s)| Segment { start_s, end_s }).collect();
    VoiceActivity { speech, source: heard.source }
}

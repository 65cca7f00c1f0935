//! Shots of a file: decodes the pictures alone and feeds one detector.

use super::pictures::{PictureSink, Pictures, pictures_of};
use super::shots::{
    AdaptiveDetector, AdaptiveParams, ClearCutDetector, ContentDetector, ContentParams, Cut, HashDetector,
    HashParams, HistogramDetector, HistogramParams, ShotDetector, ShotFrame, ThresholdDetector,
    ThresholdParams,
};
use crate::imaging::SmallPictures;
use crate::media::{self, Frame};
use crate::monitor::{CancelToken, Observer};
use crate::{Error, ErrorKind, Limits, Preset, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// Which detector, with its settings.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Detector {
    /// Ours, see [`ClearCutDetector`].
    #[default]
    Default,
    /// See [`ContentDetector`].
    Content(ContentParams),
    /// See [`AdaptiveDetector`].
    Adaptive(AdaptiveParams),
    /// See [`HistogramDetector`].
    Histogram(HistogramParams),
    /// See [`ThresholdDetector`].
    Threshold(ThresholdParams),
    /// See [`HashDetector`].
    Hash(HashParams),
}

impl Detector {
    /// Ready for the first frame; fails with `INVALID_CONFIG` where a setting makes no sense.
    pub fn start(&self) -> Result<Box<dyn ShotDetector>> {
        Ok(match self {
            Self::Default => Box::new(ClearCutDetector::default()),
            Self::Content(params) => Box::new(ContentDetector::new(params)?),
            Self::Adaptive(params) => Box::new(AdaptiveDetector::new(params)?),
            Self::Histogram(params) => Box::new(HistogramDetector::new(params)?),
            Self::Threshold(params) => Box::new(ThresholdDetector::new(params)?),
            Self::Hash(params) => Box::new(HashDetector::new(params)?),
        })
    }
}

/// From a name: `default`, `content`, `adaptive`, `histogram`, `threshold` or `hash`, with the settings that the peer has
/// where none are given.
///
/// ```
/// use viralnow_core::vision::Detector;
/// assert!(matches!("hash".parse(), Ok(Detector::Hash(params)) if params.size == 8));
/// assert!("best".parse::<Detector>().unwrap_err().to_string().contains("adaptive"));
/// ```
impl FromStr for Detector {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "default" => Self::Default,
            "content" => Self::Content(ContentParams::default()),
            "adaptive" => Self::Adaptive(AdaptiveParams::default()),
            "histogram" => Self::Histogram(HistogramParams::default()),
            "threshold" => Self::Threshold(ThresholdParams::default()),
            "hash" => Self::Hash(HashParams::default()),
            _ => {
                return Err(Error::new(ErrorKind::InvalidConfig, "there is no such detector")
                    .with("detector", name)
                    .with("there_are", "default content adaptive histogram threshold hash"));
            }
        })
    }
}

/// Settings of [`detect_shots`].
#[derive(Debug, Clone)]
pub struct ShotParams {
    /// The detector; ours by default.
    pub detector: Detector,
    /// Which stream is decoded and how: `reference` takes the first stream and numbers frames as the peer does, `fast` may
    /// skip frames.
    pub preset: Preset,
    /// Threads of the decoder, at least 1; they change no result.
    pub threads: usize,
    /// What a file may cost, and how long the call may take.
    pub limits: Limits,
}

impl Default for ShotParams {
    fn default() -> Self {
        Self { detector: Detector::Default, preset: Preset::Balanced, threads: 1, limits: Limits::default() }
    }
}

/// One shot, [start, end).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ShotSpan {
    /// Presentation time of its first frame, in seconds.
    pub start_s: f64,
    /// Presentation time of the next shot's first frame, or the end of the video.
    pub end_s: f64,
    /// Number of its first frame.
    pub start_frame: u64,
    /// Number of the next shot's first frame, or of frames.
    pub end_frame: u64,
}

/// Where the shots of a file are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shots {
    /// Where shots follow one another, and how, in order.
    pub cuts: Vec<Cut>,
    /// The shots; they cover the video without gap.
    pub shots: Vec<ShotSpan>,
    /// Frames decoded.
    pub frames: u64,
    /// Presentation time of each frame, in seconds.
    pub times_s: Vec<f64>,
    /// What the detector measured of each frame, by the peer's names; not a number where it measured nothing.
    pub metrics: BTreeMap<String, Vec<f64>>,
    /// Why the pictures end before the file says, if they do.
    pub cut_short: Option<String>,
}

/// Finds the shots of a video file, decoding its pictures alone. Memory grows by 8 bytes a frame for the times and each metric.
///
/// Fails with `INVALID_CONFIG` for a wrong setting, with `NOT_FOUND` where there is no file, with `INVALID_INPUT` where it
/// has no pictures, with `TIMEOUT` once `max_wall_s` of the limits is over, and as decoding fails where not one picture can be had.
/// A stream that breaks gives the shots up to there, and [`Shots::cut_short`] says why.
///
/// ```no_run
/// use viralnow_core::vision::{ShotParams, detect_shots};
/// let found = detect_shots("clip.mp4", &ShotParams { detector: "adaptive".parse()?, ..ShotParams::default() })?;
/// println!("{} shots, the first cut at {:?}", found.shots.len(), found.cuts.first());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn detect_shots(path: impl AsRef<Path>, params: &ShotParams) -> Result<Shots> {
    detect_shots_watched(path, params, &CancelToken::default(), None)
}

/// As [`detect_shots`]; the token stops it (`CANCELLED`), and the observer, which may stop it too, hears how far it is.
///
/// ```no_run
/// use std::sync::Arc;
/// use viralnow_core::monitor::{CancelToken, Control, Progress};
/// use viralnow_core::vision::{ShotParams, detect_shots_watched};
/// let bar = Arc::new(|progress: &Progress| {
///     println!("{:.0} %", 100.0 * progress.fraction);
///     Control::Continue
/// });
/// let found = detect_shots_watched("clip.mp4", &ShotParams::default(), &CancelToken::default(), Some(bar))?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn detect_shots_watched(
    path: impl AsRef<Path>,
    params: &ShotParams,
    cancel: &CancelToken,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Shots> {
    let mut sink = Sink::new(params)?;
    let wanted = Pictures {
        path: path.as_ref(),
        preset: params.preset,
        limits: params.limits,
        threads: params.threads,
        what: "shots",
        cancel,
        observer,
    };
    let cut_short = pictures_of(wanted, &mut sink)?;
    Ok(Shots { cut_short, ..sink.finish() })
}

/// Shrinks each picture and hands it to the detector.
struct Sink<'a> {
    params: &'a ShotParams,
    detector: Box<dyn ShotDetector>,
    small: SmallPictures,
    found: Shots,
    names: Vec<String>,
    series: Vec<Vec<f64>>,
    first_number: u64,
    duration_s: Option<f64>,
}

impl<'a> Sink<'a> {
    /// With a detector that has seen nothing.
    fn new(params: &'a ShotParams) -> Result<Self> {
        let detector = params.detector.start()?;
        let names = detector.metrics();
        Ok(Self {
            params,
            detector,
            small: SmallPictures::default(),
            found: Shots::default(),
            series: vec![Vec::new(); names.len()],
            names,
            first_number: 0,
            duration_s: None,
        })
    }

    fn finish(mut self) -> Shots {
        self.found.cuts.extend(self.detector.finish());
        let mut found = self.found;
        let times = &found.times_s;
        if let (Some(&first_s), Some(&last_s)) = (times.first(), times.last()) {
            let interval = times.len().checked_sub(2).map(|i| last_s - times[i]);
            let stands = self.duration_s.or(interval).filter(|s| s.is_finite()).unwrap_or(0.0);
            let end_s = last_s + stands.max(0.0);
            let rate = times.len() as f64 / (end_s - first_s);
            if self.params.preset == Preset::Reference && rate.is_finite() && media::is_rate_variable(times) {
                // At a variable rate the peer counts time in frames of the mean rate.
                for cut in &mut found.cuts {
                    let number = |time_s: f64| ((time_s - first_s) * rate).round_ties_even() as u64;
                    cut.frame = number(cut.time_s);
                    (cut.start_frame, cut.end_frame) = (number(cut.start_s), number(cut.end_s));
                }
            }
            let first = Cut::hard(self.first_number, first_s);
            let end = Cut::hard(self.first_number + found.frames, end_s);
            let ends = found.cuts.iter().copied().chain([end]);
            let starts = std::iter::once(first).chain(found.cuts.iter().copied());
            found.shots = starts
                .zip(ends)
                .map(|(start, end)| ShotSpan {
                    start_s: start.time_s,
                    end_s: end.time_s,
                    start_frame: start.frame,
                    end_frame: end.frame,
                })
                .collect();
        }
        found.metrics = self.names.into_iter().zip(self.series).collect();
        found
    }
}

impl PictureSink for Sink<'_> {
    fn forget(&mut self) -> Result<()> {
        *self = Self::new(self.params)?;
        Ok(())
    }

    /// The peers' detectors are given the very pictures that the peers see.
    fn needs_deblocking(&self) -> bool {
        !matches!(self.params.detector, Detector::Default)
    }

    fn picture(&mut self, frame: &Frame<'_>) -> Result<()> {
        frame.picture.check()?;
        let (bgr, width, height) = self.small.shrink(&frame.picture);
        if self.found.frames == 0 {
            self.first_number = frame.index;
        }
        let small = ShotFrame { number: frame.index, time_s: frame.time_s, bgr, width, height };
        self.found.cuts.extend(self.detector.push(&small)?);
        self.found.frames += 1;
        self.found.times_s.push(frame.time_s);
        for series in &mut self.series {
            series.push(f64::NAN);
        }
        for measured in self.detector.measured() {
            // A detector may measure a frame some frames late; numbers may have gaps, places have none.
            let late = frame.index.saturating_sub(measured.frame) as usize;
            let series = &mut self.series[measured.metric];
            if let Some(place) = (series.len() - 1).checked_sub(late) {
                series[place] = measured.value;
            }
        }
        self.duration_s = frame.duration_s;
        Ok(())
    }
}

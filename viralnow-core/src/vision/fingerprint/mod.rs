//! Video fingerprints: PDQ hashes of samples with their times (as vPDQ, `ThreatExchange`, 2021), and finding copies by them.
//!
//! 1. [`views`]: of each sample, the picture without bars, and central parts of it, each with its PDQ hash.
//! 2. [`compare`]: samples of two videos that look alike vote for the time by which one is shifted against the other.
//! 3. [`bytes`]: the fingerprint as bytes and as text.
//! 4. [`file`]: the fingerprint of a file.

mod bytes;
mod compare;
mod file;
mod views;

pub use compare::{CopyMatch, find_copies, find_copies_watched};
pub use file::{FingerprintParams, fingerprint, fingerprint_watched};

use crate::imaging::{LumaPyramid, Pdq, Picture, Rotation};
use crate::{Error, ErrorKind, Result};
use views::Views;

/// Seconds from one sample to the next, where nothing else is asked for, and the least and the most.
/// A trimmed copy has its samples at other moments; in quick motion pictures a tenth of a second apart are no longer alike.
const INTERVAL_S: f64 = 0.125;
const SHORTEST_INTERVAL_S: f64 = 0.1;
const LONGEST_INTERVAL_S: f64 = 3600.0;
/// Most samples; with more, every second one goes and the interval doubles.
const MOST_SAMPLES: usize = 4096;
/// Times beyond this, 30 years, are not believed.
const LATEST_S: f64 = 1e9;

/// What a video looks like over time: by default up to eight samples a second, each with PDQ hashes of the picture and of its
/// central parts. Copies that were cropped, given a logo or bars, made gray, mirrored, encoded anew or trimmed are found by
/// [`compare`]. A picture is a video of one sample.
///
/// It has at most 4,096 samples (8 minutes at eight a second, longer videos at fewer) and 404 bytes a sample.
///
/// [`compare`]: VideoFingerprint::compare
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoFingerprint {
    /// Least milliseconds between samples.
    interval_ms: u32,
    samples: Vec<Sample>,
}

impl Default for VideoFingerprint {
    /// Without samples.
    fn default() -> Self {
        Self { interval_ms: (INTERVAL_S * 1000.0) as u32, samples: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sample {
    time_ms: i64,
    views: Views,
}

impl VideoFingerprint {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Each sample's time in seconds and the PDQ hash of its picture without bars. Samples with a quality below 50, such
    /// as black and plain pictures, take no part in finding copies.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = (f64, Pdq)> {
        self.samples.iter().map(|sample| (sample.time_ms as f64 / 1000.0, sample.views.whole()))
    }

    /// The fingerprint of a single picture: one sample, at time 0.
    ///
    /// Fails (`INVALID_INPUT`) for an empty picture and for one with fewer samples than it claims.
    pub fn of_picture(picture: &Picture<'_>, rotation: Rotation) -> Result<Self> {
        let mut taker = VideoFingerprinter::default();
        taker.push(picture, rotation, 0.0)?;
        Ok(taker.finish())
    }
}

/// Takes a [`VideoFingerprint`] while the pictures come. Every frame may be pushed; those that come too soon cost nothing.
/// It keeps 404 bytes a sample, 1.7 MB at most.
///
/// ```
/// use viralnow_core::imaging::{RgbImage, Rotation};
/// use viralnow_core::vision::{VideoFingerprint, VideoFingerprinter};
/// let mut taker = VideoFingerprinter::default();
/// for frame in 0..30_usize {
///     let data = (0..96 * 64 * 3).map(|i| ((i / 3 % 96 / 8) * (i / 288 / 8 + frame / 5) * 37 % 256) as u8).collect();
///     let picture = RgbImage { width: 96, height: 64, data };
///     taker.push(&picture.as_picture(), Rotation::None, frame as f64 / 10.0)?;
/// }
/// let print = taker.finish();
/// assert_eq!(print.len(), 15);
/// assert_eq!(VideoFingerprint::from_base64(&print.to_base64())?, print);
/// assert!(print.compare(&print).is_copy());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct VideoFingerprinter {
    print: VideoFingerprint,
}

impl VideoFingerprinter {
    /// Without samples yet; the next one at least `interval_s` seconds after the last, 0.1 to 3,600 (0.125 by default). A
    /// frame a tenth of that before its time is taken too.
    ///
    /// Fails (`INVALID_CONFIG`) for an interval outside.
    pub fn new(interval_s: f64) -> Result<Self> {
        if !(SHORTEST_INTERVAL_S..=LONGEST_INTERVAL_S).contains(&interval_s) {
            let message = "interval_s must be from 0.1 to 3600 seconds";
            return Err(Error::new(ErrorKind::InvalidConfig, message).with("interval_s", interval_s));
        }
        let interval_ms = (interval_s * 1000.0).round() as u32;
        Ok(Self { print: VideoFingerprint { interval_ms, samples: Vec::new() } })
    }

    /// Whether a picture at this time would be taken, so that it need not be made when it would not.
    #[must_use]
    pub fn wants(&self, time_s: f64) -> bool {
        let time_ms = time_s * 1000.0;
        // A frame of a rate that does not divide the interval may come a little before its time.
        let slack = f64::from(self.print.interval_ms) * 0.1;
        self.print
            .samples
            .last()
            .is_none_or(|last| time_ms - last.time_ms as f64 >= f64::from(self.print.interval_ms) - slack)
    }

    /// Takes a picture at its presentation time, in seconds, to be shown turned by `rotation`; its brightness alone counts.
    ///
    /// Fails (`INVALID_INPUT`) for a time that is not finite or beyond 30 years either way, for an empty picture and for one
    /// with fewer samples than it claims. A picture that comes before the last one, or too soon after, is passed over.
    pub fn push(&mut self, picture: &Picture<'_>, rotation: Rotation, time_s: f64) -> Result<()> {
        if !(time_s.abs() <= LATEST_S) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a picture needs a time in seconds, within 30 years",
            )
            .with("time_s", time_s));
        }
        picture.check()?;
        if self.wants(time_s) {
            self.take(&LumaPyramid::new(picture), rotation, time_s);
        }
        Ok(())
    }

    /// The fingerprint of what was pushed.
    #[must_use]
    pub fn finish(self) -> VideoFingerprint {
        self.print
    }

    fn take(&mut self, pyramid: &LumaPyramid, rotation: Rotation, time_s: f64) {
        let Some(finest) = pyramid.levels.first() else { return };
        let print = &mut self.print;
        if print.samples.len() == MOST_SAMPLES {
            let mut keep = false;
            print.samples.retain(|_| {
                keep = !keep;
                keep
            });
            print.interval_ms = print.interval_ms.saturating_mul(2);
        }
        let views = Views::of(&finest.turned(rotation));
        print.samples.push(Sample { time_ms: (time_s * 1000.0).round() as i64, views });
    }
}

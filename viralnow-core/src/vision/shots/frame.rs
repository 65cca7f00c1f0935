//! What detectors take and give.

use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where one shot ends and the next begins.
///
/// The frames from `start_frame` up to, but not including, `end_frame` belong to both shots; at a hard cut there are none.
///
/// ```
/// use viralnow_core::vision::{Cut, CutKind};
/// let cut = Cut::hard(30, 1.0);
/// assert_eq!((cut.kind, cut.start_frame, cut.end_frame), (CutKind::Hard, 30, 30));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Number of the first frame of the new shot; in a dissolve the first that shows more of the new shot than of the old, in
    /// a fade the one in the middle.
    pub frame: u64,
    /// Its presentation time, in seconds.
    pub time_s: f64,
    /// What it is. `PySceneDetect`'s detectors do not tell, and say [`CutKind::Hard`] of all;
    /// [`super::ThresholdDetector`] finds fades alone.
    pub kind: CutKind,
    /// Number of the first frame that is not of the old shot alone.
    pub start_frame: u64,
    /// Its presentation time, in seconds.
    pub start_s: f64,
    /// Number of the first frame that is of the new shot alone.
    pub end_frame: u64,
    /// Its presentation time, in seconds.
    pub end_s: f64,
}

impl Cut {
    /// A hard cut before this frame.
    #[must_use]
    pub fn hard(frame: u64, time_s: f64) -> Self {
        Self {
            frame,
            time_s,
            kind: CutKind::Hard,
            start_frame: frame,
            start_s: time_s,
            end_frame: frame,
            end_s: time_s,
        }
    }
}

/// How one shot follows another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CutKind {
    /// From one frame to the next.
    #[default]
    #[serde(rename = "cut")]
    Hard,
    /// One picture turns into the other.
    Dissolve,
    /// The picture turns black, white or another flat colour, or the new one comes out of that, or both.
    Fade,
}

/// One small picture, as detectors look at it.
#[derive(Debug, Clone, Copy)]
pub struct ShotFrame<'a> {
    /// Number of the frame; each is larger than the one before.
    pub number: u64,
    /// Presentation time, in seconds.
    pub time_s: f64,
    /// Packed blue, green, red.
    pub bgr: &'a [u8],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl ShotFrame<'_> {
    /// Where a shot begins, if it does here.
    pub(super) fn cut(&self) -> Cut {
        Cut::hard(self.number, self.time_s)
    }

    /// Refuses an empty picture and one of another length than its sides say.
    pub(in crate::vision) fn check(&self) -> Result<()> {
        let samples = self.width.checked_mul(self.height).and_then(|n| n.checked_mul(3));
        if samples.is_some_and(|n| n > 0 && n == self.bgr.len()) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            "a picture needs three samples (blue, green, red) for every row and column that it claims",
        )
        .with("width", self.width)
        .with("height", self.height)
        .with("samples", self.bgr.len()))
    }
}

/// One number that a detector measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Which: the place in [`ShotDetector::metrics`].
    pub metric: usize,
    /// Number of the frame it belongs to.
    pub frame: u64,
    /// Its value.
    pub value: f64,
}

/// Finds where shots begin, one frame after the other. Memory does not grow with the video, unless a detector says so.
pub trait ShotDetector: Send {
    /// Takes the next frame; gives the first frame of a new shot when one became certain, which may be an earlier one.
    ///
    /// Fails with `INVALID_INPUT` for a picture without samples or of another length than its sides say. A picture of
    /// another size than the one before is taken for no change.
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>>;

    /// The end: what is still open.
    fn finish(&mut self) -> Vec<Cut> {
        Vec::new()
    }

    /// Names of what it measures, as in `PySceneDetect`'s statistics.
    fn metrics(&self) -> Vec<String>;

    /// What the last [`ShotDetector::push`] measured.
    fn measured(&self) -> &[Measured];
}

/// Refuses a setting that is no number.
pub(super) fn finite(name: &'static str, value: f64) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidConfig, "the setting must be a finite number")
        .with("setting", name)
        .with("value", value))
}

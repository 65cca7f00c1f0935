//! How long a shot must be.

use super::frame::Cut;
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// How long a shot must be. In JSON, as the peer takes it: a whole number is frames, one with a decimal point seconds, and so is a
/// text such as `"0.6s"`, which is what seconds are written as.
///
/// ```
/// use viralnow_core::vision::SceneLength;
/// let read = |text: &str| serde_json::from_str::<SceneLength>(text);
/// assert_eq!(read("24")?, SceneLength::Frames(24));
/// assert_eq!(read("1.0")?, SceneLength::Seconds(1.0));
/// assert_eq!(read(&serde_json::to_string(&SceneLength::Seconds(1.0))?)?, SceneLength::Seconds(1.0));
/// assert!(read("\"a minute\"").unwrap_err().to_string().contains("0.6s"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum SceneLength {
    /// So many frames, as they are decoded. `PySceneDetect` counts in frames of the file's mean rate, which at a variable rate are others.
    Frames(u64),
    /// So many seconds, rounded to frames.
    Seconds(f64),
}

impl SceneLength {
    /// What `PySceneDetect` takes where nothing is said.
    pub const DEFAULT: Self = Self::Frames(15);

    /// Refuses a time that is negative or no number.
    pub(super) fn check(self, name: &'static str) -> Result<()> {
        match self {
            Self::Seconds(s) if !(s >= 0.0 && s.is_finite()) => {
                Err(Error::new(ErrorKind::InvalidConfig, "a length in seconds must be a number, 0 or more")
                    .with("setting", name)
                    .with("value", s))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn is_zero(self) -> bool {
        matches!(self, Self::Frames(0)) || matches!(self, Self::Seconds(s) if s <= 0.0)
    }

    /// Whether it is that long from one frame to the other. Seconds count as the nearest number of frames at the rate
    /// between the two.
    pub(super) fn met(self, from: Cut, to: Cut) -> bool {
        let frames = to.frame.saturating_sub(from.frame);
        match self {
            Self::Frames(least) => frames >= least,
            Self::Seconds(least) => {
                let rate = frames as f64 / (to.time_s - from.time_s);
                least <= 0.0 || frames as f64 >= (least * rate).round_ties_even()
            }
        }
    }
}

impl Default for SceneLength {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A length as it stands in JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Frames(u64),
    Seconds(f64),
    Text(String),
}

impl From<SceneLength> for Written {
    fn from(length: SceneLength) -> Self {
        match length {
            SceneLength::Frames(frames) => Self::Frames(frames),
            // A whole number of seconds would be read as frames where a language writes it without a decimal point.
            SceneLength::Seconds(seconds) => Self::Text(format!("{seconds}s")),
        }
    }
}

impl TryFrom<Written> for SceneLength {
    type Error = String;

    fn try_from(written: Written) -> std::result::Result<Self, String> {
        match written {
            Written::Frames(frames) => Ok(Self::Frames(frames)),
            Written::Seconds(seconds) => Ok(Self::Seconds(seconds)),
            Written::Text(text) => text
                .strip_suffix('s')
                .and_then(|seconds| seconds.parse().ok())
                .map(Self::Seconds)
                .ok_or_else(|| {
                    format!("a length is a whole number of frames, or seconds as in \"0.6s\", not {text:?}")
                }),
        }
    }
}

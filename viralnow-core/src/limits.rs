//! What a hostile file may cost. Every limit is checked before decoding where the header tells, and during decoding
//! where it does not.

use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// Upper bounds for one asset. Over a limit that the header states, the call fails with `LIMIT_EXCEEDED` before any
/// decoding; over one that is only met on the way, the result is partial and says which limit cut it short.
///
/// ```
/// use viralnow_core::Limits;
/// let limits = Limits { max_duration_s: 60.0, ..Limits::default() };
/// assert!(limits.validate().is_ok());
/// assert!(Limits { max_channels: 0, ..Limits::default() }.validate().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Size of the file or buffer, in bytes. Default 4 GiB.
    pub max_bytes: u64,
    /// Presentation time that is analysed, in seconds. Default 4 hours.
    pub max_duration_s: f64,
    /// Pixels of one picture, width times height as coded. Default 64 Mi (8192 x 8192).
    pub max_pixels: u64,
    /// Streams in one container. Default 64.
    pub max_streams: u32,
    /// Channels of one audio stream. Default 32.
    pub max_channels: u32,
    /// Memory that one decoded picture or block may take, in bytes. Default 512 MiB.
    pub max_decoded_bytes: u64,
    /// Text of one asset, in bytes. Default 16 MiB.
    pub max_text_bytes: u64,
    /// Wall-clock time of one call, in seconds; `None` is unbounded. Default none.
    pub max_wall_s: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 4 << 30,
            max_duration_s: 4.0 * 3600.0,
            max_pixels: 64 << 20,
            max_streams: 64,
            max_channels: 32,
            max_decoded_bytes: 512 << 20,
            max_text_bytes: 16 << 20,
            max_wall_s: None,
        }
    }
}

impl Limits {
    /// Refuses zero, negative and non-finite bounds.
    pub fn validate(&self) -> Result<()> {
        let wall = self.max_wall_s.unwrap_or(1.0);
        let wrong = [
            ("max_bytes", self.max_bytes == 0),
            ("max_duration_s", !(self.max_duration_s.is_finite() && self.max_duration_s > 0.0)),
            ("max_pixels", self.max_pixels == 0),
            ("max_streams", self.max_streams == 0),
            ("max_channels", self.max_channels == 0),
            ("max_decoded_bytes", self.max_decoded_bytes == 0),
            ("max_text_bytes", self.max_text_bytes == 0),
            ("max_wall_s", !(wall.is_finite() && wall > 0.0)),
        ];
        match wrong.iter().find(|(_, wrong)| *wrong) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Error::new(ErrorKind::InvalidConfig, "a limit must be a positive, finite number")
                    .with("limit", name))
            }
        }
    }

    /// The error for a value over its limit, or nothing.
    pub(crate) fn check(limit: &'static str, value: u64, max: u64) -> Result<()> {
        if value <= max {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::LimitExceeded,
            "the input is larger than the limits allow; raise the limit to analyse it",
        )
        .with("limit", limit)
        .with("value", value)
        .with("max", max))
    }
}

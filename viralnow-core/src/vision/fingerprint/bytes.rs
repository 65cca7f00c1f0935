//! The fingerprint as bytes and as text.
//!
//! ```text
//! bytes     "VNVF"
//! 1         version, 1
//! 4         least milliseconds between samples
//! 4         number of samples
//! each      8 bytes: time in milliseconds, signed; 12 times: 1 byte quality, 32 bytes PDQ hash
//! 4         the first bytes of the SHA-256 of all before
//! ```
//! Numbers are little-endian; a hash stands in the order in which it is written.

use super::views::{VIEWS, Views};
use super::{LATEST_S, MOST_SAMPLES, SHORTEST_INTERVAL_S, Sample, VideoFingerprint};
use crate::imaging::{Pdq, PdqHash};
use crate::{Error, ErrorKind, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 4] = b"VNVF";
const VERSION: u8 = 1;
const CHECK: usize = 4;
const HEAD: usize = 4 + 1 + 4 + 4;
const VIEW: usize = 1 + 32;
const SAMPLE: usize = 8 + VIEWS * VIEW;

impl VideoFingerprint {
    /// The fingerprint in the versioned binary form, 404 bytes a sample.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD + SAMPLE * self.samples.len() + CHECK);
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&self.interval_ms.to_le_bytes());
        out.extend_from_slice(&(self.samples.len() as u32).to_le_bytes());
        for sample in &self.samples {
            out.extend_from_slice(&sample.time_ms.to_le_bytes());
            for view in sample.views.0 {
                out.push(view.quality);
                out.extend_from_slice(&view.hash.to_bytes());
            }
        }
        let check = Sha256::digest(&out);
        out.extend_from_slice(&check[..CHECK]);
        out
    }

    /// Reads what [`VideoFingerprint::to_bytes`] wrote.
    ///
    /// Fails with `DECODE_FAILED` for anything else and damage, and with `SCHEMA_MISMATCH` for another version. It takes no
    /// more memory than the bytes do.
    ///
    /// ```
    /// use viralnow_core::vision::VideoFingerprint;
    /// let empty = VideoFingerprint::default();
    /// assert_eq!(VideoFingerprint::from_bytes(&empty.to_bytes())?, empty);
    /// assert_eq!(VideoFingerprint::from_bytes(b"VNVF").unwrap_err().kind().code(), "DECODE_FAILED");
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else { return Err(damaged("it does not start as one")) };
        match rest.first() {
            Some(&VERSION) => {}
            Some(&version) => {
                return Err(Error::new(
                    ErrorKind::SchemaMismatch,
                    "the fingerprint is of another version; take it anew or update this library",
                )
                .with("version", version));
            }
            None => return Err(damaged("it ends early")),
        }
        let Some(end) = bytes.len().checked_sub(CHECK).filter(|&end| end >= HEAD) else {
            return Err(damaged("it ends early"));
        };
        let (signed, check) = bytes.split_at(end);
        if Sha256::digest(signed)[..CHECK] != *check {
            return Err(damaged("its checksum is wrong"));
        }
        let mut reader = &signed[MAGIC.len() + 1..];
        let interval_ms = u32::from_le_bytes(take(&mut reader)?);
        let count = u32::from_le_bytes(take(&mut reader)?) as usize;
        if f64::from(interval_ms) < SHORTEST_INTERVAL_S * 1000.0
            || count > MOST_SAMPLES
            || reader.len() != count * SAMPLE
        {
            return Err(damaged("its interval or its number of samples is impossible"));
        }
        let mut samples: Vec<Sample> = Vec::with_capacity(count);
        for _ in 0..count {
            let time_ms = i64::from_le_bytes(take(&mut reader)?);
            let follows = samples.last().is_none_or(|last| last.time_ms < time_ms);
            if !follows || time_ms.unsigned_abs() as f64 > LATEST_S * 1000.0 {
                return Err(damaged("a time is impossible"));
            }
            let mut views = [Pdq::default(); VIEWS];
            for view in &mut views {
                let [quality] = take(&mut reader)?;
                *view = Pdq { hash: PdqHash::from_bytes(take(&mut reader)?), quality };
                if quality > 100 {
                    return Err(damaged("a quality is impossible"));
                }
            }
            samples.push(Sample { time_ms, views: Views(views) });
        }
        Ok(Self { interval_ms, samples })
    }

    /// [`VideoFingerprint::to_bytes`] as base64 text (RFC 4648, with padding).
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_bytes())
    }

    /// Reads what [`VideoFingerprint::to_base64`] wrote; the errors are those of [`VideoFingerprint::from_bytes`].
    pub fn from_base64(text: &str) -> Result<Self> {
        let bytes = STANDARD
            .decode(text.trim())
            .map_err(|error| damaged("it is not base64 text").caused_by(error))?;
        Self::from_bytes(&bytes)
    }
}

fn damaged(why: &str) -> Error {
    Error::new(ErrorKind::DecodeFailed, format!("the video fingerprint cannot be read: {why}"))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    let (now, rest) = bytes.split_first_chunk().ok_or_else(|| damaged("it ends early"))?;
    *bytes = rest;
    Ok(*now)
}

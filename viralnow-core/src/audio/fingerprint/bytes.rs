//! The fingerprint as bytes and as text.
//!
//! ```text
//! bytes     "VNFP"
//! 1         version, 1
//! varint    length of the sound, in units of 4 ms
//! varint    number of landmarks
//! each      varint: units of time since the one before, times 2, plus 1 for a strong one; 2 bytes: pitch, in units of
//!           2.5 cents above 125 Hz
//! 4         the first bytes of the SHA-256 of all before
//! ```
//! Numbers are little-endian; a varint has seven bits a byte, the lowest first, the top bit set in all but the last.

use super::landmarks::{Fingerprint, PITCHES, Point};
use crate::{Error, ErrorKind, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 4] = b"VNFP";
const VERSION: u8 = 1;
const CHECK: usize = 4;
/// The least bytes of a landmark.
const LANDMARK: usize = 3;

impl Fingerprint {
    /// The fingerprint in the versioned binary form, about 130 bytes a second of music.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(20 + (LANDMARK + 1) * self.points.len());
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        self.write(&mut out, |_| true);
        let check = Sha256::digest(&out);
        out.extend_from_slice(&check[..CHECK]);
        out
    }

    /// Reads what [`Fingerprint::to_bytes`] wrote.
    ///
    /// Fails with `DECODE_FAILED` for anything else and damage, and with `SCHEMA_MISMATCH` for a newer version.
    ///
    /// ```
    /// use viralnow_core::audio::Fingerprint;
    /// let empty = Fingerprint::default();
    /// assert_eq!(Fingerprint::from_bytes(&empty.to_bytes())?, empty);
    /// assert_eq!(Fingerprint::from_bytes(b"VNFP").unwrap_err().kind().code(), "DECODE_FAILED");
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
        let Some(body) = rest.len().checked_sub(CHECK).filter(|&end| end >= 1) else {
            return Err(damaged("it ends early"));
        };
        let (signed, check) = bytes.split_at(MAGIC.len() + body);
        if Sha256::digest(signed)[..CHECK] != *check {
            return Err(damaged("its checksum is wrong"));
        }
        let mut reader = Reader(&signed[MAGIC.len() + 1..]);
        let print = Self::read(&mut reader)?;
        if reader.0.is_empty() { Ok(print) } else { Err(damaged("it goes on after its end")) }
    }

    /// [`Fingerprint::to_bytes`] as base64 text (RFC 4648, with padding).
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_bytes())
    }

    /// Reads what [`Fingerprint::to_base64`] wrote; the errors are those of [`Fingerprint::from_bytes`].
    pub fn from_base64(text: &str) -> Result<Self> {
        let bytes = STANDARD
            .decode(text.trim())
            .map_err(|error| damaged("it is not base64 text").caused_by(error))?;
        Self::from_bytes(&bytes)
    }

    /// Length, number and landmarks, of those that are wanted.
    pub(super) fn write(&self, out: &mut Vec<u8>, wanted: impl Fn(&Point) -> bool) {
        write_varint(out, u64::from(self.duration));
        write_varint(out, self.points.iter().filter(|point| wanted(point)).count() as u64);
        let mut before = 0;
        for point in self.points.iter().filter(|point| wanted(point)) {
            write_varint(out, u64::from(point.time - before) << 1 | u64::from(point.strong));
            out.extend_from_slice(&point.pitch.to_le_bytes());
            before = point.time;
        }
    }

    /// Reads what [`Fingerprint::write`] wrote. What it takes of memory is in proportion to the bytes that are there.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let duration = u32::try_from(reader.varint()?).map_err(|_| damaged("its length is impossible"))?;
        let count = reader.varint()?;
        if count > (reader.0.len() / LANDMARK) as u64 {
            return Err(damaged("it ends early"));
        }
        let mut points: Vec<Point> = Vec::with_capacity(count as usize);
        let mut time = 0_u64;
        for _ in 0..count {
            let step = reader.varint()?;
            time = time.saturating_add(step >> 1);
            let pitch = u16::from_le_bytes(reader.array()?);
            let Ok(now) = u32::try_from(time) else { return Err(damaged("a time is impossible")) };
            if pitch >= PITCHES {
                return Err(damaged("a pitch is impossible"));
            }
            if points.last().is_some_and(|last| (last.time, last.pitch) >= (now, pitch)) {
                return Err(damaged("its landmarks are not in order"));
            }
            points.push(Point { time: now, pitch, strong: step & 1 == 1 });
        }
        Ok(Self { duration, points })
    }
}

/// The error for bytes that are no fingerprint.
pub(super) fn damaged(why: &str) -> Error {
    Error::new(ErrorKind::DecodeFailed, format!("the fingerprint cannot be read: {why}"))
}

pub(super) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that are read from the front.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (now, rest) = self.0.split_at_checked(count).ok_or_else(|| damaged("it ends early"))?;
        self.0 = rest;
        Ok(now)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("as many as were taken"))
    }

    pub(super) fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged("a number is too long"))
    }
}

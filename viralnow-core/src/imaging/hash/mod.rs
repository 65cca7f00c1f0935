//! Perceptual hashes: those of Python's imagehash, the same bits on the same picture, and PDQ.

mod classic;
mod colour;
mod kind;
mod pdq;
mod tent;
mod wavelet;

pub use classic::{average_hash, dhash, dhash_vertical, phash, phash_simple};
pub use colour::colorhash;
pub use kind::HashKind;
pub use pdq::{Pdq, PdqHash, pdq, pdq_dihedral};
pub use wavelet::whash;

use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;

/// The bits of a perceptual hash: row by row, the first in the highest place, shown in hexadecimal digits as imagehash
/// shows them. Where the bits do not fill the digits (the 42 of a colour hash stand in 11 digits) zeros go before them.
///
/// ```
/// use viralnow_core::imaging::ImageHash;
/// let hash: ImageHash = "00ff".parse()?;
/// assert_eq!(hash.to_string(), "00ff");
/// assert_eq!(hash.distance(&"01fe".parse()?)?, 2);
/// assert_eq!(hash.distance(&"00ff00".parse()?).unwrap_err().kind().code(), "INVALID_INPUT");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageHash {
    /// Each 0 to 15.
    digits: Box<[u8]>,
}

impl ImageHash {
    /// Of bits, the first in the highest place.
    ///
    /// ```
    /// use viralnow_core::imaging::ImageHash;
    /// assert_eq!(ImageHash::from_bits(&[true, false, true, false, true, true]).to_string(), "2b");
    /// ```
    #[must_use]
    pub fn from_bits(bits: &[bool]) -> Self {
        let number = |bits: &[bool]| bits.iter().fold(0, |digit, &bit| digit << 1 | u8::from(bit));
        let digits = bits.rchunks(4).rev().map(number).collect();
        Self { digits }
    }

    /// How many bits there are, those included that fill the first digit: four to a digit.
    #[must_use]
    pub fn bits(&self) -> usize {
        4 * self.digits.len()
    }

    /// The hash as a number; `None` when it has more than 64 bits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let number = || self.digits.iter().fold(0, |number, &digit| number << 4 | u64::from(digit));
        (self.bits() <= 64).then(number)
    }

    /// How many bits differ, from 0 to [`bits`](Self::bits).
    ///
    /// Fails (`INVALID_INPUT`) for hashes of different lengths, which cannot be compared.
    pub fn distance(&self, other: &Self) -> Result<u32> {
        if self.digits.len() != other.digits.len() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "hashes of different lengths cannot be compared; make both by one method and size",
            )
            .with("bits", self.bits())
            .with("other_bits", other.bits()));
        }
        Ok(self.digits.iter().zip(&other.digits).map(|(a, b)| (a ^ b).count_ones()).sum())
    }
}

impl fmt::Display for ImageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digits.iter().try_for_each(|digit| write!(f, "{digit:x}"))
    }
}

/// Longest hash that is read, in digits: that of the largest [`HashKind`], 256 x 256 bits.
const MOST_DIGITS: usize = 256 * 256 / 4;

impl FromStr for ImageHash {
    type Err = Error;

    /// Reads hexadecimal digits, small or capital, 1 to 16,384 of them.
    fn from_str(text: &str) -> Result<Self> {
        let digits = if text.len() <= MOST_DIGITS {
            text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect()
        } else {
            None
        };
        match digits {
            Some(digits) if !text.is_empty() => Ok(Self { digits }),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                "this is no hash; a hash is written as 1 to 16,384 hexadecimal digits",
            )
            .with("text", text.chars().take(80).collect::<String>())),
        }
    }
}

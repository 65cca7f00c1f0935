//! PDQ (Facebook's `ThreatExchange`, 2019; the paper "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing
//! algorithm"): 256 low frequencies above their median, of brightness shrunk to 64 x 64 by two passes of a box.

use super::tent::{SIDE, shrink};
use crate::imaging::picture::Picture;
use crate::{Error, ErrorKind, Result};
use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// Frequencies along each side.
const LOW: usize = 16;
/// A picture with a shorter side than this has no hash.
const SHORTEST: usize = 5;

/// 256 bits. Two pictures are commonly taken for the same from a distance of 31 down, when both have quality 50 or more.
///
/// ```
/// use viralnow_core::imaging::PdqHash;
/// let hash: PdqHash = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22".parse()?;
/// assert_eq!(hash.to_string().len(), 64);
/// assert_eq!(hash.distance(hash), 0);
/// assert_eq!("f8f8".parse::<PdqHash>().unwrap_err().kind().code(), "INVALID_INPUT");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PdqHash {
    /// The frequency of row i and column j stands in bit 255 - (16 i + j), counted from the front.
    words: [u64; 4],
}

impl PdqHash {
    /// From 32 bytes, in the order in which the hash is written.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let words = bytes.as_chunks::<8>().0;
        Self { words: std::array::from_fn(|i| u64::from_be_bytes(words[i])) }
    }

    /// As 32 bytes, in the order in which the hash is written.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.words) {
            *bytes = word.to_be_bytes();
        }
        bytes
    }

    /// How many bits differ, 0 to 256.
    #[must_use]
    pub fn distance(self, other: Self) -> u32 {
        self.words.iter().zip(other.words).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// About the hash of the picture mirrored left to right, from the hash alone. Mirroring changes the sign of every odd
    /// frequency across and no other; it is the median between the bits that it moves, by a little. [`pdq_dihedral`] gives
    /// the very hash, of the picture.
    ///
    /// ```
    /// use viralnow_core::imaging::PdqHash;
    /// let hash = PdqHash::from_bytes([0xff; 32]);
    /// assert_eq!(hash.mirrored().distance(hash), 128);
    /// assert_eq!(hash.mirrored().mirrored(), hash);
    /// ```
    #[must_use]
    pub fn mirrored(self) -> Self {
        // Frequency 1 across stands in bit 0.
        Self { words: self.words.map(|word| word ^ 0x5555_5555_5555_5555) }
    }

    fn of(values: &[[f32; LOW]; LOW]) -> Self {
        let values = values.as_flattened();
        let mut sorted = [0.0; LOW * LOW];
        sorted.copy_from_slice(values);
        // The lower one of the two in the middle.
        let (_, &mut median, _) = sorted.select_nth_unstable_by(LOW * LOW / 2 - 1, f32::total_cmp);
        let mut words = [0; 4];
        for (i, _) in values.iter().enumerate().filter(|&(_, &value)| value > median) {
            words[3 - i / 64] |= 1 << (i % 64);
        }
        Self { words }
    }
}

impl fmt::Display for PdqHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

impl FromStr for PdqHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits: Option<Vec<u8>> =
            text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).take(65).collect();
        let Some(digits) = digits.filter(|digits| digits.len() == 64) else {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "this is no PDQ hash; one is written as 64 hexadecimal digits",
            )
            .with("text", text.chars().take(80).collect::<String>()));
        };
        let words = digits.as_chunks::<16>().0;
        let number = |word: &[u8; 16]| word.iter().fold(0, |word, &digit| word << 4 | u64::from(digit));
        Ok(Self { words: std::array::from_fn(|i| number(&words[i])) })
    }
}

/// A PDQ hash with its quality.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pdq {
    /// The hash.
    pub hash: PdqHash,
    /// How much there is in the picture that a hash can hold, 0 to 100; below 50 the hash says little.
    pub quality: u8,
}

impl Pdq {
    /// Of brightness from 0 to 255 at 64 x 64, for those who shrink pictures themselves: each sample the mean over its part
    /// of the picture.
    #[must_use]
    pub fn of_small(small: &[[f32; 64]; 64]) -> Self {
        Self { hash: PdqHash::of(&transform(small)), quality: quality(small) }
    }
}

/// The PDQ hash of a picture as it is coded (turn it upright first where it matters), with its quality; the peers' bits.
///
/// YUV is converted to RGB row by row. A picture with a side below 5 pixels has the hash of zeros and quality 0. It takes 4
/// bytes for each column of 1/128 of the rows, 256 for each row, and nothing else that grows.
///
/// Fails (`INVALID_INPUT`) for an empty picture and for one with fewer samples than it claims.
///
/// ```
/// use viralnow_core::imaging::{RgbImage, pdq};
/// let ramp = RgbImage { width: 90, height: 60, data: (0..16200).map(|i| (i % 270 / 3 * 2) as u8).collect() };
/// let of_ramp = pdq(&ramp.as_picture())?;
/// assert!(of_ramp.quality < 50);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn pdq(picture: &Picture<'_>) -> Result<Pdq> {
    Ok(frequencies(picture)?
        .map_or_else(Pdq::default, |(values, quality)| Pdq { hash: PdqHash::of(&values), quality }))
}

/// The PDQ hashes of a picture and of its seven mirrored and turned versions, of one transform: as it is, turned a quarter,
/// half and three quarters counter-clockwise, flipped top to bottom, left to right, along the main diagonal and the other.
/// To find mirrored copies, compare a plain hash with these.
///
/// Fails as [`pdq`] does.
pub fn pdq_dihedral(picture: &Picture<'_>) -> Result<[Pdq; 8]> {
    let Some((values, quality)) = frequencies(picture)? else { return Ok([Pdq::default(); 8]) };
    // Mirroring a side changes the sign of its odd frequencies, which stand in the even places here.
    let version = |transposed: bool, down: bool, across: bool| {
        let mut out = [[0.0; LOW]; LOW];
        for (i, row) in values.iter().enumerate() {
            for (j, &value) in row.iter().enumerate() {
                let negative = (down && i % 2 == 0) != (across && j % 2 == 0);
                let value = if negative { -value } else { value };
                *(if transposed { &mut out[j][i] } else { &mut out[i][j] }) = value;
            }
        }
        Pdq { hash: PdqHash::of(&out), quality }
    };
    Ok([
        version(false, false, false),
        version(true, false, true),
        version(false, true, true),
        version(true, true, false),
        version(false, true, false),
        version(false, false, true),
        version(true, false, false),
        version(true, true, true),
    ])
}

/// The frequencies 1 to 16 down and across, and the quality; `None` for a picture that is too small.
fn frequencies(picture: &Picture<'_>) -> Result<Option<([[f32; LOW]; LOW], u8)>> {
    picture.check()?;
    let (width, height) = (picture.width(), picture.height());
    if width.min(height) < SHORTEST {
        return Ok(None);
    }
    let small = shrink(picture);
    Ok(Some((transform(&small), quality(&small))))
}

/// How much neighbours differ, in whole per cent, in all.
fn quality(small: &[[f32; SIDE]; SIDE]) -> u8 {
    let step = |a: f32, b: f32| ((a - b) * 100.0 / 255.0) as i32;
    let down =
        small.windows(2).flat_map(|rows| rows[0].iter().zip(&rows[1]).map(|(&a, &b)| step(a, b).abs()));
    let across = small.iter().flat_map(|row| row.windows(2).map(|pair| step(pair[0], pair[1]).abs()));
    ((down.sum::<i32>() + across.sum::<i32>()) / 90).min(100) as u8
}

/// The orthonormal DCT-II, frequencies 1 to 16 of 64.
static COSINES: LazyLock<[[f32; SIDE]; LOW]> = LazyLock::new(|| {
    let scale = (2.0 / SIDE as f64).sqrt() as f32;
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let angle = PI / 2.0 / SIDE as f64 * (i + 1) as f64 * (2 * j + 1) as f64;
            (f64::from(scale) * angle.cos()) as f32
        })
    })
});

/// The same by place: all frequencies of one are summed at once.
static COSINES_ACROSS: LazyLock<[[f32; LOW]; SIDE]> =
    LazyLock::new(|| std::array::from_fn(|j| std::array::from_fn(|i| COSINES[i][j])));

fn transform(small: &[[f32; SIDE]; SIDE]) -> [[f32; LOW]; LOW] {
    let (cosines, across) = (&*COSINES, &*COSINES_ACROSS);
    let mut out = [[0.0; LOW]; LOW];
    for (out, down) in out.iter_mut().zip(cosines) {
        let mut row = [0.0_f32; SIDE];
        for (samples, cosine) in small.iter().zip(down) {
            for (sum, sample) in row.iter_mut().zip(samples) {
                *sum += cosine * sample;
            }
        }
        for (value, across) in row.iter().zip(across) {
            for (sum, cosine) in out.iter_mut().zip(across) {
                *sum += value * cosine;
            }
        }
    }
    out
}

//! One entry for every hash of any picture.

use super::{ImageHash, classic, colour, wavelet};
use crate::imaging::picture::{Picture, Rotation};
use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;

/// A perceptual hash of imagehash, by its name there.
///
/// ```
/// use viralnow_core::imaging::{HashKind, RgbImage, Rotation};
/// let picture = RgbImage { width: 40, height: 30, data: vec![90; 3600] };
/// let kind: HashKind = "phash".parse()?;
/// let hash = kind.hash(&picture.as_picture(), Rotation::None, Some(16))?;
/// assert_eq!(hash.to_string().len(), 64);
/// assert_eq!("md5".parse::<HashKind>().unwrap_err().kind().code(), "INVALID_CONFIG");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashKind {
    /// Brighter than the mean.
    AverageHash,
    /// Brighter than the left neighbour.
    Dhash,
    /// Brighter than the neighbour above.
    DhashVertical,
    /// Low frequencies above their median.
    Phash,
    /// Low frequencies of the rows above their mean.
    PhashSimple,
    /// Low Haar wavelets above their median.
    Whash,
    /// Shares of black, gray and hues.
    Colorhash,
}

/// Most bits along a side.
const LARGEST: usize = 256;
/// Most bits to a share of colour.
const MOST_SHARE_BITS: usize = 16;

impl HashKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::AverageHash,
        Self::Dhash,
        Self::DhashVertical,
        Self::Phash,
        Self::PhashSimple,
        Self::Whash,
        Self::Colorhash,
    ];

    /// The function's name in imagehash.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AverageHash => "average_hash",
            Self::Dhash => "dhash",
            Self::DhashVertical => "dhash_vertical",
            Self::Phash => "phash",
            Self::PhashSimple => "phash_simple",
            Self::Whash => "whash",
            Self::Colorhash => "colorhash",
        }
    }

    /// The hash of a picture, turned upright first.
    ///
    /// `size` is imagehash's `hash_size`, bits along each side: 2 to 256, for `whash` a power of two; 8 when `None`. For
    /// `colorhash` it is `binbits`, the bits to a share: 1 to 16, 3 when `None`. The bits are imagehash's; only in
    /// frequencies of flat and striped pictures, at sizes that are no power of two, rounding noise may decide otherwise.
    ///
    /// Fails (`INVALID_INPUT`) for other sizes, for an empty picture and for one with fewer samples than it claims. Memory:
    /// the picture in gray or RGB; `whash` up to 1.2 times that more, and `phash` 2 MB at the largest size.
    pub fn hash(self, picture: &Picture<'_>, rotation: Rotation, size: Option<usize>) -> Result<ImageHash> {
        picture.check()?;
        if self == Self::Colorhash {
            let bits = size.unwrap_or(3);
            if !(1..=MOST_SHARE_BITS).contains(&bits) {
                return Err(Error::new(ErrorKind::InvalidInput, "a colour hash has 1 to 16 bits to a share")
                    .with("binbits", bits));
            }
            return Ok(colour::colour_of(&picture.to_rgb(rotation), bits as u32));
        }
        let size = size.unwrap_or(8);
        if !(2..=LARGEST).contains(&size) || (self == Self::Whash && !size.is_power_of_two()) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a hash has 2 to 256 bits along each side, a wavelet hash a power of two",
            )
            .with("hash", self.name())
            .with("hash_size", size));
        }
        let gray = picture.to_gray(rotation);
        Ok(match self {
            Self::AverageHash => classic::average_of(&gray, size),
            Self::Dhash => classic::difference_of(&gray, size),
            Self::DhashVertical => classic::vertical_difference_of(&gray, size),
            Self::Phash => classic::perceptual_of(&gray, size),
            Self::PhashSimple => classic::simple_of(&gray, size),
            Self::Whash | Self::Colorhash => wavelet::wavelet_of(&gray, size),
        })
    }
}

impl fmt::Display for HashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for HashKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidConfig,
                "no such hash; there are average_hash, dhash, dhash_vertical, phash, phash_simple, whash and colorhash",
            )
            .with("hash", name)
        })
    }
}

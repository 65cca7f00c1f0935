//! A borrowed picture as the decoder left it, and the owned RGB image made from it.

use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One plane of 8-bit samples; row `r` starts at `data[r * stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The samples; at least `stride * (rows - 1) + columns` of them.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// Which coefficients turn YUV into RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601, the default of standard definition and of unlabelled files.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

/// A picture that is not ours, with 8 bits a sample, in the orientation in which it was coded.
#[derive(Debug, Clone, Copy)]
pub enum Picture<'a> {
    /// Planar YUV with chroma halved in both directions; chroma has `ceil(width / 2)` columns and `ceil(height / 2)` rows.
    Yuv420 {
        /// Luma.
        y: Plane<'a>,
        /// Blue difference.
        u: Plane<'a>,
        /// Red difference.
        v: Plane<'a>,
        /// Columns of luma.
        width: usize,
        /// Rows of luma.
        height: usize,
        /// Samples use 0..=255 rather than 16..=235.
        full_range: bool,
        /// The coefficients.
        matrix: Matrix,
    },
    /// Packed red, green, blue.
    Rgb24 {
        /// The samples, three to a pixel.
        rgb: Plane<'a>,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
}

impl Picture<'_> {
    /// Columns, as coded.
    #[must_use]
    pub fn width(&self) -> usize {
        match *self {
            Self::Yuv420 { width, .. } | Self::Rgb24 { width, .. } => width,
        }
    }

    /// Rows, as coded.
    #[must_use]
    pub fn height(&self) -> usize {
        match *self {
            Self::Yuv420 { height, .. } | Self::Rgb24 { height, .. } => height,
        }
    }

    /// Refuses an empty picture and planes that are shorter than width, height and stride say.
    ///
    /// ```
    /// use viralnow_core::imaging::{Picture, Plane};
    /// let rgb = Plane { data: &[0; 12], stride: 6 };
    /// assert!(Picture::Rgb24 { rgb, width: 2, height: 2 }.check().is_ok());
    /// assert!(Picture::Rgb24 { rgb, width: 2, height: 3 }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<()> {
        let (width, height) = (self.width(), self.height());
        let holds = |plane: &Plane<'_>, columns: usize, rows: usize| {
            plane.stride >= columns
                && (rows - 1)
                    .checked_mul(plane.stride)
                    .and_then(|n| n.checked_add(columns))
                    .is_some_and(|n| plane.data.len() >= n)
        };
        let sound = width > 0
            && height > 0
            && match self {
                Self::Yuv420 { y, u, v, .. } => {
                    let (columns, rows) = (width.div_ceil(2), height.div_ceil(2));
                    holds(y, width, height) && holds(u, columns, rows) && holds(v, columns, rows)
                }
                Self::Rgb24 { rgb, .. } => {
                    width.checked_mul(3).is_some_and(|columns| holds(rgb, columns, height))
                }
            };
        if sound {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            "a picture needs samples for every row and column that it claims",
        )
        .with("width", width)
        .with("height", height))
    }
}

/// How far a picture must be turned clockwise to be shown upright.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "u16", try_from = "u16")]
#[schemars(with = "u16")]
pub enum Rotation {
    /// As coded.
    #[default]
    None,
    /// A quarter turn clockwise.
    Clockwise90,
    /// Half a turn.
    Half,
    /// A quarter turn counter-clockwise.
    Clockwise270,
}

impl Rotation {
    /// The nearest quarter turn to an angle in degrees clockwise.
    #[must_use]
    pub fn from_degrees(degrees: f64) -> Self {
        match (degrees / 90.0).round().rem_euclid(4.0) as u8 {
            1 => Self::Clockwise90,
            2 => Self::Half,
            3 => Self::Clockwise270,
            _ => Self::None,
        }
    }

    /// Degrees clockwise: 0, 90, 180 or 270.
    #[must_use]
    pub fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Clockwise90 => 90,
            Self::Half => 180,
            Self::Clockwise270 => 270,
        }
    }

    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_sides(self) -> bool {
        matches!(self, Self::Clockwise90 | Self::Clockwise270)
    }
}

impl From<Rotation> for u16 {
    fn from(rotation: Rotation) -> Self {
        rotation.degrees()
    }
}

impl TryFrom<u16> for Rotation {
    type Error = String;
    fn try_from(degrees: u16) -> Result<Self, String> {
        if degrees.is_multiple_of(90) {
            Ok(Self::from_degrees(degrees.into()))
        } else {
            Err(format!("{degrees} is no quarter turn"))
        }
    }
}

/// An upright RGB image of our own: `data[(row * width + column) * 3 + channel]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Samples, row by row, three to a pixel.
    pub data: Vec<u8>,
}

impl RgbImage {
    /// Refuses (`INVALID_INPUT`) a picture without pixels, or with other samples than three for each.
    ///
    /// ```
    /// use viralnow_core::imaging::RgbImage;
    /// assert!(RgbImage { width: 2, height: 1, data: vec![0; 6] }.check().is_ok());
    /// assert!(RgbImage { width: 2, height: 2, data: vec![0; 6] }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<()> {
        let samples = self.width.checked_mul(self.height).and_then(|pixels| pixels.checked_mul(3));
        if samples.is_some_and(|samples| samples > 0 && samples == self.data.len()) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidInput, "a picture needs pixels, and three samples for each")
            .with("width", self.width)
            .with("height", self.height)
            .with("samples", self.data.len()))
    }
}

/// An upright gray image of our own: `data[row * width + column]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrayImage {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Samples, row by row.
    pub data: Vec<u8>,
}

impl GrayImage {
    /// Refuses a picture without samples, and data of another length than the sides say.
    ///
    /// ```
    /// use viralnow_core::imaging::GrayImage;
    /// assert!(GrayImage { width: 2, height: 1, data: vec![0; 2] }.check().is_ok());
    /// assert!(GrayImage { width: 2, height: 0, data: vec![] }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<()> {
        let samples = self.width.checked_mul(self.height);
        if samples.is_some_and(|n| n > 0 && n == self.data.len()) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            "a gray picture needs one sample for every row and column that it claims",
        )
        .with("width", self.width)
        .with("height", self.height)
        .with("samples", self.data.len()))
    }
}

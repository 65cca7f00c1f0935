//! What a file says of its colours.
//!
//! libav copies these numbers from some containers (Matroska is one) without a look at them. Rust's enumerations in the
//! bindings know no other value than theirs, and to read another one as such is undefined behaviour; so the numbers are
//! read as the integers that they are in C, and one that is not known means what "unspecified" means. Of libav's other
//! enumerations, those that are read (kinds of streams, codecs, side data) come from libav's own tables, and the pixel
//! and sample formats are compared with their range first.

use crate::imaging::Matrix;
use ffmpeg_next as ffmpeg;
use ffmpeg_next::ffi::{self, AVColorRange, AVColorSpace, AVColorTransferCharacteristic};

/// The numbers of a frame, by ITU-T H.273 as libav has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    /// Matrix coefficients.
    matrix: i32,
    range: i32,
}

impl Colour {
    pub(super) fn of(frame: &ffmpeg::frame::Video) -> Self {
        // SAFETY: both are fields of a frame that lives as long as the borrow.
        unsafe {
            let raw = frame.as_ptr();
            Self {
                matrix: number(&raw const (*raw).colorspace),
                range: number(&raw const (*raw).color_range),
            }
        }
    }

    /// The matrix; that of BT.601 for one that is not told or not known, as swscale has it.
    pub(super) fn matrix(self) -> Matrix {
        const BT709: i32 = AVColorSpace::AVCOL_SPC_BT709 as i32;
        const BT2020_NCL: i32 = AVColorSpace::AVCOL_SPC_BT2020_NCL as i32;
        const BT2020_CL: i32 = AVColorSpace::AVCOL_SPC_BT2020_CL as i32;
        match self.matrix {
            BT709 => Matrix::Bt709,
            BT2020_NCL | BT2020_CL => Matrix::Bt2020,
            _ => Matrix::Bt601,
        }
    }

    /// Whether the samples take all 256 steps; `None` when it is not told.
    pub(super) fn is_full(self) -> Option<bool> {
        const LIMITED: i32 = AVColorRange::AVCOL_RANGE_MPEG as i32;
        const FULL: i32 = AVColorRange::AVCOL_RANGE_JPEG as i32;
        match self.range {
            LIMITED => Some(false),
            FULL => Some(true),
            _ => None,
        }
    }

    /// swscale's coefficients of the matrix.
    pub(super) fn coefficients(self) -> *const i32 {
        // SAFETY: the function takes any number, and gives a static table: that of BT.601 for one it does not know.
        unsafe { ffi::sws_getCoefficients(self.matrix) }
    }
}

/// The name of a high dynamic range's transfer function, where the parameters of a stream tell one.
///
/// # Safety
///
/// The pointer is that of a stream's parameters.
pub(super) unsafe fn hdr(parameters: *const ffi::AVCodecParameters) -> Option<&'static str> {
    const PQ: i32 = AVColorTransferCharacteristic::AVCOL_TRC_SMPTE2084 as i32;
    const HLG: i32 = AVColorTransferCharacteristic::AVCOL_TRC_ARIB_STD_B67 as i32;
    // SAFETY: a field of what the caller vouches for.
    match unsafe { number(&raw const (*parameters).color_trc) } {
        PQ => Some("pq"),
        HLG => Some("hlg"),
        _ => None,
    }
}

/// A C enumeration as the integer that it is.
///
/// # Safety
///
/// The pointer is good for reading.
unsafe fn number<T>(field: *const T) -> i32 {
    const { assert!(size_of::<T>() == size_of::<i32>() && align_of::<T>() == align_of::<i32>()) };
    // SAFETY: the caller's, and the size and the alignment are those of the integer.
    unsafe { field.cast::<i32>().read() }
}

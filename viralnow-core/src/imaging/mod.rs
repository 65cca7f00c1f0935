//! Pictures: colour conversion, exact resizes, the DCT and perceptual hashes, motion between two pictures.
//!
//! ```
//! use viralnow_core::imaging::{RgbImage, phash};
//! let ramp: Vec<u8> = (0..64 * 64).flat_map(|i| [(i % 64 * 4) as u8; 3]).collect();
//! let picture = RgbImage { width: 64, height: 64, data: ramp };
//! assert_eq!(phash(&picture.to_gray()).to_string().len(), 16);
//! ```

mod area;
mod bilinear;
mod blocks;
mod camera;
mod canny;
mod convert;
mod difference;
mod dilate;
mod flow;
mod hash;
mod hsv;
mod lanczos;
mod luma;
mod motion;
mod part;
mod picture;
mod sdr;
mod sheet;
mod small;
mod template;
mod yuv;

pub use area::resize_area;
pub use bilinear::{Bilinear, resize_bilinear};
pub(crate) use blocks::{add_row, halved};
pub use camera::CameraStep;
pub use canny::Canny;
pub(crate) use convert::opencv_gray;
pub(crate) use difference::mean_difference;
pub use dilate::dilate;
pub(crate) use dilate::dilate_rows;
pub use flow::{Flow, FlowParams, OpticalFlow, optical_flow, optical_flow_preset};
pub use hash::{
    HashKind, ImageHash, Pdq, PdqHash, average_hash, colorhash, dhash, dhash_vertical, pdq, pdq_dihedral,
    phash, phash_simple, whash,
};
pub use hsv::{Hsv, bgr_to_hsv};
pub use lanczos::resize_lanczos;
pub use luma::{LumaLevel, LumaPyramid};
pub use motion::{BlockMotion, block_motion};
pub use picture::{GrayImage, Matrix, Picture, Plane, RgbImage, Rotation};
pub(crate) use sdr::ToSdr;
pub(crate) use sheet::check_sheet;
pub use sheet::{SheetCell, contact_sheet};
pub use small::SmallPictures;

//! Where shots begin: `PySceneDetect`'s five detectors, to the frame, and our own.
//!
//! All are fed one small picture after the other (see [`crate::imaging::SmallPictures`]) and say where a shot began.
//!
//! ```
//! use viralnow_core::vision::{ContentDetector, ContentParams, ShotDetector, ShotFrame};
//! let mut detector = ContentDetector::new(&ContentParams::default())?;
//! let (dark, bright) = ([10; 16 * 9 * 3], [250; 16 * 9 * 3]);
//! let mut cuts = Vec::new();
//! for number in 0..60 {
//!     let bgr = if number < 30 { &dark } else { &bright };
//!     let frame = ShotFrame { number, time_s: number as f64 / 30.0, bgr, width: 16, height: 9 };
//!     cuts.extend(detector.push(&frame)?);
//! }
//! cuts.extend(detector.finish());
//! assert_eq!((cuts.len(), cuts[0].frame), (1, 30));
//! # Ok::<(), viralnow_core::Error>(())
//! ```

mod adaptive;
mod boundaries;
mod change;
mod clear;
mod clear_detector;
mod content;
mod dissolve;
mod edges;
mod fade;
mod flash_filter;
mod frame;
mod hash;
mod histogram;
mod length;
mod path;
mod recent;
mod threshold;
mod thumb;

pub use adaptive::{AdaptiveDetector, AdaptiveParams};
pub(super) use boundaries::{Boundaries, Boundary};
pub(super) use change::Change;
pub use clear_detector::ClearCutDetector;
pub use content::{ContentDetector, ContentParams, Weights};
pub use flash_filter::FilterMode;
pub(super) use flash_filter::FlashFilter;
pub use frame::{Cut, CutKind, Measured, ShotDetector, ShotFrame};
pub use hash::{HashDetector, HashParams};
pub use histogram::{HistogramDetector, HistogramParams};
pub use length::SceneLength;
pub use threshold::{FadeMethod, ThresholdDetector, ThresholdParams};

//! The features of pictures: shots, pacing, motion, keyframes with perceptual hashes, colour.

mod colour;
mod content;
mod cuts;
mod extractor;
mod motion;
mod summary;

pub use extractor::VisionExtractor;
pub use summary::*;

//! The features of sound.

mod extractor;
mod loudness;
mod spectral;
mod summary;
mod temporal;

pub use extractor::AudioExtractor;
pub use summary::*;

//! The features of speech.

mod extractor;
mod framing;
mod intensity;
mod pitch;
mod pitch_path;
#[cfg(test)]
mod praat_tests;
mod summary;

pub use extractor::VoiceExtractor;
pub use summary::*;

//! The features of speech.

mod activity;
mod extractor;
mod formants;
mod framing;
mod input;
mod intensity;
mod pitch;
mod pitch_path;
#[cfg(test)]
mod praat_tests;
mod speakers;
mod summary;

pub use activity::{ActivityDetector, VoiceActivity, activity, activity_scores};
pub use extractor::VoiceExtractor;
pub use formants::{FormantParams, Formants, formants};
pub use framing::Grid;
pub use speakers::{Diarization, DiarizeParams, diarize};
pub use summary::*;

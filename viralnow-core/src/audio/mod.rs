//! The features of sound.

mod contrast;
mod extractor;
mod frames;
mod functions;
mod loudness;
mod onset;
mod rhythm;
mod spectral;
mod summary;
mod temporal;

pub use extractor::AudioExtractor;
pub use functions::*;
pub use loudness::{LoudnessMeter, LoudnessMode, LoudnessSeries, loudness, loudness_series};
pub use onset::{Aggregate, OnsetOptions, onset_strength};
pub use rhythm::{BeatOptions, BeatTrack, beat_track, beat_track_envelope, tempo, tempo_of_envelope};
pub use summary::*;

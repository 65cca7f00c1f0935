//! Tempo and beats.

mod dynamic;
mod peer;
mod tempogram;

pub use peer::{BeatOptions, BeatTrack, beat_track, beat_track_envelope, tempo, tempo_of_envelope};

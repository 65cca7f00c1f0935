//! Tempo and beats: librosa's, and the library's own from the sound's own rate.

mod analysis;
mod dynamic;
mod novelty;
mod peer;
mod period;
mod tempogram;

pub use analysis::rhythm;
pub(super) use analysis::{FoundRhythm, RhythmAnalysis, peer_rhythm};
pub use peer::{BeatOptions, BeatTrack, beat_track, beat_track_envelope, tempo, tempo_of_envelope};

//! The features of sound.

mod contrast;
mod danceability;
mod extractor;
mod fingerprint;
mod frames;
mod functions;
mod key;
mod loudness;
mod mel_frames;
mod onset;
mod rhythm;
mod sound_hash;
mod spectral;
mod speech_music;
mod summary;
mod temporal;

pub use danceability::danceability;
pub use extractor::AudioExtractor;
pub use fingerprint::{Fingerprint, Fingerprinter, Landmark, SoundIndex, SoundMatch, fingerprint};
pub use functions::*;
pub use key::key;
pub(crate) use loudness::strict_loudness;
pub use loudness::{LoudnessMeter, LoudnessMode, LoudnessSeries, loudness, loudness_series};
pub use onset::{Aggregate, OnsetOptions, onset_strength};
pub use rhythm::{BeatOptions, BeatTrack, beat_track, beat_track_envelope, rhythm, tempo, tempo_of_envelope};
pub use sound_hash::{sound_hash, sound_hash_similarity};
pub use speech_music::speech_music;
pub use summary::*;

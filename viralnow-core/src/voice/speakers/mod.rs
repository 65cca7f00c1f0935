//! Who speaks when, and how. No model file is needed: voices are told apart by how they say the same kinds of sounds.
//!
//! The way: cepstra every 10 ms (`cepstra`), shared out among 16 kinds of sounds (`background`), summed up in blocks of a
//! tenth of a second (`blocks`); windows of 1.5 s compared each with each and merged (`cluster`); for two, three, ... groups
//! the voices learned and the blocks dealt out anew, as long as every two of them differ by more than one voice does from
//! itself (`resegment`). It is a supervector of first-order statistics (Kenny 2005; Campbell, Sturim & Reynolds 2006)
//! without the trained subspace, agglomerative clustering (Chen & Gopalakrishnan 1998; Tranter & Reynolds 2006) and a
//! hidden Markov model over it (as in `VBx`, Landini et al. 2022). With models of the pyannote kind, `models` does the whole.

mod background;
mod blocks;
mod cepstra;
mod cluster;
mod diarize;
mod models;
mod onnx;
mod overlap;
mod profile;
mod resegment;

pub(in crate::voice) use diarize::Diarizer;
pub use diarize::{Diarization, DiarizeParams, diarize};
pub use models::{Activations, SpeakerEmbedding, SpeakerSegmentation, diarize_with};
pub use onnx::{Encoding, OnnxEmbedding, OnnxSegmentation};
pub(in crate::voice) use profile::{Contours, prosody_vectors};

use super::Speaker;

/// Says why a value of a speaker is null.
pub(super) fn reasons(speakers: &[Speaker], say: &mut impl FnMut(&[&str], &str)) {
    let any = |null: fn(&super::Prosody) -> bool| {
        speakers.iter().filter_map(|speaker| speaker.prosody.as_ref()).any(null)
    };
    if any(|prosody| prosody.f0_median_hz.is_none()) {
        let names =
            ["f0_median_hz", "f0_mean_hz", "f0_std_semitones"].map(|n| format!("speakers.prosody.{n}"));
        say(&names.each_ref().map(String::as_str), "a speaker has no voiced frame");
    }
    if any(|prosody| prosody.spectral_tilt.is_none()) {
        say(&["speakers.prosody.spectral_tilt"], "a speaker has no voiced frame");
    }
    if any(|prosody| prosody.voiced_ratio.is_none()) {
        say(&["speakers.prosody.voiced_ratio"], "a speaker's turns are too short for a frame");
    }
    if any(|prosody| prosody.intensity_mean_db.is_none()) {
        let names = ["intensity_mean_db", "intensity_std_db"].map(|n| format!("speakers.prosody.{n}"));
        say(&names.each_ref().map(String::as_str), "a speaker's turns are too short to have a level");
    }
}

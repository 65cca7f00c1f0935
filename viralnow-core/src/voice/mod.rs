//! The features of speech.

mod activity;
mod autocorrelation;
mod contour;
mod cross_correlation;
mod cycles;
mod egemaps;
mod emotion;
mod extractor;
mod formants;
mod framing;
mod harmonicity;
mod input;
mod intensity;
mod live_path;
mod peaks;
mod perturbation;
mod pitch;
mod pitch_path;
mod pulses;
mod pyin;
mod pyin_path;
mod speakers;
mod sum_up;
mod summary;
mod syllables;
mod track;

pub use activity::{ActivityDetector, ActivityStream, VoiceActivity, activity, activity_scores};
pub use contour::PitchContour;
pub use egemaps::{EGEMAPS_FUNCTIONALS, EGEMAPS_LLD, Egemaps, egemaps, egemaps_lld};
pub use emotion::emotion_cues;
pub use extractor::VoiceExtractor;
pub use formants::{FormantParams, Formants, formants};
pub use framing::Grid;
pub use harmonicity::{HarmonicityParams, harmonicity};
pub use intensity::{IntensityParams, intensity};
pub use perturbation::{Jitter, Perturbation, PerturbationParams, Shimmer, perturbation};
pub use pitch::{PitchMethod, PitchParams, pitch};
pub use pyin::{PyinParams, pyin};
pub use speakers::{
    Activations, Diarization, DiarizeParams, Encoding, OnnxEmbedding, OnnxSegmentation, SpeakerEmbedding,
    SpeakerSegmentation, diarize, diarize_with,
};
pub use summary::*;
pub use syllables::{SyllableParams, Syllables, syllables};

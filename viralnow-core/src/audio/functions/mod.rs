//! The features as functions on samples: librosa's names, defaults and semantics, at any sample rate.
//!
//! Every function takes one channel ([`to_mono`] makes one) and gives a [`Matrix`](crate::extract::Matrix) whose rows are
//! the frames and whose columns are the features: the transpose of librosa's array. All work frame by frame; what they keep
//! is their result. They fail with `INVALID_INPUT` where there are no samples, where one of them is no number or lies
//! beyond ±1e6, and where the rate is 0; with `INVALID_CONFIG` for settings that cannot be meant; and with
//! `LIMIT_EXCEEDED` where the result would have more than 2^30 values.

mod chroma;
mod frames;
mod load;
mod mel;
mod mfcc;
mod prepare;
mod shape;
mod spectra;
mod temporal;

pub use chroma::{ChromaParams, TuningParams, chroma_stft, estimate_tuning};
pub use frames::FrameParams;
pub(crate) use frames::{HIGHEST_RATE, check_samples};
pub use load::{LoadParams, Loaded, load};
pub use mel::{DbParams, DbReference, MelParams, melspectrogram, power_to_db};
pub use mfcc::{MfccParams, delta, mfcc};
pub use prepare::{Gain, Normalized, normalize_gain, resample, resample_mono, to_mono};
pub use shape::{
    BandwidthParams, ContrastParams, FlatnessParams, RolloffParams, spectral_bandwidth, spectral_centroid,
    spectral_contrast, spectral_flatness, spectral_rolloff,
};
pub use spectra::{SpectralFeatures, SpectralParams, spectral_features};
pub use temporal::{rms, zero_crossing_rate};

//! All spectral features of a sound at once.

use super::chroma::{ChromaParams, Tuner, append_chroma, square};
use super::frames::{FrameParams, Framed};
use super::mel::{DbParams, MelParams, bank, in_db};
use super::mfcc::{cepstra, check};
use super::shape::{ContrastParams, bands, bandwidth_hz, bin_hz, centroid_hz, rolloff_hz};
use super::shape::{FlatnessParams, RolloffParams};
use super::temporal::measured;
use crate::Result;
use crate::audio::contrast::difference_db;
use crate::audio::onset::{OnsetOptions, of_bands};
use crate::audio::spectral::{Moments, flatness};
use crate::dsp::chroma::normalize_to_largest;
use crate::dsp::room;
use crate::extract::Matrix;

/// Magnitudes that are kept for the chroma at most, 64 MB: four minutes at 44.1 kHz. Those of a longer sound are computed
/// twice.
const MOST_KEPT: usize = 1 << 24;

/// Settings of [`spectral_features`]; the defaults are librosa's, and what is not here is as the single functions have it when
/// nothing is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectralParams {
    /// The frames of all features.
    pub frames: FrameParams,
    /// Mel-frequency cepstral coefficients, 1 to `n_mels`.
    pub n_mfcc: usize,
    /// Mel bands, 1 to 4096, of the cepstrum and of the onsets.
    pub n_mels: usize,
    /// Pitch classes of an octave, 1 to 120.
    pub n_chroma: usize,
    /// How far the pitches lie from A = 440 Hz, as a fraction of a class; `None` estimates it.
    pub tuning: Option<f64>,
    /// Octaves of the spectral contrast from 200 Hz on, of which the last must begin below half the rate: 6 fit from
    /// 12.8 kHz on, 5 at 8 kHz.
    pub n_bands: usize,
}

impl Default for SpectralParams {
    fn default() -> Self {
        let (mel, chroma) = (MelParams::default(), ChromaParams::default());
        Self {
            frames: mel.frames,
            n_mfcc: 20,
            n_mels: mel.n_mels,
            n_chroma: chroma.n_chroma,
            tuning: chroma.tuning,
            n_bands: ContrastParams::default().n_bands,
        }
    }
}

/// The spectral features of a sound, each as the function of its name gives it; all have the same frames.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralFeatures {
    /// [frames, `n_mfcc`].
    pub mfcc: Matrix,
    /// [frames, `n_chroma`].
    pub chroma_stft: Matrix,
    /// In Hz.
    pub spectral_centroid: Matrix,
    /// In Hz.
    pub spectral_bandwidth: Matrix,
    /// In Hz.
    pub spectral_rolloff: Matrix,
    /// In [0, 1].
    pub spectral_flatness: Matrix,
    /// [frames, `n_bands` + 1], in dB.
    pub spectral_contrast: Matrix,
    /// In [0, 1].
    pub zero_crossing_rate: Matrix,
    /// The root mean square.
    pub rms: Matrix,
    /// The mean over the bands, in dB; what [`beat_track_envelope`](crate::audio::beat_track_envelope) takes.
    pub onset_strength: Matrix,
}

/// The features that are read off short-time spectra, from spectra that are computed once, which costs far less than the
/// single functions one after the other. Values, shapes and errors are those of [`mfcc`](super::mfcc),
/// [`chroma_stft`](super::chroma_stft), [`spectral_centroid`](super::spectral_centroid) and so on; the onset strength is that
/// of [`onset_strength`](crate::audio::onset_strength) where the frames are librosa's (2048 samples, centred), and librosa's
/// `onset_strength(S=...)` of the mel spectrogram in dB where they are not.
///
/// ```
/// use viralnow_core::audio::{FrameParams, SpectralParams, spectral_centroid, spectral_features};
///
/// let tone: Vec<f32> = (0..22_050).map(|i| 0.5 * (i as f32 * 0.2).sin()).collect();
/// let found = spectral_features(&tone, 22_050, &SpectralParams::default())?;
/// assert_eq!((found.mfcc.rows, found.mfcc.columns), (44, 20));
/// assert_eq!(found.spectral_centroid, spectral_centroid(&tone, 22_050, &FrameParams::default())?);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn spectral_features(y: &[f32], sample_rate: u32, params: &SpectralParams) -> Result<SpectralFeatures> {
    let SpectralParams { frames, n_mfcc, n_mels, n_chroma, tuning, n_bands } = *params;
    check(n_mels, n_mfcc)?;
    let framed = Framed::new(y, sample_rate, &frames)?;
    let bank = bank(&framed, &MelParams { frames, n_mels, ..MelParams::default() })?;
    let mut tuner = Tuner::new(&framed, &ChromaParams { frames, n_chroma, tuning })?;
    let mut contrast = bands(&framed, &ContrastParams { frames, n_bands, ..ContrastParams::default() })?;
    framed.check_size(n_mels.max(n_bands + 1))?;
    let (share, amin) = (RolloffParams::default().roll_percent, FlatnessParams::default().amin);
    let (bins, bin_hz, rows) = (framed.framing.bins(), bin_hz(&framed), framed.frames);
    let column = || Vec::<f32>::with_capacity(rows);
    let (mut centroid, mut bandwidth, mut rolloff, mut flat) = (column(), column(), column(), column());
    let (mut peaks, mut valleys) = (Vec::new(), Vec::new());
    let mut mel = vec![0.0; rows * n_mels];
    let keeps = rows.saturating_mul(bins) <= MOST_KEPT;
    let mut powers = room::samples(if keeps { rows * bins } else { bins });
    framed.each_spectrum(|magnitudes| {
        if !keeps {
            powers.clear();
        }
        let first = powers.len();
        powers.extend(magnitudes.iter().map(|m| m * m));
        let power = &powers[first..];
        let moments = Moments::of(magnitudes);
        bank.apply(power, &mut mel[centroid.len() * n_mels..][..n_mels]);
        centroid.push(centroid_hz(&moments, bin_hz));
        bandwidth.push(bandwidth_hz(&moments, bin_hz));
        rolloff.push(rolloff_hz(&moments, magnitudes, share, bin_hz));
        flat.push(flatness(power, amin) as f32);
        contrast.describe(magnitudes, &mut peaks, &mut valleys);
        tuner.push(power);
    });
    let classes = tuner.rows(&framed);
    let mut chroma = Vec::with_capacity(rows * n_chroma);
    if keeps {
        append_chroma(&classes, &powers, bins, &mut chroma);
    } else {
        framed.each_spectrum(|magnitudes| {
            square(magnitudes, &mut powers);
            append_chroma(&classes, &powers, bins, &mut chroma);
        });
    }
    normalize_to_largest(&mut chroma, n_chroma, 0.0);
    difference_db(&mut peaks, &mut valleys);
    let mel_db = in_db(&mel, &DbParams::default())?;
    let later = framed.framing.padding() / frames.hop_length;
    let options = OnsetOptions { hop_length: frames.hop_length, ..OnsetOptions::default() };
    let onsets = of_bands(&mel_db, n_mels, later, &options);
    let temporal = measured(&framed);
    let one = |data, unit| framed.matrix(1, unit, data);
    Ok(SpectralFeatures {
        mfcc: framed.matrix(n_mfcc, "1", cepstra(&mel_db, n_mels, n_mfcc)),
        chroma_stft: framed.matrix(n_chroma, "1", chroma),
        spectral_centroid: one(centroid, "Hz"),
        spectral_bandwidth: one(bandwidth, "Hz"),
        spectral_rolloff: one(rolloff, "Hz"),
        spectral_flatness: one(flat, "1"),
        spectral_contrast: framed.matrix(n_bands + 1, "dB", peaks),
        zero_crossing_rate: one(temporal.zero_crossing_rate, "1"),
        rms: one(temporal.rms, "1"),
        onset_strength: one(onsets, "dB"),
    })
}

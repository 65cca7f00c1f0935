//! Mel-frequency cepstral coefficients and their derivatives.

use super::frames::unfit;
use super::mel::{DbParams, MelParams, in_db, melspectrogram};
use crate::dsp::mel::Cepstrum;
use crate::dsp::savgol::{derivative, derivative_weights};
use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};
use std::f64::consts::PI;

/// Settings of [`mfcc`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MfccParams {
    /// Coefficients, 1 to the number of bands.
    pub n_mfcc: usize,
    /// Length of the sine by which higher coefficients are raised, `1 + lifter / 2 sin(pi (k + 1) / lifter)`; 0 raises none.
    pub lifter: f64,
    /// The mel spectrogram.
    pub mel: MelParams,
}

impl Default for MfccParams {
    fn default() -> Self {
        Self { n_mfcc: 20, lifter: 0.0, mel: MelParams::default() }
    }
}

/// Mel-frequency cepstral coefficients [frames, `n_mfcc`], as librosa 0.11's `feature.mfcc`: the orthonormal DCT-II of the
/// mel spectrogram in dB (reference 1, none more than 80 dB below the largest of the whole).
///
/// ```
/// use viralnow_core::audio::{MfccParams, delta, mfcc};
///
/// let tone: Vec<f32> = (0..22_050).map(|i| 0.5 * (i as f32 * 0.2).sin()).collect();
/// let thirteen = MfccParams { n_mfcc: 13, ..MfccParams::default() };
/// let coefficients = mfcc(&tone, 22_050, &thirteen)?;
/// assert_eq!((coefficients.rows, coefficients.columns), (44, 13));
/// let slopes = delta(&coefficients, 9, 1)?;
/// assert_eq!(slopes.data.len(), coefficients.data.len());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn mfcc(y: &[f32], sample_rate: u32, params: &MfccParams) -> Result<Matrix> {
    check(params.mel.n_mels, params.n_mfcc)?;
    if !(params.lifter >= 0.0 && params.lifter.is_finite()) {
        return Err(unfit("lifter must be at least 0", "lifter", params.lifter));
    }
    let mel = melspectrogram(y, sample_rate, &params.mel)?;
    let mel_db = in_db(&mel.data, &DbParams::default())?;
    let mut data = cepstra(&mel_db, params.mel.n_mels, params.n_mfcc);
    if params.lifter > 0.0 {
        let lift = |k: usize| 1.0 + params.lifter / 2.0 * (PI * (k + 1) as f64 / params.lifter).sin();
        let lifts: Vec<f32> = (0..params.n_mfcc).map(|k| lift(k) as f32).collect();
        for frame in data.chunks_exact_mut(params.n_mfcc) {
            frame.iter_mut().zip(&lifts).for_each(|(c, lift)| *c *= lift);
        }
    }
    Ok(Matrix { columns: params.n_mfcc, data, unit: "1", ..mel })
}

/// Refuses numbers of coefficients that the bands do not have.
pub(super) fn check(n_mels: usize, n_mfcc: usize) -> Result<()> {
    if (1..=n_mels).contains(&n_mfcc) {
        return Ok(());
    }
    Err(unfit("n_mfcc must be 1 to n_mels", "n_mfcc", n_mfcc).with("n_mels", n_mels))
}

/// The coefficients of a mel spectrogram in dB.
pub(super) fn cepstra(mel_db: &[f32], n_mels: usize, n_mfcc: usize) -> Vec<f32> {
    let cepstrum = Cepstrum::new(n_mels, n_mfcc);
    let mut data = vec![0.0; mel_db.len() / n_mels * n_mfcc];
    for (bands, out) in mel_db.chunks_exact(n_mels).zip(data.chunks_exact_mut(n_mfcc)) {
        cepstrum.apply(bands, out);
    }
    data
}

/// Beyond it the weights lose their digits.
const HIGHEST_ORDER: usize = 16;

/// The derivative of every column along the frames, per frame: librosa 0.11's `feature.delta` with `mode="interp"`, the
/// derivative of order `order` of the polynomial of that order that fits `width` frames best (Savitzky & Golay 1964). At the
/// ends the polynomial of the first or the last `width` frames stands.
///
/// Fails with `INVALID_CONFIG` unless `width` is odd, at least 3 and more than `order`, and `order` 1 to 16; and with
/// `INVALID_INPUT` where there are fewer frames than `width`.
///
/// ```
/// use viralnow_core::audio::delta;
/// use viralnow_core::extract::Matrix;
///
/// let rising: Vec<f32> = (0..12).map(|i| 2.0 * i as f32).collect();
/// let times_s = (0..12).map(f64::from).collect();
/// let slopes = delta(&Matrix { rows: 12, columns: 1, data: rising, times_s, unit: "Hz" }, 9, 1)?;
/// assert!(slopes.data.iter().all(|slope| (slope - 2.0).abs() < 1e-6));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn delta(features: &Matrix, width: usize, order: usize) -> Result<Matrix> {
    if width < 3 || width.is_multiple_of(2) {
        return Err(unfit("width must be odd and at least 3", "width", width));
    }
    if !(1..=HIGHEST_ORDER).contains(&order) || order >= width {
        return Err(unfit("order must be 1 to 16 and less than width", "order", order).with("width", width));
    }
    if features.rows < width {
        let message = "there are fewer frames than width; take a smaller width";
        return Err(Error::new(ErrorKind::InvalidInput, message)
            .with("frames", features.rows)
            .with("width", width));
    }
    let weights = derivative_weights(width, order);
    let data = derivative(&features.data, features.columns, &weights).unwrap_or_default();
    Ok(Matrix { data, times_s: features.times_s.clone(), ..*features })
}

//! The mel spectrogram and decibels.

use super::frames::{FrameParams, Framed, unfit};
use crate::Result;
use crate::dsp::decibel::{AMIN, TOP_DB, clip_below_top, single_to_db};
use crate::dsp::mel::MelBank;
use crate::dsp::wide::wide;
use crate::extract::Matrix;

/// Settings of [`melspectrogram`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MelParams {
    /// The frames.
    pub frames: FrameParams,
    /// Bands, 1 to 4096.
    pub n_mels: usize,
    /// Lowest frequency, in Hz.
    pub fmin: f64,
    /// Highest frequency, in Hz; `None` is half the sample rate.
    pub fmax: Option<f64>,
    /// Exponent of the magnitudes before they are summed: 2 for power, 1 for magnitude; above 0 and at most 4.
    pub power: f64,
}

impl Default for MelParams {
    fn default() -> Self {
        Self { frames: FrameParams::default(), n_mels: 128, fmin: 0.0, fmax: None, power: 2.0 }
    }
}

/// The bank of these settings.
pub(super) fn bank(framed: &Framed<'_>, params: &MelParams) -> Result<MelBank> {
    let fmax = params.fmax.unwrap_or(framed.sample_rate / 2.0);
    if !(1..=4096).contains(&params.n_mels) {
        return Err(unfit("n_mels must be 1 to 4096", "n_mels", params.n_mels));
    }
    if !(params.fmin >= 0.0 && fmax.is_finite() && params.fmin < fmax) {
        let message = "fmin must be at least 0 and less than fmax";
        return Err(unfit(message, "fmin", params.fmin).with("fmax", fmax));
    }
    if !(params.power > 0.0 && params.power <= 4.0) {
        return Err(unfit("power must be above 0 and at most 4", "power", params.power));
    }
    Ok(MelBank::with(framed.sample_rate, framed.framing.n_fft, params.n_mels, params.fmin, fmax))
}

/// Energy in mel bands [frames, `n_mels`], as librosa 0.11's `feature.melspectrogram`: triangles of equal area on Slaney's
/// scale. With `power` 2 the values are powers (amplitude squared, summed over a window whose samples sum to `n_fft / 2`).
/// A band that is narrower than a bin may be empty; its energy is 0.
///
/// ```
/// use viralnow_core::audio::{DbParams, MelParams, melspectrogram, power_to_db};
///
/// let tone: Vec<f32> = (0..22_050).map(|i| 0.5 * (i as f32 * 0.2).sin()).collect();
/// let mel = melspectrogram(&tone, 22_050, &MelParams { n_mels: 64, ..MelParams::default() })?;
/// assert_eq!((mel.rows, mel.columns), (1 + 22_050 / 512, 64));
/// let db = power_to_db(&mel, &DbParams::default())?;
/// assert_eq!(db.unit, "dB");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn melspectrogram(y: &[f32], sample_rate: u32, params: &MelParams) -> Result<Matrix> {
    let framed = Framed::new(y, sample_rate, &params.frames)?;
    let bank = bank(&framed, params)?;
    let mut powers = Vec::new();
    framed.of_spectra(params.n_mels, "1", |magnitudes, data| {
        powers.clear();
        if params.power == 2.0 {
            powers.extend(magnitudes.iter().map(|m| m * m));
        } else {
            powers.extend(magnitudes.iter().map(|m| f64::from(*m).powf(params.power) as f32));
        }
        let filled = data.len();
        data.resize(filled + params.n_mels, 0.0);
        bank.apply(&powers, &mut data[filled..]);
    })
}

/// What 0 dB stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DbReference {
    /// This power; above 0.
    Power(f64),
    /// The largest power of the matrix (`ref=np.max`).
    Largest,
}

/// Settings of [`power_to_db`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DbParams {
    /// What 0 dB stands for.
    pub reference: DbReference,
    /// Powers below this are taken as this; above 0.
    pub amin: f64,
    /// How far below the largest value a value may lie, in dB; lower ones are lifted. `None` lifts nothing.
    pub top_db: Option<f64>,
}

impl Default for DbParams {
    fn default() -> Self {
        Self { reference: DbReference::Power(1.0), amin: AMIN, top_db: Some(f64::from(TOP_DB)) }
    }
}

/// Powers in decibels, as librosa 0.11's `power_to_db`. NaN stays NaN. Fails with `INVALID_CONFIG` where `amin` or the
/// reference is not above 0 or `top_db` is negative.
///
/// ```
/// use viralnow_core::audio::{DbParams, DbReference, power_to_db};
/// use viralnow_core::extract::Matrix;
///
/// let power =
///     Matrix { rows: 1, columns: 3, data: vec![1.0, 100.0, 0.0], times_s: vec![0.0], unit: "1" };
/// assert_eq!(power_to_db(&power, &DbParams::default())?.data, [0.0, 20.0, -60.0]);
/// let below_largest = DbParams { reference: DbReference::Largest, ..DbParams::default() };
/// assert_eq!(power_to_db(&power, &below_largest)?.data, [-20.0, 0.0, -80.0]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn power_to_db(power: &Matrix, params: &DbParams) -> Result<Matrix> {
    let data = in_db(&power.data, params)?;
    Ok(Matrix { data, times_s: power.times_s.clone(), unit: "dB", ..*power })
}

/// The same without times.
pub(super) fn in_db(powers: &[f32], params: &DbParams) -> Result<Vec<f32>> {
    let positive = |value: f64| value > 0.0 && value.is_finite();
    if !positive(params.amin) {
        return Err(unfit("amin must be above 0", "amin", params.amin));
    }
    let reference = match params.reference {
        DbReference::Power(power) if !positive(power) => {
            return Err(unfit("the reference power must be above 0", "reference", power));
        }
        DbReference::Power(power) => power,
        DbReference::Largest => f64::from(powers.iter().copied().fold(0.0, f32::max)),
    };
    let amin = (params.amin as f32).clamp(f32::MIN_POSITIVE, f32::MAX);
    // The reference goes the same way as the powers, so that it is 0 dB exactly.
    let zero_db = single_to_db((reference as f32).min(f32::MAX), amin);
    let mut data = vec![0.0; powers.len()];
    write_db(powers, amin, zero_db, &mut data);
    if let Some(top_db) = params.top_db {
        if !(0.0..=f64::MAX).contains(&top_db) {
            return Err(unfit("top_db must be at least 0, or None", "top_db", top_db));
        }
        clip_below_top(&mut data, top_db as f32);
    }
    Ok(data)
}

wide! {
    fn write_db(powers: &[f32], amin: f32, zero_db: f64, data: &mut [f32]) {
        for (db, &power) in data.iter_mut().zip(powers) {
            *db = if power.is_nan() { f32::NAN } else { (single_to_db(power, amin) - zero_db) as f32 };
        }
    }
}

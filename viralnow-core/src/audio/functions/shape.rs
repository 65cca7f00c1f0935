//! The shape of the spectrum: centroid, bandwidth, roll-off, flatness, contrast.

use super::frames::{FrameParams, Framed, unfit};
use crate::audio::contrast::{Contrast, ContrastSettings, difference, difference_db};
use crate::audio::spectral::{Moments, flatness};
use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};

/// Hz from one bin to the next.
pub(super) fn bin_hz(framed: &Framed<'_>) -> f64 {
    framed.sample_rate / framed.framing.n_fft as f64
}

/// Centre of gravity of the magnitudes of each frame, in Hz, as librosa 0.11's `feature.spectral_centroid`. A frame without
/// energy has 0.
///
/// ```
/// use viralnow_core::audio::{FrameParams, spectral_centroid};
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.2).sin()).collect();
/// let centroid = spectral_centroid(&tone, 22_050, &FrameParams::default())?;
/// // 22050 * 0.2 / (2 pi) Hz
/// assert!((centroid.data[20] - 701.9).abs() < 5.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn spectral_centroid(y: &[f32], sample_rate: u32, params: &FrameParams) -> Result<Matrix> {
    let framed = Framed::new(y, sample_rate, params)?;
    let bin_hz = bin_hz(&framed);
    framed.of_spectra(1, "Hz", |magnitudes, data| {
        data.push(centroid_hz(&Moments::of(magnitudes), bin_hz));
    })
}

pub(super) fn centroid_hz(moments: &Moments, bin_hz: f64) -> f32 {
    if moments.is_sound() { (moments.centroid() * bin_hz) as f32 } else { 0.0 }
}

/// Settings of [`spectral_bandwidth`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandwidthParams {
    /// The frames.
    pub frames: FrameParams,
    /// Order of the deviation: 2 is the standard deviation; above 0 and at most 16.
    pub p: f64,
}

impl Default for BandwidthParams {
    fn default() -> Self {
        Self { frames: FrameParams::default(), p: 2.0 }
    }
}

/// Spread of the magnitudes of each frame around their centroid, in Hz, as librosa 0.11's `feature.spectral_bandwidth`. A
/// frame without energy has 0.
///
/// ```
/// use viralnow_core::audio::{BandwidthParams, spectral_bandwidth};
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.2).sin()).collect();
/// let bandwidth = spectral_bandwidth(&tone, 22_050, &BandwidthParams::default())?;
/// // librosa: 111.2 Hz, which the Hann window makes of a tone
/// assert!((bandwidth.data[20] - 111.2).abs() < 0.5);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn spectral_bandwidth(y: &[f32], sample_rate: u32, params: &BandwidthParams) -> Result<Matrix> {
    let framed = Framed::new(y, sample_rate, &params.frames)?;
    if !(params.p > 0.0 && params.p <= 16.0) {
        return Err(unfit("p must be above 0 and at most 16", "p", params.p));
    }
    let bin_hz = bin_hz(&framed);
    framed.of_spectra(1, "Hz", |magnitudes, data| {
        let moments = Moments::of(magnitudes);
        data.push(match params.p {
            2.0 => bandwidth_hz(&moments, bin_hz),
            p if moments.is_sound() => (moments.bandwidth_of_order(magnitudes, p) * bin_hz) as f32,
            _ => 0.0,
        });
    })
}

pub(super) fn bandwidth_hz(moments: &Moments, bin_hz: f64) -> f32 {
    if moments.is_sound() { (moments.bandwidth() * bin_hz) as f32 } else { 0.0 }
}

/// Settings of [`spectral_rolloff`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RolloffParams {
    /// The frames.
    pub frames: FrameParams,
    /// Share of the magnitude that lies below, between 0 and 1.
    pub roll_percent: f64,
}

impl Default for RolloffParams {
    fn default() -> Self {
        Self { frames: FrameParams::default(), roll_percent: 0.85 }
    }
}

/// Frequency of the bin below which, itself included, the share `roll_percent` of a frame's magnitude lies, in Hz, as
/// librosa 0.11's `feature.spectral_rolloff`. A frame without energy has 0.
///
/// ```
/// use viralnow_core::audio::{RolloffParams, spectral_rolloff};
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.2).sin()).collect();
/// let rolloff = spectral_rolloff(&tone, 22_050, &RolloffParams::default())?;
/// assert!((rolloff.data[20] - 701.9).abs() < 2.0 * 22_050.0 / 2048.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn spectral_rolloff(y: &[f32], sample_rate: u32, params: &RolloffParams) -> Result<Matrix> {
    let framed = Framed::new(y, sample_rate, &params.frames)?;
    let share = params.roll_percent;
    if !(share > 0.0 && share < 1.0) {
        return Err(unfit("roll_percent must lie between 0 and 1", "roll_percent", share));
    }
    let bin_hz = bin_hz(&framed);
    framed.of_spectra(1, "Hz", |magnitudes, data| {
        data.push(rolloff_hz(&Moments::of(magnitudes), magnitudes, share, bin_hz));
    })
}

pub(super) fn rolloff_hz(moments: &Moments, magnitudes: &[f32], share: f64, bin_hz: f64) -> f32 {
    let bin = if moments.is_sound() { moments.rolloff(magnitudes, share) } else { 0 };
    (bin as f64 * bin_hz) as f32
}

/// Settings of [`spectral_flatness`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlatnessParams {
    /// The frames.
    pub frames: FrameParams,
    /// Powers below this are taken as this; at least 1e-100.
    pub amin: f64,
    /// Exponent of the magnitudes: 2 for power; above 0 and at most 4.
    pub power: f64,
}

impl Default for FlatnessParams {
    fn default() -> Self {
        Self { frames: FrameParams::default(), amin: 1e-10, power: 2.0 }
    }
}

/// Geometric over arithmetic mean of each frame's powers, in [0, 1], as librosa 0.11's `feature.spectral_flatness`: near 0
/// for a tone, near 0.56 for white noise, 1 for a flat spectrum. Silence is flat.
///
/// ```
/// use viralnow_core::audio::{FlatnessParams, spectral_flatness};
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.2).sin()).collect();
/// let flatness = spectral_flatness(&tone, 22_050, &FlatnessParams::default())?;
/// assert!(flatness.data[20] < 1e-6);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn spectral_flatness(y: &[f32], sample_rate: u32, params: &FlatnessParams) -> Result<Matrix> {
    let framed = Framed::new(y, sample_rate, &params.frames)?;
    if !(1e-100..1e100).contains(&params.amin) {
        return Err(unfit("amin must be 1e-100 to 1e100", "amin", params.amin));
    }
    if !(params.power > 0.0 && params.power <= 4.0) {
        return Err(unfit("power must be above 0 and at most 4", "power", params.power));
    }
    let mut powers: Vec<f64> = Vec::with_capacity(framed.framing.bins());
    framed.of_spectra(1, "1", |magnitudes, data| {
        powers.clear();
        if params.power == 2.0 {
            powers.extend(magnitudes.iter().map(|&m| f64::from(m * m)));
        } else {
            powers.extend(magnitudes.iter().map(|&m| f64::from(m).powf(params.power)));
        }
        data.push(flatness(&powers, params.amin) as f32);
    })
}

/// Settings of [`spectral_contrast`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContrastParams {
    /// The frames.
    pub frames: FrameParams,
    /// Upper edge of the first band, in Hz; the others are octaves from there on.
    pub fmin: f64,
    /// Octaves, 1 to 32; there is one band more, below them. The last one's lower edge, `fmin 2^(n_bands - 1)`, must lie
    /// below half the sample rate.
    pub n_bands: usize,
    /// Share of a band's bins that count as its peak, and as its valley; between 0 and 1.
    pub quantile: f64,
    /// Whether the result is the difference of the magnitudes instead of their ratio in dB.
    pub linear: bool,
}

impl Default for ContrastParams {
    fn default() -> Self {
        let ContrastSettings { fmin_hz, octaves, quantile } = ContrastSettings::default();
        Self { frames: FrameParams::default(), fmin: fmin_hz, n_bands: octaves, quantile, linear: false }
    }
}

/// Peak over valley in octave-wide bands [frames, `n_bands` + 1], in dB, as librosa 0.11's `feature.spectral_contrast`
/// (after Jiang et al. 2002; ten, not twenty, times the logarithm of the magnitudes, as there).
///
/// At 8 kHz the default of 6 octaves from 200 Hz does not fit, and is refused with `INVALID_CONFIG`, as in librosa.
///
/// ```
/// use viralnow_core::audio::{ContrastParams, spectral_contrast};
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.2).sin()).collect();
/// let contrast = spectral_contrast(&tone, 22_050, &ContrastParams::default())?;
/// assert_eq!(contrast.columns, 7);
/// // The tone of 702 Hz stands out of the octave from 400 Hz.
/// assert!(contrast.data[20 * 7 + 2] > 20.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn spectral_contrast(y: &[f32], sample_rate: u32, params: &ContrastParams) -> Result<Matrix> {
    let framed = Framed::new(y, sample_rate, &params.frames)?;
    let mut contrast = bands(&framed, params)?;
    let (mut peaks, mut valleys) = (Vec::new(), Vec::new());
    framed.each_spectrum(|magnitudes| contrast.describe(magnitudes, &mut peaks, &mut valleys));
    if params.linear {
        difference(&mut peaks, &valleys);
        return Ok(framed.matrix(params.n_bands + 1, "1", peaks));
    }
    difference_db(&mut peaks, &mut valleys);
    Ok(framed.matrix(params.n_bands + 1, "dB", peaks))
}

/// The bands of these settings.
pub(super) fn bands(framed: &Framed<'_>, params: &ContrastParams) -> Result<Contrast> {
    let ContrastParams { fmin, n_bands, quantile, .. } = *params;
    if !(quantile > 0.0 && quantile < 1.0) {
        return Err(unfit("quantile must lie between 0 and 1", "quantile", quantile));
    }
    if !(1..=32).contains(&n_bands) {
        return Err(unfit("n_bands must be 1 to 32", "n_bands", n_bands));
    }
    if !(fmin > 0.0 && fmin * 2.0_f64.powi(n_bands as i32 - 1) < framed.sample_rate / 2.0) {
        let message =
            "the last octave must begin above 0 and below half the sample rate; lower fmin or n_bands";
        return Err(unfit(message, "fmin", fmin)
            .with("n_bands", n_bands)
            .with("sample_rate", framed.sample_rate));
    }
    framed.check_size(n_bands + 1)?;
    let settings = ContrastSettings { fmin_hz: fmin, octaves: n_bands, quantile };
    Contrast::new(framed.sample_rate, framed.framing.n_fft, settings).map_err(|band| {
        let message = "a band has no bins; take a larger n_fft or fmin";
        Error::new(ErrorKind::InvalidConfig, message).with("band", band).with("n_fft", framed.framing.n_fft)
    })
}

//! Loudness: of a whole, over time, and as it comes.

mod meter;
mod pyloudnorm;
mod true_peak;
mod weighting;
mod windows;

pub(super) use meter::Meter;

use super::{Loudness, check_samples};
use crate::extract::Matrix;
use crate::media::AudioBlock;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use windows::in_db;

/// Which weighting filter and gating.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LoudnessMode {
    /// ITU-R BS.1770-4 and EBU R 128, by the standards' own filter. What the payload has in every preset: a loudness that
    /// is not the standard's is no use to anyone who sets levels by it.
    #[default]
    Bs1770,
    /// The numbers of pyloudnorm 0.2.0 with its defaults, whose filter is near that of BS.1770 but not it (up to 0.12 LU
    /// away on speech), and whose range is measured every 90 ms with 1.5 s of silence after the sound. For comparison with
    /// what was measured with pyloudnorm before.
    Pyloudnorm,
}

impl LoudnessMode {
    /// The name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bs1770 => "bs1770",
            Self::Pyloudnorm => "pyloudnorm",
        }
    }
}

impl std::str::FromStr for LoudnessMode {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "bs1770" => Ok(Self::Bs1770),
            "pyloudnorm" => Ok(Self::Pyloudnorm),
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "no such loudness mode; there are bs1770 and pyloudnorm",
            )
            .with("mode", name)),
        }
    }
}

/// Loudness over time, ten values a second.
#[derive(Debug, Clone, PartialEq)]
pub struct LoudnessSeries {
    /// Over 0.4 s, in LUFS: \[windows, 1\]; NaN in digital silence. A window's time is its middle.
    pub momentary: Matrix,
    /// Over 3 s, in LUFS: \[windows, 1\]; NaN in digital silence. A window's time is its middle.
    pub short_term: Matrix,
}

/// The loudness of samples, whose channels are interleaved in the order of WAVE (left, right, centre, low frequencies,
/// ...).
///
/// A value is `None` where it is not defined: the integrated loudness under 0.4 s or below -70 LUFS, the range under 10 s,
/// the short-term maximum under 3 s, the true peak in digital silence. Samples that are no numbers count as silence. The
/// momentary and short-term maxima are of windows that start every 10 ms (in mode `pyloudnorm`: every 0.1 s); the true
/// peak is the same in both modes (4 times oversampled below 96 kHz, twice below 192 kHz).
///
/// Fails with `INVALID_INPUT` for a rate below 4 kHz, more than 16 x 192,000 samples a second, no channel or part of a
/// frame; in mode `pyloudnorm`, which has weights for five channels, for more of them.
///
/// ```
/// use viralnow_core::audio::{LoudnessMode, loudness};
/// let sine: Vec<f32> = (0..96_000).map(|i| (0.1305996 * i as f32).sin()).collect();
/// // BS.1770-4: a 997 Hz sine at full scale on one channel reads -3.01 LUFS.
/// let found = loudness(&sine, 48_000, 1, LoudnessMode::Bs1770)?;
/// assert!((found.integrated_lufs.unwrap() + 3.01).abs() < 0.01);
/// assert!(found.range_lu.is_none());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn loudness(y: &[f32], sample_rate: u32, channels: u16, mode: LoudnessMode) -> Result<Loudness> {
    check(y, channels)?;
    match mode {
        LoudnessMode::Bs1770 => {
            let mut meter = LoudnessMeter::new(sample_rate, channels)?;
            meter.push(y)?;
            Ok(meter.loudness())
        }
        LoudnessMode::Pyloudnorm => pyloudnorm::loudness(y, sample_rate, channels),
    }
}

/// As [`loudness`], but sound with what is no number, or damage, is refused rather than measured without it. It is looked through
/// while it is measured: to do so before would bring it from memory twice.
pub(crate) fn strict_loudness(
    y: &[f32],
    sample_rate: u32,
    channels: u16,
    mode: LoudnessMode,
) -> Result<Loudness> {
    check_samples(&y[..y.len().min(1)], sample_rate)?;
    if mode == LoudnessMode::Pyloudnorm {
        check_samples(y, sample_rate)?;
        return loudness(y, sample_rate, channels, mode);
    }
    check(y, channels)?;
    let mut meter = LoudnessMeter::new(sample_rate, channels)?;
    meter.push(y)?;
    if meter.0.tamed {
        check_samples(y, sample_rate)?;
    }
    Ok(meter.loudness())
}

/// Momentary and short-term loudness over time; samples, modes and errors as for [`loudness`].
///
/// ```
/// use viralnow_core::audio::{LoudnessMode, loudness_series};
/// let sine: Vec<f32> = (0..192_000).map(|i| (0.1305996 * i as f32).sin()).collect();
/// let series = loudness_series(&sine, 48_000, 1, LoudnessMode::Bs1770)?;
/// // 4 s have 37 windows of 0.4 s and 11 of 3 s.
/// assert_eq!((series.momentary.rows, series.short_term.rows), (37, 11));
/// assert!((series.short_term.times_s[0] - 1.5).abs() < 1e-9);
/// assert!((series.short_term.data[10] + 3.01).abs() < 0.01);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn loudness_series(
    y: &[f32],
    sample_rate: u32,
    channels: u16,
    mode: LoudnessMode,
) -> Result<LoudnessSeries> {
    check(y, channels)?;
    let (momentary, short_term) = match mode {
        LoudnessMode::Bs1770 => {
            let mut meter = LoudnessMeter::new(sample_rate, channels)?;
            meter.push(y)?;
            let windows = meter.0.windows;
            (windows.momentary.energies, windows.short_term.energies)
        }
        LoudnessMode::Pyloudnorm => pyloudnorm::series(y, sample_rate, channels)?,
    };
    Ok(LoudnessSeries { momentary: matrix(&momentary, 0.4), short_term: matrix(&short_term, 3.0) })
}

fn matrix(energies: &[f64], window_s: f64) -> Matrix {
    Matrix {
        rows: energies.len(),
        columns: 1,
        data: energies.iter().map(|&energy| in_db(energy).map_or(f32::NAN, |lufs| lufs as f32)).collect(),
        times_s: (0..energies.len()).map(|k| k as f64 * 0.1 + window_s / 2.0).collect(),
        unit: "LUFS",
    }
}

fn check(y: &[f32], channels: u16) -> Result<()> {
    if channels == 0 || !y.len().is_multiple_of(usize::from(channels)) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "sound needs channels and a whole number of frames; its samples are interleaved",
        )
        .with("channels", channels)
        .with("samples", y.len()));
    }
    Ok(())
}

/// Loudness as the sound comes (mode `bs1770`): a meter for hosts with live audio. It keeps 160 bytes for each second.
///
/// ```
/// use viralnow_core::audio::LoudnessMeter;
/// let mut meter = LoudnessMeter::new(48_000, 2)?;
/// for second in 0..3 {
///     let sine = (0..96_000).map(|i| 0.1 * (0.1305996 * (i / 2 + second * 48_000) as f32).sin());
///     meter.push(&sine.collect::<Vec<f32>>())?;
///     assert!((meter.momentary_lufs().unwrap() + 20.0).abs() < 0.05);
/// }
/// assert!((meter.loudness().integrated_lufs.unwrap() + 20.0).abs() < 0.01);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct LoudnessMeter(Meter, u32, u16);

impl LoudnessMeter {
    /// For this rate and number of channels; fails as [`loudness`] does.
    pub fn new(sample_rate: u32, channels: u16) -> Result<Self> {
        let mut meter = Meter::default();
        if channels == 0 || !meter.fit(sample_rate, channels) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "loudness is measured from 4 kHz to 192 kHz, on up to 16 channels; resample or mix down",
            )
            .with("sample_rate", sample_rate)
            .with("channels", channels));
        }
        Ok(Self(meter, sample_rate, channels))
    }

    /// Takes samples, interleaved; fails for part of a frame.
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        check(samples, self.2)?;
        let block = AudioBlock { start_s: 0.0, sample_rate: self.1, channels: self.2, samples };
        self.0.push(&block);
        Ok(())
    }

    /// Loudness of the last 0.4 s; `None` before there were as many, and in digital silence.
    #[must_use]
    pub fn momentary_lufs(&self) -> Option<f64> {
        self.0.windows.momentary.now.and_then(in_db)
    }

    /// Loudness of the last 3 s; `None` before there were as many, and in digital silence.
    #[must_use]
    pub fn short_term_lufs(&self) -> Option<f64> {
        self.0.windows.short_term.now.and_then(in_db)
    }

    /// The loudness of all that was heard so far.
    #[must_use]
    pub fn loudness(&self) -> Loudness {
        self.0.loudness(&mut BTreeMap::new())
    }
}

//! What comes before the features: one channel, another rate, a known level.

use super::frames::{all_sound, check_samples, check_size, unfit};
use super::load::mean;
use crate::audio::loudness::{LoudnessMode, loudness};
use crate::dsp::resample::Resampler16k;
use crate::dsp::room;
use crate::{Error, ErrorKind, Result};

/// Frames that are averaged at a time.
const PIECE: usize = 1 << 12;

/// The mean of interleaved channels, as librosa's `to_mono`. Fails with `INVALID_INPUT` without channels, where the samples
/// do not make whole frames, and where one of them is no number.
///
/// ```
/// use viralnow_core::audio::to_mono;
/// assert_eq!(to_mono(&[0.5, 0.25, -1.0, 1.0], 2)?, [0.375, 0.0]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn to_mono(interleaved: &[f32], channels: u16) -> Result<Vec<f32>> {
    let channels = whole_frames(interleaved, channels)?;
    let mut mono = room::samples(interleaved.len() / channels);
    // Looked through piece by piece, while it is in the cache.
    for piece in interleaved.chunks(PIECE * channels) {
        if !all_sound(piece) {
            break;
        }
        mean(piece, channels, &mut mono);
    }
    if mono.is_empty() || mono.len() * channels < interleaved.len() {
        check_samples(interleaved, 1)?;
    }
    Ok(mono)
}

/// The same sound at another rate: sample `k` of the result is the band-limited sound at `k / target_rate` s, and `n`
/// samples give `ceil(n target_rate / sample_rate)`, as with librosa's `resample`. A linear-phase windowed sinc; with `h`
/// half the lower of the two rates, it is flat within 0.01 dB up to 0.98 `h`, and what lies above `h` is rejected by at
/// least 120 dB. (librosa's default, `soxr_hq`, is flat up to 0.91 `h`.)
///
/// Fails with `INVALID_CONFIG` for rates below 1 kHz or above 768 kHz, and for pairs of which one, divided by their largest
/// common factor, is above what a filter of a bounded length can do (such as 1 kHz to 768 kHz); with `LIMIT_EXCEEDED` for
/// results of more than 2^30 samples.
///
/// ```
/// use viralnow_core::audio::resample;
/// let tone: Vec<f32> = (0..44_100).map(|i| (i as f32 * 0.05).sin()).collect();
/// assert_eq!(resample(&tone, 44_100, 16_000)?.len(), 16_000);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn resample(y: &[f32], sample_rate: u32, target_rate: u32) -> Result<Vec<f32>> {
    resample_mono(y, 1, sample_rate, target_rate)
}

/// The mean of interleaved channels at another rate: [`resample`] of [`to_mono`], without the whole sound in between. Fails
/// as they do.
///
/// ```
/// use viralnow_core::audio::resample_mono;
/// let tone: Vec<f32> = (0..44_100).flat_map(|i| [(i as f32 * 0.05).sin(); 2]).collect();
/// assert_eq!(resample_mono(&tone, 2, 44_100, 16_000)?.len(), 16_000);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn resample_mono(
    interleaved: &[f32],
    channels: u16,
    sample_rate: u32,
    target_rate: u32,
) -> Result<Vec<f32>> {
    let channels = whole_frames(interleaved, channels)?;
    // Whether all samples are numbers is seen piece by piece, while they are in the cache.
    check_samples(&interleaved[..interleaved.len().min(1)], sample_rate)?;
    let mut resampler = Resampler16k::between(sample_rate, target_rate).ok_or_else(|| {
        let message = "rates must be 1 kHz to 768 kHz, and not that far apart; go by a rate between them";
        unfit(message, "sample_rate", sample_rate).with("target_rate", target_rate)
    })?;
    let frames = (interleaved.len() / channels) as u64;
    let length = (frames * u64::from(target_rate)).div_ceil(u64::from(sample_rate));
    check_size(length, 1)?;
    let mut out = room::samples(length as usize);
    let mut mono = Vec::new();
    for piece in interleaved.chunks(PIECE * channels) {
        if !all_sound(piece) {
            check_samples(interleaved, sample_rate)?;
        }
        if channels == 1 {
            resampler.push(piece, &mut out);
        } else {
            mono.clear();
            mean(piece, channels, &mut mono);
            resampler.push(&mono, &mut out);
        }
    }
    resampler.finish(&mut out);
    Ok(out)
}

/// How many channels there are, of which the samples make whole frames.
fn whole_frames(interleaved: &[f32], channels: u16) -> Result<usize> {
    if channels == 0 || !interleaved.len().is_multiple_of(usize::from(channels)) {
        let message = "interleaved samples need at least one channel and a whole number of frames";
        return Err(Error::new(ErrorKind::InvalidInput, message)
            .with("channels", channels)
            .with("samples", interleaved.len()));
    }
    Ok(channels.into())
}

/// The level that a sound is brought to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gain {
    /// The largest sample becomes this, in dBFS (0 is full scale): -200 to 100.
    Peak(f64),
    /// The integrated loudness (ITU-R BS.1770) becomes this, in LUFS, as far as the true peak stays at or below the
    /// ceiling: -200 to 100 both.
    Loudness {
        /// Loudness in LUFS, such as -14 or -23.
        lufs: f64,
        /// Largest true peak in dBTP, such as -1.
        ceiling_dbtp: f64,
    },
}

/// A sound at another level.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalized {
    /// The samples.
    pub samples: Vec<f32>,
    /// What they were raised by, in dB; `None` where there is nothing to raise: silence, and for a loudness what stays
    /// below its gate of -70 LUFS or is shorter than 0.4 s. The samples are the old ones then.
    pub gain_db: Option<f64>,
    /// Whether the ceiling kept the sound below its target.
    pub limited: bool,
}

/// Brings interleaved channels to a level by one gain for the whole: dynamics and balance stay as they are, nothing is
/// clipped.
///
/// ```
/// use viralnow_core::audio::{Gain, normalize_gain};
/// let quiet: Vec<f32> = (0..48_000).map(|i| 0.01 * (i as f32 * 0.13).sin()).collect();
/// let loud = normalize_gain(&quiet, 48_000, 1, Gain::Loudness { lufs: -14.0, ceiling_dbtp: -1.0 })?;
/// assert!(!loud.limited && loud.gain_db.unwrap() > 25.0);
/// let full = normalize_gain(&quiet, 48_000, 1, Gain::Peak(0.0))?;
/// assert!(full.samples.iter().all(|s| s.abs() <= 1.0));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn normalize_gain(y: &[f32], sample_rate: u32, channels: u16, gain: Gain) -> Result<Normalized> {
    check_samples(y, sample_rate)?;
    let levels = match gain {
        Gain::Peak(dbfs) => [dbfs, dbfs],
        Gain::Loudness { lufs, ceiling_dbtp } => [lufs, ceiling_dbtp],
    };
    if let Some(level) = levels.into_iter().find(|level| !(-200.0..=100.0).contains(level)) {
        return Err(unfit("a level must be -200 to 100 dB", "level", level));
    }
    let (gain_db, limited) = match gain {
        Gain::Peak(dbfs) => {
            let peak = f64::from(y.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())));
            ((peak > 0.0).then(|| dbfs - 20.0 * peak.log10()), false)
        }
        Gain::Loudness { lufs, ceiling_dbtp } => {
            let heard = loudness(y, sample_rate, channels, LoudnessMode::Bs1770)?;
            let wanted = heard.integrated_lufs.map(|loudness| lufs - loudness);
            let room = heard.true_peak_dbtp.map_or(f64::INFINITY, |peak| ceiling_dbtp - peak);
            (wanted.map(|wanted| wanted.min(room)), wanted.is_some_and(|wanted| wanted > room))
        }
    };
    let factor = 10_f64.powf(gain_db.unwrap_or(0.0) / 20.0);
    let samples = y.iter().map(|&sample| (f64::from(sample) * factor) as f32).collect();
    Ok(Normalized { samples, gain_db, limited })
}

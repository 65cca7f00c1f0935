//! Onset strength as librosa computes it: the rise of the mel spectrogram in decibels from frame to frame.

use super::functions::{DbParams, FrameParams, MelParams, melspectrogram, power_to_db};
use crate::dsp::mel::BANDS;
use crate::dsp::stft::{FRAME, HOP};
use crate::dsp::wide::wide;
use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};

/// How the rises of the bands become one number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Aggregate {
    /// Their mean: what librosa's `onset_strength` does when nothing is said.
    #[default]
    Mean,
    /// Their median: what librosa's `beat_track(y=...)` asks for.
    Median,
}

/// Settings of [`onset_strength`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnsetOptions {
    /// Samples from one frame to the next, 1 to 2^30.
    pub hop_length: usize,
    /// Frames from one spectrum to the one that it is compared with; at least 1.
    pub lag: usize,
    /// Bands over which the maximum is taken in the earlier spectrum, so that vibrato is no onset (Böck & Widmer 2013);
    /// 1 takes the band alone, and at least 1 it must be.
    pub max_size: usize,
    /// Mean or median over the bands.
    pub aggregate: Aggregate,
    /// Whether the slow part of the envelope is filtered out.
    pub detrend: bool,
}

impl Default for OnsetOptions {
    fn default() -> Self {
        Self { hop_length: HOP, lag: 1, max_size: 1, aggregate: Aggregate::Mean, detrend: false }
    }
}

/// Onset strength by frame, as librosa 0.11's `onset.onset_strength(y=y, sr=sr)` gives it: the mel spectrogram (128 bands,
/// frames of 2048 samples, `hop_length` apart, centred) in dB, at most 80 dB below its largest value; its rise over `lag` frames,
/// falls counted as none; the mean or median of the bands; moved later by half a frame of 2048, so that an onset stands where it is
/// heard. One column, in dB; frame `k` is at `hop_length k / sample_rate` s, and `n` samples give `1 + n / hop_length` frames.
///
/// Fails with `INVALID_INPUT` without samples, for samples that are no numbers or beyond ±1e6, and for a rate of 0; with
/// `INVALID_CONFIG` for a `lag` or `max_size` of 0.
///
/// ```
/// use viralnow_core::audio::{OnsetOptions, onset_strength};
///
/// // Silence, and a tone from the middle on.
/// let y: Vec<f32> = (0..32_000).map(|i| if i < 16_000 { 0.0 } else { (i as f32 * 0.3).sin() }).collect();
/// let strength = onset_strength(&y, 16_000, &OnsetOptions::default())?;
/// assert_eq!((strength.rows, strength.columns), (63, 1));
/// let strongest = (0..63).max_by(|&a, &b| strength.data[a].total_cmp(&strength.data[b])).unwrap();
/// assert!((strength.times_s[strongest] - 1.0).abs() < 0.064);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn onset_strength(y: &[f32], sample_rate: u32, options: &OnsetOptions) -> Result<Matrix> {
    check_options(options)?;
    let mel = MelParams {
        frames: FrameParams { hop_length: options.hop_length, ..FrameParams::default() },
        ..MelParams::default()
    };
    let mel_db = power_to_db(&melspectrogram(y, sample_rate, &mel)?, &DbParams::default())?;
    let data = of_mel(&mel_db.data, options);
    let times_s = (0..data.len()).map(|k| (k * options.hop_length) as f64 / f64::from(sample_rate)).collect();
    Ok(Matrix { rows: data.len(), columns: 1, data, times_s, unit: "dB" })
}

fn check_options(options: &OnsetOptions) -> Result<()> {
    if options.lag == 0 || options.max_size == 0 {
        return Err(Error::new(ErrorKind::InvalidConfig, "lag and max_size must be at least 1")
            .with("lag", options.lag)
            .with("max_size", options.max_size));
    }
    Ok(())
}

/// Onset strength from a mel spectrogram of the shared analysis in dB whose lower end is clipped already.
pub(super) fn of_mel(mel_db: &[f32], options: &OnsetOptions) -> Vec<f32> {
    of_bands(mel_db, BANDS, FRAME / (2 * options.hop_length), options)
}

/// Onset strength from a spectrogram in dB of so many bands; it is moved later by so many frames.
pub(super) fn of_bands(mel_db: &[f32], bands: usize, later: usize, options: &OnsetOptions) -> Vec<f32> {
    let frames = mel_db.len() / bands;
    let shift = options.lag.saturating_add(later);
    let mut envelope = vec![0.0; shift.min(frames)];
    envelope.reserve(frames - envelope.len());
    let (mut widened, mut rises) = (vec![0.0; bands], vec![0.0; bands]);
    for frame in options.lag..frames.saturating_sub(later) {
        let mut before = &mel_db[(frame - options.lag) * bands..][..bands];
        if options.max_size > 1 {
            widen(before, options.max_size, &mut widened);
            before = &widened;
        }
        let sum = rise(&mel_db[frame * bands..][..bands], before, &mut rises);
        envelope.push(match options.aggregate {
            Aggregate::Mean => (sum / bands as f64) as f32,
            Aggregate::Median => median(&mut rises),
        });
    }
    if options.detrend {
        let (mut before, mut filtered) = (0.0, 0.0);
        for value in &mut envelope {
            filtered = *value - before + 0.99 * filtered;
            before = *value;
            *value = filtered;
        }
    }
    envelope
}

wide! {
    /// Writes how much each band rises, and gives the sum.
    fn rise(now: &[f32], before: &[f32], rises: &mut [f32]) -> f64 {
        for ((rise, now), before) in rises.iter_mut().zip(now).zip(before) {
            let more = now - before;
            *rise = if more > 0.0 { more } else { 0.0 };
        }
        let mut sums = [0.0_f64; 4];
        let (whole, rest) = rises.as_chunks::<4>();
        for rises in whole {
            for (sum, &rise) in sums.iter_mut().zip(rises) {
                *sum += f64::from(rise);
            }
        }
        (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest.iter().map(|&rise| f64::from(rise)).sum::<f64>()
    }
}

/// The maximum over `size` bands around each, the one more of an even size below.
fn widen(bands: &[f32], size: usize, out: &mut [f32]) {
    for (band, out) in out.iter_mut().enumerate() {
        let (from, to) =
            (band.saturating_sub(size / 2), band.saturating_add(size - size / 2).min(bands.len()));
        *out = bands[from..to].iter().copied().fold(f32::NEG_INFINITY, f32::max);
    }
}

/// The middle value, or the mean of the two middle ones of an even number of values.
fn median(values: &mut [f32]) -> f32 {
    let odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(values.len() / 2, f32::total_cmp);
    if odd {
        return upper;
    }
    let lower = below.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    f32::midpoint(lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_by_definition() {
        // Four frames; in the second, a quarter of the bands rise by 8 dB.
        let mut mel = vec![0.0; 4 * BANDS];
        mel[BANDS..BANDS + BANDS / 4].fill(8.0);
        assert_eq!(of_mel(&mel, &OnsetOptions::default()), [0.0, 0.0, 0.0, 2.0]);
        let median = OnsetOptions { aggregate: Aggregate::Median, ..OnsetOptions::default() };
        assert_eq!(of_mel(&mel, &median), [0.0; 4]);
        mel[BANDS..BANDS + BANDS / 2].fill(8.0);
        assert_eq!(of_mel(&mel, &median), [0.0, 0.0, 0.0, 4.0]);
        assert!(of_mel(&[], &median).is_empty());
        assert_eq!(of_mel(&[1.0; BANDS], &median), [0.0]);
    }

    #[test]
    fn a_band_that_wanders_is_no_onset() {
        let mut mel = vec![0.0; 4 * BANDS];
        mel[60] = 64.0;
        mel[BANDS + 61] = 64.0;
        assert_eq!(of_mel(&mel, &OnsetOptions::default())[3], 0.5);
        assert_eq!(of_mel(&mel, &OnsetOptions { max_size: 3, ..OnsetOptions::default() })[3], 0.0);
    }
}

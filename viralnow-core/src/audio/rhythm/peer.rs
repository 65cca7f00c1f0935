//! Tempo and beats as librosa computes them, on its own and from an envelope.

use super::dynamic::{Search, beats};
use super::period::Candidate;
use super::tempogram::mean_tempogram;
use crate::audio::functions::HIGHEST_RATE;
use crate::audio::onset::{Aggregate, OnsetOptions, onset_strength};
use crate::dsp::stft::HOP;
use crate::{Error, ErrorKind, Result};

/// Frames that the autocorrelation window may have; the time is their number times that of the envelope's frames.
const LONGEST_WINDOW: f64 = 65_536.0;

/// Settings of [`tempo`], [`tempo_of_envelope`], [`beat_track`] and [`beat_track_envelope`]; the defaults are librosa's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeatOptions {
    /// Samples from one frame of the envelope to the next.
    pub hop_length: usize,
    /// The tempo that is looked for around, in beats per minute; above 0.
    pub start_bpm: f64,
    /// Standard deviation of the log-normal weight around it, in octaves; above 0.
    pub std_bpm: f64,
    /// Length of the autocorrelation window, in seconds; above 0, and at most 65,536 frames.
    pub ac_size_s: f64,
    /// Tempi from here on are not considered; `None` for no bound.
    pub max_tempo_bpm: Option<f64>,
    /// How closely the beats keep to the tempo; above 0.
    pub tightness: f64,
    /// Whether weak beats at either end are left out.
    pub trim: bool,
    /// The tempo, where it is known; above 0.
    pub bpm: Option<f64>,
}

impl Default for BeatOptions {
    fn default() -> Self {
        Self {
            hop_length: HOP,
            start_bpm: 120.0,
            std_bpm: 1.0,
            ac_size_s: 8.0,
            max_tempo_bpm: Some(320.0),
            tightness: 100.0,
            trim: true,
            bpm: None,
        }
    }
}

impl BeatOptions {
    fn check(&self, sample_rate: u32) -> Result<()> {
        let fail = |name: &'static str, value: f64| {
            Err(Error::new(ErrorKind::InvalidConfig, "must be a finite number above 0").with(name, value))
        };
        if !(1..=HIGHEST_RATE).contains(&sample_rate) {
            return Err(Error::new(ErrorKind::InvalidInput, "the sample rate must be 1 to 768000 Hz")
                .with("sample_rate", sample_rate));
        }
        for (name, value) in [
            ("hop_length", self.hop_length as f64),
            ("start_bpm", self.start_bpm),
            ("std_bpm", self.std_bpm),
            ("ac_size_s", self.ac_size_s),
            ("max_tempo_bpm", self.max_tempo_bpm.unwrap_or(1.0)),
            ("tightness", self.tightness),
            ("bpm", self.bpm.unwrap_or(1.0)),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return fail(name, value);
            }
        }
        if self.ac_size_s * self.frame_rate(sample_rate) > LONGEST_WINDOW {
            let message =
                "the autocorrelation window is over 65536 frames; take a shorter ac_size_s or a longer hop";
            return Err(Error::new(ErrorKind::LimitExceeded, message)
                .with("ac_size_s", self.ac_size_s)
                .with("hop_length", self.hop_length));
        }
        Ok(())
    }

    /// Frames of the envelope in a second.
    fn frame_rate(&self, sample_rate: u32) -> f64 {
        f64::from(sample_rate) / self.hop_length as f64
    }
}

/// Tempo and beats.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BeatTrack {
    /// Beats per minute; `None` where there is no onset at all (librosa gives 0).
    pub tempo_bpm: Option<f64>,
    /// Times of the beats, in seconds.
    pub beats_s: Vec<f64>,
    /// Their frames in the envelope.
    pub frames: Vec<usize>,
}

/// The tempo in beats per minute, as librosa 0.11's `feature.tempo(y=y, sr=sr)` gives it: from the mean tempogram of
/// [`onset_strength`](crate::audio::onset_strength), weighted towards `start_bpm`. It is one of
/// `60 sample_rate / (hop_length k)` for whole `k`: at 16 kHz 1875 / k by default. [`rhythm`](crate::audio::rhythm) has no such steps.
/// `None` where there is no onset at all.
///
/// Fails with `INVALID_INPUT` without samples, for samples that are no numbers or beyond ±1e6, and for a rate of 0; with
/// `INVALID_CONFIG` for settings out of their range.
///
/// ```
/// use viralnow_core::audio::{BeatOptions, tempo};
///
/// // A click every half second.
/// let y: Vec<f32> = (0..160_000).map(|i| if i % 8000 < 100 { 0.5 } else { 0.0 }).collect();
/// let bpm = tempo(&y, 16_000, &BeatOptions::default())?.unwrap();
/// assert!((bpm - 1875.0 / 16.0).abs() < 1e-9);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn tempo(y: &[f32], sample_rate: u32, options: &BeatOptions) -> Result<Option<f64>> {
    options.check(sample_rate)?;
    let onsets = OnsetOptions { hop_length: options.hop_length, ..OnsetOptions::default() };
    tempo_of_envelope(&onset_strength(y, sample_rate, &onsets)?.data, sample_rate, options)
}

/// The tempo from an onset envelope: librosa's `feature.tempo(onset_envelope=...)`. See [`tempo`].
///
/// ```
/// use viralnow_core::audio::{BeatOptions, tempo_of_envelope};
/// let envelope: Vec<f32> = (0..500).map(|i| if i % 16 == 0 { 1.0 } else { 0.0 }).collect();
/// let bpm = tempo_of_envelope(&envelope, 16_000, &BeatOptions::default())?.unwrap();
/// assert!((bpm - 1875.0 / 16.0).abs() < 1e-9);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn tempo_of_envelope(
    onset_envelope: &[f32],
    sample_rate: u32,
    options: &BeatOptions,
) -> Result<Option<f64>> {
    check_envelope(onset_envelope)?;
    options.check(sample_rate)?;
    Ok(tempi_of_envelope(onset_envelope, sample_rate, options).first().map(|best| best.bpm))
}

/// Tempi and the mean tempogram there: the local maxima over lags of librosa's `log1p(1e6 tg) + prior`, largest first.
pub(super) fn tempi_of_envelope(envelope: &[f32], sample_rate: u32, options: &BeatOptions) -> Vec<Candidate> {
    if !envelope.iter().any(|&value| value != 0.0) {
        return Vec::new();
    }
    let frame_rate = options.frame_rate(sample_rate);
    let window = ((options.ac_size_s * frame_rate) as usize).max(1);
    let tempogram = mean_tempogram(envelope, window);
    let bpm = |lag: usize| 60.0 * frame_rate / lag as f64;
    let fastest = options.max_tempo_bpm.unwrap_or(f64::INFINITY);
    let weighted: Vec<f64> = (0..window)
        .map(|lag| {
            if lag == 0 || bpm(lag) >= fastest {
                return f64::NEG_INFINITY;
            }
            let octaves = (bpm(lag) / options.start_bpm).log2() / options.std_bpm;
            (1e6 * tempogram[lag].max(0.0)).ln_1p() - 0.5 * octaves * octaves
        })
        .collect();
    let at = |lag: usize| weighted.get(lag).copied().unwrap_or(f64::NEG_INFINITY);
    let mut peaks: Vec<usize> = (1..window)
        .filter(|&lag| at(lag).is_finite() && at(lag) > at(lag - 1) && at(lag) >= at(lag + 1))
        .collect();
    // Of equals the shorter lag first, as numpy's argmax has it: the sort is stable.
    peaks.sort_by(|&a, &b| at(b).total_cmp(&at(a)));
    peaks
        .into_iter()
        .map(|lag| Candidate { bpm: bpm(lag), strength: tempogram[lag].clamp(0.0, 1.0) })
        .collect()
}

/// Tempo and beats, as librosa 0.11's `beat.beat_track(y=y, sr=sr, units="time")` gives them: from the envelope whose bands
/// are aggregated by their **median**, not by their mean as [`onset_strength`](crate::audio::onset_strength) does when
/// nothing is said; then by dynamic programming (Ellis 2007).
///
/// Fails as [`tempo`] does.
///
/// ```
/// use viralnow_core::audio::{BeatOptions, beat_track};
/// let y: Vec<f32> = (0..160_000).map(|i| if i % 8192 < 100 { 0.5 } else { 0.0 }).collect();
/// let found = beat_track(&y, 16_000, &BeatOptions::default())?;
/// assert!((found.tempo_bpm.unwrap() - 1875.0 / 16.0).abs() < 1e-9);
/// assert!(found.beats_s.windows(2).all(|pair| (pair[1] - pair[0] - 0.512).abs() < 1e-9));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn beat_track(y: &[f32], sample_rate: u32, options: &BeatOptions) -> Result<BeatTrack> {
    options.check(sample_rate)?;
    let hop_length = options.hop_length;
    let median = OnsetOptions { hop_length, aggregate: Aggregate::Median, ..OnsetOptions::default() };
    beat_track_envelope(&onset_strength(y, sample_rate, &median)?.data, sample_rate, options)
}

/// Tempo and beats from an onset envelope: librosa's `beat.beat_track(onset_envelope=...)`. See [`beat_track`].
///
/// ```
/// use viralnow_core::audio::{BeatOptions, beat_track_envelope};
/// let envelope: Vec<f32> = (0..500).map(|i| if i % 16 == 3 { 1.0 } else { 0.0 }).collect();
/// let found = beat_track_envelope(&envelope, 16_000, &BeatOptions::default())?;
/// assert!(found.frames.iter().all(|frame| frame % 16 == 3));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn beat_track_envelope(
    onset_envelope: &[f32],
    sample_rate: u32,
    options: &BeatOptions,
) -> Result<BeatTrack> {
    check_envelope(onset_envelope)?;
    options.check(sample_rate)?;
    let frame_rate = options.frame_rate(sample_rate);
    let tempo_bpm = if onset_envelope.iter().any(|&value| value != 0.0) { options.bpm } else { None };
    let tempo_bpm = tempo_bpm
        .or_else(|| tempi_of_envelope(onset_envelope, sample_rate, options).first().map(|best| best.bpm));
    let Some(bpm) = tempo_bpm else { return Ok(BeatTrack::default()) };
    let period = (60.0 * frame_rate / bpm).round_ties_even().max(1.0);
    let search = Search { period, tightness: options.tightness, trim: options.trim, free_ends: false };
    let frames = beats(onset_envelope, search);
    let beats_s = frames.iter().map(|&frame| frame as f64 / frame_rate).collect();
    Ok(BeatTrack { tempo_bpm, beats_s, frames })
}

fn check_envelope(envelope: &[f32]) -> Result<()> {
    match envelope.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(place) => Err(Error::new(ErrorKind::InvalidInput, "the envelope must be of finite numbers")
            .with("index", place)
            .with("value", envelope[place])),
    }
}

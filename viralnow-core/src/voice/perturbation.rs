//! Jitter and shimmer: how much the cycles of the voice differ from one to the next.

use super::framing::Grid;
use super::input;
use super::pitch::{PitchMethod, PitchParams, pitch};
use super::pulses::{Part, Pulses, Voiced};
use crate::Result;
use serde::{Deserialize, Serialize};

/// Settings of [`perturbation`]; the default ones are those of Praat's voice report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerturbationParams {
    /// How voiced stretches and periods are found; by cross-correlation by default.
    pub pitch: PitchParams,
    /// Shortest period that counts, in seconds.
    pub shortest_period_s: f64,
    /// Longest period that counts, in seconds.
    pub longest_period_s: f64,
    /// Largest ratio of two neighbouring periods that count.
    pub max_period_factor: f64,
    /// Largest ratio of two neighbouring amplitudes that count.
    pub max_amplitude_factor: f64,
}

impl Default for PerturbationParams {
    fn default() -> Self {
        let pitch = PitchParams { grid: Grid::Centred, ..PitchParams::new(PitchMethod::CrossCorrelation) };
        Self {
            pitch,
            shortest_period_s: 1e-4,
            longest_period_s: 0.02,
            max_period_factor: 1.3,
            max_amplitude_factor: 1.6,
        }
    }
}

/// Variation of the period. Ratios to the mean period, so 0.01 is 1 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Jitter {
    /// Mean absolute difference of consecutive periods, over the mean period.
    pub local: f64,
    /// The same in seconds.
    pub local_absolute_s: f64,
    /// Relative average perturbation: distance of a period from the mean of it and its two neighbours.
    pub rap: Option<f64>,
    /// The same over five periods.
    pub ppq5: Option<f64>,
    /// Difference of consecutive differences: three times `rap`.
    pub ddp: Option<f64>,
}

/// Variation of the amplitude. Ratios to the mean amplitude, so 0.01 is 1 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shimmer {
    /// Mean absolute difference of consecutive amplitudes, over the mean amplitude.
    pub local: f64,
    /// Mean absolute ratio of consecutive amplitudes, in dB.
    pub local_db: f64,
    /// Distance of an amplitude from the mean of it and its two neighbours.
    pub apq3: Option<f64>,
    /// The same over five amplitudes.
    pub apq5: Option<f64>,
    /// The same over eleven amplitudes.
    pub apq11: Option<f64>,
    /// Difference of consecutive differences: three times `apq3`.
    pub dda: Option<f64>,
}

/// The cycles of a voice and how they vary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Perturbation {
    /// The moment of each cycle, in seconds, in order.
    pub pulses_s: Vec<f64>,
    /// `None` without two neighbouring periods that count.
    pub jitter: Option<Jitter>,
    /// `None` without two neighbouring amplitudes that count.
    pub shimmer: Option<Shimmer>,
}

/// Jitter and shimmer of a mono sound with Praat's definitions: pulses by matching waveforms inside the voiced stretches of
/// the pitch ("To `PointProcess` (cc)"), amplitudes around each pulse, and the measures of "Voice 2. Jitter" and "Voice 3.
/// Shimmer" of the manual. Meant for a sustained vowel; in running speech intonation adds to them, so compare speech with
/// speech only.
///
/// Fails for rates outside 1 to 768 kHz and for settings out of range; [`PitchMethod::Pyin`] finds stretches too, on its own
/// coarser frames.
///
/// ```
/// use viralnow_core::voice::{PerturbationParams, perturbation};
/// // Pulses that come 1 % too early and 1 % too late in turn: consecutive periods differ by 4 %. (Two of them repeat exactly,
/// // at 80 Hz, so that is left out.)
/// let mut y = vec![0.0_f32; 16_000];
/// for k in 1..150 {
///     let at = 100.0 * k as f32 + if k % 2 == 0 { 1.0 } else { -1.0 };
///     for (i, sample) in y.iter_mut().enumerate() {
///         let distance = (i as f32 - at) / 8.0;
///         if distance.abs() < 8.0 { *sample += 0.5 * (-0.5 * distance * distance).exp(); }
///     }
/// }
/// let mut params = PerturbationParams::default();
/// params.pitch.floor_hz = 100.0;
/// let found = perturbation(&y, 16_000, &params)?;
/// assert!((found.jitter.unwrap().local - 0.04).abs() < 0.001);
/// assert!(found.shimmer.unwrap().local < 0.01);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn perturbation(y: &[f32], sample_rate: u32, params: &PerturbationParams) -> Result<Perturbation> {
    let rate = input::rate(sample_rate)?;
    input::within("shortest_period_s", params.shortest_period_s, 0.0, 1.0)?;
    input::within("longest_period_s", params.longest_period_s, params.shortest_period_s, 1.0)?;
    input::within("max_period_factor", params.max_period_factor, 1.0, 1000.0)?;
    input::within("max_amplitude_factor", params.max_amplitude_factor, 1.0, 1000.0)?;
    let contour = pitch(y, sample_rate, &params.pitch)?;
    let part = Part { samples: y, first: 0, rate };
    let peak = y.iter().map(|&s| input::clean(s).abs()).fold(0.0, f32::max);
    let (mut finder, mut pulses_s) = (Pulses::default(), Vec::new());
    let step_s = match contour.times_s[..] {
        [first, second, ..] => second - first,
        _ => 0.01,
    };
    let mut frame = 0;
    for run in contour.f0_hz.chunk_by(|a, b| a.is_nan() == b.is_nan()) {
        if !run[0].is_nan() {
            let voiced = Voiced { first_s: contour.times_s[frame], step_s, f0_hz: run };
            let last_s = pulses_s.last().copied();
            finder.find(&part, &voiced, f64::from(peak), last_s, &mut pulses_s);
        }
        frame += run.len();
    }
    pulses_s.sort_unstable_by(f64::total_cmp);
    let amplitude = |i: usize| {
        let (before_s, after_s) = (pulses_s[i] - pulses_s[i - 1], pulses_s[i + 1] - pulses_s[i]);
        params.like_periods(before_s, after_s).then(|| part.amplitude(pulses_s[i], before_s, after_s))?
    };
    let amplitudes: Vec<Option<f64>> = (0..pulses_s.len())
        .map(|i| if i > 0 && i + 1 < pulses_s.len() { amplitude(i) } else { None })
        .collect();
    let jitter = params.jitter(&pulses_s);
    let shimmer = params.shimmer(&pulses_s, &amplitudes);
    Ok(Perturbation { pulses_s, jitter, shimmer })
}

impl PerturbationParams {
    fn counts(&self, period_s: f64) -> bool {
        (self.shortest_period_s..=self.longest_period_s).contains(&period_s)
    }

    /// Whether two neighbouring periods count together.
    pub(super) fn like_periods(&self, a: f64, b: f64) -> bool {
        self.counts(a) && self.counts(b) && a.max(b) <= self.max_period_factor * a.min(b)
    }

    pub(super) fn jitter(&self, pulses_s: &[f64]) -> Option<Jitter> {
        let periods: Vec<f64> = pulses_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let like: Vec<bool> = periods.windows(2).map(|pair| self.like_periods(pair[0], pair[1])).collect();
        let local_absolute_s = unevenness(&periods, &like, 2)?;
        // The periods that are like a neighbour.
        let is_like = |i: usize| (i > 0 && like[i - 1]) || like.get(i).copied().unwrap_or(false);
        let counted = periods.iter().enumerate().filter(|&(i, _)| is_like(i)).map(|(_, period)| *period);
        let mean = mean(counted)?;
        let rap = unevenness(&periods, &like, 3).map(|d| d / mean);
        Some(Jitter {
            local: local_absolute_s / mean,
            local_absolute_s,
            rap,
            ppq5: unevenness(&periods, &like, 5).map(|d| d / mean),
            ddp: rap.map(|rap| 3.0 * rap),
        })
    }

    /// From the moments of the pulses and the amplitudes of those that have one.
    pub(super) fn shimmer(&self, pulses_s: &[f64], amplitudes: &[Option<f64>]) -> Option<Shimmer> {
        let (times, heights): (Vec<f64>, Vec<f64>) = pulses_s
            .iter()
            .zip(amplitudes)
            .filter_map(|(&time, amplitude)| amplitude.map(|amplitude| (time, amplitude)))
            .unzip();
        let like: Vec<bool> = (1..heights.len())
            .map(|i| {
                let (a, b) = (heights[i - 1], heights[i]);
                self.counts(times[i] - times[i - 1]) && a.max(b) <= self.max_amplitude_factor * a.min(b)
            })
            .collect();
        // All amplitudes but the last, each of which begins a pair.
        let mean_height = mean(heights.iter().take(like.len()).copied())?;
        let relative = |width| {
            let distance = unevenness(&heights, &like, width)?;
            (mean_height > 0.0).then(|| distance / mean_height)
        };
        let decibels = like
            .iter()
            .zip(heights.windows(2))
            .filter(|(like, pair)| **like && pair[0] > 0.0)
            .map(|(_, pair)| 20.0 * (pair[1] / pair[0]).log10().abs());
        let apq3 = relative(3);
        Some(Shimmer {
            local: relative(2)?,
            local_db: mean(decibels)?,
            apq3,
            apq5: relative(5),
            apq11: relative(11),
            dda: apq3.map(|apq3| 3.0 * apq3),
        })
    }
}

/// The mean distance of a value from the mean of the `width` values around it, where they are all like their neighbours; of
/// two, from one another.
fn unevenness(values: &[f64], like: &[bool], width: usize) -> Option<f64> {
    let distances =
        values.windows(width).zip(like.windows(width - 1)).filter(|(_, like)| like.iter().all(|&l| l));
    mean(distances.map(|(around, _)| {
        if width == 2 {
            return (around[1] - around[0]).abs();
        }
        (around[width / 2] - around.iter().sum::<f64>() / width as f64).abs()
    }))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

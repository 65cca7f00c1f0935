//! Loudness as pyloudnorm 0.2.0 measures it with its defaults: its filter, its blocks and its gates.

use super::super::Loudness;
use super::LoudnessMeter;
use super::meter::tame;
use super::windows::in_db;
use crate::dsp::percentile;
use crate::{Error, ErrorKind, Result};
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Weights by the number of the channel; it knows no low-frequency channel.
const WEIGHTS: [f64; 5] = [1.0, 1.0, 1.0, 1.41, 1.41];
const OFFSET_DB: f64 = -0.691;
/// Both gates are in LUFS; the relative ones in LU below the mean.
const ABSOLUTE_GATE: f64 = -70.0;
const RELATIVE_GATE: f64 = -10.0;
const RANGE_GATE: f64 = -20.0;
/// Seconds of silence after the sound when the range is measured.
const SILENCE_S: f64 = 1.5;
/// Length of a block in seconds, and the share of it to the next one.
const GATING: (f64, f64) = (0.4, 0.25);
const SHORT_TERM: (f64, f64) = (3.0, 1.0 - 0.97);
/// Of our own, to give the short-term series that it has not: every 0.1 s.
const SHORT_TERM_TENTHS: (f64, f64) = (3.0, 0.1 / 3.0);

pub(super) fn loudness(y: &[f32], sample_rate: u32, channels: u16) -> Result<Loudness> {
    let bs1770 = super::loudness(y, sample_rate, channels, super::LoudnessMode::Bs1770)?;
    let energies = Energies::of(y, sample_rate, channels)?;
    let momentary = energies.blocks(GATING, 0.0);
    let range = range(&energies.blocks(SHORT_TERM, SILENCE_S));
    let largest = |energies: &[f64]| in_db(energies.iter().copied().fold(0.0, f64::max));
    Ok(Loudness {
        integrated_lufs: integrated(&momentary),
        range_lu: range,
        range_stable: range.map(|_| energies.frames as f64 >= 60.0 * energies.rate),
        true_peak_dbtp: bs1770.true_peak_dbtp,
        momentary_max_lufs: largest(&momentary),
        short_term_max_lufs: largest(&energies.blocks(SHORT_TERM_TENTHS, 0.0)),
    })
}

/// Energies of momentary and short-term windows, ten a second.
pub(super) fn series(y: &[f32], sample_rate: u32, channels: u16) -> Result<(Vec<f64>, Vec<f64>)> {
    LoudnessMeter::new(sample_rate, channels)?;
    let energies = Energies::of(y, sample_rate, channels)?;
    Ok((energies.blocks(GATING, 0.0), energies.blocks(SHORT_TERM_TENTHS, 0.0)))
}

/// Gated twice; the second gate takes what is louder than the threshold, not what is equal to it.
fn integrated(blocks: &[f64]) -> Option<f64> {
    let above = |gate: f64, energy: &f64| 10.0 * energy.log10() > gate;
    let mean = |kept: &[f64]| kept.iter().sum::<f64>() / kept.len() as f64;
    let loud: Vec<f64> =
        blocks.iter().copied().filter(|energy| 10.0 * energy.log10() >= ABSOLUTE_GATE).collect();
    let relative = 10.0 * mean(&loud).log10() + RELATIVE_GATE;
    let kept: Vec<f64> =
        loud.into_iter().filter(|energy| above(relative, energy) && above(ABSOLUTE_GATE, energy)).collect();
    if kept.is_empty() { None } else { in_db(mean(&kept)) }
}

/// Percentiles in LUFS, linear between ranks.
fn range(blocks: &[f64]) -> Option<f64> {
    let mut levels: Vec<f64> =
        blocks.iter().map(|energy| 10.0 * energy.log10()).filter(|&lufs| lufs >= ABSOLUTE_GATE).collect();
    let mean = levels.iter().map(|lufs| 10_f64.powf(lufs / 10.0)).sum::<f64>() / levels.len() as f64;
    let gate = 10.0 * mean.log10() + RANGE_GATE;
    levels.retain(|&lufs| lufs >= gate);
    levels.sort_unstable_by(f64::total_cmp);
    (!levels.is_empty()).then(|| percentile(&levels, 0.95) - percentile(&levels, 0.1))
}

/// The weighted energy of a sound, added up to every moment at which a block begins or ends.
struct Energies {
    rate: f64,
    frames: usize,
    /// Moments in samples, in order, and the sum of the energy before each.
    moments: Vec<usize>,
    sums: Vec<f64>,
}

impl Energies {
    fn of(y: &[f32], sample_rate: u32, channels: u16) -> Result<Self> {
        let channels = usize::from(channels);
        if channels > WEIGHTS.len() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the mode pyloudnorm has weights for five channels; use bs1770, or mix down",
            )
            .with("channels", channels));
        }
        let rate = f64::from(sample_rate);
        let frames = y.len() / channels;
        let mut new = Self { rate, frames, moments: vec![], sums: vec![] };
        let silent = (SILENCE_S * rate) as usize;
        for (shape, silence_s) in [(GATING, 0.0), (SHORT_TERM, SILENCE_S), (SHORT_TERM_TENTHS, 0.0)] {
            new.moments.extend(new.bounds(shape, silence_s).flat_map(|(from, to)| [from, to]));
        }
        new.moments.sort_unstable();
        new.moments.dedup();
        let mut filters = vec![[shelf(rate), high_pass(rate)]; channels];
        let (mut sum, mut next) = (0.0, 0);
        let silence = std::iter::repeat_n([0.0; WEIGHTS.len()], silent);
        let sound = y.chunks_exact(channels).map(|frame| {
            let mut samples = [0.0; WEIGHTS.len()];
            for (sample, &given) in samples.iter_mut().zip(frame) {
                *sample = f64::from(tame(given));
            }
            samples
        });
        for (i, frame) in sound.chain(silence).enumerate() {
            while new.moments.get(next) == Some(&i) {
                new.sums.push(sum);
                next += 1;
            }
            for ((filters, sample), weight) in filters.iter_mut().zip(frame).zip(WEIGHTS) {
                let weighted = filters.iter_mut().fold(sample, |x, filter| filter.apply(x));
                sum += weight * weighted * weighted;
            }
        }
        new.sums.resize(new.moments.len(), sum);
        Ok(new)
    }

    /// First and last sample of each block, in the peer's arithmetic; what lies beyond the end is cut off.
    fn bounds(
        &self,
        (length_s, step): (f64, f64),
        silence_s: f64,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let frames = self.frames + (silence_s * self.rate) as usize;
        let rate = self.rate;
        let seconds = frames as f64 / rate;
        let blocks = ((seconds - length_s) / (length_s * step)).round_ties_even() + 1.0;
        // The peer refuses what is shorter than one block; the silence counts.
        let blocks = if (frames as f64) < length_s * rate { 0.0 } else { blocks };
        (0..blocks as usize).map(move |j| {
            let from = (length_s * (j as f64 * step) * rate) as usize;
            let to = (length_s * (j as f64 * step + 1.0) * rate) as usize;
            (from.min(frames), to.min(frames))
        })
    }

    /// Energies of blocks, as loudness in LUFS is.
    fn blocks(&self, shape: (f64, f64), silence_s: f64) -> Vec<f64> {
        let sum = |moment: usize| self.sums[self.moments.partition_point(|&at| at < moment)];
        let scale = 10_f64.powf(OFFSET_DB / 10.0) / (shape.0 * self.rate);
        self.bounds(shape, silence_s).map(|(from, to)| (sum(to) - sum(from)).max(0.0) * scale).collect()
    }
}

/// A second-order section, transposed direct form II.
#[derive(Debug, Clone, Copy)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Biquad {
    fn new(b: [f64; 3], a: [f64; 3]) -> Self {
        Self { b: b.map(|b| b / a[0]), a: [a[1] / a[0], a[2] / a[0]], state: [0.0; 2] }
    }

    fn apply(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.state[0];
        self.state = [self.b[1] * x - self.a[0] * y + self.state[1], self.b[2] * x - self.a[1] * y];
        y
    }
}

/// Bristow-Johnson's high shelf (Cookbook formulae for audio equalizer biquad filter coefficients): +4 dB, Q 1/sqrt 2,
/// 1500 Hz.
fn shelf(rate: f64) -> Biquad {
    let a = 10_f64.powf(4.0 / 40.0);
    let (sin, cos) = (TAU * 1500.0 / rate).sin_cos();
    let slope = 2.0 * a.sqrt() * sin / (2.0 * FRAC_1_SQRT_2);
    let (up, down) = (a + 1.0, a - 1.0);
    Biquad::new(
        [a * (up + down * cos + slope), -2.0 * a * (down + up * cos), a * (up + down * cos - slope)],
        [up - down * cos + slope, 2.0 * (down - up * cos), up - down * cos - slope],
    )
}

/// Bristow-Johnson's high pass: Q 0.5, 38 Hz.
fn high_pass(rate: f64) -> Biquad {
    let (sin, cos) = (TAU * 38.0 / rate).sin_cos();
    let alpha = sin / (2.0 * 0.5);
    let gain = 0.5 * (1.0 + cos);
    Biquad::new([gain, -2.0 * gain, gain], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
}

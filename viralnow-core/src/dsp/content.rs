//! What sound is made of: speech, music, both or neither.
//!
//! After Scheirer & Slaney (Construction and evaluation of a robust multifeature speech/music discriminator, ICASSP 1997):
//! modulation at the rate of syllables, the share of soft frames, the flux of the spectrum and its spread, the pulse; besides
//! them the steadiness of the harmonics, which music keeps for a note's length, and the scores of the voice activity network.
//! A small network (44 features, 12 hidden units) tells from them how likely there is speech and how likely there is music,
//! each for itself; `training/speech_music` makes its weights. A chain of four states smooths over time.

use super::content_weights::{HIDDEN_BIAS, HIDDEN_WEIGHTS, OUTPUT_BIAS, OUTPUT_WEIGHTS};
use super::decibel::singles_to_db;
use super::mel::{BANDS, MelBank};
use super::resample::RATE;
use super::stft::HOP;
use std::f64::consts::TAU;

/// Frames on either side of a window's middle (2 s in all), and frames from one window to the next (0.512 s).
const HALF: usize = 31;
pub(crate) const STEP: usize = 16;
/// Seconds from one window to the next.
pub(crate) const STEP_S: f64 = (STEP * HOP) as f64 / RATE as f64;
/// Windows on either side whose mean features tell of the surroundings.
const CONTEXT: usize = 4;
/// Features of the scores and of the spectra; both again as means over the surroundings.
const OF_SCORES: usize = 4;
const OF_SPECTRA: usize = 18;
const FEATURES: usize = OF_SCORES + OF_SPECTRA;
const HIDDEN: usize = 12;
/// Power of a band below which it counts as silent.
const LEAST_POWER: f32 = 1e-10;
/// What is softer than the loudest of a window by more is as soft, in dB.
const DEPTH_DB: f32 = 60.0;
/// Bands in which harmonics stand apart (50 Hz to 1.6 kHz).
const FINE: std::ops::Range<usize> = 2..64;
/// A window whose loudest frame has less energy in its mel bands, in dB, is silence: neither, whatever its features say.
const SILENT_DB: f32 = -70.0;
/// The chance that the next window is of the same kind, and how much of a window's evidence counts: windows overlap.
const STAY: f64 = 0.9;
const EVIDENCE: f64 = 0.5;
/// No chance is smaller.
const LEAST: f64 = 1e-3;

/// Chances of one window; they add up to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Chances {
    pub(crate) speech: f64,
    pub(crate) music: f64,
    pub(crate) both: f64,
    pub(crate) neither: f64,
}

/// Takes spectra as they come and keeps the features of each window: 140 bytes for each second.
pub(crate) struct Content {
    bank: MelBank,
    power: Vec<f32>,
    /// Mel spectrogram, as it is and in dB, and level of the last frames, from frame `first` on.
    powers: Vec<[f32; BANDS]>,
    mel: Vec<[f32; BANDS]>,
    energy: Vec<f32>,
    first: usize,
    rows: Vec<[f32; OF_SPECTRA]>,
    silent: Vec<bool>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("windows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl Content {
    pub(crate) fn new() -> Self {
        Self {
            bank: MelBank::new(f64::from(RATE)),
            power: Vec::new(),
            powers: Vec::new(),
            mel: Vec::new(),
            energy: Vec::new(),
            first: 0,
            rows: Vec::new(),
            silent: Vec::new(),
        }
    }

    /// Takes the magnitudes of one frame of the shared spectra.
    pub(crate) fn push(&mut self, magnitudes: &[f32]) {
        self.power.clear();
        self.power.extend(magnitudes.iter().map(|m| m * m));
        let (mut bands, mut powers) = ([0.0; BANDS], [0.0; BANDS]);
        let mut sum = 0.0;
        self.bank.apply(&self.power, &mut powers);
        for power in &mut powers {
            *power = if *power > LEAST_POWER { *power } else { LEAST_POWER };
            sum += *power;
        }
        singles_to_db(&powers, LEAST_POWER, &mut bands);
        self.powers.push(powers);
        self.mel.push(bands);
        self.energy.push(10.0 * sum.log10());
        while self.frames() > self.middle() + HALF {
            self.window();
        }
    }

    fn frames(&self) -> usize {
        self.first + self.mel.len()
    }

    fn middle(&self) -> usize {
        self.rows.len() * STEP
    }

    /// The window that is complete now.
    fn window(&mut self) {
        let from = self.middle().saturating_sub(HALF) - self.first;
        let to = (self.middle() + HALF + 1 - self.first).min(self.mel.len());
        self.rows.push(of_spectra(&self.mel[from..to], &self.powers[from..to], &self.energy[from..to]));
        self.silent.push(self.energy[from..to].iter().all(|&db| db < SILENT_DB));
        let keep = self.middle().saturating_sub(HALF).min(self.frames());
        self.powers.drain(..keep - self.first);
        self.mel.drain(..keep - self.first);
        self.energy.drain(..keep - self.first);
        self.first = keep;
    }

    /// The chances of every window, with the voice activity scores of 256 samples each.
    pub(crate) fn finish(mut self, scores: &[f32]) -> Vec<Chances> {
        while self.middle() < self.frames() {
            self.window();
        }
        let frames = self.frames();
        let rows: Vec<[f32; FEATURES]> = self
            .rows
            .iter()
            .enumerate()
            .map(|(k, spectra)| {
                let from = (k * STEP).saturating_sub(HALF);
                let to = (k * STEP + HALF + 1).min(frames);
                let mut row = [0.0; FEATURES];
                row[..OF_SCORES].copy_from_slice(&of_scores(scores, from, to));
                row[OF_SCORES..].copy_from_slice(spectra);
                row
            })
            .collect();
        let chances = |k: usize| if self.silent[k] { (LEAST, LEAST) } else { network(&rows, k) };
        smooth(&(0..rows.len()).map(chances).collect::<Vec<_>>())
    }
}

/// Mean, share of high and of low ones, and deviation of a window's scores, two of which make a frame.
fn of_scores(scores: &[f32], from: usize, to: usize) -> [f32; OF_SCORES] {
    let score = |i: usize| scores.get(i).copied().unwrap_or(0.0);
    let values: Vec<f32> = (from..to).map(|frame| 0.5 * (score(2 * frame) + score(2 * frame + 1))).collect();
    let share =
        |test: &dyn Fn(f32) -> bool| values.iter().filter(|&&v| test(v)).count() as f32 / values.len() as f32;
    let (mean, deviation) = moments(&values);
    [mean, share(&|v| v > 0.7), share(&|v| v < 0.3), deviation]
}

/// Mean and standard deviation; 0 of nothing.
fn moments(values: &[f32]) -> (f32, f32) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let n = values.len() as f32;
    let mean = values.iter().sum::<f32>() / n;
    (mean, (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n).sqrt())
}

fn mean(values: &[f32]) -> f32 {
    moments(values).0
}

fn of_spectra(mel: &[[f32; BANDS]], powers: &[[f32; BANDS]], energy: &[f32]) -> [f32; OF_SPECTRA] {
    let n = mel.len();
    let floor = mel.iter().flatten().copied().fold(f32::MIN, f32::max) - DEPTH_DB;
    let level: Vec<[f32; BANDS]> = mel.iter().map(|frame| frame.map(|db| db.max(floor))).collect();
    let loudest = energy.iter().copied().fold(f32::MIN, f32::max);
    let energy: Vec<f32> = energy.iter().map(|db| db.max(loudest - DEPTH_DB)).collect();
    let mut order = energy.clone();
    order.sort_unstable_by(f32::total_cmp);
    let rank = |share: f64| order[(share * (n - 1) as f64) as usize];
    let (energy_mean, energy_deviation) = moments(&energy);
    let soft_share = energy.iter().filter(|&&e| e < energy_mean - 6.0).count() as f32 / n as f32;

    let change: Vec<f32> = level
        .windows(2)
        .map(|pair| pair[0].iter().zip(&pair[1]).map(|(a, b)| (a - b).abs()).sum::<f32>() / BANDS as f32)
        .collect();
    let (change_mean, change_deviation) = moments(&change);

    // How the harmonics stand out of their surroundings, and whether they stand still.
    let fine: Vec<Vec<f32>> = level.iter().map(fine).collect();
    let norms: Vec<f32> = fine.iter().map(|f| f.iter().map(|x| x * x).sum::<f32>().sqrt() + 1e-3).collect();
    let strength: Vec<f32> = norms.iter().map(|norm| norm / (FINE.len() as f32).sqrt()).collect();
    let steady = |lag: usize| -> Vec<f32> {
        (0..n.saturating_sub(lag).max(1))
            .map(|t| match fine.get(t + lag) {
                Some(later) => {
                    fine[t].iter().zip(later).map(|(a, b)| a * b).sum::<f32>() / (norms[t] * norms[t + lag])
                }
                None => 0.0,
            })
            .collect()
    };
    let (steady3, steady8) = (steady(3), steady(8));
    let soft = rank(0.3);
    let softs: Vec<usize> = (0..n).filter(|&t| energy[t] <= soft).collect();
    let soft_steady: Vec<f32> = softs.iter().map(|&t| steady3.get(t).copied().unwrap_or(0.0)).collect();
    let soft_strength: Vec<f32> = softs.iter().map(|&t| strength[t]).collect();

    let all: f32 = level.iter().flatten().sum::<f32>() / (n * BANDS) as f32;
    let least = 10_f32.powf(floor / 10.0);
    let power: f32 = powers.iter().flatten().map(|power| power.max(least)).sum::<f32>() / (n * BANDS) as f32;
    let centroid: Vec<f32> = level
        .iter()
        .map(|frame| {
            let floor = frame.iter().copied().fold(f32::MIN, f32::max) - DEPTH_DB;
            let weights = || frame.iter().map(|db| (db - floor).max(0.0));
            weights().enumerate().map(|(band, w)| band as f32 * w).sum::<f32>()
                / (weights().sum::<f32>() + 1e-3)
        })
        .collect();
    let (centroid_mean, centroid_deviation) = moments(&centroid);
    let low: Vec<f32> = level.iter().map(|frame| mean(&frame[..6])).collect();
    let (low_mean, low_deviation) = moments(&low);
    let high =
        level.iter().map(|frame| frame[100..].iter().sum::<f32>()).sum::<f32>() / (n * (BANDS - 100)) as f32;

    [
        energy_deviation / 10.0,
        (rank(0.9) - rank(0.1)) / 20.0,
        soft_share,
        change_mean / 5.0,
        change_deviation / 2.0,
        mean(&steady3),
        mean(&steady8),
        mean(&strength) / 5.0,
        mean(&soft_steady),
        mean(&soft_strength) / 5.0,
        modulation(&level),
        centroid_mean / 64.0 - 1.0,
        centroid_deviation / 10.0,
        (high - all) / 20.0,
        (low_mean - all) / 20.0,
        low_deviation / 10.0,
        (all - 10.0 * power.log10()) / 20.0,
        pulse(&change, change_mean),
    ]
}

/// A frame less its mean over nine bands, in the bands of the harmonics, and less its mean.
fn fine(frame: &[f32; BANDS]) -> Vec<f32> {
    let at = |band: isize| frame[band.clamp(0, BANDS as isize - 1) as usize];
    let mut fine: Vec<f32> =
        FINE.map(|band| frame[band] - (-4..=4).map(|d| at(band as isize + d)).sum::<f32>() / 9.0).collect();
    let mean = mean(&fine);
    fine.iter_mut().for_each(|x| *x -= mean);
    fine
}

/// Share of the envelopes' energy that lies at the rate of syllables (2 to 8 Hz), over 16 groups of bands.
fn modulation(level: &[[f32; BANDS]]) -> f32 {
    let groups = BANDS / 8;
    let mut envelopes = vec![vec![0.0_f32; level.len()]; groups];
    for (t, frame) in level.iter().enumerate() {
        for (envelope, bands) in envelopes.iter_mut().zip(frame.chunks_exact(8)) {
            envelope[t] = bands.iter().sum::<f32>() / 8.0;
        }
    }
    let mut total = 0.0;
    for envelope in &mut envelopes {
        let mean = mean(envelope);
        envelope.iter_mut().for_each(|x| *x -= mean);
        total += envelope.iter().map(|x| x * x).sum::<f32>();
    }
    let length = 2 * HALF + 1;
    let circle: [(f32, f32); 2 * HALF + 1] = std::array::from_fn(|place| {
        let (sin, cos) = (TAU * place as f64 / length as f64).sin_cos();
        (cos as f32, sin as f32)
    });
    let mut syllables = 0.0;
    for k in 4..17 {
        let turns: Vec<(f32, f32)> = (0..level.len()).map(|t| circle[(k * t) % length]).collect();
        for envelope in &envelopes {
            let (re, im) = envelope
                .iter()
                .zip(&turns)
                .fold((0.0, 0.0), |(re, im), (x, (cos, sin))| (re + x * cos, im - x * sin));
            syllables += re * re + im * im;
        }
    }
    syllables * 2.0 / (length as f32 * (total + 1e-3))
}

/// The largest autocorrelation of the spectrum's change at lags of a quarter to three quarters of a second.
fn pulse(change: &[f32], mean: f32) -> f32 {
    let centred: Vec<f32> = change.iter().map(|c| c - mean).collect();
    let variance = centred.iter().map(|c| c * c).sum::<f32>() + 1e-3;
    (8..25)
        .filter(|&lag| lag < centred.len())
        .map(|lag| centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f32>() / variance)
        .reduce(f32::max)
        .unwrap_or(0.0)
}

/// Chances of speech and of music, each for itself, from a window's own features and the means around it.
fn network(rows: &[[f32; FEATURES]], k: usize) -> (f64, f64) {
    let around = &rows[k.saturating_sub(CONTEXT)..(k + CONTEXT + 1).min(rows.len())];
    let mut input = [0.0_f32; 2 * FEATURES];
    input[..FEATURES].copy_from_slice(&rows[k]);
    for (i, value) in input[FEATURES..].iter_mut().enumerate() {
        *value = around.iter().map(|row| row[i]).sum::<f32>() / around.len() as f32;
    }
    let layer = |weights: &[f32], bias: &[f32], input: &[f32]| -> Vec<f32> {
        weights
            .chunks_exact(input.len())
            .zip(bias)
            .map(|(weights, bias)| bias + weights.iter().zip(input).map(|(w, x)| w * x).sum::<f32>())
            .collect()
    };
    let hidden: Vec<f32> =
        layer(&HIDDEN_WEIGHTS, &HIDDEN_BIAS, &input).into_iter().map(f32::tanh).take(HIDDEN).collect();
    let chance = |x: f32| (1.0 / (1.0 + f64::from(-x).exp())).clamp(LEAST, 1.0 - LEAST);
    let output = layer(&OUTPUT_WEIGHTS, &OUTPUT_BIAS, &hidden);
    (chance(output[0]), chance(output[1]))
}

/// Chances of four states of a chain, forwards and backwards (Rabiner 1989).
fn smooth(windows: &[(f64, f64)]) -> Vec<Chances> {
    let evidence: Vec<[f64; 4]> = windows
        .iter()
        .map(|&(s, m)| {
            [s * (1.0 - m), (1.0 - s) * m, s * m, (1.0 - s) * (1.0 - m)].map(|p: f64| p.powf(EVIDENCE))
        })
        .collect();
    let step = |from: [f64; 4]| {
        let sum: f64 = from.iter().sum();
        from.map(|p| (p * STAY + (sum - p) * (1.0 - STAY) / 3.0) / sum)
    };
    let times = |a: [f64; 4], b: &[f64; 4]| std::array::from_fn(|i| a[i] * b[i]);
    let mut forward: Vec<[f64; 4]> = Vec::with_capacity(evidence.len());
    for seen in &evidence {
        let before = forward.last().map_or([0.25; 4], |&last| step(last));
        forward.push(times(before, seen));
    }
    let mut backward = [1.0; 4];
    let mut found = vec![Chances::default(); evidence.len()];
    for k in (0..evidence.len()).rev() {
        let both = times(forward[k], &backward);
        let sum: f64 = both.iter().sum();
        let [speech, music, together, neither] = both.map(|p| p / sum);
        found[k] = Chances { speech, music, both: together, neither };
        backward = step(times(backward, &evidence[k]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_window_does_not_turn_the_chain() {
        let mut windows = vec![(0.95, 0.05); 20];
        windows[10] = (0.3, 0.6);
        let found = smooth(&windows);
        assert!(found.iter().all(|c| c.speech > 0.8), "{found:?}");
        assert!(found.iter().all(|c| (c.speech + c.music + c.both + c.neither - 1.0).abs() < 1e-9));
        windows.truncate(10);
        windows.extend([(0.05, 0.95); 10]);
        let found = smooth(&windows);
        assert!(found[..9].iter().all(|c| c.speech > 0.7) && found[11..].iter().all(|c| c.music > 0.7));
        assert!(smooth(&[]).is_empty());
    }

    #[test]
    fn short_and_silent_sounds_have_finite_features() {
        for frames in [0, 1, 2, 9, 40, 200] {
            let mut content = Content::new();
            for _ in 0..frames {
                content.push(&[0.0; super::super::stft::BINS]);
            }
            let found = content.finish(&vec![0.0; frames * 2]);
            assert_eq!(found.len(), frames.div_ceil(STEP), "{frames}");
            assert!(found.iter().all(|c| c.neither > 0.7), "{frames}: {found:?}");
        }
    }
}

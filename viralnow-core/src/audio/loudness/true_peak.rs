//! The true peak: the largest value of the sound between its samples too (ITU-R BS.1770-4, Annex 2).

use crate::dsp::wide::wide;
use std::f64::consts::PI;

/// Taps of the filter at the rate that it makes.
const TAPS: usize = 48;
/// Values whose outputs are sought together, and that are computed side by side.
const BLOCK: usize = 64;
const LANES: usize = 8;
/// What rounding may add to the bound.
const ROUNDING: f32 = 1.0 + 1e-5;

/// Finds the largest amplitude of a stream, four times oversampled below 96 kHz, twice below 192 kHz, and as it is above.
///
/// A value between samples is at most as large as the samples around it times the sum of the filter's magnitudes, which is
/// less than two. Where that is no more than what was found before, nothing is computed: this changes no result.
#[derive(Debug)]
pub(super) struct TruePeak {
    channels: usize,
    oversampled: Oversampled,
    /// The frames before, as many as the filter reaches back, and the samples that are searched now.
    samples: Vec<f32>,
    largest: f32,
}

/// The filter's phases but the first, which gives the samples as they are; the latest sample's tap first.
#[derive(Debug)]
enum Oversampled {
    Four([[f32; 3]; 12]),
    Two([[f32; 1]; 24]),
    Not,
}

/// A sinc under a Hann window.
fn filter<const PHASES: usize, const REACH: usize>() -> [[f32; PHASES]; REACH] {
    let factor = PHASES + 1;
    std::array::from_fn(|tap| {
        std::array::from_fn(|phase| {
            let place = (tap * factor + phase + 1) as f64;
            let window = 0.5 * (1.0 - (2.0 * PI * place / TAPS as f64).cos());
            let angle = (place - TAPS as f64 / 2.0) * PI / factor as f64;
            (window * angle.sin() / angle) as f32
        })
    })
}

impl TruePeak {
    pub(super) fn new(rate: u32, channels: u16) -> Self {
        let (oversampled, reach) = match rate {
            0..96_000 => (Oversampled::Four(filter()), 12),
            96_000..192_000 => (Oversampled::Two(filter()), 24),
            _ => (Oversampled::Not, 1),
        };
        let channels = usize::from(channels);
        Self { channels, oversampled, samples: vec![0.0; (reach - 1) * channels], largest: 0.0 }
    }

    /// Takes whole frames of numbers.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.samples.extend_from_slice(samples);
        let (all, channels) = (&self.samples[..], self.channels);
        let kept = all.len() - samples.len();
        match &self.oversampled {
            Oversampled::Four(filter) => search(filter, all, channels, &mut self.largest),
            Oversampled::Two(filter) => search(filter, all, channels, &mut self.largest),
            Oversampled::Not => self.largest = self.largest.max(largest(all)),
        }
        self.samples.drain(..all.len() - kept);
    }

    /// The largest amplitude so far.
    pub(super) fn largest(&self) -> f64 {
        f64::from(self.largest)
    }
}

/// Looks through what follows the frames that the filter reaches back.
fn search<const PHASES: usize, const REACH: usize>(
    filter: &[[f32; PHASES]; REACH],
    samples: &[f32],
    channels: usize,
    found: &mut f32,
) {
    let gain = |phase: usize| filter.iter().map(|taps| taps[phase].abs()).sum::<f32>();
    let gain = (0..PHASES).map(gain).fold(0.0, f32::max) * ROUNDING;
    let back = (REACH - 1) * channels;
    let mut start = back;
    while start < samples.len() {
        let end = (start + BLOCK).min(samples.len());
        let around = loudest(&samples[start - back..end]);
        *found = found.max(around);
        if around * gain > *found {
            while start + LANES <= end {
                if largest(&samples[start - back..start + LANES]) * gain > *found {
                    *found = found.max(eight(filter, samples, start, channels));
                }
                start += LANES;
            }
            for rest in start..end {
                *found = found.max(one(filter, samples, rest, channels));
            }
        }
        start = end;
    }
}

wide! {
    /// The largest amplitude of all phases at eight values from `start` on. Channels are interleaved, so that a tap back is
    /// as many values back as there are channels.
    fn eight<const PHASES: usize>(filter: &[[f32; PHASES]], samples: &[f32], start: usize, channels: usize) -> f32 {
        let mut sums = [[0.0_f32; LANES]; PHASES];
        for (tap, weights) in filter.iter().enumerate() {
            let values: &[f32; LANES] =
                samples[start - tap * channels..].first_chunk().expect("the values are there");
            for (sums, weight) in sums.iter_mut().zip(weights) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value * weight;
                }
            }
        }
        largest(sums.as_flattened())
    }
}

/// The same at one value.
fn one<const PHASES: usize, const REACH: usize>(
    filter: &[[f32; PHASES]; REACH],
    samples: &[f32],
    start: usize,
    channels: usize,
) -> f32 {
    let mut sums = [0.0_f32; PHASES];
    for (tap, weights) in filter.iter().enumerate() {
        let value = samples[start - tap * channels];
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += value * weight;
        }
    }
    largest(&sums)
}

wide! {
    /// The largest amplitude of many numbers.
    fn loudest(values: &[f32]) -> f32 {
        largest(values)
    }
}

/// The largest amplitude of numbers.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
fn largest(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b.abs() > a { b.abs() } else { a };
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for values in whole {
        for (lane, &value) in lanes.iter_mut().zip(values) {
            *lane = larger(*lane, value);
        }
    }
    lanes.iter().chain(rest).copied().fold(0.0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut level = 0.0_f32;
        (0..n)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                level = if i % 500 == 0 { (i % 7) as f32 / 7.0 } else { level };
                level * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
            })
            .collect()
    }

    /// Every value between every two samples, computed one by one.
    fn all(rate: u32, channels: usize, samples: &[f32]) -> f64 {
        let factor = if rate < 96_000 { 4 } else { 2 };
        let reach = TAPS / factor;
        let mut peak = 0.0_f64;
        for at in 0..samples.len() {
            for phase in 0..factor {
                let mut sum = 0.0;
                for tap in 0..reach {
                    let place = (tap * factor + phase) as f64;
                    let angle = (place - 24.0) * PI / factor as f64;
                    let window = 0.5 * (1.0 - (2.0 * PI * place / 48.0).cos());
                    let weight = if angle == 0.0 { 1.0 } else { window * angle.sin() / angle };
                    sum += weight * at.checked_sub(tap * channels).map_or(0.0, |at| f64::from(samples[at]));
                }
                peak = peak.max(sum.abs());
            }
        }
        peak.max(samples.iter().fold(0.0, |peak, &s| peak.max(f64::from(s.abs()))))
    }

    #[test]
    fn what_is_left_out_is_not_the_peak() {
        let samples = noise(16_800);
        for rate in [44_100, 96_000] {
            for channels in [1_u16, 2, 3, 6, 7] {
                let expected = all(rate, usize::from(channels), &samples);
                for frames in [1, 7, 100, 5000] {
                    let mut peak = TruePeak::new(rate, channels);
                    samples.chunks(frames * usize::from(channels)).for_each(|block| peak.push(block));
                    assert!((peak.largest() - expected).abs() < 1e-6, "{rate} {channels} {frames}");
                }
            }
        }
        let mut plain = TruePeak::new(192_000, 2);
        plain.push(&[0.1, -0.5, 0.25, 0.0]);
        assert_eq!(plain.largest(), 0.5);
    }

    #[test]
    fn a_sine_between_its_samples() {
        // A quarter of the rate, sampled 45 degrees off its peaks: 3 dB above its samples.
        let sine: Vec<f32> = (0..4000).map(|i| (PI / 2.0 * (f64::from(i) + 0.5)).sin() as f32).collect();
        let mut peak = TruePeak::new(48_000, 1);
        peak.push(&sine);
        assert!((peak.largest() - 1.0).abs() < 0.02, "{}", peak.largest());
    }
}

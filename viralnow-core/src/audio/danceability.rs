//! Danceability by detrended fluctuation analysis: S. Streich & P. Herrera, "Detrended fluctuation analysis of music
//! signals: danceability estimation and further semantic characterization", 118th AES Convention (2005).

use super::functions::check_samples;
use crate::{Error, ErrorKind, Result};

/// Blocks of the level in a second.
const BLOCK_RATE: f64 = 100.0;
/// The shortest and the longest scale, in blocks (0.31 s and 8.8 s), and the ratio of two neighbours.
const SHORTEST: f64 = 31.0;
const LONGEST: f64 = 880.0;
const RATIO: f64 = 1.1;
/// What short scales are corrected by (Buldyrev et al. 1995), in blocks.
const CORRECTION: f64 = 3.0;
/// Blocks of the shortest sound: 3 s.
const FEWEST: usize = 300;
/// The largest value; a mean exponent below a tenth means nothing finer.
const LARGEST: f64 = 10.0;
/// Windows are summed up anew after this many steps, so that rounding cannot pile up.
const FRESH: usize = 1000;
/// Rates that sound has.
const RATES: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// The standard deviation of the samples of every 10 ms, streaming. Keeps 4 bytes for each, 400 for each second.
#[derive(Debug, Default)]
pub(super) struct Levels {
    rate: u32,
    /// Samples of this rate so far, and of the block that is open.
    samples: u64,
    count: u32,
    sum: f64,
    squares: f64,
    /// Blocks before this rate.
    before: usize,
    found: Vec<f32>,
}

impl Levels {
    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        self.found.reserve((seconds * BLOCK_RATE) as usize);
    }

    /// Takes mono sound of this rate.
    pub(super) fn push(&mut self, mut mono: &[f32], rate: u32) {
        if rate != self.rate {
            *self = Self {
                rate,
                before: self.found.len(),
                found: std::mem::take(&mut self.found),
                ..Self::default()
            };
        }
        if !RATES.contains(&rate) {
            return;
        }
        while !mono.is_empty() {
            // Block k ends before sample (k + 1) rate / 100.
            let block = (self.found.len() - self.before) as u64 + 1;
            let end = block * u64::from(rate) / BLOCK_RATE as u64;
            let (now, rest) = mono.split_at(mono.len().min((end - self.samples) as usize));
            for &sample in now {
                self.sum += f64::from(sample);
                self.squares += f64::from(sample) * f64::from(sample);
            }
            self.count += now.len() as u32;
            self.samples += now.len() as u64;
            if self.samples == end {
                let n = f64::from(self.count);
                let power = self.squares / n;
                let variance = power - (self.sum / n).powi(2);
                // What rounding leaves of a constant is none.
                self.found.push(if variance > 1e-12 * power { variance.sqrt() as f32 } else { 0.0 });
                (self.count, self.sum, self.squares) = (0, 0.0, 0.0);
            }
            mono = rest;
        }
    }

    /// The danceability, or why there is none.
    pub(super) fn finish(self) -> Result<f64, &'static str> {
        if self.found.len() < FEWEST {
            return Err("the sound is shorter than 3 s");
        }
        let exponents = exponents(&self.found);
        if exponents.is_empty() {
            return Err("the level does not fluctuate");
        }
        let mean = exponents.iter().sum::<f64>() / exponents.len() as f64;
        Ok(1.0 / mean.max(1.0 / LARGEST))
    }
}

/// The fluctuation exponent from each scale to the next.
fn exponents(levels: &[f32]) -> Vec<f64> {
    let n = levels.len() as f64;
    let mean = levels.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    // Taking the mean out changes the running sum by a line, which the detrending takes out again; without it the sum
    // would grow for an hour.
    let walk: Vec<f64> = levels
        .iter()
        .scan(0.0, |sum, &v| {
            *sum += f64::from(v) - mean;
            Some(*sum)
        })
        .collect();
    let scales = (0..).map(|i| SHORTEST * RATIO.powi(i)).take_while(|&scale| scale <= LONGEST);
    let scales: Vec<usize> = scales.map(|s| s as usize).take_while(|&scale| scale < walk.len()).collect();
    let fluctuations: Vec<f64> = scales.iter().map(|&scale| fluctuation(&walk, scale)).collect();
    // What a level that stays the same leaves of rounding is no fluctuation.
    let least = 1e-9 * mean.max(f64::MIN_POSITIVE);
    if fluctuations.iter().any(|f| f.is_nan() || *f <= least) {
        return Vec::new();
    }
    let corrected = |scale: usize| (scale as f64 + CORRECTION).log10();
    (1..scales.len())
        .map(|i| {
            (fluctuations[i] / fluctuations[i - 1]).log10()
                / (corrected(scales[i]) - corrected(scales[i - 1]))
        })
        .collect()
}

/// The root mean square of what lies off the best line, over every window of this length.
fn fluctuation(walk: &[f64], scale: usize) -> f64 {
    let n = scale as f64;
    // Sum of squares of the places around their middle.
    let spread = n * (n * n - 1.0) / 12.0;
    let windows = walk.len() - scale + 1;
    let mut total = 0.0;
    for start in (0..windows).step_by(FRESH) {
        let offset = walk[start];
        let (mut sum, mut squares, mut moment) = (0.0, 0.0, 0.0);
        for (place, value) in walk[start..start + scale].iter().enumerate() {
            let value = value - offset;
            sum += value;
            squares += value * value;
            moment += place as f64 * value;
        }
        for first in start..(start + FRESH).min(windows) {
            let slope = moment - (n - 1.0) / 2.0 * sum;
            total += (squares - sum * sum / n - slope * slope / spread).max(0.0);
            if first + scale < walk.len() {
                let (old, new) = (walk[first] - offset, walk[first + scale] - offset);
                // Every place moves down by one; the first one had weight 0.
                moment += (n - 1.0) * new - (sum - old);
                sum += new - old;
                squares += new * new - old * old;
            }
        }
    }
    (total / (n * windows as f64)).sqrt()
}

/// Danceability of mono sound, in [0, 10]: the reciprocal of the mean exponent with which the fluctuations of the level grow
/// from 0.31 s to 8.8 s, after Streich & Herrera (2005). Where a strong beat bounds the fluctuations the exponent is small
/// and the value large; the peers' music lies between 0.7 and 3. It tells of the regularity of the level and not of
/// whether there is music: speech gives about 1.4. `None` where the level does not fluctuate (silence, a steady tone).
///
/// Fails with `INVALID_INPUT` for samples that are no numbers or beyond ±1e6, for a rate below 1 kHz or above 768 kHz and for less than
/// 3 s of sound; under 9 s the longer scales are left out.
///
/// ```
/// use viralnow_core::audio::danceability;
///
/// // A decaying tone, twice a second: bounded fluctuations.
/// let beats: Vec<f32> = (0..320_000).map(|i| (i as f32 * 0.2).sin() * (-((i % 8000) as f32) / 1000.0).exp()).collect();
/// // The same tone, ever softer: it fluctuates the more the longer one looks.
/// let fade: Vec<f32> = (0..320_000).map(|i| (i as f32 * 0.2).sin() * (-(i as f32) / 100_000.0).exp()).collect();
/// let (beats, fade) = (danceability(&beats, 16_000)?, danceability(&fade, 16_000)?);
/// assert!(beats.unwrap() > 2.0 * fade.unwrap());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn danceability(y: &[f32], sample_rate: u32) -> Result<Option<f64>> {
    check_samples(y, sample_rate)?;
    let mut levels = Levels::default();
    levels.push(y, sample_rate);
    if levels.found.len() < FEWEST {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "danceability needs at least 3 s of sound at 1 to 768 kHz; give a longer piece",
        )
        .with("samples", y.len())
        .with("sample_rate", sample_rate));
    }
    Ok(levels.finish().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition, window by window.
    fn directly(walk: &[f64], scale: usize) -> f64 {
        let n = scale as f64;
        let middle = (n - 1.0) / 2.0;
        let windows = walk.windows(scale).map(|window| {
            let mean = window.iter().sum::<f64>() / n;
            let places = || (0..scale).map(|i| i as f64 - middle);
            let slope =
                places().zip(window).map(|(x, y)| x * y).sum::<f64>() / places().map(|x| x * x).sum::<f64>();
            places().zip(window).map(|(x, y)| (y - mean - slope * x).powi(2)).sum::<f64>() / n
        });
        let (sum, count) = windows.fold((0.0, 0.0), |(sum, count), d| (sum + d, count + 1.0));
        (sum / count).sqrt()
    }

    #[test]
    fn the_sliding_sums_are_the_definition() {
        let mut state = 1_u64;
        let walk: Vec<f64> = (0..3000)
            .scan(0.0, |sum, _| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *sum += (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
                Some(*sum)
            })
            .collect();
        for scale in [31, 100, 880, 2999] {
            let (fast, slow) = (fluctuation(&walk, scale), directly(&walk, scale));
            assert!((fast / slow - 1.0).abs() < 1e-9, "{scale}: {fast} {slow}");
        }
    }

    #[test]
    fn exponents_are_those_of_theory() {
        // Levels that are independent of each other give 1/2, their running sum 3/2 (Peng et al. 1994).
        let mut state = 7_u64;
        let white: Vec<f32> = (0..100_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 40) as f32 / (1 << 24) as f32
            })
            .collect();
        let mean = |v: Vec<f64>| v.iter().sum::<f64>() / v.len() as f64;
        assert!((mean(exponents(&white)) - 0.5).abs() < 0.05, "{}", mean(exponents(&white)));
        let brown: Vec<f32> = white
            .iter()
            .scan(0.0, |sum, v| {
                *sum += v - 0.5;
                Some(*sum + 1000.0)
            })
            .collect();
        assert!((mean(exponents(&brown)) - 1.5).abs() < 0.1, "{}", mean(exponents(&brown)));
    }

    #[test]
    fn what_does_not_fluctuate_has_none() {
        for level in [0.0, 0.25] {
            let mut levels = Levels::default();
            levels.push(&[level; 100_000], 16_000);
            assert_eq!(levels.finish(), Err("the level does not fluctuate"), "{level}");
        }
        assert_eq!(Levels::default().finish(), Err("the sound is shorter than 3 s"));
    }

    #[test]
    fn blocks_do_not_matter() {
        let sound: Vec<f32> =
            (0..200_000_u64).map(|i| ((i * i) % 977) as f32 / 977.0 * ((i / 5000) % 3) as f32).collect();
        let run = |block: usize| {
            let mut levels = Levels::default();
            sound.chunks(block).for_each(|chunk| levels.push(chunk, 22_050));
            levels.found
        };
        assert_eq!(run(1), run(200_000));
        assert_eq!(run(441), run(200_000));
    }
}

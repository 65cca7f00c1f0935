//! Resampling to the rate at which speech and spectra are analysed.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler, WindowFunction};

/// The rate of the analysis.
pub(crate) const RATE: u32 = 16_000;

/// Least length of the anti-aliasing filter, in samples of the lower rate.
const FILTER: usize = 1600;

/// Longest block of the transform on either side; bounds memory for rates that share no factor with 16000.
const MAX_BLOCK: usize = 400_000;

/// Blocks below this are brought to a multiple of 16 units; longer ones are left as they are, for memory's sake.
const WELL_FACTORED: usize = 1 << 15;

/// Samples that are taken in at a time, at most.
const PIECE: usize = 16_384;

/// Turns one channel at any rate into 16 kHz (or, by [`Resampler16k::between`], another rate), streaming and without delay:
/// sample `k` of the output is the band-limited input at `k / 16000` s, and `n` samples give `ceil(n 16000 / rate)`. At
/// 16 kHz samples pass as they are.
///
/// A linear-phase windowed sinc (squared Blackman-Harris, at least 1600 samples of the lower rate long), applied by FFT.
/// With `h` half the lower of the two rates: flat within 0.01 dB up to 0.98 `h`, -6 dB at 0.99 `h`, and what lies above `h`
/// is rejected by at least 120 dB.
pub(crate) struct Resampler16k {
    rate: u32,
    /// The rate of the output.
    to: u32,
    /// `None` where the two rates are the same.
    fft: Option<Fft<f32>>,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    block: Vec<f32>,
    /// Samples of the filter's delay that are still to be left out.
    skip: usize,
    taken: u64,
    given: u64,
}

impl std::fmt::Debug for Resampler16k {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler16k")
            .field("rate", &self.rate)
            .field("to", &self.to)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

impl Resampler16k {
    /// From this rate. `None` for rates that no sound has: below 1 kHz, above 768 kHz, and those whose ratio to 16 kHz
    /// would need blocks of more than 400,000 samples (above 200 kHz and not a multiple of a small common factor).
    pub(crate) fn new(rate: u32) -> Option<Self> {
        Self::between(rate, RATE)
    }

    /// From one rate to another, both bound as in [`Resampler16k::new`].
    pub(crate) fn between(rate: u32, to: u32) -> Option<Self> {
        Self::with_filter(rate, to, FILTER)
    }

    /// As [`Resampler16k::between`], with a filter ten times as sharp (flat up to 0.998 `h`), which costs a delay of a
    /// second.
    pub(crate) fn sharp(rate: u32, to: u32) -> Option<Self> {
        Self::with_filter(rate, to, 10 * FILTER)
    }

    fn with_filter(rate: u32, to: u32, filter: usize) -> Option<Self> {
        let rates = 1000..=768_000;
        if !rates.contains(&rate) || !rates.contains(&to) {
            return None;
        }
        let mut new =
            Self { rate, to, fft: None, pending: vec![], block: vec![], skip: 0, taken: 0, given: 0 };
        if rate != to {
            let divisor = greatest_common_divisor(rate, to);
            let (per_in, per_out) = ((rate / divisor) as usize, (to / divisor) as usize);
            // The filter's centre must fall on a sample of both rates, so both blocks are even.
            let mut units = filter.div_ceil(per_in.min(per_out));
            // And transforms of lengths with many factors of two take half as long.
            let longest = |even: usize| units.next_multiple_of(even) * per_in.max(per_out);
            let even = if longest(16) <= WELL_FACTORED { 16 } else { 2 };
            units = units.next_multiple_of(even);
            if units * per_in.max(per_out) > MAX_BLOCK {
                return None;
            }
            let window = WindowFunction::BlackmanHarris2;
            let (rate_in, rate_out) = (rate as usize, to as usize);
            let fft =
                Fft::new_custom(rate_in, rate_out, units * per_in, 1, 1, window, FixedSync::Both).ok()?;
            new.skip = fft.output_delay();
            new.block = vec![0.0; fft.output_frames_max()];
            new.fft = Some(fft);
        }
        Some(new)
    }

    /// Takes samples and appends what is complete.
    pub(crate) fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        self.taken += input.len() as u64;
        if self.fft.is_none() {
            self.given += input.len() as u64;
            output.extend_from_slice(input);
            return;
        }
        // A piece at a time: who gives an hour at once is not kept a second time.
        for piece in input.chunks(PIECE) {
            self.pending.extend_from_slice(piece);
            self.run(output);
        }
    }

    /// Appends the rest, up to the length of the whole.
    pub(crate) fn finish(&mut self, output: &mut Vec<f32>) {
        let total = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.rate));
        while self.given < total {
            let Some(fft) = &self.fft else { return };
            self.pending.resize(self.pending.len().max(1).next_multiple_of(fft.input_frames_next()), 0.0);
            self.run(output);
        }
        output.truncate(output.len() - (self.given - total) as usize);
        self.given = total;
    }

    fn run(&mut self, output: &mut Vec<f32>) {
        let Some(fft) = &mut self.fft else { return };
        let size = fft.input_frames_next();
        let mut start = 0;
        while self.pending.len() >= start + size {
            let room = self.block.len();
            let input = InterleavedSlice::new(&self.pending[start..start + size], 1, size);
            let out = InterleavedSlice::new_mut(&mut self.block, 1, room);
            let (Ok(input), Ok(mut out)) = (input, out) else {
                unreachable!("one channel of the sizes that were asked for")
            };
            let (_, frames) = fft
                .process_into_buffer(&input, &mut out, Some(&Indexing::new()))
                .expect("the buffers have the sizes that the resampler asked for");
            let skipped = self.skip.min(frames);
            self.skip -= skipped;
            output.extend_from_slice(&self.block[skipped..frames]);
            self.given += (frames - skipped) as u64;
            start += size;
        }
        self.pending.drain(..start);
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(rate: u32, hz: f64, seconds: f64) -> Vec<f32> {
        let n = (seconds * f64::from(rate)) as usize;
        (0..n).map(|i| (0.5 * (TAU * hz * i as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn resample(rate: u32, input: &[f32], block: usize) -> Vec<f32> {
        convert(rate, RATE, input, block)
    }

    fn convert(from: u32, to: u32, input: &[f32], block: usize) -> Vec<f32> {
        let mut resampler = Resampler16k::between(from, to).unwrap();
        let mut output = Vec::new();
        input.chunks(block).for_each(|chunk| resampler.push(chunk, &mut output));
        resampler.finish(&mut output);
        output
    }

    /// Seconds of sine that keep its ends out of reach of the filter in the middle half.
    fn seconds(rate: u32) -> f64 {
        // Rates with hardly a common factor have filters of seconds.
        if matches!(rate, 30_001 | 44_101) { 10.0 } else { 2.0 }
    }

    /// Largest deviation from the closed form in the middle half, away from the ends, where the sine is cut off.
    fn deviation(output: &[f32], expected: impl Fn(f64) -> f64) -> f64 {
        let margin = output.len() / 4;
        (margin..output.len() - margin)
            .map(|k| (f64::from(output[k]) - expected(k as f64 / 16_000.0)).abs())
            .fold(0.0, f64::max)
    }

    const RATES: [u32; 13] = [
        8000, 11_025, 12_000, 22_050, 24_000, 30_001, 32_000, 44_100, 44_101, 48_000, 88_200, 96_000, 192_000,
    ];

    #[test]
    fn sines_in_the_pass_band_keep_time_and_height() {
        for rate in RATES {
            let half = f64::from(rate.min(RATE)) / 2.0;
            for share in [0.01, 0.1, 0.5, 0.9, 0.98] {
                let hz = share * half;
                // 0.01 dB of height is 0.00115; a shift of one sample would be far more.
                let error = deviation(&resample(rate, &sine(rate, hz, seconds(rate)), 1024), |t| {
                    0.5 * (TAU * hz * t).sin()
                });
                assert!(error < 0.5 * 0.00115, "{rate} Hz, sine at {hz}: {error}");
            }
        }
    }

    #[test]
    fn what_cannot_be_represented_is_rejected_by_120_db() {
        for rate in RATES.into_iter().filter(|&rate| rate > RATE) {
            for hz in [8000.5, 8100.0, 9500.0, 0.499 * f64::from(rate)].into_iter().filter(|&hz| hz > 8000.0)
            {
                let peak = deviation(&resample(rate, &sine(rate, hz, seconds(rate)), 4096), |_| 0.0);
                assert!(20.0 * (peak / 0.5).log10() < -120.0, "{rate} Hz, sine at {hz}: {peak:e}");
            }
        }
    }

    #[test]
    fn no_images_appear_when_the_rate_goes_up() {
        // A sine at 3 kHz, sampled at 8 kHz, has its image at 5 kHz; it must be 120 dB down.
        let output = resample(8000, &sine(8000, 3000.0, 2.0), 1000);
        let part = |hz: f64, shift: f64| -> f64 {
            let weigh = |k: usize| f64::from(output[k]) * (TAU * (hz * k as f64 / 16_000.0 + shift)).sin();
            (8000..24_000).map(weigh).sum::<f64>() / 8000.0
        };
        assert!((part(3000.0, 0.0) - 0.5).abs() < 1e-5);
        let image = part(5000.0, 0.0).hypot(part(5000.0, 0.25));
        assert!(image < 0.5e-6, "{image:e}");
    }

    #[test]
    fn the_length_is_the_ceiling_and_blocks_do_not_matter() {
        for rate in RATES {
            for n in [1_usize, 2, 999, 10_007] {
                let input: Vec<f32> = (0..n).map(|i| ((i * 37) % 101) as f32 / 101.0 - 0.5).collect();
                let whole = resample(rate, &input, n);
                assert_eq!(whole.len() as u64, (n as u64 * 16_000).div_ceil(u64::from(rate)), "{rate} {n}");
                assert_eq!(resample(rate, &input, 7), whole, "{rate} {n}");
            }
        }
    }

    #[test]
    fn any_rate_to_any_other_keeps_time_and_height() {
        for (from, to) in
            [(16_000, 44_100), (44_100, 48_000), (48_000, 44_100), (22_050, 8000), (8000, 22_050)]
        {
            let half = f64::from(from.min(to)) / 2.0;
            for share in [0.05, 0.5, 0.98] {
                let hz = share * half;
                let output = convert(from, to, &sine(from, hz, 2.0), 1024);
                assert_eq!(output.len() as u32, 2 * to);
                let margin = output.len() / 4;
                let worst = (margin..output.len() - margin)
                    .map(|k| (f64::from(output[k]) - 0.5 * (TAU * hz * k as f64 / f64::from(to)).sin()).abs())
                    .fold(0.0, f64::max);
                assert!(worst < 0.5 * 0.00115, "{from} to {to} Hz, sine at {hz}: {worst}");
            }
        }
    }

    #[test]
    fn sixteen_kilohertz_pass_as_they_are() {
        let input = sine(RATE, 440.0, 0.1);
        assert_eq!(resample(RATE, &input, 100), input);
    }

    #[test]
    fn rates_that_no_sound_has_are_refused() {
        for rate in [0, 1, 999, 768_001, u32::MAX, 383_999] {
            assert!(Resampler16k::new(rate).is_none(), "{rate}");
        }
        assert!(Resampler16k::new(384_000).is_some() && Resampler16k::new(1000).is_some());
    }
}

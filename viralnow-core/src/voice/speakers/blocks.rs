//! Speech cut into blocks of a tenth of a second, and what is known of each.

use super::background::{KINDS, MEANS, Sounds, VARIANCES};
use super::cepstra::{DIMS, FIRST_S, Frame, Frames, STEP_S};
use crate::Result;
use std::ops::Range;

/// Numbers of a vector of deviations: for each kind of sound, one for each coefficient.
pub(super) const DEVIATIONS: usize = KINDS * DIMS;
/// Frames of a block.
const BLOCK: usize = 10;
/// Frames that the background's variances count for beside those of the sound itself.
const PRIOR: f64 = 16.0;

/// Sums over frames: how many of each kind of sound, how far they lie from the average voice of the whole sound (in
/// standard deviations, summed), and their pitch. Adds up over blocks.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    pub(super) counts: [f32; KINDS],
    pub(super) deviations: [f32; DEVIATIONS],
    pub(super) pitch: PitchSums,
}

/// Sums over voiced frames of the fundamental frequency, in octaves from 150 Hz.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PitchSums {
    pub(super) frames: f32,
    pub(super) sum: f32,
    pub(super) squares: f32,
}

impl PitchSums {
    pub(super) fn mean(&self) -> f32 {
        self.sum / self.frames
    }

    pub(super) fn variance(&self) -> f32 {
        (self.squares / self.frames - self.mean() * self.mean()).max(0.0)
    }
}

impl Default for Sums {
    fn default() -> Self {
        Self { counts: [0.0; KINDS], deviations: [0.0; DEVIATIONS], pitch: PitchSums::default() }
    }
}

impl Sums {
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, x) in self.counts.iter_mut().zip(&other.counts) {
            *sum += x;
        }
        for (sum, x) in self.deviations.iter_mut().zip(&other.deviations) {
            *sum += x;
        }
        self.pitch.frames += other.pitch.frames;
        self.pitch.sum += other.pitch.sum;
        self.pitch.squares += other.pitch.squares;
    }

    /// Frames.
    pub(super) fn frames(&self) -> f32 {
        self.counts.iter().sum()
    }
}

/// One block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Start and end, in seconds from the first sample.
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    /// Which stretch of speech it is of.
    pub(super) stretch: usize,
    pub(super) sums: Sums,
}

/// The blocks of all speech.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
    /// How often each kind of sound is.
    pub(super) weights: [f32; KINDS],
}

impl Blocks {
    /// The sum over a range of blocks.
    pub(super) fn sum(&self, range: Range<usize>) -> Sums {
        let mut sums = Sums::default();
        self.blocks[range].iter().for_each(|block| sums.add(&block.sums));
        sums
    }

    /// Ranges of the blocks of each stretch.
    pub(super) fn stretches(&self) -> impl Iterator<Item = Range<usize>> {
        let mut at = 0;
        self.blocks.chunk_by(|a, b| a.stretch == b.stretch).map(move |chunk| {
            at += chunk.len();
            at - chunk.len()..at
        })
    }

    /// Cuts stretches of speech (in seconds) into blocks. `f0_hz` has a value for each frame, NaN or 0 where unvoiced, or
    /// is shorter.
    ///
    /// Voices are told apart by how their sounds of one kind differ: each frame is shared out among the kinds of the
    /// background, each kind's mean and variance are taken anew from this sound, and what counts of a frame is its
    /// distance from there. So neither the words that were said nor the microphone count.
    ///
    /// Stops as soon as `beat` fails, with its error.
    pub(super) fn new(
        frames: &Frames,
        speech: &[(f64, f64)],
        f0_hz: &[f32],
        beat: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Self> {
        let stretches: Vec<Range<usize>> = speech.iter().map(|&s| frames_of(s, frames.len())).collect();
        let mean = mean(frames, &stretches);
        let sounds = Sounds::new();
        let mut new = Self::default();
        // Counts, sums and sums of squares over all speech, by kind.
        let mut total = [0.0_f64; KINDS];
        let (mut first, mut second) = ([[0.0_f64; DIMS]; KINDS], [[0.0_f64; DIMS]; KINDS]);
        for (stretch, (range, &(start_s, end_s))) in stretches.iter().zip(speech).enumerate() {
            if range.is_empty() {
                continue;
            }
            let count = (range.len() as f64 / BLOCK as f64).round().max(1.0) as usize;
            let edge = |i: usize| range.start + i * range.len() / count;
            // Between two frames is where their windows are equally far.
            let time = |i: usize| match i {
                0 => start_s,
                i if i == count => end_s,
                i => FIRST_S + (edge(i) as f64 - 0.5) * STEP_S,
            };
            for i in 0..count {
                beat()?;
                let mut sums = Sums::default();
                for at in edge(i)..edge(i + 1) {
                    let mut frame = frames.get(at);
                    for (x, m) in frame.iter_mut().zip(&mean) {
                        *x -= m;
                    }
                    let shares = sounds.shares(&frame);
                    for (k, &share) in shares.iter().enumerate() {
                        sums.counts[k] += share;
                        total[k] += f64::from(share);
                        for (d, &x) in frame.iter().enumerate() {
                            sums.deviations[k * DIMS + d] += share * x;
                            first[k][d] += f64::from(share * x);
                            second[k][d] += f64::from(share * x * x);
                        }
                    }
                    if let Some(&f0) = f0_hz.get(at)
                        && f0 > 0.0
                    {
                        let octaves = (f0 / 150.0).log2();
                        sums.pitch.frames += 1.0;
                        sums.pitch.sum += octaves;
                        sums.pitch.squares += octaves * octaves;
                    }
                }
                new.blocks.push(Block { start_s: time(i), end_s: time(i + 1), stretch, sums });
            }
        }
        new.standardise(&total, &first, &second);
        Ok(new)
    }

    /// Turns sums of coefficients into sums of deviations.
    fn standardise(
        &mut self,
        total: &[f64; KINDS],
        first: &[[f64; DIMS]; KINDS],
        second: &[[f64; DIMS]; KINDS],
    ) {
        let (mut means, mut scales) = ([0.0_f32; DEVIATIONS], [0.0_f32; DEVIATIONS]);
        for k in 0..KINDS {
            for d in 0..DIMS {
                means[k * DIMS + d] = ((first[k][d] + f64::from(MEANS[k][d])) / (total[k] + 1.0)) as f32;
                let own = first[k][d] / (total[k] + 1e-3);
                let variance = (second[k][d] / (total[k] + 1e-3) - own * own).max(0.0);
                let smooth = (variance * total[k] + PRIOR * f64::from(VARIANCES[k][d])) / (total[k] + PRIOR);
                scales[k * DIMS + d] = smooth.sqrt().recip() as f32;
            }
        }
        for block in &mut self.blocks {
            for (i, x) in block.sums.deviations.iter_mut().enumerate() {
                *x = (*x - block.sums.counts[i / DIMS] * means[i]) * scales[i];
            }
        }
        let all: f64 = total.iter().map(|t| t + 1.0).sum();
        self.weights = std::array::from_fn(|k| ((total[k] + 1.0) / all) as f32);
    }
}

/// Frames whose middle lies in a stretch.
fn frames_of((start_s, end_s): (f64, f64), frames: usize) -> Range<usize> {
    let at = |t: f64| (((t - FIRST_S) / STEP_S).ceil().max(0.0) as usize).min(frames);
    at(start_s)..at(end_s).max(at(start_s))
}

/// The mean frame of all speech.
fn mean(frames: &Frames, stretches: &[Range<usize>]) -> Frame {
    let mut sum = [0.0_f64; DIMS];
    let mut count = 0;
    for at in stretches.iter().cloned().flatten() {
        for (sum, x) in sum.iter_mut().zip(frames.get(at)) {
            *sum += f64::from(x);
        }
        count += 1;
    }
    sum.map(|sum| if count > 0 { (sum / f64::from(count)) as f32 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(n: usize) -> Frames {
        let mut state = 3_u32;
        let mut frames = Frames::default();
        for _ in 0..n {
            frames.push(&std::array::from_fn(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 21) as f32 - 4.0
            }));
        }
        frames
    }

    fn blocks_of(frames: &Frames, speech: &[(f64, f64)], f0_hz: &[f32]) -> Blocks {
        Blocks::new(frames, speech, f0_hz, &mut || Ok(())).unwrap()
    }

    #[test]
    fn blocks_tile_the_stretches() {
        let speech = [(0.5, 1.23), (2.0, 2.05), (3.0, 3.001)];
        let blocks = blocks_of(&frames(400), &speech, &[]);
        for (i, &(start_s, end_s)) in speech.iter().enumerate().take(2) {
            let own: Vec<_> = blocks.blocks.iter().filter(|block| block.stretch == i).collect();
            assert_eq!((own[0].start_s, own[own.len() - 1].end_s), (start_s, end_s));
            assert!(own.windows(2).all(|pair| pair[0].end_s == pair[1].start_s));
        }
        // Seven blocks of the first, one of the second; the third has no frame.
        assert_eq!(blocks.blocks.len(), 8);
        let ranges: Vec<_> = blocks.stretches().collect();
        assert_eq!(ranges, [0..7, 7..8]);
    }

    #[test]
    fn every_frame_counts_once_and_deviations_cancel() {
        let blocks = blocks_of(&frames(1000), &[(0.0, 10.0)], &[100.0; 1000]);
        let all = blocks.sum(0..blocks.blocks.len());
        assert!((all.frames() - 999.0).abs() < 1.1, "{}", all.frames());
        assert!((all.pitch.mean() - (100_f32 / 150.0).log2()).abs() < 1e-4 && all.pitch.variance() < 1e-3);
        // But for the one frame that the background's mean counts for.
        let worst = all.deviations.iter().fold(0.0_f32, |worst, d| worst.max(d.abs()));
        assert!(worst < 12.0, "{worst}");
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(blocks_of(&frames(0), &[(0.0, 1.0)], &[]).blocks.is_empty());
        assert!(blocks_of(&frames(10), &[], &[]).blocks.is_empty());
    }
}

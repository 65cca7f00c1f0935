//! Who speaks in each block, once it is known what the voices are like; and whether two voices are two.

use super::background::KINDS;
use super::blocks::{Block, Blocks, Sums};
use super::cepstra::DIMS;
use crate::Result;

/// Log-likelihood that a change of speaker costs, where there is no pause.
const CHANGE: f32 = 60.0;
/// A pause makes a change likelier; seconds over which what it costs falls to a third.
const PAUSE_S: f64 = 0.5;
/// Frames of the average voice that a speaker's counts are smoothed with, for each kind of sound.
const RELEVANCE: f32 = 16.0;
/// Weight of the pitch, and variance of one speaker's (0.2 octaves).
const PITCH_WEIGHT: f32 = 0.3;
const PITCH_VARIANCE: f32 = 0.04;
/// Voiced frames of the average speaker that a speaker's pitch is smoothed with.
const PITCH_RELEVANCE: f32 = 20.0;
/// Rounds until the labels stay as they are, at most.
const ROUNDS: usize = 4;
/// Blocks between two looks at whether to go on.
const BEAT: usize = 4096;

/// A speaker's voice: mean deviations by kind of sound, smoothed, and the mean pitch.
struct Voice {
    means: Vec<f32>,
    /// Half the squared length by kind.
    halves: [f32; KINDS],
    pitch: f32,
}

impl Voice {
    /// Means by maximum a posteriori from the average voice, whose deviation is 0 (Gauvain & Lee 1994).
    fn new(own: &Sums, all: &Sums) -> Self {
        let mut means = own.deviations.to_vec();
        let mut halves = [0.0; KINDS];
        for (k, half) in halves.iter_mut().enumerate() {
            for x in &mut means[k * DIMS..(k + 1) * DIMS] {
                *x /= own.counts[k] + RELEVANCE;
                *half += 0.5 * *x * *x;
            }
        }
        let average = if all.pitch.frames > 0.0 { all.pitch.mean() } else { 0.0 };
        let pitch = (own.pitch.sum + PITCH_RELEVANCE * average) / (own.pitch.frames + PITCH_RELEVANCE);
        Self { means, halves, pitch }
    }

    /// Log-likelihood of a block, up to what is the same for all voices. The share of each kind of sound in a frame is
    /// taken as known, so that it is linear in the block's sums.
    fn score(&self, block: &Sums) -> f32 {
        let product: f32 = self.means.iter().zip(&block.deviations).map(|(m, x)| m * x).sum();
        let length: f32 = self.halves.iter().zip(&block.counts).map(|(h, n)| h * n).sum();
        let (p, m) = (&block.pitch, self.pitch);
        let pitch = p.squares - 2.0 * m * p.sum + p.frames * m * m;
        product - length - PITCH_WEIGHT * 0.5 * pitch / PITCH_VARIANCE
    }
}

/// Labels and, for each label, what is known of it. Labels are 0, 1, ... without holes.
#[derive(Debug, Clone)]
pub(super) struct Labelled {
    pub(super) labels: Vec<usize>,
    pub(super) speakers: Vec<Sums>,
}

impl Labelled {
    pub(super) fn new(blocks: &Blocks, labels: &[usize]) -> Self {
        let mut names: Vec<usize> = labels.to_vec();
        names.sort_unstable();
        names.dedup();
        let labels: Vec<usize> =
            labels.iter().map(|label| names.partition_point(|name| name < label)).collect();
        let mut speakers = vec![Sums::default(); names.len()];
        for (block, &label) in blocks.blocks.iter().zip(&labels) {
            speakers[label].add(&block.sums);
        }
        Self { labels, speakers }
    }

    /// Log-likelihoods, block by block, one for each speaker. Stops as soon as `beat` fails, with its error.
    pub(super) fn scores(&self, blocks: &Blocks, beat: &mut dyn FnMut() -> Result<()>) -> Result<Vec<f32>> {
        let mut all = Sums::default();
        self.speakers.iter().for_each(|speaker| all.add(speaker));
        let voices: Vec<Voice> = self.speakers.iter().map(|speaker| Voice::new(speaker, &all)).collect();
        let mut scores = Vec::with_capacity(blocks.blocks.len() * voices.len());
        for some in blocks.blocks.chunks(BEAT) {
            beat()?;
            scores.extend(some.iter().flat_map(|block| voices.iter().map(|voice| voice.score(&block.sums))));
        }
        Ok(scores)
    }

    /// Takes turns learning the voices and finding the likeliest labels, until they stay.
    pub(super) fn refine(mut self, blocks: &Blocks, beat: &mut dyn FnMut() -> Result<()>) -> Result<Self> {
        for _ in 0..ROUNDS {
            if self.speakers.len() < 2 {
                break;
            }
            let path = viterbi(&blocks.blocks, &self.scores(blocks, beat)?, self.speakers.len());
            if path == self.labels {
                break;
            }
            self = Self::new(blocks, &path);
        }
        Ok(self)
    }

    /// Whether every two speakers differ by more than the parts of one voice do.
    pub(super) fn all_differ(&self) -> bool {
        let pairs = (0..self.speakers.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        pairs.map(|(i, j)| difference(&self.speakers[i], &self.speakers[j])).all(|d| d > SAME)
    }
}

/// Largest [`difference`] of two halves of one voice.
const SAME: f32 = 3.79;

/// How much two voices differ: the logarithm of the Hotelling-like sum over kinds of sounds of the squared distance of
/// their means, each times what the two counts are worth together; held against how much one may expect from the best
/// split of one voice, which grows with the root of its length and shrinks with how uneven it is; and the distance of
/// their pitch. The weights are the ones that told 64 + 110 conversations of LibriSpeech's readers (clean, through one
/// microphone, in noise and over music) apart best.
fn difference(a: &Sums, b: &Sums) -> f32 {
    let mut sum = 0.0;
    for k in 0..KINDS {
        let worth = a.counts[k] * b.counts[k] / (a.counts[k] + b.counts[k] + 1e-9);
        let distance: f32 = (k * DIMS..(k + 1) * DIMS)
            .map(|i| a.deviations[i] / (a.counts[k] + 0.1) - b.deviations[i] / (b.counts[k] + 0.1))
            .map(|d| d * d)
            .sum();
        sum += worth * distance;
    }
    let (n, m) = (a.frames(), b.frames());
    let uneven = (n * m / ((n + m) * (n + m)) + 1e-3).ln();
    let pitch = if a.pitch.frames > 30.0 && b.pitch.frames > 30.0 {
        let spread = f32::midpoint(a.pitch.variance(), b.pitch.variance()).sqrt();
        ((a.pitch.mean() - b.pitch.mean()).abs() / (spread + 0.08)).min(3.0)
    } else {
        0.0
    };
    (sum + 1.0).ln() - 0.49 * (n + m).max(1.0).ln() - 0.22 * uneven + 0.27 * pitch
}

/// The likeliest path.
fn viterbi(blocks: &[Block], scores: &[f32], speakers: usize) -> Vec<usize> {
    let mut best = scores[..speakers].to_vec();
    let mut from = vec![0_u16; scores.len()];
    for t in 1..blocks.len() {
        let gap_s = (blocks[t].start_s - blocks[t - 1].end_s).max(0.0);
        let cost = CHANGE * (-gap_s / PAUSE_S).exp() as f32;
        let leader = (1..speakers).fold(0, |leader, i| if best[i] > best[leader] { i } else { leader });
        let change = best[leader] - cost;
        for i in 0..speakers {
            let stay = best[i] >= change;
            from[t * speakers + i] = if stay { i } else { leader } as u16;
            best[i] = best[i].max(change) + scores[t * speakers + i];
        }
    }
    let mut at = (1..speakers).fold(0, |last, i| if best[i] > best[last] { i } else { last });
    let mut path = vec![0; blocks.len()];
    for t in (0..blocks.len()).rev() {
        path[t] = at;
        at = usize::from(from[t * speakers + at]);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(i: usize, gap_s: f64) -> Block {
        let start_s = i as f64 * 0.1 + gap_s;
        Block { start_s, end_s: start_s + 0.1, stretch: 0, sums: Sums::default() }
    }

    #[test]
    fn a_short_doubt_does_not_change_the_speaker_but_a_long_one_does() {
        let blocks: Vec<Block> = (0..40).map(|i| block(i, 0.0)).collect();
        let scores = |from: usize, to: usize| -> Vec<f32> {
            (0..40).flat_map(|i| if (from..to).contains(&i) { [0.0, 10.0] } else { [10.0, 0.0] }).collect()
        };
        assert!(viterbi(&blocks, &scores(10, 13), 2).iter().all(|&s| s == 0));
        let path = viterbi(&blocks, &scores(10, 30), 2);
        assert!((0..40).all(|i| path[i] == usize::from((10..30).contains(&i))), "{path:?}");
    }

    #[test]
    fn a_pause_makes_a_change_cheap() {
        // Three blocks of another speaker between two pauses of 2 s.
        let gap = |i: usize| {
            if i < 10 {
                0.0
            } else if i < 13 {
                2.0
            } else {
                4.0
            }
        };
        let blocks: Vec<Block> = (0..40).map(|i| block(i, gap(i))).collect();
        let scores: Vec<f32> =
            (0..40).flat_map(|i| if (10..13).contains(&i) { [0.0, 10.0] } else { [10.0, 0.0] }).collect();
        let path = viterbi(&blocks, &scores, 2);
        assert!((0..40).all(|i| path[i] == usize::from((10..13).contains(&i))), "{path:?}");
    }
}

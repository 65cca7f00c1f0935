//! Where two may speak at once.

use super::blocks::Blocks;
use super::resegment::Labelled;
use crate::Result;

/// Blocks on either side that a block's likelihoods are averaged with.
const AROUND: usize = 2;
/// Two speak at once mostly where the turn changes: seconds on either side of a change, and the longest pause in one.
const REACH_S: f64 = 0.8;
const PAUSE_S: f64 = 0.25;
/// Log-likelihood by frame by which the speaker must be ahead of the next best one to be alone.
const MARGIN: f32 = 1.0;
/// Shorter candidates are none, in seconds.
const SHORTEST_S: f64 = 0.15;

/// Stretches near a change of speaker in which two voices fit about equally well: candidates, in seconds from the first
/// sample. Of LibriSpeech's readers assembled to conversations with 1.7 % of overlap, a fifth of what this finds is overlap,
/// and it finds a quarter of it; only a model (see `models`) does better than guessing near changes.
pub(super) fn candidates(
    blocks: &Blocks,
    labelled: &Labelled,
    beat: &mut dyn FnMut() -> Result<()>,
) -> Result<Vec<(f64, f64)>> {
    let speakers = labelled.speakers.len();
    let all = &blocks.blocks;
    if speakers < 2 {
        return Ok(Vec::new());
    }
    let scores = labelled.scores(blocks, beat)?;
    let frames: Vec<f32> = all.iter().map(|block| block.sums.frames()).collect();
    let changes: Vec<f64> = (1..all.len())
        .filter(|&i| labelled.labels[i] != labelled.labels[i - 1])
        .filter(|&i| all[i].start_s - all[i - 1].end_s < PAUSE_S)
        .map(|i| all[i].start_s)
        .collect();
    let mut found: Vec<(f64, f64)> = Vec::new();
    for (i, block) in all.iter().enumerate() {
        let middle = f64::midpoint(block.start_s, block.end_s);
        let at = changes.partition_point(|&t| t < middle - REACH_S);
        if changes.get(at).is_none_or(|&t| t > middle + REACH_S) {
            continue;
        }
        let near = i.saturating_sub(AROUND)..all.len().min(i + AROUND + 1);
        let length: f32 = frames[near.clone()].iter().sum();
        let mean = |speaker: usize| {
            near.clone().map(|j| scores[j * speakers + speaker]).sum::<f32>() / length.max(1.0)
        };
        let own = mean(labelled.labels[i]);
        let other =
            (0..speakers).filter(|&s| s != labelled.labels[i]).map(mean).fold(f32::NEG_INFINITY, f32::max);
        if own - other < MARGIN {
            match found.last_mut() {
                Some(last) if block.start_s - last.1 < 0.01 => last.1 = block.end_s,
                _ => found.push((block.start_s, block.end_s)),
            }
        }
    }
    found.retain(|(from, to)| to - from >= SHORTEST_S);
    Ok(found)
}

//! Windows of speech, how alike two of them sound, and the tree of which belong together.

use super::background::KINDS;
use super::blocks::{Blocks, DEVIATIONS, Sums};
use super::cepstra::DIMS;
use crate::{Error, ErrorKind, Result};
use std::ops::Range;

/// Blocks of a window (1.5 s), and from one to the next.
const WINDOW: usize = 15;
const HOP: usize = 7;
/// Stretches of fewer blocks are too short to say whose they are; they go to whom the neighbours sound like.
const SHORTEST: usize = 4;
/// Frames of the average voice that a window's counts are smoothed with, for each kind of sound.
const RELEVANCE: f32 = 6.0;
/// Windows that are compared each with each. More are taken in sections of so many, and each section's groups together.
const SECTION: usize = 600;
/// Groups that a section is brought down to.
const GROUPS: usize = 24;

/// What a window is like: the mean deviation of each kind of sound, smoothed and weighed by how often the kind is, scaled
/// to length 1. The cosine of two of them is how alike they sound.
type Vector = Vec<f32>;

/// Windows that belong together.
#[derive(Debug, Clone)]
struct Group {
    windows: Vec<usize>,
    /// Sum of the windows' vectors.
    sum: Vector,
}

/// One group (by its place) taking another, and how alike they are.
#[derive(Debug, Clone, Copy)]
struct Merge {
    kept: usize,
    gone: usize,
    alike: f32,
}

/// Which windows belong together, for every number of groups.
#[derive(Debug)]
pub(super) struct Tree {
    windows: Vec<Range<usize>>,
    /// The groups that the last merges begin with.
    groups: Vec<Vec<usize>>,
    /// Which group (the first) took which other one, in order.
    merges: Vec<Merge>,
}

impl Tree {
    /// Average linkage (Sokal & Michener 1958) on the cosine of the windows' vectors.
    /// Stops as soon as `beat` fails, with its error.
    pub(super) fn new(blocks: &Blocks, beat: &mut dyn FnMut() -> Result<()>) -> Result<Self> {
        let windows = windows(blocks);
        let mut groups: Vec<Group> = windows
            .iter()
            .enumerate()
            .map(|(i, window)| Group { windows: vec![i], sum: vector(&blocks.sum(window.clone()), blocks) })
            .collect();
        while groups.len() > SECTION {
            let mut fewer = Vec::new();
            for section in groups.chunks(SECTION) {
                beat()?;
                fewer.extend(merge(section, GROUPS).0);
            }
            groups = fewer;
        }
        beat()?;
        let merges = merge(&groups, 1).1;
        Ok(Self { windows, groups: groups.into_iter().map(|group| group.windows).collect(), merges })
    }

    /// Whether there is nothing to tell apart.
    pub(super) fn most(&self) -> usize {
        self.groups.len()
    }

    /// The blocks' labels with this many groups (at least one, at most [`Tree::most`]): each block has that of the windows
    /// over it, the ones that have it nearest to their middle first; a block without any has that of the nearest one.
    pub(super) fn cut(&self, count: usize, blocks: usize) -> Vec<usize> {
        let mut owner: Vec<usize> = (0..self.groups.len()).collect();
        for &Merge { kept, gone, .. } in &self.merges[..self.groups.len() - count] {
            owner.iter_mut().filter(|owner| **owner == gone).for_each(|owner| *owner = kept);
        }
        let mut names: Vec<usize> = owner.clone();
        names.sort_unstable();
        names.dedup();
        let mut votes = vec![0_usize; blocks * names.len()];
        for (group, windows) in self.groups.iter().enumerate() {
            let label = names.partition_point(|&name| name < owner[group]);
            for window in windows.iter().map(|&w| &self.windows[w]) {
                for block in window.clone() {
                    votes[block * names.len() + label] += (block - window.start + 1).min(window.end - block);
                }
            }
        }
        let mut labels: Vec<Option<usize>> = votes
            .chunks_exact(names.len())
            .map(|votes| {
                let most = votes.iter().copied().max().filter(|&most| most > 0)?;
                votes.iter().position(|&v| v == most)
            })
            .collect();
        fill(&mut labels);
        labels.into_iter().map(|label| label.unwrap_or(0)).collect()
    }
}

/// Gives the ones without a label that of the nearest one (the earlier of two).
fn fill(labels: &mut [Option<usize>]) {
    let known: Vec<usize> = (0..labels.len()).filter(|&i| labels[i].is_some()).collect();
    for i in 0..labels.len() {
        if labels[i].is_none() {
            let after = known.partition_point(|&k| k < i);
            let before = after.checked_sub(1).map(|b| known[b]);
            let nearest = match (before, known.get(after)) {
                (Some(b), Some(&a)) => Some(if i - b <= a - i { b } else { a }),
                (b, a) => b.or(a.copied()),
            };
            labels[i] = nearest.and_then(|n| labels[n]);
        }
    }
}

/// Windows at an even distance inside every stretch, the last one at its end.
fn windows(blocks: &Blocks) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for stretch in blocks.stretches().filter(|stretch| stretch.len() >= SHORTEST) {
        let spare = stretch.len().saturating_sub(WINDOW);
        let steps = (spare as f64 / HOP as f64).round() as usize;
        for i in 0..=steps {
            let start = stretch.start + (i * spare).checked_div(steps).unwrap_or(0);
            found.push(start..(start + WINDOW).min(stretch.end));
        }
    }
    found
}

fn vector(sums: &Sums, blocks: &Blocks) -> Vector {
    let mut vector = vec![0.0; DEVIATIONS];
    for k in 0..KINDS {
        let scale = blocks.weights[k].sqrt() / (sums.counts[k] + RELEVANCE);
        for i in k * DIMS..(k + 1) * DIMS {
            vector[i] = sums.deviations[i] * scale;
        }
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

/// Merges the most alike groups until so many are left. Also says which (by their place in `groups`) took which.
fn merge(groups: &[Group], until: usize) -> (Vec<Group>, Vec<Merge>) {
    let n = groups.len();
    let size: Vec<f32> = groups.iter().map(|group| group.windows.len() as f32).collect();
    // The mean cosine of all pairs of windows is the product of the sums over that of the sizes.
    let mut alike = vec![f32::NEG_INFINITY; n * n];
    for i in 0..n {
        for j in 0..i {
            let product: f32 = groups[i].sum.iter().zip(&groups[j].sum).map(|(a, b)| a * b).sum();
            alike[i * n + j] = product / (size[i] * size[j]);
            alike[j * n + i] = alike[i * n + j];
        }
    }
    let mut size = size;
    let mut groups: Vec<Option<Group>> = groups.iter().cloned().map(Some).collect();
    // The most alike other one of each.
    let best = |alike: &[f32], i: usize| {
        let row = &alike[i * n..(i + 1) * n];
        row.iter()
            .enumerate()
            .fold((0, f32::NEG_INFINITY), |best, (j, &s)| if s > best.1 { (j, s) } else { best })
    };
    let mut nearest: Vec<(usize, f32)> = (0..n).map(|i| best(&alike, i)).collect();
    let mut merges = Vec::new();
    for _ in until.max(1)..n {
        let first = (0..n)
            .filter(|&i| groups[i].is_some())
            .fold(None, |most: Option<usize>, i| match most {
                Some(m) if nearest[m].1 >= nearest[i].1 => Some(m),
                _ => Some(i),
            })
            .expect("there are more groups than wanted");
        let (kept, gone) = (first.min(nearest[first].0), first.max(nearest[first].0));
        for j in (0..n).filter(|&j| j != kept && j != gone && groups[j].is_some()) {
            let mean = (size[kept] * alike[kept * n + j] + size[gone] * alike[gone * n + j])
                / (size[kept] + size[gone]);
            alike[kept * n + j] = mean;
            alike[j * n + kept] = mean;
        }
        for j in 0..n {
            alike[gone * n + j] = f32::NEG_INFINITY;
            alike[j * n + gone] = f32::NEG_INFINITY;
        }
        size[kept] += size[gone];
        let taken = groups[gone].take().expect("a living group");
        let group = groups[kept].as_mut().expect("a living group");
        group.windows.extend(taken.windows);
        group.sum.iter_mut().zip(&taken.sum).for_each(|(a, b)| *a += b);
        merges.push(Merge { kept, gone, alike: nearest[first].1 });
        for i in (0..n).filter(|&i| groups[i].is_some()) {
            let stale = nearest[i].0 == kept || nearest[i].0 == gone;
            if i == kept || stale {
                nearest[i] = best(&alike, i);
            } else if alike[i * n + kept] > nearest[i].1 {
                nearest[i] = (kept, alike[i * n + kept]);
            }
        }
    }
    (groups.into_iter().flatten().collect(), merges)
}

/// Clusters vectors of any length by average linkage on the cosine, as long as two groups have at least `same`, and into at
/// least `least` and at most `most` groups. Fails with `INVALID_INPUT` for vectors of different sizes.
pub(super) fn linkage(vectors: &[Vec<f32>], same: f32, least: usize, most: usize) -> Result<Vec<usize>> {
    let size = vectors.first().map_or(0, Vec::len);
    if vectors.iter().any(|vector| vector.len() != size || vector.iter().any(|x| !x.is_finite())) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "the vectors of voices must be finite and of one size",
        )
        .with("size", size));
    }
    let groups: Vec<Group> = vectors
        .iter()
        .enumerate()
        .map(|(i, vector)| {
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
            Group { windows: vec![i], sum: vector.iter().map(|x| x / length).collect() }
        })
        .collect();
    let mut owner: Vec<usize> = (0..groups.len()).collect();
    let mut left = groups.len();
    for Merge { kept, gone, alike } in merge(&groups, 1).1 {
        if left <= least || (alike < same && left <= most) {
            break;
        }
        owner.iter_mut().filter(|owner| **owner == gone).for_each(|owner| *owner = kept);
        left -= 1;
    }
    let mut names = owner.clone();
    names.sort_unstable();
    names.dedup();
    Ok(owner.iter().map(|owner| names.partition_point(|name| name < owner)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(i: usize, x: f32, y: f32) -> Group {
        Group { windows: vec![i], sum: vec![x, y] }
    }

    #[test]
    fn the_most_alike_are_merged_first() {
        let unit = |degrees: f32| (degrees.to_radians().cos(), degrees.to_radians().sin());
        let groups: Vec<Group> = [0.0, 3.0, 90.0, 95.0, 180.0]
            .into_iter()
            .enumerate()
            .map(|(i, degrees)| group(i, unit(degrees).0, unit(degrees).1))
            .collect();
        let (left, merges) = merge(&groups, 1);
        assert_eq!([0, 1].map(|i| (merges[i].kept, merges[i].gone)), [(0, 1), (2, 3)]);
        // 180 degrees is nearer to 90 and 95 than to 0 and 3, and those to these.
        assert_eq!(left.len(), 1);
        let mut all = left[0].windows.clone();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4]);
        assert_eq!(merge(&groups, 3).0.len(), 3);
    }

    #[test]
    fn average_linkage_is_the_mean_over_pairs() {
        // Three singles against brute force over every merge order.
        let unit = |degrees: f32| (degrees.to_radians().cos(), degrees.to_radians().sin());
        let degrees = [10.0_f32, 40.0, 44.0, 75.0, 120.0, 123.0];
        let groups: Vec<Group> =
            degrees.iter().enumerate().map(|(i, &d)| group(i, unit(d).0, unit(d).1)).collect();
        let (_, merges) = merge(&groups, 1);
        let mut sets: Vec<Vec<usize>> = (0..6).map(|i| vec![i]).collect();
        for &Merge { kept, gone, alike } in &merges {
            let mean = |a: &[usize], b: &[usize]| {
                let pairs = a.iter().flat_map(|&i| b.iter().map(move |&j| (i, j)));
                pairs.map(|(i, j)| (degrees[i] - degrees[j]).to_radians().cos()).sum::<f32>()
                    / (a.len() * b.len()) as f32
            };
            let best = (0..6)
                .flat_map(|i| (0..i).map(move |j| (i, j)))
                .filter(|&(i, j)| !sets[i].is_empty() && !sets[j].is_empty())
                .map(|(i, j)| mean(&sets[i], &sets[j]))
                .fold(f32::NEG_INFINITY, f32::max);
            assert!((mean(&sets[kept], &sets[gone]) - best).abs() < 1e-5);
            assert!((alike - best).abs() < 1e-5);
            let taken = std::mem::take(&mut sets[gone]);
            sets[kept].extend(taken);
        }
    }

    #[test]
    fn vectors_are_linked_until_they_differ() {
        let vectors = [[1.0, 0.0], [2.0, 0.1], [0.0, 1.0], [0.1, 3.0], [-1.0, 0.0]].map(Vec::from);
        assert_eq!(linkage(&vectors, 0.5, 1, 8).unwrap(), [0, 0, 1, 1, 2]);
        assert_eq!(linkage(&vectors, 0.5, 1, 1).unwrap(), [0; 5]);
        assert_eq!(linkage(&vectors, 0.5, 5, 8).unwrap(), [0, 1, 2, 3, 4]);
        assert!(linkage(&[], 0.5, 1, 8).unwrap().is_empty());
        assert!(linkage(&[vec![1.0], vec![1.0, 2.0]], 0.5, 1, 8).is_err());
    }

    #[test]
    fn gaps_are_filled_from_the_nearest() {
        let mut labels = [None, Some(1), None, None, Some(2), None];
        fill(&mut labels);
        assert_eq!(labels.map(Option::unwrap), [1, 1, 1, 2, 2, 2]);
        let mut none: [Option<usize>; 2] = [None, None];
        fill(&mut none);
        assert_eq!(none, [None, None]);
    }
}

//! Clips that are the same: by id, by address, by picture, by title, by sound, by video.

mod links;
mod prints;
mod titles;

pub use links::canonical_url;
pub use prints::Prints;

use super::score::ScoredClip;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// When two clips are taken for one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DuplicateParams {
    /// Perceptual hashes within this many bits; `None` leaves pictures out.
    pub hash_radius: Option<u32>,
    /// Titles that share this part of their words; `None` leaves titles out.
    pub title_similarity: Option<f64>,
    /// Sounds of about the same length that share this part of their landmarks; `None` leaves sounds out.
    pub sound_share: Option<f64>,
    /// The most clips of one cluster. A chain of pairs beyond it is left apart, for its ends have little in common.
    pub largest_cluster: usize,
}

impl Default for DuplicateParams {
    fn default() -> Self {
        Self {
            hash_radius: Some(8),
            title_similarity: Some(0.8),
            sound_share: Some(0.5),
            largest_cluster: 50,
        }
    }
}

/// Why two clips are taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameBy {
    /// The same id on the same platform.
    Id,
    /// Addresses of the same post.
    Url,
    /// Videos of which one is for the most part in the other.
    Video,
    /// Pictures within the radius.
    Picture,
    /// The same sound from beginning to end.
    Sound,
    /// Nearly the same words.
    Title,
}

/// Clips that are taken for one: the one that stands for them, the best scored, and the others with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cluster {
    /// The number of the clip that stands for all.
    pub representative: usize,
    /// The numbers of the others, and why they joined.
    pub others: Vec<(usize, SameBy)>,
}

/// Finds clusters among clips, by their fields and their prints.
///
/// Clips of no cluster are in none; a cluster's representative has the highest score, of equal ones the first.
#[must_use]
pub fn find_duplicates(clips: &[ScoredClip], prints: &Prints, params: &DuplicateParams) -> Vec<Cluster> {
    let mut union = Union::new(clips.len(), params.largest_cluster.max(1));
    let mut ids: HashMap<(&str, &str), usize> = HashMap::new();
    let mut urls: HashMap<String, usize> = HashMap::new();
    for (number, scored) in clips.iter().enumerate() {
        // The very same clip again is never kept apart, however many there are.
        match ids.get(&scored.clip.key()) {
            Some(&first) => union.join(first, number, SameBy::Id),
            None => drop(ids.insert(scored.clip.key(), number)),
        }
        if let Some(url) = scored.clip.url.as_deref().and_then(canonical_url) {
            match urls.get(&url) {
                Some(&first) => union.join(first, number, SameBy::Url),
                None => drop(urls.insert(url, number)),
            }
        }
    }
    if let Some(radius) = params.hash_radius {
        for (a, b) in prints::near_hashes(&prints.hashes, radius) {
            union.join(a, b, SameBy::Picture);
        }
    }
    if let Some(least) = params.sound_share {
        for (a, b) in prints::same_sounds(&prints.sounds, least) {
            union.join(a, b, SameBy::Sound);
        }
    }
    for (a, b) in prints::same_videos(&prints.videos) {
        union.join(a, b, SameBy::Video);
    }
    if let Some(least) = params.title_similarity {
        for (a, b) in titles::near_titles(clips.iter().map(|scored| scored.clip.title.as_str()), least) {
            union.join(a, b, SameBy::Title);
        }
    }
    union.clusters(|number| clips[number].final_score())
}

/// Takes the others of each cluster out of the list; their places in it are in the clusters that are given back.
pub fn deduplicate(clips: &mut Vec<ScoredClip>, prints: &Prints, params: &DuplicateParams) -> Vec<Cluster> {
    let clusters = find_duplicates(clips, prints, params);
    let mut left_out = vec![false; clips.len()];
    clusters.iter().flat_map(|cluster| &cluster.others).for_each(|(number, _)| left_out[*number] = true);
    let mut number = 0;
    clips.retain(|_| {
        number += 1;
        !left_out[number - 1]
    });
    clusters
}

/// Union-find with sizes that are capped.
struct Union {
    parents: Vec<usize>,
    sizes: Vec<usize>,
    reasons: Vec<Option<SameBy>>,
    most: usize,
}

impl Union {
    fn new(n: usize, most: usize) -> Self {
        Self { parents: (0..n).collect(), sizes: vec![1; n], reasons: vec![None; n], most }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize, by: SameBy) {
        let (root_a, root_b) = (self.root(a), self.root(b));
        let certain = matches!(by, SameBy::Id | SameBy::Url);
        if root_a == root_b || (!certain && self.sizes[root_a] + self.sizes[root_b] > self.most) {
            return;
        }
        let (large, small) =
            if self.sizes[root_a] >= self.sizes[root_b] { (root_a, root_b) } else { (root_b, root_a) };
        self.parents[small] = large;
        self.sizes[large] += self.sizes[small];
        for end in [a, b] {
            self.reasons[end] = Some(self.reasons[end].map_or(by, |known| known.min(by)));
        }
    }

    fn clusters(mut self, score: impl Fn(usize) -> f64) -> Vec<Cluster> {
        let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
        for number in 0..self.parents.len() {
            let root = self.root(number);
            if self.sizes[root] > 1 {
                members.entry(root).or_default().push(number);
            }
        }
        let mut clusters: Vec<Cluster> = members
            .into_values()
            .map(|members| {
                let best =
                    |best: usize, &other: &usize| if score(other) > score(best) { other } else { best };
                let representative = members[1..].iter().fold(members[0], best);
                let reason = |number: usize| self.reasons[number].unwrap_or(SameBy::Id);
                let others =
                    members.iter().filter(|&&m| m != representative).map(|&m| (m, reason(m))).collect();
                Cluster { representative, others }
            })
            .collect();
        clusters.sort_unstable_by_key(|cluster| cluster.representative);
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clips::Clip;

    fn scored(id: &str, title: &str, url: &str, score: f64) -> ScoredClip {
        let mut clip =
            Clip { id: id.to_owned(), title: title.to_owned(), url: Some(url.to_owned()), ..Clip::default() };
        clip.scores.final_score = Some(score);
        ScoredClip { clip, virality: None, contributions: Vec::new(), unknown: Vec::new() }
    }

    #[test]
    fn copies_are_found_by_every_sign_and_the_best_stands_for_them() {
        let mut clips = vec![
            scored("1", "Cat falls off the table again", "https://youtu.be/aaa", 10.0),
            scored("2", "A dog learns to skate in a day", "https://www.youtube.com/watch?v=aaa", 30.0),
            scored("3", "cat falls off the table, again!", "https://x.com/a/status/9", 20.0),
            scored("1", "Other", "https://example.org/1", 5.0),
            scored("5", "Bread", "https://example.org/2", 5.0),
            scored("6", "Cake", "https://example.org/3", 5.0),
            scored("7", "Pie", "https://example.org/4", 5.0),
        ];
        let hashes = vec![None, None, None, None, Some(0b1111), Some(0b1110), Some(u64::MAX)];
        let prints = Prints { hashes, ..Prints::default() };
        let clusters = deduplicate(&mut clips, &prints, &DuplicateParams::default());
        let signs: Vec<_> = clusters.iter().map(|c| (c.representative, c.others.clone())).collect();
        assert_eq!(
            signs,
            [
                (1, vec![(0, SameBy::Id), (2, SameBy::Title), (3, SameBy::Id)]),
                (4, vec![(5, SameBy::Picture)])
            ]
        );
        assert_eq!(clips.iter().map(|c| c.clip.id.as_str()).collect::<Vec<_>>(), ["2", "5", "7"]);
    }

    #[test]
    fn a_chain_ends_where_a_cluster_is_full() {
        let clips: Vec<_> = (0..30).map(|i| scored(&i.to_string(), "", "", 1.0)).collect();
        // Each is near the next one, and the ends have nothing in common.
        let hashes = (0..30_u32).map(|i| Some((1_u64 << (2 * i)) - 1)).collect();
        let prints = Prints { hashes, ..Prints::default() };
        let params = DuplicateParams { largest_cluster: 10, ..DuplicateParams::default() };
        let clusters = find_duplicates(&clips, &prints, &params);
        assert!(clusters.iter().all(|cluster| cluster.others.len() < 10));
        assert!(find_duplicates(&clips, &Prints::default(), &params).is_empty());
    }
}

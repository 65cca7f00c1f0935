//! The ranked list, and leaderboards.

use super::score::ScoredClip;
use crate::monitored;
use std::collections::{BTreeMap, HashMap};

/// Sorts by final score, the best first; equal scores by platform and id, so that the same clips always come in the same order.
/// With `max_per_channel` the list holds no more than so many of one channel; the rest is left out.
pub fn rank_clips(clips: &mut Vec<ScoredClip>, max_per_channel: Option<usize>) {
    let _watched = monitored!("rank_clips");
    clips.sort_by(|a, b| {
        b.final_score().total_cmp(&a.final_score()).then_with(|| a.clip.key().cmp(&b.clip.key()))
    });
    let Some(most) = max_per_channel else { return };
    let mut seen: HashMap<(String, String), usize> = HashMap::new();
    clips.retain(|scored| {
        let Some(channel) = &scored.clip.channel else { return true };
        let count = seen.entry((scored.clip.platform.clone(), channel.clone())).or_default();
        *count += 1;
        *count <= most
    });
}

/// The best clips of each niche: of [`super::Clip::niche`] where it is known, else of every keyword that was found in them.
///
/// ```
/// use viralnow_core::clips::{Clip, ScoredClip, leaderboard};
/// let clip = |id: &str, niche: &str| {
///     let clip: Clip = serde_json::from_value(serde_json::json!({ "id": id, "niche": niche })).unwrap();
///     ScoredClip::from(clip)
/// };
/// let ranked = [clip("a", "games"), clip("b", "music"), clip("c", "games"), clip("d", "games")];
/// let boards = leaderboard(&ranked, 2);
/// let ids: Vec<&str> = boards["games"].iter().map(|scored| scored.clip.id.as_str()).collect();
/// assert_eq!(ids, ["a", "c"]);
/// ```
#[must_use]
pub fn leaderboard(ranked: &[ScoredClip], most: usize) -> BTreeMap<String, Vec<&ScoredClip>> {
    let mut boards: BTreeMap<String, Vec<&ScoredClip>> = BTreeMap::new();
    for scored in ranked {
        let own: Vec<&String> = scored.clip.niche.iter().collect();
        let niches = if own.is_empty() { scored.clip.metadata.niche_match.iter().collect() } else { own };
        for niche in niches {
            let board = boards.entry(niche.clone()).or_default();
            if board.len() < most {
                board.push(scored);
            }
        }
    }
    boards
}

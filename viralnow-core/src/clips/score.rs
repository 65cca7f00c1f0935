//! A clip's final score: the probability, adjusted by what the user looks for, with a reason for every point.

use super::clip::Clip;
use super::config::ClipsConfig;
use super::history::History;
use super::judge::Peers;
use super::virality::{Objective, Virality};
use crate::features::Contribution;
use crate::monitored;
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A clip with its score and the reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoredClip {
    /// The clip, its scores and what its history says of it written in.
    pub clip: Clip,
    /// What the model says; `None` where views are unknown.
    pub virality: Option<Virality>,
    /// What each feature adds; together the final score.
    pub contributions: Vec<Contribution>,
    /// Filtered values that are unknown, so that the clip passed without having been judged by them.
    pub unknown: Vec<String>,
}

impl From<Clip> for ScoredClip {
    /// A clip with the scores that it came with, and no reasons.
    fn from(clip: Clip) -> Self {
        Self { clip, virality: None, contributions: Vec::new(), unknown: Vec::new() }
    }
}

impl ScoredClip {
    /// The final score in [0, 100]; 0 where nothing could be scored.
    #[must_use]
    pub fn final_score(&self) -> f64 {
        self.clip.scores.final_score.unwrap_or(0.0)
    }

    /// The reasons in words, the weightiest first.
    #[must_use]
    pub fn explanation(&self) -> String {
        let mut parts: Vec<&Contribution> =
            self.contributions.iter().filter(|c| c.contribution != 0.0).collect();
        parts.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        let said = |c: &&Contribution| match c.value {
            Some(value) => format!("{} {value:.3} {:+.1}", c.feature, c.contribution),
            None => format!("{} {:+.1}", c.feature, c.contribution),
        };
        let mut text = parts.iter().map(said).collect::<Vec<_>>().join(", ");
        if self.contributions.is_empty() && self.clip.scores.final_score.is_some() {
            return text;
        }
        match &self.virality {
            None if self.clip.counts.views.is_none() => text.push_str("; views are unknown"),
            Some(virality) if virality.is_cold() => text.push_str("; no velocity yet: seen once only"),
            Some(virality) if virality.out_of_range => {
                text.push_str("; outside of what the model was trained on: persistence");
            }
            // Not scored here, or nothing to add.
            None | Some(_) => {}
        }
        text
    }
}

/// What is known of each clip over time, by platform and id.
pub type Histories = HashMap<(String, String), History>;

/// Scores clips as each other's peers at this moment. The order stays.
///
/// ```
/// use viralnow_core::clips::{Clip, ClipsConfig, Counts, Histories, score_clips};
/// let clip = |id: &str, views, new| Clip {
///     id: id.to_owned(),
///     counts: Counts { views: Some(views), ..Counts::default() },
///     views_last_24h: Some(new),
///     ..Clip::default()
/// };
/// let clips = vec![clip("slow", 900_000, 1_000), clip("fast", 300_000, 290_000)];
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let scored = score_clips(clips, &Histories::new(), &ClipsConfig::default(), now)?;
/// assert!(scored[1].final_score() > scored[0].final_score());
/// let sum: f64 = scored[1].contributions.iter().map(|c| c.contribution).sum();
/// assert!((sum - scored[1].final_score()).abs() < 1e-6);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn score_clips(
    clips: Vec<Clip>,
    histories: &Histories,
    config: &ClipsConfig,
    now: Timestamp,
) -> Result<Vec<ScoredClip>> {
    monitored!("score_clips", || {
        let peers = Peers::new(&clips, histories, config, now)?;
        let write = |(number, clip)| {
            let judged = peers.judge(number, &clip);
            judged.written_into(clip, &peers.names, now)
        };
        Ok(clips.into_iter().enumerate().map(write).collect())
    })
}

/// The score that a clip would have among these peers with something changed: what if it had twice the likes, or came today?
///
/// The clip is the one at this place; the change is made to a copy. Fails with `INVALID_INPUT` where there is no such place, and as
/// [`score_clips`] does.
///
/// ```
/// use viralnow_core::clips::{Clip, ClipsConfig, Histories, score_clips, what_if};
/// let clips: Vec<Clip> = serde_json::from_value(serde_json::json!([
///     { "id": "a", "platform": "youtube", "views": 900_000, "views_last_24h": 1_000 },
///     { "id": "b", "platform": "youtube", "views": 900_000, "views_last_24h": 800_000 },
/// ])).unwrap();
/// let (none, config) = (Histories::new(), ClipsConfig::default());
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let before = score_clips(clips.clone(), &none, &config, now)?;
/// let after = what_if(&clips, 0, |clip| clip.views_last_24h = Some(850_000), &none, &config, now)?;
/// assert!(after.clip.scores.final_score > before[0].clip.scores.final_score);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn what_if(
    clips: &[Clip],
    at: usize,
    change: impl FnOnce(&mut Clip),
    histories: &Histories,
    config: &ClipsConfig,
    now: Timestamp,
) -> Result<ScoredClip> {
    let mut clips = clips.to_vec();
    let count = clips.len();
    let missing = || {
        Error::new(ErrorKind::InvalidInput, "there is no clip at this place")
            .with("at", at)
            .with("clips", count)
    };
    change(clips.get_mut(at).ok_or_else(missing)?);
    score_clips(clips, histories, config, now)?.into_iter().nth(at).ok_or_else(missing)
}

/// How far each clip stands out of its own channel: its views over the median of the channel's clips. `None` where the channel
/// or the views are unknown, or the channel has fewer than three clips.
///
/// ```
/// use viralnow_core::clips::{Clip, outlier_scores};
/// let clip = |id: &str, views| serde_json::json!({ "id": id, "platform": "youtube", "channel": "ours", "views": views });
/// let clips: Vec<Clip> =
///     serde_json::from_value(serde_json::json!([clip("a", 100), clip("b", 200), clip("c", 5000)])).unwrap();
/// assert_eq!(outlier_scores(&clips), [Some(0.5), Some(1.0), Some(25.0)]);
/// ```
#[must_use]
pub fn outlier_scores(clips: &[Clip]) -> Vec<Option<f64>> {
    fn key(clip: &Clip) -> Option<(&str, &str)> {
        Some((&clip.platform, clip.channel.as_deref()?))
    }
    let mut channels: HashMap<(&str, &str), Vec<u64>> = HashMap::new();
    for clip in clips {
        if let (Some(channel), Some(views)) = (key(clip), clip.counts.views) {
            channels.entry(channel).or_default().push(views);
        }
    }
    let median = |mut views: Vec<u64>| {
        views.sort_unstable();
        0.5 * (views[(views.len() - 1) / 2] as f64 + views[views.len() / 2] as f64)
    };
    let medians: HashMap<_, f64> = channels
        .into_iter()
        .filter(|(_, views)| views.len() >= 3)
        .map(|(channel, views)| (channel, median(views)))
        .collect();
    let score = |clip: &Clip| {
        let median = *medians.get(&key(clip)?)?;
        (median > 0.0).then_some(clip.counts.views? as f64 / median)
    };
    clips.iter().map(score).collect()
}

/// The objective's name in words, for reports.
#[must_use]
pub fn objective_in_words(objective: Objective) -> &'static str {
    match objective {
        Objective::Gain => "new views in the next 24 hours",
        Objective::Growth => "growth in the next 24 hours",
    }
}

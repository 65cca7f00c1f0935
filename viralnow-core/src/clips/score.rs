//! A clip's final score: the probability, adjusted by what the user looks for, with a reason for every point.

use super::clip::Clip;
use super::config::{ClipsConfig, ScoringWeights};
use super::counts::Counts;
use super::history::History;
use super::relevance::{Niche, by_meaning};
use super::virality::{Objective, Signals, Virality, virality};
use crate::features::Contribution;
use crate::monitored;
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A clip that fits the niche not at all keeps this share of its points.
const IRRELEVANT: f64 = 0.4;
/// So does one with nothing to react to.
const NOT_REACTABLE: f64 = 0.6;
/// Beyond this age points are lost, half of them with every so many hours.
const FRESH_HOURS: f64 = 48.0;
const HALF_LIFE_HOURS: f64 = 72.0;

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
        let judged = judge(&clips, histories, config, now)?;
        Ok(clips
            .into_iter()
            .zip(judged.clips)
            .map(|(clip, said)| said.written_into(clip, &judged.names, now))
            .collect())
    })
}

/// Four contributions, each with the value that it comes from.
type Parts = [(Option<f64>, f64); 4];

/// What there is to say of clips among each other, before it is written into them.
pub(super) struct Judged {
    /// What the contributions are called.
    pub(super) names: [&'static str; 4],
    /// In the clips' order.
    pub(super) clips: Vec<JudgedClip>,
}

pub(super) struct JudgedClip {
    counts: Counts,
    pub(super) age_hours: Option<f64>,
    views_last_24h: Option<u64>,
    pub(super) growth_6h: Option<f64>,
    virality: Option<Virality>,
    relevance: Option<f64>,
    matched: Vec<String>,
    parts: Option<Parts>,
}

impl JudgedClip {
    pub(super) fn final_score(&self) -> Option<f64> {
        self.parts.map(|parts| parts.iter().map(|(_, points)| points).sum())
    }

    pub(super) fn written_into(self, mut clip: Clip, names: &[&str; 4], now: Timestamp) -> ScoredClip {
        clip.scores.final_score = self.final_score();
        clip.scores.virality = self.virality.map(|v| v.probability);
        clip.scores.relevance = self.relevance;
        clip.metadata.niche_match = self.matched;
        clip.metadata.processed_at = Some(now.to_string());
        (clip.counts, clip.age_hours) = (self.counts, self.age_hours);
        (clip.views_last_24h, clip.growth_6h) = (self.views_last_24h, self.growth_6h);
        let said = |(name, (value, points)): (&&str, (Option<f64>, f64))| Contribution {
            feature: (*name).to_owned(),
            value,
            contribution: points,
        };
        let contributions =
            self.parts.map(|parts| names.iter().zip(parts).map(said).collect()).unwrap_or_default();
        ScoredClip { clip, virality: self.virality, contributions, unknown: Vec::new() }
    }
}

/// What [`score_clips`] says.
pub(super) fn judge(
    clips: &[Clip],
    histories: &Histories,
    config: &ClipsConfig,
    now: Timestamp,
) -> Result<Judged> {
    config.validate()?;
    let history = |clip: &Clip| {
        if histories.is_empty() { None } else { histories.get(&(clip.platform.clone(), clip.id.clone())) }
    };
    let signals: Vec<Signals> = clips.iter().map(|clip| Signals::of(clip, history(clip), now)).collect();
    let said = virality(&signals, config.objective);
    let niche = Niche::new(&config.niche_keywords, &config.niche_examples);
    let model = config.niche_embeddings.as_deref().filter(|_| !niche.is_empty());
    let texts: Vec<&String> = config.niche_keywords.iter().chain(&config.niche_examples).collect();
    let meant = model.map(|model| by_meaning(model, &texts, clips)).transpose()?;
    let mut judged: Vec<JudgedClip> = clips
        .iter()
        .zip(&signals)
        .zip(said)
        .enumerate()
        .map(|(number, ((clip, signals), virality))| {
            let history = history(clip);
            let (relevance, matched) = if niche.is_empty() {
                (None, Vec::new())
            } else {
                let (said, matched) = niche.relevance(clip);
                // Either way of being near is enough.
                let meant = meant.as_ref().map_or(0.0, |meant| meant[number]);
                (Some(1.0 - (1.0 - said) * (1.0 - meant)), matched)
            };
            JudgedClip {
                counts: signals.counts,
                age_hours: signals.age_hours,
                views_last_24h: history.and_then(|h| h.views_last_24h(now)).or(clip.views_last_24h),
                growth_6h: history.and_then(|h| h.growth_6h(now)).or(clip.growth_6h),
                virality,
                relevance,
                matched,
                parts: None,
            }
        })
        .collect();
    let names = if let Some(weights) = config.scoring_weights {
        weighted_percentiles(&mut judged, &signals, weights);
        ["views", "velocity", "engagement", "relevance"]
    } else {
        for (judged, clip) in judged.iter_mut().zip(clips) {
            judged.parts = adjusted(judged, clip.metadata.reactability);
        }
        ["virality", "relevance", "reactability", "age_hours"]
    };
    Ok(Judged { names, clips: judged })
}

/// 100 times the probability, and what each factor takes from it.
fn adjusted(judged: &JudgedClip, reactability: Option<f64>) -> Option<Parts> {
    let virality = judged.virality?;
    let mut points = 100.0 * virality.probability;
    let mut parts = [(Some(virality.probability), points); 4];
    let from = |least: f64| move |value: f64| least + (1.0 - least) * value.clamp(0.0, 1.0);
    let age = |hours: f64| 0.5_f64.powf((hours - FRESH_HOURS).max(0.0) / HALF_LIFE_HOURS);
    let factors = [
        (judged.relevance, judged.relevance.map(from(IRRELEVANT))),
        (reactability, reactability.map(from(NOT_REACTABLE))),
        (judged.age_hours, judged.age_hours.map(age)),
    ];
    for (part, (value, factor)) in parts[1..].iter_mut().zip(factors) {
        let after = points * factor.unwrap_or(1.0);
        *part = (value, after - points);
        points = after;
    }
    Some(parts)
}

/// The weighted percentiles among the peers; what is unknown of a clip adds nothing.
fn weighted_percentiles(judged: &mut [JudgedClip], signals: &[Signals], weights: ScoringWeights) {
    let rate = |judged: &JudgedClip| {
        let counts = judged.counts;
        Some(counts.engagements()? as f64 / counts.views.filter(|&views| views > 0)? as f64)
    };
    let columns: [(Vec<Option<f64>>, f64); 4] = [
        (judged.iter().map(|j| j.counts.views.map(|v| v as f64)).collect(), weights.views),
        (signals.iter().map(Signals::pace).collect(), weights.velocity),
        (judged.iter().map(rate).collect(), weights.engagement),
        (judged.iter().map(|j| j.relevance).collect(), weights.relevance),
    ];
    for (place, (values, weight)) in columns.into_iter().enumerate() {
        for ((judged, percentile), value) in judged.iter_mut().zip(percentiles(&values)).zip(values) {
            judged.parts.get_or_insert([(None, 0.0); 4])[place] =
                (value, 100.0 * weight * percentile.unwrap_or(0.0));
        }
    }
}

/// The share of known values below each, and half of those that are equal to it.
fn percentiles(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = |value: f64| {
        let (below, up_to) =
            (sorted.partition_point(|&v| v < value), sorted.partition_point(|&v| v <= value));
        0.5 * (below + up_to) as f64 / sorted.len() as f64
    };
    values.iter().map(|value| value.map(place)).collect()
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

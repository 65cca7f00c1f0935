//! What there is to say of clips among each other. Of a long list little is kept: what follows from a clip alone is worked out when it is
//! asked for.

use super::clip::Clip;
use super::config::{ClipsConfig, ScoringWeights};
use super::counts::Counts;
use super::history::History;
use super::relevance::{Niche, by_meaning};
use super::score::{Histories, ScoredClip};
use super::virality::{Signals, Virality, virality_of};
use crate::Result;
use crate::features::Contribution;
use jiff::Timestamp;

/// A clip that fits the niche not at all keeps this share of its points.
const IRRELEVANT: f64 = 0.4;
/// So does one with nothing to react to.
const NOT_REACTABLE: f64 = 0.6;
/// Beyond this age points are lost, half of them with every so many hours.
const FRESH_HOURS: f64 = 48.0;
const HALF_LIFE_HOURS: f64 = 72.0;

/// Four contributions, each with the value that it comes from.
type Parts = [(Option<f64>, f64); 4];

/// Clips that are each other's peers.
pub(super) struct Peers<'a> {
    histories: &'a Histories,
    now: Timestamp,
    niche: Niche,
    /// In the clips' order, as the next two.
    virality: Vec<Option<Virality>>,
    /// How near each clip is to the niche by what it means, where there is a model that says so.
    meant: Option<Vec<f64>>,
    /// The points, where they are those of weighted percentiles.
    weighted: Option<Vec<Parts>>,
    /// What the contributions are called.
    pub(super) names: [&'static str; 4],
}

impl<'a> Peers<'a> {
    pub(super) fn new(
        clips: &[Clip],
        histories: &'a Histories,
        config: &ClipsConfig,
        now: Timestamp,
    ) -> Result<Self> {
        config.validate()?;
        let niche = Niche::new(&config.niche_keywords, &config.niche_examples);
        let model = config.niche_embeddings.as_deref().filter(|_| !niche.is_empty());
        let texts: Vec<&String> = config.niche_keywords.iter().chain(&config.niche_examples).collect();
        let meant = model.map(|model| by_meaning(model, &texts, clips)).transpose()?;
        let mut peers = Self {
            histories,
            now,
            niche,
            virality: Vec::new(),
            meant,
            weighted: None,
            names: ["virality", "relevance", "reactability", "age_hours"],
        };
        let signals = |clip| peers.signals(clip);
        peers.virality = virality_of(|| clips.iter().map(signals), config.objective);
        if let Some(weights) = config.scoring_weights {
            peers.weighted = Some(peers.weighted_percentiles(clips, weights));
            peers.names = ["views", "velocity", "engagement", "relevance"];
        }
        Ok(peers)
    }

    fn history(&self, clip: &Clip) -> Option<&'a History> {
        if self.histories.is_empty() {
            return None;
        }
        self.histories.get(&(clip.platform.clone(), clip.id.clone()))
    }

    fn signals(&self, clip: &Clip) -> Signals {
        Signals::of(clip, self.history(clip), self.now)
    }

    pub(super) fn growth_6h(&self, clip: &Clip) -> Option<f64> {
        self.history(clip).and_then(|history| history.growth_6h(self.now)).or(clip.growth_6h)
    }

    /// The relevance of the clip of this number, and the keywords that it has.
    fn relevance(&self, number: usize, clip: &Clip) -> (Option<f64>, Vec<String>) {
        if self.niche.is_empty() {
            return (None, Vec::new());
        }
        let (said, matched) = self.niche.relevance(clip);
        // Either way of being near is enough.
        let meant = self.meant.as_ref().map_or(0.0, |meant| meant[number]);
        (Some(1.0 - (1.0 - said) * (1.0 - meant)), matched)
    }

    /// What the clip's score is at most: no factor adds points.
    pub(super) fn most_points(&self, number: usize) -> Option<f64> {
        let virality = self.virality[number].filter(|_| self.weighted.is_none());
        virality.map(|virality| 100.0 * virality.probability)
    }

    /// All that there is to say of the clip of this number.
    pub(super) fn judge(&self, number: usize, clip: &Clip) -> JudgedClip {
        let signals = self.signals(clip);
        let (relevance, matched) = self.relevance(number, clip);
        let virality = self.virality[number];
        let parts = match &self.weighted {
            Some(weighted) => Some(weighted[number]),
            None => virality.map(|virality| {
                adjusted(virality.probability, relevance, clip.metadata.reactability, signals.age_hours)
            }),
        };
        JudgedClip {
            counts: signals.counts,
            age_hours: signals.age_hours,
            views_last_24h: self
                .history(clip)
                .and_then(|history| history.views_last_24h(self.now))
                .or(clip.views_last_24h),
            growth_6h: self.growth_6h(clip),
            virality,
            relevance,
            matched,
            parts,
        }
    }

    /// The weighted percentiles among the peers; what is unknown of a clip adds nothing.
    fn weighted_percentiles(&self, clips: &[Clip], weights: ScoringWeights) -> Vec<Parts> {
        let rate = |counts: Counts| {
            Some(counts.engagements()? as f64 / counts.views.filter(|&views| views > 0)? as f64)
        };
        let signals: Vec<Signals> = clips.iter().map(|clip| self.signals(clip)).collect();
        let relevance = clips.iter().enumerate().map(|(number, clip)| self.relevance(number, clip).0);
        let columns: [(Vec<Option<f64>>, f64); 4] = [
            (signals.iter().map(|s| s.counts.views.map(|v| v as f64)).collect(), weights.views),
            (signals.iter().map(Signals::pace).collect(), weights.velocity),
            (signals.iter().map(|s| rate(s.counts)).collect(), weights.engagement),
            (relevance.collect(), weights.relevance),
        ];
        let mut all = vec![[(None, 0.0); 4]; clips.len()];
        for (place, (values, weight)) in columns.into_iter().enumerate() {
            for ((parts, percentile), value) in all.iter_mut().zip(percentiles(&values)).zip(values) {
                parts[place] = (value, 100.0 * weight * percentile.unwrap_or(0.0));
            }
        }
        all
    }
}

pub(super) struct JudgedClip {
    counts: Counts,
    pub(super) age_hours: Option<f64>,
    views_last_24h: Option<u64>,
    growth_6h: Option<f64>,
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

/// 100 times the probability, and what each factor takes from it.
fn adjusted(
    probability: f64,
    relevance: Option<f64>,
    reactability: Option<f64>,
    age_hours: Option<f64>,
) -> Parts {
    let mut points = 100.0 * probability;
    let mut parts = [(Some(probability), points); 4];
    let from = |least: f64| move |value: f64| least + (1.0 - least) * value.clamp(0.0, 1.0);
    let age = |hours: f64| 0.5_f64.powf((hours - FRESH_HOURS).max(0.0) / HALF_LIFE_HOURS);
    let factors = [
        (relevance, relevance.map(from(IRRELEVANT))),
        (reactability, reactability.map(from(NOT_REACTABLE))),
        (age_hours, age_hours.map(age)),
    ];
    for (part, (value, factor)) in parts[1..].iter_mut().zip(factors) {
        let after = points * factor.unwrap_or(1.0);
        *part = (value, after - points);
        points = after;
    }
    parts
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

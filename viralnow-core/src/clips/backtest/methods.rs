//! The methods that are compared: ours, the formula of before, and what anybody would try first.

use super::lists::Row;
use crate::clips::legacy::{LegacyInput, legacy_score};
use crate::clips::virality::{Objective, virality};

/// A way to rank the clips of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Default,
    Legacy,
    Views,
    Velocity,
    GrowthRatio,
    HnHotness,
    SeedWeightsPercentile,
}

impl Method {
    pub(super) const ALL: [Self; 7] = [
        Self::Default,
        Self::Legacy,
        Self::Views,
        Self::Velocity,
        Self::GrowthRatio,
        Self::HnHotness,
        Self::SeedWeightsPercentile,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Legacy => "legacy",
            Self::Views => "views",
            Self::Velocity => "velocity",
            Self::GrowthRatio => "growth_ratio",
            Self::HnHotness => "hn_hotness",
            Self::SeedWeightsPercentile => "seed_weights_percentile",
        }
    }

    /// A score for each clip of a list, and its probability where the method gives one.
    pub(super) fn scores(self, list: &[&Row], objective: Objective) -> (Vec<f64>, Option<Vec<f64>>) {
        if self == Self::Default {
            let signals: Vec<_> = list.iter().map(|row| row.signals).collect();
            let said = virality(&signals, objective);
            let place = |(said, row): (&Option<_>, &&Row)| {
                let said: &crate::clips::Virality = said.as_ref().expect("a row has views");
                match objective {
                    Objective::Gain => said.new_views,
                    Objective::Growth => said.new_views / (views(row) + 1.0),
                }
            };
            let scores = said.iter().zip(list).map(place).collect();
            return (scores, Some(said.iter().flatten().map(|said| said.probability).collect()));
        }
        if self == Self::SeedWeightsPercentile {
            let ranks = [views, velocity, engagement_rate]
                .map(|of| percentiles(&list.iter().map(|row| of(row)).collect::<Vec<_>>()));
            return (
                (0..list.len()).map(|i| 0.4 * ranks[0][i] + 0.3 * ranks[1][i] + 0.2 * ranks[2][i]).collect(),
                None,
            );
        }
        (list.iter().map(|row| self.score(row)).collect(), None)
    }

    fn score(self, row: &Row) -> f64 {
        let engagements = row.signals.counts.engagements().unwrap_or(0) as f64;
        match self {
            Self::Legacy => legacy_score(&LegacyInput {
                views: views(row),
                views_last_24h: velocity(row),
                engagements,
                age_hours: row.signals.age_hours.unwrap_or(0.0),
                reactable: true,
                ..LegacyInput::default()
            }),
            Self::Velocity => velocity(row),
            Self::GrowthRatio => velocity(row) / (views(row) - velocity(row) + 1.0).max(1.0),
            // As Hacker News ranks its front page; a clip of unknown age is as old as it was followed, and half a day.
            Self::HnHotness => {
                let age = row.signals.age_hours.unwrap_or(row.signals.hours_followed + 12.0);
                (views(row) - 1.0) / (age + 2.0).powf(1.8)
            }
            Self::Views | Self::Default | Self::SeedWeightsPercentile => views(row),
        }
    }
}

fn views(row: &Row) -> f64 {
    row.signals.counts.views.unwrap_or(0) as f64
}

/// New views a day; 0 where there is no earlier reading.
fn velocity(row: &Row) -> f64 {
    row.signals.pace().unwrap_or(0.0)
}

fn engagement_rate(row: &Row) -> f64 {
    row.signals.counts.engagements().unwrap_or(0) as f64 / (views(row) + 1.0)
}

/// The share of values below each one, equal values half.
fn percentiles(values: &[f64]) -> Vec<f64> {
    crate::score::ranks(values).into_iter().map(|rank| (rank - 0.5) / values.len() as f64).collect()
}

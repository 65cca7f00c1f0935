//! The functions of `score`, on plain data.

use super::clips::state_of;
use super::params::{Params, needed};
use super::{Called, PlainEntry};
use crate::Result;
use crate::features::Score;
use crate::score::{AssetOutcomes, ContentFeedback};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const PLAIN: &[PlainEntry] = &[
    ("score.apply", |p| {
        let score: Option<Score> = p.given_or_none("score")?;
        let feedback = state(p)?;
        p.finish()?;
        Called::value(&feedback.apply(&needed("score", score)?)?)
    }),
    ("score.learn", |p| {
        let mut feedback = state(p)?;
        let week: Option<String> = p.given_or_none("week")?;
        let lists: Vec<List> = p.take("lists", Vec::new())?;
        p.finish()?;
        let lists: Vec<AssetOutcomes> = lists.into_iter().map(AssetOutcomes::from).collect();
        let refit = feedback.learn(needed("week", week)?, &lists)?;
        Called::value(&json!({ "state": feedback, "refit": refit, "points": points(&feedback) }))
    }),
    ("score.roll_back", |p| {
        let mut feedback = state(p)?;
        p.finish()?;
        feedback.roll_back()?;
        Called::value(&json!({ "state": feedback, "points": points(&feedback) }))
    }),
];

/// Assets with their outcomes; null is unknown.
#[derive(Deserialize)]
struct List {
    scores: Vec<Score>,
    outcomes: Vec<Option<f64>>,
}

impl From<List> for AssetOutcomes {
    fn from(list: List) -> Self {
        let outcomes = list.outcomes.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        Self { scores: list.scores, outcomes }
    }
}

/// What was learned so far; without a state, nothing.
fn state(p: &mut Params<'_>) -> Result<ContentFeedback> {
    let state: Option<Value> = p.given_or_none("state")?;
    state.map_or_else(|| Ok(ContentFeedback::default()), state_of)
}

fn points(feedback: &ContentFeedback) -> serde_json::Map<String, Value> {
    feedback.points().into_iter().map(|(name, points)| (name.to_owned(), json!(points))).collect()
}

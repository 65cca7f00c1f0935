//! `viral_clips_config.json`: the niche, the platforms, the weights and the filters, checked as a whole.

use super::virality::Objective;
use crate::config::nearest;
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Weights must sum to 1 as nearly as this.
const SUM_TOLERANCE: f64 = 1e-6;

/// What clips are looked for, how they are weighed, and which are let through.
///
/// ```
/// use viralnow_core::clips::ClipsConfig;
/// let config = ClipsConfig::from_json(r#"{"niche_keywords": ["gaming"], "filters": {"max_age_hours": 48}}"#)?;
/// assert_eq!(config.filters.max_age_hours, Some(48.0));
/// let wrong = ClipsConfig::from_json(r#"{"niche_keyword": [], "scoring_weights": {"views": 2}}"#).unwrap_err();
/// assert!(wrong.to_string().contains("niche_keywords") && wrong.to_string().contains("sum to 1"));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ClipsConfig {
    /// Words and phrases of the niche.
    pub niche_keywords: Vec<String>,
    /// Titles or captions that are of the niche.
    pub niche_examples: Vec<String>,
    /// A sentence-embedding model, as a folder or as the name of a known one: clips are then also relevant that say the same in
    /// other words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub niche_embeddings: Option<String>,
    /// The platforms that are asked and let through; empty is all.
    pub platforms: Vec<String>,
    /// With weights the final score is the weighted percentiles; without them it is the probability, adjusted.
    pub scoring_weights: Option<ScoringWeights>,
    /// Which clips are let through.
    pub filters: Filters,
    /// What the next 24 hours are judged by.
    pub objective: Objective,
    /// The most clips of one channel that a ranked list holds.
    pub max_per_channel: Option<usize>,
}

/// Weights of the percentiles; none below 0, and 1 together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoringWeights {
    /// Of views.
    pub views: f64,
    /// Of new views a day.
    pub velocity: f64,
    /// Of likes, comments and shares for each view.
    pub engagement: f64,
    /// Of the relevance to the niche.
    pub relevance: f64,
}

/// Which clips are let through. A clip of which a filtered value is unknown passes and is flagged, unless `strict`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Filters {
    /// The least growth in six hours, views over views.
    pub min_growth_rate: Option<f64>,
    /// The least final score, of 100.
    pub min_final_score: Option<f64>,
    /// The greatest age in hours.
    pub max_age_hours: Option<f64>,
    /// At least one of these in title, tags or transcript.
    pub keywords: Vec<String>,
    /// Whether an unknown value is a reason to leave a clip out.
    pub strict: bool,
}

impl ScoringWeights {
    /// The four weights in the order of the fields.
    #[must_use]
    pub fn to_array(self) -> [f64; 4] {
        [self.views, self.velocity, self.engagement, self.relevance]
    }

    /// What is wrong with them.
    fn problem(&self) -> Option<String> {
        let weights = self.to_array();
        if weights.iter().any(|w| !(w.is_finite() && *w >= 0.0)) {
            return Some("scoring_weights: a weight is a number that is not negative".to_owned());
        }
        let sum: f64 = weights.iter().sum();
        ((sum - 1.0).abs() > SUM_TOLERANCE)
            .then(|| format!("scoring_weights: they must sum to 1, and sum to {sum}; divide each by {sum}"))
    }
}

const KEYS: [&str; 8] = [
    "niche_keywords",
    "niche_examples",
    "niche_embeddings",
    "platforms",
    "scoring_weights",
    "filters",
    "objective",
    "max_per_channel",
];
const WEIGHTS: [&str; 4] = ["views", "velocity", "engagement", "relevance"];
const FILTERS: [&str; 5] = ["min_growth_rate", "min_final_score", "max_age_hours", "keywords", "strict"];

impl ClipsConfig {
    /// Reads and checks a configuration. The error names everything that is wrong with it at once.
    pub fn from_json(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            Error::new(ErrorKind::InvalidConfig, "the clips configuration is no JSON").caused_by(error)
        })?;
        let Value::Object(map) = value else {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the clips configuration must be a JSON object",
            ));
        };
        let mut wrong = Vec::new();
        let config = read(&map, &mut wrong);
        if wrong.is_empty() {
            return Ok(config);
        }
        let count = wrong.len();
        let message = format!(
            "the clips configuration is wrong in {count} place{}: {}",
            if count == 1 { "" } else { "s" },
            wrong.join("; ")
        );
        Err(Error::new(ErrorKind::InvalidConfig, message).with("errors", count))
    }

    /// Checks a configuration that was made in code, as [`ClipsConfig::from_json`] does.
    pub fn validate(&self) -> Result<()> {
        let text = serde_json::to_string(self).expect("plain data");
        // JSON has no NaN: what is none there is null, which is an unknown value and no error.
        let filters =
            [self.filters.min_growth_rate, self.filters.min_final_score, self.filters.max_age_hours];
        if filters.iter().flatten().any(|limit| limit.is_nan())
            || self.scoring_weights.is_some_and(|w| w.problem().is_some())
        {
            let problem = self.scoring_weights.and_then(|w| w.problem());
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                problem.unwrap_or_else(|| "filters: not a number".to_owned()),
            ));
        }
        Self::from_json(&text).map(drop)
    }
}

fn read(map: &Map<String, Value>, wrong: &mut Vec<String>) -> ClipsConfig {
    unknown("", map, &KEYS, wrong);
    let weights = object(map, "scoring_weights", wrong).map(|map| {
        unknown("scoring_weights.", map, &WEIGHTS, wrong);
        let [views, velocity, engagement, relevance] =
            WEIGHTS.map(|key| number(map, "scoring_weights.", key, wrong).unwrap_or(0.0));
        ScoringWeights { views, velocity, engagement, relevance }
    });
    if let Some(problem) = weights.and_then(|weights| weights.problem()) {
        wrong.push(problem);
    }
    let filters = object(map, "filters", wrong).map(|map| {
        unknown("filters.", map, &FILTERS, wrong);
        Filters {
            min_growth_rate: number(map, "filters.", "min_growth_rate", wrong),
            min_final_score: number(map, "filters.", "min_final_score", wrong),
            max_age_hours: number(map, "filters.", "max_age_hours", wrong),
            keywords: texts(map, "filters.", "keywords", wrong),
            strict: field(map, "filters.", "strict", "true or false", Value::as_bool, wrong).unwrap_or(false),
        }
    });
    if let Some(score) = filters.as_ref().and_then(|f| f.min_final_score)
        && score > 100.0
    {
        wrong.push(format!("filters.min_final_score: scores lie between 0 and 100, so none reaches {score}"));
    }
    let objective =
        field(map, "", "objective", "\"gain\" or \"growth\"", |value| value.as_str()?.parse().ok(), wrong);
    let count = |value: &Value| value.as_u64().filter(|&n| n > 0).and_then(|n| usize::try_from(n).ok());
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    ClipsConfig {
        niche_keywords: texts(map, "", "niche_keywords", wrong),
        niche_examples: texts(map, "", "niche_examples", wrong),
        niche_embeddings: field(map, "", "niche_embeddings", "a text that is not empty", text, wrong),
        platforms: texts(map, "", "platforms", wrong).into_iter().map(|name| name.to_lowercase()).collect(),
        scoring_weights: weights,
        filters: filters.unwrap_or_default(),
        objective: objective.unwrap_or_default(),
        max_per_channel: field(map, "", "max_per_channel", "a whole number from 1 on", count, wrong),
    }
}

fn unknown(place: &str, map: &Map<String, Value>, known: &[&str], wrong: &mut Vec<String>) {
    for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
        let hint = match nearest(key, known.iter().copied()) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("there are {}", known.join(", ")),
        };
        wrong.push(format!("{place}{key}: no such key; {hint}"));
    }
}

fn field<T>(
    map: &Map<String, Value>,
    place: &str,
    key: &str,
    what: &str,
    read: impl Fn(&Value) -> Option<T>,
    wrong: &mut Vec<String>,
) -> Option<T> {
    let value = map.get(key).filter(|value| !value.is_null())?;
    let found = read(value);
    if found.is_none() {
        wrong.push(format!("{place}{key}: must be {what}, and is {}", shortened(value)));
    }
    found
}

fn number(map: &Map<String, Value>, place: &str, key: &str, wrong: &mut Vec<String>) -> Option<f64> {
    let positive = |value: &Value| value.as_f64().filter(|number| *number >= 0.0);
    field(map, place, key, "a number that is not negative", positive, wrong)
}

fn object<'a>(
    map: &'a Map<String, Value>,
    key: &str,
    wrong: &mut Vec<String>,
) -> Option<&'a Map<String, Value>> {
    let value = map.get(key).filter(|value| !value.is_null())?;
    if !value.is_object() {
        wrong.push(format!("{key}: must be an object, and is {}", shortened(value)));
    }
    value.as_object()
}

fn texts(map: &Map<String, Value>, place: &str, key: &str, wrong: &mut Vec<String>) -> Vec<String> {
    let all = |value: &Value| {
        let text =
            |item: &Value| item.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        value.as_array()?.iter().map(text).collect::<Option<Vec<_>>>()
    };
    field(map, place, key, "a list of texts that are not empty", all, wrong).unwrap_or_default()
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_file_loads_unchanged() {
        let config = ClipsConfig::from_json(
            r#"{
  "niche_keywords": ["gaming", "memes", "funny"],
  "platforms": ["youtube", "tiktok", "instagram"],
  "scoring_weights": { "views": 0.4, "velocity": 0.3, "engagement": 0.2, "relevance": 0.1 },
  "filters": { "min_growth_rate": 3.0, "min_final_score": 15.0, "max_age_hours": 48 }
}"#,
        )
        .unwrap();
        assert_eq!(config.scoring_weights.unwrap().to_array(), [0.4, 0.3, 0.2, 0.1]);
        assert_eq!((config.filters.min_growth_rate, config.filters.min_final_score), (Some(3.0), Some(15.0)));
        config.validate().unwrap();
        assert_eq!(ClipsConfig::from_json("{}").unwrap(), ClipsConfig::default());
    }

    #[test]
    fn every_error_is_named_at_once() {
        let error = ClipsConfig::from_json(
            r#"{"niche_keywords": "gaming", "platform": ["youtube"], "scoring_weights": {"views": 0.9, "velocety": 0.1},
                "filters": {"min_final_score": 500, "max_age_hours": -1, "strict": "yes"}, "objective": "fame", "max_per_channel": 0}"#,
        )
        .unwrap_err();
        let text = error.to_string();
        for part in [
            "niche_keywords: must be a list of texts",
            "platform: no such key; did you mean platforms?",
            "scoring_weights.velocety: no such key; did you mean velocity?",
            "sum to 0.9",
            "none reaches 500",
            "filters.max_age_hours: must be a number that is not negative, and is -1",
            "filters.strict: must be true or false",
            "objective: must be \"gain\" or \"growth\"",
            "max_per_channel",
            "errors: 9",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for no_config in ["", "[]", "{", "null"] {
            assert_eq!(ClipsConfig::from_json(no_config).unwrap_err().kind(), ErrorKind::InvalidConfig);
        }
    }
}

//! What is asked of the store, as SQL.

use super::rows::micros;
use super::words::{any, search};
use crate::{Error, ErrorKind, Result};
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The order of what is found; what is unknown comes last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClipOrder {
    /// The highest final score first.
    #[default]
    Score,
    /// The highest growth in six hours first.
    Growth,
    /// The most views first.
    Views,
    /// The newest first.
    Newest,
}

/// Which clips are asked for; what is not set asks for nothing.
///
/// A clip of which a filtered value is unknown passes with the value's name in `unknown`, unless the query is `strict`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ClipQuery {
    /// Any of these platforms.
    pub platforms: Vec<String>,
    /// Of this niche: the source's own, or a niche keyword that was found.
    pub niche: Option<String>,
    /// The least final score.
    pub min_score: Option<f64>,
    /// The highest final score.
    pub max_score: Option<f64>,
    /// Published within so many hours before `now`.
    pub hours: Option<f64>,
    /// The least growth in six hours, views over views.
    pub min_growth: Option<f64>,
    /// The least views.
    pub min_views: Option<u64>,
    /// At least one of these words or phrases in title, tags or transcript.
    pub keywords: Vec<String>,
    /// All of these words in title, tags, transcript or channel; `"in quotes"` one after the other, `gam*` as a beginning. Any case,
    /// with or without accents. Terms in writing without blanks between words, and signs, are looked for as they stand, which reads
    /// every clip.
    pub search: Option<String>,
    /// The order.
    pub order: ClipOrder,
    /// The other way round; what is unknown still comes last.
    pub ascending: bool,
    /// No more than so many; all where `None`.
    pub limit: Option<usize>,
    /// So many are left out at the beginning.
    pub offset: usize,
    /// Whether an unknown value is a reason to leave a clip out.
    pub strict: bool,
    /// The moment that `hours` counts back from; this one where `None`.
    #[schemars(with = "Option<String>")]
    pub now: Option<Timestamp>,
}

/// A query as SQL: what follows `FROM clips`, and its values.
pub(super) struct Sql {
    pub(super) filter: String,
    pub(super) order: String,
    pub(super) values: Vec<Value>,
}

impl ClipQuery {
    /// Fails with `INVALID_CONFIG` for limits that are no numbers, or that nothing can lie between.
    pub(super) fn sql(&self) -> Result<Sql> {
        self.check()?;
        let mut all: Vec<String> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        if !self.platforms.is_empty() {
            all.push(format!("platform IN ({})", vec!["?"; self.platforms.len()].join(", ")));
            values.extend(self.platforms.iter().map(|name| name.trim().to_lowercase().into()));
        }
        let now = self.now.unwrap_or_else(Timestamp::now);
        let since = self.hours.map(|hours| {
            let span = SignedDuration::try_from_secs_f64(hours * 3600.0).ok();
            span.and_then(|span| now.checked_sub(span).ok()).unwrap_or(Timestamp::MIN)
        });
        let views = self.min_views.map(|views| i64::try_from(views).unwrap_or(i64::MAX));
        let limits: [(&str, &str, Option<Value>); 6] = [
            ("final_score", ">=", self.min_score.map(Value::from)),
            ("final_score", "<=", self.max_score.map(Value::from)),
            ("growth_6h", ">=", self.min_growth.map(Value::from)),
            ("views", ">=", views.map(Value::from)),
            ("published", ">=", since.map(|since| micros(since).into())),
            // What a clock that is ahead says is published tomorrow is not of the last hours.
            ("published", "<=", since.map(|_| micros(now).into())),
        ];
        for (column, relation, limit) in limits {
            let Some(limit) = limit else { continue };
            all.push(if self.strict {
                format!("{column} {relation} ?")
            } else {
                format!("({column} {relation} ? OR {column} IS NULL)")
            });
            values.push(limit);
        }
        if let Some(niche) = &self.niche {
            all.push("key IN (SELECT clip FROM niches WHERE niche = ?)".to_owned());
            values.push(niche.to_lowercase().into());
        }
        if !self.keywords.is_empty() {
            let keywords = any(&self.keywords);
            if keywords.is_empty() {
                all.push("0".to_owned());
            } else {
                all.push("key IN (SELECT rowid FROM words WHERE words MATCH ?)".to_owned());
                values.push(format!("{{title tags transcript}} : ({keywords})").into());
            }
        }
        if let Some(text) = &self.search {
            let found = search(text);
            if !found.words.is_empty() {
                all.push("key IN (SELECT rowid FROM words WHERE words MATCH ?)".to_owned());
                values.push(found.words.into());
            }
            for piece in found.pieces {
                all.push("instr(body, ?) > 0".to_owned());
                values.push(piece.into());
            }
        }
        let filter = if all.is_empty() { String::new() } else { format!("WHERE {}", all.join(" AND ")) };
        let column = match self.order {
            ClipOrder::Score => "final_score",
            ClipOrder::Growth => "growth_6h",
            ClipOrder::Views => "views",
            ClipOrder::Newest => "published",
        };
        let direction = if self.ascending { "ASC NULLS LAST" } else { "DESC" };
        Ok(Sql { filter, order: format!("ORDER BY {column} {direction}, platform, id"), values })
    }

    fn check(&self) -> Result<()> {
        let wrong = |message: &str| Err(Error::new(ErrorKind::InvalidConfig, message.to_owned()));
        let numbers = [self.min_score, self.max_score, self.min_growth, self.hours];
        if numbers.iter().flatten().any(|limit| limit.is_nan()) {
            return wrong("min_score, max_score, min_growth and hours are numbers");
        }
        if self.hours.is_some_and(|hours| hours < 0.0) {
            return wrong("hours: time is looked back for, so it is not negative");
        }
        if self.min_score.zip(self.max_score).is_some_and(|(least, most)| least > most) {
            return wrong("min_score is over max_score, so that nothing can lie between them");
        }
        Ok(())
    }

    /// The filtered values that are unknown of a clip.
    pub(super) fn unknown(&self, clip: &crate::clips::Clip) -> Vec<String> {
        let age = clip.age_hours.is_none() && clip.published_at.is_none();
        let asked = [
            ("final_score", self.min_score.or(self.max_score).is_some(), clip.scores.final_score.is_none()),
            ("growth_6h", self.min_growth.is_some(), clip.growth_6h.is_none()),
            ("views", self.min_views.is_some(), clip.counts.views.is_none()),
            ("age_hours", self.hours.is_some(), age),
        ];
        asked
            .iter()
            .filter(|(_, asked, unknown)| *asked && *unknown)
            .map(|(name, ..)| (*name).to_owned())
            .collect()
    }
}

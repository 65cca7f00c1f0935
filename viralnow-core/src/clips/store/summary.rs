//! The store in a few numbers.

use super::rows::time;
use super::{ClipQuery, ClipStore};
use crate::Result;
use jiff::Timestamp;
use rusqlite::params_from_iter;
use serde_json::{Map, Value, json};
use std::time::Instant;

impl ClipStore {
    /// The specification's summary of what a query asks for: `total_clips` in the store, `filtered_clips` of the query,
    /// `processing_time` in seconds of this summary, `timestamp`; and of the clips of the query `scored_clips`, the mean and highest
    /// `final_score`, `views` and `mean_growth_6h`, when the first and last were looked at, and the same by platform.
    pub fn summary(&self, query: &ClipQuery) -> Result<Value> {
        let start = Instant::now();
        let sql = query.sql()?;
        let text = format!(
            "SELECT platform, count(*), count(final_score), total(final_score), max(final_score), total(views),
                 count(growth_6h), total(growth_6h), min(seen_at), max(seen_at) FROM clips {} GROUP BY platform",
            sql.filter
        );
        let (rows, total, snapshots) = self.db.read(|tx| {
            let rows = tx
                .prepare_cached(&text)?
                .query_map(params_from_iter(&sql.values), |row| {
                    let part = Part {
                        clips: row.get(1)?,
                        scored: row.get(2)?,
                        scores: row.get(3)?,
                        highest: row.get(4)?,
                        views: row.get(5)?,
                        grown: row.get(6)?,
                        growth: row.get(7)?,
                        seen: row.get::<_, Option<i64>>(8)?.zip(row.get(9)?),
                    };
                    Ok((row.get(0)?, part))
                })?
                .collect::<rusqlite::Result<Vec<(String, Part)>>>()?;
            let count = |table: &str| {
                tx.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
            };
            Ok((rows, count("clips")?, count("snapshots")?))
        })?;
        let all = rows.iter().fold(Part::default(), |all, (_, part)| all.and(part));
        let platforms: Map<String, Value> =
            rows.iter().map(|(platform, part)| (platform.clone(), Value::Object(part.told()))).collect();
        let mut told = all.told();
        let clips = told.remove("clips").unwrap_or_default();
        for (key, value) in [
            ("total_clips", json!(total)),
            ("filtered_clips", clips),
            ("snapshots", json!(snapshots)),
            ("first_seen", json!(all.seen.map(|seen| time(seen.0)))),
            ("last_seen", json!(all.seen.map(|seen| time(seen.1)))),
            ("platforms", Value::Object(platforms)),
            ("processing_time", json!(start.elapsed().as_secs_f64())),
            ("timestamp", json!(Timestamp::now())),
        ] {
            told.insert(key.to_owned(), value);
        }
        Ok(Value::Object(told))
    }
}

#[derive(Default)]
struct Part {
    clips: i64,
    scored: i64,
    scores: f64,
    highest: Option<f64>,
    views: f64,
    grown: i64,
    growth: f64,
    seen: Option<(i64, i64)>,
}

impl Part {
    fn and(self, other: &Self) -> Self {
        let seen = match (self.seen, other.seen) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        Self {
            clips: self.clips + other.clips,
            scored: self.scored + other.scored,
            scores: self.scores + other.scores,
            highest: if self.highest > other.highest { self.highest } else { other.highest },
            views: self.views + other.views,
            grown: self.grown + other.grown,
            growth: self.growth + other.growth,
            seen,
        }
    }

    fn told(&self) -> Map<String, Value> {
        let mean = |sum: f64, count: i64| (count > 0).then(|| sum / count as f64);
        let told = json!({
            "clips": self.clips,
            "scored_clips": self.scored,
            "mean_final_score": mean(self.scores, self.scored),
            "highest_final_score": self.highest,
            "views": self.views,
            "mean_growth_6h": mean(self.growth, self.grown),
        });
        match told {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

//! Functions, errors and events over time.

use super::filters::TimeRange;
use super::sink::unpacked;
use super::{LogStore, row_at, us_of};
use crate::Result;
use crate::monitor::{Histogram, topic_matches};
use rusqlite::{Transaction, params};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Ranges longer than this are answered from the counts by hour, in minutes.
const BY_HOUR_FROM: i64 = 3 * 24 * 60;

/// How a function did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionStats {
    /// The function.
    pub function_name: String,
    /// Its module.
    pub module: String,
    /// Calls that ended.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// The share that did not fail.
    pub success_rate: f64,
    /// Seconds, on average.
    pub mean_s: f64,
    /// Seconds: half of the calls took at most that, within 6 %.
    pub p50_s: f64,
    /// Seconds: 95 % of the calls.
    pub p95_s: f64,
    /// Seconds: 99 % of the calls.
    pub p99_s: f64,
}

/// Failures that are alike: of one function, kind and stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorGroup {
    /// The function.
    pub function_name: String,
    /// Its module.
    pub module: String,
    /// The error's kind.
    pub kind: String,
    /// The message of the last one.
    pub message: String,
    /// The stack, where told.
    pub stack: Option<String>,
    /// How many.
    pub count: u64,
    /// When the first one began, in microseconds since 1970.
    pub first_us: i64,
    /// When the last one began.
    pub last_us: i64,
    /// The number of the last one, for [`LogStore::entry`].
    pub last_call: i64,
}

/// An event that was published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedEvent {
    /// Its number in the log.
    pub id: i64,
    /// When, in microseconds since 1970.
    pub ts_us: i64,
    /// Its topic.
    pub topic: String,
    /// The job.
    pub correlation_id: String,
    /// The facts.
    pub data: Value,
}

impl LogStore {
    /// How functions did, the busiest (by all their time) first. By whole minutes, and by whole hours for more than three days and for what is older
    /// than minutes are kept; the last minute is there after
    /// a flush.
    pub fn functions(&self, range: TimeRange) -> Result<Vec<FunctionStats>> {
        let minute = |us: i64| us.div_euclid(60_000_000);
        let from = range.from_us.map_or(i64::MIN, minute);
        let to = range.to_us.map_or(i64::MAX, |us| minute(us.saturating_sub(1)));
        let now = minute(crate::monitor::unix_us());
        let long = to.min(now).saturating_sub(from) > BY_HOUR_FROM;
        let sums = self.reading(|transaction| {
            let by_hour = long || lacks_minutes(transaction, from)?;
            let (table, from) = if by_hour { ("hist_1h", hour(from)) } else { ("hist_1m", from) };
            let sql = format!(
                "SELECT fn.name, fn.module, calls, errors, sum_ns, buckets FROM {table} AS h JOIN fn ON fn.id = h.fn
                 WHERE minute BETWEEN ?1 AND ?2"
            );
            let mut sums: BTreeMap<(String, String), (u64, u64, u64, Histogram)> = BTreeMap::new();
            let mut statement = transaction.prepare_cached(&sql)?;
            let mut rows = statement.query(params![from, to])?;
            while let Some(row) = rows.next()? {
                let sum = sums.entry((row.get(1)?, row.get(0)?)).or_default();
                sum.0 += row.get::<_, i64>(2)? as u64;
                sum.1 += row.get::<_, i64>(3)? as u64;
                sum.2 += row.get::<_, i64>(4)? as u64;
                sum.3.merge(&unpacked(&row.get::<_, Vec<u8>>(5)?));
            }
            Ok(sums)
        })?;
        let mut stats: Vec<(f64, FunctionStats)> = sums
            .into_iter()
            .map(|((module, function_name), (calls, errors, sum_ns, histogram))| {
                let quantile = |q: f64| histogram.quantile_ns(q) * 1e-9;
                let timed = histogram.count().max(1);
                let stats = FunctionStats {
                    function_name,
                    module,
                    calls,
                    errors,
                    success_rate: 1.0 - errors as f64 / calls.max(1) as f64,
                    mean_s: sum_ns as f64 / timed as f64 * 1e-9,
                    p50_s: quantile(0.5),
                    p95_s: quantile(0.95),
                    p99_s: quantile(0.99),
                };
                // Of hot functions a part is timed: it stands for all.
                (sum_ns as f64 / timed as f64 * calls as f64, stats)
            })
            .collect();
        stats.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        Ok(stats.into_iter().map(|(_, stats)| stats).collect())
    }

    /// Failures by what they have in common, the most frequent first; 200 groups at most.
    pub fn errors(&self, range: TimeRange) -> Result<Vec<ErrorGroup>> {
        let (from, to) = rows(range);
        self.reading(|transaction| {
            // SQLite takes the bare columns from the row that has the max().
            let mut statement = transaction.prepare_cached(
                "SELECT fn.name, fn.module, error.kind, error.message, stack.text, count(*), min(error.call),
                    max(error.call)
                 FROM error JOIN call ON call.id = error.call JOIN site ON site.id = call.site
                    JOIN fn ON fn.id = site.fn LEFT JOIN stack ON stack.id = error.stack
                 WHERE error.call >= ?1 AND error.call < ?2
                 GROUP BY fn.name, fn.module, error.kind, error.stack ORDER BY count(*) DESC, max(error.call) DESC LIMIT 200",
            )?;
            let groups = statement.query_map(params![from, to], |row| {
                Ok(ErrorGroup {
                    function_name: row.get(0)?,
                    module: row.get(1)?,
                    kind: row.get(2)?,
                    message: row.get(3)?,
                    stack: row.get(4)?,
                    count: row.get::<_, i64>(5)? as u64,
                    first_us: us_of(row.get(6)?),
                    last_us: us_of(row.get(7)?),
                    last_call: row.get(7)?,
                })
            })?;
            groups.collect()
        })
    }

    /// Events whose topic fits, the newest first.
    pub fn events(&self, pattern: &str, range: TimeRange, limit: u32) -> Result<Vec<LoggedEvent>> {
        let (from, to) = rows(range);
        self.reading(|transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT id, topic, correlation_id, data FROM event WHERE id >= ?1 AND id < ?2 ORDER BY id DESC",
            )?;
            let mut rows = statement.query(params![from, to])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()?
                && events.len() < limit as usize
            {
                let topic: String = row.get(1)?;
                if !topic_matches(pattern, &topic) {
                    continue;
                }
                let data: String = row.get(3)?;
                events.push(LoggedEvent {
                    id: row.get(0)?,
                    ts_us: us_of(row.get(0)?),
                    topic,
                    correlation_id: row.get(2)?,
                    data: serde_json::from_str(&data).unwrap_or_default(),
                });
            }
            Ok(events)
        })
    }
}

fn hour(minute: i64) -> i64 {
    minute.saturating_sub(minute.rem_euclid(60))
}

/// Whether hours from this minute on hold calls that their minutes, which are kept for a shorter time, no longer do. Asked of the log itself: how
/// long its writer keeps them is not in it, and may have been another time before.
fn lacks_minutes(transaction: &Transaction<'_>, from: i64) -> rusqlite::Result<bool> {
    let oldest: Option<i64> =
        transaction.prepare_cached("SELECT min(minute) FROM hist_1m")?.query_row([], |row| row.get(0))?;
    let until = oldest.map_or(i64::MAX, |minute| hour(minute) + 59);
    let calls = |table: &str| -> rusqlite::Result<i64> {
        transaction
            .prepare_cached(&format!(
                "SELECT coalesce(sum(calls), 0) FROM {table} WHERE minute BETWEEN ?1 AND ?2"
            ))?
            .query_row(params![hour(from), until], |row| row.get(0))
    };
    Ok(oldest.is_none_or(|oldest| from < oldest) && calls("hist_1h")? > calls("hist_1m")?)
}

fn rows(range: TimeRange) -> (i64, i64) {
    (range.from_us.map_or(i64::MIN, row_at), range.to_us.map_or(i64::MAX, row_at))
}

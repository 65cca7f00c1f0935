//! How long the steps of jobs took before: what progress learns its weights from.

use super::LogStore;
use crate::Result;
use rusqlite::{Transaction, params};
use serde_json::Value;
use std::collections::BTreeMap;

/// Runs of a job that are remembered.
const RUNS: i64 = 50;
/// Steps of a job that are remembered.
const STEPS: usize = 1000;

/// Remembers how long the steps took of a job that ended well, as `progress.job_completed` tells.
pub(super) fn remember(transaction: &Transaction<'_>, completed: &Value) -> rusqlite::Result<()> {
    let (Some(job), Some(steps), Some("completed")) =
        (completed["job"].as_str(), completed["steps"].as_object(), completed["outcome"].as_str())
    else {
        return Ok(());
    };
    for (step, seconds) in steps.iter().take(STEPS) {
        let Some(seconds) = seconds.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0) else {
            continue;
        };
        transaction
            .prepare_cached("INSERT INTO job_step (job, step, seconds) VALUES (?1, ?2, ?3)")?
            .execute(params![job, step, seconds])?;
        transaction
            .prepare_cached(
                "DELETE FROM job_step WHERE job = ?1 AND step = ?2 AND id <= (SELECT id FROM job_step
                 WHERE job = ?1 AND step = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
            )?
            .execute(params![job, step, RUNS])?;
    }
    Ok(())
}

impl LogStore {
    /// The median seconds of each step of a job that ran at least so often.
    pub fn usual_steps(&self, job: &str, least_runs: usize) -> Result<BTreeMap<String, f64>> {
        let times = self.reading(|transaction| {
            let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            let mut statement =
                transaction.prepare_cached("SELECT step, seconds FROM job_step WHERE job = ?1")?;
            let mut rows = statement.query([job])?;
            while let Some(row) = rows.next()? {
                times.entry(row.get(0)?).or_default().push(row.get(1)?);
            }
            Ok(times)
        })?;
        let usual = times.into_iter().filter(|(_, times)| times.len() >= least_runs.max(1)).map(
            |(step, mut times)| {
                times.sort_by(f64::total_cmp);
                (step, times[times.len() / 2])
            },
        );
        Ok(usual.collect())
    }
}

//! How long the steps of jobs took before: what progress learns its weights from.

use super::LogStore;
use crate::Result;
use rusqlite::params;
use std::collections::BTreeMap;

/// Runs of a job that are remembered.
const RUNS: i64 = 50;

impl LogStore {
    /// Remembers how long the steps of one run of a job took, in seconds.
    pub fn remember_steps(&self, job: &str, steps: &[(String, f64)]) -> Result<()> {
        self.write_safely(|database| {
            database.write(|transaction| {
                for (step, seconds) in steps.iter().filter(|(_, seconds)| seconds.is_finite()) {
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
            })
        })
    }

    /// The median seconds of each step of a job that ran at least so often.
    pub fn usual_steps(&self, job: &str, least_runs: usize) -> Result<BTreeMap<String, f64>> {
        let times = self.to_read()?.read(|transaction| {
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

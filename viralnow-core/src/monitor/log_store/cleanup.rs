//! Forgetting what is old, in transactions so small that nobody who writes or reads has to wait.

use super::{LogStore, row_at};
use crate::Result;
use crate::db::Database;
use rusqlite::{Transaction, params};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

const DAY_US: i64 = 86_400_000_000;
/// Where the size of a transaction begins; it is halved and doubled so that one takes about [`AIM`].
const ROWS: i64 = 2000;
const PAGES: i64 = 256;
const AIM: Duration = Duration::from_millis(6);
/// What one call of [`LogStore::tidy`] may take.
const TURN: Duration = Duration::from_millis(60);

/// What a cleanup did.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct CleanupReport {
    /// Calls that were deleted.
    pub calls: u64,
    /// Events that were deleted.
    pub events: u64,
    /// Rows of counts that were deleted.
    pub counts: u64,
    /// Stacks that no error has any more.
    pub stacks: u64,
    /// Bytes that the file gave back.
    pub freed_bytes: u64,
    /// How many transactions it took.
    pub transactions: u64,
    /// The longest of them, in seconds.
    pub longest_s: f64,
    /// Whether nothing old is left.
    pub complete: bool,
}

/// What is deleted at one stroke: each with the parameters ?1 (the limit of age) and ?2 (how many).
const STEPS: [(&str, Age); 6] = [
    (
        "DELETE FROM error WHERE call IN (SELECT call FROM error WHERE call < ?1 ORDER BY call LIMIT ?2)",
        Age::Detail,
    ),
    ("DELETE FROM call WHERE id IN (SELECT id FROM call WHERE id < ?1 ORDER BY id LIMIT ?2)", Age::Detail),
    ("DELETE FROM event WHERE id IN (SELECT id FROM event WHERE id < ?1 ORDER BY id LIMIT ?2)", Age::Detail),
    (
        "DELETE FROM hist_1m WHERE (minute, fn) IN
            (SELECT minute, fn FROM hist_1m WHERE minute < ?1 ORDER BY minute LIMIT ?2)",
        Age::DetailMinutes,
    ),
    (
        "DELETE FROM hist_1h WHERE (minute, fn) IN
            (SELECT minute, fn FROM hist_1h WHERE minute < ?1 ORDER BY minute LIMIT ?2)",
        Age::SummaryMinutes,
    ),
    (
        // A stack that was put in by a transaction before its error's has an error in the same transaction.
        "DELETE FROM stack WHERE ?1 = ?1 AND id IN (SELECT stack.id FROM stack
            WHERE NOT EXISTS (SELECT 1 FROM error WHERE error.stack = stack.id) LIMIT ?2)",
        Age::Detail,
    ),
];

#[derive(Debug, Clone, Copy)]
enum Age {
    Detail,
    DetailMinutes,
    SummaryMinutes,
}

impl LogStore {
    /// Deletes what is older than the log keeps, and gives the room back to the file system. May be called at any time,
    /// also while others write.
    pub fn cleanup_old_data(&self) -> Result<CleanupReport> {
        self.cleanup_at(crate::monitor::unix_us(), None)
    }

    /// The same as if it were this moment, in microseconds since 1970; with a limit it may be left `complete: false`.
    pub fn cleanup_at(&self, now_us: i64, limit: Option<Duration>) -> Result<CleanupReport> {
        let database = self.to_write()?;
        let mut cleanup =
            Cleanup { database, report: CleanupReport::default(), started: Instant::now(), limit };
        for (step, (sql, age)) in STEPS.iter().enumerate() {
            let before = match age {
                Age::Detail => row_at(now_us - i64::from(self.detail_days) * DAY_US),
                Age::DetailMinutes => (now_us - i64::from(self.detail_days) * DAY_US).div_euclid(60_000_000),
                Age::SummaryMinutes => {
                    (now_us - i64::from(self.summary_days) * DAY_US).div_euclid(60_000_000)
                }
            };
            if !cleanup.delete(step, sql, before)? {
                return Ok(cleanup.report);
            }
        }
        cleanup.shrink()?;
        Ok(cleanup.report)
    }

    /// A little of a cleanup, for the monitor's thread.
    pub(super) fn tidy(&self, now_us: i64) -> Result<CleanupReport> {
        self.cleanup_at(now_us, Some(TURN))
    }
}

struct Cleanup {
    database: Arc<Database>,
    report: CleanupReport,
    started: Instant,
    limit: Option<Duration>,
}

impl Cleanup {
    fn out_of_time(&self) -> bool {
        self.limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// One transaction, timed. Waiting for another process is not part of its length.
    fn transact(
        &mut self,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<u64>,
    ) -> Result<(u64, Duration)> {
        let mut began = Instant::now();
        let done = self.database.write(|transaction| {
            began = Instant::now();
            work(transaction)
        })?;
        let took = began.elapsed();
        self.report.transactions += 1;
        self.report.longest_s = self.report.longest_s.max(took.as_secs_f64());
        Ok((done, took))
    }

    /// Whether all of it is done.
    fn delete(&mut self, step: usize, sql: &str, before: i64) -> Result<bool> {
        let mut rows = ROWS;
        loop {
            if self.out_of_time() {
                return Ok(false);
            }
            let (deleted, took) = self.transact(|transaction| {
                transaction.prepare_cached(sql)?.execute(params![before, rows]).map(|n| n as u64)
            })?;
            match step {
                1 => self.report.calls += deleted,
                2 => self.report.events += deleted,
                3 | 4 => self.report.counts += deleted,
                5 => self.report.stacks += deleted,
                _ => {}
            }
            if (deleted as i64) < rows {
                return Ok(true);
            }
            rows = sized(rows, took, 50, 16_000);
        }
    }

    /// Gives free pages back, and says when none is left.
    fn shrink(&mut self) -> Result<()> {
        let mut pages = PAGES;
        loop {
            let free = self.database.read(|transaction| {
                transaction.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0))
            })?;
            // A few stay for what comes next.
            if free <= PAGES {
                self.report.complete = true;
                return Ok(());
            }
            if self.out_of_time() {
                return Ok(());
            }
            let (freed, took) = self.transact(|transaction| {
                // The statement frees one page a step: to the end, therefore.
                let mut vacuum = transaction.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
                let mut rows = vacuum.query([])?;
                while rows.next()?.is_some() {}
                let left = transaction.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0))?;
                Ok(u64::try_from(free - left).unwrap_or(0))
            })?;
            self.report.freed_bytes += freed * 4096;
            if freed == 0 {
                // A file of an older kind, which cannot shrink in steps.
                self.report.complete = true;
                return Ok(());
            }
            pages = sized(pages, took, 16, 2048);
        }
    }
}

/// How much the next transaction does, after one that took so long.
fn sized(now: i64, took: Duration, least: i64, most: i64) -> i64 {
    let next = if took > AIM {
        now / 2
    } else if took < AIM / 4 {
        now * 2
    } else {
        now
    };
    next.clamp(least, most)
}

//! Forgetting what is old, in transactions so small that nobody who writes or reads has to wait.
//!
//! What they wrote is copied from the write-ahead log into the file after every few of them: `SQLite` does that by itself for a thousand pages
//! at once, which takes ten times as long as one of ours. No other process waits for it, but those who write through the same [`LogStore`] do.

use super::{LogStore, row_at};
use crate::Result;
use rusqlite::{Transaction, params};
use serde::Serialize;
use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const DAY_US: i64 = 86_400_000_000;
/// Where the size of a transaction begins; it is halved and doubled so that one takes about [`AIM`].
const ROWS: i64 = 2000;
const PAGES: i64 = 256;
const AIM: Duration = Duration::from_millis(6);
/// After so many transactions, of about a hundred pages each, the write-ahead log is copied into the file.
const UNCOPIED: u64 = 4;
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
    /// Runs of programs that no call is left of, and their functions.
    pub runs: u64,
    /// Stacks that no error has any more.
    pub stacks: u64,
    /// Bytes that the file gave back.
    pub freed_bytes: u64,
    /// How many transactions it took.
    pub transactions: u64,
    /// The longest of them, from the taking of the write lock to its release, in seconds.
    pub longest_s: f64,
    /// The longest copying of the write-ahead log into the file between them, in seconds. Only those who write through the same [`LogStore`]
    /// wait for it.
    pub longest_checkpoint_s: f64,
    /// Whether nothing old is left.
    pub complete: bool,
}

/// What is deleted at one stroke: each with the parameters ?1 (the limit of age) and ?2 (how many).
const STEPS: [(&[&str], Age); 6] = [
    (
        &["DELETE FROM error WHERE call IN (SELECT call FROM error WHERE call < ?1 ORDER BY call LIMIT ?2)"],
        Age::Detail,
    ),
    (&["DELETE FROM call WHERE id IN (SELECT id FROM call WHERE id < ?1 ORDER BY id LIMIT ?2)"], Age::Detail),
    (
        &["DELETE FROM event WHERE id IN (SELECT id FROM event WHERE id < ?1 ORDER BY id LIMIT ?2)"],
        Age::Detail,
    ),
    (
        &["DELETE FROM hist_1m WHERE (minute, fn) IN
            (SELECT minute, fn FROM hist_1m WHERE minute < ?1 ORDER BY minute LIMIT ?2)"],
        Age::DetailMinutes,
    ),
    (
        &["DELETE FROM hist_1h WHERE (minute, fn) IN
            (SELECT minute, fn FROM hist_1h WHERE minute < ?1 ORDER BY minute LIMIT ?2)"],
        Age::SummaryMinutes,
    ),
    // Calls and events of a run that has been silent for so long are all gone: after those, therefore.
    (
        &[
            "DELETE FROM site WHERE id IN (SELECT site.id FROM run JOIN site ON site.run = run.id
            WHERE run.last_us < ?1 LIMIT ?2)",
            "DELETE FROM run WHERE id IN (SELECT id FROM run WHERE last_us < ?1
            AND NOT EXISTS (SELECT 1 FROM site WHERE site.run = run.id) LIMIT ?2)",
        ],
        Age::Silent,
    ),
];

/// Whether there is anything to delete, in the order of [`STEPS`]: asked without keeping anybody from writing.
const DUE: [&str; 6] = [
    "SELECT EXISTS (SELECT 1 FROM error WHERE call < ?1)",
    "SELECT EXISTS (SELECT 1 FROM call WHERE id < ?1)",
    "SELECT EXISTS (SELECT 1 FROM event WHERE id < ?1)",
    "SELECT EXISTS (SELECT 1 FROM hist_1m WHERE minute < ?1)",
    "SELECT EXISTS (SELECT 1 FROM hist_1h WHERE minute < ?1)",
    "SELECT EXISTS (SELECT 1 FROM run WHERE last_us < ?1)",
];

/// No stacks are looked through.
pub(super) const NO_SWEEP: i64 = -1;

#[derive(Debug, Clone, Copy)]
enum Age {
    Detail,
    DetailMinutes,
    SummaryMinutes,
    /// A day more: what waits for a sink is written later than it was.
    Silent,
}

impl LogStore {
    /// Deletes what is older than the log keeps, and gives the room back to the file system. May be called at any time,
    /// also while others write.
    pub fn cleanup_old_data(&self) -> Result<CleanupReport> {
        self.cleanup_at(crate::monitor::unix_us(), None)
    }

    /// The same as if it were this moment, in microseconds since 1970; with a limit it may be left `complete: false`.
    pub fn cleanup_at(&self, now_us: i64, limit: Option<Duration>) -> Result<CleanupReport> {
        let mut cleanup = Cleanup {
            store: self,
            report: CleanupReport::default(),
            errors: 0,
            uncopied: 0,
            started: Instant::now(),
            limit,
        };
        let [detail_days, summary_days] = self.days();
        for (step, (sql, age)) in STEPS.iter().enumerate() {
            let before = match age {
                Age::Detail => row_at(now_us - detail_days * DAY_US),
                Age::DetailMinutes => (now_us - detail_days * DAY_US).div_euclid(60_000_000),
                Age::SummaryMinutes => (now_us - summary_days * DAY_US).div_euclid(60_000_000),
                Age::Silent => now_us - (detail_days + 1) * DAY_US,
            };
            if !cleanup.delete(step, sql, before)? {
                self.sweep_from(&cleanup);
                return Ok(cleanup.report);
            }
        }
        self.sweep_from(&cleanup);
        // All of them when it is asked for: another process may have left off in the middle.
        let from = self.stacks_from.load(Ordering::Relaxed);
        let from = if limit.is_none() { from.max(0) } else { from };
        if from != NO_SWEEP {
            let left = cleanup.sweep(from)?;
            self.stacks_from.store(left.unwrap_or(NO_SWEEP), Ordering::Relaxed);
            if left.is_some() {
                return Ok(cleanup.report);
            }
        }
        cleanup.shrink()?;
        Ok(cleanup.report)
    }

    /// Errors are gone, and their stacks may be nobody's now.
    fn sweep_from(&self, cleanup: &Cleanup) {
        if cleanup.errors > 0 {
            self.stacks_from.store(0, Ordering::Relaxed);
        }
    }

    /// A little of a cleanup, for the monitor's thread.
    pub(super) fn tidy(&self, now_us: i64) -> Result<CleanupReport> {
        self.cleanup_at(now_us, Some(TURN))
    }
}

struct Cleanup<'a> {
    store: &'a LogStore,
    report: CleanupReport,
    errors: u64,
    /// Transactions since the log was copied.
    uncopied: u64,
    started: Instant,
    limit: Option<Duration>,
}

impl Cleanup<'_> {
    fn out_of_time(&self) -> bool {
        self.limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// One transaction, timed. Waiting for another process is not part of its length.
    fn transact(
        &mut self,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<u64>,
    ) -> Result<(u64, Duration)> {
        let mut began = Instant::now();
        let done = self.store.writing(|database| {
            database.write(|transaction| {
                began = Instant::now();
                work(transaction)
            })
        })?;
        let took = began.elapsed();
        self.report.transactions += 1;
        self.report.longest_s = self.report.longest_s.max(took.as_secs_f64());
        self.uncopied += 1;
        if self.uncopied >= UNCOPIED {
            self.uncopied = 0;
            self.checkpoint();
        }
        Ok((done, took))
    }

    /// Passive: it waits for nobody, and what could not be copied is copied by a later one. That it fails, as on a full disk, undoes nothing and
    /// is said by what is written next, if at all.
    fn checkpoint(&mut self) {
        let _ = self.store.writing(|database| {
            database.alone(|connection| {
                let began = Instant::now();
                connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
                let longest_s = &mut self.report.longest_checkpoint_s;
                *longest_s = longest_s.max(began.elapsed().as_secs_f64());
                Ok(())
            })
        });
    }

    /// Whether all of it is done.
    fn delete(&mut self, step: usize, sql: &[&str], before: i64) -> Result<bool> {
        let due: bool = self.store.reading(|transaction| {
            transaction.prepare_cached(DUE[step])?.query_row(params![before], |row| row.get(0))
        })?;
        if !due {
            return Ok(true);
        }
        let mut rows = ROWS;
        loop {
            if self.out_of_time() {
                return Ok(false);
            }
            let (deleted, took) = self.transact(|transaction| {
                let mut deleted = 0;
                for sql in sql {
                    deleted += transaction.prepare_cached(sql)?.execute(params![before, rows])? as u64;
                }
                Ok(deleted)
            })?;
            match step {
                1 => self.report.calls += deleted,
                2 => self.report.events += deleted,
                3 | 4 => self.report.counts += deleted,
                5 => self.report.runs += deleted,
                _ => self.errors += deleted,
            }
            if (deleted as i64) < rows {
                return Ok(true);
            }
            rows = sized(rows, took, 50, 16_000);
        }
    }

    /// Deletes stacks without an error, from this number on; where to go on, when time is over before the end.
    fn sweep(&mut self, from: i64) -> Result<Option<i64>> {
        let (mut from, mut rows) = (from, ROWS);
        loop {
            if self.out_of_time() {
                return Ok(Some(from));
            }
            let last = Cell::new(None);
            // Bounded by the rows that are looked at, not by those that are deleted.
            let (deleted, took) =
                self.transact(|transaction| {
                    last.set(transaction.prepare_cached(
                    "SELECT max(id) FROM (SELECT id FROM stack WHERE id > ?1 ORDER BY id LIMIT ?2)",
                )?.query_row(params![from, rows], |row| row.get(0))?);
                    let Some(last) = last.get() else { return Ok(0) };
                    // A stack that was put in by a transaction before its error's has an error in the same transaction.
                    let mut delete = transaction.prepare_cached(
                        "DELETE FROM stack WHERE id > ?1 AND id <= ?2
                        AND NOT EXISTS (SELECT 1 FROM error WHERE error.stack = stack.id)",
                    )?;
                    delete.execute(params![from, last]).map(|n| n as u64)
                })?;
            self.report.stacks += deleted;
            let Some(last) = last.get() else { return Ok(None) };
            from = last;
            rows = sized(rows, took, 50, 16_000);
        }
    }

    /// Gives free pages back, and says when none is left.
    fn shrink(&mut self) -> Result<()> {
        let mut pages = PAGES;
        loop {
            let free = self.store.reading(|transaction| {
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

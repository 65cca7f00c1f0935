//! The log: everything that was recorded, in one `SQLite` file that several processes may share.

mod backup;
mod cleanup;
mod export;
mod file;
mod filters;
mod query;
mod sink;
mod stats;
mod steps;

pub use cleanup::CleanupReport;
pub use filters::{LogEntry, LogFilters, LogOrder, LogPage, TimeRange};
pub use sink::SqliteSink;
pub use stats::{ErrorGroup, FunctionStats, LoggedEvent};

use crate::db::Schema;
use crate::fork;
use crate::{Error, ErrorKind, Result};
use file::Slot;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

static SCHEMA: Schema = Schema {
    what: "monitoring log",
    application_id: i32::from_be_bytes(*b"VNmo"),
    // Deleted rows are given back page by page; what is in them was redacted before it was written.
    setup: "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = OFF;",
    // A fork must not wait for those who wait for others: that is done without holding anything, in `file`.
    patience: Duration::from_millis(20),
    migrations: &[include_str!("001.sql"), include_str!("002.sql")],
};

/// 2020-01-01 in microseconds since 1970: the numbers of calls count from there, which saves a byte a call.
const EPOCH_US: i64 = 1_577_836_800_000_000;
/// Numbers of calls of one microsecond.
const SAME_US: i64 = 64;

/// The least number of a row that began at this moment.
fn row_at(us: i64) -> i64 {
    us.saturating_sub(EPOCH_US).saturating_mul(SAME_US)
}

/// When a row began, in microseconds since 1970.
fn us_of(row: i64) -> i64 {
    row.div_euclid(SAME_US) + EPOCH_US
}

/// A log in a file, to be written by a monitor and asked by anybody.
///
/// Calls, errors and events are kept for 90 days, counts by hour for 365. A file that is damaged is set aside as
/// `.corrupt-`, the time and the process, and a new one begun; one that is deleted is made anew.
///
/// ```
/// use std::time::Duration;
/// use viralnow_core::monitor::{LogFilters, LogStore, MonitorSystem, Site};
///
/// static SCORE: Site = Site::new("score_clip", module_path!(), file!(), line!());
/// let store = LogStore::open(":memory:")?;
/// let monitor = MonitorSystem::builder().store(store.clone()).build();
/// drop(SCORE.enter_in(&monitor));
/// monitor.flush(Duration::from_secs(5));
/// let filters = LogFilters { function_name: Some("score*".to_owned()), ..LogFilters::default() };
/// assert_eq!(store.query(&filters)?.entries[0].function_name, "score_clip");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct LogStore {
    path: PathBuf,
    detail_days: AtomicU32,
    summary_days: AtomicU32,
    /// It is another's, and only to be asked.
    asked: bool,
    writer: Mutex<Slot>,
    /// Of its own, so that nobody who asks holds up the writer; the writer's for a log in memory.
    reader: Mutex<Slot>,
    /// Files that were set aside.
    set_aside: Mutex<Vec<PathBuf>>,
    /// Where to go on looking for stacks that no error has any more.
    stacks_from: AtomicI64,
}

impl LogStore {
    /// A log in this file, made when it is not there; `:memory:` is one that ends with the process. Calls, errors and
    /// events are kept for 90 days, counts for 365. Fails as the file does.
    pub fn open(path: impl AsRef<Path>) -> Result<Arc<Self>> {
        Self::open_with(path, 90, 365)
    }

    /// A log with other times to keep: calls, errors and events, and counts, in days (at least 1).
    pub fn open_with(path: impl AsRef<Path>, detail_days: u32, summary_days: u32) -> Result<Arc<Self>> {
        let store = Self::at(path.as_ref(), detail_days, summary_days, false);
        store.writing(|_| Ok(()))?;
        Ok(store)
    }

    /// A log that is opened when it is first needed: for a host that must not fail because its log does.
    #[must_use]
    pub fn lazy(path: impl AsRef<Path>, detail_days: u32, summary_days: u32) -> Arc<Self> {
        Self::at(path.as_ref(), detail_days, summary_days, false)
    }

    /// A log that is there, to be asked: a damaged one stays where it is, and one on a medium or in a folder that cannot be written can be
    /// read. Fails with `NOT_FOUND` where there is no file, and with `INVALID_INPUT` where the file is no log, which is left alone.
    ///
    /// ```
    /// use viralnow_core::ErrorKind;
    /// use viralnow_core::monitor::{LogFilters, LogStore};
    ///
    /// let folder = std::env::temp_dir().join(format!("viralnow-asked-{}", std::process::id()));
    /// std::fs::create_dir_all(&folder)?;
    /// drop(LogStore::open(folder.join("calls.db"))?);
    /// assert!(LogStore::existing(folder.join("calls.db"))?.query(&LogFilters::default())?.entries.is_empty());
    /// assert_eq!(LogStore::existing(folder.join("other.db")).unwrap_err().kind(), ErrorKind::NotFound);
    /// std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn existing(path: impl AsRef<Path>) -> Result<Arc<Self>> {
        let path = path.as_ref();
        if !path.is_file() {
            let error = Error::new(ErrorKind::NotFound, "there is no log at this path");
            return Err(error.with("path", path.display()));
        }
        // Of a log that was never closed the mark may be in its write-ahead log.
        let waits = file::beside(path, "-wal").metadata().is_ok_and(|wal| wal.len() > 0);
        if !file::is_ours(path) && !waits {
            let error = Error::new(ErrorKind::InvalidInput, "the file at this path is no log");
            return Err(error.with("path", path.display()));
        }
        Ok(Self::at(path, 90, 365, true))
    }

    fn at(path: &Path, detail_days: u32, summary_days: u32, asked: bool) -> Arc<Self> {
        // Absolute now: the host may change its directory before the first write.
        let in_memory = path.as_os_str() == ":memory:";
        let path =
            if in_memory { path.to_owned() } else { std::path::absolute(path).unwrap_or(path.to_owned()) };
        Arc::new(Self {
            path,
            detail_days: AtomicU32::new(detail_days.max(1)),
            summary_days: AtomicU32::new(summary_days.max(1)),
            asked,
            writer: Mutex::default(),
            reader: Mutex::default(),
            set_aside: Mutex::default(),
            stacks_from: AtomicI64::new(cleanup::NO_SWEEP),
        })
    }

    /// Other times to keep from now on: calls, errors and events, and counts, in days (at least 1). What is older goes with the next cleanup.
    pub fn keep(&self, detail_days: u32, summary_days: u32) {
        self.detail_days.store(detail_days.max(1), Ordering::Relaxed);
        self.summary_days.store(summary_days.max(1), Ordering::Relaxed);
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file and its write-ahead log; 0 in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let beside = |end: &str| file::beside(&self.path, end).metadata().map_or(0, |file| file.len());
        if self.in_memory() { 0 } else { beside("") + beside("-wal") }
    }

    /// Damaged files that were set aside by this process.
    #[must_use]
    pub fn set_aside(&self) -> Vec<PathBuf> {
        let _gate = fork::gate();
        file::lock(&self.set_aside).clone()
    }

    /// Closes the connections, until they are needed again: the last of a file empties its write-ahead log. A log in memory stays.
    pub(crate) fn close(&self) {
        if !self.in_memory() {
            let _gate = fork::gate();
            file::lock(&self.writer).close(&self.path);
            file::lock(&self.reader).close(&self.path);
        }
    }

    /// Days that calls, errors and events are kept, and counts.
    fn days(&self) -> [i64; 2] {
        [&self.detail_days, &self.summary_days].map(|days| i64::from(days.load(Ordering::Relaxed)))
    }

    fn in_memory(&self) -> bool {
        self.path.as_os_str() == ":memory:"
    }
}

/// A file that was replaced meanwhile is not closed as if it were still the one at the path.
impl Drop for LogStore {
    fn drop(&mut self) {
        self.close();
    }
}

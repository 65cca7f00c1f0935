//! What the dashboard asks of a monitor.

use super::board::Row;
use crate::monitor::config::LogLevel;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use serde_json::Value;

/// One function as it was counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FunctionRow {
    /// Its name.
    pub name: String,
    /// The module it stands in.
    pub module: String,
    /// Calls that ended.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Those that were cancelled.
    pub cancelled: u64,
    /// Seconds of all together.
    pub total_s: f64,
    /// Seconds below which half of them lie.
    pub p50_s: f64,
    /// Seconds below which 95 of 100 lie.
    pub p95_s: f64,
    /// Seconds below which 99 of 100 lie.
    pub p99_s: f64,
    /// How much is recorded of it.
    pub level: String,
}

/// All functions together, at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Tick {
    /// Calls that ended since the start.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Records that were dropped.
    pub dropped: u64,
    /// Seconds below which half of the calls since the last tick lie; nothing where there was none.
    pub p50_s: Option<f64>,
    /// Of 95 in 100.
    pub p95_s: Option<f64>,
    /// Of 99 in 100.
    pub p99_s: Option<f64>,
    /// The share of one processor that the monitor takes.
    pub overhead: f64,
    /// Bytes that the monitor holds.
    pub memory_bytes: u64,
    /// Bytes of the process, 0 where they are not known.
    pub rss_bytes: u64,
}

/// A monitor that can be shown. Called on the dashboard's thread.
pub trait Source: Send + Sync {
    /// How the monitor is.
    fn status(&self) -> Value;

    /// Every function that was met.
    fn functions(&self) -> Vec<FunctionRow>;

    /// All together; percentiles are since the call before.
    fn tick(&self) -> Tick;

    /// The counters in the text format of Prometheus.
    fn metrics(&self) -> String;

    /// The alerts: `{"states": [...], "history": [...]}`.
    fn alerts(&self) -> Value {
        serde_json::json!({ "states": [], "history": [] })
    }

    /// Tries an alert's channels out.
    fn trial(&self, name: &str) -> Result<Value> {
        Err(Error::new(ErrorKind::NotFound, "there is no such alert").with("alert", name))
    }

    /// The settings in force, what is wrong with their file, where they differ from the defaults, and what was changed by reading them again:
    /// `{"config": {...}, "error": ..., "path": ..., "differs": [{"key", "old", "new"}], "reloads": [{"ts_us", "changes": [...]}]}`.
    fn config(&self) -> Value {
        Value::Null
    }

    /// Entries of a log that is kept elsewhere that hold every one of the words, in whatever case, and are at least this grave, the newest
    /// first; `None` where there is no such log, and the last ones are searched in memory. May take a second.
    fn log(&self, _query: &str, _level: LogLevel, _limit: usize) -> Option<Result<Found>> {
        None
    }

    /// The calls since this moment, in microseconds since 1970, as a Chrome trace; `None` where no calls are kept. May take a while.
    fn trace(&self, _from_us: i64) -> Option<Result<Vec<u8>>> {
        None
    }
}

/// What was found in a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Found {
    /// Entries, the newest first.
    pub rows: Vec<Row>,
    /// How far back it was looked, in microseconds since 1970; `None`: to the beginning, or until there were as many as wanted.
    pub back_to_us: Option<i64>,
}

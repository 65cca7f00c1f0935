//! What the dashboard asks of a monitor.

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

    /// The settings in force, and what is wrong with their file: `{"config": {...}, "error": ...}`.
    fn config(&self) -> Value {
        Value::Null
    }

    /// Entries of a log that is kept elsewhere, the newest first; `None` where there is none, and the last ones are searched in memory.
    fn log(&self, _query: &str, _limit: usize) -> Option<Result<Value>> {
        None
    }
}

//! What may be asked of the log, and what it answers.

use crate::monitor::SpanStatus;
use serde::{Deserialize, Serialize};

/// From and to a moment, in microseconds since 1970; without one of them it is open on that side. `to_us` itself is
/// out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeRange {
    /// From this moment on.
    pub from_us: Option<i64>,
    /// Before this moment.
    pub to_us: Option<i64>,
}

impl TimeRange {
    /// The last so many hours.
    #[must_use]
    pub fn last_hours(hours: f64) -> Self {
        let us = (hours.max(0.0) * 3.6e9) as i64;
        Self { from_us: Some(crate::monitor::unix_us().saturating_sub(us)), to_us: None }
    }
}

/// In which order calls come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// The longest first; `after` is not possible here.
    Slowest,
}

/// Which calls are wanted; all that is given must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogFilters {
    /// The function's name, or `module.name`; `*` stands for anything.
    pub function_name: Option<String>,
    /// `completed`, `failed` or `cancelled`.
    pub status: Option<SpanStatus>,
    /// Seconds that the call took at least.
    pub min_duration_s: Option<f64>,
    /// A part of the error's kind or message, in either case (of ASCII letters).
    pub error_contains: Option<String>,
    /// When the call began.
    pub time_range: Option<TimeRange>,
    /// A part of the arguments, result, error or ids.
    pub text: Option<String>,
    /// The job.
    pub correlation_id: Option<String>,
    /// The order.
    pub order: LogOrder,
    /// How many at most: 1 to 10,000.
    pub limit: u32,
    /// The `next` of the page before.
    pub after: Option<i64>,
}

impl Default for LogFilters {
    fn default() -> Self {
        Self {
            function_name: None,
            status: None,
            min_duration_s: None,
            error_contains: None,
            time_range: None,
            text: None,
            correlation_id: None,
            order: LogOrder::default(),
            limit: 100,
            after: None,
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogEntry {
    /// Its number in the log.
    pub id: i64,
    /// The function.
    pub function_name: String,
    /// Its module.
    pub module: String,
    /// Its source file.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// The process.
    pub pid: u32,
    /// When it began, in microseconds since 1970.
    pub start_us: i64,
    /// Seconds that it took.
    pub duration_s: f64,
    /// How it ended.
    pub status: SpanStatus,
    /// Its number in the process.
    pub span: u64,
    /// The span around it; 0 for none.
    pub parent: u64,
    /// Seconds of processor time, where measured.
    pub cpu_s: Option<f64>,
    /// Resident memory of the process at its end, in KiB, where measured.
    pub rss_kib: Option<u64>,
    /// The arguments, where kept.
    pub args: Option<String>,
    /// What was returned, where kept.
    pub result: Option<String>,
    /// The job.
    pub correlation_id: Option<String>,
    /// The asset.
    pub asset_id: Option<String>,
    /// Of a failure: its kind.
    pub error_kind: Option<String>,
    /// Of a failure: its message.
    pub error: Option<String>,
    /// Of a failure: the stack, where told.
    pub stack: Option<String>,
}

/// Some calls, and where to go on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogPage {
    /// The calls.
    pub entries: Vec<LogEntry>,
    /// For `after`, when there may be more.
    pub next: Option<i64>,
}

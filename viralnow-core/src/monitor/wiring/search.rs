//! Looking for words in the log, for the dashboard.

use super::lines::{level as level_of, said};
use super::topic;
use crate::monitor::config::LogLevel;
use crate::monitor::dashboard::{Found, Row};
use crate::monitor::{LogEntry, LogFilters, LogStore, LoggedEvent, SpanStatus, TimeRange};
use crate::{Error, ErrorKind, Result};
use serde_json::json;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How long it is looked for.
const PATIENCE: Duration = Duration::from_millis(800);
/// Calls that are read at once.
const PAGE: u32 = 2000;
/// Events that are looked at, the newest.
const EVENTS: u32 = 20_000;
/// Bytes of a trace at most.
const TRACE: usize = 64 << 20;

/// Calls and events that hold every word, the newest first.
pub(super) fn search(log: &LogStore, query: &str, level: LogLevel, limit: usize) -> Result<Found> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let started = Instant::now();
    let mut rows: Vec<Row> = log
        .events("**", TimeRange::default(), EVENTS)?
        .into_iter()
        .map(event_row)
        .filter(|row| fits(row, level, &words))
        .take(limit)
        .collect();
    // Failures have an index: those alone are read where nothing less is wanted.
    let status = (level >= LogLevel::Error).then_some(SpanStatus::Failed);
    let mut filters = LogFilters { limit: PAGE, status, ..LogFilters::default() };
    let (mut calls, mut back_to_us) = (0, None);
    while calls < limit {
        let page = log.query(&filters)?;
        let last = page.entries.last().map(|entry| entry.start_us);
        let found = page.entries.into_iter().map(call_row).filter(|row| fits(row, level, &words));
        let before = rows.len();
        rows.extend(found.take(limit - calls));
        calls += rows.len() - before;
        filters.after = page.next;
        if filters.after.is_none() {
            break;
        }
        if started.elapsed() > PATIENCE {
            back_to_us = last;
            break;
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.ts_us));
    rows.truncate(limit);
    Ok(Found { rows, back_to_us })
}

fn fits(row: &Row, level: LogLevel, words: &[String]) -> bool {
    if row.level < level {
        return false;
    }
    if words.is_empty() {
        return true;
    }
    let text = format!("{} {} {} {} {}", row.level.as_str(), row.topic, row.function, row.message, row.data);
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn event_row(event: LoggedEvent) -> Row {
    Row {
        seq: 0,
        ts_us: event.ts_us,
        level: level_of(&event.topic, &event.data),
        function: event.data["function"].as_str().unwrap_or_default().to_owned(),
        message: said(&event.data).to_owned(),
        topic: event.topic,
        data: event.data,
    }
}

fn call_row(entry: LogEntry) -> Row {
    let level = match entry.status {
        SpanStatus::Failed => LogLevel::Error,
        SpanStatus::Cancelled => LogLevel::Info,
        SpanStatus::Completed => LogLevel::Debug,
    };
    let message = match (&entry.error_kind, &entry.error) {
        (Some(kind), error) => format!("{kind}: {}", error.as_deref().unwrap_or_default()),
        _ => format!("{:.3} ms", entry.duration_s * 1e3),
    };
    Row {
        seq: 0,
        ts_us: entry.start_us.saturating_add((entry.duration_s * 1e6) as i64),
        level,
        topic: topic(entry.status).to_owned(),
        message,
        data: json!({
            "module": entry.module, "duration_s": entry.duration_s, "span": entry.span, "parent": entry.parent, "pid": entry.pid,
            "args": entry.args, "result": entry.result, "correlation_id": entry.correlation_id,
        }),
        function: entry.function_name,
    }
}

/// The calls since a moment as a Chrome trace.
pub(super) fn trace(log: &LogStore, from_us: i64) -> Result<Vec<u8>> {
    let mut bytes = Bounded(Vec::new());
    let range = TimeRange { from_us: Some(from_us), to_us: None };
    match log.export_chrome_trace(range, &mut bytes) {
        Err(_) if bytes.0.len() >= TRACE => Err(Error::new(
            ErrorKind::LimitExceeded,
            "the trace is larger than 64 MiB; ask for fewer hours, or export it from the program",
        )),
        Err(error) => Err(error),
        Ok(_) => Ok(bytes.0),
    }
}

/// So many bytes and no more.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() >= TRACE {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! What was recorded as lines, for the log file and the console.

use super::topic;
use crate::monitor::config::LogLevel;
use crate::monitor::log_file::{Console, LogEntry, RotatingFile};
use crate::monitor::{Batch, BusEvent, FinishedSpan, Sink, SpanStatus};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::io::Write;

/// How grave an event is, by its topic.
pub(super) fn level(topic: &str, data: &Value) -> LogLevel {
    match topic {
        "function.started" | "function.completed" | "performance.recorded" => LogLevel::Debug,
        "alert.fired" => match data["severity"].as_str() {
            Some("info") => LogLevel::Info,
            Some("error") => LogLevel::Error,
            Some("critical") => LogLevel::Critical,
            _ => LogLevel::Warning,
        },
        "performance.threshold_exceeded"
        | "performance.error_rate_exceeded"
        | "monitor.degraded"
        | "monitor.dropped"
        | "config.rejected" => LogLevel::Warning,
        _ if topic.starts_with("progress.") => LogLevel::Debug,
        _ if topic.ends_with("failed") || topic.split('.').next_back() == Some("error") => LogLevel::Error,
        _ => LogLevel::Info,
    }
}

/// What an event says in words, if it does.
pub(super) fn said(data: &Value) -> &str {
    ["text", "message", "name", "alert"].iter().find_map(|key| data[*key].as_str()).unwrap_or_default()
}

fn span_line(
    batch: &Batch,
    span: &FinishedSpan,
    write: &mut dyn FnMut(&LogEntry<'_>) -> Result<()>,
) -> Result<()> {
    let name =
        batch.site(span.site).map_or_else(|| "?".to_owned(), |site| format!("{}.{}", site.module, site.name));
    let extra = span.extra.as_deref();
    let failure = extra.and_then(|extra| extra.failure.as_ref());
    let message = failure
        .map_or_else(|| name.clone(), |failure| format!("{name}: {}: {}", failure.kind, failure.message));
    let mut fields = json!({ "duration_s": span.duration_ns as f64 * 1e-9 });
    if let Some(id) = extra.and_then(|extra| extra.detail.correlation_id.as_ref()) {
        fields["correlation_id"] = id.as_str().into();
    }
    let level = match span.status {
        SpanStatus::Failed => LogLevel::Error,
        SpanStatus::Cancelled => LogLevel::Info,
        SpanStatus::Completed => LogLevel::Debug,
    };
    let time_us = span.start_us.saturating_add((span.duration_ns / 1000) as i64);
    write(&LogEntry { time_us, level, subject: topic(span.status), message: &message, fields: &fields })
}

fn event_line(event: &BusEvent, write: &mut dyn FnMut(&LogEntry<'_>) -> Result<()>) -> Result<()> {
    let (topic, data) = (event.event.topic.as_str(), &event.event.data);
    let level = level(topic, data);
    write(&LogEntry { time_us: event.ts_us, level, subject: topic, message: said(data), fields: data })
}

/// Every entry of a batch from this level on. Alerts are left out: their channels tell them.
fn entries(batch: &Batch, least: LogLevel, write: &mut dyn FnMut(&LogEntry<'_>) -> Result<()>) -> Result<()> {
    for span in &batch.spans {
        if least <= LogLevel::Debug
            || span.status == SpanStatus::Failed
            || least <= LogLevel::Info && span.status == SpanStatus::Cancelled
        {
            span_line(batch, span, write)?;
        }
    }
    batch
        .events
        .iter()
        .filter(|event| !event.event.topic.starts_with("alert."))
        .try_for_each(|event| event_line(event, write))
}

/// Failures and events as lines. On a full disk a batch is kept by the monitor and given again.
impl Sink for RotatingFile {
    fn name(&self) -> &'static str {
        "log_file"
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        let least = self.least();
        let mut text = String::new();
        entries(batch, least, &mut |entry| {
            if entry.level >= least && least != LogLevel::Off {
                text += &entry.line();
            }
            Ok(())
        })?;
        self.write_text(&text)
    }

    fn flush(&mut self) -> Result<(), Error> {
        RotatingFile::flush(self)
    }
}

/// Failures and events on the console.
impl<W: Write + Send> Sink for Console<W> {
    fn name(&self) -> &'static str {
        "console"
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        let least = self.least();
        entries(batch, least, &mut |entry| Console::write(self, entry))
    }
}

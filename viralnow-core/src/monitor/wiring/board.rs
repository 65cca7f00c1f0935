//! The dashboard over a monitor.

use super::lines::{level, said};
use super::reload::Settings;
#[cfg(feature = "sqlite")]
use super::search;
use super::{Alerts, topic};
use crate::monitor::config::{LogLevel, MonitorConfig};
#[cfg(feature = "sqlite")]
use crate::monitor::dashboard::Found;
use crate::monitor::dashboard::{Board, ErrorGroup, FunctionRow, Row, Source, Tick};
use crate::monitor::{Batch, FinishedSpan, Histogram, Level, MonitorSystem, Sink, SpanStatus};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Calls that completed are shown one by one up to this many of a batch, the last of them; they are counted all the same.
const SHOWN: usize = 50;
const FAILURES: usize = 500;

/// Puts what is recorded on the board.
pub(super) struct BoardSink(pub(super) Arc<Board>);

impl Sink for BoardSink {
    fn name(&self) -> &'static str {
        "dashboard"
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        let (failed, other): (Vec<&FinishedSpan>, Vec<_>) =
            batch.spans.iter().partition(|span| span.status == SpanStatus::Failed);
        for span in other.iter().skip(other.len().saturating_sub(SHOWN)).chain(failed.iter().take(FAILURES)) {
            self.0.row(row(batch, span));
        }
        for span in failed {
            self.0.error(group(batch, span));
        }
        for event in &batch.events {
            let event_topic = event.event.topic.as_str();
            self.0.row(Row {
                seq: 0,
                ts_us: event.ts_us,
                level: level(event_topic, &event.event.data),
                topic: event_topic.to_owned(),
                function: event.event.data["function"].as_str().unwrap_or_default().to_owned(),
                message: said(&event.event.data).to_owned(),
                data: event.event.data.clone(),
            });
        }
        Ok(())
    }
}

fn names(batch: &Batch, span: &FinishedSpan) -> (String, String) {
    batch.site(span.site).map_or_else(Default::default, |site| (site.name.to_owned(), site.module.to_owned()))
}

fn row(batch: &Batch, span: &FinishedSpan) -> Row {
    let (function, module) = names(batch, span);
    let failure = span.extra.as_deref().and_then(|extra| extra.failure.as_ref());
    let duration_s = span.duration_ns as f64 * 1e-9;
    let level = match span.status {
        SpanStatus::Failed => LogLevel::Error,
        SpanStatus::Cancelled => LogLevel::Info,
        SpanStatus::Completed => LogLevel::Debug,
    };
    let detail = span.extra.as_deref().map(|extra| &extra.detail);
    Row {
        seq: 0,
        ts_us: span.start_us.saturating_add((span.duration_ns / 1000) as i64),
        level,
        topic: topic(span.status).to_owned(),
        message: failure.map_or_else(
            || format!("{:.3} ms", duration_s * 1e3),
            |failure| format!("{}: {}", failure.kind, failure.message),
        ),
        data: json!({
            "module": module, "duration_s": duration_s, "span": span.span, "parent": span.parent,
            "correlation_id": detail.and_then(|detail| detail.correlation_id.as_ref()),
        }),
        function,
    }
}

fn group(batch: &Batch, span: &FinishedSpan) -> ErrorGroup {
    let (function, module) = names(batch, span);
    let extra = span.extra.as_deref();
    let failure = extra.and_then(|extra| extra.failure.as_ref());
    let at = span.start_us.saturating_add((span.duration_ns / 1000) as i64);
    ErrorGroup {
        id: String::new(),
        function,
        module,
        kind: failure.map(|failure| failure.kind.clone()).unwrap_or_default(),
        message: failure.map(|failure| failure.message.clone()).unwrap_or_default(),
        stack: extra.and_then(|extra| extra.detail.stack.clone()),
        args: extra.and_then(|extra| extra.detail.args.clone()),
        count: 1,
        first_us: at,
        last_us: at,
    }
}

/// Puts the progress of jobs on the board, once.
pub(super) fn listen(monitor: &MonitorSystem, board: &Arc<Board>) -> Result<()> {
    if !board.first_listener() {
        return Ok(());
    }
    let jobs = board.clone();
    let handler = move |event: &crate::monitor::BusEvent| {
        let data = &event.event.data;
        let id = ["job_id", "job"]
            .iter()
            .find_map(|key| data[*key].as_str())
            .unwrap_or(&event.event.correlation_id);
        let ended = event.event.topic.ends_with("job_completed")
            || data.get("job").is_none() && data["fraction"].as_f64().is_some_and(|done| done >= 1.0);
        jobs.job(id, event.ts_us, ended, data.clone());
    };
    monitor.bus().subscribe("progress.**", handler)?.detach();
    Ok(())
}

/// A monitor as the dashboard asks for it.
pub(super) struct SystemSource {
    monitor: MonitorSystem,
    alerts: Alerts,
    settings: Arc<Settings>,
    last: Mutex<Histogram>,
}

impl SystemSource {
    pub(super) fn new(monitor: MonitorSystem, alerts: Alerts, settings: Arc<Settings>) -> Self {
        Self { monitor, alerts, settings, last: Mutex::default() }
    }
}

fn level_name(level: Level) -> String {
    match level {
        Level::Off => "off".to_owned(),
        Level::Counted => "counted".to_owned(),
        Level::Aggregate => "aggregate".to_owned(),
        Level::Sampled(share) => format!("{:.0} %", share * 100.0),
        Level::Full => "full".to_owned(),
    }
}

impl Source for SystemSource {
    fn status(&self) -> Value {
        serde_json::to_value(self.monitor.status()).unwrap_or_default()
    }

    fn functions(&self) -> Vec<FunctionRow> {
        let rows = self.monitor.all_counts().into_iter().filter(|(_, counts)| counts.calls > 0).map(
            |(site, counts)| {
                let quantile = |share| counts.histogram.quantile_ns(share) * 1e-9;
                // Where one in some calls is timed, all are as long as those.
                let scale = if counts.timed > 0 { counts.calls as f64 / counts.timed as f64 } else { 0.0 };
                FunctionRow {
                    name: site.name.to_owned(),
                    module: site.module.to_owned(),
                    calls: counts.calls,
                    errors: counts.errors,
                    cancelled: counts.cancelled,
                    total_s: counts.sum_ns as f64 * 1e-9 * scale,
                    p50_s: quantile(0.5),
                    p95_s: quantile(0.95),
                    p99_s: quantile(0.99),
                    level: level_name(counts.level),
                }
            },
        );
        rows.collect()
    }

    fn tick(&self) -> Tick {
        let mut now = Histogram::default();
        for (_, counts) in self.monitor.all_counts() {
            now.merge(&counts.histogram);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.since(&last);
        *last = now;
        let quantile = |share| (since.count() > 0).then(|| since.quantile_ns(share) * 1e-9);
        let status = self.monitor.status();
        Tick {
            calls: status.calls,
            errors: status.errors,
            dropped: status.dropped.total() + status.sinks.iter().map(|sink| sink.dropped).sum::<u64>(),
            p50_s: quantile(0.5),
            p95_s: quantile(0.95),
            p99_s: quantile(0.99),
            overhead: status.overhead,
            memory_bytes: status.memory_bytes as u64,
            rss_bytes: status.rss_kib * 1024,
        }
    }

    fn metrics(&self) -> String {
        self.monitor.prometheus()
    }

    fn alerts(&self) -> Value {
        self.alerts.shown()
    }

    fn trial(&self, name: &str) -> Result<Value> {
        self.alerts.trial(name).map(|notice| notice.data())
    }

    fn config(&self) -> Value {
        let config = self.settings.config.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let path = self.settings.watcher.as_ref().map(|watcher| {
            watcher.lock().unwrap_or_else(PoisonError::into_inner).path().display().to_string()
        });
        let defaults = MonitorConfig::default();
        json!({
            "config": config.shown(), "error": self.settings.error(), "path": path,
            "differs": defaults.differences(&config), "reloads": self.settings.reloads(),
        })
    }

    #[cfg(feature = "sqlite")]
    fn log(&self, query: &str, level: LogLevel, limit: usize) -> Option<Result<Found>> {
        self.monitor.store().map(|log| search::search(&log, query, level, limit))
    }

    #[cfg(feature = "sqlite")]
    fn trace(&self, from_us: i64) -> Option<Result<Vec<u8>>> {
        self.monitor.store().map(|log| search::trace(&log, from_us))
    }
}

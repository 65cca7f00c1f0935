//! Monitoring on plain data: the process's global monitor, and logs by the path of their file.

use super::params::{Params, needed};
use super::{Called, PlainEntry};
use crate::monitor::{Level, MonitorBuilder, MonitorSystem, SpanToken, global, uninstall_global};
use crate::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) const PLAIN: &[PlainEntry] = &[
    ("monitor.start", start),
    ("monitor.stop", |p| {
        let timeout = timeout(p)?;
        p.finish()?;
        let report = uninstall_global(timeout);
        super::monitoring::ended();
        Called::value(&report)
    }),
    ("monitor.status", |p| {
        p.finish()?;
        let status = p.monitor()?.status();
        let line = status.to_string();
        let mut value = serde_json::to_value(status).unwrap_or_default();
        value["line"] = line.into();
        Called::value(&value)
    }),
    ("monitor.flush", |p| {
        let timeout = timeout(p)?;
        p.finish()?;
        Called::value(&p.monitor()?.flush(timeout))
    }),
    ("monitor.publish", |p| {
        let topic: Option<String> = p.given_or_none("topic")?;
        let data: Value = p.take("data", Value::Null)?;
        let correlation_id: String = p.take("correlation_id", String::new())?;
        let span: u64 = p.take("span", 0)?;
        p.finish()?;
        let topic = needed("topic", topic)?;
        p.monitor()?.bus().publish_in(&topic, &correlation_id, SpanToken(span), data)?;
        Called::value(&Value::Null)
    }),
    ("monitor.set_level", |p| {
        let functions: String = p.take("functions", "*".to_owned())?;
        let level: Option<Level> = p.given_or_none("level")?;
        p.finish()?;
        let level = needed("level", level)?;
        p.monitor()?.set_level(&functions, level);
        Called::value(&Value::Null)
    }),
    ("monitor.counts", |p| {
        p.finish()?;
        let rows: Vec<Value> = p.monitor()?.all_counts().into_iter().map(counts).collect();
        Called::value(&rows)
    }),
    ("monitor.bus_stats", |p| {
        p.finish()?;
        Called::value(&p.monitor()?.bus().stats())
    }),
    ("monitor.prometheus", |p| {
        p.finish()?;
        Called::value(&p.monitor()?.prometheus())
    }),
    ("monitor.query", |p| logged::query(p)),
    ("monitor.functions", |p| logged::functions(p)),
    ("monitor.errors", |p| logged::errors(p)),
    ("monitor.events", |p| logged::events(p)),
    ("monitor.cleanup", |p| logged::cleanup(p)),
    ("monitor.backup", |p| logged::backup(p)),
    ("monitor.trace", |p| logged::trace(p)),
];

fn timeout(p: &mut Params<'_>) -> Result<Duration> {
    seconds("timeout_s", p.take("timeout_s", 5.0)?)
}

pub(super) fn seconds(name: &'static str, value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value).map_err(|error| {
        Error::new(ErrorKind::InvalidConfig, "a time must be a number of seconds, not below 0")
            .with("setting", name)
            .with("value", value)
            .caused_by(error)
    })
}

fn start(p: &mut Params<'_>) -> Result<Called> {
    let (builder, log) = builder(p)?;
    if global().is_some() {
        let message = "a monitor is running already; stop it first (`monitoring.stop`)";
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    built(builder, log)?.install_global()?;
    Called::value(&Value::Null)
}

/// What `monitor.start` and [`super::monitor_from`] are told.
fn builder(p: &mut Params<'_>) -> Result<(MonitorBuilder, Log)> {
    let path: Option<String> = p.given_or_none("path")?;
    let (detail_days, summary_days) = (p.take("detail_days", 90_u32)?, p.take("summary_days", 365_u32)?);
    let mut builder = MonitorSystem::builder();
    if let Some(level) = p.given_or_none::<Level>("level")? {
        builder = builder.level(level);
    }
    if let Some(adaptive) = p.given_or_none("adaptive")? {
        builder = builder.adaptive(adaptive);
    }
    if let Some(records) = p.given_or_none("ring_capacity")? {
        builder = builder.ring_capacity(records);
    }
    if let Some(bytes) = p.given_or_none("max_memory")? {
        builder = builder.max_memory(bytes);
    }
    if let Some(interval) = p.given_or_none("flush_interval_s")? {
        builder = builder.flush_interval(seconds("flush_interval_s", interval)?);
    }
    if let Some(multiplier) = p.given_or_none("threshold_multiplier")? {
        builder = builder.threshold_multiplier(multiplier);
    }
    if let Some(share) = p.given_or_none("error_rate")? {
        builder = builder.error_rate(share);
    }
    p.finish()?;
    Ok((builder, Log { path, detail_days, summary_days }))
}

/// Where the log is to be, opened when all else is right.
struct Log {
    path: Option<String>,
    detail_days: u32,
    summary_days: u32,
}

pub(super) fn made(p: &mut Params<'_>) -> Result<MonitorSystem> {
    let (builder, log) = builder(p)?;
    built(builder, log)
}

fn built(builder: MonitorBuilder, log: Log) -> Result<MonitorSystem> {
    Ok(match log.path {
        Some(path) => logged::kept(builder, &path, log.detail_days, log.summary_days)?.build(),
        None => builder.build(),
    })
}

fn counts((info, counts): (&'static crate::monitor::SiteInfo, crate::monitor::SiteCounts)) -> Value {
    let quantile = |q: f64| counts.histogram.quantile_ns(q) * 1e-9;
    json!({
        "id": info.id, "name": info.name, "module": info.module, "file": info.file, "line": info.line,
        "calls": counts.calls, "timed": counts.timed, "errors": counts.errors, "cancelled": counts.cancelled,
        "sum_s": counts.sum_ns as f64 * 1e-9, "level": counts.level,
        "p50_s": quantile(0.5), "p95_s": quantile(0.95), "p99_s": quantile(0.99),
    })
}

#[cfg(feature = "sqlite")]
mod logged {
    use super::{Called, Error, ErrorKind, Params, Result, json, needed};
    use crate::monitor::{LogFilters, LogOrder, LogStore, MonitorBuilder, SpanStatus, TimeRange};
    use std::sync::Arc;

    pub(super) fn kept(
        builder: MonitorBuilder,
        path: &str,
        detail_days: u32,
        summary_days: u32,
    ) -> Result<MonitorBuilder> {
        Ok(builder.store(LogStore::open_with(path, detail_days, summary_days)?))
    }

    /// The log of this path, which must be there, or the running monitor's.
    fn log(p: &Params<'_>, path: Option<String>) -> Result<Arc<LogStore>> {
        let Some(path) = path else {
            return p.monitor()?.store().ok_or_else(|| {
                Error::new(ErrorKind::Unavailable, "the running monitor has no log; give the path of one")
            });
        };
        LogStore::existing(path)
    }

    fn path(p: &mut Params<'_>) -> Result<Option<String>> {
        p.given_or_none("path")
    }

    /// From `from_us` on or the last `hours`, until `to_us`.
    fn range(p: &mut Params<'_>) -> Result<TimeRange> {
        let (from_us, to_us): (Option<i64>, Option<i64>) =
            (p.given_or_none("from_us")?, p.given_or_none("to_us")?);
        let hours: Option<f64> = p.given_or_none("hours")?;
        if let Some(hours) = hours.filter(|hours| !(0.0..=1e6).contains(hours)) {
            return Err(Error::new(ErrorKind::InvalidConfig, "hours is a number from 0 to 1,000,000")
                .with("setting", "hours")
                .with("value", hours));
        }
        if let (Some(hours), Some(from_us)) = (hours, from_us) {
            let message = "`hours` and `from_us` both say where a time begins; give one of them";
            return Err(Error::new(ErrorKind::InvalidInput, message)
                .with("hours", hours)
                .with("from_us", from_us));
        }
        Ok(match hours {
            Some(hours) => TimeRange { to_us, ..TimeRange::last_hours(hours) },
            None => TimeRange { from_us, to_us },
        })
    }

    pub(super) fn query(p: &mut Params<'_>) -> Result<Called> {
        let path = path(p)?;
        let range = range(p)?;
        let filters = LogFilters {
            function_name: p.given_or_none("function_name")?,
            status: p.given_or_none::<SpanStatus>("status")?,
            min_duration_s: p.given_or_none("min_duration_s")?,
            error_contains: p.given_or_none("error_contains")?,
            time_range: Some(range),
            text: p.given_or_none("text")?,
            correlation_id: p.given_or_none("correlation_id")?,
            order: p.take("order", LogOrder::default())?,
            limit: p.take("limit", 100)?,
            after: p.given_or_none("after")?,
        };
        p.finish()?;
        Called::value(&log(p, path)?.query(&filters)?)
    }

    pub(super) fn functions(p: &mut Params<'_>) -> Result<Called> {
        let (path, range) = (path(p)?, range(p)?);
        p.finish()?;
        Called::value(&log(p, path)?.functions(range)?)
    }

    pub(super) fn errors(p: &mut Params<'_>) -> Result<Called> {
        let (path, range) = (path(p)?, range(p)?);
        p.finish()?;
        Called::value(&log(p, path)?.errors(range)?)
    }

    pub(super) fn events(p: &mut Params<'_>) -> Result<Called> {
        let (path, range) = (path(p)?, range(p)?);
        let pattern: String = p.take("pattern", "**".to_owned())?;
        let limit: u32 = p.take("limit", 100)?;
        p.finish()?;
        Called::value(&log(p, path)?.events(&pattern, range, limit)?)
    }

    pub(super) fn cleanup(p: &mut Params<'_>) -> Result<Called> {
        let path = path(p)?;
        let (detail, summary): (Option<u32>, Option<u32>) =
            (p.given_or_none("detail_days")?, p.given_or_none("summary_days")?);
        p.finish()?;
        let report = match (path, detail, summary) {
            (None, None, None) => log(p, None)?.cleanup_old_data()?,
            (Some(path), Some(detail), Some(summary)) => {
                log(p, Some(path.clone()))?;
                LogStore::open_with(path, detail, summary)?.cleanup_old_data()?
            }
            _ => {
                let message = "how long a log is kept is not in its file: give detail_days and summary_days with a path, and none of them without";
                return Err(Error::new(ErrorKind::InvalidInput, message));
            }
        };
        Called::value(&report)
    }

    pub(super) fn backup(p: &mut Params<'_>) -> Result<Called> {
        let path = path(p)?;
        let to: Option<String> = p.given_or_none("to")?;
        p.finish()?;
        let to = needed("to", to)?;
        log(p, path)?.backup(to.as_ref())?;
        Called::value(&json!({ "written": to }))
    }

    /// A Chrome trace, in the file `to`, or as the bytes of one.
    pub(super) fn trace(p: &mut Params<'_>) -> Result<Called> {
        let (path, range) = (path(p)?, range(p)?);
        let to: Option<String> = p.given_or_none("to")?;
        p.finish()?;
        if let Some(to) = to {
            let failed = |error: std::io::Error| Error::from(error).with("path", &to);
            let log = log(p, path)?;
            let mut file = std::io::BufWriter::new(std::fs::File::create(&to).map_err(failed)?);
            let calls = log.export_chrome_trace(range, &mut file)?;
            std::io::Write::flush(&mut file).map_err(failed)?;
            return Called::value(&json!({ "calls": calls }));
        }
        let mut bytes = Vec::new();
        let calls = log(p, path)?.export_chrome_trace(range, &mut bytes)?;
        let mut called = Called::value(&json!({ "calls": calls }))?;
        called.file = Some(bytes);
        Ok(called)
    }
}

#[cfg(not(feature = "sqlite"))]
mod logged {
    use super::{Called, Error, ErrorKind, Params, Result};
    use crate::monitor::MonitorBuilder;

    pub(super) use absent as query;
    pub(super) use absent as functions;
    pub(super) use absent as errors;
    pub(super) use absent as events;
    pub(super) use absent as cleanup;
    pub(super) use absent as backup;
    pub(super) use absent as trace;

    pub(super) fn kept(_: MonitorBuilder, _: &str, _: u32, _: u32) -> Result<MonitorBuilder> {
        Err(none())
    }

    pub(super) fn absent(_: &mut Params<'_>) -> Result<Called> {
        Err(none())
    }

    fn none() -> Error {
        Error::new(ErrorKind::Unavailable, "this build has no log; switch the feature on")
            .with("feature", "sqlite")
    }
}

//! What settings are made into: the log, the log file, the collector's sink, the channels of alerts.

use crate::Result;
use crate::monitor::alerts::{Channel, Notice};
use crate::monitor::config::{ChannelName, LogLevel, MonitorConfig, Severity};
use crate::monitor::log_file::{Console, LogEntry, RotatingFile};
use crate::monitor::system::NewSink;
use serde_json::Value;
#[cfg(feature = "sqlite")]
use std::sync::Arc;

/// The log; `None` where there is to be none.
#[cfg(feature = "sqlite")]
pub(super) fn log(config: &MonitorConfig) -> Result<Option<Arc<crate::monitor::LogStore>>> {
    if config.database_path.is_empty() {
        return Ok(None);
    }
    let (detail, summary) = (config.log_retention_days, config.summary_retention_days);
    crate::monitor::LogStore::open_with(&config.database_path, detail, summary).map(Some)
}

/// The log file.
pub(super) fn lines(config: &MonitorConfig) -> Option<RotatingFile> {
    let file = || {
        RotatingFile::new(&config.log_file_path)
            .max_bytes(config.max_log_file_size)
            .keep(config.log_files_kept)
            .level(config.log_level)
    };
    (!config.log_file_path.is_empty()).then(file)
}

/// The log file's sink. Also for a child of a fork: it rotates with others.
pub(super) fn lines_sink(config: &MonitorConfig) -> Option<NewSink> {
    lines(config)?;
    let config = config.clone();
    Some(NewSink::Again(Box::new(move || Box::new(lines(&config).unwrap_or_else(|| RotatingFile::new(""))))))
}

/// The collector's sink.
pub(super) fn collector(config: &MonitorConfig) -> Result<Option<NewSink>> {
    let Some(otlp) = &config.otlp else { return Ok(None) };
    #[cfg(feature = "otlp")]
    return Ok(Some(NewSink::Once(Box::new(crate::monitor::otlp::OtlpSink::new(otlp)?))));
    #[cfg(not(feature = "otlp"))]
    Err(crate::Error::new(crate::ErrorKind::Unavailable, "OTLP is not built in; build with the feature otlp")
        .with("endpoint", otlp.endpoint.len()))
}

/// A channel by its name; `None` for one that is not to be.
pub(super) type NamedChannel = (ChannelName, Option<Box<dyn Channel>>);

/// The channels that settings alone can make; `None` for one that there is to be no more.
pub(super) fn channels(config: &MonitorConfig) -> Result<Vec<NamedChannel>> {
    let file = lines(config).map(|log| -> Box<dyn Channel> {
        let mut log = log.level(LogLevel::Debug);
        Box::new(move |notice: &Notice| told(notice, &mut |entry| log.write(entry)))
    });
    let mut console = Console::new(LogLevel::Debug);
    let console: Box<dyn Channel> =
        Box::new(move |notice: &Notice| told(notice, &mut |entry| console.write(entry)));
    Ok(vec![
        (ChannelName::File, file),
        (ChannelName::Console, Some(console)),
        (ChannelName::Webhook, webhook(config)?),
    ])
}

/// A notice as a line.
fn told(notice: &Notice, write: &mut dyn FnMut(&LogEntry<'_>) -> Result<()>) -> Result<()> {
    let level = match notice.severity {
        Severity::Info => LogLevel::Info,
        Severity::Warning => LogLevel::Warning,
        Severity::Error => LogLevel::Error,
        Severity::Critical => LogLevel::Critical,
    };
    let (time_us, message) = ((notice.at_s * 1e6) as i64, notice.text());
    write(&LogEntry { time_us, level, subject: notice.topic(), message: &message, fields: &Value::Null })
}

fn webhook(config: &MonitorConfig) -> Result<Option<Box<dyn Channel>>> {
    let Some(webhook) = &config.webhook else { return Ok(None) };
    #[cfg(feature = "webhook")]
    return Ok(Some(Box::new(crate::monitor::alerts::Webhook::new(webhook)?)));
    #[cfg(not(feature = "webhook"))]
    Err(crate::Error::new(
        crate::ErrorKind::Unavailable,
        "webhooks are not built in; build with the feature webhook",
    )
    .with("url", webhook.url.len()))
}

//! A monitor of a file of settings.

use super::Alerts;
use crate::monitor::alerts::Notice;
use crate::monitor::config::{Change, ChannelName, ConfigWatcher, LogLevel, MonitorConfig, Reload, Severity};
use crate::monitor::log_file::{Console, LogEntry, RotatingFile};
use crate::monitor::{Batch, EventBus, MonitorBuilder, MonitorSystem, Overflow, Sink, config, unix_us};
use crate::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A monitor as its settings say: redacted, with log, log file, alerts and, where it is built and wanted, the dashboard. The settings' file is
/// looked at once a second; a wrong one leaves the last good settings in force. It ends when this and all handles of the monitor are
/// dropped.
///
/// ```
/// use viralnow_core::monitor::{Monitoring, config::MonitorConfig};
/// let config = MonitorConfig { log_file_path: String::new(), database_path: String::new(), ..MonitorConfig::default() };
/// let monitoring = Monitoring::start(&config)?;
/// monitoring.monitor().bus().publish("shop.opened", serde_json::json!({}))?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Monitoring {
    #[cfg(feature = "dashboard")]
    dashboard: Mutex<Option<crate::monitor::dashboard::DashboardHandle>>,
    #[cfg(feature = "dashboard")]
    board: Arc<crate::monitor::dashboard::Board>,
    monitor: MonitorSystem,
    alerts: Alerts,
    settings: Arc<Settings>,
}

/// The settings in force.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) config: Mutex<MonitorConfig>,
    pub(super) watcher: Option<Mutex<ConfigWatcher>>,
    /// What the last readings changed, the newest last.
    reloads: Mutex<VecDeque<Reloaded>>,
    bus: OnceLock<EventBus>,
}

/// A reading that changed something.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reloaded {
    ts_us: i64,
    changes: Vec<Change>,
}

/// Readings that are remembered.
const RELOADS: usize = 20;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Monitoring {
    /// Starts a monitor with these settings.
    pub fn start(config: &MonitorConfig) -> Result<Self> {
        Self::start_with(config, MonitorSystem::builder())
    }

    /// Starts a monitor with the settings of this file, and reads it again when it changes.
    pub fn start_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::start_watched(ConfigWatcher::open(path)?, MonitorSystem::builder())
    }

    /// As [`Monitoring::start`], with what the builder has already: sinks of the host's own, levels.
    pub fn start_with(config: &MonitorConfig, builder: MonitorBuilder) -> Result<Self> {
        Self::build(config, None, builder)
    }

    /// As [`Monitoring::start_file`], with what the builder has already and, through [`ConfigWatcher::open_over`], settings that go before
    /// the file's. How the host redacts, and what it does with too much, goes before the settings.
    pub fn start_watched(watcher: ConfigWatcher, builder: MonitorBuilder) -> Result<Self> {
        let config = watcher.config().clone();
        Self::build(&config, Some(watcher), builder)
    }

    fn build(
        config: &MonitorConfig,
        watcher: Option<ConfigWatcher>,
        builder: MonitorBuilder,
    ) -> Result<Self> {
        config.validate()?;
        let alerts = Alerts::new(config)?;
        channels(&alerts, config)?;
        let settings = Arc::new(Settings {
            config: Mutex::new(config.clone()),
            watcher: watcher.map(Mutex::new),
            reloads: Mutex::default(),
            bus: OnceLock::new(),
        });
        let overflow = match config.overflow {
            config::Overflow::SampleDown => Overflow::SampleDown,
            config::Overflow::Block => Overflow::Block { most: Duration::from_millis(10) },
            config::Overflow::DropNewest => Overflow::DropNewest,
            config::Overflow::DropOldest => Overflow::DropOldest,
        };
        let mut builder = builder
            .settings(config.redactor()?, overflow)
            .ring_capacity(config.ring_capacity as usize)
            .max_memory(usize::try_from(config.max_memory).unwrap_or(usize::MAX))
            .flush_interval(Duration::from_secs_f64(config.flush_interval))
            .threshold_multiplier(config.performance_threshold_multiplier)
            .error_rate(config.error_rate_threshold)
            .sink(alerts.clone());
        #[cfg(feature = "sqlite")]
        if !config.database_path.is_empty() {
            let (detail, summary) = (config.log_retention_days, config.summary_retention_days);
            builder =
                builder.store(crate::monitor::LogStore::open_with(&config.database_path, detail, summary)?);
        }
        if !config.log_file_path.is_empty() {
            // Also for a child of a fork: it rotates with others.
            let config = config.clone();
            builder = builder.sink_with(move || Box::new(log_of(&config)));
        }
        if let Some(otlp) = &config.otlp {
            #[cfg(feature = "otlp")]
            {
                builder = builder.sink(crate::monitor::otlp::OtlpSink::new(otlp)?);
            }
            #[cfg(not(feature = "otlp"))]
            return Err(Error::new(
                crate::ErrorKind::Unavailable,
                "OTLP is not built in; build with the feature otlp",
            )
            .with("endpoint", otlp.endpoint.len()));
        }
        if settings.watcher.is_some() {
            builder = builder.sink(Reloader { settings: settings.clone(), alerts: alerts.clone() });
        }
        #[cfg(feature = "dashboard")]
        let board = Arc::new(crate::monitor::dashboard::Board::default());
        #[cfg(feature = "dashboard")]
        {
            builder = builder.sink(super::board::BoardSink(board.clone()));
        }
        let monitor = builder.build();
        alerts.attach(&monitor);
        let _ = settings.bus.set(monitor.bus());
        let monitoring = Self {
            #[cfg(feature = "dashboard")]
            dashboard: Mutex::new(None),
            #[cfg(feature = "dashboard")]
            board,
            monitor,
            alerts,
            settings,
        };
        #[cfg(feature = "dashboard")]
        if config.dashboard.enabled {
            monitoring.dashboard()?;
        }
        Ok(monitoring)
    }

    /// The monitor.
    pub fn monitor(&self) -> &MonitorSystem {
        &self.monitor
    }

    /// Its alerts.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> MonitorConfig {
        lock(&self.settings.config).clone()
    }

    /// What is wrong with the settings' file as it is now.
    #[must_use]
    pub fn config_error(&self) -> Option<String> {
        self.settings.error()
    }

    /// Starts the dashboard, if it does not run, and gives its address with the token.
    #[cfg(feature = "dashboard")]
    pub fn dashboard(&self) -> Result<String> {
        let mut running = lock(&self.dashboard);
        if running.is_none() {
            *running = Some(self.make_dashboard()?.config(&self.config()).serve()?);
        }
        Ok(running.as_ref().map(|handle| handle.url().to_owned()).unwrap_or_default())
    }

    /// The dashboard's paths, for a router of the host's; see [`crate::monitor::dashboard::Dashboard::router`].
    #[cfg(feature = "dashboard")]
    pub fn make_dashboard(&self) -> Result<crate::monitor::dashboard::Dashboard> {
        super::board::listen(&self.monitor, &self.board)?;
        let source =
            super::board::SystemSource::new(self.monitor.clone(), self.alerts.clone(), self.settings.clone());
        Ok(crate::monitor::dashboard::Dashboard::new(Arc::new(source), self.board.clone()))
    }
}

impl Settings {
    pub(super) fn error(&self) -> Option<String> {
        lock(self.watcher.as_ref()?).error().map(ToString::to_string)
    }

    /// What the last readings changed, the newest last.
    #[cfg(feature = "dashboard")]
    pub(super) fn reloads(&self) -> Vec<Reloaded> {
        lock(&self.reloads).iter().cloned().collect()
    }
}

fn log_of(config: &MonitorConfig) -> RotatingFile {
    RotatingFile::new(&config.log_file_path)
        .max_bytes(config.max_log_file_size)
        .keep(config.log_files_kept)
        .level(config.log_level)
}

/// The channels that settings alone can make: file, console, webhook.
fn channels(alerts: &Alerts, config: &MonitorConfig) -> Result<()> {
    let line = |notice: &Notice, write: &mut dyn FnMut(&LogEntry<'_>) -> Result<()>| {
        let level = match notice.severity {
            Severity::Info => LogLevel::Info,
            Severity::Warning => LogLevel::Warning,
            Severity::Error => LogLevel::Error,
            Severity::Critical => LogLevel::Critical,
        };
        let time_us = (notice.at_s * 1e6) as i64;
        write(&LogEntry {
            time_us,
            level,
            subject: notice.topic(),
            message: &notice.text(),
            fields: &Value::Null,
        })
    };
    if !config.log_file_path.is_empty() {
        let mut log = log_of(config).level(LogLevel::Debug);
        alerts.channel(
            ChannelName::File,
            Box::new(move |notice: &Notice| line(notice, &mut |entry| log.write(entry))),
        );
    }
    let mut console = Console::new(LogLevel::Debug);
    alerts.channel(
        ChannelName::Console,
        Box::new(move |notice: &Notice| line(notice, &mut |entry| console.write(entry))),
    );
    if let Some(webhook) = &config.webhook {
        #[cfg(feature = "webhook")]
        alerts.channel(ChannelName::Webhook, Box::new(crate::monitor::alerts::Webhook::new(webhook)?));
        #[cfg(not(feature = "webhook"))]
        return Err(Error::new(
            crate::ErrorKind::Unavailable,
            "webhooks are not built in; build with the feature webhook",
        )
        .with("url", webhook.url.len()));
    }
    Ok(())
}

/// Looks at the settings' file, about once a second, on the monitor's thread.
struct Reloader {
    settings: Arc<Settings>,
    alerts: Alerts,
}

impl Sink for Reloader {
    fn name(&self) -> &'static str {
        "settings"
    }

    fn write(&mut self, _batch: &Batch) -> Result<(), Error> {
        Ok(())
    }

    fn maintain(&mut self, _now_us: i64) -> Result<(), Error> {
        let Some(watcher) = &self.settings.watcher else { return Ok(()) };
        let reload = lock(watcher).poll(Instant::now());
        let Some(reload) = reload else { return Ok(()) };
        if let Reload::Reloaded { config, changes } = &reload {
            let mut reloads = lock(&self.settings.reloads);
            reloads.push_back(Reloaded { ts_us: unix_us(), changes: changes.clone() });
            if reloads.len() > RELOADS {
                reloads.pop_front();
            }
            drop(reloads);
            self.alerts.reload(config)?;
            channels(&self.alerts, config)?;
            (**config).clone_into(&mut lock(&self.settings.config));
        }
        if let Some(bus) = self.settings.bus.get() {
            bus.publish(reload.topic(), reload.data())?;
        }
        Ok(())
    }
}

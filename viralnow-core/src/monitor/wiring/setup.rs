//! A monitor of a file of settings.

#[cfg(feature = "dashboard")]
use super::page::Page;
use super::reload::{Reloader, Settings};
use super::{Alerts, parts};
use crate::Result;
use crate::monitor::config::{ConfigWatcher, MonitorConfig};
use crate::monitor::system::Role;
use crate::monitor::{MonitorBuilder, MonitorSystem};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A monitor as its settings say: redacted, with log, log file, alerts and, where it is built and wanted, the dashboard. It ends when this and
/// all handles of the monitor are dropped.
///
/// The settings' file is looked at once a second, and every key of it holds from then on: another log or log file is opened before the old one
/// is closed, the dashboard answers at its new port, with its old token, before it leaves the old one. What goes on only in part is said by
/// `config.reloaded` under `kept`: rings have the size with which their threads began. A file that is wrong, or asks for what cannot be had (a
/// port that is taken, a folder that is not there), changes nothing at all: the last good settings stay in force, and `config.rejected` says
/// why.
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
    page: Arc<super::page::Page>,
    monitor: MonitorSystem,
    alerts: Alerts,
    settings: Arc<Settings>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The dashboard ends first, on the host's thread: its port is free when this returns.
#[cfg(feature = "dashboard")]
impl Drop for Monitoring {
    fn drop(&mut self) {
        drop(lock(&self.page.running).take());
        drop(lock(&self.page.mounted).take());
    }
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
        for (name, channel) in parts::channels(config)? {
            if let Some(channel) = channel {
                alerts.channel(name, channel);
            }
        }
        let settings = Arc::new(Settings::new(config, watcher));
        let mut builder = builder.settings(config)?.sink(alerts.clone());
        #[cfg(feature = "sqlite")]
        if let Some(log) = parts::log(config)? {
            builder = builder.store_as(Role::Log, log);
        }
        for (role, sink) in
            [(Role::Lines, parts::lines_sink(config)), (Role::Collector, parts::collector(config)?)]
        {
            if let Some(sink) = sink {
                builder = builder.sink_as(role, sink);
            }
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
        let _ = settings.monitor.set(monitor.downgrade());
        #[cfg(feature = "dashboard")]
        let page = Arc::new(Page {
            monitor: monitor.downgrade(),
            alerts: alerts.clone(),
            settings: settings.clone(),
            board,
            running: Mutex::default(),
            mounted: Mutex::default(),
        });
        #[cfg(feature = "dashboard")]
        let _ = settings.page.set(Arc::downgrade(&page));
        let monitoring = Self {
            #[cfg(feature = "dashboard")]
            page,
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
        self.page.url()
    }

    /// The dashboard for a server of the host's that is not axum: one for all requests, started with the first.
    #[cfg(feature = "dashboard")]
    pub fn mounted_dashboard(&self) -> Result<Arc<crate::monitor::dashboard::MountedDashboard>> {
        self.page.mounted()
    }

    /// The dashboard's paths, for a router of the host's; see [`crate::monitor::dashboard::Dashboard::router`].
    #[cfg(feature = "dashboard")]
    pub fn make_dashboard(&self) -> Result<crate::monitor::dashboard::Dashboard> {
        self.page.make(self.monitor.clone())
    }
}

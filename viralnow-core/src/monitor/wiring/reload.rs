//! Settings that are read again while the monitor runs. What they need is made first; where one thing cannot be had all stays as it was, and
//! that is told.

#[cfg(feature = "dashboard")]
use super::page::{OnLoan, Page, end_elsewhere};
use super::setup::lock;
use super::{Alerts, parts};
use crate::monitor::config::{Change, ConfigWatcher, MonitorConfig, Reload};
use crate::monitor::system::{NewSink, Role, WeakMonitor};
use crate::monitor::{Batch, MonitorSystem, Sink, unix_us};
use crate::{Error, Result};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

/// Readings that are remembered.
const RELOADS: usize = 20;

/// The settings in force.
pub(super) struct Settings {
    pub(super) config: Mutex<MonitorConfig>,
    pub(super) watcher: Option<Mutex<ConfigWatcher>>,
    /// What the last readings changed, the newest last.
    reloads: Mutex<VecDeque<Reloaded>>,
    pub(super) monitor: OnceLock<WeakMonitor>,
    #[cfg(feature = "dashboard")]
    pub(super) page: OnceLock<std::sync::Weak<Page>>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A reading that changed something.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reloaded {
    ts_us: i64,
    changes: Vec<Change>,
    kept: Vec<Kept>,
}

/// A setting that is another and does not hold, or not everywhere.
#[derive(Debug, Clone, Copy, Serialize)]
struct Kept {
    key: &'static str,
    why: &'static str,
}

impl Settings {
    pub(super) fn new(config: &MonitorConfig, watcher: Option<ConfigWatcher>) -> Self {
        Self {
            config: Mutex::new(config.clone()),
            watcher: watcher.map(Mutex::new),
            reloads: Mutex::default(),
            monitor: OnceLock::new(),
            #[cfg(feature = "dashboard")]
            page: OnceLock::new(),
        }
    }

    pub(super) fn error(&self) -> Option<String> {
        lock(self.watcher.as_ref()?).error().map(ToString::to_string)
    }

    /// What the last readings changed, the newest last.
    #[cfg(feature = "dashboard")]
    pub(super) fn reloads(&self) -> Vec<Reloaded> {
        lock(&self.reloads).iter().cloned().collect()
    }

    fn remember(&self, changes: &[Change], kept: &[Kept]) {
        let mut reloads = lock(&self.reloads);
        reloads.push_back(Reloaded { ts_us: unix_us(), changes: changes.to_vec(), kept: kept.to_vec() });
        if reloads.len() > RELOADS {
            reloads.pop_front();
        }
    }
}

/// Looks at the settings' file, about once a second, on the monitor's thread.
pub(super) struct Reloader {
    pub(super) settings: Arc<Settings>,
    pub(super) alerts: Alerts,
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
        let Some(mut reload) = lock(watcher).poll(Instant::now()) else { return Ok(()) };
        let Some(monitor) = self.settings.monitor.get().and_then(WeakMonitor::upgrade) else { return Ok(()) };
        let mut kept = Vec::new();
        if let Reload::Reloaded { config, changes } = &reload {
            let before = lock(&self.settings.config).clone();
            match self.apply(&monitor, &before, config) {
                Ok(()) => {
                    kept = keeps(&before, config, monitor.own_choices());
                    self.settings.remember(changes, &kept);
                    (**config).clone_into(&mut lock(&self.settings.config));
                }
                Err((key, error)) => reload = lock(watcher).take_back(before, key, &error),
            }
        }
        let mut data = reload.data();
        if !kept.is_empty() {
            data["kept"] = serde_json::to_value(kept).unwrap_or_default();
        }
        monitor.bus().publish(reload.topic(), data)
    }
}

/// The key that is to blame, and why.
type Failed = (&'static str, Error);

fn blame(key: &'static str) -> impl FnOnce(Error) -> Failed {
    move |error| (key, error)
}

/// What becomes of a part of the monitor.
pub(super) enum Next<T> {
    /// It stays as it is.
    Same,
    /// This one takes its place, or none.
    Other(Option<T>),
}

impl<T> Next<T> {
    /// Made where it is to be another one.
    fn made(other: bool, make: impl FnOnce() -> Result<Option<T>>) -> Result<Self> {
        if other { make().map(Self::Other) } else { Ok(Self::Same) }
    }
}

/// What changed settings need.
struct Prepared {
    #[cfg(feature = "sqlite")]
    log: Next<Arc<crate::monitor::LogStore>>,
    lines: Next<NewSink>,
    collector: Next<NewSink>,
    channels: Vec<parts::NamedChannel>,
}

impl Reloader {
    fn apply(
        &self,
        monitor: &MonitorSystem,
        before: &MonitorConfig,
        now: &MonitorConfig,
    ) -> Result<(), Failed> {
        let prepared = prepare(before, now)?;
        // The last: it answers from now on.
        #[cfg(feature = "dashboard")]
        let page = OnLoan::of(self.settings.page.get());
        #[cfg(feature = "dashboard")]
        let next = page
            .page()
            .map_or(Ok(Next::Same), |page| page.next(before, now))
            .map_err(blame("dashboard_port"))?;
        let tuned = self.alerts.reload(now).map_err(blame("alerts"));
        let tuned = tuned.and_then(|()| monitor.tune(now).map_err(blame("redaction")));
        #[cfg(feature = "dashboard")]
        if tuned.is_err() {
            end_elsewhere(next);
            return tuned;
        }
        tuned?;
        for (name, channel) in prepared.channels {
            match channel {
                Some(channel) => self.alerts.channel(name, channel),
                None => self.alerts.no_channel(name),
            }
        }
        #[cfg(feature = "sqlite")]
        {
            if let Next::Other(log) = prepared.log {
                monitor.swap_store(log);
            } else if let Some(log) = monitor.store().filter(|_| !now.database_path.is_empty()) {
                log.keep(now.log_retention_days, now.summary_retention_days);
            }
        }
        if let Next::Other(lines) = prepared.lines {
            monitor.swap_sink(Role::Lines, lines);
        }
        if let Next::Other(collector) = prepared.collector {
            monitor.swap_sink(Role::Collector, collector);
        }
        #[cfg(feature = "dashboard")]
        if let Some(page) = page.page() {
            page.turn(next);
            page.remount(before, now);
        }
        Ok(())
    }
}

/// Makes everything, and changes nothing.
fn prepare(before: &MonitorConfig, now: &MonitorConfig) -> Result<Prepared, Failed> {
    now.redactor().map_err(blame("redaction"))?;
    let file = |config: &MonitorConfig| {
        (config.log_file_path.clone(), config.max_log_file_size, config.log_files_kept, config.log_level)
    };
    let other_file = file(before) != file(now);
    if let Some(mut lines) = parts::lines(now).filter(|_| other_file) {
        lines.open().map_err(blame("log_file_path"))?;
    }
    let other_channels = other_file || before.webhook != now.webhook;
    Ok(Prepared {
        #[cfg(feature = "sqlite")]
        log: Next::made(before.database_path != now.database_path, || parts::log(now))
            .map_err(blame("database_path"))?,
        lines: Next::made(other_file, || Ok(parts::lines_sink(now))).map_err(blame("log_file_path"))?,
        collector: Next::made(before.otlp != now.otlp, || parts::collector(now)).map_err(blame("otlp"))?,
        channels: if other_channels { parts::channels(now).map_err(blame("webhook"))? } else { Vec::new() },
    })
}

/// The changes that do not hold, or not everywhere.
fn keeps(before: &MonitorConfig, now: &MonitorConfig, [scrub, overflow]: [bool; 2]) -> Vec<Kept> {
    let host = "the host chose it itself";
    let all = [
        (before.redaction != now.redaction && scrub, Kept { key: "redaction", why: host }),
        (before.overflow != now.overflow && overflow, Kept { key: "overflow", why: host }),
        (
            before.ring_capacity != now.ring_capacity,
            Kept { key: "ring_capacity", why: "it holds for threads that begin to record from now on" },
        ),
    ];
    all.into_iter().filter_map(|(kept, what)| kept.then_some(what)).collect()
}

//! What guards the monitor, on plain data: redaction, settings, alerts, the dashboard.

use super::monitor::seconds;
use super::params::{Params, needed};
use super::{Called, PlainEntry};
use crate::fork;
use crate::monitor::alerts::Condition;
use crate::monitor::config::{self, ConfigWatcher, MonitorConfig, json_schema};
use crate::monitor::{Level, MonitorBuilder, MonitorSystem, Monitoring, Overflow, global};
use crate::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const PLAIN: &[PlainEntry] = &[
    ("monitor.start_with", start_with),
    ("monitor.config", |p| {
        p.finish()?;
        configured(p, |monitoring| {
            Called::value(
                &json!({ "config": monitoring.config().shown(), "error": monitoring.config_error() }),
            )
        })
    }),
    ("monitor.alerts", |p| {
        p.finish()?;
        configured(p, |monitoring| Called::value(&monitoring.alerts().shown()))
    }),
    ("monitor.alert_trial", |p| {
        let name: Option<String> = p.given_or_none("name")?;
        p.finish()?;
        let name = needed("name", name)?;
        configured(p, |monitoring| Called::value(&monitoring.alerts().trial(&name)?))
    }),
    ("monitor.dashboard", |p| {
        p.finish()?;
        configured(p, |monitoring| Called::value(&dashboard(monitoring)?))
    }),
    ("monitor.config_check", |p| {
        let text: Option<String> = p.given_or_none("text")?;
        let path: String = p.take("path", "monitoring_config.json".to_owned())?;
        p.finish()?;
        let text = match text {
            Some(text) => text,
            None => config::read(path.as_ref())?,
        };
        match MonitorConfig::from_json(&text, &path) {
            Ok(config) => Called::value(&json!({ "config": config, "problems": [], "message": null })),
            Err(errors) => Called::value(
                &json!({ "config": null, "problems": errors.problems, "message": errors.to_string() }),
            ),
        }
    }),
    ("monitor.config_schema", |p| {
        p.finish()?;
        Called::value(&json_schema())
    }),
    ("monitor.condition_check", |p| {
        let condition: Option<String> = p.given_or_none("condition")?;
        p.finish()?;
        match Condition::parse(&needed("condition", condition)?) {
            Ok(condition) => Called::value(&json!({ "read_as": condition.to_string(), "error": null })),
            Err(error) => Called::value(&json!({
                "read_as": null,
                "error": {
                    "column": error.column() + 1, "expected": error.expected, "got": error.got, "did_you_mean": error.did_you_mean,
                },
            })),
        }
    }),
    ("monitor.redact", |p| {
        let text: Option<String> = p.given_or_none("text")?;
        let value: Option<Value> = p.given_or_none("value")?;
        let settings: Option<Value> = p.given_or_none("redaction")?;
        p.finish()?;
        let config = match settings {
            Some(settings) => {
                MonitorConfig::from_json(&format!("{:#}", json!({ "redaction": settings })), "(redaction)")?
            }
            // As the running monitor would, where one has settings.
            None => configured(p, |monitoring| Ok(monitoring.config())).unwrap_or_default(),
        };
        let redactor = config.redactor()?;
        match (text, value) {
            (Some(text), None) => Called::value(&redactor.test(&text)),
            (None, Some(mut value)) => {
                redactor.value(&mut value);
                Called::value(&value)
            }
            _ => Err(Error::new(ErrorKind::InvalidInput, "give `text` or `value`, and one of them")),
        }
    }),
];

/// What `monitor.start_with` started, beside the global monitor, and in which process.
static RUNNING: Mutex<Option<(Arc<Monitoring>, u32)>> = Mutex::new(None);

fn put(monitoring: Option<Arc<Monitoring>>) {
    // Inside: a child of a fork must find it free.
    let gate = fork::gate();
    let put = monitoring.map(|monitoring| (monitoring, std::process::id()));
    let before = std::mem::replace(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner), put);
    drop(gate);
    if before.as_ref().is_some_and(|(_, process)| *process != std::process::id()) {
        // Its threads and locks are the parent's.
        std::mem::forget(before);
    }
}

/// The global monitor was stopped: alerts and dashboard go with it.
pub(super) fn ended() {
    put(None);
}

/// What is meant: what was given, or what is beside the global monitor.
fn configured<T>(p: &Params<'_>, then: impl FnOnce(&Monitoring) -> Result<T>) -> Result<T> {
    match p.monitoring() {
        Some(monitoring) => then(monitoring),
        None => with_running(then),
    }
}

pub(super) fn with_running<T>(then: impl FnOnce(&Monitoring) -> Result<T>) -> Result<T> {
    let running = {
        let _gate = fork::gate();
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).clone()
    };
    match running {
        Some((monitoring, process)) if process == std::process::id() => then(&monitoring),
        Some(parents) => {
            std::mem::forget(parents);
            Err(Error::new(
                ErrorKind::Unavailable,
                "alerts, dashboard and settings are the parent process's; here only the log goes on",
            ))
        }
        None => Err(Error::new(
            ErrorKind::Unavailable,
            "no monitor with settings is running; start one by a config",
        )),
    }
}

/// What stands beside the settings: how much is recorded, what redacts, and whether a full ring makes its thread wait.
fn builder(p: &mut Params<'_>) -> Result<MonitorBuilder> {
    let mut builder = MonitorSystem::builder();
    if let Some(level) = p.given_or_none::<Level>("level")? {
        builder = builder.level(level);
    }
    if let Some(adaptive) = p.given_or_none("adaptive")? {
        builder = builder.adaptive(adaptive);
    }
    if !p.take("redact", true)? {
        builder = builder.unredacted();
    }
    if let Some(most) = p.given_or_none("block_s")? {
        builder = builder.overflow(Overflow::Block { most: seconds("block_s", most)? });
    }
    Ok(builder)
}

/// What is to be started, when all else is right.
struct Start {
    config: Value,
    over: Value,
    builder: MonitorBuilder,
}

fn start_of(p: &mut Params<'_>) -> Result<Start> {
    let config: Option<Value> = p.given_or_none("config")?;
    let over: Value = p.take("over", Value::Null)?;
    let builder = builder(p)?;
    p.finish()?;
    Ok(Start { config: needed("config", config)?, over, builder })
}

impl Start {
    fn made(self) -> Result<Monitoring> {
        let Self { config, over, builder } = self;
        if let Value::String(path) = config {
            return Monitoring::start_watched(ConfigWatcher::open_over(path, over)?, builder);
        }
        let mut config = MonitorConfig::from_json(&format!("{config:#}"), "(config)")?;
        if !over.is_null() {
            config = config.over(&over)?;
        }
        Monitoring::start_with(&config, builder)
    }
}

/// As `monitor.start_with`, and not the global one.
pub(super) fn made(p: &mut Params<'_>) -> Result<Monitoring> {
    start_of(p)?.made()
}

fn start_with(p: &mut Params<'_>) -> Result<Called> {
    let wants_dashboard: bool = p.take("dashboard", false)?;
    let start = start_of(p)?;
    if global().is_some() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "a monitor is running already; stop it first (`monitoring.stop`)",
        ));
    }
    let monitoring = start.made()?;
    let url = if wants_dashboard || monitoring.config().dashboard.enabled {
        Some(dashboard(&monitoring)?)
    } else {
        None
    };
    monitoring.monitor().install_global()?;
    put(Some(Arc::new(monitoring)));
    Called::value(&json!({ "dashboard": url }))
}

#[cfg(feature = "dashboard")]
fn dashboard(monitoring: &Monitoring) -> Result<String> {
    monitoring.dashboard()
}

#[cfg(not(feature = "dashboard"))]
fn dashboard(_monitoring: &Monitoring) -> Result<String> {
    Err(no_dashboard())
}

#[cfg(not(feature = "dashboard"))]
pub(super) fn no_dashboard() -> Error {
    Error::new(ErrorKind::Unavailable, "the dashboard is not built in; build with the feature dashboard")
}

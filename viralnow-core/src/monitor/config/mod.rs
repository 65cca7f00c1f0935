//! The monitoring's settings: `monitoring_config.json` of the specification, read as a whole, checked as a whole, and read again when it
//! changes.
//!
//! Times are what their keys say when they are bare numbers (`time_window`, `for`, `cooldown_period` and `error_rate_window` minutes,
//! `update_interval` and `flush_interval` seconds, retention days) and may carry a unit instead: `"time_window": "2m"`.

mod alert;
mod json;
mod levels;
mod measures;
mod parts;
mod problem;
mod read;
mod schema;
mod sections;
mod shown;
mod types;
mod watch;

pub use alert::{AlertConfig, ChannelName};
pub use levels::{LogLevel, Overflow, Severity};
pub use problem::{ConfigErrors, ConfigProblem};
pub use schema::json_schema;
pub use sections::{DashboardConfig, OtlpConfig, RedactionConfig, WebhookConfig};
pub use types::MonitorConfig;
pub(crate) use watch::read;
pub use watch::{Change, ConfigWatcher, Reload};

use super::redact::Redactor;
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::path::Path;

/// Bytes of a file of settings at most.
const FILE: u64 = 1 << 20;

impl MonitorConfig {
    /// Reads settings. Everything that is wrong is named at once; `path` is what the errors call the file.
    ///
    /// ```
    /// use viralnow_core::monitor::config::MonitorConfig;
    /// let config = MonitorConfig::from_json(r#"{"log_level": "INFO", "update_interval": "250ms"}"#, "monitoring_config.json")?;
    /// assert_eq!(config.update_interval, 0.25);
    /// let wrong = MonitorConfig::from_json("{\n  \"log_levle\": \"INFO\"\n}", "monitoring_config.json").unwrap_err();
    /// assert_eq!(
    ///     wrong.to_string(),
    ///     "monitoring_config.json:2:3  log_levle  expected a known key, got \"log_levle\"; did you mean log_level?"
    /// );
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn from_json(text: &str, path: &str) -> Result<Self, ConfigErrors> {
        let mut reader = read::Reader::default();
        let config = match json::parse(text) {
            Ok(root) => reader.config(&root),
            Err(broken) => {
                reader.problems.push(ConfigProblem::new(
                    broken.at,
                    "",
                    broken.expected,
                    "something else: this is no JSON",
                ));
                Self::default()
            }
        };
        if reader.problems.is_empty() {
            return Ok(config);
        }
        reader.problems.sort_by_key(|problem| (problem.line, problem.column));
        Err(ConfigErrors { path: path.to_owned(), problems: reader.problems })
    }

    /// Reads a file of settings.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = watch::read(path)?;
        Ok(Self::from_json(&text, &path.display().to_string())?)
    }

    /// These settings with others over them, which have their form: what stands there goes before what stands here, lists are added to.
    ///
    /// ```
    /// use viralnow_core::monitor::config::MonitorConfig;
    /// let over = serde_json::json!({ "database_path": "shop.db", "redaction": { "deny_keys": ["till"] } });
    /// let config = MonitorConfig::default().over(&over)?;
    /// assert_eq!((config.database_path.as_str(), config.log_file_path.as_str()), ("shop.db", "monitoring.log"));
    /// assert!(MonitorConfig::default().over(&serde_json::json!({ "databse_path": "shop.db" })).is_err());
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn over(&self, over: &Value) -> Result<Self> {
        // Alone first: what is wrong is named where the caller wrote it.
        Self::from_json(&format!("{over:#}"), "(settings over the file's)")?;
        let mut merged = self.as_json()?;
        lay(&mut merged, over);
        Ok(Self::from_json(&format!("{merged:#}"), "(settings over the file's)")?)
    }

    /// As JSON; fails for a number that JSON does not have, which would be read as if it were absent.
    fn as_json(&self) -> Result<Value> {
        let value = serde_json::to_value(self).map_err(|error| {
            Error::new(ErrorKind::InvalidConfig, "the settings hold what JSON cannot").caused_by(error)
        })?;
        for (key, number) in self.numbers() {
            if !number.is_finite() {
                return Err(Error::new(ErrorKind::InvalidConfig, "a setting is no number")
                    .with("setting", key)
                    .with("value", number));
            }
        }
        Ok(value)
    }

    /// Every number that need not be one, with its key.
    fn numbers(&self) -> Vec<(String, f64)> {
        let mut numbers: Vec<(String, f64)> = [
            ("update_interval", self.update_interval),
            ("performance_threshold_multiplier", self.performance_threshold_multiplier),
            ("error_rate_threshold", self.error_rate_threshold),
            ("error_rate_window", self.error_rate_window),
            ("flush_interval", self.flush_interval),
        ]
        .into_iter()
        .chain(self.cooldown_period.map(|minutes| ("cooldown_period", minutes)))
        .chain(self.webhook.as_ref().map(|webhook| ("webhook.timeout", webhook.timeout)))
        .chain(self.otlp.as_ref().map(|otlp| ("otlp.timeout", otlp.timeout)))
        .map(|(key, number)| (key.to_owned(), number))
        .collect();
        for (i, alert) in self.alerts.iter().enumerate() {
            let named = [
                ("threshold", Some(alert.threshold)),
                ("time_window", Some(alert.time_window)),
                ("for", Some(alert.hold)),
                ("cooldown_period", alert.cooldown_period),
            ];
            numbers.extend(
                named.into_iter().filter_map(|(key, number)| Some((format!("alerts[{i}].{key}"), number?))),
            );
        }
        numbers
    }

    /// Checks settings that were made in code, as [`MonitorConfig::from_json`] does.
    pub fn validate(&self) -> Result<()> {
        let text = format!("{:#}", self.as_json()?);
        Ok(Self::from_json(&text, "(settings made in code)").map(drop)?)
    }

    /// The redactor that these settings ask for.
    pub fn redactor(&self) -> Result<Redactor> {
        let settings = &self.redaction;
        let mut redactor = Redactor::default().with_ip(settings.ip);
        redactor = settings.deny_keys.iter().fold(redactor, |redactor, key| redactor.deny_key(key));
        redactor = settings.allow_keys.iter().fold(redactor, |redactor, key| redactor.allow_key(key));
        redactor = settings.allow_query.iter().fold(redactor, |redactor, name| redactor.allow_query(name));
        settings
            .rules
            .iter()
            .try_fold(redactor, |redactor, (kind, pattern)| redactor.with_rule(kind, pattern))
    }
}

/// Lays settings over others.
fn lay(under: &mut Value, over: &Value) {
    match (under, over) {
        (_, Value::Null) => {}
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(under), Value::Array(over)) => under.extend(over.iter().cloned()),
        (under, over) => over.clone_into(under),
    }
}

/// The way of [`MonitorConfig::from_json`], so that there is one set of rules.
impl<'de> Deserialize<'de> for MonitorConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&format!("{value:#}"), "(settings)").map_err(serde::de::Error::custom)
    }
}

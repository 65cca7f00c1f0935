//! The monitoring's settings: `monitoring_config.json` of the specification, read as a whole, checked as a whole, and read again when it
//! changes.
//!
//! Times are what their keys say when they are bare numbers (`time_window`, `for`, `cooldown_period` and `error_rate_window` minutes,
//! `update_interval` and `flush_interval` seconds, retention days) and may carry a unit instead: `"time_window": "2m"`.

mod json;
mod problem;
mod read;
mod types;
mod watch;

pub use problem::{ConfigErrors, ConfigProblem};
pub use types::{
    AlertConfig, ChannelName, DashboardConfig, LogLevel, MonitorConfig, Overflow, RedactionConfig, Severity,
    WebhookConfig,
};
pub use watch::{Change, ConfigWatcher, Reload};

use super::redact::Redactor;
use crate::{Error, Result};
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

    /// Checks settings that were made in code, as [`MonitorConfig::from_json`] does.
    pub fn validate(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|error| {
            Error::new(crate::ErrorKind::InvalidConfig, "the settings hold what JSON cannot").caused_by(error)
        })?;
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

/// The way of [`MonitorConfig::from_json`], so that there is one set of rules.
impl<'de> Deserialize<'de> for MonitorConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&format!("{value:#}"), "(settings)").map_err(serde::de::Error::custom)
    }
}

/// The JSON Schema of the settings, for editors; `viralnow-core/monitoring_config.schema.json` is this.
///
/// ```
/// let schema = viralnow_core::monitor::config::json_schema();
/// assert!(schema["properties"]["time_window"].is_null() && schema["properties"]["alerts"].is_object());
/// ```
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(MonitorConfig).to_value();
    // Editors write it; it is read over.
    schema["properties"]["$schema"] = serde_json::json!({ "type": "string" });
    schema
}

//! The settings, with the specification's names, and their defaults.

use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// How grave an entry must be to be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens; the default.
    #[default]
    Info,
    /// What should be looked at.
    Warning,
    /// What failed.
    Error,
    /// What stops the host.
    Critical,
    /// Nothing.
    Off,
}

impl LogLevel {
    /// Every level, the chattiest first.
    pub const ALL: [Self; 6] =
        [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical, Self::Off];

    /// The word in settings and log lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
            Self::Off => "OFF",
        }
    }

    /// The level of this name, in any case; `WARN`, `FATAL` and `NONE` are understood.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        let name = match name.as_str() {
            "WARN" => "WARNING",
            "FATAL" => "CRITICAL",
            "NONE" => "OFF",
            other => other,
        };
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// How grave an alert is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at; the default.
    #[default]
    Warning,
    /// To be looked at now.
    Error,
    /// Somebody is to be woken.
    Critical,
}

impl Severity {
    /// Every severity, the mildest first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// The word in settings and notices.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// What happens with events that come faster than they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overflow {
    /// The newest are dropped and counted; the default. What is kept leads up to the trouble.
    #[default]
    DropNewest,
    /// The oldest of the thread are dropped and counted, and of what waits for a sink in trouble the oldest. What is kept is the last of it.
    DropOldest,
    /// Fewer of the frequent ones are kept.
    SampleDown,
    /// The caller waits, for a bounded time.
    Block,
}

impl Overflow {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::DropNewest, Self::DropOldest, Self::SampleDown, Self::Block];

    /// The word in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DropNewest => "drop_newest",
            Self::DropOldest => "drop_oldest",
            Self::SampleDown => "sample_down",
            Self::Block => "block",
        }
    }
}

/// A number in the unit that the setting names, or a text with another unit (`"2m"`, `"250ms"`, `"10MiB"`, `"5%"`).
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it describes what is read, for the schema alone")]
enum Quantity {
    Number(#[schemars(range(min = 0.0))] f64),
    Text(
        #[schemars(regex(
            pattern = r"^\s*[0-9][0-9._]*\s*(ns|us|µs|ms|s|m|min|h|d|B|kB|KB|MB|GB|KiB|MiB|GiB|%)?\s*$"
        ))]
        String,
    ),
}

/// The monitoring's settings: `monitoring_config.json` of the specification, every key, and those that it leaves open. Every key may be
/// absent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct MonitorConfig {
    /// The least grave entries that are written.
    pub log_level: LogLevel,
    /// The SQLite file of calls, errors and events; empty for none.
    pub database_path: String,
    /// The log file; empty for none.
    pub log_file_path: String,
    /// Bytes of one log file, 4096 at least; then a new one is begun.
    #[schemars(with = "Quantity")]
    pub max_log_file_size: u64,
    /// Older log files that are kept.
    #[schemars(range(max = 1000))]
    pub log_files_kept: u32,
    /// Days that calls, errors and events are kept.
    #[schemars(range(min = 1, max = 36500))]
    pub log_retention_days: u32,
    /// Days that summaries are kept.
    #[schemars(range(min = 1, max = 36500))]
    pub summary_retention_days: u32,
    /// The dashboard's port on this machine; 0 is any free one.
    pub dashboard_port: u16,
    /// Seconds between two updates of the dashboard, and between two looks at alerts that wait for time.
    #[schemars(with = "Quantity")]
    pub update_interval: f64,
    /// A call longer than this many times its function's usual duration is reported.
    #[schemars(range(min = 1.0))]
    pub performance_threshold_multiplier: f64,
    /// The share of failed calls from which on a function is reported.
    #[schemars(with = "Quantity")]
    pub error_rate_threshold: f64,
    /// Minutes over which that share is taken.
    #[schemars(with = "Quantity")]
    pub error_rate_window: f64,
    /// Minutes between two firings of one alert, where it has none of its own; absent, its window.
    #[schemars(with = "Option<Quantity>")]
    pub cooldown_period: Option<f64>,
    /// What is watched.
    pub alerts: Vec<AlertConfig>,
    /// Seconds between two writes to the sinks at most.
    #[schemars(with = "Quantity")]
    pub flush_interval: f64,
    /// Events of one thread that may wait, a power of two.
    #[schemars(range(min = 64, max = 1048576))]
    pub ring_capacity: u32,
    /// Bytes that may wait altogether.
    #[schemars(with = "Quantity")]
    pub max_memory: u64,
    /// What happens when more would wait.
    pub overflow: Overflow,
    /// What is taken out before anything is written.
    pub redaction: RedactionConfig,
    /// The dashboard; it is started by the host or by `enabled`.
    pub dashboard: DashboardConfig,
    /// Where alerts are sent to whose channels name `webhook`.
    pub webhook: Option<WebhookConfig>,
    /// The collector of OpenTelemetry that spans are sent to.
    pub otlp: Option<OtlpConfig>,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            log_level: LogLevel::Info,
            database_path: "monitoring.db".to_owned(),
            log_file_path: "monitoring.log".to_owned(),
            max_log_file_size: 10 << 20,
            log_files_kept: 5,
            log_retention_days: 90,
            summary_retention_days: 365,
            dashboard_port: 5000,
            update_interval: 5.0,
            performance_threshold_multiplier: 1.5,
            error_rate_threshold: 0.1,
            error_rate_window: 5.0,
            cooldown_period: None,
            alerts: Vec::new(),
            flush_interval: 0.25,
            ring_capacity: 8192,
            max_memory: 10 << 20,
            overflow: Overflow::default(),
            redaction: RedactionConfig::default(),
            dashboard: DashboardConfig::default(),
            webhook: None,
            otlp: None,
        }
    }
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AlertConfig {
    /// Its name, of which there is one.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// When it fires: see [`crate::monitor::alerts`].
    #[schemars(length(min = 1, max = 4096))]
    pub condition: String,
    /// For a condition on events the count of matching ones in the window from which on it fires; for one that is a number
    /// (`error_rate()`), that number's.
    #[serde(default)]
    #[schemars(with = "Option<Quantity>")]
    pub threshold: f64,
    /// Minutes that are looked at.
    #[serde(default)]
    #[schemars(with = "Option<Quantity>")]
    pub time_window: f64,
    /// Where it is told: `file`, `console`, `bus`, `callback`, `webhook`.
    #[serde(default)]
    pub notification_channels: Vec<ChannelName>,
    /// Minutes that the condition must hold before it fires.
    #[serde(default, rename = "for")]
    #[schemars(with = "Option<Quantity>")]
    pub hold: f64,
    /// Minutes from one firing to the next at least; absent, the window.
    #[serde(default)]
    #[schemars(with = "Option<Quantity>")]
    pub cooldown_period: Option<f64>,
    /// How grave it is.
    #[serde(default)]
    pub severity: Severity,
    /// Whether its end is told as well.
    #[serde(default)]
    pub resolve: bool,
    /// Whether it is watched at all.
    #[serde(default)]
    pub enabled: bool,
    /// What goes along with its notices.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl AlertConfig {
    /// An alert with the defaults: one event within five minutes, told on the console and in the file.
    pub fn new(name: impl Into<String>, condition: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            condition: condition.into(),
            threshold: 1.0,
            time_window: 5.0,
            notification_channels: vec![ChannelName::File, ChannelName::Console],
            hold: 0.0,
            cooldown_period: None,
            severity: Severity::Warning,
            resolve: true,
            enabled: true,
            labels: BTreeMap::new(),
        }
    }
}

/// Where an alert is told. The topic `alert.fired` or `alert.resolved` is published in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelName {
    /// A line in the log file.
    File,
    /// A line on the standard error stream.
    Console,
    /// The event bus, where every alert is told anyway.
    Bus,
    /// A function of the host's.
    Callback,
    /// A signed HTTPS request; see [`WebhookConfig`].
    Webhook,
}

impl ChannelName {
    /// Every channel.
    pub const ALL: [Self; 5] = [Self::File, Self::Console, Self::Bus, Self::Callback, Self::Webhook];

    /// The word in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Console => "console",
            Self::Bus => "bus",
            Self::Callback => "callback",
            Self::Webhook => "webhook",
        }
    }
}

/// What is taken out besides what always is: see [`crate::monitor::redact`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct RedactionConfig {
    /// Keys whose values go.
    pub deny_keys: Vec<String>,
    /// Keys whose values stay unless they have the form of a secret.
    pub allow_keys: Vec<String>,
    /// Names in queries of addresses whose values stay.
    pub allow_query: Vec<String>,
    /// Whether IP addresses go.
    pub ip: bool,
    /// Patterns of the host's own, by the kind that the marker names.
    pub rules: BTreeMap<String, String>,
}

/// The dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct DashboardConfig {
    /// Whether it is started with the monitor.
    pub enabled: bool,
    /// The address it listens at; another than this machine's own opens it to the network.
    pub host: String,
    /// Names by which it is called besides `localhost` and its address, behind a proxy.
    pub allowed_hosts: Vec<String>,
}

impl Default for DashboardConfig {
    fn default() -> Self {
        Self { enabled: false, host: "127.0.0.1".to_owned(), allowed_hosts: Vec::new() }
    }
}

/// Where alerts are sent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WebhookConfig {
    /// An https address, or http to this machine.
    pub url: String,
    /// The environment's variable that holds the key of the signature. The key itself stands in no file.
    #[serde(default)]
    pub secret_env: Option<String>,
    /// Seconds that one try may take.
    #[serde(default)]
    #[schemars(with = "Option<Quantity>")]
    pub timeout: f64,
}

/// A collector of OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OtlpConfig {
    /// Its http or https address, such as `http://localhost:4318`; `/v1/traces` is added.
    pub endpoint: String,
    /// What the program calls itself there; `viralnow` by default.
    #[serde(default)]
    pub service_name: String,
    /// The environment's variable that holds headers, such as a key, as `name=value,name=value`. The key itself stands in no file.
    #[serde(default)]
    pub headers_env: Option<String>,
    /// Seconds that one request may take.
    #[serde(default)]
    #[schemars(with = "Option<Quantity>")]
    pub timeout: f64,
}

impl OtlpConfig {
    /// A collector, with the defaults: the service `viralnow`, no headers, 10 s.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            service_name: "viralnow".to_owned(),
            headers_env: None,
            timeout: 10.0,
        }
    }

    /// The address that is asked, checked: http or https, no password in it.
    pub(crate) fn url(&self) -> Result<String> {
        let wrong = |what: &str| {
            Err(Error::new(ErrorKind::InvalidConfig, format!("the collector's endpoint {what}")))
        };
        let endpoint = self.endpoint.trim_end_matches('/');
        if endpoint.len() > 2048 || endpoint.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return wrong("is no address");
        }
        let Some(("http" | "https", rest)) = endpoint.split_once("://") else {
            return wrong("is no http or https address, such as http://localhost:4318");
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return wrong("names no host, or holds a password; keys go into headers_env");
        }
        let whole = endpoint.ends_with("/v1/traces");
        Ok(if whole { endpoint.to_owned() } else { format!("{endpoint}/v1/traces") })
    }
}

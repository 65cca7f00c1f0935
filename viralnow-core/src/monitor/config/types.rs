//! The settings, with the specification's names, and their defaults.

use super::{AlertConfig, DashboardConfig, LogLevel, OtlpConfig, Overflow, RedactionConfig, WebhookConfig};
use schemars::JsonSchema;
use serde::Serialize;

/// The monitoring's settings: `monitoring_config.json` of the specification, every key, and those that it leaves open. Every key may be
/// absent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct MonitorConfig {
    /// The least grave entries that are written.
    pub log_level: LogLevel,
    /// The SQLite file of calls, errors and events; empty for none.
    #[schemars(length(max = 4096))]
    pub database_path: String,
    /// The log file; empty for none.
    #[schemars(length(max = 4096))]
    pub log_file_path: String,
    /// Bytes of one log file, 4096 at least; then a new one is begun.
    pub max_log_file_size: u64,
    /// Older log files that are kept.
    #[schemars(range(max = 1000))]
    pub log_files_kept: u32,
    /// Days that calls, errors and events are kept.
    pub log_retention_days: u32,
    /// Days that summaries are kept.
    pub summary_retention_days: u32,
    /// The dashboard's port on this machine; 0 is any free one.
    pub dashboard_port: u16,
    /// Seconds between two updates of the dashboard, and between two looks at alerts that wait for time.
    pub update_interval: f64,
    /// A call longer than this many times its function's usual duration is reported.
    #[schemars(range(min = 1.0, max = 1e6))]
    pub performance_threshold_multiplier: f64,
    /// The share of failed calls from which on a function is reported.
    pub error_rate_threshold: f64,
    /// Minutes over which that share is taken.
    pub error_rate_window: f64,
    /// Minutes between two firings of one alert, where it has none of its own; absent, its window.
    pub cooldown_period: Option<f64>,
    /// What is watched.
    #[schemars(length(max = 1000))]
    pub alerts: Vec<AlertConfig>,
    /// Seconds between two writes to the sinks at most.
    pub flush_interval: f64,
    /// Events of one thread that may wait, a power of two.
    #[schemars(range(min = 64, max = 1048576))]
    pub ring_capacity: u32,
    /// Bytes that may wait altogether.
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

//! What the monitor is guarded by: redaction, its configuration, alerts and the log file, each without the engine.

#[path = "guard/alerts.rs"]
mod alerts;
#[path = "guard/config.rs"]
mod config;
#[path = "guard/config_schema.rs"]
mod config_schema;
#[path = "guard/log_file.rs"]
mod log_file;
#[cfg(all(feature = "dashboard", feature = "sqlite"))]
#[path = "guard/mounted.rs"]
mod mounted;
#[cfg(feature = "sqlite")]
#[path = "guard/names.rs"]
mod names;
#[cfg(feature = "otlp")]
#[path = "guard/otlp.rs"]
mod otlp;
#[path = "guard/redact.rs"]
mod redact;
#[path = "guard/reload.rs"]
mod reload;
#[cfg(all(feature = "dashboard", feature = "otlp", feature = "sqlite", feature = "webhook"))]
#[path = "guard/sinks.rs"]
mod sinks;
#[cfg(feature = "webhook")]
#[path = "guard/webhook.rs"]
mod webhook;
#[path = "guard/wiring.rs"]
mod wiring;

//! What the monitor is guarded by: redaction, its configuration, alerts and the log file, each without the engine.

#[path = "guard/redact.rs"]
mod redact;

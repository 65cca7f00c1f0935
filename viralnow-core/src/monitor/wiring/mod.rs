//! The monitor's own sinks, and a monitor of a file of settings: redaction, log file, console, alerts, dashboard.

mod alerting;
#[cfg(feature = "dashboard")]
mod board;
mod lines;
#[cfg(feature = "dashboard")]
mod page;
mod parts;
mod reload;
#[cfg(all(feature = "dashboard", feature = "sqlite"))]
mod search;
mod setup;

pub use alerting::Alerts;
pub use setup::Monitoring;

use super::redact::Redactor;
use super::{Scrub, SpanStatus};
use serde_json::Value;
use std::borrow::Cow;

/// So that nothing is captured that should not be: [`super::MonitorBuilder::scrub`].
impl Scrub for Redactor {
    fn text(&self, text: &mut String) {
        if let Cow::Owned(redacted) = Redactor::text(self, text) {
            *text = redacted;
        }
    }

    fn value(&self, value: &mut Value) {
        Redactor::value(self, value);
    }
}

/// The topic that tells how a span ended.
fn topic(status: SpanStatus) -> &'static str {
    match status {
        SpanStatus::Completed => "function.completed",
        SpanStatus::Failed => "function.failed",
        SpanStatus::Cancelled => "function.cancelled",
    }
}

//! What is told when an alert fires or resolves.

use super::expr::Literal;
use crate::monitor::config::{ChannelName, Severity};
use crate::monitor::units::Unit;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Which way an alert turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// It holds now.
    Fired,
    /// It no longer does.
    Resolved,
}

/// One turn of an alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// The alert's name.
    pub alert: String,
    /// Which way it turned.
    pub turn: Turn,
    /// How grave it is.
    pub severity: Severity,
    /// When, in Unix seconds.
    pub at_s: f64,
    /// For how many seconds it had fired, once it is resolved.
    pub lasted_s: Option<f64>,
    /// The window's number: the count of events, or what the condition looks at.
    pub value: Option<f64>,
    /// What that number had to reach, where the condition does not say so itself.
    pub threshold: Option<f64>,
    /// The condition, as it was written.
    pub condition: String,
    /// Seconds that were looked at.
    pub window_s: f64,
    /// The function of the last event that counted.
    pub function: Option<String>,
    /// The error's text of that event.
    pub error_message: Option<String>,
    /// The alert's labels.
    pub labels: BTreeMap<String, String>,
    /// Whether this is a trial, asked for by somebody.
    pub trial: bool,
    /// Where it is to be told.
    #[serde(skip)]
    pub channels: Vec<ChannelName>,
}

impl Notice {
    /// The topic that tells it: `alert.fired` or `alert.resolved`.
    #[must_use]
    pub fn topic(&self) -> &'static str {
        match self.turn {
            Turn::Fired => "alert.fired",
            Turn::Resolved => "alert.resolved",
        }
    }

    /// The facts of that event.
    #[must_use]
    pub fn data(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// One line for people.
    #[must_use]
    pub fn text(&self) -> String {
        let trial = if self.trial { "trial: " } else { "" };
        let mut text = match self.turn {
            Turn::Fired => format!("{trial}alert {} fired: {}", self.alert, self.condition),
            Turn::Resolved => {
                format!(
                    "{trial}alert {} resolved after {}: {}",
                    self.alert,
                    time(self.lasted_s.unwrap_or(0.0)),
                    self.condition
                )
            }
        };
        if let Some(value) = self.value {
            let limit = self.threshold.map_or(String::new(), |limit| format!(", threshold {}", shown(limit)));
            let _ = write!(text, " ({} within {}{limit})", shown(value), time(self.window_s));
        }
        for (name, value) in [("function", &self.function), ("error", &self.error_message)] {
            if let Some(value) = value {
                let _ = write!(text, ", {name} {value}");
            }
        }
        text
    }
}

fn shown(value: f64) -> String {
    let rounded = (value * 1e4).round() / 1e4;
    Literal::Number(rounded, Unit::None).to_string()
}

fn time(seconds: f64) -> String {
    if seconds >= 120.0 {
        format!("{} min", shown((seconds / 6.0).round() / 10.0))
    } else {
        format!("{} s", shown((seconds * 10.0).round() / 10.0))
    }
}

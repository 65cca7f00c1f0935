//! The settings of one alert.

use super::levels::Severity;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AlertConfig {
    /// Its name, of which there is one.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"\S"))]
    pub name: String,
    /// When it fires, such as `event_type == 'fetch_failed'`, `error_rate()` or `function == 'make_payment' and p95(duration) > 800ms`. The
    /// language's table stands in the README.
    #[schemars(length(min = 1, max = 4096))]
    pub condition: String,
    /// For a condition on events the count of matching ones in the window from which on it fires; for one that is a number
    /// (`error_rate()`), that number's.
    #[serde(default = "threshold")]
    pub threshold: f64,
    /// Minutes that are looked at.
    #[serde(default = "time_window")]
    pub time_window: f64,
    /// Where it is told: `file`, `console`, `bus`, `callback`, `webhook`.
    #[serde(default = "channels")]
    #[schemars(length(max = 1000))]
    pub notification_channels: Vec<ChannelName>,
    /// Minutes that the condition must hold before it fires.
    #[serde(default, rename = "for")]
    pub hold: f64,
    /// Minutes from one firing to the next at least; absent, the window.
    #[serde(default)]
    pub cooldown_period: Option<f64>,
    /// How grave it is.
    #[serde(default)]
    pub severity: Severity,
    /// Whether its end is told as well.
    #[serde(default = "yes")]
    pub resolve: bool,
    /// Whether it is watched at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What goes along with its notices.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

// The defaults, for the schema too.
const fn threshold() -> f64 {
    1.0
}
const fn time_window() -> f64 {
    5.0
}
fn channels() -> Vec<ChannelName> {
    vec![ChannelName::File, ChannelName::Console]
}
const fn yes() -> bool {
    true
}

impl AlertConfig {
    /// An alert with the defaults: one event within five minutes, told on the console and in the file.
    pub fn new(name: impl Into<String>, condition: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            condition: condition.into(),
            threshold: threshold(),
            time_window: time_window(),
            notification_channels: channels(),
            hold: 0.0,
            cooldown_period: None,
            severity: Severity::Warning,
            resolve: yes(),
            enabled: yes(),
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

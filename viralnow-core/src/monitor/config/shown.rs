//! Settings as they may be shown: the addresses of the webhook and of the collector may hold a token.

use super::MonitorConfig;
use serde_json::Value;

impl MonitorConfig {
    /// The settings as JSON, with no more of the addresses of webhook and collector than the hosts they lead to.
    ///
    /// ```
    /// use viralnow_core::monitor::config::MonitorConfig;
    /// let config = MonitorConfig::from_json(r#"{"webhook": {"url": "https://hooks.example/T0/B0/secret"}}"#, "")?;
    /// assert_eq!(config.shown()["webhook"]["url"], "https://hooks.example/...");
    /// let config = MonitorConfig::from_json(r#"{"otlp": {"endpoint": "https://ingest.example/otlp/token"}}"#, "")?;
    /// assert_eq!(config.shown()["otlp"]["endpoint"], "https://ingest.example/...");
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = serde_json::to_value(self).unwrap_or_default();
        mask("webhook", &mut shown["webhook"]);
        mask("otlp", &mut shown["otlp"]);
        shown
    }
}

/// Masks a setting's value, by its key's path.
pub(super) fn mask(key: &str, value: &mut Value) {
    let url = match key {
        "webhook.url" | "otlp.endpoint" => value,
        "webhook" if value.is_object() => &mut value["url"],
        "otlp" if value.is_object() => &mut value["endpoint"],
        _ => return,
    };
    if let Some(text) = url.as_str() {
        let rest = text.find("://").map_or(0, |at| at + 3);
        let end = text[rest..].find(['/', '?', '#']).map_or(text.len(), |at| rest + at);
        // Without a user's name and password.
        let host = text[rest..end].rsplit('@').next().unwrap_or_default();
        *url = Value::String(format!("{}{host}/...", &text[..rest]));
    }
}

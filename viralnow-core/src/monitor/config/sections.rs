//! The settings that have settings of their own: redaction, dashboard, webhook, collector.

use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is taken out besides what always is: see [`crate::monitor::redact`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct RedactionConfig {
    /// Keys whose values go.
    #[schemars(length(max = 1000), inner(regex(pattern = r"\S")))]
    pub deny_keys: Vec<String>,
    /// Keys whose values stay unless they have the form of a secret.
    #[schemars(length(max = 1000), inner(regex(pattern = r"\S")))]
    pub allow_keys: Vec<String>,
    /// Names in queries of addresses whose values stay.
    #[schemars(length(max = 1000), inner(regex(pattern = r"\S")))]
    pub allow_query: Vec<String>,
    /// Whether IP addresses go.
    pub ip: bool,
    /// Patterns of the host's own, by the kind that the marker names.
    #[schemars(extend("propertyNames" = { "pattern": "^[a-z0-9_-]{1,32}$" }, "maxProperties" = 64))]
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
    #[schemars(length(max = 253))]
    pub host: String,
    /// Names by which it is called besides `localhost` and its address, behind a proxy.
    #[schemars(length(max = 1000), inner(regex(pattern = r"\S")))]
    pub allowed_hosts: Vec<String>,
}

impl Default for DashboardConfig {
    fn default() -> Self {
        Self { enabled: false, host: "127.0.0.1".to_owned(), allowed_hosts: Vec::new() }
    }
}

// The defaults, for the schema too.
pub(super) const fn timeout() -> f64 {
    10.0
}
fn service_name() -> String {
    "viralnow".to_owned()
}

/// Where alerts are sent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WebhookConfig {
    /// An https address, or http to this machine.
    #[schemars(length(max = 2048), regex(pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s@/?#\\]+([/?#\\]\S*)?$"))]
    pub url: String,
    /// The environment's variable that holds the key of the signature. The key itself stands in no file.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub secret_env: Option<String>,
    /// Seconds that one try may take.
    #[serde(default = "timeout")]
    pub timeout: f64,
}

/// A collector of OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OtlpConfig {
    /// Its http or https address, such as `http://localhost:4318`; `/v1/traces` is added.
    #[schemars(length(max = 2048), regex(pattern = r"^https?://[^\s@/?#]+([/?#]\S*)?$"))]
    pub endpoint: String,
    /// What the program calls itself there; `viralnow` by default.
    #[serde(default = "service_name")]
    #[schemars(length(max = 256))]
    pub service_name: String,
    /// The environment's variable that holds headers, such as a key, as `name=value,name=value`. The key itself stands in no file.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub headers_env: Option<String>,
    /// Seconds that one request may take.
    #[serde(default = "timeout")]
    pub timeout: f64,
}

impl OtlpConfig {
    /// A collector, with the defaults: the service `viralnow`, no headers, 10 s.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            service_name: service_name(),
            headers_env: None,
            timeout: timeout(),
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

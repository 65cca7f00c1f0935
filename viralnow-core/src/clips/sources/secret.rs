//! A key or token: sent, never shown.

use crate::{Error, ErrorKind, Result};
use serde_json::Value;
use std::fmt;

/// What stands in its place wherever it would be seen.
const HIDDEN: &str = "***";
/// Shorter ones are no real tokens, and taking them out of every text would damage the texts.
const SHORTEST_SCRUBBED: usize = 6;

/// A key or token of a platform. Nothing shows it: not `Debug`, no error, no span.
///
/// ```
/// use viralnow_core::clips::sources::Secret;
/// let key = Secret::new("AIza-invented")?;
/// assert_eq!(format!("{key:?}"), "Secret(***)");
/// assert!(Secret::new("two words").is_err());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({HIDDEN})")
    }
}

impl Secret {
    /// A key or token; blanks around it, such as a file's last line end, are left out. `INVALID_CONFIG` where it is empty or
    /// holds what no header may.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref().trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "a key or token has at least one character, and only visible ASCII ones",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The key or token in this environment variable; the error names the variable.
    pub fn from_env(variable: &'static str) -> Result<Self> {
        let given = std::env::var(variable).ok().filter(|text| !text.trim().is_empty());
        let given = given.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidConfig,
                format!("a key or token is missing; give one, or set {variable}"),
            )
            .with("variable", variable)
        })?;
        Self::new(given).map_err(|error| error.with("variable", variable))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// The text without the secret, as it is and as it stands in an address.
    pub(super) fn scrub(&self, text: &str) -> String {
        if self.0.len() < SHORTEST_SCRUBBED {
            return text.to_owned();
        }
        let text = text.replace(&self.0, HIDDEN);
        let encoded = super::url::encode(&self.0);
        if encoded == self.0 { text } else { text.replace(&encoded, HIDDEN) }
    }

    /// Takes the secret out of everything that a platform answered, before anyone reads it.
    pub(super) fn scrub_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.scrub(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.scrub_value(item)),
            Value::Object(map) => map.values_mut().for_each(|value| self.scrub_value(value)),
            _ => {}
        }
    }
}

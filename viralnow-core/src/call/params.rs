//! The settings of one call, taken one by one; what is left over is refused.

use crate::monitor::{CancelToken, MonitorSystem, Monitoring, Observer, global};
use crate::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::Arc;

pub(super) struct Params<'a> {
    given: &'a Map<String, Value>,
    known: Vec<&'static str>,
    cancel: CancelToken,
    observer: Option<Arc<dyn Observer>>,
    monitor: Option<MonitorSystem>,
    monitoring: Option<&'a Monitoring>,
}

impl<'a> Params<'a> {
    pub(super) fn new(given: &'a Map<String, Value>) -> Self {
        let cancel = CancelToken::default();
        Self { given, known: Vec::new(), cancel, observer: None, monitor: None, monitoring: None }
    }

    /// With a token that stops the call, and who watches it, where it takes long.
    pub(super) fn watched(self, cancel: &CancelToken, observer: Option<Arc<dyn Observer>>) -> Self {
        Self { cancel: cancel.clone(), observer, ..self }
    }

    /// Of this monitor.
    pub(super) fn of(self, monitor: &MonitorSystem) -> Self {
        Self { monitor: Some(monitor.clone()), ..self }
    }

    /// Of this monitor and what its settings brought along.
    pub(super) fn of_configured(self, monitoring: &'a Monitoring) -> Self {
        Self { monitoring: Some(monitoring), ..self.of(monitoring.monitor()) }
    }

    /// What the settings brought along, if that was given.
    pub(super) fn monitoring(&self) -> Option<&'a Monitoring> {
        self.monitoring
    }

    /// The monitor that is meant: the one that was given, or the global one.
    pub(super) fn monitor(&self) -> Result<MonitorSystem> {
        self.monitor.clone().or_else(global).ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "no monitor is running; start one first (`monitoring.start`)")
        })
    }

    /// What stops the call.
    pub(super) fn cancel(&self) -> &CancelToken {
        &self.cancel
    }

    /// Who watches the call.
    pub(super) fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.observer.clone()
    }

    /// The setting of this name, or its default where it is absent or null.
    pub(super) fn take<T: DeserializeOwned>(&mut self, name: &'static str, default: T) -> Result<T> {
        Ok(self.given_or_none(name)?.unwrap_or(default))
    }

    /// The setting of this name that may be none: null is none, absent is the default.
    pub(super) fn take_or_none<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        default: Option<T>,
    ) -> Result<Option<T>> {
        match self.given.get(name) {
            Some(Value::Null) => self.given_or_none(name),
            _ => Ok(self.given_or_none(name)?.or(default)),
        }
    }

    /// The setting of this name that has no default.
    pub(super) fn given_or_none<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>> {
        self.known.push(name);
        match self.given.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone()).map(Some).map_err(|error| {
                let wrong = Error::new(ErrorKind::InvalidConfig, "a setting has a wrong type")
                    .with("setting", name)
                    .with("value", value);
                match crate::config::expected(&error) {
                    Some(expected) => wrong.with("expected", expected),
                    None => wrong.caused_by(error),
                }
            }),
        }
    }

    /// Refuses settings that nobody took: a misspelt one would silently have no effect.
    pub(super) fn finish(&self) -> Result<()> {
        let extra: Vec<_> = self.given.keys().filter(|key| !self.known.contains(&key.as_str())).collect();
        match extra.first() {
            None => Ok(()),
            Some(name) => Err(Error::new(ErrorKind::InvalidConfig, "the function has no such setting")
                .with("setting", name)
                .with("there_are", self.known.join(" "))),
        }
    }
}

/// A setting without which the function cannot run; asked for after [`Params::finish`].
pub(super) fn needed<T>(name: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "a setting is missing").with("setting", name))
}

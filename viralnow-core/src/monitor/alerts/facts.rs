//! What an alert may ask of an event.

use super::condition::{Found, glob_matches};
use super::expr::Field;
use crate::monitor::Event;
use serde_json::Value;

/// The facts of one event. What it does not have is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Facts<'a> {
    /// The topic, such as `function.failed`.
    pub topic: &'a str,
    /// The function that ran.
    pub function: Option<&'a str>,
    /// The module it stands in.
    pub module: Option<&'a str>,
    /// `started`, `completed`, `failed` or `cancelled`.
    pub status: Option<&'a str>,
    /// The error's kind or code.
    pub error_kind: Option<&'a str>,
    /// The error's text.
    pub error_message: Option<&'a str>,
    /// The platform that was asked.
    pub platform: Option<&'a str>,
    /// The step of a job.
    pub step: Option<&'a str>,
    /// Seconds.
    pub duration_s: Option<f64>,
    /// The share of one processor.
    pub cpu: Option<f64>,
    /// Bytes.
    pub memory: Option<f64>,
    /// The share of a job that is done.
    pub progress: Option<f64>,
    /// The event's data.
    pub data: Option<&'a Value>,
}

impl<'a> Facts<'a> {
    /// The facts of an event, by the names that its data has for them.
    ///
    /// ```
    /// use viralnow_core::monitor::{Event, SpanToken, alerts::Facts};
    /// let event = Event {
    ///     topic: "function.failed".into(), correlation_id: String::new(), span: SpanToken::NONE,
    ///     data: serde_json::json!({"name": "fetch_youtube", "duration_s": 0.5, "code": "TIMEOUT"}),
    /// };
    /// let facts = Facts::of(&event);
    /// assert_eq!((facts.function, facts.status, facts.error_kind), (Some("fetch_youtube"), Some("failed"), Some("TIMEOUT")));
    /// ```
    #[must_use]
    pub fn of(event: &'a Event) -> Self {
        Self::new(&event.topic, &event.data)
    }

    /// The facts of an event of this topic with this data.
    #[must_use]
    pub fn new(topic: &'a str, data: &'a Value) -> Self {
        let text = |names: &[&str]| names.iter().find_map(|name| data.get(*name)?.as_str());
        let number = |names: &[&str]| names.iter().find_map(|name| data.get(*name)?.as_f64());
        let status = topic
            .strip_prefix("function.")
            .filter(|end| matches!(*end, "started" | "completed" | "failed" | "cancelled"));
        Self {
            topic,
            function: text(&["function", "function_name", "name"]),
            module: text(&["module"]),
            status: status.or_else(|| text(&["status"])),
            error_kind: text(&["error_kind", "kind", "code"]),
            error_message: text(&["error_message", "message", "error"]),
            platform: text(&["platform"]),
            step: text(&["step"]),
            duration_s: number(&["duration_s", "duration"]),
            cpu: number(&["cpu"])
                .or_else(|| Some(number(&["cpu_s"])? / number(&["duration_s"]).filter(|&s| s > 0.0)?)),
            memory: number(&["memory_bytes", "memory"]).or_else(|| Some(number(&["rss_kib"])? * 1024.0)),
            progress: number(&["fraction", "progress"]),
            data: Some(data),
        }
    }

    pub(super) fn get(&'a self, field: &Field) -> Found<'a> {
        let text = |text: Option<&'a str>| text.map_or(Found::Nothing, Found::Text);
        match field {
            Field::EventType => Found::Topic(self),
            Field::Topic => Found::Text(self.topic),
            Field::Function => text(self.function),
            Field::Module => text(self.module),
            Field::Status => text(self.status),
            Field::ErrorKind => text(self.error_kind),
            Field::ErrorMessage => text(self.error_message),
            Field::Platform => text(self.platform),
            Field::Step => text(self.step),
            Field::Duration | Field::Cpu | Field::Memory | Field::Progress => {
                self.number(field).map_or(Found::Nothing, Found::Number)
            }
            Field::Data(path) => match self.path(path) {
                Some(Value::String(text)) => Found::Text(text),
                Some(Value::Number(number)) => number.as_f64().map_or(Found::Nothing, Found::Number),
                Some(Value::Bool(yes)) => Found::Bool(*yes),
                _ => Found::Nothing,
            },
        }
    }

    pub(super) fn number(&self, field: &Field) -> Option<f64> {
        match field {
            Field::Duration => self.duration_s,
            Field::Cpu => self.cpu,
            Field::Memory => self.memory,
            Field::Progress => self.progress,
            Field::Data(path) => self.path(path)?.as_f64(),
            _ => None,
        }
    }

    fn path(&self, path: &[String]) -> Option<&'a Value> {
        path.iter().try_fold(self.data?, |value, name| match value {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            other => other.get(name),
        })
    }

    /// Whether `event_type` is this: the topic, or the specification's name for failed fetches.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.topic == name
            || name == "fetch_failed"
                && self.topic == "function.failed"
                && self.function.is_some_and(|function| glob_matches("fetch*", function))
    }
}

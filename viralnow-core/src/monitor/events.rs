//! Spans and progress as events, so that whoever reads events sees everything.

use super::spans::{LiveSpan, LiveSpans};
use super::{Callsite, Event, Fields, Monitor, Outcome, Progress, SpanToken};
use serde_json::{Value, json};

pub(super) const STARTED: &str = "function.started";
pub(super) const COMPLETED: &str = "function.completed";
pub(super) const CANCELLED: &str = "function.cancelled";
pub(super) const FAILED: &str = "function.failed";
pub(super) const PROGRESS: &str = "progress.step_progress";

/// A monitor that turns everything into [`Event`]s and hands each one to a function, on the thread where it happens.
///
/// A span gives `function.started`, then `function.completed`, `function.failed` or `function.cancelled`, with the data
/// `name`, `module`, `asset_id`, `parent`; at the end also `duration_s`, and for a failure `code` and `message`. Progress
/// gives `progress.step_progress` with the fields of [`Progress`]. Published events come as they are.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use viralnow_core::monitor::{Callsite, Event, EventMonitor, Scope};
/// use viralnow_core::CorrelationId;
///
/// static LOAD: Callsite = Callsite { name: "load", module: "host", weight: 1.0 };
/// let topics = Arc::new(Mutex::new(Vec::new()));
/// let seen = topics.clone();
/// let monitor = EventMonitor::new(move |event: &Event| seen.lock().unwrap().push(event.topic.clone()));
/// Scope::new(Arc::new(monitor), &CorrelationId::new("job-1")?).span(&LOAD).finish(None);
/// assert_eq!(*topics.lock().unwrap(), ["function.started", "function.completed"]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub struct EventMonitor<F> {
    spans: LiveSpans<()>,
    receive: F,
}

impl<F: Fn(&Event) + Send + Sync> EventMonitor<F> {
    /// The function must return quickly, must not panic, and may be called from several threads at once.
    pub fn new(receive: F) -> Self {
        Self { spans: LiveSpans::default(), receive }
    }
}

impl<F> std::fmt::Debug for EventMonitor<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventMonitor").finish_non_exhaustive()
    }
}

impl<F: Fn(&Event) + Send + Sync> Monitor for EventMonitor<F> {
    fn enabled(&self, _callsite: &'static Callsite) -> bool {
        true
    }

    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        let Some(token) = self.spans.start(callsite, fields, ()) else { return SpanToken::NONE };
        (self.receive)(&started(callsite, fields, token));
        token
    }

    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        if let Some(span) = self.spans.end(token) {
            (self.receive)(&ended(&span, token, outcome));
        }
    }

    fn publish(&self, event: &Event) {
        (self.receive)(event);
    }

    fn progress(&self, correlation_id: &str, progress: &Progress) {
        (self.receive)(&progressed(correlation_id, progress));
    }
}

/// The event of a span that begins.
pub(super) fn started(callsite: &Callsite, fields: &Fields<'_>, token: SpanToken) -> Event {
    let data = json!({
        "name": callsite.name, "module": callsite.module, "asset_id": fields.asset_id, "parent": fields.parent,
    });
    Event { topic: STARTED.to_owned(), correlation_id: fields.correlation_id.to_owned(), span: token, data }
}

/// The event of a span that ends.
pub(super) fn ended<X>(span: &LiveSpan<X>, token: SpanToken, outcome: &Outcome<'_>) -> Event {
    end_event(
        (span.callsite.name, span.callsite.module),
        (span.asset_id.as_deref(), &span.correlation_id),
        (token, span.parent),
        span.started.elapsed().as_secs_f64(),
        outcome,
    )
}

/// The event of a span's end from its parts.
pub(super) fn end_event(
    (name, module): (&str, &str),
    (asset_id, correlation_id): (Option<&str>, &str),
    (span, parent): (SpanToken, SpanToken),
    duration_s: f64,
    outcome: &Outcome<'_>,
) -> Event {
    let mut data = json!({
        "name": name, "module": module, "asset_id": asset_id, "parent": parent, "duration_s": duration_s,
    });
    let topic = match outcome {
        Outcome::Completed => COMPLETED,
        Outcome::Cancelled => CANCELLED,
        Outcome::Failed { code, message } => {
            data["code"] = (*code).into();
            data["message"] = (*message).into();
            FAILED
        }
    };
    Event { topic: topic.to_owned(), correlation_id: correlation_id.to_owned(), span, data }
}

/// The event of a job that went on.
pub(super) fn progressed(correlation_id: &str, progress: &Progress) -> Event {
    let data = serde_json::to_value(progress).unwrap_or(Value::Null);
    Event {
        topic: PROGRESS.to_owned(),
        correlation_id: correlation_id.to_owned(),
        span: SpanToken::NONE,
        data,
    }
}

//! Events that the monitor makes itself.

use super::super::{Event, Outcome, SpanToken, events};
use super::record::{FinishedSpan, SpanStatus};
use super::site::site_info;
use serde_json::Value;

/// An event of the monitor itself.
pub(super) fn told(topic: &str, data: Value) -> Event {
    Event { topic: topic.to_owned(), correlation_id: String::new(), span: SpanToken::NONE, data }
}

/// The event of a span's end, as [`events::ended`] has it.
pub(super) fn span_event(span: &FinishedSpan) -> Option<Event> {
    let site = site_info(span.site)?;
    let detail = span.extra.as_ref().map(|extra| &extra.detail);
    let failure = span.extra.as_ref().and_then(|extra| extra.failure.as_ref());
    let outcome = match (span.status, failure) {
        (SpanStatus::Completed, _) => Outcome::Completed,
        (SpanStatus::Cancelled, _) => Outcome::Cancelled,
        (SpanStatus::Failed, Some(failure)) => {
            Outcome::Failed { code: &failure.kind, message: &failure.message }
        }
        (SpanStatus::Failed, None) => Outcome::Failed { code: "", message: "" },
    };
    let asset_id = detail.and_then(|detail| detail.asset_id.as_deref());
    let correlation_id = detail.and_then(|detail| detail.correlation_id.as_deref()).unwrap_or_default();
    let duration_s = span.duration_ns as f64 * 1e-9;
    Some(events::end_event(
        (site.name, site.module),
        (asset_id, correlation_id),
        (span.span, span.parent),
        duration_s,
        &outcome,
    ))
}

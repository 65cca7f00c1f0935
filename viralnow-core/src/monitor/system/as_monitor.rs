//! The system as a [`Monitor`] of the core's own spans, whose ends come with a number alone.

use super::super::{Callsite, Event, Fields, Monitor, Outcome, Progress, SpanToken};
use super::core::lock;
use super::record::{Detail, Extra};
use super::site::{self, OFF};
use super::{MAX_OPEN, MonitorSystem, bus, local};
use crate::fork;
use std::sync::atomic::Ordering;

/// So that the pipeline and all else that takes a [`Monitor`] can be watched.
impl Monitor for MonitorSystem {
    fn enabled(&self, callsite: &'static Callsite) -> bool {
        let state = self.core.table.state(site::of_callsite(callsite));
        state.level.load(Ordering::Relaxed) != OFF
    }

    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        let open = self.begin(site::of_callsite(callsite), fields.parent);
        if open.mode == 0 {
            return SpanToken::NONE;
        }
        // One that is only counted has no number, and needs one here, for its end.
        let token = if self.keeps(open) { open.span } else { SpanToken(local::next_id()) };
        let detail = Detail {
            correlation_id: Some(fields.correlation_id.to_owned()).filter(|id| !id.is_empty()),
            asset_id: fields.asset_id.map(str::to_owned),
            ..Detail::default()
        };
        let _gate = fork::gate();
        let mut spans = lock(&self.shared.open);
        if spans.len() >= MAX_OPEN {
            self.core.live().dropped.refused.fetch_add(1, Ordering::Relaxed);
            return SpanToken::NONE;
        }
        spans.insert(token, (open, detail));
        token
    }

    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        let found = {
            let _gate = fork::gate();
            lock(&self.shared.open).remove(&token)
        };
        if let Some((open, detail)) = found {
            self.end_with(open, outcome, detail);
        }
    }

    fn publish(&self, event: &Event) {
        let published =
            self.bus().publish_in(&event.topic, &event.correlation_id, event.span, event.data.clone());
        // One that came too late is counted as such where it is dropped.
        if published.is_err_and(|error| error.kind() != crate::ErrorKind::Unavailable) {
            self.core.live().dropped.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn progress(&self, correlation_id: &str, progress: &Progress) {
        if self.core.live().bus.wants(4) {
            bus::publish(&self.core, Extra::Progress(correlation_id.to_owned(), progress.clone()));
        }
    }
}

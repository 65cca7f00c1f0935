//! Redaction of what was captured: the first thing that happens to it on the monitor's thread.

use super::super::Event;
use super::builder::Scrub;
use super::record::{Detail, MAX_ARGS, MAX_KIND, MAX_MESSAGE, MAX_STACK, SpanExtra};
use super::site::clipped;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Longest marker of [`super::super::redact::Redactor`].
const MARKER: usize = 50;

/// The host's redaction, which may panic.
pub(crate) struct Scrubber {
    scrub: Option<Arc<dyn Scrub>>,
    /// Texts that were left out because it did.
    pub(crate) left_out: u64,
}

impl Scrubber {
    pub(crate) fn new(scrub: Option<Arc<dyn Scrub>>) -> Self {
        Self { scrub, left_out: 0 }
    }

    /// Another redaction from now on.
    pub(crate) fn change(&mut self, scrub: Option<Arc<dyn Scrub>>) {
        self.scrub = scrub;
    }

    pub(crate) fn text(&mut self, text: &mut String) {
        let Some(scrub) = &self.scrub else { return };
        if !text.is_empty() && catch_unwind(AssertUnwindSafe(|| scrub.text(text))).is_err() {
            // Half redacted is not redacted.
            text.clear();
            self.left_out += 1;
        }
    }

    pub(crate) fn event(&mut self, event: &mut Event) {
        self.text(&mut event.topic);
        self.text(&mut event.correlation_id);
        let Some(scrub) = &self.scrub else { return };
        if catch_unwind(AssertUnwindSafe(|| scrub.value(&mut event.data))).is_err() {
            event.data = Value::Null;
            self.left_out += 1;
        }
    }

    /// Redacts what a span tells, then cuts it to its bounds: the other way round half a secret might be left at the end.
    pub(crate) fn span(&mut self, extra: &mut SpanExtra) {
        let Detail { args, result, stack, correlation_id, asset_id } = &mut extra.detail;
        let details = [
            (args, MAX_ARGS),
            (result, MAX_ARGS),
            (stack, MAX_STACK),
            (correlation_id, MAX_KIND),
            (asset_id, MAX_KIND),
        ];
        for (text, most) in details {
            if let Some(text) = text {
                self.text(text);
                cut(text, most);
            }
        }
        if let Some(failure) = &mut extra.failure {
            self.text(&mut failure.kind);
            self.text(&mut failure.message);
            cut(&mut failure.kind, MAX_KIND);
            cut(&mut failure.message, MAX_MESSAGE);
        }
    }
}

/// Cuts a redacted text, not inside of a marker.
fn cut(text: &mut String, most: usize) {
    let mut end = clipped(text, most).len();
    if end < text.len()
        && let Some(marker) = text[..end].rfind("[redacted:")
        && end - marker < MARKER
        && !text[marker..end].contains(']')
    {
        end = marker;
    }
    text.truncate(end);
}

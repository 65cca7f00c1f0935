//! The spans that are going on: what every recording monitor must remember between a start and its end.

use super::{Callsite, Fields, SpanToken};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A guard that is forgotten never ends its span; this bounds what such guards can cost.
const MAX_LIVE: usize = 65_536;

/// A span that is going on. `X` is what the monitor adds to it.
#[derive(Debug)]
pub(super) struct LiveSpan<X> {
    pub(super) callsite: &'static Callsite,
    pub(super) correlation_id: String,
    pub(super) asset_id: Option<String>,
    pub(super) parent: SpanToken,
    pub(super) started: Instant,
    pub(super) extra: X,
}

/// Hands out tokens and keeps the spans that they stand for.
#[derive(Debug)]
pub(super) struct LiveSpans<X> {
    last: AtomicU64,
    live: Mutex<HashMap<SpanToken, LiveSpan<X>>>,
}

impl<X> Default for LiveSpans<X> {
    fn default() -> Self {
        Self { last: AtomicU64::new(0), live: Mutex::default() }
    }
}

impl<X> LiveSpans<X> {
    /// Begins a span; `None` when too many are going on.
    pub(super) fn start(
        &self,
        callsite: &'static Callsite,
        fields: &Fields<'_>,
        extra: X,
    ) -> Option<SpanToken> {
        let span = LiveSpan {
            callsite,
            correlation_id: fields.correlation_id.to_owned(),
            asset_id: fields.asset_id.map(str::to_owned),
            parent: fields.parent,
            started: Instant::now(),
            extra,
        };
        let mut live = self.lock();
        if live.len() >= MAX_LIVE {
            return None;
        }
        let token = SpanToken(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        live.insert(token, span);
        Some(token)
    }

    /// Ends a span; `None` for a token that is not ours or has ended.
    pub(super) fn end(&self, token: SpanToken) -> Option<LiveSpan<X>> {
        self.lock().remove(&token)
    }

    /// Looks at the spans that are going on. The closure must not call back into this monitor.
    pub(super) fn with<T>(&self, look: impl FnOnce(&HashMap<SpanToken, LiveSpan<X>>) -> T) -> T {
        look(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SpanToken, LiveSpan<X>>> {
        // Each change is one insertion or removal: a panic elsewhere cannot leave the map half changed.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

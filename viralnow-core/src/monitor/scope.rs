//! The handle that is passed down: which monitor, which job, which asset.

use super::{Callsite, Event, Fields, GlobalMonitor, Monitor, NoopMonitor, Outcome, SpanToken};
use crate::{CorrelationId, Error, ErrorKind, Result};
use serde_json::Value;
use std::sync::Arc;

/// A monitor together with the job it watches. Cheap to clone.
#[derive(Clone)]
pub struct Scope {
    monitor: Arc<dyn Monitor>,
    correlation_id: Arc<str>,
    asset_id: Option<Arc<str>>,
    parent: SpanToken,
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("correlation_id", &self.correlation_id).finish_non_exhaustive()
    }
}

impl Scope {
    /// A scope for one job.
    pub fn new(monitor: Arc<dyn Monitor>, correlation_id: &CorrelationId) -> Self {
        Self {
            monitor,
            correlation_id: correlation_id.as_str().into(),
            asset_id: None,
            parent: SpanToken::NONE,
        }
    }

    /// A scope that records nothing.
    #[must_use]
    pub fn noop() -> Self {
        Self {
            monitor: Arc::new(NoopMonitor),
            correlation_id: "".into(),
            asset_id: None,
            parent: SpanToken::NONE,
        }
    }

    /// A scope of the global monitor, outside of any job.
    #[must_use]
    pub fn global() -> Self {
        Self { monitor: Arc::new(GlobalMonitor), ..Self::noop() }
    }

    /// The same job, with the asset named.
    #[must_use]
    pub fn with_asset(&self, asset_id: &str) -> Self {
        Self { asset_id: Some(asset_id.into()), ..self.clone() }
    }

    /// The job's id.
    #[must_use]
    pub fn correlation_id(&self) -> &str {
        &self.correlation_id
    }

    /// The monitor itself.
    #[must_use]
    pub fn monitor(&self) -> &Arc<dyn Monitor> {
        &self.monitor
    }

    /// Begins a span that ends when the guard is finished or dropped.
    #[must_use]
    pub fn span(&self, callsite: &'static Callsite) -> SpanGuard {
        let token = if self.monitor.enabled(callsite) {
            let fields = Fields {
                correlation_id: &self.correlation_id,
                asset_id: self.asset_id.as_deref(),
                parent: self.parent,
            };
            self.monitor.start(callsite, &fields)
        } else {
            SpanToken::NONE
        };
        SpanGuard { scope: Scope { parent: token, ..self.clone() }, token }
    }

    /// Runs a stage inside a span; the span ends as the result says. The stage gets the scope that is inside the span.
    pub fn run<T>(&self, callsite: &'static Callsite, stage: impl FnOnce(&Scope) -> Result<T>) -> Result<T> {
        let guard = self.span(callsite);
        let result = stage(guard.scope());
        guard.finish(result.as_ref().err());
        result
    }

    /// Publishes an event of this job.
    pub fn publish(&self, topic: &str, data: Value) {
        let correlation_id = self.correlation_id.to_string();
        self.monitor.publish(&Event { topic: topic.to_owned(), correlation_id, span: self.parent, data });
    }
}

/// A span that is going on. Dropped without [`SpanGuard::finish`], it ends as completed, and while unwinding as failed
/// with the code `PANIC`; work that can fail goes through [`Scope::run`], which tells the two apart.
#[derive(Debug)]
pub struct SpanGuard {
    scope: Scope,
    token: SpanToken,
}

impl SpanGuard {
    /// The scope inside this span.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Ends the span: completed without an error, cancelled or failed with one.
    pub fn finish(mut self, error: Option<&Error>) {
        match error {
            None => self.end(&Outcome::Completed),
            Some(error) if error.kind() == ErrorKind::Cancelled => self.end(&Outcome::Cancelled),
            Some(error) => {
                let message = error.to_string();
                self.end(&Outcome::Failed { code: error.kind().code(), message: &message });
            }
        }
    }

    fn end(&mut self, outcome: &Outcome<'_>) {
        let token = std::mem::replace(&mut self.token, SpanToken::NONE);
        if token != SpanToken::NONE {
            self.scope.monitor.end(token, outcome);
        }
    }
}

impl Drop for SpanGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end(&Outcome::Failed { code: "PANIC", message: "a panic unwound through the span" });
        } else {
            self.end(&Outcome::Completed);
        }
    }
}

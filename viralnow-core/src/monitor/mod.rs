//! Seeing what happens: spans, events, progress and cancellation. Knows nothing of media.
//!
//! A [`Monitor`] is told of every stage; [`GlobalMonitor`] is the default, which costs one virtual call while the host has installed none. [`MemoryMonitor`]
//! keeps everything for tests and notebooks. [`tracing`](https://docs.rs/tracing) is joined both ways by
//! [`TracingMonitor`] (our spans go out) and [`MonitorLayer`] (the host's spans come in); a global default is never set
//! behind the host's back.

pub mod alerts;
pub mod config;
#[cfg(feature = "dashboard")]
pub mod dashboard;
mod events;
mod layer;
pub mod log_file;
#[cfg(feature = "sqlite")]
mod log_store;
mod memory;
#[cfg(feature = "otlp")]
pub mod otlp;
mod progress;
pub mod redact;
mod scope;
mod spans;
mod system;
mod topic;
mod units;
mod wiring;

pub use events::EventMonitor;
pub use layer::{MonitorLayer, TracingMonitor};
#[cfg(feature = "sqlite")]
pub use log_store::{
    CleanupReport, ErrorGroup, FunctionStats, LogEntry, LogFilters, LogOrder, LogPage, LogStore, LoggedEvent,
    SqliteSink, TimeRange,
};
pub use memory::{MemoryMonitor, Record, SpanRecord, SpanState};
pub use progress::{CancelToken, Control, Observer, Progress, Run, Steps};
pub use scope::{Scope, SpanGuard};
pub(crate) use system::global_job;
pub(crate) use system::unix_us;
pub use system::{
    Adapted, Batch, BusEvent, BusStats, Capture, Detail, Dropped, EventBus, EventStream, Failure,
    FinishedSpan, FlushReport, GlobalMonitor, Histogram, Job, JobProgress, JobStep, Level, MinuteCounts,
    MonitorBuilder, MonitorSystem, Open, Overflow, Scrub, Sink, SinkState, SinkStatus, Site, SiteCounts,
    SiteId, SiteInfo, SpanExtra, SpanStatus, Status, StreamItem, Subscription, SubscriptionStats,
    SystemLayer, UntoldCalls, WatchedFuture, Watching, global, installed, site_info, uninstall_global,
};
pub use topic::{name_matches, topic_matches};
pub use wiring::{Alerts, Monitoring};

use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// A place in the code that is watched: one static per stage.
#[derive(Debug)]
pub struct Callsite {
    /// The stage's name, such as `decode`.
    pub name: &'static str,
    /// The module it stands in, such as `pipeline`.
    pub module: &'static str,
    /// Its share of the whole job's time, relative to the other stages; feeds progress.
    pub weight: f32,
}

/// One live span, as the monitor numbers it. 0 means "not recorded".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct SpanToken(pub u64);

impl SpanToken {
    /// The token of a monitor that does not record.
    pub const NONE: SpanToken = SpanToken(0);
}

/// How a span ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It did what it should.
    Completed,
    /// The host asked to stop.
    Cancelled,
    /// It failed.
    Failed {
        /// The error's stable code, `"PANIC"` when a panic unwound through the span.
        code: &'a str,
        /// The error's text.
        message: &'a str,
    },
}

/// What a span is about.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    /// Ties everything of one job together.
    pub correlation_id: &'a str,
    /// The asset, once it is known.
    pub asset_id: Option<&'a str>,
    /// The span that this one is part of.
    pub parent: SpanToken,
}

/// Something that happened, under a dotted topic such as `function.completed` or `progress.step_progress`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Dotted topic; the first segment is the family.
    pub topic: String,
    /// Ties everything of one job together.
    pub correlation_id: String,
    /// The span it happened in.
    pub span: SpanToken,
    /// The facts.
    pub data: Value,
}

/// Receives spans, events and progress. Every method has a do-nothing default, must return quickly and must not panic;
/// it may be called from several threads at once.
pub trait Monitor: Send + Sync {
    /// Whether anything at this place is recorded; `false` skips the other calls for it.
    fn enabled(&self, _callsite: &'static Callsite) -> bool {
        false
    }

    /// A span begins.
    fn start(&self, _callsite: &'static Callsite, _fields: &Fields<'_>) -> SpanToken {
        SpanToken::NONE
    }

    /// The span ends; called exactly once for each started one.
    fn end(&self, _token: SpanToken, _outcome: &Outcome<'_>) {}

    /// Something happened.
    fn publish(&self, _event: &Event) {}

    /// The job went on; at most 20 times a second for one job.
    fn progress(&self, _correlation_id: &str, _progress: &Progress) {}
}

impl<M: Monitor + ?Sized> Monitor for Arc<M> {
    fn enabled(&self, callsite: &'static Callsite) -> bool {
        (**self).enabled(callsite)
    }
    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        (**self).start(callsite, fields)
    }
    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        (**self).end(token, outcome);
    }
    fn publish(&self, event: &Event) {
        (**self).publish(event);
    }
    fn progress(&self, correlation_id: &str, progress: &Progress) {
        (**self).progress(correlation_id, progress);
    }
}

/// Records nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopMonitor;

impl Monitor for NoopMonitor {}

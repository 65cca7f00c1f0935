//! A monitor that keeps everything in memory, for tests and notebooks.

use super::events::{self, CANCELLED, COMPLETED, FAILED};
use super::spans::LiveSpans;
use super::{Callsite, Event, Fields, Monitor, Outcome, Progress, SpanToken, topic_matches};
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// One kept event and when it came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// Number in order of arrival, from 1; a gap never occurs inside [`MemoryMonitor::records`].
    pub seq: u64,
    /// Seconds since the monitor was made.
    pub t_s: f64,
    /// What happened. Spans and progress are events too, see [`super::EventMonitor`].
    #[serde(flatten)]
    pub event: Event,
}

/// One span, read from its events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpanRecord {
    /// Its number.
    pub span: SpanToken,
    /// The span that it is part of; [`SpanToken::NONE`] for a root.
    pub parent: SpanToken,
    /// The stage's name.
    pub name: String,
    /// The module that it stands in.
    pub module: String,
    /// Ties everything of one job together.
    pub correlation_id: String,
    /// The asset, where it was known at the start.
    pub asset_id: Option<String>,
    /// When it began, in seconds since the monitor was made.
    pub start_s: f64,
    /// How long it took, in seconds; `None` while it goes on.
    pub duration_s: Option<f64>,
    /// How it ended.
    pub state: SpanState,
}

/// Where a span is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SpanState {
    /// It goes on.
    Running,
    /// It did what it should.
    Completed,
    /// The host asked to stop.
    Cancelled,
    /// It failed.
    Failed {
        /// The error's stable code.
        code: String,
        /// The error's text.
        message: String,
    },
}

/// Keeps the newest events, spans and progress reports in memory: at most 65,536 records and about 64 MiB, or what
/// [`MemoryMonitor::with_limits`] says. Over that the oldest go, and [`MemoryMonitor::dropped`] counts them.
///
/// ```
/// use std::sync::Arc;
/// use viralnow_core::monitor::{Callsite, MemoryMonitor, Scope, SpanState};
/// use viralnow_core::CorrelationId;
///
/// static LOAD: Callsite = Callsite { name: "load", module: "host", weight: 1.0 };
/// let memory = Arc::new(MemoryMonitor::new());
/// let scope = Scope::new(memory.clone(), &CorrelationId::new("job-1")?);
/// scope.run(&LOAD, |inside| {
///     inside.publish("cache.miss", serde_json::json!({"key": "a"}));
///     Ok(())
/// })?;
/// assert_eq!(memory.spans()[0].state, SpanState::Completed);
/// assert_eq!(memory.events("function.*").len(), 2);
/// assert_eq!(memory.events("cache.miss")[0].span, memory.spans()[0].span);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct MemoryMonitor {
    begun: Instant,
    max_records: usize,
    max_bytes: usize,
    spans: LiveSpans<()>,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    records: VecDeque<(Record, usize)>,
    bytes: usize,
    seq: u64,
    dropped: u64,
}

impl Default for MemoryMonitor {
    fn default() -> Self {
        Self::with_limits(65_536, 64 << 20)
    }
}

impl MemoryMonitor {
    /// A monitor with the default bounds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A monitor that keeps at most this many records, and about this many bytes of them.
    #[must_use]
    pub fn with_limits(max_records: usize, max_bytes: usize) -> Self {
        Self {
            begun: Instant::now(),
            max_records,
            max_bytes,
            spans: LiveSpans::default(),
            log: Mutex::default(),
        }
    }

    /// Everything that is kept, in order of arrival.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.iter().map(|(record, _)| record.clone()).collect()
    }

    /// The kept events whose topic fits the pattern, see [`topic_matches`].
    #[must_use]
    pub fn events(&self, pattern: &str) -> Vec<Event> {
        let log = self.lock();
        let fits = log.records.iter().filter(|(record, _)| topic_matches(pattern, &record.event.topic));
        fits.map(|(record, _)| record.event.clone()).collect()
    }

    /// The spans whose end is kept and those that go on, in the order in which they began.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanRecord> {
        let begun = self.begun;
        let mut spans: Vec<SpanRecord> = self.spans.with(|live| {
            live.iter()
                .map(|(&span, live)| SpanRecord {
                    span,
                    parent: live.parent,
                    name: live.callsite.name.to_owned(),
                    module: live.callsite.module.to_owned(),
                    correlation_id: live.correlation_id.clone(),
                    asset_id: live.asset_id.clone(),
                    start_s: (live.started - begun).as_secs_f64(),
                    duration_s: None,
                    state: SpanState::Running,
                })
                .collect()
        });
        spans.extend(self.lock().records.iter().filter_map(|(record, _)| finished(record)));
        // Tokens are handed out in the order of the starts.
        spans.sort_by_key(|span| span.span);
        spans
    }

    /// How many records had to go, or could not be taken, for want of room.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// Forgets what is kept; spans that go on will still be ended, and numbers go on.
    pub fn clear(&self) {
        let mut log = self.lock();
        log.records.clear();
        log.bytes = 0;
    }

    fn keep(&self, event: Event) {
        let bytes = size_of::<(Record, usize)>()
            + event.topic.capacity()
            + event.correlation_id.capacity()
            + heap_bytes(&event.data);
        let mut log = self.lock();
        let t_s = self.begun.elapsed().as_secs_f64();
        log.seq += 1;
        let seq = log.seq;
        log.bytes += bytes;
        log.records.push_back((Record { seq, t_s, event }, bytes));
        while log.records.len() > self.max_records || log.bytes > self.max_bytes {
            let Some((_, bytes)) = log.records.pop_front() else { break };
            log.bytes -= bytes;
            log.dropped += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // Nothing that can panic happens under the lock.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Monitor for MemoryMonitor {
    fn enabled(&self, _callsite: &'static Callsite) -> bool {
        true
    }

    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        let Some(token) = self.spans.start(callsite, fields, ()) else {
            self.lock().dropped += 1;
            return SpanToken::NONE;
        };
        self.keep(events::started(callsite, fields, token));
        token
    }

    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        if let Some(span) = self.spans.end(token) {
            self.keep(events::ended(&span, token, outcome));
        }
    }

    fn publish(&self, event: &Event) {
        self.keep(event.clone());
    }

    fn progress(&self, correlation_id: &str, progress: &Progress) {
        self.keep(events::progressed(correlation_id, progress));
    }
}

/// The span that this record ends.
fn finished(record: &Record) -> Option<SpanRecord> {
    let event = &record.event;
    let text = |key: &str| event.data[key].as_str().unwrap_or_default().to_owned();
    let state = match event.topic.as_str() {
        COMPLETED => SpanState::Completed,
        CANCELLED => SpanState::Cancelled,
        FAILED => SpanState::Failed { code: text("code"), message: text("message") },
        _ => return None,
    };
    // A host may publish under these topics too; what has no duration is not a span of ours.
    let duration_s = event.data["duration_s"].as_f64()?;
    Some(SpanRecord {
        span: event.span,
        parent: SpanToken(event.data["parent"].as_u64().unwrap_or_default()),
        name: text("name"),
        module: text("module"),
        correlation_id: event.correlation_id.clone(),
        asset_id: event.data["asset_id"].as_str().map(str::to_owned),
        start_s: record.t_s - duration_s,
        duration_s: Some(duration_s),
        state,
    })
}

/// About how many bytes a value holds outside itself.
pub(super) fn heap_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.capacity(),
        Value::Array(items) => {
            items.capacity() * size_of::<Value>() + items.iter().map(heap_bytes).sum::<usize>()
        }
        // A node of the map holds key, value and some pointers.
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| key.capacity() + 2 * size_of::<Value>() + heap_bytes(value))
            .sum(),
        _ => 0,
    }
}

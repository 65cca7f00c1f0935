//! Joining `tracing` both ways: our spans go out, the host's come in. A global default is never set.

use super::spans::LiveSpans;
use super::{Callsite, Event, Fields, Monitor, Outcome, Progress, SpanToken};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// The target of all that goes out, and of nothing that comes in.
const TARGET: &str = "viralnow";

/// Sends our spans and events to the `tracing` subscriber of the host, under the target `viralnow`.
///
/// A stage is a span named `stage` (level INFO) with the fields `stage`, `module`, `correlation_id`, `asset_id`, and at
/// its end `elapsed` in seconds and `outcome`. Its start and end are events too (DEBUG; WARN when cancelled, ERROR when
/// failed), progress is an event of level TRACE, and a published event one of level INFO with the fields `topic` and
/// `data` (as JSON).
///
/// ```
/// use std::sync::Arc;
/// use viralnow_core::monitor::{Callsite, Scope, TracingMonitor};
/// use viralnow_core::CorrelationId;
///
/// static LOAD: Callsite = Callsite { name: "load", module: "host", weight: 1.0 };
/// let scope = Scope::new(Arc::new(TracingMonitor::new()), &CorrelationId::new("job-1")?);
/// tracing::subscriber::with_default(tracing_subscriber::registry(), || scope.run(&LOAD, |_| Ok(())))?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct TracingMonitor {
    spans: LiveSpans<Span>,
}

impl TracingMonitor {
    /// A monitor that finds the subscriber anew at every span, as `tracing` does.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn span(&self, token: SpanToken) -> Option<Span> {
        self.spans.with(|live| live.get(&token).map(|span| span.extra.clone()))
    }
}

impl Monitor for TracingMonitor {
    fn enabled(&self, _callsite: &'static Callsite) -> bool {
        // ERROR, so that a host that wants nothing but failures gets them.
        tracing::enabled!(target: TARGET, tracing::Level::ERROR)
    }

    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        let Callsite { name, module, .. } = *callsite;
        let Fields { correlation_id, asset_id, parent } = *fields;
        // Without a parent of ours, the host's present span is the parent.
        let parent = self.span(parent).unwrap_or_else(Span::current);
        let span = tracing::info_span!(
            target: TARGET, parent: &parent, "stage", stage = name, module, correlation_id, asset_id,
            elapsed = tracing::field::Empty, outcome = tracing::field::Empty
        );
        tracing::debug!(target: TARGET, parent: &span, stage = name, correlation_id, asset_id, "started");
        self.spans.start(callsite, fields, span).unwrap_or(SpanToken::NONE)
    }

    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        let Some(live) = self.spans.end(token) else { return };
        let stage = live.callsite.name;
        let elapsed = live.started.elapsed().as_secs_f64();
        let correlation_id = live.correlation_id.as_str();
        let asset_id = live.asset_id.as_deref();
        let span = live.extra;
        span.record("elapsed", elapsed);
        match outcome {
            Outcome::Completed => {
                span.record("outcome", "completed");
                tracing::debug!(
                    target: TARGET, parent: &span, stage, correlation_id, asset_id, elapsed, "completed"
                );
            }
            Outcome::Cancelled => {
                span.record("outcome", "cancelled");
                tracing::warn!(
                    target: TARGET, parent: &span, stage, correlation_id, asset_id, elapsed, "cancelled"
                );
            }
            Outcome::Failed { code, message } => {
                span.record("outcome", "failed");
                tracing::error!(
                    target: TARGET, parent: &span, stage, correlation_id, asset_id, elapsed, code,
                    "failed: {message}"
                );
            }
        }
    }

    fn publish(&self, event: &Event) {
        let parent = self.span(event.span).unwrap_or_else(Span::current);
        let Event { topic, correlation_id, data, .. } = event;
        tracing::info!(
            target: TARGET, parent: &parent, topic = topic.as_str(), correlation_id = correlation_id.as_str(),
            %data, "event"
        );
    }

    fn progress(&self, correlation_id: &str, progress: &Progress) {
        let Progress { fraction, stage, elapsed_s: elapsed, .. } = *progress;
        tracing::trace!(target: TARGET, correlation_id, stage, elapsed, fraction, "progress");
    }
}

/// A layer for the host's `tracing` subscriber that brings the host's own spans and events into a [`Monitor`].
///
/// A span keeps its name and parent; its fields `correlation_id` and `asset_id`, or those of the nearest span around
/// it, become ours. An event comes under the topic `tracing.error`, `tracing.warn`, ... with its target, message and
/// fields as data. What has the target `viralnow` is left out, so that a [`TracingMonitor`] and this layer together
/// make no loop; so is what the monitor itself says to `tracing` while it is told of something.
///
/// ```
/// use std::sync::Arc;
/// use tracing_subscriber::layer::SubscriberExt;
/// use viralnow_core::monitor::{MemoryMonitor, MonitorLayer};
///
/// let memory = Arc::new(MemoryMonitor::new());
/// let subscriber = tracing_subscriber::registry().with(MonitorLayer::new(memory.clone()));
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("upload", correlation_id = "job-1").in_scope(|| tracing::info!(bytes = 3, "done"));
/// });
/// assert_eq!(memory.spans()[0].name, "upload");
/// assert_eq!(memory.events("tracing.info")[0].correlation_id, "job-1");
/// ```
#[derive(Debug, Default)]
pub struct MonitorLayer<M> {
    monitor: M,
    // Not in the registry's extensions, which hold one value per type: a subscriber may have several of these layers.
    spans: Mutex<HashMap<Id, Tracked>>,
}

impl<M: Monitor + 'static> MonitorLayer<M> {
    /// A layer in front of this monitor; an `Arc` of one is a monitor too.
    pub fn new(monitor: M) -> Self {
        Self { monitor, spans: Mutex::default() }
    }

    /// The nearest span that the monitor knows, and the ids that hold there.
    fn surroundings<'a, R: LookupSpan<'a>>(&self, around: Option<SpanRef<'a, R>>) -> Tracked {
        let spans = self.spans();
        let mut scope = around.into_iter().flat_map(|span| span.scope());
        scope.find_map(|span| spans.get(&span.id()).cloned()).unwrap_or_default()
    }

    fn spans(&self) -> MutexGuard<'_, HashMap<Id, Tracked>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    /// Whether this thread is inside the monitor of a layer.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `tell` unless it would answer to itself.
pub(super) fn guarded<T>(tell: impl FnOnce() -> T) -> Option<T> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            INSIDE.set(false);
        }
    }
    if INSIDE.replace(true) {
        return None;
    }
    let _leave = Leave;
    Some(tell())
}

/// Whether it is the host's, not ours.
pub(super) fn foreign(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target != TARGET && !target.strip_prefix(TARGET).is_some_and(|rest| rest.starts_with("::"))
}

/// What we keep with a span of the host.
#[derive(Debug, Clone, Default)]
struct Tracked {
    token: SpanToken,
    /// Whether the token is this span's own, to be ended with it.
    own: bool,
    correlation_id: Option<String>,
    asset_id: Option<String>,
}

impl Tracked {
    fn slot(&mut self, field: &Field) -> Option<&mut Option<String>> {
        match field.name() {
            "correlation_id" => Some(&mut self.correlation_id),
            "asset_id" => Some(&mut self.asset_id),
            _ => None,
        }
    }
}

/// Reads the two ids from a span's fields.
impl Visit for Tracked {
    fn record_str(&mut self, field: &Field, value: &str) {
        if let Some(slot) = self.slot(field) {
            *slot = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if let Some(slot) = self.slot(field) {
            *slot = Some(format!("{value:?}"));
        }
    }
}

impl<S, M> Layer<S> for MonitorLayer<M>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    M: Monitor + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !foreign(attributes.metadata()) {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut tracked = self.surroundings(span.parent());
        let parent = tracked.token;
        attributes.record(&mut tracked);
        let callsite = callsite(attributes.metadata());
        let token = guarded(|| {
            if !self.monitor.enabled(callsite) {
                return SpanToken::NONE;
            }
            let correlation_id = tracked.correlation_id.as_deref().unwrap_or_default();
            let asset_id = tracked.asset_id.as_deref();
            self.monitor.start(callsite, &Fields { correlation_id, asset_id, parent })
        });
        // A span that is not recorded hands on the one around it.
        tracked.token = token.filter(|&token| token != SpanToken::NONE).unwrap_or(parent);
        tracked.own = tracked.token != parent;
        self.spans().insert(id.clone(), tracked);
    }

    fn on_record(&self, id: &Id, values: &tracing::span::Record<'_>, _context: Context<'_, S>) {
        if let Some(tracked) = self.spans().get_mut(id) {
            values.record(tracked);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        if !foreign(event.metadata()) {
            return;
        }
        let Tracked { token: span, correlation_id, asset_id, .. } =
            self.surroundings(context.event_span(event));
        let data = event_data(event, asset_id);
        let topic = level_topic(event.metadata());
        let correlation_id = correlation_id.unwrap_or_default();
        guarded(|| self.monitor.publish(&Event { topic, correlation_id, span, data }));
    }

    fn on_close(&self, id: Id, _context: Context<'_, S>) {
        let Some(Tracked { token, own: true, .. }) = self.spans().remove(&id) else { return };
        let outcome = if std::thread::panicking() {
            Outcome::Failed { code: "PANIC", message: "a panic unwound through the span" }
        } else {
            Outcome::Completed
        };
        guarded(|| self.monitor.end(token, &outcome));
    }
}

/// The topic of an event of the host.
pub(super) fn level_topic(metadata: &Metadata<'_>) -> String {
    format!("tracing.{}", metadata.level().as_str().to_ascii_lowercase())
}

/// What an event of the host says.
pub(super) fn event_data(event: &tracing::Event<'_>, asset_id: Option<String>) -> Value {
    let mut data = Map::new();
    data.insert("target".to_owned(), event.metadata().target().into());
    if let Some(asset_id) = asset_id {
        data.insert("asset_id".to_owned(), asset_id.into());
    }
    event.record(&mut Data(&mut data));
    Value::Object(data)
}

/// Our description of a place in the host's code. Made once for each of them and kept for good: they are statics of the
/// program, so their number is fixed.
fn callsite(metadata: &'static Metadata<'static>) -> &'static Callsite {
    static KNOWN: LazyLock<Mutex<HashMap<tracing::callsite::Identifier, &'static Callsite>>> =
        LazyLock::new(Mutex::default);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).entry(metadata.callsite()).or_insert_with(|| {
        Box::leak(Box::new(Callsite { name: metadata.name(), module: metadata.target(), weight: 0.0 }))
    })
}

/// Reads an event's fields as JSON. A number that JSON has not (NaN, infinity) is null.
struct Data<'a>(&'a mut Map<String, Value>);

impl Data<'_> {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Data<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set(field, value.to_string());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }
}

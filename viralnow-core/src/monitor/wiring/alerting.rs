//! Alerts over what a monitor records.

use super::topic;
use crate::monitor::alerts::{AlertEngine, AlertState, Channel, Channels, Facts, Notice, told};
use crate::monitor::config::{ChannelName, MonitorConfig};
use crate::monitor::{Batch, EventBus, FinishedSpan, MonitorSystem, Sink, SpanStatus};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The alerts of a monitor: a sink that watches, and what is asked of it. Clones are the same.
///
/// ```
/// use std::time::Duration;
/// use viralnow_core::monitor::{Alerts, Capture, MonitorSystem, Outcome, SpanToken, config::MonitorConfig};
/// let config = MonitorConfig::from_json(
///     r#"{"alerts": [{"name": "late", "condition": "event_type == 'function.failed'", "notification_channels": []}]}"#, "")?;
/// let alerts = Alerts::new(&config)?;
/// let monitor = MonitorSystem::builder().sink(alerts.clone()).build();
/// alerts.attach(&monitor);
/// let site = monitor.callsite("fetch", "shop", "shop.rs", 1, 1.0, Capture::TIME);
/// monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Failed { code: "TIMEOUT", message: "late" });
/// monitor.flush(Duration::from_secs(5));
/// assert_eq!(alerts.states()[0].fired, 1);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Alerts(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    engine: Mutex<AlertEngine>,
    channels: Mutex<Channels>,
    bus: OnceLock<EventBus>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_s() -> f64 {
    jiff::Timestamp::now().as_microsecond() as f64 * 1e-6
}

impl Alerts {
    /// The alerts of these settings.
    pub fn new(config: &MonitorConfig) -> Result<Self> {
        let engine = Mutex::new(AlertEngine::new(config, now_s())?);
        Ok(Self(Arc::new(Shared { engine, channels: Mutex::default(), bus: OnceLock::new() })))
    }

    /// Publishes the alerts' turns on this monitor's bus, as `alert.fired` and `alert.resolved`.
    pub fn attach(&self, monitor: &MonitorSystem) {
        let _ = self.0.bus.set(monitor.bus());
    }

    /// Sets where alerts are told.
    pub fn channel(&self, name: ChannelName, channel: Box<dyn Channel>) {
        lock(&self.0.channels).set(name, channel);
    }

    /// Nothing is told there any more.
    pub fn no_channel(&self, name: ChannelName) {
        lock(&self.0.channels).remove(name);
    }

    /// Takes new settings; an alert that is the same goes on as it stands, one that fires and is no more is told to be resolved.
    pub fn reload(&self, config: &MonitorConfig) -> Result<()> {
        let notices = lock(&self.0.engine).reload(config, now_s())?;
        self.tell(&notices);
        Ok(())
    }

    /// All alerts as they stand.
    #[must_use]
    pub fn states(&self) -> Vec<AlertState> {
        lock(&self.0.engine).states()
    }

    /// States, the last turns and how the channels have fared, as JSON.
    #[must_use]
    pub fn shown(&self) -> Value {
        let engine = lock(&self.0.engine);
        let history: Vec<&Notice> = engine.history().collect();
        json!({ "states": engine.states(), "history": history, "channels": lock(&self.0.channels).states() })
    }

    /// Tells a trial notice to an alert's channels.
    pub fn trial(&self, name: &str) -> Result<Notice> {
        let notice = lock(&self.0.engine).trial(name, now_s())?;
        self.tell(std::slice::from_ref(&notice));
        Ok(notice)
    }

    fn tell(&self, notices: &[Notice]) {
        for notice in notices {
            for &name in notice.channels.iter().filter(|&&name| name != ChannelName::Bus) {
                // Not while it tells: it may ask how the alerts stand.
                let channel = lock(&self.0.channels).get(name);
                let told = told(channel, name, notice);
                lock(&self.0.channels).count(name, told);
            }
            if let Some(bus) = self.0.bus.get() {
                let mut data = notice.data();
                data["text"] = notice.text().into();
                let _ = bus.publish(notice.topic(), data);
            }
        }
    }
}

/// What a span was told with, where it is an object: the fields of `span("fetch", platform="tiktok")`.
fn fields(span: &FinishedSpan) -> Option<Value> {
    let args = span.extra.as_deref()?.detail.args.as_deref()?;
    serde_json::from_str(args).ok().filter(Value::is_object)
}

impl Sink for Alerts {
    fn name(&self) -> &'static str {
        "alerts"
    }

    fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        let mut notices = Vec::new();
        let mut engine = lock(&self.0.engine);
        if !engine.is_idle() {
            let wants_data = engine.wants_data();
            for span in &batch.spans {
                let site = batch.site(span.site);
                let data = if wants_data { fields(span) } else { None };
                let text = |name: &str| data.as_ref()?.get(name)?.as_str();
                let failure = span.extra.as_deref().and_then(|extra| extra.failure.as_ref());
                let topic = topic(span.status);
                let seconds = span.duration_ns as f64 * 1e-9;
                let facts = Facts {
                    topic,
                    status: topic.strip_prefix("function."),
                    function: site.map(|site| site.name),
                    module: site.map(|site| site.module),
                    error_kind: failure.map(|failure| failure.kind.as_str()),
                    error_message: failure.map(|failure| failure.message.as_str()),
                    duration_s: Some(seconds),
                    cpu: span
                        .cpu_ns
                        .filter(|_| span.duration_ns > 0)
                        .map(|cpu| cpu as f64 / span.duration_ns as f64),
                    memory: span.rss_kib.map(|kib| f64::from(kib) * 1024.0),
                    platform: text("platform"),
                    step: text("step"),
                    data: data.as_ref(),
                    ..Facts::default()
                };
                notices.extend(engine.observe(&facts, span.start_us as f64 * 1e-6 + seconds));
            }
            for untold in &batch.untold {
                let site = batch.site(untold.site);
                let facts = Facts {
                    topic: topic(SpanStatus::Completed),
                    status: Some("completed"),
                    function: site.map(|site| site.name),
                    module: site.map(|site| site.module),
                    ..Facts::default()
                };
                notices.extend(engine.observe_many(&facts, untold.calls, untold.at_us as f64 * 1e-6));
            }
            for event in &batch.events {
                notices.extend(engine.observe(&Facts::of(&event.event), event.ts_us as f64 * 1e-6));
            }
            notices.extend(engine.tick(now_s()));
        }
        drop(engine);
        self.tell(&notices);
        Ok(())
    }

    fn maintain(&mut self, now_us: i64) -> Result<(), Error> {
        let notices = lock(&self.0.engine).tick(now_us as f64 * 1e-6);
        self.tell(&notices);
        Ok(())
    }
}

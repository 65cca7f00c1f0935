//! The event bus, as hosts have it: publishing, and listening.

use super::super::{Event, SpanToken};
use super::core::Core;
use super::listeners::{Receiver, Subscriber};
use super::local;
use super::record::{BusEvent, Extra, Kind, Record, SpanStatus};
use super::stream::{EventStream, Queue};
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Weak};

/// Longest topic, in bytes.
const MAX_TOPIC: usize = 200;
/// Most bytes of an event's data, as about counted by [`super::super::memory`].
const MAX_DATA: usize = 64 << 10;

/// Publishes events and hands them to whoever listens. Cheap to clone. It does not keep the monitor alive: that ends with its last handle.
///
/// Topics are dotted words; the monitor's own are `function.started`, `.completed`, `.failed`, `.cancelled`,
/// `progress.step_progress` and others of `progress`, `performance.recorded`, `.threshold_exceeded`,
/// `.error_rate_exceeded`, `alert.fired`, `.resolved`, `config.reloaded`, `.rejected`, `monitor.degraded`, `.recovered`, `.dropped`,
/// `bus.handler_failed`, and of the process `system.started` (with the first that is watched or listened for; by a child of a fork too), `.usage` (every
/// minute: `cpu`, the share of one processor, `rss_bytes`, counts) and `.stopped`. In a pattern `*` stands for one word and a final `**` for
/// one or more.
///
/// ```
/// use std::sync::mpsc;
/// use std::time::Duration;
/// use viralnow_core::monitor::MonitorSystem;
///
/// let monitor = MonitorSystem::builder().build();
/// let (send, receive) = mpsc::channel();
/// let _kept = monitor.bus().subscribe("shop.*", move |event| {
///     let _ = send.send(event.event.data["price"].as_f64());
/// })?;
/// monitor.bus().publish("shop.sold", serde_json::json!({"price": 9.5}))?;
/// assert_eq!(receive.recv_timeout(Duration::from_secs(5)), Ok(Some(9.5)));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct EventBus {
    pub(crate) core: Arc<Core>,
}

impl std::fmt::Debug for EventBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventBus").finish_non_exhaustive()
    }
}

impl EventBus {
    /// Publishes an event: it is queued, and delivered on the monitor's thread. Fails with `INVALID_INPUT` for a topic that is
    /// empty, longer than 200 bytes or has an empty word, or holds a star or a control character, and with
    /// `LIMIT_EXCEEDED` for data of more than 64 KiB, and with `UNAVAILABLE` after the monitor's end.
    pub fn publish(&self, topic: &str, data: Value) -> Result<()> {
        self.publish_in(topic, "", SpanToken(local::current()), data)
    }

    /// Publishes an event of a job and a span.
    pub fn publish_in(&self, topic: &str, correlation_id: &str, span: SpanToken, data: Value) -> Result<()> {
        let wrong = topic.is_empty()
            || topic.len() > MAX_TOPIC
            || topic.split('.').any(|word| word.is_empty() || word.contains('*'))
            || topic.chars().any(char::is_control);
        if wrong {
            let message = "a topic is words with dots between them, of 200 bytes at most, without stars";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("topic", topic.escape_debug()));
        }
        if super::super::memory::heap_bytes(&data) > MAX_DATA {
            let message = "an event's data must be below 64 KiB; send a reference to what is larger";
            return Err(Error::new(ErrorKind::LimitExceeded, message).with("topic", topic));
        }
        let event = Event { topic: topic.to_owned(), correlation_id: correlation_id.to_owned(), span, data };
        // Not whether it has ended by now: the event may be what the host ended it for.
        if publish(&self.core, Extra::Event(event)) { Ok(()) } else { Err(stopped()) }
    }

    /// Calls the function for every event that fits, on the monitor's thread, until the subscription is dropped. One that
    /// panics is reported as `bus.handler_failed`; after the third time it is not called any more. Slow handlers
    /// hold up all others: use a [`EventBus::stream`] for long work. Fails with `UNAVAILABLE` after the monitor's end.
    pub fn subscribe(
        &self,
        pattern: &str,
        handler: impl Fn(&BusEvent) + Send + Sync + 'static,
    ) -> Result<Subscription> {
        self.add(pattern, Receiver::Handler(Box::new(handler)))
    }

    /// Events that fit, to be taken one after the other; up to `capacity` wait (1 to 1,048,576). When one more comes, the oldest is
    /// dropped, and the stream says so by [`StreamItem::Lagged`], once for each gap. After the monitor's end it is closed from the start.
    pub fn stream(&self, pattern: &str, capacity: usize) -> Result<EventStream> {
        let queue = Arc::new(Queue::new(capacity.clamp(1, 1 << 20)));
        let subscription = self.add(pattern, Receiver::Stream(queue.clone()))?;
        Ok(EventStream { queue, subscription })
    }

    fn add(&self, pattern: &str, receiver: Receiver) -> Result<Subscription> {
        let words: Vec<&str> = pattern.split('.').collect();
        let last = words.len() - 1;
        let wrong = pattern.len() > MAX_TOPIC
            || words.iter().enumerate().any(|(i, word)| {
                word.is_empty() || (word.contains('*') && *word != "*" && !(*word == "**" && i == last))
            });
        if wrong {
            let message = "a pattern is words with dots between them; `*` stands for one word, and `**` at the end for the rest";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("pattern", pattern.escape_debug()));
        }
        let live = self.core.live();
        let is_handler = matches!(receiver, Receiver::Handler(_));
        let subscriber = live.bus.add(pattern, receiver);
        self.core.ensure_worker();
        // Asked after it was added: whoever ends the monitor closes what there is then.
        if self.core.is_stopped() {
            if is_handler {
                live.bus.remove(subscriber.id);
                return Err(stopped());
            }
            live.bus.close();
        }
        Ok(Subscription { core: Arc::downgrade(&self.core), subscriber, detached: false })
    }

    /// Who listens, and how that goes.
    #[must_use]
    pub fn stats(&self) -> BusStats {
        self.core.live().bus.stats()
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Unavailable, "the monitor has ended; keep a handle of it, or make a new one")
}

/// False where the monitor had ended, and the event goes nowhere.
pub(crate) fn publish(core: &Arc<Core>, extra: Extra) -> bool {
    let open = core.push(Record {
        kind: Kind::Event,
        status: SpanStatus::Completed,
        rss_kib: 0,
        site: 0,
        span: 0,
        parent: 0,
        at: super::clock::ticks(),
        took: 0,
        cpu: 0,
        extra: Some(Box::new(extra)),
    });
    core.live().wake();
    open
}

/// One listener. Ends when it is dropped, unless it was [detached](Subscription::detach).
#[must_use = "a subscription that is dropped ends"]
pub struct Subscription {
    core: Weak<Core>,
    subscriber: Arc<Subscriber>,
    detached: bool,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Subscription {
    /// Lets it go on as long as the monitor does.
    pub fn detach(mut self) {
        self.detached = true;
    }

    /// How it goes.
    #[must_use]
    pub fn stats(&self) -> SubscriptionStats {
        self.subscriber.stats()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if !self.detached
            && let Some(core) = self.core.upgrade()
        {
            core.live().bus.remove(self.subscriber.id);
        }
    }
}

/// How a subscription goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionStats {
    /// Its number.
    pub id: u64,
    /// What it listens for.
    pub pattern: String,
    /// Events that fit.
    pub delivered: u64,
    /// Of a stream: events that were dropped because nobody took them.
    pub lagged: u64,
    /// How often the handler panicked.
    pub panics: u64,
    /// Whether it is not called any more.
    pub quarantined: bool,
}

/// How the bus goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BusStats {
    /// Events that were handed out, to whomever.
    pub events: u64,
    /// Each listener.
    pub subscriptions: Vec<SubscriptionStats>,
}

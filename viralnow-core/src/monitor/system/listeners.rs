//! Who listens to a monitor, and handing events out on its thread.

use super::super::{Event, SpanToken, events, topic_matches};
use super::bus::{BusStats, SubscriptionStats};
use super::core::lock;
use super::record::BusEvent;
use super::stream::Queue;
use crate::Error;
use crate::fork;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, TryLockError};

/// A handler that panicked this often is not called any more.
const STRIKES: u64 = 3;

/// Events of the monitor itself that are only made when somebody listens.
pub(crate) const WANTS: [&str; 6] = [
    events::STARTED,
    events::COMPLETED,
    events::FAILED,
    events::CANCELLED,
    events::PROGRESS,
    "performance.recorded",
];

type Handler = dyn Fn(&BusEvent) + Send + Sync;

pub(super) enum Receiver {
    Handler(Box<Handler>),
    Stream(Arc<Queue>),
}

pub(crate) struct Subscriber {
    pub(super) id: u64,
    pattern: String,
    receiver: Receiver,
    delivered: AtomicU64,
    lagged: AtomicU64,
    panics: AtomicU64,
    quarantined: AtomicBool,
    gone: AtomicBool,
}

/// What a monitor knows of its listeners.
#[derive(Default)]
pub(crate) struct Bus {
    list: Mutex<Vec<Arc<Subscriber>>>,
    version: AtomicU64,
    /// One bit for each of [`WANTS`].
    wants: AtomicU32,
    next: AtomicU64,
    delivered: AtomicU64,
}

impl Bus {
    /// For a child of a fork: the handlers go on, streams stay with the parent.
    pub(crate) fn inherit(&self) -> Self {
        let list = match self.list.try_lock() {
            Ok(list) => list.clone(),
            Err(TryLockError::Poisoned(list)) => list.into_inner().clone(),
            // A thread that is not in the child holds it.
            Err(TryLockError::WouldBlock) => Vec::new(),
        };
        let list: Vec<_> = list.into_iter().filter(|s| matches!(s.receiver, Receiver::Handler(_))).collect();
        let bus = Self { next: AtomicU64::new(self.next.load(Ordering::Relaxed)), ..Self::default() };
        bus.wants.store(wanted(&list), Ordering::Relaxed);
        *lock(&bus.list) = list;
        bus
    }

    #[inline]
    pub(crate) fn wants(&self, which: usize) -> bool {
        self.wants.load(Ordering::Relaxed) & (1 << which) != 0
    }

    pub(super) fn add(&self, pattern: &str, receiver: Receiver) -> Arc<Subscriber> {
        let subscriber = Arc::new(Subscriber {
            id: self.next.fetch_add(1, Ordering::Relaxed) + 1,
            pattern: pattern.to_owned(),
            receiver,
            delivered: AtomicU64::new(0),
            lagged: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            quarantined: AtomicBool::new(false),
            gone: AtomicBool::new(false),
        });
        let _gate = fork::gate();
        let mut list = lock(&self.list);
        list.push(subscriber.clone());
        self.changed(&list);
        subscriber
    }

    pub(super) fn remove(&self, id: u64) {
        let _gate = fork::gate();
        let mut list = lock(&self.list);
        if let Some(at) = list.iter().position(|s| s.id == id) {
            let gone = list.remove(at);
            gone.gone.store(true, Ordering::Release);
            if let Receiver::Stream(queue) = &gone.receiver {
                queue.close();
            }
        }
        self.changed(&list);
    }

    fn changed(&self, list: &[Arc<Subscriber>]) {
        self.wants.store(wanted(list), Ordering::Relaxed);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Who listens, and how that goes.
    pub(super) fn stats(&self) -> BusStats {
        let _gate = fork::gate();
        let subscriptions = lock(&self.list).iter().map(|subscriber| subscriber.stats()).collect();
        BusStats { events: self.delivered.load(Ordering::Relaxed), subscriptions }
    }

    /// Lets all listeners go.
    pub(crate) fn clear(&self) {
        let _gate = fork::gate();
        let gone = std::mem::take(&mut *lock(&self.list));
        self.changed(&[]);
        // Outside of the lock: what handlers hold is the host's.
        drop(gone);
    }

    /// The worker is gone: whoever waits on a stream is told.
    pub(crate) fn close(&self) {
        for subscriber in lock(&self.list).iter() {
            if let Receiver::Stream(queue) = &subscriber.receiver {
                queue.close();
            }
        }
    }
}

/// Which of [`WANTS`] fit a pattern of the list.
fn wanted(list: &[Arc<Subscriber>]) -> u32 {
    let heard = |topic: &str| list.iter().any(|s| topic_matches(&s.pattern, topic));
    WANTS.iter().enumerate().filter(|(_, topic)| heard(topic)).map(|(bit, _)| 1 << bit).sum()
}

/// The worker's side: a copy of the list, renewed when it changed.
#[derive(Default)]
pub(crate) struct Delivery {
    version: Option<u64>,
    list: Vec<Arc<Subscriber>>,
    seq: u64,
}

impl Delivery {
    /// Numbers an event.
    pub(crate) fn stamp(&mut self, ts_us: i64, event: Event) -> Arc<BusEvent> {
        self.seq += 1;
        Arc::new(BusEvent { seq: self.seq, ts_us, event })
    }

    /// Hands an event to whoever listens; gives what has to be said of handlers that panicked.
    pub(crate) fn deliver(&mut self, bus: &Bus, event: &Arc<BusEvent>) -> Vec<Event> {
        let version = bus.version.load(Ordering::Acquire);
        if self.version != Some(version) {
            let _gate = fork::gate();
            self.list.clone_from(&lock(&bus.list));
            self.version = Some(version);
        }
        let mut said = Vec::new();
        bus.delivered.fetch_add(1, Ordering::Relaxed);
        for subscriber in &self.list {
            let silent =
                subscriber.gone.load(Ordering::Acquire) || subscriber.quarantined.load(Ordering::Relaxed);
            if silent || !topic_matches(&subscriber.pattern, &event.event.topic) {
                continue;
            }
            subscriber.delivered.fetch_add(1, Ordering::Relaxed);
            match &subscriber.receiver {
                Receiver::Stream(queue) => {
                    let lagged = queue.push(event.clone());
                    subscriber.lagged.fetch_add(lagged, Ordering::Relaxed);
                }
                Receiver::Handler(handler) => {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| handler(event))) {
                        let text = Error::from_panic(&*panic).to_string();
                        let strikes = subscriber.panics.fetch_add(1, Ordering::Relaxed) + 1;
                        subscriber.quarantined.store(strikes >= STRIKES, Ordering::Relaxed);
                        said.push(Event {
                            topic: "bus.handler_failed".to_owned(),
                            correlation_id: String::new(),
                            span: SpanToken::NONE,
                            data: json!({
                                "subscription": subscriber.id, "pattern": subscriber.pattern, "message": text,
                                "topic": event.event.topic, "failures": strikes, "quarantined": strikes >= STRIKES,
                            }),
                        });
                    }
                }
            }
        }
        said
    }
}

impl Subscriber {
    pub(super) fn stats(&self) -> SubscriptionStats {
        SubscriptionStats {
            id: self.id,
            pattern: self.pattern.clone(),
            delivered: self.delivered.load(Ordering::Relaxed),
            lagged: self.lagged.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
            quarantined: self.quarantined.load(Ordering::Relaxed),
        }
    }
}

//! Events that wait in a queue until somebody takes them.

use super::bus::{Subscription, SubscriptionStats};
use super::core::lock;
use super::record::BusEvent;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// What a stream gives.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem {
    /// An event.
    Event(Arc<BusEvent>),
    /// So many events were dropped here.
    Lagged(u64),
}

/// Events that wait to be taken, from any thread. `None` from its methods means "nothing now"; see
/// [`EventStream::is_closed`].
#[derive(Debug)]
pub struct EventStream {
    pub(super) queue: Arc<Queue>,
    pub(super) subscription: Subscription,
}

impl EventStream {
    /// The next item, if there is one already.
    #[must_use]
    pub fn try_next(&self) -> Option<StreamItem> {
        lock(&self.queue.state).take()
    }

    /// The next item; waits for it this long at most, and no longer when the monitor ends.
    #[must_use]
    pub fn next_timeout(&self, timeout: Duration) -> Option<StreamItem> {
        let started = Instant::now();
        let mut state = lock(&self.queue.state);
        loop {
            if let Some(item) = state.take() {
                return Some(item);
            }
            let left = timeout.checked_sub(started.elapsed()).filter(|left| !left.is_zero())?;
            if state.closed {
                return None;
            }
            state = self.queue.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// For executors: the next item, or the end of the stream when the monitor ended. Only the task that asked last is
    /// woken.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<StreamItem>> {
        let mut state = lock(&self.queue.state);
        match state.take() {
            Some(item) => Poll::Ready(Some(item)),
            None if state.closed => Poll::Ready(None),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Whether nothing will come any more: the monitor was shut down.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let state = lock(&self.queue.state);
        state.closed && state.items.is_empty() && state.lagged == 0
    }

    /// How it goes.
    #[must_use]
    pub fn stats(&self) -> SubscriptionStats {
        self.subscription.stats()
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    capacity: usize,
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    items: VecDeque<Arc<BusEvent>>,
    /// Dropped before the first of the items.
    lagged: u64,
    closed: bool,
    waker: Option<Waker>,
}

impl QueueState {
    fn take(&mut self) -> Option<StreamItem> {
        match std::mem::take(&mut self.lagged) {
            0 => self.items.pop_front().map(StreamItem::Event),
            lagged => Some(StreamItem::Lagged(lagged)),
        }
    }
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Gives how many had to go.
    pub(super) fn push(&self, event: Arc<BusEvent>) -> u64 {
        let mut state = lock(&self.state);
        let full = state.items.len() >= self.capacity;
        if full {
            state.items.pop_front();
            state.lagged += 1;
        }
        state.items.push_back(event);
        self.told(state);
        u64::from(full)
    }

    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        self.told(state);
    }

    fn told(&self, mut state: std::sync::MutexGuard<'_, QueueState>) {
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_all();
        // Outside of the lock: a waker is the host's code, and its panic is not ours to spread.
        if let Some(waker) = waker {
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

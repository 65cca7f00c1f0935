//! Flushes: who asked, and what came of it.

use super::core::lock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Flushes that were asked for and done.
#[derive(Debug, Default)]
pub(crate) struct FlushState {
    pub(super) asked: AtomicU64,
    done: Mutex<FlushDone>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct FlushDone {
    count: u64,
    complete: bool,
    ended: bool,
}

impl FlushState {
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn done(&self) -> u64 {
        lock(&self.done).count
    }

    pub(crate) fn finish(&self, count: u64, complete: bool) {
        let mut done = lock(&self.done);
        done.count = done.count.max(count);
        done.complete = complete;
        self.changed.notify_all();
    }

    /// Nothing will be done any more; whether all was, unless that is known from the last time.
    pub(super) fn end(&self, complete: Option<bool>) {
        let mut done = lock(&self.done);
        done.ended = true;
        done.complete = complete.unwrap_or(done.complete);
        self.changed.notify_all();
    }

    /// After the end, whether all was done.
    pub(crate) fn ended(&self) -> Option<bool> {
        let done = lock(&self.done);
        done.ended.then_some(done.complete)
    }

    pub(super) fn wait(&self, wanted: u64, timeout: Duration) -> bool {
        let mut done = lock(&self.done);
        let started = Instant::now();
        loop {
            if done.count >= wanted || done.ended {
                return done.complete;
            }
            let Some(left) = timeout.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) else {
                return false;
            };
            done = self.changed.wait_timeout(done, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

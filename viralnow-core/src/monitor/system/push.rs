//! Giving a record to the monitor's thread, and what happens where there is no room for it.

use super::builder::Overflow;
use super::core::{Core, Live, is_worker, lock};
use super::local::{self, RingWriter};
use super::record::{Extra, Record, SpanStatus};
use crate::fork;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Records of threads that are being torn down, this many at most.
const SPILL: usize = 4096;
/// So many of the oldest go for one record at most: the caller's time is bounded.
const OLDEST: usize = 64;

impl Core {
    /// Gives the record to the worker, or counts why not. False where the monitor has ended.
    #[inline]
    pub(crate) fn push(self: &Arc<Self>, record: Record) -> bool {
        self.push_in(self.live(), record)
    }

    /// The same for who has asked already what is this process's.
    #[inline]
    pub(super) fn push_in(self: &Arc<Self>, live: &Live, record: Record) -> bool {
        if live.stop.load(Ordering::Relaxed) {
            live.dropped.closed.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let bytes = record.extra.as_ref().map_or(0, |extra| extra.bytes());
        if bytes > 0 {
            let queued = live.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
            if queued + bytes > self.tuning.max_memory() / 4 && !self.make_room(live) {
                live.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
                live.dropped.memory.fetch_add(1, Ordering::Relaxed);
                return true;
            }
        }
        let mut record = Some(record);
        let pushed = local::with_ring(self, |ring| {
            if let Some(record) = record.take() {
                self.push_to(live, ring, record);
            }
        });
        if pushed.is_none()
            && let Some(record) = record
        {
            self.spill(live, record);
        }
        true
    }

    /// Drops the thread's oldest records until there is memory again, where that is wanted; whether there is.
    #[cold]
    fn make_room(self: &Arc<Self>, live: &Live) -> bool {
        if self.tuning.overflow() != Overflow::DropOldest {
            return false;
        }
        live.wake();
        let roomy = || live.queued_bytes.load(Ordering::Relaxed) <= self.tuning.max_memory() / 4;
        local::with_ring(self, |ring| {
            for _ in 0..OLDEST {
                if roomy() {
                    break;
                }
                let Some(oldest) = ring.end.oldest() else { break };
                forget(live, oldest);
                live.dropped.memory.fetch_add(1, Ordering::Relaxed);
            }
            roomy()
        })
        .unwrap_or(false)
    }

    #[inline]
    fn push_to(&self, live: &Live, ring: &mut RingWriter, record: Record) {
        if self.tuning.overflow() == Overflow::SampleDown && thinned(ring, &record) {
            forget(live, record);
            live.dropped.thinned.fetch_add(1, Ordering::Relaxed);
            return;
        }
        match ring.end.producer.push(record) {
            Ok(()) => {
                ring.since_wake += 1;
                if ring.since_wake >= ring.wake_after {
                    ring.woke();
                    live.wake();
                }
            }
            Err(rtrb::PushError::Full(record)) => self.overflow(live, ring, record),
        }
    }

    #[cold]
    fn overflow(&self, live: &Live, ring: &mut RingWriter, record: Record) {
        live.wake();
        let left = match self.tuning.overflow() {
            Overflow::DropOldest => instead_of_oldest(live, ring, record),
            Overflow::Block { most } if !is_worker() => wait_for_room(live, ring, record, most),
            _ => Some(record),
        };
        if let Some(left) = left {
            forget(live, left);
            ring.end.counts.full.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[cold]
    fn spill(self: &Arc<Self>, live: &Live, record: Record) {
        self.ensure_worker();
        let _gate = fork::gate();
        let mut spill = lock(&live.spill);
        let too_much = if spill.len() < SPILL {
            None
        } else if self.tuning.overflow() == Overflow::DropOldest {
            spill.pop_front()
        } else {
            drop(spill);
            lost_at_exit(live, record);
            return;
        };
        spill.push_back(record);
        drop(spill);
        if let Some(oldest) = too_much {
            lost_at_exit(live, oldest);
        }
    }
}

fn lost_at_exit(live: &Live, record: Record) {
    forget(live, record);
    live.dropped.thread_exit.fetch_add(1, Ordering::Relaxed);
}

/// Puts a record in the place of the oldest one; gives back what found no place: the oldest, or where the monitor's thread was at it again
/// and again, this one.
fn instead_of_oldest(live: &Live, ring: &mut RingWriter, mut record: Record) -> Option<Record> {
    for _ in 0..OLDEST {
        let oldest = ring.end.oldest();
        match ring.end.producer.push(record) {
            Ok(()) => return oldest,
            Err(rtrb::PushError::Full(back)) => record = back,
        }
        // Only this thread fills it: where nothing was taken out, the monitor's thread is about to.
        std::hint::spin_loop();
    }
    live.wake();
    Some(record)
}

/// Waits for room, for so long at most; gives back what found none.
fn wait_for_room(live: &Live, ring: &mut RingWriter, mut record: Record, most: Duration) -> Option<Record> {
    // No moment is so far away as the longest duration: that one has no end.
    let until = Instant::now().checked_add(most);
    while until.is_none_or(|until| Instant::now() < until) && !live.stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_micros(50));
        match ring.end.producer.push(record) {
            Ok(()) => return None,
            Err(rtrb::PushError::Full(back)) => record = back,
        }
        live.wake();
    }
    Some(record)
}

/// When less than a quarter is free, whether this is one of the seven in eight that go. Failures stay.
fn thinned(ring: &RingWriter, record: &Record) -> bool {
    let free = ring.end.producer.slots();
    free < ring.end.capacity() / 4
        && record.status != SpanStatus::Failed
        && !matches!(record.extra.as_deref(), Some(Extra::Event(_)))
        && !local::tick().is_multiple_of(8)
}

/// Takes a record's bytes off the account.
fn forget(live: &Live, record: Record) {
    if let Some(extra) = record.extra {
        live.queued_bytes.fetch_sub(extra.bytes(), Ordering::Relaxed);
    }
}

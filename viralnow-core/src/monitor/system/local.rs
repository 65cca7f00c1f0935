//! What each thread has of its own: a ring for each monitor, numbers for spans, the span that it is in.

use super::core::Core;
use super::ring::RingEnd;
use crate::fork;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Span numbers are taken this many at a time.
const ID_BLOCK: u64 = 4096;

/// Records of a thread after which the worker is asked to look for the first time.
const FIRST_WAKE: usize = 1024;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

pub(crate) struct RingWriter {
    /// Which monitor, and after how many forks.
    monitor: u64,
    generation: u32,
    pub(crate) end: RingEnd,
    /// Records since the worker was last asked to look, and after how many it is.
    pub(crate) since_wake: usize,
    pub(crate) wake_after: usize,
}

impl RingWriter {
    /// The worker was asked to look; the next time half a ring later at most.
    #[inline]
    pub(crate) fn woke(&mut self) {
        self.since_wake = 0;
        self.wake_after = (self.wake_after * 2).min(self.end.capacity() / 2).max(1);
    }
}

thread_local! {
    static WRITERS: RefCell<Vec<RingWriter>> = const { RefCell::new(Vec::new()) };
    /// The next number and the end of the block, with the fork generation that took it.
    static IDS: Cell<(u64, u64, u32)> = const { Cell::new((0, 0, 0)) };
    static TAG: Cell<u32> = const { Cell::new(0) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

/// A number for a span: unique in the process, and in a child of it by its run.
#[inline]
pub(crate) fn next_id() -> u64 {
    IDS.try_with(|ids| {
        let (next, end, generation) = ids.get();
        if next < end && generation == fork::generation() {
            ids.set((next + 1, end, generation));
            return next;
        }
        let next = NEXT_ID.fetch_add(ID_BLOCK, Ordering::Relaxed);
        ids.set((next + 1, next + ID_BLOCK, fork::generation()));
        next
    })
    .unwrap_or_else(|_| NEXT_ID.fetch_add(1, Ordering::Relaxed))
}

/// The first of so many numbers, for spans that are numbered elsewhere.
pub(crate) fn reserve(numbers: u64) -> u64 {
    NEXT_ID.fetch_add(numbers, Ordering::Relaxed)
}

/// Counts up, for choosing one in so many.
#[inline]
pub(crate) fn tick() -> u64 {
    CALLS
        .try_with(|calls| {
            let n = calls.get().wrapping_add(1);
            calls.set(n);
            n
        })
        .unwrap_or(0)
}

/// A number in [0, 2^32) for choosing a share of the calls: the golden ratio spreads consecutive ticks evenly, and so does any fixed part of them.
#[inline]
pub(crate) fn spread_tick() -> u64 {
    tick().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
}

/// Tells this thread from others, in 24 bits; 0 while it is being torn down.
#[inline]
pub(crate) fn thread_tag() -> u32 {
    const BITS: u32 = 24;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    TAG.try_with(|tag| {
        if tag.get() == 0 {
            tag.set(NEXT.fetch_add(1, Ordering::Relaxed) % ((1 << BITS) - 1) + 1);
        }
        tag.get()
    })
    .unwrap_or(0)
}

/// The span that the thread is in, for guards; 0 outside.
#[inline]
pub(crate) fn current() -> u64 {
    CURRENT.try_with(Cell::get).unwrap_or(0)
}

/// Enters a span, or leaves one; gives the one before.
#[inline]
pub(crate) fn set_current(span: u64) -> u64 {
    CURRENT.try_with(|current| current.replace(span)).unwrap_or(0)
}

/// Runs `work` with this thread's ring, which is made if need be. `None` while the thread is being torn down.
#[inline]
pub(crate) fn with_ring<T>(core: &Arc<Core>, work: impl FnOnce(&mut RingWriter) -> T) -> Option<T> {
    WRITERS
        .try_with(|writers| {
            let mut writers = writers.try_borrow_mut().ok()?;
            let generation = fork::generation();
            let known = writers.iter().position(|w| w.monitor == core.id && w.generation == generation);
            let index = match known {
                Some(index) => index,
                None => make(core, &mut writers, generation),
            };
            Some(work(&mut writers[index]))
        })
        .ok()
        .flatten()
}

#[cold]
fn make(core: &Arc<Core>, writers: &mut Vec<RingWriter>, generation: u32) -> usize {
    // Of monitors that are gone; and after a fork the parent's, whose other end nobody reads any more.
    writers.retain(|w| w.generation == generation && !w.end.producer.is_abandoned());
    let end = core.add_ring();
    // Soon at first: a function that is too hot to be recorded is found before half a ring was.
    let wake_after = (end.capacity() / 2).clamp(1, FIRST_WAKE);
    writers.push(RingWriter { monitor: core.id, generation, end, since_wake: 0, wake_after });
    writers.len() - 1
}

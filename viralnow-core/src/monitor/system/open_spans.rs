//! The open spans of a `tracing` subscriber, by its numbers.
//!
//! What a layer knows of a span may lie in the registry's extensions: an allocation, a lock and a hash table for each span, and two look-ups of
//! the span to get there, which together cost more than the span. Here it lies in a fixed place that its number chooses, as long as that is
//! free; where it is not, in the extensions.

use super::super::SpanToken;
use super::record::Open;
use std::sync::atomic::{AtomicU64, Ordering};

const BITS: u32 = 10;
/// Somebody is writing. No span has this number, or 0.
const BUSY: u64 = u64::MAX;

#[derive(Default)]
struct Slot {
    id: AtomicU64,
    span: AtomicU64,
    parent: AtomicU64,
    start: AtomicU64,
    cpu: AtomicU64,
    /// The site and, in the upper half, the mode.
    place: AtomicU64,
}

pub(super) struct OpenSpans(Box<[Slot]>);

impl OpenSpans {
    pub(super) fn new() -> Self {
        Self((0..1 << BITS).map(|_| Slot::default()).collect())
    }

    #[inline]
    fn slot(&self, id: u64) -> &Slot {
        &self.0[(id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize]
    }

    /// Keeps a span until it is taken; whether there was room.
    #[inline]
    pub(super) fn put(&self, id: u64, open: &Open) -> bool {
        let slot = self.slot(id);
        if slot.id.compare_exchange(0, BUSY, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return false;
        }
        slot.span.store(open.span.0, Ordering::Relaxed);
        slot.parent.store(open.parent.0, Ordering::Relaxed);
        slot.start.store(open.start, Ordering::Relaxed);
        slot.cpu.store(open.cpu, Ordering::Relaxed);
        slot.place.store(u64::from(open.mode) << 32 | u64::from(open.site), Ordering::Relaxed);
        slot.id.store(id, Ordering::Release);
        true
    }

    /// Gives a span back, which is closed once.
    #[inline]
    pub(super) fn take(&self, id: u64) -> Option<Open> {
        let slot = self.slot(id);
        if slot.id.load(Ordering::Acquire) != id {
            return None;
        }
        let place = slot.place.load(Ordering::Relaxed);
        let open = Open {
            span: SpanToken(slot.span.load(Ordering::Relaxed)),
            parent: SpanToken(slot.parent.load(Ordering::Relaxed)),
            start: slot.start.load(Ordering::Relaxed),
            cpu: slot.cpu.load(Ordering::Relaxed),
            site: place as u32,
            mode: (place >> 32) as u32,
        };
        slot.id.store(0, Ordering::Release);
        Some(open)
    }

    /// Our number of a span that is open and stays so while this is asked.
    #[inline]
    pub(super) fn span(&self, id: u64) -> Option<SpanToken> {
        let slot = self.slot(id);
        (slot.id.load(Ordering::Acquire) == id).then(|| SpanToken(slot.span.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_come_back_as_they_went_and_those_without_room_are_refused() {
        let spans = OpenSpans::new();
        let open = |n: u64| Open {
            span: SpanToken(n),
            parent: SpanToken(n + 1),
            start: n + 2,
            cpu: n + 3,
            site: 4,
            mode: Open::TIMED | 7 << Open::THREAD_SHIFT,
        };
        let kept: Vec<u64> = (1..=4000).filter(|&id| spans.put(id, &open(id))).collect();
        assert!(kept.len() > 900 && kept.len() <= 1 << BITS, "{}", kept.len());
        for id in 1..=4000 {
            let known = kept.contains(&id);
            assert_eq!(spans.span(id).is_some(), known);
            assert_eq!(spans.take(id), known.then(|| open(id)));
            assert_eq!(spans.take(id), None, "once");
        }
    }
}

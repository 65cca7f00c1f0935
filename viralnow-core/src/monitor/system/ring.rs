//! The ring between one thread and the monitor's: the thread writes, the monitor's thread reads, nobody waits.
//!
//! The reading end is behind a lock that the monitor's thread has to itself: a thread tries it only where its ring is full and the oldest
//! record is to go, and never waits for it.

use super::record::Record;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};

type Reading = Mutex<rtrb::Consumer<Record>>;

/// What both ends of a ring share.
#[derive(Debug, Default)]
pub(crate) struct RingCounts {
    /// Records that found no room, or made room for another.
    pub(crate) full: AtomicU64,
}

/// The monitor's end.
pub(crate) struct RingReader {
    reading: Arc<Reading>,
    pub(crate) counts: Arc<RingCounts>,
}

/// The thread's end.
pub(crate) struct RingEnd {
    pub(crate) producer: rtrb::Producer<Record>,
    pub(crate) counts: Arc<RingCounts>,
    /// Weak: a ring whose monitor is gone must be seen to be.
    reading: Weak<Reading>,
}

/// A ring of so many records.
pub(crate) fn ring(capacity: usize) -> (RingEnd, RingReader) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity);
    let (reading, counts) = (Arc::new(Mutex::new(consumer)), Arc::new(RingCounts::default()));
    let end = RingEnd { producer, counts: counts.clone(), reading: Arc::downgrade(&reading) };
    (end, RingReader { reading, counts })
}

impl RingReader {
    pub(crate) fn pop(&self) -> Option<Record> {
        self.look(|consumer| consumer.pop().ok())
    }

    /// Records that wait now.
    pub(crate) fn len(&self) -> usize {
        self.look(|consumer| consumer.slots())
    }

    pub(crate) fn capacity(&self) -> usize {
        self.look(|consumer| consumer.buffer().capacity())
    }

    /// Whether the thread has ended.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.look(|consumer| consumer.is_abandoned())
    }

    fn look<T>(&self, look: impl FnOnce(&mut rtrb::Consumer<Record>) -> T) -> T {
        look(&mut self.reading.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RingEnd {
    pub(crate) fn capacity(&self) -> usize {
        self.producer.buffer().capacity()
    }

    /// Takes the oldest record out; `None` where there is none, or where the monitor's thread takes it at this very moment.
    pub(crate) fn oldest(&self) -> Option<Record> {
        let reading = self.reading.upgrade()?;
        match reading.try_lock() {
            Ok(mut consumer) => consumer.pop().ok(),
            Err(TryLockError::Poisoned(consumer)) => consumer.into_inner().pop().ok(),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

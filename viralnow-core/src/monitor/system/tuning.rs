//! Settings that may change while a monitor runs. What every record asks for are atomics; the rest is read by the monitor's thread when it is
//! told that something is another.

use super::builder::{Overflow, Settings};
use super::core::lock;
use crate::fork;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

const DROP_NEWEST: u64 = 0;
const DROP_OLDEST: u64 = 1;
const SAMPLE_DOWN: u64 = 2;
/// From here on the nanoseconds of a wait.
const BLOCK: u64 = 3;

pub(crate) struct Tuning {
    overflow: AtomicU64,
    max_memory: AtomicUsize,
    /// Counts the changes.
    version: AtomicU32,
    all: Mutex<Settings>,
}

impl Tuning {
    pub(crate) fn new(settings: Settings) -> Self {
        let tuning = Self {
            overflow: AtomicU64::new(0),
            max_memory: AtomicUsize::new(0),
            version: AtomicU32::new(0),
            all: Mutex::new(settings),
        };
        tuning.change(|_| {});
        tuning
    }

    #[inline]
    pub(crate) fn overflow(&self) -> Overflow {
        match self.overflow.load(Ordering::Relaxed) {
            DROP_NEWEST => Overflow::DropNewest,
            DROP_OLDEST => Overflow::DropOldest,
            SAMPLE_DOWN => Overflow::SampleDown,
            u64::MAX => Overflow::Block { most: Duration::MAX },
            block => Overflow::Block { most: Duration::from_nanos(block - BLOCK) },
        }
    }

    #[inline]
    pub(crate) fn max_memory(&self) -> usize {
        self.max_memory.load(Ordering::Relaxed)
    }

    pub(crate) fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }

    /// All of them.
    pub(crate) fn settings(&self) -> Settings {
        let _gate = fork::gate();
        lock(&self.all).clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Settings)) {
        let _gate = fork::gate();
        let mut all = lock(&self.all);
        change(&mut all);
        let overflow = match all.overflow {
            Overflow::DropNewest => DROP_NEWEST,
            Overflow::DropOldest => DROP_OLDEST,
            Overflow::SampleDown => SAMPLE_DOWN,
            Overflow::Block { most } => {
                u64::try_from(most.as_nanos()).unwrap_or(u64::MAX).saturating_add(BLOCK)
            }
        };
        self.overflow.store(overflow, Ordering::Relaxed);
        self.max_memory.store(all.max_memory, Ordering::Relaxed);
        self.version.fetch_add(1, Ordering::Release);
    }
}

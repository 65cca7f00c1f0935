//! What the host's threads and the monitor's thread share.

use super::builder::Settings;
use super::flush::FlushState;
use super::listeners::Bus;
use super::record::Record;
use super::ring::{RingEnd, RingReader, ring};
use super::runner::SinkRunner;
use super::site::SiteTable;
use super::status::{Dropped, WorkerState};
use super::swap::{Role, SinkFactory, Swap};
use super::tuning::Tuning;
use super::worker;
use crate::fork::{self, PerProcess};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

const LEAST_RING: usize = 64;

pub(crate) struct Core {
    /// Unlike that of any other monitor of the process.
    pub(crate) id: u64,
    pub(crate) tuning: Tuning,
    /// Whether levels adapt.
    pub(crate) adaptive: bool,
    pub(crate) table: SiteTable,
    pub(crate) started: Instant,
    /// How each process of a line of forks makes its sinks.
    pub(super) sinks: Mutex<Vec<(Role, SinkFactory)>>,
    live: PerProcess<Live>,
}

/// What a child of a fork has anew.
pub(crate) struct Live {
    rings: Mutex<Rings>,
    /// Records of threads that are being torn down, and have no ring any more.
    pub(super) spill: Mutex<VecDeque<Record>>,
    worker: Mutex<Worker>,
    /// Sinks that the worker is to put, replace or take away.
    pub(super) swaps: Mutex<Vec<Swap>>,
    /// The worker's; reached without a lock, so that no caller waits for a fork that waits for a sink.
    thread: OnceLock<Thread>,
    /// Whether the worker was asked to look since it last did.
    woken: AtomicBool,
    pub(crate) stop: AtomicBool,
    /// Bytes of what records carry with them.
    pub(crate) queued_bytes: AtomicUsize,
    pub(crate) dropped: DropCounts,
    pub(crate) flush: FlushState,
    pub(crate) bus: Bus,
    pub(crate) state: Mutex<WorkerState>,
    /// Last sampled, in KiB.
    pub(crate) rss_kib: AtomicU64,
}

#[derive(Default)]
struct Rings {
    /// Not yet seen by the worker.
    fresh: Vec<RingReader>,
    bytes: usize,
}

#[derive(Default)]
struct Worker {
    sinks: Option<Vec<SinkRunner>>,
}

#[derive(Debug, Default)]
pub(crate) struct DropCounts {
    /// Of rings; those that are alive count for themselves.
    pub(crate) full: AtomicU64,
    pub(crate) memory: AtomicU64,
    pub(crate) closed: AtomicU64,
    pub(crate) thread_exit: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) thinned: AtomicU64,
}

impl DropCounts {
    pub(crate) fn read(&self) -> Dropped {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Dropped {
            ring_full: read(&self.full),
            memory: read(&self.memory),
            closed: read(&self.closed),
            thread_exit: read(&self.thread_exit),
            refused: read(&self.refused),
            thinned: read(&self.thinned),
        }
    }
}

thread_local! {
    /// Whether this thread is the one of a monitor, by the fork generation: a handler that forks leaves the child a thread that is none.
    static IS_WORKER: Cell<Option<u32>> = const { Cell::new(None) };
}

pub(crate) fn is_worker() -> bool {
    IS_WORKER.try_with(Cell::get).ok().flatten() == Some(fork::generation())
}

/// Nothing that can panic happens under the locks of this room, or what happens leaves them whole.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub(crate) fn new(
        settings: Settings,
        sinks: Vec<(Role, SinkFactory)>,
        once: Vec<SinkRunner>,
    ) -> Arc<Self> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        fork::watch();
        let mut runners = once;
        runners.extend(made(&sinks));
        let table = SiteTable::new(settings.level);
        Arc::new(Self {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            adaptive: settings.adaptive,
            tuning: Tuning::new(settings),
            table,
            started: Instant::now(),
            sinks: Mutex::new(sinks),
            live: PerProcess::new(Live::new(runners, Bus::default())),
        })
    }

    #[inline]
    pub(crate) fn live(&self) -> &Live {
        self.live.get(|parent| {
            self.table.begin_anew();
            Live::new(made(&lock(&self.sinks)), parent.bus.inherit())
        })
    }

    /// A ring for the calling thread; its other end goes to the worker.
    pub(crate) fn add_ring(self: &Arc<Self>) -> RingEnd {
        let live = self.live();
        let settings = self.tuning.settings();
        let end = {
            let _gate = fork::gate();
            let mut rings = lock(&live.rings);
            let budget = (settings.max_memory / 2).saturating_sub(rings.bytes);
            let mut capacity = settings.ring_capacity.max(LEAST_RING);
            // Each thread gets half of what is left at most, so that later ones get some too.
            while capacity > LEAST_RING && capacity * size_of::<Record>() > budget / 2 {
                capacity /= 2;
            }
            let (end, reader) = ring(capacity);
            rings.bytes += capacity * size_of::<Record>();
            rings.fresh.push(reader);
            end
        };
        self.ensure_worker();
        end
    }

    /// Starts the monitor's thread unless it runs.
    pub(crate) fn ensure_worker(self: &Arc<Self>) {
        let live = self.live();
        if live.stop.load(Ordering::Relaxed) {
            return;
        }
        let _gate = fork::gate();
        let mut worker = lock(&live.worker);
        // Asked again under the lock: nothing starts after the end.
        if live.thread.get().is_some() || live.stop.load(Ordering::SeqCst) {
            return;
        }
        let Some(sinks) = worker.sinks.take() else { return };
        let core = self.clone();
        let work = move || {
            IS_WORKER.set(Some(fork::generation()));
            worker::run(&core, sinks);
            core.live().flush.end(None);
        };
        if let Ok(handle) = std::thread::Builder::new().name("vn-monitor".to_owned()).spawn(work) {
            drop(live.thread.set(handle.thread().clone()));
        } else {
            // No thread to be had: what is recorded is counted and dropped, and nobody waits for a flush.
            live.stop.store(true, Ordering::SeqCst);
            live.bus.close();
            live.flush.end(Some(false));
        }
    }

    /// Asks for everything up to now to be written, and waits; whether it was, in time.
    pub(crate) fn flush(self: &Arc<Self>, timeout: Duration) -> bool {
        if is_worker() {
            return false;
        }
        self.ensure_worker();
        let live = self.live();
        let wanted = live.flush.asked.fetch_add(1, Ordering::SeqCst) + 1;
        live.wake_now();
        live.flush.wait(wanted, timeout)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.live().stop.load(Ordering::SeqCst)
    }

    /// Ends the worker once everything is written; whether it was, in time.
    pub(crate) fn stop(self: &Arc<Self>, timeout: Duration) -> bool {
        let live = self.live();
        let running = {
            let _gate = fork::gate();
            let _starts = lock(&live.worker);
            live.stop.store(true, Ordering::SeqCst);
            live.thread.get().is_some()
        };
        if !running {
            live.bus.close();
            live.flush.end(live.flush.ended().is_none().then_some(true));
            return live.flush.ended() == Some(true);
        }
        live.wake_now();
        // A handler that drops the last handle is on the worker itself, which cannot wait for its own end.
        !is_worker() && live.flush.wait(u64::MAX, timeout)
    }
}

impl Live {
    fn new(sinks: Vec<SinkRunner>, bus: Bus) -> Self {
        Self {
            rings: Mutex::default(),
            spill: Mutex::default(),
            worker: Mutex::new(Worker { sinks: Some(sinks) }),
            swaps: Mutex::default(),
            thread: OnceLock::new(),
            woken: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            queued_bytes: AtomicUsize::new(0),
            dropped: DropCounts::default(),
            flush: FlushState::default(),
            bus,
            state: Mutex::default(),
            rss_kib: AtomicU64::new(0),
        }
    }

    /// Asks the worker to look, at most once until it does.
    #[inline]
    pub(crate) fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.unpark();
        }
    }

    fn wake_now(&self) {
        self.woken.store(true, Ordering::Release);
        self.unpark();
    }

    fn unpark(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }

    pub(crate) fn looked(&self) {
        self.woken.store(false, Ordering::Release);
    }

    /// Rings that came since the last time.
    pub(crate) fn take_fresh(&self) -> Vec<RingReader> {
        let _gate = fork::gate();
        std::mem::take(&mut lock(&self.rings).fresh)
    }

    /// A ring is gone.
    pub(crate) fn give_back(&self, capacity: usize) {
        let _gate = fork::gate();
        let mut rings = lock(&self.rings);
        rings.bytes = rings.bytes.saturating_sub(capacity * size_of::<Record>());
    }

    pub(crate) fn ring_bytes(&self) -> usize {
        let _gate = fork::gate();
        lock(&self.rings).bytes
    }

    /// The worker's readers at its end: what is still in their rings, and what comes there, is counted as dropped.
    pub(crate) fn leave(&self, rings: Vec<RingReader>) {
        let _gate = fork::gate();
        lock(&self.rings).fresh.extend(rings);
    }

    /// What nobody will take any more, and what rings refused beyond what the worker knows of; none while it works.
    pub(crate) fn left_behind(&self) -> (u64, u64) {
        if self.flush.ended().is_none() {
            return (0, 0);
        }
        let _gate = fork::gate();
        let spilled = lock(&self.spill).len() as u64;
        let rings = lock(&self.rings);
        rings.fresh.iter().fold((spilled, 0), |(left, full), ring| {
            (left + ring.len() as u64, full + ring.counts.full.load(Ordering::Relaxed))
        })
    }

    pub(crate) fn take_swaps(&self) -> Vec<Swap> {
        let _gate = fork::gate();
        std::mem::take(&mut lock(&self.swaps))
    }

    pub(crate) fn take_spill(&self) -> VecDeque<Record> {
        let _gate = fork::gate();
        std::mem::take(&mut lock(&self.spill))
    }
}

fn made(factories: &[(Role, SinkFactory)]) -> Vec<SinkRunner> {
    factories.iter().map(|(role, make)| SinkRunner::new(*role, make())).collect()
}

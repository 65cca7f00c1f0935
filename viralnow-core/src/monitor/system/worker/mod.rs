//! The monitor's thread: takes what came, counts what was dropped, tells who listens, writes.

mod process;
mod records;

use super::adapt::Adapter;
use super::baseline::Baselines;
use super::builder::{Overflow, Settings};
use super::clock::{self, Anchor};
use super::core::{Core, Live, lock};
use super::listeners::Delivery;
use super::minutes::{MINUTE_BYTES, Minutes};
use super::ring::RingReader;
use super::runner::{Room, SinkRunner};
use super::scrub::Scrubber;
use super::sink::Batch;
use super::status::SinkState;
use super::swap::swap;
use super::told::told;
use crate::fork;
use process::Told;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A batch is written when it has so many records, or when the flush interval is over.
const BATCH: usize = 4096;
/// A batch is also written when it holds this part of the memory that is allowed.
const BATCH_PART: usize = 8;
/// How often the rings are looked at without being asked.
const TURN: Duration = Duration::from_millis(50);
/// How often baselines are judged, levels adapted, and sinks may tidy up.
const SECOND: Duration = Duration::from_secs(1);
/// How often, at most, it is counted what was not recorded call by call.
const TALLY: Duration = Duration::from_millis(50);

pub(crate) struct Work<'a> {
    core: &'a Arc<Core>,
    settings: Settings,
    /// Of the settings.
    version: u32,
    live: &'a Live,
    sinks: Vec<SinkRunner>,
    rings: Vec<RingReader>,
    batch: Batch,
    batch_bytes: usize,
    scrubber: Scrubber,
    delivery: Delivery,
    baselines: Baselines,
    minutes: Minutes,
    adapter: Adapter,
    anchor: Anchor,
    received: u64,
    /// Of rings that are gone.
    ring_full: u64,
    /// By sinks that are gone.
    lost: u64,
    dropped_told: u64,
    written_at: Instant,
    tallied_at: Instant,
    second_at: Instant,
    /// Of the process.
    told: Told,
    last_error: Option<String>,
}

/// Runs until the monitor is stopped.
pub(crate) fn run(core: &Arc<Core>, sinks: Vec<SinkRunner>) {
    let (version, settings) = (core.tuning.version(), core.tuning.settings());
    let mut work = Work {
        core,
        settings: settings.clone(),
        version,
        live: core.live(),
        sinks,
        rings: Vec::new(),
        batch: Batch::default(),
        batch_bytes: 0,
        scrubber: Scrubber::new(settings.scrub.clone()),
        delivery: Delivery::default(),
        baselines: Baselines::new(&settings),
        minutes: Minutes::default(),
        adapter: Adapter::new(),
        anchor: Anchor::now(),
        received: 0,
        ring_full: 0,
        lost: 0,
        dropped_told: 0,
        written_at: Instant::now(),
        tallied_at: Instant::now(),
        second_at: Instant::now(),
        told: Told::now(),
        last_error: None,
    };
    let mut begun = false;
    loop {
        let stopping = work.live.stop.load(Ordering::SeqCst);
        let asked = work.live.flush.asked();
        work.live.looked();
        // A defect here must not end the monitoring for good.
        if stopping || !begun {
            // Apart: what goes wrong with it must not cost what was recorded.
            let _ = catch_unwind(AssertUnwindSafe(|| work.tell_of_process(!begun, stopping)));
            begun = true;
        }
        let turned = catch_unwind(AssertUnwindSafe(|| work.turn(stopping || asked > work.live.flush.done())));
        let complete = match turned {
            Ok(complete) => complete,
            Err(panic) => {
                work.last_error = Some(crate::Error::from_panic(&*panic).to_string());
                false
            }
        };
        if asked > work.live.flush.done() || stopping {
            work.live.flush.finish(asked, complete);
        }
        if stopping {
            work.leave();
            return;
        }
        if !work.live.is_woken() {
            std::thread::park_timeout(TURN.min(work.settings.flush_interval));
        }
    }
}

impl Work<'_> {
    /// One look at everything; whether all that was there is where it belongs, which is only known when it was
    /// `forced`.
    fn turn(&mut self, forced: bool) -> bool {
        let now = Instant::now();
        if now.duration_since(self.anchor.taken) >= SECOND {
            self.anchor = Anchor::now();
        }
        self.tune();
        let mut lowered = Vec::new();
        if self.core.adaptive {
            // Before what they left is written, which takes a while.
            let waiting = self.rings.iter().map(RingReader::len).sum();
            lowered = self.adapter.lower(&self.core.table, waiting);
        }
        self.drain();
        // When what was recorded until then is known.
        lowered.iter().for_each(|counts| self.baselines.lowered(counts));
        let second = now.duration_since(self.second_at) >= SECOND;
        if second || forced {
            self.count_minutes(forced);
        }
        if second {
            self.second_at = now;
            self.every_second();
        }
        let due = now.duration_since(self.written_at) >= self.settings.flush_interval;
        if due {
            // Of what is not recorded call by call nothing else would outlive the process.
            let (hot, bytes) = self.minutes.hot(&self.core.table, clock::unix_us());
            self.batch_bytes += bytes;
            self.batch.minutes.extend(hot);
        }
        if due || forced || self.is_large() {
            self.write(forced);
        }
        let complete = !forced || self.flush_sinks();
        self.tell_of_sinks();
        self.publish_state();
        complete
    }

    /// Takes over settings and sinks that are others since the last time.
    fn tune(&mut self) {
        let version = self.core.tuning.version();
        if version != self.version {
            (self.version, self.settings) = (version, self.core.tuning.settings());
            self.scrubber.change(self.settings.scrub.clone());
            self.baselines.tune(&self.settings);
        }
        let swaps = self.live.take_swaps();
        if !swaps.is_empty() {
            // What came before goes where it was to go.
            self.write(true);
            self.lost += swap(&mut self.sinks, swaps);
        }
    }

    fn every_second(&mut self) {
        if let Some(kib) = clock::resident_kib() {
            self.live.rss_kib.store(kib, Ordering::Relaxed);
        }
        if self.core.adaptive {
            self.adapter.adapt(&self.core.table);
        }
        let now_us = clock::unix_us();
        self.sinks.iter_mut().for_each(|sink| sink.maintain(now_us));
        let dropped = self.live.dropped.read().total() + self.full();
        if dropped > self.dropped_told {
            let event =
                told("monitor.dropped", json!({"since_last": dropped - self.dropped_told, "total": dropped}));
            self.dropped_told = dropped;
            self.emit(clock::unix_us(), event);
        }
        self.tell_usage();
    }

    /// Takes what is in the rings now; what comes while it does waits for the next time.
    fn drain(&mut self) {
        self.rings.extend(self.live.take_fresh());
        let mut at = 0;
        // They stay where they are: a panic on the way must not take a ring away from its thread.
        while at < self.rings.len() {
            // Before the look: a thread that ends after it has put everything in.
            let abandoned = self.rings[at].is_abandoned();
            for _ in 0..self.rings[at].len() {
                let Some(record) = self.rings[at].pop() else { break };
                self.take(record);
                if self.is_large() {
                    self.write(false);
                }
            }
            if abandoned && self.rings[at].len() == 0 {
                let ring = self.rings.remove(at);
                self.ring_full += ring.counts.full.load(Ordering::Relaxed);
                self.live.give_back(ring.capacity());
            } else {
                at += 1;
            }
        }
        for record in self.live.take_spill() {
            self.take(record);
        }
    }

    fn is_large(&self) -> bool {
        self.batch.len() >= BATCH || self.batch_bytes > self.settings.max_memory / BATCH_PART
    }

    /// The counts since the last time, some places at a time: of many they are more than may be held at once.
    fn count_minutes(&mut self, forced: bool) {
        let Some(minute) = self.minutes.due(clock::unix_us(), forced) else { return };
        let mut from = Some(0);
        while let Some(first) = from {
            let (minutes, next) = self.minutes.part(&self.core.table, minute, first);
            self.batch_bytes += minutes.len() * MINUTE_BYTES;
            self.batch.minutes.extend(minutes);
            if self.is_large() {
                self.write(false);
            }
            from = next;
        }
    }

    /// The last of it: what nobody takes any more is counted.
    fn leave(&mut self) {
        self.live.bus.close();
        self.sinks.iter_mut().for_each(SinkRunner::give_up);
        let rings = std::mem::take(&mut self.rings);
        self.publish_state();
        self.live.leave(rings);
    }

    /// Counts what was not recorded call by call.
    fn tally(&mut self) {
        let now_us = clock::unix_us();
        let (said, untold) = self.baselines.tally(&self.core.table, now_us);
        self.batch.untold.extend(untold);
        said.into_iter().for_each(|event| self.emit(now_us, event));
    }

    fn write(&mut self, forced: bool) {
        let now = Instant::now();
        if forced || now.duration_since(self.tallied_at) >= TALLY {
            self.tallied_at = now;
            self.tally();
        }
        self.written_at = now;
        if self.sinks.is_empty() {
            self.batch = Batch::default();
            self.batch_bytes = 0;
            return;
        }
        let batch = Arc::new(std::mem::take(&mut self.batch));
        let bytes = std::mem::take(&mut self.batch_bytes);
        let room = Room {
            bytes: self.settings.max_memory / BATCH_PART,
            drop_oldest: self.settings.overflow == Overflow::DropOldest,
        };
        // A fork does not wait for sinks: those of ours that hold what a child needs keep it out themselves, as shortly as they can.
        for sink in &mut self.sinks {
            sink.offer(&batch, bytes, room, forced);
        }
    }

    fn flush_sinks(&mut self) -> bool {
        // All of them, also after one that failed.
        self.sinks.iter_mut().filter_map(|sink| (!sink.flush()).then_some(())).count() == 0
    }

    /// Says when a sink got into trouble or out of it.
    fn tell_of_sinks(&mut self) {
        for index in 0..self.sinks.len() {
            let status = self.sinks[index].status();
            let broken = status.state != SinkState::Working;
            if broken != std::mem::replace(&mut self.sinks[index].told_broken, broken) {
                let topic = if broken { "monitor.degraded" } else { "monitor.recovered" };
                let data =
                    json!({"sink": status.name, "error": status.last_error, "dropped": status.dropped});
                let mut event = told(topic, data);
                self.scrubber.event(&mut event);
                self.emit(clock::unix_us(), event);
            }
            if broken {
                self.last_error = status.last_error;
            }
        }
    }

    fn full(&self) -> u64 {
        let living: u64 = self.rings.iter().map(|ring| ring.counts.full.load(Ordering::Relaxed)).sum();
        self.ring_full + living
    }

    fn publish_state(&mut self) {
        let mut sinks: Vec<_> = self.sinks.iter().map(SinkRunner::status).collect();
        let mut last_error = self.last_error.clone();
        let said = sinks.iter_mut().map(|sink| &mut sink.last_error).chain([&mut last_error]);
        said.flatten().for_each(|text| self.scrubber.text(text));
        let _gate = fork::gate();
        let mut state = lock(&self.live.state);
        state.received = self.received;
        state.ring_full = self.full();
        state.lost = self.lost;
        state.cpu_ns = clock::thread_cpu_ns().unwrap_or(0);
        state.held_bytes = self.batch_bytes + self.sinks.iter().map(SinkRunner::held_bytes).sum::<usize>();
        state.unredacted = self.scrubber.left_out;
        state.sinks = sinks;
        state.last_error = last_error;
    }
}

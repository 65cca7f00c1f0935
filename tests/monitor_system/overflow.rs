//! What goes when there is no room: which records are kept, and that none is lost uncounted.

use super::LONG;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use viralnow_core::monitor::{Batch, Dropped, MonitorSystem, Overflow, Sink};
use viralnow_core::{Error, ErrorKind, Result};

/// Keeps the numbers that are published, and holds the monitor's thread up at the first thing that it is given.
struct Slow {
    numbers: Arc<Mutex<Vec<u64>>>,
    inside: mpsc::Sender<()>,
    go_on: Option<mpsc::Receiver<()>>,
}

impl Sink for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn write(&mut self, batch: &Batch) -> Result<()> {
        if let Some(go_on) = self.go_on.take() {
            self.inside.send(()).unwrap();
            go_on.recv().unwrap();
        }
        let numbers = batch.events.iter().filter(|event| event.event.topic == "n");
        self.numbers.lock().unwrap().extend(numbers.map(|event| event.event.data["n"].as_u64().unwrap()));
        Ok(())
    }
}

/// Publishes so many numbers while the monitor's thread is held up, each with so long a text; those that are kept.
fn kept(overflow: Overflow, count: u64, text: usize, ring: usize) -> (Vec<u64>, Dropped) {
    let (inside, is_inside) = mpsc::channel();
    let (go_on, wait) = mpsc::channel();
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let slow = Slow { numbers: numbers.clone(), inside, go_on: Some(wait) };
    let monitor = MonitorSystem::builder()
        .sink(slow)
        .unredacted()
        .ring_capacity(ring)
        .max_memory(1 << 20)
        .overflow(overflow)
        .build();
    monitor.bus().publish("held", json!(null)).unwrap();
    is_inside.recv_timeout(LONG).unwrap();
    for n in 0..count {
        monitor.bus().publish("n", json!({ "n": n, "text": "x".repeat(text) })).unwrap();
    }
    go_on.send(()).unwrap();
    let report = monitor.flush(LONG);
    assert!(report.complete, "{report:?}");
    let numbers = numbers.lock().unwrap().clone();
    assert_eq!(numbers.len() as u64 + report.dropped.total(), count, "{report:?}");
    (numbers, report.dropped)
}

#[test]
fn of_a_full_ring_the_newest_or_the_oldest_go() {
    let (newest_gone, dropped) = kept(Overflow::DropNewest, 1000, 0, 64);
    assert_eq!((newest_gone, dropped.ring_full), ((0..64).collect(), 936));
    let (oldest_gone, dropped) = kept(Overflow::DropOldest, 1000, 0, 64);
    assert_eq!((oldest_gone, dropped.ring_full), ((936..1000).collect(), 936));
}

#[test]
fn where_memory_is_short_the_newest_or_the_oldest_go() {
    // A quarter of 1 MiB may wait in rings: 26 of these.
    let (newest_gone, dropped) = kept(Overflow::DropNewest, 200, 10_000, 1024);
    let some = newest_gone.len() as u64;
    assert!((20..=26).contains(&some), "{newest_gone:?}");
    assert_eq!((newest_gone, dropped.memory), ((0..some).collect(), 200 - some));
    let (oldest_gone, dropped) = kept(Overflow::DropOldest, 200, 10_000, 1024);
    assert_eq!((oldest_gone, dropped.memory), ((200 - some..200).collect(), 200 - some));
}

#[test]
fn of_what_waits_for_a_sink_in_trouble_the_newest_or_the_oldest_go() {
    #[derive(Clone, Default)]
    struct Picky {
        failing: Arc<AtomicBool>,
        numbers: Arc<Mutex<Vec<u64>>>,
    }
    impl Sink for Picky {
        fn name(&self) -> &'static str {
            "picky"
        }
        fn write(&mut self, batch: &Batch) -> Result<()> {
            if self.failing.load(Ordering::SeqCst) {
                return Err(Error::new(ErrorKind::Io, "not now"));
            }
            let numbers = batch.events.iter().filter(|event| event.event.topic == "n");
            self.numbers.lock().unwrap().extend(numbers.map(|event| event.event.data["n"].as_u64().unwrap()));
            Ok(())
        }
    }
    let kept = |overflow| {
        let picky = Picky::default();
        picky.failing.store(true, Ordering::SeqCst);
        let monitor = MonitorSystem::builder()
            .sink(picky.clone())
            .unredacted()
            .max_memory(1 << 20)
            .overflow(overflow)
            .build();
        // An eighth of 1 MiB may wait for a sink: 13 of these. Four flushes, so that the batch is not given up as refused.
        for round in 0..4 {
            for n in round * 5..(round + 1) * 5 {
                let data = json!({ "n": n, "text": "x".repeat(10_000) });
                monitor.bus().publish("n", data).unwrap();
            }
            assert!(!monitor.flush(LONG).complete);
        }
        picky.failing.store(false, Ordering::SeqCst);
        monitor.flush(LONG);
        let numbers = picky.numbers.lock().unwrap().clone();
        // The monitor's own words about the sink are among what was dropped.
        let status = monitor.status();
        assert!(numbers.len() as u64 + status.sinks[0].dropped >= 20, "{status:?}");
        assert_eq!(status.dropped.total(), 0);
        numbers
    };
    assert_eq!(kept(Overflow::DropNewest), (0..10).collect::<Vec<_>>());
    assert_eq!(kept(Overflow::DropOldest), (10..20).collect::<Vec<_>>());
}

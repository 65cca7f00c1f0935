//! What must hold when things go wrong: redaction that panics, sinks that refuse, a monitor that ends while it is used.

use super::{Kept, LONG, monitor_with};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use viralnow_core::monitor::{
    Batch, Capture, Detail, Level, Monitor, MonitorSystem, Outcome, Overflow, Scrub, Sink, Site, SiteId,
    SpanToken,
};
use viralnow_core::{Error, ErrorKind, Result};

const SECRET: &str = "sk_live_0123456789abcdef";

/// Takes the secret out; panics where it is told to.
struct Censor;

impl Scrub for Censor {
    fn text(&self, text: &mut String) {
        assert!(!text.contains("boom"), "the redaction panics");
        *text = text.replace(SECRET, "***");
    }

    fn value(&self, value: &mut Value) {
        let mut text = value.to_string();
        self.text(&mut text);
        *value = serde_json::from_str(&text).unwrap();
    }
}

/// Keeps everything as text, and the counts.
#[derive(Clone, Default)]
struct Everything {
    said: Arc<Mutex<Vec<String>>>,
    counts: Arc<Mutex<HashMap<SiteId, (u64, u64)>>>,
    failing: Arc<AtomicBool>,
}

impl Sink for Everything {
    fn name(&self) -> &'static str {
        "everything"
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        if self.failing.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Io, format!("no way in with {SECRET}")));
        }
        let mut said = self.said.lock().unwrap();
        said.extend(batch.spans.iter().map(|span| format!("{:?}", span.extra)));
        said.extend(batch.events.iter().map(|event| format!("{:?}", event.event)));
        let mut counts = self.counts.lock().unwrap();
        for minute in &batch.minutes {
            let (calls, timed) = counts.entry(minute.site).or_default();
            *calls += minute.calls;
            *timed += minute.histogram.count();
        }
        Ok(())
    }
}

fn end_with(monitor: &MonitorSystem, site: SiteId, outcome: &Outcome<'_>, args: &str) {
    let detail = Detail { args: Some(args.to_owned()), ..Detail::default() };
    monitor.end_with(monitor.begin(site, SpanToken::NONE), outcome, detail);
}

#[test]
fn a_redaction_that_panics_loses_the_text_and_nothing_else() {
    let sink = Everything::default();
    let monitor = MonitorSystem::builder().sink(sink.clone()).scrub(Censor).adaptive(false).build();
    let site = monitor.callsite("censored", "test", "", 0, 1.0, Capture::TIME);
    for args in ["first", "boom", "third"] {
        end_with(&monitor, site, &Outcome::Completed, args);
        assert!(monitor.flush(LONG).complete);
    }
    monitor.bus().publish("a.b", json!("boom")).unwrap();
    assert!(monitor.flush(LONG).complete);
    let said = sink.said.lock().unwrap().concat();
    assert!(said.contains("first") && said.contains("third") && !said.contains("boom"), "{said}");
    assert_eq!(monitor.status().unredacted, 2);
}

#[test]
fn no_half_secret_is_left_where_a_text_is_cut() {
    let sink = Everything::default();
    let monitor = MonitorSystem::builder().sink(sink.clone()).scrub(Censor).adaptive(false).build();
    let site = monitor.callsite("cut", "test", "", 0, 1.0, Capture::TIME);
    for (bound, filler) in [(2048, "x "), (2048, "x,"), (2048 + 4096, "x "), (2048 + 4096, "x,")] {
        for before in bound - SECRET.len() - 1..bound + 2 {
            let text = filler.repeat(before / 2 + 1)[..before].to_owned() + SECRET + &filler.repeat(4000);
            end_with(&monitor, site, &Outcome::Completed, &text);
            end_with(&monitor, site, &Outcome::Completed, &(SECRET.repeat(40) + &text));
        }
    }
    for before in 170..201 {
        let text = "x ".repeat(100)[..before].to_owned() + SECRET;
        monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Failed { code: &text, message: "" });
    }
    for before in 4070..4097 {
        let text = "x ".repeat(2100)[..before].to_owned() + SECRET;
        monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Failed { code: "", message: &text });
    }
    assert!(monitor.flush(LONG).complete);
    for said in sink.said.lock().unwrap().iter() {
        assert!(!said.contains("sk_"), "{}", &said[said.find("sk_").unwrap().saturating_sub(20)..]);
        assert!(said.len() < 5000, "{} bytes", said.len());
    }
}

#[test]
fn everything_that_is_told_is_redacted() {
    let sink = Everything::default();
    let monitor = MonitorSystem::builder().sink(sink.clone()).scrub(Censor).adaptive(false).build();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = heard.clone();
    let _all =
        monitor.bus().subscribe("**", move |event| list.lock().unwrap().push(format!("{event:?}"))).unwrap();
    let _bad = monitor.bus().subscribe("shop.**", |_| panic!("no {SECRET}")).unwrap();
    let site = monitor.callsite("told", "test", "", 0, 1.0, Capture::TIME);
    let detail = Detail {
        correlation_id: Some(SECRET.to_owned()),
        asset_id: Some(SECRET.to_owned()),
        stack: Some(SECRET.to_owned()),
        ..Detail::default()
    };
    let failed = Outcome::Failed { code: SECRET, message: SECRET };
    monitor.end_with(monitor.begin(site, SpanToken::NONE), &failed, detail);
    monitor
        .bus()
        .publish_in(&format!("shop.{SECRET}"), SECRET, SpanToken::NONE, json!({"key": SECRET}))
        .unwrap();
    sink.failing.store(true, Ordering::SeqCst);
    assert!(!monitor.flush(LONG).complete);
    let status = format!("{:?}", monitor.status());
    assert!(status.contains("no way in with ***") && !status.contains(SECRET), "{status}");
    sink.failing.store(false, Ordering::SeqCst);
    assert!(monitor.flush(LONG).complete && monitor.flush(LONG).complete);
    for said in [&heard, &sink.said] {
        let said = said.lock().unwrap().join("\n");
        assert!(!said.contains("sk_"), "{said}");
        for expected in ["shop.***", "bus.handler_failed", "monitor.degraded", "no way in with ***"] {
            assert!(said.contains(expected), "{expected} in {said}");
        }
    }
}

#[test]
fn counts_outlast_a_sink_that_fails_in_bounded_memory() {
    let sink = Everything::default();
    sink.failing.store(true, Ordering::SeqCst);
    let monitor = MonitorSystem::builder()
        .sink(sink.clone())
        .max_memory(1 << 20)
        .level(Level::Aggregate)
        .adaptive(false)
        .build();
    let names: Vec<String> = (0..100).map(|n| format!("outage_{n}")).collect();
    let sites: Vec<SiteId> =
        names.iter().map(|name| monitor.callsite(name, "test", "", 0, 1.0, Capture::TIME)).collect();
    let rounds = 40_u64;
    for _ in 0..rounds {
        for &site in &sites {
            monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
        }
        assert!(!monitor.flush(LONG).complete);
    }
    let status = monitor.status();
    // 4,000 entries of 2.4 kB came, and the places themselves are 0.3 MB.
    assert!(status.sinks[0].waiting < 400 && status.memory_bytes < 2 << 20, "{status:?}");
    sink.failing.store(false, Ordering::SeqCst);
    monitor.flush(LONG);
    assert!(monitor.flush(LONG).complete);
    let counts = sink.counts.lock().unwrap();
    assert!(sites.iter().all(|site| counts[site] == (rounds, rounds)), "{counts:?}");
}

#[test]
fn what_is_recorded_while_the_monitor_ends_is_stored_or_counted() {
    static SITE: Site = Site::new("ending", "test", file!(), line!());
    for round in 0..60_u64 {
        let kept = Kept::default();
        let overflow = if round % 2 == 0 {
            Overflow::DropNewest
        } else {
            Overflow::Block { most: Duration::from_millis(20) }
        };
        let monitor = MonitorSystem::builder()
            .sink(kept.clone())
            .adaptive(false)
            .ring_capacity(64)
            .overflow(overflow)
            .build();
        let (threads, calls) = (3, 400);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..calls).for_each(|_| drop(SITE.enter_in(&monitor))));
            }
            std::thread::sleep(Duration::from_micros(40 * round));
            monitor.shutdown(LONG);
        });
        let dropped = monitor.status().dropped;
        let stored = kept.spans.load(Ordering::SeqCst);
        assert_eq!(stored + dropped.total(), threads * calls, "{round}: {dropped:?}");
    }
}

#[test]
fn what_the_core_may_not_publish_is_counted() {
    let monitor = MonitorSystem::builder().build();
    let event = |topic: &str, data| viralnow_core::monitor::Event {
        topic: topic.to_owned(),
        correlation_id: String::new(),
        span: SpanToken::NONE,
        data,
    };
    Monitor::publish(&monitor, &event("a", json!("x".repeat(100_000))));
    Monitor::publish(&monitor, &event("a..b", json!(1)));
    Monitor::publish(&monitor, &event("a", json!(1)));
    let report = monitor.flush(LONG);
    assert_eq!((report.received, report.dropped.refused), (1, 2), "{report:?}");
}

#[test]
fn a_wait_without_end_is_possible() {
    static SITE: Site = Site::new("endless", "test", file!(), line!());
    let kept = Kept::default();
    let overflow = Overflow::Block { most: Duration::MAX };
    let monitor = MonitorSystem::builder()
        .sink(kept.clone())
        .adaptive(false)
        .ring_capacity(64)
        .overflow(overflow)
        .build();
    (0..2000).for_each(|_| drop(SITE.enter_in(&monitor)));
    assert!(monitor.shutdown(LONG).complete);
    assert_eq!(kept.spans.load(Ordering::SeqCst), 2000);
}

#[test]
fn a_monitor_that_ended_says_so_at_once() {
    for started in [false, true] {
        let monitor = MonitorSystem::builder().build();
        let before = monitor.bus().stream("**", 10).unwrap();
        if started {
            monitor.bus().publish("a", json!(1)).unwrap();
        }
        assert!(monitor.shutdown(LONG).complete);
        let began = Instant::now();
        assert!(monitor.flush(LONG).complete && monitor.shutdown(LONG).complete);
        let late = monitor.bus().stream("**", 10).unwrap();
        while before.next_timeout(LONG).is_some() {}
        assert!(late.next_timeout(LONG).is_none() && late.is_closed() && before.is_closed());
        assert!(began.elapsed() < LONG / 2, "nobody waited");
        assert_eq!(monitor.bus().publish("a", json!(1)).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(monitor.bus().subscribe("a", |_| {}).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(monitor.status().dropped.closed, 1);
    }
    // One that never had a thread.
    let monitor = MonitorSystem::builder().build();
    monitor.shutdown(LONG);
    let began = Instant::now();
    assert!(monitor.flush(LONG).complete && began.elapsed() < LONG / 2);
}

#[test]
fn functions_that_take_turns_are_timed_alike() {
    let monitor = MonitorSystem::builder().level(Level::Counted).adaptive(false).build();
    let sites = ["turn_a", "turn_b"].map(|name| monitor.callsite(name, "test", "", 0, 1.0, Capture::TIME));
    for _ in 0..12_800 {
        for site in sites {
            monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
        }
    }
    for site in sites {
        let timed = monitor.counts(site).timed;
        assert!((150..=250).contains(&timed), "{timed} of 12,800, one in 64 is 200");
    }
}

#[test]
fn processor_time_is_of_one_thread_or_unknown() {
    #[derive(Clone, Default)]
    struct Cpu(Arc<Mutex<Vec<Option<u64>>>>);
    impl Sink for Cpu {
        fn name(&self) -> &'static str {
            "cpu"
        }
        fn write(&mut self, batch: &Batch) -> Result<()> {
            self.0.lock().unwrap().extend(batch.spans.iter().map(|span| span.cpu_ns));
            Ok(())
        }
    }
    let cpu = Cpu::default();
    let monitor = MonitorSystem::builder().sink(cpu.clone()).adaptive(false).build();
    let site = monitor.callsite("moved", "test", "", 0, 1.0, Capture::CPU);
    let here = monitor.begin(site, SpanToken::NONE);
    monitor.end(here, &Outcome::Completed);
    let moved = monitor.begin(site, SpanToken::NONE);
    let ends = monitor.clone();
    std::thread::spawn(move || ends.end(moved, &Outcome::Completed)).join().unwrap();
    assert!(monitor.flush(LONG).complete);
    let mut seen = cpu.0.lock().unwrap().clone();
    seen.sort();
    assert_eq!((seen[0], seen[1].is_some()), (None, cfg!(unix)), "{seen:?}");
}

#[test]
fn a_batch_that_is_always_refused_lets_the_others_pass() {
    #[derive(Clone, Default)]
    struct Picky(Arc<Mutex<Vec<String>>>);
    impl Sink for Picky {
        fn name(&self) -> &'static str {
            "picky"
        }
        fn write(&mut self, batch: &Batch) -> Result<()> {
            let topics: Vec<String> = batch.events.iter().map(|event| event.event.topic.clone()).collect();
            if topics.contains(&"poison".to_owned()) {
                return Err(Error::new(ErrorKind::InvalidInput, "not that one"));
            }
            self.0.lock().unwrap().extend(topics);
            Ok(())
        }
    }
    let picky = Picky::default();
    let monitor = MonitorSystem::builder().sink(picky.clone()).build();
    // What is told of the start is in no batch with it.
    monitor.bus().publish("first", json!(1)).unwrap();
    assert!(monitor.flush(LONG).complete);
    monitor.bus().publish("poison", json!(1)).unwrap();
    assert!(!monitor.flush(LONG).complete);
    monitor.bus().publish("fine", json!(1)).unwrap();
    let reports: Vec<_> = (0..8).map(|_| monitor.flush(LONG)).collect();
    assert!(picky.0.lock().unwrap().contains(&"fine".to_owned()));
    let last = reports.last().unwrap();
    assert_eq!((last.complete, last.sink_dropped), (true, 1), "{reports:?}");
    let lossy = reports.iter().position(|report| report.sink_dropped == 1).unwrap();
    assert!(!reports[lossy].complete, "the flush that lost it is not complete: {reports:?}");
}

#[test]
fn what_waits_for_a_sink_at_the_end_is_counted() {
    let kept = Kept::default();
    kept.failing.store(true, Ordering::SeqCst);
    let monitor = monitor_with(&kept);
    (0..5).for_each(|n| monitor.bus().publish("n", json!(n)).unwrap());
    let report = monitor.shutdown(LONG);
    assert!(!report.complete && report.sink_dropped >= 5, "{report:?}");
    let sink = &monitor.status().sinks[0];
    assert_eq!((sink.waiting, sink.written), (0, 0));
}

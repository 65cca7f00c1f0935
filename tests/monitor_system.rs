//! The monitoring system: nothing lost that is not counted, whatever sinks, handlers, threads and forks do.

use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use viralnow_core::monitor::{
    Alerts, Batch, Callsite, Capture, Detail, Level, MonitorSystem, Outcome, Overflow, Scope, Sink,
    SinkState, Site, SpanStatus, SpanToken, StreamItem, config::MonitorConfig,
};
use viralnow_core::{CorrelationId, Error, ErrorKind, Result};

const LONG: Duration = Duration::from_secs(20);
const FAILED: Outcome<'static> = Outcome::Failed { code: "BROKEN", message: "it broke" };

/// A sink that keeps what it gets, as long as it is told to work.
#[derive(Clone, Default)]
struct Kept {
    spans: Arc<AtomicU64>,
    events: Arc<Mutex<Vec<String>>>,
    failing: Arc<AtomicBool>,
    panicking: Arc<AtomicBool>,
}

impl Sink for Kept {
    fn name(&self) -> &'static str {
        "kept"
    }
    fn write(&mut self, batch: &Batch) -> Result<()> {
        assert!(!self.panicking.load(Ordering::SeqCst), "the sink panics");
        if self.failing.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Io, "the sink fails"));
        }
        self.spans.fetch_add(batch.spans.len() as u64, Ordering::SeqCst);
        self.events.lock().unwrap().extend(batch.events.iter().map(|event| event.event.topic.clone()));
        Ok(())
    }
}

fn monitor_with(kept: &Kept) -> MonitorSystem {
    MonitorSystem::builder().sink(kept.clone()).adaptive(false).build()
}

#[test]
fn threads_that_overflow_their_rings_lose_nothing_uncounted() {
    static NEWEST: Site = Site::new("newest", "test", file!(), line!());
    static OLDEST: Site = Site::new("oldest", "test", file!(), line!());
    rings_overflow(Overflow::DropNewest, &NEWEST);
    rings_overflow(Overflow::DropOldest, &OLDEST);
}

fn rings_overflow(policy: Overflow, site: &'static Site) {
    let kept = Kept::default();
    let monitor = MonitorSystem::builder()
        .sink(kept.clone())
        .adaptive(false)
        .ring_capacity(64)
        .overflow(policy)
        .build();
    let (threads, calls) = (8_u64, 20_000_u64);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for n in 0..calls {
                    let mut guard = site.enter_in(&monitor);
                    if n % 10 == 0 {
                        guard.fail("BROKEN", "it broke");
                    }
                }
            });
        }
    });
    let report = monitor.flush(LONG);
    assert!(report.complete, "{report:?}");
    let stored = kept.spans.load(Ordering::SeqCst);
    assert_eq!(stored + report.dropped.total(), threads * calls, "{report:?}");
    assert!(report.dropped.ring_full > 0, "64 places were enough for 20,000 calls?");
    let counts = monitor.counts(site.id());
    assert_eq!((counts.calls, counts.errors), (threads * calls, threads * calls / 10));
    assert_eq!(counts.histogram.count(), threads * calls);
}

#[test]
fn a_caller_that_blocks_loses_nothing() {
    static SITE: Site = Site::new("blocking", "test", file!(), line!());
    let kept = Kept::default();
    let monitor = MonitorSystem::builder()
        .sink(kept.clone())
        .adaptive(false)
        .ring_capacity(64)
        .overflow(Overflow::Block { most: LONG })
        .build();
    for _ in 0..20_000 {
        drop(SITE.enter_in(&monitor));
    }
    assert!(monitor.shutdown(LONG).complete);
    assert_eq!(kept.spans.load(Ordering::SeqCst), 20_000);
    drop(SITE.enter_in(&monitor));
    assert_eq!(monitor.status().dropped.closed, 1, "after the end");
}

#[test]
fn guards_nest_and_tell_how_they_ended() {
    static OUTER: Site = Site::new("outer", "test", file!(), line!());
    static INNER: Site = Site::new("inner", "test", file!(), line!());
    let monitor = MonitorSystem::builder().adaptive(false).build();
    let stream = monitor.bus().stream("function.*", 100).unwrap();
    let outer = OUTER.enter_in(&monitor);
    let outer_span = outer.span();
    let result = std::panic::catch_unwind(|| {
        let _inner = INNER.enter_in(&monitor);
        panic!("out");
    });
    assert!(result.is_err());
    INNER.enter_in(&monitor).cancel();
    drop(outer);
    assert!(monitor.flush(LONG).complete);
    let mut seen = Vec::new();
    while let Some(StreamItem::Event(event)) = stream.try_next() {
        seen.push((
            event.event.topic.clone(),
            event.event.data["name"].as_str().unwrap().to_owned(),
            event.event.data["parent"].as_u64().unwrap(),
        ));
    }
    let row = |topic: &str, name: &str, parent: u64| (topic.to_owned(), name.to_owned(), parent);
    assert_eq!(
        seen,
        [
            row("function.failed", "inner", outer_span.0),
            row("function.cancelled", "inner", outer_span.0),
            row("function.completed", "outer", 0),
        ]
    );
}

#[test]
fn a_sink_in_trouble_never_reaches_the_caller_and_catches_up() {
    static SITE: Site = Site::new("trouble", "test", file!(), line!());
    let kept = Kept::default();
    let monitor = monitor_with(&kept);
    kept.panicking.store(true, Ordering::SeqCst);
    drop(SITE.enter_in(&monitor));
    assert!(!monitor.flush(LONG).complete);
    kept.panicking.store(false, Ordering::SeqCst);
    kept.failing.store(true, Ordering::SeqCst);
    drop(SITE.enter_in(&monitor));
    assert!(!monitor.flush(LONG).complete);
    let status = monitor.status();
    assert_eq!(status.state, "degraded");
    assert!(status.sinks[0].state != SinkState::Working && status.sinks[0].waiting >= 2, "{status:?}");
    assert!(status.sinks[0].last_error.as_deref().unwrap().contains("the sink fails"));
    assert!(status.to_string().contains("kept is in trouble"), "{status}");
    kept.failing.store(false, Ordering::SeqCst);
    assert!(monitor.flush(LONG).complete);
    assert!(monitor.flush(LONG).complete);
    assert_eq!(kept.spans.load(Ordering::SeqCst), 2);
    let topics = kept.events.lock().unwrap().clone();
    assert!(
        topics.contains(&"monitor.degraded".to_owned()) && topics.contains(&"monitor.recovered".to_owned())
    );
    assert_eq!(monitor.status().state, "running");
}

#[test]
fn handlers_that_panic_are_quarantined_and_the_others_go_on() {
    let monitor = MonitorSystem::builder().build();
    let bus = monitor.bus();
    let heard = Arc::new(AtomicU64::new(0));
    let (count, said) = (heard.clone(), Arc::new(Mutex::new(Vec::new())));
    let bad = bus.subscribe("shop.*", |_| panic!("no")).unwrap();
    let good = bus
        .subscribe("shop.**", move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
    let list = said.clone();
    let _told = bus
        .subscribe("bus.handler_failed", move |event| list.lock().unwrap().push(event.event.data.clone()))
        .unwrap();
    for n in 0..10 {
        bus.publish("shop.sold", json!({"n": n})).unwrap();
    }
    monitor.flush(LONG);
    assert_eq!(heard.load(Ordering::SeqCst), 10);
    let stats = bad.stats();
    assert_eq!((stats.delivered, stats.panics, stats.quarantined), (3, 3, true));
    let said = said.lock().unwrap();
    assert_eq!(said.len(), 3);
    assert_eq!((said[2]["quarantined"].as_bool(), said[2]["failures"].as_u64()), (Some(true), Some(3)));
    drop(good);
    bus.publish("shop.sold", json!(null)).unwrap();
    monitor.flush(LONG);
    assert_eq!(heard.load(Ordering::SeqCst), 10, "after it was dropped");
    assert_eq!(bus.stats().subscriptions.len(), 2);
}

#[test]
fn streams_count_what_they_missed_once_for_each_gap() {
    let monitor = MonitorSystem::builder().build();
    let bus = monitor.bus();
    let stream = bus.stream("n.*", 4).unwrap();
    let publish = |from: u64, to: u64| (from..to).for_each(|n| bus.publish("n.x", json!(n)).unwrap());
    publish(0, 10);
    monitor.flush(LONG);
    let number = |item: Option<StreamItem>| match item {
        Some(StreamItem::Event(event)) => event.event.data.as_u64(),
        _ => None,
    };
    assert_eq!(stream.try_next(), Some(StreamItem::Lagged(6)));
    assert_eq!([0; 4].map(|_| number(stream.try_next())), [6, 7, 8, 9].map(Some));
    assert_eq!(stream.try_next(), None);
    publish(10, 12);
    assert_eq!(number(stream.next_timeout(LONG)), Some(10));
    assert_eq!(stream.stats().lagged, 6);
    monitor.shutdown(LONG);
    assert_eq!(number(stream.next_timeout(LONG)), Some(11));
    assert_eq!(stream.next_timeout(LONG), None);
    assert!(stream.is_closed());
}

#[test]
fn wrong_topics_and_patterns_are_refused() {
    let bus = MonitorSystem::builder().build().bus();
    for topic in ["", ".", "a..b", "a.*", "a\n", &"x".repeat(201)] {
        assert_eq!(bus.publish(topic, json!(1)).unwrap_err().kind(), ErrorKind::InvalidInput, "{topic}");
    }
    for pattern in ["", "a..b", "a.**.b", "a*", &"x".repeat(201)] {
        assert_eq!(bus.subscribe(pattern, |_| {}).unwrap_err().kind(), ErrorKind::InvalidInput, "{pattern}");
    }
    let large = bus.publish("a", json!("x".repeat(1 << 20))).unwrap_err();
    assert_eq!(large.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn the_cores_own_spans_come_in_with_their_job() {
    static STAGE: Callsite = Callsite { name: "stage", module: "test", weight: 1.0 };
    let monitor = MonitorSystem::builder().adaptive(false).build();
    let stream = monitor.bus().stream("**", 100).unwrap();
    let scope =
        Scope::new(Arc::new(monitor.clone()), &CorrelationId::new("job-1").unwrap()).with_asset("clip");
    let failed: Result<()> = scope.run(&STAGE, |inside| {
        inside.publish("cache.miss", json!({"key": "a"}));
        Err(Error::new(ErrorKind::DecodeFailed, "damaged"))
    });
    assert!(failed.is_err());
    monitor.flush(LONG);
    let mut seen = Vec::new();
    while let Some(StreamItem::Event(event)) = stream.try_next() {
        seen.push(event.event.clone());
    }
    let topics: Vec<&str> = seen.iter().map(|event| event.topic.as_str()).collect();
    let all = ["system.started", "function.started", "cache.miss", "function.failed", "performance.recorded"];
    assert_eq!(topics, all);
    assert_eq!(seen[2].span, seen[3].span);
    assert_eq!((seen[3].correlation_id.as_str(), &seen[3].data["asset_id"]), ("job-1", &json!("clip")));
    assert_eq!(seen[3].data["code"], "DECODE_FAILED");
}

#[test]
fn the_hosts_tracing_spans_come_in_through_the_fast_layer() {
    use tracing_subscriber::layer::SubscriberExt;
    let kept = Kept::default();
    let (monitor, other) = (monitor_with(&kept), monitor_with(&kept));
    let stream = monitor.bus().stream("**", 100).unwrap();
    // Two of them side by side, and our own way out, which must not come back in.
    let subscriber = tracing_subscriber::registry().with(monitor.layer()).with(other.layer());
    tracing::subscriber::with_default(subscriber, || {
        let upload =
            tracing::info_span!("upload", correlation_id = "job-7", asset_id = tracing::field::Empty);
        upload.record("asset_id", "clip");
        upload.in_scope(|| {
            tracing::info_span!("part").in_scope(|| tracing::warn!(bytes = 3, "slow"));
            tracing::info!(target: "viralnow", "ours");
        });
    });
    assert!(monitor.flush(LONG).complete && other.flush(LONG).complete);
    assert_eq!(kept.spans.load(Ordering::SeqCst), 4);
    let mut seen = Vec::new();
    while let Some(StreamItem::Event(event)) = stream.try_next() {
        if !["performance.recorded", "system.started"].contains(&event.event.topic.as_str()) {
            seen.push(event.event.clone());
        }
    }
    let topics: Vec<&str> = seen.iter().map(|event| event.topic.as_str()).collect();
    assert_eq!(topics, ["tracing.warn", "function.completed", "function.completed"]);
    assert_eq!((&seen[0].data["bytes"], seen[0].span), (&json!(3), seen[1].span), "in the part");
    assert_eq!(seen[1].data["parent"], json!(seen[2].span), "the part in the upload");
    assert_eq!((seen[2].correlation_id.as_str(), &seen[2].data["asset_id"]), ("job-7", &json!("clip")));
}

#[test]
fn levels_decide_what_is_kept_and_never_what_is_counted() {
    static OFF: Site = Site::new("level_off", "test", file!(), line!());
    static COUNTED: Site = Site::new("level_counted", "test", file!(), line!());
    static AGGREGATE: Site = Site::new("level_aggregate", "test", file!(), line!());
    static SAMPLED: Site = Site::new("level_sampled", "test", file!(), line!());
    let kept = Kept::default();
    let monitor = MonitorSystem::builder()
        .sink(kept.clone())
        .adaptive(false)
        .level_of("level_off", Level::Off)
        .level_of("test.level_counted", Level::Counted)
        .level_of("level_agg*", Level::Aggregate)
        .build();
    monitor.set_level("level_sampled", Level::Sampled(0.25));
    let stored = |site: &'static Site| {
        let before = kept.spans.load(Ordering::SeqCst);
        for n in 0..4000 {
            let mut guard = site.enter_in(&monitor);
            if n == 7 {
                guard.fail("BROKEN", "it broke");
            }
        }
        assert!(monitor.flush(LONG).complete);
        kept.spans.load(Ordering::SeqCst) - before
    };
    assert_eq!(stored(&OFF), 0);
    assert_eq!(monitor.counts(OFF.id()).calls, 0);
    assert_eq!(stored(&COUNTED), 1, "the failure");
    let counts = monitor.counts(COUNTED.id());
    assert_eq!((counts.calls, counts.errors), (4000, 1));
    assert!((62..=64).contains(&counts.timed), "{}", counts.timed);
    assert_eq!(stored(&AGGREGATE), 1, "the failure");
    assert_eq!(monitor.counts(AGGREGATE.id()).timed, 4000);
    let sampled = stored(&SAMPLED);
    assert!((900..=1100).contains(&sampled), "{sampled} of 4000 at a quarter");
    assert_eq!(monitor.counts(SAMPLED.id()).calls, 4000);
}

#[test]
fn a_hot_tiny_function_is_only_counted_and_a_slow_one_is_not() {
    static TINY: Site = Site::new("adapt_tiny", "test", file!(), line!());
    static SLOW: Site = Site::new("adapt_slow", "test", file!(), line!());
    let monitor = MonitorSystem::builder().build();
    let started = Instant::now();
    let mut calls = 0;
    while started.elapsed() < Duration::from_millis(2600) {
        for _ in 0..2000 {
            drop(TINY.enter_in(&monitor));
            calls += 1;
        }
        let _slow = SLOW.enter_in(&monitor);
        std::thread::sleep(Duration::from_millis(2));
    }
    let status = monitor.status();
    let adapted: Vec<&str> = status.adapted.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(adapted, ["adapt_tiny"]);
    assert_eq!(monitor.counts(TINY.id()).calls, calls, "counted exactly");
}

/// A loop of a second must not be over before the monitor notices, nor be recorded again because nothing was called for a while.
#[test]
fn a_burst_of_tiny_calls_is_noticed_while_it_lasts_and_remembered() {
    static BURST: Site = Site::new("adapt_burst", "test", file!(), line!());
    const CALLS: u64 = 1_000_000;
    let monitor = MonitorSystem::builder().build();
    let recorded = || {
        for n in 0..CALLS {
            let _watched = BURST.enter_in(&monitor);
            // About a microsecond.
            std::hint::black_box((0..700).fold(n, |state: u64, _| state.wrapping_mul(31).rotate_left(17)));
        }
        let report = monitor.flush(Duration::from_secs(20));
        report.received + report.dropped.total()
    };
    let first = recorded();
    assert!(first < CALLS / 10, "{first} of {CALLS} calls were recorded one by one");
    std::thread::sleep(Duration::from_millis(2500));
    let more = recorded() - first;
    assert!(more < CALLS / 1000, "{more} more after a pause");
    assert_eq!(monitor.counts(BURST.id()).calls, 2 * CALLS, "counted exactly");
}

/// Alerts are told of every call, also of those before and after the moment from which on they are only counted.
#[test]
fn alerts_hear_of_every_call_of_a_burst() {
    static TOLD: Site = Site::new("adapt_told", "test", file!(), line!());
    const CALLS: u64 = 100_000;
    let config = viralnow_core::monitor::config::MonitorConfig::from_json(
        &format!(
            r#"{{"alerts": [{{"name": "many", "condition": "function == 'adapt_told' and count() >= {}", "notification_channels": []}}]}}"#,
            CALLS - CALLS / 100
        ),
        "",
    )
    .unwrap();
    let alerts = viralnow_core::monitor::Alerts::new(&config).unwrap();
    let monitor =
        MonitorSystem::builder().overflow(Overflow::Block { most: LONG }).sink(alerts.clone()).build();
    for n in 0..CALLS {
        let _watched = TOLD.enter_in(&monitor);
        std::hint::black_box((0..700).fold(n, |state: u64, _| state.wrapping_mul(31).rotate_left(17)));
    }
    let report = monitor.flush(LONG);
    assert!(report.complete && report.received < CALLS / 2, "{report:?}");
    let state = &alerts.states()[0];
    assert!(state.fired == 1 && state.value.is_some_and(|calls| calls <= CALLS as f64), "{state:?}");
}

/// What is only counted is in the log within a flush interval, for whoever kills the process.
#[cfg(feature = "sqlite")]
#[test]
fn counts_of_hot_functions_are_in_the_log_before_the_minute_is_over() {
    use viralnow_core::monitor::{LogStore, TimeRange};
    static KEPT_HOT: Site = Site::new("adapt_kept", "test", file!(), line!());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hot.db");
    let store = LogStore::open(&path).expect("a log");
    let monitor = MonitorSystem::builder().store(store).flush_interval(Duration::from_millis(100)).build();
    for n in 0..300_000_u64 {
        let _watched = KEPT_HOT.enter_in(&monitor);
        std::hint::black_box((0..700).fold(n, |state: u64, _| state.wrapping_mul(31).rotate_left(17)));
    }
    assert_eq!(monitor.status().adapted.len(), 1);
    // No flush, no end: as another process would see it.
    let other = LogStore::existing(&path).expect("the log");
    let start = std::time::Instant::now();
    let found = || other.functions(TimeRange::default()).expect("read").first().map_or(0, |one| one.calls);
    while found() < 300_000 {
        assert!(start.elapsed() < Duration::from_secs(10), "{} of 300000", found());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(found(), 300_000);
}

#[test]
fn what_is_unusual_is_said() {
    let monitor = MonitorSystem::builder().adaptive(false).threshold_multiplier(3.0).error_rate(0.3).build();
    let site = monitor.callsite("usual", "test", "", 0, 1.0, Capture::TIME);
    let stream = monitor.bus().stream("performance.*", 1000).unwrap();
    let call = |pause: Duration, outcome: &Outcome<'_>| {
        let open = monitor.begin(site, SpanToken::NONE);
        std::thread::sleep(pause);
        monitor.end(open, outcome);
    };
    for _ in 0..20 {
        call(Duration::from_millis(4), &Outcome::Completed);
    }
    call(Duration::from_millis(150), &Outcome::Completed);
    for _ in 0..12 {
        call(Duration::ZERO, &FAILED);
    }
    monitor.flush(LONG);
    let mut said = Vec::new();
    while let Some(StreamItem::Event(event)) = stream.try_next() {
        if event.event.topic != "performance.recorded" {
            said.push(event.event.clone());
        }
    }
    let slow: Vec<_> = said.iter().filter(|e| e.topic == "performance.threshold_exceeded").collect();
    let slow = slow.last().expect("150 ms is more than three times 4 ms");
    let (took, usual) =
        (slow.data["duration_s"].as_f64().unwrap(), slow.data["baseline_s"].as_f64().unwrap());
    assert!(took >= 0.15 && (0.004..0.1).contains(&usual), "{slow:?}");
    let errors = said.iter().filter(|e| e.topic == "performance.error_rate_exceeded");
    let errors: Vec<_> = errors.collect();
    assert_eq!(errors.len(), 1, "said once for each crossing");
    // 21 good ones; the tenth bad one is the first that makes more than 30 %: 10 of 31.
    assert_eq!(errors[0].data["calls"], 31);
}

/// Failures come one by one whatever the level, the others do not: rates are of all calls all the same.
#[test]
fn rates_of_errors_are_of_all_calls_at_every_level() {
    for (name, level) in [
        ("rate_full", Level::Full),
        ("rate_sampled", Level::Sampled(0.01)),
        ("rate_aggregate", Level::Aggregate),
        ("rate_counted", Level::Counted),
    ] {
        let config = format!(
            r#"{{"flush_interval": "50ms", "alerts": [
                {{"name": "failing", "condition": "function == '{name}' and error_rate() > 10%", "notification_channels": []}},
                {{"name": "many", "condition": "function == '{name}' and count() >= 9000", "notification_channels": []}},
                {{"name": "silent", "condition": "function == '{name}' and absent(2s)", "notification_channels": []}}]}}"#
        );
        let alerts = Alerts::new(&MonitorConfig::from_json(&config, "").unwrap()).unwrap();
        let monitor = MonitorSystem::builder()
            .adaptive(false)
            .level(level)
            .error_rate(0.1)
            .ring_capacity(1 << 15)
            .sink(alerts.clone())
            .build();
        alerts.attach(&monitor);
        let site = monitor.callsite(name, "test", "", 0, 1.0, Capture::TIME);
        let said = monitor.bus().stream("performance.error_rate_exceeded", 1000).unwrap();
        let fired = || -> Vec<u64> { alerts.states().iter().map(|state| state.fired).collect() };
        let calls = |from: usize, to: usize, one_in: usize| {
            for n in from..to {
                let outcome = if n % one_in == 0 { FAILED } else { Outcome::Completed };
                monitor.end(monitor.begin(site, SpanToken::NONE), &outcome);
                if n % 100 == 0 {
                    // Over more than two seconds, in which the function is never silent.
                    std::thread::sleep(Duration::from_millis(30));
                }
            }
            monitor.flush(LONG);
        };
        // One in fifty fails: 2 %.
        calls(0, 8_000, 50);
        assert!(said.try_next().is_none(), "{name}: 2 % are not 10 %");
        assert_eq!(fired(), [0, 0, 0], "{name}");
        // And then every second one: 160 and 600 of 9,200 are 8.3 %, 160 and 1000 of 10,000 are 11.6 %.
        calls(8_000, 9_200, 2);
        assert_eq!(fired(), [0, 1, 0], "{name}: 9,200 calls were counted");
        calls(9_200, 10_000, 2);
        assert_eq!(fired(), [1, 1, 0], "{name}");
        let event = said.try_next().unwrap_or_else(|| panic!("{name}: nothing was said"));
        let StreamItem::Event(event) = event else { panic!("{name}: {event:?}") };
        let [rate, of] = ["error_rate", "calls"].map(|field| event.event.data[field].as_f64().unwrap());
        if level == Level::Full {
            // Of the last 100 calls.
            assert!(rate > 0.1 && of == 100.0, "{name}: {rate} of {of}");
        } else {
            // Of all: (160 + (n - 8000) / 2) / n is above a tenth from 9,600 on.
            let exact = (160.0 + (of - 8_000.0) / 2.0) / of;
            assert!(
                (9_600.0..=10_000.0).contains(&of) && (rate - exact).abs() < 0.001,
                "{name}: {rate} of {of}"
            );
        }
    }
}

#[test]
fn details_are_cut_and_memory_is_bounded() {
    let kept = Kept::default();
    let monitor = monitor_with(&kept);
    let site = monitor.callsite("details", "test", "", 0, 1.0, Capture::CPU);
    for _ in 0..10_000 {
        let open = monitor.begin(site, SpanToken::NONE);
        let detail = Detail { args: Some("ä".repeat(100_000)), ..Detail::default() };
        monitor.end_with(open, &Outcome::Completed, detail);
        assert!(monitor.status().memory_bytes < 10 << 20);
    }
    let report = monitor.flush(LONG);
    assert_eq!(kept.spans.load(Ordering::SeqCst) + report.dropped.total(), 10_000, "{report:?}");
}

#[test]
fn the_status_of_a_span_says_how_it_ended() {
    type Span = (SpanStatus, Option<u64>, Option<String>, i64);
    #[derive(Clone, Default)]
    struct Last(Arc<Mutex<Vec<Span>>>);
    impl Sink for Last {
        fn name(&self) -> &'static str {
            "last"
        }
        fn write(&mut self, batch: &Batch) -> Result<()> {
            for span in &batch.spans {
                let failure = span.extra.as_ref().and_then(|extra| extra.failure.clone());
                self.0.lock().unwrap().push((
                    span.status,
                    span.cpu_ns,
                    failure.map(|f| f.message),
                    span.start_us,
                ));
            }
            Ok(())
        }
    }
    let last = Last::default();
    let monitor = MonitorSystem::builder().sink(last.clone()).adaptive(false).build();
    let site = monitor.callsite("ends", "test", "", 0, 1.0, Capture::CPU);
    let unix_us = || std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64;
    let before = unix_us();
    for outcome in [Outcome::Completed, FAILED, Outcome::Cancelled] {
        let open = monitor.begin(site, SpanToken::NONE);
        monitor.end(open, &outcome);
    }
    monitor.flush(LONG);
    let seen = last.0.lock().unwrap().clone();
    let states: Vec<_> = seen.iter().map(|s| s.0).collect();
    assert_eq!(states, [SpanStatus::Completed, SpanStatus::Failed, SpanStatus::Cancelled]);
    assert_eq!(seen[1].2.as_deref(), Some("it broke"));
    assert!(!cfg!(unix) || seen.iter().all(|s| s.1.is_some_and(|ns| ns < 1_000_000_000)), "{seen:?}");
    assert!(
        seen.iter().all(|s| (before - 5_000..=unix_us() + 5_000).contains(&s.3)),
        "{seen:?} from {before}"
    );
}

#[test]
fn dropping_the_last_handle_writes_everything() {
    static SITE: Site = Site::new("dropped_handle", "test", file!(), line!());
    let kept = Kept::default();
    let monitor = monitor_with(&kept);
    for _ in 0..100 {
        drop(SITE.enter_in(&monitor));
    }
    drop(monitor);
    assert_eq!(kept.spans.load(Ordering::SeqCst), 100);
}

#[test]
fn a_job_within_a_step_moves_the_job_around_it() {
    let monitor = MonitorSystem::builder().build();
    let stream = monitor.bus().stream("progress.*", 1000).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let job = monitor.job("all", &[("one", 1.0), ("two", 3.0)]);
    job.on_update(move |progress| log.lock().unwrap().push(progress.fraction));
    job.on_update(|_| panic!("a listener's panic goes no further"));
    job.step("one").finish();
    let two = job.step("two");
    let inner = two.job(&monitor, "inner", &[("a", 1.0), ("b", 1.0)]);
    job.cancel_token().cancel();
    assert!(inner.cancel_token().is_cancelled());
    inner.step("a").finish();
    assert_eq!(job.snapshot().fraction, 0.25 + 0.75 * 0.5);
    // Each time, and not ten times a second as listeners are told.
    let b = inner.step("b");
    for share in [0.25, 0.5, 0.75] {
        b.set(share);
        assert_eq!(job.snapshot().fraction, 0.25 + 0.75 * (0.5 + 0.5 * share));
    }
    inner.finish();
    assert_eq!(job.snapshot().fraction, 1.0);
    let nobody = job.step("nobody");
    nobody.add(3);
    assert_eq!((job.snapshot().items, job.snapshot().fraction), ((3, 0), 1.0));
    drop((nobody, b, two, inner, job));
    monitor.flush(LONG);
    let seen = seen.lock().unwrap();
    assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]) && seen.len() <= 12, "{seen:?}");
    let mut outcomes = Vec::new();
    while let Some(StreamItem::Event(event)) = stream.try_next() {
        if event.event.topic == "progress.job_completed" {
            outcomes.push((event.event.data["job"].clone(), event.event.data["outcome"].clone()));
        }
    }
    assert_eq!(outcomes, [(json!("inner"), json!("completed")), (json!("all"), json!("cancelled"))]);
}

#[cfg(feature = "sqlite")]
#[path = "monitor_system/store.rs"]
mod store;

#[cfg(feature = "sqlite")]
#[path = "monitor_system/processes.rs"]
mod processes;

#[cfg(all(feature = "sqlite", unix))]
#[path = "monitor_system/fork.rs"]
mod fork;

#[path = "monitor_system/futures.rs"]
mod futures;

#[path = "monitor_system/overflow.rs"]
mod overflow;

#[path = "monitor_system/trouble.rs"]
mod trouble;

#[path = "monitor_system/told.rs"]
mod told;

#[cfg(feature = "sqlite")]
#[path = "monitor_system/kept.rs"]
mod kept;

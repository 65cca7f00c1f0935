//! The monitor: what a span, an event and progress become in memory, and in `tracing` both ways.

use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use viralnow_core::monitor::{
    Callsite, CancelToken, Event, EventMonitor, MemoryMonitor, Monitor, MonitorLayer, NoopMonitor, Run,
    Scope, SpanState, SpanToken, Steps, TracingMonitor,
};
use viralnow_core::{CorrelationId, Error, ErrorKind, Result};

static OUTER: Callsite = Callsite { name: "analyze", module: "pipeline", weight: 0.0 };
static INNER: Callsite = Callsite { name: "decode", module: "media", weight: 1.0 };

fn scope(monitor: Arc<dyn Monitor>) -> Scope {
    Scope::new(monitor, &CorrelationId::new("job-1").unwrap()).with_asset("clip-1")
}

fn failure() -> Error {
    Error::new(ErrorKind::DecodeFailed, "the stream is damaged")
}

/// One of each: a stage that fails inside one that fails, one that is cancelled, one that completes with an event inside.
fn work(scope: &Scope) {
    let failed: Result<()> = scope.run(&OUTER, |outer| outer.run(&INNER, |_| Err(failure())));
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::DecodeFailed);
    let cancelled: Result<()> = scope.run(&INNER, |_| Err(Error::new(ErrorKind::Cancelled, "stop")));
    assert!(cancelled.is_err());
    scope
        .run(&OUTER, |inside| {
            inside.publish("cache.miss", json!({"key": "a"}));
            Ok(())
        })
        .unwrap();
}

#[test]
fn every_span_has_a_start_and_an_end_with_all_that_is_known() {
    let memory = Arc::new(MemoryMonitor::new());
    work(&scope(memory.clone()));

    let topics: Vec<String> = memory.records().into_iter().map(|record| record.event.topic).collect();
    assert_eq!(
        topics,
        [
            "function.started",
            "function.started",
            "function.failed",
            "function.failed",
            "function.started",
            "function.cancelled",
            "function.started",
            "cache.miss",
            "function.completed",
        ]
    );
    let spans = memory.spans();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["analyze", "decode", "decode", "analyze"]);
    assert_eq!(spans[1].parent, spans[0].span);
    assert_eq!(spans[0].parent, SpanToken::NONE);
    assert_eq!(spans[1].module, "media");
    let failed =
        SpanState::Failed { code: "DECODE_FAILED".to_owned(), message: "the stream is damaged".to_owned() };
    assert_eq!(
        spans.iter().map(|span| &span.state).collect::<Vec<_>>(),
        [&failed, &failed, &SpanState::Cancelled, &SpanState::Completed]
    );
    for span in &spans {
        assert_eq!((span.correlation_id.as_str(), span.asset_id.as_deref()), ("job-1", Some("clip-1")));
        assert!(span.duration_s.is_some_and(|s| (0.0..10.0).contains(&s)) && span.start_s >= -1e-6);
    }
    for event in memory.events("function.*") {
        let ended = event.topic != "function.started";
        assert_eq!(event.data["duration_s"].is_f64(), ended, "{event:?}");
        assert_eq!(event.data["code"].is_string(), event.topic == "function.failed", "{event:?}");
        assert_eq!(event.data["asset_id"], "clip-1");
        assert_eq!(event.correlation_id, "job-1");
        assert!(spans.iter().any(|span| span.span == event.span && event.data["parent"] == span.parent.0));
    }
    let miss = &memory.events("cache.*")[0];
    assert_eq!((miss.span, &miss.data), (spans[3].span, &json!({"key": "a"})));
    assert_eq!(memory.events("**").len(), topics.len());
    assert_eq!(memory.events("function.failed").len(), 2);
    assert_eq!(memory.dropped(), 0);
    let times: Vec<f64> = memory.records().iter().map(|record| record.t_s).collect();
    assert!(times.is_sorted(), "{times:?}");
    memory.clear();
    assert!(memory.records().is_empty() && memory.spans().is_empty());
}

#[test]
fn a_span_that_goes_on_is_running_and_a_panic_ends_it() {
    let memory = Arc::new(MemoryMonitor::new());
    let scope = scope(memory.clone());
    let guard = scope.span(&OUTER);
    assert_eq!((&memory.spans()[0].state, memory.spans()[0].duration_s), (&SpanState::Running, None));
    guard.finish(None);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _guard = scope.span(&INNER);
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert!(matches!(&memory.spans()[1].state, SpanState::Failed { code, .. } if code == "PANIC"));
}

#[test]
fn progress_is_an_event_too() {
    let memory = Arc::new(MemoryMonitor::new());
    let mut run =
        Run::new(scope(memory.clone()), None, CancelToken::default(), None, Steps::new(&[("decode", 1.0)]));
    run.enter("decode").unwrap();
    run.finish();
    let events = memory.events("progress.**");
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|e| e.topic == "progress.step_progress" && e.correlation_id == "job-1"));
    assert_eq!((&events[0].data["fraction"], &events[0].data["stage"]), (&json!(0.0), &json!("decode")));
    assert_eq!((&events[1].data["fraction"], &events[1].data["eta_s"]), (&json!(1.0), &json!(0.0)));
}

#[test]
fn memory_is_bounded_and_drops_are_counted() {
    let by_count = Arc::new(MemoryMonitor::with_limits(10, usize::MAX));
    let by_bytes = Arc::new(MemoryMonitor::with_limits(usize::MAX, 100_000));
    for memory in [&by_count, &by_bytes] {
        let scope = scope(memory.clone());
        for n in 0..1000 {
            scope.publish("load.test", json!({"n": n, "text": "x".repeat(1000)}));
        }
        let records = memory.records();
        assert!((10..100).contains(&records.len()), "{}", records.len());
        assert_eq!(memory.dropped() + records.len() as u64, 1000);
        let newest: Vec<u64> = records.iter().map(|record| record.seq).collect();
        assert_eq!(newest, (1001 - records.len() as u64..=1000).collect::<Vec<_>>(), "the newest stay");
        // The bound is about what the process holds: one kilobyte of text each.
        assert!(records.len() * 1000 < 100_000);
    }
    // One that is larger than all the room goes as well.
    scope(by_bytes.clone()).publish("load.test", json!("y".repeat(200_000)));
    assert!(by_bytes.records().is_empty());
    assert_eq!(by_bytes.dropped(), 1001);
}

#[test]
fn threads_share_a_monitor() {
    let memory = Arc::new(MemoryMonitor::new());
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| (0..100).for_each(|_| work(&scope(memory.clone()))));
        }
    });
    let spans = memory.spans();
    assert_eq!(spans.len(), 8 * 100 * 4);
    assert!(spans.windows(2).all(|pair| pair[0].span < pair[1].span), "each token is one span");
    assert!(spans.iter().all(|span| span.state != SpanState::Running));
    let seq: Vec<u64> = memory.records().iter().map(|record| record.seq).collect();
    assert_eq!(seq, (1..=8 * 100 * 9).collect::<Vec<_>>());
}

#[test]
fn a_function_gets_the_same_events() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    work(&scope(Arc::new(EventMonitor::new(move |event: &Event| {
        log.lock().unwrap().push(event.topic.clone());
    }))));
    let memory = Arc::new(MemoryMonitor::new());
    work(&scope(memory.clone()));
    let expected: Vec<String> = memory.events("**").into_iter().map(|event| event.topic).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn the_noop_monitor_runs_the_work_and_keeps_its_result() {
    work(&scope(Arc::new(NoopMonitor)));
    work(&Scope::noop());
    assert_eq!(Scope::noop().run(&OUTER, |_| Ok(7)).unwrap(), 7);
}

/// What a host's own subscriber sees: spans and events with their fields as text.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Vec<Line>>>);

#[derive(Debug, Clone)]
struct Line {
    kind: &'static str,
    target: String,
    level: String,
    parent: Option<u64>,
    id: Option<u64>,
    fields: BTreeMap<String, String>,
}

struct Text(BTreeMap<String, String>);

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Text(BTreeMap::new());
        attributes.record(&mut fields);
        let parent = context.span(id).and_then(|span| span.parent()).map(|parent| parent.id().into_u64());
        let metadata = attributes.metadata();
        self.0.lock().unwrap().push(Line {
            kind: "span",
            target: metadata.target().to_owned(),
            level: metadata.level().to_string(),
            parent,
            id: Some(id.into_u64()),
            fields: fields.0,
        });
    }
    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Text(BTreeMap::new());
        values.record(&mut fields);
        let mut lines = self.0.lock().unwrap();
        let line = lines.iter_mut().find(|line| line.id == Some(id.into_u64())).unwrap();
        line.fields.extend(fields.0);
    }
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Text(BTreeMap::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(Line {
            kind: "event",
            target: event.metadata().target().to_owned(),
            level: event.metadata().level().to_string(),
            parent: context.event_span(event).map(|span| span.id().into_u64()),
            id: None,
            fields: fields.0,
        });
    }
    fn on_close(&self, id: Id, _: Context<'_, S>) {
        // Ids are used again: the next span of this one is another.
        for line in self.0.lock().unwrap().iter_mut().filter(|line| line.id == Some(id.into_u64())) {
            line.id = None;
        }
    }
}

#[test]
fn our_spans_go_out_to_tracing() {
    let seen = Seen::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(seen.clone()), || {
        let scope = scope(Arc::new(TracingMonitor::new()));
        tracing::info_span!("request").in_scope(|| work(&scope));
        let mut run = Run::new(scope, None, CancelToken::default(), None, Steps::new(&[("decode", 1.0)]));
        run.enter("decode").unwrap();
    });
    let lines = seen.0.lock().unwrap();
    let spans: Vec<&Line> = lines.iter().filter(|line| line.kind == "span").collect();
    assert_eq!(spans.len(), 5, "the host's own and four of ours");
    let stages: Vec<&str> = spans[1..].iter().map(|span| span.fields["stage"].as_str()).collect();
    assert_eq!(stages, ["analyze", "decode", "decode", "analyze"]);
    let outcomes: Vec<&str> = spans[1..].iter().map(|span| span.fields["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["failed", "failed", "cancelled", "completed"]);
    assert!(spans[1].parent.is_some(), "inside the host's span");
    assert!(spans[2].parent.is_some() && spans[2].parent != spans[1].parent, "inside our own");
    for span in &spans[1..] {
        assert_eq!((span.target.as_str(), span.level.as_str()), ("viralnow", "INFO"));
        assert_eq!(
            (span.fields["correlation_id"].as_str(), span.fields["asset_id"].as_str()),
            ("job-1", "clip-1")
        );
        assert!(span.fields["elapsed"].parse::<f64>().unwrap() >= 0.0);
    }
    let events: Vec<(&str, String)> = lines
        .iter()
        .filter(|line| line.kind == "event")
        .map(|line| (line.level.as_str(), line.fields["message"].clone()))
        .collect();
    let expected = [
        ("DEBUG", "started"),
        ("DEBUG", "started"),
        ("ERROR", "failed: the stream is damaged"),
        ("ERROR", "failed: the stream is damaged"),
        ("DEBUG", "started"),
        ("WARN", "cancelled"),
        ("DEBUG", "started"),
        ("INFO", "event"),
        ("DEBUG", "completed"),
        ("TRACE", "progress"),
    ];
    assert_eq!(events, expected.map(|(level, message)| (level, message.to_owned())));
    let failed = lines.iter().find(|line| line.level == "ERROR").unwrap();
    assert_eq!(failed.fields["code"], "DECODE_FAILED");
    let published = lines.iter().find(|line| line.fields.contains_key("topic")).unwrap();
    assert_eq!(
        (published.fields["topic"].as_str(), published.fields["data"].as_str()),
        ("cache.miss", r#"{"key":"a"}"#)
    );
    assert!(published.parent.is_some());
}

#[test]
fn without_a_subscriber_the_tracing_monitor_does_nothing() {
    work(&scope(Arc::new(TracingMonitor::new())));
    assert!(!TracingMonitor::new().enabled(&OUTER));
}

#[test]
fn the_spans_of_the_host_come_in() {
    let memory = Arc::new(MemoryMonitor::new());
    let subscriber = tracing_subscriber::registry().with(MonitorLayer::new(memory.clone()));
    tracing::subscriber::with_default(subscriber, || {
        let upload =
            tracing::info_span!("upload", correlation_id = "job-7", asset_id = tracing::field::Empty);
        upload.in_scope(|| {
            tracing::debug_span!("scan")
                .in_scope(|| tracing::warn!(bytes = 3, share = 0.5, ok = true, bad = f64::NAN, "odd"));
        });
        upload.record("asset_id", "clip-9");
        upload.in_scope(|| tracing::info!("stored"));
        drop(upload);
        tracing::error!(error = &failure() as &dyn std::error::Error, "alone");
    });
    let spans = memory.spans();
    assert_eq!(spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["upload", "scan"]);
    assert_eq!(spans[1].parent, spans[0].span);
    assert_eq!(spans[1].correlation_id, "job-7", "from the span around it");
    assert!(spans.iter().all(|span| span.module == module_path!() && span.state == SpanState::Completed));
    let odd = &memory.events("tracing.warn")[0];
    assert_eq!((odd.span, odd.correlation_id.as_str()), (spans[1].span, "job-7"));
    let data = json!({"target": module_path!(), "message": "odd", "bytes": 3, "share": 0.5, "ok": true, "bad": null});
    assert_eq!(odd.data, data);
    assert_eq!(memory.events("tracing.info")[0].data["asset_id"], "clip-9");
    let alone = &memory.events("tracing.error")[0];
    assert_eq!((alone.span, alone.correlation_id.as_str()), (SpanToken::NONE, ""));
    assert_eq!(alone.data["error"], "the stream is damaged");
}

#[test]
fn a_panic_in_a_span_of_the_host_is_a_failure() {
    let memory = Arc::new(MemoryMonitor::new());
    let subscriber = tracing_subscriber::registry().with(MonitorLayer::new(memory.clone()));
    tracing::subscriber::with_default(subscriber, || {
        let panicked = std::panic::catch_unwind(|| {
            let _inside = tracing::info_span!("upload").entered();
            panic!("on purpose");
        });
        assert!(panicked.is_err());
    });
    assert!(matches!(&memory.spans()[0].state, SpanState::Failed { code, .. } if code == "PANIC"));
}

#[test]
fn what_goes_out_does_not_come_in_again() {
    let memory = Arc::new(MemoryMonitor::new());
    let subscriber = tracing_subscriber::registry().with(MonitorLayer::new(memory.clone()));
    tracing::subscriber::with_default(subscriber, || work(&scope(Arc::new(TracingMonitor::new()))));
    assert_eq!(memory.records(), []);
}

#[test]
fn a_subscriber_may_have_two_of_our_layers() {
    let (one, two) = (Arc::new(MemoryMonitor::new()), Arc::new(MemoryMonitor::new()));
    let subscriber = tracing_subscriber::registry()
        .with(MonitorLayer::new(one.clone()))
        .with(MonitorLayer::new(two.clone()));
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("upload").in_scope(|| tracing::info!("x"));
    });
    for memory in [one, two] {
        assert_eq!(memory.events("function.completed").len(), 1);
        assert_eq!(memory.events("tracing.info")[0].span, memory.spans()[0].span);
    }
}

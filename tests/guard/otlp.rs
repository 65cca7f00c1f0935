//! Spans to a collector of OpenTelemetry: their form, their traces, and a collector in trouble.

#[path = "../support/http_server.rs"]
#[allow(dead_code, reason = "the server of the sources' tests, whose other answers are not needed here")]
pub(super) mod http_server;

use http_server::{Reply, Server};
use serde_json::Value;
use std::time::{Duration, Instant};
use viralnow_core::monitor::config::{MonitorConfig, OtlpConfig};
use viralnow_core::monitor::otlp::OtlpSink;
use viralnow_core::monitor::{Capture, Detail, MonitorSystem, Monitoring, Outcome, SpanToken};

const LONG: Duration = Duration::from_secs(20);

fn monitor(server: &Server) -> MonitorSystem {
    let sink = OtlpSink::new(&OtlpConfig::new(server.url())).unwrap();
    MonitorSystem::builder().sink(sink).flush_interval(Duration::from_millis(20)).build()
}

fn spans(server: &Server) -> Vec<Value> {
    let bodies = server.seen();
    let bodies = bodies.iter().map(|seen| serde_json::from_slice::<Value>(&seen.body).unwrap());
    bodies
        .flat_map(|body| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone())
        .collect()
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name}: {spans:?}"))
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let found = span["attributes"].as_array().unwrap().iter().find(|pair| pair["key"] == key);
    &found.unwrap_or_else(|| panic!("no {key}: {span}"))["value"]
}

/// What <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding> and the example of opentelemetry-proto ask for.
#[test]
fn spans_have_the_form_and_the_trace_of_the_outermost_one() {
    let server = Server::start([Reply::json(200, b"{}")]);
    let monitor = monitor(&server);
    let site = |name| monitor.callsite(name, "shop", "shop.rs", 7, 1.0, Capture::TIME);
    let before = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let outer = monitor.begin(site("outer"), SpanToken::NONE);
    let middle = monitor.begin(site("middle"), outer.span);
    let inner = monitor.begin(site("inner"), middle.span);
    std::thread::sleep(Duration::from_millis(5));
    let failed = Outcome::Failed { code: "TIMEOUT", message: "no answer for bob@example.com" };
    let detail = Detail {
        args: Some("page=3, token='hunter2'".to_owned()),
        stack: Some("at fetch".to_owned()),
        correlation_id: Some("job-7".to_owned()),
        ..Detail::default()
    };
    monitor.end_with(inner, &failed, detail);
    monitor.end(middle, &Outcome::Cancelled);
    // Flushed before its outermost span has ended: nothing is told apart.
    monitor.flush(LONG);
    assert_eq!(server.seen().len(), 0, "the trace is not known yet");
    monitor.end(outer, &Outcome::Completed);
    let other = monitor.begin(site("other"), SpanToken::NONE);
    monitor.end(other, &Outcome::Completed);
    assert!(monitor.flush(LONG).complete, "{:?}", monitor.status());

    let request = &server.seen()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/traces"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let resource = &body["resourceSpans"][0]["resource"];
    assert_eq!(attribute(resource, "service.name")["stringValue"], "viralnow");
    let spans = spans(&server);
    assert_eq!(spans.len(), 4);
    let (outer, middle, inner, other) =
        (named(&spans, "outer"), named(&spans, "middle"), named(&spans, "inner"), named(&spans, "other"));
    for span in &spans {
        let hex = |key: &str, length: usize| {
            let id = span[key].as_str().unwrap();
            assert!(id.len() == length && id.bytes().all(|b| b.is_ascii_hexdigit()), "{key} {id}");
            assert!(id.bytes().any(|b| b != b'0'), "all zeroes are no id");
        };
        hex("traceId", 32);
        hex("spanId", 16);
        let time = |key: &str| span[key].as_str().expect("a text: 64 bits").parse::<u128>().unwrap();
        let (start, end) = (time("startTimeUnixNano"), time("endTimeUnixNano"));
        assert!(start <= end && start + 1_000_000_000 > before && end < before + 60_000_000_000);
    }
    assert_eq!((&middle["traceId"], &inner["traceId"]), (&outer["traceId"], &outer["traceId"]));
    assert_ne!(other["traceId"], outer["traceId"]);
    assert_eq!((&middle["parentSpanId"], &inner["parentSpanId"]), (&outer["spanId"], &middle["spanId"]));
    assert!(outer.get("parentSpanId").is_none());
    assert_eq!((&outer["kind"], &outer["status"]), (&1.into(), &serde_json::json!({})));
    assert_eq!(attribute(outer, "code.function.name")["stringValue"], "shop.outer");
    assert_eq!(attribute(outer, "code.line.number")["intValue"], "7");
    assert_eq!(attribute(middle, "viralnow.outcome")["stringValue"], "cancelled");
    assert_eq!(attribute(inner, "viralnow.correlation_id")["stringValue"], "job-7");
    assert_eq!(inner["status"]["code"], 2);
    let event = &inner["events"][0];
    assert_eq!(event["name"], "exception");
    assert_eq!(attribute(event, "exception.type")["stringValue"], "TIMEOUT");
    assert_eq!(attribute(event, "exception.stacktrace")["stringValue"], "at fetch");
    let everything = body.to_string();
    assert!(!everything.contains("hunter2") && !everything.contains("bob@"), "{everything}");
}

#[test]
fn a_collector_in_trouble_is_asked_again_and_a_refusal_is_told() {
    let server = Server::start([
        Reply::json(503, b""),
        Reply::Close,
        Reply::json(429, b"").with("retry-after", "0"),
        Reply::json(200, b"{}"),
        Reply::json(400, b""),
        Reply::json(200, b"{}"),
    ]);
    let monitor = monitor(&server);
    let site = monitor.callsite("call", "shop", "shop.rs", 1, 1.0, Capture::TIME);
    let call = || monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
    call();
    let until = Instant::now() + LONG;
    while !monitor.flush(LONG).complete {
        assert!(Instant::now() < until, "{:?}", monitor.status());
    }
    let first = server.seen();
    assert_eq!(first.len(), 4, "until it was taken");
    assert!(first.iter().all(|seen| seen.body == first[0].body), "the same each time");
    // One that is wrong for the collector is not sent again, and is told.
    call();
    assert!(!monitor.flush(LONG).complete);
    assert!(monitor.status().last_error.unwrap().contains("400"));
    let until = Instant::now() + LONG;
    call();
    while !monitor.flush(LONG).complete {
        assert!(Instant::now() < until, "{:?}", monitor.status());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.seen().len(), 6);
}

#[test]
fn a_collector_that_is_not_there_harms_nobody() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sink = OtlpSink::new(&OtlpConfig::new(format!("http://{closed}"))).unwrap();
    let monitor =
        MonitorSystem::builder().sink(sink).flush_interval(Duration::from_millis(10)).adaptive(false).build();
    let site = monitor.callsite("lonely", "shop", "shop.rs", 1, 1.0, Capture::TIME);
    let started = Instant::now();
    for _ in 0..10_000 {
        monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "the host does not wait");
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(monitor.counts(site).calls, 10_000);
    let started = Instant::now();
    drop(monitor);
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[test]
fn settings_name_the_collector_and_its_headers_come_from_the_environment() {
    let server = Server::start([Reply::json(200, b"{}")]);
    // SAFETY: this variable is read here alone.
    unsafe { std::env::set_var("VIRALNOW_TEST_OTLP_HEADERS", "api-key=k77, x-tenant=shop") };
    let text = format!(
        r#"{{"database_path": "", "log_file_path": "",
            "otlp": {{"endpoint": "{}/", "service_name": "shop", "headers_env": "VIRALNOW_TEST_OTLP_HEADERS", "timeout": "5s"}}}}"#,
        server.url()
    );
    let config = MonitorConfig::from_json(&text, "").unwrap();
    let monitoring = Monitoring::start(&config).unwrap();
    let monitor = monitoring.monitor();
    let site = monitor.callsite("told", "shop", "shop.rs", 1, 1.0, Capture::TIME);
    monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
    assert!(monitor.flush(LONG).complete);
    let request = &server.seen()[0];
    assert_eq!((request.header("api-key"), request.header("x-tenant")), (Some("k77"), Some("shop")));
    assert!(String::from_utf8_lossy(&request.body).contains(r#""stringValue":"shop""#));
    assert!(!config.shown().to_string().contains("k77"));
    for wrong in ["", "localhost:4318", "ftp://x/", "http://", "http://ana:pw@x/", "http://x y/"] {
        let text = format!(r#"{{"otlp": {{"endpoint": "{wrong}"}}}}"#);
        let error = MonitorConfig::from_json(&text, "").unwrap_err().to_string();
        assert!(error.contains("otlp.endpoint"), "{wrong}: {error}");
    }
    let mut unset = OtlpConfig::new("http://localhost:4318");
    unset.headers_env = Some("VIRALNOW_TEST_OTLP_UNSET".to_owned());
    assert_eq!(OtlpSink::new(&unset).unwrap_err().kind().code(), "INVALID_CONFIG");
}

//! The dashboard behind a server of the host's.

use serde_json::Value;
use std::time::{Duration, Instant};
use viralnow_core::ErrorKind;
use viralnow_core::monitor::config::MonitorConfig;
use viralnow_core::monitor::dashboard::{AnswerStream, MountedDashboard};
use viralnow_core::monitor::{Capture, Monitoring, Outcome, SpanToken};

const LONG: Duration = Duration::from_secs(20);

fn started() -> Monitoring {
    started_at(0.25)
}

fn started_at(update_interval: f64) -> Monitoring {
    let config = MonitorConfig {
        log_file_path: String::new(),
        database_path: ":memory:".to_owned(),
        update_interval,
        ..MonitorConfig::default()
    };
    Monitoring::start(&config).unwrap()
}

fn get(mounted: &MountedDashboard, target: &str) -> (u16, String) {
    let answer = mounted.answer("GET", target, &[]).unwrap();
    assert!(answer.stream.is_none());
    assert!(answer.header("content-security-policy").unwrap().contains("default-src 'self'"), "{answer:?}");
    (answer.status, answer.body)
}

fn json(mounted: &MountedDashboard, target: &str) -> Value {
    let (status, body) = get(mounted, target);
    assert_eq!(status, 200, "{target}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn listen(mounted: &MountedDashboard) -> AnswerStream {
    let answer = mounted.answer("GET", "/api/live", &[]).unwrap();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    answer.stream.unwrap()
}

fn frame(piece: &str) -> Value {
    let data = piece.strip_prefix("event: frame\ndata: ").unwrap_or_else(|| panic!("{piece}"));
    serde_json::from_str(data.trim_end()).unwrap()
}

#[test]
fn requests_are_answered_as_the_dashboards_own_server_does() {
    let monitoring = started();
    let mounted = monitoring.mounted_dashboard().unwrap();
    let live = listen(&mounted);
    assert_eq!(frame(&live.next(LONG).unwrap().unwrap())["whole"], true);
    let monitor = monitoring.monitor();
    let site = monitor.callsite("sell", "shop", "shop.rs", 3, 1.0, Capture::TIME);
    let failed = Outcome::Failed { code: "SOLD_OUT", message: "no more for ana@example.org" };
    monitor.end(monitor.begin(site, SpanToken::NONE), &failed);
    let (start, mut seen) = (Instant::now(), Value::Null);
    while seen["errors"][0]["function"] != "sell" {
        assert!(start.elapsed() < LONG, "{seen}");
        if let Some(piece) = live.next(Duration::from_millis(50)).unwrap() {
            seen = frame(&piece);
        }
    }
    assert!(!seen.to_string().contains("ana@example.org"));
    let id = seen["errors"][0]["id"].as_str().unwrap();
    assert_eq!(json(&mounted, &format!("/api/errors/{id}"))["kind"], "SOLD_OUT");
    assert_eq!(json(&mounted, "/api/functions")[0]["errors"], 1);
    assert_eq!(json(&mounted, "/api/log?q=SOLD_OUT%20sell")["rows"][0]["function"], "sell");
    assert!(get(&mounted, "/metrics").1.contains("sell"));
    assert!(get(&mounted, "/").1.contains("app.js"));
    assert_eq!(get(&mounted, "/app.js").0, 200);
    assert_eq!(get(&mounted, "/api/errors/none").0, 404);
    assert_eq!(get(&mounted, "/../../etc/passwd").0, 404);
    // Another site's page gets nothing, and changes nothing where the browser does not say that it is one.
    let trial = mounted.answer("POST", "/api/alerts/any/trial", &[]).unwrap();
    assert_eq!(trial.status, 403, "{trial:?}");
    let ours = [("x-viralnow".to_owned(), "1".to_owned())];
    assert_eq!(mounted.answer("POST", "/api/alerts/any/trial", &ours).unwrap().status, 404);
    let refused = mounted.answer("DELETE", "/api/status", &ours).unwrap();
    assert_eq!((refused.status, refused.header("content-type")), (405, Some("text/plain; charset=utf-8")));
    let from = |site: &str| [("sec-fetch-site".to_owned(), site.to_owned())];
    assert_eq!(mounted.answer("GET", "/api/status", &from("cross-site")).unwrap().status, 403);
    assert_eq!(mounted.answer("GET", "/api/status", &from("same-origin")).unwrap().status, 200);
}

#[test]
fn what_is_no_request_is_refused_and_the_next_is_answered() {
    let monitoring = started();
    let mounted = monitoring.mounted_dashboard().unwrap();
    let header = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    for (method, target, headers) in [
        ("GET LOST", "/", header("a", "b")),
        ("GET", "no slash and a space", header("a", "b")),
        ("GET", "/", header("a b", "c")),
        ("GET", "/", header("a", "b\r\nset-cookie: c")),
    ] {
        let error = mounted.answer(method, target, &headers).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{method} {target}");
    }
    // No ASCII, but allowed: a cookie of the host's, say.
    assert_eq!(mounted.answer("GET", "/healthz", &header("cookie", "shop=café")).unwrap().status, 200);
    assert_eq!(get(&mounted, "/healthz"), (200, "ok".to_owned()));
}

#[test]
fn listeners_are_bounded_and_their_room_is_free_when_they_leave() {
    let monitoring = started_at(3600.0);
    let mounted = monitoring.mounted_dashboard().unwrap();
    let live: Vec<_> = (0..32).map(|_| listen(&mounted)).collect();
    let full = mounted.answer("GET", "/api/live", &[]).unwrap();
    assert_eq!((full.status, full.stream.is_none()), (503, true));
    drop(live);
    // Not only when the next frame is sent to them: that is an hour away here.
    let start = Instant::now();
    while mounted.answer("GET", "/api/live", &[]).unwrap().stream.is_none() {
        assert!(start.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stream_ends_with_the_monitor() {
    let monitoring = started();
    let mounted = monitoring.mounted_dashboard().unwrap();
    let live = listen(&mounted);
    drop((monitoring, mounted));
    let start = Instant::now();
    let error = loop {
        assert!(start.elapsed() < LONG);
        match live.next(Duration::from_millis(100)) {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

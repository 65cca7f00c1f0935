//! The webhook: signed, tried again, and never led elsewhere.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use viralnow_core::monitor::alerts::{AlertEngine, Channel, Notice, Webhook, signature};
use viralnow_core::monitor::config::{AlertConfig, MonitorConfig, WebhookConfig};

/// A server that answers with these statuses, one after the other, and tells what it was sent.
fn server(answers: Vec<&'static str>) -> (String, Receiver<(Vec<String>, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let (mut head, mut length) = (Vec::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push(line.trim().to_owned());
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let _ = send.send((head, String::from_utf8(body).unwrap()));
            let _ = write!(
                reader.into_inner(),
                "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
    });
    (url, receive)
}

fn notice() -> Notice {
    let config = MonitorConfig {
        alerts: vec![AlertConfig::new("a", "status == 'failed'")],
        ..MonitorConfig::default()
    };
    AlertEngine::new(&config, 0.0).unwrap().trial("a", 1.0).unwrap()
}

fn settings(url: &str) -> WebhookConfig {
    WebhookConfig { url: url.to_owned(), secret_env: None, timeout: 5.0 }
}

fn wait_for(hook: &Webhook, counts: (u64, u64)) {
    let start = Instant::now();
    while hook.counts() != counts {
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", hook.counts());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_notice_is_signed_and_tried_again() {
    let (url, heard) = server(vec!["500 Oh", "204 Fine"]);
    let mut hook = Webhook::with_key(&settings(&url), Some(b"key".to_vec())).unwrap();
    hook.tell(&notice()).unwrap();
    wait_for(&hook, (1, 0));
    let all: Vec<_> = heard.try_iter().collect();
    assert_eq!(all.len(), 2);
    for (head, body) in &all {
        assert_eq!(head[0], "POST /hook?x=1 HTTP/1.1");
        let header = |name: &str| {
            head.iter().find_map(|line| line.to_lowercase().strip_prefix(name).map(|v| v.trim().to_owned()))
        };
        let time: u64 = header("x-viralnow-timestamp:").unwrap().parse().unwrap();
        assert_eq!(header("x-viralnow-signature:").unwrap(), format!("v1={}", signature(b"key", time, body)));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&body["event"], &body["alert"], &body["trial"]),
            (&"alert.fired".into(), &"a".into(), &true.into())
        );
    }
    // Computed by Python's `hmac`.
    assert_eq!(
        signature(b"key", 1_700_000_000, "{}"),
        "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    );
}

#[test]
fn a_redirect_is_not_followed_and_the_end_does_not_wait() {
    let (url, heard) = server(vec!["302 Go\r\nlocation: http://127.0.0.1:1/", "302 Go", "302 Go", "302 Go"]);
    let mut hook = Webhook::with_key(&settings(&url), None).unwrap();
    hook.tell(&notice()).unwrap();
    assert!(heard.recv_timeout(Duration::from_secs(10)).is_ok());
    let start = Instant::now();
    drop(hook);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());

    for url in [
        "http://example.com/",
        "ftp://localhost/",
        "https://bob:pw@example.com/",
        "http://127.0.0.1.example.com/",
        "https://",
        "x",
        "http://localhost@example.com/",
        "https://a b/",
    ] {
        let error = Webhook::with_key(&settings(url), None).unwrap_err();
        assert_eq!(error.kind().code(), "INVALID_CONFIG", "{url}");
        assert!(!error.to_string().contains("example.com/"), "the address is not shown: {error}");
    }
    for url in ["https://example.com/x", "http://localhost:9/", "http://[::1]:9/x", "http://127.0.0.1/"] {
        Webhook::with_key(&settings(url), None).unwrap();
    }
    // One that takes no more than it can hold says so.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut hook = Webhook::with_key(
        &WebhookConfig { timeout: 0.1, ..settings(&format!("http://{}/", silent.local_addr().unwrap())) },
        None,
    )
    .unwrap();
    let refused = (0..100).filter(|_| hook.tell(&notice()).is_err()).count();
    assert!((30..=40).contains(&refused), "{refused}");
}

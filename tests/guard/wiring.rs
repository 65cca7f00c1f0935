//! A monitor of a file of settings: what is recorded is redacted, logged, watched and shown.

#[cfg(feature = "dashboard")]
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use viralnow_core::monitor::{BusEvent, Capture, Detail, Monitoring, Outcome, SpanToken, StreamItem};

fn settings(folder: &Path, more: &str) -> String {
    let log = serde_json::to_string(&folder.join("monitoring.log")).unwrap();
    format!(
        r#"{{"log_file_path": {log}, "database_path": "", "dashboard_port": 0, "update_interval": "100ms", "flush_interval": "20ms",
            "alerts": [{{"name": "fetch_failure", "condition": "event_type == 'fetch_failed'", "threshold": 2, "time_window": "2s",
                         "notification_channels": ["file"]}}]{more}}}"#
    )
}

fn fail(monitoring: &Monitoring) {
    let monitor = monitoring.monitor();
    let site = monitor.callsite("fetch_youtube", "sources", "sources.rs", 7, 1.0, Capture::TIME);
    let failed = Outcome::Failed { code: "TIMEOUT", message: "no answer for bob@example.com" };
    let detail = Detail {
        args: Some("token='hunter2', page=3".to_owned()),
        stack: Some("at fetch_youtube (https://x.example/?key=hunter2)".to_owned()),
        ..Detail::default()
    };
    monitor.end_with(monitor.begin(site, SpanToken::NONE), &failed, detail);
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < Duration::from_secs(20), "did not come: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The fields of a span are facts, and a channel may ask how the alerts stand while it is told.
#[test]
fn an_alert_asks_for_a_spans_fields_and_its_callback_for_the_alerts() {
    use std::sync::{Arc, Mutex};
    use viralnow_core::monitor::alerts::Notice;
    use viralnow_core::monitor::config::{ChannelName, MonitorConfig};
    use viralnow_core::monitor::{Alerts, MonitorSystem};
    let config = r#"{"alerts": [{"name": "tiktok", "condition": "event_type == 'fetch_failed' and platform == 'tiktok' and data.page > 2",
                                 "notification_channels": ["callback", "webhook"]}],
                     "webhook": {"url": "https://example.org/hook"}}"#;
    let alerts = Alerts::new(&MonitorConfig::from_json(config, "").unwrap()).unwrap();
    let (asked, seen) = (alerts.clone(), Arc::new(Mutex::new(Vec::new())));
    let kept = seen.clone();
    alerts.channel(
        ChannelName::Callback,
        Box::new(move |notice: &Notice| {
            kept.lock().unwrap().push((notice.alert.clone(), asked.shown()["states"][0]["fired"].clone()));
            Ok(())
        }),
    );
    let monitor = MonitorSystem::builder().sink(alerts.clone()).build();
    alerts.attach(&monitor);
    let site = monitor.callsite("fetch_page", "sources", "", 0, 1.0, Capture::TIME);
    for args in [
        r#"{"platform": "youtube", "page": 3}"#,
        r#"{"platform": "tiktok", "page": 2}"#,
        "page=3, platform='tiktok'",
    ] {
        let detail = Detail { args: Some(args.to_owned()), ..Detail::default() };
        let failed = Outcome::Failed { code: "TIMEOUT", message: "late" };
        monitor.end_with(monitor.begin(site, SpanToken::NONE), &failed, detail);
    }
    assert!(monitor.flush(Duration::from_secs(10)).complete);
    assert_eq!(seen.lock().unwrap().len(), 0);
    let detail =
        Detail { args: Some(r#"{"platform": "tiktok", "page": 3}"#.to_owned()), ..Detail::default() };
    monitor.end_with(
        monitor.begin(site, SpanToken::NONE),
        &Outcome::Failed { code: "TIMEOUT", message: "late" },
        detail,
    );
    assert!(monitor.flush(Duration::from_secs(10)).complete);
    assert_eq!(*seen.lock().unwrap(), [("tiktok".to_owned(), 1.into())]);
    // The channel that this program does not have is no silence.
    let channels = &alerts.shown()["channels"];
    assert_eq!(
        (&channels["callback"]["told"], &channels["webhook"]["failed"]),
        (&1.into(), &1.into()),
        "{channels}"
    );
}

#[test]
fn what_fails_is_logged_watched_and_told_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("monitoring_config.json");
    std::fs::write(&path, settings(folder.path(), "")).unwrap();
    let monitoring = Monitoring::start_file(&path).unwrap();
    let told = monitoring.monitor().bus().stream("**", 1000).unwrap();
    fail(&monitoring);
    fail(&monitoring);
    let mut topics: Vec<BusEvent> = Vec::new();
    let mut heard = |topic: &str| {
        while let Some(item) = told.try_next() {
            if let StreamItem::Event(event) = item {
                topics.push((*event).clone());
            }
        }
        topics.iter().find(|event| event.event.topic == topic).cloned()
    };
    wait_for("alert.fired", || heard("alert.fired").is_some());
    let fired = heard("alert.fired").unwrap().event.data;
    assert_eq!(
        (&fired["alert"], &fired["value"], &fired["function"]),
        (&"fetch_failure".into(), &2.0.into(), &"fetch_youtube".into())
    );
    wait_for("alert.resolved", || heard("alert.resolved").is_some());

    // The settings change while it runs: a wrong file changes nothing, a right one does.
    std::fs::write(&path, settings(folder.path(), r#", "alerst": []"#)).unwrap();
    wait_for("config.rejected", || heard("config.rejected").is_some());
    assert!(monitoring.config_error().unwrap().contains("did you mean alerts?"));
    assert_eq!(monitoring.alerts().states().len(), 1);
    std::fs::write(
        &path,
        settings(folder.path(), r#", "log_files_kept": 3"#).replace("fetch_failure", "renamed"),
    )
    .unwrap();
    wait_for("config.reloaded", || heard("config.reloaded").is_some());
    assert_eq!((monitoring.config_error(), monitoring.config().log_files_kept), (None, 3));
    assert_eq!(monitoring.alerts().states()[0].name, "renamed");

    monitoring.monitor().flush(Duration::from_secs(5));
    let log = std::fs::read_to_string(folder.path().join("monitoring.log")).unwrap();
    assert!(
        log.lines().any(|line| line.contains(" ERROR ")
            && line
                .contains("function.failed: sources.fetch_youtube: TIMEOUT: no answer for [redacted:email#")),
        "{log}"
    );
    assert!(
        log.lines().any(|line| line.contains(" WARNING ") && line.contains("alert fetch_failure fired")),
        "{log}"
    );
    assert!(log.contains("alert fetch_failure resolved") && log.contains("config.reloaded"), "{log}");
    let everything = format!("{log}{topics:?}{}", monitoring.alerts().shown());
    assert!(!everything.contains("hunter2") && !everything.contains("bob@"), "{everything}");
}

/// Settings that are read again without an alert that fires: its end is told. The webhook's address, which is a secret, is not.
#[test]
fn an_alert_that_a_reload_drops_is_resolved_and_no_token_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("monitoring_config.json");
    let hook = r#", "webhook": {"url": "https://hooks.example/T00/secret-path?key=hunter2"}"#;
    // A window that does not end by itself while this test runs.
    let settings = |more: &str| settings(folder.path(), more).replace("\"2s\"", "\"10m\"");
    std::fs::write(&path, settings(hook)).unwrap();
    let monitoring = Monitoring::start_file(&path).unwrap();
    let told = monitoring.monitor().bus().stream("**", 1000).unwrap();
    fail(&monitoring);
    fail(&monitoring);
    wait_for("the alert", || monitoring.alerts().states().iter().any(|alert| alert.fired == 1));
    let other = hook.replace("hooks", "other").replace("T00", "T01");
    std::fs::write(&path, settings(&other).replace("\"fetch_failure\"", "\"another\"")).unwrap();
    let mut heard = Vec::new();
    let mut until = |topic: &str| {
        wait_for(topic, || {
            while let Some(item) = told.try_next() {
                if let StreamItem::Event(event) = item {
                    heard.push(event.event.clone());
                }
            }
            heard.iter().any(|event| event.topic == topic)
        });
        heard.iter().find(|event| event.topic == topic).unwrap().data.clone()
    };
    assert_eq!(until("alert.resolved")["alert"], "fetch_failure");
    let reloaded = until("config.reloaded").to_string();
    assert!(reloaded.contains("https://hooks.example/...") && reloaded.contains("https://other.example/..."));
    let everything = format!("{reloaded}{}{:?}", monitoring.config().shown(), heard);
    for secret in ["hunter2", "secret-path", "T00", "T01"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert_eq!(monitoring.config().webhook.unwrap().timeout, 10.0);
}

#[cfg(feature = "dashboard")]
pub(super) mod dashboard {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use viralnow_core::monitor::config::MonitorConfig;

    pub(crate) struct Answer {
        pub(crate) status: u16,
        head: String,
        pub(crate) body: String,
    }

    pub(crate) fn ask(address: &str, request: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let host = if headers.to_lowercase().contains("host:") {
            String::new()
        } else {
            format!("host: {address}\r\n")
        };
        write!(stream, "{request} HTTP/1.1\r\n{host}{headers}connection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn the_dashboard_shows_what_happens_to_who_has_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let config = MonitorConfig::from_json(&settings(folder.path(), ""), "").unwrap();
        let monitoring = Monitoring::start(&config).unwrap();
        let url = monitoring.dashboard().unwrap();
        assert_eq!(monitoring.dashboard().unwrap(), url, "it is started once");
        let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        assert!(address.starts_with("127.0.0.1:"));
        let token = url.split("token=").nth(1).unwrap().to_owned();
        let bearer = format!("authorization: Bearer {token}\r\n");
        for (request, headers, status) in [
            ("GET /", String::new(), 401),
            ("GET /api/status", String::new(), 401),
            ("GET /app.js", String::new(), 401),
            ("GET /healthz", String::new(), 200),
            ("GET /?token=0", String::new(), 401),
            ("GET /api/status", bearer.clone(), 200),
            ("GET /api/status", format!("{bearer}host: evil.example\r\n"), 421),
            ("GET /api/status", format!("{bearer}origin: http://evil.example\r\n"), 403),
            ("POST /api/alerts/fetch_failure/trial", format!("{bearer}content-length: 0\r\n"), 200),
            ("POST /api/alerts/none/trial", format!("{bearer}content-length: 0\r\n"), 404),
            ("GET /api/errors/0", bearer.clone(), 404),
            ("GET /none", bearer.clone(), 404),
            ("GET /metrics", bearer.clone(), 200),
        ] {
            let answer = ask(&address, request, &headers);
            assert_eq!(answer.status, status, "{request} {headers}: {}", answer.body);
            assert!(
                answer.head.contains("content-security-policy: default-src 'self'")
                    && answer.head.contains("x-content-type-options: nosniff")
            );
            assert!(!answer.body.contains(&token), "the token is shown");
        }
        let welcome = ask(&address, &format!("GET /?token={token}"), "");
        assert_eq!(welcome.status, 303);
        let cookie =
            welcome.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap().to_owned();
        assert!(cookie.contains("httponly; samesite=strict"));
        let cookie = format!("cookie: {}\r\n", cookie.split(';').next().unwrap());
        assert!(ask(&address, "GET /", &cookie).body.contains("<title>ViralNow monitor</title>"));

        fail(&monitoring);
        fail(&monitoring);
        monitoring.monitor().flush(Duration::from_secs(5));
        let json = |path: &str| {
            serde_json::from_str::<Value>(&ask(&address, &format!("GET {path}"), &bearer).body).unwrap()
        };
        let errors = json("/api/errors");
        let mine =
            errors.as_array().unwrap().iter().find(|group| group["function"] == "fetch_youtube").unwrap();
        assert_eq!((&mine["kind"], mine["count"].as_u64()), (&"TIMEOUT".into(), Some(2)));
        let detail = json(&format!("/api/errors/{}", mine["id"].as_str().unwrap()));
        assert!(
            detail["stack"].as_str().unwrap().contains("[redacted:query#")
                && detail["args"].as_str().unwrap().contains("page=3")
        );
        let function = json("/api/functions")
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == "fetch_youtube")
            .unwrap()
            .clone();
        assert!(function["calls"].as_u64() >= Some(2) && function["errors"] == function["calls"]);
        assert_eq!(json("/api/alerts")["states"][0]["name"], "fetch_failure");
        assert_eq!(json("/api/config")["config"]["update_interval"], 0.1);
        assert!(json("/api/log?q=timeout+fetch_youtube")["rows"].as_array().unwrap().len() >= 2);
        assert!(json("/api/log?q=nothing+like+it")["rows"].as_array().unwrap().is_empty());
        assert!(json("/api/events?pattern=function.*").as_array().unwrap().len() >= 2);
        monitoring
            .monitor()
            .bus()
            .publish("progress.step_progress", serde_json::json!({"job": "j", "fraction": 0.25}))
            .unwrap();
        wait_for("the job", || json("/api/jobs")[0]["data"]["fraction"] == 0.25);

        // The stream: a whole frame at once, then others.
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "GET /api/live HTTP/1.1\r\nhost: {address}\r\n{bearer}\r\n").unwrap();
        let start = Instant::now();
        let mut frames = BufReader::new(stream).lines().map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("data: ").map(|data| serde_json::from_str::<Value>(data).unwrap())
        });
        let first = frames.next().unwrap();
        assert!(
            first["whole"] == true && start.elapsed() < Duration::from_millis(500),
            "{:?}",
            start.elapsed()
        );
        let second = frames.next().unwrap();
        assert!(second["whole"] == false && second["points"].as_array().unwrap().len() == 1);
        assert!(!first.to_string().contains("hunter2") && !first.to_string().contains("bob@"));

        let taken = MonitorConfig {
            dashboard_port: address.rsplit(':').next().unwrap().parse().unwrap(),
            log_file_path: String::new(),
            ..config
        };
        let error =
            Monitoring::start(&taken).unwrap().make_dashboard().unwrap().config(&taken).serve().unwrap_err();
        assert!(error.kind().code() == "IO" && error.to_string().contains("dashboard_port"));
    }

    /// What was long ago is found in the log, and goes as a trace.
    #[cfg(feature = "sqlite")]
    #[test]
    fn the_log_is_searched_in_its_file_and_given_as_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("monitoring_config.json");
        let database = serde_json::to_string(&folder.path().join("monitoring.db")).unwrap();
        let with = |more: &str| {
            settings(folder.path(), more)
                .replace(r#""database_path": """#, &format!(r#""database_path": {database}"#))
        };
        std::fs::write(&path, with("")).unwrap();
        {
            // Of an earlier run: nothing in memory knows of it.
            let earlier = Monitoring::start_file(&path).unwrap();
            fail(&earlier);
            let site = earlier.monitor().callsite("sell", "shop", "shop.rs", 1, 1.0, Capture::TIME);
            for _ in 0..3000 {
                earlier.monitor().end(earlier.monitor().begin(site, SpanToken::NONE), &Outcome::Completed);
            }
            earlier.monitor().bus().publish("shop.opened", serde_json::json!({"clerk": "Ana"})).unwrap();
            assert!(earlier.monitor().shutdown(Duration::from_secs(20)).complete);
        }
        let monitoring = Monitoring::start_file(&path).unwrap();
        let url = monitoring.dashboard().unwrap();
        let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        let bearer = format!("authorization: Bearer {}\r\n", url.split("token=").nth(1).unwrap());
        let json = |path: &str| {
            let answer = ask(&address, &format!("GET {path}"), &bearer);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            serde_json::from_str::<Value>(&answer.body).unwrap()
        };
        // On a busy machine a search may end before it has come to the end, and says so.
        let found = |query: &str| {
            let whole = |answer: &Value| answer["back_to_us"].is_null();
            let mut answers = (0..50).map(|_| json(&format!("/api/log?q={query}")));
            answers.find(whole).expect("a search to the end")["rows"].as_array().unwrap().clone()
        };
        let failed = found("timeout+FETCH_youtube");
        assert_eq!((failed.len(), &failed[0]["level"]), (1, &"ERROR".into()));
        assert!(!failed[0].to_string().contains("bob@"));
        assert_eq!(found("&level=ERROR").iter().filter(|row| row["function"] == "fetch_youtube").count(), 1);
        assert_eq!(found("shop.opened+ana").len(), 1);
        assert_eq!(found("&limit=2000").len(), 2000);
        assert!(found("nothing+like+it").is_empty());
        let trace = ask(&address, "GET /api/trace.json?hours=1", &bearer);
        assert!(trace.head.contains("content-disposition: attachment"));
        let trace: Value = serde_json::from_str(&trace.body).unwrap();
        assert_eq!(trace["traceEvents"].as_array().unwrap().len(), 3001);
        assert_eq!(ask(&address, "GET /api/trace.json?hours=-1", &bearer).status, 400);

        let before = json("/api/config");
        let key = |change: &Value| change["key"].as_str().unwrap().to_owned();
        let differs: Vec<String> = before["differs"].as_array().unwrap().iter().map(key).collect();
        assert!(
            differs.contains(&"update_interval".to_owned()) && !differs.contains(&"log_level".to_owned())
        );
        std::fs::write(&path, with(r#", "log_files_kept": 3"#)).unwrap();
        wait_for("the change", || json("/api/config")["reloads"].as_array().unwrap().len() == 1);
        let change = json("/api/config")["reloads"][0]["changes"][0].clone();
        assert_eq!(change, serde_json::json!({"key": "log_files_kept", "old": 5, "new": 3}));
    }
}

//! Settings that change while the monitor runs: each key holds from then on, or nothing changes and that is told.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use viralnow_core::monitor::{Capture, EventStream, Monitoring, Outcome, SpanToken, StreamItem};

const LONG: Duration = Duration::from_secs(20);
const FAILED: Outcome<'static> = Outcome::Failed { code: "BROKEN", message: "it broke" };

/// A monitor that reads its settings from a file, and what it says.
struct Watched {
    folder: tempfile::TempDir,
    monitoring: Monitoring,
    told: EventStream,
}

impl Watched {
    fn start(settings: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("monitoring_config.json");
        std::fs::write(&path, whole(&folder, settings).to_string()).unwrap();
        let monitoring = Monitoring::start_file(&path).unwrap();
        let told = monitoring.monitor().bus().stream("**", 10_000).unwrap();
        Self { folder, monitoring, told }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes other settings; what is said of them.
    fn change(&self, topic: &str, settings: &Value) -> Value {
        let text = whole(&self.folder, settings);
        std::fs::write(self.path("monitoring_config.json"), format!("{text:#}")).unwrap();
        self.next(topic)
    }

    /// The next event of this topic.
    fn next(&self, topic: &str) -> Value {
        let start = Instant::now();
        while start.elapsed() < LONG {
            if let Some(StreamItem::Event(event)) = self.told.next_timeout(Duration::from_millis(100))
                && event.event.topic == topic
            {
                return event.event.data.clone();
            }
        }
        panic!("{topic} did not come; {:?}", self.monitoring.config_error());
    }

    /// Whether an event of this topic is among those that were delivered up to now.
    fn said(&self, topic: &str) -> bool {
        assert!(self.monitoring.monitor().flush(LONG).complete);
        std::iter::from_fn(|| self.told.try_next()).fold(false, |said, item| {
            said | matches!(item, StreamItem::Event(event) if event.event.topic == topic)
        })
    }

    /// Calls of these lengths that ended so long ago.
    fn calls(&self, name: &str, outcome: &Outcome<'_>, ago: Duration, took: &[u64]) {
        let monitor = self.monitoring.monitor();
        let site = monitor.callsite(name, "reload", "", 0, 1.0, Capture::TIME);
        for &ms in took {
            let took = Duration::from_millis(ms);
            let numbers = [monitor.reserve(1), SpanToken::NONE];
            monitor.record(site, numbers, [ago + took, took], outcome, None);
        }
    }
}

/// Settings with the defaults of these tests: nothing that one test does is in another's way.
fn whole(folder: &tempfile::TempDir, settings: &Value) -> Value {
    let mut whole = json!({
        "database_path": "", "log_file_path": "", "dashboard_port": 0, "flush_interval": "20ms", "update_interval": "100ms",
    });
    for (key, value) in settings.as_object().unwrap() {
        let is_file = ["database_path", "log_file_path"].contains(&key.as_str()) && value != "";
        whole[key] = if is_file { json!(folder.path().join(value.as_str().unwrap())) } else { value.clone() };
    }
    whole
}

#[cfg(feature = "sqlite")]
#[test]
fn rows_go_to_the_new_log_and_the_old_one_is_closed() {
    use viralnow_core::monitor::{LogFilters, LogStore};
    let names = |watched: &Watched, file: &str| -> Vec<String> {
        let log = LogStore::open(watched.path(file)).unwrap();
        let page = log.query(&LogFilters { limit: 100, ..LogFilters::default() }).unwrap();
        page.entries.into_iter().map(|entry| entry.function_name).collect()
    };
    let watched = Watched::start(&json!({ "database_path": "one.db" }));
    let monitor = watched.monitoring.monitor();
    watched.calls("before", &Outcome::Completed, Duration::ZERO, &[1, 1]);
    let told = watched.change("config.reloaded", &json!({ "database_path": "two.db" }));
    assert_eq!(told["changes"][0]["key"], "database_path");
    watched.calls("after", &Outcome::Completed, Duration::ZERO, &[1]);
    assert!(monitor.flush(LONG).complete);
    assert_eq!(monitor.store().unwrap().path(), watched.path("two.db"));
    assert!(!watched.path("one.db-wal").exists(), "the old one is closed");
    assert_eq!(names(&watched, "one.db"), ["before", "before"]);
    assert_eq!(names(&watched, "two.db"), ["after"]);

    // To none, and back: rows that come meanwhile are in no log.
    watched.change("config.reloaded", &json!({}));
    watched.calls("nowhere", &Outcome::Completed, Duration::ZERO, &[1]);
    assert!(monitor.flush(LONG).complete && monitor.store().is_none());
    assert!(!monitor.status().sinks.iter().any(|sink| sink.name == "sqlite"));
    watched.change("config.reloaded", &json!({ "database_path": "one.db" }));
    watched.calls("again", &Outcome::Completed, Duration::ZERO, &[1]);
    assert!(monitor.flush(LONG).complete);
    assert_eq!(names(&watched, "one.db"), ["again", "before", "before"]);
}

#[cfg(feature = "sqlite")]
#[test]
fn what_is_kept_for_how_long_changes() {
    let watched = Watched::start(&json!({ "database_path": "log.db" }));
    watched.calls("old", &Outcome::Completed, Duration::ZERO, &[1]);
    let monitor = watched.monitoring.monitor();
    assert!(monitor.flush(LONG).complete);
    // As if it were ten days later.
    let cleaned = || {
        let then = std::time::UNIX_EPOCH.elapsed().unwrap() + Duration::from_secs(10 * 86_400);
        monitor.store().unwrap().cleanup_at(then.as_micros() as i64, None).unwrap().calls
    };
    assert_eq!(cleaned(), 0);
    watched.change("config.reloaded", &json!({ "database_path": "log.db", "log_retention_days": 5 }));
    assert_eq!(cleaned(), 1);
}

#[test]
fn lines_go_to_the_new_file_by_the_new_level() {
    let watched = Watched::start(&json!({ "log_file_path": "one.log" }));
    let read = |name: &str| std::fs::read_to_string(watched.path(name)).unwrap_or_default();
    let work = |name: &str| {
        watched.calls(name, &FAILED, Duration::ZERO, &[1]);
        watched.calls(name, &Outcome::Completed, Duration::ZERO, &[1]);
        assert!(watched.monitoring.monitor().flush(LONG).complete);
    };
    work("first");
    watched.change("config.reloaded", &json!({ "log_file_path": "two.log", "log_level": "DEBUG" }));
    work("second");
    watched.change("config.reloaded", &json!({ "log_file_path": "two.log", "log_level": "OFF" }));
    work("third");
    let (one, two) = (read("one.log"), read("two.log"));
    assert!(
        one.contains("ERROR") && one.contains("reload.first") && !one.contains("function.completed"),
        "{one}"
    );
    assert!(!one.contains("second") && !two.contains("first"), "{one}{two}");
    let of_second = two.lines().filter(|line| line.contains("reload.second")).collect::<Vec<_>>();
    assert!(of_second.len() == 2 && of_second.iter().any(|line| line.contains(" DEBUG ")), "{two}");
    assert!(!two.contains("third"), "{two}");
}

#[test]
fn thresholds_change_and_what_is_usual_stays_known() {
    let quiet = json!({ "performance_threshold_multiplier": 1000, "error_rate_threshold": 1 });
    let watched = Watched::start(&quiet);
    watched.calls("slow", &Outcome::Completed, Duration::ZERO, &[10; 30]);
    watched.calls("slow", &Outcome::Completed, Duration::ZERO, &[50]);
    watched.calls("bad", &Outcome::Completed, Duration::ZERO, &[1; 20]);
    watched.calls("bad", &FAILED, Duration::ZERO, &[1; 20]);
    assert!(!watched.said("performance.threshold_exceeded"));
    watched.change(
        "config.reloaded",
        &json!({ "performance_threshold_multiplier": 2, "error_rate_threshold": "10%" }),
    );
    watched.calls("slow", &Outcome::Completed, Duration::ZERO, &[50]);
    let slow = watched.next("performance.threshold_exceeded");
    assert_eq!((&slow["name"], &slow["multiplier"]), (&json!("slow"), &json!(2.0)));
    watched.calls("bad", &FAILED, Duration::ZERO, &[1]);
    assert_eq!(watched.next("performance.error_rate_exceeded")["calls"], 41);
    // What failed before the window does not count.
    watched.change("config.reloaded", &json!({ "error_rate_threshold": "10%", "error_rate_window": "1m" }));
    watched.calls("late", &FAILED, Duration::from_secs(120), &[1; 30]);
    watched.next("performance.error_rate_exceeded");
    watched.calls("late", &Outcome::Completed, Duration::ZERO, &[1; 19]);
    watched.calls("late", &FAILED, Duration::ZERO, &[1, 1, 1]);
    assert_eq!(
        watched.next("performance.error_rate_exceeded")["calls"],
        22,
        "3 of 22 are the first above a tenth"
    );
}

/// Who reads the log sees one address as one, also across a change of the settings.
#[test]
fn an_address_has_one_marker_for_the_life_of_the_monitor() {
    let watched = Watched::start(&json!({}));
    let marker = |name: &str| {
        let failed = Outcome::Failed { code: "TIMEOUT", message: "no answer for bob@example.com" };
        watched.calls(name, &failed, Duration::ZERO, &[1]);
        let said = watched.next("function.failed");
        assert_eq!(said["name"], name);
        said["message"].as_str().unwrap().split_once("for ").unwrap().1.to_owned()
    };
    let first = marker("before");
    assert!(first.starts_with("[redacted:email#"), "{first}");
    // By chance two keys agree once in 65,536: three of them do not.
    for (name, settings) in [
        ("with ip", json!({ "redaction": { "ip": true } })),
        ("with a key", json!({ "redaction": { "deny_keys": ["till"] } })),
        ("with a level", json!({ "log_level": "ERROR" })),
    ] {
        watched.change("config.reloaded", &settings);
        assert_eq!(marker(name), first, "{name}");
    }
    // Another monitor has another key.
    let others = (0..3).map(|_| Watched::start(&json!({})));
    let differ = others.filter(|other| {
        let text = other.monitoring.monitor().redacted("bob@example.com");
        text.starts_with("[redacted:email#") && text != first
    });
    assert!(differ.count() > 0);
}

#[test]
fn redaction_changes_and_what_goes_on_in_part_is_named() {
    let watched = Watched::start(&json!({}));
    let tell = || {
        watched.monitoring.monitor().bus().publish("shop.sold", json!({ "till": "drawer four" })).unwrap();
        watched.next("shop.sold")["till"].as_str().unwrap().to_owned()
    };
    assert_eq!(tell(), "drawer four");
    let told = watched.change(
        "config.reloaded",
        &json!({ "redaction": { "deny_keys": ["till"] }, "ring_capacity": 64, "overflow": "drop_oldest" }),
    );
    assert!(tell().starts_with("[redacted"), "{told}");
    let kept: Vec<&str> =
        told["kept"].as_array().unwrap().iter().map(|kept| kept["key"].as_str().unwrap()).collect();
    assert_eq!(kept, ["ring_capacity"]);
}

#[cfg(feature = "dashboard")]
mod dashboard {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    /// The status of an answer, or why there is none.
    fn ask(port: u16, token: &str) -> std::io::Result<u16> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET /api/status HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        text.split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or(std::io::ErrorKind::InvalidData.into())
    }

    fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
        let start = Instant::now();
        while !there() {
            assert!(start.elapsed() < LONG, "did not come: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn port_and_token(url: &str) -> (u16, String) {
        let port = url.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap();
        (port, url.split("token=").nth(1).unwrap().to_owned())
    }

    fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    #[test]
    fn the_dashboard_moves_and_a_port_that_is_taken_changes_nothing() {
        let watched = Watched::start(&json!({}));
        let (first, token) = port_and_token(&watched.monitoring.dashboard().unwrap());
        assert_eq!(ask(first, &token).unwrap(), 200);
        let second = free_port();
        watched.change("config.reloaded", &json!({ "dashboard_port": second }));
        assert_eq!(ask(second, &token).unwrap(), 200, "at once, with the same token");
        assert_eq!(port_and_token(&watched.monitoring.dashboard().unwrap()), (second, token.clone()));
        wait_for("the end of the old one", || ask(first, &token).is_err());

        // One setting that cannot be had, and one that could.
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let other =
            json!({ "dashboard_port": taken.local_addr().unwrap().port(), "log_file_path": "new.log" });
        let rejected = watched.change("config.rejected", &other);
        let problem = &rejected["problems"][0];
        assert_eq!(problem["key"], "dashboard_port");
        assert!(problem["line"].as_u64() > Some(1), "where it stands: {problem}");
        assert!(watched.monitoring.config_error().unwrap().contains("the dashboard's port cannot be had"));
        assert_eq!(ask(second, &token).unwrap(), 200, "it stays");
        let config = watched.monitoring.config();
        assert_eq!((config.dashboard_port, config.log_file_path.as_str()), (second, ""));
        watched.calls("fails", &FAILED, Duration::ZERO, &[1]);
        watched.monitoring.monitor().flush(LONG);
        let log = std::fs::read_to_string(watched.path("new.log")).unwrap_or_default();
        assert!(!log.contains("fails"), "nothing is applied: {log}");

        // Mended: the same port, other names and another interval.
        let mended = json!({
            "dashboard_port": second, "update_interval": 1, "dashboard": { "allowed_hosts": ["shop.example"] },
        });
        watched.change("config.reloaded", &mended);
        assert_eq!(watched.monitoring.config_error(), None);
        wait_for("the new one at the same port", || ask(second, &token).is_ok_and(|status| status == 200));
    }

    #[test]
    fn the_dashboard_is_started_and_ended_by_its_setting() {
        let watched = Watched::start(&json!({}));
        let port = free_port();
        let on = json!({ "dashboard_port": port, "dashboard": { "enabled": true } });
        watched.change("config.reloaded", &on);
        assert_eq!(ask(port, "wrong").unwrap(), 401);
        watched.change("config.reloaded", &json!({ "dashboard_port": port }));
        wait_for("its end", || ask(port, "wrong").is_err());
    }

    #[test]
    fn a_port_that_another_process_has_is_stepped_over() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let watched = Watched::start(&json!({ "dashboard_port": port }));
        let (near, token) = port_and_token(&watched.monitoring.dashboard().unwrap());
        assert!((1..10).contains(&(near - port)), "{near} for {port}");
        assert_eq!(ask(near, &token).unwrap(), 200);
    }

    #[test]
    fn the_mounted_dashboard_follows_its_interval() {
        let watched = Watched::start(&json!({ "update_interval": "1h" }));
        let mounted = || watched.monitoring.mounted_dashboard().unwrap();
        let live = mounted().answer("GET", "/api/live", &[]).unwrap().stream.unwrap();
        assert!(live.next(LONG).unwrap().is_some(), "the first frame");
        watched.change("config.reloaded", &json!({ "update_interval": "50ms" }));
        let start = Instant::now();
        while live.next(Duration::from_millis(20)).is_ok() {
            assert!(start.elapsed() < LONG, "it goes on as before");
        }
        let live = mounted().answer("GET", "/api/live", &[]).unwrap().stream.unwrap();
        for _ in 0..3 {
            assert!(live.next(LONG).unwrap().is_some());
        }
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_log_that_cannot_be_had_changes_nothing() {
    let watched = Watched::start(&json!({ "database_path": "log.db" }));
    std::fs::create_dir(watched.path("folder.db")).unwrap();
    let rejected =
        watched.change("config.rejected", &json!({ "database_path": "folder.db", "log_level": "DEBUG" }));
    assert_eq!(rejected["problems"][0]["key"], "database_path");
    let config = watched.monitoring.config();
    assert!(config.database_path.ends_with("log.db") && config.log_level.as_str() == "INFO");
    watched.calls("goes_on", &Outcome::Completed, Duration::ZERO, &[1]);
    let monitor = watched.monitoring.monitor();
    assert!(monitor.flush(LONG).complete);
    let page = monitor
        .store()
        .unwrap()
        .query(&viralnow_core::monitor::LogFilters { limit: 5, ..Default::default() });
    assert_eq!(page.unwrap().entries.len(), 1);
}

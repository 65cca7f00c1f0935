//! Alerts: the language, the windows, and the turns, on a clock that the test moves.

use serde_json::json;
use std::sync::{Arc, Mutex};
use viralnow_core::monitor::alerts::{AlertEngine, AlertPhase, Channels, Condition, Facts, Notice, Turn};
use viralnow_core::monitor::config::{AlertConfig, ChannelName, MonitorConfig};
use viralnow_core::{Error, ErrorKind};

fn engine(alerts: Vec<AlertConfig>) -> AlertEngine {
    AlertEngine::new(&MonitorConfig { alerts, ..MonitorConfig::default() }, 1000.0).unwrap()
}

fn one(condition: &str) -> AlertConfig {
    AlertConfig { time_window: 1.0, ..AlertConfig::new("a", condition) }
}

fn ended(function: &'static str, failed: bool, duration_s: f64) -> Facts<'static> {
    let (topic, status) =
        if failed { ("function.failed", "failed") } else { ("function.completed", "completed") };
    Facts {
        topic,
        function: Some(function),
        status: Some(status),
        duration_s: Some(duration_s),
        ..Facts::default()
    }
}

/// What an alert itself said would hold it up, and what the monitor says of calls would count them twice.
#[test]
fn an_alert_counts_what_happened_and_not_what_was_said_of_it() {
    let mut alerts = engine(vec![AlertConfig { cooldown_period: Some(0.0), ..one("function == 'pay'") }]);
    assert_eq!(alerts.observe(&ended("pay", false, 0.1), 1001.0).len(), 1);
    let said = |topic| Facts { topic, function: Some("pay"), ..Facts::default() };
    let resolved = alerts.tick(1062.0);
    assert_eq!((resolved.len(), resolved[0].turn), (1, Turn::Resolved));
    for topic in ["alert.fired", "alert.resolved", "performance.threshold_exceeded", "monitor.degraded"] {
        assert_eq!(alerts.observe(&said(topic), 1063.0), [], "{topic}");
    }
    assert_eq!(alerts.observe(&ended("pay", false, 0.1), 1064.0).len(), 1, "a call does");

    let mut silent = engine(vec![one("absent(30s) and function == 'pay'")]);
    assert_eq!(silent.tick(1031.0).len(), 1);
    assert_eq!(silent.observe(&said("alert.fired"), 1032.0), []);
    assert_eq!(silent.tick(1033.0), [], "its own notice ends no silence");

    // Who asks for topics gets those, but for the turns of alerts.
    let mut slow = engine(vec![one("event_type == 'performance.threshold_exceeded' and function == 'pay'")]);
    assert_eq!(slow.observe(&said("performance.threshold_exceeded"), 1001.0).len(), 1);
    let mut own = engine(vec![one("topic matches /alert*/")]);
    assert_eq!(own.observe(&said("alert.fired"), 1001.0), []);
}

#[test]
fn conditions_on_events() {
    let data = json!({"n": 3, "ok": true, "who": {"name": "bob", "tags": ["x", "y"]}, "big": 5e6});
    let facts = Facts {
        topic: "function.failed",
        function: Some("fetch_youtube"),
        module: Some("sources"),
        status: Some("failed"),
        error_kind: Some("TIMEOUT"),
        error_message: Some("it's late"),
        platform: Some("youtube"),
        duration_s: Some(0.3),
        memory: Some(12e6),
        cpu: Some(0.5),
        data: Some(&data),
        ..Facts::default()
    };
    // What holds follows from the language's description in `monitor::alerts`.
    for (condition, holds) in [
        ("event_type == 'function.failed'", true),
        ("event_type == 'fetch_failed'", true),
        ("event_type != 'fetch_failed'", false),
        ("topic == 'fetch_failed'", false),
        ("event_type in ['x', \"fetch_failed\"]", true),
        ("event_type not in ['x']", true),
        ("function matches /fetch*/", true),
        ("function matches 'fetch_??utube'", true),
        ("function not matches /score*/", true),
        ("function matches /FETCH*/", false),
        ("duration > 250ms", true),
        ("duration > 300ms", false),
        ("duration >= 0.3", true),
        ("duration < 1m and memory > 10MB", true),
        ("memory > 12MiB", false),
        ("cpu >= 50%", true),
        ("cpu > 0.5", false),
        ("status == 'failed' && platform == 'youtube'", true),
        ("status == 'completed' || error_kind == 'TIMEOUT'", true),
        ("not status == 'failed'", false),
        ("!(status == 'failed')", false),
        ("error_message == 'it\\'s late'", true),
        ("data.n == 3", true),
        ("data.n > 2.5 and data.n < 4", true),
        ("data.ok", true),
        ("not data.ok", false),
        ("data.ok == true", true),
        ("data.who.name == 'bob'", true),
        ("data.who.tags.1 == 'y'", true),
        ("data.big > 4MB", true),
        ("data.n == '3'", false),
        ("data.none == 1", false),
        // What is not there compares with nothing.
        ("data.none != 1", false),
        ("not (data.none == 1)", true),
        ("step == 'x' or step != 'x'", false),
        // `and` binds more strongly than `or`, `not` more weakly than a comparison.
        ("status == 'x' and status == 'y' or status == 'failed'", true),
        ("status == 'failed' or status == 'x' and status == 'y'", true),
        ("not status == 'x' and duration > 0", true),
        ("-1 < duration", true),
    ] {
        let parsed = Condition::parse(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
        assert_eq!(parsed.matches(&facts), holds, "{condition}");
    }
}

#[test]
fn what_is_wrong_is_refused_when_it_is_loaded() {
    for (condition, column, part) in [
        ("durration > 2s", 0, "did you mean duration?"),
        ("event_typ == 'x'", 0, "did you mean event_type?"),
        ("p59(duration) > 1s", 0, "did you mean p50?"),
        ("p95(status) > 1s", 4, "a field that is a number"),
        ("duration > 10MB", 11, "a time to compare with, got a size"),
        ("status > 'a'", 9, "only numbers are larger"),
        ("status == 3", 10, "a text to compare with"),
        ("status == failed", 10, "a text in quotes"),
        ("duration", 0, "a comparison"),
        ("count()", 99, ""),
        ("'a' == 'a'", 0, "a field or a call in every part"),
        ("duration > 1s > 2s", 14, "not compared again"),
        ("duration > ", 11, "a field, a value"),
        ("(duration > 1s", 14, ")"),
        ("duration > 1s)", 13, "and, or, or the end"),
        ("duration = 1s", 9, "== to compare"),
        ("duration > 1x", 11, "a number"),
        ("status == 'open", 10, "a text that ends"),
        ("status in []", 11, "a value in the list"),
        ("status in ['a', 3]", 16, "a text to compare with"),
        ("duration matches /x/", 0, "a text before matches"),
        ("status matches 3", 15, "a glob"),
        ("p95(duration) > 1s or status == 'x'", 0, "joined by and"),
        ("not (status == 'x' and count() > 1)", 0, "joined by and"),
        ("absent(5)", 7, "a time with its unit"),
        ("absent(0s)", 7, "from 1ms"),
        ("system('x')", 0, "one of count"),
        ("data. == 1", 0, "a path"),
        ("", 0, "a field"),
        ("@", 0, "a field"),
        ("duration and status == 'x'", 0, "a comparison"),
    ] {
        if column == 99 {
            assert!(Condition::parse(condition).is_ok());
            continue;
        }
        let error = Condition::parse(condition).expect_err(condition);
        assert!(error.to_string().contains(part), "{condition}: {error}");
        assert_eq!(error.column(), column, "{condition}: {error}");
    }
    let deep = |n| format!("{}duration > 1s{}", "(".repeat(n), ")".repeat(n));
    assert!(Condition::parse(&deep(32)).is_ok() && Condition::parse(&deep(33)).is_err());
    assert!(Condition::parse(&format!("{}data.x", "!".repeat(4000))).is_err());
    assert!(Condition::parse(&vec!["data.x"; 400].join(" and ")).is_err());
    assert!(Condition::parse(&format!("status == '{}'", "x".repeat(5000))).is_err());
}

#[test]
fn whatever_is_written_the_parser_answers_and_reads_its_own_writing() {
    let words = [
        "(",
        ")",
        "[",
        "]",
        ",",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "and",
        "or",
        "not",
        "!",
        "&&",
        "||",
        "in",
        "matches",
        "/a*/",
        "'x'",
        "\"y\"",
        "1",
        "2.5",
        "-3",
        "250ms",
        "10MB",
        "5%",
        "true",
        "false",
        "duration",
        "memory",
        "cpu",
        "status",
        "event_type",
        "function",
        "data.a.b",
        "count()",
        "rate()",
        "error_rate()",
        "p95(duration)",
        "max(data.x)",
        "absent(5m)",
        "avg(",
        "count",
        "'",
        "\"",
        "/",
        "\\",
        "é",
        "=",
        "",
        " ",
        ".",
        "data.",
    ];
    let mut state = 42_u64;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    let facts = ended("f", true, 1.0);
    let mut taken = 0;
    for round in 0..60_000 {
        let text: String = if round % 10 == 0 {
            (0..next(40)).map(|_| char::from_u32(next(0x250) as u32).unwrap_or('x')).collect()
        } else if round % 2 == 0 {
            // Nearly right: comparisons joined, brackets here and there.
            let sides =
                ["duration", "status", "data.a", "1s", "'x'", "count()", "p95(duration)", "cpu", "5%"];
            let parts: Vec<String> = (0..=next(4))
                .map(|_| {
                    format!("{} {} {}", sides[next(9)], ["==", "<", ">=", "!="][next(4)], sides[next(9)])
                })
                .collect();
            parts.join([" and ", " or ", ") and (", " and not "][next(4)])
        } else {
            (0..next(14)).map(|_| words[next(words.len())]).collect::<Vec<_>>().join([" ", ""][next(2)])
        };
        if let Ok(condition) = Condition::parse(&text) {
            taken += 1;
            let written = condition.to_string();
            let again =
                Condition::parse(&written).unwrap_or_else(|error| panic!("{text} -> {written}: {error}"));
            assert_eq!(again, condition, "{text} -> {written}");
            let _ = condition.matches(&facts);
            let mut engine = engine(vec![one(&text)]);
            engine.observe(&facts, 1001.0);
            engine.tick(1002.0);
        }
    }
    assert!(taken > 1000, "only {taken} were right: the test tries too little");
}

#[test]
fn enough_events_in_the_window_fire_and_too_few_resolve() {
    let mut alert = one("event_type == 'fetch_failed'");
    alert.threshold = 3.0;
    let mut engine = engine(vec![alert]);
    let fetch = ended("fetch_tiktok", true, 0.1);
    assert!(engine.observe(&fetch, 1000.0).is_empty() && engine.observe(&fetch, 1010.0).is_empty());
    // Other functions, other outcomes do not count.
    assert!(engine.observe(&ended("score", true, 0.1), 1011.0).is_empty());
    assert!(engine.observe(&ended("fetch_tiktok", false, 0.1), 1012.0).is_empty());
    let told = engine.observe(&fetch, 1020.0);
    assert_eq!((told.len(), told[0].turn, told[0].value), (1, Turn::Fired, Some(3.0)));
    assert_eq!(told[0].function.as_deref(), Some("fetch_tiktok"));
    // More of them tell nothing new.
    assert!(engine.observe(&fetch, 1021.0).is_empty() && engine.tick(1022.0).is_empty());
    assert_eq!(engine.states()[0].phase, AlertPhase::Firing);
    // 60 s window, buckets of 1 s: of those at 1000, 1010, 1020, 1021 two are left at 1072.
    assert!(engine.tick(1070.0).is_empty());
    let told = engine.tick(1072.0);
    assert_eq!((told.len(), told[0].turn, told[0].lasted_s), (1, Turn::Resolved, Some(52.0)));
    // Another topic of that name counts as well.
    let published = Facts { topic: "fetch_failed", ..Facts::default() };
    for at in [2000.0, 2001.0] {
        assert!(engine.observe(&published, at).is_empty());
    }
    assert_eq!(engine.observe(&published, 2002.0)[0].turn, Turn::Fired);
    assert_eq!((engine.states()[0].fired, engine.history().count()), (2, 3));
}

#[test]
fn for_and_cooldown_hold_back() {
    let mut held = one("rate() > 0.5");
    held.hold = 0.5;
    let mut watched = engine(vec![held]);
    let event = ended("f", false, 0.1);
    for i in 0..120 {
        watched.observe(&event, 1000.0 + f64::from(i) / 2.0);
    }
    assert!(watched.tick(1060.0).is_empty() && watched.states()[0].phase == AlertPhase::Pending);
    assert!(watched.tick(1075.0).is_empty());
    assert_eq!(watched.tick(1090.0).len(), 1, "120 events at 1030 to 1060 are still 60 in the window");

    let mut rested = one("status == 'failed'");
    (rested.time_window, rested.cooldown_period) = (1.0, Some(10.0));
    let mut watched = engine(vec![rested.clone()]);
    let failed = ended("f", true, 0.1);
    assert_eq!(watched.observe(&failed, 1000.0)[0].turn, Turn::Fired);
    assert_eq!(watched.tick(1100.0)[0].turn, Turn::Resolved);
    assert!(watched.observe(&failed, 1200.0).is_empty(), "ten minutes have not passed");
    assert!(watched.tick(1300.0).is_empty());
    assert_eq!(watched.observe(&failed, 1600.0)[0].turn, Turn::Fired);
    // Without a cooldown of its own it is the window.
    rested.cooldown_period = None;
    rested.resolve = false;
    let mut watched = engine(vec![rested]);
    assert_eq!(watched.observe(&failed, 1000.0).len(), 1);
    assert!(watched.tick(1061.5).is_empty(), "its end is not told");
    assert_eq!(watched.observe(&failed, 1062.0).len(), 1);
}

#[test]
fn numbers_of_the_window_are_right() {
    // 1000 durations, by a fixed rule, without order; what they come to is computed here from the sorted list (nearest rank).
    let durations: Vec<f64> = (0..1000_u32).map(|i| f64::from(i * 7919 % 1000) * 0.003 + 0.001).collect();
    let mut sorted = durations.clone();
    sorted.sort_by(f64::total_cmp);
    let rank = |share: f64| sorted[(share * 1000.0_f64).ceil() as usize - 1];
    let mean = durations.iter().sum::<f64>() / 1000.0;
    for (call, exact, tolerance) in [
        ("p50(duration)", rank(0.5), 0.01),
        ("p90(duration)", rank(0.9), 0.01),
        ("p95(duration)", rank(0.95), 0.01),
        ("p99(duration)", rank(0.99), 0.01),
        ("max(duration)", sorted[999], 0.0),
        ("min(duration)", sorted[0], 0.0),
        ("avg(duration)", mean, 1e-12),
        ("sum(duration)", mean * 1000.0, 1e-12),
        ("count()", 1000.0, 0.0),
        ("rate()", 1000.0 / 60.0, 1e-12),
        ("error_rate()", 0.1, 1e-12),
    ] {
        let mut watched = engine(vec![AlertConfig { threshold: 0.0, ..one(call) }]);
        for (i, duration) in durations.iter().enumerate() {
            watched.observe(&ended("f", i % 10 == 0, *duration), 1000.0 + i as f64 * 0.02);
        }
        let told = watched.tick(1030.0);
        let value = told[0].value.unwrap();
        assert!((value - exact).abs() <= exact * tolerance, "{call}: {value} against {exact}");
    }
    // A filter chooses what is measured.
    let mut watched = engine(vec![one("function == 'slow' and p95(duration) > 2s and count() >= 2")]);
    watched.observe(&ended("quick", false, 9.0), 1000.0);
    watched.observe(&ended("slow", false, 3.0), 1001.0);
    assert!(watched.tick(1002.0).is_empty());
    watched.observe(&ended("slow", false, 3.0), 1003.0);
    assert_eq!(watched.tick(1004.0).len(), 1);
}

#[test]
fn silence_is_seen() {
    let mut watched = engine(vec![one("event_type == 'heartbeat' and absent(5m)")]);
    let beat = Facts { topic: "heartbeat", ..Facts::default() };
    assert!(watched.tick(1299.0).is_empty());
    assert_eq!(watched.tick(1301.0)[0].turn, Turn::Fired);
    watched.observe(&ended("f", false, 1.0), 1310.0);
    assert!(watched.tick(1310.0).is_empty(), "another event ends no silence");
    watched.observe(&beat, 1320.0);
    assert_eq!(watched.tick(1320.0)[0].turn, Turn::Resolved);
}

#[test]
fn memory_is_bounded_and_time_does_not_go_back() {
    let mut watched = engine(vec![one("p95(duration) > 1h")]);
    for i in 0..200_000_u32 {
        let duration = f64::from(i % 1000) * 1e-5;
        watched.observe(&ended("f", false, duration), 1000.0 + f64::from(i) * 0.01);
    }
    watched.observe(&ended("f", false, f64::NAN), 1.0);
    watched.observe(&ended("f", false, f64::INFINITY), -1e300);
    assert!(watched.tick(0.0).is_empty() && watched.tick(f64::NAN).is_empty());
    assert_eq!(watched.states()[0].phase, AlertPhase::Quiet);
}

#[test]
fn new_settings_keep_what_is_the_same() {
    let (a, b) = (one("status == 'failed'"), AlertConfig { name: "b".into(), ..one("status == 'failed'") });
    let mut watched = engine(vec![a.clone(), b.clone()]);
    watched.observe(&ended("f", true, 0.1), 1000.0);
    let changed = AlertConfig { threshold: 5.0, ..b };
    let config = MonitorConfig { alerts: vec![changed, a], ..MonitorConfig::default() };
    watched.reload(&config, 1001.0).unwrap();
    let states = watched.states();
    assert_eq!((states[0].phase, states[1].phase), (AlertPhase::Quiet, AlertPhase::Firing));
    let wrong = MonitorConfig { alerts: vec![one("nonsense")], ..MonitorConfig::default() };
    assert_eq!(watched.reload(&wrong, 1002.0).unwrap_err().kind(), ErrorKind::InvalidConfig);
    assert_eq!(watched.states().len(), 2);
    let off = MonitorConfig {
        alerts: vec![AlertConfig { enabled: false, ..one("status == 'failed'") }],
        ..MonitorConfig::default()
    };
    watched.reload(&off, 1003.0).unwrap();
    assert!(watched.states().is_empty());
}

#[test]
fn a_channel_that_fails_stops_no_other() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut channels = Channels::default();
    channels.set(ChannelName::File, Box::new(|_: &Notice| panic!("out of luck")));
    channels.set(
        ChannelName::Console,
        Box::new(|_: &Notice| Err(Error::new(ErrorKind::Io, "the pipe is closed"))),
    );
    let ear = heard.clone();
    channels.set(
        ChannelName::Callback,
        Box::new(move |notice: &Notice| {
            ear.lock().unwrap().push(notice.text());
            Ok(())
        }),
    );
    let mut alert = one("status == 'failed'");
    alert.notification_channels = vec![ChannelName::File, ChannelName::Console, ChannelName::Callback];
    let mut watched = engine(vec![alert]);
    let facts = Facts { error_message: Some("late"), ..ended("fetch", true, 0.1) };
    watched.observe(&facts, 1000.0).iter().for_each(|notice| channels.tell(notice));
    channels.tell(&watched.trial("a", 1001.0).unwrap());
    assert_eq!(watched.trial("none", 0.0).unwrap_err().kind(), ErrorKind::NotFound);
    let heard = heard.lock().unwrap();
    assert_eq!(
        heard[0],
        "alert a fired: status == 'failed' (1 within 60 s, threshold 1), function fetch, error late"
    );
    assert!(heard[1].starts_with("trial: alert a fired"));
    let states = channels.states();
    assert_eq!(
        (
            states[&ChannelName::File].failed,
            states[&ChannelName::Console].failed,
            states[&ChannelName::Callback].told
        ),
        (2, 2, 2)
    );
    assert!(states[&ChannelName::File].last_error.as_ref().unwrap().contains("out of luck"));
}

#[test]
fn a_clock_that_is_set_back_begins_the_window_anew() {
    let mut watched = engine(vec![one("p95(duration) > 1s")]);
    (0..10).for_each(|_| drop(watched.observe(&ended("f", false, 2.0), 10_000.0)));
    watched.tick(10_001.0);
    assert_eq!(watched.states()[0].phase, AlertPhase::Firing);
    (0..10).for_each(|_| drop(watched.observe(&ended("f", false, 0.1), 2000.0)));
    watched.tick(2001.0);
    let value = watched.states()[0].value.unwrap();
    assert!((value - 0.1).abs() < 0.02, "{value} s, of short calls alone");
}

#[test]
fn the_monitors_own_figures_are_facts() {
    let event = viralnow_core::monitor::Event {
        topic: "performance.recorded".into(),
        correlation_id: String::new(),
        span: viralnow_core::monitor::SpanToken::NONE,
        data: serde_json::json!({"name": "f", "duration_s": 2.0, "cpu_s": 0.5, "rss_kib": 2048}),
    };
    let facts = viralnow_core::monitor::alerts::Facts::of(&event);
    assert_eq!((facts.cpu, facts.memory), (Some(0.25), Some(2_097_152.0)));
}

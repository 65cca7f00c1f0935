//! `monitoring_config.json`: the specification's file, what is wrong with others, and reading it again.

use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use viralnow_core::monitor::config::{ChannelName, ConfigWatcher, LogLevel, MonitorConfig, Reload};

/// The specification's file, letter by letter.
const SPECIFIED: &str = r#"{
  "log_level": "INFO",
  "database_path": "monitoring.db",
  "log_file_path": "monitoring.log",
  "max_log_file_size": 10485760,
  "log_retention_days": 90,
  "summary_retention_days": 365,
  "dashboard_port": 5000,
  "update_interval": 5,
  "performance_threshold_multiplier": 1.5,
  "error_rate_threshold": 0.1,
  "alerts": [
    {
      "name": "fetch_failure",
      "condition": "event_type == 'fetch_failed'",
      "threshold": 1.0,
      "time_window": 2,
      "notification_channels": ["file", "console"]
    }
  ]
}"#;

/// The example and its conditions, as `examples/monitoring/README.md` explains them.
#[test]
fn the_example_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/monitoring/monitoring_config.json");
    let config = MonitorConfig::from_file(path).unwrap();
    let [fetch, errors, slow, silent] = &config.alerts[..] else { panic!("four alerts") };
    assert_eq!((fetch.threshold, fetch.time_window, fetch.resolve), (3.0, 10.0, true));
    assert_eq!((errors.threshold, errors.time_window), (0.05, 5.0));
    assert_eq!((slow.hold, slow.cooldown_period, slow.time_window), (2.0, Some(60.0), 15.0));
    assert_eq!(silent.notification_channels, [ChannelName::File, ChannelName::Console]);
    assert!(config.redactor().unwrap().text("ORD-12345678").starts_with("[redacted:order#"));
}

fn errors(text: &str) -> Vec<String> {
    let errors = MonitorConfig::from_json(text, "c.json").unwrap_err();
    errors.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_specifications_file_loads_unchanged() {
    let config = MonitorConfig::from_json(SPECIFIED, "monitoring_config.json").unwrap();
    assert_eq!(config.log_level, LogLevel::Info);
    assert_eq!(
        (config.database_path.as_str(), config.log_file_path.as_str()),
        ("monitoring.db", "monitoring.log")
    );
    assert_eq!(
        (config.max_log_file_size, config.log_retention_days, config.summary_retention_days),
        (10_485_760, 90, 365)
    );
    assert_eq!((config.dashboard_port, config.update_interval), (5000, 5.0));
    assert_eq!((config.performance_threshold_multiplier, config.error_rate_threshold), (1.5, 0.1));
    let alert = &config.alerts[0];
    assert_eq!(
        (alert.name.as_str(), alert.condition.as_str()),
        ("fetch_failure", "event_type == 'fetch_failed'")
    );
    assert_eq!((alert.threshold, alert.time_window), (1.0, 2.0));
    assert_eq!(alert.notification_channels, [ChannelName::File, ChannelName::Console]);
    // Its other keys are the defaults.
    assert_eq!(MonitorConfig { alerts: Vec::new(), ..config.clone() }, MonitorConfig::default());
    config.validate().unwrap();
    // What is written is read as the same.
    let again: MonitorConfig = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(again, config);
    assert_eq!(MonitorConfig::from_json("{}", "").unwrap(), MonitorConfig::default());
}

#[test]
fn times_and_sizes_may_carry_their_unit() {
    let config = MonitorConfig::from_json(
        r#"{"$schema": "x", "log_level": "warn", "update_interval": "250ms", "max_log_file_size": "10MiB", "log_retention_days": "30d",
            "error_rate_threshold": "5%", "error_rate_window": "90s", "cooldown_period": 3, "flush_interval": "1s", "max_memory": "4MB",
            "alerts": [{"name": "a", "condition": "error_rate()", "threshold": "20%", "time_window": "2m", "for": "30s", "cooldown_period": "1h"}]}"#,
        "",
    )
    .unwrap();
    assert_eq!(config.log_level, LogLevel::Warning);
    assert_eq!((config.update_interval, config.flush_interval), (0.25, 1.0));
    assert_eq!(
        (config.max_log_file_size, config.max_memory, config.log_retention_days),
        (10 << 20, 4_000_000, 30)
    );
    assert_eq!(
        (config.error_rate_threshold, config.error_rate_window, config.cooldown_period),
        (0.05, 1.5, Some(3.0))
    );
    let alert = &config.alerts[0];
    assert_eq!(
        (alert.threshold, alert.time_window, alert.hold, alert.cooldown_period),
        (0.2, 2.0, 0.5, Some(60.0))
    );
}

#[test]
fn everything_wrong_is_named_at_once_with_its_place() {
    let text = r#"{
  "log_level": "INFORM",
  "log_levle": "INFO",
  "dashboard_port": 70000,
  "dashboard_port": 5000,
  "update_interval": "2MB",
  "max_log_file_size": -1,
  "error_rate_threshold": 1.5,
  "overflow": "drop_newst",
  "alerts": [
    {"name": "a", "condition": "durration > 2s", "notification_channels": ["file", "consle"]},
    {"name": "a", "condition": "duration > 10MB"},
    {"condition": "count() > 3", "threshold": 5, "severity": "bad", "labels": {"x": 1}},
    "no object"
  ],
  "redaction": {"rules": {"x": "("}},
  "dashboard": {"host": "example.com"},
  "webhook": {"url": "http://example.com/hook"}
}"#;
    let found = errors(text);
    let wanted = [
        "2:16  log_level  expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL, OFF, got \"INFORM\"; did you mean INFO?",
        "3:3  log_levle  expected a known key, got \"log_levle\"; did you mean log_level?",
        "5:3  dashboard_port  expected a key once; it stands in line 4 already, got it again",
        "6:22  update_interval  expected seconds from 0.05 to 3600, or a text such as \"250ms\", got \"2MB\"",
        "7:24  max_log_file_size  expected bytes from 4096",
        "8:27  error_rate_threshold  expected a share from 0 to 1",
        "9:15  overflow  expected one of drop_newest, drop_oldest, sample_down, block, got \"drop_newst\"; did you mean drop_newest?",
        "did you mean duration?",
        "did you mean console?",
        "expected a time to compare with, got a size",
        "alerts[1].name  expected a name of its own",
        "alerts[2].name  expected a text that is not empty, got nothing",
        "alerts[2].threshold  expected none, for the condition says itself when it fires, got 5",
        "alerts[2].severity  expected one of info, warning, error, critical",
        "alerts[2].labels.x  expected a text, got 1",
        "14:5  alerts[3]  expected an object, got \"no object\"",
        "redaction.rules.x  expected a rule",
        "dashboard.host  expected an IP address",
        "webhook.url  expected an https address, or http to this machine",
    ];
    for part in wanted {
        assert!(found.iter().any(|problem| problem.contains(part)), "{part}\n{}", found.join("\n"));
    }
    // 70000 is a duplicate's earlier value: the last one counts, and it is right.
    assert_eq!(found.len(), wanted.len(), "{}", found.join("\n"));
    // The place inside the condition: line 11, where `durration` begins.
    let line = text.lines().nth(10).unwrap();
    let column = line.find("durration").unwrap() + 1;
    assert!(
        found.iter().any(|problem| problem.starts_with(&format!("11:{column}  alerts[0].condition"))),
        "{}",
        found.join("\n")
    );
    let error: viralnow_core::Error = MonitorConfig::from_json(text, "c.json").unwrap_err().into();
    assert_eq!(error.kind().code(), "INVALID_CONFIG");
    assert!(error.to_string().contains("c.json:2:16  log_level"));
}

/// JSON has no such numbers: what is not checked would be read as if it were not there.
#[test]
fn settings_made_in_code_must_be_numbers() {
    type Set = fn(&mut MonitorConfig, f64);
    let sets: [(&str, Set); 10] = [
        ("update_interval", |config, x| config.update_interval = x),
        ("performance_threshold_multiplier", |config, x| config.performance_threshold_multiplier = x),
        ("error_rate_threshold", |config, x| config.error_rate_threshold = x),
        ("error_rate_window", |config, x| config.error_rate_window = x),
        ("flush_interval", |config, x| config.flush_interval = x),
        ("cooldown_period", |config, x| config.cooldown_period = Some(x)),
        ("alerts[0].threshold", |config, x| config.alerts[0].threshold = x),
        ("alerts[0].time_window", |config, x| config.alerts[0].time_window = x),
        ("alerts[0].for", |config, x| config.alerts[0].hold = x),
        ("alerts[0].cooldown_period", |config, x| config.alerts[0].cooldown_period = Some(x)),
    ];
    for (key, set) in sets {
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut config = MonitorConfig::from_json(SPECIFIED, "").unwrap();
            set(&mut config, wrong);
            let error = config.validate().unwrap_err();
            assert_eq!(error.kind().code(), "INVALID_CONFIG", "{key} {wrong}");
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}

#[test]
fn what_belongs_together_is_checked_together() {
    assert!(
        errors(r#"{"log_retention_days": 90, "summary_retention_days": 30}"#)[0].contains("no fewer days")
    );
    let webhook =
        r#"{"alerts": [{"name": "a", "condition": "count() > 1", "notification_channels": ["webhook"]}]}"#;
    assert!(errors(webhook)[0].contains("webhook  expected its url"));
    assert!(errors(r#"{"database_path": "a", "log_file_path": "a"}"#)[0].contains("another file"));
    for broken in ["", "{", "[]", "null", "{\"a\": }", "{\"log_level\": \"INFO\",}", &"[".repeat(5000)] {
        assert_eq!(errors(broken).len(), 1, "{broken}");
    }
    assert!(errors("{\n  \"log_level\": \"INFO\",\n}")[0].starts_with("3:1"));
    let many: String = (0..10_000).map(|i| format!("\"zzzz{i}\": 1,")).collect();
    assert_eq!(errors(&format!("{{{many}\"a\": 1}}")).len(), 100);
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_changed_file_is_read_again_and_a_wrong_one_leaves_the_last_good_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("monitoring_config.json");
    write(&path, SPECIFIED);
    let mut watcher = ConfigWatcher::open(&path).unwrap();
    let mut now = Instant::now();
    let mut later = |ms| {
        now += Duration::from_millis(ms);
        now
    };
    assert!(watcher.poll(later(500)).is_none());

    // Only touched: another time, the same content.
    write(&path, SPECIFIED);
    assert!(watcher.poll(later(500)).is_none() && watcher.poll(later(200)).is_none());

    // Half a file is waited for, as long as it grows.
    write(&path, "{\"update_interval\":");
    assert!(watcher.poll(later(500)).is_none());
    write(&path, "{\"update_interval\": 1, \"redaction\": {\"ip\": true}}");
    assert!(watcher.poll(later(100)).is_none() && watcher.poll(later(100)).is_none());
    let Some(Reload::Reloaded { config, changes }) = watcher.poll(later(100)) else { panic!("no reload") };
    assert_eq!(config.update_interval, 1.0);
    let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
    assert_eq!(keys, ["alerts", "redaction.ip", "update_interval"]);
    assert_eq!((&changes[2].old, &changes[2].new), (&json!(5.0), &json!(1.0)));

    // Wrong: told once, the last good stays.
    write(&path, "{\"update_interval\": \"soon\"}");
    assert!(watcher.poll(later(500)).is_none());
    let rejected = watcher.poll(later(200)).unwrap();
    assert_eq!(rejected.topic(), "config.rejected");
    assert_eq!(rejected.data()["problems"][0]["key"], "update_interval");
    assert_eq!((watcher.config().update_interval, watcher.error().is_some()), (1.0, true));
    assert!(watcher.poll(later(500)).is_none() && watcher.poll(later(500)).is_none());

    // Gone, and back as a link to another file, as container hosts do it.
    std::fs::remove_file(&path).unwrap();
    assert!(watcher.poll(later(500)).is_none());
    assert!(matches!(watcher.poll(later(200)), Some(Reload::Rejected(_))));
    let other = folder.path().join("other.json");
    write(&other, "{\"update_interval\": 2}");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&other, &path).unwrap();
    #[cfg(not(unix))]
    std::fs::copy(&other, &path).unwrap();
    assert!(watcher.poll(later(500)).is_none());
    let reload = watcher.poll(later(200)).unwrap();
    assert_eq!(
        (reload.topic(), watcher.config().update_interval, watcher.error()),
        ("config.reloaded", 2.0, None)
    );

    // The same length, the same second: the content counts.
    write(&other, "{\"update_interval\": 3}");
    let reloads = (0..5).filter_map(|_| watcher.poll(later(200))).count();
    assert_eq!((reloads, watcher.config().update_interval), (1, 3.0));
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ConfigWatcher::open(folder.path().join("none.json")).unwrap_err().kind().code(), "NOT_FOUND");
    assert_eq!(ConfigWatcher::open(folder.path()).unwrap_err().kind().code(), "INVALID_INPUT");
    let path = folder.path().join("large.json");
    write(&path, &" ".repeat(2 << 20));
    assert_eq!(MonitorConfig::from_file(&path).unwrap_err().kind().code(), "LIMIT_EXCEEDED");
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert_eq!(MonitorConfig::from_file(&path).unwrap_err().kind().code(), "INVALID_CONFIG");
}

#[test]
fn the_redactor_of_the_settings_does_what_they_say() {
    let config = MonitorConfig::from_json(
        r#"{"redaction": {"deny_keys": ["nickname"], "allow_keys": ["session"], "ip": true, "rules": {"ticket": "T-\\d+"}}}"#,
        "",
    )
    .unwrap();
    let redactor = config.redactor().unwrap();
    let text = redactor.text("nickname=bob session=s from 192.0.2.1 about T-12");
    assert!(
        text.contains("session=s") && text.contains("[redacted:ip#") && text.contains("[redacted:ticket#"),
        "{text}"
    );
    assert!(!text.contains("bob"));
}

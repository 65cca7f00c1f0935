//! The reader of settings and their JSON Schema: what one accepts the other does, and what one refuses.

use serde_json::{Value, json};
use viralnow_core::monitor::config::{MonitorConfig, json_schema};

/// Whether a value is as the schema says; of the keywords those that ours has, and no others.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(yes) = schema.as_bool() {
        return yes;
    }
    schema.as_object().unwrap().iter().all(|(keyword, says)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "format" => true,
        "$ref" => fits(root, root.pointer(says.as_str().unwrap().trim_start_matches('#')).unwrap(), value),
        "anyOf" => says.as_array().unwrap().iter().any(|way| fits(root, way, value)),
        "oneOf" => says.as_array().unwrap().iter().filter(|way| fits(root, way, value)).count() == 1,
        "const" => says == value,
        "enum" => says.as_array().unwrap().contains(value),
        "type" => match says {
            Value::String(kind) => is(value, kind),
            kinds => kinds.as_array().unwrap().iter().any(|kind| is(value, kind.as_str().unwrap())),
        },
        "minimum" => value.as_f64().is_none_or(|number| number >= says.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= says.as_f64().unwrap()),
        "minLength" => {
            value.as_str().is_none_or(|text| text.chars().count() as u64 >= says.as_u64().unwrap())
        }
        "maxLength" => {
            value.as_str().is_none_or(|text| text.chars().count() as u64 <= says.as_u64().unwrap())
        }
        "pattern" => {
            let pattern = regex::Regex::new(says.as_str().unwrap()).unwrap();
            value.as_str().is_none_or(|text| pattern.is_match(text))
        }
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(root, says, item))),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= says.as_u64().unwrap()),
        "required" => value.as_object().is_none_or(|object| {
            says.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
        }),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(name, part)| says.get(name).is_none_or(|says| fits(root, says, part)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let others = object.iter().filter(|(name, _)| schema["properties"].get(name.as_str()).is_none());
            others.into_iter().all(|(_, part)| fits(root, says, part))
        }),
        "propertyNames" => {
            value.as_object().is_none_or(|object| object.keys().all(|name| fits(root, says, &json!(name))))
        }
        "maxProperties" => {
            value.as_object().is_none_or(|object| object.len() as u64 <= says.as_u64().unwrap())
        }
        other => panic!("{other}: a keyword that this test does not know"),
    })
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("{other}: no kind of JSON"),
    }
}

/// Every value at a key, in settings that are right but for it.
fn at(place: &str, value: Value) -> Value {
    let (mut alert, mut whole) = (json!({ "name": "a", "condition": "error_rate()" }), json!({}));
    // A share is a number too.
    match place.split_once('.') {
        None => whole[place] = value,
        Some(("alert", key)) => {
            alert[key] = value;
            whole["alerts"] = json!([alert]);
        }
        Some(("webhook", key)) => {
            whole["webhook"] = json!({ "url": "https://example.org/hook" });
            whole["webhook"][key] = value;
        }
        Some(("otlp", key)) => {
            whole["otlp"] = json!({ "endpoint": "http://localhost:4318" });
            whole["otlp"][key] = value;
        }
        Some((part, key)) => whole[part] = json!({ key: value }),
    }
    // Days of detail beyond those of the summaries are wrong for another reason.
    if place == "log_retention_days" {
        whole["summary_retention_days"] = json!(36_500);
    } else if place == "summary_retention_days" {
        whole["log_retention_days"] = json!(1);
    }
    whole
}

const SECONDS: [&str; 3] = ["1ns", "250ms", "1_0.5 min"];
const PLACES: [&str; 44] = [
    "$schema",
    "log_level",
    "database_path",
    "log_file_path",
    "max_log_file_size",
    "log_files_kept",
    "log_retention_days",
    "summary_retention_days",
    "dashboard_port",
    "update_interval",
    "performance_threshold_multiplier",
    "error_rate_threshold",
    "error_rate_window",
    "cooldown_period",
    "alerts",
    "flush_interval",
    "ring_capacity",
    "max_memory",
    "overflow",
    "redaction",
    "dashboard",
    "webhook",
    "otlp",
    "alert.name",
    "alert.threshold",
    "alert.time_window",
    "alert.notification_channels",
    "alert.for",
    "alert.cooldown_period",
    "alert.severity",
    "alert.resolve",
    "alert.enabled",
    "alert.labels",
    "redaction.deny_keys",
    "redaction.allow_query",
    "redaction.ip",
    "redaction.rules",
    "dashboard.enabled",
    "dashboard.allowed_hosts",
    "webhook.url",
    "webhook.secret_env",
    "webhook.timeout",
    "otlp.endpoint",
    "otlp.service_name",
];

/// Values of every kind, each at every key: those of one key are wrong at the next.
fn values() -> Vec<Value> {
    let numbers = [
        -1.0,
        0.0,
        0.001,
        0.01,
        0.016,
        0.02,
        0.04,
        0.05,
        0.09,
        0.1,
        0.5,
        0.99,
        1.0,
        1.5,
        2.0,
        59.9,
        60.0,
        60.5,
        63.0,
        64.0,
        1000.0,
        1001.0,
        3600.0,
        3601.0,
        4095.0,
        4096.0,
        10_080.0,
        10_081.0,
        36_500.0,
        36_501.0,
        65_535.0,
        65_536.0,
        1e6,
        1_000_001.0,
        1_048_576.0,
        1_048_577.0,
        1e15,
        1e16,
    ];
    let texts = [
        "",
        " ",
        "x",
        "info",
        "Info",
        "INFO",
        "warn",
        "FATAL",
        "none",
        "INFORM",
        "90d",
        "2m",
        " 5 min ",
        "2MB",
        "10MiB",
        "1_000",
        "_7",
        "5%",
        "0.5",
        "1.",
        ".5",
        ".",
        "_",
        "1..5",
        "-1s",
        "+1s",
        "1e3",
        "1 2",
        "1x",
        "7 D",
        "drop_oldest",
        "DROP_OLDEST",
        "block",
        "critical",
        "Critical",
        "file",
        "https://example.org/",
        "HTTPS://example.org/",
        "http://localhost/",
        "ftp://example.org/",
        "https://",
        "https://a b/",
        "https://ana:pw@example.org/",
    ];
    let long = |count: usize| json!("x".repeat(count));
    let many = |count: usize| json!(vec!["file"; count]);
    let rules = |count: usize| {
        json!((0..count).map(|i| (format!("r{i}"), json!("x"))).collect::<serde_json::Map<_, _>>())
    };
    let more = [
        Value::Null,
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!(["file", "bus"]),
        json!(["fiel"]),
        json!([" "]),
        json!([1]),
        json!([null]),
        json!([{}]),
        json!([{ "name": "a" }]),
        json!([{ "name": "a", "condition": "error_rate()" }]),
        json!([{ "name": "a", "condition": "error_rate()", "conditon": 1 }]),
        json!([{ "name": null, "condition": "error_rate()" }]),
        json!([{ "name": " ", "condition": "error_rate()" }]),
        json!({ "unknown": "x" }),
        json!({ "unknown": 1 }),
        json!({ "Upper": "x" }),
        json!({ "enabled": true }),
        json!({ "ip": true, "rules": null }),
        json!({ "url": "https://example.org/", "timeout": null }),
        json!({ "url": null }),
        json!({ "endpoint": "http://localhost:4318" }),
        long(128),
        long(129),
        long(256),
        long(257),
        long(4096),
        long(4097),
        many(1000),
        many(1001),
        rules(64),
        rules(65),
    ];
    numbers.into_iter().map(Value::from).chain(texts.into_iter().map(Value::from)).chain(more).collect()
}

#[test]
fn the_reader_and_the_schema_accept_and_refuse_the_same() {
    let schema = json_schema();
    let (mut accepted, mut refused, mut differ) = (0, 0, Vec::new());
    for place in PLACES {
        for value in values() {
            let settings = at(place, value.clone());
            let read = MonitorConfig::from_json(&settings.to_string(), "");
            let allowed = fits(&schema, &schema, &settings);
            accepted += usize::from(allowed && read.is_ok());
            refused += usize::from(!allowed && read.is_err());
            if allowed == read.is_ok() || beyond_a_schema(place, &value, allowed) {
                continue;
            }
            let shown: String = settings.to_string().chars().take(120).collect();
            differ.push(format!("{shown}: the schema {allowed}, the reader {:?}", read.map(drop)));
        }
    }
    println!("{accepted} accepted, {refused} refused by both");
    assert!(differ.is_empty(), "{}\n{}", differ.len(), differ.join("\n"));
    assert!(accepted > 300 && refused > 3000, "{accepted} {refused}");
}

/// What only the reader can refuse.
fn beyond_a_schema(place: &str, value: &Value, allowed: bool) -> bool {
    let Some(text) = value.as_str().filter(|_| allowed) else { return false };
    // Numbers in a text, whose limits depend on the unit; and http, which is for this machine alone.
    let limits = text.contains(|c: char| c.is_ascii_digit());
    let number = at(place, json!(1)) != at(place, json!("1")) && fits_number(place);
    (limits && number) || (place == "webhook.url" && text.starts_with("http://"))
}

fn fits_number(place: &str) -> bool {
    let schema = json_schema();
    fits(&schema, &schema, &at(place, json!(1))) || fits(&schema, &schema, &at(place, json!(65_536)))
}

/// Files that people write, and what is wrong with others.
#[test]
fn whole_files_are_judged_alike() {
    let schema = json_schema();
    let example = include_str!("../../examples/monitoring/monitoring_config.json");
    let right = [
        serde_json::from_str(example).unwrap(),
        json!({}),
        json!({ "log_level": "info", "log_retention_days": "90d", "summary_retention_days": "365 d" }),
        json!({ "webhook": null, "otlp": null, "dashboard": null, "redaction": null, "alerts": null }),
        json!({ "ring_capacity": 100.0, "dashboard_port": 0 }),
        serde_json::to_value(MonitorConfig::default()).unwrap(),
    ];
    let mut wrong = vec![json!([]), json!(null), json!("x"), json!({ "log_levle": "INFO" })];
    for text in SECONDS {
        wrong.push(json!({ "max_log_file_size": text }));
        wrong.push(json!({ "error_rate_threshold": text }));
    }
    for settings in right {
        assert!(MonitorConfig::from_json(&settings.to_string(), "").is_ok(), "{settings}");
        assert!(fits(&schema, &schema, &settings), "{settings}");
    }
    for settings in wrong {
        assert!(MonitorConfig::from_json(&settings.to_string(), "").is_err(), "{settings}");
        assert!(!fits(&schema, &schema, &settings), "{settings}");
    }
}

//! The settings as a JSON Schema, for editors: it accepts what the reader does, in every way of writing it.

use super::measures::{
    DAYS, FLUSH, LOG_FILE_SIZE, MEMORY, Measure, SHARE, THRESHOLD, TIMEOUT, UPDATE, WAIT, WINDOW,
};
use super::{LogLevel, MonitorConfig};
use serde_json::{Map, Value, json};

/// Where numbers stand that may carry a unit.
const MEASURES: [(&str, &Measure); 15] = [
    ("/properties/max_log_file_size", &LOG_FILE_SIZE),
    ("/properties/log_retention_days", &DAYS),
    ("/properties/summary_retention_days", &DAYS),
    ("/properties/update_interval", &UPDATE),
    ("/properties/error_rate_threshold", &SHARE),
    ("/properties/error_rate_window", &WINDOW),
    ("/properties/cooldown_period", &WAIT),
    ("/properties/flush_interval", &FLUSH),
    ("/properties/max_memory", &MEMORY),
    ("/$defs/AlertConfig/properties/threshold", &THRESHOLD),
    ("/$defs/AlertConfig/properties/time_window", &WINDOW),
    ("/$defs/AlertConfig/properties/for", &WAIT),
    ("/$defs/AlertConfig/properties/cooldown_period", &WAIT),
    ("/$defs/WebhookConfig/properties/timeout", &TIMEOUT),
    ("/$defs/OtlpConfig/properties/timeout", &TIMEOUT),
];

/// The JSON Schema of the settings, for editors; `viralnow-core/monitoring_config.schema.json` is this. What it accepts the reader may still
/// refuse where a schema cannot say it: texts with a unit beyond the limits, conditions, patterns, addresses, and what belongs together.
///
/// ```
/// let schema = viralnow_core::monitor::config::json_schema();
/// assert!(schema["properties"]["time_window"].is_null() && schema["properties"]["alerts"].is_object());
/// ```
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(MonitorConfig).to_value();
    for (place, measure) in MEASURES {
        let ways = measure.schema();
        replace(schema.pointer_mut(place), &ways);
    }
    // The names as they should be written, and as they are read: in any case, with the names of other loggers.
    let levels = [json!({ "$ref": "#/$defs/LogLevel" }), json!({ "type": "string", "pattern": any_level() })];
    replace(schema.pointer_mut("/properties/log_level"), &levels);
    // Editors write it; it is read over.
    schema["properties"]["$schema"] = json!({ "type": "string", "maxLength": 4096 });
    absent_or_null(&mut schema);
    if let Some(parts) = schema["$defs"].as_object_mut() {
        parts.values_mut().for_each(absent_or_null);
    }
    schema
}

/// A property that may be one of these; what is said of it stays.
fn replace(property: Option<&mut Value>, ways: &[Value]) {
    let Some(property) = property.and_then(Value::as_object_mut) else { return };
    property.retain(|key, _| matches!(key.as_str(), "description" | "default"));
    property.insert("anyOf".to_owned(), ways.into());
}

fn any_level() -> String {
    let letter = |c: char| format!("[{c}{}]", c.to_ascii_lowercase());
    let names = LogLevel::ALL.map(LogLevel::as_str).into_iter().chain(LogLevel::OTHER.map(|(name, _)| name));
    let any: Vec<String> = names.map(|name| name.chars().map(letter).collect()).collect();
    format!("^({})$", any.join("|"))
}

/// A null is read as if the key were absent, but for keys that must be there.
fn absent_or_null(object: &mut Value) {
    let required: Vec<String> = serde_json::from_value(object["required"].clone()).unwrap_or_default();
    let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(name)) {
        let Some(property) = property.as_object_mut() else { continue };
        or_null(property);
    }
}

fn or_null(property: &mut Map<String, Value>) {
    let none = json!({ "type": "null" });
    if let Some(reference) = property.remove("$ref") {
        property.insert("anyOf".to_owned(), json!([{ "$ref": reference }, none]));
    } else if let Some(Value::Array(ways)) = property.get_mut("anyOf") {
        if !ways.contains(&none) {
            ways.push(none);
        }
    } else if let Some(kind) = property.get_mut("type").filter(|kind| kind.is_string()) {
        *kind = json!([kind.take(), "null"]);
    }
}

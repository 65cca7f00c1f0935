//! The committed schema of the payload is the one that the types give.

use crate::common;

#[test]
fn the_committed_schema_is_the_present_one() {
    let path = common::root().join("viralnow-core/payload.schema.json");
    let present = serde_json::to_string_pretty(&viralnow_core::features::json_schema()).expect("JSON") + "\n";
    if std::env::var_os("VIRALNOW_BLESS").is_some() {
        std::fs::write(&path, &present).expect("written");
    }
    let committed = std::fs::read_to_string(&path).expect("the committed schema");
    assert_eq!(
        committed, present,
        "the schema changed: `make bless` regenerates it; within a major version it only grows"
    );
}

/// The settings of the monitoring, for editors.
#[test]
fn the_committed_schema_of_the_settings_is_the_present_one() {
    let path = common::root().join("viralnow-core/monitoring_config.schema.json");
    let present =
        serde_json::to_string_pretty(&viralnow_core::monitor::config::json_schema()).expect("JSON") + "\n";
    if std::env::var_os("VIRALNOW_BLESS").is_some() {
        std::fs::write(&path, &present).expect("written");
    }
    let committed = std::fs::read_to_string(&path).expect("the committed schema");
    assert_eq!(committed, present, "the schema of the settings changed: `make bless` regenerates it");
}

/// An editor shows the schema's defaults: they are those in force where a file leaves a setting out.
#[test]
fn the_defaults_in_the_schema_of_the_settings_are_those_in_force() {
    use viralnow_core::monitor::config::{MonitorConfig, json_schema};
    let file = serde_json::json!({
        "alerts": [{ "name": "a", "condition": "error_rate()" }],
        "webhook": { "url": "https://example.org/hook" },
        "otlp": { "endpoint": "http://localhost:4318" },
    });
    let config = MonitorConfig::from_json(&file.to_string(), "monitoring_config.json").expect("settings");
    let in_force = serde_json::to_value(config).expect("JSON");
    let schema = json_schema();
    let mut compared = 0;
    let mut compare = |properties: &serde_json::Value, values: &serde_json::Value| {
        for (name, property) in properties.as_object().expect("properties") {
            if let Some(default) = property.get("default") {
                // Numbers in the schema may be whole where those of the settings are not.
                let same = default == &values[name]
                    || (default.is_number() && default.as_f64() == values[name].as_f64());
                assert!(same, "{name}: {default} in the schema, {} in force", values[name]);
                compared += 1;
            }
        }
    };
    compare(&schema["$defs"]["AlertConfig"]["properties"], &in_force["alerts"][0]);
    compare(&schema["$defs"]["WebhookConfig"]["properties"], &in_force["webhook"]);
    compare(&schema["$defs"]["OtlpConfig"]["properties"], &in_force["otlp"]);
    let mut whole = in_force.clone();
    for key in ["alerts", "webhook", "otlp"] {
        // Given above.
        whole[key] = serde_json::to_value(MonitorConfig::default()).expect("JSON")[key].clone();
    }
    compare(&schema["properties"], &whole);
    assert!(compared > 30, "{compared}");
}

/// Data frames are read by the names of their columns: none is renamed or lost, and a new one is seen here.
#[test]
fn the_columns_of_the_flat_row_are_those_that_were_promised() {
    let path = common::root().join("tests/vectors/columns.txt");
    // Every row has the same ones, that of an error too.
    let error = viralnow_core::Error::new(viralnow_core::ErrorKind::NotFound, "no such file");
    let row = viralnow_core::features::flat_row(Err(&error));
    let present = row.iter().map(|(name, _)| format!("{name}\n")).collect::<String>();
    if std::env::var_os("VIRALNOW_BLESS").is_some() {
        std::fs::write(&path, &present).expect("written");
    }
    let committed = std::fs::read_to_string(&path).expect("the committed columns");
    assert_eq!(committed, present, "the columns changed: `make bless` writes them down; they only grow");
}

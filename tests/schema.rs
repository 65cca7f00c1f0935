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

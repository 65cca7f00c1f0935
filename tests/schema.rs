//! The committed schema of the payload is the one that the types give.

mod common;

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

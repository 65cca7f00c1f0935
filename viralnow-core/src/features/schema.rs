//! The JSON Schema of the payload, generated from its types.

use super::Payload;
use serde_json::Value;

/// JSON Schema (draft 2020-12) of [`Payload`]. The committed copy is `payload.schema.json`.
///
/// ```
/// let schema = viralnow_core::features::json_schema();
/// assert_eq!(schema["title"], "Payload");
/// ```
#[must_use]
pub fn json_schema() -> Value {
    schemars::schema_for!(Payload).to_value()
}

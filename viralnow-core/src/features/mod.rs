//! The payload: what `analyze` gives in every language, and its schema.

mod dictionary;
mod flat;
mod payload;
mod schema;

pub use dictionary::{FeatureEntry, feature_dictionary};
pub use flat::{FlatRow, FlatValue, flat_row, flat_row_json};
pub use payload::{
    AssetStatus, Contribution, Modalities, ModalityResult, ModalityStatus, Payload, PayloadError, Score,
};
pub(crate) use payload::{NO_PICTURES, NO_SOUND};
pub use schema::json_schema;

/// Version of the payload's schema. Within a major version it only grows; what a version brought says
/// [`FeatureEntry::since`].
pub const FEATURE_SCHEMA_VERSION: &str = "1.1";

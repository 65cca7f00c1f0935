//! The native half of the npm package `viralnow`. Thin: arguments come in as plain data, results go out as JSON text,
//! typed arrays and handles; the JavaScript in `lib/` checks arguments and gives them their public shape.
//!
//! - [`analyze`]: one call or a batch, on threads of our own ([`threads`]), talking to JavaScript through one ordered
//!   channel ([`channel`]).
//! - [`extract`]: an extractor written in JavaScript, called while the native thread waits.
//! - [`store`], [`monitor`], [`text`]: the same names as in the core.
//! - [`error`]: one error crosses as JSON text; a panic never crosses.

// napi converts arguments into owned values before it calls.
#![allow(clippy::needless_pass_by_value)]

pub mod analyze;
pub mod audio;
pub mod call;
pub mod channel;
pub mod dashboard;
pub mod error;
pub mod extract;
pub mod live;
pub mod monitor;
pub mod monitor_bus;
pub mod monitor_system;
pub mod query;
pub mod store;
pub mod stream;
pub mod text;
pub mod threads;

use crate::error::guard;
use napi_derive::napi;
use viralnow_core::{ErrorKind, features, pipeline};

/// The version of the library.
#[napi(catch_unwind)]
pub fn version() -> String {
    viralnow_core::VERSION.to_owned()
}

/// What this build can do, as JSON.
#[napi(catch_unwind)]
pub fn info() -> napi::Result<String> {
    guard(|| error::to_json(&pipeline::info()))
}

/// Names a folder in which ONNX Runtime may lie.
#[napi(catch_unwind)]
pub fn offer_runtime(folder: String) -> napi::Result<()> {
    guard(|| viralnow_core::model::offer_runtime(folder))
}

/// Every feature of the payload, as JSON.
#[napi(catch_unwind)]
pub fn feature_dictionary() -> napi::Result<String> {
    guard(|| error::to_json(&features::feature_dictionary()))
}

/// The JSON Schema of the payload, as JSON.
#[napi(catch_unwind)]
pub fn json_schema() -> napi::Result<String> {
    guard(|| error::to_json(&features::json_schema()))
}

/// Every error code with whether it is retryable, as JSON; `scripts/dts.mjs` and the tests hold the types against it.
#[napi(catch_unwind)]
pub fn error_codes() -> napi::Result<String> {
    let table: Vec<(&str, bool)> =
        ErrorKind::ALL.iter().map(|kind| (kind.code(), kind.is_retryable())).collect();
    guard(|| error::to_json(&table))
}

/// The JSON Schema of payloads as they are written, as JSON: what is always there is `required`, be it null. The public
/// schema also takes older payloads, in which a newer field may be absent; types must not say so.
#[napi(catch_unwind)]
pub fn payload_types() -> napi::Result<String> {
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    guard(|| error::to_json(&generator.into_root_schema_for::<features::Payload>()))
}

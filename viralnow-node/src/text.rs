//! The words alone, without an asset.

use crate::call::parsed;
use crate::error::{guard, to_json};
use napi_derive::napi;
use viralnow_core::call;

/// Calls a function of `text` at once, on the thread that asks; `settings` is a JSON object. Gives JSON.
#[napi(catch_unwind)]
pub fn call_text(name: String, settings: String) -> napi::Result<String> {
    guard(|| to_json(&call::call_plain(&name, &parsed(&settings)?)?.value))
}

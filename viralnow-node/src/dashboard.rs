//! The dashboard behind a server of JavaScript's.

use crate::call::parsed;
use crate::error::{guard, to_json};
use crate::query::apart;
use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use serde_json::{Map, json};
use viralnow_core::Result;
use viralnow_core::call::call_plain;

/// The answer to a request (`method`, `target`, `headers`), as JSON.
#[napi(catch_unwind, ts_return_type = "Promise<string>")]
pub fn dashboard_answer(env: &Env, request: String) -> napi::Result<Object<'_>> {
    apart(env, move || to_json(&call_plain("monitor.dashboard_answer", &parsed(&request)?)?.value))
}

fn of_stream(name: &str, stream: f64) -> Result<String> {
    let settings = Map::from_iter([("stream".to_owned(), json!(stream as u64))]);
    to_json(&call_plain(name, &settings)?.value)
}

/// What there is of a stream by now, as JSON.
#[napi(catch_unwind)]
pub fn dashboard_next(stream: f64) -> napi::Result<String> {
    guard(|| of_stream("monitor.dashboard_next", stream))
}

/// Leaves a stream.
#[napi(catch_unwind)]
pub fn dashboard_leave(stream: f64) {
    // One that is gone is left.
    let _ = of_stream("monitor.dashboard_leave", stream);
}

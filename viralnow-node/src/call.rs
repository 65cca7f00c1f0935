//! The features of sound as functions.

use crate::analyze::VectorsOut;
use crate::error::to_json;
use crate::query::long;
use napi::Env;
use napi::bindgen_prelude::{Float32Array, Object};
use napi_derive::napi;
use viralnow_core::call::{self, Samples};
use viralnow_core::{Error, ErrorKind, Result};

/// What a function gave.
#[napi(object, object_from_js = false)]
pub struct CalledOut {
    /// Plain data as JSON.
    pub value: String,
    /// Names of the arrays.
    pub names: Vec<String>,
    /// The arrays, in the order of the names.
    pub vectors: Vec<VectorsOut>,
}

/// Calls a function by its name, on the threads of the analyses; `settings` is a JSON object. The samples are copied.
#[napi(catch_unwind, ts_return_type = "Promise<CalledOut>")]
pub fn call(
    env: &Env,
    name: String,
    samples: Float32Array,
    sample_rate: u32,
    channels: u32,
    settings: String,
) -> napi::Result<Object<'_>> {
    let channels = u16::try_from(channels).unwrap_or(u16::MAX);
    let samples = samples.to_vec();
    long(env, move || run(&name, Samples { samples: &samples, sample_rate, channels }, &settings))
}

fn run(name: &str, sound: Samples<'_>, settings: &str) -> Result<CalledOut> {
    let settings = serde_json::from_str(settings).map_err(|error| {
        Error::new(ErrorKind::InvalidConfig, "the settings are no JSON object").caused_by(error)
    })?;
    let called = call::call(name, sound, &settings)?;
    let (names, matrices): (Vec<_>, Vec<_>) = called.vectors.into_iter().unzip();
    Ok(CalledOut {
        value: to_json(&called.value)?,
        names,
        vectors: matrices.into_iter().map(VectorsOut::from).collect(),
    })
}

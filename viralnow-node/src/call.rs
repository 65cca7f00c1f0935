//! The features of sound as functions.

use crate::analyze::VectorsOut;
use crate::error::{guard, to_json};
use napi::bindgen_prelude::{AsyncTask, Float32Array};
use napi::{Env, Task};
use napi_derive::napi;
use viralnow_core::call::{self, Called, Samples};
use viralnow_core::{Error, ErrorKind};

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

/// One function on samples of its own, on libuv's pool.
pub struct Call {
    name: String,
    samples: Vec<f32>,
    sample_rate: u32,
    channels: u16,
    settings: String,
}

/// Calls a function by its name; `settings` is a JSON object. The samples are copied.
#[napi(catch_unwind, ts_return_type = "Promise<CalledOut>")]
pub fn call(
    name: String,
    samples: Float32Array,
    sample_rate: u32,
    channels: u32,
    settings: String,
) -> AsyncTask<Call> {
    let channels = u16::try_from(channels).unwrap_or(u16::MAX);
    AsyncTask::new(Call { name, samples: samples.to_vec(), sample_rate, channels, settings })
}

impl Task for Call {
    type Output = Called;
    type JsValue = CalledOut;

    fn compute(&mut self) -> napi::Result<Called> {
        guard(|| {
            let settings = serde_json::from_str(&self.settings).map_err(|error| {
                Error::new(ErrorKind::InvalidConfig, "the settings are no JSON object").caused_by(error)
            })?;
            let sound =
                Samples { samples: &self.samples, sample_rate: self.sample_rate, channels: self.channels };
            call::call(&self.name, sound, &settings)
        })
    }

    fn resolve(&mut self, _env: Env, called: Called) -> napi::Result<CalledOut> {
        let (names, matrices): (Vec<_>, Vec<_>) = called.vectors.into_iter().unzip();
        Ok(CalledOut {
            value: guard(|| to_json(&called.value))?,
            names,
            vectors: matrices.into_iter().map(VectorsOut::from).collect(),
        })
    }
}

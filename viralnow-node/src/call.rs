//! The features of sound and pictures, and what is done with clips, as functions.

use crate::analyze::{Call, VectorsOut, begin};
use crate::channel::{Channel, Message, Receiver};
use crate::error::{caught, to_json};
use crate::monitor_system::refresh;
use crate::query::long;
use napi::Env;
use napi::bindgen_prelude::{Float32Array, Object, Uint8Array};
use napi_derive::napi;
use serde_json::{Map, Value};
use std::sync::Arc;
use viralnow_core::call::{self, Called, Pixels, Samples};
use viralnow_core::monitor::{CancelToken, Observer};
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
    /// The bytes of a file, where the function makes one.
    pub file: Option<Uint8Array>,
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
    long(env, move || {
        let sound = Samples { samples: &samples, sample_rate, channels };
        out(call::call(&name, sound, &parsed(&settings)?)?)
    })
}

/// A picture of the host.
#[napi(object, object_to_js = false)]
pub struct PixelsIn {
    /// Samples, row after row.
    pub data: Uint8Array,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// 1, 3 or 4.
    pub channels: u32,
}

/// Calls a function on pictures by its name, on the threads of the analyses. The samples are copied.
#[napi(catch_unwind, ts_return_type = "Promise<CalledOut>")]
pub fn call_pictures(
    env: &Env,
    name: String,
    pictures: Vec<PixelsIn>,
    settings: String,
) -> napi::Result<Object<'_>> {
    let owned: Vec<_> = pictures
        .iter()
        .map(|picture| (picture.data.to_vec(), picture.width, picture.height, picture.channels))
        .collect();
    long(env, move || {
        let pictures: Vec<Pixels<'_>> = owned
            .iter()
            .map(|(data, width, height, channels)| Pixels {
                data,
                width: *width,
                height: *height,
                channels: u8::try_from(*channels).unwrap_or(u8::MAX),
            })
            .collect();
        out(call::call_pictures(&name, &pictures, &parsed(&settings)?)?)
    })
}

/// Calls a function that takes nothing but its settings, on the threads of the analyses.
#[napi(catch_unwind, ts_return_type = "Promise<CalledOut>")]
pub fn call_plain(env: &Env, name: String, settings: String) -> napi::Result<Object<'_>> {
    long(env, move || {
        let called = call::call_plain(&name, &parsed(&settings)?);
        if name.starts_with("monitor.") {
            refresh();
        }
        out(called?)
    })
}

/// Calls such a function, which may take long: the receiver gets progress and the end.
#[napi(catch_unwind)]
pub fn call_plain_watched(
    name: String,
    settings: String,
    progress: bool,
    receiver: Receiver<'_>,
) -> napi::Result<Call> {
    let cancel = CancelToken::default();
    let channel = Channel::new(&receiver, cancel.clone(), progress)?;
    let token = cancel.clone();
    begin(cancel, move || {
        let result = caught(|| {
            let observer = Some(Arc::new(channel.clone()) as Arc<dyn Observer>);
            out(call::call_plain_watched(&name, &parsed(&settings)?, &token, observer)?)
        });
        channel.tell(Message::Called(result));
    })
}

/// The settings of a function.
pub(crate) fn parsed(settings: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(settings).map_err(|error| {
        Error::new(ErrorKind::InvalidConfig, "the settings are no JSON object").caused_by(error)
    })
}

pub(crate) fn out(called: Called) -> Result<CalledOut> {
    let (names, matrices): (Vec<_>, Vec<_>) = called.vectors.into_iter().unzip();
    Ok(CalledOut {
        value: to_json(&called.value)?,
        names,
        vectors: matrices.into_iter().map(VectorsOut::from).collect(),
        file: called.file.map(Uint8Array::from),
    })
}

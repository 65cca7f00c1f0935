//! Functions on sound that is pushed as it comes.

use crate::call::{CalledOut, out, parsed};
use crate::error::{guard, to_json};
use napi::bindgen_prelude::Float32Array;
use napi_derive::napi;
use viralnow_core::call::SoundStream as Stream;
use viralnow_core::{Error, ErrorKind};

/// A function on sound that is still to come. Each call takes microseconds, so that JavaScript waits for it.
#[napi]
pub struct SoundStream {
    stream: Option<Stream>,
}

fn over() -> Error {
    Error::new(ErrorKind::InvalidInput, "the stream is finished; begin another one")
}

#[napi]
impl SoundStream {
    /// Begins it; `settings` is a JSON object.
    #[napi(constructor, catch_unwind)]
    pub fn new(name: String, sample_rate: u32, channels: u32, settings: String) -> napi::Result<Self> {
        let channels = u16::try_from(channels).unwrap_or(u16::MAX);
        let stream = guard(|| Stream::new(&name, sample_rate, channels, &parsed(&settings)?))?;
        Ok(Self { stream: Some(stream) })
    }

    /// Takes interleaved samples.
    #[napi(catch_unwind)]
    pub fn push(&mut self, samples: Float32Array) -> napi::Result<()> {
        guard(|| self.stream.as_mut().ok_or_else(over)?.push(&samples))
    }

    /// What is known so far, as JSON.
    #[napi(catch_unwind)]
    pub fn now(&self) -> napi::Result<String> {
        guard(|| to_json(&self.stream.as_ref().ok_or_else(over)?.now()?.value))
    }

    /// What the function gives for all that was pushed.
    #[napi(catch_unwind)]
    pub fn finish(&mut self) -> napi::Result<CalledOut> {
        guard(|| out(self.stream.take().ok_or_else(over)?.finish()?))
    }
}

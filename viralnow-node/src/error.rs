//! One error, as JSON text. `lib/error.cjs` turns it into a `ViralNowError`.

use serde::Serialize;
use serde_json::{Map, Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use viralnow_core::{Error, ErrorKind, Result};

/// `{"code", "message", "context": {…}, "retryable", "causes": […]}`: the message is the whole text, the causes are the
/// texts of the source errors, nearest first.
pub(crate) fn describe(error: &Error) -> String {
    let context: Map<String, Value> =
        error.context().iter().map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str()))).collect();
    let mut causes = Vec::new();
    let mut next = error.cause().map(|cause| cause as &dyn std::error::Error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    json!({
        "code": error.kind().code(),
        "message": error.to_string(),
        "context": context,
        "retryable": error.is_retryable(),
        "causes": causes,
    })
    .to_string()
}

/// The error as a JavaScript exception whose message is [`describe`]'s text.
pub(crate) fn throw(error: Error) -> napi::Error {
    napi::Error::from_reason(describe(&error))
}

/// Runs an entry point's work; a panic inside it becomes `INTERNAL`.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
}

/// [`caught`] with the error as a JavaScript exception.
pub(crate) fn guard<T>(work: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    caught(work).map_err(throw)
}

/// Our own plain data as JSON text.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::Internal, "a result cannot be written as JSON").caused_by(error)
    })
}

//! The functions of `clips` that get clips from elsewhere, on plain data.

use super::Called;
use super::params::Params;
use crate::clips::sources::{YtDlpRead, read_ytdlp, read_ytdlp_file};
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use serde_json::json;

/// Reads what yt-dlp wrote, from a file or a text.
pub(super) fn read(p: &mut Params<'_>) -> Result<Called> {
    let path: Option<String> = p.given_or_none("path")?;
    let text: Option<String> = p.given_or_none("text")?;
    p.finish()?;
    let YtDlpRead { clips, snapshots, left_out, reasons } = match (path, text) {
        (Some(path), None) => read_ytdlp_file(path)?,
        (None, Some(text)) => read_ytdlp(text.as_bytes(), Timestamp::now())?,
        _ => return Err(Error::new(ErrorKind::InvalidConfig, "give either a path or a text")),
    };
    Called::value(
        &json!({ "clips": clips, "snapshots": snapshots, "left_out": left_out, "reasons": reasons }),
    )
}

/// Fetches clips from a platform. What went wrong on the way is in `stopped_by`, beside what came; only what keeps a fetch from
/// beginning is an error.
#[cfg(feature = "platforms")]
pub(super) fn fetch(p: &mut Params<'_>) -> Result<Called> {
    use crate::clips::sources::{FetchLimits, HttpOptions, Secret, SourceQuery, fetch_clips};
    use crate::monitor::{Run, Scope, Steps};
    use serde_json::Value;

    let source: Option<String> = p.given_or_none("source")?;
    let query: Value = p.take("query", json!({}))?;
    // Taken as it is: an error about its type would show it.
    let token: Option<Value> = p.given_or_none("token")?;
    let cursor: Option<String> = p.given_or_none("cursor")?;
    let default = (FetchLimits::default(), HttpOptions::default());
    let limits = FetchLimits {
        max_pages: p.take("max_pages", default.0.max_pages)?,
        max_clips: p.take("max_clips", default.0.max_clips)?,
    };
    let http = HttpOptions {
        base_url: p.given_or_none("base_url")?,
        timeout_s: p.take("timeout_s", default.1.timeout_s)?,
        max_response_bytes: p.take("max_response_bytes", default.1.max_response_bytes)?,
        retry: p.take("retry", default.1.retry)?,
        token_in_query: p.given_or_none("token_in_query")?,
    };
    let max_wall_s: Option<f64> = p.given_or_none("max_wall_s")?;
    p.finish()?;
    let secret = match token {
        None => None,
        Some(Value::String(token)) => Some(Secret::new(token)?),
        Some(_) => return Err(Error::new(ErrorKind::InvalidConfig, "token is text")),
    };
    let query = SourceQuery::from_json(&super::params::needed("source", source)?, query)?;
    let mut source = query.open(secret, http)?;
    let steps = Steps::new(&[("fetch", 1.0)]);
    let mut run = Run::new(Scope::global(), None, p.cancel().clone(), max_wall_s, steps);
    let fetched = fetch_clips(&mut *source, cursor, limits, &mut run);
    let stopped_by = fetched.stopped_by.as_ref().map(|error| {
        let context: serde_json::Map<String, Value> =
            error.context().iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let kind = error.kind();
        json!({ "code": kind.code(), "message": error.to_string(), "retryable": kind.is_retryable(), "context": context })
    });
    Called::value(&json!({
        "clips": fetched.clips,
        "snapshots": fetched.snapshots,
        "pages": fetched.pages,
        "usage": fetched.usage,
        "left_out": fetched.left_out,
        "reasons": fetched.reasons,
        "next": fetched.next,
        "stopped_by": stopped_by,
    }))
}

/// Takes the same settings, and says what is missing.
#[cfg(not(feature = "platforms"))]
pub(super) fn fetch(p: &mut Params<'_>) -> Result<Called> {
    for name in [
        "source",
        "query",
        "token",
        "cursor",
        "max_pages",
        "max_clips",
        "base_url",
        "timeout_s",
        "max_response_bytes",
        "retry",
        "token_in_query",
        "max_wall_s",
    ] {
        p.given_or_none::<serde::de::IgnoredAny>(name)?;
    }
    p.finish()?;
    let _ = p.cancel();
    Err(Error::new(
        ErrorKind::Unavailable,
        "this build asks no platforms; build it with the feature `platforms`",
    ))
}

#[cfg(all(test, feature = "platforms"))]
mod tests {
    use crate::call::call_plain;
    use crate::clips::sources::SOURCES;
    use serde_json::json;

    #[test]
    fn a_token_of_a_wrong_type_is_not_shown_and_a_missing_one_is_named() {
        for source in SOURCES {
            for token in [json!(123_456_789), json!(["tok-secret"]), json!("two words tok-secret")] {
                let settings = json!({ "source": source, "token": token });
                let error = call_plain("clips.fetch", settings.as_object().unwrap()).unwrap_err();
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains("tok-secret") && !shown.contains("123456789"), "{shown}");
            }
        }
        let error = call_plain("clips.fetch", json!({ "token": "a" }).as_object().unwrap()).unwrap_err();
        assert!(error.to_string().contains("source"), "{error}");
    }
}

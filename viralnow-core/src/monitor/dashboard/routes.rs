//! The paths.

use super::board::Board;
use super::gate::{Gate, Verdict};
use super::live::{Listeners, frame};
use super::source::{Found, Source};
use crate::monitor::config::LogLevel;
use crate::{Error, ErrorKind, Result};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use std::sync::Arc;

/// What all paths share.
#[derive(Clone)]
pub(super) struct App {
    pub(super) source: Arc<dyn Source>,
    pub(super) board: Arc<Board>,
    pub(super) listeners: Arc<Listeners>,
    pub(super) gate: Arc<Gate>,
}

const ASSETS: [(&str, &str, &str); 5] = [
    ("/app.css", "text/css; charset=utf-8", include_str!("web/app.css")),
    ("/app.js", "text/javascript; charset=utf-8", include_str!("web/app.js")),
    ("/dom.js", "text/javascript; charset=utf-8", include_str!("web/dom.js")),
    ("/views.js", "text/javascript; charset=utf-8", include_str!("web/views.js")),
    ("/icon.svg", "image/svg+xml", include_str!("web/icon.svg")),
];
const PAGE: &str = include_str!("web/index.html");

/// Nothing from elsewhere, no script in the page, no frame around it.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn router(app: App) -> Router {
    let mut router = Router::new()
        .route("/", get(|| async { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE) }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/metrics", get(prometheus))
        .route("/api/live", get(live))
        .route("/api/status", get(|State(app): State<App>| async move { json_of(app.source.status()) }))
        .route("/api/functions", get(functions))
        .route("/api/errors", get(|State(app): State<App>| async move { json_of(app.board.errors()) }))
        .route("/api/errors/{id}", get(error))
        .route("/api/jobs", get(|State(app): State<App>| async move { json_of(app.board.jobs()) }))
        .route("/api/alerts", get(|State(app): State<App>| async move { json_of(app.source.alerts()) }))
        .route("/api/alerts/{name}/trial", post(trial))
        .route("/api/config", get(|State(app): State<App>| async move { json_of(app.source.config()) }))
        .route("/api/events", get(events))
        .route("/api/log", get(log))
        .route("/api/trace.json", get(trace));
    for (path, kind, text) in ASSETS {
        router = router.route(path, get(move || async move { ([(header::CONTENT_TYPE, kind)], text) }));
    }
    router.layer(from_fn_with_state(app.clone(), guard)).with_state(app)
}

async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = match app.gate.judge(request.method(), request.uri(), request.headers()) {
        Verdict::In => next.run(request).await,
        Verdict::Welcome(cookie) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, "./".to_owned()), (header::SET_COOKIE, cookie)])
                .into_response()
        }
        Verdict::Out(status, why) => (status, why).into_response(),
    };
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // Also of what the router itself refuses: no browser is to guess, and WSGI asks for it.
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().entry(header::CONTENT_TYPE).or_insert(plain);
    response
}

fn json_of(value: impl serde::Serialize) -> Response {
    let text = serde_json::to_string(&value).unwrap_or_else(|_| "null".to_owned());
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn refused(status: StatusCode, what: &str) -> Response {
    let mut response = json_of(json!({ "error": what }));
    *response.status_mut() = status;
    response
}

/// A value of the query, percent-encoding and `+` taken back.
fn asked(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let bytes = value.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| value.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
            at += 1;
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn limit(request: &Request, most: usize) -> usize {
    asked(request, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(200).min(most)
}

async fn live(State(app): State<App>) -> Response {
    let first: Arc<str> = frame(&*app.source, &app.board, 0, usize::MAX).to_string().into();
    match app.listeners.join(first) {
        Some(frames) => Sse::new(frames).keep_alive(KeepAlive::default()).into_response(),
        None => refused(StatusCode::SERVICE_UNAVAILABLE, "32 browsers listen already"),
    }
}

async fn functions(State(app): State<App>) -> Response {
    let mut functions = app.source.functions();
    functions.sort_by(|a, b| b.total_s.total_cmp(&a.total_s));
    json_of(functions)
}

async fn error(State(app): State<App>, Path(id): Path<String>) -> Response {
    match app.board.error_group(&id) {
        Some(group) => json_of(group),
        None => refused(StatusCode::NOT_FOUND, "there is no such error any more"),
    }
}

async fn trial(State(app): State<App>, Path(name): Path<String>) -> Response {
    match app.source.trial(&name) {
        Ok(notice) => json_of(notice),
        Err(error) => refused(StatusCode::NOT_FOUND, &error.to_string()),
    }
}

async fn events(State(app): State<App>, request: Request) -> Response {
    let after = asked(&request, "after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let pattern = asked(&request, "pattern").filter(|pattern| !pattern.is_empty());
    json_of(app.board.rows(after, pattern.as_deref(), limit(&request, 2000)))
}

async fn log(State(app): State<App>, request: Request) -> Response {
    let query = asked(&request, "q").unwrap_or_default();
    let level = asked(&request, "level").and_then(|level| LogLevel::named(&level)).unwrap_or(LogLevel::Debug);
    if query.len() > 1000 {
        return refused(StatusCode::BAD_REQUEST, "the query is longer than 1000 bytes");
    }
    let limit = limit(&request, 2000);
    let found = aside(move || {
        app.source
            .log(&query, level, limit)
            .unwrap_or_else(|| Ok(Found { rows: app.board.search(&query, level, limit), back_to_us: None }))
    });
    match found.await {
        Ok(found) => json_of(found),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn trace(State(app): State<App>, request: Request) -> Response {
    let hours: f64 = asked(&request, "hours").and_then(|hours| hours.parse().ok()).unwrap_or(1.0);
    if !(hours > 0.0 && hours <= 24.0 * 366.0) {
        return refused(StatusCode::BAD_REQUEST, "hours is a number above 0, 8784 at most");
    }
    let from_us = crate::monitor::unix_us() - (hours * 3.6e9) as i64;
    let none = || Err(Error::new(ErrorKind::NotFound, "the monitor keeps no calls; give it a database"));
    match aside(move || app.source.trace(from_us).unwrap_or_else(none)).await {
        Ok(bytes) => {
            let head = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"viralnow-trace.json\""),
            ];
            (head, bytes).into_response()
        }
        Err(error) => refused(status_of(&error), &error.to_string()),
    }
}

fn status_of(error: &Error) -> StatusCode {
    match error.kind() {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::LimitExceeded => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Does what takes long where nobody waits for it: the stream of all who watch goes over this thread.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::Internal, "the search ended without an answer")
            .caused_by(error.to_string()))
    })
}

async fn prometheus(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.source.metrics())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_small_and_loads_nothing_from_elsewhere() {
        let bytes: usize = PAGE.len() + ASSETS.iter().map(|(_, _, text)| text.len()).sum::<usize>();
        // Not even compressed.
        assert!(bytes < 60_000, "{bytes}");
        for text in ASSETS.iter().map(|(_, _, text)| *text).chain([PAGE]) {
            let outside = text
                .match_indices("//")
                .filter(|(at, _)| text[..*at].ends_with("http:") || text[..*at].ends_with("https:"));
            let outside: Vec<_> = outside
                .map(|(at, _)| &text[at..(at + 30).min(text.len())])
                .filter(|url| !url.starts_with("//www.w3.org/"))
                .collect();
            assert!(outside.is_empty(), "{outside:?}");
        }
    }
}

//! The dashboard behind a server that is not ours: it is given requests, and gives answers.

use super::live::run;
use super::routes::{App, router};
use super::server::Dashboard;
use crate::{Error, ErrorKind, Result};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header;
use futures_core::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tower_service::Service;

/// What waits for one who listens; the dashboard lets go of one who does not take it.
const WAITING: usize = 8;
/// How long a full queue is left alone.
const PAUSE: Duration = Duration::from_millis(20);
/// A search through a large log takes some seconds at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// A dashboard that answers requests which a server of the host's passes on, in whatever framework: it has no port and no token. Who is let
/// in is the host's affair. It ends with this value.
///
/// ```
/// use std::time::Duration;
/// use viralnow_core::monitor::{Monitoring, config::MonitorConfig};
///
/// let config = MonitorConfig { log_file_path: String::new(), database_path: String::new(), ..MonitorConfig::default() };
/// let monitoring = Monitoring::start(&config)?;
/// let mounted = monitoring.make_dashboard()?.mount()?;
/// let page = mounted.answer("GET", "/", &[])?;
/// assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
/// // What does not end comes piece by piece: whoever drops the stream has left.
/// let live = mounted.answer("GET", "/api/live", &[])?.stream.expect("a stream");
/// assert!(live.next(Duration::from_secs(5))?.is_some_and(|piece| piece.starts_with("event: frame")));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub struct MountedDashboard {
    asks: mpsc::UnboundedSender<(Request, SyncSender<Answer>)>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl std::fmt::Debug for MountedDashboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MountedDashboard").finish_non_exhaustive()
    }
}

/// An answer to be sent on.
#[derive(Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// All of it; empty where there is a stream.
    pub body: String,
    /// What comes piece by piece, until the dashboard ends.
    pub stream: Option<AnswerStream>,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Pieces of an answer, events of the server's (SSE). Whoever drops it has left: its room is another's at once.
#[derive(Debug)]
pub struct AnswerStream {
    pieces: Receiver<String>,
    /// Dropped with it, which the other side waits for.
    _here: oneshot::Sender<()>,
}

impl AnswerStream {
    /// The next piece, for which is waited so long at most; `None` where none came in time. Fails with `UNAVAILABLE` when no more will.
    pub fn next(&self, wait: Duration) -> Result<Option<String>> {
        match self.pieces.recv_timeout(wait) {
            Ok(piece) => Ok(Some(piece)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
        }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Unavailable, "the dashboard has ended")
}

impl MountedDashboard {
    pub(super) fn start(dashboard: &Dashboard) -> Result<Self> {
        let (app, source, board) = dashboard.app(None, None);
        let interval = dashboard.interval;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(Error::from)?;
        let (asks, mut asked) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let work = move || {
            runtime.block_on(async move {
                tokio::spawn(run(source, board, app.listeners.clone(), interval));
                let answering = async {
                    while let Some((request, give)) = asked.recv().await {
                        tokio::spawn(answer(app.clone(), request, give));
                    }
                };
                tokio::select! {
                    () = answering => {}
                    _ = stopped => {}
                }
            });
        };
        let thread =
            std::thread::Builder::new().name("vn-dashboard".to_owned()).spawn(work).map_err(Error::from)?;
        Ok(Self { asks, stop: Some(stop), thread: Some(thread) })
    }

    /// The answer to a request. `target` is the path below the one that the dashboard is mounted at, from its `/` on, with the query. Waits
    /// for the dashboard's thread, by rule some milliseconds. Fails with `INVALID_INPUT` where method, target or a header's name or value are
    /// none, and with `UNAVAILABLE` when the dashboard has ended.
    pub fn answer(&self, method: &str, target: &str, headers: &[(String, String)]) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            // Any bytes of a browser's, as a cookie may have.
            request = request.header(name, value.as_bytes());
        }
        let request = request.body(Body::empty()).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "this is no request").with("target", target).caused_by(error)
        })?;
        let (give, take) = sync_channel(1);
        self.asks.send((request, give)).map_err(|_| ended())?;
        take.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Disconnected => ended(),
            RecvTimeoutError::Timeout => {
                Error::new(ErrorKind::Unavailable, "the dashboard did not answer in time")
                    .with("target", target)
            }
        })
    }
}

impl Drop for MountedDashboard {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(app: App, request: Request, give: SyncSender<Answer>) {
    let Ok(response) = router(app).call(request).await;
    let (parts, body) = response.into_parts();
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<_> =
        parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let streams = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let mut answer = Answer { status: parts.status.as_u16(), headers, body: String::new(), stream: None };
    if streams {
        let (pieces, taken) = sync_channel(WAITING);
        let (here, left) = oneshot::channel();
        answer.stream = Some(AnswerStream { pieces: taken, _here: here });
        if give.send(answer).is_ok() {
            tokio::select! {
                () = pass_on(body, &pieces) => {}
                _ = left => {}
            }
        }
        return;
    }
    // What the dashboard answers is bounded where it is made.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    answer.body = String::from_utf8_lossy(&bytes).into_owned();
    // Nobody waits any more: no matter.
    let _ = give.send(answer);
}

/// Until there is no more.
async fn pass_on(body: Body, pieces: &SyncSender<String>) {
    let mut body = body.into_data_stream();
    loop {
        let next: Option<std::result::Result<Bytes, _>> =
            poll_fn(|context| Pin::new(&mut body).poll_next(context)).await;
        let Some(Ok(bytes)) = next else { return };
        let mut piece = String::from_utf8_lossy(&bytes).into_owned();
        loop {
            piece = match pieces.try_send(piece) {
                Ok(()) => break,
                Err(TrySendError::Disconnected(_)) => return,
                Err(TrySendError::Full(piece)) => piece,
            };
            tokio::time::sleep(PAUSE).await;
        }
    }
}

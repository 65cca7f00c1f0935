//! The stream: a frame at every update, and at once when something grave happened.

use super::board::Board;
use super::source::Source;
use axum::response::sse::Event;
use futures_core::Stream;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

/// Browsers that may listen at once.
const LISTENERS: usize = 32;
const ROWS: usize = 200;
const FUNCTIONS: usize = 100;

/// Everybody who listens.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    senders: Mutex<Vec<Sender<Arc<str>>>>,
}

impl Listeners {
    /// One more; `None` when there are too many.
    pub(super) fn join(&self, first: Arc<str>) -> Option<Frames> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.retain(|sender| !sender.is_closed());
        if senders.len() >= LISTENERS {
            return None;
        }
        let (sender, receiver) = channel(8);
        let _ = sender.try_send(first);
        senders.push(sender);
        Some(Frames(receiver))
    }

    fn send(&self, frame: &Arc<str>) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is too slow is let go; the browser comes back and gets a whole frame.
        senders.retain(|sender| match sender.try_send(frame.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => false,
        });
    }

    fn is_empty(&self) -> bool {
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.iter().all(Sender::is_closed)
    }
}

/// One listener's frames.
pub(super) struct Frames(Receiver<Arc<str>>);

impl Stream for Frames {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0
            .poll_recv(context)
            .map(|frame| frame.map(|frame| Ok(Event::default().event("frame").data(&*frame))))
    }
}

/// A frame: rows after a number, and the curves' last points.
pub(super) fn frame(source: &dyn Source, board: &Board, after: u64, points: usize) -> Value {
    let mut functions = source.functions();
    let all = functions.len();
    functions.sort_by(|a, b| b.total_s.total_cmp(&a.total_s));
    functions.truncate(FUNCTIONS);
    let errors: Vec<Value> = board
        .errors()
        .into_iter()
        .take(FUNCTIONS)
        .map(|group| {
            json!({
                "id": group.id, "function": group.function, "module": group.module, "kind": group.kind, "message": group.message,
                "count": group.count, "first_us": group.first_us, "last_us": group.last_us,
            })
        })
        .collect();
    json!({
        "whole": after == 0,
        "seq": board.last_seq(),
        "status": source.status(),
        "points": board.points(points),
        "functions": functions,
        "functions_in_all": all,
        "errors": errors,
        "jobs": board.jobs(),
        "alerts": source.alerts(),
        "config_error": source.config().get("error").cloned().unwrap_or(Value::Null),
        "rows": board.rows(after, None, ROWS),
    })
}

/// Makes frames until the runtime ends.
pub(super) async fn run(
    source: Arc<dyn Source>,
    board: Arc<Board>,
    listeners: Arc<Listeners>,
    interval: Duration,
) {
    let look = Duration::from_millis(250).min(interval);
    let mut clock = tokio::time::interval(look);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut since, mut turn, mut seq) = (interval, 0, 0);
    loop {
        clock.tick().await;
        since += look;
        let now = board.turn();
        if since < interval && now == turn {
            continue;
        }
        if since >= interval {
            since = Duration::ZERO;
            board.point(now_ms(), source.tick());
        }
        turn = now;
        if !listeners.is_empty() {
            listeners.send(&frame(&*source, &board, seq.max(1), 1).to_string().into());
        }
        seq = board.last_seq();
    }
}

pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

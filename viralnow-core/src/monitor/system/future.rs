//! Watching a future: its span goes with it from thread to thread, and is the thread's present one while it is polled and no longer.

use super::super::{Outcome, SpanToken};
use super::core::Core;
use super::guard::Site;
use super::record::Open;
use super::site::OFF;
use super::span::{begin_at, end};
use super::{MonitorSystem, global, local};
use crate::Error;
use std::any::{Any, type_name};
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

/// A future that is watched as one span, from its first poll to its end: [`Site::watch_future`] makes it. `Send` where the future is.
///
/// The span's duration is the time on the clock, waiting included. It fails where the result is an error, with the error's code or, of another
/// library's error, its type; one that is dropped before its end is cancelled.
#[must_use = "a future does nothing until it is awaited"]
pub struct WatchedFuture<F> {
    site: &'static Site,
    state: State,
    future: Pin<Box<F>>,
}

enum State {
    /// Not polled yet; of this monitor, or of the global one.
    Before(Option<Arc<Core>>),
    Running(Arc<Core>, Open),
    /// Ended, or not recorded.
    Over,
}

impl State {
    fn begin(&mut self, site: &Site) {
        let State::Before(core) = self else { return };
        let core = core.take().or_else(|| global::global_core().cloned());
        *self = State::Over;
        let Some(core) = core else { return };
        let id = site.id();
        let state = core.table.state(id);
        if state.level.load(Ordering::Relaxed) != OFF {
            let mut open = begin_at(&core, state, id, SpanToken(local::current()));
            // A thread's time is that of all the futures it polls.
            open.mode &= !Open::CPU;
            *self = State::Running(core, open);
        }
    }

    fn end(&mut self, outcome: &Outcome<'_>) {
        if let State::Running(core, open) = std::mem::replace(self, State::Over) {
            end(&core, open, outcome, None);
        }
    }
}

/// While it is polled.
struct Inside<'a> {
    state: &'a mut State,
    /// The span that the thread was in before, where it is in another now.
    before: Option<u64>,
}

impl<'a> Inside<'a> {
    fn enter(state: &'a mut State) -> Self {
        let span = match state {
            State::Running(_, open) if open.mode & Open::KEPT != 0 => Some(open.span.0),
            _ => None,
        };
        Self { before: span.map(local::set_current), state }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            local::set_current(before);
        }
        // Here and not when the future is dropped: a runtime catches the panic in between.
        if std::thread::panicking() {
            self.state.end(&Outcome::Failed { code: "PANIC", message: "a panic unwound through the span" });
        }
    }
}

impl<F, T, E> Future for WatchedFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Display + 'static,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.state.begin(this.site);
        let inside = Inside::enter(&mut this.state);
        let polled = this.future.as_mut().poll(context);
        drop(inside);
        if let Poll::Ready(result) = &polled {
            match result {
                Ok(_) => this.state.end(&Outcome::Completed),
                Err(error) => failed(&mut this.state, error),
            }
        }
        polled
    }
}

fn failed<E: Display + 'static>(state: &mut State, error: &E) {
    // Its text is not made for nobody.
    if !matches!(state, State::Running(..)) {
        return;
    }
    let message = error.to_string();
    match (error as &dyn Any).downcast_ref::<Error>().map(Error::kind) {
        Some(crate::ErrorKind::Cancelled) => state.end(&Outcome::Cancelled),
        Some(kind) => state.end(&Outcome::Failed { code: kind.code(), message: &message }),
        None => state.end(&Outcome::Failed { code: type_name::<E>(), message: &message }),
    }
}

impl<F> Drop for WatchedFuture<F> {
    fn drop(&mut self) {
        self.state.end(&Outcome::Cancelled);
    }
}

impl<F> std::fmt::Debug for WatchedFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchedFuture").field("site", &self.site).finish_non_exhaustive()
    }
}

impl Site {
    /// Watches a future as a span of the global monitor; what it gives is a future where the result is a `Result` whose error can be shown. See
    /// [`WatchedFuture`], and [`monitored_async!`](crate::monitored_async). A guard
    /// of [`Site::enter`] is not to be held across an `.await`: it belongs to its thread, and the compiler says so where the future is spawned.
    pub fn watch_future<F: Future>(&'static self, future: F) -> WatchedFuture<F> {
        WatchedFuture { site: self, state: State::Before(None), future: Box::pin(future) }
    }

    /// The same of this monitor.
    pub fn watch_future_in<F: Future>(&'static self, monitor: &MonitorSystem, future: F) -> WatchedFuture<F> {
        let state = State::Before(Some(monitor.core.clone()));
        WatchedFuture { site: self, state, future: Box::pin(future) }
    }
}

/// Watches a future as a span of this name, of the global monitor; gives a future of the same result, which is `Send` where the one given is.
/// What [`monitored!`](crate::monitored) is for code without `.await`.
///
/// ```
/// use viralnow_core::monitored_async;
/// async fn fetch(page: u32) -> Result<u32, std::io::Error> {
///     monitored_async!("fetch", async move {
///         // ... .await?
///         Ok(page + 1)
///     })
///     .await
/// }
/// fn spawned(_: impl Future<Output = Result<u32, std::io::Error>> + Send + 'static) {}
/// spawned(fetch(1));
/// ```
#[macro_export]
macro_rules! monitored_async {
    ($name:expr, $future:expr) => {{
        static SITE: $crate::monitor::Site =
            $crate::monitor::Site::new($name, ::core::module_path!(), ::core::file!(), ::core::line!());
        SITE.watch_future($future)
    }};
}

//! Futures that are watched: from thread to thread, beside others on one thread, dropped, failed.

use super::LONG;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use viralnow_core::monitor::{Batch, MonitorSystem, Sink, Site, SpanStatus, SpanToken};
use viralnow_core::{Error, ErrorKind, Result, monitored_async};

/// What was told of a span.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    site: u32,
    span: SpanToken,
    parent: SpanToken,
    status: SpanStatus,
    kind: String,
    seconds: f64,
}

#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Told>>>);

impl Sink for Spans {
    fn name(&self) -> &'static str {
        "spans"
    }
    fn write(&mut self, batch: &Batch) -> Result<()> {
        self.0.lock().unwrap().extend(
            batch.spans.iter().map(|span| Told {
                site: span.site.0,
                span: span.span,
                parent: span.parent,
                status: span.status,
                kind: span
                    .extra
                    .as_ref()
                    .and_then(|e| e.failure.as_ref())
                    .map_or(String::new(), |f| f.kind.clone()),
                seconds: span.duration_ns as f64 * 1e-9,
            }),
        );
        Ok(())
    }
}

fn watched() -> (MonitorSystem, impl Fn(&Site) -> Vec<Told>) {
    let spans = Spans::default();
    let monitor = MonitorSystem::builder().sink(spans.clone()).adaptive(false).build();
    let flushed = monitor.clone();
    let told = move |site: &Site| {
        assert!(flushed.flush(LONG).complete);
        let id = site.id().0;
        spans.0.lock().unwrap().iter().filter(|told| told.site == id).cloned().collect()
    };
    (monitor, told)
}

/// Ready once it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<AtomicBool>);

impl Future for Gate {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn spawnable<F: Future + Send + 'static>(future: F) -> F {
    future
}

#[test]
fn a_span_goes_with_its_future_to_other_threads_and_is_present_only_while_it_is_polled() {
    static OUTER: Site = Site::new("future_outer", "test", file!(), line!());
    static OTHER: Site = Site::new("future_other", "test", file!(), line!());
    static INSIDE: Site = Site::new("future_inside", "test", file!(), line!());
    static BESIDE: Site = Site::new("future_beside", "test", file!(), line!());
    let (monitor, told) = watched();
    let (gate, within) = (Gate::default(), monitor.clone());
    let mut outer = spawnable(OUTER.watch_future_in(&monitor, async move {
        drop(INSIDE.enter_in(&within));
        gate_of(&gate).await;
        drop(INSIDE.enter_in(&within));
        Ok::<_, std::io::Error>(7)
    }));
    static OPEN: Mutex<Option<Gate>> = Mutex::new(None);
    fn gate_of(gate: &Gate) -> Gate {
        *OPEN.lock().unwrap() = Some(gate.clone());
        gate.clone()
    }
    assert!(poll(&mut outer).is_pending());
    // Between its polls another future and other calls on the thread: none is inside of it.
    drop(BESIDE.enter_in(&monitor));
    let mut other = OTHER.watch_future_in(&monitor, async { Ok::<_, std::io::Error>(1) });
    assert!(matches!(poll(&mut other), Poll::Ready(Ok(1))));
    std::thread::sleep(Duration::from_millis(30));
    OPEN.lock().unwrap().take().unwrap().0.store(true, Ordering::SeqCst);
    let there = monitor.clone();
    std::thread::spawn(move || {
        assert!(matches!(poll(&mut outer), Poll::Ready(Ok(7))));
        drop(BESIDE.enter_in(&there));
    })
    .join()
    .unwrap();
    let [span] = &told(&OUTER)[..] else { panic!("one span") };
    assert_eq!((span.status, span.parent), (SpanStatus::Completed, SpanToken::NONE));
    assert!(span.seconds >= 0.03, "the waiting is part of it: {span:?}");
    let inside = told(&INSIDE);
    assert_eq!(inside.iter().map(|told| told.parent).collect::<Vec<_>>(), [span.span; 2]);
    for site in [&BESIDE, &OTHER] {
        assert!(told(site).iter().all(|told| told.parent == SpanToken::NONE));
    }
    assert_eq!(told(&BESIDE).len(), 2);
}

#[test]
fn a_future_ends_as_its_result_says() {
    static RESULT: Site = Site::new("future_result", "test", file!(), line!());
    static DROPPED: Site = Site::new("future_dropped", "test", file!(), line!());
    static PANIC: Site = Site::new("future_panic", "test", file!(), line!());
    let (monitor, told) = watched();
    let error = |kind| Error::new(kind, "it broke");
    let _ = poll(&mut RESULT.watch_future_in(&monitor, async { Ok::<(), Error>(()) }));
    let _ = poll(&mut RESULT.watch_future_in(&monitor, async { Err::<(), _>(error(ErrorKind::Timeout)) }));
    let _ = poll(&mut RESULT.watch_future_in(&monitor, async { Err::<(), _>(error(ErrorKind::Cancelled)) }));
    let other = async { Err::<(), _>(std::io::Error::other("it broke")) };
    let _ = poll(&mut RESULT.watch_future_in(&monitor, other));
    let results = told(&RESULT);
    let ends: Vec<_> = results.iter().map(|told| (told.status, told.kind.as_str())).collect();
    assert_eq!(
        ends,
        [
            (SpanStatus::Completed, ""),
            (SpanStatus::Failed, "TIMEOUT"),
            (SpanStatus::Cancelled, ""),
            (SpanStatus::Failed, "std::io::error::Error"),
        ]
    );

    // Given up while it waits; one that never began is none.
    let mut waits = DROPPED.watch_future_in(&monitor, async {
        Gate::default().await;
        Ok::<_, Error>(())
    });
    assert!(poll(&mut waits).is_pending());
    drop(waits);
    drop(DROPPED.watch_future_in(&monitor, async { Ok::<_, Error>(()) }));
    assert_eq!(told(&DROPPED).iter().map(|told| told.status).collect::<Vec<_>>(), [SpanStatus::Cancelled]);

    // A runtime catches the panic and drops the future later.
    let panics = async { if true { panic!("out") } else { Ok::<(), Error>(()) } };
    let mut panics = PANIC.watch_future_in(&monitor, panics);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut panics))).is_err());
    drop(panics);
    let ended: Vec<_> = told(&PANIC).into_iter().map(|told| (told.status, told.kind)).collect();
    assert_eq!(ended, [(SpanStatus::Failed, "PANIC".to_owned())]);
    static AFTER: Site = Site::new("future_after", "test", file!(), line!());
    drop(AFTER.enter_in(&monitor));
    assert_eq!(told(&AFTER)[0].parent, SpanToken::NONE, "the thread left the span");
}

/// Without a monitor it does what the future does.
#[test]
fn a_watched_future_without_a_monitor_gives_its_result() {
    let mut future = spawnable(monitored_async!("future_unwatched", async { Ok::<_, Error>(3) }));
    assert!(matches!(poll(&mut future), Poll::Ready(Ok(3))));
}

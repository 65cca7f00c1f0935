//! Spans of JavaScript in the monitor that `monitoring.start` began. JavaScript keeps the time and hands finished spans over many at a time:
//! a call into native code for each would cost more than all the rest of a span.

use napi::bindgen_prelude::{BigInt64Array, Float64Array, Uint32Array};
use napi_derive::napi;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{SendError, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use viralnow_core::monitor::{Capture, Detail, Outcome, SiteId, SpanToken, installed};

/// Numbers of a record: place, span, parent.
const RECORD: usize = 3;

/// One number for each thread of JavaScript: whether a monitor runs. It is read with every call, without one into native code.
static FLAGS: Mutex<Vec<Flag>> = Mutex::new(Vec::new());

/// Where a thread's flag is; made from a box, and freed when the thread's array is.
struct Flag(*const AtomicU32);

// SAFETY: what it points at is an atomic.
unsafe impl Send for Flag {}

/// Whether a monitor runs, as an array of one number that changes by itself.
#[napi(catch_unwind)]
pub fn monitor_flag() -> Uint32Array {
    let flag = Box::into_raw(Box::new(AtomicU32::new(u32::from(installed().is_some()))));
    FLAGS.lock().unwrap_or_else(PoisonError::into_inner).push(Flag(flag));
    let forget = |data: *mut u32, _| {
        let mut flags = FLAGS.lock().unwrap_or_else(PoisonError::into_inner);
        flags.retain(|flag| !std::ptr::eq(flag.0, data.cast::<AtomicU32>()));
        // SAFETY: the box from above, which nobody else has any more.
        drop(unsafe { Box::from_raw(data.cast::<AtomicU32>()) });
    };
    // SAFETY: one number, which lives until `forget`.
    unsafe { Uint32Array::with_external_data(flag.cast::<u32>(), 1, forget) }
}

/// The monitor may have been started or stopped.
pub(crate) fn refresh() {
    let running = u32::from(installed().is_some());
    for flag in FLAGS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        // SAFETY: those in the list live.
        unsafe { &*flag.0 }.store(running, Ordering::Relaxed);
    }
}

/// The number of a place in the host's code, from 1 on; 0 as long as no monitor runs.
#[napi(catch_unwind)]
pub fn monitor_place(name: String, module: String, file: String, line: u32, weight: f64) -> u32 {
    installed().map_or(0, |monitor| {
        monitor.callsite(&name, &module, &file, line, weight as f32, Capture::TIME).0 + 1
    })
}

/// A span began whose end will be handed over.
#[napi(catch_unwind)]
pub fn monitor_started(place: u32, span: f64, parent: f64) {
    if let (Some(monitor), Some(site)) = (installed(), place.checked_sub(1)) {
        monitor.started(SiteId(site), [SpanToken(span as u64), SpanToken(parent as u64)]);
    }
}

/// The first of so many numbers for spans, which nobody else has.
#[napi(catch_unwind)]
pub fn monitor_reserve(numbers: u32) -> f64 {
    // Counted from 1: far from where doubles end.
    installed().map_or(0.0, |monitor| monitor.reserve(numbers).0 as f64)
}

/// Whether arguments of calls at this place are kept.
#[napi(catch_unwind)]
pub fn monitor_keeps(place: u32) -> bool {
    place.checked_sub(1).zip(installed()).is_some_and(|(site, monitor)| monitor.keeps_at(SiteId(site)))
}

fn milliseconds(ms: f64) -> Duration {
    // What is below 0, or no number, is 0.
    Duration::from_nanos((ms * 1e6) as u64)
}

/// Spans on their way to the monitor.
struct Batch {
    /// When they were handed over.
    handed: Instant,
    records: Vec<f64>,
    /// Start and end of each by JavaScript's clock, in nanoseconds; last, when they were handed over.
    times: Vec<i64>,
    /// Which record has which of the texts about arguments, as [`monitor_records`] gets it.
    told: Vec<u32>,
    texts: Vec<String>,
}

enum Message {
    Batch(Batch),
    /// All that came before is done.
    Settled(SyncSender<()>),
}

/// Batches that wait at most; beyond them the thread of JavaScript waits. Whether the monitor itself has room for them is its policy's matter.
const WAITING: usize = 64;

/// The thread that enters spans into the monitor, so that those of JavaScript do not: half of what a span costs. It is begun with the first
/// spans and lasts as long as the process.
static HANDS: OnceLock<Option<SyncSender<Message>>> = OnceLock::new();

fn hand_over(message: Message) {
    let hands = HANDS.get_or_init(|| {
        let (give, take) = sync_channel(WAITING);
        let work = move || {
            for message in take {
                work_off(message);
            }
        };
        std::thread::Builder::new().name("vn-node".to_owned()).spawn(work).ok().map(|_| give)
    });
    // Without a thread it is done here.
    match hands {
        None => work_off(message),
        Some(give) => {
            if let Err(SendError(message)) = give.send(message) {
                work_off(message);
            }
        }
    }
}

fn work_off(message: Message) {
    match message {
        Message::Batch(batch) => enter(&batch),
        // Nobody waits any more: no matter.
        Message::Settled(done) => drop(done.send(())),
    }
}

fn enter(batch: &Batch) {
    let Some(monitor) = installed() else { return };
    let waited = batch.handed.elapsed();
    let Some((&now, times)) = batch.times.split_last() else { return };
    // What is below 0 is 0.
    let between =
        |from: i64, to: i64| Duration::from_nanos(u64::try_from(to.saturating_sub(from)).unwrap_or(0));
    let mut told = batch.told.chunks_exact(2).peekable();
    let records = batch.records.as_chunks::<RECORD>().0.iter().zip(times.as_chunks().0);
    for (at, (&[place, span, parent], &[start, end])) in records.enumerate() {
        let text =
            told.next_if(|pair| pair[0] as usize == at).and_then(|pair| batch.texts.get(pair[1] as usize));
        let Some(site) = (place as u32).checked_sub(1).map(SiteId) else { continue };
        let detail = text.map(|args| Detail { args: Some(args.clone()), ..Detail::default() });
        let times = [between(start, now) + waited, between(start, end)];
        let spans = [SpanToken(span as u64), SpanToken(parent as u64)];
        monitor.record(site, spans, times, &Outcome::Completed, detail);
    }
}

/// Takes over spans that ended well, `count` of them, with their times. `told` are `pairs` numbers: the position of a span, in order, and which
/// of `texts` is about its arguments.
#[napi(catch_unwind)]
pub fn monitor_records(
    records: Float64Array,
    times: BigInt64Array,
    count: u32,
    told: Uint32Array,
    pairs: u32,
    texts: Vec<String>,
) {
    let count = (count as usize).min(records.len() / RECORD).min(times.len().saturating_sub(1) / 2);
    let pairs = told.len().min(pairs as usize);
    hand_over(Message::Batch(Batch {
        handed: Instant::now(),
        records: records[..count * RECORD].to_vec(),
        // None where there is not even the last one.
        times: times.get(..=2 * count).unwrap_or_default().to_vec(),
        told: told[..pairs].to_vec(),
        texts,
    }));
}

/// How long [`monitor_settle`] waits at most: a full ring of a monitor that blocks its callers takes its time.
const SETTLES: Duration = Duration::from_secs(2);

/// Waits until all spans that were taken over are in the monitor: by rule some milliseconds, two seconds at most.
#[napi(catch_unwind)]
pub fn monitor_settle() {
    if HANDS.get().is_none() {
        return;
    }
    let (done, wait) = sync_channel(1);
    hand_over(Message::Settled(done));
    let _ = wait.recv_timeout(SETTLES);
}

/// A span that failed, or with the code `CANCELLED` was stopped.
#[napi(object, object_to_js = false)]
pub struct FailureIn {
    /// Place, span, parent.
    pub span: Vec<f64>,
    /// Milliseconds since its start, and how long it took.
    pub times: Vec<f64>,
    /// The kind of error.
    pub code: String,
    /// Its message.
    pub message: Option<String>,
    /// Its stack.
    pub stack: Option<String>,
    /// About the arguments.
    pub args: Option<String>,
}

/// Takes over a span that did not end well.
#[napi(catch_unwind)]
pub fn monitor_failure(failure: FailureIn) {
    let Some(monitor) = installed() else { return };
    let (&[place, span, parent], &[ago, took]) = (&failure.span[..], &failure.times[..]) else { return };
    let Some(site) = (place as u32).checked_sub(1).map(SiteId) else { return };
    let message = failure.message.unwrap_or_default();
    let outcome = if failure.code == "CANCELLED" {
        Outcome::Cancelled
    } else {
        Outcome::Failed { code: &failure.code, message: &message }
    };
    let detail = Detail { stack: failure.stack, args: failure.args, ..Detail::default() };
    let spans = [SpanToken(span as u64), SpanToken(parent as u64)];
    monitor.record(site, spans, [milliseconds(ago), milliseconds(took)], &outcome, Some(detail));
}

//! Spans of JavaScript in the monitor that `monitoring.start` began. JavaScript keeps the time and hands finished spans over many at a time:
//! a call into native code for each would cost more than all the rest of a span.

use napi::bindgen_prelude::{BigInt64Array, Float64Array, Uint32Array};
use napi_derive::napi;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SendError, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant};
use viralnow_core::monitor::{Capture, Detail, Outcome, SiteId, SpanToken, installed};

/// Numbers of a record: place, span, parent.
const RECORD: usize = 3;

/// Spans that wait in a thread of JavaScript at most.
const MOST: usize = 1024;

/// What a thread of JavaScript and the core both have, without a call into native code for it. It lives as long as one of the thread's
/// arrays.
struct Shared {
    /// Whether a monitor runs, how many spans may wait before they are handed over, and how many do: the core writes the first, and 0 to
    /// the second when it is time.
    flags: [AtomicU32; 3],
    records: UnsafeCell<[f64; RECORD * MOST]>,
    /// Start and end of each, then when they are handed over.
    times: UnsafeCell<[i64; 2 * MOST + 1]>,
}

// SAFETY: the cells are JavaScript's alone as long as its arrays live, and then those of who drops it.
unsafe impl Send for Shared {}
// SAFETY: as above; all others touch the atomics alone.
unsafe impl Sync for Shared {}

/// A thread that was terminated has not handed over what waited: that is done for it, without what was told of arguments.
impl Drop for Shared {
    fn drop(&mut self) {
        let count = (self.flags[2].load(Ordering::Relaxed) as usize).min(MOST);
        if count == 0 {
            return;
        }
        let times = &self.times.get_mut()[..2 * count];
        // When it ended is not known; it was not long after the last span.
        let last = times[2 * count - 1];
        let batch = Batch {
            handed: Instant::now(),
            records: self.records.get_mut()[..count * RECORD].to_vec(),
            times: times.iter().copied().chain([last]).collect(),
            told: Vec::new(),
            texts: Vec::new(),
        };
        batch.hand_over();
    }
}

/// Those of all threads.
static SHARED: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// One at a time: who looks last whether a monitor runs writes last.
fn with_flags(then: impl Fn(&[AtomicU32; 3])) {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.retain(|shared| shared.strong_count() > 0);
    let all: Vec<_> = shared.iter().filter_map(Weak::upgrade).collect();
    all.iter().for_each(|shared| then(&shared.flags));
    // What is dropped here for the last time hands over: not under the lock.
    drop(shared);
    drop(all);
}

fn tell_running() {
    with_flags(|[flag, ..]| flag.store(u32::from(installed().is_some()), Ordering::Relaxed));
}

/// Where a thread of JavaScript keeps its spans.
#[napi(object, object_from_js = false)]
pub struct MonitorArrays {
    /// Whether a monitor runs, which changes by itself; how many spans may wait, which changes to 0 when it is time to hand over; how many
    /// wait, which JavaScript writes.
    pub flags: Uint32Array,
    /// Place, span and parent of each.
    pub records: Float64Array,
    /// Start and end of each; last, when they are handed over.
    pub times: BigInt64Array,
}

/// Arrays for the calling thread's spans.
#[napi(catch_unwind)]
pub fn monitor_arrays() -> MonitorArrays {
    let shared = Arc::new(Shared {
        flags: [0, 0, 0].map(AtomicU32::new),
        records: UnsafeCell::new([0.0; RECORD * MOST]),
        times: UnsafeCell::new([0; 2 * MOST + 1]),
    });
    SHARED.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&shared));
    tell_running();
    let [flags, records, times] = [shared.clone(), shared.clone(), shared];
    let at = (flags.flags.as_ptr().cast::<u32>().cast_mut(), records.records.get(), times.times.get());
    // SAFETY: each array is as long as what it stands for, which lives until the array is freed.
    unsafe {
        MonitorArrays {
            flags: Uint32Array::with_external_data(at.0, 3, move |_, _| drop(flags)),
            records: Float64Array::with_external_data(at.1.cast(), RECORD * MOST, move |_, _| drop(records)),
            times: BigInt64Array::with_external_data(at.2.cast(), 2 * MOST + 1, move |_, _| drop(times)),
        }
    }
}

/// The monitor may have been started or stopped.
pub(crate) fn refresh() {
    tell_running();
    // The thread that tells the time sleeps as long as no monitor runs: this wakes it.
    if let Some(Some(hands)) = HANDS.get() {
        let _ = hands.give.send((0, Message::Then(Box::new(|| ()))));
    }
}

/// The number of a place in the host's code, from 1 on; 0 as long as no monitor runs. From the first on it is said every 50 ms that it is
/// time to hand over.
#[napi(catch_unwind)]
pub fn monitor_place(name: String, module: String, file: String, line: u32, weight: f64) -> u32 {
    hands();
    installed().map_or(0, |monitor| {
        monitor.callsite(&name, &module, &file, line, weight as f32, Capture::TIME).0 + 1
    })
}

/// A span began whose end will be handed over.
#[napi(catch_unwind)]
pub fn monitor_started(place: u32, span: f64, parent: f64) {
    let Some(site) = place.checked_sub(1).map(SiteId) else { return };
    let tell = move || {
        if let Some(monitor) = installed() {
            monitor.started(site, [SpanToken(span as u64), SpanToken(parent as u64)]);
        }
    };
    hand_over(size_of_val(&tell), Message::Then(Box::new(tell)));
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
    /// What is to come after the spans before it.
    Then(Box<dyn FnOnce() + Send>),
    /// All that came before is done.
    Settled(SyncSender<()>),
}

/// Bytes that wait at most, about: 200 full batches, or some thousand failures with a few spans before each. What comes then is entered by the
/// thread of JavaScript itself, before what waits. Whether the monitor has room for it is its policy's matter.
const WAITING: usize = 8 << 20;

/// JavaScript is told so often that it is time to hand over: its own timers do not run while it is busy.
const TIME: Duration = Duration::from_millis(50);

/// After a full batch more come soon: they are taken together, for waking this thread for each costs the thread of JavaScript more than
/// handing it over does. Far fewer than [`WAITING`] are filled meanwhile.
const TOGETHER: Duration = Duration::from_millis(2);

/// The thread that enters spans into the monitor, so that those of JavaScript do not, and the way to it.
struct Hands {
    /// Each with its bytes.
    give: Sender<(usize, Message)>,
    thread: Thread,
}

/// It is begun with the first spans and lasts as long as the process.
static HANDS: OnceLock<Option<Hands>> = OnceLock::new();

/// The bytes of what they were given and have not worked off.
static WAITS: AtomicUsize = AtomicUsize::new(0);

fn hands() -> Option<&'static Hands> {
    let begin = || {
        let (give, take) = channel();
        let work = move || {
            let mut told = Instant::now();
            let mut more = false;
            loop {
                let next = match take.try_recv() {
                    Ok(message) => Ok(message),
                    Err(TryRecvError::Disconnected) => return,
                    Err(TryRecvError::Empty) if more => {
                        more = false;
                        std::thread::park_timeout(TOGETHER);
                        Err(RecvTimeoutError::Timeout)
                    }
                    Err(TryRecvError::Empty) if installed().is_some() => {
                        take.recv_timeout(TIME.saturating_sub(told.elapsed()))
                    }
                    Err(TryRecvError::Empty) => take.recv().map_err(|_| RecvTimeoutError::Disconnected),
                };
                match next {
                    Ok((bytes, message)) => {
                        more |=
                            matches!(&message, Message::Batch(batch) if batch.records.len() == RECORD * MOST);
                        work_off(message);
                        WAITS.fetch_sub(bytes, Ordering::Relaxed);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                if told.elapsed() >= TIME {
                    told = Instant::now();
                    with_flags(|[_, most, _]| most.store(0, Ordering::Relaxed));
                }
            }
        };
        let begun = std::thread::Builder::new().name("vn-node".to_owned()).spawn(work);
        begun.ok().map(|hands| Hands { give, thread: hands.thread().clone() })
    };
    HANDS.get_or_init(begin).as_ref()
}

/// In order, as long as there is room; the caller waits for nobody.
fn hand_over(bytes: usize, message: Message) {
    // Without a thread it is done here.
    let Some(hands) = hands() else { return work_off(message) };
    // Of several threads each may be one too many: no matter.
    if WAITS.load(Ordering::Relaxed) + bytes > WAITING {
        return work_off(message);
    }
    WAITS.fetch_add(bytes, Ordering::Relaxed);
    if let Err(SendError((bytes, message))) = hands.give.send((bytes, message)) {
        WAITS.fetch_sub(bytes, Ordering::Relaxed);
        work_off(message);
    }
}

impl Batch {
    fn hand_over(self) {
        let texts: usize = self.texts.iter().map(String::len).sum();
        let numbers = size_of_val(&*self.records) + size_of_val(&*self.times) + size_of_val(&*self.told);
        hand_over(numbers + texts, Message::Batch(self));
    }
}

fn work_off(message: Message) {
    match message {
        Message::Batch(batch) => enter(&batch),
        Message::Then(work) => work(),
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
    let batch = Batch {
        handed: Instant::now(),
        records: records[..count * RECORD].to_vec(),
        // None where there is not even the last one.
        times: times.get(..=2 * count).unwrap_or_default().to_vec(),
        told: told[..pairs].to_vec(),
        texts,
    };
    batch.hand_over();
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
    // After all that waits.
    if let Some(hands) = hands() {
        match hands.give.send((0, Message::Settled(done))) {
            Ok(()) => hands.thread.unpark(),
            Err(SendError((_, message))) => work_off(message),
        }
    }
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
    let handed = Instant::now();
    // After the spans before it: else there would be more failures than calls for a while.
    let texts = [failure.message.as_ref(), failure.stack.as_ref(), failure.args.as_ref()];
    let bytes = size_of_val(&failure) + texts.into_iter().flatten().map(String::len).sum::<usize>();
    hand_over(bytes, Message::Then(Box::new(move || fail(failure, handed.elapsed()))));
}

fn fail(failure: FailureIn, waited: Duration) {
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
    let times = [milliseconds(ago) + waited, milliseconds(took)];
    monitor.record(site, spans, times, &outcome, Some(detail));
}

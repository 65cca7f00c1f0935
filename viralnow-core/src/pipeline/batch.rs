//! Many assets, several at a time, in order, each on its own.

use super::{Analysis, Analyzer, Input};
use crate::monitor::{Control, Observer, Progress};
use crate::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// One entry of a batch, in the order of the inputs.
pub type BatchItem = Result<Analysis>;

/// How often the calling thread looks after progress and cancellation.
const TICK: Duration = Duration::from_millis(50);

pub(super) fn analyze_many(
    analyzer: &Analyzer,
    inputs: Vec<Input>,
    timeout_s: Option<f64>,
) -> Result<Vec<BatchItem>> {
    if timeout_s.is_some_and(|s| !(s.is_finite() && s > 0.0)) {
        return Err(Error::new(ErrorKind::InvalidConfig, "timeout_s must be a positive number of seconds"));
    }
    if analyzer.options.asset_id.is_some() && inputs.len() > 1 {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            "one asset id cannot name several assets; leave it out, so that each is named by its content",
        ));
    }
    // Stopping this batch must not stop the next one.
    let analyzer = &Analyzer { cancel: analyzer.cancel.child(), ..analyzer.clone() };
    let count = inputs.len();
    let workers = analyzer.options.thread_count().min(count);
    let fractions: Arc<Vec<AtomicU64>> = Arc::new((0..count).map(|_| AtomicU64::new(0)).collect());
    let inputs: Vec<_> = inputs.into_iter().map(|input| std::sync::Mutex::new(Some(input))).collect();
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    let mut items: Vec<Option<BatchItem>> = (0..count).map(|_| None).collect();
    std::thread::scope(|threads| {
        for worker in 0..workers {
            let (send, next, inputs, fractions) = (send.clone(), &next, &inputs, &fractions);
            let work = move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(slot) = inputs.get(index) else { return };
                    let input = slot.lock().map_or(None, |mut slot| slot.take());
                    let item = match input {
                        Some(input) => one(analyzer, input, timeout_s, fractions, index),
                        None => Err(Error::new(ErrorKind::Internal, "a batch item was taken twice")),
                    };
                    if send.send((index, item)).is_err() {
                        return;
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("viralnow-{worker}"));
            match thread.spawn_scoped(threads, work) {
                Ok(_) => {}
                Err(error) if worker == 0 => {
                    return Err(Error::new(ErrorKind::Io, "the system gives no thread for the batch")
                        .caused_by(error));
                }
                // It is done with those that there are.
                Err(_) => break,
            }
        }
        drop(send);
        watch(analyzer, &receive, &fractions, &mut items)
    })?;
    Ok(items
        .into_iter()
        .map(|item| item.unwrap_or_else(|| Err(Error::new(ErrorKind::Internal, "a batch item was lost"))))
        .collect())
}

/// Collects the results on the calling thread, which alone talks to the observer.
fn watch(
    analyzer: &Analyzer,
    results: &mpsc::Receiver<(usize, BatchItem)>,
    fractions: &[AtomicU64],
    items: &mut [Option<BatchItem>],
) -> Result<()> {
    let started = Instant::now();
    let mut last: Option<Instant> = None;
    let mut done = 0;
    let mut stopped = false;
    loop {
        match results.recv_timeout(TICK) {
            Ok((index, item)) => {
                fractions[index].store(1f64.to_bits(), Ordering::Relaxed);
                items[index] = Some(item);
                done += 1;
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if last.is_some_and(|last| last.elapsed() < TICK) && done < items.len() {
            continue;
        }
        last = Some(Instant::now());
        let sum: f64 = fractions.iter().map(|f| f64::from_bits(f.load(Ordering::Relaxed))).sum();
        let fraction = sum / items.len().max(1) as f64;
        let elapsed_s = started.elapsed().as_secs_f64();
        let eta_s = (fraction > 0.03).then(|| elapsed_s * (1.0 - fraction) / fraction);
        let progress = Progress { fraction, stage: "batch", elapsed_s, eta_s, items: (done, items.len()) };
        // Who has said stop is not asked again, while the items that are under way come to their end.
        if let Some(observer) = analyzer.observer.as_ref().filter(|_| !stopped)
            && observer.progress(&progress) == Control::Stop
        {
            stopped = true;
            analyzer.cancel.cancel();
        }
    }
    if analyzer.cancel.is_cancelled() {
        return Err(
            Error::new(ErrorKind::Cancelled, "the batch was cancelled by the host").with("done", done)
        );
    }
    Ok(())
}

/// Keeps one item's fraction for the batch's progress.
struct Fraction(Arc<Vec<AtomicU64>>, usize);

impl Observer for Fraction {
    fn progress(&self, progress: &Progress) -> Control {
        self.0[self.1].store(progress.fraction.to_bits(), Ordering::Relaxed);
        Control::Continue
    }
}

fn one(
    analyzer: &Analyzer,
    input: Input,
    timeout_s: Option<f64>,
    fractions: &Arc<Vec<AtomicU64>>,
    index: usize,
) -> BatchItem {
    let mut analyzer = analyzer.clone();
    analyzer.options.threads = 1;
    analyzer.options.limits.max_wall_s = match (analyzer.options.limits.max_wall_s, timeout_s) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    analyzer.observer = Some(Arc::new(Fraction(fractions.clone(), index)));
    // A defect in one item must not take the others with it.
    catch_unwind(AssertUnwindSafe(|| analyzer.analyze(input)))
        .unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
}

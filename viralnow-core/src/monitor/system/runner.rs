//! One sink with everything that keeps its troubles away from the rest.

use super::sink::{Batch, Sink};
use super::status::{SinkState, SinkStatus};
use crate::{Error, Result};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) type SinkFactory = Box<dyn Fn() -> Box<dyn Sink> + Send + Sync>;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// From this many failures in a row on, the sink counts as broken rather than slow.
const BROKEN_AFTER: u32 = 3;

pub(crate) struct SinkRunner {
    sink: Box<dyn Sink>,
    waiting: VecDeque<(Arc<Batch>, usize)>,
    waiting_bytes: usize,
    written: u64,
    dropped: u64,
    failures: u64,
    in_a_row: u32,
    again_at: Option<Instant>,
    last_error: Option<String>,
}

impl SinkRunner {
    pub(crate) fn new(sink: Box<dyn Sink>) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            written: 0,
            dropped: 0,
            failures: 0,
            in_a_row: 0,
            again_at: None,
            last_error: None,
        }
    }

    /// Takes a batch of about so many bytes and writes what waits. Over `most_bytes` the newest is dropped: what is
    /// older leads up to the trouble.
    pub(crate) fn offer(&mut self, batch: &Arc<Batch>, bytes: usize, most_bytes: usize, force: bool) {
        if !batch.is_empty() {
            if self.waiting_bytes + bytes > most_bytes && !self.waiting.is_empty() {
                self.dropped += batch.len() as u64;
            } else {
                self.waiting.push_back((batch.clone(), bytes));
                self.waiting_bytes += bytes;
            }
        }
        if force || self.again_at.is_none_or(|at| Instant::now() >= at) {
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some((batch, bytes)) = self.waiting.front().cloned() {
            match caught(|| self.sink.write(&batch)) {
                Ok(()) => {
                    self.waiting.pop_front();
                    self.waiting_bytes -= bytes;
                    self.written += batch.len() as u64;
                    self.recovered();
                }
                Err(error) => {
                    self.failed(&error);
                    return;
                }
            }
        }
    }

    /// Whether everything is where it belongs.
    pub(crate) fn flush(&mut self) -> bool {
        self.drain();
        if !self.waiting.is_empty() {
            return false;
        }
        match caught(|| self.sink.flush()) {
            Ok(()) => true,
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    pub(crate) fn maintain(&mut self, now_us: i64) {
        if self.again_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        self.drain();
        if self.again_at.is_none()
            && let Err(error) = caught(|| self.sink.maintain(now_us))
        {
            self.failed(&error);
        }
    }

    fn failed(&mut self, error: &Error) {
        self.failures += 1;
        self.in_a_row += 1;
        let pause = (FIRST_PAUSE * 2_u32.pow(self.in_a_row.saturating_sub(1).min(10))).min(LAST_PAUSE);
        self.again_at = Some(Instant::now() + pause);
        self.last_error = Some(error.to_string());
    }

    fn recovered(&mut self) {
        self.in_a_row = 0;
        self.again_at = None;
    }

    pub(crate) fn status(&self) -> SinkStatus {
        let state = match self.in_a_row {
            0 => SinkState::Working,
            n if n < BROKEN_AFTER => SinkState::Retrying,
            _ => SinkState::Broken,
        };
        SinkStatus {
            name: self.sink.name().to_owned(),
            state,
            written: self.written,
            dropped: self.dropped,
            waiting: self.waiting.iter().map(|(batch, _)| batch.len() as u64).sum(),
            failures: self.failures,
            last_error: self.last_error.clone(),
        }
    }
}

/// A panic of a sink is an error of it.
fn caught(work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
}

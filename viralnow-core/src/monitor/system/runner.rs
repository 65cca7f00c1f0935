//! One sink with everything that keeps its troubles away from the rest.

use super::minutes::MINUTE_BYTES;
use super::sink::{Batch, MinuteCounts, Sink};
use super::site::SiteId;
use super::status::{SinkState, SinkStatus};
use super::swap::Role;
use crate::{Error, Result};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// From this many failures in a row on, the sink counts as broken rather than slow.
const BROKEN_AFTER: u32 = 3;

/// After so many refusals of one batch the one behind it is tried.
const REFUSALS: u32 = 8;

/// How much may wait for a sink, and what goes when more would.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) bytes: usize,
    pub(crate) drop_oldest: bool,
}

pub(crate) struct SinkRunner {
    role: Role,
    sink: Box<dyn Sink>,
    waiting: VecDeque<(Arc<Batch>, usize)>,
    waiting_bytes: usize,
    /// Counts of batches that were dropped, added up for each place: told late rather than never.
    owed: HashMap<SiteId, MinuteCounts>,
    written: u64,
    dropped: u64,
    /// What was dropped when the last flush was asked for.
    dropped_then: u64,
    failures: u64,
    in_a_row: u32,
    /// How often the first of those that wait was refused.
    refused: u32,
    again_at: Option<Instant>,
    last_error: Option<String>,
    /// Whether the last that was told of it is that it is in trouble.
    pub(crate) told_broken: bool,
}

impl SinkRunner {
    pub(crate) fn new(role: Role, sink: Box<dyn Sink>) -> Self {
        Self {
            role,
            sink,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            owed: HashMap::new(),
            written: 0,
            dropped: 0,
            dropped_then: 0,
            failures: 0,
            in_a_row: 0,
            refused: 0,
            again_at: None,
            last_error: None,
            told_broken: false,
        }
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// Another sink from now on: it gets what waits.
    pub(crate) fn replace(&mut self, sink: Box<dyn Sink>) {
        self.drain();
        let _ = caught(|| self.sink.flush());
        self.sink = sink;
        self.recovered();
    }

    /// The last of it; gives the records that it did not take, ever.
    pub(crate) fn end(mut self) -> u64 {
        self.flush();
        self.give_up();
        self.dropped
    }

    /// Takes a batch of about so many bytes and writes what waits. Where there is no room the newest is dropped, all but its counts: what is
    /// older leads up to the trouble. Or the oldest are, where that is wanted.
    pub(crate) fn offer(&mut self, batch: &Arc<Batch>, bytes: usize, room: Room, force: bool) {
        if !batch.is_empty() {
            while room.drop_oldest && self.waiting_bytes + bytes > room.bytes {
                let Some((oldest, bytes)) = self.waiting.pop_front() else { break };
                self.waiting_bytes -= bytes;
                self.refused = 0;
                self.forgo(&oldest);
            }
            if self.waiting_bytes + bytes > room.bytes && !self.waiting.is_empty() {
                self.forgo(batch);
            } else {
                self.waiting.push_back((batch.clone(), bytes));
                self.waiting_bytes += bytes;
            }
        }
        if force || self.again_at.is_none_or(|at| Instant::now() >= at) {
            self.drain();
        }
    }

    /// Drops a batch; its counts are kept.
    fn forgo(&mut self, batch: &Batch) {
        self.dropped += (batch.spans.len() + batch.events.len()) as u64;
        for counts in &batch.minutes {
            match self.owed.entry(counts.site) {
                Entry::Vacant(entry) => {
                    entry.insert(counts.clone());
                }
                Entry::Occupied(mut entry) => entry.get_mut().merge(counts),
            }
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
                    self.refused += 1;
                    if self.refused < REFUSALS || !self.pass_over() {
                        return;
                    }
                }
            }
        }
        if !self.owed.is_empty() {
            let batch = Batch { minutes: self.owed.values().cloned().collect(), ..Batch::default() };
            match caught(|| self.sink.write(&batch)) {
                Ok(()) => {
                    self.owed = HashMap::new();
                    self.written += batch.len() as u64;
                    self.recovered();
                }
                Err(error) => self.failed(&error),
            }
        }
    }

    /// Tries the second of those that wait: when it is taken the trouble is with the first, which is dropped.
    fn pass_over(&mut self) -> bool {
        let Some((batch, bytes)) = self.waiting.get(1).cloned() else { return false };
        if caught(|| self.sink.write(&batch)).is_err() {
            return false;
        }
        self.waiting.remove(1);
        self.waiting_bytes -= bytes;
        self.written += batch.len() as u64;
        if let Some((refused, bytes)) = self.waiting.pop_front() {
            self.waiting_bytes -= bytes;
            self.dropped += refused.len() as u64;
        }
        self.recovered();
        true
    }

    /// Whether everything is where it belongs, and nothing was lost since the last time.
    pub(crate) fn flush(&mut self) -> bool {
        self.drain();
        let lost = std::mem::replace(&mut self.dropped_then, self.dropped) != self.dropped;
        if !self.waiting.is_empty() || !self.owed.is_empty() {
            return false;
        }
        match caught(|| self.sink.flush()) {
            Ok(()) => !lost,
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    /// The end: what waits is lost, and counted.
    pub(crate) fn give_up(&mut self) {
        let waiting: usize = self.waiting.drain(..).map(|(batch, _)| batch.len()).sum();
        self.dropped += (waiting + self.owed.len()) as u64;
        self.owed.clear();
        self.waiting_bytes = 0;
    }

    /// Bytes of what waits.
    pub(crate) fn held_bytes(&self) -> usize {
        self.waiting_bytes + self.owed.len() * MINUTE_BYTES
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
        self.refused = 0;
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
            waiting: self.waiting.iter().map(|(batch, _)| batch.len()).sum::<usize>() as u64
                + self.owed.len() as u64,
            failures: self.failures,
            last_error: self.last_error.clone(),
        }
    }
}

/// A panic of a sink is an error of it.
fn caught(work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
}

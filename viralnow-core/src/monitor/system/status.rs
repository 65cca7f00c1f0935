//! How the monitor itself is.

use serde::Serialize;
use std::time::Duration;

/// Records that were not kept, by cause. Counts, errors and histograms have them all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Dropped {
    /// The thread's ring was full: the newest found no room, or with [`super::Overflow::DropOldest`] the oldest made it.
    pub ring_full: u64,
    /// What records carry with them (arguments, errors, events) was more than the memory that is allowed.
    pub memory: u64,
    /// The monitor was shut down.
    pub closed: u64,
    /// Too many threads ended at once.
    pub thread_exit: u64,
    /// Of the core's own: an event that was wrong or too large, a span beyond the 65,536 that may be open at once.
    pub refused: u64,
    /// Thinned out by [`super::Overflow::SampleDown`].
    pub thinned: u64,
}

impl Dropped {
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ring_full + self.memory + self.closed + self.thread_exit + self.refused + self.thinned
    }
}

/// How a sink is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SinkState {
    /// As it should.
    Working,
    /// It failed and is tried again.
    Retrying,
    /// It failed three times or more in a row; it is still tried, at most every 30 s.
    Broken,
}

/// One sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SinkStatus {
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: SinkState,
    /// Records that it took.
    pub written: u64,
    /// Records that it could not take: there was no memory to keep them, it refused them again and again, or the monitor ended before it recovered.
    pub dropped: u64,
    /// Records that wait for it.
    pub waiting: u64,
    /// How often it failed.
    pub failures: u64,
    /// What it said last when it failed.
    pub last_error: Option<String>,
}

/// A function that is recorded less than was wanted, see [`super::MonitorBuilder::adaptive`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adapted {
    /// The function.
    pub name: String,
    /// Its module.
    pub module: String,
    /// `counted` or `aggregate`.
    pub level: &'static str,
}

/// How the monitor is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// `running`, `degraded` while a sink is in trouble, `idle` before the first record, `stopped`.
    pub state: &'static str,
    /// Seconds since it was made.
    pub uptime_s: f64,
    /// Places that were met.
    pub functions: usize,
    /// Calls that ended, exactly.
    pub calls: u64,
    /// Calls that failed, exactly.
    pub errors: u64,
    /// Records that came through the rings: spans, events and progress.
    pub received: u64,
    /// Records that were dropped on the way.
    pub dropped: Dropped,
    /// Bytes of rings, of what waits in them and for sinks, and of the counters.
    pub memory_bytes: usize,
    /// Resident memory of the process, in KiB, as last sampled; 0 where the system does not tell.
    pub rss_kib: u64,
    /// The share of one processor that the monitor's thread took so far.
    pub overhead: f64,
    /// Each sink.
    pub sinks: Vec<SinkStatus>,
    /// Functions that are recorded less than was wanted.
    pub adapted: Vec<Adapted>,
    /// Texts and events' data that were left out because the redaction panicked.
    pub unredacted: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl std::fmt::Display for Status {
    /// One line for people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "monitor {} for {:.0} s: {} calls of {} functions, {} failed, {} records dropped, {:.1} MB",
            self.state,
            self.uptime_s,
            self.calls,
            self.functions,
            self.errors,
            self.dropped.total() + self.sinks.iter().map(|sink| sink.dropped).sum::<u64>(),
            self.memory_bytes as f64 / 1e6
        )?;
        for sink in self.sinks.iter().filter(|sink| sink.state != SinkState::Working) {
            write!(f, "; {} is in trouble: {}", sink.name, sink.last_error.as_deref().unwrap_or("?"))?;
        }
        Ok(())
    }
}

/// What a flush did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlushReport {
    /// Whether everything recorded before the call, and not among `dropped`, is where it belongs; not when a sink lost records since the last
    /// flush.
    pub complete: bool,
    /// Records that came through and were lost at a sink since the monitor was made, by one sink or several.
    pub sink_dropped: u64,
    /// Records received since the monitor was made.
    pub received: u64,
    /// Records dropped since then.
    pub dropped: Dropped,
    /// How long it took.
    #[serde(skip)]
    pub took: Duration,
}

/// What the worker says of itself, renewed at every turn.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorkerState {
    pub(crate) received: u64,
    pub(crate) ring_full: u64,
    /// Lost by sinks that are gone.
    pub(crate) lost: u64,
    pub(crate) cpu_ns: u64,
    /// Of the batch that is made and of those that wait for sinks.
    pub(crate) held_bytes: usize,
    pub(crate) unredacted: u64,
    pub(crate) sinks: Vec<SinkStatus>,
    pub(crate) last_error: Option<String>,
}

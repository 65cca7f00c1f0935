//! What goes through the rings, and what comes out of them for sinks.

use super::super::redact::safe_end;
use super::super::{Event, Progress, SpanToken};
use super::site::{SiteId, clipped};
use serde::{Deserialize, Serialize};

/// Most bytes of captured arguments, and of a result.
pub(crate) const MAX_ARGS: usize = 2 << 10;
/// Most bytes of an error's kind, a correlation's and an asset's id.
pub(crate) const MAX_KIND: usize = 200;
/// Most bytes of an error's text.
pub(crate) const MAX_MESSAGE: usize = 4 << 10;
/// Most bytes of a stack.
pub(crate) const MAX_STACK: usize = 16 << 10;

/// A text that is not redacted yet is cut so much after its bound: a secret at the bound is still recognized.
const BEYOND: usize = 4 << 10;

/// What is kept of a text until it is redacted; its end leaves no half word, or where words are longer than [`BEYOND`], no half item of a list.
pub(crate) fn before_redaction(text: &str, most: usize) -> &str {
    let end = safe_end(text, most + BEYOND);
    if end == text.len() || text[..end].ends_with(|c: char| c.is_ascii_whitespace()) {
        return &text[..end];
    }
    let text = clipped(text, end);
    let item = text.rfind([',', ';', '&', '{', '[', '(']).filter(|&at| end - at < BEYOND / 4);
    item.map_or(text, |at| &text[..=at])
}

/// How a span ended, without the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SpanStatus {
    /// It did what it should.
    Completed = 0,
    /// It failed.
    Failed = 1,
    /// It was cancelled.
    Cancelled = 2,
}

/// A span that was begun and not ended. Plain data: it may go to another thread or language and come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a span that is not ended is not counted"]
pub struct Open {
    /// Its number, for spans inside it; that of the span around it where this one is not recorded.
    pub span: SpanToken,
    /// The span around it.
    pub parent: SpanToken,
    /// When it began, in ticks of this process.
    pub start: u64,
    /// The thread's processor time at the start, in nanoseconds.
    pub cpu: u64,
    /// The place.
    pub site: u32,
    /// What [`super::MonitorSystem::end`] has to do.
    pub mode: u32,
}

impl Open {
    pub(crate) const UNTIMED: u32 = 1;
    pub(crate) const TIMED: u32 = 2;
    pub(crate) const KEPT: u32 = 4;
    pub(crate) const CPU: u32 = 8;
    /// From here on, with `CPU`, the thread that it began on.
    pub(crate) const THREAD_SHIFT: u32 = 8;

    /// A span that is not recorded; ending it does nothing.
    #[must_use = "it stands for nothing"]
    pub const fn none(parent: SpanToken) -> Self {
        Self { span: parent, parent, start: 0, cpu: 0, site: 0, mode: 0 }
    }
}

/// What a host tells of a span at its end, beyond how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Detail {
    /// The arguments, as the host's policy has them; at most 2 KiB are kept, after redaction.
    pub args: Option<String>,
    /// What was returned; at most 2 KiB are kept.
    pub result: Option<String>,
    /// Of a failure: the stack, at most 16 KiB of it.
    pub stack: Option<String>,
    /// Ties everything of one job together.
    pub correlation_id: Option<String>,
    /// The asset that it was about.
    pub asset_id: Option<String>,
}

impl Detail {
    /// Cuts every text to about its bound; exactly once it is redacted.
    pub(crate) fn clip(&mut self) {
        let clip = |text: &mut Option<String>, most: usize| {
            if let Some(text) = text {
                text.truncate(before_redaction(text, most).len());
                text.shrink_to_fit();
            }
        };
        clip(&mut self.args, MAX_ARGS);
        clip(&mut self.result, MAX_ARGS);
        clip(&mut self.stack, MAX_STACK);
        clip(&mut self.correlation_id, MAX_KIND);
        clip(&mut self.asset_id, MAX_KIND);
    }

    fn bytes(&self) -> usize {
        [&self.args, &self.result, &self.stack, &self.correlation_id, &self.asset_id]
            .into_iter()
            .flatten()
            .map(String::capacity)
            .sum()
    }
}

/// Why a span failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The error's stable code, or the exception's class.
    pub kind: String,
    /// Its text.
    pub message: String,
}

/// A span that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedSpan {
    /// Where.
    pub site: SiteId,
    /// Its number, unique in the process.
    pub span: SpanToken,
    /// The span around it.
    pub parent: SpanToken,
    /// When it began, in microseconds since 1970.
    pub start_us: i64,
    /// How long it took, in nanoseconds; 0 of a failure at a place that is only counted.
    pub duration_ns: u64,
    /// The thread's processor time, in nanoseconds, where it was measured.
    pub cpu_ns: Option<u64>,
    /// The process's resident memory at its end, in KiB, where it was measured.
    pub rss_kib: Option<u32>,
    /// How it ended.
    pub status: SpanStatus,
    /// Why it failed and what the host told, where there is anything.
    pub extra: Option<Box<SpanExtra>>,
}

/// What few spans have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpanExtra {
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What the host told.
    pub detail: Detail,
}

/// An event with its number and time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BusEvent {
    /// Number in order of delivery, from 1, without gaps in one process.
    pub seq: u64,
    /// When it happened, in microseconds since 1970.
    pub ts_us: i64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Started,
    Ended,
    Event,
}

/// One entry of a ring.
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) status: SpanStatus,
    pub(crate) rss_kib: u32,
    pub(crate) site: u32,
    pub(crate) span: u64,
    pub(crate) parent: u64,
    /// Ticks: when it began, or happened.
    pub(crate) at: u64,
    /// Ticks.
    pub(crate) took: u64,
    /// Nanoseconds, plus one; 0 is "not measured".
    pub(crate) cpu: u64,
    pub(crate) extra: Option<Box<Extra>>,
}

#[derive(Debug)]
pub(crate) enum Extra {
    Span(SpanExtra),
    Event(Event),
    /// For those who listen, not for the log.
    Told(Event),
    Progress(String, Progress),
}

impl Extra {
    /// About how many bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        if let Extra::Event(event) | Extra::Told(event) = self {
            return event_bytes(event);
        }
        size_of::<Self>()
            + match self {
                Extra::Span(SpanExtra { failure, detail }) => {
                    detail.bytes() + failure.as_ref().map_or(0, |f| f.kind.capacity() + f.message.capacity())
                }
                Extra::Progress(id, _) => id.capacity(),
                Extra::Event(_) | Extra::Told(_) => 0,
            }
    }
}

/// About how many bytes an event holds.
pub(crate) fn event_bytes(event: &Event) -> usize {
    size_of::<Extra>()
        + event.topic.capacity()
        + event.correlation_id.capacity()
        + super::super::memory::heap_bytes(&event.data)
}

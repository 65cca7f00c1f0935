//! The dashboard behind a server of the host's, on plain data: requests in, answers out; what does not end is taken piece by piece.

use super::monitor::seconds;
use super::params::{Params, needed};
use super::{Called, PlainEntry};
use crate::Result;

pub(super) const PLAIN: &[PlainEntry] = &[
    ("monitor.dashboard_answer", |p| {
        let method: String = p.take("method", "GET".to_owned())?;
        let target: Option<String> = p.given_or_none("target")?;
        let headers: Vec<(String, String)> = p.take("headers", Vec::new())?;
        p.finish()?;
        let target = needed("target", target)?;
        super::monitoring::with_running(|monitoring| live::answer(monitoring, &method, &target, &headers))
    }),
    ("monitor.dashboard_next", |p| {
        let stream = stream(p)?;
        let wait = seconds("wait_s", p.take("wait_s", 0.0)?)?;
        p.finish()?;
        live::next(stream, wait)
    }),
    ("monitor.dashboard_leave", |p| {
        let stream = stream(p)?;
        p.finish()?;
        live::leave(stream)
    }),
];

fn stream(p: &mut Params<'_>) -> Result<u64> {
    let stream: Option<u64> = p.given_or_none("stream")?;
    needed("stream", stream)
}

#[cfg(feature = "dashboard")]
mod live {
    use super::Called;
    use crate::fork;
    use crate::monitor::Monitoring;
    use crate::monitor::dashboard::AnswerStream;
    use crate::{Error, ErrorKind, Result};
    use serde_json::json;
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::{Duration, Instant};

    /// A stream that nobody took anything of for so long was left without a word.
    const FORGOTTEN: Duration = Duration::from_secs(60);
    /// Longest wait of one call.
    const LONGEST: Duration = Duration::from_secs(10);

    struct Held {
        stream: Arc<Mutex<AnswerStream>>,
        taken: Instant,
    }

    struct Streams {
        /// The process whose they are.
        process: u32,
        last: u64,
        held: BTreeMap<u64, Held>,
    }

    static STREAMS: Mutex<Streams> = Mutex::new(Streams { process: 0, last: 0, held: BTreeMap::new() });

    /// Those that were forgotten end with each look at them.
    fn with_streams<T>(then: impl FnOnce(&mut Streams) -> T) -> T {
        let (done, forgotten) = {
            // Inside: a child of a fork must find it free.
            let _gate = fork::gate();
            let mut streams = STREAMS.lock().unwrap_or_else(PoisonError::into_inner);
            if streams.process != std::process::id() {
                // The other ends are the parent's, and so may be their locks.
                std::mem::forget(std::mem::take(&mut streams.held));
                streams.process = std::process::id();
            }
            let done = then(&mut streams);
            let (kept, forgotten): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut streams.held)
                .into_iter()
                .partition(|(_, held)| held.taken.elapsed() < FORGOTTEN);
            streams.held = kept;
            (done, forgotten)
        };
        drop(forgotten);
        done
    }

    pub(super) fn answer(
        monitoring: &Monitoring,
        method: &str,
        target: &str,
        headers: &[(String, String)],
    ) -> Result<Called> {
        // First: who was forgotten makes room.
        with_streams(|_| ());
        let answer = monitoring.mounted_dashboard()?.answer(method, target, headers)?;
        let stream = answer.stream.map(|stream| {
            let held = Held { stream: Arc::new(Mutex::new(stream)), taken: Instant::now() };
            with_streams(|streams| {
                streams.last += 1;
                streams.held.insert(streams.last, held);
                streams.last
            })
        });
        Called::value(&json!({
            "status": answer.status, "headers": answer.headers, "body": answer.body, "stream": stream,
        }))
    }

    pub(super) fn next(number: u64, wait: Duration) -> Result<Called> {
        let stream = with_streams(|streams| {
            let held = streams.held.get_mut(&number)?;
            held.taken = Instant::now();
            Some(held.stream.clone())
        });
        let none =
            || Error::new(ErrorKind::NotFound, "there is no such stream; it was left").with("stream", number);
        let stream = stream.ok_or_else(none)?;
        let next = stream.lock().unwrap_or_else(PoisonError::into_inner).next(wait.min(LONGEST));
        if next.is_err() {
            leave(number)?;
        }
        Called::value(&json!({ "ended": next.is_err(), "piece": next.ok().flatten() }))
    }

    pub(super) fn leave(number: u64) -> Result<Called> {
        let left = with_streams(|streams| streams.held.remove(&number));
        Called::value(&left.is_some())
    }
}

#[cfg(not(feature = "dashboard"))]
mod live {
    use super::Called;
    use crate::Result;
    use crate::monitor::Monitoring;
    use std::time::Duration;

    pub(super) fn answer(_: &Monitoring, _: &str, _: &str, _: &[(String, String)]) -> Result<Called> {
        Err(crate::call::monitoring::no_dashboard())
    }

    pub(super) fn next(_: u64, _: Duration) -> Result<Called> {
        Err(crate::call::monitoring::no_dashboard())
    }

    pub(super) fn leave(_: u64) -> Result<Called> {
        Err(crate::call::monitoring::no_dashboard())
    }
}

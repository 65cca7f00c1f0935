//! What is told of the process: that it is watched, every minute how it is, that it is watched no more.

use super::Work;
use crate::fork;
use crate::monitor::system::clock;
use crate::monitor::system::report::status;
use crate::monitor::system::told::told;
use serde_json::json;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// The last time that it was told how the process is, and its processor time then.
#[derive(Debug)]
pub(super) struct Told {
    at: Instant,
    cpu_ns: Option<u64>,
}

impl Told {
    pub(super) fn now() -> Self {
        Self { at: Instant::now(), cpu_ns: clock::process_cpu_ns() }
    }
}

impl Work<'_> {
    pub(super) fn tell_of_process(&mut self, begins: bool, ends: bool) {
        if begins {
            self.tell_start();
        }
        if ends {
            // With what came until now.
            self.drain();
            self.tell_end();
        }
    }

    /// A child of a fork tells it again, of itself.
    fn tell_start(&mut self) {
        let data = json!({
            "pid": std::process::id(), "version": env!("CARGO_PKG_VERSION"), "forked": fork::generation() > 0,
            "processors": std::thread::available_parallelism().map_or(1, usize::from),
        });
        self.emit(clock::unix_us(), told("system.started", data));
    }

    pub(super) fn tell_usage(&mut self) {
        if self.told.at.elapsed() < MINUTE {
            return;
        }
        let before = std::mem::replace(&mut self.told, Told::now());
        let wall_s = self.told.at.duration_since(before.at).as_secs_f64();
        let cpu = self
            .told
            .cpu_ns
            .zip(before.cpu_ns)
            .map(|(now, then)| now.saturating_sub(then) as f64 * 1e-9 / wall_s);
        let status = status(self.core);
        let data = json!({
            "cpu": cpu, "rss_bytes": (status.rss_kib > 0).then(|| status.rss_kib * 1024), "calls": status.calls, "errors": status.errors,
            "dropped": status.dropped.total(), "monitor_cpu": status.overhead, "monitor_bytes": status.memory_bytes,
        });
        self.emit(clock::unix_us(), told("system.usage", data));
    }

    fn tell_end(&mut self) {
        let status = status(self.core);
        let data = json!({"uptime_s": status.uptime_s, "calls": status.calls, "errors": status.errors});
        self.emit(clock::unix_us(), told("system.stopped", data));
    }
}

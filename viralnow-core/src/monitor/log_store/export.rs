//! The log for other tools: Chrome's and Perfetto's traces.

use super::{LogEntry, LogFilters, LogOrder, LogStore, TimeRange};
use crate::Result;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;

/// Calls of one page of the export.
const PAGE: u32 = 10_000;

impl LogStore {
    /// Writes calls as a Chrome trace (JSON), which <https://ui.perfetto.dev> and `chrome://tracing` show; gives how
    /// many. Calls of one process that overlap without one being inside the other come on tracks of their own.
    pub fn export_chrome_trace(&self, range: TimeRange, out: &mut dyn Write) -> Result<u64> {
        let mut filters = LogFilters {
            time_range: Some(range),
            order: LogOrder::Oldest,
            limit: PAGE,
            ..LogFilters::default()
        };
        let mut tracks: BTreeMap<u32, Vec<Vec<f64>>> = BTreeMap::new();
        let mut written = 0_u64;
        out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
        loop {
            let page = self.query(&filters)?;
            for entry in &page.entries {
                let track = track(tracks.entry(entry.pid).or_default(), entry);
                let event = json!({
                    "name": entry.function_name, "cat": entry.module, "ph": "X", "pid": entry.pid, "tid": track,
                    "ts": entry.start_us, "dur": entry.duration_s * 1e6,
                    "args": {
                        "status": entry.status, "args": entry.args, "error": entry.error,
                        "correlation_id": entry.correlation_id, "cpu_s": entry.cpu_s,
                    },
                });
                if written > 0 {
                    out.write_all(b",")?;
                }
                write!(out, "\n{event}")?;
                written += 1;
            }
            match page.next {
                Some(next) => filters.after = Some(next),
                None => break,
            }
        }
        out.write_all(b"\n]}\n")?;
        Ok(written)
    }
}

/// The first track on which the call comes after, or inside of, what is there.
fn track(tracks: &mut Vec<Vec<f64>>, entry: &LogEntry) -> usize {
    let (start, end) = (entry.start_us as f64, entry.start_us as f64 + entry.duration_s * 1e6);
    for (index, open) in tracks.iter_mut().enumerate() {
        while open.last().is_some_and(|&ends| ends <= start) {
            open.pop();
        }
        if open.last().is_none_or(|&ends| end <= ends) {
            open.push(end);
            return index;
        }
    }
    tracks.push(vec![end]);
    tracks.len() - 1
}

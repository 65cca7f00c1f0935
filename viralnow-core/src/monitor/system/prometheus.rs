//! The counts as Prometheus reads them.

use super::report::received_and_dropped;
use super::site::{SiteCounts, SiteInfo};
use super::{MonitorSystem, SinkState};
use std::fmt::Write;

/// The bounds of the duration histogram, in seconds.
const BOUNDS: [f64; 12] = [1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0];

impl MonitorSystem {
    /// All counts in Prometheus' text format 0.0.4: calls, errors and durations of each function, and how the monitor
    /// itself is. Bounds of durations are met within 6 %.
    ///
    /// ```
    /// use viralnow_core::monitor::{MonitorSystem, Site};
    /// static SCORE: Site = Site::new("score", "shop", file!(), line!());
    /// let monitor = MonitorSystem::builder().build();
    /// drop(SCORE.enter_in(&monitor));
    /// let text = monitor.prometheus();
    /// assert!(text.contains("viralnow_calls_total{function=\"score\",module=\"shop\"} 1"));
    /// ```
    #[must_use]
    pub fn prometheus(&self) -> String {
        let mut out = String::new();
        let sites = merged(self.all_counts());
        family(&mut out, "viralnow_calls_total", "counter", "Calls that ended.");
        for (label, counts) in &sites {
            let _ = writeln!(out, "viralnow_calls_total{{{label}}} {}", counts.calls);
        }
        family(&mut out, "viralnow_errors_total", "counter", "Calls that failed.");
        for (label, counts) in &sites {
            let _ = writeln!(out, "viralnow_errors_total{{{label}}} {}", counts.errors);
        }
        family(
            &mut out,
            "viralnow_duration_seconds",
            "histogram",
            "How long calls took, of those that were timed.",
        );
        for (label, counts) in &sites {
            for bound in BOUNDS {
                let below = counts.histogram.at_most((bound * 1e9) as u64);
                let _ = writeln!(out, "viralnow_duration_seconds_bucket{{{label},le=\"{bound}\"}} {below}");
            }
            let _ = writeln!(out, "viralnow_duration_seconds_bucket{{{label},le=\"+Inf\"}} {}", counts.timed);
            let _ = writeln!(out, "viralnow_duration_seconds_sum{{{label}}} {}", counts.sum_ns as f64 * 1e-9);
            let _ = writeln!(out, "viralnow_duration_seconds_count{{{label}}} {}", counts.timed);
        }
        let status = self.status();
        family(
            &mut out,
            "viralnow_monitor_dropped_total",
            "counter",
            "Records that were not kept, by cause.",
        );
        let dropped = status.dropped;
        for (cause, count) in [
            ("ring_full", dropped.ring_full),
            ("memory", dropped.memory),
            ("closed", dropped.closed),
            ("thread_exit", dropped.thread_exit),
            ("thinned", dropped.thinned),
            ("refused", dropped.refused),
            ("sink", received_and_dropped(&self.core).1),
        ] {
            let _ = writeln!(out, "viralnow_monitor_dropped_total{{cause=\"{cause}\"}} {count}");
        }
        family(&mut out, "viralnow_monitor_sink_up", "gauge", "Whether a sink works.");
        for sink in &status.sinks {
            let up = u8::from(sink.state == SinkState::Working);
            let _ = writeln!(out, "viralnow_monitor_sink_up{{sink=\"{}\"}} {up}", escaped(&sink.name));
        }
        family(&mut out, "viralnow_monitor_memory_bytes", "gauge", "Memory of the monitor.");
        let _ = writeln!(out, "viralnow_monitor_memory_bytes {}", status.memory_bytes);
        out
    }
}

/// Functions of one name and module that stand in several places are one.
fn merged(all: Vec<(&'static SiteInfo, SiteCounts)>) -> Vec<(String, SiteCounts)> {
    let mut sites: std::collections::BTreeMap<String, SiteCounts> = std::collections::BTreeMap::new();
    for (info, counts) in all {
        let label = format!("function=\"{}\",module=\"{}\"", escaped(info.name), escaped(info.module));
        match sites.entry(label) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(counts);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let sum = entry.get_mut();
                sum.calls += counts.calls;
                sum.timed += counts.timed;
                sum.errors += counts.errors;
                sum.cancelled += counts.cancelled;
                sum.sum_ns += counts.sum_ns;
                sum.histogram.merge(&counts.histogram);
            }
        }
    }
    sites.into_iter().collect()
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// As a label's value must be written.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

//! What is usual for a function, and saying when a call is not.

use super::super::{Event, SpanToken};
use super::builder::Settings;
use super::record::{FinishedSpan, SpanStatus};
use super::site::site_info;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};

/// The last so many calls are what is usual.
const WINDOW: usize = 100;
/// From so many on.
const LEAST: usize = 20;
/// The median is found anew after so many calls: it moves by less than that share of ranks.
const RENEW: u32 = 8;
/// One function says at most so many things a second of its calls' time.
const PER_SECOND: u32 = 10;

/// The last calls of each function.
pub(crate) struct Baselines {
    multiplier: f64,
    error_rate: f64,
    /// Failures are looked at for so long, in microseconds.
    window_us: i64,
    functions: HashMap<u32, Baseline>,
}

#[derive(Default)]
struct Baseline {
    durations: VecDeque<u64>,
    median: u64,
    since: u32,
    /// When each of the last calls began, and whether it failed.
    failures: VecDeque<(i64, bool)>,
    failed: usize,
    over_rate: bool,
    second: i64,
    said: u32,
}

impl Baselines {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut new = Self { multiplier: 0.0, error_rate: 0.0, window_us: 0, functions: HashMap::new() };
        new.tune(settings);
        new
    }

    /// Other limits from now on; what is usual stays known.
    pub(crate) fn tune(&mut self, settings: &Settings) {
        self.multiplier = settings.threshold_multiplier;
        self.error_rate = settings.error_rate;
        self.window_us = i64::try_from(settings.error_rate_window.as_micros()).unwrap_or(i64::MAX);
    }

    /// Looks at a call; gives what has to be said of it.
    pub(crate) fn judge(&mut self, span: &FinishedSpan) -> Vec<Event> {
        let baseline = self.functions.entry(span.site.0).or_default();
        let mut said = Vec::new();
        if span.status == SpanStatus::Completed && self.multiplier > 1.0 {
            let usual = baseline.median as f64;
            let over = baseline.durations.len() >= LEAST && span.duration_ns as f64 > usual * self.multiplier;
            if over && baseline.may_say(span.start_us) {
                let data = json!({
                    "duration_s": span.duration_ns as f64 * 1e-9, "baseline_s": usual * 1e-9,
                    "threshold_s": usual * self.multiplier * 1e-9, "multiplier": self.multiplier,
                });
                said.extend(about("performance.threshold_exceeded", span, data));
            }
            baseline.add(span.duration_ns);
        }
        if span.status != SpanStatus::Cancelled {
            let rate = baseline.outcome(span.start_us, span.status == SpanStatus::Failed, self.window_us);
            let over = baseline.failures.len() >= LEAST && rate > self.error_rate;
            if over && !baseline.over_rate {
                let data = json!({"error_rate": rate, "threshold": self.error_rate, "calls": baseline.failures.len()});
                said.extend(about("performance.error_rate_exceeded", span, data));
            }
            baseline.over_rate = over;
        }
        said
    }
}

impl Baseline {
    fn add(&mut self, ns: u64) {
        if self.durations.len() == WINDOW {
            self.durations.pop_front();
        }
        self.durations.push_back(ns);
        self.since += 1;
        if self.since >= RENEW || self.durations.len() <= LEAST {
            self.since = 0;
            let mut sorted: Vec<u64> = self.durations.iter().copied().collect();
            let middle = sorted.len() / 2;
            self.median = *sorted.select_nth_unstable(middle).1;
        }
    }

    /// The share of failures with this call, of the last ones that began within the window.
    fn outcome(&mut self, start_us: i64, failed: bool, window_us: i64) -> f64 {
        while let Some(&(then, failed)) = self.failures.front()
            && (self.failures.len() == WINDOW || then < start_us.saturating_sub(window_us))
        {
            self.failures.pop_front();
            self.failed -= usize::from(failed);
        }
        self.failures.push_back((start_us, failed));
        self.failed += usize::from(failed);
        self.failed as f64 / self.failures.len() as f64
    }

    fn may_say(&mut self, ts_us: i64) -> bool {
        let second = ts_us.div_euclid(1_000_000);
        if second != self.second {
            (self.second, self.said) = (second, 0);
        }
        self.said += 1;
        self.said <= PER_SECOND
    }
}

/// An event about a span's function.
fn about(topic: &str, span: &FinishedSpan, mut data: Value) -> Option<Event> {
    let site = site_info(span.site)?;
    data["name"] = site.name.into();
    data["module"] = site.module.into();
    let detail = span.extra.as_ref().map(|extra| &extra.detail);
    let correlation_id = detail.and_then(|detail| detail.correlation_id.clone()).unwrap_or_default();
    Some(Event { topic: topic.to_owned(), correlation_id, span: SpanToken(span.span.0), data })
}

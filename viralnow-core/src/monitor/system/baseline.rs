//! What is usual for a function, and saying when a call is not.

use super::super::{Event, SpanToken};
use super::builder::Settings;
use super::record::{FinishedSpan, SpanStatus};
use super::sink::UntoldCalls;
use super::site::{FULL, OFF, SiteCounts, SiteId, SiteTable, site_info};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;

/// The last so many calls are what is usual.
const WINDOW: usize = 100;
/// From so many on.
const LEAST: usize = 20;
/// The median is found anew after so many calls: it moves by less than that share of ranks.
const RENEW: u32 = 8;
/// Into so many parts the window is cut in which failures are counted.
const PARTS: i64 = 60;
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
    /// Calls that ended well and came as spans.
    told: u64,
    /// Where not every call does.
    tally: Option<Tally>,
    /// Every call did, for a while.
    was_full: bool,
    over_rate: bool,
    second: i64,
    said: u32,
}

/// What was counted at a place of which not every call is recorded.
#[derive(Default)]
struct Tally {
    /// All calls so far, those that failed, and those that ended well and did not come as spans.
    calls: u64,
    failed: u64,
    untold: u64,
    /// When, and how many calls and failures since the time before; no older than the window.
    parts: VecDeque<(i64, u64, u64)>,
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

    /// Looks at a call of a place of which `all` calls come here, or not; gives what has to be said of it.
    pub(crate) fn judge(&mut self, span: &FinishedSpan, all: bool) -> Vec<Event> {
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
                said.extend(about_call("performance.threshold_exceeded", span, data));
            }
            baseline.add(span.duration_ns);
        }
        baseline.told += u64::from(span.status == SpanStatus::Completed);
        baseline.was_full |= all;
        // Where not all calls come here, failures do: their share is told by the counts.
        if span.status != SpanStatus::Cancelled && all {
            let rate = baseline.outcome(span.start_us, span.status == SpanStatus::Failed, self.window_us);
            let over = baseline.failures.len() >= LEAST && rate > self.error_rate;
            if over && !baseline.over_rate {
                let data = json!({"error_rate": rate, "threshold": self.error_rate, "calls": baseline.failures.len()});
                said.extend(about_call("performance.error_rate_exceeded", span, data));
            }
            baseline.over_rate = over;
        }
        said
    }

    /// From these counts on not every call of the place is recorded. What came before, and is no span here, was dropped: it is no news.
    pub(crate) fn lowered(&mut self, counts: &SiteCounts) {
        let baseline = self.functions.entry(counts.id.0).or_default();
        if baseline.tally.is_none() {
            baseline.was_full = false;
            let (calls, failed) = (counts.calls, counts.errors);
            let ended_well = calls.saturating_sub(failed + counts.cancelled);
            let untold = ended_well.saturating_sub(baseline.told);
            baseline.tally = Some(Tally { calls, failed, untold, parts: VecDeque::new() });
        }
    }

    /// Looks at the counts of the places of which not every call is recorded; gives what has to be said of them, and the calls that ended
    /// well since the last time and did not come as spans.
    pub(crate) fn tally(&mut self, table: &SiteTable, now_us: i64) -> (Vec<Event>, Vec<UntoldCalls>) {
        let (mut said, mut untold) = (Vec::new(), Vec::new());
        for (id, state) in table.known() {
            let level = state.level.load(Ordering::Relaxed);
            if level == FULL || level == OFF {
                if let Some(baseline) = self.functions.get_mut(&id.0) {
                    baseline.was_full |= baseline.tally.take().is_some();
                }
                continue;
            }
            let baseline = self.functions.entry(id.0).or_default();
            let [calls, failed, cancelled] = state.ended();
            let ended_well = calls.saturating_sub(failed + cancelled);
            let not_told = ended_well.saturating_sub(baseline.told);
            let tally = baseline.tally.get_or_insert_with(|| {
                if std::mem::take(&mut baseline.was_full) {
                    // What came until now is known; what was dropped meanwhile is no news.
                    Tally { calls, failed, untold: not_told, parts: VecDeque::new() }
                } else {
                    Tally::default()
                }
            });
            let new = not_told.saturating_sub(tally.untold);
            if new > 0 {
                untold.push(UntoldCalls { site: id, calls: new, at_us: now_us });
            }
            tally.untold = tally.untold.max(not_told);
            let (all, failures) = tally.add(calls, failed, now_us, self.window_us);
            let rate = failures as f64 / all as f64;
            let over = all >= LEAST as u64 && rate > self.error_rate;
            if over && !baseline.over_rate {
                let data = json!({"error_rate": rate, "threshold": self.error_rate, "calls": all});
                said.extend(about("performance.error_rate_exceeded", id, data));
            }
            baseline.over_rate = over;
        }
        (said, untold)
    }
}

impl Tally {
    /// Takes the counts as they are now; gives the calls and the failures within the window.
    fn add(&mut self, calls: u64, failed: u64, now_us: i64, window_us: i64) -> (u64, u64) {
        let part = (now_us, calls.saturating_sub(self.calls), failed.saturating_sub(self.failed));
        (self.calls, self.failed) = (calls, failed);
        let oldest = now_us.saturating_sub(window_us);
        self.parts.retain(|&(then, ..)| then >= oldest && then <= now_us);
        match self.parts.back_mut() {
            Some(last) if now_us - last.0 < window_us / PARTS => {
                (last.1, last.2) = (last.1 + part.1, last.2 + part.2);
            }
            _ => self.parts.push_back(part),
        }
        self.parts.iter().fold((0, 0), |(all, failures), part| (all + part.1, failures + part.2))
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

/// An event about a place.
fn about(topic: &str, site: SiteId, mut data: Value) -> Option<Event> {
    let site = site_info(site)?;
    data["name"] = site.name.into();
    data["module"] = site.module.into();
    Some(Event { topic: topic.to_owned(), correlation_id: String::new(), span: SpanToken::NONE, data })
}

/// An event about a call.
fn about_call(topic: &str, span: &FinishedSpan, data: Value) -> Option<Event> {
    let detail = span.extra.as_ref().map(|extra| &extra.detail);
    let correlation_id = detail.and_then(|detail| detail.correlation_id.clone()).unwrap_or_default();
    Some(Event { correlation_id, span: SpanToken(span.span.0), ..about(topic, span.site, data)? })
}

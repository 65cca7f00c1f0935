//! The events of the last while, in bounded memory: a window is a row of 60 buckets, and a bucket counts.
//!
//! A window of two minutes is exact to two seconds: an event counts for at least the window, and for a bucket more at most.

use super::Facts;
use super::expr::Field;
use std::collections::{BTreeMap, VecDeque};

const BUCKETS: f64 = 60.0;

/// Neighbouring steps of the percentiles' scale differ by this factor; a percentile is right within half a step, 1 %.
const STEP: f64 = 1.02;

/// What one field's values come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Default for Summary {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

#[derive(Debug, Clone, Default)]
struct Values {
    summary: Summary,
    steps: BTreeMap<i32, u64>,
}

#[derive(Debug, Clone)]
struct Bucket {
    index: i64,
    count: u64,
    ended: u64,
    failed: u64,
    values: Vec<Values>,
}

/// Events that come late are so little late; more is a clock that was set back.
const STEP_S: f64 = 60.0;

/// One alert's window.
#[derive(Debug, Clone)]
pub(super) struct Window {
    length_s: f64,
    fields: Vec<Field>,
    buckets: VecDeque<Bucket>,
    count: u64,
    now_s: f64,
    last_s: f64,
}

impl Window {
    pub(super) fn new(length_s: f64, fields: Vec<Field>, now_s: f64) -> Self {
        Self { length_s, fields, buckets: VecDeque::new(), count: 0, now_s, last_s: now_s }
    }

    fn index(&self, at_s: f64) -> i64 {
        (at_s / (self.length_s / BUCKETS)).floor() as i64
    }

    /// Forgets what is too old, and gives the time: it does not go back, but where the clock was set back the window begins anew.
    pub(super) fn at(&mut self, now_s: f64) -> f64 {
        if now_s < self.now_s - STEP_S {
            *self = Self::new(self.length_s, std::mem::take(&mut self.fields), now_s);
        }
        self.now_s = self.now_s.max(now_s);
        let oldest = self.index(self.now_s).saturating_sub(BUCKETS as i64);
        while let Some(bucket) = self.buckets.front().filter(|bucket| bucket.index < oldest) {
            self.count -= bucket.count;
            self.buckets.pop_front();
        }
        self.now_s
    }

    /// So many events that are alike.
    pub(super) fn add(&mut self, facts: &Facts<'_>, times: u64, now_s: f64) {
        self.at(now_s);
        let index = self.index(self.now_s);
        if self.buckets.back().is_none_or(|bucket| bucket.index < index) {
            let values = vec![Values::default(); self.fields.len()];
            self.buckets.push_back(Bucket { index, count: 0, ended: 0, failed: 0, values });
        }
        self.last_s = self.now_s;
        self.count += times;
        let Some(bucket) = self.buckets.back_mut() else { return };
        bucket.count += times;
        bucket.failed += times * u64::from(facts.status == Some("failed"));
        bucket.ended += times * u64::from(matches!(facts.status, Some("failed" | "completed" | "cancelled")));
        for (field, values) in self.fields.iter().zip(&mut bucket.values) {
            let Some(value) = facts.number(field).filter(|value| value.is_finite()) else { continue };
            let summary = &mut values.summary;
            summary.count += times;
            summary.sum += value * times as f64;
            summary.min = summary.min.min(value);
            summary.max = summary.max.max(value);
            *values.steps.entry(step(value)).or_default() += times;
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Events per second, over the whole window.
    pub(super) fn rate(&self) -> f64 {
        self.count as f64 / self.length_s
    }

    /// The share of failed among ended calls; nothing where none ended.
    pub(super) fn error_rate(&self) -> Option<f64> {
        let (ended, failed) =
            self.buckets.iter().fold((0, 0), |(e, f), bucket| (e + bucket.ended, f + bucket.failed));
        (ended > 0).then(|| failed as f64 / ended as f64)
    }

    /// Seconds since the last matching event, or since it is watched.
    pub(super) fn silent_for(&self) -> f64 {
        self.now_s - self.last_s
    }

    fn values(&self, field: &Field) -> impl Iterator<Item = &Values> {
        let at = self.fields.iter().position(|known| known == field);
        self.buckets.iter().filter_map(move |bucket| bucket.values.get(at?))
    }

    pub(super) fn summary(&self, field: &Field) -> Option<Summary> {
        let all = self.values(field).fold(Summary::default(), |all, values| Summary {
            count: all.count + values.summary.count,
            sum: all.sum + values.summary.sum,
            min: all.min.min(values.summary.min),
            max: all.max.max(values.summary.max),
        });
        (all.count > 0).then_some(all)
    }

    /// The value that this share of the values is not above (nearest rank), within 1 %.
    pub(super) fn percentile(&self, field: &Field, share: f64) -> Option<f64> {
        let all = self.summary(field)?;
        let mut steps: BTreeMap<i32, u64> = BTreeMap::new();
        for values in self.values(field) {
            values.steps.iter().for_each(|(&step, &count)| *steps.entry(step).or_default() += count);
        }
        let rank = (share * all.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = steps.into_iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        found.map(|(step, _)| middle(step).clamp(all.min, all.max))
    }
}

/// A value's place on the scale: 0 for zero, as far above and below as its magnitude is large.
fn step(value: f64) -> i32 {
    // From a nanosecond or a thousandth part of a byte on everything smaller is 0.
    let magnitude = (value.abs() / 1e-9).ln() / STEP.ln();
    if magnitude < 0.0 || value == 0.0 {
        return 0;
    }
    let steps = magnitude.floor() as i32 + 1;
    if value < 0.0 { -steps } else { steps }
}

fn middle(step: i32) -> f64 {
    let value = 1e-9 * STEP.powf(f64::from(step.abs()) - 0.5);
    match step.signum() {
        0 => 0.0,
        sign => f64::from(sign) * value,
    }
}

//! What is shown: the last while, in bounded memory.

use super::source::Tick;
use crate::monitor::config::LogLevel;
use crate::monitor::topic_matches;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const ROWS: usize = 2000;
/// Of what is of the level `DEBUG`, such as every call that completed: it must not push out what failed.
const CHATTER: usize = 500;
const GROUPS: usize = 200;
const JOBS: usize = 100;
const POINTS: usize = 600;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its number here, from 1.
    pub seq: u64,
    /// When, in microseconds since 1970.
    pub ts_us: i64,
    /// How grave.
    pub level: LogLevel,
    /// The topic.
    pub topic: String,
    /// The function, where there is one.
    pub function: String,
    /// In words.
    pub message: String,
    /// The facts.
    pub data: Value,
}

/// Failures of one kind at one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorGroup {
    /// Its id: a hash of function, kind and stack.
    pub id: String,
    /// The function.
    pub function: String,
    /// Its module.
    pub module: String,
    /// The error's kind.
    pub kind: String,
    /// The last one's text.
    pub message: String,
    /// The last one's stack.
    pub stack: Option<String>,
    /// The last one's arguments.
    pub args: Option<String>,
    /// How many.
    pub count: u64,
    /// When the first came, in microseconds since 1970.
    pub first_us: i64,
    /// When the last came.
    pub last_us: i64,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRow {
    /// Its id.
    pub id: String,
    /// When something was last heard of it, in microseconds since 1970.
    pub at_us: i64,
    /// Whether it has ended.
    pub ended: bool,
    /// What its last event said: `fraction`, `stage`, `eta_s`, `steps`, ...
    pub data: Value,
}

/// One point of the curves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Point {
    pub(super) t_ms: i64,
    pub(super) calls_per_s: f64,
    pub(super) errors_per_s: f64,
    #[serde(flatten)]
    pub(super) tick: Tick,
}

#[derive(Debug, Default)]
struct State {
    seq: u64,
    turn: u64,
    rows: VecDeque<Row>,
    chatter: VecDeque<Row>,
    groups: BTreeMap<String, ErrorGroup>,
    jobs: BTreeMap<String, JobRow>,
    points: VecDeque<Point>,
}

/// The last while, as the dashboard shows it. Everything in it must be redacted before.
#[derive(Debug, Default)]
pub struct Board {
    state: Mutex<State>,
    listens: AtomicBool,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the first time that it is asked.
    pub(in crate::monitor) fn first_listener(&self) -> bool {
        !self.listens.swap(true, Ordering::Relaxed)
    }

    /// Adds something that happened; its number is set here.
    pub fn row(&self, mut row: Row) {
        let mut state = self.lock();
        state.seq += 1;
        row.seq = state.seq;
        // What is grave is shown at once, and not with the next update.
        if row.level >= LogLevel::Error || row.topic.starts_with("alert.") || row.topic.starts_with("config.")
        {
            state.turn += 1;
        }
        let (rows, most) = if row.level == LogLevel::Debug {
            (&mut state.chatter, CHATTER)
        } else {
            (&mut state.rows, ROWS)
        };
        rows.push_back(row);
        if rows.len() > most {
            rows.pop_front();
        }
    }

    /// Adds a failure to its group; `group.id` is set here, `count` is added.
    pub fn error(&self, mut group: ErrorGroup) {
        group.id = id(&group);
        let mut state = self.lock();
        if let Some(old) = state.groups.remove(&group.id) {
            group.count += old.count;
            group.first_us = group.first_us.min(old.first_us);
            group.last_us = group.last_us.max(old.last_us);
        }
        if state.groups.len() >= GROUPS {
            let oldest =
                state.groups.values().min_by_key(|group| group.last_us).map(|group| group.id.clone());
            oldest.map(|id| state.groups.remove(&id));
        }
        state.groups.insert(group.id.clone(), group);
    }

    /// What a job's last event says. One that does not say how far the job is adds to what was known.
    pub fn job(&self, id: &str, at_us: i64, ended: bool, mut data: Value) {
        let mut state = self.lock();
        if let (None, Some(Value::Object(known)), Value::Object(said)) = (
            data.get("fraction").and_then(Value::as_f64),
            state.jobs.get(id).map(|job| job.data.clone()),
            &mut data,
        ) {
            known.into_iter().for_each(|(key, value)| {
                said.entry(key).or_insert(value);
            });
        }
        if state.jobs.len() >= JOBS && !state.jobs.contains_key(id) {
            let oldest =
                state.jobs.values().min_by_key(|job| (!job.ended, job.at_us)).map(|job| job.id.clone());
            oldest.map(|id| state.jobs.remove(&id));
        }
        state.jobs.insert(id.to_owned(), JobRow { id: id.to_owned(), at_us, ended, data });
    }

    /// Adds a point to the curves.
    pub(super) fn point(&self, t_ms: i64, tick: Tick) {
        let mut state = self.lock();
        let (calls_per_s, errors_per_s) = match state.points.back() {
            Some(last) if t_ms > last.t_ms => {
                let seconds = (t_ms - last.t_ms) as f64 / 1000.0;
                let per = |now: u64, then: u64| now.saturating_sub(then) as f64 / seconds;
                (per(tick.calls, last.tick.calls), per(tick.errors, last.tick.errors))
            }
            _ => (0.0, 0.0),
        };
        state.points.push_back(Point { t_ms, calls_per_s, errors_per_s, tick });
        if state.points.len() > POINTS {
            state.points.pop_front();
        }
    }

    /// A number that grows when something happened that should be shown at once.
    pub(super) fn turn(&self) -> u64 {
        self.lock().turn
    }

    /// The number of the last row.
    pub(super) fn last_seq(&self) -> u64 {
        self.lock().seq
    }

    /// Rows after this number whose topic fits, the newest `limit` of them, in order.
    pub(super) fn rows(&self, after: u64, pattern: Option<&str>, limit: usize) -> Vec<Row> {
        let fits =
            |row: &Row| row.seq > after && pattern.is_none_or(|pattern| topic_matches(pattern, &row.topic));
        let mut rows = self.newest(limit, fits);
        rows.reverse();
        rows
    }

    /// The newest rows that hold every one of the words, in whatever case, and are at least this grave; the newest first.
    pub(super) fn search(&self, query: &str, level: LogLevel, limit: usize) -> Vec<Row> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        self.newest(limit, |row| {
            let text = || {
                format!("{} {} {} {} {}", row.level.as_str(), row.topic, row.function, row.message, row.data)
            };
            row.level >= level && (words.is_empty() || holds_all(&text().to_lowercase(), &words))
        })
    }

    /// The newest rows that fit, the newest first.
    fn newest(&self, limit: usize, fits: impl Fn(&Row) -> bool) -> Vec<Row> {
        let state = self.lock();
        let (mut rows, mut chatter) =
            (state.rows.iter().rev().peekable(), state.chatter.iter().rev().peekable());
        let by_number = std::iter::from_fn(|| match (rows.peek(), chatter.peek()) {
            (Some(row), Some(other)) if row.seq < other.seq => chatter.next(),
            (None, _) => chatter.next(),
            _ => rows.next(),
        });
        by_number.filter(|row| fits(row)).take(limit).cloned().collect()
    }

    /// The groups of failures, the latest first.
    pub(super) fn errors(&self) -> Vec<ErrorGroup> {
        let mut groups: Vec<ErrorGroup> = self.lock().groups.values().cloned().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.last_us));
        groups
    }

    pub(super) fn error_group(&self, id: &str) -> Option<ErrorGroup> {
        self.lock().groups.get(id).cloned()
    }

    /// The jobs, the running ones first, then the latest.
    pub(super) fn jobs(&self) -> Vec<JobRow> {
        let mut jobs: Vec<JobRow> = self.lock().jobs.values().cloned().collect();
        jobs.sort_by_key(|job| (job.ended, std::cmp::Reverse(job.at_us)));
        jobs
    }

    pub(super) fn points(&self, last: usize) -> Vec<Point> {
        let state = self.lock();
        state.points.iter().skip(state.points.len().saturating_sub(last)).cloned().collect()
    }
}

fn holds_all(text: &str, words: &[String]) -> bool {
    words.iter().all(|word| text.contains(word))
}

/// Failures are alike when function, kind and stack are; without a stack the text stands in for it, numbers and markers left out.
fn id(group: &ErrorGroup) -> String {
    let place = match &group.stack {
        Some(stack) => stack.clone(),
        None => group.message.chars().filter(|c| !c.is_ascii_digit()).collect(),
    };
    let mut hash = Sha256::new();
    for part in [&group.function, &group.module, &group.kind, &place] {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

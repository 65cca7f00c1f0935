//! How a ranking would have done: on tables of daily lists, or on your own, each list is ranked with what was known then and
//! compared with what came in the 24 hours after.

mod lists;
pub(super) mod measures;
mod methods;
mod weekly;

pub use weekly::{WeeklyBacktest, weekly_backtest};

use super::virality::Objective;
use crate::Result;
use crate::score::in_top_tenth;
use lists::Row;
use measures::{bootstrap, calibration_error, ranked};
use methods::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Lists with fewer clips than this are not judged.
const SMALLEST_LIST: usize = 20;
/// The part of the given tables that the shipped model was fitted to, as in `training/virality/train.py`.
const TRAINED_IDS: f64 = 0.65;
const TRAINED_DAYS: f64 = 0.70;

/// Which clips of a list are ranked among each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Task {
    /// Cold start: those that are on a list for the first time.
    A,
    /// Those that were on an earlier list too.
    B,
}

/// How one method did on one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestRow {
    /// The table's file name.
    pub file: String,
    /// What the next 24 hours are judged by.
    pub objective: Objective,
    /// `default` (ours), `legacy`, `views`, `velocity`, `growth_ratio`, `hn_hotness` or `seed_weights_percentile`.
    pub method: String,
    /// Which clips.
    pub task: Task,
    /// Clips that were judged, over all days.
    pub rows: usize,
    /// Lists that were judged.
    pub days: usize,
    /// Share of the first tenth that was in the top tenth in truth; the mean over days, as the next three.
    pub p_at_10: f64,
    /// Area under the curve of the top tenth.
    pub auc: f64,
    /// Rank correlation.
    pub spearman: f64,
    /// Discounted gain of the first 20 over the best there is.
    pub ndcg_20: f64,
    /// Expected calibration error over all clips; `None` of methods without a probability.
    pub ece: Option<f64>,
    /// The 95 % interval of `p_at_10`, by drawing days again.
    pub ci_low: f64,
    /// Its upper end.
    pub ci_high: f64,
}

/// Which rows of a table are judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BacktestRows {
    /// All of them.
    #[default]
    All,
    /// The last days, and of them the clips that no model was fitted to: what the shipped model may be judged on where the table
    /// is one that it was trained on.
    HeldOut,
}

/// Ranks every list of a table by every method and compares with what came. A table without outcomes gives no rows; so does one
/// whose clips all fare alike.
///
/// The table is CSV with the columns `snapshot_time`, `video_id`, `views` and, where known, `likes`, `comments`, `shares`,
/// `published_at`: a row for each clip on each list.
pub fn backtest(path: impl AsRef<Path>, rows: BacktestRows) -> Result<Vec<BacktestRow>> {
    let path = path.as_ref();
    let mut known = lists::read(path)?;
    if rows == BacktestRows::HeldOut {
        known = held_out(known);
    }
    known.retain(|row| row.gain.is_some());
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut out = Vec::new();
    for task in [Task::B, Task::A] {
        let of_task: Vec<&Row> =
            known.iter().filter(|row| row.signals.before.is_some() == (task == Task::B)).collect();
        let lists: Vec<&[&Row]> =
            of_task.chunk_by(|a, b| a.time == b.time).filter(|list| list.len() >= SMALLEST_LIST).collect();
        if lists.is_empty() {
            continue;
        }
        for objective in [Objective::Gain, Objective::Growth] {
            // Where all fared alike, there is no top tenth to be found.
            let mut lists = lists.clone();
            lists
                .retain(|list| list.iter().any(|row| outcome(row, objective) != outcome(list[0], objective)));
            if lists.is_empty() {
                continue;
            }
            for method in Method::ALL {
                out.push(judge(&file, task, objective, method, &lists));
            }
        }
    }
    Ok(out)
}

/// What came of a clip.
fn outcome(row: &Row, objective: Objective) -> Option<f64> {
    match objective {
        Objective::Gain => row.gain,
        Objective::Growth => row.growth(),
    }
}

fn judge(file: &str, task: Task, objective: Objective, method: Method, lists: &[&[&Row]]) -> BacktestRow {
    let (mut by_day, mut probabilities, mut happened) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let outcomes: Vec<f64> = list.iter().filter_map(|row| outcome(row, objective)).collect();
        let (scores, p) = method.scores(list, objective);
        by_day.push(ranked(&scores, &outcomes));
        if let Some(p) = p {
            probabilities.extend(p);
            happened.extend(in_top_tenth(&outcomes));
        }
    }
    let mean = |of: fn(&measures::Ranked) -> f64| by_day.iter().map(of).sum::<f64>() / by_day.len() as f64;
    let [ci_low, ci_high] = bootstrap(&by_day.iter().map(|day| day.precision).collect::<Vec<_>>());
    BacktestRow {
        file: file.to_owned(),
        objective,
        method: method.name().to_owned(),
        task,
        rows: lists.iter().map(|list| list.len()).sum(),
        days: lists.len(),
        p_at_10: mean(|day| day.precision),
        auc: mean(|day| day.auc),
        spearman: mean(|day| day.spearman),
        ndcg_20: mean(|day| day.ndcg_20),
        ece: (!probabilities.is_empty()).then(|| calibration_error(&probabilities, &happened)),
        ci_low,
        ci_high,
    }
}

/// The rows after the days, and of the clips, that the model was fitted to.
fn held_out(mut rows: Vec<Row>) -> Vec<Row> {
    let mut days: Vec<_> = rows.iter().map(|row| row.time).collect();
    days.dedup();
    let fitted = (days.len() as f64 * TRAINED_DAYS) as usize;
    let last = fitted.checked_sub(1).map(|at| days[at]);
    rows.retain(|row| last.is_none_or(|last| row.time > last) && share(&row.id) >= TRAINED_IDS);
    rows
}

/// In [0, 1), by the id alone.
fn share(id: &str) -> f64 {
    let digest = Sha256::digest(id.as_bytes());
    f64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])) / 4_294_967_296.0
}

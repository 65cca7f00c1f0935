//! The weekly loop on a table of daily lists: what the weights learned by each week rank the next one by.

use super::lists::{self, Row};
use super::measures::ranked;
use super::{Objective, SMALLEST_LIST};
use crate::clips::feedback::{Feedback, Outcomes};
use crate::score::Refit;
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How the weights of the weekly loop did, beside those it started from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WeeklyBacktest {
    /// Precision at a tenth of each week from the second on, with the weights that were learned before it.
    pub learned: Vec<f64>,
    /// The same with the first weights.
    pub fixed: Vec<f64>,
    /// The loop's log.
    pub log: Vec<Refit>,
}

impl WeeklyBacktest {
    /// Means over the weeks: learned, fixed.
    #[must_use]
    pub fn means(&self) -> (f64, f64) {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        (mean(&self.learned), mean(&self.fixed))
    }
}

/// Runs the weekly loop over a table, as [`super::backtest`] reads it, of clips that were on an earlier list too. With `poisoned`,
/// the outcomes of that week (from 0) are turned around before it is learned from: what a broken source would do.
///
/// Fails with `INVALID_INPUT` for a table of less than two weeks.
pub fn weekly_backtest(
    path: impl AsRef<Path>,
    objective: Objective,
    prior: [f64; 5],
    poisoned: Option<usize>,
) -> Result<WeeklyBacktest> {
    let mut rows = lists::read(path.as_ref())?;
    rows.retain(|row| row.gain.is_some() && row.signals.before.is_some());
    let mut weeks: BTreeMap<i64, Vec<Outcomes>> = BTreeMap::new();
    let first = rows.first().map(|row| row.time);
    for list in rows.chunk_by(|a, b| a.time == b.time).filter(|list| list.len() >= SMALLEST_LIST) {
        let day = first.map_or(0, |first| list[0].time.duration_since(first).as_hours() / 24);
        weeks.entry(day / 7).or_default().push(outcomes(list, objective));
    }
    if weeks.len() < 2 {
        return Err(Error::new(ErrorKind::InvalidInput, "the weekly loop needs lists of two weeks")
            .with("path", path.as_ref().display())
            .with("weeks", weeks.len()));
    }
    let fixed_weights = Feedback::new(prior)?;
    let mut feedback = fixed_weights.clone();
    let (mut learned, mut fixed) = (Vec::new(), Vec::new());
    for (number, (week, mut lists)) in weeks.into_iter().enumerate() {
        if number > 0 {
            learned.push(precision(&feedback, &lists));
            fixed.push(precision(&fixed_weights, &lists));
        }
        if poisoned == Some(number) {
            lists.iter_mut().flat_map(|list| &mut list.outcomes).for_each(|outcome| *outcome = -*outcome);
        }
        feedback.learn(format!("week {week}"), &lists)?;
    }
    Ok(WeeklyBacktest { learned, fixed, log: feedback.log().to_vec() })
}

fn outcomes(list: &[Row], objective: Objective) -> Outcomes {
    let features = |row: &Row| {
        let views = row.signals.counts.views.unwrap_or(0) as f64;
        let pace = row.signals.pace().unwrap_or(f64::NAN);
        let before = row.signals.before.unwrap_or_default();
        let views_before = before.counts.views.unwrap_or(0) as f64;
        let growth = ((views + 1.0) / (views_before + 1.0)).ln() / before.hours;
        let engagement = row.signals.counts.engagements().map_or(f64::NAN, |n| n as f64 / (views + 1.0));
        [views, pace, growth, engagement, f64::NAN]
    };
    let outcome = |row: &Row| match objective {
        Objective::Gain => row.gain.unwrap_or(f64::NAN),
        Objective::Growth => row.growth().unwrap_or(f64::NAN),
    };
    Outcomes { features: list.iter().map(features).collect(), outcomes: list.iter().map(outcome).collect() }
}

fn precision(feedback: &Feedback, lists: &[Outcomes]) -> f64 {
    let of = |list: &Outcomes| ranked(&feedback.scores(&list.features), &list.outcomes).precision;
    lists.iter().map(of).sum::<f64>() / lists.len() as f64
}

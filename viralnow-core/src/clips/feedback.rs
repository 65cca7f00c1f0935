//! The weekly loop: what happened moves the weights, a guard keeps a bad week from doing harm, and every step is logged.
//!
//! A refit is a Bayesian linear regression of the outcomes' ranks on the clips' percentiles, centred on the prior weights, older
//! weeks counting less, and projected to weights that are not negative and sum to 1. It is taken only if it ranks the last three
//! weeks no worse than the weights it would replace, by the median of the three: one poisoned week alone cannot pass, nor decide.
//! A week whose refit is not taken is set aside, so that it does not weigh on those that follow; where things have changed for
//! good, the next week agrees with it, and it comes back.

use super::backtest::measures::{in_top_tenth, ranks};
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is weighed, by percentile among the clips of a list.
pub const FEEDBACK_FEATURES: [&str; N] = ["views", "velocity", "growth", "engagement", "relevance"];
const N: usize = 5;
/// What the prior counts for, in clips.
const PRIOR_CLIPS: f64 = 1.0;
/// What a week counts for a week later.
const DECAY: f64 = 0.8;
/// The weeks that the guard looks at.
const GUARD_WEEKS: usize = 3;
/// The most clips of a week that are kept for the guard.
const MOST_KEPT: usize = 20_000;
/// Weeks of sums and entries of the log that are kept.
const MOST_WEEKS: usize = 104;
/// A list of fewer clips teaches nothing.
const SMALLEST_LIST: usize = 10;

/// A list whose outcomes are known: of each clip the features in the order of [`FEEDBACK_FEATURES`] (NaN is unknown) and what
/// came, such as the new views of the next day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    /// One row a clip.
    pub features: Vec<[f64; N]>,
    /// What came, in the same order; any scale, for ranks are what counts.
    pub outcomes: Vec<f64>,
}

/// One week of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refit {
    /// The host's name for the week, such as `2026-W03`.
    pub week: String,
    /// The weights that the week's data ask for.
    pub proposed: [f64; N],
    /// The weights after the guard.
    pub weights: [f64; N],
    /// Whether the guard let the proposal pass.
    pub accepted: bool,
    /// Median AUC of the top tenth over the last three weeks, with the weights before and with the proposed ones.
    pub auc_before: f64,
    /// The same with the proposed ones.
    pub auc_proposed: f64,
    /// Clips that taught.
    pub clips: usize,
    /// How far each feature's distribution moved from the week before: the population stability index; over 0.25 is much.
    pub drift: [Option<f64>; N],
}

/// The weights, what they were learned from, and the log. Plain data: keep it as JSON between weeks.
///
/// ```
/// use viralnow_core::clips::{Feedback, Outcomes};
/// // Weeks in which velocity alone decided.
/// let list = Outcomes {
///     features: (0..50).map(|i| [f64::from(i * 7 % 50), f64::from(i), 0.5, f64::from(i * 3 % 50), 0.5]).collect(),
///     outcomes: (0..50).map(f64::from).collect(),
/// };
/// let mut feedback = Feedback::new([0.4, 0.3, 0.0, 0.2, 0.1])?;
/// let refit = feedback.learn("2026-W01", &[list])?;
/// assert!(refit.accepted && refit.weights[1] > 0.8);
/// assert!((feedback.weights().iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// feedback.roll_back()?;
/// assert_eq!(feedback.weights(), [0.4, 0.3, 0.0, 0.2, 0.1]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    prior: [f64; N],
    weights: [f64; N],
    weeks: Vec<Week>,
    log: Vec<Refit>,
}

/// What is kept of a week.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Week {
    /// Sums of products of the centred percentiles, and with the centred ranks of the outcomes.
    squares: [[f64; N]; N],
    products: [f64; N],
    /// Of the last weeks: percentiles and whether the clip was in the top tenth, list by list.
    lists: Vec<(Vec<[f32; N]>, Vec<bool>)>,
    /// Deciles of each feature's values, where they are known.
    deciles: [Option<[f64; 9]>; N],
    /// Not learned from, for its refit was not taken.
    set_aside: bool,
}

impl Feedback {
    /// Starts from these weights: not negative, and 1 together.
    pub fn new(prior: [f64; N]) -> Result<Self> {
        let sum: f64 = prior.iter().sum();
        if !prior.iter().all(|w| *w >= 0.0) || !((sum - 1.0).abs() <= 1e-6) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "weights must not be negative and must sum to 1",
            )
            .with("sum", sum));
        }
        Ok(Self { prior, weights: prior, weeks: Vec::new(), log: Vec::new() })
    }

    /// The weights now, in the order of [`FEEDBACK_FEATURES`].
    #[must_use]
    pub fn weights(&self) -> [f64; N] {
        self.weights
    }

    /// Every refit, the oldest first.
    #[must_use]
    pub fn log(&self) -> &[Refit] {
        &self.log
    }

    /// Scores for ranking: the weighted percentiles of these clips among each other, in [0, 1].
    #[must_use]
    pub fn scores(&self, features: &[[f64; N]]) -> Vec<f64> {
        let weighted = |row: [f64; N]| row.iter().zip(self.weights).map(|(p, w)| p * w).sum();
        percentiles(features).into_iter().map(weighted).collect()
    }

    /// Takes a week's outcomes: refits, and keeps the new weights if the guard lets them pass.
    pub fn learn(&mut self, week: impl Into<String>, lists: &[Outcomes]) -> Result<Refit> {
        let mut taught = Week::default();
        let mut clips = 0;
        for list in lists {
            if list.features.len() != list.outcomes.len() {
                return Err(Error::new(ErrorKind::InvalidInput, "every clip of a list needs its outcome")
                    .with("clips", list.features.len())
                    .with("outcomes", list.outcomes.len()));
            }
            let known: Vec<usize> =
                (0..list.outcomes.len()).filter(|&i| list.outcomes[i].is_finite()).collect();
            if known.len() < SMALLEST_LIST {
                continue;
            }
            clips += known.len();
            let features: Vec<[f64; N]> = known.iter().map(|&i| list.features[i]).collect();
            let outcomes: Vec<f64> = known.iter().map(|&i| list.outcomes[i]).collect();
            taught.take(&percentiles(&features), &outcomes);
        }
        if clips == 0 {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "no list of this week has ten clips with known outcomes",
            ));
        }
        taught.deciles = std::array::from_fn(|feature| {
            deciles(lists.iter().flat_map(|list| list.features.iter().map(|row| row[feature])).collect())
        });
        let drift = std::array::from_fn(|feature| {
            let before = self.weeks.last()?.deciles[feature]?;
            stability(&before, lists.iter().flat_map(|list| list.features.iter().map(|row| row[feature])))
        });
        self.weeks.push(taught);
        let kept = self.weeks.len().saturating_sub(GUARD_WEEKS);
        self.weeks[..kept].iter_mut().for_each(|week| week.lists.clear());
        let oldest = self.weeks.len().saturating_sub(MOST_WEEKS);
        self.weeks.drain(..oldest);
        let mut proposed = self.refit(false);
        let (auc_before, mut auc_proposed) = (self.guard(&self.weights), self.guard(&proposed));
        // With the weeks that were set aside, if that is better still.
        let with_all = self.refit(true);
        let auc_with_all = self.guard(&with_all);
        if auc_with_all > auc_proposed && auc_with_all >= auc_before {
            (proposed, auc_proposed) = (with_all, auc_with_all);
            self.weeks.iter_mut().for_each(|week| week.set_aside = false);
        }
        let accepted = auc_proposed >= auc_before;
        if accepted {
            self.weights = proposed;
        } else if let Some(newest) = self.weeks.last_mut() {
            newest.set_aside = true;
        }
        let refit = Refit {
            week: week.into(),
            proposed,
            weights: self.weights,
            accepted,
            auc_before,
            auc_proposed,
            clips,
            drift,
        };
        self.log.push(refit.clone());
        let oldest = self.log.len().saturating_sub(MOST_WEEKS);
        self.log.drain(..oldest);
        Ok(refit)
    }

    /// Goes back to the weights before the last refit, and forgets that week.
    pub fn roll_back(&mut self) -> Result<()> {
        if self.log.pop().is_none() {
            return Err(Error::new(ErrorKind::NotFound, "there is no refit to go back from"));
        }
        self.weeks.pop();
        self.weights = self.log.last().map_or(self.prior, |refit| refit.weights);
        Ok(())
    }

    /// The weights that the weeks together ask for, with or without those that were set aside.
    fn refit(&self, with_all: bool) -> [f64; N] {
        let mut squares = [[0.0; N]; N];
        let mut products = self.prior.map(|weight| PRIOR_CLIPS * weight);
        (0..N).for_each(|i| squares[i][i] = PRIOR_CLIPS);
        for (age, week) in self.weeks.iter().rev().enumerate().filter(|(_, week)| with_all || !week.set_aside)
        {
            let counts = DECAY.powi(age as i32);
            for i in 0..N {
                products[i] += counts * week.products[i];
                (0..N).for_each(|j| squares[i][j] += counts * week.squares[i][j]);
            }
        }
        simplex(solve(squares, products))
    }

    /// Median AUC of the top tenth over the last weeks.
    fn guard(&self, weights: &[f64; N]) -> f64 {
        let of_week = |week: &Week| {
            let auc = |(rows, top): &(Vec<[f32; N]>, Vec<bool>)| {
                let scores: Vec<f64> = rows
                    .iter()
                    .map(|row| row.iter().zip(weights).map(|(p, w)| f64::from(*p) * w).sum())
                    .collect();
                let hits = top.iter().filter(|top| **top).count() as f64;
                let sum: f64 =
                    ranks(&scores).iter().zip(top).filter(|(_, top)| **top).map(|(rank, _)| rank).sum();
                (sum - hits * (hits + 1.0) / 2.0) / (hits * (rows.len() as f64 - hits))
            };
            week.lists.iter().map(auc).sum::<f64>() / week.lists.len() as f64
        };
        let mut weeks: Vec<f64> = self.weeks.iter().rev().take(GUARD_WEEKS).map(of_week).collect();
        weeks.sort_unstable_by(f64::total_cmp);
        let middle = weeks.len() / 2;
        if weeks.len().is_multiple_of(2) { 0.5 * (weeks[middle - 1] + weeks[middle]) } else { weeks[middle] }
    }
}

impl Week {
    fn take(&mut self, rows: &[[f64; N]], outcomes: &[f64]) {
        let n = rows.len() as f64;
        let target = ranks(outcomes);
        let means: [f64; N] = std::array::from_fn(|i| rows.iter().map(|row| row[i]).sum::<f64>() / n);
        for (row, rank) in rows.iter().zip(target) {
            let centred: [f64; N] = std::array::from_fn(|i| row[i] - means[i]);
            let rank = (rank - 0.5) / n - 0.5;
            for i in 0..N {
                self.products[i] += centred[i] * rank;
                (0..N).for_each(|j| self.squares[i][j] += centred[i] * centred[j]);
            }
        }
        let kept: usize = self.lists.iter().map(|(rows, _)| rows.len()).sum();
        if kept + rows.len() <= MOST_KEPT || self.lists.is_empty() {
            let rows = rows.iter().map(|row| row.map(|p| p as f32)).collect();
            self.lists.push((rows, in_top_tenth(outcomes)));
        }
    }
}

/// Each feature's percentile among the clips; what is unknown stands in the middle.
fn percentiles(features: &[[f64; N]]) -> Vec<[f64; N]> {
    let mut rows = vec![[0.5; N]; features.len()];
    for feature in 0..N {
        let known: Vec<usize> = (0..features.len()).filter(|&i| !features[i][feature].is_nan()).collect();
        let values: Vec<f64> = known.iter().map(|&i| features[i][feature]).collect();
        for (&i, rank) in known.iter().zip(ranks(&values)) {
            rows[i][feature] = (rank - 0.5) / known.len() as f64;
        }
    }
    rows
}

/// Solves a symmetric positive definite system (Cholesky).
fn solve(a: [[f64; N]; N], b: [f64; N]) -> [f64; N] {
    let mut l = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let rest = a[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            // The prior on the diagonal keeps it positive.
            l[i][j] = if i == j { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / l[j][j] };
        }
    }
    let mut x = b;
    for i in 0..N {
        x[i] = (x[i] - (0..i).map(|k| l[i][k] * x[k]).sum::<f64>()) / l[i][i];
    }
    for i in (0..N).rev() {
        x[i] = (x[i] - (i + 1..N).map(|k| l[k][i] * x[k]).sum::<f64>()) / l[i][i];
    }
    x
}

/// The nearest weights that are not negative and sum to 1 (Duchi and others, 2008).
fn simplex(v: [f64; N]) -> [f64; N] {
    let mut sorted = v;
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (k, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (k + 1) as f64;
        if value - candidate > 0.0 {
            shift = candidate;
        }
    }
    v.map(|value| (value - shift).max(0.0))
}

fn deciles(mut values: Vec<f64>) -> Option<[f64; 9]> {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    (values.len() >= 20).then(|| std::array::from_fn(|i| values[values.len() * (i + 1) / 10]))
}

/// The population stability index against the deciles of before.
fn stability(deciles: &[f64; 9], values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut counts = [0.5_f64; 10];
    values
        .filter(|value| value.is_finite())
        .for_each(|value| counts[deciles.partition_point(|&d| d <= value)] += 1.0);
    let all: f64 = counts.iter().sum();
    // Equal deciles have no room between them; the index says nothing then.
    if deciles.windows(2).any(|pair| pair[0] >= pair[1]) || all < 25.0 {
        return None;
    }
    Some(counts.iter().map(|count| (count / all - 0.1) * (count / all / 0.1).ln()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(seed: usize, sign: f64) -> Outcomes {
        let value = |i: usize, k: usize| ((i * (37 + 10 * k) + seed * 13) % 101) as f64;
        let features: Vec<[f64; N]> = (0..100).map(|i| std::array::from_fn(|k| value(i, k))).collect();
        let outcomes = features.iter().map(|row| sign * (0.7 * row[1] + 0.3 * row[2])).collect();
        Outcomes { features, outcomes }
    }

    #[test]
    fn weights_follow_the_outcomes_and_a_poisoned_week_does_not_pass() {
        let mut feedback = Feedback::new([0.4, 0.3, 0.0, 0.2, 0.1]).unwrap();
        for (number, sign) in [1.0, 1.0, -1.0, 1.0, 1.0].into_iter().enumerate() {
            let refit = feedback.learn(format!("week {number}"), &[week(number, sign)]).unwrap();
            assert!(sign > 0.0 || !refit.accepted, "{refit:?}");
            let sum: f64 = refit.weights.iter().sum();
            assert!((sum - 1.0).abs() < 1e-9 && refit.weights.iter().all(|w| *w >= 0.0));
        }
        let [_, velocity, growth, ..] = feedback.weights();
        assert!(velocity > 0.6 && growth > 0.2, "{:?}", feedback.weights());
        assert!(!feedback.log()[2].accepted);
        // It is plain data.
        let again: Feedback = serde_json::from_str(&serde_json::to_string(&feedback).unwrap()).unwrap();
        assert_eq!(again, feedback);
    }

    #[test]
    fn projections_solutions_and_drift_by_hand() {
        assert_eq!(simplex([2.0, 0.0, 0.0, 0.0, 0.0]), [1.0, 0.0, 0.0, 0.0, 0.0]);
        let even = simplex([-1.0; N]);
        assert!(even.iter().all(|w| (w - 0.2).abs() < 1e-12));
        let mut a = [[0.5; N]; N];
        (0..N).for_each(|i| a[i][i] = 2.0 + i as f64);
        let x = solve(a, [1.0, 2.0, 3.0, 4.0, 5.0]);
        for (i, row) in a.iter().enumerate() {
            assert!((row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - (i + 1) as f64).abs() < 1e-12);
        }
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let before = deciles(values.clone()).unwrap();
        assert!(stability(&before, values.iter().copied()).unwrap() < 0.01);
        assert!(stability(&before, values.iter().map(|v| v + 500.0)).unwrap() > 1.0);
    }

    #[test]
    fn what_cannot_teach_is_refused() {
        let mut feedback = Feedback::new([0.2; N]).unwrap();
        let short = Outcomes { features: vec![[1.0; N]; 5], outcomes: vec![1.0; 5] };
        let uneven = Outcomes { features: vec![[1.0; N]; 5], outcomes: vec![1.0] };
        for lists in [vec![], vec![short], vec![uneven]] {
            assert_eq!(feedback.learn("w", &lists).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        // Nothing known, and nothing that differs, moves nothing.
        let flat = Outcomes { features: vec![[f64::NAN; N]; 30], outcomes: vec![1.0; 30] };
        assert_eq!(feedback.learn("w", &[flat]).unwrap().weights.map(|w| (w * 1e9).round()), [2e8; N]);
        assert!(feedback.roll_back().is_ok() && feedback.roll_back().is_err());
        assert!(Feedback::new([0.5; N]).is_err() && Feedback::new([f64::NAN; N]).is_err());
    }
}

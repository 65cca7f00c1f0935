//! The weekly loop: what happened moves the weights, a guard keeps a bad week from doing harm, and every step is logged.
//!
//! A refit is a Bayesian linear regression of the outcomes' ranks on the features, centred on the prior weights, older weeks
//! counting less, and projected to weights that are not negative and sum to 1. It is taken only if it ranks the last three weeks
//! no worse than the weights it would replace, by the median of the three: from the third week on, one poisoned week alone cannot
//! pass, nor decide; before, there is nothing to tell it by. A week whose refit is not taken is set aside, so that it does not weigh on those that follow; where things have changed for
//! good, the next week agrees with it, and it comes back.

use super::algebra::{backwards, forwards, normals, simplex, triangle};
use super::ranks::{in_top_tenth, ranks};
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the prior counts for, in items.
const PRIOR_ITEMS: f64 = 1.0;
/// What a week counts for a week later.
const DECAY: f64 = 0.8;
/// The weeks that the guard looks at.
const GUARD_WEEKS: usize = 3;
/// The weeks whose lists are kept, so that it has something to look at after a few steps back as well.
const LIST_WEEKS: usize = 2 * GUARD_WEEKS;
/// The most items of a week that are kept for the guard.
const MOST_KEPT: usize = 20_000;
/// Weeks of sums and entries of the log that are kept.
const MOST_WEEKS: usize = 104;
/// A list of fewer items teaches nothing.
pub(crate) const SMALLEST_LIST: usize = 10;

/// One week of the log. Weights and drift stand in the order of the features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refit {
    /// The host's name for the week, such as `2026-W03`.
    pub week: String,
    /// The weights that the week's data ask for.
    pub proposed: Vec<f64>,
    /// The weights after the guard.
    pub weights: Vec<f64>,
    /// Whether the guard let the proposal pass.
    pub accepted: bool,
    /// Median AUC of the top tenth over the last three weeks, with the weights before and with the proposed ones.
    pub auc_before: f64,
    /// The same with the proposed ones.
    pub auc_proposed: f64,
    /// Clips or assets that taught.
    pub clips: usize,
    /// How far each feature's distribution moved from the week before: the population stability index; over 0.25 is much.
    pub drift: Vec<Option<f64>>,
}

/// A list whose outcomes are known.
pub(crate) struct Taught {
    /// One row an item, every feature on a scale that weights make sense on.
    pub(crate) rows: Vec<Vec<f64>>,
    /// What came, in the same order; any scale, for ranks are what counts.
    pub(crate) outcomes: Vec<f64>,
}

/// The weights, what they were learned from, and the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weekly {
    prior: Vec<f64>,
    weights: Vec<f64>,
    weeks: Vec<Week>,
    log: Vec<Refit>,
}

/// What is kept of a week.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Week {
    /// Sums of products of the centred features, and with the centred ranks of the outcomes, and of these with themselves.
    squares: Vec<Vec<f64>>,
    products: Vec<f64>,
    #[serde(default)]
    spread: f64,
    #[serde(default)]
    items: f64,
    /// Of the last weeks: features and whether the item was in the top tenth, list by list.
    lists: Vec<(Vec<Vec<f32>>, Vec<bool>)>,
    /// Deciles of each feature's values, where they are known.
    deciles: Vec<Option<[f64; 9]>>,
    /// Not learned from, for its refit was not taken.
    set_aside: bool,
    /// Which of the weeks before, the newest first, were set aside when this one came: for a step back.
    #[serde(default)]
    were_set_aside: Vec<bool>,
}

impl Weekly {
    /// Starts from these weights: not negative, and 1 together.
    pub(crate) fn new(prior: &[f64]) -> Result<Self> {
        let sum: f64 = prior.iter().sum();
        if !prior.iter().all(|w| *w >= 0.0) || !((sum - 1.0).abs() <= 1e-6) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "weights must not be negative and must sum to 1",
            )
            .with("sum", sum));
        }
        Ok(Self::begin(prior.to_vec()))
    }

    /// Starts from weights that are known to be good.
    pub(super) fn begin(prior: Vec<f64>) -> Self {
        Self { weights: prior.clone(), prior, weeks: Vec::new(), log: Vec::new() }
    }

    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(crate) fn log(&self) -> &[Refit] {
        &self.log
    }

    /// Whether it is of so many features, and all that is kept is: a state comes from the host.
    pub(crate) fn fits(&self, features: usize) -> bool {
        let of_week = |week: &Week| {
            week.products.len() == features
                && week.squares.len() == features
                && week.squares.iter().all(|row| row.len() == features)
                && week.deciles.len() == features
                && week.lists.iter().all(|(rows, top)| {
                    // Without the one or the other there is no order to judge.
                    top.contains(&true)
                        && top.contains(&false)
                        && rows.len() == top.len()
                        && rows.iter().all(|row| row.len() == features)
                })
        };
        let of_log = |refit: &Refit| refit.weights.len() == features;
        self.prior.len() == features
            && self.weights.len() == features
            && self.weeks.iter().all(of_week)
            && self.log.iter().all(of_log)
    }

    /// Takes a week's outcomes: refits, and keeps the new weights if the guard lets them pass. `values` gives all values of a
    /// feature in this week, whose drift is told; those that are not finite are unknown.
    pub(crate) fn learn(
        &mut self,
        week: String,
        lists: &[Taught],
        values: impl Fn(usize) -> Vec<f64>,
    ) -> Result<Refit> {
        let features = self.prior.len();
        let mut taught = Week {
            squares: vec![vec![0.0; features]; features],
            products: vec![0.0; features],
            ..Week::default()
        };
        lists.iter().filter(|list| list.rows.len() >= SMALLEST_LIST).for_each(|list| taught.take(list));
        if taught.items == 0.0 {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "no list of this week has ten items with known outcomes",
            ));
        }
        let clips = taught.items as usize;
        let before = self.weeks.last().map(|week| &week.deciles);
        let moved = |feature: usize| stability(&before?[feature]?, &values(feature));
        let drift = (0..features).map(moved).collect();
        taught.deciles = (0..features).map(|feature| deciles(values(feature))).collect();
        taught.were_set_aside = self.weeks.iter().rev().map(|week| week.set_aside).collect();
        self.weeks.push(taught);
        let kept = self.weeks.len().saturating_sub(LIST_WEEKS);
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
            self.weights.clone_from(&proposed);
        } else if let Some(newest) = self.weeks.last_mut() {
            newest.set_aside = true;
        }
        let weights = self.weights.clone();
        let refit = Refit { week, proposed, weights, accepted, auc_before, auc_proposed, clips, drift };
        self.log.push(refit.clone());
        let oldest = self.log.len().saturating_sub(MOST_WEEKS);
        self.log.drain(..oldest);
        Ok(refit)
    }

    /// Goes back to the weights before the last refit, and forgets that week.
    pub(crate) fn roll_back(&mut self) -> Result<()> {
        if self.log.pop().is_none() {
            return Err(Error::new(ErrorKind::NotFound, "there is no refit to go back from"));
        }
        if let Some(newest) = self.weeks.pop() {
            let before = self.weeks.iter_mut().rev().zip(newest.were_set_aside);
            before.for_each(|(week, set_aside)| week.set_aside = set_aside);
        }
        self.weights = self.log.last().map_or_else(|| self.prior.clone(), |refit| refit.weights.clone());
        Ok(())
    }

    /// Weights drawn from what the weeks leave open (Thompson 1933): around those that they ask for, by the covariance of the
    /// regression; before any week has taught, around the prior by the most that ranks can vary.
    pub(crate) fn drawn(&self, seed: u64) -> Vec<f64> {
        let (squares, products, spread, items) = self.sums(false);
        let l = triangle(&squares);
        let centre = backwards(&l, &forwards(&l, &products));
        // What is left of the spread: the sum that the regression makes smallest, the prior's own share among it.
        let priors: f64 = self.prior.iter().map(|weight| PRIOR_ITEMS * weight * weight).sum();
        let explained: f64 = products.iter().zip(&centre).map(|(p, w)| p * w).sum();
        // A twelfth is the variance of ranks on [0, 1]. One more item than there are weights leaves something to divide by.
        let freedom = (items - self.prior.len() as f64).max(1.0);
        let variance = if items > 0.0 {
            ((spread + priors - explained) / freedom).clamp(0.0, 1.0 / 12.0)
        } else {
            1.0 / 12.0
        };
        let noise: Vec<f64> = normals(seed).take(self.prior.len()).collect();
        let shift = backwards(&l, &noise);
        let drawn: Vec<f64> = centre.iter().zip(shift).map(|(w, z)| w + variance.sqrt() * z).collect();
        simplex(&drawn)
    }

    /// The weights that the weeks together ask for, with or without those that were set aside.
    fn refit(&self, with_all: bool) -> Vec<f64> {
        let (squares, products, ..) = self.sums(with_all);
        let l = triangle(&squares);
        simplex(&backwards(&l, &forwards(&l, &products)))
    }

    /// The sums of the weeks and the prior: squares, products, spread of the outcomes, items.
    fn sums(&self, with_all: bool) -> (Vec<Vec<f64>>, Vec<f64>, f64, f64) {
        let features = self.prior.len();
        let mut squares = vec![vec![0.0; features]; features];
        let mut products: Vec<f64> = self.prior.iter().map(|weight| PRIOR_ITEMS * weight).collect();
        (0..features).for_each(|i| squares[i][i] = PRIOR_ITEMS);
        let (mut spread, mut items) = (0.0, 0.0);
        for (age, week) in self.weeks.iter().rev().enumerate().filter(|(_, week)| with_all || !week.set_aside)
        {
            let counts = DECAY.powi(age as i32);
            for i in 0..features {
                products[i] += counts * week.products[i];
                (0..features).for_each(|j| squares[i][j] += counts * week.squares[i][j]);
            }
            spread += counts * week.spread;
            items += counts * week.items;
        }
        (squares, products, spread, items)
    }

    /// Median AUC of the top tenth over the last weeks.
    fn guard(&self, weights: &[f64]) -> f64 {
        let of_week = |week: &Week| {
            let auc = |(rows, top): &(Vec<Vec<f32>>, Vec<bool>)| {
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
        let with_lists = self.weeks.iter().rev().filter(|week| !week.lists.is_empty());
        let mut weeks: Vec<f64> = with_lists.take(GUARD_WEEKS).map(of_week).collect();
        weeks.sort_unstable_by(f64::total_cmp);
        let middle = weeks.len() / 2;
        if weeks.len().is_multiple_of(2) { 0.5 * (weeks[middle - 1] + weeks[middle]) } else { weeks[middle] }
    }
}

impl Week {
    fn take(&mut self, list: &Taught) {
        let (n, features) = (list.rows.len() as f64, self.products.len());
        let mean = |i: usize| list.rows.iter().map(|row| row[i]).sum::<f64>() / n;
        let means: Vec<f64> = (0..features).map(mean).collect();
        for (row, rank) in list.rows.iter().zip(ranks(&list.outcomes)) {
            let centred: Vec<f64> = row.iter().zip(&means).map(|(value, mean)| value - mean).collect();
            let rank = (rank - 0.5) / n - 0.5;
            self.spread += rank * rank;
            for i in 0..features {
                self.products[i] += centred[i] * rank;
                (0..features).for_each(|j| self.squares[i][j] += centred[i] * centred[j]);
            }
        }
        self.items += n;
        let kept: usize = self.lists.iter().map(|(rows, _)| rows.len()).sum();
        if kept + list.rows.len() <= MOST_KEPT || self.lists.is_empty() {
            let rows = list.rows.iter().map(|row| row.iter().map(|p| *p as f32).collect()).collect();
            self.lists.push((rows, in_top_tenth(&list.outcomes)));
        }
    }
}

fn deciles(mut values: Vec<f64>) -> Option<[f64; 9]> {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    (values.len() >= 20).then(|| std::array::from_fn(|i| values[values.len() * (i + 1) / 10]))
}

/// The population stability index against the deciles of before.
fn stability(deciles: &[f64; 9], values: &[f64]) -> Option<f64> {
    let mut counts = [0.5_f64; 10];
    values
        .iter()
        .filter(|value| value.is_finite())
        .for_each(|value| counts[deciles.partition_point(|d| d <= value)] += 1.0);
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

    #[test]
    fn drift_by_hand() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let before = deciles(values.clone()).unwrap();
        assert!(stability(&before, &values).unwrap() < 0.01);
        let moved: Vec<f64> = values.iter().map(|v| v + 500.0).collect();
        assert!(stability(&before, &moved).unwrap() > 1.0);
    }

    /// Draws spread around what the data ask for, and the less, the more data there are.
    #[test]
    fn draws_narrow_as_data_come() {
        let spread = |weekly: &Weekly| {
            let draws: Vec<f64> = (0..400).map(|seed| weekly.drawn(seed)[0]).collect();
            let mean = draws.iter().sum::<f64>() / 400.0;
            (draws.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / 400.0).sqrt()
        };
        // The first feature counts twice as much as the second, and chance as much as both.
        let taught = |items: usize, seed: u64| {
            let mut noise = normals(seed);
            let rows: Vec<Vec<f64>> = (0..items).map(|_| noise.by_ref().take(2).collect()).collect();
            let outcomes = rows.iter().map(|r| 2.0 * r[0] + r[1] + 2.0 * noise.next().unwrap()).collect();
            let mut weekly = Weekly::new(&[0.5, 0.5]).unwrap();
            weekly.learn("w".to_owned(), &[Taught { rows, outcomes }], |_| Vec::new()).unwrap();
            weekly
        };
        let mut last = spread(&Weekly::new(&[0.5, 0.5]).unwrap());
        for items in [20, 200, 2000] {
            // One list may say by chance more or less than it knows.
            let now = (0..10).map(|seed| spread(&taught(items, seed))).sum::<f64>() / 10.0;
            assert!(now < last, "{items}: {now} after {last}");
            last = now;
        }
        assert!(last < 0.02, "{last}");
        let weekly = taught(20, 1);
        assert_eq!(weekly.drawn(3), weekly.drawn(3));
        assert_ne!(weekly.drawn(3), weekly.drawn(4));
    }

    fn week(seed: u64, sign: f64) -> Taught {
        let mut noise = normals(seed);
        let rows: Vec<Vec<f64>> = (0..50).map(|_| noise.by_ref().take(2).collect()).collect();
        Taught { outcomes: rows.iter().map(|row| sign * (row[0] + 0.2 * row[1])).collect(), rows }
    }

    /// What is left over is that of the regression, by hand: the smallest sum of squared errors and of squared distance to the prior.
    #[test]
    fn the_variance_of_a_draw_is_that_of_the_regression() {
        let mut weekly = Weekly::new(&[1.0, 0.0]).unwrap();
        let list = week(3, 1.0);
        let n = list.rows.len() as f64;
        let ranked: Vec<f64> = ranks(&list.outcomes).iter().map(|rank| (rank - 0.5) / n - 0.5).collect();
        let means = [0, 1].map(|i| list.rows.iter().map(|row| row[i]).sum::<f64>() / n);
        weekly.learn("w".to_owned(), std::slice::from_ref(&list), |_| Vec::new()).unwrap();
        let (squares, products, spread, _) = weekly.sums(false);
        let l = triangle(&squares);
        let w = backwards(&l, &forwards(&l, &products));
        let errors: f64 = list
            .rows
            .iter()
            .zip(&ranked)
            .map(|(row, y)| (y - w[0] * (row[0] - means[0]) - w[1] * (row[1] - means[1])).powi(2))
            .sum();
        let by_hand = errors + (w[0] - 1.0).powi(2) + w[1].powi(2);
        let ours = spread + 1.0 - products.iter().zip(&w).map(|(p, w)| p * w).sum::<f64>();
        assert!((by_hand - ours).abs() < 1e-9, "{by_hand} {ours}");
    }

    #[test]
    fn steps_back_leave_what_was_there_and_a_state_that_can_be_read() {
        let mut weekly = Weekly::new(&[0.5, 0.5]).unwrap();
        let mut states = Vec::new();
        for (number, sign) in [1.0, 1.0, 1.0, -1.0, -1.0, 1.0].into_iter().enumerate() {
            states.push(weekly.clone());
            weekly.learn(format!("w{number}"), &[week(number as u64, sign)], |_| Vec::new()).unwrap();
        }
        for state in states.iter().rev().take(3) {
            weekly.roll_back().unwrap();
            assert_eq!((weekly.weights(), weekly.log()), (state.weights(), state.log()));
            let aside = |weekly: &Weekly| weekly.weeks.iter().map(|week| week.set_aside).collect::<Vec<_>>();
            assert_eq!(aside(&weekly), aside(state));
        }
        let refit = weekly.learn("again".to_owned(), &[week(9, 1.0)], |_| Vec::new()).unwrap();
        assert!(
            refit.accepted && refit.auc_before.is_finite() && refit.auc_proposed.is_finite(),
            "{refit:?}"
        );
        let again: Weekly = serde_json::from_str(&serde_json::to_string(&weekly).unwrap()).unwrap();
        assert!(again == weekly && again.fits(2) && !again.fits(3));
    }

    #[test]
    fn a_state_that_does_not_fit_is_seen() {
        let mut weekly = Weekly::new(&[0.5, 0.5]).unwrap();
        weekly.learn("w".to_owned(), &[week(1, 1.0)], |_| Vec::new()).unwrap();
        let mut other = weekly.clone();
        other.log[0].weights.pop();
        assert!(!other.fits(2));
        let mut other = weekly.clone();
        other.weeks[0].lists[0].1.fill(false);
        assert!(!other.fits(2) && weekly.fits(2));
    }
}

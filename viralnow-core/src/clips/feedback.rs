//! The weekly loop of clips: what happened moves the weights of their percentiles. See [`Feedback::learn`].

use crate::score::{Refit, SMALLEST_LIST, Taught, Weekly, ranks};
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// What is weighed, by percentile among the clips of a list.
pub const FEEDBACK_FEATURES: [&str; N] = ["views", "velocity", "growth", "engagement", "relevance"];
const N: usize = 5;

/// A list whose outcomes are known: of each clip the features in the order of [`FEEDBACK_FEATURES`] (NaN is unknown) and what
/// came, such as the new views of the next day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    /// One row a clip.
    pub features: Vec<[f64; N]>,
    /// What came, in the same order; any scale, for ranks are what counts.
    pub outcomes: Vec<f64>,
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
#[serde(try_from = "Weekly", into = "Weekly")]
pub struct Feedback(Weekly);

impl From<Feedback> for Weekly {
    fn from(feedback: Feedback) -> Self {
        feedback.0
    }
}

impl TryFrom<Weekly> for Feedback {
    type Error = &'static str;
    fn try_from(weekly: Weekly) -> std::result::Result<Self, Self::Error> {
        if weekly.fits(N) { Ok(Self(weekly)) } else { Err("the state is not of the five features of clips") }
    }
}

impl Feedback {
    /// Starts from these weights: not negative, and 1 together.
    pub fn new(prior: [f64; N]) -> Result<Self> {
        Weekly::new(&prior).map(Self)
    }

    /// The weights now, in the order of [`FEEDBACK_FEATURES`].
    #[must_use]
    pub fn weights(&self) -> [f64; N] {
        array(self.0.weights())
    }

    /// Every refit, the oldest first.
    #[must_use]
    pub fn log(&self) -> &[Refit] {
        self.0.log()
    }

    /// Scores for ranking: the weighted percentiles of these clips among each other, in [0, 1].
    #[must_use]
    pub fn scores(&self, features: &[[f64; N]]) -> Vec<f64> {
        weighted(features, self.0.weights())
    }

    /// The same with weights drawn from what the weeks leave open (Thompson sampling): a ranking that now and then tries what may be
    /// better. Another seed for each ranking; the same seed gives the same scores.
    ///
    /// Where the outcomes of all clips are known anyway, shown or not, as with public counts, there is nothing to gain. For a host that
    /// learns only of what it shows, the simulation among this file's tests found that it learns as well without: what is shown differs
    /// enough to teach. So it is an option, and off by default.
    #[must_use]
    pub fn explore(&self, features: &[[f64; N]], seed: u64) -> Vec<f64> {
        weighted(features, &self.0.drawn(seed))
    }

    /// Takes a week's outcomes: refits, and keeps the new weights if the guard lets them pass.
    ///
    /// A refit is a Bayesian linear regression of the outcomes' ranks on the clips' percentiles, centred on the prior weights, older
    /// weeks counting less, and projected to weights that are not negative and sum to 1. It is taken only if it ranks the last three
    /// weeks no worse than the weights it would replace, by the median of the three: from the third week on, one poisoned week
    /// alone cannot pass, nor decide; before, there is nothing to tell it by. A week whose refit is not taken is set aside, so that it does not weigh on those that follow; where things have
    /// changed for good, the next week agrees with it, and it comes back.
    pub fn learn(&mut self, week: impl Into<String>, lists: &[Outcomes]) -> Result<Refit> {
        let mut taught = Vec::new();
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
            let features: Vec<[f64; N]> = known.iter().map(|&i| list.features[i]).collect();
            taught.push(Taught {
                rows: percentiles(&features).into_iter().map(Vec::from).collect(),
                outcomes: known.iter().map(|&i| list.outcomes[i]).collect(),
            });
        }
        let values = |feature: usize| {
            lists.iter().flat_map(|list| list.features.iter().map(move |row| row[feature])).collect()
        };
        self.0.learn(week.into(), &taught, values)
    }

    /// Goes back to the weights before the last refit, and forgets that week.
    pub fn roll_back(&mut self) -> Result<()> {
        self.0.roll_back()
    }
}

fn array(weights: &[f64]) -> [f64; N] {
    std::array::from_fn(|i| weights[i])
}

fn weighted(features: &[[f64; N]], weights: &[f64]) -> Vec<f64> {
    let weighted = |row: [f64; N]| row.iter().zip(weights).map(|(p, w)| p * w).sum();
    percentiles(features).into_iter().map(weighted).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{descending, normals};

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

    /// A host that learns only of the ten clips that it shows each week, of 60; what counts is a feature that the prior leaves out, so
    /// that the clips shown differ little in it. Means over 40 runs of 20 weeks, as a share of the best that could be shown. Exploring learns, and costs what it tries: it is no better than the greedy ranking here, which the documentation says.
    #[test]
    fn exploring_where_only_what_is_shown_teaches() {
        let run = |seed: u64, explore: bool, learn: bool| {
            let mut random = normals(seed);
            let mut feedback = Feedback::new([1.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
            let (mut got, mut best) = (0.0, 0.0);
            for week in 0..20 {
                let features: Vec<[f64; N]> = (0..60)
                    .map(|_| {
                        let drawn: [f64; N] = std::array::from_fn(|_| random.next().unwrap());
                        // What the prior looks at is anything but what counts.
                        [drawn[0] - drawn[4], drawn[1], drawn[2], drawn[3], drawn[4]]
                    })
                    .collect();
                let worth = |row: &[f64; N]| row[4];
                let scores = if explore {
                    feedback.explore(&features, seed * 1000 + week)
                } else {
                    feedback.scores(&features)
                };
                let shown: Vec<[f64; N]> = descending(&scores)[..10].iter().map(|&i| features[i]).collect();
                let mut worths: Vec<f64> = features.iter().map(worth).collect();
                worths.sort_unstable_by(|a, b| b.total_cmp(a));
                best += worths[..10].iter().sum::<f64>();
                got += shown.iter().map(worth).sum::<f64>();
                let outcomes = shown.iter().map(|row| worth(row) + 2.0 * random.next().unwrap()).collect();
                if learn {
                    feedback
                        .learn(format!("week {week}"), &[Outcomes { features: shown, outcomes }])
                        .unwrap();
                }
            }
            got / best
        };
        let mean = |explore, learn| (0..40).map(|seed| run(seed, explore, learn)).sum::<f64>() / 40.0;
        let (fixed, greedy, exploring) = (mean(false, false), mean(false, true), mean(true, true));
        println!(
            "share of the best: fixed weights {fixed:.3}, learning {greedy:.3}, exploring {exploring:.3}"
        );
        assert!(exploring > fixed + 0.2, "{exploring} {fixed}");
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
        let unmoved = feedback.learn("w", &[flat]).unwrap().weights;
        assert!(unmoved.iter().all(|w| (w - 0.2).abs() < 1e-9), "{unmoved:?}");
        assert!(feedback.roll_back().is_ok() && feedback.roll_back().is_err());
        assert!(Feedback::new([0.5; N]).is_err() && Feedback::new([f64::NAN; N]).is_err());
    }
}

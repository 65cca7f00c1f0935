//! Two captions, thumbnails or titles against each other: when to stop, and which one to keep (beta-binomial).

use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Points at which the second rate's distribution is looked at; enough for a probability to within 1e-6.
const POINTS: usize = 4001;
/// Deviations around the mean that are looked at.
const REACH: f64 = 9.0;

/// What was shown and what came of it, by variant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AbCounts {
    /// How often it was shown.
    pub shown: u64,
    /// How often it was taken: clicked, watched to the end, followed.
    pub taken: u64,
}

/// Which variant is better, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AbResult {
    /// Probability that the second one's rate is higher.
    pub second_is_better: f64,
    /// What is lost in rate, on average, by keeping the first, and the second.
    pub loss: [f64; 2],
    /// Mean rates.
    pub rates: [f64; 2],
    /// The one to keep (0 or 1), once what it may lose is less than what is cared about; `None` is to go on.
    pub keep: Option<usize>,
}

/// Compares two variants. `least` is the difference in rate that is not cared about, such as 0.001: the test may be looked at
/// as often as one likes and stopped as soon as the expected loss of one variant is below it.
///
/// Rates are taken to be anything from 0 to 1 before the first view (a uniform prior).
///
/// ```
/// use viralnow_core::clips::{AbCounts, ab_test};
/// let result = ab_test(AbCounts { shown: 1000, taken: 50 }, AbCounts { shown: 1000, taken: 80 }, 0.001)?;
/// assert!(result.second_is_better > 0.99 && result.keep == Some(1));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn ab_test(first: AbCounts, second: AbCounts, least: f64) -> Result<AbResult> {
    if let Some(wrong) = [first, second].into_iter().find(|counts| counts.taken > counts.shown) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "a variant cannot be taken more often than it was shown",
        )
        .with("shown", wrong.shown)
        .with("taken", wrong.taken));
    }
    if !(least > 0.0 && least < 1.0) {
        return Err(Error::new(ErrorKind::InvalidConfig, "least is a difference in rate, between 0 and 1")
            .with("least", least));
    }
    let of =
        |counts: AbCounts| Beta::new(counts.taken as f64 + 1.0, (counts.shown - counts.taken) as f64 + 1.0);
    let (a, b) = (of(first), of(second));
    // Both densities on one grid; of each the mass below every point, and the rate times it.
    let low = (a.mean - REACH * a.deviation).min(b.mean - REACH * b.deviation).max(0.0);
    let high = (a.mean + REACH * a.deviation).max(b.mean + REACH * b.deviation).min(1.0);
    let step = (high - low) / POINTS as f64;
    let (mut mass_a, mut mass_b, mut second_is_better) = (0.0, 0.0, 0.0);
    let (mut rate_a, mut rate_b, mut loss) = (0.0, 0.0, [0.0; 2]);
    for (i, (p_a, p_b)) in a.masses(low, step).into_iter().zip(b.masses(low, step)).enumerate() {
        let x = low + (i as f64 + 0.5) * step;
        // Half of what lies at the same point counts as below.
        second_is_better += p_b * (mass_a + 0.5 * p_a);
        // Of the second above the first: how much, weighed; and the other way around.
        loss[0] += p_b * (x * mass_a - rate_a);
        loss[1] += p_a * (x * mass_b - rate_b);
        (mass_a, mass_b) = (mass_a + p_a, mass_b + p_b);
        (rate_a, rate_b) = (rate_a + x * p_a, rate_b + x * p_b);
    }
    let better = usize::from(loss[1] < loss[0]);
    let keep = (loss[better] < least).then_some(better);
    Ok(AbResult { second_is_better, loss, rates: [a.mean, b.mean], keep })
}

/// A beta distribution (of `taken` and `left`, commonly alpha and beta), relative to its mode.
struct Beta {
    taken: f64,
    left: f64,
    mean: f64,
    deviation: f64,
    log_mode: f64,
}

impl Beta {
    fn new(taken: f64, left: f64) -> Self {
        let n = taken + left;
        let mean = taken / n;
        let mut made =
            Self { taken, left, mean, deviation: (mean * (1.0 - mean) / (n + 1.0)).sqrt(), log_mode: 0.0 };
        made.log_mode = made.log((taken - 1.0) / (n - 2.0).max(f64::MIN_POSITIVE));
        made
    }

    fn log(&self, x: f64) -> f64 {
        let part = |power: f64, x: f64| if power == 0.0 { 0.0 } else { power * x.ln() };
        part(self.taken - 1.0, x) + part(self.left - 1.0, 1.0 - x)
    }

    /// The mass at each point of the grid, 1 together; of a distribution that is narrower than the grid, at one point.
    fn masses(&self, low: f64, step: f64) -> Vec<f64> {
        let mut masses = vec![0.0; POINTS];
        if self.deviation < step {
            masses[(((self.mean - low) / step) as usize).min(POINTS - 1)] = 1.0;
            return masses;
        }
        for (i, mass) in masses.iter_mut().enumerate() {
            *mass = (self.log(low + (i as f64 + 0.5) * step) - self.log_mode).exp();
        }
        let whole: f64 = masses.iter().sum();
        masses.iter_mut().for_each(|mass| *mass /= whole);
        masses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(shown: u64, taken: u64) -> AbCounts {
        AbCounts { shown, taken }
    }

    #[test]
    fn probabilities_in_closed_form() {
        let of = |a, b| ab_test(a, b, 0.001).unwrap();
        let none = of(counts(0, 0), counts(0, 0));
        assert!((none.second_is_better - 0.5).abs() < 1e-6 && none.keep.is_none());
        // Two uniform rates differ by a third on average, so half of that is lost either way.
        assert!(none.loss.iter().all(|loss| (loss - 1.0 / 6.0).abs() < 1e-5), "{none:?}");
        // Beta(1, 1) against Beta(2, 1): P(B > A) = E[B] = 2/3.
        assert!((of(counts(0, 0), counts(1, 1)).second_is_better - 2.0 / 3.0).abs() < 1e-5);
        // Beta(2, 1) against Beta(1, 2): 1 - E[2 x - x^2] under 2 x = 1 - (4/3 - 1/2) = 1/6.
        assert!((of(counts(1, 1), counts(1, 0)).second_is_better - 1.0 / 6.0).abs() < 1e-5);
        // Large counts: the normal approximation, z = 0.001 / sqrt(2 * 0.05 * 0.95 / 1e6) = 3.244.
        let large = of(counts(1_000_000, 50_000), counts(1_000_000, 51_000));
        assert!((large.second_is_better - 0.999_41).abs() < 5e-5, "{large:?}");
        let swapped = of(counts(1_000_000, 51_000), counts(1_000_000, 50_000));
        assert!((large.second_is_better + swapped.second_is_better - 1.0).abs() < 1e-9);
        assert_eq!((large.keep, swapped.keep), (Some(1), Some(0)));
    }

    #[test]
    fn extremes_and_nonsense() {
        for (a, b) in [
            (counts(u64::MAX, 0), counts(u64::MAX, u64::MAX)),
            (counts(1 << 53, 1), counts(3, 3)),
            (counts(10, 10), counts(10, 10)),
        ] {
            let result = ab_test(a, b, 0.01).unwrap();
            assert!((0.0..=1.0 + 1e-9).contains(&result.second_is_better), "{result:?}");
            assert!(result.loss.iter().all(|loss| loss.is_finite()), "{result:?}");
        }
        assert_eq!(ab_test(counts(1, 2), counts(1, 1), 0.01).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(
            ab_test(counts(2, 1), counts(1, 1), f64::NAN).unwrap_err().kind(),
            ErrorKind::InvalidConfig
        );
    }
}

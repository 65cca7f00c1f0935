//! What faces show over time: the means of what was seen.

use super::{Expression, ExpressionLabel};

/// Sums over expressions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Affect {
    probabilities: [f64; 8],
    /// Valence and arousal, and how many had them.
    sums: [(f64, u32); 2],
    seen: u32,
}

impl Affect {
    pub(super) fn see(&mut self, expression: Option<Expression>) {
        let Some(expression) = expression else { return };
        self.seen += 1;
        for (sum, probability) in self.probabilities.iter_mut().zip(expression.probabilities) {
            *sum += f64::from(probability);
        }
        for (sum, value) in self.sums.iter_mut().zip([expression.valence, expression.arousal]) {
            if let Some(value) = value {
                *sum = (sum.0 + f64::from(value), sum.1 + 1);
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        for (sum, probability) in self.probabilities.iter_mut().zip(other.probabilities) {
            *sum += probability;
        }
        for (sum, other) in self.sums.iter_mut().zip(other.sums) {
            *sum = (sum.0 + other.0, sum.1 + other.1);
        }
    }

    /// Valence and arousal in the mean.
    pub(super) fn means(&self) -> [Option<f64>; 2] {
        self.sums.map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)))
    }

    /// The likeliest expression over all that was seen.
    pub(super) fn label(&self) -> Option<ExpressionLabel> {
        let best =
            (1..8).fold(0, |best, k| if self.probabilities[k] > self.probabilities[best] { k } else { best });
        (self.seen > 0).then(|| ExpressionLabel::ALL[best])
    }
}

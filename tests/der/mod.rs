//! The diarization error rate, as NIST's `md-eval` defines it (Fiscus et al. 2006): missed speech, false alarms and
//! confused speakers over the time that the truth has, each speaker counted, under the one-to-one mapping of labels that
//! makes the most agree; a collar around every boundary of the truth is left out.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

pub mod conversation;
pub mod onnx;
pub mod voices;

use std::collections::BTreeSet;
use std::fmt;

/// From, to, who.
pub type Stretch = (f64, f64, String);

/// Seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ErrorRate {
    pub missed: f64,
    pub false_alarm: f64,
    pub confused: f64,
    pub speech: f64,
}

impl ErrorRate {
    /// Of what was found against the truth, with a collar (in seconds) on either side of each boundary.
    pub fn of(truth: &[Stretch], found: &[Stretch], collar: f64) -> Self {
        let names = |stretches: &[Stretch]| -> Vec<String> {
            stretches.iter().map(|s| s.2.clone()).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let (real, ours) = (names(truth), names(found));
        // Moments at which anything changes.
        let mut edges: Vec<f64> = truth.iter().chain(found).flat_map(|s| [s.0, s.1]).collect();
        edges.extend(truth.iter().flat_map(|s| [s.0 - collar, s.0 + collar, s.1 - collar, s.1 + collar]));
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let active = |stretches: &[Stretch], names: &[String], t: f64| -> Vec<usize> {
            let here = |name: &String| stretches.iter().any(|s| s.0 <= t && t < s.1 && s.2 == *name);
            (0..names.len()).filter(|&i| here(&names[i])).collect()
        };
        let mut rate = Self::default();
        let mut together = vec![vec![0.0; ours.len()]; real.len()];
        let mut both = 0.0;
        for pair in edges.windows(2) {
            let (t, length) = (f64::midpoint(pair[0], pair[1]), pair[1] - pair[0]);
            if truth.iter().any(|s| (t - s.0).abs() < collar || (t - s.1).abs() < collar) {
                continue;
            }
            let (r, o) = (active(truth, &real, t), active(found, &ours, t));
            rate.speech += length * r.len() as f64;
            rate.missed += length * r.len().saturating_sub(o.len()) as f64;
            rate.false_alarm += length * o.len().saturating_sub(r.len()) as f64;
            both += length * r.len().min(o.len()) as f64;
            for &i in &r {
                for &j in &o {
                    together[i][j] += length;
                }
            }
        }
        rate.confused = both - best_mapping(&together);
        rate
    }

    /// The rate: 0 is perfect, and it may be above 1.
    pub fn total(&self) -> f64 {
        (self.missed + self.false_alarm + self.confused) / self.speech
    }

    pub fn add(&mut self, other: &Self) {
        self.missed += other.missed;
        self.false_alarm += other.false_alarm;
        self.confused += other.confused;
        self.speech += other.speech;
    }
}

impl fmt::Display for ErrorRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |x: f64| 100.0 * x / self.speech;
        write!(
            f,
            "DER {:.1} % (missed {:.1}, false alarm {:.1}, confused {:.1}) of {:.1} s",
            100.0 * self.total(),
            share(self.missed),
            share(self.false_alarm),
            share(self.confused),
            self.speech
        )
    }
}

/// The most that a one-to-one mapping of rows to columns sums to: over all sets of columns that the rows so far may use
/// (fewer than 2^20 of them).
fn best_mapping(together: &[Vec<f64>]) -> f64 {
    let columns = together.first().map_or(0, Vec::len);
    assert!(columns < 20, "too many speakers for this scorer");
    let mut best = vec![f64::NEG_INFINITY; 1 << columns];
    best[0] = 0.0;
    for row in together {
        let mut next = best.clone();
        for (used, sum) in best.iter().enumerate().filter(|(_, sum)| sum.is_finite()) {
            for (column, value) in row.iter().enumerate().filter(|(column, _)| used & (1 << column) == 0) {
                let with = &mut next[used | (1 << column)];
                *with = with.max(sum + value);
            }
        }
        best = next;
    }
    best.into_iter().fold(0.0, f64::max)
}

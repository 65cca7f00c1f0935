//! Measures of a ranking against what happened.

use crate::score::{descending, in_top_tenth, ranks, top_tenth};

/// How well one list was ranked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranked {
    pub(super) precision: f64,
    pub(super) auc: f64,
    pub(super) spearman: f64,
    pub(super) ndcg_20: f64,
}

/// Compares scores with outcomes: precision and AUC of the top tenth, rank correlation, and nDCG of the first 20, whose gains
/// are the outcomes' ranks.
pub(super) fn ranked(scores: &[f64], outcomes: &[f64]) -> Ranked {
    let n = scores.len();
    let top = top_tenth(n);
    let in_top = in_top_tenth(outcomes);
    let order = descending(scores);
    let hits = order[..top].iter().filter(|&&i| in_top[i]).count();
    let (score_ranks, outcome_ranks) = (ranks(scores), ranks(outcomes));
    let rank_sum: f64 = (0..n).filter(|&i| in_top[i]).map(|i| score_ranks[i]).sum();
    let (top_n, rest) = (top as f64, (n - top) as f64);
    let gain = |order: &[usize]| -> f64 {
        order
            .iter()
            .take(20)
            .enumerate()
            .map(|(at, &i)| outcome_ranks[i] / n as f64 / (at as f64 + 2.0).log2())
            .sum()
    };
    Ranked {
        precision: hits as f64 / top_n,
        auc: (rank_sum - top_n * (top_n + 1.0) / 2.0) / (top_n * rest),
        spearman: correlation(&score_ranks, &outcome_ranks),
        ndcg_20: gain(&order) / gain(&descending(outcomes)),
    }
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        (ab, aa, bb) = (ab + a * b, aa + a * a, bb + b * b);
    }
    if aa * bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}

/// Expected calibration error over ten bins of equal width.
pub(super) fn calibration_error(probabilities: &[f64], happened: &[bool]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for (&p, &happened) in probabilities.iter().zip(happened) {
        let bin = &mut bins[((p * 10.0) as usize).min(9)];
        *bin = (bin.0 + 1.0, bin.1 + p, bin.2 + f64::from(u8::from(happened)));
    }
    bins.iter().map(|(_, p, happened)| (p - happened).abs()).sum::<f64>() / probabilities.len() as f64
}

/// The 95 % interval of the mean over days, by drawing days again, and always the same ones.
pub(super) fn bootstrap(by_day: &[f64]) -> [f64; 2] {
    const DRAWS: usize = 1000;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let n = by_day.len() as u64;
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| by_day.iter().map(|_| by_day[(random() % n) as usize]).sum::<f64>() / n as f64)
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    [means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rankings_by_hand() {
        let outcomes: Vec<f64> = (0..20).map(f64::from).collect();
        let perfect = ranked(&outcomes, &outcomes);
        assert_eq!((perfect.precision, perfect.auc, perfect.ndcg_20), (1.0, 1.0, 1.0));
        assert!((perfect.spearman - 1.0).abs() < 1e-12);
        let backwards: Vec<f64> = outcomes.iter().map(|x| -x).collect();
        let worst = ranked(&backwards, &outcomes);
        assert_eq!((worst.precision, worst.auc), (0.0, 0.0));
        // One of two in the top, the other at rank 10 of 20: 18 + 9 of 36 pairs are right.
        let mut half = outcomes.clone();
        half[18] = 8.5;
        let half = ranked(&half, &outcomes);
        assert_eq!((half.precision, half.auc), (0.5, 27.0 / 36.0));
        // Nobody can rank what is all the same.
        assert_eq!(ranked(&[1.0; 20], &outcomes).spearman, 0.0);
    }

    #[test]
    fn calibration_and_bootstrap_by_hand() {
        let error = calibration_error(&[0.25, 0.25, 0.95, 0.95], &[false, true, true, true]);
        assert!((error - (0.5 + 0.1) / 4.0).abs() < 1e-12);
        let [low, high] = bootstrap(&[0.4, 0.6, 0.5, 0.5]);
        assert!(low >= 0.4 && high <= 0.6 && low < 0.5 && high > 0.5);
        assert_eq!(bootstrap(&[0.5; 9]), [0.5, 0.5]);
    }
}

//! What speech is like on average: 16 kinds of sounds, so that voices are compared sound by sound.
//!
//! A mixture of 16 Gaussians with diagonal covariance, fitted by expectation-maximisation to the cepstra (of
//! `cepstra.rs`, their mean over the recording taken off) of 249 readers, 10 to 15 s each, of LibriSpeech's
//! `train-clean-100` (Panayotov et al., ICASSP 2015; CC BY 4.0). It knows nothing of who speaks: a table of sounds, not a
//! model of speakers, in the way of the universal background model of Reynolds, Quatieri & Dunn (2000).

use super::cepstra::DIMS;

/// Kinds of sounds.
pub(super) const KINDS: usize = 16;

/// How often each one is.
#[rustfmt::skip]
pub(super) const WEIGHTS: [f32; KINDS] = [
    0.1059, 0.0825, 0.0819, 0.0694, 0.0671, 0.0663, 0.0645, 0.0637, 0.0631, 0.0601, 0.0553, 0.0546, 0.0537, 0.0403,
    0.0359, 0.0357,
];

/// Means.
#[rustfmt::skip]
pub(super) const MEANS: [[f32; DIMS]; KINDS] = [
    [4.78, 2.47, 1.37, 2.09, 0.65, 0.38, 0.20, -0.71, -0.48, 0.28, -0.15, -0.44],
    [-2.55, 0.38, -0.58, 0.98, 0.88, 0.80, 0.67, 0.32, 0.29, 0.09, 0.19, 0.04],
    [3.45, -3.33, -0.55, -0.36, -0.62, -0.84, -0.09, 1.18, 0.96, 0.02, -0.56, 0.05],
    [2.49, -1.91, 3.58, 0.89, -2.26, -1.43, -0.10, 0.85, -0.74, -0.39, 0.42, 0.19],
    [4.77, -3.79, -3.46, -2.09, 0.90, 1.36, -0.19, 0.03, 0.88, 0.40, -0.02, -0.84],
    [-0.28, 2.04, 5.97, -0.35, -2.22, 0.48, 0.47, -1.21, -0.96, 0.48, -0.28, -0.13],
    [6.39, 0.49, -2.43, -2.23, 0.60, 1.42, -0.60, -1.20, -0.30, 0.67, 0.74, 0.08],
    [2.38, 0.67, 2.19, 1.54, -0.48, -1.53, -0.48, 0.20, 0.09, -0.39, -0.45, 0.58],
    [-6.56, -3.61, -1.37, -0.29, 0.28, -0.28, 0.37, 0.38, 0.23, -0.04, 0.10, 0.25],
    [7.48, 3.11, -1.50, -3.50, -1.09, 1.68, 0.44, -0.17, -0.36, -0.78, 0.11, 0.36],
    [-4.50, 4.06, 0.90, 1.67, 1.43, -0.15, 0.24, -0.24, 0.14, -0.16, -0.14, -0.07],
    [-13.32, -1.35, 1.33, -0.61, -0.49, 0.24, 0.32, 0.05, 0.25, -0.20, 0.36, 0.13],
    [9.12, -2.41, -3.47, 1.35, 1.26, -1.48, -2.08, 0.77, 0.25, -0.18, 0.22, 0.44],
    [-17.41, 2.84, -1.49, -1.62, 2.05, -0.95, 0.47, 0.42, 0.10, 0.19, -0.24, 0.31],
    [-15.69, 3.49, -3.75, 1.74, 0.13, 0.11, 0.77, -0.12, 0.38, -0.16, 0.65, 0.12],
    [2.91, -1.27, -0.06, -0.59, -0.28, -0.82, -0.86, -0.56, -0.81, -0.29, -1.04, -0.89],
];

/// Variances.
#[rustfmt::skip]
pub(super) const VARIANCES: [[f32; DIMS]; KINDS] = [
    [7.56, 5.56, 3.02, 2.92, 2.16, 1.80, 2.21, 1.59, 1.46, 1.12, 1.08, 1.01],
    [10.22, 3.69, 2.44, 1.30, 1.07, 1.06, 0.84, 0.73, 0.58, 0.56, 0.51, 0.46],
    [7.01, 6.98, 3.11, 2.35, 2.16, 2.16, 2.46, 1.30, 1.19, 1.28, 0.84, 0.87],
    [7.72, 4.74, 4.81, 4.01, 2.00, 2.38, 2.19, 1.31, 1.47, 1.37, 0.77, 0.90],
    [8.70, 6.86, 3.05, 3.75, 2.69, 2.71, 2.27, 1.53, 1.56, 1.81, 1.55, 0.98],
    [7.76, 5.68, 4.06, 5.18, 2.42, 2.86, 1.81, 1.49, 1.47, 1.41, 1.13, 0.94],
    [10.41, 6.33, 4.96, 5.74, 3.06, 1.95, 2.73, 1.51, 1.75, 1.27, 0.95, 0.83],
    [8.94, 5.07, 3.05, 2.54, 1.71, 1.53, 1.78, 0.96, 1.02, 0.86, 0.81, 1.00],
    [15.15, 7.17, 5.73, 2.94, 2.81, 2.30, 2.00, 1.47, 1.28, 1.07, 0.98, 0.70],
    [8.41, 8.47, 5.16, 8.21, 3.96, 2.52, 2.16, 1.90, 1.96, 1.31, 1.50, 1.23],
    [38.19, 9.53, 6.41, 4.31, 2.65, 2.68, 1.98, 1.35, 1.24, 0.96, 0.87, 0.76],
    [40.95, 7.43, 6.73, 4.43, 2.29, 2.39, 1.69, 1.32, 1.01, 0.85, 0.84, 0.65],
    [6.92, 5.67, 7.46, 4.25, 3.26, 3.79, 3.19, 2.74, 1.96, 1.34, 1.25, 1.19],
    [19.73, 6.10, 4.69, 2.50, 1.65, 1.55, 1.56, 1.20, 0.96, 0.81, 0.72, 0.63],
    [14.46, 7.61, 2.90, 2.53, 1.70, 1.69, 1.16, 0.90, 0.86, 0.75, 0.72, 0.62],
    [17.00, 13.88, 12.77, 9.50, 5.71, 4.13, 4.05, 3.85, 3.69, 4.33, 3.18, 2.39],
];

/// Tells how much of each kind a frame is.
pub(super) struct Sounds {
    constant: [f32; KINDS],
    /// Mean over variance.
    linear: [[f32; DIMS]; KINDS],
    /// Minus half over variance.
    square: [[f32; DIMS]; KINDS],
}

impl Sounds {
    pub(super) fn new() -> Self {
        let mut new =
            Self { constant: [0.0; KINDS], linear: [[0.0; DIMS]; KINDS], square: [[0.0; DIMS]; KINDS] };
        for k in 0..KINDS {
            new.constant[k] = WEIGHTS[k].ln();
            for d in 0..DIMS {
                let (mean, variance) = (MEANS[k][d], VARIANCES[k][d]);
                new.linear[k][d] = mean / variance;
                new.square[k][d] = -0.5 / variance;
                new.constant[k] -= 0.5 * (variance.ln() + mean * mean / variance);
            }
        }
        new
    }

    /// Shares of the kinds, which sum to 1.
    pub(super) fn shares(&self, frame: &[f32; DIMS]) -> [f32; KINDS] {
        let mut shares = self.constant;
        for (k, share) in shares.iter_mut().enumerate() {
            for d in 0..DIMS {
                *share += frame[d] * (self.linear[k][d] + frame[d] * self.square[k][d]);
            }
        }
        let most = shares.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for share in &mut shares {
            *share = (*share - most).exp();
            sum += *share;
        }
        shares.map(|share| share / sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_variances_are_positive() {
        assert!((WEIGHTS.iter().sum::<f32>() - 1.0).abs() < 1e-3);
        assert!(VARIANCES.iter().flatten().all(|&v| v > 0.1));
    }

    #[test]
    fn a_mean_is_its_own_kind_or_the_nearest() {
        let sounds = Sounds::new();
        for (k, mean) in MEANS.iter().enumerate().take(KINDS - 1) {
            let shares = sounds.shares(mean);
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let larger = shares.iter().filter(|&&share| share > shares[k]).count();
            assert!(larger <= 1, "{k} {shares:?}");
        }
    }
}

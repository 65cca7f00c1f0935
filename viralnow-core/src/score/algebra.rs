//! The linear algebra of a refit: a few features, so plain loops.

/// The lower triangle of a symmetric positive definite matrix (Cholesky).
pub(super) fn triangle(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut l = vec![vec![0.0; a.len()]; a.len()];
    for i in 0..a.len() {
        for j in 0..=i {
            let rest = a[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            // The prior on the diagonal keeps it positive.
            l[i][j] = if i == j { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / l[j][j] };
        }
    }
    l
}

/// Solves `L y = b`.
pub(super) fn forwards(l: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let mut x = b.to_vec();
    for i in 0..x.len() {
        x[i] = (x[i] - (0..i).map(|k| l[i][k] * x[k]).sum::<f64>()) / l[i][i];
    }
    x
}

/// Solves `Lᵀ x = y`.
pub(super) fn backwards(l: &[Vec<f64>], y: &[f64]) -> Vec<f64> {
    let mut x = y.to_vec();
    for i in (0..x.len()).rev() {
        x[i] = (x[i] - (i + 1..x.len()).map(|k| l[k][i] * x[k]).sum::<f64>()) / l[i][i];
    }
    x
}

/// The nearest weights that are not negative and sum to 1 (Duchi and others, 2008).
pub(super) fn simplex(v: &[f64]) -> Vec<f64> {
    let mut sorted = v.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (k, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (k + 1) as f64;
        if value - candidate > 0.0 {
            shift = candidate;
        }
    }
    v.iter().map(|value| (value - shift).max(0.0)).collect()
}

/// Numbers of the standard normal distribution from a seed, always the same ones: `SplitMix64` (Steele and others, 2014) through
/// Box and Muller (1958).
pub(crate) fn normals(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    let mut uniform = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // In (0, 1]: its logarithm is finite.
        (((z ^ (z >> 31)) >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    };
    std::iter::repeat_with(move || {
        let (a, b) = (uniform(), uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projections_and_solutions_by_hand() {
        assert_eq!(simplex(&[2.0, 0.0, 0.0, 0.0, 0.0]), [1.0, 0.0, 0.0, 0.0, 0.0]);
        assert!(simplex(&[-1.0; 5]).iter().all(|w| (w - 0.2).abs() < 1e-12));
        let mut a = vec![vec![0.5; 5]; 5];
        (0..5).for_each(|i| a[i][i] = 2.0 + i as f64);
        let l = triangle(&a);
        let x = backwards(&l, &forwards(&l, &[1.0, 2.0, 3.0, 4.0, 5.0]));
        for (i, row) in a.iter().enumerate() {
            assert!((row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>() - (i + 1) as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn normals_are_normal() {
        let drawn: Vec<f64> = normals(7).take(20_000).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let beyond = drawn.iter().filter(|x| x.abs() > 1.96).count() as f64 / 20_000.0;
        assert!((beyond - 0.05).abs() < 0.006, "{beyond}");
    }
}

//! Derivatives of noisy series: Savitzky & Golay (Analytical Chemistry 36, 1964).

/// The weights that give the derivative of this order of the polynomial of the same order that fits `width` neighbouring
/// values best (least squares), the step being 1. `width` is odd and larger than the order.
///
/// The derivative of that order is the polynomial's leading coefficient times the factorial, and the leading coefficient is
/// the projection on the last of the orthogonal polynomials on the window's places (Gram's).
pub(crate) fn derivative_weights(width: usize, order: usize) -> Vec<f64> {
    let half = (width / 2) as f64;
    let places: Vec<f64> = (0..width).map(|i| i as f64 - half).collect();
    let (mut before, mut last) = (vec![0.0; width], vec![1.0; width]);
    let energy = |polynomial: &[f64]| polynomial.iter().map(|p| p * p).sum::<f64>();
    let mut factorial = 1.0;
    for k in 1..=order {
        // Leading coefficient 1 throughout: p(k+1) = x p(k) - b p(k-1), the places being symmetric.
        let b = if k == 1 { 0.0 } else { energy(&last) / energy(&before) };
        let next = places.iter().zip(last.iter().zip(&before)).map(|(x, (p, q))| x * p - b * q).collect();
        before = std::mem::replace(&mut last, next);
        factorial *= k as f64;
    }
    let scale = factorial / energy(&last);
    last.iter().map(|p| p * scale).collect()
}

/// The derivative of every column along the rows. Where the window does not fit, at the ends, the polynomial that fits the
/// first or the last window stands, whose derivative of its own order is the same everywhere. `None` with fewer rows than
/// weights.
pub(crate) fn derivative(values: &[f32], columns: usize, weights: &[f64]) -> Option<Vec<f32>> {
    let rows = values.len() / columns.max(1);
    if rows < weights.len() || columns == 0 {
        return None;
    }
    let half = weights.len() / 2;
    let mut out = Vec::with_capacity(values.len());
    let mut sums = vec![0.0_f64; columns];
    for row in 0..rows {
        let start = row.saturating_sub(half).min(rows - weights.len());
        if row == 0 || (row > half && row + half < rows) {
            sums.fill(0.0);
            for (weight, values) in weights.iter().zip(values[start * columns..].chunks_exact(columns)) {
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum += weight * f64::from(value);
                }
            }
        }
        out.extend(sums.iter().map(|&sum| sum as f32));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_those_of_the_tables() {
        // Savitzky & Golay, table of convolutes: first derivative, quadratic, 5 points: -2 -1 0 1 2 over 10; second
        // derivative, 5 points: 2 -1 -2 -1 2 over 7.
        let first = derivative_weights(5, 1);
        let second = derivative_weights(5, 2);
        for (i, (a, b)) in [-2.0, -1.0, 0.0, 1.0, 2.0].iter().zip([2.0, -1.0, -2.0, -1.0, 2.0]).enumerate() {
            assert!((first[i] - a / 10.0).abs() < 1e-12 && (second[i] - b / 7.0).abs() < 1e-12, "{i}");
        }
    }

    #[test]
    fn polynomials_have_their_derivative_everywhere() {
        let values: Vec<f32> = (0..20).flat_map(|i| [3.0 * i as f32 - 7.0, (i * i) as f32]).collect();
        let slopes = derivative(&values, 2, &derivative_weights(9, 1)).unwrap();
        assert!(slopes.iter().step_by(2).all(|slope| (slope - 3.0).abs() < 1e-5));
        // A parabola's slope inside is 2 i.
        assert!((4..16).all(|i| (slopes[2 * i + 1] - 2.0 * i as f32).abs() < 1e-4));
        let bends = derivative(&values, 2, &derivative_weights(9, 2)).unwrap();
        assert!(bends.iter().skip(1).step_by(2).all(|bend| (bend - 2.0).abs() < 1e-4));
        assert!(derivative(&values[..16], 2, &derivative_weights(9, 1)).is_none());
        assert_eq!(derivative(&values[..18], 2, &derivative_weights(9, 1)).unwrap().len(), 18);
    }
}

//! Window functions.

use std::f64::consts::PI;

/// The periodic Hann window, `0.5 - 0.5 cos(2 pi i / n)`: what a short-time transform needs so that shifted copies add up
/// to a constant.
pub(crate) fn hann_periodic(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 - 0.5 * (2.0 * PI * i as f64 / n as f64).cos()).collect()
}

/// The Hann window of Boersma (1993, eq. 5) with neither end zero: `0.5 - 0.5 cos(2 pi i / (n + 1))` for i = 1 ... n.
pub(crate) fn hann_inside(n: usize) -> Vec<f64> {
    (1..=n).map(|i| 0.5 - 0.5 * (2.0 * PI * i as f64 / (n + 1) as f64).cos()).collect()
}

/// The Kaiser window of parameter `beta`: the modified Bessel function of order 0 of `beta sqrt(1 - x^2)`, `x` running
/// from -1 to 1 over the centres of `n` samples; scaled to a sum of 1.
pub(crate) fn kaiser(n: usize, beta: f64) -> Vec<f64> {
    let raw: Vec<f64> = (0..n)
        .map(|i| {
            let x = (2.0 * i as f64 + 1.0) / n as f64 - 1.0;
            bessel_i0(beta * (1.0 - x * x).max(0.0).sqrt())
        })
        .collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|w| w / sum).collect()
}

/// Modified Bessel function of the first kind and order 0, by its power series (Abramowitz & Stegun 9.6.10).
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..500 {
        term *= quarter / (k * k) as f64;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_hann_windows_add_up_to_a_constant() {
        let window = hann_periodic(2048);
        for i in 0..512 {
            let sum: f64 = (0..4).map(|k| window[i + 512 * k]).sum();
            assert!((sum - 2.0).abs() < 1e-12);
        }
    }

    #[test]
    fn bessel_agrees_with_the_tables() {
        // Abramowitz & Stegun, table 9.8; more digits from mpmath.
        for (x, value) in [(1.0, 1.2660658777520084), (5.0, 27.239871823604442), (20.0, 43558282.55955353)] {
            assert!((bessel_i0(x) / value - 1.0).abs() < 1e-14, "{x}");
        }
    }

    #[test]
    fn kaiser_is_symmetric_and_sums_to_one() {
        let window = kaiser(1024, 20.24);
        assert!((window.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((0..512).all(|i| (window[i] - window[1023 - i]).abs() < 1e-15));
    }
}

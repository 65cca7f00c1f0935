//! The beta distribution.

/// Its cumulative distribution with shapes `a` and `b` (both positive): the regularised incomplete beta function, by its
/// continued fraction (Abramowitz & Stegun 26.5.8), evaluated after Lentz.
pub(crate) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast on this side of the mean; the other side is the complement.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_cdf(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    let keep_off_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut numerator, mut denominator) = (1.0, 1.0 / keep_off_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = denominator;
    for m in 1..1000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            denominator = 1.0 / keep_off_zero(1.0 + term * denominator);
            numerator = keep_off_zero(1.0 + term / numerator);
            change = numerator * denominator;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * fraction).min(1.0)
}

/// Logarithm of the gamma function for positive arguments: shifted upward, then Stirling's series (A&S 6.1.41).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 24.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    shift + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        for x in [0.01_f64, 0.1, 0.3, 0.5, 0.9, 0.999] {
            // Shapes (1, b), (a, 1), and (2, 18) by integration by parts.
            assert!((beta_cdf(x, 1.0, 5.0) - (1.0 - (1.0 - x).powi(5))).abs() < 1e-13);
            assert!((beta_cdf(x, 3.0, 1.0) - x.powi(3)).abs() < 1e-13);
            let two = 1.0 - (1.0 - x).powi(18) * (1.0 + 18.0 * x);
            assert!((beta_cdf(x, 2.0, 18.0) - two).abs() < 1e-12, "{x}");
            assert!(
                (beta_cdf(x, 0.5, 0.5) - 2.0 / std::f64::consts::PI * x.sqrt().asin()).abs() < 1e-12,
                "{x}"
            );
        }
        assert_eq!((beta_cdf(0.0, 2.0, 18.0), beta_cdf(1.0, 2.0, 18.0)), (0.0, 1.0));
    }
}

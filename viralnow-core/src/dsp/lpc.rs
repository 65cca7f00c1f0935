//! Linear prediction: the all-pole model of a stretch of sound, and the resonances of that model.
//!
//! Everywhere the prediction-error filter is `A(z) = 1 + a[0] z^-1 + a[1] z^-2 + ...` (Markel & Gray, "Linear Prediction of
//! Speech", 1976): filtering the sound by it leaves the residual.

use super::dot::dot_doubles as dot;
use realfft::num_complex::Complex;
use std::f64::consts::PI;

/// Burg's method (J. P. Burg, "Maximum entropy spectral analysis", 1975; in the notation of D. G. Childers, "Modern
/// Spectrum Analysis", 1978, pages 252-255): stage by stage the reflection coefficient that makes forward and backward
/// errors least. The filter is always stable.
///
/// The errors are not run through a lattice. Their inner products are quadratic forms of the covariances of the sound, and
/// these follow from the first `order + 1` autocorrelations and the samples at the two ends (after K. Vos, "A fast
/// implementation of Burg's method", 2013): for a formant frame a fifth of the work, and the same filter.
#[derive(Debug)]
pub(crate) struct Burg {
    order: usize,
    /// Covariances `sum over n of x[n - i] x[n - j]`, row `i`, column `j`.
    covariance: Vec<f64>,
    /// Forward error filter of the stage before, and the backward one.
    forward: Vec<f64>,
    backward: Vec<f64>,
}

impl Burg {
    /// For filters of this order.
    pub(crate) fn new(order: usize) -> Self {
        let width = order + 1;
        Self {
            order,
            covariance: vec![0.0; width * width],
            forward: vec![0.0; width],
            backward: vec![0.0; width],
        }
    }

    /// Fits the filter to the samples and writes its `order` coefficients; gives the mean power of the residual, 0 where
    /// the samples are shorter than the filter, silent or not finite (the coefficients are 0 then). A sound that a lower
    /// order predicts already to the last digit leaves the rest of the coefficients at 0.
    pub(crate) fn fit(&mut self, x: &[f64], a: &mut [f64]) -> f64 {
        let (order, n, width) = (self.order, x.len(), self.order + 1);
        debug_assert_eq!(a.len(), order);
        a.fill(0.0);
        if n <= order {
            return 0.0;
        }
        let energy = dot(x, x);
        if !(energy > 0.0 && energy.is_finite()) {
            return 0.0;
        }
        let mut power = energy / n as f64;
        self.covariance.fill(0.0);
        self.covariance[0] = energy;
        self.forward.fill(0.0);
        self.forward[0] = 1.0;
        for stage in 1..=order {
            self.extend_covariance(x, stage);
            self.backward[0] = 0.0;
            for j in 1..=stage {
                self.backward[j] = self.forward[stage - j];
            }
            let (mut cross, mut total) = (0.0, 0.0);
            for i in 0..=stage {
                let row = &self.covariance[(i * width)..=(i * width + stage)];
                let of_forward = short_dot(row, &self.forward[..=stage]);
                let of_backward = short_dot(row, &self.backward[..=stage]);
                cross += self.backward[i] * of_forward;
                total += self.forward[i] * of_forward + self.backward[i] * of_backward;
            }
            // Below this the difference of large covariances is rounding.
            if total <= 1e-13 * energy {
                break;
            }
            let reflection = (-2.0 * cross / total).clamp(-1.0, 1.0);
            for j in 0..=stage {
                self.forward[j] += reflection * self.backward[j];
            }
            power *= 1.0 - reflection * reflection;
        }
        a.copy_from_slice(&self.forward[1..]);
        power
    }

    /// Covariances over `n >= stage` from those over `n >= stage - 1`.
    fn extend_covariance(&mut self, x: &[f64], stage: usize) {
        let (n, width) = (x.len(), self.order + 1);
        let c = &mut self.covariance;
        // Row and column `stage` are those of `stage - 1`, one sample earlier.
        for j in (1..=stage).rev() {
            let value = c[(stage - 1) * width + j - 1] - x[n - stage] * x[n - j];
            c[stage * width + j] = value;
            c[j * width + stage] = value;
        }
        let lag = dot(&x[stage..], &x[..n - stage]);
        c[stage * width] = lag;
        c[stage] = lag;
        // The sum over the others begins one sample later.
        for i in 0..stage {
            for j in 0..stage {
                c[i * width + j] -= x[stage - 1 - i] * x[stage - 1 - j];
            }
        }
    }
}

/// The autocorrelation method: solves the normal equations of the autocorrelations `r` (one more than `a` has) by the
/// recursion of Levinson and Durbin, writes the coefficients and gives the power of the residual (in the unit of `r[0]`; 0
/// for silence). The filter is stable where `r` is the autocorrelation of a sound.
pub(crate) fn levinson_durbin(r: &[f64], a: &mut [f64]) -> f64 {
    debug_assert_eq!(r.len(), a.len() + 1);
    a.fill(0.0);
    let mut power = r[0];
    if !(power > 0.0 && power.is_finite()) {
        return 0.0;
    }
    for stage in 0..a.len() {
        let sum: f64 = r[stage + 1] + (0..stage).map(|j| a[j] * r[stage - j]).sum::<f64>();
        let reflection = -sum / power;
        if !(reflection.abs() <= 1.0) {
            break;
        }
        a[stage] = reflection;
        for j in 0..stage / 2 {
            let (low, high) = (a[j], a[stage - 1 - j]);
            a[j] = low + reflection * high;
            a[stage - 1 - j] = high + reflection * low;
        }
        if stage % 2 == 1 {
            a[stage / 2] += reflection * a[stage / 2];
        }
        power *= 1.0 - reflection * reflection;
        if power <= 1e-15 * r[0] {
            break;
        }
    }
    power
}

/// A resonance of an all-pole model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Resonance {
    /// Centre frequency, in Hz.
    pub(crate) hz: f64,
    /// Width at half power, in Hz.
    pub(crate) bandwidth_hz: f64,
}

/// The resonances of the poles in the upper half plane, the lowest first: a pole at `r exp(i w)` resonates at
/// `w rate / 2 pi` with a bandwidth of `-ln(r) rate / pi`. Real poles shape the slope and are left out; a pole outside the
/// unit circle counts as its mirror image inside, which has the same spectrum.
pub(crate) fn resonances(poles: &[Complex<f64>], rate: f64, found: &mut Vec<Resonance>) {
    found.clear();
    found.extend(poles.iter().filter(|pole| pole.im > 0.0).map(|pole| Resonance {
        hz: pole.arg() * rate / (2.0 * PI),
        bandwidth_hz: 0.5 * pole.norm_sqr().ln().abs() * rate / PI,
    }));
    found.sort_by(|a, b| a.hz.total_cmp(&b.hz));
}

/// The inner product of a few numbers, in four sums that the compiler can keep side by side.
fn short_dot(a: &[f64], b: &[f64]) -> f64 {
    let (quads_a, quads_b) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = quads_a.remainder().iter().zip(quads_b.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; 4];
    for (a, b) in quads_a.zip(quads_b) {
        for i in 0..4 {
            sums[i] += a[i] * b[i];
        }
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::super::roots::Roots;
    use super::*;

    /// Burg's method as the papers write it: forward and backward errors through a lattice.
    fn lattice(x: &[f64], order: usize) -> Vec<f64> {
        let (mut forward, mut backward) = (x.to_vec(), x.to_vec());
        let mut a = vec![1.0];
        for stage in 1..=order {
            let mut cross = 0.0;
            let mut total = 0.0;
            for n in stage..x.len() {
                cross += forward[n] * backward[n - 1];
                total += forward[n] * forward[n] + backward[n - 1] * backward[n - 1];
            }
            let k = -2.0 * cross / total;
            for n in (stage..x.len()).rev() {
                let (f, b) = (forward[n], backward[n - 1]);
                (forward[n], backward[n]) = (f + k * b, b + k * f);
            }
            a.push(0.0);
            let before = a.clone();
            for j in 0..=stage {
                a[j] += k * before[stage - j];
            }
        }
        a[1..].to_vec()
    }

    fn noise(n: usize) -> Vec<f64> {
        let mut state = 11_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 23) - 1.0
        };
        (0..n).map(|_| (0..6).map(|_| random()).sum()).collect()
    }

    /// Noise through the filter 1 / A.
    fn through(a: &[f64], x: &[f64]) -> Vec<f64> {
        let mut y = Vec::with_capacity(x.len());
        for &x in x {
            let fed: f64 = a.iter().zip(y.iter().rev()).map(|(a, y): (&f64, &f64)| a * y).sum();
            y.push(x - fed);
        }
        y
    }

    const RATE: f64 = 11_000.0;

    /// A vowel's filter: resonances at these frequencies and bandwidths.
    fn filter(formants: &[(f64, f64)]) -> Vec<f64> {
        let mut c = vec![1.0];
        for (hz, width) in formants {
            let radius = (-PI * width / RATE).exp();
            let pair = [1.0, -2.0 * radius * (2.0 * PI * hz / RATE).cos(), radius * radius];
            let mut product = vec![0.0; c.len() + 2];
            for (i, a) in c.iter().enumerate() {
                for (j, b) in pair.iter().enumerate() {
                    product[i + j] += a * b;
                }
            }
            c = product;
        }
        c[1..].to_vec()
    }

    const VOWEL: [(f64, f64); 5] =
        [(730.0, 60.0), (1090.0, 70.0), (2440.0, 110.0), (3500.0, 150.0), (4500.0, 200.0)];

    #[test]
    fn the_filter_is_that_of_the_lattice() {
        let x = through(&filter(&VOWEL), &noise(550));
        for order in [1, 2, 3, 8, 10, 16] {
            let mut a = vec![0.0; order];
            let power = Burg::new(order).fit(&x, &mut a);
            let expected = lattice(&x, order);
            assert!(
                a.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9),
                "{order}: {a:?} {expected:?}"
            );
            assert!(power > 0.0);
        }
    }

    #[test]
    fn resonances_come_back() {
        let a = filter(&VOWEL);
        let x = through(&a, &noise(200_000));
        let r: Vec<f64> = (0..=10).map(|lag| dot(&x[lag..], &x[..x.len() - lag])).collect();
        let (mut by_burg, mut by_levinson) = (vec![0.0; 10], vec![0.0; 10]);
        let power = Burg::new(10).fit(&x, &mut by_burg);
        // Six uniform numbers of variance 1/3.
        assert!((power / 2.0 - 1.0).abs() < 0.02, "{power}");
        assert!((levinson_durbin(&r, &mut by_levinson) / 400_000.0 - 1.0).abs() < 0.02);
        for fitted in [by_burg, by_levinson] {
            let polynomial: Vec<f64> = std::iter::once(1.0).chain(fitted).collect();
            let (mut poles, mut found) = (Vec::new(), Vec::new());
            Roots::default().find(&polynomial, &mut poles);
            resonances(&poles, RATE, &mut found);
            assert_eq!(found.len(), 5);
            for (found, (hz, width)) in found.iter().zip(VOWEL) {
                assert!(
                    (found.hz - hz).abs() < 6.0 && (found.bandwidth_hz - width).abs() < 12.0,
                    "{found:?} {hz}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_fitted_is_zero() {
        let mut a = [1.0; 4];
        let mut burg = Burg::new(4);
        assert_eq!(burg.fit(&[0.0; 100], &mut a), 0.0);
        assert_eq!(a, [0.0; 4]);
        assert_eq!(burg.fit(&[1.0, 2.0, 3.0, 4.0], &mut a), 0.0);
        assert_eq!(burg.fit(&[f64::NAN; 100], &mut a), 0.0);
        assert_eq!(levinson_durbin(&[0.0; 5], &mut a), 0.0);
        // Alternating samples are predicted by one coefficient.
        let alternating: Vec<f64> = (0..100).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        burg.fit(&alternating, &mut a);
        assert!((a[0] - 1.0).abs() < 1e-9 && a[1..].iter().all(|a| a.abs() < 1e-9), "{a:?}");
        // A sine has the coefficients -2 cos(w), 1 by the covariances and stays finite at any order.
        let sine: Vec<f64> = (0..500).map(|i| (0.3 * f64::from(i)).sin()).collect();
        burg.fit(&sine, &mut a);
        assert!(a.iter().all(|a| a.is_finite()));
    }
}

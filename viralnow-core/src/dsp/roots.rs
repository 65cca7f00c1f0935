//! The roots of a polynomial with real coefficients.

use realfft::num_complex::Complex;

/// Steps of Laguerre's method before a root is given up; it commonly takes three to six.
const MOST_STEPS: usize = 80;
/// Every so many steps one is cut short by this share, which breaks the rare cycle.
const CYCLE: usize = 10;
const CUT: f64 = 0.618;

/// Finds all roots of real polynomials by Laguerre's method: each root found is divided out (a conjugate pair together),
/// and at the end all are sharpened by Newton's method on the polynomial as it was given. Keeps its working space, so that
/// thousands of polynomials cost no allocation.
///
/// ```ignore
/// let mut roots = Vec::new();
/// Roots::default().find(&[1.0, -3.0, 2.0], &mut roots); // z^2 - 3 z + 2
/// ```
#[derive(Debug, Default)]
pub(crate) struct Roots {
    left: Vec<f64>,
}

impl Roots {
    /// Writes the roots of `c[0] z^n + c[1] z^(n-1) + ... + c[n]`; the one with a negative imaginary part follows its
    /// conjugate. Zeros in front lower the degree. Gives fewer roots than the degree only where a coefficient is not
    /// finite (none at all) or where a root cannot be found in double precision.
    pub(crate) fn find(&mut self, coefficients: &[f64], roots: &mut Vec<Complex<f64>>) {
        roots.clear();
        if coefficients.iter().any(|c| !c.is_finite()) {
            return;
        }
        let from = coefficients.iter().position(|&c| c != 0.0).unwrap_or(coefficients.len());
        let whole = &coefficients[from..];
        self.left.clear();
        self.left.extend_from_slice(whole);
        while self.left.len() > 1 {
            match self.left[..] {
                [a, b] => {
                    roots.push(Complex::new(-b / a, 0.0));
                    break;
                }
                [a, b, c] => {
                    roots.extend(quadratic(a, b, c));
                    break;
                }
                _ => {}
            }
            let Some(found) = laguerre(&self.left) else { break };
            // As far from the real axis as rounding alone can bring it: a real root.
            if found.im * found.im <= 1e-18 * found.norm_sqr() {
                let root = Complex::new(found.re, 0.0);
                roots.push(root);
                divide(&mut self.left, -root.re, 0.0, 1);
            } else {
                let root = Complex::new(found.re, found.im.abs());
                roots.extend([root, root.conj()]);
                divide(&mut self.left, -2.0 * root.re, root.norm_sqr(), 2);
            }
        }
        for i in 0..roots.len() {
            // A conjugate follows its sharpened other half.
            let follows = roots[i].im < 0.0 && i > 0 && roots[i - 1].im > 0.0;
            roots[i] = if follows { roots[i - 1].conj() } else { sharpen(whole, roots[i]) };
        }
    }
}

/// The polynomial, its derivative and half its second derivative (Horner), and a bound of the rounding error of the first.
fn evaluate(c: &[f64], z: Complex<f64>) -> (Complex<f64>, Complex<f64>, Complex<f64>, f64) {
    let zero = Complex::new(0.0, 0.0);
    let (mut p, mut first, mut second) = (Complex::new(c[0], 0.0), zero, zero);
    let size = z.re.abs() + z.im.abs();
    let mut bound = c[0].abs();
    for &coefficient in &c[1..] {
        second = second * z + first;
        first = first * z + p;
        p = p * z + coefficient;
        bound = bound * size + (p.re.abs() + p.im.abs());
    }
    (p, first, second, bound * f64::EPSILON)
}

/// One root, from the origin on: the small ones first, which keeps the division well conditioned.
fn laguerre(c: &[f64]) -> Option<Complex<f64>> {
    let n = (c.len() - 1) as f64;
    // No root lies further out (Cauchy).
    let reach = 1.0 + c[1..].iter().map(|a| (a / c[0]).abs()).fold(0.0, f64::max);
    let mut z = Complex::new(0.0, 0.0);
    for step in 1..=MOST_STEPS {
        let (p, first, second, noise) = evaluate(c, z);
        if p.norm_sqr() <= noise * noise {
            return Some(z);
        }
        let g = first / p;
        let g2 = g * g;
        let h = g2 - second * 2.0 / p;
        let root = square_root((h * n - g2) * (n - 1.0));
        let (plus, minus) = (g + root, g - root);
        let down = if plus.norm_sqr() >= minus.norm_sqr() { plus } else { minus };
        let mut shift = Complex::new(n, 0.0) / down;
        if !(shift.norm_sqr() <= 4.0 * reach * reach) {
            // A saddle, or nearly one: leave it in a direction that no symmetry shares.
            shift = Complex::from_polar(0.5 * reach, step as f64);
        }
        if !shift.is_finite() {
            return None;
        }
        let next = if step % CYCLE == 0 { z - shift * CUT } else { z - shift };
        // Convergence is cubic: after a step this short the root is exact but for rounding.
        if next == z || shift.norm_sqr() <= 1e-24 * next.norm_sqr() {
            return Some(next);
        }
        z = next;
    }
    None
}

/// The square root in the right half plane, without going through angles.
fn square_root(z: Complex<f64>) -> Complex<f64> {
    let size = z.norm_sqr().sqrt();
    let large = ((z.re.abs() + size) * 0.5).sqrt();
    if large == 0.0 {
        return Complex::new(0.0, 0.0);
    }
    let small = 0.5 * z.im.abs() / large;
    let (re, im) = if z.re >= 0.0 { (large, small) } else { (small, large) };
    Complex::new(re, im.copysign(z.im))
}

/// Both roots of `a z^2 + b z + c`, without the cancellation of the school formula.
fn quadratic(a: f64, b: f64, c: f64) -> [Complex<f64>; 2] {
    let (half, product) = (-0.5 * b / a, c / a);
    let inside = half * half - product;
    if inside < 0.0 {
        let root = Complex::new(half, (-inside).sqrt());
        return [root, root.conj()];
    }
    let large = half + inside.sqrt().copysign(half);
    let small = if large == 0.0 { 0.0 } else { product / large };
    [Complex::new(large, 0.0), Complex::new(small, 0.0)]
}

/// Divides by `z^2 + b z + c` (degree 2) or `z + b` (degree 1) and drops the remainder.
fn divide(p: &mut Vec<f64>, b: f64, c: f64, degree: usize) {
    for i in 1..p.len() {
        p[i] -= b * p[i - 1];
        if i > 1 {
            p[i] -= c * p[i - 2];
        }
    }
    p.truncate(p.len() - degree);
}

/// Two steps of Newton on the whole polynomial, taken only where they lower its value.
fn sharpen(c: &[f64], mut z: Complex<f64>) -> Complex<f64> {
    let (mut p, mut first, mut noise) = with_slope(c, z);
    for _ in 0..2 {
        let next = z - p / first;
        if p.norm_sqr() <= noise * noise || !next.is_finite() {
            break;
        }
        let there = with_slope(c, next);
        if there.0.norm_sqr() >= p.norm_sqr() {
            break;
        }
        z = next;
        (p, first, noise) = there;
    }
    z
}

/// As [`evaluate`], without the second derivative.
fn with_slope(c: &[f64], z: Complex<f64>) -> (Complex<f64>, Complex<f64>, f64) {
    let (mut p, mut first) = (Complex::new(c[0], 0.0), Complex::new(0.0, 0.0));
    let size = z.re.abs() + z.im.abs();
    let mut bound = c[0].abs();
    for &coefficient in &c[1..] {
        first = first * z + p;
        p = p * z + coefficient;
        bound = bound * size + (p.re.abs() + p.im.abs());
    }
    (p, first, bound * f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The polynomial with these roots, the highest power first.
    fn from_roots(roots: &[Complex<f64>]) -> Vec<f64> {
        let mut c = vec![Complex::new(1.0, 0.0)];
        for root in roots {
            c.push(Complex::new(0.0, 0.0));
            for i in (1..c.len()).rev() {
                let before = c[i - 1];
                c[i] -= before * root;
            }
        }
        c.iter().map(|c| c.re).collect()
    }

    fn worst(expected: &[Complex<f64>]) -> f64 {
        let mut found = Vec::new();
        Roots::default().find(&from_roots(expected), &mut found);
        assert_eq!(found.len(), expected.len());
        let near = |z: &Complex<f64>| found.iter().map(|f| (f - z).norm()).fold(f64::INFINITY, f64::min);
        expected.iter().map(near).fold(0.0, f64::max)
    }

    #[test]
    fn known_roots_are_found() {
        let real = |roots: &[f64]| roots.iter().map(|&r| Complex::new(r, 0.0)).collect::<Vec<_>>();
        assert!(worst(&real(&[2.0])) < 1e-15);
        assert!(worst(&real(&[1e8, 1e-8])) < 1e-7);
        assert!(worst(&real(&[1.0, -2.0, 3.0, 0.0, 0.0, -0.5])) < 1e-10);
        // Five resonances near the unit circle and two real poles, as linear prediction of speech gives them.
        let mut state = 3_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        for _ in 0..500 {
            let mut roots = real(&[1.8 * random() - 0.9, 1.8 * random() - 0.9]);
            for k in 0..5 {
                let angle = (f64::from(k) + 0.1 + 0.8 * random()) * 0.62;
                let root = Complex::from_polar(0.7 + 0.299 * random(), angle);
                roots.extend([root, root.conj()]);
            }
            assert!(worst(&roots) < 1e-9, "{roots:?}: {}", worst(&roots));
        }
    }

    #[test]
    fn roots_of_unity_and_pairs() {
        // z^n - 1 has a saddle of order n - 1 at the origin, where the search begins.
        for n in 1..24 {
            let mut c = vec![0.0; n + 1];
            (c[0], c[n]) = (1.0, -1.0);
            let mut found = Vec::new();
            Roots::default().find(&c, &mut found);
            assert_eq!(found.len(), n);
            assert!(
                found
                    .iter()
                    .all(|z| (z.norm() - 1.0).abs() < 1e-12 && (z.powu(n as u32) - 1.0).norm() < 1e-11)
            );
            let above = found.iter().filter(|z| z.im > 0.0).count();
            assert_eq!(above, found.iter().filter(|z| z.im < 0.0).count());
        }
    }

    #[test]
    fn degenerate_polynomials_are_defined() {
        let find = |c: &[f64]| {
            let mut found = vec![Complex::new(7.0, 7.0)];
            Roots::default().find(c, &mut found);
            found
        };
        assert!(find(&[]).is_empty() && find(&[5.0]).is_empty() && find(&[0.0, 0.0]).is_empty());
        assert!(find(&[1.0, f64::NAN, 2.0]).is_empty());
        assert_eq!(find(&[0.0, 1.0, -4.0]), [Complex::new(4.0, 0.0)]);
        assert!(find(&[1.0, 0.0, 0.0, 0.0, 0.0]).iter().all(|z| z.norm() == 0.0));
    }
}

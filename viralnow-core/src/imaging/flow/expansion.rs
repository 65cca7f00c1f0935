//! A quadratic polynomial at each pixel, fitted to its neighbours.

use crate::{Error, ErrorKind, Result};

/// Samples that are computed together.
const LANES: usize = 8;

/// Of a picture of one level: for each row the five rows of coefficients of y, x, y squared, x squared, and x y.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) data: Vec<f32>,
}

impl Expansion {
    /// The five rows of coefficients of row `y`.
    pub(super) fn rows(&self, y: usize) -> [&[f32]; 5] {
        std::array::from_fn(|c| &self.data[(5 * y + c) * self.width..][..self.width])
    }
}

/// The kernels whose products give the coefficients: one half each, since they are even or odd.
#[derive(Debug)]
pub(super) struct Basis {
    n: usize,
    /// The Gaussian; even.
    plain: Vec<f32>,
    /// Of the square: what the inverse of the Gram matrix makes of the Gaussian and its second moment, so that a flat picture
    /// gives next to nothing; even.
    square: Vec<f32>,
    /// Of the slope; odd.
    slope: Vec<f32>,
    /// Of x y, along rows that went through `slope` already; odd.
    mixed: Vec<f32>,
    /// Rows that went down through `plain`, `slope` and `square`.
    down: [Vec<f32>; 3],
}

impl Basis {
    pub(super) fn new(n: usize, sigma: f64) -> Result<Self> {
        let sigma = if sigma < f64::from(f32::EPSILON) { 0.3 * n as f64 } else { sigma };
        let mut gauss: Vec<f32> =
            (0..=n).map(|x| (-((x * x) as f64) / (2.0 * sigma * sigma)).exp() as f32).collect();
        let sum = f64::from(gauss[0]) + 2.0 * gauss[1..].iter().map(|&g| f64::from(g)).sum::<f64>();
        for g in &mut gauss {
            *g = (f64::from(*g) / sum) as f32;
        }
        // Moments of the two-dimensional Gaussian: 1, x squared, x to the fourth, x squared y squared.
        let weight = |x: i64, y: i64| {
            let at = |v: i64| f64::from(gauss[v.unsigned_abs() as usize]);
            at(x) * at(y)
        };
        let span = -(n as i64)..=n as i64;
        let [mut one, mut second, mut fourth, mut mixed] = [0.0; 4];
        for y in span.clone() {
            for x in span.clone() {
                let (w, xx, yy) = (weight(x, y), (x * x) as f64, (y * y) as f64);
                one += w;
                second += w * xx;
                fourth += w * xx * xx;
                mixed += w * xx * yy;
            }
        }
        // The Gram matrix of 1, x squared and y squared, inverted by its symmetry.
        let determinant = one * (fourth + mixed) - 2.0 * second * second;
        let of_one = -second / determinant;
        let of_square = 0.5 * (one / determinant + 1.0 / (fourth - mixed));
        if !(of_one.is_finite() && of_square.is_finite() && (1.0 / mixed).is_finite()) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "poly_sigma is so small that no neighbour counts: take 1.2 for poly_n 5",
            )
            .with("poly_sigma", sigma));
        }
        let kernel = |f: &dyn Fn(f64, f64) -> f64| -> Vec<f32> {
            gauss.iter().enumerate().map(|(x, &g)| f(x as f64, f64::from(g)) as f32).collect()
        };
        Ok(Self {
            n,
            square: kernel(&|x, g| of_one * g + of_square * x * x * g),
            slope: kernel(&|x, g| x * g / second),
            mixed: kernel(&|x, g| x * g / mixed * second),
            plain: gauss,
            down: Default::default(),
        })
    }

    /// Of rows of `width` samples; beyond its border a picture goes on as it ends there.
    pub(super) fn expand(&mut self, samples: &[f32], width: usize, out: &mut Expansion) {
        let height = samples.len() / width;
        (out.width, out.height) = (width, height);
        out.data.resize(5 * width * height, 0.0);
        let padded = width.next_multiple_of(LANES) + 2 * self.n;
        for row in &mut self.down {
            row.resize(padded, 0.0);
        }
        let mut coefficients = [[0.0; LANES]; 5];
        for (y, out) in out.data.chunks_exact_mut(5 * width).enumerate() {
            self.go_down(samples, width, height, y);
            for x in (0..width).step_by(LANES) {
                self.go_across(x, &mut coefficients);
                let here = LANES.min(width - x);
                for (c, values) in coefficients.iter().enumerate() {
                    out[c * width + x..][..here].copy_from_slice(&values[..here]);
                }
            }
        }
    }

    fn go_down(&mut self, samples: &[f32], width: usize, height: usize, y: usize) {
        let Self { n, plain, square, slope, down: [by_plain, by_slope, by_square], .. } = self;
        let n = *n;
        let row = |y: usize| &samples[y * width..][..width];
        let (p, s, q) =
            (&mut by_plain[n..][..width], &mut by_slope[n..][..width], &mut by_square[n..][..width]);
        for (((p, s), q), &v) in p.iter_mut().zip(&mut *s).zip(&mut *q).zip(row(y)) {
            (*p, *s, *q) = (v * plain[0], 0.0, v * square[0]);
        }
        for k in 1..=n {
            let (above, below) = (row(y.saturating_sub(k)), row((y + k).min(height - 1)));
            let (g, d, h) = (plain[k], slope[k], square[k]);
            let out = p.iter_mut().zip(&mut *s).zip(&mut *q);
            for (((p, s), q), (&a, &b)) in out.zip(above.iter().zip(below)) {
                *p += g * (a + b);
                *s += d * (b - a);
                *q += h * (a + b);
            }
        }
        for row in &mut self.down {
            let (first, last) = (row[n], row[n + width - 1]);
            row[..n].fill(first);
            row[n + width..].fill(last);
        }
    }

    /// Coefficients of `LANES` pixels from column `x` on.
    fn go_across(&self, x: usize, out: &mut [[f32; LANES]; 5]) {
        let Self { n, plain, square, slope, mixed, down: [by_plain, by_slope, by_square] } = self;
        let at = |row: &[f32], x: usize| -> [f32; LANES] {
            let mut lanes = [0.0; LANES];
            lanes.copy_from_slice(&row[x..][..LANES]);
            lanes
        };
        let middle = x + n;
        let [mut of_y, mut of_x, mut of_yy, mut of_xx, mut of_xy] = [[0.0; LANES]; 5];
        let (p, s, q) = (at(by_plain, middle), at(by_slope, middle), at(by_square, middle));
        for i in 0..LANES {
            of_y[i] = s[i] * plain[0];
            of_yy[i] = q[i] * plain[0];
            of_xx[i] = p[i] * square[0];
        }
        for k in 1..=*n {
            let (p0, p1) = (at(by_plain, middle - k), at(by_plain, middle + k));
            let (s0, s1) = (at(by_slope, middle - k), at(by_slope, middle + k));
            let (q0, q1) = (at(by_square, middle - k), at(by_square, middle + k));
            let (g, h, d, m) = (plain[k], square[k], slope[k], mixed[k]);
            for i in 0..LANES {
                of_x[i] += d * (p1[i] - p0[i]);
                of_xx[i] += h * (p1[i] + p0[i]);
                of_y[i] += g * (s1[i] + s0[i]);
                of_xy[i] += m * (s1[i] - s0[i]);
                of_yy[i] += g * (q1[i] + q0[i]);
            }
        }
        *out = [of_y, of_x, of_yy, of_xx, of_xy];
    }
}

//! The motion of each window: its pixels' equations summed and solved.

use super::matrices::Matrices;
use super::{Flow, FlowParams};

/// Added to the determinant: where nothing can be seen, nothing moves.
const REGULAR: f64 = 1e-3;

/// A box or a Gaussian, with its buffers.
#[derive(Debug)]
pub(super) enum Window {
    Box(BoxWindow),
    Gaussian(GaussianWindow),
}

impl Window {
    pub(super) fn new(params: &FlowParams) -> Self {
        if params.gaussian {
            Self::Gaussian(GaussianWindow::new(params.winsize))
        } else {
            Self::Box(BoxWindow::new(params.winsize))
        }
    }

    /// Fills the flow with what the windows say.
    pub(super) fn solve(&mut self, matrices: &Matrices, flow: &mut Flow) {
        match self {
            Self::Box(window) => window.solve(matrices, flow),
            Self::Gaussian(window) => window.solve(matrices, flow),
        }
    }
}

/// Solves one row of equations.
fn solve_row(sums: [&[f64]; 5], scale: f64, dx: &mut [f32], dy: &mut [f32]) {
    let n = dx.len();
    let [g11, g12, g22, h1, h2] = sums.map(|row| &row[..n]);
    let dy = &mut dy[..n];
    for x in 0..n {
        let (g11, g12, g22) = (g11[x] * scale, g12[x] * scale, g22[x] * scale);
        let (h1, h2) = (h1[x] * scale, h2[x] * scale);
        let inverse = 1.0 / (g11 * g22 - g12 * g12 + REGULAR);
        dx[x] = ((g11 * h2 - g12 * h1) * inverse) as f32;
        dy[x] = ((g22 * h1 - g12 * h2) * inverse) as f32;
    }
}

/// Sums over a square, in double precision: they run down the rows, and what was added must go again without a trace.
#[derive(Debug)]
pub(super) struct BoxWindow {
    /// Pixels to either side of the one in the middle.
    reach: usize,
    scale: f64,
    /// Sums down the columns: the five rows one after the other.
    down: Vec<f64>,
    /// One of those rows with its border, summed over twice as many pixels step by step.
    doubled: Vec<f64>,
    sums: [Vec<f64>; 5],
}

impl BoxWindow {
    fn new(side: usize) -> Self {
        Self {
            reach: side / 2,
            scale: 1.0 / (side * side) as f64,
            down: Vec::new(),
            doubled: Vec::new(),
            sums: Default::default(),
        }
    }

    fn solve(&mut self, matrices: &Matrices, flow: &mut Flow) {
        let (width, height) = (matrices.width, matrices.height);
        let reach = self.reach;
        self.down.clear();
        self.down.resize(5 * width, 0.0);
        self.sums.iter_mut().for_each(|row| row.resize(width, 0.0));
        // The window of the row before the first.
        for i in 0..=2 * reach {
            let row = matrices.row(i.saturating_sub(reach + 1).min(height - 1));
            for (sum, &v) in self.down.iter_mut().zip(row) {
                *sum += f64::from(v);
            }
        }
        let rows = flow.dx.chunks_exact_mut(width).zip(flow.dy.chunks_exact_mut(width));
        for (y, (dx, dy)) in rows.enumerate() {
            let leaves = matrices.row(y.saturating_sub(reach + 1));
            let enters = matrices.row((y + reach).min(height - 1));
            for ((sum, &new), &old) in self.down.iter_mut().zip(enters).zip(leaves) {
                *sum += f64::from(new) - f64::from(old);
            }
            for c in 0..5 {
                self.sum_across(c, width);
            }
            let sums = self.sums.each_ref().map(Vec::as_slice);
            solve_row(sums, self.scale, dx, dy);
        }
    }

    /// Sums of `2 reach + 1` neighbours along row `c`, from those of 1, 2, 4, ... of them.
    fn sum_across(&mut self, c: usize, width: usize) {
        let Self { reach, down, doubled, sums, .. } = self;
        let row = &down[c * width..][..width];
        let sums = &mut sums[c][..width];
        doubled.clear();
        doubled.resize(*reach, row[0]);
        doubled.extend_from_slice(row);
        doubled.resize(width + 2 * *reach, row[width - 1]);
        sums.fill(0.0);
        let side = 2 * *reach + 1;
        let (mut step, mut taken) = (1, 0);
        let mut valid = doubled.len();
        loop {
            if side & step != 0 {
                for (sum, v) in sums.iter_mut().zip(&doubled[taken..][..width]) {
                    *sum += v;
                }
                taken += step;
            }
            if 2 * step > side {
                return;
            }
            valid -= step;
            for x in 0..valid {
                doubled[x] += doubled[x + step];
            }
            step *= 2;
        }
    }
}

/// Sums weighted by a Gaussian.
#[derive(Debug)]
pub(super) struct GaussianWindow {
    /// One half, from the middle.
    kernel: Vec<f32>,
    down: Vec<f32>,
    padded: Vec<f32>,
    across: Vec<f32>,
    sums: [Vec<f64>; 5],
}

impl GaussianWindow {
    fn new(side: usize) -> Self {
        let reach = side / 2;
        let sigma = reach as f64 * 0.3;
        let mut kernel: Vec<f32> = (0..=reach)
            .map(|i| if i == 0 { 1.0 } else { (-((i * i) as f64) / (2.0 * sigma * sigma)).exp() as f32 })
            .collect();
        let sum = 1.0 + kernel[1..].iter().map(|&w| f64::from(w * 2.0)).sum::<f64>();
        for weight in &mut kernel {
            *weight = (f64::from(*weight) / sum) as f32;
        }
        Self { kernel, down: vec![], padded: vec![], across: vec![], sums: Default::default() }
    }

    fn solve(&mut self, matrices: &Matrices, flow: &mut Flow) {
        let (width, height) = (matrices.width, matrices.height);
        let reach = self.kernel.len() - 1;
        self.down.resize(5 * width, 0.0);
        self.across.resize(width, 0.0);
        self.sums.iter_mut().for_each(|row| row.resize(width, 0.0));
        let rows = flow.dx.chunks_exact_mut(width).zip(flow.dy.chunks_exact_mut(width));
        for (y, (dx, dy)) in rows.enumerate() {
            for (out, &v) in self.down.iter_mut().zip(matrices.row(y)) {
                *out = v * self.kernel[0];
            }
            for i in 1..=reach {
                let (above, below) =
                    (matrices.row(y.saturating_sub(i)), matrices.row((y + i).min(height - 1)));
                let weight = self.kernel[i];
                for ((out, &a), &b) in self.down.iter_mut().zip(above).zip(below) {
                    *out += (a + b) * weight;
                }
            }
            for (row, sums) in self.down.chunks_exact(width).zip(&mut self.sums) {
                self.padded.clear();
                self.padded.resize(reach, row[0]);
                self.padded.extend_from_slice(row);
                self.padded.resize(width + 2 * reach, row[width - 1]);
                let middle = &self.padded[reach..][..width];
                for (out, &v) in self.across.iter_mut().zip(middle) {
                    *out = v * self.kernel[0];
                }
                for i in 1..=reach {
                    let (left, right) =
                        (&self.padded[reach - i..][..width], &self.padded[reach + i..][..width]);
                    let weight = self.kernel[i];
                    for ((out, &a), &b) in self.across.iter_mut().zip(left).zip(right) {
                        *out += (a + b) * weight;
                    }
                }
                for (sum, &v) in sums.iter_mut().zip(&self.across) {
                    *sum = f64::from(v);
                }
            }
            let sums = self.sums.each_ref().map(Vec::as_slice);
            solve_row(sums, 1.0, dx, dy);
        }
    }
}

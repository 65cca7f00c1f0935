//! Levels of the pyramid: pictures blurred and shrunk in one step, and flows resized from level to level.

use super::super::area::shares;
use super::{Flow, FlowParams};

/// The shorter side of the coarsest level is at least this long.
const SHORTEST: f64 = 32.0;

/// One level: how its samples come from those of the picture.
#[derive(Debug)]
pub(super) struct Level {
    /// Its size to that of the picture.
    pub(super) scale: f64,
    columns: Vec<Taps>,
    rows: Vec<Taps>,
}

/// What one output sample is made of: consecutive samples from `first` on, with these weights.
#[derive(Debug)]
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Level {
    /// The picture itself first, then the coarser ones.
    pub(super) fn all(params: &FlowParams, width: usize, height: usize) -> Vec<Self> {
        let mut scale = 1.0;
        let mut levels = vec![Self::new(width, height, scale)];
        for _ in 0..params.levels {
            scale *= params.pyr_scale;
            if (width as f64 * scale) < SHORTEST || (height as f64 * scale) < SHORTEST {
                break;
            }
            levels.push(Self::new(width, height, scale));
        }
        levels
    }

    fn new(width: usize, height: usize, scale: f64) -> Self {
        let kernel = gaussian((1.0 / scale - 1.0) * 0.5);
        let side = |from: usize| {
            let to = (from as f64 * scale).round_ties_even() as usize;
            (0..to).map(|at| Taps::new(&kernel, from, to, at)).collect()
        };
        Self { scale, columns: side(width), rows: side(height) }
    }

    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    /// Blurs and shrinks rows of `width` samples into `out`.
    pub(super) fn scale(&self, samples: &[f32], width: usize, row: &mut Vec<f32>, out: &mut Vec<f32>) {
        out.clear();
        out.reserve(self.width() * self.height());
        for taps in &self.rows {
            row.clear();
            row.resize(width, 0.0);
            for (k, &weight) in taps.weights.iter().enumerate() {
                let source = &samples[(taps.first + k) * width..][..width];
                for (sum, &v) in row.iter_mut().zip(source) {
                    *sum += weight * v;
                }
            }
            out.extend(self.columns.iter().map(|taps| {
                let source = &row[taps.first..][..taps.weights.len()];
                taps.weights.iter().zip(source).map(|(weight, v)| weight * v).sum::<f32>()
            }));
        }
    }
}

impl Taps {
    /// Output sample `at` of `to`: two neighbouring blurred samples of `from`, blended.
    fn new(kernel: &[f64], from: usize, to: usize, at: usize) -> Self {
        let (first, share) = between(from, to, at);
        let reach = kernel.len() / 2;
        let start = first.saturating_sub(reach).min(from - 1);
        let end = (first + 1 + reach).min(from - 1);
        // A mirrored sample may lie beyond both ends of a picture that is smaller than the kernel.
        let (start, end) = if from <= kernel.len() { (0, from - 1) } else { (start, end) };
        let mut weights = vec![0.0; end - start + 1];
        for (blurred, share) in [(first, 1.0 - share), ((first + 1).min(from - 1), share)] {
            for (k, weight) in kernel.iter().enumerate() {
                if share > 0.0 {
                    let source = mirrored(blurred as i64 + k as i64 - reach as i64, from);
                    weights[source - start] += weight * f64::from(share);
                }
            }
        }
        Self { first: start, weights: weights.into_iter().map(|w| w as f32).collect() }
    }
}

/// The source sample before output sample `at`, and the share of the one after it: `OpenCV`'s `INTER_LINEAR`.
fn between(from: usize, to: usize, at: usize) -> (usize, f32) {
    let scale = 1.0 / (to as f64 / from as f64);
    let position = ((at as f64 + 0.5) * scale - 0.5) as f32;
    if position < 0.0 {
        return (0, 0.0);
    }
    let first = position.floor() as usize;
    if first + 1 >= from { (from - 1, 0.0) } else { (first, position - first as f32) }
}

/// Beyond its border a picture is mirrored in its last sample.
fn mirrored(at: i64, n: usize) -> usize {
    let last = n as i64 - 1;
    if last == 0 {
        return 0;
    }
    let at = at.rem_euclid(2 * last);
    at.min(2 * last - at) as usize
}

/// The kernel that blurs before shrinking; a light one for the picture itself.
fn gaussian(sigma: f64) -> Vec<f64> {
    if sigma <= 0.0 {
        return vec![0.25, 0.5, 0.25];
    }
    let size = ((sigma * 5.0).round_ties_even() as usize | 1).max(3);
    let middle = (size / 2) as f64;
    let kernel: Vec<f64> = (0..size).map(|i| (-0.5 * ((i as f64 - middle) / sigma).powi(2)).exp()).collect();
    let sum: f64 = kernel.iter().sum();
    kernel.into_iter().map(|w| w / sum).collect()
}

/// A flow resized to the next finer level, with its displacements times `factor`.
pub(super) fn grown(flow: &Flow, width: usize, height: usize, factor: f32) -> Flow {
    let columns: Vec<(usize, f32)> = (0..width).map(|x| between(flow.width, width, x)).collect();
    let grow = |plane: &[f32]| {
        let mut out = Vec::with_capacity(width * height);
        let row = |y: usize| &plane[y * flow.width..][..flow.width];
        let mut blended = vec![0.0; flow.width];
        for y in 0..height {
            let (first, share) = between(flow.height, height, y);
            let (upper, lower) = (row(first), row((first + 1).min(flow.height - 1)));
            for ((out, &u), &l) in blended.iter_mut().zip(upper).zip(lower) {
                *out = (u * (1.0 - share) + l * share) * factor;
            }
            out.extend(columns.iter().map(|&(first, share)| {
                let second = (first + 1).min(flow.width - 1);
                blended[first] * (1.0 - share) + blended[second] * share
            }));
        }
        out
    };
    Flow { width, height, dx: grow(&flow.dx), dy: grow(&flow.dy) }
}

/// A flow resized to a coarser level by means over areas, with its displacements times `factor`.
pub(super) fn shrunk(flow: &Flow, width: usize, height: usize, factor: f32) -> Flow {
    let (columns, rows) = (shares(flow.width, width), shares(flow.height, height));
    let shrink = |plane: &[f32]| {
        let mut out = vec![0.0; width * height];
        for row in &rows {
            for column in &columns {
                let value = plane[row.from * flow.width + column.from];
                out[row.to * width + column.to] += value * (row.weight * column.weight * factor);
            }
        }
        out
    };
    Flow { width, height, dx: shrink(&flow.dx), dy: shrink(&flow.dy) }
}

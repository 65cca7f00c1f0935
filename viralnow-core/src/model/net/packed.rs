//! Rows times a matrix of weights that was put in order once, when it was loaded: a multiplication that has to put it in order each
//! time takes as long again for the few rows that a short text has.

/// Columns of a panel, which lie beside each other row by row: two registers of eight.
const COLUMNS: usize = 16;
/// Rows that are multiplied at a time: with two registers each they leave room for what they are multiplied with.
const ROWS: usize = 6;
/// Rows of a panel that are gone through at a time, so that they stay in the nearest cache: 16 kB.
const DEPTH: usize = 256;
/// Rows of the left side that are taken through all panels together, so that they stay in the next one. A multiple of `ROWS`.
const BLOCK: usize = 96;

/// Panels that one row alone goes through side by side: memory gives several streams faster than one.
const SIDE_BY_SIDE: usize = 4;

/// A matrix, `inputs` by `outputs`, in panels.
pub(crate) struct Packed {
    panels: Vec<[f32; COLUMNS]>,
    inputs: usize,
    outputs: usize,
}

impl Packed {
    /// Of its rows, one for each input.
    pub(crate) fn new(rows: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut panels = vec![[0.0; COLUMNS]; outputs.div_ceil(COLUMNS) * inputs];
        for (panel, first) in panels.chunks_exact_mut(inputs.max(1)).zip((0..).step_by(COLUMNS)) {
            for (line, row) in panel.iter_mut().zip(rows.chunks_exact(outputs)) {
                let row = &row[first..outputs.min(first + COLUMNS)];
                line[..row.len()].copy_from_slice(row);
            }
        }
        Self { panels, inputs, outputs }
    }

    /// Adds `x W` to `out`, whose rows have no gaps; those of `x` begin `stride` numbers apart, and may overlap. Each number is summed
    /// in the order of the inputs, however many rows there are.
    pub(crate) fn add(&self, x: &[f32], stride: usize, out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return self.add_with::<fused::Fused>(x, stride, out);
        }
        self.add_with::<Plain>(x, stride, out);
    }

    fn add_with<K: Kernel>(&self, x: &[f32], stride: usize, out: &mut [f32]) {
        if out.len() == self.outputs {
            return self.add_row::<K>(x, out);
        }
        for (n, out) in out.chunks_mut(BLOCK * self.outputs).enumerate() {
            let x = &x[n * BLOCK * stride..];
            for (panel, first) in self.panels.chunks_exact(self.inputs).zip((0..).step_by(COLUMNS)) {
                let columns = COLUMNS.min(self.outputs - first);
                for (panel, depth) in panel.chunks(DEPTH).zip((0..).step_by(DEPTH)) {
                    for (n, out) in out.chunks_mut(ROWS * self.outputs).enumerate() {
                        let count = out.len() / self.outputs;
                        let x = &x[n * ROWS * stride + depth..];
                        let mut sums = [[0.0; COLUMNS]; ROWS];
                        let lines =
                            out.chunks_exact_mut(self.outputs).map(|line| &mut line[first..first + columns]);
                        for (sums, line) in sums.iter_mut().zip(lines) {
                            sums[..columns].copy_from_slice(line);
                        }
                        K::run(panel, x, stride, &mut sums[..count]);
                        let lines =
                            out.chunks_exact_mut(self.outputs).map(|line| &mut line[first..first + columns]);
                        for (sums, line) in sums.iter().zip(lines) {
                            line.copy_from_slice(&sums[..columns]);
                        }
                    }
                }
            }
        }
    }

    fn add_row<K: Kernel>(&self, x: &[f32], out: &mut [f32]) {
        let groups = self.panels.chunks(SIDE_BY_SIDE * self.inputs);
        for (panels, out) in groups.zip(out.chunks_mut(SIDE_BY_SIDE * COLUMNS)) {
            let mut sums = [[0.0; COLUMNS]; SIDE_BY_SIDE];
            sums.as_flattened_mut()[..out.len()].copy_from_slice(out);
            K::row(panels, &x[..self.inputs], &mut sums[..panels.len() / self.inputs]);
            out.copy_from_slice(&sums.as_flattened()[..out.len()]);
        }
    }
}

/// What the sums are made with.
trait Kernel {
    /// Adds some rows times a panel to as many rows of sums.
    fn run(panel: &[[f32; COLUMNS]], x: &[f32], stride: usize, sums: &mut [[f32; COLUMNS]]);

    /// Adds one row times some panels to the sums of each.
    fn row(panels: &[[f32; COLUMNS]], x: &[f32], sums: &mut [[f32; COLUMNS]]);
}

/// What any processor has.
struct Plain;

impl Kernel for Plain {
    fn run(panel: &[[f32; COLUMNS]], x: &[f32], stride: usize, sums: &mut [[f32; COLUMNS]]) {
        for (row, sums) in sums.iter_mut().enumerate() {
            for (line, factor) in panel.iter().zip(&x[row * stride..]) {
                for (sum, value) in sums.iter_mut().zip(line) {
                    // On others a fused product may be a call.
                    *sum = if cfg!(target_arch = "aarch64") {
                        factor.mul_add(*value, *sum)
                    } else {
                        factor * value + *sum
                    };
                }
            }
        }
    }

    fn row(panels: &[[f32; COLUMNS]], x: &[f32], sums: &mut [[f32; COLUMNS]]) {
        for (panel, sums) in panels.chunks_exact(x.len()).zip(sums) {
            Self::run(panel, x, x.len(), std::slice::from_mut(sums));
        }
    }
}

/// Registers of eight, and products that are fused with their sums.
#[cfg(target_arch = "x86_64")]
mod fused {
    use super::{COLUMNS, Kernel, SIDE_BY_SIDE};
    use std::arch::x86_64::{
        _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };

    pub(super) struct Fused;

    impl Kernel for Fused {
        fn run(panel: &[[f32; COLUMNS]], x: &[f32], stride: usize, sums: &mut [[f32; COLUMNS]]) {
            assert!(
                panel.is_empty() || (sums.len() - 1) * stride + panel.len() <= x.len(),
                "rows beyond their numbers"
            );
            // SAFETY: the one who chose this kernel asked for AVX2 and FMA, and the rows are inside of `x`.
            unsafe {
                match sums.len() {
                    1 => tile::<1>(panel, x, stride, sums),
                    2 => tile::<2>(panel, x, stride, sums),
                    3 => tile::<3>(panel, x, stride, sums),
                    4 => tile::<4>(panel, x, stride, sums),
                    5 => tile::<5>(panel, x, stride, sums),
                    _ => tile::<6>(panel, x, stride, sums),
                }
            }
        }

        fn row(panels: &[[f32; COLUMNS]], x: &[f32], sums: &mut [[f32; COLUMNS]]) {
            // SAFETY: the one who chose this kernel asked for AVX2 and FMA.
            unsafe {
                match sums {
                    [_, _, _, _] => row::<SIDE_BY_SIDE>(panels, x, sums),
                    _ => {
                        for (panel, sums) in panels.chunks_exact(x.len()).zip(sums) {
                            row::<1>(panel, x, std::slice::from_mut(sums));
                        }
                    }
                }
            }
        }
    }

    /// `COUNT` panels, one after another, of as many lines as `x` has numbers.
    #[target_feature(enable = "avx2,fma")]
    fn row<const COUNT: usize>(panels: &[[f32; COLUMNS]], x: &[f32], sums: &mut [[f32; COLUMNS]]) {
        let panels: [&[[f32; COLUMNS]]; COUNT] = std::array::from_fn(|n| &panels[n * x.len()..][..x.len()]);
        let mut held = [[_mm256_setzero_ps(); 2]; COUNT];
        // SAFETY: of `loadu` and `storeu`: each array has 16 numbers.
        unsafe {
            for (held, sums) in held.iter_mut().zip(&*sums) {
                *held = [_mm256_loadu_ps(sums.as_ptr()), _mm256_loadu_ps(sums.as_ptr().add(8))];
            }
            for (k, factor) in x.iter().enumerate() {
                let factor = _mm256_broadcast_ss(factor);
                for (held, panel) in held.iter_mut().zip(panels) {
                    held[0] = _mm256_fmadd_ps(factor, _mm256_loadu_ps(panel[k].as_ptr()), held[0]);
                    held[1] = _mm256_fmadd_ps(factor, _mm256_loadu_ps(panel[k].as_ptr().add(8)), held[1]);
                }
            }
            for (held, sums) in held.iter().zip(sums) {
                _mm256_storeu_ps(sums.as_mut_ptr(), held[0]);
                _mm256_storeu_ps(sums.as_mut_ptr().add(8), held[1]);
            }
        }
    }

    /// `COUNT` rows, which begin `stride` numbers apart in `x` and have as many as the panel has lines.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const COUNT: usize>(
        panel: &[[f32; COLUMNS]],
        x: &[f32],
        stride: usize,
        sums: &mut [[f32; COLUMNS]],
    ) {
        let mut held = [[_mm256_setzero_ps(); 2]; COUNT];
        // SAFETY: of `loadu` and `storeu`: each array has 16 numbers; of `broadcast`: the caller's word.
        unsafe {
            for (held, sums) in held.iter_mut().zip(&*sums) {
                *held = [_mm256_loadu_ps(sums.as_ptr()), _mm256_loadu_ps(sums.as_ptr().add(8))];
            }
            for (k, line) in panel.iter().enumerate() {
                let line = [_mm256_loadu_ps(line.as_ptr()), _mm256_loadu_ps(line.as_ptr().add(8))];
                for (row, held) in held.iter_mut().enumerate() {
                    let factor = _mm256_broadcast_ss(&*x.as_ptr().add(row * stride + k));
                    held[0] = _mm256_fmadd_ps(factor, line[0], held[0]);
                    held[1] = _mm256_fmadd_ps(factor, line[1], held[1]);
                }
            }
            for (held, sums) in held.iter().zip(sums) {
                _mm256_storeu_ps(sums.as_mut_ptr(), held[0]);
                _mm256_storeu_ps(sums.as_mut_ptr().add(8), held[1]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against sums in double precision: all numbers of rows and columns that are left over, more rows than a block and more inputs
    /// than a part, and rows that overlap.
    #[test]
    fn both_kernels_multiply() {
        let value = |i: usize| ((i * 2_654_435_761) % 1000) as f32 / 1000.0 - 0.5;
        for (rows, inputs, outputs, stride) in [
            (1, 1, 1, 1),
            (2, 3, 15, 3),
            (3, 40, 16, 40),
            (4, 256, 17, 256),
            (5, 257, 31, 257),
            (6, 300, 33, 300),
            (7, 600, 5, 600),
            (200, 70, 50, 70),
            (9, 90, 20, 30),
        ] {
            let weight: Vec<f32> = (0..inputs * outputs).map(value).collect();
            let x: Vec<f32> = (7..7 + (rows - 1) * stride + inputs).map(value).collect();
            let packed = Packed::new(&weight, inputs, outputs);
            let mut found = [vec![0.25_f32; rows * outputs], vec![0.25_f32; rows * outputs]];
            packed.add(&x, stride, &mut found[0]);
            packed.add_with::<Plain>(&x, stride, &mut found[1]);
            for row in 0..rows {
                for column in 0..outputs {
                    let terms = (0..inputs)
                        .map(|k| f64::from(x[row * stride + k]) * f64::from(weight[k * outputs + column]));
                    let exact = 0.25 + terms.sum::<f64>();
                    for found in &found {
                        // The rounding of as many sums of numbers below 1/4 as there are inputs, which is random.
                        let off = (f64::from(found[row * outputs + column]) - exact).abs();
                        assert!(off < 1e-5, "{rows} {inputs} {outputs}: {off}");
                    }
                }
            }
        }
    }
}

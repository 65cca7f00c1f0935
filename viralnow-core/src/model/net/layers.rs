//! Matrices, layer normalisation and the functions between them.

use super::Weights;
use super::packed::Packed;
use crate::Result;
use crate::dsp::wide::wide;

/// Rows below which more threads cost more than they bring.
const ROWS_PER_THREAD: usize = 96;
/// Rows are shared out in multiples of what the multiplication takes at a time.
const SHARE: usize = 96;

/// A matrix given as its numbers, with the step from row to row and from column to column.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    step: (usize, usize),
}

impl<'a> View<'a> {
    /// Rows of so many numbers, one every `stride` numbers.
    pub(crate) fn strided(data: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        let view = Self { data, rows, columns, step: (stride, 1) };
        view.check();
        view
    }

    /// Rows without gaps.
    pub(crate) fn rows(data: &'a [f32], columns: usize) -> Self {
        Self::strided(data, data.len() / columns.max(1), columns, columns)
    }

    pub(crate) fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, step: (self.step.1, self.step.0), ..self }
    }

    fn check(&self) {
        let last = self.rows.saturating_sub(1) * self.step.0 + self.columns.saturating_sub(1) * self.step.1;
        assert!(self.rows == 0 || self.columns == 0 || last < self.data.len(), "a matrix beyond its numbers");
    }
}

/// `out[i][j] = factor * (a b)[i][j]`, or that added to what is there; the rows of `out` are `stride` numbers apart.
pub(crate) fn matmul(a: View<'_>, b: View<'_>, factor: f32, added: bool, out: &mut [f32], stride: usize) {
    assert_eq!(a.columns, b.rows, "matrices that do not fit");
    if a.rows == 0 || b.columns == 0 {
        return;
    }
    assert!((a.rows - 1) * stride + b.columns <= out.len(), "a matrix beyond its numbers");
    // SAFETY: `View::check` and the lines above: every place that the sizes and steps name is inside its slice.
    unsafe {
        matrixmultiply::sgemm(
            a.rows,
            a.columns,
            b.columns,
            factor,
            a.data.as_ptr(),
            a.step.0 as isize,
            a.step.1 as isize,
            b.data.as_ptr(),
            b.step.0 as isize,
            b.step.1 as isize,
            if added { 1.0 } else { 0.0 },
            out.as_mut_ptr(),
            stride as isize,
            1,
        );
    }
}

/// `y = x W + b`.
pub(crate) struct Linear {
    /// Inputs by outputs: transposed against the file.
    weight: Packed,
    bias: Option<Vec<f32>>,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    /// `NAME.weight`, and `NAME.bias` where there is to be one.
    pub(crate) fn load(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
        biased: bool,
    ) -> Result<Self> {
        let weight = weights.get(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = biased.then(|| weights.get(&format!("{name}.bias"), &[outputs])).transpose()?;
        Ok(Self::new(&transposed(&weight, inputs), bias, inputs, outputs))
    }

    /// Of a kernel of a convolution, `[outputs, inputs, taps]`: as a matrix on `taps` inputs one after another.
    pub(crate) fn load_convolution(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
        taps: usize,
    ) -> Result<Self> {
        let kernel = weights.get(&format!("{name}.weight"), &[outputs, inputs, taps])?;
        let bias = Some(weights.get(&format!("{name}.bias"), &[outputs])?);
        let mut weight = vec![0.0; kernel.len()];
        for (o, of_output) in kernel.chunks_exact(inputs * taps).enumerate() {
            for (i, of_input) in of_output.chunks_exact(taps).enumerate() {
                for (t, &value) in of_input.iter().enumerate() {
                    weight[(t * inputs + i) * outputs + o] = value;
                }
            }
        }
        Ok(Self::new(&weight, bias, inputs * taps, outputs))
    }

    /// Of the rows of a matrix, one for each input.
    fn new(rows: &[f32], bias: Option<Vec<f32>>, inputs: usize, outputs: usize) -> Self {
        Self { weight: Packed::new(rows, inputs, outputs), bias, inputs, outputs }
    }

    /// Of rows without gaps.
    pub(crate) fn apply(&self, x: &[f32], threads: usize) -> Vec<f32> {
        self.apply_strided(x, x.len() / self.inputs, self.inputs, threads)
    }

    /// Of rows that begin `stride` numbers apart, and may overlap.
    pub(crate) fn apply_strided(&self, x: &[f32], rows: usize, stride: usize, threads: usize) -> Vec<f32> {
        let mut out = match &self.bias {
            Some(bias) => bias.repeat(rows),
            None => vec![0.0; rows * self.outputs],
        };
        let share = |first: usize, out: &mut [f32]| self.weight.add(&x[first * stride..], stride, out);
        let threads = threads.min(rows / ROWS_PER_THREAD).max(1);
        if threads == 1 {
            share(0, &mut out);
        } else {
            let per_thread = rows.div_ceil(threads).next_multiple_of(SHARE);
            std::thread::scope(|scope| {
                for (n, part) in out.chunks_mut(per_thread * self.outputs).enumerate() {
                    scope.spawn(move || share(n * per_thread, part));
                }
            });
        }
        out
    }
}

/// Rows of so many columns, as columns.
pub(crate) fn transposed(rows: &[f32], columns: usize) -> Vec<f32> {
    let count = rows.len() / columns.max(1);
    let mut out = vec![0.0; rows.len()];
    // In blocks, so that neither side leaves the cache.
    for first in (0..count).step_by(16) {
        for (row, line) in rows.chunks_exact(columns).enumerate().skip(first).take(16) {
            for (column, &value) in line.iter().enumerate() {
                out[column * count + row] = value;
            }
        }
    }
    out
}

/// Layer normalisation over each row.
pub(crate) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

impl LayerNorm {
    pub(crate) fn load(weights: &Weights, name: &str, size: usize, epsilon: f32) -> Result<Self> {
        let weight = weights.get(&format!("{name}.weight"), &[size])?;
        Ok(Self { weight, bias: weights.get(&format!("{name}.bias"), &[size])?, epsilon })
    }

    pub(crate) fn apply(&self, x: &mut [f32]) {
        normalise(x, &self.weight, &self.bias, self.epsilon);
    }

    pub(crate) fn applied(&self, x: &[f32]) -> Vec<f32> {
        let mut out = x.to_vec();
        self.apply(&mut out);
        out
    }
}

wide! {
    fn normalise(x: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) -> () {
        let size = weight.len();
        for row in x.chunks_exact_mut(size) {
            let mean = sum(row, |value| value) / size as f32;
            let variance = sum(row, |value| (value - mean) * (value - mean)) / size as f32;
            let scale = 1.0 / (variance + epsilon).sqrt();
            for ((value, w), b) in row.iter_mut().zip(weight).zip(bias) {
                *value = (*value - mean) * scale * w + b;
            }
        }
    }
}

/// A sum in sixteen parts.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (whole, rest) = values.as_chunks::<16>();
    for chunk in whole {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += of(value);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|&value| of(value)).sum::<f32>()
}

wide! {
    /// `x += y`.
    pub(crate) fn add(x: &mut [f32], y: &[f32]) -> () {
        for (x, y) in x.iter_mut().zip(y) {
            *x += y;
        }
    }
}

wide! {
    /// The exact GELU, `x Phi(x)`.
    pub(crate) fn gelu(x: &mut [f32]) -> () {
        for value in x {
            *value *= 0.5 + 0.5 * erf(*value * std::f32::consts::FRAC_1_SQRT_2);
        }
    }
}

/// The error function: a rational fit of our own, in `x^2`; what it is off by is the rounding of its sums.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
fn erf(x: f32) -> f32 {
    let x = x.clamp(-3.92, 3.92);
    let t = x * x;
    let above = ((((2.034_729_6e-6 * t + 2.874_794_9e-4) * t + 3.868_342_5e-3) * t + 5.306_053_1e-2) * t
        + 0.192_764_44)
        * t
        + 1.128_379_02;
    let below = ((((3.807_059_0e-5 * t + 1.188_118_3e-3) * t + 1.517_232_8e-2) * t + 0.115_084_776) * t
        + 0.504_164_7)
        * t
        + 1.0;
    x * above / below
}

wide! {
    /// The softmax of each row of so many numbers.
    pub(crate) fn softmax(x: &mut [f32], columns: usize) -> () {
        for row in x.chunks_exact_mut(columns) {
            let mut lanes = [f32::NEG_INFINITY; 16];
            let (whole, rest) = row.as_chunks::<16>();
            for chunk in whole {
                for (lane, &value) in lanes.iter_mut().zip(chunk) {
                    *lane = if value > *lane { value } else { *lane };
                }
            }
            let most = lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| a.max(b));
            for value in row.iter_mut() {
                *value = exp(*value - most);
            }
            let scale = 1.0 / sum(row, |value| value);
            for value in row.iter_mut() {
                *value *= scale;
            }
        }
    }
}

/// `e^x` of what is not above 0, to 1e-7: the power of two, and the series of the rest.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
fn exp(x: f32) -> f32 {
    // Below, the result is no normal number.
    let x = if x > -87.0 { x } else { -87.0 };
    // Rounds to the nearest whole number.
    let shifted = x * std::f32::consts::LOG2_E + 12_582_912.0;
    let whole = shifted - 12_582_912.0;
    // The logarithm of two in two parts, so that the first product is exact.
    let rest = (x - whole * 0.693_359_375) + whole * 2.121_944_4e-4;
    let series =
        (((((rest / 720.0 + 1.0 / 120.0) * rest + 1.0 / 24.0) * rest + 1.0 / 6.0) * rest + 0.5) * rest + 1.0)
            * rest
            + 1.0;
    let power = f32::from_bits(((whole as i32 + 127) as u32) << 23);
    series * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_those_of_double_precision() {
        for i in -4000..4000 {
            let x = f64::from(i) / 500.0;
            // Abramowitz and Stegun 7.1.5: the series of the error function.
            let (mut term, mut series) = (x, x);
            for n in 1..400 {
                term *= -x * x / f64::from(n);
                series += term / f64::from(2 * n + 1);
            }
            if x.abs() < 4.0 {
                let exact = series * std::f64::consts::FRAC_2_SQRT_PI;
                // Two sums of six terms each and a quotient, in single precision.
                let bound = 4.0 * f64::from(f32::EPSILON);
                assert!((f64::from(erf(x as f32)) - exact).abs() < bound, "{x}");
            }
            let minus = -x.abs();
            assert!((f64::from(exp(minus as f32)) / minus.exp() - 1.0).abs() < 1e-6, "{minus}");
        }
        let mut rows = [1.0, 2.0, 3.0, -1e30, 0.0, f32::MIN];
        softmax(&mut rows, 3);
        let whole: f32 = rows[..3].iter().sum();
        assert!((whole - 1.0).abs() < 1e-6 && (rows[2] / rows[1] - std::f32::consts::E).abs() < 1e-5);
        assert!(rows[3] < 1e-30 && (rows[4] - 1.0).abs() < 1e-6 && rows[5] < 1e-30, "{rows:?}");
    }

    #[test]
    fn threads_change_no_bit_and_one_row_is_any_row() {
        let value = |i: usize| ((i * 2_654_435_761) % 1000) as f32 / 1000.0 - 0.5;
        let (inputs, outputs, rows) = (70, 50, 500);
        let weight: Vec<f32> = (0..inputs * outputs).map(value).collect();
        let linear = Linear::new(&weight, Some((0..outputs).map(value).collect()), inputs, outputs);
        let x: Vec<f32> = (7..7 + rows * inputs).map(value).collect();
        let one = linear.apply(&x, 1);
        for threads in [2, 3, 5] {
            assert!(linear.apply(&x, threads).iter().zip(&one).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
        for row in [0, 499] {
            let alone = linear.apply(&x[row * inputs..][..inputs], 1);
            let exact: f64 = (0..inputs)
                .map(|i| f64::from(x[row * inputs + i]) * f64::from(weight[i * outputs + 3]))
                .sum::<f64>()
                + f64::from(value(3));
            assert!((f64::from(alone[3]) - exact).abs() < 1e-5);
            assert!(alone.iter().zip(&one[row * outputs..]).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}

//! The scalar product of two short rows: the inner loop of filter banks and of the cosine transform.

use super::wide::wide;

/// Partial sums; enough for the compiler to use the widest registers that every processor of the target has.
const LANES: usize = 8;

/// The sum of the products, in single precision and in an order that does not depend on the machine. The shorter slice
/// counts.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut lanes = [0.0_f32; LANES];
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    for (x, y) in whole_a.iter().zip(whole_b) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = rest_a.iter().zip(rest_b).map(|(x, y)| x * y).sum();
    together(lanes) + rest
}

/// The sum of the lanes, halves upon halves, as registers are folded.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
fn together<T: Copy + std::ops::Add<Output = T>>([a, b, c, d, e, f, g, h]: [T; LANES]) -> T {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The same in double precision.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
pub(crate) fn dot_in_double(a: &[f64], b: &[f32]) -> f64 {
    let n = a.len().min(b.len());
    let (whole_a, rest_a) = a[..n].as_chunks::<LANES>();
    let (whole_b, rest_b) = b[..n].as_chunks::<LANES>();
    let mut lanes = [0.0_f64; LANES];
    for (x, y) in whole_a.iter().zip(whole_b) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * f64::from(y[lane]);
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(x, y)| x * f64::from(*y)).sum();
    together(lanes) + rest
}

wide! {
    /// The product of two long rows in double precision.
    pub(crate) fn dot_doubles(a: &[f64], b: &[f64]) -> f64 {
        let n = a.len().min(b.len());
        let (whole_a, rest_a) = a[..n].as_chunks::<{ 2 * LANES }>();
        let (whole_b, rest_b) = b[..n].as_chunks::<{ 2 * LANES }>();
        // Twice as many sums: the additions of one do not wait for those of the other.
        let mut lanes = [0.0_f64; 2 * LANES];
        for (x, y) in whole_a.iter().zip(whole_b) {
            for lane in 0..2 * LANES {
                lanes[lane] += x[lane] * y[lane];
            }
        }
        for (lane, (x, y)) in lanes.iter_mut().zip(rest_a.iter().zip(rest_b)) {
            *lane += x * y;
        }
        together(std::array::from_fn(|lane| lanes[lane] + lanes[lane + LANES]))
    }
}

/// The sum, in the same order as that of [`dot`].
pub(crate) fn sum(a: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (whole, rest) = a.as_chunks::<LANES>();
    for x in whole {
        for lane in 0..LANES {
            lanes[lane] += x[lane];
        }
    }
    together(lanes) + rest.iter().sum::<f32>()
}

/// The mean, summed in double precision; NaN of nothing.
pub(crate) fn mean_in_double(a: &[f32]) -> f64 {
    let mut lanes = [0.0_f64; LANES];
    let (whole, rest) = a.as_chunks::<LANES>();
    for x in whole {
        for lane in 0..LANES {
            lanes[lane] += f64::from(x[lane]);
        }
    }
    let rest: f64 = rest.iter().map(|&x| f64::from(x)).sum();
    (together(lanes) + rest) / a.len() as f64
}

/// The largest of numbers; 0 of nothing and of negative ones.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
pub(crate) fn largest(a: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [0.0_f32; LANES];
    let (whole, rest) = a.as_chunks::<LANES>();
    for x in whole {
        for lane in 0..LANES {
            lanes[lane] = larger(lanes[lane], x[lane]);
        }
    }
    rest.iter().copied().chain(lanes).fold(0.0, larger)
}

/// The largest distance from a value; 0 of nothing.
pub(crate) fn largest_distance(a: &[f32], from: f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (whole, rest) = a.as_chunks::<LANES>();
    for x in whole {
        for lane in 0..LANES {
            let distance = (x[lane] - from).abs();
            lanes[lane] = if distance > lanes[lane] { distance } else { lanes[lane] };
        }
    }
    rest.iter().map(|x| (x - from).abs()).chain(lanes).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_every_length() {
        let a: Vec<f32> = (0..50).map(|i| i as f32).collect();
        for n in 0..50 {
            let expected: f32 = (0..n).map(|i| (i * i) as f32).sum();
            assert_eq!(dot(&a[..n], &a), expected, "{n}");
            let double: Vec<f64> = a[..n].iter().map(|&x| f64::from(x)).collect();
            assert_eq!(dot_in_double(&double, &a), f64::from(expected), "{n}");
            let doubles: Vec<f64> = a.iter().map(|&x| f64::from(x)).collect();
            assert_eq!(dot_doubles(&double, &doubles), f64::from(expected), "{n}");
            assert_eq!(sum(&a[..n]), (n * n.saturating_sub(1) / 2) as f32, "{n}");
            let apart = |x: f32| (0..n).map(|i| (i as f32 - x).abs()).fold(0.0, f32::max);
            assert_eq!([3.0, 40.0].map(|x| largest_distance(&a[..n], x)), [3.0, 40.0].map(apart), "{n}");
            assert_eq!(largest(&a[..n]), n.saturating_sub(1) as f32, "{n}");
            if n > 0 {
                assert_eq!(mean_in_double(&a[..n]), (n - 1) as f64 / 2.0, "{n}");
            }
        }
    }
}

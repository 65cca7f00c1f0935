//! The scalar product of two short rows: the inner loop of filter banks and of the cosine transform.

/// Partial sums; enough for the compiler to use the widest registers that every processor of the target has.
const LANES: usize = 8;

/// The sum of the products, in single precision and in an order that does not depend on the machine. The shorter slice
/// counts.
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
    lanes.iter().sum::<f32>() + rest
}

/// The same in double precision.
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
    lanes.iter().sum::<f64>() + rest
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
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
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
    (lanes.iter().sum::<f64>() + rest) / a.len() as f64
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
            assert_eq!(sum(&a[..n]), (n * n.saturating_sub(1) / 2) as f32, "{n}");
            let apart = |x: f32| (0..n).map(|i| (i as f32 - x).abs()).fold(0.0, f32::max);
            assert_eq!([3.0, 40.0].map(|x| largest_distance(&a[..n], x)), [3.0, 40.0].map(apart), "{n}");
            if n > 0 {
                assert_eq!(mean_in_double(&a[..n]), (n - 1) as f64 / 2.0, "{n}");
            }
        }
    }
}

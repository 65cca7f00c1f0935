//! How far two pictures are apart.

use crate::dsp::wide::wide;

/// Mean absolute difference of two equally long rows of samples, at least one each, in levels.
pub(crate) fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 =
        a.chunks(1 << 20).zip(b.chunks(1 << 20)).map(|(a, b)| u64::from(sum_of_differences(a, b))).sum();
    sum as f64 / b.len() as f64
}

wide! {
    fn sum_of_differences(a: &[u8], b: &[u8]) -> u32 {
        a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
    }
}

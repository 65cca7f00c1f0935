//! The moving averages over three frames.

/// The mean of a value and its neighbours.
pub(super) fn mean3(three: [f32; 3]) -> f32 {
    (three[0] + three[1] + three[2]) / 3.0
}

/// The mean of those that are not 0, which stands for undefined and stays: voice is not blurred with its absence.
pub(super) fn mean3nz(three: [f32; 3]) -> f32 {
    if three[1] == 0.0 {
        return 0.0;
    }
    let count = three.iter().filter(|&&v| v != 0.0).count();
    three.iter().sum::<f32>() / count as f32
}

/// Over all values; the first and the last one stand beside themselves.
pub(super) fn sma3(values: &[f32]) -> Vec<f32> {
    around(values, mean3)
}

/// The same over values other than 0.
pub(super) fn sma3nz(values: &[f32]) -> Vec<f32> {
    around(values, mean3nz)
}

fn around(values: &[f32], average: impl Fn([f32; 3]) -> f32) -> Vec<f32> {
    let last = values.len().saturating_sub(1);
    (0..values.len())
        .map(|i| average([values[i.saturating_sub(1)], values[i], values[(i + 1).min(last)]]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_by_hand() {
        assert_eq!(sma3(&[3.0, 0.0, 6.0, 9.0]), [2.0, 3.0, 5.0, 8.0]);
        assert_eq!(sma3nz(&[3.0, 0.0, 6.0, 9.0, 0.0]), [3.0, 0.0, 7.5, 7.5, 0.0]);
        assert_eq!((sma3(&[4.0]), sma3nz(&[4.0]), sma3(&[])), (vec![4.0], vec![4.0], vec![]));
    }
}

//! Summaries of a series of frames.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Summary of one value over the frames of an asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// Mean.
    pub mean: f64,
    /// Population variance.
    pub variance: f64,
    /// 10th percentile, linear between ranks.
    pub p10: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// Mean absolute difference from one frame to the next.
    pub dynamics: f64,
}

impl Stats {
    /// Sums up one value per frame, in double precision. Frames without a finite value are left out, and so are the
    /// differences to them; one frame alone has no variance and no dynamics. `None` without any frame.
    ///
    /// ```
    /// use viralnow_core::dsp::Stats;
    /// let stats = Stats::of(&[1.0, 2.0, f32::NAN, 4.0, 5.0]).unwrap();
    /// assert_eq!((stats.mean, stats.variance, stats.p50), (3.0, 2.5, 3.0));
    /// assert_eq!((stats.p10, stats.p90, stats.dynamics), (1.3, 4.7, 1.0));
    /// assert!(Stats::of(&[]).is_none());
    /// ```
    #[must_use]
    pub fn of(values: &[f32]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v)).collect();
        let (mean, variance, dynamics) = moments(values, 1, 0)?;
        sorted.sort_unstable_by(f64::total_cmp);
        Some(Self {
            mean,
            variance,
            p10: percentile(&sorted, 0.1),
            p50: percentile(&sorted, 0.5),
            p90: percentile(&sorted, 0.9),
            dynamics,
        })
    }
}

/// Summary of a vector (the coefficients of the MFCC, say) over the frames of an asset; one entry per coefficient.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VectorStats {
    /// Means.
    pub mean: Vec<f64>,
    /// Population variances.
    pub variance: Vec<f64>,
    /// Mean absolute differences from one frame to the next.
    pub dynamics: Vec<f64>,
}

impl VectorStats {
    /// Sums up `columns` values per frame, given frame by frame. Values that are not finite are left out as in
    /// [`Stats::of`]. `None` without any frame, or where a column has no finite value.
    ///
    /// ```
    /// use viralnow_core::dsp::VectorStats;
    /// let stats = VectorStats::of(&[1.0, 10.0, 3.0, 10.0], 2).unwrap();
    /// assert_eq!(stats.mean, [2.0, 10.0]);
    /// assert_eq!(stats.dynamics, [2.0, 0.0]);
    /// ```
    #[must_use]
    pub fn of(values: &[f32], columns: usize) -> Option<Self> {
        let mut stats = Self::default();
        for column in 0..columns {
            let (mean, variance, dynamics) = moments(values, columns, column)?;
            stats.mean.push(mean);
            stats.variance.push(variance);
            stats.dynamics.push(dynamics);
        }
        (columns > 0).then_some(stats)
    }
}

/// Mean, population variance and mean absolute difference of one column.
fn moments(values: &[f32], columns: usize, column: usize) -> Option<(f64, f64, f64)> {
    let series = || values.iter().skip(column).step_by(columns).map(|&v| f64::from(v));
    let finite = || series().filter(|v| v.is_finite());
    let count = finite().count();
    if count == 0 {
        return None;
    }
    let mean = finite().sum::<f64>() / count as f64;
    let variance = finite().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count as f64;
    let (sum, steps) = series()
        .zip(series().skip(1))
        .map(|(a, b)| (b - a).abs())
        .filter(|d| d.is_finite())
        .fold((0.0, 0_u64), |(sum, steps), d| (sum + d, steps + 1));
    Some((mean, variance, if steps > 0 { sum / steps as f64 } else { 0.0 }))
}

/// The value at this share of sorted values, linear between ranks (numpy's default). Not for empty slices.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = share * (sorted.len() - 1) as f64;
    let (below, part) = (rank.floor() as usize, rank.fract());
    let low = sorted[below];
    if part == 0.0 { low } else { low + part * (sorted[below + 1] - low) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_numpys() {
        // numpy.percentile([3, 1, 4, 1, 5, 9, 2, 6], [10, 50, 90])
        let stats = Stats::of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]).unwrap();
        assert!((stats.p10 - 1.0).abs() < 1e-12);
        assert!((stats.p50 - 3.5).abs() < 1e-12);
        assert!((stats.p90 - 6.9).abs() < 1e-12);
        assert!((stats.variance - 6.609375).abs() < 1e-12);
        assert!((stats.dynamics - (2.0 + 3.0 + 3.0 + 4.0 + 4.0 + 7.0 + 4.0) / 7.0).abs() < 1e-12);
    }

    #[test]
    fn one_frame_and_no_frame_are_defined() {
        let one = Stats::of(&[2.0]).unwrap();
        assert_eq!((one.mean, one.variance, one.p10, one.p90, one.dynamics), (2.0, 0.0, 2.0, 2.0, 0.0));
        assert!(Stats::of(&[f32::NAN]).is_none());
        assert!(VectorStats::of(&[], 3).is_none());
        assert!(VectorStats::of(&[1.0], 0).is_none());
    }

    #[test]
    fn a_large_offset_does_not_spoil_the_variance() {
        let values: Vec<f32> = (0..1000).map(|i| 8192.0 + (i % 2) as f32).collect();
        assert!((Stats::of(&values).unwrap().variance - 0.25).abs() < 1e-9);
    }
}

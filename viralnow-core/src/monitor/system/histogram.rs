//! Durations in buckets of an eighth of a power of two: a percentile is off by 6 % at most.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bits below the leading one that tell buckets apart.
const SUB_BITS: u32 = 3;
const SUB: u64 = 1 << SUB_BITS;
/// Durations from 2^40 ns (18 minutes) on share the last bucket.
const TOP: u32 = 40;
/// Number of buckets.
pub(crate) const BUCKETS: usize = ((TOP - SUB_BITS + 1) as usize) * SUB as usize;

/// The bucket of a duration.
#[inline]
pub(crate) fn bucket(ns: u64) -> usize {
    if ns < SUB {
        return ns as usize;
    }
    let exponent = ns.ilog2();
    if exponent >= TOP {
        return BUCKETS - 1;
    }
    let shift = exponent - SUB_BITS;
    ((u64::from(shift) + 1) * SUB + ((ns >> shift) & (SUB - 1))) as usize
}

/// The least duration of a bucket, in nanoseconds.
pub(crate) fn lower_bound(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < SUB {
        return bucket;
    }
    let shift = bucket / SUB - 1;
    (SUB + bucket % SUB) << shift
}

/// Counts that several threads add to.
pub(crate) struct AtomicHistogram([AtomicU64; BUCKETS]);

impl Default for AtomicHistogram {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; BUCKETS])
    }
}

impl AtomicHistogram {
    #[inline]
    pub(crate) fn add(&self, ns: u64) {
        self.0[bucket(ns)].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    pub(crate) fn set_back(&self) {
        self.0.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }

    pub(crate) fn snapshot(&self) -> Histogram {
        Histogram { counts: self.0.iter().map(|count| count.load(Ordering::Relaxed)).collect() }
    }
}

/// Durations by bucket, at one moment.
///
/// ```
/// use viralnow_core::monitor::Histogram;
/// let mut histogram = Histogram::default();
/// (1..=100).for_each(|ms| histogram.add(ms * 1_000_000));
/// assert_eq!(histogram.count(), 100);
/// assert!((histogram.quantile_ns(0.95) / 95e6 - 1.0).abs() < 0.07);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS] }
    }
}

impl Histogram {
    /// Adds one duration.
    pub fn add(&mut self, ns: u64) {
        self.counts[bucket(ns)] += 1;
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Histogram) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
    }

    /// What came since an earlier state of the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Histogram) -> Histogram {
        let counts = self.counts.iter().zip(&earlier.counts).map(|(now, then)| now.saturating_sub(*then));
        Histogram { counts: counts.collect() }
    }

    /// How many durations it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The duration below which this share of them lies, in nanoseconds, within 6 %; 0 of none. `q` in [0, 1].
    #[must_use]
    pub fn quantile_ns(&self, q: f64) -> f64 {
        let count = self.count();
        if count == 0 {
            return 0.0;
        }
        let rank = (q.clamp(0.0, 1.0) * count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, &n) in self.counts.iter().enumerate() {
            seen += n;
            if seen >= rank {
                let low = lower_bound(bucket) as f64;
                return if bucket + 1 < BUCKETS {
                    f64::midpoint(low, lower_bound(bucket + 1) as f64)
                } else {
                    low
                };
            }
        }
        0.0
    }

    /// How many are at most this long, by whole buckets.
    #[must_use]
    pub fn at_most(&self, ns: u64) -> u64 {
        self.counts[..=bucket(ns)].iter().sum()
    }

    /// The buckets that hold something, as pairs of (bucket, count): what a database keeps.
    #[must_use]
    pub fn sparse(&self) -> Vec<(u16, u64)> {
        let held = self.counts.iter().enumerate().filter(|(_, n)| **n > 0);
        held.map(|(bucket, n)| (bucket as u16, *n)).collect()
    }

    /// The reverse of [`Histogram::sparse`]; buckets that there are not are left out.
    #[must_use]
    pub fn from_sparse(pairs: &[(u16, u64)]) -> Self {
        let mut histogram = Self::default();
        for &(bucket, n) in pairs {
            if let Some(count) = histogram.counts.get_mut(usize::from(bucket)) {
                *count += n;
            }
        }
        histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_without_gaps() {
        for bucket_number in 0..BUCKETS {
            let low = lower_bound(bucket_number);
            assert_eq!(bucket(low), bucket_number);
            if low > 0 {
                assert_eq!(bucket(low - 1), bucket_number - 1);
            }
            // An eighth of the value at most, above the single nanoseconds.
            if bucket_number >= SUB as usize && bucket_number + 1 < BUCKETS {
                assert!(lower_bound(bucket_number + 1) - low <= low / 8 + u64::from(!low.is_multiple_of(8)));
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }
}

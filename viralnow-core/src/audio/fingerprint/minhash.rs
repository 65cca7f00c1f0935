//! Min-hashes of a fingerprint: how alike two sets of pairs are, from 32 bytes of each.

use super::landmarks::{Fingerprint, Point};
use super::pairs::{KEPT, targets};

/// Min-hashes of a fingerprint.
pub(in crate::audio) const DIGITS: usize = 64;
/// Pairs that a fingerprint needs at least.
const LEAST_PAIRS: usize = 16;
/// Steps of pitch and interval (50 cents) and of time (48 ms): wider than those of the index, because here a pair that
/// lands one step beside its own is lost.
const PITCH_STEP: u64 = 20;
const TIME_STEP: u64 = 12;

impl Fingerprint {
    /// For each of 64 orders of all pairs, four bits of the pair of this sound that comes first. Two sounds agree in a
    /// digit with the probability J + (1 - J) / 16, where J is what they share of their pairs (Broder 1997; Li & Konig
    /// 2010). `None` under 16 pairs.
    pub(in crate::audio) fn min_hashes(&self) -> Option<[u8; DIGITS]> {
        let strong: Vec<Point> = self.points.iter().copied().filter(|point| point.strong).collect();
        let mut least = [u64::MAX; DIGITS];
        let mut pairs = 0;
        for (at, anchor) in strong.iter().enumerate() {
            for target in targets(&strong, at, KEPT) {
                let pitches = (u64::from(anchor.pitch) / PITCH_STEP, u64::from(target.pitch) / PITCH_STEP);
                let time = u64::from(target.time - anchor.time) / TIME_STEP;
                let pair = mix(pitches.0 << 32 | pitches.1 << 16 | time);
                for (order, least) in least.iter_mut().enumerate() {
                    *least = (*least).min(mix(pair ^ ORDERS[order]));
                }
                pairs += 1;
            }
        }
        // The first bits of a minimum are mostly 0; the last are as good as random.
        (pairs >= LEAST_PAIRS).then(|| least.map(|least| (least & 0xF) as u8))
    }
}

/// One number for each order: the first outputs of `SplitMix64`.
const ORDERS: [u64; DIGITS] = {
    let mut orders = [0; DIGITS];
    let mut i = 0;
    while i < DIGITS {
        orders[i] = mix((i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        i += 1;
    }
    orders
};

/// Scatters all 64 bits (the finaliser of `SplitMix64`: Steele, Lea & Flood 2014).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

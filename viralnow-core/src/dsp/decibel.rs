//! Powers in decibels.

use super::wide::wide;

/// Powers below this are taken as this (librosa's `amin`): -100 dB.
pub(crate) const AMIN: f64 = 1e-10;

/// How far below the largest value of the whole a value may lie (librosa's `top_db`).
pub(crate) const TOP_DB: f32 = 80.0;

/// Ten times the decadic logarithm of a power, never below -100 dB.
pub(crate) fn power_to_db(power: f64) -> f64 {
    power_above_to_db(power, AMIN)
}

/// Ten times the decadic logarithm of a power that is not taken as less than `amin`.
pub(crate) fn power_above_to_db(power: f64, amin: f64) -> f64 {
    10.0 * power.max(amin).log10()
}

/// The same for a power in single precision, faster: within one step of single precision of the natural logarithm, which is
/// 1e-5 dB up to ±100 dB and 4e-5 dB beyond. `amin` is a normal number.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
pub(crate) fn single_to_db(power: f32, amin: f32) -> f64 {
    f64::from(ln(if power > amin { power } else { amin })) * (10.0 / std::f64::consts::LN_10)
}

wide! {
    /// Writes many powers in decibels, with the bits of [`single_to_db`].
    pub(crate) fn singles_to_db(powers: &[f32], amin: f32, db: &mut [f32]) {
        for (db, &power) in db.iter_mut().zip(powers) {
            *db = single_to_db(power, amin) as f32;
        }
    }
}

/// Bits of the square root of a half, and of a mantissa.
const ROOT_OF_HALF: u32 = 0x3f35_04f3;
const MANTISSA: u32 = (1 << 23) - 1;
/// The logarithm of 2 in two parts, of which the first times an exponent is exact.
const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = (std::f64::consts::LN_2 - 355.0 / 512.0) as f32;

/// The natural logarithm of a normal number or of infinity, without a branch, so that many are taken side by side: the
/// number is `2^k m` with `m` between the square roots of a half and of two, and `ln m` is `2 artanh((m - 1) / (m + 1))`,
/// whose series is cut off at 1e-9.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of loops that are compiled for wider registers")]
pub(crate) fn ln(x: f32) -> f32 {
    let bits = x.to_bits().wrapping_sub(ROOT_OF_HALF);
    let exponent = (bits as i32 >> 23) as f32;
    let m = f32::from_bits((bits & MANTISSA) + ROOT_OF_HALF);
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let series = s2 * (2.0 / 3.0 + s2 * (2.0 / 5.0 + s2 * (2.0 / 7.0 + s2 * (2.0 / 9.0))));
    let found = exponent * LN_2_HIGH + (exponent * LN_2_LOW + (2.0 * s + s * series));
    if x < f32::INFINITY { found } else { x }
}

/// Lifts what lies more than 80 dB below the largest value of the whole.
pub(crate) fn clip_to_top(db: &mut [f32]) {
    clip_below_top(db, TOP_DB);
}

/// Lifts what lies more than this below the largest value of the whole.
pub(crate) fn clip_below_top(db: &mut [f32], top_db: f32) {
    let floor = db.iter().copied().fold(f32::NEG_INFINITY, f32::max) - top_db;
    for value in db {
        *value = value.max(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decibels_by_definition() {
        assert_eq!(power_to_db(1.0), 0.0);
        assert_eq!(power_to_db(0.01), -20.0);
        assert_eq!(power_to_db(0.0), -100.0);
        for exponent in -40..38 {
            let power = 1.7 * 10_f32.powi(exponent);
            let exact = power_above_to_db(f64::from(power), 1e-30);
            // Logarithms below 32 have steps of 2^-19, those below 128 of 2^-17 at most.
            let step: f64 = if (-10..10).contains(&exponent) { 2.0_f64.powi(-19) } else { 2.0_f64.powi(-17) };
            assert!((single_to_db(power, 1e-30) - exact).abs() < 4.343 * step, "{power:e}");
        }
        let powers: Vec<f32> = (0..1000).map(|i| 1.3_f32.powi(i % 300 - 150)).collect();
        let mut db = vec![0.0; 1000];
        singles_to_db(&powers, 1e-10, &mut db);
        for (db, &power) in db.iter().zip(&powers) {
            assert_eq!(db.to_bits(), (single_to_db(power, 1e-10) as f32).to_bits());
        }
        assert_eq!(single_to_db(1.0, 1e-10), 0.0);
        assert_eq!(single_to_db(0.0, 1e-10), single_to_db(1e-10, 1e-10));
        assert_eq!(single_to_db(f32::INFINITY, 1e-10), f64::INFINITY);
        let mut db = [0.0, -90.0, -10.0, -100.0];
        clip_to_top(&mut db);
        assert_eq!(db, [0.0, -80.0, -10.0, -80.0]);
        clip_to_top(&mut []);
    }
}

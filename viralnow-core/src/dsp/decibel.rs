//! Powers in decibels.

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
/// 1e-5 dB up to ±100 dB and 4e-5 dB beyond.
pub(crate) fn single_to_db(power: f32, amin: f32) -> f64 {
    f64::from(power.max(amin).ln()) * (10.0 / std::f64::consts::LN_10)
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
        let mut db = [0.0, -90.0, -10.0, -100.0];
        clip_to_top(&mut db);
        assert_eq!(db, [0.0, -80.0, -10.0, -80.0]);
        clip_to_top(&mut []);
    }
}

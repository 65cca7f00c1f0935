//! The model's inputs. None says how large the audience is, so that what was learned of large channels holds for small ones.
//! `training/virality/train.py` says the same in Python.

use super::signals::Signals;

/// The inputs in the order of [`NAMES`]; NaN is unknown.
pub(super) type Features = [f64; NAMES.len()];

/// Their names, as the model's file writes them.
pub(super) const NAMES: [&str; 10] = [
    "growth_day",
    "acceleration",
    "days_followed",
    "age_hours",
    "like_rate",
    "comment_rate",
    "new_like_rate",
    "new_comment_rate",
    "comments_per_like",
    "growth_day_before",
];

/// Reads them off what is known of a clip.
pub(super) fn features(signals: &Signals) -> Features {
    let count = |count: Option<u64>| count.map_or(f64::NAN, |count| count as f64);
    let [views, likes, comments] =
        [signals.counts.views, signals.counts.likes, signals.counts.comments].map(|c| count(c) + 1.0);
    let like_rate = (likes / views).ln();
    let comment_rate = (comments / views).ln();
    let mut out = [
        f64::NAN,
        f64::NAN,
        (signals.hours_followed / 24.0).min(7.0),
        signals.age_hours.map_or(f64::NAN, |hours| hours.max(1.0).ln()),
        like_rate,
        comment_rate,
        f64::NAN,
        f64::NAN,
        (comments / likes).ln(),
        f64::NAN,
    ];
    let Some(before) = signals.before else { return out };
    let [views_before, likes_before, comments_before] =
        [before.counts.views, before.counts.likes, before.counts.comments].map(|c| count(c) + 1.0);
    let new = at_least(0.0, views - views_before);
    // The logarithm of the growth a day, itself a logarithm.
    let growth_day =
        |now: f64, before: f64, hours: f64| (at_least(1e-6, (now / before).ln()) / hours * 24.0).ln();
    out[0] = growth_day(views, views_before, before.hours);
    out[6] = ((at_least(0.0, likes - likes_before) + 1.0) / (new + 10.0)).ln() - like_rate;
    out[7] = ((at_least(0.0, comments - comments_before) + 1.0) / (new + 10.0)).ln() - comment_rate;
    if let Some(first) = signals.before_that {
        let views_first = count(first.counts.views) + 1.0;
        let pace = new / before.hours * 24.0;
        let pace_before = at_least(0.0, views_before - views_first) / first.hours * 24.0;
        out[1] = ((pace + 1.0) / (pace_before + 1.0)).ln().clamp(-4.0, 4.0);
        out[9] = growth_day(views_before, views_first, first.hours);
    }
    out
}

/// No less than this; unlike `f64::max` it leaves what is unknown unknown.
fn at_least(least: f64, value: f64) -> f64 {
    if value < least { least } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clips::Counts;
    use crate::clips::virality::Earlier;

    #[test]
    fn features_by_hand_and_what_is_unknown_stays_unknown() {
        let counts =
            |views, likes| Counts { views: Some(views), likes, comments: Some(9), ..Counts::default() };
        let earlier = |views, likes| Some(Earlier { counts: counts(views, likes), hours: 12.0 });
        let signals = Signals {
            counts: counts(1999, Some(199)),
            before: earlier(999, Some(99)),
            before_that: earlier(499, None),
            hours_followed: 36.0,
            age_hours: None,
        };
        let found = features(&signals);
        // Views doubled in half a day, twice: 2 ln 2 a day both times, and twice the new views.
        let growth = (2.0_f64.ln() * 2.0).ln();
        let expected = [
            growth,
            (2001.0_f64 / 1001.0).ln(),
            1.5,
            f64::NAN,
            0.1_f64.ln(),
            0.005_f64.ln(),
            (101.0_f64 / 1010.0).ln() - 0.1_f64.ln(),
            (1.0_f64 / 1010.0).ln() - 0.005_f64.ln(),
            0.05_f64.ln(),
            growth,
        ];
        for (name, (found, expected)) in NAMES.iter().zip(found.iter().zip(expected)) {
            assert!(
                found.is_nan() && expected.is_nan() || (found - expected).abs() < 1e-12,
                "{name}: {found} {expected}"
            );
        }
        let unknown = features(&Signals { before: earlier(999, None), before_that: None, ..signals });
        assert!([1, 3, 6, 9].iter().all(|&i| unknown[i].is_nan()) && !unknown[0].is_nan(), "{unknown:?}");
    }
}

//! Peaks of a contour and the slopes between its extremes.

/// Extremes closer to each other than this share of the contour's range are one.
const RELEVANT: f64 = 0.1;

/// A peak after a small dip takes the place of the one before it where it is this much higher.
const HIGHER: f64 = 1.05;

/// Seconds from one frame to the next.
const STEP_S: f64 = 0.01;

/// The peaks and slopes of a contour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slopes {
    pub(super) peaks: usize,
    /// Mean and standard deviation of the rising slopes, per second; `None` where nothing rises.
    pub(super) rising: Option<(f64, f64)>,
    /// Of the falling ones, as positive numbers.
    pub(super) falling: Option<(f64, f64)>,
}

/// A local extreme: its place, and whether it is a maximum.
type Extreme = (usize, bool);

impl Slopes {
    /// Of a contour with a value every 10 ms.
    ///
    /// The slopes run from the first value to the first relevant extreme, from each extreme to the next, and from the last
    /// one to the last value. Two habits of openSMILE are kept, since all published values have them: the last slope enters
    /// the means with the sign of its change (a fall at the end counts as negative there), and it is left out of the sums of
    /// squares, though not of the counts.
    pub(super) fn of(values: &[f32]) -> Self {
        let extremes = relevant(values);
        let (mut rising, mut falling) = (Moments::default(), Moments::default());
        let value = |i: usize| f64::from(values[i]);
        let per_second = |a: usize, b: usize| (value(b) - value(a)) / ((b - a) as f64 * STEP_S);
        if let (Some(&(first, first_is_peak)), Some(&(last, last_is_peak))) =
            (extremes.first(), extremes.last())
        {
            // An extreme stands two values inside.
            let slope = per_second(0, first);
            if first_is_peak {
                rising.add(slope);
            } else {
                falling.add(-slope);
            }
            for pair in extremes.windows(2) {
                let slope = per_second(pair[0].0, pair[1].0);
                if pair[1].1 { rising.add(slope) } else { falling.add(-slope) }
            }
            let slope = per_second(last, values.len() - 1);
            if last_is_peak { falling.last = Some(slope) } else { rising.last = Some(slope) }
        }
        Self {
            peaks: extremes.iter().filter(|(_, is_peak)| *is_peak).count(),
            rising: rising.finish(),
            falling: falling.finish(),
        }
    }
}

#[derive(Default)]
struct Moments {
    slopes: Vec<f64>,
    last: Option<f64>,
}

impl Moments {
    fn add(&mut self, slope: f64) {
        self.slopes.push(slope);
    }

    fn finish(&self) -> Option<(f64, f64)> {
        let count = self.slopes.len() + usize::from(self.last.is_some());
        if count == 0 {
            return None;
        }
        let mean = (self.slopes.iter().sum::<f64>() + self.last.unwrap_or(0.0)) / count as f64;
        let squares: f64 = self.slopes.iter().map(|slope| (slope - mean).powi(2)).sum();
        Some((mean, (squares / count as f64).sqrt()))
    }
}

/// The extremes that matter, peaks and valleys by turns: a peak must rise, and a valley fall, by a share of the range.
///
/// Of which rise is meant, the paper says nothing; this is what openSMILE 3.0 does. A peak is measured from the valley before
/// it, kept or not, and a small dip so hides what follows it unless that is a twentieth higher than the peak before the dip;
/// a valley is measured from the last peak kept.
fn relevant(values: &[f32]) -> Vec<Extreme> {
    let (low, high) =
        values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    let least = RELEVANT * (f64::from(high) - f64::from(low));
    let mut kept: Vec<Extreme> = Vec::new();
    let Some(first) = values.first().map(|&v| f64::from(v)) else { return kept };
    // The valley and the peak before, kept or not.
    let (mut valley, mut peak) = (first, None);
    for i in 2..values.len().saturating_sub(2) {
        let (before, here, after) = (values[i - 1], values[i], values[i + 1]);
        let (is_peak, is_valley) = (here > before && here > after, here < before && here < after);
        if !(is_peak || is_valley) {
            continue;
        }
        let here = f64::from(here);
        let last = kept.last().map(|&(at, is_peak)| (f64::from(values[at]), is_peak));
        if is_peak {
            let rises = (here - valley).abs() >= least;
            match last {
                Some((value, true)) if here > value && (rises || here > HIGHER * value) => {
                    *kept.last_mut().expect("there is a last one") = (i, true);
                }
                Some((value, false)) => {
                    let higher = peak.is_some_and(|peak| here > HIGHER * peak);
                    if here - value >= least && (rises || higher) {
                        kept.push((i, true));
                    }
                }
                None if rises => kept.push((i, true)),
                Some((_, true)) | None => {}
            }
            peak = Some(here);
        } else {
            if last.is_some() || here < valley || (here - first).abs() >= least {
                valley = here;
            }
            match last {
                Some((value, false)) if here < value => {
                    *kept.last_mut().expect("there is a last one") = (i, false);
                }
                Some((_, false)) => {}
                _ => {
                    if last.map_or(first, |(value, _)| value) - here >= least {
                        kept.push((i, false));
                    }
                }
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_by_hand() {
        // Up by 4 in 2 frames, down by 4 in 3, up by 8 in 3, down by 7 in 2, up by 4 in 4 with a small dent, down at the end.
        let contour = [1.0, 3.0, 5.0, 4.0, 2.0, 1.0, 4.0, 8.0, 9.0, 5.0, 2.0, 3.0, 2.9, 4.0, 6.0, 2.0, 1.0];
        let slopes = Slopes::of(&contour);
        assert_eq!(slopes.peaks, 3);
        let (mean, spread) = slopes.rising.unwrap();
        let rising = [200.0, 800.0 / 3.0, 100.0];
        let expected = rising.iter().sum::<f64>() / 3.0;
        assert!((mean - expected).abs() < 1e-3, "{mean}");
        let variance = rising.iter().map(|s| (s - expected) * (s - expected)).sum::<f64>() / 3.0;
        assert!((spread - variance.sqrt()).abs() < 1e-3);
        // The fall at the end with its sign.
        let (mean, _) = slopes.falling.unwrap();
        assert!((mean - (400.0 / 3.0 + 350.0 - 250.0) / 3.0).abs() < 1e-3, "{mean}");
    }

    #[test]
    fn flat_and_short_contours_have_none() {
        for contour in [&[][..], &[1.0], &[1.0, 2.0, 1.0, 2.0], &[3.0; 50]] {
            assert_eq!(Slopes::of(contour), Slopes { peaks: 0, rising: None, falling: None });
        }
    }
}

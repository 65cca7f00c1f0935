//! Beats by dynamic programming: D. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36
//! (2007), 51-60, in the form of librosa 0.11.

/// Lags beyond this many standard deviations of the smoothing weigh less than 1e-13 and are left out.
const SMOOTHING_REACH: f64 = 8.0;
/// Standard deviations of the smoothing in one beat.
const SMOOTHING: f64 = 32.0;
/// Share of the largest local score that the first beat must reach.
const FIRST: f64 = 0.01;

/// How beats are looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    /// Frames from one beat to the next.
    pub(super) period: f64,
    /// How strongly other intervals than the period are punished.
    pub(super) tightness: f64,
    /// Whether weak beats at either end are left out.
    pub(super) trim: bool,
    /// Whether the beats may begin at any frame and end at the best. librosa's begin within half a period of the first
    /// frame, whatever is there, and end at the last local maximum, which may lie behind the last onset; both bend the
    /// beats next to the ends.
    pub(super) free_ends: bool,
}

/// The beats' frames, in order. The envelope's scale does not matter. Time and memory are linear in its length: 10 bytes
/// a frame besides the local score.
pub(super) fn beats(envelope: &[f32], search: Search) -> Vec<usize> {
    if envelope.len() < 2 || !envelope.iter().any(|&value| value != 0.0) {
        return Vec::new();
    }
    let score = local_score(envelope, search.period);
    let (links, best) = links(&score, search);
    let mut beats = Vec::new();
    let mut next = Some(if search.free_ends { best_end(&best) } else { last_beat(&best) });
    while let Some(beat) = next {
        beats.push(beat);
        next = (links[beat] > 0).then(|| beat - links[beat] as usize);
    }
    beats.reverse();
    trim(&score, &mut beats, search.trim);
    beats
}

/// The envelope over its standard deviation, smoothed.
fn local_score(envelope: &[f32], period: f64) -> Vec<f64> {
    let n = envelope.len() as f64;
    let mean = envelope.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = envelope.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let scale = 1.0 / (variance.sqrt() + f64::from(f32::MIN_POSITIVE));
    let reach = ((period / SMOOTHING * SMOOTHING_REACH) as usize).min(period as usize).min(envelope.len());
    let weights: Vec<f64> =
        (0..=reach).map(|i| scale * (-0.5 * (i as f64 * SMOOTHING / period).powi(2)).exp()).collect();
    (0..envelope.len())
        .map(|i| {
            // librosa's sum never reaches the very first frame.
            let (from, to) = (i.saturating_sub(reach).max(1), (i + reach + 1).min(envelope.len()));
            (from..to).map(|j| weights[i.abs_diff(j)] * f64::from(envelope[j])).sum()
        })
        .collect()
}

/// For each frame the distance to the best beat before it (0: none), and the score of the best sequence that ends there.
fn links(score: &[f64], search: Search) -> (Vec<u32>, Vec<f64>) {
    let nearest = ((search.period / 2.0).round_ties_even() as usize).max(1);
    let farthest = ((2.0 * search.period) as usize).min(score.len());
    let penalties: Vec<f64> = (nearest..=farthest)
        .map(|lag| search.tightness * ((lag as f64).ln() - search.period.ln()).powi(2))
        .collect();
    let threshold = FIRST * score.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut best = Vec::with_capacity(score.len());
    let mut links = Vec::with_capacity(score.len());
    let mut started = false;
    for (i, &here) in score.iter().enumerate() {
        let (mut link, mut before) = (0, f64::NEG_INFINITY);
        for (lag, penalty) in (nearest..=farthest.min(i)).zip(&penalties) {
            let sum = best[i - lag] - penalty;
            if sum > before {
                (link, before) = (lag as u32, sum);
            }
        }
        if search.free_ends && before <= 0.0 {
            link = 0;
        }
        best.push(if link > 0 { here + before } else { here });
        started |= here >= threshold;
        links.push(if started { link } else { 0 });
    }
    (links, best)
}

/// The frame at which the best sequence of all ends, the first of equals.
fn best_end(best: &[f64]) -> usize {
    (0..best.len()).rev().max_by(|&a, &b| best[a].total_cmp(&best[b])).unwrap_or(0)
}

/// The last local maximum of at least half the median of all of them.
fn last_beat(best: &[f64]) -> usize {
    let last = best.len() - 1;
    let is_peak = |i: usize| i > 0 && best[i] > best[i - 1] && (i == last || best[i] >= best[i + 1]);
    let mut peaks: Vec<f64> = (0..=last).filter(|&i| is_peak(i)).map(|i| best[i]).collect();
    if peaks.is_empty() {
        return last;
    }
    peaks.sort_unstable_by(f64::total_cmp);
    let threshold = 0.5 * crate::dsp::percentile(&peaks, 0.5);
    (0..=last).rev().find(|&i| is_peak(i) && best[i] >= threshold).unwrap_or(last)
}

/// Leaves out the beats before the first and after the last frame whose score exceeds half the root mean square of the
/// beats' smoothed scores, or 0 where weak beats are wanted.
fn trim(score: &[f64], beats: &mut Vec<usize>, weak: bool) {
    let mut threshold = 0.0;
    if weak {
        let at =
            |i: isize| usize::try_from(i).ok().and_then(|i| beats.get(i)).map_or(0.0, |&beat| score[beat]);
        let count = (beats.len() + 2).min(score.len());
        let squares = (0..count as isize).map(|m| (0.5 * at(m + 1) + at(m) + 0.5 * at(m - 1)).powi(2));
        threshold = 0.5 * (squares.sum::<f64>() / count as f64).sqrt();
    }
    let strong = |&s: &f64| s > threshold;
    let Some(first) = score.iter().position(strong) else { return beats.clear() };
    let last = score.iter().rposition(strong).unwrap_or(first);
    beats.retain(|beat| (first..=last).contains(beat));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(n: usize, first: usize, period: usize) -> Vec<f32> {
        (0..n).map(|i| f32::from(u8::from(i >= first && (i - first).is_multiple_of(period)))).collect()
    }

    #[test]
    fn beats_are_the_pulses() {
        let envelope = pulses(1000, 37, 20);
        let expected: Vec<usize> = (37..1000).step_by(20).collect();
        for period in [19.0, 20.0, 21.0] {
            let found = beats(&envelope, Search { period, tightness: 100.0, trim: true, free_ends: false });
            assert_eq!(found, expected, "{period}");
        }
    }

    #[test]
    fn free_ends_keep_the_first_and_the_last_beat() {
        // The first pulse lies farther from the start than half a period, and 34 frames follow the last.
        let envelope = pulses(1030, 31, 55);
        let found = beats(&envelope, Search { period: 55.4, tightness: 100.0, trim: true, free_ends: true });
        assert_eq!(found, (31..1030).step_by(55).collect::<Vec<_>>());
    }

    #[test]
    fn beats_go_on_through_a_gap() {
        let mut envelope = pulses(1000, 10, 25);
        envelope[300..500].fill(0.0);
        let search = Search { period: 25.0, tightness: 100.0, trim: true, free_ends: false };
        // The last score rises to the end of the sound, which pulls the last beat forward: so it does in librosa 0.11,
        // which gives just these beats.
        let mut expected: Vec<usize> = (10..985).step_by(25).collect();
        expected.push(980);
        assert_eq!(beats(&envelope, search), expected);
        let free = Search { free_ends: true, ..search };
        assert_eq!(beats(&envelope, free), (10..1000).step_by(25).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_and_little_are_defined() {
        let search = Search { period: 20.0, tightness: 100.0, trim: true, free_ends: false };
        assert!(beats(&[], search).is_empty() && beats(&[1.0], search).is_empty());
        assert!(beats(&[0.0; 100], search).is_empty());
        beats(&[1.0; 100], search);
        beats(&[1.0, 0.0], search);
        beats(&[0.0, 1.0], Search { period: 0.5, tightness: 100.0, trim: false, free_ends: false });
    }
}

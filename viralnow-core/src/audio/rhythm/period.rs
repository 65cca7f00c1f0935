//! The tempo: at which period the onsets come again.

use super::novelty::FRAME_RATE;
use super::tempogram::Autocorrelation;

/// Frames of a window of the autocorrelation (12 s), of the distance of two, and of the shortest sound (4 s).
const WINDOW: usize = 1200;
const STEP: usize = 300;
const SHORTEST: usize = 400;
/// Frames on either side over which the envelope's mean is taken out.
const LOCAL: usize = 100;
/// Standard deviation of the smoothing, in frames: the play of a hand.
const SMOOTHING: f64 = 1.5;
/// Tempi that are looked at, in beats per minute, and how many.
const SLOWEST: f64 = 38.0;
const FASTEST: f64 = 240.0;
const TEMPI: usize = 700;
/// The preferred tempo and its spread in octaves: where listeners tap to sound that leaves the choice (L. van Noorden &
/// D. Moelants, "Resonance in the perception of musical pulse", Journal of New Music Research 28, 1999).
const PREFERRED: f64 = 125.0;
const SPREAD: f64 = 1.0;
/// The multiples of a period at which the onsets must come again, and how many times the correlation at one period the
/// mean may be: where nothing comes again after one beat, half the tempo is the tempo.
const MULTIPLES: [f64; 3] = [1.0, 2.0, 4.0];
const OVER_ONE: f64 = 4.0;
/// The multiples that confirm a tempo. They had no part in the choice, so chance has not been picked there for its height.
const CONFIRMING: [f64; 5] = [3.0, 5.0, 6.0, 7.0, 8.0];
/// A correlation that chance reaches: this over the root of the number of frames, and this at least.
const CHANCE: f64 = 3.3;
const LEAST: f64 = 0.08;
/// The correlation above chance from which the tempo is certain.
const CERTAIN: f64 = 0.4;
/// Candidates that are given besides the octaves.
const CANDIDATES: usize = 4;

/// A tempo and how strongly the onsets come again at it: the mean of the normalised autocorrelation at one, two and four
/// beats, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) bpm: f64,
    pub(super) strength: f64,
}

/// What the envelope says of the tempo.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Periodicity {
    /// The best first; its half and its double are among them.
    pub(super) candidates: Vec<Candidate>,
    /// How far the best lies above chance, in [0, 1]; 0 is no tempo.
    pub(super) confidence: f64,
}

/// `None` for less than 4 s and without any onset. Time and memory are linear in the length of the envelope.
pub(super) fn periodicity(envelope: &[f32]) -> Option<Periodicity> {
    if envelope.len() < SHORTEST {
        return None;
    }
    let correlation = correlation(envelope)?;
    let tempi: Vec<f64> =
        (0..TEMPI).map(|i| SLOWEST * (FASTEST / SLOWEST).powf(i as f64 / (TEMPI - 1) as f64)).collect();
    let strengths: Vec<f64> = tempi.iter().map(|&bpm| strength(&correlation, bpm)).collect();
    let weighted = |i: usize| {
        let octaves = (tempi[i] / PREFERRED).log2() / SPREAD;
        strengths[i] * (-0.5 * octaves * octaves).exp()
    };
    let mut peaks: Vec<usize> = (1..TEMPI - 1)
        .filter(|&i| strengths[i] > 0.0 && weighted(i) > weighted(i - 1) && weighted(i) >= weighted(i + 1))
        .collect();
    peaks.sort_by(|&a, &b| weighted(b).total_cmp(&weighted(a)));
    let mut candidates: Vec<Candidate> = Vec::new();
    for &peak in peaks.iter().take(CANDIDATES) {
        let bpm = refine(&correlation, tempi[peak]);
        if candidates.iter().all(|other| (other.bpm / bpm - 1.0).abs() > 0.02) {
            candidates.push(Candidate { bpm, strength: strengths[peak].max(strength(&correlation, bpm)) });
        }
    }
    let best = *candidates.first()?;
    for bpm in [best.bpm / 2.0, best.bpm * 2.0] {
        if candidates.iter().all(|other| (other.bpm / bpm - 1.0).abs() > 0.02) {
            candidates.push(Candidate { bpm, strength: strength(&correlation, bpm).max(0.0) });
        }
    }
    let chance = (CHANCE / (envelope.len() as f64).sqrt()).max(LEAST);
    let confirmed = mean_at(&correlation, best.bpm, &CONFIRMING).unwrap_or(0.0).min(best.strength);
    let confidence = ((confirmed - chance) / CERTAIN).clamp(0.0, 1.0);
    Some(Periodicity { candidates, confidence })
}

/// The mean over windows of the autocorrelation of the envelope, each scaled to 1 at lag 0; lags up to three quarters of
/// the window. `None` where no window has an onset.
fn correlation(envelope: &[f32]) -> Option<Vec<f64>> {
    let novelty = smoothed_around_mean(envelope);
    let window = WINDOW.min(novelty.len());
    let mut correlate = Autocorrelation::new(window);
    let mut windows = 0.0;
    for start in (0..=novelty.len() - window).step_by(STEP) {
        correlate.add(novelty[start..start + window].iter().copied(), |energy| {
            if energy <= f64::MIN_POSITIVE {
                return 0.0;
            }
            windows += 1.0;
            1.0 / energy
        });
    }
    // Fewer products at longer lags.
    let weight = |lag: usize| window as f64 / (window - lag) as f64 / windows;
    let sums = correlate.sum().iter().take(3 * window / 4).enumerate();
    let mean = sums.map(|(lag, sum)| sum * weight(lag)).collect();
    (windows > 0.0).then_some(mean)
}

fn smoothed_around_mean(envelope: &[f32]) -> Vec<f64> {
    let n = envelope.len();
    let mut sums = Vec::with_capacity(n + 1);
    sums.push(0.0);
    envelope.iter().for_each(|&v| sums.push(sums[sums.len() - 1] + f64::from(v)));
    let around: Vec<f64> = (0..n)
        .map(|i| {
            let (from, to) = (i.saturating_sub(LOCAL), (i + LOCAL + 1).min(n));
            f64::from(envelope[i]) - (sums[to] - sums[from]) / (to - from) as f64
        })
        .collect();
    let reach = (3.0 * SMOOTHING) as usize + 1;
    let weights: Vec<f64> = (0..=reach).map(|i| (-0.5 * (i as f64 / SMOOTHING).powi(2)).exp()).collect();
    let total = 2.0 * weights.iter().sum::<f64>() - 1.0;
    (0..n)
        .map(|i| {
            let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(n));
            (from..to).map(|j| weights[i.abs_diff(j)] * around[j]).sum::<f64>() / total
        })
        .collect()
}

/// The mean correlation at the multiples of the beat, held down by that at the beat itself.
fn strength(correlation: &[f64], bpm: f64) -> f64 {
    let most = OVER_ONE * mean_at(correlation, bpm, &MULTIPLES[..1]).unwrap_or(0.0).max(0.0);
    mean_at(correlation, bpm, &MULTIPLES).unwrap_or(0.0).min(most)
}

/// The mean correlation at those of these multiples of the beat that lie within it.
fn mean_at(correlation: &[f64], bpm: f64, multiples: &[f64]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for lag in multiples.iter().map(|multiple| multiple * 60.0 * FRAME_RATE / bpm) {
        let (below, part) = (lag as usize, lag.fract());
        if below + 1 < correlation.len() {
            sum += correlation[below] + part * (correlation[below + 1] - correlation[below]);
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sum / count)
}

/// The tempo to a fraction of a frame: from the peak of the correlation at one beat, then at two, four and eight, where an
/// error in the lag is an ever smaller part of the beat.
fn refine(correlation: &[f64], bpm: f64) -> f64 {
    let mut period = 60.0 * FRAME_RATE / bpm;
    for beats in [1.0, 2.0, 4.0, 8.0] {
        let centre = beats * period;
        let reach = if beats == 1.0 { (0.04 * period).max(1.5) } else { 2.5 };
        let (from, to) = ((centre - reach).max(1.0).ceil() as usize, (centre + reach) as usize);
        if to + 1 >= correlation.len() {
            break;
        }
        let Some(peak) = (from..=to).max_by(|&a, &b| correlation[a].total_cmp(&correlation[b])) else {
            break;
        };
        let [left, top, right] = [-1, 0, 1].map(|d| correlation[peak.wrapping_add_signed(d)]);
        let curvature = left - 2.0 * top + right;
        if top <= 0.0 || left > top || right > top || curvature >= 0.0 {
            continue;
        }
        period = (peak as f64 + 0.5 * (left - right) / curvature) / beats;
    }
    60.0 * FRAME_RATE / period
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(bpm: f64, seconds: f64) -> Vec<f32> {
        let period = 60.0 * FRAME_RATE / bpm;
        let mut envelope = vec![0.0; (seconds * FRAME_RATE) as usize];
        for beat in 0.. {
            let at = 20.3 + f64::from(beat) * period;
            let frame = at as usize;
            if frame + 1 >= envelope.len() {
                return envelope;
            }
            envelope[frame] += (1.0 - at.fract()) as f32;
            envelope[frame + 1] += at.fract() as f32;
        }
        envelope
    }

    #[test]
    fn pulses_give_their_tempo() {
        for bpm in [60.0, 71.3, 88.8, 99.9, 113.0, 128.5, 151.7, 174.0] {
            let found = periodicity(&pulses(bpm, 20.0)).unwrap();
            let best = found.candidates[0].bpm;
            let octave = [best, best / 2.0, best * 2.0].into_iter().map(|b| (b / bpm - 1.0).abs());
            assert!(octave.fold(1.0, f64::min) < 1e-3, "{bpm}: {found:?}");
            assert!(found.confidence > 0.9, "{bpm}: {found:?}");
            assert!(found.candidates.iter().any(|c| (c.bpm / best - 2.0).abs() < 0.04));
            assert!(found.candidates.iter().any(|c| (c.bpm / best - 0.5).abs() < 0.01));
        }
    }

    #[test]
    fn without_period_there_is_no_confidence() {
        // Onsets at distances from a congruential generator, exponentially distributed around half a second.
        let mut state = 12_345_u64;
        let mut envelope = vec![0.0_f32; 6000];
        let mut at = 10.0;
        while at < 6000.0 {
            envelope[at as usize] = 1.0;
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            at += 5.0 - 45.0 * (((state >> 33) as f64 + 1.0) / 2_147_483_649.0).ln();
        }
        let found = periodicity(&envelope).unwrap();
        assert!(found.confidence < 0.05, "{found:?}");
        assert!(periodicity(&[0.0; 1000]).is_none() && periodicity(&[1.0; 399]).is_none());
        assert!(periodicity(&[]).is_none());
    }
}

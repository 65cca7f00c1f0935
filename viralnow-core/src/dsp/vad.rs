//! Voice activity: which stretches of 16 kHz sound are speech.

use super::resample::RATE;
use earshot::Detector;
use std::ops::Range;

/// Samples per score of the network.
const STEP: usize = 256;
/// The network's scores of music rise with its level (Vibe Ace, 60 s of jazz: 93 % of the steps above 0.5 as mastered, 44 %
/// at -35 dB) while those of speech do not; so it hears everything at this level, in dB relative to full scale.
const LEVEL_DB: f64 = -35.0;
/// Bounds of the gain that brings it there, in dB: silence is not raised to speech.
const GAIN_DB: Range<f64> = -40.0..20.0;
/// The level is taken over this many steps before (4.8 s) and after (1 s) the present one.
const LEVEL_STEPS: (usize, usize) = (300, 60);
/// Steps of the moving average over the scores.
const SMOOTH: usize = 3;
/// A region of possible speech: smoothed scores from here on.
const REGION: f32 = 0.3;
/// Speech inside a region: smoothed scores from here on, which the network's authors advise.
const SPEECH: f32 = 0.5;
/// A region is speech where at least this share of the steps within 3 s have a score this high: speech swings between high
/// scores on its vowels and low ones between words, music stays in the middle.
const CLEAR_SHARE: f64 = 0.35;
const CLEAR: f32 = 0.7;
const CLEAR_STEPS: usize = 188;
/// Shorter holes in a region are closed (64 ms).
const REGION_HOLE: usize = 4;
/// Shorter holes in speech are closed (0.1 s): stops and the like, not pauses.
const HOLE: usize = 6;
/// Shorter stretches are no speech (0.13 s; a syllable lasts 0.2 s).
const SHORTEST: usize = 8;
/// The network remembers for seconds that there was speech and takes the music after it for more. So a fresh one takes over every second, once it has heard a
/// quarter of a second.
const TERM: usize = 62;
const WARM_UP: usize = 15;
/// A pause in speech is this much softer than the speech within 2 s around it, in dB, for at least 0.19 s, while the network's
/// scores, which fall only slowly, are below this on average: a softer speaker's are not. The level of speech is the one that
/// a fifth of its steps exceed.
const PAUSE_DB: f32 = 12.0;
const PAUSE_SCORE: f32 = 0.8;
const PAUSE: usize = 12;
const PAUSE_AROUND: usize = 125;
/// Steps from one measurement of the level of speech to the next.
const PAUSE_STEP: usize = 8;

/// Tells speech from the rest with the network that the crate `earshot` carries, at an even level, and smooths its scores
/// into stretches. Streaming; keeps 500 bytes for each second.
pub(crate) struct VoiceActivity {
    detector: Box<Detector>,
    /// The one that takes over next.
    next: Box<Detector>,
    /// Samples that the network has not heard yet.
    pending: Vec<f32>,
    /// Mean squares by step.
    energies: Vec<f32>,
    scores: Vec<f32>,
    samples: u64,
}

impl std::fmt::Debug for VoiceActivity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceActivity").field("samples", &self.samples).finish_non_exhaustive()
    }
}

impl VoiceActivity {
    pub(crate) fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            next: Detector::default_boxed(),
            pending: Vec::new(),
            energies: Vec::new(),
            scores: Vec::new(),
            samples: 0,
        }
    }

    /// Takes samples at 16 kHz.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        self.pending.extend(samples.iter().map(|s| s.clamp(-1.0, 1.0)));
        self.measure();
        self.listen(LEVEL_STEPS.1);
    }

    /// The network's newest score.
    pub(crate) fn latest_score(&self) -> Option<f32> {
        self.scores.last().copied()
    }

    /// The stretches of speech, in seconds from the first sample, in order and apart; and the network's score of every
    /// [`STEP`] samples.
    pub(crate) fn finish(mut self) -> (Vec<(f64, f64)>, Vec<f32>) {
        self.pending.resize(self.pending.len().next_multiple_of(STEP), 0.0);
        self.measure();
        self.listen(0);
        let end = self.samples as f64 / f64::from(RATE);
        // A score is of the window of three steps that ends with its own; its centre is one step earlier.
        let time = |step: usize| ((step as f64 - 1.0) * STEP as f64 / f64::from(RATE)).clamp(0.0, end);
        let speech = stretches(&self.scores, &self.energies)
            .into_iter()
            .map(|s| (time(s.start), time(s.end)))
            .filter(|(a, b)| a < b)
            .collect();
        (speech, self.scores)
    }

    fn measure(&mut self) {
        let known = (self.energies.len() - self.scores.len()) * STEP;
        for step in self.pending[known..].chunks_exact(STEP) {
            let sum: f64 = step.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
            self.energies.push((sum / STEP as f64) as f32);
        }
    }

    /// Lets the network hear every step that has at least this many measured steps after it.
    fn listen(&mut self, after: usize) {
        let mut heard = 0;
        while self.scores.len() + after < self.energies.len() {
            let now = self.scores.len();
            let around = &self.energies
                [now.saturating_sub(LEVEL_STEPS.0)..self.energies.len().min(now + LEVEL_STEPS.1 + 1)];
            let mean = around.iter().map(|&e| f64::from(e)).sum::<f64>() / around.len() as f64;
            let gain_db = (LEVEL_DB - 10.0 * (mean + 1e-12).log10()).clamp(GAIN_DB.start, GAIN_DB.end);
            let gain = 10_f64.powf(gain_db / 20.0) as f32;
            let mut frame = [0.0; STEP];
            for (out, &sample) in frame.iter_mut().zip(&self.pending[heard..heard + STEP]) {
                *out = (sample * gain).clamp(-1.0, 1.0);
            }
            let term = now % TERM;
            if term == 0 && now > 0 {
                std::mem::swap(&mut self.detector, &mut self.next);
                self.next.reset();
            }
            if term >= TERM - WARM_UP {
                self.next.predict_f32(&frame);
            }
            self.scores.push(self.detector.predict_f32(&frame));
            heard += STEP;
        }
        self.pending.drain(..heard);
    }
}

/// The moving average over [`SMOOTH`] values.
fn smoothed(values: &[f32]) -> Vec<f32> {
    let average = |i: usize| {
        let around = &values[i.saturating_sub(SMOOTH / 2)..values.len().min(i + SMOOTH / 2 + 1)];
        around.iter().sum::<f32>() / around.len() as f32
    };
    (0..values.len()).map(average).collect()
}

/// Stretches of speech, in steps, from the scores and the mean squares of the steps.
fn stretches(scores: &[f32], energies: &[f32]) -> Vec<Range<usize>> {
    let smooth = smoothed(scores);
    let mut clear = vec![0_u32];
    clear.extend(smooth.iter().scan(0, |count, &score| {
        *count += u32::from(score >= CLEAR);
        Some(*count)
    }));
    let mut speech = vec![false; scores.len()];
    for region in close_holes(runs(smooth.iter().map(|&score| score >= REGION)), REGION_HOLE) {
        for step in region.clone() {
            // The window of 6 s around the step, kept inside the region.
            let last = region.end.saturating_sub(2 * CLEAR_STEPS).max(region.start);
            let start = step.saturating_sub(CLEAR_STEPS).clamp(region.start, last);
            let end = region.end.min(start + 2 * CLEAR_STEPS);
            let share = f64::from(clear[end] - clear[start]) / (end - start) as f64;
            speech[step] = share >= CLEAR_SHARE && smooth[step] >= SPEECH;
        }
    }
    take_pauses_out(&mut speech, &smooth, energies);
    let mut found = close_holes(runs(speech.into_iter()), HOLE);
    found.retain(|stretch| stretch.len() >= SHORTEST);
    found
}

/// Marks as no speech what is far softer than the speech around it for long enough to be a pause.
fn take_pauses_out(speech: &mut [bool], scores: &[f32], energies: &[f32]) {
    // A score is of the three steps that end with its own: its middle is one step earlier.
    let level = |step: usize| energies[step.saturating_sub(1)];
    let soft_below = 10_f32.powf(-PAUSE_DB / 10.0);
    let levels = smoothed(energies);
    let mut soft = vec![false; speech.len()];
    let mut around = Vec::with_capacity(2 * PAUSE_AROUND);
    for from in (0..speech.len()).step_by(PAUSE_STEP) {
        around.clear();
        let near = from.saturating_sub(PAUSE_AROUND)..speech.len().min(from + PAUSE_AROUND);
        around.extend(near.filter(|&step| speech[step]).map(level));
        if around.is_empty() {
            continue;
        }
        let rank = (around.len() - 1) * 4 / 5;
        let (_, &mut of_speech, _) = around.select_nth_unstable_by(rank, f32::total_cmp);
        for step in from..speech.len().min(from + PAUSE_STEP) {
            soft[step] = speech[step] && levels[step.saturating_sub(1)] < of_speech * soft_below;
        }
    }
    for run in runs(soft.into_iter()).into_iter().filter(|run| run.len() >= PAUSE) {
        if scores[run.clone()].iter().sum::<f32>() < PAUSE_SCORE * run.len() as f32 {
            speech[run].fill(false);
        }
    }
}

/// Runs of `true`.
fn runs(flags: impl Iterator<Item = bool>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (i, _) in flags.enumerate().filter(|(_, flag)| *flag) {
        match found.last_mut() {
            Some(run) if run.end == i => run.end = i + 1,
            _ => found.push(i..i + 1),
        }
    }
    found
}

/// Joins ranges with less than `hole` between them.
fn close_holes(ranges: Vec<Range<usize>>, hole: usize) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start - last.end < hole => last.end = range.end,
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(signal: &[f32], block: usize) -> Vec<(f64, f64)> {
        let mut activity = VoiceActivity::new();
        signal.chunks(block).for_each(|chunk| activity.push(chunk));
        activity.finish().0
    }

    #[test]
    fn runs_and_holes() {
        let flags = [false, true, true, false, true, false, false, false, true];
        assert_eq!(runs(flags.into_iter()), [1..3, 4..5, 8..9]);
        assert_eq!(close_holes(runs(flags.into_iter()), 2), [1..5, 8..9]);
    }

    #[test]
    fn steady_middling_scores_are_no_speech_and_swinging_ones_are() {
        assert!(stretches(&[0.65; 600], &[0.1; 600]).is_empty());
        let swinging: Vec<f32> = (0..600).map(|i| if i % 20 < 12 { 0.95 } else { 0.2 }).collect();
        let found: usize = stretches(&swinging, &[0.1; 600]).iter().map(Range::len).sum();
        assert!((330..420).contains(&found), "{found}");
        assert!(stretches(&[], &[]).is_empty());
    }

    #[test]
    fn what_is_far_softer_than_the_speech_around_it_is_a_pause() {
        // Speech by the scores throughout: 20 dB softer for half a second, twice, the second time with a high score, as of a
        // soft speaker; 6 dB softer for as long; and a stop of 0.1 s.
        let level = |i: usize| match i {
            200..231 => 0.025,
            100..131 | 150..181 | 300..306 => 0.001,
            _ => 0.1,
        };
        let score = |i: usize| if (95..135).contains(&i) { 0.7 } else { 0.9 };
        let energies: Vec<f32> = (0..400).map(level).collect();
        let scores: Vec<f32> = (0..400).map(score).collect();
        // The middle of a score is one step before its own; smoothing takes one step at either end.
        assert_eq!(stretches(&scores, &energies), [0..102, 131..400]);
    }

    #[test]
    fn silence_tones_and_noise_are_no_speech() {
        let mut state = 1_u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let n = 10 * RATE as usize;
        for (name, signal) in [
            ("silence", vec![0.0; n]),
            ("direct current", vec![0.7; n]),
            ("tone", (0..n).map(|i| (i as f32 * 0.3).sin()).collect()),
            ("noise", (0..n).map(|_| noise()).collect::<Vec<f32>>()),
        ] {
            assert!(detect(&signal, 1000).is_empty(), "{name}");
        }
        assert!(detect(&[], 1).is_empty() && detect(&[0.5], 1).is_empty());
    }

    #[test]
    fn blocks_of_any_size_give_the_same_scores() {
        let signal: Vec<f32> =
            (0..40_000).map(|i| ((i as f32 * 0.05).sin() * (i as f32 * 0.0008).sin()) * 0.3).collect();
        let scores = |block: usize| {
            let mut activity = VoiceActivity::new();
            signal.chunks(block).for_each(|chunk| activity.push(chunk));
            activity.pending.resize(activity.pending.len().next_multiple_of(STEP), 0.0);
            activity.measure();
            activity.listen(0);
            activity.scores
        };
        let whole = scores(40_000);
        assert_eq!(whole.len(), 40_000_usize.div_ceil(STEP));
        for block in [1, 100, 256, 5000] {
            // The level ahead of a step is known to the same extent whatever the blocks.
            assert_eq!(scores(block), whole, "{block}");
        }
    }
}

//! The best path through pitch candidates while the sound still comes in.

use super::pitch_path::{Candidate, PathCosts, State, advance};

/// Frames between two looks at whether all paths agree on the past.
const LOOK: usize = 8;
/// Frames that may be open; then the best path so far decides on the older half of them.
const MOST_OPEN: usize = 200;

/// Decides on the frequency of each frame a little after it was heard, for what cannot wait for the end. It knows the peak
/// of the sound so far only, and so may call a soft beginning voiced that turns out to be silence later.
#[derive(Debug)]
pub(super) struct LivePath {
    costs: PathCosts,
    /// Scores of the last frame's states.
    before: Vec<State>,
    now: Vec<State>,
    /// Of the open frames, state by state: the best state of the frame before, and the frequency.
    came: Vec<u8>,
    hz: Vec<f32>,
    /// Their number of states.
    counts: Vec<u8>,
    /// The highest peak of a frame so far.
    pub(super) peak: f32,
    frames: usize,
}

impl LivePath {
    pub(super) fn new(costs: PathCosts) -> Self {
        Self {
            costs,
            before: Vec::new(),
            now: Vec::new(),
            came: Vec::new(),
            hz: Vec::new(),
            counts: Vec::new(),
            peak: 0.0,
            frames: 0,
        }
    }

    /// Takes a frame and appends the frequencies that are decided now, NaN where unvoiced.
    pub(super) fn push(&mut self, candidates: &[Candidate], peak: f32, decided: &mut Vec<f32>) {
        self.peak = self.peak.max(peak);
        let unvoiced = self.costs.unvoiced_strength(f64::from(peak), f64::from(self.peak));
        advance(&self.costs, &self.before, candidates, unvoiced, &mut self.now, &mut self.came);
        std::mem::swap(&mut self.before, &mut self.now);
        self.hz.push(f32::NAN);
        self.hz.extend(candidates.iter().map(|candidate| candidate.hz));
        self.counts.push(candidates.len() as u8 + 1);
        self.frames += 1;
        if self.frames.is_multiple_of(LOOK) {
            self.decide(decided);
        }
    }

    /// Appends the frequencies of the frames that are still open.
    pub(super) fn finish(&mut self, decided: &mut Vec<f32>) {
        let open = self.counts.len();
        if open > 0 {
            let best = self.best();
            self.write(best, open - 1, open, decided);
        }
    }

    fn best(&self) -> usize {
        (0..self.before.len())
            .fold(0, |best, i| if self.before[i].score > self.before[best].score { i } else { best })
    }

    fn decide(&mut self, decided: &mut Vec<f32>) {
        let open = self.counts.len();
        // The states of a frame that a path which is still alive goes through, as bits.
        let mut alive = (1_u64 << self.before.len()) - 1;
        let mut end = self.came.len();
        for frame in (1..open).rev() {
            let start = end - usize::from(self.counts[frame]);
            let came = &self.came[start..end];
            alive = (0..came.len()).filter(|i| alive >> i & 1 == 1).fold(0, |bits, i| bits | 1 << came[i]);
            end = start;
            if alive.is_power_of_two() {
                self.write(alive.trailing_zeros() as usize, frame - 1, frame, decided);
                return;
            }
        }
        if open >= MOST_OPEN {
            let best = self.best();
            self.write(best, open - 1, open / 2, decided);
        }
    }

    /// Follows the path that goes through a state of a frame back and appends the first `count` frames of it, which are no
    /// longer open then.
    fn write(&mut self, mut state: usize, frame: usize, count: usize, decided: &mut Vec<f32>) {
        let from = decided.len();
        decided.resize(from + count, f32::NAN);
        let mut end: usize = self.counts[..=frame].iter().map(|&count| usize::from(count)).sum();
        for at in (0..=frame).rev() {
            let start = end - usize::from(self.counts[at]);
            if at < count {
                decided[from + at] = self.hz[start + state];
            }
            state = usize::from(self.came[start + state]);
            end = start;
        }
        let states: usize = self.counts[..count].iter().map(|&count| usize::from(count)).sum();
        self.came.drain(..states);
        self.hz.drain(..states);
        self.counts.drain(..count);
    }
}

#[cfg(test)]
mod tests {
    use super::super::pitch_path::Candidates;
    use super::*;

    /// With the peak known from the first frame on, the live path is the best path of the whole.
    #[test]
    fn it_is_the_best_path_of_the_whole() {
        let costs = PathCosts {
            voicing_threshold: 0.45,
            silence_threshold: 0.03,
            octave_jump: 0.35,
            voicing_change: 0.14,
        };
        let mut state = 9_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        for _ in 0..20 {
            let (mut whole, mut live) = (Candidates::default(), LivePath::new(costs));
            let mut decided = Vec::new();
            for frame in 0..500 {
                let count = (random() * 5.0) as usize;
                let found: Vec<Candidate> = (0..count)
                    .map(|_| Candidate { hz: 75.0 + 500.0 * random(), strength: 0.2 + 0.8 * random() })
                    .collect();
                let peak = if frame == 0 { 1.0 } else { 0.1 * random() };
                whole.push(&found, peak, &costs);
                live.push(&found, peak, &mut decided);
            }
            assert!(decided.len() > 450, "{}", decided.len());
            live.finish(&mut decided);
            let best = whole.best_path(1.0, &costs);
            assert_eq!(decided.len(), 500);
            assert!(decided.iter().zip(&best).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())));
        }
    }

    #[test]
    fn what_never_joins_is_decided_all_the_same() {
        let costs = PathCosts {
            voicing_threshold: 0.45,
            silence_threshold: 0.03,
            octave_jump: 10.0,
            voicing_change: 10.0,
        };
        let mut live = LivePath::new(costs);
        let mut decided = Vec::new();
        let both = [Candidate { hz: 100.0, strength: 0.9 }, Candidate { hz: 200.0, strength: 0.9 }];
        (0..1000).for_each(|_| live.push(&both, 1.0, &mut decided));
        assert!(decided.len() >= 800 && live.counts.len() <= MOST_OPEN);
        live.finish(&mut decided);
        assert_eq!(decided.len(), 1000);
        assert!(decided.iter().all(|hz| *hz == decided[0]));
    }
}

//! The best path through the pitch bins of all frames (hidden Markov model of pYIN, Mauch & Dixon 2014, section 2.2).

use super::pyin::Observation;
use std::collections::VecDeque;

/// Logarithm of the smallest normal number: what librosa's decoder takes for the logarithm of 0, so that a path may break a
/// rule where every other breaks more.
const LOG_ZERO: f64 = -708.396_418_532_264_1;
/// Probability of voicing up to which an unvoiced frame costs less by far than a rule broken.
const SURE: f64 = 1.0 - 1e-9;
/// Frames between two looks at whether the paths have joined.
const LOOK: usize = 128;
/// Frames that may be open; if the paths have not joined by then, the best one so far counts.
const MOST_OPEN: usize = 4096;

/// The states are the bins voiced and, behind them, the bins unvoiced; from one frame to the next a pitch moves by a
/// triangular distribution and voicing may switch. Exact, in two savings over the square of the states: the logarithm of a
/// triangle is concave, so the best predecessors of ascending bins ascend, and a search by halves finds them all; and as soon
/// as all surviving paths agree on the past, it is decided and its predecessors are dropped.
#[derive(Debug)]
pub(super) struct PyinPath {
    bins: usize,
    reach: usize,
    /// Logarithm of the triangle from the lowest to the highest bin in reach, and of the sum that it has around each bin.
    triangle: Vec<f64>,
    total: Vec<f64>,
    /// Logarithms of the probabilities to stay and to switch.
    stay: f64,
    switch: f64,
    /// Best logarithm of probability of a path that ends in each state.
    score: Vec<f64>,
    next: Vec<f64>,
    /// Best scores over both voicings of the bins, and from which state, on the way to voiced or unvoiced.
    source: Vec<f64>,
    source_state: Vec<u16>,
    /// For each frame not decided yet but its first, the best predecessor of each state.
    came: VecDeque<Vec<u16>>,
    frames: usize,
    decided: Vec<Option<u16>>,
    /// Scores of the observed bins.
    seen_before: Vec<f64>,
    /// Room for the search for a common past.
    alive: Vec<u16>,
    before: Vec<u16>,
    seen: Vec<u32>,
    stamp: u32,
}

impl PyinPath {
    /// `reach` is the largest move, in bins.
    pub(super) fn new(bins: usize, reach: usize, switch_prob: f64) -> Self {
        let weight = |distance: usize| 1.0 - distance as f64 / (reach + 1) as f64;
        let total = (0..bins)
            .map(|bin| {
                let (down, up) = (bin.min(reach), (bins - 1 - bin).min(reach));
                let sum: f64 = (0..=down).map(weight).sum::<f64>() + (1..=up).map(weight).sum::<f64>();
                sum.ln()
            })
            .collect();
        Self {
            bins,
            reach,
            triangle: (0..=2 * reach).map(|at| weight(at.abs_diff(reach)).ln()).collect(),
            total,
            stay: (1.0 - switch_prob).ln(),
            switch: switch_prob.ln(),
            score: vec![0.0; 2 * bins],
            next: vec![0.0; 2 * bins],
            source: vec![0.0; bins],
            source_state: vec![0; bins],
            came: VecDeque::new(),
            frames: 0,
            decided: Vec::new(),
            seen_before: Vec::new(),
            alive: Vec::new(),
            before: Vec::new(),
            seen: vec![0; 2 * bins],
            stamp: 0,
        }
    }

    /// Goes one frame on.
    pub(super) fn push(&mut self, observed: &[Observation], voiced_prob: f64) {
        let bins = self.bins;
        if self.frames == 0 {
            self.next.fill(-((2 * bins) as f64).ln());
        } else {
            let mut came = vec![0_u16; 2 * bins];
            let best = self.best();
            let outside = (best, self.score[usize::from(best)] + LOG_ZERO);
            for to in [1, 0] {
                self.gather(to);
                let search = Search {
                    source: &self.source,
                    state: &self.source_state,
                    triangle: &self.triangle,
                    reach: self.reach,
                    outside,
                };
                if to == 0 && voiced_prob < SURE {
                    // A path through a voiced bin that was not observed is worse than the one through the same bin unvoiced.
                    came.copy_within(bins.., 0);
                    self.next[..bins].fill(f64::NEG_INFINITY);
                    for &(bin, _) in observed {
                        let bin = usize::from(bin);
                        (self.next[bin], came[bin]) = search.best_way(bin, 0, bins - 1).0;
                    }
                    continue;
                }
                let (next, came) = (&mut self.next[to * bins..][..bins], &mut came[to * bins..][..bins]);
                search.fill(0, bins, 0, bins - 1, next, came);
            }
            self.came.push_back(came);
        }
        let unvoiced = (1.0 - voiced_prob) / bins as f64;
        let unvoiced = if unvoiced > 0.0 { unvoiced.ln() } else { LOG_ZERO };
        self.next[bins..].iter_mut().for_each(|score| *score += unvoiced);
        // Bins that were not observed, and the others as they were before.
        self.seen_before.clear();
        self.seen_before.extend(observed.iter().map(|seen| self.next[usize::from(seen.0)]));
        self.next[..bins].iter_mut().for_each(|score| *score += LOG_ZERO);
        for (&(bin, probability), before) in observed.iter().zip(&self.seen_before) {
            self.next[usize::from(bin)] = before + probability.ln();
        }
        std::mem::swap(&mut self.score, &mut self.next);
        self.frames += 1;
        if self.came.len() >= LOOK && self.came.len().is_multiple_of(LOOK) {
            self.decide();
        }
    }

    /// The best bin of every frame, `None` where unvoiced.
    pub(super) fn finish(mut self) -> Vec<Option<u16>> {
        if self.frames > 0 {
            self.write(self.best(), self.came.len());
            debug_assert_eq!(self.decided.len(), self.frames);
        }
        self.decided
    }

    /// For every bin the better of voiced and unvoiced on the way to one of them.
    fn gather(&mut self, to: usize) {
        let (voiced, unvoiced) = self.score.split_at(self.bins);
        let (of_voiced, of_unvoiced) =
            if to == 0 { (self.stay, self.switch) } else { (self.switch, self.stay) };
        for bin in 0..self.bins {
            let (a, b) = (voiced[bin] + of_voiced, unvoiced[bin] + of_unvoiced);
            let (score, state) = if a >= b { (a, bin) } else { (b, self.bins + bin) };
            self.source[bin] = score - self.total[bin];
            self.source_state[bin] = state as u16;
        }
    }

    /// Follows all survivors back; the frames at the beginning on which they agree are decided. (They agree in silence too,
    /// where all are unvoiced, if in different bins.)
    fn decide(&mut self) {
        self.alive.clear();
        self.alive.extend(0..(2 * self.bins) as u16);
        // Of each open frame but the last: on what its survivors agree.
        let mut agreed = vec![None; self.came.len()];
        for at in (0..self.came.len()).rev() {
            self.stamp += 1;
            self.before.clear();
            for &state in &self.alive {
                let source = self.came[at][usize::from(state)];
                if self.seen[usize::from(source)] != self.stamp {
                    self.seen[usize::from(source)] = self.stamp;
                    self.before.push(source);
                }
            }
            std::mem::swap(&mut self.alive, &mut self.before);
            let unvoiced = self.alive.iter().all(|&state| usize::from(state) >= self.bins);
            agreed[at] = match self.alive[..] {
                _ if unvoiced => Some(None),
                [state] => Some(Some(state)),
                _ => None,
            };
        }
        let count = agreed.iter().take_while(|output| output.is_some()).count();
        self.decided.extend(agreed[..count].iter().copied().flatten());
        self.came.drain(..count);
        if self.came.len() >= MOST_OPEN {
            let mut state = self.best();
            for came in self.came.iter().rev().take(LOOK) {
                state = came[usize::from(state)];
            }
            // `state` is of the frame that stays open as the first.
            let open = self.came.len() - LOOK;
            let before = self.came[open - 1][usize::from(state)];
            self.write(before, open - 1);
            self.came.drain(..open);
        }
    }

    /// The state that the best path ends in.
    fn best(&self) -> u16 {
        (0..2 * self.bins).fold(0, |best, i| if self.score[i] > self.score[best] { i } else { best }) as u16
    }

    /// Writes the path that ends in a state of the frame `open` frames after the first open one.
    fn write(&mut self, mut state: u16, open: usize) {
        let start = self.decided.len();
        self.decided.resize(start + open + 1, None);
        for at in (0..=open).rev() {
            let bin = usize::from(state);
            self.decided[start + at] = (bin < self.bins).then_some(state);
            if at > 0 {
                state = self.came[at - 1][bin];
            }
        }
    }
}

/// The best predecessor of every bin.
struct Search<'a> {
    source: &'a [f64],
    state: &'a [u16],
    triangle: &'a [f64],
    reach: usize,
    /// The best state of all, with the score of a jump out of reach.
    outside: (u16, f64),
}

impl Search<'_> {
    /// Fills the bins from `from` to before `to`, whose best predecessors lie from `low` to `high`.
    fn fill(&self, from: usize, to: usize, low: usize, high: usize, next: &mut [f64], came: &mut [u16]) {
        if from >= to {
            return;
        }
        let bin = usize::midpoint(from, to);
        let (into, best) = self.best_way(bin, low, high);
        (next[bin], came[bin]) = into;
        self.fill(from, bin, low, best, next, came);
        self.fill(bin + 1, to, best, high, next, came);
    }

    /// The score on the way to a bin and the state that it comes from, whose bin lies from `low` to `high`; and that bin.
    fn best_way(&self, bin: usize, low: usize, high: usize) -> ((f64, u16), usize) {
        let (first, last) = (low.max(bin.saturating_sub(self.reach)), high.min(bin + self.reach));
        let mut best = (first, f64::NEG_INFINITY);
        let around = &self.triangle[self.reach + first - bin..=self.reach + last - bin];
        for (k, (source, step)) in self.source[first..=last].iter().zip(around).enumerate() {
            let score = source + step;
            if score > best.1 {
                best = (first + k, score);
            }
        }
        let outside = self.outside.1 > best.1;
        (if outside { (self.outside.1, self.outside.0) } else { (best.1, self.state[best.0]) }, best.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decoder as the textbook has it: every state from every state.
    fn dense(
        bins: usize,
        reach: usize,
        switch: f64,
        frames: &[(Vec<Observation>, f64)],
    ) -> (f64, Vec<Option<u16>>) {
        let triangle = |a: usize, b: usize| (1.0 - a.abs_diff(b) as f64 / (reach + 1) as f64).max(0.0);
        let tiny = f64::MIN_POSITIVE;
        let transitions: Vec<Vec<f64>> = (0..2 * bins)
            .map(|a| {
                let total: f64 = (0..bins).map(|b| triangle(a % bins, b)).sum();
                let voicing = |b| if (a < bins) == (b < bins) { 1.0 - switch } else { switch };
                (0..2 * bins)
                    .map(|b| (triangle(a % bins, b % bins) / total * voicing(b) + tiny).ln())
                    .collect()
            })
            .collect();
        let transition = |a: usize, b: usize| transitions[a][b];
        let observe = |(observed, voiced): &(Vec<Observation>, f64), state: usize| {
            let probability = if state < bins {
                observed.iter().find(|o| usize::from(o.0) == state).map_or(0.0, |o| o.1)
            } else {
                (1.0 - voiced) / bins as f64
            };
            (probability + tiny).ln()
        };
        let mut scores: Vec<f64> = (0..2 * bins).map(|s| observe(&frames[0], s)).collect();
        let mut came = Vec::new();
        for frame in &frames[1..] {
            let from: Vec<usize> = (0..2 * bins)
                .map(|to| {
                    let value = |a: usize| scores[a] + transition(a, to);
                    (0..2 * bins).fold(0, |best, a| if value(a) > value(best) { a } else { best })
                })
                .collect();
            scores = (0..2 * bins)
                .map(|to| scores[from[to]] + transition(from[to], to) + observe(frame, to))
                .collect();
            came.push(from);
        }
        let mut state = (0..2 * bins).fold(0, |best, a| if scores[a] > scores[best] { a } else { best });
        let best = scores[state];
        let mut path = vec![state];
        for from in came.iter().rev() {
            state = from[state];
            path.push(state);
        }
        path.reverse();
        (best, path.iter().map(|&state| (state < bins).then_some(state as u16)).collect())
    }

    #[test]
    fn the_path_is_that_of_the_dense_decoder() {
        let mut state = 5_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        for round in 0..10 {
            let (bins, reach) = (40, 3 + round % 9);
            let frames: Vec<(Vec<Observation>, f64)> = (0..300)
                .map(|_| {
                    let count = (random() * 4.0) as usize;
                    let mut bins: Vec<u16> = (0..count).map(|_| (random() * 40.0) as u16).collect();
                    bins.sort_unstable_by(|a, b| b.cmp(a));
                    bins.dedup();
                    let mut left = if random() < 0.2 { 1.0 } else { random() };
                    let last = bins.len().saturating_sub(1);
                    let observed: Vec<Observation> = bins
                        .into_iter()
                        .enumerate()
                        .map(|(i, bin)| {
                            let p = if i == last { left } else { left * random() };
                            left -= p;
                            (bin, p)
                        })
                        .filter(|o| o.1 > 0.0)
                        .collect();
                    let voiced = observed.iter().map(|o| o.1).sum::<f64>().min(1.0);
                    (observed, voiced)
                })
                .collect();
            let mut path = PyinPath::new(bins, reach, 0.01);
            for (observed, voiced) in &frames {
                path.push(observed, *voiced);
            }
            assert!(path.decided.len() > 20, "{}", path.decided.len());
            let best = path.score[usize::from(path.best())] + ((2 * bins) as f64).ln();
            let (expected, theirs) = dense(bins, reach, 0.01, &frames);
            assert!((best - expected).abs() < 1e-6, "{round}: {best} {expected}");
            // Among equally probable paths rounding decides.
            let differ = path.finish().iter().zip(&theirs).filter(|(a, b)| a != b).count();
            assert!(differ <= 6, "{round}: {differ} of 300");
        }
    }
}

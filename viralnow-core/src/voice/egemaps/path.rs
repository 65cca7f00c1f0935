//! The most likely course of the fundamental frequency through the candidates of all frames.

use super::subharmonic::{CANDIDATES, Candidates};
use std::collections::VecDeque;

/// Frames after which a decision falls, whatever comes: a second.
pub(super) const DELAY: usize = 100;

/// A frame whose best candidate has less than this is unvoiced by right, and voiced at a cost.
const VOICED: f64 = 0.7;
/// Weight of a candidate's voicing, and what it costs (in its unit) to decide against `VOICED`.
const LOCAL: f64 = 2.0;
const AGAINST: f64 = 4.0;
/// Weight of a change of pitch, in natural logarithms of the frequencies.
const CHANGE: f64 = 10.0;
/// From voice to none or back, and from none to none.
const SWITCH: f64 = 10.0;
const STAY_UNVOICED: f64 = 1.0;

/// The candidates of a frame, and the state of being unvoiced.
const STATES: usize = CANDIDATES + 1;
const UNVOICED: usize = CANDIDATES;

/// The Viterbi search of `GeMAPS` (Eyben et al. 2016, section 6.1: "on-line Viterbi post-smoothing"), whose costs the paper
/// does not state; these are measured on openSMILE 3.0. Streaming: what lies `DELAY` frames back is decided.
#[derive(Debug, Default)]
pub(super) struct Path {
    costs: [f64; STATES],
    before: Candidates,
    /// Natural logarithms of the frequencies of `before`.
    logs: [f64; CANDIDATES],
    /// Of each frame that is not decided yet: the frequencies, and the state that each state came from.
    frames: VecDeque<([f64; CANDIDATES], [u8; STATES])>,
    started: bool,
}

impl Path {
    /// Takes the candidates of the next frame. Gives the frequency of the frame that is decided by it, if one is: in Hz, 0
    /// where it is unvoiced.
    pub(super) fn push(&mut self, candidates: &Candidates) -> Option<f64> {
        let mut local = [f64::INFINITY; STATES];
        let mut logs = [0.0; CANDIDATES];
        let mut best: f64 = 0.0;
        for i in 0..candidates.count {
            let (hz, voicing) = (candidates.hz[i], candidates.voicing[i]);
            best = best.max(voicing);
            logs[i] = hz.ln();
            let against = if voicing < VOICED { AGAINST } else { 0.0 };
            local[i] = LOCAL * (against - voicing.max(1e-10).ln()) + unusual(hz);
        }
        local[UNVOICED] = if best >= VOICED { LOCAL * AGAINST } else { 0.0 };
        let mut from = [0; STATES];
        if self.started {
            let mut costs = [f64::INFINITY; STATES];
            for to in (0..candidates.count).chain([UNVOICED]) {
                for origin in (0..self.before.count).chain([UNVOICED]) {
                    let cost = self.costs[origin] + self.transition(origin, to, &logs);
                    if cost < costs[to] {
                        (costs[to], from[to]) = (cost, origin as u8);
                    }
                }
                costs[to] += local[to];
            }
            // Only differences matter; a day of sound must not wear out the digits.
            let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
            self.costs = costs.map(|cost| cost - least);
        } else {
            self.costs = local;
            self.started = true;
        }
        (self.before, self.logs) = (*candidates, logs);
        self.frames.push_back((candidates.hz, from));
        (self.frames.len() > DELAY).then(|| {
            let mut state = self.best();
            for (_, from) in self.frames.range(1..).rev() {
                state = usize::from(from[state]);
            }
            let (hz, _) = self.frames.pop_front().expect("it is longer than the delay");
            if state == UNVOICED { 0.0 } else { hz[state] }
        })
    }

    /// The frequencies of the frames that are left, and how many of these frames no further one could change: those where all
    /// states come from the same one.
    pub(super) fn finish(mut self) -> (Vec<f64>, usize) {
        let mut states: Vec<usize> = (0..self.before.count).chain([UNVOICED]).collect();
        let mut agreed = 0;
        for (i, (_, from)) in self.frames.iter().enumerate().rev() {
            if states.windows(2).all(|pair| pair[0] == pair[1]) {
                agreed = i + 1;
                break;
            }
            for state in &mut states {
                *state = usize::from(from[*state]);
            }
        }
        let mut state = self.best();
        let mut found: Vec<f64> = Vec::with_capacity(self.frames.len());
        while let Some((hz, from)) = self.frames.pop_back() {
            found.push(if state == UNVOICED { 0.0 } else { hz[state] });
            state = usize::from(from[state]);
        }
        found.reverse();
        (found, agreed)
    }

    fn best(&self) -> usize {
        let states = (0..self.before.count).chain([UNVOICED]);
        states.fold(UNVOICED, |best, state| if self.costs[state] < self.costs[best] { state } else { best })
    }

    fn transition(&self, from: usize, to: usize, logs: &[f64; CANDIDATES]) -> f64 {
        match (from, to) {
            (UNVOICED, UNVOICED) => STAY_UNVOICED,
            (UNVOICED, _) | (_, UNVOICED) => SWITCH,
            _ => {
                let change = (logs[to] - self.logs[from]).abs();
                // openSMILE adds a second distance: from the most likely candidate the same once more, from any other one
                // the distance to its neighbour in the list. It holds the path to the most likely ones.
                let second = if from == 0 { change } else { (self.logs[from] - self.logs[from - 1]).abs() };
                CHANGE * (change + second)
            }
        }
    }
}

/// What it costs to be outside the range of 100 to 350 Hz.
fn unusual(hz: f64) -> f64 {
    match hz {
        _ if hz < 100.0 => (100.0 - hz) / 100.0,
        _ if hz <= 350.0 => 0.0,
        _ if hz <= 600.0 => (hz - 350.0) / 250.0,
        _ => 1.2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(list: &[(f64, f64)]) -> Candidates {
        let mut made = Candidates { count: list.len(), ..Candidates::default() };
        for (i, &(hz, voicing)) in list.iter().enumerate() {
            (made.hz[i], made.voicing[i]) = (hz, voicing);
        }
        made
    }

    fn track(frames: &[Candidates]) -> Vec<f64> {
        let mut path = Path::default();
        let mut found: Vec<f64> = frames.iter().filter_map(|frame| path.push(frame)).collect();
        found.extend(path.finish().0);
        found
    }

    #[test]
    fn one_frame_at_the_octave_is_put_right() {
        let mut frames = vec![candidates(&[(200.0, 0.9), (100.0, 0.85)]); 300];
        frames[150] = candidates(&[(100.0, 0.9), (200.0, 0.85)]);
        assert_eq!(track(&frames), [200.0; 300]);
    }

    #[test]
    fn what_does_not_stand_out_is_unvoiced_and_short_gaps_are_bridged() {
        let voiced = candidates(&[(150.0, 0.9)]);
        let weak = candidates(&[(150.0, 0.4)]);
        assert_eq!(track(&[weak; 50]), [0.0; 50]);
        let mut frames = vec![voiced; 50];
        frames[20] = weak;
        frames.extend([weak; 50]);
        let found = track(&frames);
        assert!(found[..50].iter().all(|&hz| hz == 150.0) && found[51..].iter().all(|&hz| hz == 0.0));
        assert!(track(&[]).is_empty());
        assert_eq!(track(&[Candidates::default()]), [0.0]);
    }

    #[test]
    fn the_delay_does_not_matter_where_the_way_is_clear() {
        let frames: Vec<Candidates> = (0..1000)
            .map(|k| {
                if (k / 60) % 2 == 0 {
                    candidates(&[(100.0 + f64::from(k % 60), 0.9)])
                } else {
                    Candidates::default()
                }
            })
            .collect();
        let found = track(&frames);
        assert_eq!(found.len(), 1000);
        assert!(frames.iter().zip(&found).filter(|(f, hz)| f.count > 0 && **hz == f.hz[0]).count() > 480);
    }
}

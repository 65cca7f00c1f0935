//! The best path through the pitch candidates of all frames (Boersma 1993, step 4).

/// What decides between the candidates of the frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PathCosts {
    /// Strength of a period from which a frame tends to be voiced.
    pub(super) voicing_threshold: f64,
    /// Share of the largest peak below which a frame tends to be silent.
    pub(super) silence_threshold: f64,
    /// Cost of a jump, per octave.
    pub(super) octave_jump: f64,
    /// Cost of a change between voiced and unvoiced.
    pub(super) voicing_change: f64,
}

impl PathCosts {
    /// The costs of a change are meant for steps of 10 ms; closer frames make them higher, so that a path costs the same.
    pub(super) fn at_step(self, step_s: f64) -> Self {
        let scale = 0.01 / step_s;
        Self { octave_jump: self.octave_jump * scale, voicing_change: self.voicing_change * scale, ..self }
    }

    /// Strength of the unvoiced candidate (eq. 23): the softer the frame, the stronger.
    pub(super) fn unvoiced_strength(&self, local_peak: f64, peak: f64) -> f64 {
        let share = if peak > 0.0 { (local_peak / peak).min(1.0) } else { 0.0 };
        let silent = 2.0 - share * (1.0 + self.voicing_threshold) / self.silence_threshold;
        self.voicing_threshold + silent.max(0.0)
    }

    /// Cost of going from one candidate to the next (eq. 27), frequencies in octaves, `None` for unvoiced.
    fn transition(&self, from: Option<f64>, to: Option<f64>) -> f64 {
        match (from, to) {
            (None, None) => 0.0,
            (Some(from), Some(to)) => self.octave_jump * (from - to).abs(),
            _ => self.voicing_change,
        }
    }
}

/// A frequency that a frame may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    /// Frequency, in Hz.
    pub(super) hz: f32,
    /// Local strength (eq. 24).
    pub(super) strength: f32,
}

/// The voiced candidates of all frames, and each frame's peak, from which the unvoiced one gets its strength.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    all: Vec<Candidate>,
    /// Candidates of each frame.
    counts: Vec<u8>,
    peaks: Vec<f32>,
}

impl Candidates {
    /// For as many as noise has: room that grows is there twice, and what is not used is not touched.
    pub(super) fn reserve(&mut self, frames: usize) {
        self.all.reserve(8 * frames);
        self.counts.reserve(frames);
        self.peaks.reserve(frames);
    }

    /// Takes a frame. A candidate is kept unless one before it is stronger by more than a jump there and back costs: then every
    /// path through it is worse than the one through that other.
    pub(super) fn push(&mut self, found: &[Candidate], peak: f32, costs: &PathCosts) {
        let first = self.all.len();
        for candidate in found {
            let is_beaten = self.all[first..].iter().any(|other| {
                let jump = costs.octave_jump * (f64::from(other.hz) / f64::from(candidate.hz)).log2().abs();
                f64::from(other.strength) - f64::from(candidate.strength) > 2.0 * jump
            });
            if !is_beaten {
                self.all.push(*candidate);
            }
        }
        self.counts.push((self.all.len() - first) as u8);
        self.peaks.push(peak);
    }

    /// The frequency of each frame on the path of least cost, NaN where unvoiced. `peak` is that of the whole sound.
    pub(super) fn best_path(&self, peak: f64, costs: &PathCosts) -> Vec<f32> {
        // `came` holds, frame by frame and state by state, the best state before.
        let mut came = Vec::with_capacity(self.all.len() + self.counts.len());
        let (mut before, mut now): (Vec<State>, Vec<State>) = (Vec::new(), Vec::new());
        let mut rest = &self.all[..];
        for (&count, &local) in self.counts.iter().zip(&self.peaks) {
            let (voiced, later) = rest.split_at(usize::from(count));
            rest = later;
            advance(
                costs,
                &before,
                voiced,
                costs.unvoiced_strength(f64::from(local), peak),
                &mut now,
                &mut came,
            );
            std::mem::swap(&mut before, &mut now);
        }
        self.trace_back(&before, &came)
    }

    fn trace_back(&self, last: &[State], came: &[u8]) -> Vec<f32> {
        let best = (0..last.len()).max_by(|&a, &b| last[a].score.total_cmp(&last[b].score).then(b.cmp(&a)));
        let mut state = best.unwrap_or(0);
        let (mut voiced_end, mut states_end) = (self.all.len(), came.len());
        let mut path = vec![f32::NAN; self.counts.len()];
        for (frame, &count) in self.counts.iter().enumerate().rev() {
            let count = usize::from(count);
            let (voiced, states) = (voiced_end - count, states_end - count - 1);
            if state > 0 {
                path[frame] = self.all[voiced + state - 1].hz;
            }
            state = usize::from(came[states + state]);
            (voiced_end, states_end) = (voiced, states);
        }
        path
    }
}

/// A candidate on the way: its frequency in octaves (`None` for unvoiced) and the best score of a path that ends in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    octave: Option<f64>,
    pub(super) score: f64,
}

/// Goes one frame on. State 0 is unvoiced, state i is voiced candidate i - 1; `came` gets the best state before each.
pub(super) fn advance(
    costs: &PathCosts,
    before: &[State],
    voiced: &[Candidate],
    unvoiced_strength: f64,
    now: &mut Vec<State>,
    came: &mut Vec<u8>,
) {
    now.clear();
    now.push(State { octave: None, score: unvoiced_strength });
    now.extend(voiced.iter().map(|candidate| State {
        octave: Some(f64::from(candidate.hz).log2()),
        score: f64::from(candidate.strength),
    }));
    for state in now {
        let mut best = (0_u8, f64::NEG_INFINITY);
        for (i, earlier) in before.iter().enumerate() {
            let score = earlier.score - costs.transition(earlier.octave, state.octave);
            if score > best.1 {
                best = (i as u8, score);
            }
        }
        came.push(best.0);
        if !before.is_empty() {
            state.score += best.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: PathCosts = PathCosts {
        voicing_threshold: 0.45,
        silence_threshold: 0.03,
        octave_jump: 0.35,
        voicing_change: 0.14,
    };

    /// The best path by trying every one.
    fn exhaustive(sound: &[(Vec<Candidate>, f32)], peak: f64, costs: &PathCosts) -> Vec<f32> {
        let mut frames: Vec<Vec<State>> = Vec::new();
        let mut hz: Vec<Vec<f32>> = Vec::new();
        for (voiced, local) in sound {
            let mut states =
                vec![State { octave: None, score: costs.unvoiced_strength(f64::from(*local), peak) }];
            states.extend(
                voiced
                    .iter()
                    .map(|c| State { octave: Some(f64::from(c.hz).log2()), score: f64::from(c.strength) }),
            );
            frames.push(states);
            hz.push(std::iter::once(f32::NAN).chain(voiced.iter().map(|c| c.hz)).collect());
        }
        let total: usize = frames.iter().map(Vec::len).product();
        let pick = |mut number: usize| -> Vec<usize> {
            frames.iter().map(|f| (number % f.len(), number /= f.len()).0).collect()
        };
        let score = |path: &[usize]| -> f64 {
            let local: f64 = path.iter().zip(&frames).map(|(&i, f)| f[i].score).sum();
            let jumps: f64 = (1..path.len())
                .map(|k| costs.transition(frames[k - 1][path[k - 1]].octave, frames[k][path[k]].octave))
                .sum();
            local - jumps
        };
        let best = (0..total).max_by(|&a, &b| score(&pick(a)).total_cmp(&score(&pick(b)))).unwrap();
        pick(best).iter().zip(&hz).map(|(&i, f)| f[i]).collect()
    }

    #[test]
    fn the_path_is_the_best_of_all() {
        let mut state = 7_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let (mut all, mut kept) = (0, 0);
        for round in 0..60 {
            let costs = PathCosts { octave_jump: [0.0, 0.35, 100.0][round % 3], ..COSTS };
            let mut candidates = Candidates::default();
            let mut sound = Vec::new();
            for _ in 0..6 {
                let count = (random() * 5.0) as usize;
                let mut found: Vec<Candidate> = (0..count)
                    .map(|_| Candidate { hz: 75.0 + 500.0 * random(), strength: 0.3 + 0.7 * random() })
                    .collect();
                found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
                let peak = random() * 0.1;
                candidates.push(&found, peak, &costs);
                sound.push((found, peak));
                all += count;
            }
            kept += candidates.all.len();
            let (path, best) = (candidates.best_path(1.0, &costs), exhaustive(&sound, 1.0, &costs));
            assert!(
                path.iter().zip(&best).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())),
                "{path:?} {best:?}"
            );
        }
        assert!(kept < all, "those that are beaten are not kept");
    }

    #[test]
    fn without_frames_there_is_no_path_and_silence_is_unvoiced() {
        assert!(Candidates::default().best_path(1.0, &COSTS).is_empty());
        let mut silent = Candidates::default();
        silent.push(&[Candidate { hz: 100.0, strength: 0.9 }], 0.0, &COSTS);
        assert!(silent.best_path(0.0, &COSTS)[0].is_nan());
    }
}

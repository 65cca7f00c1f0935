//! The arithmetic of a job: shares, weights and the pace.

use std::time::Instant;

/// How far back the present pace looks, in seconds.
const TAU: f64 = 10.0;

#[derive(Debug, Default)]
pub(super) struct JobState {
    pub(super) steps: Vec<StepState>,
    pub(super) total: f64,
    pub(super) fraction: f64,
    pub(super) current: Option<usize>,
    /// Seconds a weight, of the last seconds.
    pub(super) pace: Option<f64>,
    /// When the pace was last looked at, and the fraction then.
    pub(super) looked: (f64, f64),
    pub(super) told: Option<Instant>,
    pub(super) ended: bool,
}

#[derive(Debug, Default)]
pub(super) struct StepState {
    pub(super) name: String,
    pub(super) weight: f64,
    pub(super) fraction: f64,
    pub(super) items: (u64, u64),
    pub(super) began: Option<f64>,
    pub(super) took: Option<f64>,
}

impl JobState {
    pub(super) fn set(&mut self, index: usize, fraction: f64, elapsed_s: f64) {
        let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        let step = &mut self.steps[index];
        step.fraction = step.fraction.max(fraction);
        self.current = Some(index);
        let done: f64 = self.steps.iter().map(|step| step.weight * step.fraction).sum();
        self.fraction = self.fraction.max((done / self.total).min(1.0));
        self.look(elapsed_s);
    }

    /// Renews the pace: an average over time, not over reports, so that a burst of reports does not count for more.
    pub(super) fn look(&mut self, elapsed_s: f64) {
        let (then, fraction) = self.looked;
        let (passed, done) = (elapsed_s - then, (self.fraction - fraction) * self.total);
        // A quarter of a second at least: below that the pace is noise.
        if passed < 0.25 || done <= 0.0 {
            return;
        }
        let pace = passed / done;
        let share = 1.0 - (-passed / TAU).exp();
        self.pace = Some(self.pace.map_or(pace, |old| old + share * (pace - old)));
        self.looked = (elapsed_s, self.fraction);
    }
}

/// Seconds of earlier runs, which are `usual` for the step of a name, in place of the given weights; of steps that are new, the given
/// weight in the same measure.
#[cfg(feature = "sqlite")]
pub(super) fn learn(steps: &mut [StepState], usual: impl FnMut(&str) -> Option<f64>) {
    let known: Vec<Option<f64>> = steps.iter().map(|step| step.name.as_str()).map(usual).collect();
    let (seconds, weights) = known
        .iter()
        .zip(&*steps)
        .filter_map(|(known, step)| Some(((*known)?, step.weight)))
        .fold((0.0, 0.0), |(seconds, weights), (known, weight)| (seconds + known, weights + weight));
    if seconds <= 0.0 {
        return;
    }
    let measure = if weights > 0.0 { seconds / weights } else { 1.0 };
    for (step, known) in steps.iter_mut().zip(known) {
        step.weight = known.unwrap_or(step.weight * measure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(weights: &[f64]) -> JobState {
        let steps = weights.iter().map(|&weight| StepState { weight, ..StepState::default() }).collect();
        JobState { steps, total: weights.iter().sum(), ..JobState::default() }
    }

    #[test]
    fn the_pace_follows_the_last_seconds() {
        let mut state = state(&[100.0]);
        // 40 weights in 40 s, then as slow as 4 s a weight for 40 s.
        for second in 1..=40 {
            state.set(0, f64::from(second) / 100.0, f64::from(second));
        }
        assert!((state.pace.unwrap() - 1.0).abs() < 1e-9);
        for second in 41..=80 {
            state.set(0, 0.4 + f64::from(second - 40) / 400.0, f64::from(second));
        }
        // After four time constants what was before weighs 1.8 %: 4 - 3 * 0.018.
        assert!((state.pace.unwrap() - 3.945).abs() < 0.01, "{:?}", state.pace);
    }

    #[test]
    fn steps_side_by_side_add_up_and_never_go_back() {
        let mut state = state(&[1.0, 3.0]);
        state.set(1, 0.5, 1.0);
        state.set(0, 1.0, 2.0);
        assert_eq!(state.fraction, 0.625);
        state.set(1, 0.1, 3.0);
        state.set(1, f64::NAN, 3.0);
        assert_eq!(state.fraction, 0.625);
        state.set(1, f64::INFINITY, 4.0);
        assert_eq!(state.fraction, 1.0);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn weights_are_learned_and_new_steps_keep_their_measure() {
        let mut steps = state(&[1.0, 1.0, 2.0]).steps;
        for (step, name) in steps.iter_mut().zip(["a", "b", "c"]) {
            step.name = name.to_owned();
        }
        learn(&mut steps, |name| match name {
            "a" => Some(30.0),
            "b" => Some(10.0),
            _ => None,
        });
        // The known ones weigh 20 s a weight on average, so the new one 40 s.
        assert_eq!(steps.iter().map(|step| step.weight).collect::<Vec<_>>(), [30.0, 10.0, 40.0]);
    }
}

//! A step of a job.

use super::MonitorSystem;
use super::core::lock;
use super::job::Job;
use serde_json::json;

/// A step of a job that is going on.
#[derive(Clone)]
pub struct JobStep {
    pub(super) job: Job,
    pub(super) index: usize,
}

impl std::fmt::Debug for JobStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobStep").field("index", &self.index).finish_non_exhaustive()
    }
}

impl JobStep {
    /// The share of it that is done, in [0, 1]; what is less than before changes nothing.
    pub fn set(&self, fraction: f64) {
        let elapsed = self.job.0.started.elapsed().as_secs_f64();
        lock(&self.job.0.state).set(self.index, fraction, elapsed);
        self.job.changed(false);
    }

    /// How many items it has.
    pub fn set_total(&self, items: u64) {
        lock(&self.job.0.state).steps[self.index].items.1 = items;
    }

    /// So many more items are done.
    pub fn add(&self, items: u64) {
        let fraction = {
            let mut state = lock(&self.job.0.state);
            let (done, total) = &mut state.steps[self.index].items;
            *done = done.saturating_add(items);
            if *total > 0 { *done as f64 / *total as f64 } else { 0.0 }
        };
        self.set(fraction);
    }

    /// Ends it: all of it is done.
    pub fn finish(&self) {
        let elapsed = self.job.0.started.elapsed().as_secs_f64();
        let told = {
            let mut state = lock(&self.job.0.state);
            state.set(self.index, 1.0, elapsed);
            let step = &mut state.steps[self.index];
            let first = step.took.is_none();
            let took = *step.took.get_or_insert(elapsed - step.began.unwrap_or(elapsed));
            first.then(|| json!({"job": self.job.0.name, "step": step.name, "duration_s": took}))
        };
        if let Some(data) = told {
            self.job.tell("progress.step_completed", data);
            self.job.changed(true);
        }
    }

    /// A job of its own that is this step: what is done of it is done of the step.
    #[must_use]
    pub fn job(&self, monitor: &MonitorSystem, name: &str, steps: &[(&str, f64)]) -> Job {
        monitor.job_within(name, steps, Some(self.clone()))
    }
}

//! Long work in weighted steps: how far it is, how long it takes still, and what it learned from the last times.

use super::super::{CancelToken, Event, SpanToken};
use super::MonitorSystem;
use super::bus;
use super::core::{Core, lock};
#[cfg(feature = "sqlite")]
use super::job_state::learn;
use super::job_state::{JobState, StepState};
use super::job_step::JobStep;
use super::record::Extra;
#[cfg(feature = "sqlite")]
use super::scrub::Scrubber;
#[cfg(feature = "sqlite")]
use super::told::told;
use serde::Serialize;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Runs after which weights come from history.
#[cfg(feature = "sqlite")]
const LEAST_RUNS: usize = 3;
/// A job tells of its progress at most so often.
const INTERVAL: Duration = Duration::from_millis(100);
/// No remaining time is told before so much is done, or so many seconds are over.
const EARLY: (f64, f64) = (0.03, 2.0);
/// Most steps of a job.
const MAX_STEPS: usize = 1000;

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobProgress {
    /// The job's name.
    pub job: String,
    /// The share that is done, in [0, 1]; never goes back.
    pub fraction: f64,
    /// The step that was worked on last; empty before the first.
    pub step: String,
    /// The share of that step.
    pub step_fraction: f64,
    /// Items done and in all, of that step; 0 of 0 where they are not counted.
    pub items: (u64, u64),
    /// Items of that step a second, since it began.
    pub rate: Option<f64>,
    /// Seconds since the start.
    pub elapsed_s: f64,
    /// Seconds that remain at the pace of the last seconds; `None` until 3 % is done, or 2 s are over and something is
    /// done.
    pub eta_s: Option<f64>,
    /// The lesser of that and what remains at the pace since the start.
    pub eta_low_s: Option<f64>,
    /// The greater of the two.
    pub eta_high_s: Option<f64>,
}

/// A running job. Cheap to clone; dropped without [`Job::finish`], it ends as cancelled.
///
/// Its weights are seconds that the steps usually took, where the monitor has a log with three runs of a job of this
/// name or more, and those given otherwise. Events `progress.job_started`, `progress.step_started`,
/// `progress.step_progress` (at most ten a second), `progress.step_completed` and `progress.job_completed` go over the
/// bus.
///
/// ```
/// use viralnow_core::monitor::MonitorSystem;
/// let monitor = MonitorSystem::builder().build();
/// let job = monitor.job("analyze", &[("fetch", 1.0), ("score", 3.0)]);
/// job.step("fetch").finish();
/// let step = job.step("score");
/// step.set_total(10);
/// step.add(5);
/// assert_eq!(job.snapshot().fraction, (1.0 + 3.0 * 0.5) / 4.0);
/// step.finish();
/// job.finish();
/// ```
#[derive(Clone)]
pub struct Job(pub(super) Arc<JobInner>);

pub(super) struct JobInner {
    pub(super) core: Arc<Core>,
    pub(super) name: String,
    pub(super) started: Instant,
    pub(super) state: Mutex<JobState>,
    pub(super) cancel: CancelToken,
    pub(super) listeners: Mutex<Vec<Arc<Listener>>>,
    /// The step of another job that this one is.
    pub(super) within: Option<JobStep>,
}

pub(super) type Listener = dyn Fn(&JobProgress) + Send + Sync;

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("progress", &self.snapshot()).finish_non_exhaustive()
    }
}

impl MonitorSystem {
    /// Begins a job of these steps and their relative weights. A weight that is not positive and finite counts as
    /// nothing; of more than 1,000 steps the rest are left out.
    #[must_use]
    pub fn job(&self, name: &str, steps: &[(&str, f64)]) -> Job {
        self.job_within(name, steps, None)
    }

    pub(super) fn job_within(&self, name: &str, steps: &[(&str, f64)], within: Option<JobStep>) -> Job {
        let usable = |weight: f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        #[cfg_attr(not(feature = "sqlite"), allow(unused_mut, reason = "nothing is learnt without a store"))]
        let mut steps: Vec<StepState> = steps
            .iter()
            .take(MAX_STEPS)
            .map(|&(name, weight)| StepState {
                name: name.to_owned(),
                weight: usable(weight),
                ..StepState::default()
            })
            .collect();
        #[cfg(feature = "sqlite")]
        if let Some(store) = self.store() {
            // Names stand there as they were written: redacted as an event is. A marker is another one in each process whose redaction has no
            // key of its own; such a name is known again by this monitor alone.
            let mut scrubber = Scrubber::new(self.core.tuning.settings().scrub);
            let mut written = |step: &str| {
                let mut event = told("progress.job_completed", json!({"job": name, "steps": {step: 0.0}}));
                scrubber.event(&mut event);
                event.data
            };
            let usual = written("")["job"].as_str().and_then(|job| store.usual_steps(job, LEAST_RUNS).ok());
            if let Some(usual) = usual.filter(|usual| !usual.is_empty()) {
                learn(&mut steps, |step| {
                    written(step)["steps"].as_object()?.keys().find_map(|step| usual.get(step).copied())
                });
            }
        }
        let total = steps.iter().map(|step| step.weight).sum::<f64>();
        let state = JobState { steps, total: if total > 0.0 { total } else { 1.0 }, ..JobState::default() };
        let cancel = within.as_ref().map_or_else(CancelToken::default, |step| step.job.0.cancel.child());
        let job = Job(Arc::new(JobInner {
            core: self.core.clone(),
            name: name.to_owned(),
            started: Instant::now(),
            state: Mutex::new(state),
            cancel,
            listeners: Mutex::default(),
            within,
        }));
        job.tell("progress.job_started", json!({"job": name}));
        job
    }
}

impl Job {
    /// Begins a step, or goes on with it. A name that is not among the steps is one without weight.
    #[must_use]
    pub fn step(&self, name: &str) -> JobStep {
        let elapsed = self.0.started.elapsed().as_secs_f64();
        let (index, fresh) = {
            let mut state = lock(&self.0.state);
            let index = state.steps.iter().position(|step| step.name == name).unwrap_or_else(|| {
                if state.steps.len() < 2 * MAX_STEPS {
                    state.steps.push(StepState { name: name.to_owned(), ..StepState::default() });
                }
                state.steps.len() - 1
            });
            state.current = Some(index);
            let fresh = state.steps[index].began.is_none();
            if fresh {
                state.steps[index].began = Some(elapsed);
            }
            (index, fresh)
        };
        if fresh {
            self.tell("progress.step_started", json!({"job": self.0.name, "step": name}));
        }
        JobStep { job: self.clone(), index }
    }

    /// How far it is.
    #[must_use]
    pub fn snapshot(&self) -> JobProgress {
        let elapsed_s = self.0.started.elapsed().as_secs_f64();
        let mut state = lock(&self.0.state);
        state.look(elapsed_s);
        let remaining = (1.0 - state.fraction) * state.total;
        let early = state.fraction < EARLY.0 && (elapsed_s < EARLY.1 || state.fraction <= 0.0);
        let overall = remaining * elapsed_s / (state.fraction * state.total).max(f64::MIN_POSITIVE);
        let recent = state.pace.map_or(overall, |pace| remaining * pace);
        let told = |seconds: f64| (!early && seconds.is_finite()).then_some(seconds);
        let step = state.current.map(|index| &state.steps[index]);
        let rate = step.and_then(|step| {
            let passed = step.took.unwrap_or(elapsed_s - step.began?);
            (step.items.0 > 0 && passed > 0.0).then(|| step.items.0 as f64 / passed)
        });
        JobProgress {
            job: self.0.name.clone(),
            fraction: state.fraction,
            step: step.map(|step| step.name.clone()).unwrap_or_default(),
            step_fraction: step.map_or(0.0, |step| step.fraction),
            items: step.map_or((0, 0), |step| step.items),
            rate,
            elapsed_s,
            eta_s: told(recent),
            eta_low_s: told(recent.min(overall)),
            eta_high_s: told(recent.max(overall)),
        }
    }

    /// Calls the function with the progress, at most ten times a second, on the thread that makes it. A panic of it
    /// goes no further.
    pub fn on_update(&self, listener: impl Fn(&JobProgress) + Send + Sync + 'static) {
        lock(&self.0.listeners).push(Arc::new(listener));
    }

    /// What stops it: the work itself asks.
    #[must_use]
    pub fn cancel_token(&self) -> &CancelToken {
        &self.0.cancel
    }

    /// Ends it: all steps count as done, and how long they took is remembered.
    pub fn finish(&self) {
        self.0.end("completed");
    }

    /// Ends it without success.
    pub fn fail(&self) {
        self.0.end("failed");
    }

    pub(super) fn tell(&self, topic: &str, data: serde_json::Value) {
        self.0.tell(topic, data, true);
    }

    /// Tells of what changed, unless it did so just now.
    pub(super) fn changed(&self, always: bool) {
        // The job around it knows at once, and tells of it when it may.
        if let Some(step) = &self.0.within {
            let fraction = lock(&self.0.state).fraction;
            step.set(fraction);
        }
        {
            let mut state = lock(&self.0.state);
            if !always && state.told.is_some_and(|told| told.elapsed() < INTERVAL) {
                return;
            }
            state.told = Some(Instant::now());
        }
        let progress = self.snapshot();
        if let Ok(data) = serde_json::to_value(&progress) {
            self.0.tell("progress.step_progress", data, false);
        }
        self.0.listen(&progress);
    }
}

impl JobInner {
    /// Kept events are in the log; the others are for those who listen now.
    fn tell(&self, topic: &str, data: serde_json::Value, kept: bool) {
        if !kept && !self.core.live().bus.wants(4) {
            return;
        }
        let event =
            Event { topic: topic.to_owned(), correlation_id: String::new(), span: SpanToken::NONE, data };
        bus::publish(&self.core, if kept { Extra::Event(event) } else { Extra::Told(event) });
    }

    fn listen(&self, progress: &JobProgress) {
        let listeners = lock(&self.listeners).clone();
        for listener in listeners {
            let _ = catch_unwind(AssertUnwindSafe(|| listener(progress)));
        }
    }

    fn end(&self, outcome: &str) {
        let elapsed_s = self.started.elapsed().as_secs_f64();
        let (steps, fraction, step) = {
            let mut state = lock(&self.state);
            if std::mem::replace(&mut state.ended, true) {
                return;
            }
            if outcome == "completed" {
                state.fraction = 1.0;
            }
            let took = |step: &StepState| step.took.or_else(|| Some(elapsed_s - step.began?));
            let steps: serde_json::Map<_, _> =
                state.steps.iter().filter_map(|step| Some((step.name.clone(), took(step)?.into()))).collect();
            let step = state.current.map(|index| state.steps[index].name.clone()).unwrap_or_default();
            (steps, state.fraction, step)
        };
        let data = json!({"job": self.name, "outcome": outcome, "elapsed_s": elapsed_s, "fraction": fraction, "steps": steps});
        self.tell("progress.job_completed", data, true);
        let whole = JobProgress {
            job: self.name.clone(),
            fraction,
            step,
            step_fraction: fraction,
            items: (0, 0),
            rate: None,
            elapsed_s,
            eta_s: Some(0.0),
            eta_low_s: Some(0.0),
            eta_high_s: Some(0.0),
        };
        self.listen(&whole);
        if let Some(step) = &self.within
            && outcome == "completed"
        {
            step.set(1.0);
        }
    }
}

impl Drop for JobInner {
    fn drop(&mut self) {
        self.end("cancelled");
    }
}

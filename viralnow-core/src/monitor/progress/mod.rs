//! Progress and cancellation: one observer, asked at most 20 times a second.

mod cancel;
mod steps;

pub use cancel::CancelToken;
pub use steps::Steps;

use super::Scope;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Least time between two reports: at most 19 in any second, and one more for the end.
const INTERVAL: Duration = Duration::from_millis(53);

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// The share that is done, in [0, 1]; never goes back.
    pub fraction: f64,
    /// The stage that is going on, such as `decode`.
    pub stage: &'static str,
    /// Seconds since the start.
    pub elapsed_s: f64,
    /// Seconds that remain at the present pace; `None` until 3 % is done.
    pub eta_s: Option<f64>,
    /// Assets finished and assets in all; 0 of 1 for a single one until it ends.
    pub items: (usize, usize),
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Stop soon; the call returns `CANCELLED`.
    Stop,
}

/// The host's view of a running call. Any `Fn(&Progress) -> Control` is one.
pub trait Observer: Send + Sync {
    /// Called at most 20 times a second, on the thread that runs the analysis: the one that made the call, for
    /// [`Live`](crate::pipeline::Live) a thread of its own.
    fn progress(&self, progress: &Progress) -> Control;
}

impl<F: Fn(&Progress) -> Control + Send + Sync> Observer for F {
    fn progress(&self, progress: &Progress) -> Control {
        self(progress)
    }
}

/// One running call: who watches, who may stop it, and until when it may run.
///
/// ```
/// use std::sync::Arc;
/// use viralnow_core::ErrorKind;
/// use viralnow_core::monitor::{CancelToken, Control, Progress, Run, Scope, Steps};
///
/// let stop_soon = Arc::new(|p: &Progress| if p.fraction < 0.5 { Control::Continue } else { Control::Stop });
/// let steps = Steps::new(&[("open", 1.0), ("decode", 1.0)]);
/// let mut run = Run::new(Scope::noop(), Some(stop_soon), CancelToken::default(), Some(60.0), steps);
/// run.enter("open")?;
/// std::thread::sleep(std::time::Duration::from_millis(60)); // at most 20 reports a second
/// let stopped = run.enter("decode").unwrap_err();
/// assert_eq!(stopped.kind(), ErrorKind::Cancelled);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub struct Run {
    scope: Scope,
    observer: Option<Arc<dyn Observer>>,
    cancel: CancelToken,
    started: Instant,
    deadline: Option<Instant>,
    steps: Steps,
    last: Option<Instant>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("scope", &self.scope).field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl Run {
    /// A run of these steps. An observer that says [`Control::Stop`] cancels the token: give each call a
    /// [`CancelToken::child`] of the one that it shares with others. `max_wall_s` that is NaN bounds nothing.
    pub fn new(
        scope: Scope,
        observer: Option<Arc<dyn Observer>>,
        cancel: CancelToken,
        max_wall_s: Option<f64>,
        steps: Steps,
    ) -> Self {
        let started = Instant::now();
        let wall = max_wall_s.filter(|s| !s.is_nan()).map(|s| Duration::from_secs_f64(s.clamp(0.0, 1e9)));
        let deadline = wall.and_then(|wall| started.checked_add(wall));
        Self { scope, observer, cancel, started, deadline, steps, last: None }
    }

    /// A run that nobody watches and nothing bounds.
    #[must_use]
    pub fn unwatched() -> Self {
        Self::new(Scope::noop(), None, CancelToken::default(), None, Steps::new(&[]))
    }

    /// The monitor's handle.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Replaces the monitor's handle, when the asset's name is known or a span is entered.
    pub fn set_scope(&mut self, scope: Scope) -> Scope {
        std::mem::replace(&mut self.scope, scope)
    }

    /// The time at which the call must end.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Sets another time at which the call must end, for the part that comes now.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Lets the rest run without a time limit.
    pub fn lift_deadline(&mut self) {
        self.deadline = None;
    }

    /// The token that stops this run.
    #[must_use]
    pub fn cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    /// Goes on to a step. Fails as [`Run::advance`] does.
    pub fn enter(&mut self, step: &'static str) -> Result<()> {
        self.steps.enter(step);
        self.report()
    }

    /// Sets how much of the present step is done. Fails with `CANCELLED` when the host asked to stop and with `TIMEOUT`
    /// when the time is over; costs a clock reading between reports.
    pub fn advance(&mut self, fraction: f64) -> Result<()> {
        self.steps.set(fraction);
        self.report()
    }

    fn report(&mut self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(cancelled());
        }
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Err(Error::new(
                ErrorKind::Timeout,
                "the time allowed for this asset is over; raise max_wall_s",
            )
            .with("elapsed_s", format!("{:.1}", (now - self.started).as_secs_f64())));
        }
        if self.last.is_some_and(|last| now - last < INTERVAL) {
            return Ok(());
        }
        self.last = Some(now);
        let elapsed_s = (now - self.started).as_secs_f64();
        let fraction = self.steps.fraction();
        let eta_s = (fraction > 0.03).then(|| elapsed_s * (1.0 - fraction) / fraction);
        let progress = Progress { fraction, stage: self.steps.name(), elapsed_s, eta_s, items: (0, 1) };
        self.scope.monitor().progress(self.scope.correlation_id(), &progress);
        if let Some(observer) = &self.observer
            && observer.progress(&progress) == Control::Stop
        {
            self.cancel.cancel();
            return Err(cancelled());
        }
        Ok(())
    }

    /// Reports the end: everything done. Called once, when the call has succeeded; what the observer answers changes
    /// nothing any more.
    pub fn finish(&mut self) {
        let elapsed_s = self.started.elapsed().as_secs_f64();
        let progress = Progress { fraction: 1.0, stage: "done", elapsed_s, eta_s: Some(0.0), items: (1, 1) };
        self.scope.monitor().progress(self.scope.correlation_id(), &progress);
        if let Some(observer) = &self.observer {
            let _ = observer.progress(&progress);
        }
    }
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the call was cancelled by the host")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const STEPS: &[(&str, f64)] = &[("open", 1.0), ("decode", 8.0), ("score", 1.0)];

    #[test]
    fn a_time_that_is_no_number_bounds_nothing() {
        let run = Run::new(Scope::noop(), None, CancelToken::default(), Some(f64::NAN), Steps::new(STEPS));
        assert!(run.deadline().is_none());
    }

    /// Busy work for 1.2 s with the given observer; the moments and fractions that it saw.
    fn watched(answer: impl Fn(usize) -> Control + Send + Sync + 'static) -> (Vec<(f64, f64)>, Result<()>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let observer = move |progress: &Progress| {
            let mut log = log.lock().unwrap();
            log.push((progress.elapsed_s, progress.fraction));
            answer(log.len())
        };
        let mut run = Run::new(
            Scope::noop(),
            Some(Arc::new(observer)),
            CancelToken::default(),
            None,
            Steps::new(STEPS),
        );
        let started = Instant::now();
        let mut result = run.enter("decode");
        while result.is_ok() && started.elapsed() < Duration::from_millis(1200) {
            result = run.advance(started.elapsed().as_secs_f64() / 1.2);
        }
        if result.is_ok() {
            run.finish();
        }
        let seen = seen.lock().unwrap().clone();
        (seen, result)
    }

    #[test]
    fn at_most_20_reports_fall_into_any_second() {
        let (seen, result) = watched(|_| Control::Continue);
        result.unwrap();
        for (i, (from, _)) in seen.iter().enumerate() {
            let within = seen[i..].iter().take_while(|(t, _)| t - from < 1.0).count();
            assert!(within <= 20, "{within} reports in the second from {from}");
        }
        assert!(seen.len() >= 10, "only {} reports in 1.2 s", seen.len());
        assert!(seen.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{seen:?}");
        assert_eq!(seen.last().unwrap().1, 1.0);
    }

    #[test]
    fn the_observer_stops_the_call_and_only_this_one() {
        let (seen, result) = watched(|count| if count < 3 { Control::Continue } else { Control::Stop });
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(seen.len(), 3, "no report after the stop");

        let shared = CancelToken::default();
        let stop = Arc::new(|_: &Progress| Control::Stop);
        let mut run = Run::new(Scope::noop(), Some(stop), shared.child(), None, Steps::new(STEPS));
        assert_eq!(run.enter("open").unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(run.cancel_token().is_cancelled());
        assert!(!shared.is_cancelled());
    }

    #[test]
    fn a_token_stops_the_call_at_once_and_reaches_children() {
        let token = CancelToken::default();
        let grandchild = token.child().child();
        let mut run = Run::new(Scope::noop(), None, grandchild, None, Steps::new(STEPS));
        run.enter("open").unwrap();
        token.cancel();
        assert_eq!(run.advance(0.5).unwrap_err().kind(), ErrorKind::Cancelled);
    }

    #[test]
    fn the_deadline_ends_the_call() {
        let mut run = Run::new(Scope::noop(), None, CancelToken::default(), Some(0.02), Steps::new(STEPS));
        run.enter("open").unwrap();
        let deadline = run.deadline().unwrap();
        std::thread::sleep(Duration::from_millis(30));
        assert!(Instant::now() > deadline);
        let error = run.advance(0.5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains("max_wall_s"));
    }

    #[test]
    fn the_remaining_time_follows_the_pace() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let observer = move |progress: &Progress| {
            log.lock().unwrap().push(progress.clone());
            Control::Continue
        };
        let steps = Steps::new(&[("decode", 1.0)]);
        let mut run = Run::new(Scope::noop(), Some(Arc::new(observer)), CancelToken::default(), None, steps);
        run.advance(0.02).unwrap();
        std::thread::sleep(INTERVAL);
        run.advance(0.25).unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].eta_s, None, "2 % is too little to tell");
        let eta_s = seen[1].eta_s.unwrap();
        assert!(
            (eta_s - 3.0 * seen[1].elapsed_s).abs() < 1e-9,
            "a quarter done: three times as long remains"
        );
    }
}

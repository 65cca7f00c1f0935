//! The monitor's event bus and jobs, for JavaScript.

use crate::error::{guard, to_json};
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;
use serde_json::{Value, json};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use viralnow_core::monitor::{self, CancelToken, MonitorSystem, StreamItem, installed};
use viralnow_core::{Error, ErrorKind, Result};

fn running() -> Result<&'static MonitorSystem> {
    installed().ok_or_else(|| {
        Error::new(ErrorKind::Unavailable, "no monitor is running; call `monitoring.start` first")
    })
}

/// Wakes JavaScript from the monitor's thread. It keeps nothing alive: a program that only listens may end.
type Bell = ThreadsafeFunction<(), (), (), Status, false, true>;

struct Ring(Bell);

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// Events that wait to be taken.
#[napi]
pub struct EventStream {
    stream: Option<monitor::EventStream>,
    bell: Waker,
}

#[napi]
impl EventStream {
    /// Events whose topic fits, of which `capacity` wait at most; `bell` is called when it is worth looking again.
    #[napi(constructor, catch_unwind)]
    pub fn new(pattern: String, capacity: u32, bell: Function<'_, (), ()>) -> napi::Result<Self> {
        let bell = bell.build_threadsafe_function::<()>().weak::<true>().build()?;
        let stream = guard(|| running()?.bus().stream(&pattern, capacity as usize))?;
        Ok(Self { stream: Some(stream), bell: Waker::from(Arc::new(Ring(bell))) })
    }

    /// Up to so many items, as JSON: events, and `{"lagged": n}` once for each gap. An empty list: the bell rings when there are more.
    /// Null: nothing will come any more.
    #[napi(catch_unwind)]
    pub fn take(&self, most: u32) -> napi::Result<Option<String>> {
        let Some(stream) = &self.stream else { return Ok(None) };
        let mut items: Vec<Value> = Vec::new();
        while items.len() < most as usize {
            match stream.poll_next(&mut Context::from_waker(&self.bell)) {
                Poll::Ready(Some(StreamItem::Event(event))) => {
                    items.push(serde_json::to_value(&*event).unwrap_or_default());
                }
                Poll::Ready(Some(StreamItem::Lagged(count))) => items.push(json!({ "lagged": count })),
                Poll::Ready(None) if items.is_empty() => return Ok(None),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        guard(|| to_json(&items)).map(Some)
    }

    /// How many were delivered and how many dropped, as JSON.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> napi::Result<Option<String>> {
        self.stream.as_ref().map(|stream| guard(|| to_json(&stream.stats()))).transpose()
    }

    /// Ends it.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        self.stream = None;
    }
}

/// A job in weighted steps; without a monitor it does nothing.
#[napi]
pub struct Job(Option<monitor::Job>);

#[napi]
impl Job {
    /// Begins one of these steps and their weights.
    #[napi(constructor, catch_unwind)]
    pub fn new(_env: Env, name: String, steps: Vec<String>, weights: Vec<f64>) -> Self {
        let steps: Vec<(&str, f64)> = steps.iter().map(String::as_str).zip(weights).collect();
        Self(installed().map(|monitor| monitor.job(&name, &steps)))
    }

    /// Begins a step, or goes on with it.
    #[napi(catch_unwind)]
    pub fn step(&self, name: String) -> JobStep {
        JobStep(self.0.as_ref().map(|job| job.step(&name)))
    }

    /// How far it is, as JSON.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> napi::Result<Option<String>> {
        self.0.as_ref().map(|job| guard(|| to_json(&job.snapshot()))).transpose()
    }

    /// Asks the work to stop: it looks at `cancelled`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        if let Some(job) = &self.0 {
            job.cancel_token().cancel();
        }
    }

    /// Whether it was asked to stop.
    #[napi(getter, catch_unwind)]
    pub fn cancelled(&self) -> bool {
        self.0.as_ref().map(monitor::Job::cancel_token).is_some_and(CancelToken::is_cancelled)
    }

    /// Ends it: all is done, or it failed.
    #[napi(catch_unwind)]
    pub fn end(&self, well: bool) {
        match &self.0 {
            Some(job) if well => job.finish(),
            Some(job) => job.fail(),
            None => {}
        }
    }
}

/// A step of a job.
#[napi]
pub struct JobStep(Option<monitor::JobStep>);

#[napi]
impl JobStep {
    /// The share that is done.
    #[napi(catch_unwind)]
    pub fn set(&self, fraction: f64) {
        if let Some(step) = &self.0 {
            step.set(fraction);
        }
    }

    /// A job of its own that is this step.
    #[napi(catch_unwind)]
    pub fn job(&self, name: String, steps: Vec<String>, weights: Vec<f64>) -> Job {
        let steps: Vec<(&str, f64)> = steps.iter().map(String::as_str).zip(weights).collect();
        let within = self.0.as_ref().zip(installed());
        Job(within.map(|(step, monitor)| step.job(monitor, &name, &steps)))
    }

    /// How many items there are.
    #[napi(catch_unwind)]
    pub fn set_total(&self, items: f64) {
        if let Some(step) = &self.0 {
            step.set_total(items as u64);
        }
    }

    /// So many more are done.
    #[napi(catch_unwind)]
    pub fn add(&self, items: f64) {
        if let Some(step) = &self.0 {
            step.add(items as u64);
        }
    }

    /// All of it is done.
    #[napi(catch_unwind)]
    pub fn finish(&self) {
        if let Some(step) = &self.0 {
            step.finish();
        }
    }
}

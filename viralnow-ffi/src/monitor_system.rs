//! `vn_monitor`: spans of the host, events, jobs and a log.

use crate::args::{free, invalid, place, reference, text, text_or_null, view};
use crate::error::{vn_error, vn_status};
use crate::extract::HostPointer;
use crate::features::{parsed, vn_features};
use crate::panic::{guard, guard_or};
use crate::string::c_text;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::time::Duration;
use viralnow_core::call::{call_monitor, call_monitoring, monitor_from, monitoring_from};
use viralnow_core::monitor::{
    Capture, Detail, Job, MonitorSystem, Monitoring, Open, Outcome, SiteId, SpanToken, Subscription,
};

/// `vn_monitor_callsite`: duration and outcome.
pub const VN_CAPTURE_TIME: u32 = 0;
/// `vn_monitor_callsite`: the thread's processor time too, about 0.5 us a span.
pub const VN_CAPTURE_CPU: u32 = 1;
/// `vn_monitor_callsite`: an event `function.started` for every span, where somebody subscribed to it.
pub const VN_CAPTURE_STARTED: u32 = 2;

/// A monitoring system: what is recorded never makes the caller wait, and is handed to a thread of the monitor, which
/// starts with the first thing that is recorded and runs until `vn_monitor_close`.
pub struct vn_monitor(pub(crate) MonitorSystem, Option<Monitoring>);

/// A span that was begun and not ended; plain data, which may go to another thread.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct vn_span {
    /// Its number: the `parent` of spans inside it.
    pub span: u64,
    /// The span around it; 0 for none.
    pub parent: u64,
    /// When it began; not to be changed.
    pub start: u64,
    /// The processor time at its start; not to be changed.
    pub cpu: u64,
    /// The place.
    pub site: u32,
    /// What its end has to do; 0 is nothing.
    pub mode: u32,
}

const COMPLETED: i32 = vn_outcome::Completed as i32;
const CANCELLED: i32 = vn_outcome::Cancelled as i32;

/// How a span ended; given as a number, of which those that are not here count as failed.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum vn_outcome {
    /// It did what it should.
    Completed = 0,
    /// It failed.
    Failed = 1,
    /// It was cancelled.
    Cancelled = 2,
}

/// Called with an event as a JSON object: `seq`, `ts_us` (microseconds since 1970), `topic`, `correlation_id`, `span`,
/// `data`. On the monitor's thread, valid during the call only; it must be quick, and no C++ exception may leave it.
pub type vn_event_fn = Option<unsafe extern "C" fn(event_json: *const c_char, user_data: *mut c_void)>;

/// A listener of `vn_monitor_subscribe`.
pub struct vn_subscription(Option<Subscription>);

/// Work in weighted steps.
pub struct vn_job(Job);

/// How far a job is. Valid during the callback only.
#[repr(C)]
pub struct vn_job_progress {
    /// The share that is done, in [0, 1]; never goes back.
    pub fraction: f64,
    /// The step that was worked on last; empty before the first.
    pub step: *const c_char,
    /// The share of that step.
    pub step_fraction: f64,
    /// Seconds since the start.
    pub elapsed_s: f64,
    /// Seconds that remain; negative as long as it cannot be told.
    pub eta_s: f64,
}

/// Told how far a job is, at most ten times a second, on the thread that works on it.
pub type vn_job_fn = Option<unsafe extern "C" fn(progress: *const vn_job_progress, user_data: *mut c_void)>;

/// A new monitor. `settings` is a JSON object or NULL: path (of its SQLite log, which several processes may share; none
/// by default), detail_days (90), summary_days (365), level ("full", "aggregate", "counted", "off", {"sampled": 0.1}),
/// adaptive (true), ring_capacity (8192 records a thread), max_memory (bytes, 10485760), flush_interval_s (0.25),
/// threshold_multiplier (1.5), error_rate (0.1). Or `config`, which is the path of a monitoring_config.json, read again when
/// it changes, or such an object: log, log file, alerts, redaction, dashboard; beside it only level, adaptive, over (what
/// goes before the file), redact (true) and block_s (so long a full ring makes the caller wait). Ended with
/// `vn_monitor_close`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_monitor_open(
    settings: *const c_char,
    out: *mut *mut vn_monitor,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let settings = parsed(settings)?;
            out.give(if settings.contains_key("config") {
                let monitoring = monitoring_from(&settings)?;
                vn_monitor(monitoring.monitor().clone(), Some(monitoring))
            } else {
                vn_monitor(monitor_from(&settings)?, None)
            });
            Ok(())
        })
    }
}

/// Writes everything, for so many milliseconds at most, ends the monitor's thread and frees the handle; true when
/// everything was written. What analyses that still use it record later is dropped. NULL is ignored, and gives true.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_monitor_close(monitor: *mut vn_monitor, timeout_ms: u32) -> bool {
    // SAFETY: NULL or a live handle that is freed once, as the header says.
    unsafe {
        let timeout = Duration::from_millis(timeout_ms.into());
        let complete = view(monitor, true, |monitor| monitor.0.shutdown(timeout).complete);
        free(monitor);
        complete
    }
}

/// Waits until everything that was recorded before is delivered and written, for so many milliseconds at most; whether
/// it was. False for NULL, and from a callback.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_monitor_flush(monitor: *const vn_monitor, timeout_ms: u32) -> bool {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe {
        let timeout = Duration::from_millis(timeout_ms.into());
        view(monitor, false, |monitor| monitor.0.flush(timeout).complete)
    }
}

/// The number of a place that is watched, made when it is new; the same in all monitors, so that it may be kept in a
/// static. `module` and `file` may be NULL. `weight` is its share of a job's time, `flags` are `VN_CAPTURE_...`. Secrets
/// and personal data are taken out of name and module, which may be made up at run time, unless the monitor leaves them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_monitor_callsite(
    monitor: *const vn_monitor,
    name: *const c_char,
    module: *const c_char,
    file: *const c_char,
    line: u32,
    weight: f32,
    flags: u32,
    out: *mut u32,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, 0, "out")?;
            let monitor = reference(monitor, "monitor")?;
            let name = text(name, "name")?;
            let module = text_or_null(module, "module")?.unwrap_or_default();
            let file = text_or_null(file, "file")?.unwrap_or_default();
            if flags > VN_CAPTURE_CPU | VN_CAPTURE_STARTED {
                return Err(invalid("flags", "only VN_CAPTURE_... may be given").with("flags", flags));
            }
            out.set(monitor.0.callsite(name, module, file, line, weight, Capture(flags as u8)).0);
            Ok(())
        })
    }
}

/// Begins a span at a place, inside the span `parent` (0 for none). Takes no lock. For NULL a span of which nothing is
/// recorded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_span_begin(monitor: *const vn_monitor, site: u32, parent: u64) -> vn_span {
    let nothing = vn_span { span: parent, parent, start: 0, cpu: 0, site, mode: 0 };
    // SAFETY: NULL or a live handle, as the header says.
    unsafe {
        view(monitor, nothing, |monitor| {
            let open = monitor.0.begin(SiteId(site), SpanToken(parent));
            let Open { span, parent, start, cpu, site, mode } = open;
            vn_span { span: span.0, parent: parent.0, start, cpu, site, mode }
        })
    }
}

/// Ends a span, with a `vn_outcome`; once for each. `code` and `message` are for `VN_OUTCOME_FAILED`; NULL, and what is no UTF-8, is the
/// empty text. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_span_end(
    monitor: *const vn_monitor,
    span: vn_span,
    outcome: i32,
    code: *const c_char,
    message: *const c_char,
) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { end(monitor, span, outcome, (code, message), || None) }
}

/// Ends a span, with a `vn_outcome`, and tells its arguments (2 KiB at most are kept) and the stack of its failure (16 KiB); each may be
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_span_end_with(
    monitor: *const vn_monitor,
    span: vn_span,
    outcome: i32,
    code: *const c_char,
    message: *const c_char,
    args: *const c_char,
    stack: *const c_char,
) {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        let given = |text: *const c_char| text_or_null(text, "text").ok().flatten().map(str::to_owned);
        let detail = || Some(Detail { args: given(args), stack: given(stack), ..Detail::default() });
        end(monitor, span, outcome, (code, message), detail);
    }
}

unsafe fn end(
    monitor: *const vn_monitor,
    span: vn_span,
    outcome: i32,
    (code, message): (*const c_char, *const c_char),
    detail: impl FnOnce() -> Option<Detail>,
) {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        let given = |text: *const c_char| text_or_null(text, "text").ok().flatten().unwrap_or_default();
        view(monitor, (), |monitor| {
            let vn_span { span, parent, start, cpu, site, mode } = span;
            let open = Open { span: SpanToken(span), parent: SpanToken(parent), start, cpu, site, mode };
            // Whatever a host gives: another number is no way to end well.
            let outcome = match outcome {
                COMPLETED => Outcome::Completed,
                CANCELLED => Outcome::Cancelled,
                _ => Outcome::Failed { code: given(code), message: given(message) },
            };
            match detail() {
                None => monitor.0.end(open, &outcome),
                Some(detail) => monitor.0.end_with(open, &outcome, detail),
            }
        });
    }
}

/// Publishes an event under a topic of words with dots between them. `data` is JSON of 64 KiB at most; NULL is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_monitor_publish(
    monitor: *const vn_monitor,
    topic: *const c_char,
    data: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let monitor = reference(monitor, "monitor")?;
            let data = match text_or_null(data, "data")? {
                None => serde_json::Value::Null,
                Some(data) => serde_json::from_str(data)
                    .map_err(|error| invalid("data", "the text is no JSON").caused_by(error))?,
            };
            monitor.0.bus().publish(text(topic, "topic")?, data)
        })
    }
}

/// Calls the function for every event whose topic fits the pattern: `*` is one word, `**` at the end the rest.
/// `user_data` must stay valid until `vn_subscription_free` returned and no call is under way: free it on the monitor's
/// thread, or flush after freeing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_monitor_subscribe(
    monitor: *const vn_monitor,
    pattern: *const c_char,
    callback: vn_event_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_subscription,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let monitor = reference(monitor, "monitor")?;
            let callback = callback.ok_or_else(|| invalid("callback", "the parameter is NULL"))?;
            let user_data = HostPointer(user_data);
            let handler = move |event: &viralnow_core::monitor::BusEvent| {
                let HostPointer(user_data) = &user_data;
                let json = c_text(&serde_json::to_string(event).unwrap_or_default());
                // SAFETY: the host gave callback and data together, and keeps them alive while it is subscribed.
                callback(json.as_ptr(), *user_data);
            };
            let subscription = monitor.0.bus().subscribe(text(pattern, "pattern")?, handler)?;
            out.give(vn_subscription(Some(subscription)));
            Ok(())
        })
    }
}

/// Ends a subscription. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_subscription_free(subscription: *mut vn_subscription) {
    // SAFETY: NULL or a live handle that is freed once, as the header says.
    unsafe {
        if let Some(subscription) = subscription.as_mut() {
            drop(subscription.0.take());
        }
        free(subscription);
    }
}

/// Asks the monitor by a name, with settings as JSON: `monitor.status`, `monitor.counts`, `monitor.query`,
/// `monitor.functions`, `monitor.errors`, `monitor.events`, `monitor.cleanup`, `monitor.backup` (to), `monitor.trace`
/// (a Chrome trace, as the file), `monitor.prometheus`, `monitor.set_level` (functions, level), `monitor.bus_stats`.
/// What reads the log takes `path`, by default the monitor's own, and `hours` (0 to 1,000,000) or `from_us`, not both, and `to_us`, both in
/// microseconds since 1970; `monitor.query` answers `limit` calls at most (1 to 10,000, 100 by default) and the `next` for `after`. Of one that was opened with a `config` also
/// `monitor.alerts`, `monitor.alert_trial` (name), `monitor.config` and `monitor.dashboard` (its address). `out` is freed with `vn_features_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_monitor_call(
    monitor: *const vn_monitor,
    name: *const c_char,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let vn_monitor(monitor, monitoring) = reference(monitor, "monitor")?;
            let (name, settings) = (text(name, "name")?, parsed(settings)?);
            out.give(vn_features::new(match monitoring {
                Some(monitoring) => call_monitoring(monitoring, name, &settings)?,
                None => call_monitor(monitor, name, &settings)?,
            }));
            Ok(())
        })
    }
}

/// Begins a job. `steps` is a JSON object of the steps and their relative weights, such as `{"fetch": 1, "score": 3}`.
/// After three runs of a job of this name its weights come from the log. Freed with `vn_job_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_job_new(
    monitor: *const vn_monitor,
    name: *const c_char,
    steps: *const c_char,
    out: *mut *mut vn_job,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let monitor = reference(monitor, "monitor")?;
            let steps = weights(steps)?;
            let steps: Vec<(&str, f64)> =
                steps.iter().map(|(step, weight)| (step.as_str(), *weight)).collect();
            out.give(vn_job(monitor.0.job(text(name, "name")?, &steps)));
            Ok(())
        })
    }
}

/// Begins a job that is a step of another: how far it is moves that one at once, and ends the step with it. The other settings are those of
/// `vn_job_new`; either job may be freed first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_job_within(
    monitor: *const vn_monitor,
    outer: *const vn_job,
    step: *const c_char,
    name: *const c_char,
    steps: *const c_char,
    out: *mut *mut vn_job,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let (monitor, outer) = (reference(monitor, "monitor")?, reference(outer, "outer")?);
            let steps = weights(steps)?;
            let steps: Vec<(&str, f64)> =
                steps.iter().map(|(step, weight)| (step.as_str(), *weight)).collect();
            let (step, name) = (text(step, "step")?, text(name, "name")?);
            out.give(vn_job(outer.0.step(step).job(&monitor.0, name, &steps)));
            Ok(())
        })
    }
}

/// The steps of a job and their relative weights.
///
/// # Safety
///
/// NULL or a text that ends with a zero.
unsafe fn weights(steps: *const c_char) -> viralnow_core::Result<Vec<(String, f64)>> {
    // SAFETY: as promised.
    let steps = unsafe { parsed(steps)? };
    let weight = |(step, weight): (String, serde_json::Value)| {
        let wrong = || invalid("steps", "a weight must be a number").with("step", &step);
        let weight = weight.as_f64().ok_or_else(wrong)?;
        Ok((step, weight))
    };
    steps.into_iter().map(weight).collect()
}

/// Sets the share of a step that is done; 1 ends the step. What is less than before changes nothing. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_job_update(job: *const vn_job, step: *const c_char, fraction: f64) {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        let Ok(step) = text(step, "step") else { return };
        view(job, (), |job| {
            let step = job.0.step(step);
            if fraction >= 1.0 { step.finish() } else { step.set(fraction) }
        });
    }
}

/// The share of the job that is done, in [0, 1]; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_job_fraction(job: *const vn_job) -> f64 {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(job, 0.0, |job| job.0.snapshot().fraction) }
}

/// Tells this callback how far the job is. `user_data` must stay valid until the job is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_job_on_progress(
    job: *const vn_job,
    callback: vn_job_fn,
    user_data: *mut c_void,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let job = reference(job, "job")?;
            let callback = callback.ok_or_else(|| invalid("callback", "the parameter is NULL"))?;
            let user_data = HostPointer(user_data);
            job.0.on_update(move |progress| {
                let HostPointer(user_data) = &user_data;
                let step = c_text(&progress.step);
                let told = vn_job_progress {
                    fraction: progress.fraction,
                    step: step.as_ptr(),
                    step_fraction: progress.step_fraction,
                    elapsed_s: progress.elapsed_s,
                    eta_s: progress.eta_s.unwrap_or(-1.0),
                };
                // SAFETY: the host gave callback and data together, and keeps them alive as long as the job.
                callback(&raw const told, *user_data);
            });
            Ok(())
        })
    }
}

/// Ends a job, with a `vn_outcome`; only how long the steps of completed ones took is remembered. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_job_finish(job: *const vn_job, outcome: i32) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe {
        view(job, (), |job| match outcome {
            COMPLETED => job.0.finish(),
            _ => job.0.fail(),
        });
    }
}

/// Frees a job; one that was not finished ends as cancelled. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_job_free(job: *mut vn_job) {
    // SAFETY: NULL or a live handle that is freed once, as the header says.
    unsafe { guard_or((), || free(job)) }
}

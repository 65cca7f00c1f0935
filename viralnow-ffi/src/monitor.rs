//! Watching and stopping: `vn_progress`, `vn_cancel_token`, `vn_memory_monitor`.

use crate::args::{free, place, reference, view};
use crate::error::{vn_error, vn_status};
use crate::extract::HostPointer;
use crate::panic::{guard, guard_or};
use crate::string::c_text;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;
use viralnow_core::monitor::{CancelToken, Control, MemoryMonitor, Observer, Progress};

/// How far a call is. Valid during the callback only.
#[repr(C)]
pub struct vn_progress {
    /// The share that is done, in [0, 1]; never goes back.
    pub fraction: f64,
    /// The stage that is going on, such as `"decode"`; `"done"` at the end.
    pub stage: *const c_char,
    /// Seconds since the start.
    pub elapsed_s: f64,
    /// Seconds that remain at the present pace; negative as long as it cannot be told.
    pub eta_s: f64,
    /// Assets finished.
    pub items_done: usize,
    /// Assets in all; 1 outside of a batch.
    pub items_total: usize,
}

/// Told how far a call is, at most 20 times a second, on the thread that made the call, and for a `vn_live` on a thread of its
/// own; gives true to go on and false to stop, and then the call (of a `vn_live`, `vn_live_finish`) returns
/// `VN_STATUS_CANCELLED`. A batch is one call.
pub type vn_progress_fn =
    Option<unsafe extern "C" fn(progress: *const vn_progress, user_data: *mut c_void) -> bool>;

/// The host's callback as an observer.
#[derive(Clone)]
pub(crate) struct HostObserver {
    callback: unsafe extern "C" fn(*const vn_progress, *mut c_void) -> bool,
    user_data: HostPointer,
}

impl HostObserver {
    pub(crate) fn new(
        callback: unsafe extern "C" fn(*const vn_progress, *mut c_void) -> bool,
        user_data: *mut c_void,
    ) -> Self {
        Self { callback, user_data: HostPointer(user_data) }
    }
}

impl Observer for HostObserver {
    fn progress(&self, progress: &Progress) -> Control {
        let stage = c_text(progress.stage);
        let view = vn_progress {
            fraction: progress.fraction,
            stage: stage.as_ptr(),
            elapsed_s: progress.elapsed_s,
            eta_s: progress.eta_s.unwrap_or(-1.0),
            items_done: progress.items.0,
            items_total: progress.items.1,
        };
        // SAFETY: the host gave callback and data together, and keeps them alive while the options are in use.
        if unsafe { (self.callback)(&raw const view, self.user_data.0) } {
            Control::Continue
        } else {
            Control::Stop
        }
    }
}

/// Stops calls from another thread.
pub struct vn_cancel_token(pub(crate) CancelToken);

/// A new token, to be given to `vn_options_set_cancel_token`. Freed with `vn_cancel_token_free`; that may be done while a
/// call still uses it.
#[unsafe(no_mangle)]
pub extern "C" fn vn_cancel_token_new() -> *mut vn_cancel_token {
    guard_or(ptr::null_mut(), || Box::into_raw(Box::new(vn_cancel_token(CancelToken::default()))))
}

/// Asks every call that holds this token to stop; they return `VN_STATUS_CANCELLED`. It stays
/// cancelled: take a new one for the next call. (A call that a progress callback stopped leaves its token alone.) From any
/// thread, and from a signal handler. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_cancel_token_cancel(token: *const vn_cancel_token) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(token, (), |token| token.0.cancel()) }
}

/// Whether the token was cancelled; false for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_cancel_token_is_cancelled(token: *const vn_cancel_token) -> bool {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(token, false, |token| token.0.is_cancelled()) }
}

/// Frees a token. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_cancel_token_free(token: *mut vn_cancel_token) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(token) }
}

/// Keeps every span, event and progress report of the calls that it watches, for tests and small tools.
pub struct vn_memory_monitor(pub(crate) Arc<MemoryMonitor>);

/// A new, empty monitor, to be given to `vn_options_set_monitor`. Freed with `vn_memory_monitor_free`.
#[unsafe(no_mangle)]
pub extern "C" fn vn_memory_monitor_new() -> *mut vn_memory_monitor {
    guard_or(ptr::null_mut(), || {
        Box::into_raw(Box::new(vn_memory_monitor(Arc::new(MemoryMonitor::default()))))
    })
}

/// Everything kept so far, in order, as a JSON array. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_memory_monitor_records_json(
    monitor: *const vn_memory_monitor,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give_json(&reference(monitor, "monitor")?.0.records())
        })
    }
}

/// Every span kept so far with its start, duration and how it ended, as a JSON array. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_memory_monitor_spans_json(
    monitor: *const vn_memory_monitor,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give_json(&reference(monitor, "monitor")?.0.spans())
        })
    }
}

/// Forgets everything kept so far. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_memory_monitor_clear(monitor: *const vn_memory_monitor) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(monitor, (), |monitor| monitor.0.clear()) }
}

/// Frees a monitor; calls that still use it go on with it. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_memory_monitor_free(monitor: *mut vn_memory_monitor) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(monitor) }
}

//! The one monitor of a process that guards without a handle report to. Set by the host alone, never by us.

use super::super::{Callsite, Event, Fields, Monitor, Outcome, Progress, SpanToken};
use super::core::Core;
use super::owner::LAST_WORDS;
use super::{FlushReport, Job, MonitorSystem};
use crate::{Error, ErrorKind, Result};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

static GLOBAL: AtomicPtr<MonitorSystem> = AtomicPtr::new(ptr::null_mut());

impl MonitorSystem {
    /// Makes this the monitor of [`super::Site::enter`] and [`crate::monitored!`], and of the other languages. Fails with `INVALID_INPUT` when
    /// there is one already. What was recorded is written, for 2 s at most, when the program returns from `main` or calls `exit` (on Unix).
    pub fn install_global(&self) -> Result<()> {
        let boxed = Box::into_raw(Box::new(self.clone()));
        if GLOBAL.compare_exchange(ptr::null_mut(), boxed, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: made above and shown to nobody.
            drop(unsafe { Box::from_raw(boxed) });
            let message = "a global monitor is installed already; take it away first";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        at_exit();
        Ok(())
    }
}

/// The global monitor, if there is one.
#[must_use]
pub fn global() -> Option<MonitorSystem> {
    installed().cloned()
}

/// Watches by the global monitor, whichever that is when something begins; records nothing while there is none. What [`crate::Analyzer`] has
/// unless the host gives it another.
#[derive(Debug, Clone, Copy, Default)]
pub struct GlobalMonitor;

impl Monitor for GlobalMonitor {
    fn enabled(&self, callsite: &'static Callsite) -> bool {
        installed().is_some_and(|monitor| monitor.enabled(callsite))
    }

    fn start(&self, callsite: &'static Callsite, fields: &Fields<'_>) -> SpanToken {
        installed().map_or(SpanToken::NONE, |monitor| monitor.start(callsite, fields))
    }

    fn end(&self, token: SpanToken, outcome: &Outcome<'_>) {
        if let Some(monitor) = installed() {
            Monitor::end(monitor, token, outcome);
        }
    }

    fn publish(&self, event: &Event) {
        if let Some(monitor) = installed() {
            monitor.publish(event);
        }
    }

    fn progress(&self, correlation_id: &str, progress: &Progress) {
        if let Some(monitor) = installed() {
            monitor.progress(correlation_id, progress);
        }
    }
}

/// A job of the global monitor for work that is worth watching; see [`MonitorSystem::job`]. `None` without a monitor, or where it is not.
#[must_use]
pub(crate) fn global_job(worth: bool, name: &str, steps: &[(&str, f64)]) -> Option<Job> {
    installed().filter(|_| worth).map(|monitor| monitor.job(name, steps))
}

/// Takes the global monitor away and shuts it down; `None` when there is none. Its handle, some bytes, stays behind,
/// for guards that are still open.
pub fn uninstall_global(timeout: Duration) -> Option<FlushReport> {
    let old = GLOBAL.swap(ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: null or a box that was leaked by `install_global` and is never freed.
    let old = unsafe { old.as_ref() }?;
    let report = old.shutdown(timeout);
    // The host's handlers go now, though the handle stays.
    old.core.live().bus.clear();
    Some(report)
}

/// Asks the system to write what is left when the program ends by returning from `main` or by `exit`; once for the process.
fn at_exit() {
    static ASKED: Once = Once::new();
    ASKED.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the function lives as long as the program, and does not unwind.
        unsafe {
            libc::atexit(write_the_rest);
        }
    });
}

#[cfg(unix)]
extern "C" fn write_the_rest() {
    let _ = std::panic::catch_unwind(|| {
        if let Some(monitor) = installed() {
            monitor.shutdown(LAST_WORDS);
        }
    });
}

/// The global monitor without a copy of its handle: what bindings ask for with every call. It stays valid, though stopped, after
/// [`uninstall_global`].
#[inline]
#[must_use]
pub fn installed() -> Option<&'static MonitorSystem> {
    // SAFETY: null or a box that was leaked by `install_global` and is never freed.
    unsafe { GLOBAL.load(Ordering::Acquire).as_ref() }
}

#[inline]
pub(crate) fn global_core() -> Option<&'static Arc<Core>> {
    installed().map(|monitor| &monitor.core)
}

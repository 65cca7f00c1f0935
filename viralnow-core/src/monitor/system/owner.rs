//! Who keeps a monitor: it ends with the last handle of the host's, and not with one of its own threads.

use super::core::Core;
use super::{MonitorSystem, Shared};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long the last handle waits, when it is dropped, for what is still to be written.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);

/// Ends the monitor with the last handle.
pub(super) struct Owner(pub(super) Arc<Core>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.stop(LAST_WORDS);
    }
}

/// A monitor that may have ended.
#[derive(Clone)]
pub(in crate::monitor) struct WeakMonitor {
    core: Arc<Core>,
    shared: Weak<Shared>,
    owner: Weak<Owner>,
}

impl WeakMonitor {
    /// The monitor, if it has not ended; it may end meanwhile.
    pub(in crate::monitor) fn upgrade(&self) -> Option<MonitorSystem> {
        let shared = self.shared.upgrade().filter(|_| self.owner.strong_count() > 0)?;
        Some(MonitorSystem { core: self.core.clone(), shared, owner: None })
    }
}

impl std::fmt::Debug for WeakMonitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeakMonitor").field("id", &self.core.id).finish_non_exhaustive()
    }
}

impl MonitorSystem {
    pub(in crate::monitor) fn downgrade(&self) -> WeakMonitor {
        let owner = self.owner.as_ref().map(Arc::downgrade).unwrap_or_default();
        WeakMonitor { core: self.core.clone(), shared: Arc::downgrade(&self.shared), owner }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{Batch, Capture, Outcome, Sink, SpanToken};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts spans, slowly.
    struct Slow(Arc<AtomicUsize>);

    impl Sink for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        fn write(&mut self, batch: &Batch) -> crate::Result<()> {
            std::thread::sleep(Duration::from_millis(200));
            self.0.fetch_add(batch.spans.len(), Ordering::Relaxed);
            Ok(())
        }
    }

    #[test]
    fn the_last_handle_waits_though_a_thread_of_the_monitor_holds_one_too() {
        let written = Arc::default();
        let monitor = MonitorSystem::builder().sink(Slow(Arc::clone(&written))).build();
        let weak = monitor.downgrade();
        let held = weak.upgrade().unwrap();
        let site = monitor.callsite("kept", "owner", "", 0, 1.0, Capture::TIME);
        for _ in 0..100 {
            monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
        }
        drop(monitor.clone());
        assert!(weak.upgrade().is_some());
        drop(monitor);
        assert_eq!(written.load(Ordering::Relaxed), 100);
        assert!(weak.upgrade().is_none());
        // It still answers; nothing is recorded any more.
        assert_eq!(held.counts(site).calls, 100);
    }
}

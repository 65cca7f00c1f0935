//! Stopping a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops a call from another thread. Clones are the same token; a [`CancelToken::child`] is also stopped by its parent,
/// but not the other way round.
///
/// ```
/// use viralnow_core::monitor::CancelToken;
/// let all = CancelToken::default();
/// let one = all.child();
/// one.cancel();
/// assert!(one.is_cancelled() && !all.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    asked: Arc<AtomicBool>,
    parent: Option<Arc<CancelToken>>,
}

impl CancelToken {
    /// Asks every call that holds this token, or a child of it, to stop.
    pub fn cancel(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || self.parent.as_ref().is_some_and(|parent| parent.is_cancelled())
    }

    /// A token for one of several calls: cancelling it leaves the others alone.
    #[must_use]
    pub fn child(&self) -> CancelToken {
        Self { asked: Arc::default(), parent: Some(Arc::new(self.clone())) }
    }
}

//! The monitor that keeps everything, for tests and for looking into a call.

use crate::error::{guard, to_json};
use napi_derive::napi;
use std::sync::Arc;
use viralnow_core::monitor::Monitor;

/// Keeps spans, events and progress.
#[napi]
pub struct MemoryMonitor {
    inner: Arc<viralnow_core::monitor::MemoryMonitor>,
}

impl MemoryMonitor {
    pub(crate) fn shared(&self) -> Arc<dyn Monitor> {
        self.inner.clone()
    }
}

#[napi]
impl MemoryMonitor {
    /// An empty one.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default)] // JavaScript has no Default
    pub fn new() -> Self {
        Self { inner: Arc::default() }
    }

    /// Everything kept so far, in order, as JSON.
    #[napi(catch_unwind)]
    pub fn records(&self) -> napi::Result<String> {
        guard(|| to_json(&self.inner.records()))
    }

    /// The spans among them, as JSON.
    #[napi(catch_unwind)]
    pub fn spans(&self) -> napi::Result<String> {
        guard(|| to_json(&self.inner.spans()))
    }

    /// How many records had to go for want of room.
    #[napi(catch_unwind)]
    pub fn dropped(&self) -> f64 {
        self.inner.dropped() as f64
    }

    /// Forgets what is kept.
    #[napi(catch_unwind)]
    pub fn clear(&self) {
        self.inner.clear();
    }
}

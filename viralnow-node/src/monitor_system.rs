//! Spans of JavaScript in the monitor that `monitoring.start` began.

use napi_derive::napi;
use viralnow_core::monitor::{Capture, Detail, MonitorSystem, Open, Outcome, SiteId, SpanToken, global};

/// A span that is going on.
#[napi]
pub struct Span {
    open: Option<(MonitorSystem, Open)>,
    id: u64,
}

/// The number of a place in the host's code, from 1 on; 0 as long as no monitor runs.
#[napi(catch_unwind)]
pub fn monitor_place(name: String, module: String, weight: f64) -> u32 {
    global().map_or(0, |monitor| monitor.callsite(&name, &module, "", 0, weight as f32, Capture::TIME).0 + 1)
}

#[napi]
impl Span {
    /// Begins a span at a place, inside another one (0 for none).
    #[napi(constructor, catch_unwind)]
    pub fn new(place: u32, parent: f64) -> Self {
        let site = place.checked_sub(1).map(SiteId);
        let open = site.zip(global()).map(|(site, monitor)| {
            let open = monitor.begin(site, SpanToken(parent as u64));
            (monitor, open)
        });
        let id = open.as_ref().map_or(0, |(_, open)| open.span.0);
        Self { open, id }
    }

    /// Its number, for spans inside it.
    #[napi(getter, catch_unwind)]
    pub fn id(&self) -> f64 {
        // Counted from 1: far from where doubles end.
        self.id as f64
    }

    /// Whether its arguments would be kept.
    #[napi(catch_unwind)]
    pub fn keeps(&self) -> bool {
        self.open.as_ref().is_some_and(|(monitor, open)| monitor.keeps(*open))
    }

    /// Ends it: completed without a code, cancelled with the code `CANCELLED`, else failed. Twice is once.
    #[napi(catch_unwind)]
    pub fn end(
        &mut self,
        code: Option<String>,
        message: Option<String>,
        stack: Option<String>,
        args: Option<String>,
    ) {
        let Some((monitor, open)) = self.open.take() else { return };
        let message = message.unwrap_or_default();
        let outcome = match code.as_deref() {
            None => Outcome::Completed,
            Some("CANCELLED") => Outcome::Cancelled,
            Some(code) => Outcome::Failed { code, message: &message },
        };
        if stack.is_none() && args.is_none() {
            monitor.end(open, &outcome);
        } else {
            monitor.end_with(open, &outcome, Detail { stack, args, ..Detail::default() });
        }
    }
}

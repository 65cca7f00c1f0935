//! How a monitor is.

use super::core::{Core, lock};
use super::site::{COUNTED, site_info};
use super::status::{Adapted, Dropped, SinkState, Status};
use crate::fork;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Records received, lost at sinks, and dropped before that.
pub(super) fn received_and_dropped(core: &Core) -> (u64, u64, Dropped) {
    let live = core.live();
    // Asked first: the worker says what it knows before it leaves its rings behind.
    let (left, full) = live.left_behind();
    let state = {
        let _gate = fork::gate();
        lock(&live.state).clone()
    };
    let mut dropped = live.dropped.read();
    dropped.ring_full += state.ring_full + full;
    dropped.closed += left;
    (state.received, state.lost + state.sinks.iter().map(|sink| sink.dropped).sum::<u64>(), dropped)
}

pub(super) fn status(core: &Arc<Core>) -> Status {
    let live = core.live();
    let worker = {
        let _gate = fork::gate();
        lock(&live.state).clone()
    };
    let (received, _, dropped) = received_and_dropped(core);
    let (mut functions, mut calls, mut errors, mut adapted) = (0, 0, 0, Vec::new());
    for (id, site) in core.table.known() {
        let counts = site.snapshot(id);
        functions += 1;
        calls += counts.calls;
        errors += counts.errors;
        let level = site.level.load(Ordering::Relaxed);
        if level < site.wanted.load(Ordering::Relaxed)
            && let Some(info) = site_info(id)
        {
            let level = if level == COUNTED { "counted" } else { "aggregate" };
            adapted.push(Adapted { name: info.name.to_owned(), module: info.module.to_owned(), level });
        }
    }
    let state = if live.stop.load(Ordering::Relaxed) {
        "stopped"
    } else if worker.sinks.iter().any(|sink| sink.state != SinkState::Working) {
        "degraded"
    } else if received == 0 && calls == 0 {
        "idle"
    } else {
        "running"
    };
    let uptime_s = core.started.elapsed().as_secs_f64();
    Status {
        state,
        uptime_s,
        functions,
        calls,
        errors,
        received,
        dropped,
        memory_bytes: live.ring_bytes()
            + live.queued_bytes.load(Ordering::Relaxed)
            + worker.held_bytes
            + core.table.bytes(),
        rss_kib: live.rss_kib.load(Ordering::Relaxed),
        overhead: worker.cpu_ns as f64 * 1e-9 / uptime_s.max(1e-9),
        sinks: worker.sinks,
        adapted,
        unredacted: worker.unredacted,
        last_error: worker.last_error,
    }
}

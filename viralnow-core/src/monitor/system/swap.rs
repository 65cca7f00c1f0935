//! Sinks that are put, replaced and taken away while the monitor runs.

use super::MonitorSystem;
use super::core::{Core, lock};
use super::runner::SinkRunner;
use super::sink::Sink;
use crate::fork;
#[cfg(feature = "sqlite")]
use std::sync::Arc;

pub(crate) type SinkFactory = Box<dyn Fn() -> Box<dyn Sink> + Send + Sync>;

/// What a sink is for: of each role but the host's own there is one at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The host's own; they stay.
    Hosts,
    /// The log in `SQLite`.
    #[cfg(feature = "sqlite")]
    Log,
    /// The log file.
    Lines,
    /// The collector.
    Collector,
}

/// A sink that is to be.
pub(crate) enum NewSink {
    /// In a child of a fork it is not there.
    Once(Box<dyn Sink>),
    /// Each process of a line of forks makes it anew.
    Again(SinkFactory),
}

impl NewSink {
    #[cfg(feature = "sqlite")]
    pub(crate) fn of_log(store: &Arc<super::super::log_store::LogStore>) -> Self {
        let store = store.clone();
        Self::Again(Box::new(move || Box::new(super::super::log_store::SqliteSink::new(store.clone()))))
    }
}

/// What the monitor's thread is to do with the sink of a role: this one takes its place, or none.
pub(crate) type Swap = (Role, Option<Box<dyn Sink>>);

impl MonitorSystem {
    /// Puts a sink in the place of the one of its role; what waits for that one goes to this. With none the old one is told to write what it
    /// has, and goes.
    pub(in crate::monitor) fn swap_sink(&self, role: Role, sink: Option<NewSink>) {
        self.core.swap(role, sink);
    }

    /// The log that is written from now on.
    #[cfg(feature = "sqlite")]
    pub(in crate::monitor) fn swap_store(&self, store: Option<Arc<super::super::log_store::LogStore>>) {
        self.swap_sink(Role::Log, store.as_ref().map(NewSink::of_log));
        let _gate = fork::gate();
        *lock(&self.shared.store) = store;
    }
}

impl Core {
    fn swap(&self, role: Role, sink: Option<NewSink>) {
        let _gate = fork::gate();
        // For children of forks that come.
        let mut factories = lock(&self.sinks);
        factories.retain(|(other, _)| *other != role);
        let sink = match sink {
            Some(NewSink::Again(make)) => {
                let sink = make();
                factories.push((role, make));
                Some(sink)
            }
            Some(NewSink::Once(sink)) => Some(sink),
            None => None,
        };
        drop(factories);
        let live = self.live();
        // Without a thread yet the change waits for it.
        lock(&live.swaps).push((role, sink));
        live.wake();
    }
}

/// Does it to the sinks that there are; gives the records that were lost with those that went.
pub(super) fn swap(sinks: &mut Vec<SinkRunner>, swaps: Vec<Swap>) -> u64 {
    let mut lost = 0;
    for (role, sink) in swaps {
        let at = sinks.iter().position(|sink| sink.role() == role);
        match (at, sink) {
            (Some(at), Some(sink)) => sinks[at].replace(sink),
            (None, Some(sink)) => sinks.push(SinkRunner::new(role, sink)),
            (Some(at), None) => lost += sinks.remove(at).end(),
            (None, None) => {}
        }
    }
    lost
}

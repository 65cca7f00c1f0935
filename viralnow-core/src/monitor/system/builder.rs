//! What a monitor is made of.

use super::core::Core;
use super::owner::Owner;
use super::runner::SinkRunner;
use super::sink::Sink;
use super::site::Level;
use super::swap::{NewSink, Role, SinkFactory};
use super::{MonitorSystem, Shared};
use crate::Result;
use crate::monitor::config::{self, MonitorConfig};
use crate::monitor::redact::Redactor;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to a record when its thread's ring is full. Counts, errors and histograms are exact all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// It is dropped and counted: what is kept leads up to the trouble.
    #[default]
    DropNewest,
    /// The oldest one of its thread is dropped and counted, and it takes its place: what is kept is the last of it. A thread does that itself, at
    /// the cost of about 0.1 us for each record over the ring's size, and without waiting: should the monitor's thread be taking the oldest at
    /// that very moment, again and again, the newest goes. Where memory is short ([`MonitorBuilder::max_memory`]) the oldest go as well: of the
    /// thread's ring up to 64 for one record, of what waits for a sink that is in trouble as many batches as it takes.
    DropOldest,
    /// From three quarters on, seven of eight are dropped and counted; failures and events last longest.
    SampleDown,
    /// The caller waits for room, for this long at most; then it is dropped and counted.
    Block {
        /// The longest wait for one record.
        most: Duration,
    },
}

/// Changes what is captured before any handler, sink or log sees it; runs on the monitor's thread.
pub trait Scrub: Send + Sync {
    /// A text: arguments, a result, an error's message, a stack.
    fn text(&self, text: &mut String);

    /// An event's data.
    fn value(&self, value: &mut Value);
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) level: Level,
    pub(crate) adaptive: bool,
    pub(crate) ring_capacity: usize,
    pub(crate) max_memory: usize,
    pub(crate) overflow: Overflow,
    pub(crate) flush_interval: Duration,
    pub(crate) threshold_multiplier: f64,
    pub(crate) error_rate: f64,
    pub(crate) error_rate_window: Duration,
    pub(crate) scrub: Option<Arc<dyn Scrub>>,
    /// Whose key the markers have for the monitor's life, however its settings change.
    keyed: Redactor,
    /// Whether the host chose itself, where a file of settings would.
    pub(crate) own_scrub: bool,
    pub(crate) own_overflow: bool,
}

/// Least memory and ring.
const LEAST_MEMORY: usize = 1 << 20;
const RING: std::ops::RangeInclusive<usize> = 64..=1 << 20;

impl Settings {
    /// Takes over what a file of settings says, but for what the host chose itself.
    pub(crate) fn take(&mut self, config: &MonitorConfig) -> Result<()> {
        if !self.own_scrub {
            self.scrub = Some(Arc::new(config.redactor()?.keyed_as(&self.keyed)));
        }
        if !self.own_overflow {
            self.overflow = match config.overflow {
                config::Overflow::DropNewest => Overflow::DropNewest,
                config::Overflow::DropOldest => Overflow::DropOldest,
                config::Overflow::SampleDown => Overflow::SampleDown,
                config::Overflow::Block => Overflow::Block { most: Duration::from_millis(10) },
            };
        }
        self.ring_capacity = (config.ring_capacity as usize).clamp(*RING.start(), *RING.end());
        self.max_memory = usize::try_from(config.max_memory).unwrap_or(usize::MAX).max(LEAST_MEMORY);
        self.flush_interval = bounded(Duration::from_secs_f64(config.flush_interval));
        self.threshold_multiplier = config.performance_threshold_multiplier;
        self.error_rate = config.error_rate_threshold;
        self.error_rate_window = Duration::from_secs_f64(config.error_rate_window * 60.0);
        Ok(())
    }
}

fn bounded(interval: Duration) -> Duration {
    interval.clamp(Duration::from_millis(10), Duration::from_secs(60))
}

impl Default for Settings {
    fn default() -> Self {
        let keyed = Redactor::default();
        Self {
            level: Level::Full,
            adaptive: true,
            ring_capacity: 8192,
            max_memory: 10 << 20,
            overflow: Overflow::default(),
            flush_interval: Duration::from_millis(250),
            threshold_multiplier: 1.5,
            error_rate: 0.1,
            error_rate_window: Duration::from_secs(300),
            scrub: Some(Arc::new(keyed.clone())),
            keyed,
            own_scrub: false,
            own_overflow: false,
        }
    }
}

/// Makes a [`MonitorSystem`].
#[derive(Default)]
#[must_use = "`build` makes the monitor"]
pub struct MonitorBuilder {
    settings: Settings,
    sinks: Vec<(Role, SinkFactory)>,
    once: Vec<SinkRunner>,
    rules: Vec<(String, Level)>,
    #[cfg(feature = "sqlite")]
    store: Option<Arc<super::super::log_store::LogStore>>,
}

impl std::fmt::Debug for MonitorBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MonitorBuilder").finish_non_exhaustive()
    }
}

impl MonitorBuilder {
    /// How much is recorded where no rule says otherwise; [`Level::Full`] by default.
    pub fn level(mut self, level: Level) -> Self {
        self.settings.level = level;
        self
    }

    /// A rule for the functions that fit; see [`MonitorSystem::set_level`].
    pub fn level_of(mut self, pattern: &str, level: Level) -> Self {
        self.rules.push((pattern.to_owned(), level));
        self
    }

    /// Whether functions that are called so often, and are so short, that recording would cost more than 5 % of them
    /// are recorded less, until ten seconds have gone by in which twice as many calls would not cost so much (where they are few: fewer than
    /// 500 a second); on by default. [`super::Status::adapted`] names them.
    pub fn adaptive(mut self, adaptive: bool) -> Self {
        self.settings.adaptive = adaptive;
        self
    }

    /// Records of one thread that wait at most; 8192 by default, between 64 and 1,048,576.
    pub fn ring_capacity(mut self, records: usize) -> Self {
        self.settings.ring_capacity = records.clamp(*RING.start(), *RING.end());
        self
    }

    /// About how many bytes may wait in all; 10 MiB by default, at least 1 MiB.
    pub fn max_memory(mut self, bytes: usize) -> Self {
        self.settings.max_memory = bytes.max(LEAST_MEMORY);
        self
    }

    /// What happens when a ring is full.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.settings.overflow = overflow;
        self.settings.own_overflow = true;
        self
    }

    /// How long what is recorded may wait before it is written; 250 ms by default, between 10 ms and a minute.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.settings.flush_interval = bounded(interval);
        self
    }

    /// A call that takes more than this many times the median of the last 100 gives `performance.threshold_exceeded`;
    /// 1.5 by default. What is not above 1 switches that off.
    pub fn threshold_multiplier(mut self, multiplier: f64) -> Self {
        self.settings.threshold_multiplier = multiplier;
        self
    }

    /// A function of whose last 100 calls within five minutes more than this share failed gives `performance.error_rate_exceeded`; 0.1
    /// by default.
    pub fn error_rate(mut self, share: f64) -> Self {
        self.settings.error_rate = share;
        self
    }

    /// Changes what is captured before anything else sees it, in place of [`Redactor`]'s default, which takes secrets and
    /// personal data out.
    pub fn scrub(mut self, scrub: impl Scrub + 'static) -> Self {
        self.settings.scrub = Some(Arc::new(scrub));
        self.settings.own_scrub = true;
        self
    }

    /// What is captured stays as it is: secrets and personal data too.
    pub fn unredacted(mut self) -> Self {
        self.settings.scrub = None;
        self.settings.own_scrub = true;
        self
    }

    /// What a file of settings says, unless the host said otherwise.
    pub(in crate::monitor) fn settings(mut self, config: &MonitorConfig) -> Result<Self> {
        self.settings.take(config)?;
        Ok(self)
    }

    /// A sink. In a child of a fork it is not there: give a function that makes it to [`MonitorBuilder::sink_with`]
    /// instead.
    pub fn sink(self, sink: impl Sink + 'static) -> Self {
        self.sink_as(Role::Hosts, NewSink::Once(Box::new(sink)))
    }

    /// A sink that each process of a line of forks makes anew.
    pub fn sink_with(self, make: impl Fn() -> Box<dyn Sink> + Send + Sync + 'static) -> Self {
        self.sink_as(Role::Hosts, NewSink::Again(Box::new(make)))
    }

    /// A sink that another may take the place of; with a way to make it, also for children of a fork.
    pub(in crate::monitor) fn sink_as(mut self, role: Role, sink: NewSink) -> Self {
        match sink {
            NewSink::Once(sink) => self.once.push(SinkRunner::new(role, sink)),
            NewSink::Again(make) => self.sinks.push((role, make)),
        }
        self
    }

    /// Keeps everything in a `SQLite` file, which several processes may share.
    #[cfg(feature = "sqlite")]
    pub fn store(self, store: Arc<super::super::log_store::LogStore>) -> Self {
        self.store_as(Role::Hosts, store)
    }

    #[cfg(feature = "sqlite")]
    pub(in crate::monitor) fn store_as(
        mut self,
        role: Role,
        store: Arc<super::super::log_store::LogStore>,
    ) -> Self {
        let sink = NewSink::of_log(&store);
        self.store = Some(store);
        self.sink_as(role, sink)
    }

    /// The monitor. Its thread starts with the first thing that is recorded.
    #[must_use]
    pub fn build(self) -> MonitorSystem {
        let core = Core::new(self.settings, self.sinks, self.once);
        for (pattern, level) in self.rules {
            core.table.set_level(&pattern, level);
        }
        MonitorSystem {
            owner: Some(Arc::new(Owner(core.clone()))),
            core,
            shared: Arc::new(Shared {
                #[cfg(feature = "sqlite")]
                store: Mutex::new(self.store),
                open: Mutex::default(),
            }),
        }
    }
}

//! Watching a piece of Rust: a static for the place, a guard for the call.

use super::super::{Outcome, SpanToken};
use super::core::Core;
use super::record::{Detail, Open};
use super::site::{Capture, OFF, SiteId, register};
use super::span::{begin_at, end};
use super::{MonitorSystem, global, local};
use crate::{ErrorKind, Result};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A place in the code that is watched, as a static; [`monitored!`](crate::monitored) makes one.
///
/// ```
/// use viralnow_core::monitor::{MonitorSystem, Site};
///
/// static PRICE: Site = Site::new("price", module_path!(), file!(), line!());
/// let monitor = MonitorSystem::builder().build();
/// {
///     let mut guard = PRICE.enter_in(&monitor);
///     if "12x".parse::<u32>().is_err() {
///         guard.fail("PARSE", "no number: 12x");
///     }
/// }
/// assert_eq!((monitor.counts(PRICE.id()).calls, monitor.counts(PRICE.id()).errors), (1, 1));
/// ```
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
    weight: f32,
    capture: Capture,
    /// The number plus one; 0 until the first call.
    id: AtomicU32,
}

impl Site {
    /// A place that measures time, of weight 1.
    #[must_use]
    pub const fn new(name: &'static str, module: &'static str, file: &'static str, line: u32) -> Self {
        Self { name, module, file, line, weight: 1.0, capture: Capture::TIME, id: AtomicU32::new(0) }
    }

    /// With another weight in a job's progress.
    #[must_use]
    pub const fn weighing(mut self, weight: f32) -> Self {
        self.weight = weight;
        self
    }

    /// Measuring more.
    #[must_use]
    pub const fn capturing(mut self, capture: Capture) -> Self {
        self.capture = capture;
        self
    }

    /// Its number.
    #[inline]
    pub fn id(&self) -> SiteId {
        match self.id.load(Ordering::Relaxed) {
            0 => self.register(),
            id => SiteId(id - 1),
        }
    }

    #[cold]
    fn register(&self) -> SiteId {
        let id = register(self.name, self.module, self.file, self.line, self.weight, self.capture);
        self.id.store(id.0 + 1, Ordering::Relaxed);
        id
    }

    /// Begins a span of the global monitor, inside the one that the thread is in. Without a global monitor it is a load
    /// and a branch.
    #[inline]
    pub fn enter(&'static self) -> Watching<'static> {
        match global::global_core() {
            None => Watching::nothing(SpanToken::NONE),
            Some(core) => self.begin(core),
        }
    }

    /// Does this in a span of the global monitor, which ends as the result says.
    ///
    /// ```
    /// use viralnow_core::monitor::Site;
    /// static READ: Site = Site::new("read", module_path!(), file!(), line!());
    /// let read = READ.watch(|| Ok(std::fs::read("/nowhere/at/all")?));
    /// assert!(read.is_err());
    /// ```
    pub fn watch<T>(&'static self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut guard = self.enter();
        let result = work();
        match result.as_ref().err() {
            None => guard.finish(&Outcome::Completed, None),
            Some(error) if error.kind() == ErrorKind::Cancelled => guard.cancel(),
            Some(error) => guard.fail(error.kind().code(), &error.to_string()),
        }
        result
    }

    /// Begins a span of this monitor, inside the one that the thread is in.
    #[inline]
    pub fn enter_in<'a>(&'static self, monitor: &'a MonitorSystem) -> Watching<'a> {
        self.begin(&monitor.core)
    }

    #[inline]
    fn begin<'a>(&self, core: &'a Arc<Core>) -> Watching<'a> {
        let (id, around) = (self.id(), SpanToken(local::current()));
        // Here already: what is switched off costs no call.
        let state = core.table.state(id);
        if state.level.load(Ordering::Relaxed) == OFF {
            return Watching::nothing(around);
        }
        let open = begin_at(core, state, id, around);
        let kept = open.mode & Open::KEPT != 0;
        let before = if kept { local::set_current(open.span.0) } else { 0 };
        let running = Running { core, open, before };
        Watching { span: open.span, running: Some(running), thread: PhantomData }
    }
}

/// A span that is going on; ends when it is dropped: as completed, and while unwinding as failed with the kind `PANIC`. It is not `Send`:
/// for what is awaited there is [`Site::watch_future`].
#[must_use = "the span ends when the guard is dropped"]
pub struct Watching<'a> {
    span: SpanToken,
    /// Nothing where nothing is recorded: there is next to nothing to write down then.
    running: Option<Running<'a>>,
    /// It stays on its thread, whose present span it is.
    thread: PhantomData<*const ()>,
}

#[derive(Clone, Copy)]
struct Running<'a> {
    core: &'a Arc<Core>,
    open: Open,
    /// The span that the thread was in before.
    before: u64,
}

impl std::fmt::Debug for Watching<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watching").field("span", &self.span).finish_non_exhaustive()
    }
}

impl Watching<'_> {
    /// The guard of a span that is not recorded; what is done meanwhile is inside of the span around it.
    #[inline]
    fn nothing(around: SpanToken) -> Self {
        Self { span: around, running: None, thread: PhantomData }
    }

    /// Its number, for spans on other threads; where it is not recorded that of the span around it, or [`SpanToken::NONE`].
    #[must_use]
    pub fn span(&self) -> SpanToken {
        self.span
    }

    /// Ends it as failed.
    pub fn fail(&mut self, code: &str, message: &str) {
        self.finish(&Outcome::Failed { code, message }, None);
    }

    /// Ends it as cancelled.
    pub fn cancel(&mut self) {
        self.finish(&Outcome::Cancelled, None);
    }

    /// Ends it and tells of it.
    pub fn finish_with(&mut self, outcome: &Outcome<'_>, detail: Detail) {
        self.finish(outcome, Some(detail));
    }

    #[inline]
    fn finish(&mut self, outcome: &Outcome<'_>, detail: Option<Detail>) {
        if let Some(Running { core, open, before }) = self.running.take() {
            if open.mode & Open::KEPT != 0 {
                local::set_current(before);
            }
            end(core, open, outcome, detail);
        }
    }
}

impl Drop for Watching<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.running.is_none() {
            return;
        }
        if std::thread::panicking() {
            self.fail("PANIC", "a panic unwound through the span");
        } else {
            self.finish(&Outcome::Completed, None);
        }
    }
}

/// Watches the rest of the block as a span of this name, of the global monitor; gives a [`Watching`]. With a closure after the name, the
/// closure alone, whose result says how the span ends: see [`Site::watch`]. Across an `.await` it is
/// [`monitored_async!`](crate::monitored_async): the guard belongs to its thread.
///
/// ```
/// use viralnow_core::monitored;
/// fn price() -> u32 {
///     let _watched = monitored!("price");
///     7
/// }
/// fn read(path: &str) -> viralnow_core::Result<Vec<u8>> {
///     monitored!("read", || Ok(std::fs::read(path)?)) // fails where the closure does
/// }
/// assert_eq!(price(), 7); // nothing is recorded until a host installs a monitor
/// assert!(read("/nowhere/at/all").is_err());
/// ```
#[macro_export]
macro_rules! monitored {
    ($name:expr) => {{
        static SITE: $crate::monitor::Site =
            $crate::monitor::Site::new($name, ::core::module_path!(), ::core::file!(), ::core::line!());
        SITE.enter()
    }};
    ($name:expr, $work:expr) => {{
        static SITE: $crate::monitor::Site =
            $crate::monitor::Site::new($name, ::core::module_path!(), ::core::file!(), ::core::line!());
        SITE.watch($work)
    }};
}

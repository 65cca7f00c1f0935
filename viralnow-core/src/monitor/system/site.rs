//! The places that are watched: who they are, for the whole process, and what was counted there, for each monitor.

use super::histogram::{AtomicHistogram, Histogram};
use crate::fork;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};

/// Places beyond this many share one that is called `(other)`: a program that makes up names without end costs no more.
pub(crate) const MAX_SITES: usize = 16_384;

/// Number of a watched place, the same for all monitors of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct SiteId(pub u32);

/// What is measured at a place beyond how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Capture(pub u8);

impl Capture {
    /// Duration and outcome.
    pub const TIME: Capture = Capture(0);
    /// The thread's processor time too: two system calls a span.
    pub const CPU: Capture = Capture(1);
    /// An event `function.started` for every span, should anybody listen for it.
    pub const STARTED: Capture = Capture(2);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Capture) -> Capture {
        Capture(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn has(self, other: Capture) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A watched place.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteInfo {
    /// Its number.
    pub id: SiteId,
    /// The function's name.
    pub name: &'static str,
    /// The module that it stands in.
    pub module: &'static str,
    /// The source file; empty where unknown.
    pub file: &'static str,
    /// The line in it; 0 where unknown.
    pub line: u32,
    /// Its share of a job's time, relative to others.
    pub weight: f32,
    /// What is measured.
    pub capture: Capture,
}

#[derive(Default)]
struct Registry {
    sites: Vec<&'static SiteInfo>,
    by_place: HashMap<(&'static str, &'static str, &'static str, u32), u32>,
    /// Statics of [`super::super::Callsite`], by address.
    by_address: HashMap<usize, u32>,
}

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(RwLock::default);

/// The place of this name, module, file and line; made when it is new, kept for the life of the process.
pub(crate) fn register(
    name: &str,
    module: &str,
    file: &str,
    line: u32,
    weight: f32,
    capture: Capture,
) -> SiteId {
    let _gate = fork::gate();
    {
        let registry = REGISTRY.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = registry.by_place.get(&(name, module, file, line)) {
            return SiteId(id);
        }
    }
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(&id) = registry.by_place.get(&(name, module, file, line)) {
        return SiteId(id);
    }
    let full = registry.sites.len() + 1 >= MAX_SITES;
    let (name, module, file, line) = if full { ("(other)", "", "", 0) } else { (name, module, file, line) };
    if let Some(&id) = registry.by_place.get(&(name, module, file, line)) {
        return SiteId(id);
    }
    let id = registry.sites.len() as u32;
    let keep = |text: &str| -> &'static str { Box::leak(clipped(text, 512).into()) };
    let weight = if weight.is_finite() { weight.max(0.0) } else { 0.0 };
    let (kept_name, kept_module, kept_file) = (keep(name), keep(module), keep(file));
    let info = SiteInfo {
        id: SiteId(id),
        name: kept_name,
        module: kept_module,
        file: kept_file,
        line,
        weight,
        capture,
    };
    registry.sites.push(Box::leak(Box::new(info)));
    registry.by_place.insert((kept_name, kept_module, kept_file, line), id);
    SiteId(id)
}

/// The place of a static of the core.
pub(crate) fn of_callsite(callsite: &'static super::super::Callsite) -> SiteId {
    let address = std::ptr::from_ref(callsite) as usize;
    {
        let _gate = fork::gate();
        let registry = REGISTRY.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = registry.by_address.get(&address) {
            return SiteId(id);
        }
    }
    let capture = Capture::CPU.and(Capture::STARTED);
    let id = register(callsite.name, callsite.module, "", 0, callsite.weight, capture);
    let _gate = fork::gate();
    REGISTRY.write().unwrap_or_else(PoisonError::into_inner).by_address.insert(address, id.0);
    id
}

/// Who a place is; `None` for a number that was never given.
#[must_use]
pub fn site_info(id: SiteId) -> Option<&'static SiteInfo> {
    let _gate = fork::gate();
    REGISTRY.read().unwrap_or_else(PoisonError::into_inner).sites.get(id.0 as usize).copied()
}

/// The first `most` bytes, cut at a character.
pub(crate) fn clipped(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    &text[..end]
}

/// How much is recorded at a place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// Nothing, not even counts.
    Off,
    /// Calls are counted exactly; one in 64 is timed. What tiny functions in hot loops are set to.
    Counted,
    /// Counts, errors and the histogram, exactly; no single spans but those that fail.
    Aggregate,
    /// As above, and this share of the spans, in [0, 1]. Failures are always kept.
    Sampled(f32),
    /// Every span.
    Full,
}

pub(crate) const OFF: u8 = 0;
pub(crate) const COUNTED: u8 = 1;
pub(crate) const AGGREGATE: u8 = 2;
pub(crate) const SAMPLED: u8 = 3;
pub(crate) const FULL: u8 = 4;

/// One in this many calls is timed at [`Level::Counted`].
pub(crate) const TIMED_EVERY: u64 = 64;

/// What one monitor counted at one place.
pub(crate) struct SiteState {
    /// What holds: the wanted level, or a lower one while the place is too hot.
    pub(crate) level: AtomicU8,
    pub(crate) wanted: AtomicU8,
    /// Of the wanted level; parts of 2^32.
    pub(crate) share: AtomicU32,
    pub(crate) capture: AtomicU8,
    /// Calls that were not timed.
    pub(crate) untimed: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) sum_ns: AtomicU64,
    pub(crate) histogram: AtomicHistogram,
}

impl SiteState {
    fn new(level: Level, capture: Capture) -> Self {
        let state = Self {
            level: AtomicU8::new(FULL),
            wanted: AtomicU8::new(FULL),
            share: AtomicU32::new(0),
            capture: AtomicU8::new(capture.0),
            untimed: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            sum_ns: AtomicU64::new(0),
            histogram: AtomicHistogram::default(),
        };
        state.want(level);
        state
    }

    pub(crate) fn want(&self, level: Level) {
        let code = match level {
            Level::Off => OFF,
            Level::Counted => COUNTED,
            Level::Aggregate => AGGREGATE,
            Level::Sampled(share) => {
                let share = if share.is_nan() { 0.0 } else { f64::from(share.clamp(0.0, 1.0)) };
                self.share.store((share * f64::from(u32::MAX)) as u32, Ordering::Relaxed);
                SAMPLED
            }
            Level::Full => FULL,
        };
        self.wanted.store(code, Ordering::Relaxed);
        self.level.store(code, Ordering::Relaxed);
    }

    fn set_back(&self) {
        for count in [&self.untimed, &self.errors, &self.cancelled, &self.sum_ns] {
            count.store(0, Ordering::Relaxed);
        }
        self.histogram.set_back();
    }

    pub(crate) fn level_in_force(&self) -> Level {
        match self.level.load(Ordering::Relaxed) {
            OFF => Level::Off,
            COUNTED => Level::Counted,
            AGGREGATE => Level::Aggregate,
            SAMPLED => {
                Level::Sampled((f64::from(self.share.load(Ordering::Relaxed)) / f64::from(u32::MAX)) as f32)
            }
            _ => Level::Full,
        }
    }

    /// Calls that ended: all, those that failed, and those that were cancelled.
    pub(crate) fn ended(&self) -> [u64; 3] {
        // Failures first: each was counted among all before.
        let [failed, cancelled] = [&self.errors, &self.cancelled].map(|count| count.load(Ordering::Acquire));
        [self.histogram.count() + self.untimed.load(Ordering::Acquire), failed, cancelled]
    }

    pub(crate) fn snapshot(&self, id: SiteId) -> SiteCounts {
        let histogram = self.histogram.snapshot();
        let timed = histogram.count();
        SiteCounts {
            id,
            calls: timed + self.untimed.load(Ordering::Relaxed),
            timed,
            errors: self.errors.load(Ordering::Relaxed),
            cancelled: self.cancelled.load(Ordering::Relaxed),
            sum_ns: self.sum_ns.load(Ordering::Relaxed),
            level: self.level_in_force(),
            histogram,
        }
    }
}

/// What was counted at a place since the monitor began; exact whatever was dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteCounts {
    /// The place.
    pub id: SiteId,
    /// Calls that ended.
    pub calls: u64,
    /// Those that were timed: all but at [`Level::Counted`].
    pub timed: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Calls that were cancelled.
    pub cancelled: u64,
    /// Nanoseconds of all timed calls together.
    pub sum_ns: u64,
    /// What is recorded there now.
    pub level: Level,
    /// Durations of the timed calls.
    pub histogram: Histogram,
}

/// The counters of all places of one monitor: one look into a table to reach one, no lock.
pub(crate) struct SiteTable {
    states: Box<[OnceLock<Box<SiteState>>]>,
    /// One past the last place that was met.
    end: AtomicUsize,
    /// Rules in order, the last that fits holds; for places that are met later.
    rules: RwLock<Vec<(String, Level)>>,
    default: Level,
    /// Twice the fork generation whose counts these are, plus one while they are set back.
    generation: AtomicU32,
}

impl SiteTable {
    pub(crate) fn new(default: Level) -> Self {
        Self {
            states: (0..MAX_SITES).map(|_| OnceLock::new()).collect(),
            end: AtomicUsize::new(0),
            rules: RwLock::default(),
            default,
            generation: AtomicU32::new(2 * fork::generation()),
        }
    }

    /// In a child of a fork: what the parent counted is the parent's. Returns when all counts are 0, whoever sets them back.
    pub(crate) fn begin_anew(&self) {
        let wanted = 2 * fork::generation();
        let now = self.generation.load(Ordering::Acquire);
        if now == wanted {
            return;
        }
        let mine = now != wanted + 1
            && self.generation.compare_exchange(now, wanted + 1, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if mine {
            self.known().for_each(|(_, state)| state.set_back());
            self.generation.store(wanted, Ordering::Release);
        }
        while self.generation.load(Ordering::Acquire) != wanted {
            std::hint::spin_loop();
        }
    }

    #[inline]
    pub(crate) fn state(&self, id: SiteId) -> &SiteState {
        match self.states.get(id.0 as usize).and_then(OnceLock::get) {
            Some(state) => state,
            None => self.make(id),
        }
    }

    #[cold]
    fn make(&self, id: SiteId) -> &SiteState {
        if id.0 as usize >= MAX_SITES {
            // No number of ours: the first place's.
            return self.state(SiteId(0));
        }
        let info = site_info(id);
        let capture = info.map_or(Capture::TIME, |info| info.capture);
        let _gate = fork::gate();
        // Held until it can be met: a rule that comes meanwhile finds it.
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let level = info.map_or(self.default, |info| ruled(&rules, info).unwrap_or(self.default));
        self.end.fetch_max(id.0 as usize + 1, Ordering::AcqRel);
        self.states[id.0 as usize].get_or_init(|| Box::new(SiteState::new(level, capture)))
    }

    /// Bytes of the counters.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.states) + self.known().count() * size_of::<SiteState>()
    }

    /// Sets the level of all places that fit, now and later.
    pub(crate) fn set_level(&self, pattern: &str, level: Level) {
        {
            let _gate = fork::gate();
            let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
            rules.retain(|(known, _)| known != pattern);
            rules.push((pattern.to_owned(), level));
        }
        for (id, state) in self.known() {
            if site_info(id).is_some_and(|info| fits(pattern, info)) {
                state.want(level);
            }
        }
    }

    /// The places that this monitor has met.
    pub(crate) fn known(&self) -> impl Iterator<Item = (SiteId, &SiteState)> {
        let met = &self.states[..self.end.load(Ordering::Acquire)];
        met.iter().enumerate().filter_map(|(id, state)| Some((SiteId(id as u32), &**state.get()?)))
    }
}

/// What the last rule that fits says.
fn ruled(rules: &[(String, Level)], info: &SiteInfo) -> Option<Level> {
    rules.iter().rev().find(|(pattern, _)| fits(pattern, info)).map(|(_, level)| *level)
}

/// Whether `module.name`, or the name alone, fits a glob in which `*` stands for anything.
fn fits(pattern: &str, info: &SiteInfo) -> bool {
    super::super::name_matches(pattern, info.name)
        || super::super::name_matches(pattern, &format!("{}.{}", info.module, info.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_knows_whom_it_met_and_takes_any_number() {
        let table = SiteTable::new(Level::Full);
        let id = register("met", "site_tests", "site.rs", 1, 1.0, Capture::TIME);
        assert!(table.known().next().is_none());
        table.state(id).untimed.fetch_add(1, Ordering::Relaxed);
        let known: Vec<SiteId> = table.known().map(|(id, _)| id).collect();
        assert_eq!(known, [id]);
        assert_eq!(table.bytes(), MAX_SITES * size_of::<OnceLock<Box<SiteState>>>() + size_of::<SiteState>());
        for strange in [SiteId(MAX_SITES as u32), SiteId(u32::MAX)] {
            assert!(std::ptr::eq(table.state(strange), table.state(SiteId(0))));
        }
    }

    #[test]
    fn rules_hold_for_places_met_before_and_after_them() {
        let table = SiteTable::new(Level::Full);
        let place = |name: &str| register(name, "site_tests", "site.rs", 2, 1.0, Capture::TIME);
        let (before, after, other) = (place("ruled_before"), place("ruled_after"), place("unruled"));
        assert_eq!(table.state(before).level_in_force(), Level::Full);
        table.set_level("ruled_*", Level::Off);
        assert_eq!(table.state(before).level_in_force(), Level::Off);
        assert_eq!(table.state(after).level_in_force(), Level::Off);
        assert_eq!(table.state(other).level_in_force(), Level::Full);
    }
}

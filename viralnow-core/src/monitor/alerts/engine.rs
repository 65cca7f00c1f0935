//! Watches: every event is shown to it, and now and then the time.

use super::condition::{Condition, When};
use super::window::Window;
use super::{Facts, Notice, Turn};
use crate::monitor::config::{AlertConfig, MonitorConfig};
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::collections::VecDeque;

/// Turns that are remembered.
const HISTORY: usize = 200;

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertPhase {
    /// Its condition does not hold.
    Quiet,
    /// It holds, but not for long enough, or too soon after the last time.
    Pending,
    /// It has fired.
    Firing,
}

/// An alert as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlertState {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub phase: AlertPhase,
    /// Since when, in Unix seconds.
    pub since_s: f64,
    /// The window's number now.
    pub value: Option<f64>,
    /// How often it has fired.
    pub fired: u64,
    /// When it last did, in Unix seconds.
    pub last_fired_s: Option<f64>,
    /// Its settings.
    pub config: AlertConfig,
}

#[derive(Debug)]
struct Watch {
    config: AlertConfig,
    condition: Condition,
    cooldown_s: f64,
    window: Window,
    phase: AlertPhase,
    since_s: f64,
    fired: u64,
    last_fired_s: Option<f64>,
    value: Option<f64>,
    last: (Option<String>, Option<String>),
}

/// Watches events for the alerts of a configuration. Time is what the caller says it is, in Unix seconds.
///
/// ```
/// use viralnow_core::monitor::alerts::{AlertEngine, Facts};
/// use viralnow_core::monitor::config::MonitorConfig;
/// let config = MonitorConfig::from_json(
///     r#"{"alerts": [{"name": "fetch_failure", "condition": "event_type == 'fetch_failed'", "threshold": 1.0, "time_window": 2}]}"#,
///     "monitoring_config.json",
/// )?;
/// let mut alerts = AlertEngine::new(&config, 1000.0)?;
/// let failed = Facts { topic: "function.failed", function: Some("fetch_youtube"), ..Facts::default() };
/// let told = alerts.observe(&failed, 1001.0);
/// assert_eq!((told.len(), told[0].topic()), (1, "alert.fired"));
/// // Two minutes later there is none in the window any more.
/// assert_eq!(alerts.tick(1130.0)[0].topic(), "alert.resolved");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct AlertEngine {
    watches: Vec<Watch>,
    history: VecDeque<Notice>,
}

impl AlertEngine {
    /// Begins to watch.
    pub fn new(config: &MonitorConfig, now_s: f64) -> Result<Self> {
        let mut engine = Self { watches: Vec::new(), history: VecDeque::new() };
        engine.reload(config, now_s)?;
        Ok(engine)
    }

    /// Takes new settings. An alert that is the same as before goes on as it stands; one that fires and is another now, or gone, is resolved.
    /// On an error all stay as they were.
    pub fn reload(&mut self, config: &MonitorConfig, now_s: f64) -> Result<Vec<Notice>> {
        let mut fresh = Vec::new();
        for alert in config.alerts.iter().filter(|alert| alert.enabled) {
            let condition = Condition::parse(&alert.condition).map_err(|error| {
                Error::new(ErrorKind::InvalidConfig, "the alert's condition is wrong")
                    .with("alert", &alert.name)
                    .caused_by(error)
            })?;
            let window_s = (alert.time_window * 60.0).clamp(1.0, 1e6);
            let cooldown_s =
                alert.cooldown_period.or(config.cooldown_period).unwrap_or(alert.time_window) * 60.0;
            fresh.push(Watch {
                window: Window::new(window_s, condition.measured(), now_s),
                condition,
                cooldown_s,
                phase: AlertPhase::Quiet,
                since_s: now_s,
                fired: 0,
                last_fired_s: None,
                value: None,
                last: (None, None),
                config: alert.clone(),
            });
        }
        let mut old = std::mem::take(&mut self.watches);
        self.watches = fresh
            .into_iter()
            .map(|new| {
                let same = old.iter().position(|old| old.config == new.config);
                same.map(|at| Watch { cooldown_s: new.cooldown_s, ..old.swap_remove(at) }).unwrap_or(new)
            })
            .collect();
        let notices: Vec<Notice> = old.iter_mut().filter_map(|watch| watch.end(now_s)).collect();
        self.remember(&notices);
        Ok(notices)
    }

    /// Shows it an event. Alerts on single events turn at once; those on numbers of the window with the next [`AlertEngine::tick`].
    pub fn observe(&mut self, facts: &Facts<'_>, now_s: f64) -> Vec<Notice> {
        self.observe_many(facts, 1, now_s)
    }

    /// The same of so many events that are alike.
    pub fn observe_many(&mut self, facts: &Facts<'_>, times: u64, now_s: f64) -> Vec<Notice> {
        let mut notices = Vec::new();
        for watch in &mut self.watches {
            if !watch.condition.matches(facts) {
                continue;
            }
            watch.window.add(facts, times, now_s);
            if watch.last.0.as_deref() != facts.function || watch.last.1.as_deref() != facts.error_message {
                watch.last = (facts.function.map(str::to_owned), facts.error_message.map(short));
            }
            if watch.condition.when == When::Count {
                notices.extend(watch.turn(now_s));
            }
        }
        self.remember(&notices);
        notices
    }

    /// Shows it the time: what depends on windows, `for`, cooldowns and silence turns here.
    pub fn tick(&mut self, now_s: f64) -> Vec<Notice> {
        let notices: Vec<Notice> = self.watches.iter_mut().filter_map(|watch| watch.turn(now_s)).collect();
        self.remember(&notices);
        notices
    }

    /// A notice as this alert would give it, for trying its channels out. It is no turn of the alert.
    pub fn trial(&self, name: &str, now_s: f64) -> Result<Notice> {
        let watch = self.watches.iter().find(|watch| watch.config.name == name);
        let watch = watch
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such alert").with("alert", name))?;
        Ok(Notice { trial: true, ..watch.notice(Turn::Fired, now_s) })
    }

    /// Whether a condition asks for what spans were told with: their platform, step or data.
    pub fn wants_data(&self) -> bool {
        self.watches.iter().any(|watch| watch.condition.wants_data())
    }

    /// Whether there is nothing to watch for.
    pub fn is_idle(&self) -> bool {
        self.watches.is_empty()
    }

    /// All alerts as they stand.
    pub fn states(&self) -> Vec<AlertState> {
        let state = |watch: &Watch| AlertState {
            name: watch.config.name.clone(),
            phase: watch.phase,
            since_s: watch.since_s,
            value: watch.value,
            fired: watch.fired,
            last_fired_s: watch.last_fired_s,
            config: watch.config.clone(),
        };
        self.watches.iter().map(state).collect()
    }

    /// The last turns, the newest last; 200 at most.
    pub fn history(&self) -> impl Iterator<Item = &Notice> {
        self.history.iter()
    }

    fn remember(&mut self, notices: &[Notice]) {
        self.history.extend(notices.iter().cloned());
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }
}

impl Watch {
    fn turn(&mut self, now_s: f64) -> Option<Notice> {
        let now_s = self.window.at(now_s);
        let (value, holds) = self.condition.over(&self.window, self.config.threshold);
        self.value = value;
        let enter = |watch: &mut Self, phase| {
            watch.phase = phase;
            watch.since_s = now_s;
        };
        match (self.phase, holds) {
            (AlertPhase::Quiet, false) | (AlertPhase::Firing, true) => None,
            (AlertPhase::Pending, false) => {
                enter(self, AlertPhase::Quiet);
                None
            }
            (AlertPhase::Quiet | AlertPhase::Pending, true) => {
                if self.phase == AlertPhase::Quiet {
                    enter(self, AlertPhase::Pending);
                }
                let held = now_s - self.since_s >= self.config.hold * 60.0;
                let cooled = self.last_fired_s.is_none_or(|last| now_s - last >= self.cooldown_s);
                if !(held && cooled) {
                    return None;
                }
                enter(self, AlertPhase::Firing);
                self.fired += 1;
                self.last_fired_s = Some(now_s);
                Some(self.notice(Turn::Fired, now_s))
            }
            (AlertPhase::Firing, false) => self.end(now_s),
        }
    }

    /// It fires no longer, if it did.
    fn end(&mut self, now_s: f64) -> Option<Notice> {
        if self.phase != AlertPhase::Firing {
            return None;
        }
        let notice = Notice { lasted_s: Some(now_s - self.since_s), ..self.notice(Turn::Resolved, now_s) };
        (self.phase, self.since_s) = (AlertPhase::Quiet, now_s);
        self.config.resolve.then_some(notice)
    }

    fn notice(&self, turn: Turn, now_s: f64) -> Notice {
        Notice {
            alert: self.config.name.clone(),
            turn,
            severity: self.config.severity,
            at_s: now_s,
            lasted_s: None,
            value: self.value,
            threshold: (!self.condition.is_whole()).then_some(self.config.threshold),
            condition: self.config.condition.clone(),
            window_s: self.config.time_window * 60.0,
            function: self.last.0.clone(),
            error_message: self.last.1.clone(),
            labels: self.config.labels.clone(),
            trial: false,
            channels: self.config.notification_channels.clone(),
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(500).collect()
}

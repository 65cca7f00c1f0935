//! From JSON with places to settings, collecting everything that is wrong on the way.

use super::json::{Node, Place, What};
use super::measures::{DAYS, FLUSH, LOG_FILE_SIZE, MEMORY, Measure, SHARE, UPDATE, WAIT, WINDOW};
use super::problem::ConfigProblem;
use super::{ChannelName, LogLevel, MonitorConfig, Overflow};
use crate::config::nearest;
use std::collections::BTreeMap;

const PROBLEMS: usize = 100;

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<ConfigProblem>,
}

/// The pairs of an object that are still to be read.
#[allow(clippy::struct_field_names, reason = "they are pairs")]
pub(super) struct Pairs<'a> {
    pub(super) at: Place,
    path: String,
    pub(super) left: Vec<&'a (Place, String, Node)>,
    asked: Vec<&'static str>,
}

impl<'a> Pairs<'a> {
    /// The value of a key, unless it is absent or null.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push(key);
        let found = self.left.iter().rposition(|(_, name, _)| name == key)?;
        let (_, _, node) = self.left.remove(found);
        (node.what != What::Null).then_some(node)
    }

    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl Reader {
    pub(super) fn wrong(
        &mut self,
        at: Place,
        key: &str,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(ConfigProblem::new(at, key, expected, got));
        }
    }

    pub(super) fn config(&mut self, root: &Node) -> MonitorConfig {
        let d = MonitorConfig::default();
        let Some(mut p) = self.pairs(root, "") else { return d };
        self.text(&mut p, "$schema", 4096);
        let config = MonitorConfig {
            log_level: self.level(&mut p, "log_level").unwrap_or(d.log_level),
            database_path: self.text(&mut p, "database_path", 4096).unwrap_or(d.database_path),
            log_file_path: self.text(&mut p, "log_file_path", 4096).unwrap_or(d.log_file_path),
            max_log_file_size: self
                .bytes(&mut p, "max_log_file_size", &LOG_FILE_SIZE)
                .unwrap_or(d.max_log_file_size),
            log_files_kept: self.whole(&mut p, "log_files_kept", 0, 1000).unwrap_or(d.log_files_kept),
            log_retention_days: self.days(&mut p, "log_retention_days").unwrap_or(d.log_retention_days),
            summary_retention_days: self
                .days(&mut p, "summary_retention_days")
                .unwrap_or(d.summary_retention_days),
            dashboard_port: self
                .whole(&mut p, "dashboard_port", 0, 65_535)
                .map_or(d.dashboard_port, |port| port as u16),
            update_interval: self.measure(&mut p, "update_interval", &UPDATE).unwrap_or(d.update_interval),
            performance_threshold_multiplier: self
                .number(&mut p, "performance_threshold_multiplier", (1.0, 1e6))
                .unwrap_or(d.performance_threshold_multiplier),
            error_rate_threshold: self
                .measure(&mut p, "error_rate_threshold", &SHARE)
                .unwrap_or(d.error_rate_threshold),
            error_rate_window: self
                .measure(&mut p, "error_rate_window", &WINDOW)
                .unwrap_or(d.error_rate_window),
            cooldown_period: self.measure(&mut p, "cooldown_period", &WAIT).or(d.cooldown_period),
            alerts: self.alerts(&mut p),
            flush_interval: self.measure(&mut p, "flush_interval", &FLUSH).unwrap_or(d.flush_interval),
            ring_capacity: self
                .whole(&mut p, "ring_capacity", 64, 1 << 20)
                .map_or(d.ring_capacity, u32::next_power_of_two),
            max_memory: self.bytes(&mut p, "max_memory", &MEMORY).unwrap_or(d.max_memory),
            overflow: self.choice(&mut p, "overflow", &Overflow::ALL, Overflow::as_str).unwrap_or(d.overflow),
            redaction: self.redaction(&mut p),
            dashboard: self.dashboard(&mut p),
            webhook: self.webhook(&mut p),
            otlp: self.otlp(&mut p),
        };
        self.unknown(&p);
        self.together(&config, root.at);
        config
    }

    /// What no single key shows.
    fn together(&mut self, config: &MonitorConfig, at: Place) {
        if config.summary_retention_days < config.log_retention_days {
            let got = format!("{} and {}", config.summary_retention_days, config.log_retention_days);
            self.wrong(at, "summary_retention_days", "no fewer days than log_retention_days", got);
        }
        let wants =
            config.alerts.iter().find(|alert| alert.notification_channels.contains(&ChannelName::Webhook));
        if let (Some(alert), None) = (wants, &config.webhook) {
            self.wrong(
                at,
                "webhook",
                format!("its url, for the alert {:?} names it as a channel", alert.name),
                "nothing",
            );
        }
        if !config.database_path.is_empty() && config.database_path == config.log_file_path {
            self.wrong(
                at,
                "log_file_path",
                "another file than database_path",
                format!("{:?}", config.log_file_path),
            );
        }
    }

    pub(super) fn pairs<'a>(&mut self, node: &'a Node, path: &str) -> Option<Pairs<'a>> {
        let What::Object(pairs) = &node.what else {
            self.wrong(node.at, path, "an object", node.shown());
            return None;
        };
        let mut seen = BTreeMap::new();
        for (at, key, _) in pairs {
            if let Some(first) = seen.insert(key.as_str(), *at) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                self.wrong(
                    *at,
                    &path,
                    format!("a key once; it stands in line {} already", first.line),
                    "it again",
                );
            }
        }
        Some(Pairs { at: node.at, path: path.to_owned(), left: pairs.iter().collect(), asked: Vec::new() })
    }

    pub(super) fn unknown(&mut self, p: &Pairs<'_>) {
        for (at, key, _) in p.left.iter().filter(|(_, key, _)| !p.asked.contains(&key.as_str())) {
            let known = nearest(key, p.asked.iter().copied().filter(|name| !name.starts_with('$')));
            let expected = if known.is_some() {
                "a known key".to_owned()
            } else {
                format!("one of {}", p.asked.join(", "))
            };
            let shown: String = key.chars().take(64).collect();
            self.wrong(*at, &p.path(&shown), expected, format!("{shown:?}"));
            if let Some(problem) = self.problems.last_mut() {
                problem.did_you_mean = known.map(str::to_owned);
            }
        }
    }

    pub(super) fn text(&mut self, p: &mut Pairs<'_>, key: &'static str, most: usize) -> Option<String> {
        let node = p.take(key)?;
        match &node.what {
            What::Text(text) if text.len() <= most && !text.contains('\0') => Some(text.clone()),
            What::Text(_) => {
                self.wrong(
                    node.at,
                    &p.path(key),
                    format!("a text of at most {most} bytes without NUL"),
                    node.shown(),
                );
                None
            }
            _ => {
                self.wrong(node.at, &p.path(key), "a text", node.shown());
                None
            }
        }
    }

    pub(super) fn flag(&mut self, p: &mut Pairs<'_>, key: &'static str) -> Option<bool> {
        let node = p.take(key)?;
        if let What::Bool(yes) = node.what {
            return Some(yes);
        }
        self.wrong(node.at, &p.path(key), "true or false", node.shown());
        None
    }

    pub(super) fn number(
        &mut self,
        p: &mut Pairs<'_>,
        key: &'static str,
        (least, most): (f64, f64),
    ) -> Option<f64> {
        let node = p.take(key)?;
        match node.what {
            What::Number(_, value) if (least..=most).contains(&value) => return Some(value),
            _ => self.wrong(node.at, &p.path(key), format!("a number from {least} to {most}"), node.shown()),
        }
        None
    }

    pub(super) fn whole(
        &mut self,
        p: &mut Pairs<'_>,
        key: &'static str,
        least: u32,
        most: u32,
    ) -> Option<u32> {
        let node = p.take(key)?;
        match node.what {
            What::Number(_, value)
                if value.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(&value) =>
            {
                return Some(value as u32);
            }
            _ => self.wrong(
                node.at,
                &p.path(key),
                format!("a whole number from {least} to {most}"),
                node.shown(),
            ),
        }
        None
    }

    /// A number, bare or with a unit.
    pub(super) fn measure(&mut self, p: &mut Pairs<'_>, key: &'static str, measure: &Measure) -> Option<f64> {
        let node = p.take(key)?;
        let value = match &node.what {
            What::Number(_, value) => Some(*value),
            What::Text(text) => measure.parse(text),
            _ => None,
        };
        let value = value.filter(|value| (measure.least..=measure.most).contains(value));
        if value.is_none() {
            let Measure { least, most, named, example, .. } = measure;
            let expected = format!("{named} from {least} to {most}, or a text such as {example:?}");
            self.wrong(node.at, &p.path(key), expected, node.shown());
        }
        value
    }

    fn bytes(&mut self, p: &mut Pairs<'_>, key: &'static str, measure: &Measure) -> Option<u64> {
        self.measure(p, key, measure).map(|bytes| bytes as u64)
    }

    fn days(&mut self, p: &mut Pairs<'_>, key: &'static str) -> Option<u32> {
        self.measure(p, key, &DAYS).map(|days| days.ceil() as u32)
    }

    fn level(&mut self, p: &mut Pairs<'_>, key: &'static str) -> Option<LogLevel> {
        let node = p.take(key)?;
        let What::Text(text) = &node.what else {
            self.wrong(node.at, &p.path(key), "a level's name, such as \"INFO\"", node.shown());
            return None;
        };
        let level = LogLevel::named(text);
        if level.is_none() {
            self.no_such(
                node,
                &p.path(key),
                &text.to_ascii_uppercase(),
                &LogLevel::ALL.map(LogLevel::as_str),
            );
        }
        level
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        p: &mut Pairs<'_>,
        key: &'static str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let node = p.take(key)?;
        let path = p.path(key);
        self.one_of(node, &path, all, name)
    }

    pub(super) fn one_of<T: Copy>(
        &mut self,
        node: &Node,
        path: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let names: Vec<&str> = all.iter().map(|&one| name(one)).collect();
        let What::Text(text) = &node.what else {
            self.wrong(node.at, path, format!("one of {}", names.join(", ")), node.shown());
            return None;
        };
        let found = all.iter().copied().find(|&one| name(one) == text);
        if found.is_none() {
            self.no_such(node, path, text, &names);
        }
        found
    }

    fn no_such(&mut self, node: &Node, path: &str, text: &str, names: &[&str]) {
        self.wrong(node.at, path, format!("one of {}", names.join(", ")), node.shown());
        if let Some(problem) = self.problems.last_mut() {
            problem.did_you_mean = nearest(text, names.iter().copied()).map(str::to_owned);
        }
    }

    pub(super) fn list<'a>(&mut self, p: &mut Pairs<'a>, key: &'static str) -> Option<&'a [Node]> {
        let node = p.take(key)?;
        match &node.what {
            What::List(items) if items.len() <= 1000 => Some(items),
            What::List(_) => {
                self.wrong(node.at, &p.path(key), "a list of at most 1000", node.shown());
                None
            }
            _ => {
                self.wrong(node.at, &p.path(key), "a list", node.shown());
                None
            }
        }
    }

    pub(super) fn texts(&mut self, p: &mut Pairs<'_>, key: &'static str) -> Vec<String> {
        let mut texts = Vec::new();
        for (i, item) in self.list(p, key).unwrap_or_default().iter().enumerate() {
            match &item.what {
                What::Text(text) if !text.trim().is_empty() => texts.push(text.clone()),
                _ => self.wrong(
                    item.at,
                    &format!("{}[{i}]", p.path(key)),
                    "a text that is not empty",
                    item.shown(),
                ),
            }
        }
        texts
    }

    pub(super) fn map(&mut self, p: &mut Pairs<'_>, key: &'static str) -> Vec<(Place, String, String)> {
        let path = p.path(key);
        let Some(node) = p.take(key) else { return Vec::new() };
        let Some(pairs) = self.pairs(node, &path) else { return Vec::new() };
        let mut out = Vec::new();
        for (_, name, value) in pairs.left {
            match &value.what {
                What::Text(text) => out.push((value.at, name.clone(), text.clone())),
                _ => self.wrong(value.at, &format!("{path}.{name}"), "a text", value.shown()),
            }
        }
        out
    }
}

//! The settings that have settings of their own: alerts, redaction, dashboard, webhook, collector.

use super::json::{Node, Place};
use super::measures::{THRESHOLD, TIMEOUT, WAIT, WINDOW};
use super::read::{Pairs, Reader};
use super::sections::timeout;
use super::{
    AlertConfig, ChannelName, DashboardConfig, OtlpConfig, RedactionConfig, Severity, WebhookConfig,
};
use crate::monitor::alerts::Condition;
use crate::monitor::redact::Redactor;
use std::collections::{BTreeMap, BTreeSet};

impl Reader {
    pub(super) fn alerts(&mut self, p: &mut Pairs<'_>) -> Vec<AlertConfig> {
        let mut names = BTreeSet::new();
        let mut alerts = Vec::new();
        for (i, node) in self.list(p, "alerts").unwrap_or_default().iter().enumerate() {
            let path = format!("alerts[{i}]");
            let Some(alert) = self.alert(node, &path) else { continue };
            if !names.insert(alert.name.clone()) {
                self.wrong(
                    node.at,
                    &format!("{path}.name"),
                    "a name of its own",
                    format!("{:?} again", alert.name),
                );
            }
            alerts.push(alert);
        }
        alerts
    }

    fn alert(&mut self, node: &Node, path: &str) -> Option<AlertConfig> {
        let mut p = self.pairs(node, path)?;
        let d = AlertConfig::new("", "");
        let mut missing = Vec::new();
        let name = self.text(&mut p, "name", 128).filter(|name| !name.trim().is_empty());
        if name.is_none() && !self.problems.iter().any(|problem| problem.key == p.path("name")) {
            missing.push("name");
        }
        let place = p.left.iter().find(|(_, key, _)| key == "condition").map(|(_, _, node)| node.at);
        let condition = self.text(&mut p, "condition", 4096);
        if place.is_none() {
            missing.push("condition");
        }
        for key in missing {
            let path = p.path(key);
            self.wrong(p.at, &path, "a text that is not empty", "nothing");
        }
        let threshold_given = p.left.iter().any(|(_, key, _)| key == "threshold");
        let threshold = self.measure(&mut p, "threshold", &THRESHOLD);
        let parsed = condition.as_deref().map(Condition::parse);
        if let (Some(place), Some(Err(error))) = (place, &parsed) {
            let at = Place { line: place.line, column: place.column + 1 + error.column() };
            self.wrong(at, &p.path("condition"), error.expected.clone(), error.got.clone());
            if let Some(problem) = self.problems.last_mut() {
                problem.did_you_mean.clone_from(&error.did_you_mean);
            }
        }
        if let Some(Ok(condition)) = &parsed
            && condition.is_whole()
            && threshold_given
            && threshold != Some(1.0)
        {
            self.wrong(
                p.at,
                &p.path("threshold"),
                "none, for the condition says itself when it fires",
                threshold.unwrap_or(0.0).to_string(),
            );
        }
        let channels_given = p.left.iter().any(|(_, key, _)| key == "notification_channels");
        let channels: Vec<ChannelName> = self
            .list(&mut p, "notification_channels")
            .unwrap_or_default()
            .iter()
            .enumerate()
            .filter_map(|(i, item)| {
                self.one_of(
                    item,
                    &format!("{path}.notification_channels[{i}]"),
                    &ChannelName::ALL,
                    ChannelName::as_str,
                )
            })
            .collect();
        let alert = AlertConfig {
            name: name.unwrap_or_default(),
            condition: condition.unwrap_or_default(),
            threshold: threshold.unwrap_or(d.threshold),
            time_window: self.measure(&mut p, "time_window", &WINDOW).unwrap_or(d.time_window),
            notification_channels: if channels_given { channels } else { d.notification_channels },
            hold: self.measure(&mut p, "for", &WAIT).unwrap_or(d.hold),
            cooldown_period: self.measure(&mut p, "cooldown_period", &WAIT),
            severity: self.choice(&mut p, "severity", &Severity::ALL, Severity::as_str).unwrap_or(d.severity),
            resolve: self.flag(&mut p, "resolve").unwrap_or(d.resolve),
            enabled: self.flag(&mut p, "enabled").unwrap_or(d.enabled),
            labels: self.map(&mut p, "labels").into_iter().map(|(_, name, value)| (name, value)).collect(),
        };
        self.unknown(&p);
        Some(alert)
    }

    pub(super) fn redaction(&mut self, p: &mut Pairs<'_>) -> RedactionConfig {
        let Some(node) = p.take("redaction") else { return RedactionConfig::default() };
        let Some(mut p) = self.pairs(node, "redaction") else { return RedactionConfig::default() };
        let (mut rules, mut redactor) = (BTreeMap::new(), Redactor::default());
        for (at, kind, pattern) in self.map(&mut p, "rules") {
            // On top of those before it, of which there may not be too many.
            match redactor.clone().with_rule(&kind, &pattern) {
                Ok(with) => redactor = with,
                Err(error) => {
                    self.wrong(at, &format!("redaction.rules.{kind}"), "a rule", error.to_string());
                }
            }
            rules.insert(kind, pattern);
        }
        let config = RedactionConfig {
            deny_keys: self.texts(&mut p, "deny_keys"),
            allow_keys: self.texts(&mut p, "allow_keys"),
            allow_query: self.texts(&mut p, "allow_query"),
            ip: self.flag(&mut p, "ip").unwrap_or(false),
            rules,
        };
        self.unknown(&p);
        config
    }

    pub(super) fn dashboard(&mut self, p: &mut Pairs<'_>) -> DashboardConfig {
        let d = DashboardConfig::default();
        let Some(node) = p.take("dashboard") else { return d };
        let Some(mut p) = self.pairs(node, "dashboard") else { return d };
        let config = DashboardConfig {
            enabled: self.flag(&mut p, "enabled").unwrap_or(d.enabled),
            host: self.text(&mut p, "host", 253).unwrap_or(d.host),
            allowed_hosts: self.texts(&mut p, "allowed_hosts"),
        };
        if config.host.parse::<std::net::IpAddr>().is_err() {
            self.wrong(
                p.at,
                "dashboard.host",
                "an IP address of this machine, such as \"127.0.0.1\"",
                format!("{:?}", config.host),
            );
        }
        self.unknown(&p);
        config
    }

    pub(super) fn webhook(&mut self, p: &mut Pairs<'_>) -> Option<WebhookConfig> {
        let node = p.take("webhook")?;
        let mut p = self.pairs(node, "webhook")?;
        let url = self.text(&mut p, "url", 2048).unwrap_or_default();
        if crate::monitor::alerts::target(&url).is_err() {
            // The address is not shown: it may hold a token.
            self.wrong(p.at, "webhook.url", "an https address, or http to this machine", "another");
        }
        let config = WebhookConfig {
            url,
            secret_env: self.text(&mut p, "secret_env", 128),
            timeout: self.measure(&mut p, "timeout", &TIMEOUT).unwrap_or_else(timeout),
        };
        self.unknown(&p);
        Some(config)
    }

    pub(super) fn otlp(&mut self, p: &mut Pairs<'_>) -> Option<OtlpConfig> {
        let node = p.take("otlp")?;
        let mut p = self.pairs(node, "otlp")?;
        let d = OtlpConfig::new(self.text(&mut p, "endpoint", 2048).unwrap_or_default());
        if let Err(error) = d.url() {
            self.wrong(p.at, "otlp.endpoint", "an http or https address", error.message());
        }
        let config = OtlpConfig {
            service_name: self.text(&mut p, "service_name", 256).unwrap_or(d.service_name),
            headers_env: self.text(&mut p, "headers_env", 128),
            timeout: self.measure(&mut p, "timeout", &TIMEOUT).unwrap_or(d.timeout),
            endpoint: d.endpoint,
        };
        self.unknown(&p);
        Some(config)
    }
}

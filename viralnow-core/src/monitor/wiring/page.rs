//! The dashboard of a monitor with settings: started once, and moved when they change.

use super::Alerts;
use super::board::{SystemSource, listen};
use super::reload::{Next, Settings};
use super::setup::lock;
use crate::Result;
use crate::monitor::MonitorSystem;
use crate::monitor::config::MonitorConfig;
use crate::monitor::dashboard::{Board, Dashboard, DashboardHandle};
use std::sync::{Arc, Mutex};

#[derive(Debug)]
pub(super) struct Page {
    pub(super) monitor: MonitorSystem,
    pub(super) alerts: Alerts,
    pub(super) settings: Arc<Settings>,
    pub(super) board: Arc<Board>,
    pub(super) running: Mutex<Option<DashboardHandle>>,
}

impl Page {
    pub(super) fn make(&self) -> Result<Dashboard> {
        listen(&self.monitor, &self.board)?;
        let source = SystemSource::new(self.monitor.clone(), self.alerts.clone(), self.settings.clone());
        Ok(Dashboard::new(Arc::new(source), self.board.clone()))
    }

    /// Starts it, if it does not run, and gives its address with the token.
    pub(super) fn url(&self) -> Result<String> {
        let config = lock(&self.settings.config).clone();
        let mut running = lock(&self.running);
        if running.is_none() {
            *running = Some(self.make()?.config(&config).serve()?);
        }
        Ok(running.as_ref().map(|handle| handle.url().to_owned()).unwrap_or_default())
    }

    /// What changed settings want: one that is started answers already, beside the other.
    pub(super) fn next(&self, before: &MonitorConfig, now: &MonitorConfig) -> Result<Next<DashboardHandle>> {
        let enabled = |config: &MonitorConfig| config.dashboard.enabled;
        let running = lock(&self.running);
        let Some(handle) = &*running else {
            let start = enabled(now) && !enabled(before);
            return if start {
                Ok(Next::Other(Some(self.make()?.config(now).serve()?)))
            } else {
                Ok(Next::Same)
            };
        };
        if enabled(before) && !enabled(now) {
            return Ok(Next::Other(None));
        }
        let place = |config: &MonitorConfig| {
            let page = &config.dashboard;
            (config.dashboard_port, page.host.clone(), page.allowed_hosts.clone(), config.update_interval)
        };
        if place(before) == place(now) {
            return Ok(Next::Same);
        }
        self.make()?.config(now).serve_after(handle).map(|handle| Next::Other(Some(handle)))
    }

    pub(super) fn turn(&self, next: Next<DashboardHandle>) {
        let Next::Other(handle) = next else { return };
        let old = std::mem::replace(&mut *lock(&self.running), handle);
        // Not by the monitor's thread: the old one may be in the middle of an answer.
        let _ = std::thread::Builder::new().name("vn-dashboard-end".to_owned()).spawn(move || drop(old));
    }
}

//! The dashboard of a monitor with settings: started once, and moved when they change.

use super::Alerts;
use super::board::{SystemSource, listen};
use super::reload::{Next, Settings};
use super::setup::lock;
use crate::monitor::MonitorSystem;
use crate::monitor::config::MonitorConfig;
use crate::monitor::dashboard::{Board, Dashboard, DashboardHandle, MountedDashboard};
use crate::monitor::system::WeakMonitor;
use crate::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, Weak};

#[derive(Debug)]
pub(super) struct Page {
    pub(super) monitor: WeakMonitor,
    pub(super) alerts: Alerts,
    pub(super) settings: Arc<Settings>,
    pub(super) board: Arc<Board>,
    pub(super) running: Mutex<Option<DashboardHandle>>,
    pub(super) mounted: Mutex<Option<Arc<MountedDashboard>>>,
}

impl Page {
    /// A dashboard of this handle of the monitor.
    pub(super) fn make(&self, monitor: MonitorSystem) -> Result<Dashboard> {
        listen(&monitor, &self.board)?;
        let source = SystemSource::new(monitor, self.alerts.clone(), self.settings.clone());
        Ok(Dashboard::new(Arc::new(source), self.board.clone()))
    }

    /// One that does not keep the monitor from ending.
    fn make_own(&self) -> Result<Dashboard> {
        let ended = || Error::new(ErrorKind::Unavailable, "the monitor has ended");
        self.make(self.monitor.upgrade().ok_or_else(ended)?)
    }

    /// Starts it, if it does not run, and gives its address with the token. Another process of the same settings may have the port.
    pub(super) fn url(&self) -> Result<String> {
        let config = lock(&self.settings.config).clone();
        let mut running = lock(&self.running);
        if running.is_none() {
            *running = Some(self.make_own()?.config(&config).serve_near()?);
        }
        Ok(running.as_ref().map(|handle| handle.url().to_owned()).unwrap_or_default())
    }

    /// The answer of the one that a server of the host's passes requests on to.
    pub(super) fn mounted(&self) -> Result<Arc<MountedDashboard>> {
        let config = lock(&self.settings.config).clone();
        let mut mounted = lock(&self.mounted);
        if let Some(mounted) = &*mounted {
            return Ok(mounted.clone());
        }
        Ok(mounted.insert(Arc::new(self.make_own()?.config(&config).mount()?)).clone())
    }

    /// What changed settings want: one that is started answers already, beside the other.
    pub(super) fn next(&self, before: &MonitorConfig, now: &MonitorConfig) -> Result<Next<DashboardHandle>> {
        let enabled = |config: &MonitorConfig| config.dashboard.enabled;
        let running = lock(&self.running);
        let Some(handle) = &*running else {
            let start = enabled(now) && !enabled(before);
            return if start {
                Ok(Next::Other(Some(self.make_own()?.config(now).serve()?)))
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
        self.make_own()?.config(now).serve_after(handle).map(|handle| Next::Other(Some(handle)))
    }

    pub(super) fn turn(&self, next: Next<DashboardHandle>) {
        let Next::Other(handle) = next else { return };
        let old = std::mem::replace(&mut *lock(&self.running), handle);
        end_elsewhere(old);
    }

    /// The host's server asks for another one with the next request, and the browsers come back.
    pub(super) fn remount(&self, before: &MonitorConfig, now: &MonitorConfig) {
        if before.update_interval != now.update_interval
            && let Some(old) = lock(&self.mounted).take()
        {
            end_elsewhere(old);
        }
    }
}

/// A page on the monitor's thread, while the host may let it go.
pub(super) struct OnLoan(Option<Arc<Page>>);

impl OnLoan {
    pub(super) fn of(page: Option<&Weak<Page>>) -> Self {
        Self(page.and_then(Weak::upgrade))
    }

    pub(super) fn page(&self) -> Option<&Page> {
        self.0.as_deref()
    }
}

impl Drop for OnLoan {
    fn drop(&mut self) {
        if let Some(last) = self.0.take().and_then(Arc::into_inner) {
            end_elsewhere(last);
        }
    }
}

/// Not by the monitor's thread: a server may be in the middle of an answer.
pub(super) fn end_elsewhere(old: impl Send + 'static) {
    let _ = std::thread::Builder::new().name("vn-dashboard-end".to_owned()).spawn(move || drop(old));
}

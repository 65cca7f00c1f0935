//! The dashboard's thread.

use super::board::Board;
use super::gate::Gate;
use super::live::{Listeners, run};
use super::mount::MountedDashboard;
use super::routes::{App, router};
use super::source::Source;
use crate::monitor::config::MonitorConfig;
use crate::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A dashboard to be started, or to be put into a router of the host's.
pub struct Dashboard {
    source: Arc<dyn Source>,
    board: Arc<Board>,
    address: SocketAddr,
    token: Option<String>,
    hosts: Vec<String>,
    pub(super) interval: Duration,
    quiet: bool,
}

impl std::fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dashboard").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Dashboard {
    /// A dashboard of this monitor at `127.0.0.1:5000`, with a token of its own, a frame every 5 seconds.
    pub fn new(source: Arc<dyn Source>, board: Arc<Board>) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 5000));
        Self {
            source,
            board,
            address,
            token: None,
            hosts: Vec::new(),
            interval: Duration::from_secs(5),
            quiet: false,
        }
    }

    /// Takes address, port, names and the interval from the settings.
    #[must_use]
    pub fn config(mut self, config: &MonitorConfig) -> Self {
        let ip = config.dashboard.host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        self.address = SocketAddr::new(ip, config.dashboard_port);
        self.hosts.clone_from(&config.dashboard.allowed_hosts);
        self.interval = Duration::from_secs_f64(config.update_interval.clamp(0.05, 3600.0));
        self
    }

    /// Where it listens. An address that is not this machine's own opens it to the network, over HTTP without encryption: put a proxy with
    /// TLS before it.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// The token, instead of a random one; 16 letters at least of those that stand in an address as they are.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Time between two frames.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.clamp(Duration::from_millis(50), Duration::from_secs(3600));
        self
    }

    /// Does not print the address on the standard error stream; [`DashboardHandle::url`] has it.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The dashboard's paths, to be nested into a router of the host's: its page is at the path that ends with a slash. Who is let in, and by
    /// which name it is called, is then the host's affair: there is no token. Frames are made on the runtime that this is called in.
    ///
    /// ```
    /// use viralnow_core::monitor::{Monitoring, config::MonitorConfig};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let config = MonitorConfig { log_file_path: String::new(), database_path: String::new(), ..MonitorConfig::default() };
    /// let monitoring = Monitoring::start(&config)?;
    /// let app: axum::Router = axum::Router::new().nest("/monitor/", monitoring.make_dashboard()?.router()?);
    /// // axum::serve(listener, app).await
    /// # drop(app);
    /// # Ok::<(), viralnow_core::Error>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn router(self) -> Result<axum::Router> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|error| {
            Error::new(
                ErrorKind::InvalidInput,
                "the dashboard's router is made inside the tokio runtime that serves it",
            )
            .caused_by(error)
        })?;
        let (app, source, board) = self.app(None, None);
        runtime.spawn(run(source, board, app.listeners.clone(), self.interval));
        Ok(router(app))
    }

    pub(super) fn app(
        &self,
        token: Option<String>,
        address: Option<SocketAddr>,
    ) -> (App, Arc<dyn Source>, Arc<Board>) {
        let gate = Arc::new(Gate::new(token, address, if address.is_some() { &self.hosts } else { &[] }));
        let listeners = Arc::new(Listeners::default());
        (
            App { source: self.source.clone(), board: self.board.clone(), listeners, gate },
            self.source.clone(),
            self.board.clone(),
        )
    }

    /// A dashboard that answers what another server passes on, in a framework of any kind; see [`MountedDashboard`].
    pub fn mount(self) -> Result<MountedDashboard> {
        MountedDashboard::start(&self)
    }

    /// As [`Dashboard::serve`]; where the port is taken, by another process's dashboard by rule, at one of the nine after it.
    pub fn serve_near(self) -> Result<DashboardHandle> {
        let near = |step: u16| {
            let port = self.address.port().checked_add(step)?;
            TcpListener::bind(SocketAddr::new(self.address.ip(), port)).ok()
        };
        match TcpListener::bind(self.address) {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => match (1..10).find_map(near) {
                Some(listener) => self.serve_on(listener),
                None => self.serve(),
            },
            Ok(listener) => self.serve_on(listener),
            Err(_) => self.serve(),
        }
    }

    /// Starts it on a thread of its own and prints its address, with the token, once. It ends with the handle.
    pub fn serve(self) -> Result<DashboardHandle> {
        let listener = TcpListener::bind(self.address).map_err(|error| {
            let what = "the dashboard's port cannot be had; is another one running? Set dashboard_port, 0 for any free one";
            Error::new(ErrorKind::Io, what).with("address", self.address).caused_by(error)
        })?;
        self.serve_on(listener)
    }

    /// Starts it in the place of another one, with that one's token. At the same address both answer until the other ends.
    pub(in crate::monitor) fn serve_after(mut self, other: &DashboardHandle) -> Result<DashboardHandle> {
        self.token = Some(other.token.clone());
        if self.address != other.asked {
            return self.serve();
        }
        let listener = other.listener.try_clone().map_err(Error::from)?;
        self.quiet().serve_on(listener)
    }

    fn serve_on(self, listener: TcpListener) -> Result<DashboardHandle> {
        listener.set_nonblocking(true).map_err(Error::from)?;
        let kept = listener.try_clone().map_err(Error::from)?;
        let address = listener.local_addr().map_err(Error::from)?;
        let token = self.token.clone().unwrap_or_else(Gate::new_token);
        if token.len() < 16 || !token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)) {
            let what = "the dashboard's token has 16 letters at least, of a-z, A-Z, 0-9, -, ., _ and ~";
            return Err(Error::new(ErrorKind::InvalidConfig, what));
        }
        let shown = if address.ip().is_unspecified() {
            SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
        } else {
            address
        };
        let url = format!("http://{shown}/?token={token}");
        let (app, source, board) = self.app(Some(token.clone()), Some(address));
        let (stop, stopped) = oneshot::channel::<()>();
        let interval = self.interval;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(Error::from)?;
        let serve = move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let frames = tokio::spawn(run(source, board, app.listeners.clone(), interval));
                let server = axum::serve(listener, router(app)).into_future();
                // Streams never end by themselves: what is open is cut.
                tokio::select! {
                    _ = server => {}
                    _ = stopped => {}
                }
                frames.abort();
            });
        };
        let thread =
            std::thread::Builder::new().name("vn-dashboard".to_owned()).spawn(serve).map_err(Error::from)?;
        if !self.quiet {
            eprintln!("viralnow dashboard: {url}");
        }
        Ok(DashboardHandle {
            address,
            url,
            asked: self.address,
            token,
            listener: kept,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A dashboard that runs; it ends when this is dropped.
pub struct DashboardHandle {
    address: SocketAddr,
    url: String,
    /// The address that was asked for, whose port may be any free one.
    asked: SocketAddr,
    token: String,
    /// For one that takes its place.
    listener: TcpListener,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl std::fmt::Debug for DashboardHandle {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DashboardHandle").field("address", &self.address).finish_non_exhaustive()
    }
}

impl DashboardHandle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to open, with the token.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for DashboardHandle {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

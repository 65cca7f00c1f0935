//! The monitoring log, to be asked and tidied up.

#[cfg(feature = "sqlite")]
use crate::error::{detached, plain, to_py};
#[cfg(not(feature = "sqlite"))]
use crate::error::{not_built, to_py};
use pyo3::prelude::*;
use std::path::PathBuf;

#[cfg(feature = "sqlite")]
use std::sync::Arc;
#[cfg(feature = "sqlite")]
use viralnow_core::monitor::{LogFilters, LogStore, TimeRange};
#[cfg(feature = "sqlite")]
use viralnow_core::{Error, ErrorKind};

/// A log in one `SQLite` file.
#[pyclass(frozen, module = "viralnow._viralnow")]
pub(crate) struct MonitorLog {
    #[cfg(feature = "sqlite")]
    pub(crate) store: Arc<LogStore>,
}

#[cfg(feature = "sqlite")]
fn range(from_us: Option<i64>, to_us: Option<i64>) -> TimeRange {
    TimeRange { from_us, to_us }
}

#[cfg(feature = "sqlite")]
#[pymethods]
impl MonitorLog {
    /// The log in this file, which is opened, and made, when it is first needed.
    #[new]
    #[pyo3(signature = (path, detail_days, summary_days))]
    fn new(path: PathBuf, detail_days: u32, summary_days: u32) -> Self {
        Self { store: LogStore::lazy(path, detail_days, summary_days) }
    }

    /// The file.
    #[getter]
    fn path(&self) -> PathBuf {
        self.store.path().to_owned()
    }

    /// Calls that fit, and the `after` of the next page: filters are the core's `LogFilters` as JSON.
    fn query<'py>(&self, py: Python<'py>, filters: &str) -> PyResult<Bound<'py, PyAny>> {
        let filters: LogFilters = serde_json::from_str(filters)
            .map_err(|error| to_py(py, &Error::new(ErrorKind::InvalidInput, error.to_string())))?;
        let page = detached(py, || self.store.query(&filters))?;
        plain(py, &page)
    }

    /// How functions did, the busiest first.
    fn functions<'py>(
        &self,
        py: Python<'py>,
        from_us: Option<i64>,
        to_us: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rows = detached(py, || self.store.functions(range(from_us, to_us)))?;
        plain(py, &rows)
    }

    /// Failures in groups that are alike, the latest first.
    fn errors<'py>(
        &self,
        py: Python<'py>,
        from_us: Option<i64>,
        to_us: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rows = detached(py, || self.store.errors(range(from_us, to_us)))?;
        plain(py, &rows)
    }

    /// Events whose topic fits, the newest first.
    fn events<'py>(
        &self,
        py: Python<'py>,
        pattern: &str,
        from_us: Option<i64>,
        to_us: Option<i64>,
        limit: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rows = detached(py, || self.store.events(pattern, range(from_us, to_us), limit))?;
        plain(py, &rows)
    }

    /// Removes what is older than it is to be kept; says what went.
    fn cleanup<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let report = detached(py, || self.store.cleanup_old_data())?;
        plain(py, &report)
    }

    /// Copies the log, while it is written to, into a new file.
    fn backup(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, || self.store.backup(&path))
    }

    /// Writes calls for Chrome's trace viewer or Perfetto; gives how many.
    fn export_trace(
        &self,
        py: Python<'_>,
        path: PathBuf,
        from_us: Option<i64>,
        to_us: Option<i64>,
    ) -> PyResult<u64> {
        detached(py, || {
            let failed = |error: std::io::Error| Error::from(error).with("path", path.display());
            let mut file = std::io::BufWriter::new(std::fs::File::create(&path).map_err(failed)?);
            self.store.export_chrome_trace(range(from_us, to_us), &mut file)
        })
    }
}

#[cfg(not(feature = "sqlite"))]
#[pymethods]
impl MonitorLog {
    /// This wheel has no log.
    #[new]
    fn new(py: Python<'_>, _path: PathBuf, _detail_days: u32, _summary_days: u32) -> PyResult<Self> {
        Err(to_py(py, &not_built("sqlite")))
    }
}

/// The log of the running monitor, if it has one.
#[pyfunction]
pub(crate) fn monitor_log() -> Option<MonitorLog> {
    #[cfg(feature = "sqlite")]
    return super::current()?.store().map(|store| MonitorLog { store: store.clone() });
    #[cfg(not(feature = "sqlite"))]
    None
}

//! The native half of the Python package `viralnow`: one file per module of the core, each a thin skin over it.
//!
//! What crosses the boundary is plain: JSON text for payloads (parsed in Python when it is first looked at) and numpy
//! arrays that own the core's frame-level features (moved, not copied). Names, defaults, documentation and types are
//! Python's own and stand in `python/viralnow`; `_viralnow.pyi` describes this module and is proven by stubtest.

mod arrow;
mod audio;
mod call;
mod config;
mod error;
mod extract;
mod features;
mod live;
mod media;
mod monitor;
mod monitor_system;
mod pipeline;
mod report;
mod store;
mod text;

use pyo3::prelude::*;

/// The native half of `viralnow`; use the functions of the package instead.
#[pymodule]
mod _viralnow {
    #[pymodule_export]
    use super::arrow::arrow_stream;
    #[pymodule_export]
    use super::audio::SoundIndex;
    #[pymodule_export]
    use super::call::{SoundStream, call, call_pictures, call_plain};
    #[pymodule_export]
    use super::config::default_limits;
    #[pymodule_export]
    use super::error::error_kinds;
    #[pymodule_export]
    use super::features::{error_row, feature_dictionary, flat_row, json_schema};
    #[pymodule_export]
    use super::live::Live;
    #[pymodule_export]
    use super::media::Input;
    #[pymodule_export]
    use super::monitor::{CancelToken, MemoryMonitor};
    #[pymodule_export]
    use super::monitor_system::{
        Job, JobStep, Place, Span, Stream, Subscription, monitor_bus_stats, monitor_call_way,
        monitor_current_span, monitor_dashboard_leave, monitor_dashboard_next, monitor_publish,
        monitor_redact, monitor_running, monitor_span_variable, monitor_start_itself, monitor_stream,
        monitor_subscribe, monitor_watch,
    };
    #[pymodule_export]
    use super::pipeline::{Analyzer, info, offer_runtime};
    #[pymodule_export]
    use super::report::{report_html, report_text, report_timeline};
    #[pymodule_export]
    use super::store::SqliteStore;
    #[pymodule_export]
    use super::text::call_text;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", viralnow_core::VERSION)
    }
}

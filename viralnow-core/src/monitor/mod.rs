//! Seeing what happens: spans, events, progress and cancellation. Knows nothing of media.
//!
//! A [`Monitor`] is told of every stage; [`NoopMonitor`] is the default and costs one virtual call. [`MemoryMonitor`]
//! keeps everything for tests and notebooks. [`tracing`](https://docs.rs/tracing) is joined both ways by
//! [`TracingMonitor`] (our spans go out) and [`MonitorLayer`] (the host's spans come in); a global default is never set
//! behind the host's back.

pub mod alerts;
pub mod config;
mod events;
mod layer;
pub mod log_file;

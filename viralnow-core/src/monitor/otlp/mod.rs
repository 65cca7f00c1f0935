//! Spans to a collector of OpenTelemetry, by OTLP over HTTP in JSON (<https://opentelemetry.io/docs/specs/otlp/>).
//!
//! Nothing here waits on the monitor's thread: what is ready is handed to a thread that sends it, and when a collector takes nothing the
//! monitor's own rules for sinks hold, which keep, and at last drop and count.

mod encode;
mod send;
mod traces;

use super::config::OtlpConfig;
use super::{Batch, Sink};
use crate::{Error, ErrorKind, Result};
use encode::{body, resource};
use send::Sender;
use serde_json::Value;
use std::time::{Duration, Instant};
use traces::Traces;

/// How long a flush waits for the collector.
const FLUSH: Duration = Duration::from_secs(5);

/// The headers that the environment holds.
fn headers(config: &OtlpConfig) -> Result<Vec<(String, String)>> {
    let Some(variable) = &config.headers_env else { return Ok(Vec::new()) };
    let wrong = |what: &'static str| Error::new(ErrorKind::InvalidConfig, what).with("variable", variable);
    let text = std::env::var(variable)
        .map_err(|_| wrong("the collector's headers are not in the environment; set the variable"))?;
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let fits = !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            && value.bytes().all(|b| (0x20..0x7F).contains(&b));
        fits.then(|| (name.to_owned(), value.to_owned()))
    });
    let pairs: Option<Vec<_>> = pairs.collect();
    // What stands there is in no error: it is a secret.
    pairs.ok_or_else(|| wrong("the collector's headers are not of the form name=value,name=value"))
}

/// Sends finished spans to a collector.
///
/// Spans get there when the outermost one around them has ended, so that all of a trace have its id; those whose outermost one does not come
/// within 30 s go without it. The id of a trace is made of a random part of the run and the number of its outermost span.
///
/// ```no_run
/// use viralnow_core::monitor::{MonitorSystem, config::OtlpConfig, otlp::OtlpSink};
/// let monitor = MonitorSystem::builder().sink(OtlpSink::new(&OtlpConfig::new("http://localhost:4318"))?).build();
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct OtlpSink {
    traces: Traces,
    sender: Sender,
    resource: Value,
}

impl OtlpSink {
    /// A sink for this collector. Fails with `INVALID_CONFIG` for an endpoint that is no address, and without the headers that it names.
    pub fn new(config: &OtlpConfig) -> Result<Self> {
        let sender = Sender::start(config.url()?, headers(config)?, config.timeout)?;
        Ok(Self { traces: Traces::new(), sender, resource: resource(&config.service_name) })
    }

    fn send(&mut self, ready: &[traces::Ready]) {
        if !ready.is_empty() {
            self.sender.send(body(&self.resource, self.traces.run(), ready));
        }
    }
}

impl Sink for OtlpSink {
    fn name(&self) -> &'static str {
        "otlp"
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        // Refused as a whole, before any of it is taken.
        self.sender.ready()?;
        let ready = self.traces.take(batch, Instant::now());
        self.send(&ready);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.sender.wait(FLUSH)
    }

    fn maintain(&mut self, _now_us: i64) -> Result<()> {
        let ready = self.traces.overdue(Instant::now());
        self.send(&ready);
        self.sender.trouble()
    }
}

impl Drop for OtlpSink {
    fn drop(&mut self) {
        let ready = self.traces.all();
        self.send(&ready);
        self.sender.end();
    }
}

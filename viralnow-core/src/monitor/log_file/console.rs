//! The same lines on the console.

use super::LogEntry;
use crate::fork;
use crate::monitor::config::LogLevel;
use crate::{Error, ErrorKind, Result};
use std::io::{self, Write};

/// The same lines on the standard error stream, or wherever they are wanted.
#[derive(Debug)]
pub struct Console<W = io::Stderr> {
    level: LogLevel,
    out: W,
}

impl Console {
    /// Lines of every entry from this level on, on the standard error stream.
    #[must_use]
    pub fn new(level: LogLevel) -> Self {
        Self { level, out: io::stderr() }
    }
}

impl<W: Write> Console<W> {
    /// The same to another place.
    ///
    /// ```
    /// use viralnow_core::monitor::{config::LogLevel, log_file::{Console, LogEntry}};
    /// let mut lines = Vec::new();
    /// let nothing = serde_json::Value::Null;
    /// let entry = LogEntry { time_us: 0, level: LogLevel::Info, subject: "start", message: "", fields: &nothing };
    /// Console::to(LogLevel::Warning, &mut lines).write(&entry)?;
    /// assert!(lines.is_empty());
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn to(level: LogLevel, out: W) -> Self {
        Self { level, out }
    }

    pub(in crate::monitor) fn least(&self) -> LogLevel {
        self.level
    }

    /// Writes an entry, if it is grave enough.
    pub fn write(&mut self, entry: &LogEntry<'_>) -> Result<()> {
        if entry.level < self.level || self.level == LogLevel::Off {
            return Ok(());
        }
        let line = entry.line();
        // The standard streams have a lock, which a child of a fork must find free.
        let _gate = fork::gate();
        let written = self.out.write_all(line.as_bytes());
        written.map_err(|error| {
            Error::new(ErrorKind::Io, "the console could not be written to").caused_by(error)
        })
    }
}

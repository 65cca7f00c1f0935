//! One entry as one line.

use crate::monitor::config::LogLevel;
use serde_json::Value;
use std::fmt::Write;

/// Bytes of one line at most: what is longer is cut.
const LINE: usize = 16 << 10;

/// One entry.
#[derive(Debug, Clone, Copy)]
pub struct LogEntry<'a> {
    /// When, in microseconds since 1970.
    pub time_us: i64,
    /// How grave.
    pub level: LogLevel,
    /// What it is about, such as a topic or a function.
    pub subject: &'a str,
    /// What is said.
    pub message: &'a str,
    /// More facts; an object's pairs are written as `key=value`.
    pub fields: &'a Value,
}

impl LogEntry<'_> {
    /// The entry as its line, with the line's end.
    ///
    /// ```
    /// use viralnow_core::monitor::{config::LogLevel, log_file::LogEntry};
    /// let fields = serde_json::json!({"duration_s": 0.5, "code": "TIMEOUT"});
    /// let entry = LogEntry {
    ///     time_us: 1_704_709_800_000_000, level: LogLevel::Error, subject: "function.failed", message: "too\nlate", fields: &fields,
    /// };
    /// let line = entry.line();
    /// assert!(line.starts_with("2024-01-08T10:30:00.000000Z ERROR "));
    /// assert!(line.ends_with(" function.failed: too\\nlate code=TIMEOUT duration_s=0.5\n"));
    /// ```
    #[must_use]
    pub fn line(&self) -> String {
        let time = jiff::Timestamp::from_microsecond(self.time_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let mut line = format!("{time:.6} {} [{}] ", self.level.as_str(), std::process::id());
        plain(&mut line, self.subject);
        if !self.message.is_empty() {
            line.push_str(": ");
            plain(&mut line, self.message);
        }
        if let Value::Object(pairs) = self.fields {
            for (key, value) in pairs {
                line.push(' ');
                plain(&mut line, key);
                line.push('=');
                match value {
                    Value::String(text)
                        if !text.is_empty() && !text.contains([' ', '"', '=', '\n', '\r', '\t']) =>
                    {
                        plain(&mut line, text);
                    }
                    other => plain(&mut line, &other.to_string()),
                }
            }
        }
        if line.len() >= LINE {
            let mut end = LINE - 16;
            while !line.is_char_boundary(end) {
                end -= 1;
            }
            line.truncate(end);
            line.push_str(" [cut]");
        }
        line.push('\n');
        line
    }
}

/// Without line ends and other control characters, which could fake a line or move a terminal's cursor.
fn plain(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            // The next line, the separators of lines and paragraphs, and what turns text around.
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                let _ = write!(line, "\\u{{{:x}}}", c as u32);
            }
            c => line.push(c),
        }
    }
}

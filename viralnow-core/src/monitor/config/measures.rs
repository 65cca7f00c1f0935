//! Settings that are numbers with a unit: what a bare one counts and its limits, for the reader and the schema alike.

use crate::monitor::units::{self, Unit};
use serde_json::{Value, json};

/// A week in minutes.
const WEEK: f64 = 7.0 * 24.0 * 60.0;

/// What a setting measures.
#[derive(Debug)]
pub(super) struct Measure {
    unit: Unit,
    /// What a bare number counts, in the unit's own (seconds, bytes, shares of 1).
    bare: f64,
    /// Limits of a bare number.
    pub(super) least: f64,
    pub(super) most: f64,
    /// In words, and as an example with a unit.
    pub(super) named: &'static str,
    pub(super) example: &'static str,
}

const SECONDS: Measure =
    Measure { unit: Unit::Time, bare: 1.0, least: 0.0, most: 0.0, named: "seconds", example: "250ms" };
const MINUTES: Measure =
    Measure { unit: Unit::Time, bare: 60.0, least: 0.0, most: WEEK, named: "minutes", example: "2m" };
const BYTES: Measure =
    Measure { unit: Unit::Size, bare: 1.0, least: 0.0, most: 1e15, named: "bytes", example: "10MiB" };

pub(super) const LOG_FILE_SIZE: Measure = Measure { least: 4096.0, ..BYTES };
pub(super) const MEMORY: Measure = Measure { least: 65_536.0, ..BYTES };
pub(super) const DAYS: Measure =
    Measure { unit: Unit::Time, bare: 86_400.0, least: 1.0, most: 36_500.0, named: "days", example: "90d" };
pub(super) const UPDATE: Measure = Measure { least: 0.05, most: 3600.0, ..SECONDS };
pub(super) const FLUSH: Measure = Measure { least: 0.01, most: 60.0, ..SECONDS };
pub(super) const TIMEOUT: Measure = Measure { least: 0.1, most: 60.0, ..SECONDS };
/// What is looked back over.
pub(super) const WINDOW: Measure = Measure { least: 1.0 / 60.0, ..MINUTES };
/// What is waited for, which may be nothing.
pub(super) const WAIT: Measure = MINUTES;
pub(super) const SHARE: Measure =
    Measure { unit: Unit::Share, bare: 1.0, least: 0.0, most: 1.0, named: "a share", example: "10%" };
pub(super) const THRESHOLD: Measure = Measure { most: 1e15, named: "a number", ..SHARE };

impl Measure {
    /// The value of a text, in what a bare number counts; within limits or not.
    pub(super) fn parse(&self, text: &str) -> Option<f64> {
        let (value, unit) = units::parse(text)?;
        match unit {
            Unit::None => Some(value),
            unit if unit == self.unit => Some(value / self.bare),
            _ => None,
        }
    }

    /// Both ways of writing it, for the schema. The limits of a text with a unit are beyond what a schema can say: the reader has them.
    pub(super) fn schema(&self) -> [Value; 2] {
        let suffixes = units::suffixes(self.unit).collect::<Vec<_>>().join("|");
        let pattern = format!(r"^\s*(_*[0-9][0-9_]*(\.[0-9_]*)?|_*\._*[0-9][0-9_]*)\s*({suffixes})?\s*$");
        [
            json!({ "type": "number", "minimum": self.least, "maximum": self.most }),
            json!({ "type": "string", "pattern": pattern, "examples": [self.example] }),
        ]
    }
}

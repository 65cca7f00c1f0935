//! What is wrong with a file of settings: everything at once, each with its place.

use super::json::Place;
use crate::{Error, ErrorKind};
use serde::Serialize;
use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigProblem {
    /// The line, from 1 on.
    pub line: u32,
    /// The column in letters, from 1 on.
    pub column: u32,
    /// The key's path, such as `alerts[0].condition`; empty for the whole file.
    pub key: String,
    /// What should stand there.
    pub expected: String,
    /// What does.
    pub got: String,
    /// The name that may have been meant.
    pub did_you_mean: Option<String>,
}

impl ConfigProblem {
    pub(super) fn new(at: Place, key: &str, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self {
            line: at.line,
            column: at.column,
            key: key.to_owned(),
            expected: expected.into(),
            got: got.into(),
            did_you_mean: None,
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "  {}", self.key)?;
        }
        write!(f, "  expected {}, got {}", self.expected, self.got)?;
        match &self.did_you_mean {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a file; a hundred at most are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigErrors {
    /// The file, as it was named.
    pub path: String,
    /// What is wrong, in the order of the file.
    pub problems: Vec<ConfigProblem>,
}

impl fmt::Display for ConfigErrors {
    /// One line for each: `path:line:col  key  expected ..., got ...; did you mean ...?`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{problem}", self.path)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigErrors> for Error {
    fn from(errors: ConfigErrors) -> Self {
        let count = errors.problems.len();
        let place = if count == 1 { "place" } else { "places" };
        Self::new(
            ErrorKind::InvalidConfig,
            format!("the monitoring configuration is wrong in {count} {place}:\n{errors}"),
        )
        .with("errors", count)
    }
}

//! The one error of the library: a [`ErrorKind`] to branch on, a message that names the thing and the way out,
//! key-value context, and the source.
//!
//! One table drives four languages: the Python exception classes, the Node `code`, and the C status numbers are all
//! generated from, or tested against, [`ErrorKind::ALL`].

use std::fmt;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $code:literal, retryable: $retry:literal;)+) => {
        /// What went wrong, in a form a program can branch on. New kinds may be added in a minor version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[doc = $doc])+ $name,)+ }

        impl ErrorKind {
            /// Every kind, in the order of its number.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name,)+];

            /// The stable upper-case code, the same in every language, such as `"INVALID_INPUT"`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(ErrorKind::$name => $code,)+ }
            }

            /// The stable status number of the C interface; never 0 (success) and never reused.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self { $(ErrorKind::$name => $number,)+ }
            }

            /// Whether the same call may succeed when it is simply tried again.
            #[must_use]
            pub const fn is_retryable(self) -> bool {
                match self { $(ErrorKind::$name => $retry,)+ }
            }
        }
    };
}

error_kinds! {
    /// An argument is wrong: NaN samples, an empty path, a shape that does not fit.
    InvalidInput = 1, "INVALID_INPUT", retryable: false;
    /// A setting is wrong: an unknown preset, weights that do not sum to 1.
    InvalidConfig = 2, "INVALID_CONFIG", retryable: false;
    /// The file, asset or row is not there.
    NotFound = 3, "NOT_FOUND", retryable: false;
    /// The operating system, or a platform, refuses access.
    PermissionDenied = 4, "PERMISSION_DENIED", retryable: false;
    /// The container, codec or encoding is not one that this build reads.
    UnsupportedFormat = 5, "UNSUPPORTED_FORMAT", retryable: false;
    /// A feature that is not built, or a model file that is not there, is needed for this call.
    Unavailable = 6, "UNAVAILABLE", retryable: false;
    /// The data is damaged beyond a partial result.
    DecodeFailed = 7, "DECODE_FAILED", retryable: false;
    /// The input costs more than [`crate::Limits`] allows.
    LimitExceeded = 8, "LIMIT_EXCEEDED", retryable: false;
    /// The time allowed for the call is over.
    Timeout = 9, "TIMEOUT", retryable: true;
    /// The host asked to stop.
    Cancelled = 10, "CANCELLED", retryable: false;
    /// Reading or writing failed for a reason of the system.
    Io = 11, "IO", retryable: true;
    /// The store refused or lost something.
    Storage = 12, "STORAGE", retryable: false;
    /// The store is held by another process for longer than we waited.
    StorageBusy = 13, "STORAGE_BUSY", retryable: true;
    /// The store was written by a newer version, or its schema is not ours.
    SchemaMismatch = 14, "SCHEMA_MISMATCH", retryable: false;
    /// An extractor or callback of the host failed.
    HostFailed = 15, "HOST_FAILED", retryable: false;
    /// A defect of this library. Please report it.
    Internal = 16, "INTERNAL", retryable: false;
    /// A platform's rate limit is reached; `resets_at` says when to come again, where the platform does.
    RateLimited = 17, "RATE_LIMITED", retryable: true;
    /// A platform's quota is used up; `resets_at` says when it begins anew.
    QuotaExceeded = 18, "QUOTA_EXCEEDED", retryable: false;
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An error: what kind, what thing, what to do about it.
///
/// ```
/// use viralnow_core::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::NotFound, "no such file; check the path").with("path", "clip.mp4");
/// assert_eq!(error.kind().code(), "NOT_FOUND");
/// assert_eq!(error.to_string(), "no such file; check the path (path: clip.mp4)");
/// assert!(!error.is_retryable());
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{}", self.display())]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind. The message names the thing and, where there is one, the way out.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), context: Vec::new(), source: None }))
    }

    /// Adds one fact, such as the path or the stream, which is shown after the message and kept for machines.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Keeps the error that caused this one; its text is shown at the end.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The error for a panic that was caught: a defect of this library.
    ///
    /// ```
    /// let caught = std::panic::catch_unwind(|| panic!("out of luck")).unwrap_err();
    /// let error = viralnow_core::Error::from_panic(&*caught);
    /// assert_eq!(error.kind().code(), "INTERNAL");
    /// assert!(error.to_string().contains("out of luck"));
    /// ```
    #[must_use]
    pub fn from_panic(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
        Self::new(
            ErrorKind::Internal,
            "the library panicked, which is a defect; please report it with this input",
        )
        .with("panic", text)
    }

    /// The same error once more, for another place that it strikes; the source stays behind, as text.
    #[must_use]
    pub fn again(&self) -> Self {
        let again = Self::new(self.kind(), self.message());
        let again = self.context().iter().fold(again, |error, (key, value)| error.with(key, value));
        match self.cause() {
            Some(cause) => again.caused_by(cause.to_string()),
            None => again,
        }
    }

    /// The kind to branch on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed when tried again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }

    /// The message without context and source.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The facts added by [`Error::with`], in order.
    #[must_use]
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// The error that caused this one.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    fn display(&self) -> String {
        let mut text = self.0.message.clone();
        for (i, (key, value)) in self.0.context.iter().enumerate() {
            text.push_str(if i == 0 { " (" } else { ", " });
            text.push_str(key);
            text.push_str(": ");
            text.push_str(value);
        }
        if !self.0.context.is_empty() {
            text.push(')');
        }
        if let Some(source) = &self.0.source {
            text.push_str(": ");
            text.push_str(&source.to_string());
        }
        text
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        let (kind, message) = match source.kind() {
            std::io::ErrorKind::NotFound => (ErrorKind::NotFound, "no such file; check the path"),
            std::io::ErrorKind::PermissionDenied => {
                (ErrorKind::PermissionDenied, "not allowed to open the file; check its permissions")
            }
            _ => (ErrorKind::Io, "reading or writing failed"),
        };
        Self::new(kind, message).caused_by(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_numbers_are_unique_and_never_zero() {
        let codes: BTreeSet<_> = ErrorKind::ALL.iter().map(|k| k.code()).collect();
        let numbers: BTreeSet<_> = ErrorKind::ALL.iter().map(|k| k.number()).collect();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
        assert_eq!(numbers.len(), ErrorKind::ALL.len());
        assert!(numbers.iter().all(|&n| n > 0));
    }

    #[test]
    fn a_missing_file_says_so() {
        let error: Error = std::fs::read("no-such-file").unwrap_err().into();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("check the path"));
    }
}

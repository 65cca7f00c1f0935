//! `SQLite`'s errors as ours, and waiting for a file that another holds.

use super::Schema;
use crate::{Error, ErrorKind, Result};
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a call tries again while others hold the file.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Tries until it works, fails for another reason than "busy", or patience is over. `SQLite`'s own waiting does not reach
/// everywhere: switching to the write-ahead log, recovering it, and two that would wait for each other are told "busy" at
/// once.
pub(super) fn patiently<T>(
    path: &Path,
    schema: &Schema,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> Result<T> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(error) if is_busy(&error) && started.elapsed() + pause < schema.patience => {
                pause = sleep(pause);
            }
            Err(error) => return Err(describe(&error, path)),
        }
    }
}

const NO_DATABASE: &str = "the file is not a SQLite database; choose another path";
const DAMAGED: &str = "the database is damaged; put back a copy, or move it away to begin anew";

/// Whether an error of this room says that the file itself is damaged.
pub(crate) fn is_damaged(error: &Error) -> bool {
    [NO_DATABASE, DAMAGED].contains(&error.message())
}

/// The error that makes [`patiently`] try again.
pub(super) fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed)
    )
}

/// Sleeps about so long; how long to do it next time.
pub(crate) fn sleep(pause: Duration) -> Duration {
    std::thread::sleep(pause + jitter(pause));
    (pause * 2).min(Duration::from_millis(50))
}

/// Up to as much again, so that processes that were refused together do not come back together.
fn jitter(pause: Duration) -> Duration {
    let noise = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos() ^ std::process::id().wrapping_mul(0x9E37_79B9));
    pause * (noise % 64) / 64
}

/// `SQLite`'s error with its kind, the file and the way out.
pub(super) fn describe(error: &rusqlite::Error, path: &Path) -> Error {
    let (kind, message) = match error.sqlite_error_code() {
        _ if is_busy(error) => {
            (ErrorKind::StorageBusy, "another process holds the database for too long; try again later")
        }
        Some(ErrorCode::NotADatabase) => (ErrorKind::Storage, NO_DATABASE),
        Some(ErrorCode::DatabaseCorrupt) => (ErrorKind::Storage, DAMAGED),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => (
            ErrorKind::PermissionDenied,
            "not allowed to write the database; check the permissions of the file and its directory",
        ),
        Some(ErrorCode::CannotOpen) => cannot_open(path),
        Some(ErrorCode::DiskFull) => (ErrorKind::Storage, "the disk is full; make room and try again"),
        Some(ErrorCode::SystemIoFailure) => (ErrorKind::Io, "reading or writing the database failed"),
        Some(ErrorCode::TooBig) => (ErrorKind::LimitExceeded, "a value is too large for the database"),
        Some(ErrorCode::ConstraintViolation) => {
            (ErrorKind::InvalidInput, "the data contradicts itself: a row breaks a rule of the schema")
        }
        _ => (ErrorKind::Storage, "the database refused"),
    };
    Error::new(kind, message).with("path", path.display()).caused_by(error.to_string())
}

/// `SQLite` does not say why; the operating system does.
fn cannot_open(path: &Path) -> (ErrorKind, &'static str) {
    match std::fs::OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (
            ErrorKind::PermissionDenied,
            "the database cannot be made there; check the permissions of the directory",
        ),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            (ErrorKind::PermissionDenied, "not allowed to open the database; check its permissions")
        }
        Err(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => (
            ErrorKind::PermissionDenied,
            "the database cannot be written, for its medium is read-only; copy it to where it can be",
        ),
        // The file itself opens, so it is the log beside it that cannot be made.
        Ok(_) => (
            ErrorKind::PermissionDenied,
            "not allowed to write beside the database; check the permissions of its directory",
        ),
        Err(_) => (ErrorKind::Io, "the database cannot be opened"),
    }
}

//! Connections that a child of a fork inherits.
//!
//! `SQLite` keeps in mind which locks the process holds on a file, once for all connections to it. A child has that in its mind too, and holds
//! none of the locks. Were one inherited connection left open, a new one of the child's would rest on locks that are not there, and the
//! process that closes the file last elsewhere would take the write-ahead log away from under it. So all of them are closed before the child
//! opens its first.

use super::abandon;
use crate::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::{Duration, Instant};

/// How long a lock is waited for that a thread of the parent may have held at the fork: that one is never released.
const WAIT: Duration = Duration::from_secs(1);

/// A connection, and the process that opened it.
pub(super) struct Held {
    pub(super) connection: Mutex<Option<Connection>>,
    pub(super) pid: AtomicU32,
    in_memory: bool,
    path: PathBuf,
}

/// Connections to files.
static OPEN: Mutex<Vec<Weak<Held>>> = Mutex::new(Vec::new());
/// The process that has closed what it inherited.
static CLEAN: AtomicU32 = AtomicU32::new(0);

impl Held {
    pub(super) fn new(connection: Connection, in_memory: bool, path: &Path) -> Arc<Self> {
        let held = Arc::new(Self {
            connection: Mutex::new(Some(connection)),
            pid: AtomicU32::new(std::process::id()),
            in_memory,
            path: path.to_owned(),
        });
        // What is in memory is the child's own copy, and stays.
        if !in_memory && let Some(mut open) = patiently(&OPEN) {
            open.retain(|held| held.strong_count() > 0);
            open.push(Arc::downgrade(&held));
        }
        held
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _gate = crate::fork::gate();
        let forked = *self.pid.get_mut() != std::process::id() && !self.in_memory;
        if let Some(inherited) = self.connection.get_mut().unwrap_or_else(PoisonError::into_inner).take()
            && forked
        {
            abandon(inherited);
        }
    }
}

/// Closes what the process inherited, once: before anything is opened. Fails where the file at this path has a connection that cannot be
/// closed, since a thread of the parent was using it: beside that one none is safe.
pub(super) fn close(path: &Path) -> Result<()> {
    let pid = std::process::id();
    if CLEAN.load(Ordering::Acquire) == pid {
        return Ok(());
    }
    let Some(open) = patiently(&OPEN) else { return Err(in_use(path)) };
    if CLEAN.load(Ordering::Acquire) == pid {
        return Ok(());
    }
    let (mut all, mut this) = (true, true);
    for held in open.iter().filter_map(Weak::upgrade) {
        if held.pid.load(Ordering::Acquire) == pid {
            continue;
        }
        let Some(mut slot) = patiently(&held.connection) else {
            (all, this) = (false, this && held.path != path);
            continue;
        };
        if held.pid.load(Ordering::Acquire) != pid
            && let Some(inherited) = slot.take()
        {
            abandon(inherited);
        }
    }
    if all {
        CLEAN.store(pid, Ordering::Release);
    }
    if this { Ok(()) } else { Err(in_use(path)) }
}

/// The process was forked in the middle of another thread's work on the file.
pub(super) fn in_use(path: &Path) -> Error {
    let message = "the process was forked while another thread used the database, so that the child cannot; fork between its calls, or \
                   start the process anew (spawn)";
    Error::new(ErrorKind::StorageBusy, message).with("path", path.display())
}

fn patiently<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    let started = Instant::now();
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(guard)) => return Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) if started.elapsed() < WAIT => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(TryLockError::WouldBlock) => return None,
        }
    }
}

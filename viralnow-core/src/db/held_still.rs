//! `SQLite`'s own locks while the process forks.
//!
//! A child whose parent's other threads were inside `SQLite` would find its global locks (of its memory, its page cache, its list of open
//! files) taken for ever: its first statement would hang. So a fork holds all of them; threads are inside for microseconds. The locks of
//! single files are kept free by the gate around each use of a [`Database`](super::Database).

use rusqlite::ffi;
use std::cell::Cell;
use std::os::raw::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The global ones, by number: those of `SQLITE_MUTEX_STATIC_MAIN` to `SQLITE_MUTEX_STATIC_VFS3`.
const FIRST: c_int = ffi::SQLITE_MUTEX_STATIC_MAIN;
const COUNT: usize = (ffi::SQLITE_MUTEX_STATIC_VFS3 - FIRST + 1) as usize;

/// Looked up beforehand: at the fork no memory is taken.
static LOCKS: OnceLock<[AtomicPtr<ffi::sqlite3_mutex>; COUNT]> = OnceLock::new();

thread_local! {
    /// Whether this thread, which forks, holds them.
    static HOLDS: Cell<bool> = const { Cell::new(false) };
}

/// Before the first connection is opened.
pub(super) fn watch() {
    LOCKS.get_or_init(|| {
        std::array::from_fn(|n| {
            // SAFETY: a number of a global lock; `SQLite` makes itself ready if nobody did yet, and keeps the lock for ever. Null, which the
            // calls below take, where it was built without threads.
            AtomicPtr::new(unsafe { ffi::sqlite3_mutex_alloc(FIRST + n as c_int) })
        })
    });
    crate::fork::watch();
}

/// Takes all of them, or says that some were taken meanwhile: none is waited for while others are held, so that their order is nobody's
/// matter. In the parent, before the fork.
pub(crate) fn take() -> bool {
    let Some(locks) = LOCKS.get() else { return true };
    for (n, lock) in locks.iter().enumerate() {
        // SAFETY: `SQLite`'s own lock.
        if unsafe { ffi::sqlite3_mutex_try(lock.load(Ordering::Relaxed)) } != ffi::SQLITE_OK {
            leave(&locks[..n]);
            return false;
        }
    }
    let _ = HOLDS.try_with(|holds| holds.set(true));
    true
}

/// Gives them back: in the parent and in the child, by the thread that forked.
pub(crate) fn give_back() {
    if let Some(locks) = LOCKS.get()
        && HOLDS.try_with(|holds| holds.replace(false)) == Ok(true)
    {
        leave(locks);
    }
}

fn leave(locks: &[AtomicPtr<ffi::sqlite3_mutex>]) {
    for lock in locks.iter().rev() {
        // SAFETY: this thread took it.
        unsafe { ffi::sqlite3_mutex_leave(lock.load(Ordering::Relaxed)) };
    }
}

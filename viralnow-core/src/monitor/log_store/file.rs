//! The file behind the log: opened anew when it was replaced, set aside when it is damaged.
//!
//! Several processes have the file open, and any of them may find it damaged and move it away. So that nothing is written to where
//! nobody looks: whoever opens the file, or moves it, holds a lock meanwhile; after each transaction the path must still lead to the file that
//! was written to, else it is done again in the new one; and a file that lies elsewhere by now is closed without a checkpoint, for that
//! would delete the write-ahead log by its name, which is the new file's.

use super::{LogStore, SCHEMA};
use crate::db::{self, Database, PATIENCE, is_damaged};
use crate::fork;
use crate::{Error, ErrorKind, Result};
use rusqlite::Transaction;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a transaction is done again because the file was replaced meanwhile.
const MOVES: usize = 5;

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path with something put at its end.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// An open file and which one it is.
#[derive(Debug, Default)]
pub(super) struct Slot {
    open: Option<(Arc<Database>, Option<u64>)>,
}

impl Slot {
    /// Closes the file, which empties its write-ahead log, unless it is not the one at the path any more.
    pub(super) fn close(&mut self, path: &Path) {
        match self.open.take() {
            Some((database, opened)) if opened != identity(path) => database.leave_behind(),
            _ => {}
        }
    }

    /// Closes a file that is not the one at the path any more.
    fn leave_behind(&mut self) {
        if let Some((database, _)) = self.open.take() {
            database.leave_behind();
        }
    }

    /// The open file; another one when the path leads elsewhere by now. Where it is only `asked`, it need not be one that can be written.
    fn get(&mut self, path: &Path, asked: bool) -> Result<(Arc<Database>, Option<u64>)> {
        let in_memory = path.as_os_str() == ":memory:";
        if let Some((database, opened)) = &self.open {
            if in_memory || *opened == identity(path) {
                return Ok((database.clone(), *opened));
            }
            self.leave_behind();
        }
        if in_memory {
            return Ok(self.open.insert((Arc::new(Database::open(path, &SCHEMA)?), None)).clone());
        }
        // While it is opened nobody moves it, or what lies beside it.
        let _held = held(path, false)?;
        let file = identity(path);
        match Database::open(path, &SCHEMA) {
            // Not kept open: it may be read as a file that nobody changes, and who may write it begins at any time.
            Err(error) if asked && error.kind() == ErrorKind::PermissionDenied => {
                Ok((Arc::new(Database::open_to_read(path, &SCHEMA)?), file))
            }
            opened => Ok(self.open.insert((Arc::new(opened?), identity(path))).clone()),
        }
    }
}

/// The lock of those who open the file (together) or move it (alone). Where the folder or the file system has no locks there is none. Given
/// up at once: the caller waits, and lets forks pass meanwhile.
fn held(path: &Path, alone: bool) -> Result<Option<File>> {
    let Ok(file) = OpenOptions::new().create(true).append(true).open(beside(path, ".lock")) else {
        return Ok(None);
    };
    match if alone { file.try_lock() } else { file.try_lock_shared() } {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::StorageBusy,
            "another process opens the log, or sets it aside; try again later",
        )),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Which file a path leads to; `None` where there is none, or the system has no numbers for files.
#[cfg(unix)]
fn identity(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|file| file.ino())
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<u64> {
    path.exists().then_some(0)
}

/// Whether the file's header has our mark, where `SQLite` keeps it: whatever else lies at the path is left alone.
pub(super) fn is_ours(path: &Path) -> bool {
    let mut header = [0; 72];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[68..] == SCHEMA.application_id.to_be_bytes()
}

impl LogStore {
    /// Writes; where the file turns out to be damaged it is set aside, and it is written to a new one.
    pub(super) fn writing<T>(&self, mut work: impl FnMut(&Database) -> Result<T>) -> Result<T> {
        match self.at_work(&self.writer, &mut work) {
            (Err(error), opened) if is_damaged(&error) && !self.in_memory() && is_ours(&self.path) => {
                waiting(|| self.put_aside(&error, opened))?;
                self.at_work(&self.writer, &mut work).0
            }
            (result, _) => result,
        }
    }

    /// Reads in one transaction. Nobody who asks holds up the writer.
    pub(super) fn reading<T>(
        &self,
        mut look: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        // A log in memory is seen by its own connection alone.
        let slot = if self.in_memory() { &self.writer } else { &self.reader };
        self.at_work(slot, &mut |database| database.read(&mut look)).0
    }

    /// What came of it, and in which file; `None` where that could not be opened.
    fn at_work<T>(
        &self,
        slot: &Mutex<Slot>,
        work: &mut dyn FnMut(&Database) -> Result<T>,
    ) -> (Result<T>, Option<u64>) {
        let asked = self.asked && std::ptr::eq(slot, &raw const self.reader);
        let mut moves = 0;
        loop {
            let mut file = None;
            let result = waiting(|| {
                let (database, opened) = lock(slot).get(&self.path, asked)?;
                file = opened;
                work(&database)
            });
            moves += 1;
            if self.in_memory() || file.is_none() || file == identity(&self.path) || moves > MOVES {
                return (result, file);
            }
            // It was deleted or set aside on the way: to the new one, then.
        }
    }

    fn put_aside(&self, error: &Error, damaged: Option<u64>) -> Result<()> {
        // Both closed first: nothing of ours may be at work in the file that is moved.
        let mut writer = lock(&self.writer);
        writer.leave_behind();
        lock(&self.reader).leave_behind();
        let _alone = held(&self.path, true)?;
        let moved = match damaged {
            Some(file) => Some(file) != identity(&self.path),
            None => Database::open(&self.path, &SCHEMA).is_ok(),
        };
        if moved {
            // Another one was first, and this is the new file.
            return Ok(());
        }
        let stamp = crate::monitor::unix_us() / 1000;
        let aside = beside(&self.path, &format!(".corrupt-{stamp}-{}", std::process::id()));
        std::fs::rename(&self.path, &aside)
            .map_err(|rename| error.again().with("not_set_aside", rename).with("to", aside.display()))?;
        for end in ["-wal", "-shm"] {
            // The log of the damaged file belongs to it, and must not be taken for the new one's.
            let _ = std::fs::rename(beside(&self.path, end), beside(&aside, end));
        }
        lock(&self.set_aside).push(aside);
        Ok(())
    }
}

/// Tries again as long as others hold the file. A fork waits for one attempt at most, not for the pauses: a child must not find the
/// connection in use, for it could neither use it nor close it.
pub(super) fn waiting<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let result = {
            let _gate = fork::gate();
            attempt()
        };
        match result {
            Err(error) if error.kind() == ErrorKind::StorageBusy && started.elapsed() < PATIENCE => {
                pause = db::sleep(pause);
            }
            result => return result,
        }
    }
}

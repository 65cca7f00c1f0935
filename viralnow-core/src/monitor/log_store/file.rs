//! The file behind the log: opened anew when it was replaced, set aside when it is damaged.

use super::{LogStore, SCHEMA};
use crate::db::{Database, is_damaged};
use crate::monitor::fork;
use crate::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long one who finds the file damaged waits for another who did.
const PATIENCE: Duration = Duration::from_secs(2);

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
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// The open file; another one when the path leads elsewhere by now.
    pub(super) fn get(&mut self, path: &Path) -> Result<Arc<Database>> {
        let in_memory = path.as_os_str() == ":memory:";
        if let Some((database, opened)) = &self.open
            && (in_memory || *opened == identity(path))
        {
            return Ok(database.clone());
        }
        self.open = None;
        let database = Arc::new(Database::open(path, &SCHEMA)?);
        self.open = Some((database.clone(), identity(path)));
        Ok(database)
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
fn is_ours(path: &Path) -> bool {
    let mut header = [0; 72];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[68..] == SCHEMA.application_id.to_be_bytes()
}

impl LogStore {
    /// Writes, and when the file turns out to be damaged, sets it aside and writes to a new one.
    pub(super) fn write_safely<T>(&self, mut work: impl FnMut(&Database) -> Result<T>) -> Result<T> {
        let attempt = |work: &mut dyn FnMut(&Database) -> Result<T>| {
            let database = self.to_write()?;
            work(&database)
        };
        match attempt(&mut work) {
            Err(error) if is_damaged(&error) && !self.in_memory() && is_ours(&self.path) => {
                self.put_aside(&error)?;
                attempt(&mut work)
            }
            result => result,
        }
    }

    /// The lock that whoever sets the file aside holds; given up after some seconds, for there may be none on this file system.
    fn alone_with_it(&self) -> Result<std::fs::File> {
        let path = beside(&self.path, ".lock");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        let started = Instant::now();
        while let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            if started.elapsed() > PATIENCE {
                return Err(Error::new(
                    ErrorKind::StorageBusy,
                    "another process sets the damaged log aside; try again later",
                ));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(file)
    }

    fn put_aside(&self, error: &Error) -> Result<()> {
        let _gate = fork::gate();
        // Both closed first: nothing of ours may be at work in the file that is moved.
        let mut writer = lock(&self.writer);
        let moved_before = writer.open.as_ref().map(|(_, opened)| *opened);
        let opened = writer.open.take().is_some();
        lock(&self.reader).open = None;
        // Another process that is at it has renamed the file, or has not looked at it yet.
        let _one_at_a_time = self.alone_with_it()?;
        let moved = moved_before.is_some_and(|before| before != identity(&self.path))
            || !opened && Database::open(&self.path, &SCHEMA).is_ok();
        if moved {
            // Another process was first; the next attempt opens the new file.
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

//! Opening, migrating and sharing one `SQLite` file.
//!
//! Several threads share a [`Database`] (one connection behind a lock); several processes share its file: write-ahead log,
//! `BEGIN IMMEDIATE` for whoever writes, and patience where another holds the file. A process that was forked with an
//! open database gets a connection of its own at its first call.

mod error;
#[cfg(unix)]
mod held_still;
mod inherited;
mod migrate;
mod read_only;

use crate::fork;
use crate::{Error, ErrorKind, Result};
pub(crate) use error::{PATIENCE, is_damaged, sleep};
use error::{describe, patiently};
#[cfg(unix)]
pub(crate) use held_still::{give_back, take};
use inherited::Held;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// How long `SQLite` itself waits for a lock before it says "busy", at most; [`Schema::patience`] bounds the whole call.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a file of ours holds, and how older ones become like it.
#[derive(Debug)]
pub(crate) struct Schema {
    /// What to call it in errors, such as `feature store`.
    pub(crate) what: &'static str,
    /// Marks the file as ours (`SQLite`'s `application_id`); not 0.
    pub(crate) application_id: i32,
    /// Settings of each connection, said before anything is made; empty for the usual ones.
    pub(crate) setup: &'static str,
    /// How long a call waits while others hold the file, [`PATIENCE`] by rule; less where the caller waits by itself.
    pub(crate) patience: Duration,
    /// Entry `n` leads from version `n` to `n + 1`. Never changed once released, only added to.
    pub(crate) migrations: &'static [&'static str],
}

/// What is open, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    InMemory,
    Write,
    Read,
}

/// One open file, or a database in memory.
pub(crate) struct Database {
    path: PathBuf,
    access: Access,
    schema: &'static Schema,
    held: Arc<Held>,
    /// Unlike that of any other that this process opened.
    id: u64,
    /// It is not to be opened again: see [`Database::leave_behind`].
    left: AtomicBool,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens the file, makes it when it is not there, and brings it to the newest version. `:memory:` is a database that
    /// nobody else sees and that ends with this value.
    pub(crate) fn open(path: &Path, schema: &'static Schema) -> Result<Self> {
        Self::open_for(Access::Write, path, schema)
    }

    /// Opens a file that cannot be written, as it lies there. Fails where it is of an older version.
    pub(crate) fn open_to_read(path: &Path, schema: &'static Schema) -> Result<Self> {
        Self::open_for(Access::Read, path, schema)
    }

    fn open_for(access: Access, path: &Path, schema: &'static Schema) -> Result<Self> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        #[cfg(unix)]
        held_still::watch();
        let access = if path.as_os_str() == ":memory:" { Access::InMemory } else { access };
        let path = if access == Access::InMemory { path.to_owned() } else { checked(path, schema)? };
        let _gate = fork::gate();
        let connection = connect(&path, access, schema)?;
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        let left = AtomicBool::new(false);
        Ok(Self {
            held: Held::new(connection, access == Access::InMemory, &path),
            path,
            access,
            schema,
            id,
            left,
        })
    }

    /// Closes it as it lies there: no checkpoint, and its write-ahead log stays. For a file that is not the one at its path any more, where
    /// closing in the usual way would take away the log of the new one.
    pub(crate) fn leave_behind(&self) {
        self.left.store(true, Ordering::Release);
        if let Ok(mut slot) = self.lock()
            && let Some(connection) = slot.take()
        {
            abandon(connection);
        }
    }

    fn in_memory(&self) -> bool {
        self.access == Access::InMemory
    }

    /// A number that no other open database of this process has or had.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The file's absolute path, or `:memory:`.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads in one transaction, so that what is seen belongs together. The closure may run more than once.
    pub(crate) fn read<T>(&self, look: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.transact(TransactionBehavior::Deferred, look)
    }

    /// Writes in one transaction: all of it or nothing. The closure may run more than once.
    pub(crate) fn write<T>(&self, work: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.transact(TransactionBehavior::Immediate, work)
    }

    fn transact<T>(
        &self,
        behavior: TransactionBehavior,
        mut work: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        // A fork comes before or after: in the middle of it the child would inherit what it can neither use nor close.
        let _gate = fork::gate();
        let mut slot = self.lock()?;
        let connection = self.connected(&mut slot)?;
        let newest = self.schema.migrations.len();
        let done = patiently(&self.path, self.schema, || {
            let transaction = Transaction::new(connection, behavior)?;
            // Another process may be newer than we are and have migrated the file under us.
            if migrate::version(&transaction)? != newest {
                return Ok(None);
            }
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(Some(result))
        })?;
        done.ok_or_else(|| migrate::newer(&self.path, self.schema))
    }

    /// Runs a statement that must stand outside of transactions.
    pub(crate) fn alone<T>(&self, mut work: impl FnMut(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let _gate = fork::gate();
        let mut slot = self.lock()?;
        let connection = self.connected(&mut slot)?;
        patiently(&self.path, self.schema, || work(connection))
    }

    /// Rewrites the file without what was deleted, and empties the write-ahead log. Takes time in proportion to the file.
    ///
    /// `secure_delete` alone does not do that: when `SQLite` moves rows between pages, the page that they leave keeps old
    /// bytes in its free middle.
    pub(crate) fn scrub(&self) -> Result<()> {
        if self.in_memory() {
            return Ok(());
        }
        let _gate = fork::gate();
        let mut slot = self.lock()?;
        let connection = self.connected(&mut slot)?;
        patiently(&self.path, self.schema, || connection.execute_batch("VACUUM"))?;
        patiently(&self.path, self.schema, || {
            let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy { Err(error::busy()) } else { Ok(()) }
        })
    }

    /// The connection, for this call alone.
    fn lock(&self) -> Result<MutexGuard<'_, Option<Connection>>> {
        let pid = std::process::id();
        if self.held.pid.load(Ordering::Acquire) == pid {
            // A panic in a closure rolls its transaction back; the connection stays good.
            return Ok(self.held.connection.lock().unwrap_or_else(PoisonError::into_inner));
        }
        if !self.in_memory() {
            inherited::close(&self.path)?;
        }
        let mut guard = self.lock_after_fork()?;
        if self.held.pid.load(Ordering::Acquire) != pid && !self.in_memory() {
            // Before we open our own: SQLite would take over its idea of which locks this process holds.
            if let Some(inherited) = guard.take() {
                abandon(inherited);
            }
        }
        self.held.pid.store(pid, Ordering::Release);
        Ok(guard)
    }

    /// The first lock in a forked process: if a thread of the parent held it at the fork, nobody will ever release it.
    fn lock_after_fork(&self) -> Result<MutexGuard<'_, Option<Connection>>> {
        let started = Instant::now();
        loop {
            match self.held.connection.try_lock() {
                Ok(guard) => return Ok(guard),
                Err(TryLockError::Poisoned(guard)) => return Ok(guard.into_inner()),
                Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(inherited::in_use(&self.path));
                }
            }
        }
    }

    /// The open connection; after a fork, or a failure to open it then, a new one.
    fn connected<'a>(&self, slot: &'a mut Option<Connection>) -> Result<&'a mut Connection> {
        match slot {
            Some(connection) => Ok(connection),
            None if self.left.load(Ordering::Acquire) => {
                Err(Error::new(ErrorKind::StorageBusy, "the file was replaced meanwhile; try again")
                    .with("path", self.path.display()))
            }
            None => Ok(slot.insert(connect(&self.path, self.access, self.schema)?)),
        }
    }
}

/// Closes a connection that was inherited by a fork, or whose file is another's by now. Others still use its log: no checkpoint.
fn abandon(inherited: Connection) {
    let _ = inherited.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    if let Err((leaked, _)) = inherited.close() {
        std::mem::forget(leaked);
    }
}

/// The absolute path, once it is clear that a file can be there. `SQLite`'s own words for the rest are too few.
fn checked(path: &Path, schema: &Schema) -> Result<PathBuf> {
    let wrong = |kind, message: &str| {
        Err(Error::new(kind, message).with("path", path.display()).with("what", schema.what))
    };
    if path.as_os_str().is_empty() {
        return wrong(ErrorKind::InvalidInput, "the path is empty; name a file, or `:memory:`");
    }
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return wrong(ErrorKind::InvalidInput, "the path holds a zero byte");
    }
    // Absolute: it outlives a change of directory, and is never mistaken for SQLite's `file:` addresses.
    let absolute = std::path::absolute(path)?;
    if absolute.is_dir() {
        return wrong(ErrorKind::InvalidInput, "the path is a directory; name a file in it");
    }
    if let Some(parent) = absolute.parent() {
        match std::fs::metadata(parent) {
            Ok(parent) if parent.is_dir() => {}
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return wrong(ErrorKind::PermissionDenied, "not allowed to enter the file's directory");
            }
            _ => return wrong(ErrorKind::NotFound, "the file's directory is not there; make it first"),
        }
    }
    Ok(absolute)
}

fn connect(path: &Path, access: Access, schema: &Schema) -> Result<Connection> {
    let in_memory = access == Access::InMemory;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        // The lock of `Database` is around every use.
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !in_memory {
        inherited::close(path)?;
    }
    if access == Access::Read {
        return read_only::connect(path, schema);
    }
    let mut connection = patiently(path, schema, || Connection::open_with_flags(path, flags))?;
    prepare(&mut connection, path, in_memory, schema).map_err(|error| error.with("what", schema.what))?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path, in_memory: bool, schema: &Schema) -> Result<()> {
    patiently(path, schema, || {
        connection.busy_timeout(BUSY_TIMEOUT.min(schema.patience / 2))?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;")?;
        connection.execute_batch(schema.setup)
    })?;
    // Before anything is changed: whose file is it? This also reads the header, and so finds damage.
    let state = patiently(path, schema, || migrate::state(connection, schema))?;
    migrate::refuse(state, path, schema)?;
    if !in_memory {
        if connection.is_readonly("main").map_err(|error| describe(&error, path))? {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "not allowed to write the file; check its permissions",
            )
            .with("path", path.display()));
        }
        patiently(path, schema, || {
            // Where the file system cannot share memory this stays `delete`, which is slower and as safe.
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))?;
            connection.execute_batch("PRAGMA synchronous = NORMAL")
        })?;
    }
    migrate::migrate(connection, path, schema)
}

#[cfg(test)]
mod tests;

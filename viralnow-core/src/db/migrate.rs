//! Whose file it is, which version it has, and bringing it to the newest.

use super::Schema;
use super::error::patiently;
use crate::{Error, ErrorKind, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// What a file is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Ours, of this version, which may be older than ours; 0 is an empty file.
    Ours(usize),
    /// Ours, of a version that we do not know.
    Newer,
    /// Another program's.
    Foreign,
}

/// The version of the file: `PRAGMA user_version`.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<usize> {
    let version: i64 = connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

/// Looks at the file without changing it. In a transaction: another process may be making the file right now.
pub(super) fn state(connection: &mut Connection, schema: &Schema) -> rusqlite::Result<State> {
    state_within(&Transaction::new(connection, TransactionBehavior::Deferred)?, schema)
}

fn state_within(connection: &Transaction<'_>, schema: &Schema) -> rusqlite::Result<State> {
    let version = version(connection)?;
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    Ok(match (application, version, tables) {
        (0, 0, 0) => State::Ours(0),
        (id, ..) if id != schema.application_id => State::Foreign,
        _ if version > schema.migrations.len() => State::Newer,
        _ => State::Ours(version),
    })
}

/// The error for a file that we must not touch.
pub(super) fn refuse(state: State, path: &Path, schema: &Schema) -> Result<()> {
    match state {
        State::Ours(_) => Ok(()),
        State::Newer => Err(newer(path, schema)),
        State::Foreign => Err(Error::new(
            ErrorKind::SchemaMismatch,
            "the file is the database of another program; choose another path",
        )
        .with("path", path.display())),
    }
}

/// The error for a file that a newer version of the library wrote.
pub(super) fn newer(path: &Path, schema: &Schema) -> Error {
    Error::new(
        ErrorKind::SchemaMismatch,
        "the database was written by a newer version of the library; upgrade the library, or choose another file",
    )
    .with("path", path.display())
    .with("newest_version_known", schema.migrations.len())
}

/// Brings the file to the newest version: all steps in one transaction. Of several processes one does it, and the others
/// find it done.
pub(super) fn migrate(connection: &mut Connection, path: &Path, schema: &Schema) -> Result<()> {
    let newest = schema.migrations.len();
    let found = patiently(path, schema, || {
        if let found @ State::Ours(version) = state(connection, schema)?
            && version == newest
        {
            return Ok(found);
        }
        let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
        // Again, now that nobody else can write.
        let found = state_within(&transaction, schema)?;
        if let State::Ours(version) = found {
            for step in &schema.migrations[version..] {
                transaction.execute_batch(step)?;
            }
            transaction.pragma_update(None, "application_id", schema.application_id)?;
            transaction.pragma_update(None, "user_version", newest as i64)?;
            transaction.commit()?;
        }
        Ok(found)
    })?;
    refuse(found, path, schema)
}

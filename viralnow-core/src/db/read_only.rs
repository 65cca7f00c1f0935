//! A file that is only looked at: on a medium, or in a folder, that cannot be written.
//!
//! A database with a write-ahead log keeps an index of it beside the file, which even a reader makes. Where that cannot be, the file is read
//! as one that nobody changes, provided that no write-ahead log lies beside it: what is in that one would be missing.

use super::error::{describe, patiently};
use super::{Schema, migrate};
use crate::{Error, ErrorKind, Result};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Opens it as it is; fails where it is of an older version, which would have to be changed first.
pub(super) fn connect(path: &Path, schema: &Schema) -> Result<Connection> {
    let shared = patiently(path, schema, || Connection::open_with_flags(path, FLAGS))
        .and_then(|connection| prepare(connection, path, schema));
    match shared {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
        result => return result,
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).metadata().is_ok_and(|log| log.len() > 0) {
        let what = "the database was not closed, and cannot be read where nothing can be written beside it; copy it, with its -wal, to \
                    where that can be";
        return Err(Error::new(ErrorKind::PermissionDenied, what).with("path", path.display()));
    }
    let address = immutable(path)?;
    let connection = Connection::open_with_flags(address, FLAGS | OpenFlags::SQLITE_OPEN_URI);
    prepare(connection.map_err(|error| describe(&error, path))?, path, schema)
}

/// The address by which `SQLite` reads a file without any lock, and without looking for a log beside it.
fn immutable(path: &Path) -> Result<String> {
    let Some(text) = path.to_str() else {
        let what = "a database that cannot be written is read only where its path is UTF-8";
        return Err(Error::new(ErrorKind::InvalidInput, what).with("path", path.display()));
    };
    // By the system's separators: an address has `/`, and one before a drive's letter.
    let text = if cfg!(windows) { format!("/{}", text.replace('\\', "/")) } else { text.to_owned() };
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Ok(format!("file://{text}?immutable=1"))
}

fn prepare(mut connection: Connection, path: &Path, schema: &Schema) -> Result<Connection> {
    let state = patiently(path, schema, || {
        connection.busy_timeout(super::BUSY_TIMEOUT.min(schema.patience / 2))?;
        connection.set_prepared_statement_cache_capacity(64);
        migrate::state(&mut connection, schema)
    })?;
    migrate::refuse(state, path, schema)?;
    if state != migrate::State::Ours(schema.migrations.len()) {
        let what = "the database is of an older version of the library, and cannot be brought to this one where it cannot be written; copy it";
        return Err(Error::new(ErrorKind::PermissionDenied, what).with("path", path.display()));
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Database;

    static SCHEMA: Schema = Schema {
        what: "a database to read",
        application_id: 8,
        setup: "",
        patience: crate::db::PATIENCE,
        migrations: &["CREATE TABLE rows (n INTEGER)"],
    };
    static NEWER: Schema =
        Schema { migrations: &[SCHEMA.migrations[0], "CREATE TABLE more (n INTEGER)"], ..SCHEMA };

    #[test]
    fn the_address_of_a_file_leads_to_it_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["plain.db", "100%.db", "what?.db", "no #1.db", "%41.db", "a&immutable=0.db", "é 日.db"]
        {
            let path = folder.path().join(name);
            drop(Database::open(&path, &SCHEMA).unwrap());
            let address = immutable(&path).unwrap();
            let connection =
                Connection::open_with_flags(&address, FLAGS | OpenFlags::SQLITE_OPEN_URI).unwrap();
            let connection = prepare(connection, &path, &SCHEMA);
            assert!(connection.is_ok(), "{name}: {connection:?}");
            let written = connection.unwrap().execute("INSERT INTO rows VALUES (1)", []);
            assert!(written.is_err(), "{name}");
        }
    }

    #[test]
    fn a_file_of_an_older_version_is_not_read_as_one_of_this() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("older.db");
        drop(Database::open(&path, &SCHEMA).unwrap());
        assert!(Database::open_to_read(&path, &SCHEMA).is_ok());
        let error = Database::open_to_read(&path, &NEWER).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.message().contains("older version"), "{error}");
    }
}

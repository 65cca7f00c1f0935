//! A copy of the log, made while others write.
//!
//! Row by row in small steps, of which each is done where no fork comes between, and all within one transaction that reads: what is copied is
//! the log of one moment. One statement for all of it would be less to write, and a child of a fork would have its connection in the middle
//! of it, which it could neither use nor close.

use super::file::waiting;
use super::{LogStore, SCHEMA};
use crate::db::Database;
use crate::fork;
use crate::{Error, ErrorKind, Result};
use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};
use std::path::Path;

/// Rows of one step: some milliseconds.
const ROWS: usize = 1000;

/// The tables, each with how many of its first columns are its key.
const TABLES: [(&str, usize); 10] = [
    ("fn", 1),
    ("run", 1),
    ("site", 1),
    ("call", 1),
    ("stack", 1),
    ("error", 1),
    ("event", 1),
    ("job_step", 1),
    ("hist_1m", 2),
    ("hist_1h", 2),
];

type Row = Vec<Value>;

impl LogStore {
    /// A copy of the log as it is at this moment, also while others write; nobody waits for it, and a fork for one step of it at most. Fails
    /// with `INVALID_INPUT` when there is a file already.
    pub fn backup(&self, to: &Path) -> Result<()> {
        // The path is taken first, so that what is removed below is ours.
        if let Err(error) = std::fs::OpenOptions::new().write(true).create_new(true).open(to) {
            if error.kind() != std::io::ErrorKind::AlreadyExists {
                return Err(Error::from(error).with("path", to.display()));
            }
            let message = "there is a file already; choose another path for the copy";
            return Err(Error::new(ErrorKind::InvalidInput, message).with("path", to.display()));
        }
        let copied = if self.in_memory() { self.backup_memory(to) } else { self.copy(to) };
        if copied.is_err() {
            // Half a copy is none.
            let _ = std::fs::remove_file(to);
        }
        copied
    }

    fn copy(&self, to: &Path) -> Result<()> {
        let source = waiting(|| Database::open(&self.path, &SCHEMA))?;
        let target = waiting(|| Database::open(to, &SCHEMA))?;
        // The first look is the moment.
        waiting(|| {
            source.alone(|connection| {
                if connection.is_autocommit() {
                    connection.execute_batch("BEGIN")?;
                }
                connection.execute_batch("SELECT count(*) FROM sqlite_master")
            })
        })?;
        for (table, keys) in TABLES {
            let mut last: Option<Row> = None;
            loop {
                let rows = waiting(|| page(&source, table, keys, last.as_ref()))?;
                let Some(end) = rows.last().cloned() else { break };
                let whole = rows.len() == ROWS;
                waiting(|| put(&target, table, &rows))?;
                if !whole {
                    break;
                }
                last = Some(end);
            }
        }
        waiting(|| source.alone(|connection| connection.execute_batch("COMMIT")))?;
        // Closed where no fork comes between: that empties the copy's write-ahead log.
        let _gate = fork::gate();
        drop((source, target));
        Ok(())
    }

    fn backup_memory(&self, to: &Path) -> Result<()> {
        let Some(path) = to.to_str() else {
            return Err(
                Error::new(ErrorKind::InvalidInput, "the path must be UTF-8").with("path", to.display())
            );
        };
        self.writing(|database| {
            database.alone(|connection| connection.execute("VACUUM INTO ?1", params![path]).map(drop))
        })
    }
}

/// The rows after this one, by their key.
fn page(source: &Database, table: &str, keys: usize, after: Option<&Row>) -> Result<Vec<Row>> {
    let (names, places) = match (table, keys) {
        (_, 2) => ("minute, fn", "(?1, ?2)"),
        ("error", _) => ("call", "?1"),
        _ => ("id", "?1"),
    };
    let from = if after.is_some() { format!("WHERE ({names}) > {places}") } else { String::new() };
    let sql = format!("SELECT * FROM {table} {from} ORDER BY {names} LIMIT {ROWS}");
    source.alone(|connection| {
        let mut statement = connection.prepare_cached(&sql)?;
        let columns = statement.column_count();
        let key = after.into_iter().flat_map(|row| &row[..keys]);
        statement
            .query_map(params_from_iter(key), |row| (0..columns).map(|at| row.get(at)).collect())?
            .collect()
    })
}

fn put(target: &Database, table: &str, rows: &[Row]) -> Result<()> {
    target.write(|transaction| {
        let places = vec!["?"; rows.first().map_or(0, Vec::len)].join(", ");
        let mut insert = transaction.prepare_cached(&format!("INSERT INTO {table} VALUES ({places})"))?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
        Ok(())
    })
}

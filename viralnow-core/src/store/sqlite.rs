//! The embedded store: one `SQLite` file.

mod read;
mod write;

use super::merge::{self, Merged};
use super::{FeatureStore, Versions};
use crate::db::{Database, PATIENCE, Schema};
use crate::features::Payload;
use crate::{AssetId, Result, monitored};
use std::collections::BTreeSet;
use std::path::Path;

static SCHEMA: Schema = Schema {
    what: "feature store",
    application_id: i32::from_be_bytes(*b"VNfs"),
    setup: "",
    patience: PATIENCE,
    migrations: &[
        include_str!("sqlite/001.sql"),
        include_str!("sqlite/002.sql"),
        include_str!("sqlite/003.sql"),
    ],
};

/// A store in one `SQLite` file, shared by any number of threads and processes of one machine.
///
/// The tables are meant to be read by others too: `assets`, `features_audio`, `features_voice`, `features_text`,
/// `features_vision`, `features_custom`, `transcripts`, `shots`. A network file system must not hold the file: `SQLite`'s
/// write-ahead log needs memory that all processes share. After a fork the child opens a connection of its own by itself.
///
/// ```
/// use viralnow_core::store::{FeatureStore, SqliteStore};
/// let store = SqliteStore::open(":memory:")?;
/// assert!(store.is_empty()?);
/// assert!(store.get(&viralnow_core::AssetId::new("clip-1")?)?.is_none());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    db: Database,
}

impl SqliteStore {
    /// Opens the file, or makes it; `:memory:` is a store that nobody else sees and that ends with this value. An older
    /// file is brought to the newest version first.
    ///
    /// Fails with `NOT_FOUND` when the directory is not there, `PERMISSION_DENIED`, `SCHEMA_MISMATCH` for a file of a newer
    /// version or of another program, `STORAGE` for a file that is damaged or no database, and `STORAGE_BUSY` when another
    /// process holds it for more than 10 s.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { db: Database::open(path.as_ref(), &SCHEMA)? })
    }

    /// The file's absolute path, or `:memory:`.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.db.path()
    }

    /// How many assets there are.
    pub fn len(&self) -> Result<usize> {
        self.db.read(|tx| {
            let count: i64 = tx.query_row("SELECT count(*) FROM assets", [], |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or_default())
        })
    }

    /// Whether there is no asset.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
}

impl FeatureStore for SqliteStore {
    fn put(&self, payload: &Payload) -> Result<()> {
        // What cannot be kept is refused before the file is locked.
        let rows = write::rows(payload)?;
        monitored!("store.put", || self.db.write(|tx| {
            // A row that cannot be read is no reason to refuse a new one.
            let old =
                read::load(tx, payload.asset_id.as_str())?.and_then(|stored| read::payload(stored).ok());
            let same_input = old.as_ref().is_some_and(|old| merge::is_same_input(old, payload));
            let before = write::Before { same_input, kept: BTreeSet::new() };
            match old.and_then(|old| merge::merged(old, payload)) {
                None => write::put(tx, &rows, &before).map(Ok),
                Some(Merged { payload, kept }) => match write::rows(&payload) {
                    Ok(rows) => write::put(tx, &rows, &write::Before { kept, ..before }).map(Ok),
                    // Nothing has been written yet.
                    Err(error) => Ok(Err(error)),
                },
            }
        })?)
    }

    fn get(&self, asset: &AssetId) -> Result<Option<Payload>> {
        monitored!("store.get", || {
            let stored = self.db.read(|tx| read::load(tx, asset.as_str()))?;
            stored.map(read::payload).transpose()
        })
    }

    fn find(&self, input_sha256: &str, versions: &Versions) -> Result<Option<Payload>> {
        monitored!("store.find", || {
            for stored in self.db.read(|tx| read::find(tx, input_sha256, versions))? {
                let payload = read::payload(stored)?;
                if versions.are_met_by(&payload) {
                    return Ok(Some(payload));
                }
            }
            Ok(None)
        })
    }

    fn list(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>> {
        let after = after.map_or("", AssetId::as_str);
        monitored!("store.list", || {
            let ids = self.db.read(|tx| read::list(tx, after, limit))?;
            ids.into_iter().map(AssetId::new).collect()
        })
    }

    fn count(&self) -> Result<usize> {
        self.len()
    }

    fn contains(&self, asset: &AssetId) -> Result<bool> {
        self.db.read(|tx| read::contains(tx, asset.as_str()))
    }

    /// Removes the rows, then rewrites the file so that no byte of them is left; the time is in proportion to the file.
    /// Where another process reads for longer than we wait, the rows are gone but the file could not be rewritten: that
    /// is `STORAGE_BUSY`, and calling it again finishes the work.
    fn erase(&self, asset: &AssetId) -> Result<bool> {
        let _watched = monitored!("store.erase");
        let (there, due) = self.db.write(|tx| write::erase(tx, asset.as_str()))?;
        if due > 0 {
            self.db.scrub()?;
            // Not when somebody erased meanwhile: then it is due again.
            self.db.write(|tx| tx.execute("UPDATE scrub SET due = 0 WHERE due = ?1", [due]))?;
        }
        Ok(there)
    }
}

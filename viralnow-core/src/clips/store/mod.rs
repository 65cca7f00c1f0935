//! Clips over time in one `SQLite` file: their last look and scores, every snapshot, and what was learned.

mod export;
mod feedback;
mod merge;
mod put;
mod query;
mod read;
mod rows;
mod summary;
mod words;

pub use export::Exported;
pub use put::StorePut;
pub use query::{ClipOrder, ClipQuery};
pub use read::QueriedClips;

use crate::Result;
use crate::db::{Database, PATIENCE, Schema};
use std::path::Path;

static SCHEMA: Schema = Schema {
    what: "store of clips",
    application_id: i32::from_be_bytes(*b"VNcl"),
    setup: "",
    patience: PATIENCE,
    migrations: &[include_str!("001.sql")],
};

/// Clips in one `SQLite` file, shared by any number of threads and processes of one machine.
///
/// A look at a clip ([`ClipStore::put`]) replaces what was known of it and adds a snapshot of its counts; snapshots are never
/// changed. [`ClipStore::histories`] gives them back for [`score_clips`](crate::clips::score_clips).
///
/// ```
/// use viralnow_core::clips::{Clip, ClipQuery, ClipStore};
/// let store = ClipStore::open(":memory:")?;
/// let look = |text: &str, time: &str| store.put(&[serde_json::from_str::<Clip>(text).unwrap().into()], Some(time.parse().unwrap()));
/// look(r#"{"id": "a", "platform": "youtube", "views": 1000}"#, "2024-01-08T04:30:00Z")?;
/// look(r#"{"id": "a", "platform": "youtube", "views": 4200}"#, "2024-01-08T10:30:00Z")?;
/// // Growth comes from what was seen.
/// let trending = store.query(&ClipQuery { min_growth: Some(3.0), strict: true, ..ClipQuery::default() })?;
/// assert_eq!(trending.clips[0].clip.growth_6h, Some(4.2));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ClipStore {
    db: Database,
}

impl ClipStore {
    /// Opens the file, or makes it; `:memory:` is a store that nobody else sees and that ends with this value. An older file is
    /// brought to the newest version first.
    ///
    /// Fails with `NOT_FOUND` when the directory is not there, `PERMISSION_DENIED`, `SCHEMA_MISMATCH` for a file of a newer
    /// version or of another program, `STORAGE` for a file that is damaged or no database, and `STORAGE_BUSY` when another
    /// process holds it for more than 10 s.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let db = Database::open(path.as_ref(), &SCHEMA)?;
        // Every look touches six trees: with SQLite's 2 MB of them in memory a large file is mostly read again.
        db.read(|tx| tx.execute_batch("PRAGMA cache_size = -65536"))?;
        Ok(Self { db })
    }

    /// The file's absolute path, or `:memory:`.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.db.path()
    }

    /// How many clips there are.
    pub fn len(&self) -> Result<usize> {
        self.count(&ClipQuery::default())
    }

    /// Whether there is no clip.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Removes every trace of a clip and its snapshots; says whether there was one. The file is rewritten, which takes time in
    /// proportion to it.
    pub fn erase(&self, platform: &str, id: &str) -> Result<bool> {
        let there = self.db.write(|tx| {
            let Some(key) = rows::key(tx, platform, id)? else { return Ok(false) };
            tx.execute("DELETE FROM words WHERE rowid = ?1", [key])?;
            tx.execute("INSERT INTO words (words) VALUES ('optimize')", [])?;
            tx.execute("DELETE FROM clips WHERE key = ?1", [key])?;
            Ok(true)
        })?;
        if there {
            self.db.scrub()?;
        }
        Ok(there)
    }
}

//! Clips, snapshots and times as rows.

use crate::clips::{Clip, Counts, History, ScoredClip, Snapshot, Virality};
use crate::features::Contribution;
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

/// Why a clip has its score.
#[derive(Serialize, Deserialize)]
pub(super) struct Reasons {
    pub(super) virality: Option<Virality>,
    pub(super) contributions: Vec<Contribution>,
}

/// A clip as it stands in the file.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) key: i64,
    pub(super) seen_at: i64,
    pub(super) body: String,
    pub(super) reasons: Option<String>,
}

impl Stored {
    pub(super) const COLUMNS: &'static str = "key, seen_at, body, reasons";

    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { key: row.get(0)?, seen_at: row.get(1)?, body: row.get(2)?, reasons: row.get(3)? })
    }

    pub(super) fn scored(&self) -> Result<ScoredClip> {
        let wrong = |error: serde_json::Error| {
            Error::new(ErrorKind::Storage, "a clip in the store cannot be read")
                .with("key", self.key)
                .caused_by(error)
        };
        let clip: Clip = serde_json::from_str(&self.body).map_err(wrong)?;
        let mut scored = ScoredClip::from(clip);
        if let Some(reasons) = &self.reasons {
            let reasons: Reasons = serde_json::from_str(reasons).map_err(wrong)?;
            (scored.virality, scored.contributions) = (reasons.virality, reasons.contributions);
        }
        Ok(scored)
    }
}

pub(super) fn stored(tx: &Transaction<'_>, platform: &str, id: &str) -> rusqlite::Result<Option<Stored>> {
    tx.prepare_cached(&format!("SELECT {} FROM clips WHERE platform = ?1 AND id = ?2", Stored::COLUMNS))?
        .query_row([platform, id], Stored::of)
        .optional()
}

pub(super) fn key(tx: &Transaction<'_>, platform: &str, id: &str) -> rusqlite::Result<Option<i64>> {
    tx.prepare_cached("SELECT key FROM clips WHERE platform = ?1 AND id = ?2")?
        .query_row([platform, id], |row| row.get(0))
        .optional()
}

/// The snapshots of a clip from this moment on.
pub(super) fn history(tx: &Transaction<'_>, key: i64, from: i64) -> rusqlite::Result<Vec<Snapshot>> {
    let mut statement = tx.prepare_cached(
        "SELECT time, views, likes, comments, shares, saves FROM snapshots WHERE clip = ?1 AND time >= ?2 ORDER BY time",
    )?;
    let rows = statement.query_map([key, from], |row| {
        let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(|n| n as u64));
        let counts = Counts {
            views: count(1)?,
            likes: count(2)?,
            comments: count(3)?,
            shares: count(4)?,
            saves: count(5)?,
        };
        Ok(Snapshot { time: time(row.get(0)?), counts })
    })?;
    rows.collect()
}

pub(super) fn as_history(snapshots: Vec<Snapshot>) -> History {
    let mut history = History::default();
    for snapshot in snapshots {
        // The table has one of each moment.
        let _ = history.push(snapshot);
    }
    history
}

/// Adds a snapshot and says whether it is new. `None` where there is one of this moment with other counts.
pub(super) fn add_snapshot(
    tx: &Transaction<'_>,
    key: i64,
    snapshot: &Snapshot,
) -> rusqlite::Result<Option<bool>> {
    let c = snapshot.counts;
    let [views, likes, comments, shares, saves] =
        [c.views, c.likes, c.comments, c.shares, c.saves].map(|count| count.map(|n| n as i64));
    let time = micros(snapshot.time);
    let added = tx
        .prepare_cached("INSERT OR IGNORE INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![key, time, views, likes, comments, shares, saves])?;
    if added > 0 {
        return Ok(Some(true));
    }
    Ok(history(tx, key, time)?.first().filter(|there| there.counts == c).map(|_| false))
}

pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}

//! Clips and histories come out, a page at a time.

use super::rows::{self, Stored, as_history};
use super::{ClipQuery, ClipStore};
use crate::Result;
use crate::clips::{Clip, Histories, ScoredClip};
use crate::monitor::{Job, global_job};
use crate::monitored;
use rusqlite::params_from_iter;

/// Clips that are in memory at once.
const PAGE: usize = 500;

/// What a query found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueriedClips {
    /// The clips in the order asked for.
    pub clips: Vec<ScoredClip>,
    /// How many there are without limit and offset.
    pub total: usize,
}

impl ClipStore {
    /// The clips that are asked for. Ask for many with [`ClipStore::each`], which holds few of them in memory.
    pub fn query(&self, query: &ClipQuery) -> Result<QueriedClips> {
        let mut clips = Vec::new();
        self.each(query, |clip| {
            clips.push(clip);
            Ok(())
        })?;
        let total = match query.limit {
            None if query.offset == 0 => clips.len(),
            _ => self.count(query)?,
        };
        Ok(QueriedClips { clips, total })
    }

    /// Hands over the clips that are asked for, one after the other; which and in what order is settled at the beginning, and what
    /// is erased meanwhile is left out. Gives their number. Memory: eight bytes a clip, and one page. An error of `take` ends it.
    pub fn each(&self, query: &ClipQuery, mut take: impl FnMut(ScoredClip) -> Result<()>) -> Result<usize> {
        monitored!("clips_store.query", || self.each_of(&self.keys(query)?, query, &mut take))
    }

    fn each_of(
        &self,
        keys: &[i64],
        query: &ClipQuery,
        take: &mut dyn FnMut(ScoredClip) -> Result<()>,
    ) -> Result<usize> {
        let job = global_job(keys.len() > PAGE, "clips_store.query", &[("query", 1.0)]);
        let step = job.as_ref().map(|job| job.step("query"));
        step.iter().for_each(|step| step.set_total(keys.len() as u64));
        let mut taken = 0;
        for page in keys.chunks(PAGE) {
            let rows = self.db.read(|tx| {
                let mut statement =
                    tx.prepare_cached(&format!("SELECT {} FROM clips WHERE key = ?1", Stored::COLUMNS))?;
                let mut rows = Vec::with_capacity(page.len());
                for key in page {
                    rows.extend(statement.query_map([key], Stored::of)?.next().transpose()?);
                }
                Ok(rows)
            })?;
            for row in rows {
                let mut scored = row.scored()?;
                scored.unknown = query.unknown(&scored.clip);
                take(scored)?;
                taken += 1;
            }
            step.iter().for_each(|step| step.add(page.len() as u64));
        }
        job.iter().for_each(Job::finish);
        Ok(taken)
    }

    fn keys(&self, query: &ClipQuery) -> Result<Vec<i64>> {
        let sql = query.sql()?;
        let limit = query.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let text = format!(
            "SELECT key FROM clips {} {} LIMIT {limit} OFFSET {}",
            sql.filter,
            sql.order,
            i64::try_from(query.offset).unwrap_or(i64::MAX)
        );
        self.db.read(|tx| {
            tx.prepare_cached(&text)?.query_map(params_from_iter(&sql.values), |row| row.get(0))?.collect()
        })
    }

    /// How many clips are asked for, limit and offset aside.
    pub fn count(&self, query: &ClipQuery) -> Result<usize> {
        let sql = query.sql()?;
        let text = format!("SELECT count(*) FROM clips {}", sql.filter);
        let count: i64 = self.db.read(|tx| {
            tx.prepare_cached(&text)?.query_row(params_from_iter(&sql.values), |row| row.get(0))
        })?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// The clip of this platform and id.
    pub fn get(&self, platform: &str, id: &str) -> Result<Option<ScoredClip>> {
        monitored!("clips_store.get", || {
            let row = self.db.read(|tx| rows::stored(tx, platform, id))?;
            row.as_ref().map(Stored::scored).transpose()
        })
    }

    /// The snapshots of these clips, for [`score_clips`](crate::clips::score_clips); a clip that was never seen has none.
    pub fn histories<'a>(&self, clips: impl IntoIterator<Item = &'a Clip>) -> Result<Histories> {
        let keys: Vec<(&str, &str)> = clips.into_iter().map(Clip::key).collect();
        let mut histories = Histories::new();
        for page in keys.chunks(PAGE) {
            let found = self.db.read(|tx| {
                let mut found = Vec::new();
                for (platform, id) in page {
                    if let Some(key) = rows::key(tx, platform, id)? {
                        found.push((
                            (*platform).to_owned(),
                            (*id).to_owned(),
                            rows::history(tx, key, i64::MIN)?,
                        ));
                    }
                }
                Ok(found)
            })?;
            for (platform, id, snapshots) in found {
                if !snapshots.is_empty() {
                    histories.insert((platform, id), as_history(snapshots));
                }
            }
        }
        Ok(histories)
    }
}

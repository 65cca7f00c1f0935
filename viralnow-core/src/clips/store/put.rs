//! Looks at clips go in.

use super::ClipStore;
use super::merge::merged;
use super::rows::{self, Reasons, Stored, add_snapshot, as_history, micros};
use crate::clips::clip::read_time;
use crate::clips::files::LeftOut;
use crate::clips::{Clip, Counts, ScoredClip, Snapshot, each_clip};
use crate::monitor::{Job, global_job};
use crate::{Error, ErrorKind, Result, monitored};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, params};
use serde::Serialize;
use std::path::Path;

/// Clips of one transaction.
const BATCH: usize = 5_000;
/// Conflicts that are said in words.
const MOST_SAID: usize = 5;
/// How far ahead of this machine's clock a look may be: clocks differ, but one that is far ahead would stand before all that follow.
const SKEW: SignedDuration = SignedDuration::from_hours(24);
/// How far back growth and views of a day look.
const LOOK_BACK_US: i64 = 48 * 3600 * 1_000_000;

/// What a put did; the same put again changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StorePut {
    /// Clips that were not there.
    pub new: usize,
    /// Clips of which something has changed.
    pub updated: usize,
    /// Clips of which nothing has, or that were looked at later already.
    pub unchanged: usize,
    /// Snapshots that were added.
    pub snapshots: usize,
    /// Clips that were not taken: there is a snapshot of the very same moment with other counts, and nobody could say which is
    /// true. What was there stays.
    pub conflicts: usize,
    /// Which, of the first of them.
    pub reasons: Vec<String>,
    /// Rows of an imported file that are no clips.
    pub left_out: usize,
}

impl StorePut {
    fn add(&mut self, more: Self) {
        self.new += more.new;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
        self.snapshots += more.snapshots;
        self.conflicts += more.conflicts;
        self.reasons.extend(more.reasons);
        self.reasons.truncate(MOST_SAID);
    }
}

impl ClipStore {
    /// Writes what was seen of clips at this moment; `None` is, for each, when it was scored (`metadata.processed_at`), or now.
    ///
    /// The clip's row is then that of its newest look, filled with what older ones know where it says nothing; keys that are not
    /// ours stay. Counts become a snapshot. Growth and views of the last day come from the snapshots where they say them. Fails with
    /// `INVALID_INPUT` for a moment more than a day ahead of this machine's clock.
    pub fn put(&self, clips: &[ScoredClip], at: Option<Timestamp>) -> Result<StorePut> {
        let latest = Timestamp::now().checked_add(SKEW).unwrap_or(Timestamp::MAX);
        if let Some(at) = at.filter(|at| *at > latest) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the look is more than a day ahead of this machine's clock; set one of the two right",
            )
            .with("at", at));
        }
        monitored!("clips_store.put", || {
            let job = global_job(clips.len() > BATCH, "clips_store.put", &[("put", 1.0)]);
            let step = job.as_ref().map(|job| job.step("put"));
            step.iter().for_each(|step| step.set_total(clips.len() as u64));
            let mut done = StorePut::default();
            for batch in clips.chunks(BATCH) {
                let put = self.db.write(|tx| {
                    let mut put = StorePut::default();
                    for scored in batch {
                        let seen = at.unwrap_or_else(|| look_of(&scored.clip, latest));
                        put_clip(tx, scored, seen, &mut put)?;
                    }
                    Ok(put)
                });
                done.add(put.inspect_err(|_| job.iter().for_each(Job::fail))?);
                step.iter().for_each(|step| step.add(batch.len() as u64));
            }
            job.iter().for_each(Job::finish);
            Ok(done)
        })
    }

    /// Puts the clips of a file (see [`read_clips`](crate::clips::read_clips)), a few thousand at a time.
    pub fn import(&self, file: impl AsRef<Path>, at: Option<Timestamp>) -> Result<StorePut> {
        let _watched = monitored!("clips_store.import");
        let mut done = StorePut::default();
        let mut batch: Vec<ScoredClip> = Vec::new();
        let LeftOut { count, reasons } = each_clip(file, |clip| {
            batch.push(clip.into());
            if batch.len() == BATCH {
                done.add(self.put(&std::mem::take(&mut batch), at)?);
            }
            Ok(())
        })?;
        done.add(self.put(&batch, at)?);
        done.left_out = count;
        done.reasons.extend(reasons);
        Ok(done)
    }
}

/// When a clip was looked at, by its own word.
fn look_of(clip: &Clip, latest: Timestamp) -> Timestamp {
    let said = clip.metadata.processed_at.as_deref().and_then(read_time).filter(|at| *at <= latest);
    said.unwrap_or_else(Timestamp::now)
}

fn put_clip(
    tx: &Transaction<'_>,
    scored: &ScoredClip,
    seen: Timestamp,
    put: &mut StorePut,
) -> rusqlite::Result<()> {
    // No finer than the file keeps it.
    let seen = rows::time(micros(seen));
    let (platform, id) = scored.clip.key();
    let old = rows::stored(tx, platform, id)?;
    let snapshot = Snapshot { time: seen, counts: scored.clip.counts };
    let looked = snapshot.counts != Counts::default();
    let Some(old) = old else {
        let key = insert(tx, scored, seen)?;
        put.new += 1;
        if looked {
            add_snapshot(tx, key, &snapshot)?;
            put.snapshots += 1;
        }
        return Ok(());
    };
    match looked.then(|| add_snapshot(tx, old.key, &snapshot)).transpose()? {
        Some(None) => {
            put.conflicts += 1;
            if put.reasons.len() < MOST_SAID {
                put.reasons.push(format!("{platform}:{id}: there is a snapshot of {seen} with other counts"));
            }
            return Ok(());
        }
        Some(Some(added)) => put.snapshots += usize::from(added),
        None => {}
    }
    if update(tx, scored, seen, &old)? {
        put.updated += 1;
    } else {
        put.unchanged += 1;
    }
    Ok(())
}

/// Makes the row that of this look, unless there was a later one; says whether anything has changed.
fn update(
    tx: &Transaction<'_>,
    scored: &ScoredClip,
    seen: Timestamp,
    old: &Stored,
) -> rusqlite::Result<bool> {
    // A row that cannot be read is no reason to refuse a new one.
    let Ok(before) = old.scored() else { return replace(tx, old.key, scored, None, seen).map(|()| true) };
    // Of two looks the later one stands, whichever came first.
    let (earlier, later, late) = if micros(seen) < old.seen_at {
        (scored.clone(), &before, true)
    } else {
        (before.clone(), scored, false)
    };
    let (mut merged, looked) = merged(later, earlier);
    let seen_at = if late || !looked { rows::time(old.seen_at) } else { seen };
    if looked {
        let past = rows::history(tx, old.key, micros(seen_at).saturating_sub(LOOK_BACK_US))?;
        if past.len() > 1 {
            let past = as_history(past);
            merged.clip.growth_6h = past.growth_6h(seen_at).or(merged.clip.growth_6h);
            merged.clip.views_last_24h = past.views_last_24h(seen_at).or(merged.clip.views_last_24h);
        }
    }
    if micros(seen_at) == old.seen_at && merged == before {
        return Ok(false);
    }
    replace(tx, old.key, &merged, Some(&before.clip), seen_at).map(|()| true)
}

/// A clip's row, as it is written.
struct Written {
    seen_at: i64,
    published: Option<i64>,
    views: Option<i64>,
    growth_6h: Option<f64>,
    final_score: Option<f64>,
    body: String,
    reasons: Option<String>,
}

impl Written {
    fn of(scored: &ScoredClip, seen: Timestamp) -> rusqlite::Result<Self> {
        let clip = &scored.clip;
        let to_json = |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(error.into());
        let has_reasons = scored.virality.is_some() || !scored.contributions.is_empty();
        let reasons = Reasons { virality: scored.virality, contributions: scored.contributions.clone() };
        let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
        let published = clip.published_at.map(micros).or_else(|| {
            let hours = clip.age_hours.filter(|hours| hours.is_finite())?;
            seen.checked_sub(SignedDuration::try_from_secs_f64(hours * 3600.0).ok()?).ok().map(micros)
        });
        Ok(Self {
            seen_at: micros(seen),
            published,
            views: clip.counts.views.map(|views| i64::try_from(views).unwrap_or(i64::MAX)),
            growth_6h: finite(clip.growth_6h),
            final_score: finite(clip.scores.final_score),
            body: serde_json::to_string(clip).map_err(to_json)?,
            reasons: has_reasons.then(|| serde_json::to_string(&reasons)).transpose().map_err(to_json)?,
        })
    }
}

/// Writes a clip that is not there yet, and what it is looked up by; gives its key.
///
/// Plain insertions: replacing what might be there makes the index of words look for it, which costs more than all the rest.
fn insert(tx: &Transaction<'_>, scored: &ScoredClip, seen: Timestamp) -> rusqlite::Result<i64> {
    let row = Written::of(scored, seen)?;
    let clip = &scored.clip;
    tx.prepare_cached(
        "INSERT INTO clips (platform, id, seen_at, published, views, growth_6h, final_score, body, reasons)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        clip.platform,
        clip.id,
        row.seen_at,
        row.published,
        row.views,
        row.growth_6h,
        row.final_score,
        row.body,
        row.reasons
    ])?;
    let key = tx.last_insert_rowid();
    tx.prepare_cached(
        "INSERT INTO words (rowid, title, tags, transcript, channel) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![key, clip.title, clip.tags.join(" "), clip.transcript, clip.channel])?;
    add_niches(tx, key, clip)?;
    Ok(key)
}

/// Writes a clip in place of what was `before`, where that is known; its words and niches only where they are others.
fn replace(
    tx: &Transaction<'_>,
    key: i64,
    scored: &ScoredClip,
    before: Option<&Clip>,
    seen: Timestamp,
) -> rusqlite::Result<()> {
    let row = Written::of(scored, seen)?;
    let clip = &scored.clip;
    tx.prepare_cached(
        "UPDATE clips SET seen_at = ?2, published = ?3, views = ?4, growth_6h = ?5, final_score = ?6, body = ?7,
             reasons = ?8 WHERE key = ?1",
    )?
    .execute(params![
        key,
        row.seen_at,
        row.published,
        row.views,
        row.growth_6h,
        row.final_score,
        row.body,
        row.reasons
    ])?;
    if !before.is_some_and(|before| same_words(before, clip)) {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO words (rowid, title, tags, transcript, channel) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![key, clip.title, clip.tags.join(" "), clip.transcript, clip.channel])?;
    }
    if !before.is_some_and(|before| same_niches(before, clip)) {
        tx.prepare_cached("DELETE FROM niches WHERE clip = ?1")?.execute([key])?;
        add_niches(tx, key, clip)?;
    }
    Ok(())
}

fn add_niches(tx: &Transaction<'_>, key: i64, clip: &Clip) -> rusqlite::Result<()> {
    for niche in clip.niche.iter().chain(&clip.metadata.niche_match) {
        tx.prepare_cached("INSERT OR IGNORE INTO niches (niche, clip) VALUES (?1, ?2)")?
            .execute(params![niche.to_lowercase(), key])?;
    }
    Ok(())
}

/// Whether they are found by the same words.
fn same_words(a: &Clip, b: &Clip) -> bool {
    a.title == b.title && a.tags == b.tags && a.transcript == b.transcript && a.channel == b.channel
}

fn same_niches(a: &Clip, b: &Clip) -> bool {
    a.niche == b.niche && a.metadata.niche_match == b.metadata.niche_match
}

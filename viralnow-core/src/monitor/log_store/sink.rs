//! Writing: one transaction a batch.

use super::{LogStore, row_at, steps};
use crate::Result;
use crate::monitor::{
    Batch, BusEvent, FinishedSpan, Histogram, MinuteCounts, Sink, SiteId, SpanStatus, site_info,
};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// Writes what is recorded into a [`LogStore`].
#[derive(Debug)]
pub struct SqliteSink {
    store: Arc<LogStore>,
    known: Known,
    /// When to tidy up again, in microseconds since 1970.
    tidy_at: i64,
}

/// How often old rows are looked for, as long as there are none.
const TIDY_US: i64 = 60_000_000;

/// Numbers in the file that need not be asked for again.
#[derive(Debug, Default, Clone)]
struct Known {
    /// Which open file they are of, with the process.
    file: Option<(u64, u32)>,
    run: Option<i64>,
    /// When the run was last said to be alive, in microseconds since 1970.
    told_us: i64,
    functions: HashMap<SiteId, i64>,
    sites: HashMap<SiteId, i64>,
    stacks: HashMap<[u8; 16], i64>,
}

/// Stacks that are remembered; more are asked for each time.
const MAX_STACKS: usize = 1000;

/// How often a run says that it is still there.
const ALIVE_US: i64 = 60_000_000;

impl Known {
    /// Whether the run is still in the file: a clock that jumps lets it look as if it had been silent for months, and it is cleaned up.
    fn look(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let Some(run) = self.run else { return Ok(()) };
        let now_us = crate::monitor::unix_us();
        let there = if now_us.abs_diff(self.told_us) > ALIVE_US as u64 {
            self.told_us = now_us;
            let mut tell = transaction.prepare_cached("UPDATE run SET last_us = ?2 WHERE id = ?1")?;
            tell.execute(params![run, now_us])? == 1
        } else {
            transaction.prepare_cached("SELECT 1 FROM run WHERE id = ?1")?.exists([run])?
        };
        if !there {
            *self = Self { file: self.file, ..Self::default() };
        }
        Ok(())
    }
}

impl SqliteSink {
    /// A writer for this log.
    #[must_use]
    pub fn new(store: Arc<LogStore>) -> Self {
        Self { store, known: Known::default(), tidy_at: 0 }
    }
}

impl Sink for SqliteSink {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut order: Vec<usize> = (0..batch.spans.len()).collect();
        // By time, so that rows are appended and no two of a batch want the same number.
        order.sort_by_key(|&i| batch.spans[i].start_us);
        let known = &mut self.known;
        self.store.writing(|database| {
            let file = Some((database.id(), std::process::id()));
            if known.file != file {
                *known = Known { file, ..Known::default() };
            }
            // What is learned counts when it is committed: a transaction may be done twice, or not at all.
            let learned = database.write(|transaction| {
                let mut learned = known.clone();
                learned.look(transaction)?;
                write(transaction, batch, &order, &mut learned)?;
                Ok(learned)
            })?;
            *known = learned;
            Ok(())
        })
    }

    fn maintain(&mut self, now_us: i64) -> Result<()> {
        // Also when the clock was set back by more than that.
        if now_us < self.tidy_at && self.tidy_at - now_us <= TIDY_US {
            return Ok(());
        }
        if self.store.tidy(now_us)?.complete {
            self.tidy_at = now_us + TIDY_US;
        }
        Ok(())
    }
}

fn write(
    transaction: &Transaction<'_>,
    batch: &Batch,
    order: &[usize],
    known: &mut Known,
) -> rusqlite::Result<()> {
    let run = run(transaction, known)?;
    {
        let mut call = transaction.prepare_cached(
            "INSERT INTO call (id, site, span, parent, dur_ns, status, more) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO NOTHING",
        )?;
        let mut last = i64::MIN;
        for &index in order {
            let span = &batch.spans[index];
            let site = site(transaction, span.site, run, known)?;
            let parent = (span.parent.0 != 0).then(|| span.span.0.wrapping_sub(span.parent.0) as i64);
            let more = more(span);
            let mut id = row_at(span.start_us).max(last.saturating_add(1));
            // Another batch or process may have the number: the next one then.
            while call.execute(params![
                id,
                site,
                span.span.0 as i64,
                parent,
                span.duration_ns as i64,
                span.status as u8,
                more
            ])? == 0
            {
                id += 1;
            }
            last = id;
            if span.status == SpanStatus::Failed {
                error(transaction, id, span, known)?;
            }
        }
    }
    for event in &batch.events {
        insert_event(transaction, run, event)?;
        if event.event.topic == "progress.job_completed" {
            steps::remember(transaction, &event.event.data)?;
        }
    }
    for minute in &batch.minutes {
        let Some(function) = function(transaction, minute.site, known)? else { continue };
        add_minutes(transaction, "hist_1m", minute.minute, function, minute)?;
        add_minutes(transaction, "hist_1h", minute.minute.div_euclid(60) * 60, function, minute)?;
    }
    Ok(())
}

fn run(transaction: &Transaction<'_>, known: &mut Known) -> rusqlite::Result<i64> {
    if let Some(run) = known.run {
        return Ok(run);
    }
    let now_us = crate::monitor::unix_us();
    transaction.execute(
        "INSERT INTO run (pid, started_us, last_us, version) VALUES (?1, ?2, ?2, ?3)",
        params![std::process::id(), now_us, env!("CARGO_PKG_VERSION")],
    )?;
    let run = transaction.last_insert_rowid();
    (known.run, known.told_us) = (Some(run), now_us);
    Ok(run)
}

fn function(transaction: &Transaction<'_>, id: SiteId, known: &mut Known) -> rusqlite::Result<Option<i64>> {
    if let Some(&function) = known.functions.get(&id) {
        return Ok(Some(function));
    }
    let Some(info) = site_info(id) else { return Ok(None) };
    let place = params![info.name, info.module, info.file, info.line];
    transaction.execute(
        "INSERT INTO fn (name, module, file, line) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        place,
    )?;
    let function = transaction.query_row(
        "SELECT id FROM fn WHERE name = ?1 AND module = ?2 AND file = ?3 AND line = ?4",
        place,
        |row| row.get(0),
    )?;
    known.functions.insert(id, function);
    Ok(Some(function))
}

fn site(transaction: &Transaction<'_>, id: SiteId, run: i64, known: &mut Known) -> rusqlite::Result<i64> {
    if let Some(&site) = known.sites.get(&id) {
        return Ok(site);
    }
    let Some(function) = function(transaction, id, known)? else { return Ok(0) };
    transaction.execute(
        "INSERT INTO site (run, fn) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![run, function],
    )?;
    let site = transaction.query_row(
        "SELECT id FROM site WHERE run = ?1 AND fn = ?2",
        params![run, function],
        |row| row.get(0),
    )?;
    known.sites.insert(id, site);
    Ok(site)
}

/// What few calls have, as JSON.
fn more(span: &FinishedSpan) -> Option<String> {
    if span.cpu_ns.is_none() && span.rss_kib.is_none() && span.extra.is_none() {
        return None;
    }
    let mut more = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            more.insert(key.to_owned(), value);
        }
    };
    put("cpu_ns", span.cpu_ns.map(Value::from));
    put("rss_kib", span.rss_kib.map(Value::from));
    if let Some(extra) = &span.extra {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        put("args", text(&extra.detail.args));
        put("result", text(&extra.detail.result));
        put("correlation_id", text(&extra.detail.correlation_id));
        put("asset_id", text(&extra.detail.asset_id));
    }
    (!more.is_empty()).then(|| Value::Object(more).to_string())
}

fn error(
    transaction: &Transaction<'_>,
    id: i64,
    span: &FinishedSpan,
    known: &mut Known,
) -> rusqlite::Result<()> {
    let extra = span.extra.as_deref();
    let failure = extra.and_then(|extra| extra.failure.as_ref());
    let (kind, message) =
        failure.map_or(("", ""), |failure| (failure.kind.as_str(), failure.message.as_str()));
    let stack = match extra.and_then(|extra| extra.detail.stack.as_deref()) {
        Some(text) => Some(stack(transaction, text, known)?),
        None => None,
    };
    transaction
        .prepare_cached("INSERT OR REPLACE INTO error (call, kind, message, stack) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, kind, message, stack])?;
    Ok(())
}

/// The number of a stack; each is kept once.
fn stack(transaction: &Transaction<'_>, text: &str, known: &mut Known) -> rusqlite::Result<i64> {
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    // Asked for each time it is not sure: another process's cleanup may have taken it away.
    let find = |id: Option<i64>| -> rusqlite::Result<Option<i64>> {
        match id {
            Some(id) => transaction
                .prepare_cached("SELECT id FROM stack WHERE id = ?1 AND hash = ?2")?
                .query_row(params![id, hash], |row| row.get(0))
                .optional(),
            None => Ok(None),
        }
    };
    if let Some(id) = find(known.stacks.get(&hash).copied())? {
        return Ok(id);
    }
    transaction
        .prepare_cached("INSERT INTO stack (hash, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![hash, text])?;
    let id = transaction
        .prepare_cached("SELECT id FROM stack WHERE hash = ?1")?
        .query_row(params![hash], |row| row.get(0))?;
    if known.stacks.len() >= MAX_STACKS {
        known.stacks.clear();
    }
    known.stacks.insert(hash, id);
    Ok(id)
}

fn insert_event(transaction: &Transaction<'_>, run: i64, event: &BusEvent) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO event (id, topic, run, span, correlation_id, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
    )?;
    let data = event.event.data.to_string();
    let mut id = row_at(event.ts_us);
    while insert.execute(params![
        id,
        event.event.topic,
        run,
        event.event.span.0 as i64,
        event.event.correlation_id,
        data
    ])? == 0
    {
        id += 1;
    }
    Ok(())
}

/// Adds counts to those of the same time and function.
fn add_minutes(
    transaction: &Transaction<'_>,
    table: &str,
    minute: i64,
    function: i64,
    counts: &MinuteCounts,
) -> rusqlite::Result<()> {
    let held: Option<Vec<u8>> = transaction
        .prepare_cached(&format!("SELECT buckets FROM {table} WHERE minute = ?1 AND fn = ?2"))?
        .query_row(params![minute, function], |row| row.get(0))
        .optional()?;
    let mut histogram = counts.histogram.clone();
    if let Some(held) = held {
        histogram.merge(&unpacked(&held));
    }
    transaction
        .prepare_cached(&format!(
            "INSERT INTO {table} (minute, fn, calls, errors, sum_ns, buckets) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (minute, fn) DO UPDATE SET calls = calls + excluded.calls,
                 errors = errors + excluded.errors, sum_ns = sum_ns + excluded.sum_ns, buckets = excluded.buckets"
        ))?
        .execute(params![
            minute,
            function,
            counts.calls as i64,
            counts.errors as i64,
            counts.sum_ns as i64,
            packed(&histogram)
        ])?;
    Ok(())
}

/// Buckets as LEB128 pairs: the step from the last bucket, the count.
pub(super) fn packed(histogram: &Histogram) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = 0;
    for (bucket, count) in histogram.sparse() {
        for mut value in [u64::from(bucket - last), count] {
            while value >= 0x80 {
                bytes.push(value as u8 | 0x80);
                value >>= 7;
            }
            bytes.push(value as u8);
        }
        last = bucket;
    }
    bytes
}

/// The reverse of [`packed`]; what is cut off or too large is left out.
pub(super) fn unpacked(bytes: &[u8]) -> Histogram {
    let mut values = Vec::new();
    let (mut value, mut shift) = (0_u64, 0);
    for &byte in bytes {
        if shift < 64 {
            value |= u64::from(byte & 0x7F) << shift;
        }
        shift += 7;
        if byte & 0x80 == 0 {
            values.push(value);
            (value, shift) = (0, 0);
        }
    }
    let mut bucket = 0_u16;
    let pairs = values.chunks_exact(2).map(|pair| {
        bucket = bucket.saturating_add(u16::try_from(pair[0]).unwrap_or(u16::MAX));
        (bucket, pair[1])
    });
    Histogram::from_sparse(&pairs.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_come_back_from_their_bytes() {
        let mut histogram = Histogram::default();
        for ns in [0, 3, 900, 900, 1 << 30, u64::MAX] {
            histogram.add(ns);
        }
        assert_eq!(unpacked(&packed(&histogram)), histogram);
        assert_eq!(unpacked(&[0xFF; 40]).count(), 0, "damage is no panic");
        assert_eq!(unpacked(&[1, 5, 2]).count(), 5, "a half pair is left out");
    }
}

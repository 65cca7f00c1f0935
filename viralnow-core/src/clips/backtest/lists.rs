//! Tables of lists by day, and what happened to each clip in the 24 hours after.

use crate::clips::clip::{age_at, hours_between, read_time};
use crate::clips::counts::{Counts, read_text};
use crate::clips::virality::{Earlier, Signals};
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The outcome is the reading nearest to 24 hours later, if it lies between these.
const OUTCOME_HOURS: (f64, f64) = (12.0, 36.0);

/// A clip on the list of one moment, with what was known then and what came.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) time: Timestamp,
    pub(super) signals: Signals,
    /// New views in the 24 hours after; `None` where it was not seen again in time.
    pub(super) gain: Option<f64>,
}

impl Row {
    /// Views after over views now, as a logarithm.
    pub(super) fn growth(&self) -> Option<f64> {
        let views = self.signals.counts.views? as f64;
        Some(((views + self.gain? + 1.0) / (views + 1.0)).ln())
    }
}

/// Reads a table: one row for each clip on each list. The columns `snapshot_time`, `video_id` and `views` must be there; `likes`,
/// `comments`, `shares` and `published_at` are read where they are. Rows without time, id or views are left out; where no other
/// are there, that is an error.
pub(super) fn read(path: &Path) -> Result<Vec<Row>> {
    let wrong = |error: csv::Error| {
        Error::new(ErrorKind::InvalidInput, "the table cannot be read as CSV")
            .with("path", path.display())
            .caused_by(error)
    };
    let file = std::fs::File::open(path).map_err(|e| Error::from(e).with("path", path.display()))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(std::io::BufReader::new(file));
    let headers = reader.byte_headers().map_err(wrong)?.clone();
    let column = |name: &str| {
        headers.iter().position(|header| header.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    };
    let needed = |name: &str| {
        column(name).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                "the table lacks a column; it needs snapshot_time, video_id and views",
            )
            .with("column", name)
            .with("path", path.display())
        })
    };
    let (time, id, views) = (needed("snapshot_time")?, needed("video_id")?, needed("views")?);
    let optional = ["likes", "comments", "shares", "published_at"].map(column);
    let mut seen: HashMap<String, BTreeMap<Timestamp, (Counts, Option<Timestamp>)>> = HashMap::new();
    let (mut record, mut left_out) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).map_err(wrong)? {
        let text = |at: usize| String::from_utf8_lossy(record.get(at).unwrap_or_default());
        let count = |at: Option<usize>| at.and_then(|at| read_text(&text(at)).ok().flatten());
        let (Some(time), Some(views)) = (read_time(&text(time)), count(Some(views))) else {
            left_out += 1;
            continue;
        };
        if text(id).trim().is_empty() {
            left_out += 1;
            continue;
        }
        let [likes, comments, shares, published] = optional;
        let counts = Counts {
            views: Some(views),
            likes: count(likes),
            comments: count(comments),
            shares: count(shares),
            saves: None,
        };
        let published = published.and_then(|at| read_time(&text(at)));
        // The first of several rows of a clip on one list counts.
        seen.entry(text(id).into_owned()).or_default().entry(time).or_insert((counts, published));
    }
    let mut rows: Vec<Row> = seen.into_iter().flat_map(|(id, readings)| rows_of(&id, &readings)).collect();
    rows.sort_unstable_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    if rows.is_empty() && left_out > 0 {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "no row has a snapshot_time (such as 2024-01-31 or 2024-01-31T12:00:00Z), a video_id and a number of views",
        )
        .with("rows", left_out)
        .with("path", path.display()));
    }
    Ok(rows)
}

fn rows_of(id: &str, readings: &BTreeMap<Timestamp, (Counts, Option<Timestamp>)>) -> Vec<Row> {
    let times: Vec<Timestamp> = readings.keys().copied().collect();
    let nearest = |from: usize, candidates: std::ops::Range<usize>| {
        let off = |i: &usize| (hours_between(times[from], times[*i]).abs() - 24.0).abs();
        candidates.min_by(|a, b| off(a).total_cmp(&off(b)))
    };
    let earlier = |from: usize| {
        nearest(from, 0..from).map(|i| {
            let counts = readings[&times[i]].0;
            (i, Earlier { counts, hours: hours_between(times[i], times[from]) })
        })
    };
    let row = |i: usize| {
        let (counts, published) = readings[&times[i]];
        let before = earlier(i);
        let after = nearest(i, i + 1..times.len()).and_then(|next| {
            let hours = hours_between(times[i], times[next]);
            let views = readings[&times[next]].0.views? as f64 - counts.views? as f64;
            (OUTCOME_HOURS.0..=OUTCOME_HOURS.1).contains(&hours).then(|| views.max(0.0) / hours * 24.0)
        });
        let signals = Signals {
            counts,
            before: before.map(|(_, earlier)| earlier),
            before_that: before.and_then(|(at, _)| earlier(at)).map(|(_, earlier)| earlier),
            hours_followed: hours_between(times[0], times[i]),
            age_hours: published.and_then(|at| age_at(at, times[i])),
        };
        Row { id: id.to_owned(), time: times[i], signals, gain: after }
    };
    (0..times.len()).map(row).collect()
}

//! From a source to clips: page after page, and what came is kept.

use super::usage::Usage;
use crate::clips::clip::Clip;
use crate::clips::history::{ClipHistory, Snapshot};
use crate::monitor::{Callsite, Run};
use crate::{Error, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

static FETCH: Callsite = Callsite { name: "fetch_clips", module: "clips", weight: 1.0 };
static FETCH_PAGE: Callsite = Callsite { name: "fetch_page", module: "clips", weight: 1.0 };

/// Reasons beyond so many are only counted.
const MOST_SAID: usize = 20;

/// Gives pages of clips. The platforms' are here; a host writes its own.
pub trait ClipSource {
    /// The platform's name, as its clips have it.
    fn platform(&self) -> &str;

    /// The page at this cursor, which the page before named; `None` is the first.
    ///
    /// The run is asked whether to go on (`run.advance(0.0)`) wherever this takes longer, and bounds how long it may take.
    fn page(&mut self, cursor: Option<&str>, run: &mut Run) -> Result<Page>;

    /// What has been used so far.
    fn usage(&self) -> Usage {
        Usage::default()
    }
}

/// One page of a source.
#[derive(Debug, Default)]
pub struct Page {
    /// The clips, in the source's order.
    pub clips: Vec<Clip>,
    /// When their counts were read.
    pub time: Timestamp,
    /// The cursor of the next page; `None` is the end.
    pub next: Option<String>,
    /// What the page named but could not give, and why: one reason each.
    pub left_out: Vec<String>,
    /// Why the page is incomplete, where it is: its clips are kept all the same.
    pub stopped_by: Option<Error>,
}

impl Page {
    /// A last page of these clips, read now.
    #[must_use]
    pub fn new(clips: Vec<Clip>) -> Self {
        Self { clips, time: Timestamp::now(), ..Self::default() }
    }
}

/// How far a fetch goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchLimits {
    /// Pages at most.
    pub max_pages: usize,
    /// No further page is asked for once there are so many clips.
    pub max_clips: usize,
}

impl Default for FetchLimits {
    /// 10 pages, whatever they hold.
    fn default() -> Self {
        Self { max_pages: 10, max_clips: usize::MAX }
    }
}

/// What was fetched, whether or not all went well.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The clips in the source's order; one that came again stands at its first place with its last counts.
    pub clips: Vec<Clip>,
    /// What was seen of each, at the time of its page.
    pub snapshots: Vec<ClipHistory>,
    /// Pages read.
    pub pages: usize,
    /// What it has cost, and what is left.
    pub usage: Usage,
    /// How many clips the source named but could not give.
    pub left_out: usize,
    /// Why, of the first of them.
    pub reasons: Vec<String>,
    /// The cursor to go on from; with an error, that of the page that failed (`None` if it was the first).
    pub next: Option<String>,
    /// Why it ended before its end or limit; `None` where it did not.
    pub stopped_by: Option<Error>,
}

impl Fetched {
    fn take(&mut self, page: Page, places: &mut HashMap<(String, String), usize>) {
        for clip in page.clips {
            let snapshot = Snapshot { time: page.time, counts: clip.counts };
            let key = (clip.platform.clone(), clip.id.clone());
            if let Some(&place) = places.get(&key) {
                let seen = &mut self.snapshots[place].snapshots;
                // Twice on one page: the first stands, for a history has one snapshot of a moment.
                if seen.last().is_none_or(|last| last.time < snapshot.time) {
                    seen.push(snapshot);
                    self.clips[place] = clip;
                }
                continue;
            }
            places.insert(key.clone(), self.clips.len());
            self.snapshots.push(ClipHistory { platform: key.0, id: key.1, snapshots: vec![snapshot] });
            self.clips.push(clip);
        }
        self.left_out += page.left_out.len();
        let room = MOST_SAID.saturating_sub(self.reasons.len());
        self.reasons.extend(page.left_out.into_iter().take(room));
    }
}

/// Fetches pages from this cursor on (`None`: from the first) until the source's end, a limit, or an error, which is given
/// together with what came before it.
///
/// The run's observer sees each page and stops between requests; its deadline bounds requests and waits too.
pub fn fetch_clips(
    source: &mut dyn ClipSource,
    cursor: Option<String>,
    limits: FetchLimits,
    run: &mut Run,
) -> Fetched {
    let span = run.scope().span(&FETCH);
    let outside = run.set_scope(span.scope().clone());
    let fetched = pages(source, cursor, limits, run);
    run.set_scope(outside);
    span.finish(fetched.stopped_by.as_ref());
    fetched
}

fn pages(source: &mut dyn ClipSource, cursor: Option<String>, limits: FetchLimits, run: &mut Run) -> Fetched {
    let mut fetched = Fetched { next: cursor, ..Fetched::default() };
    let mut places = HashMap::new();
    while fetched.pages < limits.max_pages && fetched.clips.len() < limits.max_clips {
        match page(source, fetched.next.as_deref(), run) {
            Ok(mut page) => {
                fetched.pages += 1;
                let (next, stopped_by) = (page.next.take(), page.stopped_by.take());
                fetched.take(page, &mut places);
                if stopped_by.is_some() {
                    fetched.stopped_by = stopped_by;
                    break;
                }
                fetched.next = next;
                if fetched.next.is_none() {
                    break;
                }
            }
            Err(error) => {
                fetched.stopped_by = Some(error);
                break;
            }
        }
        if let Err(error) = run.advance(fetched.pages as f64 / limits.max_pages as f64) {
            fetched.stopped_by = Some(error);
            break;
        }
    }
    fetched.usage = source.usage();
    fetched
}

fn page(source: &mut dyn ClipSource, cursor: Option<&str>, run: &mut Run) -> Result<Page> {
    run.advance(0.0)?;
    let span = run.scope().span(&FETCH_PAGE);
    let outside = run.set_scope(span.scope().clone());
    let page = source.page(cursor, run);
    run.set_scope(outside);
    span.finish(page.as_ref().map_or_else(Some, |page| page.stopped_by.as_ref()));
    page
}

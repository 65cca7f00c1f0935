//! From clips to the list: score, filter, take copies out, rank.

use super::clip::Clip;
use super::config::ClipsConfig;
use super::duplicates::{Cluster, DuplicateParams, Prints, deduplicate};
use super::filter::filter_clips;
use super::rank::rank_clips;
use super::score::{Histories, ScoredClip, score_clips};
use crate::Result;
use crate::monitor::{Job, JobStep, global_job};
use crate::monitored;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Instant;

/// The ranked list, and how it came about.
#[derive(Debug, Clone)]
pub struct ClipsFound {
    /// The best first.
    pub clips: Vec<ScoredClip>,
    /// Clips that came in.
    pub total: usize,
    /// How many each filter took.
    pub filtered: Vec<(&'static str, usize)>,
    /// Clips that stand for others, by the others' ids.
    pub copies: Vec<(String, Vec<String>)>,
    /// Seconds that it took.
    pub processing_s: f64,
    /// When.
    pub timestamp: Timestamp,
}

impl ClipsFound {
    /// The specification's summary: how many came in and how many are left, how long it took and when; and what took them.
    #[must_use]
    pub fn summary(&self) -> Value {
        let filtered: serde_json::Map<String, Value> =
            self.filtered.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
        json!({
            "total_clips": self.total,
            "filtered_clips": self.clips.len(),
            "processing_time": self.processing_s,
            "timestamp": self.timestamp,
            "taken_by_filter": filtered,
            "copies": self.copies.iter().map(|(_, others)| others.len()).sum::<usize>(),
        })
    }
}

/// Scores clips among each other, lets through those that the configuration asks for, takes out copies and ranks the rest.
///
/// `prints` are what is known of the clips' pictures, sound and video, in their order.
pub fn find_clips(
    clips: Vec<Clip>,
    histories: &Histories,
    prints: &Prints,
    config: &ClipsConfig,
    duplicates: &DuplicateParams,
    now: Timestamp,
) -> Result<ClipsFound> {
    monitored!("find_clips", || {
        let start = Instant::now();
        let total = clips.len();
        let job = global_job(total >= MANY, "find_clips", &STEPS);
        let begin = |step: &str| job.as_ref().map(|job| job.step(step));
        let end = |step: Option<JobStep>| step.iter().for_each(JobStep::finish);

        let step = begin("score");
        let mut scored = score_clips(clips, histories, config, now).inspect_err(|_| {
            job.iter().for_each(Job::fail);
        })?;
        end(step);
        let step = begin("duplicates");
        let clusters = deduplicate_by(&mut scored, prints, duplicates);
        end(step);
        let step = begin("filter");
        let (mut kept, filtered) = filter_clips(scored, config);
        end(step);
        let step = begin("rank");
        rank_clips(&mut kept, config.max_per_channel);
        end(step);
        job.iter().for_each(Job::finish);
        let processing_s = start.elapsed().as_secs_f64();
        Ok(ClipsFound { clips: kept, total, filtered, copies: clusters, processing_s, timestamp: now })
    })
}

/// From so many clips on it takes long enough to tell how far it is.
const MANY: usize = 1000;
/// About how the time is shared, until the monitor has learned it.
const STEPS: [(&str, f64); 4] = [("score", 5.0), ("duplicates", 3.0), ("filter", 1.0), ("rank", 1.0)];

/// The clusters by the ids of their clips, for numbers mean nothing once the list has changed.
fn deduplicate_by(
    scored: &mut Vec<ScoredClip>,
    prints: &Prints,
    params: &DuplicateParams,
) -> Vec<(String, Vec<String>)> {
    let _watched = monitored!("deduplicate");
    let ids: Vec<String> =
        scored.iter().map(|scored| format!("{}:{}", scored.clip.platform, scored.clip.id)).collect();
    let named = |cluster: Cluster| {
        (
            ids[cluster.representative].clone(),
            cluster.others.iter().map(|(number, _)| ids[*number].clone()).collect(),
        )
    };
    deduplicate(scored, prints, params).into_iter().map(named).collect()
}

//! Score, filter and rank in one, for very many clips.

use super::clip::Clip;
use super::config::ClipsConfig;
use super::filter::{Filter, TakenByFilter};
use super::judge::Peers;
use super::rank::rank_clips;
use super::score::{Histories, ScoredClip};
use crate::Result;
use crate::monitored;
use jiff::Timestamp;

/// What [`score_clips`](super::score_clips), [`filter_clips`](super::filter_clips) and [`rank_clips`] give one after the other, at less
/// cost in time and memory: reasons are written only into clips that pass. Copies are not taken out.
///
/// ```
/// use viralnow_core::clips::{ClipsConfig, Clip, Histories, select_clips};
/// let clip = |text: &str| serde_json::from_str::<Clip>(text).unwrap();
/// let clips = vec![clip(r#"{"id": "old", "views": 9, "age_hours": 90}"#), clip(r#"{"id": "new", "views": 5, "age_hours": 9}"#)];
/// let config = ClipsConfig::from_json(r#"{"filters": {"max_age_hours": 48}}"#)?;
/// let (best, taken) = select_clips(clips, &Histories::new(), &config, "2026-01-01T00:00:00Z".parse().unwrap())?;
/// assert_eq!((best[0].clip.id.as_str(), taken), ("new", vec![("max_age_hours", 1)]));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn select_clips(
    clips: Vec<Clip>,
    histories: &Histories,
    config: &ClipsConfig,
    now: Timestamp,
) -> Result<(Vec<ScoredClip>, TakenByFilter)> {
    monitored!("select_clips", || {
        let peers = Peers::new(&clips, histories, config, now)?;
        let mut filter = Filter::new(config);
        let least = config.filters.min_final_score.unwrap_or(0.0);
        let mut kept = Vec::new();
        for (number, clip) in clips.into_iter().enumerate() {
            let mut judged = None;
            let unknown = filter.lets(&clip, peers.growth_6h(&clip), || {
                // What is too little at most is too little: of such a clip nothing else is asked.
                if let Some(most) = peers.most_points(number).filter(|&most| most < least) {
                    return (Some(most), None);
                }
                let judged = judged.insert(peers.judge(number, &clip));
                (judged.final_score(), judged.age_hours)
            });
            if let (Some(unknown), Some(judged)) = (unknown, judged) {
                let mut scored = judged.written_into(clip, &peers.names, now);
                scored.unknown = unknown;
                kept.push(scored);
            }
        }
        rank_clips(&mut kept, config.max_per_channel);
        Ok((kept, filter.taken))
    })
}

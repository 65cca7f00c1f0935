//! A new look at a clip beside what is known of it: a look that says less destroys nothing.

use crate::clips::{Clip, Counts, ScoredClip};

/// The new look, with what the old one knows where the new one says nothing. Whether counts were looked at at all is given too: a
/// look without any leaves the counts, and what follows from them, as they are.
pub(super) fn merged(new: &ScoredClip, old: ScoredClip) -> (ScoredClip, bool) {
    let mut merged = new.clone();
    let clip = &mut merged.clip;
    let looked = clip.counts != Counts::default();
    fill(clip, old.clip, looked);
    if new.clip.scores.final_score.is_none() && new.contributions.is_empty() {
        (merged.virality, merged.contributions) = (old.virality, old.contributions);
    }
    merged.unknown.clear();
    (merged, looked)
}

fn fill(clip: &mut Clip, old: Clip, looked: bool) {
    if clip.title.is_empty() {
        clip.title = old.title;
    }
    if clip.tags.is_empty() {
        clip.tags = old.tags;
    }
    let texts = [
        (&mut clip.url, old.url),
        (&mut clip.thumbnail_url, old.thumbnail_url),
        (&mut clip.channel, old.channel),
        (&mut clip.niche, old.niche),
        (&mut clip.transcript, old.transcript),
    ];
    for (new, old) in texts {
        *new = new.take().or(old);
    }
    clip.published_at = clip.published_at.or(old.published_at);
    clip.duration_s = clip.duration_s.or(old.duration_s);
    if !looked {
        clip.counts = old.counts;
        clip.age_hours = clip.age_hours.or(old.age_hours);
        clip.views_last_24h = clip.views_last_24h.or(old.views_last_24h);
        clip.growth_6h = clip.growth_6h.or(old.growth_6h);
    }
    let (scores, metadata) = (&mut clip.scores, &mut clip.metadata);
    if scores.final_score.is_none() {
        scores.virality = scores.virality.or(old.scores.virality);
        scores.relevance = scores.relevance.or(old.scores.relevance);
        scores.final_score = old.scores.final_score;
        metadata.processed_at = metadata.processed_at.take().or(old.metadata.processed_at);
    }
    metadata.reactability = metadata.reactability.or(old.metadata.reactability);
    if metadata.niche_match.is_empty() {
        metadata.niche_match = old.metadata.niche_match;
    }
    for (new, old) in [
        (&mut scores.extra, old.scores.extra),
        (&mut metadata.extra, old.metadata.extra),
        (&mut clip.extra, old.extra),
    ] {
        for (key, value) in old {
            new.entry(key).or_insert(value);
        }
    }
}

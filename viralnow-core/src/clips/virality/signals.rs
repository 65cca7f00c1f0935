//! What the model reads of a clip: its counts, those of a day before, those before that, and its age.

use crate::clips::clip::{Clip, age_at, hours_between};
use crate::clips::counts::Counts;
use crate::clips::history::History;
use jiff::Timestamp;

/// Counts, and how many hours later the next ones were read.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Earlier {
    /// What was read then.
    pub counts: Counts,
    /// Hours until the next reading that is known; more than 0.
    pub hours: f64,
}

/// What is known of a clip at the moment at which it is scored.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signals {
    /// The counts now.
    pub counts: Counts,
    /// The reading nearest to a day before; without it there is no pace.
    pub before: Option<Earlier>,
    /// And the one nearest to a day before that.
    pub before_that: Option<Earlier>,
    /// Hours since it was first seen.
    pub hours_followed: f64,
    /// Hours since it was published.
    pub age_hours: Option<f64>,
}

impl Signals {
    /// What a clip's history says at this moment; a clip without one says what its own fields do.
    #[must_use]
    pub fn of(clip: &Clip, history: Option<&History>, now: Timestamp) -> Self {
        let age = |at: Timestamp| clip.published_at.and_then(|published| age_at(published, at));
        let known = history.and_then(|history| Some((history, history.latest(now)?)));
        let Some((history, last)) = known else {
            return Self { age_hours: age(now).or(clip.age_hours), ..Self::of_fields(clip) };
        };
        let earlier = |from: Timestamp| {
            let snapshot = history.day_before(from)?;
            Some((
                snapshot.time,
                Earlier { counts: snapshot.counts, hours: hours_between(snapshot.time, from) },
            ))
        };
        let before = earlier(last.time);
        Self {
            counts: last.counts,
            before_that: before.and_then(|(time, _)| earlier(time)).map(|(_, e)| e),
            hours_followed: history.hours_followed(now),
            age_hours: age(last.time).or(clip.age_hours),
            before: before.map(|(_, e)| e),
        }
    }

    /// Of a clip that was seen once: the views of the last 24 hours, where the source gives them, are a pace too, if the clip is
    /// older than that; of a younger one they are all its views, and say no more than those and its age.
    fn of_fields(clip: &Clip) -> Self {
        let is_older =
            clip.age_hours.is_none_or(|hours| hours > 24.0) && clip.views_last_24h < clip.counts.views;
        let known = clip.counts.views.zip(clip.views_last_24h).filter(|_| is_older);
        let before = known.and_then(|(views, new)| {
            let counts = Counts { views: Some(views.checked_sub(new)?), ..Counts::default() };
            Some(Earlier { counts, hours: 24.0 })
        });
        let hours_followed = if before.is_some() { 24.0 } else { 0.0 };
        Self { counts: clip.counts, before, hours_followed, age_hours: clip.age_hours, ..Self::default() }
    }

    /// New views a day since [`Signals::before`].
    #[must_use]
    pub fn pace(&self) -> Option<f64> {
        let before = self.before?;
        let new = self.counts.views?.saturating_sub(before.counts.views?);
        Some(new as f64 / before.hours * 24.0)
    }
}

//! What was seen of clips over time. Growth and pace come from here, never from a platform's word.

use super::clip::hours_between;
use super::counts::Counts;
use crate::{Error, ErrorKind, Result};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The counts of a clip at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// When they were read.
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// What was read.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What was seen of one clip, with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClipHistory {
    /// The clip's platform.
    pub platform: String,
    /// Its id there.
    pub id: String,
    /// What was seen, in any order.
    pub snapshots: Vec<Snapshot>,
}

/// The snapshots of one clip in the order of their time. Only ever grows: what was seen stays.
///
/// ```
/// use viralnow_core::clips::{Counts, History, Snapshot};
/// let at = |time: &str, views| Snapshot { time: time.parse().unwrap(), counts: Counts { views: Some(views), ..Counts::default() } };
/// let mut history = History::default();
/// history.push(at("2026-01-02T12:00:00Z", 9_000))?;
/// history.push(at("2026-01-01T12:00:00Z", 4_000))?;
/// let now = "2026-01-02T12:00:00Z".parse().unwrap();
/// assert_eq!(history.views_last_24h(now), Some(5_000));
/// assert_eq!(history.pace(now), Some(5_000.0 / 24.0));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct History(Vec<Snapshot>);

/// How far the nearest snapshots may lie from the moment that is asked for, as a share of the span that is looked back.
const SLACK: f64 = 0.5;

impl History {
    /// Adds a snapshot, wherever in time it belongs. The same one again changes nothing (`false`); another one of the very same
    /// moment is refused, for nobody could say which was true.
    pub fn push(&mut self, snapshot: Snapshot) -> Result<bool> {
        match self.0.binary_search_by_key(&snapshot.time, |s| s.time) {
            Ok(at) if self.0[at] == snapshot => Ok(false),
            Ok(_) => Err(Error::new(
                ErrorKind::InvalidInput,
                "there is a snapshot of this moment with other counts; a history only grows",
            )
            .with("time", snapshot.time)),
            Err(at) => {
                self.0.insert(at, snapshot);
                Ok(true)
            }
        }
    }

    /// All snapshots, the oldest first.
    #[must_use]
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.0
    }

    /// The snapshots up to this moment.
    fn until(&self, now: Timestamp) -> &[Snapshot] {
        &self.0[..self.0.partition_point(|s| s.time <= now)]
    }

    /// The newest snapshot at this moment.
    #[must_use]
    pub fn latest(&self, now: Timestamp) -> Option<&Snapshot> {
        self.until(now).last()
    }

    /// Of the snapshots before the last one, the one that lies nearest to a day before it: what a pace is measured against.
    #[must_use]
    pub fn day_before(&self, now: Timestamp) -> Option<&Snapshot> {
        let (last, earlier) = self.until(now).split_last()?;
        let off = |s: &&Snapshot| (hours_between(s.time, last.time) - 24.0).abs();
        earlier.iter().filter(|s| s.counts.views.is_some()).min_by(|a, b| off(a).total_cmp(&off(b)))
    }

    /// Views `hours` before the last snapshot: between the two snapshots around that moment, as if views came evenly. `None`
    /// where the history does not reach back that far (by half of the span), or where a snapshot has no views.
    #[must_use]
    pub fn views_before(&self, now: Timestamp, hours: f64) -> Option<f64> {
        let known = self.until(now);
        let last = known.last()?.time;
        let at = last.checked_sub(SignedDuration::try_from_secs_f64(hours * 3600.0).ok()?).ok()?;
        let after = known.partition_point(|s| s.time < at);
        let near = |s: &Snapshot| hours_between(s.time, at).abs() <= SLACK * hours;
        let right = known.get(after)?;
        let right_views = right.counts.views? as f64;
        if right.time == at {
            return Some(right_views);
        }
        let left = after.checked_sub(1).map(|i| &known[i]);
        match left {
            Some(left) => {
                let left_views = left.counts.views? as f64;
                let share = hours_between(left.time, at) / hours_between(left.time, right.time);
                Some(left_views + share * (right_views - left_views))
            }
            None if near(right) && right.time < last => {
                // Not quite as old: its first snapshot, drawn on at the pace since.
                let newest = known.last()?;
                let pace =
                    (newest.counts.views? as f64 - right_views) / hours_between(right.time, newest.time);
                Some((right_views - pace * hours_between(at, right.time)).max(0.0))
            }
            None => None,
        }
    }

    /// Views of the 24 hours before the last snapshot.
    #[must_use]
    pub fn views_last_24h(&self, now: Timestamp) -> Option<u64> {
        let views = self.latest(now)?.counts.views? as f64;
        Some((views - self.views_before(now, 24.0)?).max(0.0).round() as u64)
    }

    /// Views over views six hours before.
    #[must_use]
    pub fn growth_6h(&self, now: Timestamp) -> Option<f64> {
        let views = self.latest(now)?.counts.views? as f64;
        let before = self.views_before(now, 6.0)?;
        (before > 0.0).then(|| (views / before).max(1.0))
    }

    /// New views an hour since [`History::day_before`].
    #[must_use]
    pub fn pace(&self, now: Timestamp) -> Option<f64> {
        let (last, before) = (self.latest(now)?, self.day_before(now)?);
        let new = last.counts.views?.saturating_sub(before.counts.views?);
        Some(new as f64 / hours_between(before.time, last.time))
    }

    /// How the pace has changed since the interval before, in views an hour each hour.
    #[must_use]
    pub fn acceleration(&self, now: Timestamp) -> Option<f64> {
        let (last, before) = (self.latest(now)?, self.day_before(now)?);
        let (pace, pace_before) = (self.pace(now)?, self.pace(before.time)?);
        Some((pace - pace_before) / hours_between(before.time, last.time))
    }

    /// Hours between the first and the last snapshot.
    #[must_use]
    pub fn hours_followed(&self, now: Timestamp) -> f64 {
        match self.until(now) {
            [first, .., last] => hours_between(first.time, last.time),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(points: &[(i64, u64)]) -> History {
        let mut history = History::default();
        for &(hour, views) in points {
            let time = Timestamp::from_second(hour * 3600).unwrap();
            let counts = Counts { views: Some(views), ..Counts::default() };
            history.push(Snapshot { time, counts }).unwrap();
        }
        history
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    #[test]
    fn growth_is_read_between_snapshots() {
        let history = history(&[(0, 0), (20, 100), (30, 300), (44, 440)]);
        // 24 hours before hour 44 is hour 20; six hours before it are 38, where 380 had been seen.
        assert_eq!(history.views_last_24h(at(44)), Some(340));
        assert_eq!(history.growth_6h(at(50)), Some(440.0 / 380.0));
        // Against the snapshot that is nearest to a day before.
        assert_eq!(history.pace(at(44)), Some(340.0 / 24.0));
        assert_eq!(history.acceleration(at(44)), Some((340.0 / 24.0 - 5.0) / 24.0));
        // Nothing of the future is known.
        assert_eq!(history.latest(at(29)).unwrap().counts.views, Some(100));
        assert_eq!(
            (history.views_last_24h(at(0)), history.pace(at(0)), history.growth_6h(at(-1))),
            (None, None, None)
        );
        assert_eq!(history.hours_followed(at(43)), 30.0);
    }

    #[test]
    fn a_history_that_is_a_little_short_is_drawn_on_and_one_that_is_much_shorter_is_not() {
        assert_eq!(history(&[(0, 100), (20, 300)]).views_last_24h(at(20)), Some(240));
        assert_eq!(history(&[(0, 100), (10, 300)]).views_last_24h(at(10)), None);
        assert_eq!(history(&[(0, 100)]).views_last_24h(at(10)), None);
    }

    #[test]
    fn a_history_only_grows() {
        let mut history = history(&[(0, 100), (5, 120)]);
        let again = history.snapshots()[0];
        assert!(!history.push(again).unwrap());
        let other = Snapshot { counts: Counts { views: Some(7), ..Counts::default() }, ..again };
        assert_eq!(history.push(other).unwrap_err().kind(), ErrorKind::InvalidInput);
        // Views that fall (a platform took some back) are no negative growth.
        history
            .push(Snapshot { time: at(29), counts: Counts { views: Some(90), ..Counts::default() } })
            .unwrap();
        assert_eq!((history.views_last_24h(at(29)), history.pace(at(29))), (Some(0), Some(0.0)));
        assert_eq!(history.growth_6h(at(29)), Some(1.0));
    }
}

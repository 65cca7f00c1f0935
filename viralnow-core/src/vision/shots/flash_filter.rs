//! `PySceneDetect`'s filter of cuts that follow each other too closely.

use super::frame::Cut;
use super::length::SceneLength;
use serde::{Deserialize, Serialize};

/// What becomes of cuts closer to each other than the least length of a shot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterMode {
    /// They are merged: what lies between them belongs to one shot, and the last of them starts the next.
    #[default]
    Merge,
    /// They are left out until the length has passed.
    Suppress,
}

/// Lets through the cuts that are far enough apart. Merging leaves a cut in the first frames out, since time counts from the
/// first frame on.
#[derive(Debug)]
pub(in crate::vision) struct FlashFilter {
    mode: FilterMode,
    length: SceneLength,
    last_above: Option<Cut>,
    /// A cut was let through: from then on others are merged.
    enabled: bool,
    merging_since: Option<Cut>,
}

impl FlashFilter {
    pub(in crate::vision) fn new(mode: FilterMode, length: SceneLength) -> Self {
        Self { mode, length, last_above: None, enabled: false, merging_since: None }
    }

    /// For the next frame, which changes enough for a cut or does not.
    pub(in crate::vision) fn push(&mut self, here: Cut, above: bool) -> Option<Cut> {
        if self.length.is_zero() {
            return above.then_some(here);
        }
        let last = *self.last_above.get_or_insert(here);
        let far = self.length.met(last, here);
        match self.mode {
            FilterMode::Suppress => {
                let cut = above && far;
                if cut {
                    self.last_above = Some(here);
                }
                cut.then_some(here)
            }
            FilterMode::Merge => {
                let last = if above { here } else { last };
                self.last_above = Some(last);
                self.merge(here, last, above, far)
            }
        }
    }

    fn merge(&mut self, here: Cut, last: Cut, above: bool, far: bool) -> Option<Cut> {
        if let Some(since) = self.merging_since {
            if far && !above && self.length.met(since, last) {
                self.merging_since = None;
                return Some(last);
            }
            return None;
        }
        if !above {
            return None;
        }
        if far {
            self.enabled = true;
            return Some(here);
        }
        if self.enabled {
            self.merging_since = Some(here);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(mode: FilterMode, length: SceneLength, above: &[u64], frames: u64) -> Vec<u64> {
        let mut filter = FlashFilter::new(mode, length);
        (0..frames)
            .filter_map(|i| filter.push(Cut::hard(i, i as f64 / 30.0), above.contains(&i)))
            .map(|cut| cut.frame)
            .collect()
    }

    #[test]
    fn merging_follows_the_definition() {
        let merge = |above: &[u64], frames| filter(FilterMode::Merge, SceneLength::DEFAULT, above, frames);
        assert_eq!(merge(&[20], 60), [20]);
        assert_eq!(merge(&[14], 60), [0u64; 0], "a cut in the first 15 frames is swallowed");
        assert_eq!(merge(&[20, 27], 90), [20], "the second of two close cuts is swallowed");
        let burst: Vec<u64> = (20..40).collect();
        assert_eq!(merge(&burst, 90), [20, 39], "a long burst ends with its last frame");
    }

    /// What `FlashFilter` of scenedetect 0.7.2 lets through.
    #[test]
    fn suppressing_and_seconds_follow_the_definition() {
        let above = [3, 10, 16, 20, 33, 34, 52];
        let suppress = |length| filter(FilterMode::Suppress, length, &above, 60);
        assert_eq!(suppress(SceneLength::Frames(15)), [16, 33, 52]);
        assert_eq!(suppress(SceneLength::Seconds(0.5)), [16, 33, 52]);
        assert_eq!(suppress(SceneLength::Seconds(0.6)), [20, 52]);
        assert_eq!(suppress(SceneLength::Frames(0)), above);
        assert_eq!(filter(FilterMode::Merge, SceneLength::Seconds(0.0), &above, 60), above);
    }
}

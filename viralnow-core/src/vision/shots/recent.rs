//! The last seconds as tiny pictures.

use super::frame::ShotFrame;
use super::thumb::{Matcher, Thumb, Thumbs};
use std::collections::VecDeque;

/// Slow changes are looked at in pictures that are at least this far apart, in seconds: every one up to 30 a second.
const APART_S: f64 = 0.031;
/// So many of those are kept, ...
pub(super) const KEPT: usize = 192;
/// ... and at most so many frames.
const FRAMES: usize = 1024;

/// Frames of the last seconds, by their place in the video (0 for the first). Slow changes are looked at in some of them, by
/// their number among those. At most 3 MB.
#[derive(Debug, Default)]
pub(super) struct Recent {
    frames: VecDeque<Seen>,
    /// Place of the first frame that is still there.
    first: usize,
    /// Places of those for slow changes.
    kept: VecDeque<usize>,
    /// Number of the first of them that is still there.
    first_kept: usize,
    thumbs: Thumbs,
    matcher: Matcher,
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) frame: u64,
    pub(super) time_s: f64,
    pub(super) thumb: Thumb,
    /// Difference from the frame before that motion does not explain, 0 to 48; 0 for the first.
    pub(super) change: f32,
}

impl Recent {
    /// Takes a frame that has been checked; whether it is one for slow changes.
    pub(super) fn push(&mut self, frame: &ShotFrame<'_>) -> bool {
        let full = self.kept.len() >= KEPT || self.frames.len() >= FRAMES;
        let mut spare = Thumb::default();
        if full && let Some(seen) = self.frames.pop_front() {
            spare = seen.thumb;
            self.first += 1;
            while self.kept.front().is_some_and(|&place| place < self.first) {
                self.kept.pop_front();
                self.first_kept += 1;
            }
        }
        self.thumbs.make(frame, &mut spare);
        let mut change = 0.0;
        if let Some(before) = self.frames.back() {
            change = before.thumb.difference(&spare);
            // Motion can only explain some of it.
            if change >= Self::WORTH {
                change = self.matcher.either_way(&before.thumb, &spare);
            }
        }
        let last = self.kept.back().map(|&place| self.at(place).time_s);
        let keep = last.is_none_or(|last| {
            let since = frame.time_s - last;
            since.is_nan() || since >= APART_S
        });
        self.frames.push_back(Seen { frame: frame.number, time_s: frame.time_s, thumb: spare, change });
        if keep {
            self.kept.push_back(self.end() - 1);
        }
        keep
    }

    /// Below this difference nobody asks what motion explains.
    const WORTH: f32 = 3.0;

    /// One past the last place.
    pub(super) fn end(&self) -> usize {
        self.first + self.frames.len()
    }

    /// The oldest frame that is still there; there must be one.
    pub(super) fn first(&self) -> &Seen {
        self.at(self.first)
    }

    pub(super) fn has(&self, place: usize) -> bool {
        (self.first..self.end()).contains(&place)
    }

    /// The frame of this place, which is still there.
    pub(super) fn at(&self, place: usize) -> &Seen {
        &self.frames[place - self.first]
    }

    /// Numbers of the frames for slow changes that are still there.
    pub(super) fn kept(&self) -> std::ops::Range<usize> {
        self.first_kept..self.first_kept + self.kept.len()
    }

    /// Place of a frame for slow changes.
    pub(super) fn place(&self, number: usize) -> usize {
        self.kept[number - self.first_kept]
    }

    pub(super) fn slow(&self, number: usize) -> &Seen {
        self.at(self.place(number))
    }

    /// What motion does not explain of the difference of two frames.
    pub(super) fn unexplained(&mut self, before: usize, here: usize) -> f32 {
        let (before, here) = (&self.frames[before - self.first], &self.frames[here - self.first]);
        self.matcher.either_way(&before.thumb, &here.thumb)
    }
}

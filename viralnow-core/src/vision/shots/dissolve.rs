//! Dissolves: one picture turns into an unrelated one along a straight line.

use super::path::{Path, Ramp};
use super::recent::{KEPT, Recent};
use std::ops::Range;

/// Lengths of the stretches that are looked at, in frames for slow changes.
pub(super) const LENGTHS: [usize; 15] = [8, 9, 10, 12, 14, 17, 20, 24, 29, 34, 40, 48, 56, 66, 80];
/// Number of frames to wait for a stretch that shows a dissolve better.
const WAIT: usize = 12;

/// A change that takes its time, in places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slow {
    /// Frames that belong to both shots.
    pub(super) places: Range<usize>,
    /// The first that shows more of the new one.
    pub(super) middle: usize,
}

/// Looks for dissolves in stretches that end at the newest frame. A stretch is one when
///
/// 1. first and last picture differ, all over, and are not alike in structure (slow motion and changes of light are);
/// 2. the pictures between lie on the straight line from the one to the other, which moving pictures do not;
/// 3. they go there step by step, and before and behind they stand still in that direction, which a pan does not.
#[derive(Debug, Default)]
pub(super) struct Dissolves {
    path: Path,
    best: Option<Candidate>,
    /// Stretches that showed it.
    votes: usize,
    /// Where the last of them ended.
    last: usize,
}

#[derive(Debug)]
struct Candidate {
    /// The first and last frame of the stretch, and where in it the change is.
    last: usize,
    change: Slow,
    /// Less is better.
    score: f32,
}

/// Least difference of the first and the last picture, least of what motion does not explain of it, how evenly it is spread
/// over the picture at least, and how much the two correlate at most.
const LENGTH: f32 = 20.0;
const UNEXPLAINED: f32 = 12.0;
const SPREAD_OVER: f32 = 0.35;
const ALIKE: f32 = 0.42;
/// Most squared distance from the line over its squared length, largest step and way back, fewest frames between.
const OFF: f32 = 0.2;
const STEP: f32 = 0.3;
const BACK: f32 = 0.2;
const BETWEEN: usize = 3;
/// Variance of the pictures between over that of blends of the two ends, at most; and largest score.
const CONTRAST: f32 = 1.35;
const SCORE: f32 = 0.28;
/// Stretches that must show it, and least spread of either end.
const VOTES: usize = 3;
const LEAST_SPREAD: f32 = 5.0;

impl Dissolves {
    /// After a frame for slow changes: a dissolve that no later stretch shows better.
    pub(super) fn push(&mut self, recent: &mut Recent) -> Option<Slow> {
        let kept = recent.kept();
        let last = kept.end - 1;
        let mut done = None;
        for length in LENGTHS.into_iter().filter(|&length| length < kept.len()) {
            let Some(candidate) = self.look(recent, last - length, last) else { continue };
            if self.best.as_ref().is_some_and(|best| best.change.places.end <= candidate.change.places.start)
            {
                done = done.or(self.finish());
            }
            self.votes += 1;
            self.last = last;
            if self.best.as_ref().is_none_or(|best| candidate.score < best.score) {
                self.best = Some(candidate);
            }
        }
        let best = self.best.as_ref()?;
        let over = self.last + WAIT <= last || best.last + KEPT / 2 <= last;
        done.or_else(|| over.then(|| self.finish()).flatten())
    }

    pub(super) fn finish(&mut self) -> Option<Slow> {
        let enough = std::mem::take(&mut self.votes) >= VOTES;
        self.best.take().filter(|_| enough).map(|best| best.change)
    }

    fn look(&mut self, recent: &mut Recent, first: usize, last: usize) -> Option<Candidate> {
        let thumb = |number: usize| &recent.slow(number).thumb;
        let (old, new) = (thumb(first), thumb(last));
        // Most stretches end here: the cheapest questions come first.
        if old.difference(new) < LENGTH / 2.0
            || old.spread.min(new.spread) < LEAST_SPREAD
            || is_flat(old.spread, new.spread)
            || is_flat(new.spread, old.spread)
            || old.spread_over(new) < SPREAD_OVER
        {
            return None;
        }
        let (progress, off) = Path::at(old, new, thumb(usize::midpoint(first, last)))?;
        let covariance = old.covariance(new);
        if !(0.1..0.9).contains(&progress) || off > 2.0 * OFF || covariance > ALIKE * old.spread * new.spread
        {
            return None;
        }
        let path = self.path.fit((first..=last).map(thumb))?;
        let ramp = path.ramp()?;
        let Ramp { before, after, step, back, between, .. } = ramp;
        let score = path.off + 0.5 * (before + after);
        let fits = path.length >= LENGTH
            && path.off <= OFF
            && score <= SCORE
            && step <= STEP
            && back <= BACK
            && between >= BETWEEN;
        if !fits {
            return None;
        }
        let contrast =
            contrast(path.progress(), (old.spread, new.spread, covariance), |i| thumb(first + i).spread);
        let score = score + 0.3 * (contrast - 1.0).abs();
        let places = (recent.place(first), recent.place(last));
        let fits =
            contrast <= CONTRAST && score <= SCORE && recent.unexplained(places.0, places.1) >= UNEXPLAINED;
        fits.then(|| Candidate { last, change: slow(recent, first, ramp), score })
    }
}

/// Mean ratio of the variance of the pictures half way to that of a blend of the ends; above 1 where something moves sharply.
pub(super) fn contrast(
    progress: &[f32],
    (old, new, covariance): (f32, f32, f32),
    spread: impl Fn(usize) -> f32,
) -> f32 {
    let (mut sum, mut n) = (0.0, 0.0);
    for (i, &p) in progress.iter().enumerate().filter(|(_, p)| (0.2..0.8).contains(*p)) {
        let q = 1.0 - p;
        let blend = (q * old).powi(2) + (p * new).powi(2) + 2.0 * p * q * covariance;
        sum += spread(i).powi(2) / blend.max(1.0);
        n += 1.0;
    }
    if n > 0.0 { sum / n } else { f32::INFINITY }
}

/// Whether a picture of this spread is next to flat beside one of the other.
pub(super) fn is_flat(spread: f32, beside: f32) -> bool {
    spread < 9.0 && spread < 0.35 * beside
}

/// A ramp of a stretch that begins at frame `first` for slow changes.
pub(super) fn slow(recent: &Recent, first: usize, ramp: Ramp) -> Slow {
    let place = |at: f32| {
        let number = first + at.max(0.0).round() as usize;
        recent.place(number.min(recent.kept().end - 1))
    };
    let (start, end) = (place(ramp.start) + 1, place(ramp.end));
    Slow { places: start..end.max(start), middle: place(ramp.middle + 0.49) }
}

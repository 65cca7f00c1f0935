//! Finding copies: which samples look alike, and whether they do so in one order of time.

use super::VideoFingerprint;
use super::views::Look;
use crate::Result;
use crate::monitor::{CancelToken, Observer, Run, Scope, Steps};
use std::sync::Arc;

/// Samples at this distance or less look alike. Of 2,055,224 pairs of samples from unrelated videos, with all their parts and
/// mirrored too, half are at 112 or more and the nearest is at 82. Copies with a large logo over the middle are at 45 on
/// average, two videos of one person in one place at 54 to 60.
const ALIKE: u32 = 60;
/// So many samples must be nearer, or all there are of the shorter video: two scenes of one room and one person are alike.
const LEAST_NEAR: usize = 3;
const NEAR: u32 = 48;
/// And of the samples that stand at the same time this share must be alike: a common title card makes no copy.
const LEAST_SHARE: f64 = 0.1;
/// Of the longer video, every such sample votes for a shift of time, one a second by default; more where it has not so many.
const VOTER_STRIDE: usize = 8;
const ENOUGH_VOTERS: usize = 32;
/// Most pairs of samples that vote.
const MOST_PAIRS: usize = 1 << 20;

/// How two videos match at the shift of time at which they match best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyMatch {
    /// Share of this video's telling samples that the other one has too, 0 to 1.
    pub share: f64,
    /// Share of the other video's telling samples that this one has too, 0 to 1.
    pub other_share: f64,
    /// Of this video's telling samples that stand at a time that the other one has, the share that match.
    pub overlap_share: f64,
    /// Seconds from a moment of this video to the same moment of the other: negative when the other was trimmed at its
    /// start. To a sample, an eighth of a second for videos up to 8 minutes. 0 without a match.
    pub offset_s: f64,
    /// This video's samples that match.
    pub matched: usize,
    /// Mean distance of the samples that match, in bits of 256; 256 without a match.
    pub distance: f64,
    /// Distance of the two samples that match best, in bits of 256; 256 without a match.
    pub best_distance: u32,
    /// Whether one video is mirrored left to right.
    pub mirrored: bool,
    /// Samples that match within [`NEAR`], and how many make a copy.
    near: usize,
    needed: usize,
}

impl CopyMatch {
    const NONE: Self = Self {
        share: 0.0,
        other_share: 0.0,
        overlap_share: 0.0,
        offset_s: 0.0,
        matched: 0,
        distance: 256.0,
        best_distance: 256,
        mirrored: false,
        near: 0,
        needed: 1,
    };

    /// Whether one video is, or contains, a copy of the other or of a part of it: of the samples that match, at least three
    /// (or as many as the shorter video has) are within a distance of 48, and a tenth of those that stand at the same time
    /// match.
    #[must_use]
    pub fn is_copy(&self) -> bool {
        self.near >= self.needed && self.overlap_share >= LEAST_SHARE
    }
}

impl VideoFingerprint {
    /// Compares with another video, as it is and mirrored left to right; with a picture, too.
    ///
    /// The picture of each sample, without bars, is compared with the central parts of the other's. Samples within a distance
    /// of 60 vote for the time between the two videos (of the longer one only one sample a second); then all are compared at
    /// the time with most votes. Crops are found that keep the middle, down to two thirds of the sides; crops off the middle
    /// by more than some 5 % of a side, turned copies, and videos on a part of the screen are not. An excerpt is found, too;
    /// of a copy with its scenes in another order, one stretch is.
    ///
    /// It takes some 30 ms for two videos of 60 s, a second and 40 MB at most. Empty fingerprints and those of plain pictures
    /// match nothing, not even themselves.
    ///
    /// ```
    /// use viralnow_core::imaging::{RgbImage, Rotation};
    /// use viralnow_core::vision::VideoFingerprint;
    /// let cell = |x: usize, y: usize| (x / 8 * 89 + y / 8 * 57 + (x / 8) * (y / 8) * 31) % 256;
    /// let picture = |mirrored: bool| RgbImage {
    ///     width: 96,
    ///     height: 64,
    ///     data: (0..96 * 64)
    ///         .flat_map(|i| [cell(if mirrored { 95 - i % 96 } else { i % 96 }, i / 96) as u8; 3])
    ///         .collect(),
    /// };
    /// let of = |picture: &RgbImage| VideoFingerprint::of_picture(&picture.as_picture(), Rotation::None);
    /// let how = of(&picture(false))?.compare(&of(&picture(true))?);
    /// assert!(how.is_copy() && how.mirrored && how.share == 1.0);
    /// let plain = RgbImage { width: 96, height: 64, data: vec![90; 96 * 64 * 3] };
    /// assert!(!of(&plain)?.compare(&of(&plain)?).is_copy());
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    #[must_use]
    pub fn compare(&self, other: &Self) -> CopyMatch {
        let (mut ours, theirs) = (Timed::of(self), Timed::of(other));
        let step_ms = i64::from(self.interval_ms.max(other.interval_ms).max(1));
        let plain = match_up(&ours, &theirs, step_ms);
        ours.looks.iter_mut().for_each(|(_, look)| look.mirror());
        let mirrored = CopyMatch { mirrored: true, ..match_up(&ours, &theirs, step_ms) };
        if (mirrored.near, mirrored.matched) > (plain.near, plain.matched) { mirrored } else { plain }
    }
}

/// The telling samples with their times in milliseconds.
struct Timed {
    looks: Vec<(i64, Look)>,
}

impl Timed {
    fn of(print: &VideoFingerprint) -> Self {
        let looks = print.samples.iter().filter_map(|sample| Some((sample.time_ms, sample.views.look()?)));
        Self { looks: looks.collect() }
    }
}

fn match_up(ours: &Timed, theirs: &Timed, step_ms: i64) -> CopyMatch {
    let Some(shift_ms) = likely_shift(ours, theirs, step_ms) else { return CopyMatch::NONE };
    let (ours, theirs) = (&ours.looks, &theirs.looks);
    // Within a step and a half: the shift lies anywhere between the grids of the two.
    let reach = 3 * step_ms / 2;
    let mut matches: Vec<(u32, i64)> = Vec::new();
    let mut seen = vec![false; theirs.len()];
    let mut at_same_time = 0;
    for (time, look) in ours {
        let first = theirs.partition_point(|(at, _)| at - time < shift_ms - reach);
        let end = theirs.partition_point(|(at, _)| at - time <= shift_ms + reach);
        at_same_time += usize::from(first < end);
        let mut nearest: Option<(u32, i64)> = None;
        for (seen, (at, their_look)) in seen[first..end].iter_mut().zip(&theirs[first..end]) {
            let distance = look.distance(their_look);
            if distance <= ALIKE {
                *seen = true;
                let found = (distance, at - time);
                nearest = Some(nearest.map_or(found, |nearest| nearest.min(found)));
            }
        }
        matches.extend(nearest);
    }
    let Some(&(best_distance, _)) = matches.iter().min() else { return CopyMatch::NONE };
    let matched = matches.len();
    let mut shifts: Vec<i64> = matches.iter().map(|&(_, shift)| shift).collect();
    shifts.sort_unstable();
    let share = |count: usize, of: usize| count as f64 / of as f64;
    CopyMatch {
        share: share(matched, ours.len()),
        other_share: share(seen.iter().filter(|&&seen| seen).count(), theirs.len()),
        overlap_share: share(matched, at_same_time),
        offset_s: shifts[matched / 2] as f64 / 1000.0,
        matched,
        distance: matches.iter().map(|&(distance, _)| f64::from(distance)).sum::<f64>() / matched as f64,
        best_distance,
        mirrored: false,
        near: matches.iter().filter(|&&(distance, _)| distance <= NEAR).count(),
        needed: LEAST_NEAR.min(ours.len()).min(theirs.len()),
    }
}

/// The shift in time, in milliseconds, for which most samples vote that look alike; of equals the one nearest to none.
fn likely_shift(ours: &Timed, theirs: &Timed, step_ms: i64) -> Option<i64> {
    let (ours, theirs) = (&ours.looks, &theirs.looks);
    // Of the longer video not all samples vote, as long as enough do.
    let longer = ours.len().max(theirs.len());
    let stride = (longer / ENOUGH_VOTERS).clamp(1, VOTER_STRIDE);
    let stride = stride.max((ours.len() * theirs.len()).div_ceil(MOST_PAIRS));
    let (ours_by, theirs_by) = if ours.len() >= theirs.len() { (stride, 1) } else { (1, stride) };
    let mut votes: Vec<i64> = Vec::new();
    for (time, look) in ours.iter().step_by(ours_by) {
        // Each of our samples votes once for each shift, in whole steps.
        let mut last = None;
        for (at, their_look) in theirs.iter().step_by(theirs_by) {
            if look.distance(their_look) <= ALIKE {
                let vote = (at - time + step_ms / 2).div_euclid(step_ms);
                if last != Some(vote) {
                    votes.push(vote);
                    last = Some(vote);
                }
            }
        }
    }
    votes.sort_unstable();
    let counts: Vec<(i64, usize)> =
        votes.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len())).collect();
    let count = |i: Option<usize>, shift: i64| {
        i.and_then(|i| counts.get(i)).filter(|&&(there, _)| there == shift).map_or(0, |&(_, count)| count)
    };
    // A shift between two steps votes for both, so neighbours count half.
    let score = |i: usize| {
        let (shift, votes) = counts[i];
        2 * votes + count(i.checked_sub(1), shift - 1) + count(Some(i + 1), shift + 1)
    };
    let best = (0..counts.len()).max_by_key(|&i| (score(i), -counts[i].0.abs()))?;
    Some(counts[best].0 * step_ms)
}

/// The pairs of copies among some videos, by their places in the list, the first one before the second. Compares each with
/// each, n (n - 1) / 2 times [`VideoFingerprint::compare`], one after the other; it keeps the pairs that it finds, 80 bytes
/// each, and what one comparison takes.
///
/// ```
/// use viralnow_core::vision::{VideoFingerprint, find_copies};
/// assert!(find_copies(&[VideoFingerprint::default(), VideoFingerprint::default()]).is_empty());
/// ```
#[must_use]
pub fn find_copies(prints: &[VideoFingerprint]) -> Vec<(usize, usize, CopyMatch)> {
    // Nobody stops it.
    pairs(prints, |_| Ok(())).unwrap_or_default()
}

/// As [`find_copies`]; the token stops it (`CANCELLED`), and the observer, which may stop it too, hears how far it is.
///
/// ```
/// use viralnow_core::monitor::CancelToken;
/// use viralnow_core::vision::{VideoFingerprint, find_copies_watched};
/// let (prints, stop) = (vec![VideoFingerprint::default(); 3], CancelToken::default());
/// assert!(find_copies_watched(&prints, &stop, None)?.is_empty());
/// stop.cancel();
/// assert!(find_copies_watched(&prints, &stop, None).is_err());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn find_copies_watched(
    prints: &[VideoFingerprint],
    cancel: &CancelToken,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Vec<(usize, usize, CopyMatch)>> {
    let steps = Steps::new(&[("compare", 1.0)]);
    let mut run = Run::new(Scope::global(), observer, cancel.child(), None, steps);
    run.enter("compare")?;
    let found = pairs(prints, |fraction| run.advance(fraction))?;
    run.finish();
    Ok(found)
}

/// The pairs; each comparison says first how far it is, and goes on unless that fails.
fn pairs(
    prints: &[VideoFingerprint],
    mut go_on: impl FnMut(f64) -> Result<()>,
) -> Result<Vec<(usize, usize, CopyMatch)>> {
    let all = (prints.len() * prints.len().saturating_sub(1)) as f64 / 2.0;
    let (mut found, mut done) = (Vec::new(), 0.0);
    for (i, one) in prints.iter().enumerate() {
        for (j, other) in prints.iter().enumerate().skip(i + 1) {
            go_on(done / all)?;
            done += 1.0;
            let how = one.compare(other);
            if how.is_copy() {
                found.push((i, j, how));
            }
        }
    }
    Ok(found)
}

//! Our own detector of hard cuts.

use super::change::Change;
use super::frame::Cut;
use crate::imaging::Hsv;
use std::collections::VecDeque;

/// Score of a change that is a cut for certain.
const CERTAIN: f64 = 27.0;

/// Cuts that stand out, however close together they are. A frame starts a shot when
///
/// 1. it differs from the one before: score at least 20, value alone at least 10 (which near-black noise does not reach);
/// 2. nothing near it does: the score is at least 2.5 times the largest of the three frames on either side within a quarter
///    of a second, so that fast motion, dissolves and fades are no cuts. Where both reach 27, one later change among the three
///    is left out: a frame blended of two shots, or an insert of up to three frames, counts as one cut;
/// 3. the old picture does not come back within three frames: that is a flash.
///
/// The answer for a frame comes three frames later.
#[derive(Debug, Default)]
pub(in crate::vision) struct ClearCuts {
    /// Up to three frames before the one in question, itself, and up to three after.
    window: VecDeque<Seen>,
    /// Frames of the window for which the question is answered.
    answered: usize,
    spare: Vec<Hsv>,
}

#[derive(Debug)]
struct Seen {
    at: Cut,
    /// From the frame before; nothing for the first frame.
    change: Option<Change>,
    hsv: Hsv,
}

impl ClearCuts {
    const SCORE: f64 = 20.0;
    const VALUE: f64 = 10.0;
    const OUTSTANDING: f64 = 2.5;
    const REACH: usize = 3;
    const NEAR_S: f64 = 0.25;
    /// Share of the cut's score below which the old picture is back.
    const BACK: f64 = 0.5;

    /// Whether a frame with this change may turn out to start a shot.
    pub(in crate::vision) fn candidate(change: Change) -> bool {
        change.score() >= Self::SCORE && change.value >= Self::VALUE
    }

    pub(in crate::vision) fn push(&mut self, at: Cut, change: Option<Change>, hsv: &Hsv) -> Option<Cut> {
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.clone_from(hsv);
        self.window.push_back(Seen { at, change, hsv: copy });
        (self.window.len() > self.answered + Self::REACH).then(|| self.answer()).flatten()
    }

    /// The answers that are still open at the end.
    pub(in crate::vision) fn finish(mut self) -> Vec<Cut> {
        let mut cuts = Vec::new();
        while self.answered < self.window.len() {
            cuts.extend(self.answer());
        }
        cuts
    }

    /// Answers for the next frame, and lets go of what is not needed for those after it.
    fn answer(&mut self) -> Option<Cut> {
        let cut = self.is_cut(self.answered).then(|| self.window[self.answered].at);
        self.answered += 1;
        while self.answered > Self::REACH {
            self.answered -= 1;
            self.spare.extend(self.window.pop_front().map(|seen| seen.hsv));
        }
        cut
    }

    fn is_cut(&self, i: usize) -> bool {
        let Some(change) = self.window[i].change.filter(|&change| Self::candidate(change)) else {
            return false;
        };
        let time = self.window[i].at.time_s;
        let near = |seen: &&Seen| (seen.at.time_s - time).abs() <= Self::NEAR_S;
        let score = |seen: &Seen| seen.change.map_or(0.0, |change| change.score());
        let before =
            self.window.iter().take(i).rev().take(Self::REACH).filter(near).map(score).fold(0.0, f64::max);
        let mut after: Vec<f64> =
            self.window.iter().skip(i + 1).take(Self::REACH).filter(near).map(score).collect();
        after.sort_by(f64::total_cmp);
        if change.score() >= CERTAIN && after.last().is_some_and(|&score| score >= CERTAIN) {
            after.pop();
        }
        let largest = after.last().copied().unwrap_or(0.0).max(before);
        if change.score() < Self::OUTSTANDING * largest {
            return false;
        }
        let Some(old) = i.checked_sub(1).map(|i| &self.window[i].hsv) else { return true };
        self.window.iter().skip(i + 1).take(Self::REACH).filter(near).all(|later| {
            Change::between(old, &later.hsv).is_none_or(|now| now.score() >= Self::BACK * change.score())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flat pictures of these brightnesses, 30 a second.
    fn clear(brightness: &[u8]) -> Vec<u64> {
        let mut cuts = ClearCuts::default();
        let mut found = Vec::new();
        let mut previous: Option<Hsv> = None;
        for (i, &value) in brightness.iter().enumerate() {
            let hsv = Hsv { hue: vec![0; 64], saturation: vec![0; 64], value: vec![value; 64] };
            let change = previous.as_ref().and_then(|previous| Change::between(previous, &hsv));
            found.extend(cuts.push(Cut { frame: i as u64, time_s: i as f64 / 30.0 }, change, &hsv));
            previous = Some(hsv);
        }
        found.extend(cuts.finish());
        found.iter().map(|cut| cut.frame).collect()
    }

    fn steps(of: &[(u8, usize)]) -> Vec<u8> {
        of.iter().flat_map(|&(value, times)| vec![value; times]).collect()
    }

    #[test]
    fn cuts_are_found_wherever_they_are() {
        assert_eq!(clear(&steps(&[(0, 1), (255, 20)])), [1]);
        assert_eq!(clear(&steps(&[(0, 20), (255, 20)])), [20]);
        assert_eq!(clear(&steps(&[(0, 20), (255, 1)])), [20]);
        assert_eq!(clear(&steps(&[(0, 20), (120, 4), (255, 20)])), [20, 24], "four frames are a shot");
        assert_eq!(clear(&steps(&[(0, 20), (120, 3), (255, 20)])), [20], "three are not");
        assert_eq!(clear(&steps(&[(0, 20), (110, 1), (255, 20)])), [20], "a frame blended of both shots");
    }

    #[test]
    fn flashes_fades_and_dissolves_are_no_cuts() {
        for frames in 1..=3 {
            assert_eq!(
                clear(&steps(&[(40, 20), (250, frames), (40, 20)])),
                [0u64; 0],
                "flash of {frames} frames"
            );
        }
        let fade: Vec<u8> =
            steps(&[(0, 10)]).into_iter().chain((0..=255).step_by(17)).chain(steps(&[(255, 10)])).collect();
        assert_eq!(clear(&fade), [0u64; 0]);
        let quick: Vec<u8> =
            steps(&[(0, 10)]).into_iter().chain((0..=250).step_by(50)).chain(steps(&[(250, 10)])).collect();
        assert_eq!(clear(&quick), [0u64; 0]);
        assert_eq!(clear(&[]), [0u64; 0]);
    }
}

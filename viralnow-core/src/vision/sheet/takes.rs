//! The pictures of a sheet by shots: while a video is decoded some are kept of which one will do, for where a shot begins is known
//! seconds late.

use super::spread::{Spread, every_other};
use super::{Wanted, evenly};
use crate::Result;
use crate::imaging::{SheetCell, SmallPictures, check_sheet};
use crate::media::Frame;
use crate::vision::extractor::Extra;
use crate::vision::pictures::PictureSink;
use crate::vision::shots::{Boundaries, Boundary, Cut, ShotFrame};
use std::collections::VecDeque;

/// Pictures are kept this far apart, and this long after one that may begin a shot: that may be blended of two.
const DISTANCE_S: f64 = 0.5;
const AFTER_S: f64 = 0.1;
/// What those may weigh that are not settled, in bytes; two may be heavier.
const WEIGHT: usize = 1 << 26;
/// What the shots that are over may weigh, in bytes; twice as many as there are pictures may be heavier.
const ROOM: usize = 1 << 25;
/// Further pictures of a shot stand this far apart at least, as the keyframes of an analysis do.
const FURTHER_S: f64 = 2.0;

/// A picture whose shot is not known yet, and whether one may begin with it.
#[derive(Debug)]
struct Recent {
    cell: SheetCell,
    begins: bool,
}

/// What is shown of a shot.
#[derive(Debug)]
struct Take {
    /// From where to where it shows nothing of another shot, in seconds.
    clear_s: [f64; 2],
    middle: SheetCell,
    /// Further ones, in order.
    more: Vec<SheetCell>,
}

/// Finds the shots, and keeps pictures of each.
pub(super) struct Takes {
    wanted: Wanted,
    small: SmallPictures,
    boundaries: Boundaries,
    extra: Extra,
    next_s: f64,
    /// How the shot began that is still open; none before the first picture.
    start: Option<Cut>,
    /// Its settled pictures.
    settled: Spread,
    recent: VecDeque<Recent>,
    done: Vec<Take>,
    /// Shots that were over, and of how many one is kept.
    shots: usize,
    stride: usize,
    room: usize,
    end_s: f64,
}

impl Takes {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            small: SmallPictures::default(),
            boundaries: Boundaries::default(),
            extra: Extra::default(),
            next_s: f64::NEG_INFINITY,
            start: None,
            settled: Spread::new(2 * wanted.pictures, DISTANCE_S),
            recent: VecDeque::new(),
            done: Vec::new(),
            shots: 0,
            stride: 1,
            room: ROOM,
            end_s: 0.0,
        }
    }

    /// The pictures of the sheet, in order.
    pub(super) fn finish(mut self) -> Vec<SheetCell> {
        for Boundary { cut, .. } in std::mem::take(&mut self.boundaries).finish() {
            self.close(&cut);
        }
        let end_s = self.end_s;
        // The last frame belongs to the last shot.
        self.close(&Cut { time_s: f64::INFINITY, start_s: end_s + 1e-6, ..Cut::default() });
        let most = self.wanted.pictures;
        if self.done.len() >= most {
            return evenly(self.done, most).into_iter().map(|take| take.middle).collect();
        }
        // What is left goes to where the pictures would stand furthest apart.
        let mut counts = vec![1; self.done.len()];
        for _ in self.done.len()..most {
            let apart_s = |(take, &count): (&Take, &usize)| {
                if count <= take.more.len() { take.length_s() / (count + 1) as f64 } else { 0.0 }
            };
            let room = self.done.iter().zip(&counts).map(apart_s).enumerate();
            let Some((k, apart_s)) = room.max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
            if apart_s < FURTHER_S {
                break;
            }
            counts[k] += 1;
        }
        self.done.into_iter().zip(counts).flat_map(|(take, count)| take.shown(count)).collect()
    }

    /// Ends the open shot at a cut, and opens the next there.
    fn close(&mut self, cut: &Cut) {
        let Some(start) = self.start.replace(*cut) else { return };
        let mut cells =
            std::mem::replace(&mut self.settled, Spread::new(2 * self.wanted.pictures, DISTANCE_S)).cells;
        while self.recent.front().is_some_and(|recent| recent.cell.time_s < cut.time_s) {
            cells.extend(self.recent.pop_front().map(|recent| recent.cell));
        }
        let number = self.shots;
        self.shots += 1;
        if !number.is_multiple_of(self.stride) {
            return;
        }
        self.done.extend(Take::of([start.end_s, cut.start_s], cells));
        let weight = self.done.last().map_or(1, |take| take.middle.picture.data.len().max(1));
        if self.done.len() > (self.room / weight).max(2 * self.wanted.pictures) {
            every_other(&mut self.done);
            self.stride *= 2;
        }
        // So that there are no more further ones than a sheet has, twice, however many shots there are.
        while self.done.iter().map(|take| take.more.len()).sum::<usize>() > 2 * self.wanted.pictures {
            if let Some(take) = self.done.iter_mut().max_by_key(|take| take.more.len()) {
                let half = take.more.len() / 2;
                take.more = apart(std::mem::take(&mut take.more), take.clear_s, half);
            }
        }
    }

    /// Puts to the open shot what is before any that may still turn up, and bounds what is not.
    fn settle(&mut self) {
        let settled_s = self.boundaries.settled_s();
        while self.recent.front().is_some_and(|recent| recent.cell.time_s < settled_s) {
            if let Some(recent) = self.recent.pop_front()
                && self.settled.is_due(recent.cell.time_s)
            {
                self.settled.push(recent.cell);
            }
        }
        let weight = self.recent.back().map_or(1, |recent| recent.cell.picture.data.len().max(1));
        let most = (WEIGHT / weight).max(2);
        while self.recent.len() > most {
            // The one whose neighbours stand nearest to each other; those that may begin a shot last.
            let time_of = |k: usize| self.recent[k].cell.time_s;
            let apart = |k: &usize| (self.recent[*k].begins, time_of(k + 1) - time_of(k - 1));
            let order = |a: &usize, b: &usize| {
                let ((one, near), (other, far)) = (apart(a), apart(b));
                one.cmp(&other).then(near.total_cmp(&far))
            };
            let gone = (1..self.recent.len() - 1).min_by(order).unwrap_or(0);
            _ = self.recent.remove(gone);
        }
    }
}

impl PictureSink for Takes {
    fn forget(&mut self) -> Result<()> {
        *self = Self::new(self.wanted);
        Ok(())
    }

    fn picture(&mut self, frame: &Frame<'_>) -> Result<()> {
        frame.picture.check()?;
        let time_s = frame.time_s;
        let (bgr, width, height) = self.small.shrink(&frame.picture);
        let small = ShotFrame { number: frame.index, time_s, bgr, width, height };
        small.check()?;
        let cut = self.boundaries.push(&small).map(|found| found.cut);
        let begins = self.boundaries.maybe_new_shot();
        self.start.get_or_insert(Cut::hard(frame.index, time_s));
        self.end_s = time_s;
        if let Some(cut) = cut {
            self.close(&cut);
        }
        let begins = self.extra.allows(begins);
        if begins || time_s >= self.next_s {
            let cell = self.wanted.cell(frame)?;
            check_sheet(std::slice::from_ref(&cell), self.sure(), self.wanted.columns, self.wanted.width)?;
            self.recent.push_back(Recent { cell, begins });
            self.next_s = time_s + if begins { AFTER_S } else { DISTANCE_S };
            self.settle();
        }
        Ok(())
    }
}

impl Takes {
    /// How many pictures the sheet will have at least.
    fn sure(&self) -> usize {
        (self.done.len() + 1).min(self.wanted.pictures)
    }
}

impl Take {
    /// Of the pictures of a shot; nothing where there are none.
    fn of(clear_s: [f64; 2], mut cells: Vec<SheetCell>) -> Option<Self> {
        let is_clear = |cell: &SheetCell| (clear_s[0]..clear_s[1]).contains(&cell.time_s);
        if cells.iter().any(is_clear) {
            cells.retain(is_clear);
        }
        let middle = cells.remove(nearest(&cells, f64::midpoint(clear_s[0], clear_s[1]))?);
        let mut take = Self { clear_s, middle, more: cells };
        if take.length_s() < 2.0 * FURTHER_S {
            take.more.clear();
        }
        Some(take)
    }

    fn length_s(&self) -> f64 {
        self.clear_s[1] - self.clear_s[0]
    }

    /// So many pictures of it, at most: the middle one, or as [`apart`] takes them.
    fn shown(mut self, count: usize) -> Vec<SheetCell> {
        if count == 1 {
            return vec![self.middle];
        }
        let place = self.more.partition_point(|cell| cell.time_s < self.middle.time_s);
        self.more.insert(place, self.middle);
        apart(self.more, self.clear_s, count)
    }
}

/// So many of a shot's pictures, at most, at even distances: those nearest to the middles of its parts, in order.
fn apart(mut cells: Vec<SheetCell>, [start_s, end_s]: [f64; 2], count: usize) -> Vec<SheetCell> {
    let part_s = (end_s - start_s) / count as f64;
    let parts = (0..count).map(|k| start_s + part_s * (k as f64 + 0.5));
    let mut taken: Vec<_> = parts.filter_map(|at_s| Some(cells.remove(nearest(&cells, at_s)?))).collect();
    taken.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    taken
}

/// The place of the one nearest to this time.
fn nearest(cells: &[SheetCell], time_s: f64) -> Option<usize> {
    let off_s = |k: &usize| (cells[*k].time_s - time_s).abs();
    (0..cells.len()).min_by(|a, b| off_s(a).total_cmp(&off_s(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{RgbImage, Rotation};

    /// Thirty pictures a second in shots of one level each, so many frames long; the times shown.
    fn shown(of: &[(u8, u32)], pictures: usize) -> Vec<f64> {
        shown_in(ROOM, of, pictures)
    }

    /// With this room for shots.
    fn shown_in(room: usize, of: &[(u8, u32)], pictures: usize) -> Vec<f64> {
        let mut takes = Takes::new(Wanted { pictures, columns: 4, width: 8 });
        takes.room = room;
        let levels = of.iter().flat_map(|&(level, length)| (0..length).map(move |_| level));
        for (index, level) in (0_u32..).zip(levels) {
            let rgb = RgbImage { width: 16, height: 8, data: vec![level; 16 * 8 * 3] };
            let frame = Frame {
                index: u64::from(index),
                time_s: f64::from(index) / 30.0,
                duration_s: None,
                picture: rgb.as_picture(),
                rotation: Rotation::None,
            };
            takes.picture(&frame).expect("taken");
            let (recent, done) = (takes.recent.len(), takes.done.len());
            let more: usize = takes.done.iter().map(|take| take.more.len()).sum();
            let bounded = more <= 2 * pictures && (room > 0 || done <= 2 * pictures);
            assert!(recent <= 120 && bounded, "{recent} {done} {more}");
        }
        takes.finish().iter().map(|cell| cell.time_s).collect()
    }

    /// In which shot each time lies.
    fn shots_of(times_s: &[f64], of: &[(u8, u32)]) -> Vec<usize> {
        let ends: Vec<f64> = of
            .iter()
            .scan(0, |end, (_, length)| {
                *end += length;
                Some(f64::from(*end) / 30.0)
            })
            .collect();
        times_s.iter().map(|time_s| ends.partition_point(|end_s| end_s - 1e-6 <= *time_s)).collect()
    }

    #[test]
    fn every_shot_has_one_picture_near_its_middle() {
        // The short ones lie between what is darker and what is brighter: they are no flashes.
        let of = [(130, 60), (10, 20), (125, 4), (250, 90), (130, 110), (250, 60), (125, 3), (10, 45)];
        let times_s = shown(&of, 20);
        assert_eq!(shots_of(&times_s, &of), (0..of.len()).collect::<Vec<_>>(), "{times_s:?}");
        let mut start = 0;
        for ((_, length), time_s) in of.iter().zip(&times_s) {
            let (middle_s, length_s) = (f64::from(2 * start + length) / 60.0, f64::from(*length) / 30.0);
            // The distance of what is kept, or the whole of a short shot.
            assert!((time_s - middle_s).abs() <= f64::min(0.3, length_s / 2.0) + 1e-6, "{times_s:?}");
            start += length;
        }
    }

    #[test]
    fn of_too_many_shots_some_are_shown_at_even_distances() {
        let of: Vec<_> = [10, 120, 250].into_iter().cycle().map(|level| (level, 15)).take(200).collect();
        for (room, pictures) in [0, ROOM].into_iter().flat_map(|room| [1, 2, 7, 40].map(|n| (room, n))) {
            let shots = shots_of(&shown_in(room, &of, pictures), &of);
            assert_eq!((shots.len(), shots[0]), (pictures, 0), "{shots:?}");
            let apart: Vec<usize> = shots.windows(2).map(|pair| pair[1] - pair[0]).collect();
            if let (Some(least), Some(most)) = (apart.iter().min(), apart.iter().max()) {
                assert!(*least >= 1 && *most <= 3 * *least, "{room} {pictures}: {shots:?}");
                let last = shots[pictures - 1];
                assert!(last == 199 || room == 0 && last >= 130, "{room} {pictures}: {shots:?}");
            }
        }
    }

    #[test]
    fn a_long_shot_has_further_pictures_where_there_is_room() {
        let of = [(10, 1800), (120, 30)];
        let times_s = shown(&of, 12);
        let shots = shots_of(&times_s, &of);
        assert_eq!(shots.iter().filter(|shot| **shot == 1).count(), 1, "{times_s:?}");
        assert_eq!(times_s.len(), 12, "{times_s:?}");
        let apart: Vec<f64> = times_s[..11].windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(apart.iter().all(|apart_s| (2.0..11.0).contains(apart_s)), "{times_s:?}");
        // Too short for two that stand two seconds apart.
        assert_eq!(shown(&[(10, 100)], 12).len(), 1);
        assert_eq!(shown(&[], 12), [0.0; 0]);
        assert_eq!(shown(&[(10, 1)], 12), [0.0]);
    }

    /// Of pictures far apart the detector tells minutes late where a shot begins.
    #[test]
    fn a_slide_show_has_a_picture_of_each_slide() {
        let levels = [10, 120, 250];
        let mut takes = Takes::new(Wanted { pictures: 100, columns: 4, width: 8 });
        for index in 0..300_u32 {
            let data = vec![levels[(index / 5) as usize % 3]; 16 * 8 * 3];
            let rgb = RgbImage { width: 16, height: 8, data };
            let (picture, rotation) = (rgb.as_picture(), Rotation::None);
            let (index, time_s) = (u64::from(index), f64::from(index));
            takes.picture(&Frame { index, time_s, duration_s: None, picture, rotation }).expect("taken");
        }
        let mut slides: Vec<u32> = takes.finish().iter().map(|cell| cell.time_s as u32 / 5).collect();
        slides.dedup();
        assert_eq!(slides, (0..60).collect::<Vec<_>>());
    }
}

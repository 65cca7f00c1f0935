//! Boundaries of all kinds, in order.

use super::clear::{self, HardCuts};
use super::dissolve::{Dissolves, Slow};
use super::fade::{Dip, Fades};
use super::frame::{Cut, CutKind, ShotFrame};
use super::recent::{KEPT, Recent};
use crate::imaging::RgbImage;
use std::ops::RangeInclusive;

/// A boundary, and what the shot behind it looks like.
#[derive(Debug)]
pub(in crate::vision) struct Boundary {
    pub(in crate::vision) cut: Cut,
    pub(in crate::vision) opening: Opening,
}

/// The first frame that is of the new shot alone, in at most 32 by 32 pixels: the frame itself is long gone when a boundary is certain.
#[derive(Debug)]
pub(in crate::vision) struct Opening {
    pub(in crate::vision) time_s: f64,
    pub(in crate::vision) picture: RgbImage,
}

/// Finds hard cuts, dissolves and fades among the frames of a video; the answer comes some seconds late.
#[derive(Debug, Default)]
pub(in crate::vision) struct Boundaries {
    recent: Recent,
    hard: HardCuts,
    /// The next place to ask whether it is a hard cut.
    asked: usize,
    dissolves: Dissolves,
    fades: Fades,
    open: Vec<Open>,
    flashes: Vec<RangeInclusive<usize>>,
    /// A slow boundary has turned up since somebody asked.
    told: bool,
}

/// A boundary that others may still put right.
#[derive(Debug)]
struct Open {
    change: Slow,
    cut: Cut,
    opening: Opening,
    /// Number of the frames for slow changes at that time.
    number: usize,
}

/// Frames for slow changes after which nothing is open any more.
const SETTLED: usize = KEPT;

impl Boundaries {
    /// Takes a frame that has been checked.
    pub(in crate::vision) fn push(&mut self, frame: &ShotFrame<'_>) -> Option<Boundary> {
        let slow = self.recent.push(frame);
        self.ask(clear::AHEAD);
        if slow {
            let dissolve = self.dissolves.push(&mut self.recent);
            let dip = self.fades.push(&mut self.recent);
            self.add(dissolve, dip);
        }
        let now = self.recent.kept().end;
        self.flashes.retain(|flash| self.recent.has(*flash.end()));
        let first = self.open.first()?;
        (first.number + SETTLED <= now).then(|| self.open.remove(0).into())
    }

    /// The boundaries that are still open at the end.
    pub(in crate::vision) fn finish(mut self) -> Vec<Boundary> {
        self.ask(0);
        let dissolve = self.dissolves.finish();
        let dip = self.fades.finish(&mut self.recent);
        self.add(dissolve, dip);
        self.open.into_iter().map(Boundary::from).collect()
    }

    /// Whether the newest frame may turn out to begin a shot, or is the first after it turned out that one began.
    pub(in crate::vision) fn maybe_new_shot(&mut self) -> bool {
        let end = self.recent.end();
        let change = end > 0 && self.recent.at(end - 1).change >= clear::LEAST;
        std::mem::take(&mut self.told) || change
    }

    /// No boundary will turn up before this time, in seconds, that has not been given yet.
    pub(in crate::vision) fn settled_s(&self) -> f64 {
        let first = if self.recent.end() > 0 { self.recent.first().time_s } else { f64::NEG_INFINITY };
        self.open.first().map_or(first, |open| first.min(open.cut.start_s))
    }

    fn ask(&mut self, ahead: usize) {
        while self.asked + ahead < self.recent.end() {
            let place = self.asked;
            self.asked += 1;
            if self.hard.is_cut(&mut self.recent, place) {
                self.insert(Slow { places: place..place, middle: place }, CutKind::Hard);
            }
        }
    }

    fn add(&mut self, dissolve: Option<Slow>, dip: Option<Dip>) {
        if let Some(change) = dissolve {
            self.insert(change, CutKind::Dissolve);
        }
        match dip {
            Some(Dip::Fade(change)) => self.insert(change, CutKind::Fade),
            Some(Dip::Flash(places)) => {
                self.open
                    .retain(|open| open.cut.kind != CutKind::Hard || !places.contains(&open.change.middle));
                self.flashes.push(places);
            }
            None => {}
        }
    }

    /// Of boundaries at the same place a fade wins over a dissolve, and that over a hard cut.
    fn insert(&mut self, change: Slow, kind: CutKind) {
        let rank = |kind: CutKind| match kind {
            CutKind::Hard => 0,
            CutKind::Dissolve => 1,
            CutKind::Fade => 2,
        };
        let meets = |open: &Open| {
            open.change.places.start <= change.places.end && change.places.start <= open.change.places.end
        };
        let flash = self.flashes.iter().any(|flash| flash.contains(&change.middle));
        let lost = self.open.iter().any(|open| meets(open) && rank(open.cut.kind) >= rank(kind));
        if lost || kind == CutKind::Hard && flash || !self.recent.has(change.places.start) {
            return;
        }
        self.open.retain(|open| !meets(open));
        let last = self.recent.end() - 1;
        let [start, middle, end] = [change.places.start, change.middle, change.places.end]
            .map(|place| self.recent.at(place.min(last)));
        let opening = Opening { time_s: end.time_s, picture: end.thumb.to_rgb() };
        let cut = Cut {
            frame: middle.frame,
            time_s: middle.time_s,
            kind,
            start_frame: start.frame,
            start_s: start.time_s,
            end_frame: end.frame,
            end_s: end.time_s,
        };
        self.told |= kind != CutKind::Hard;
        let number = self.recent.kept().end;
        let at = self.open.partition_point(|open| open.change.middle <= change.middle);
        self.open.insert(at, Open { change, cut, opening, number });
    }
}

impl From<Open> for Boundary {
    fn from(Open { cut, opening, .. }: Open) -> Self {
        Self { cut, opening }
    }
}

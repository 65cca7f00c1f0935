//! Fades: a picture turns flat (black, white or any colour), and another comes out of that.

use super::clear::LEAST;
use super::dissolve::{LENGTHS, Slow, contrast, is_flat, slow};
use super::path::{Path, Ramp};
use super::recent::Recent;
use std::ops::RangeInclusive;

/// So many frames for slow changes are waited for until the new picture is there.
const AHEAD: usize = 66;
/// A flat stretch that is longer, in frames for slow changes, is a shot of its own.
const LONGEST: usize = 60;
/// The flattest of so many frames of the flat stretch, next to the picture, stands for it.
const NEXT_TO: usize = 5;

/// Looks for flat stretches. One is a fade when the picture before goes there little by little, or the one after comes from
/// there little by little, and there is a picture on both sides. A flash that dies away (the same picture before and after)
/// is none.
#[derive(Debug, Default)]
pub(super) struct Fades {
    path: Path,
    /// Numbers of the flat frames, while more may come or the picture behind them is waited for.
    flat: Option<RangeInclusive<usize>>,
    over: bool,
    /// A picture has come since; before that nothing is flat anew.
    risen: bool,
    /// The flat stretch is so long that it is a shot, and has been reported.
    reported: bool,
}

/// What a flat stretch turned out to be.
#[derive(Debug)]
pub(super) enum Dip {
    Fade(Slow),
    /// A flash: no cut from the first place to the last is one.
    Flash(RangeInclusive<usize>),
}

/// How a picture and a flat stretch follow one another.
enum Side {
    /// Little by little: the change, and the place of the picture.
    Ramp(Slow, usize),
    /// At once, with the place of the picture.
    Jump(usize),
    /// There is no picture, or it takes too long to tell.
    Nothing,
}

impl Fades {
    /// After a frame for slow changes.
    pub(super) fn push(&mut self, recent: &mut Recent) -> Option<Dip> {
        let kept = recent.kept();
        let here = kept.end - 1;
        let flat = self.flat_here(recent, here);
        match &mut self.flat {
            None if flat => {
                self.flat = Some(here..=here);
                (self.over, self.risen, self.reported) = (false, false, false);
                None
            }
            None => None,
            Some(run) if flat && !self.over => {
                *run = *run.start()..=here;
                let long = !self.reported && here - *run.start() > LONGEST;
                long.then(|| self.way_into_long(recent)).flatten()
            }
            Some(run) => {
                // Of the first frame behind the stretch it is not known whether it is flat beside a picture.
                self.risen |= self.over && !flat;
                let flat = flat && self.risen;
                self.over = true;
                let due = flat || here - *run.end() >= AHEAD;
                let dip = due.then(|| self.finish(recent)).flatten();
                if flat {
                    self.flat = Some(here..=here);
                    (self.over, self.risen, self.reported) = (false, false, false);
                }
                dip
            }
        }
    }

    /// What the open stretch is, at the end or when no more is needed.
    pub(super) fn finish(&mut self, recent: &mut Recent) -> Option<Dip> {
        let run = self.flat.take()?;
        let kept = recent.kept();
        if !kept.contains(run.end()) {
            return None;
        }
        let start = (*run.start()).max(kept.start);
        let after = self.after(recent, start, *run.end());
        if self.reported {
            // The flat shot ends; the way into it has been told.
            return match after {
                Side::Ramp(change, _) => Some(Dip::Fade(change)),
                _ => None,
            };
        }
        let before = self.before(recent, start, *run.end());
        let (places, pictures, both) = match (before, after) {
            (Side::Ramp(out, a), Side::Ramp(back, b)) => (out.places.start..back.places.end, (a, b), true),
            (Side::Ramp(out, a), Side::Jump(b)) => (out.places.start..b, (a, b), false),
            (Side::Jump(a), Side::Ramp(back, b)) => (a + 1..back.places.end, (a, b), false),
            _ => return None,
        };
        let seconds = recent.at(places.end.min(recent.end() - 1)).time_s - recent.at(places.start).time_s;
        let dip = recent.at(recent.place(start)).thumb.difference(&recent.at(pictures.0).thumb);
        if (!both || seconds < 0.5) && recent.unexplained(pictures.0, pictures.1) < LEAST.min(0.3 * dip) {
            return Some(Dip::Flash(places.start..=places.end));
        }
        let middle = usize::midpoint(places.start, places.end);
        Some(Dip::Fade(Slow { places, middle }))
    }

    /// The way into a flat stretch that is a shot of its own.
    fn way_into_long(&mut self, recent: &mut Recent) -> Option<Dip> {
        let run = self.flat.clone()?;
        self.reported = true;
        // Of very many frames a second its beginning may be gone.
        let start = (*run.start()).max(recent.kept().start);
        match self.before(recent, start, *run.end()) {
            Side::Ramp(change, _) => Some(Dip::Fade(change)),
            _ => None,
        }
    }

    /// Whether this frame is flat beside one of the last second, or the flat stretch goes on.
    fn flat_here(&self, recent: &Recent, here: usize) -> bool {
        let spread = recent.slow(here).thumb.spread;
        let reference = match &self.flat {
            Some(run) if !self.over => {
                let from = recent.slow((*run.start()).max(recent.kept().start)).thumb.spread;
                return spread < (1.5 * from).max(4.0) && spread < 9.0;
            }
            _ => recent.kept().start.max(here.saturating_sub(30))..here,
        };
        let most = reference.map(|number| recent.slow(number).thumb.spread).fold(0.0, f32::max);
        // Where a video begins there is nothing beside it; nor is anything lost.
        is_flat(spread, most)
    }

    fn before(&mut self, recent: &Recent, start: usize, end: usize) -> Side {
        let flat = flattest(recent, start..=end.min(start + NEXT_TO - 1));
        let kept = recent.kept();
        let lengths = LENGTHS.into_iter().take_while(|&length| length + kept.start <= flat);
        let ramps = lengths.filter_map(|length| {
            let first = flat - length;
            let ramp = self.ramp(recent, first, flat, first)?;
            Some((ramp.1, slow(recent, first, ramp.0), recent.place(first)))
        });
        if let Some((_, change, place)) = ramps.min_by(|a, b| a.0.total_cmp(&b.0)) {
            return Side::Ramp(change, place);
        }
        let place = recent.place(start);
        if place > 0 && recent.has(place - 1) && recent.at(place).change >= LEAST {
            return Side::Jump(place - 1);
        }
        Side::Nothing
    }

    fn after(&mut self, recent: &Recent, start: usize, end: usize) -> Side {
        let flat = flattest(recent, (end + 1).saturating_sub(NEXT_TO).max(start)..=end);
        let kept = recent.kept();
        let lengths = LENGTHS.into_iter().take_while(|&length| flat + length < kept.end);
        let ramps = lengths.filter_map(|length| {
            let ramp = self.ramp(recent, flat, flat + length, flat + length)?;
            Some((ramp.1, slow(recent, flat, ramp.0), recent.place(flat + length)))
        });
        if let Some((_, change, place)) = ramps.min_by(|a, b| a.0.total_cmp(&b.0)) {
            return Side::Ramp(change, place);
        }
        if end + 1 < kept.end && recent.slow(end + 1).change >= LEAST {
            return Side::Jump(recent.place(end + 1));
        }
        Side::Nothing
    }

    /// The ramp of a stretch with the picture at one end, and how good it is (less is better).
    fn ramp(&mut self, recent: &Recent, first: usize, last: usize, picture: usize) -> Option<(Ramp, f32)> {
        let flat = if picture == first { last } else { first };
        if recent.slow(flat).thumb.spread > 0.35 * recent.slow(picture).thumb.spread {
            return None;
        }
        let path = self.path.fit((first..=last).map(|number| &recent.slow(number).thumb))?;
        let ramp = path.ramp()?;
        // On the flat side another picture may follow at once.
        let ramp_out = picture == first;
        let moving = if ramp_out { ramp.before } else { ramp.after };
        let fits = path.length >= 10.0
            && path.off <= 0.15
            && moving <= 0.25
            && ramp.step <= 0.45
            && ramp.back <= 0.25
            && ramp.between >= 3;
        let [picture, flat] = [picture, flat].map(|number| &recent.slow(number).thumb);
        let ends = (picture.spread, flat.spread, picture.covariance(flat));
        let ends = if ramp_out { ends } else { (ends.1, ends.0, ends.2) };
        let contrast = contrast(path.progress(), ends, |i| recent.slow(first + i).thumb.spread);
        let fits = fits && (0.6..1.5).contains(&contrast);
        fits.then_some((ramp, path.off + 0.5 * moving))
    }
}

/// The flattest of these frames.
fn flattest(recent: &Recent, numbers: RangeInclusive<usize>) -> usize {
    let first = *numbers.start();
    let spread = |&number: &usize| recent.slow(number).thumb.spread;
    numbers.min_by(|a, b| spread(a).total_cmp(&spread(b))).unwrap_or(first)
}

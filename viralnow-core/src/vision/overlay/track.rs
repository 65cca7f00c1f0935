//! One line of writing from frame to frame: still there, moved, fading, or gone.

use super::lines::Line;
use super::view::View;
use crate::imaging::GrayImage;

/// Edges that stand for a line.
const POINTS: usize = 320;
/// How alike the edges are, as a correlation, when it is the same line.
const SAME: f32 = 0.65;
/// The weakest that it may have become.
const FADED: f32 = 0.15;
/// So much stronger, and it is taken anew: it fades in.
const STRONGER: f32 = 1.12;
/// Pixels that a line may move from frame to frame, beside what it moved before.
const STEP: i32 = 5;
/// Pictures that the mean is taken of.
const MEAN_OF: u16 = 24;

/// An edge: where, within the line's area, and how much brighter it gets.
#[derive(Debug, Clone, Copy)]
struct Point {
    x: i16,
    y: i16,
    rise: i16,
    /// The section of the line that it is in.
    section: u8,
}

/// A line that is followed. Holds two to four bytes for each pixel of its area.
#[derive(Debug)]
pub(super) struct Track {
    /// First seen, last seen, and, when it is not there now, since when.
    pub(super) from_s: f64,
    pub(super) last_s: f64,
    pub(super) lost_s: Option<f64>,
    /// Left, top, right, bottom now, in pixels of the view.
    pub(super) bounds: [i32; 4],
    /// Where it was seen at its best.
    pub(super) best_bounds: [i32; 4],
    pub(super) likeness: f32,
    /// Frames in which it was found again.
    pub(super) found: u32,
    /// How far it has moved in all, and in the last frame.
    pub(super) moved: [i32; 2],
    step: [i32; 2],
    points: Vec<Point>,
    /// Sections of the line, each about as wide as a letter.
    sections: usize,
    /// Sums of the pictures of its area and a margin, and how many there are.
    sums: Vec<u16>,
    summed: u16,
    columns: usize,
    /// Whether the picture ended too near for the margin: the line may be coming in.
    clipped: bool,
    /// How strong its edges are, against when it was taken.
    pub(super) gain: f32,
}

/// Sections of a line that are compared on their own, at most.
const SECTIONS: usize = 40;
/// How alike each of them is at least.
const SAME_PART: f32 = 0.4;

/// Sums over at most [`POINTS`] edges, which 32 bits hold: of their products then and now, of the squares then and now.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    both: i32,
    own: i32,
    other: i32,
    inside: u32,
}

impl Sums {
    fn add(&mut self, then: i16, now: i16) {
        let (then, now) = (i32::from(then), i32::from(now));
        self.both += then * now;
        self.own += then * then;
        self.other += now * now;
        self.inside += 1;
    }

    fn join(&mut self, more: &Self) {
        self.both += more.both;
        self.own += more.own;
        self.other += more.other;
        self.inside += more.inside;
    }

    /// Their correlation, in [-1, 1].
    fn alike(&self) -> f32 {
        if self.own == 0 || self.other == 0 {
            return 0.0;
        }
        self.both as f32 / ((self.own as f32).sqrt() * (self.other as f32).sqrt())
    }
}

/// Where a line is found again.
#[derive(Debug, Clone, Copy)]
struct Match {
    alike: f32,
    gain: f32,
    shift: [i32; 2],
}

impl Track {
    /// Begins to follow a line.
    pub(super) fn new(line: &Line, view: &View<'_>, time_s: f64) -> Self {
        let bounds = line.bounds.map(|side| side as i32);
        let mut track = Self {
            from_s: time_s,
            last_s: time_s,
            lost_s: None,
            bounds,
            best_bounds: bounds,
            likeness: line.likeness,
            found: 0,
            moved: [0; 2],
            step: [0; 2],
            points: Vec::new(),
            sections: 1,
            sums: Vec::new(),
            summed: 0,
            columns: 0,
            clipped: false,
            gain: 1.0,
        };
        track.take(view);
        track
    }

    /// What is worth more attention.
    pub(super) fn rank(&self) -> f32 {
        let [left, top, right, bottom] = self.bounds;
        self.likeness * ((right - left) as f32 / (bottom - top).max(1) as f32).min(8.0)
    }

    /// The line as it is now stands for it from here on, with other bounds when more of it was found.
    pub(super) fn renew(&mut self, line: &Line, view: &View<'_>) {
        self.bounds = line.bounds.map(|side| side as i32);
        self.likeness = line.likeness;
        self.take(view);
    }

    /// Rows of the line.
    pub(super) fn tall(&self) -> usize {
        (self.best_bounds[3] - self.best_bounds[1]).max(1) as usize
    }

    /// Pixels around the area that are read with it: letters reach out of the strokes that were found.
    pub(super) fn margin(&self) -> [i32; 2] {
        let tall = self.bounds[3] - self.bounds[1];
        [2 * tall + 4, tall / 3 + 4]
    }

    /// Whether the picture ends above or below before the margin does.
    fn is_clipped(&self, view: &View<'_>) -> bool {
        let down = self.margin()[1];
        self.bounds[1] < down || self.bounds[3] + down > view.height as i32
    }

    fn take(&mut self, view: &View<'_>) {
        let (part, origin) = view.around(self.bounds, self.margin());
        (self.best_bounds, self.gain) = (self.bounds, 1.0);
        self.clipped = self.is_clipped(view);
        self.columns = part.width;
        self.sums = part.data.iter().map(|&sample| u16::from(sample)).collect();
        self.summed = 1;
        // The strongest edges within the area.
        let inset = [self.bounds[0] - origin[0], self.bounds[1] - origin[1]];
        let (wide, tall) = (self.bounds[2] - self.bounds[0], self.bounds[3] - self.bounds[1]);
        // About as wide as a letter.
        self.sections = (2 * wide / tall.max(1)).clamp(1, SECTIONS as i32) as usize;
        let mut points = Vec::new();
        let mut counts = [0usize; 256];
        for y in 0..tall {
            for x in 0..wide {
                let Some(rise) = rise(&part, x + inset[0], y + inset[1]) else { continue };
                if rise.abs() >= 12 {
                    counts[usize::from(rise.unsigned_abs())] += 1;
                    let section = (x as usize * self.sections / wide as usize) as u8;
                    points.push(Point { x: x as i16, y: y as i16, rise, section });
                }
            }
        }
        let mut strong = 0;
        let wanted = ((wide * tall) as usize / 10).max(40);
        let least = (0..256).rev().find(|&rise| {
            strong += counts[rise];
            strong >= wanted
        });
        points.retain(|point| usize::from(point.rise.unsigned_abs()) >= least.unwrap_or(0));
        let every = points.len().div_ceil(POINTS).max(1);
        self.points = points.into_iter().step_by(every).collect();
    }

    /// Looks for the line in the next frame; whether it is there. With `mean`, its picture goes into the mean.
    pub(super) fn follow(&mut self, view: &View<'_>, time_s: f64, mean: bool) -> bool {
        let [across, down] = self.step;
        let reach = STEP + across.abs().max(down.abs());
        let (part, origin) = view.around(self.bounds, [reach + 1, reach + 1]);
        let found = self.find(&part, origin);
        let Some(found) = found.filter(|found| found.alike >= SAME && found.gain >= FADED) else {
            self.lost_s.get_or_insert(time_s);
            return false;
        };
        for k in 0..4 {
            self.bounds[k] += found.shift[k % 2];
        }
        self.step = if self.lost_s.is_some() { [0; 2] } else { found.shift };
        self.moved = [self.moved[0] + found.shift[0], self.moved[1] + found.shift[1]];
        (self.last_s, self.lost_s, self.gain) = (time_s, None, found.gain);
        self.found += 1;
        if found.gain > STRONGER || (self.clipped && !self.is_clipped(view)) {
            self.take(view);
        } else if mean && self.summed < MEAN_OF && found.gain > 0.8 {
            let margin = self.margin();
            let (part, _) = view.around(self.bounds, margin);
            if part.data.len() == self.sums.len() && part.width == self.columns {
                for (sum, &sample) in self.sums.iter_mut().zip(&part.data) {
                    *sum += u16::from(sample);
                }
                self.summed += 1;
            }
        }
        true
    }

    /// The best place near the last one: as it moved before, where it was, else all around.
    fn find(&self, part: &GrayImage, origin: [i32; 2]) -> Option<Match> {
        let at = |shift: [i32; 2]| self.compare(part, origin, shift);
        let better = |best: Option<Match>, next: Option<Match>| match (best, next) {
            (Some(best), Some(next)) if best.alike >= next.alike => Some(best),
            (best, None) => best,
            (_, next) => next,
        };
        let mut best = better(at(self.step), at([0, 0]));
        if best.is_some_and(|best| best.alike >= 0.9) {
            return best;
        }
        // Coarse, then fine.
        let (middle, reach) = (self.step, STEP);
        for dy in (-reach..=reach).step_by(2) {
            for dx in (-reach..=reach).step_by(2) {
                best = better(best, at([middle[0] + dx, middle[1] + dy]));
            }
        }
        let near = best?.shift;
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)] {
            best = better(best, at([near[0] + dx, near[1] + dy]));
        }
        best
    }

    fn compare(&self, part: &GrayImage, origin: [i32; 2], shift: [i32; 2]) -> Option<Match> {
        let corner = [self.bounds[0] - origin[0] + shift[0], self.bounds[1] - origin[1] + shift[1]];
        let mut whole = Sums::default();
        let mut sections = [Sums::default(); SECTIONS];
        let sections = &mut sections[..self.sections];
        for point in &self.points {
            let Some(here) = rise(part, i32::from(point.x) + corner[0], i32::from(point.y) + corner[1])
            else {
                continue;
            };
            sections[usize::from(point.section)].add(point.rise, here);
        }
        for section in &*sections {
            whole.join(section);
        }
        if whole.inside as usize * 5 < self.points.len() * 3 || whole.own == 0 {
            return None;
        }
        // One letter may be another although the rest is the same: FACT 1, FACT 2.
        let enough = whole.own / sections.len() as i32 / 4;
        let least =
            sections.iter().filter(|section| section.own >= enough).map(Sums::alike).fold(1.0, f32::min);
        let alike = whole.alike().min(least + (SAME - SAME_PART));
        Some(Match { alike, gain: whole.both as f32 / whole.own as f32, shift })
    }

    /// The mean picture of the line, in which what moves behind it has gone soft.
    pub(super) fn picture(&self) -> GrayImage {
        let half = self.summed / 2;
        let data: Vec<u8> = self.sums.iter().map(|sum| ((sum + half) / self.summed.max(1)) as u8).collect();
        GrayImage { width: self.columns, height: data.len().checked_div(self.columns).unwrap_or(0), data }
    }
}

/// How much brighter it gets at a pixel.
fn rise(part: &GrayImage, x: i32, y: i32) -> Option<i16> {
    if x < 1 || y < 0 || x as usize + 1 >= part.width || y as usize >= part.height {
        return None;
    }
    let at = y as usize * part.width + x as usize;
    Some(i16::from(part.data[at + 1]) - i16::from(part.data[at - 1]))
}

//! Captions over time: which lines are followed, when the whole picture is searched, and what is read of it.

use super::lines::{LineFinder, shared};
use super::reader::{Pulse, Read, Reader, says};
use super::track::Track;
use super::view::View;
use crate::Result;
use crate::imaging::GrayImage;

/// The whole picture is searched this often, in seconds, and when a caption has gone, but never twice within `SOONEST_S`.
const EVERY_S: f64 = 0.25;
const SOONEST_S: f64 = 0.09;
/// Cuts closer than this begin nothing anew: shaking and flashes may look like cuts, too.
const CUT_S: f64 = 0.7;
/// What was not found for longer than this has gone.
const GONE_S: f64 = 0.4;
/// What stood no longer than this is not read: texture that moves is no caption.
const SHORTEST_S: f64 = 0.2;
/// The least rank of what is read: of what stands still, and of what moves, as texture in front of a moving camera does.
const LIKELY_STILL: f32 = 0.7;
const LIKELY_MOVING: f32 = 2.5;
/// Lines that are looked for in each frame; the others in each search.
const CLOSELY: usize = 8;
/// Lines that are followed, and that wait to be read, at most.
const MOST: usize = 40;
/// What may be read for each second of video and ahead of it, in widths of a line over its height: a caption is 5 to 20.
const PER_SECOND: f64 = 24.0;
const AHEAD: f64 = 120.0;
/// Upside down a line is read when it looks as much like writing, and counts when its letters are as many and as sure.
const LIKELY_TURNED: f32 = 2.5;
const SURE_TURNED: (usize, f32) = (6, 0.85);

/// A line of writing that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Caption {
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    pub(super) text: String,
    pub(super) confidence: f32,
    /// Left, top, right, bottom, as shares of the picture, the way up in which the text is.
    pub(super) bounds: [f64; 4],
    /// Whether that is upside down against the picture.
    pub(super) turned: bool,
}

impl Caption {
    /// With its place in the picture as it is shown.
    pub(super) fn placed(self) -> Self {
        let [left, top, right, bottom] = self.bounds;
        let turned = [1.0 - right, 1.0 - bottom, 1.0 - left, 1.0 - top];
        Self { bounds: if self.turned { turned } else { self.bounds }, ..self }
    }
}

/// A line that has gone and waits to be read.
#[derive(Debug)]
struct Waiting {
    track: Track,
    end_s: f64,
    size: [f64; 2],
}

/// Follows the lines of a video. Holds at most [`MOST`] lines followed, as many waiting and as many whose turn it is, some 100 kB each at
/// the very most.
#[derive(Debug, Default)]
pub(super) struct Captions {
    finder: LineFinder,
    tracks: Vec<Track>,
    waiting: Vec<Waiting>,
    /// Whose turn it is, the most likely last, and how far what they may cost reaches.
    turn: Vec<Waiting>,
    allowed: f64,
    read: Vec<Caption>,
    size: [usize; 2],
    searched_s: Option<f64>,
    cut_s: Option<f64>,
    first_s: Option<f64>,
    last_s: f64,
    spent: f64,
}

impl Captions {
    /// The next frame, and whether a shot may begin with it. Between two frames somebody may ask whether to go on: of many lines that
    /// have gone at once, no more are read with one frame than its time allows, but one at least.
    pub(super) fn push(
        &mut self,
        view: &View<'_>,
        time_s: f64,
        cut: bool,
        reader: &mut Reader,
    ) -> Result<()> {
        self.first_s.get_or_insert(time_s);
        let cut = cut && self.cut_s.is_none_or(|last_s| time_s - last_s >= CUT_S);
        if cut || self.size != [view.width, view.height] {
            // After a cut a line is read anew: FACT 2 looks much like FACT 1. What is the same then is put together in the end.
            self.cut_s = Some(time_s);
            self.end_all(time_s);
            self.size = [view.width, view.height];
        }
        let since_s = self.searched_s.map_or(f64::INFINITY, |at| time_s - at);
        let due = since_s >= EVERY_S - 1e-6 || cut;
        let lost = self.follow(view, time_s, due);
        if due || (lost && since_s >= SOONEST_S) {
            self.searched_s = Some(time_s);
            self.search(view, time_s);
            self.take_turns(time_s);
        }
        let enough = self.spent + PER_SECOND * (time_s - self.last_s).max(0.0);
        self.last_s = time_s;
        while self.read_next(reader, &mut || Ok(()))? && self.spent < enough {}
        Ok(())
    }

    /// Looks for the lines that are known; whether one of those that count is not there any more.
    fn follow(&mut self, view: &View<'_>, time_s: f64, all: bool) -> bool {
        self.tracks.sort_by(|a, b| b.rank().total_cmp(&a.rank()));
        let mut lost = false;
        for (k, track) in self.tracks.iter_mut().enumerate() {
            if all || k < CLOSELY {
                let there = track.lost_s.is_none();
                lost |= !track.follow(view, time_s, all) && there && track.found > 2;
            }
        }
        for k in (0..self.tracks.len()).rev() {
            if let Some(since_s) = self.tracks[k].lost_s
                && time_s - since_s > GONE_S
            {
                self.end(k, since_s);
            }
        }
        lost
    }

    /// Searches the whole picture for lines that are not known.
    fn search(&mut self, view: &View<'_>, time_s: f64) {
        let picture = view.whole();
        for line in self.finder.find(&picture) {
            let area = line.width() * line.height();
            let (mut from_s, mut known, mut part) = (time_s, false, None);
            // From the last on, so that those before keep their numbers when they are taken out.
            let mut over = Vec::new();
            for (k, track) in self.tracks.iter().enumerate().rev() {
                let own = track.bounds.map(|side| side.max(0) as usize);
                let own_area = (own[2] - own[0]) * (own[3] - own[1]);
                let both = shared(&own, &line.bounds);
                if both * 2 <= own_area.min(area) {
                    continue;
                }
                let alike = both * 2 > own_area.max(area);
                let grown = both * 10 > own_area * 9 && line.height() <= 2 * (own[3] - own[1]);
                match track.lost_s {
                    // Another line where this one was: it took its place.
                    Some(since_s) => {
                        if alike && time_s - since_s <= EVERY_S + 0.05 {
                            from_s = from_s.min(since_s);
                        }
                        over.push((k, Some(since_s)));
                    }
                    // More that is no likelier: texture beside it.
                    None if line.rank() < 0.85 * track.rank()
                        && !(grown && line.likeness > 0.5 * track.likeness) =>
                    {
                        known = true;
                    }
                    None if both * 3 > area * 2 && !(grown && area * 4 > own_area * 5) => known = true,
                    None if alike || both * 3 > area => part = Some(k),
                    // Little of what is a line now: it was none.
                    None => over.push((k, None)),
                }
            }
            // More of it has come in.
            if let Some(k) = part.filter(|_| !known) {
                self.tracks[k].renew(&line, view);
                known = true;
            }
            for (k, since_s) in over {
                match since_s {
                    Some(since_s) => self.end(k, since_s),
                    None => drop(self.tracks.swap_remove(k)),
                }
            }
            if !known && self.tracks.len() < MOST {
                let mut track = Track::new(&line, view, time_s);
                track.from_s = from_s;
                self.tracks.push(track);
            }
        }
    }

    /// A line has gone.
    fn end(&mut self, k: usize, end_s: f64) {
        let track = self.tracks.swap_remove(k);
        let long = end_s - track.from_s;
        let least = if track.moved == [0, 0] { LIKELY_STILL } else { LIKELY_MOVING };
        if long >= SHORTEST_S && track.found > 0 && track.rank() >= least {
            let size = self.size.map(|side| side as f64);
            self.waiting.push(Waiting { track, end_s, size });
            self.bound();
        }
    }

    /// Of too many that wait the least likely go.
    fn bound(&mut self) {
        if self.waiting.len() > MOST {
            self.waiting.sort_by(|a, b| b.track.rank().total_cmp(&a.track.rank()));
            self.waiting.truncate(MOST);
        }
    }

    fn end_all(&mut self, end_s: f64) {
        for k in (0..self.tracks.len()).rev() {
            let end_s = self.tracks[k].lost_s.unwrap_or(end_s);
            self.end(k, end_s);
        }
    }

    /// What waits has its turn, the most likely first, as far as the time that has passed allows. As long as others have it, it waits on.
    fn take_turns(&mut self, time_s: f64) {
        if self.turn.is_empty() {
            self.turn = std::mem::take(&mut self.waiting);
            self.turn.sort_by(|a, b| a.track.rank().total_cmp(&b.track.rank()));
            self.allowed = AHEAD + PER_SECOND * (time_s - self.first_s.unwrap_or(time_s)).max(0.0);
        }
    }

    /// Reads the next line whose turn it is; whether there was one. Those that would cost too much wait on.
    fn read_next(&mut self, reader: &mut Reader, pulse: Pulse<'_>) -> Result<bool> {
        let Some(waiting) = self.turn.pop() else { return Ok(false) };
        let picture = waiting.track.picture();
        let cost = picture.width as f64 / picture.height.max(1) as f64;
        if self.spent + cost > self.allowed {
            self.waiting.push(waiting);
            self.waiting.append(&mut self.turn);
            self.bound();
            return Ok(false);
        }
        self.spent += cost;
        let tall = waiting.track.tall();
        let mut read = reader.line(&picture, tall, pulse)?.map(|read| waiting.caption(read, &picture, false));
        // Some files say that they are to be turned and are not, or the other way round: their text is upside down. A video
        // has one way up: where text was read upright, no other is tried.
        let upright = self.read.iter().any(|caption| !caption.turned);
        if read.is_none() && !upright && waiting.track.rank() >= LIKELY_TURNED {
            self.spent += cost;
            let turned = reader
                .line(&upside_down(&picture), tall, pulse)?
                .filter(|read| says(&read.text) >= SURE_TURNED.0 && read.confidence >= SURE_TURNED.1);
            read = turned.map(|read| waiting.caption(read, &picture, true));
        }
        self.read.extend(read);
        Ok(true)
    }

    /// The captions in the order in which they began; the pictures end at `end_s`. `pulse` is told the share that is done.
    pub(super) fn finish(
        mut self,
        end_s: f64,
        reader: &mut Reader,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Vec<Caption>> {
        self.end_all(end_s);
        let lines = (self.turn.len() + self.waiting.len()).max(1) as f64;
        // First those whose turn it is, then all that wait, for the last time.
        for last in [false, true] {
            loop {
                let left = (self.turn.len() + self.waiting.len()) as f64;
                let share = (1.0 - left / lines).max(0.0);
                if !self.read_next(reader, &mut || pulse(share))? {
                    break;
                }
            }
            if !last {
                self.take_turns(end_s.max(self.last_s));
            }
        }
        pulse(1.0)?;
        Ok(super::merge::merge(self.read).into_iter().map(Caption::placed).collect())
    }
}

impl Waiting {
    /// What was read of its picture, or of its picture upside down.
    fn caption(&self, read: Read, picture: &GrayImage, turned: bool) -> Caption {
        let [left, top, ..] = self.track.best_bounds.map(f64::from);
        let [across, down] = self.track.margin().map(f64::from);
        let mut corner = [(left - across).max(0.0), (top - down).max(0.0)];
        if turned {
            corner = [
                self.size[0] - corner[0] - picture.width as f64,
                self.size[1] - corner[1] - picture.height as f64,
            ];
        }
        let share =
            |k: usize| ((corner[k % 2] + f64::from(read.bounds[k])) / self.size[k % 2]).clamp(0.0, 1.0);
        Caption {
            start_s: self.track.from_s,
            end_s: self.end_s,
            confidence: read.confidence,
            bounds: [share(0), share(1), share(2), share(3)],
            text: read.text,
            turned,
        }
    }
}

fn upside_down(picture: &GrayImage) -> GrayImage {
    GrayImage { data: picture.data.iter().rev().copied().collect(), ..*picture }
}

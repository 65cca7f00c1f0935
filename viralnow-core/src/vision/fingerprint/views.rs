//! The hashes of one sample: of the picture without bars, and of central parts, which a cropped copy would show.

use crate::imaging::{GrayImage, Pdq, PdqHash};

/// The parts of the picture without bars that are hashed, in shares of its longer and of its shorter side. A PDQ hash bears a
/// crop of some 5 % of a side. So there are steps of 12 % of both sides, with a half step in between; of the shorter side
/// alone, which is how a video with bars is cropped; and of the longer side alone, among them the crops from 16:9 to 4:3 and
/// to a square.
const PARTS: [(f64, f64); VIEWS - 1] = [
    (1.0, 1.0),
    (0.94, 0.94),
    (0.88, 0.88),
    (0.77, 0.77),
    (0.68, 0.68),
    (1.0, 0.88),
    (1.0, 0.77),
    (1.0, 0.68),
    (0.88, 1.0),
    (0.75, 1.0),
    (0.5625, 1.0),
];
/// These, and last the picture with its bars: what is a bar can change from copy to copy in a dark scene.
pub(super) const VIEWS: usize = 12;
/// What of one picture is looked for among the parts of the other: the whole without bars; a little less, by which the parts
/// of the other are met that lie between two of its steps; and the whole with bars.
const WHOLES: [usize; 3] = [0, 1, VIEWS - 1];
/// A hash of less quality than this says little.
pub(super) const LEAST_QUALITY: u8 = 50;
/// Of a line of a bar this share, in per cent, differs at most so much from the median of the outermost line: a logo may stand
/// in it.
const BAR_SHARE: usize = 80;
const BAR_RANGE: u8 = 10;
/// Of the first line of the scene beside a bar at most this share does, in per cent.
const SCENE_SHARE: usize = 50;
/// Lines beside a bar that its edge has bled into.
const BLEED: usize = 2;

/// The hashes of the parts, the whole picture without bars first and the one with bars last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Views(pub(super) [Pdq; VIEWS]);

impl Views {
    pub(super) fn of(image: &GrayImage) -> Self {
        let content = without_bars(image);
        let sums = Sums::of(image);
        let mut views = [Pdq::default(); VIEWS];
        for (view, (longer, shorter)) in views.iter_mut().zip(PARTS) {
            let (across, down) =
                if content.width() >= content.height() { (longer, shorter) } else { (shorter, longer) };
            *view = Pdq::of_small(&sums.shrink(&content.central(across, down)));
        }
        views[VIEWS - 1] = Pdq::of_small(&sums.shrink(&Part::whole(image)));
        Self(views)
    }

    pub(super) fn whole(&self) -> Pdq {
        self.0[0]
    }

    /// For comparing; `None` when there is not enough in the picture.
    pub(super) fn look(&self) -> Option<Look> {
        let telling = |at: usize| Some(self.0[at]).filter(|view| view.quality >= LEAST_QUALITY);
        telling(0)?;
        let mut look = Look { wholes: Vec::new(), parts: Vec::new() };
        for (at, view) in (0..VIEWS).filter_map(|at| telling(at).map(|view| (at, view.hash))) {
            if !look.parts.contains(&view) {
                look.parts.push(view);
                if WHOLES.contains(&at) {
                    look.wholes.push(view);
                }
            }
        }
        Some(look)
    }
}

/// The hashes of a picture that count, each once.
#[derive(Debug, Clone)]
pub(super) struct Look {
    wholes: Vec<PdqHash>,
    parts: Vec<PdqHash>,
}

impl Look {
    /// Of the picture mirrored left to right.
    pub(super) fn mirror(&mut self) {
        for hash in self.wholes.iter_mut().chain(&mut self.parts) {
            *hash = hash.mirrored();
        }
    }

    /// The least distance between a whole of one and any part of the other.
    pub(super) fn distance(&self, other: &Self) -> u32 {
        let least = |wholes: &[PdqHash], parts: &[PdqHash]| {
            let nearest = |whole: &PdqHash| parts.iter().map(|part| whole.distance(*part)).min();
            wholes.iter().filter_map(nearest).min().unwrap_or(256)
        };
        least(&self.wholes, &other.parts).min(least(&other.wholes, &self.parts))
    }
}

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Part {
    fn whole(image: &GrayImage) -> Self {
        Self { left: 0.0, top: 0.0, right: image.width as f64, bottom: image.height as f64 }
    }

    fn width(&self) -> f64 {
        self.right - self.left
    }

    fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Its middle, in shares of its sides.
    fn central(&self, across: f64, down: f64) -> Self {
        let (x, y) = (self.width() * (1.0 - across) / 2.0, self.height() * (1.0 - down) / 2.0);
        Self { left: self.left + x, top: self.top + y, right: self.right - x, bottom: self.bottom - y }
    }
}

/// What is left when plain bars along the sides are cut off. A picture in which less than a quarter of a side would be left
/// is a plain picture rather than one with bars, and stays whole.
fn without_bars(image: &GrayImage) -> Part {
    let (width, height) = (image.width, image.height);
    let (top, bottom) = bars(height, |y| image.data[y * width..][..width].iter());
    // Columns are judged between the bars above and below.
    let inside = &image.data[top * width..(height - bottom) * width];
    let (left, right) = bars(width, |x| inside[x..].iter().step_by(width));
    Part {
        left: left as f64,
        top: top as f64,
        right: (width - right) as f64,
        bottom: (height - bottom) as f64,
    }
}

/// Lines that belong to a bar at the start and at the end, of so many, whose samples `line` tells.
fn bars<'a, L: ExactSizeIterator<Item = &'a u8>>(lines: usize, line: impl Fn(usize) -> L) -> (usize, usize) {
    let median = |i: usize| {
        let mut samples: Vec<u8> = line(i).copied().collect();
        let half = samples.len() / 2;
        *samples.select_nth_unstable(half).1
    };
    // In per cent.
    let alike = |i: usize, colour: u8| {
        let samples = line(i);
        let all = samples.len();
        100 * samples.filter(|sample| sample.abs_diff(colour) <= BAR_RANGE).count() / all
    };
    // A bar ends at once; where the lines become less plain little by little it is a dark scene.
    let bar = |line: &dyn Fn(usize) -> usize| {
        let colour = median(line(0));
        let bar = (0..lines).take_while(|&i| alike(line(i), colour) >= BAR_SHARE).count();
        let inside = bar + BLEED;
        if bar > 0 && inside < lines && alike(line(inside), colour) <= SCENE_SHARE { inside } else { 0 }
    };
    let (start, end) = (bar(&|i| i), bar(&|i| lines - 1 - i));
    if 4 * (start + end) > 3 * lines { (0, 0) } else { (start, end) }
}

/// The sums of all pixels above and to the left.
struct Sums {
    /// Columns, one more than the picture has.
    width: usize,
    sums: Vec<u32>,
}

impl Sums {
    /// Of a picture of at most 16 million pixels.
    fn of(image: &GrayImage) -> Self {
        let width = image.width + 1;
        let mut sums = vec![0_u32; width * (image.height + 1)];
        for (y, samples) in image.data.chunks_exact(image.width).enumerate() {
            let (above, here) = sums[y * width..][..2 * width].split_at_mut(width);
            let mut row = 0;
            for ((out, above), &sample) in here[1..].iter_mut().zip(&above[1..]).zip(samples) {
                row += u32::from(sample);
                *out = above + row;
            }
        }
        Self { width, sums }
    }

    /// Means over 64 x 64 equal cells of a part.
    fn shrink(&self, part: &Part) -> [[f32; 64]; 64] {
        let height = self.sums.len() / self.width;
        let columns = edges(part.left, part.right, self.width);
        let rows = edges(part.top, part.bottom, height);
        let area = part.width() * part.height() / 4096.0;
        let mut small = [[0.0; 64]; 64];
        let mut above = [0.0; 65];
        for (r, &(y, share)) in rows.iter().enumerate() {
            let upper = &self.sums[y * self.width..][..self.width];
            let lower = &self.sums[(y + 1) * self.width..][..self.width];
            let here: [f64; 65] = std::array::from_fn(|c| {
                let (x, across) = columns[c];
                let at = |x: usize| f64::from(upper[x]) + share * (f64::from(lower[x]) - f64::from(upper[x]));
                at(x) + across * (at(x + 1) - at(x))
            });
            if r > 0 {
                for (c, out) in small[r - 1].iter_mut().enumerate() {
                    *out = ((here[c + 1] - here[c] - above[c + 1] + above[c]) / area) as f32;
                }
            }
            above = here;
        }
        small
    }
}

/// Where the 65 edges of 64 cells lie: the whole pixel before, and the share of the next. `length` counts edges of pixels.
fn edges(from: f64, to: f64, length: usize) -> [(usize, f64); 65] {
    std::array::from_fn(|i| {
        let at = from + (to - from) * i as f64 / 64.0;
        let whole = (at as usize).min(length - 2);
        (whole, (at - whole as f64).clamp(0.0, 1.0))
    })
}

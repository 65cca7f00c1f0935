//! The letters of a line, black on white: what is brighter (or darker) than what surrounds it on all sides.

use crate::imaging::GrayImage;

/// White around them.
const MARGIN: usize = 10;

/// The letters and where their picture begins in that of the line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Letters {
    pub(super) picture: GrayImage,
    pub(super) corner: [f32; 2],
}

/// A piece that hangs together.
#[derive(Debug, Clone)]
struct Piece {
    bounds: [usize; 4],
    pixels: usize,
    /// The highest level.
    most: usize,
}

impl Piece {
    fn tall(&self) -> usize {
        self.bounds[3] - self.bounds[1]
    }
    fn wide(&self) -> usize {
        self.bounds[2] - self.bounds[0]
    }
}

/// Bright (or dark) letters: pixels on that side of the middle between the extremes that no path on the same side joins with
/// the border. So a white letter with a black line around it is found on white, too. Nothing where there is nothing like
/// letters: pieces about as high as the line. `strict` leaves out what is lower than letters: dots and commas, but specks, too.
pub(super) fn letters(line: &GrayImage, tall: usize, bright: bool, strict: bool) -> Option<Letters> {
    let (width, height) = (line.width, line.height);
    let level = |sample: u8| if bright { sample } else { 255 - sample };
    let mut counts = [0usize; 256];
    for &sample in &line.data {
        counts[usize::from(level(sample))] += 1;
    }
    // The extremes, without what is rare: noise, a ringing edge.
    let few = (line.data.len() / 100).max(1);
    let at = |mut levels: Box<dyn Iterator<Item = usize>>| {
        let mut seen = 0;
        levels.find(|&level| {
            seen += counts[level];
            seen > few
        })
    };
    let (low, high) = (at(Box::new(0..256))?, at(Box::new((0..256).rev()))?);
    if high < low + 24 {
        return None;
    }
    let middle = (low + high).div_ceil(2);
    let over: Vec<bool> = line.data.iter().map(|&sample| usize::from(level(sample)) >= middle).collect();
    let mut marks = vec![0u16; over.len()];
    let mut pieces = pieces(&over, width, height, &mut marks);
    for (&mark, &sample) in marks.iter().zip(&line.data) {
        if mark > 0 {
            let piece = &mut pieces[usize::from(mark) - 1];
            piece.most = piece.most.max(usize::from(level(sample)));
        }
    }
    let inside = |piece: &Piece| {
        let [left, top, right, bottom] = piece.bounds;
        left > 0 && top > 0 && right < width && bottom < height
    };
    // The pieces of the brightest say best how high letters are: the line that was found may have more in it.
    let bright_enough = high - (high - low) / 5;
    let mut heights: Vec<(usize, usize)> = pieces
        .iter()
        .filter(|piece| inside(piece) && piece.most >= bright_enough && piece.tall() >= 6)
        .map(|piece| (piece.tall(), piece.wide().min(piece.tall())))
        .collect();
    let tall = median(&mut heights).filter(|own| (tall / 4..=tall).contains(own)).unwrap_or(tall);
    let like_letter = |piece: &&Piece| {
        let high = piece.tall();
        inside(piece) && 2 * high >= tall && 2 * high <= 3 * tall && piece.wide() <= 3 * high
    };
    let covered: usize = pieces.iter().filter(like_letter).map(Piece::wide).sum();
    if 2 * covered < tall {
        return None;
    }
    // The letters of a line have one colour and one height on the page: what is behind them is not as bright, or elsewhere.
    let each = |of: fn(&Piece) -> usize| {
        let mut values: Vec<_> =
            pieces.iter().filter(like_letter).map(|piece| (of(piece), piece.wide())).collect();
        median(&mut values)
    };
    let least = each(|piece| piece.most)?.saturating_sub((high - low) / 6);
    let (top, bottom) = (each(|piece| piece.bounds[1])?, each(|piece| piece.bounds[3])?);
    let kept: Vec<bool> = pieces
        .iter()
        .map(|piece| {
            let middle = usize::midpoint(piece.bounds[1], piece.bounds[3]);
            inside(piece)
                && piece.most >= least
                && piece.pixels >= 4
                && piece.wide() <= 3 * tall.max(piece.tall())
                && piece.tall() <= 2 * tall
                && (top.saturating_sub(tall / 3)..=bottom + tall / 3).contains(&middle)
                && (!strict || 5 * piece.tall() >= 2 * tall)
        })
        .collect();
    if !kept.contains(&true) {
        return None;
    }
    let bounds = pieces.iter().zip(&kept).filter(|(_, kept)| **kept).fold(
        [usize::MAX, usize::MAX, 0, 0],
        |[left, top, right, bottom], (piece, _)| {
            let [l, t, r, b] = piece.bounds;
            [left.min(l), top.min(t), right.max(r), bottom.max(b)]
        },
    );
    let (columns, rows) = (bounds[2] - bounds[0] + 2 * MARGIN, bounds[3] - bounds[1] + 2 * MARGIN);
    let mut data = vec![255; columns * rows];
    let near = |x: usize, y: usize| {
        let own = |x: usize, y: usize| {
            let mark = marks[y * width + x];
            mark > 0 && kept[usize::from(mark) - 1]
        };
        (y.saturating_sub(1)..(y + 2).min(height))
            .any(|y| (x.saturating_sub(1)..(x + 2).min(width)).any(|x| own(x, y)))
    };
    for y in bounds[1].saturating_sub(1)..(bounds[3] + 1).min(height) {
        for x in bounds[0].saturating_sub(1)..(bounds[2] + 1).min(width) {
            if near(x, y) {
                let level = usize::from(level(line.data[y * width + x])).clamp(low, high);
                let ink = 255 * (level - low) / (high - low);
                data[(y + MARGIN - bounds[1]) * columns + x + MARGIN - bounds[0]] = 255 - ink as u8;
            }
        }
    }
    let corner = [bounds[0] as f32 - MARGIN as f32, bounds[1] as f32 - MARGIN as f32];
    Some(Letters { picture: GrayImage { width: columns, height: rows, data }, corner })
}

/// The median of values with weights.
fn median(values: &mut [(usize, usize)]) -> Option<usize> {
    values.sort_unstable();
    let all: usize = values.iter().map(|(_, weight)| weight).sum();
    let mut seen = 0;
    let middle = values.iter().find(|(_, weight)| {
        seen += weight;
        2 * seen >= all
    });
    middle.map(|(value, _)| *value)
}

/// Pieces of marked pixels that hang together by their sides or corners; each pixel gets the number of its piece, from 1.
fn pieces(over: &[bool], width: usize, height: usize, marks: &mut [u16]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut stack = Vec::new();
    for start in 0..over.len() {
        if !over[start] || marks[start] > 0 || pieces.len() >= usize::from(u16::MAX) - 1 {
            continue;
        }
        let mark = pieces.len() as u16 + 1;
        let mut piece = Piece { bounds: [usize::MAX, usize::MAX, 0, 0], pixels: 0, most: 0 };
        marks[start] = mark;
        stack.push(start);
        while let Some(at) = stack.pop() {
            let (x, y) = (at % width, at / width);
            let [left, top, right, bottom] = piece.bounds;
            piece.bounds = [left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)];
            piece.pixels += 1;
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                for x in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = y * width + x;
                    if over[next] && marks[next] == 0 {
                        marks[next] = mark;
                        stack.push(next);
                    }
                }
            }
        }
        pieces.push(piece);
    }
    pieces
}

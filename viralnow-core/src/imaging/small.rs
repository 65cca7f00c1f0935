//! The picture at analysis size, computed once a frame.

use super::bilinear::{Bilinear, across, down};
use super::picture::{Matrix, Picture};
use super::yuv::{PeerRow, prefetch, row};
use crate::dsp::wide::wide;

/// Shrinks pictures to the size at which `PySceneDetect` looks at them (longest side 256), with the bytes that `FFmpeg`'s
/// conversion to BGR followed by `OpenCV`'s `INTER_LINEAR` gives. Four source pixels make one output pixel, so only those
/// are converted. Keeps its tables and buffers from frame to frame.
///
/// ```
/// use viralnow_core::imaging::{RgbImage, SmallPictures};
/// let picture = RgbImage { width: 1080, height: 1920, data: vec![7; 1080 * 1920 * 3] };
/// let mut small = SmallPictures::default();
/// let (bgr, width, height) = small.shrink(&picture.as_picture());
/// assert_eq!((bgr.len(), width, height), (144 * 256 * 3, 144, 256));
/// ```
#[derive(Debug)]
pub struct SmallPictures {
    longest: usize,
    key: Option<Key>,
    state: Option<State>,
    bgr: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    width: usize,
    height: usize,
    yuv: Option<(Matrix, bool)>,
}

/// Tables and buffers for one kind of picture.
#[derive(Debug)]
struct State {
    rows: Bilinear,
    /// The first of the two neighbouring source columns of each output column, of luma or colour and of chroma.
    columns: Vec<u32>,
    chroma_columns: Vec<u32>,
    /// All bits of the second sample of chroma where it is the first one again: both columns lie over the same.
    chroma_alike: Vec<u16>,
    /// The weights of the two columns.
    weights: Vec<[i16; 2]>,
    /// The samples at those columns: luma, blue and red difference.
    gathered: [Vec<[u8; 2]>; 3],
    colours: PeerRow,
    /// The row of chroma that `colours` has taken; two rows of luma share it.
    chroma_row: usize,
    /// Results of the first pass: which source row, and its red, green, blue.
    passes: [(usize, [Vec<i16>; 3]); 2],
    planes: [Vec<u8>; 3],
}

impl Default for SmallPictures {
    /// As `PySceneDetect` has them.
    fn default() -> Self {
        Self::longest(256)
    }
}

impl SmallPictures {
    /// In the same way to another longest side, at least 1 pixel.
    #[must_use]
    pub fn longest(longest: usize) -> Self {
        Self { longest: longest.max(1), key: None, state: None, bgr: Vec::new() }
    }

    /// The size for a picture: longest side as asked or less, aspect kept, halves rounded to even.
    fn size(&self, width: usize, height: usize) -> (usize, usize) {
        let factor = (width.max(height) as f64 / self.longest as f64).max(1.0);
        let side = |n: usize| ((n as f64 / factor).round_ties_even() as usize).max(1);
        (side(width), side(height))
    }

    /// The small picture: packed blue, green, red, and its columns and rows. The picture must be sound, see
    /// [`Picture::check`].
    pub fn shrink(&mut self, picture: &Picture<'_>) -> (&[u8], usize, usize) {
        let yuv = match *picture {
            Picture::Yuv420 { matrix, full_range, .. } => Some((matrix, full_range)),
            Picture::Rgb24 { .. } => None,
        };
        let key = Key { width: picture.width(), height: picture.height(), yuv };
        if self.key != Some(key) {
            self.key = Some(key);
            self.state = None;
        }
        let size = self.size(key.width, key.height);
        let state = self.state.get_or_insert_with(|| State::new(key, size));
        state.shrink(picture, &mut self.bgr);
        (&self.bgr, state.columns.len(), state.rows.len())
    }
}

impl State {
    fn new(key: Key, (width, height): (usize, usize)) -> Self {
        let Bilinear { first: columns, second, weight_first, weight_second } =
            Bilinear::new(key.width, width);
        let alike = |(a, b): (&u32, u32)| if a / 2 == b / 2 { 0xff00 } else { 0 };
        let (matrix, full_range) = key.yuv.unwrap_or((Matrix::Bt601, false));
        Self {
            rows: Bilinear::new(key.height, height),
            chroma_columns: columns.iter().map(|column| column / 2).collect(),
            chroma_alike: columns.iter().zip(second).map(alike).collect(),
            columns,
            weights: weight_first.into_iter().zip(weight_second).map(|(a, b)| [a, b]).collect(),
            gathered: std::array::from_fn(|_| vec![[0; 2]; width]),
            colours: PeerRow::new(matrix, full_range, 2 * width),
            chroma_row: usize::MAX,
            passes: std::array::from_fn(|_| (usize::MAX, std::array::from_fn(|_| vec![0; width]))),
            planes: std::array::from_fn(|_| vec![0; width]),
        }
    }

    fn shrink(&mut self, picture: &Picture<'_>, bgr: &mut Vec<u8>) {
        let width = self.columns.len();
        bgr.resize(width * self.rows.len() * 3, 0);
        self.chroma_row = usize::MAX;
        for pass in &mut self.passes {
            pass.0 = usize::MAX;
        }
        for (y, out) in bgr.chunks_exact_mut(width * 3).enumerate() {
            if y + 1 < self.rows.len() {
                // The rows lie too far apart for the processor to see them coming.
                for r in [self.rows.first[y + 1], self.rows.second[y + 1]] {
                    prefetch(picture, r as usize);
                }
            }
            let (upper, lower) = (self.rows.first[y] as usize, self.rows.second[y] as usize);
            if self.passes[1].0 == upper {
                self.passes.swap(0, 1);
            }
            self.fill(picture, 0, upper);
            self.fill(picture, 1, lower);
            let (wu, wl) = (self.rows.weight_first[y], self.rows.weight_second[y]);
            let [(_, upper), (_, lower)] = &self.passes;
            for (plane, (upper, lower)) in self.planes.iter_mut().zip(upper.iter().zip(lower)) {
                down_row(upper, lower, wu, wl, plane);
            }
            let [r, g, b] = &self.planes;
            for (((out, b), g), r) in out.as_chunks_mut::<3>().0.iter_mut().zip(b).zip(g).zip(r) {
                *out = [*b, *g, *r];
            }
        }
    }

    /// The first pass of one source row, unless it is there already.
    fn fill(&mut self, picture: &Picture<'_>, slot: usize, r: usize) {
        if self.passes[slot].0 == r {
            return;
        }
        match picture {
            Picture::Yuv420 { y, u, v, width: full, .. } => {
                let half = full.div_ceil(2);
                let [luma, blue, red] = &mut self.gathered;
                if self.chroma_row != r / 2 {
                    self.chroma_row = r / 2;
                    for (plane, pairs) in [(u, &mut *blue), (v, &mut *red)] {
                        gather(row(plane, r / 2, half), &self.chroma_columns, pairs);
                        repeat_first(pairs, &self.chroma_alike);
                    }
                    self.colours.chroma(blue.as_flattened(), red.as_flattened());
                }
                gather(row(y, r, *full), &self.columns, luma);
                self.colours.luma(luma.as_flattened());
            }
            Picture::Rgb24 { rgb, width: full, .. } => {
                let (pixels, _) = row(rgb, r, full * 3).as_chunks::<3>();
                for (i, &column) in self.columns.iter().enumerate() {
                    let [a, b] = pair(pixels, column as usize);
                    for (c, plane) in self.colours.rgb.iter_mut().enumerate() {
                        (plane[2 * i], plane[2 * i + 1]) = (a[c], b[c]);
                    }
                }
            }
        }
        let (there, planes) = &mut self.passes[slot];
        *there = r;
        for (colour, out) in self.colours.rgb.iter().zip(planes) {
            across_row(colour.as_chunks().0, &self.weights, out);
        }
    }
}

wide! {
    fn across_row(pairs: &[[u8; 2]], weights: &[[i16; 2]], out: &mut [i16]) {
        for ((out, &[a, b]), &[wa, wb]) in out.iter_mut().zip(pairs).zip(weights) {
            *out = across(a, b, wa, wb);
        }
    }
}

wide! {
    fn down_row(upper: &[i16], lower: &[i16], weight_upper: i16, weight_lower: i16, out: &mut [u8]) {
        for ((out, &u), &l) in out.iter_mut().zip(upper).zip(lower) {
            *out = down(u, l, weight_upper, weight_lower);
        }
    }
}

/// The samples at this column and the next; the last one stands for what would come after it.
#[inline]
fn pair<T: Copy>(row: &[T], column: usize) -> [T; 2] {
    // In this form both are copied at once, and there is one check.
    match row.get(column..column + 2).and_then(|both| <&[T; 2]>::try_from(both).ok()) {
        Some(both) => *both,
        None => [row[column]; 2],
    }
}

/// Both samples in one read and one write.
fn gather(row: &[u8], columns: &[u32], out: &mut [[u8; 2]]) {
    for (out, &column) in out.iter_mut().zip(columns) {
        *out = pair(row, column as usize);
    }
}

wide! {
    /// Puts the first sample in place of the second where the mask has the bits of the second.
    fn repeat_first(pairs: &mut [[u8; 2]], masks: &[u16]) {
        for (pair, &mask) in pairs.iter_mut().zip(masks) {
            let both = u16::from_le_bytes(*pair);
            *pair = ((both & !mask) | ((both << 8) & mask)).to_le_bytes();
        }
    }
}

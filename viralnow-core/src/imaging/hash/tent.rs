//! Shrinking for PDQ: two passes of a box along both sides, which make a tent, then every so-many-th sample.
//!
//! Sums run on in single precision in the order of the reference, so that the bits of the hash are its bits. Rows are taken as
//! they come; only those under the box are kept.

use crate::imaging::picture::Picture;
use crate::imaging::yuv::row;
use std::collections::VecDeque;

/// Side of the small picture.
pub(super) const SIDE: usize = 64;

/// Brightness (ITU-R BT.601, 0 to 255) of a sound picture at 64 x 64.
pub(super) fn shrink(picture: &Picture<'_>) -> [[f32; SIDE]; SIDE] {
    let (width, height) = (picture.width(), picture.height());
    let mut small = [[0.0; SIDE]; SIDE];
    if (width, height) == (SIDE, SIDE) {
        let mut rows = small.iter_mut();
        each_row(picture, |luma| {
            if let Some(out) = rows.next() {
                out.copy_from_slice(luma);
            }
        });
        return small;
    }
    let (across, down) = (width.div_ceil(2 * SIDE), height.div_ceil(2 * SIDE));
    let (mut first, mut second) = (BoxDown::new(width, down), BoxDown::new(SIDE, down));
    let (mut line, mut again) = (vec![0.0; width], vec![0.0; width]);
    let (mut next, mut index) = (0, 0);
    let mut keep = |means: &[f32]| {
        // Two rows of the small picture are the same row of a picture that is lower than it.
        while next < SIDE && centre(next, height) == index {
            small[next].copy_from_slice(means);
            next += 1;
        }
        index += 1;
    };
    let mut narrow = |means: &[f32]| {
        box_across(means, &mut again, across);
        let columns: [f32; SIDE] = std::array::from_fn(|c| again[centre(c, width)]);
        columns
    };
    each_row(picture, |luma| {
        box_across(luma, &mut line, across);
        first.push(&line, &mut |means| second.push(&narrow(means), &mut keep));
    });
    first.finish(&mut |means| second.push(&narrow(means), &mut keep));
    second.finish(&mut keep);
    small
}

/// The sample at the centre of the small picture's sample `at`, of `length`.
fn centre(at: usize, length: usize) -> usize {
    (2 * at + 1) * length / (2 * SIDE)
}

/// The brightness of each row, top to bottom.
fn each_row(picture: &Picture<'_>, mut take: impl FnMut(&[f32])) {
    let luma =
        |r: u8, g: u8, b: u8| (f64::from(r) * 0.299 + f64::from(g) * 0.587 + f64::from(b) * 0.114) as f32;
    let mut line = vec![0.0; picture.width()];
    match picture {
        Picture::Rgb24 { rgb, width, height } => {
            for r in 0..*height {
                let pixels = row(rgb, r, width * 3).as_chunks::<3>().0;
                for (out, &[r, g, b]) in line.iter_mut().zip(pixels) {
                    *out = luma(r, g, b);
                }
                take(&line);
            }
        }
        Picture::Yuv420 { .. } => picture.yuv_rows(|_, [red, green, blue]| {
            for (((out, &r), &g), &b) in line.iter_mut().zip(red).zip(green).zip(blue) {
                *out = luma(r, g, b);
            }
            take(&line);
        }),
    }
}

/// Samples of a box of this width that stand at and after its centre.
fn ahead(window: usize) -> usize {
    window.midpoint(2)
}

/// Means under a box, which is cut off at the ends; `window` is at most the number of samples.
fn box_across(samples: &[f32], out: &mut [f32], window: usize) {
    let ahead = ahead(window);
    let mut sum = 0.0;
    let mut out = out.iter_mut();
    let mut write = |mean: f32| {
        if let Some(out) = out.next() {
            *out = mean;
        }
    };
    for (i, sample) in samples[..window].iter().enumerate() {
        sum += sample;
        if i + 1 >= ahead {
            write(sum / (i + 1) as f32);
        }
    }
    for (new, old) in samples[window..].iter().zip(samples) {
        sum += new;
        sum -= old;
        write(sum / window as f32);
    }
    for (i, old) in samples[samples.len() - window..].iter().enumerate().take(ahead - 1) {
        sum -= old;
        write(sum / (window - i - 1) as f32);
    }
}

/// The same down the columns of rows that come one by one.
struct BoxDown {
    window: usize,
    under: VecDeque<Vec<f32>>,
    sums: Vec<f32>,
    means: Vec<f32>,
}

impl BoxDown {
    fn new(width: usize, window: usize) -> Self {
        Self {
            window,
            under: VecDeque::with_capacity(window + 1),
            sums: vec![0.0; width],
            means: vec![0.0; width],
        }
    }

    fn push(&mut self, samples: &[f32], take: &mut dyn FnMut(&[f32])) {
        if self.under.len() < self.window {
            for (sum, sample) in self.sums.iter_mut().zip(samples) {
                *sum += sample;
            }
            self.under.push_back(samples.to_vec());
            if self.under.len() < ahead(self.window) {
                return;
            }
        } else if let Some(mut old) = self.under.pop_front() {
            for ((sum, sample), old) in self.sums.iter_mut().zip(samples).zip(&mut old) {
                *sum += sample;
                *sum -= *old;
                *old = *sample;
            }
            self.under.push_back(old);
        }
        self.give(take);
    }

    fn finish(&mut self, take: &mut dyn FnMut(&[f32])) {
        for _ in 1..ahead(self.window) {
            if let Some(old) = self.under.pop_front() {
                for (sum, old) in self.sums.iter_mut().zip(&old) {
                    *sum -= old;
                }
                self.give(take);
            }
        }
    }

    fn give(&mut self, take: &mut dyn FnMut(&[f32])) {
        let count = self.under.len() as f32;
        for (mean, sum) in self.means.iter_mut().zip(&self.sums) {
            *mean = sum / count;
        }
        take(&self.means);
    }
}

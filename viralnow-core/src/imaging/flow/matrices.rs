//! What each pixel says of its motion: the normal equations of its two polynomials.

use super::Flow;
use super::expansion::Expansion;

/// How much the pixels next to the border count, from the outermost inwards: their polynomials are less certain.
const BORDER: [f32; 5] = [0.14, 0.14, 0.4472, 0.4472, 0.4472];

/// For each row five rows: the matrix (three numbers, it is symmetric) and the right side.
#[derive(Debug, Default)]
pub(super) struct Matrices {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) data: Vec<f32>,
    /// Coefficients of the second picture where the pixels of a row went.
    there: [Vec<f32>; 5],
    certainty: Vec<f32>,
}

impl Matrices {
    /// The five rows of row `y`, one after the other.
    pub(super) fn row(&self, y: usize) -> &[f32] {
        &self.data[5 * y * self.width..][..5 * self.width]
    }

    pub(super) fn update(&mut self, first: &Expansion, second: &Expansion, flow: &Flow) {
        let (width, height) = (first.width, first.height);
        if (self.width, self.height) != (width, height) {
            (self.width, self.height) = (width, height);
            self.data.resize(5 * width * height, 0.0);
            self.there.iter_mut().for_each(|row| row.resize(width, 0.0));
            self.certainty = (0..width).map(|x| certainty(x, width)).collect();
        }
        for y in 0..height {
            let here = first.rows(y);
            self.follow(y, here, second, flow);
            let out = &mut self.data[5 * y * width..][..5 * width];
            equations(here, &self.there, flow, y, &self.certainty, certainty(y, height), out);
        }
    }

    /// Looks up the second picture where the pixels of row `y` went, between four pixels. Who left the picture finds nothing:
    /// its slopes are 0 there and its curvature is that of the first.
    fn follow(&mut self, y: usize, here: [&[f32]; 5], second: &Expansion, flow: &Flow) {
        let (width, height) = (second.width, second.height);
        let row = y * width..(y + 1) * width;
        let (dx, dy) = (&flow.dx[row.clone()], &flow.dy[row]);
        let [there_y, there_x, there_yy, there_xx, there_xy] = &mut self.there;
        for x in 0..width {
            let (to_x, to_y) = (x as f32 + dx[x], y as f32 + dy[x]);
            let (left, top) = (to_x.floor(), to_y.floor());
            let inside = left >= 0.0 && top >= 0.0 && left < (width - 1) as f32 && top < (height - 1) as f32;
            if !inside {
                (there_y[x], there_x[x]) = (0.0, 0.0);
                (there_yy[x], there_xx[x], there_xy[x]) = (here[2][x], here[3][x], here[4][x]);
                continue;
            }
            let (right_share, lower_share) = (to_x - left, to_y - top);
            let weights = [
                (1.0 - right_share) * (1.0 - lower_share),
                right_share * (1.0 - lower_share),
                (1.0 - right_share) * lower_share,
                right_share * lower_share,
            ];
            let at = 5 * top as usize * width + left as usize;
            let pixels = &second.data[at..at + 9 * width + 2];
            let blend = |c: usize| {
                let (upper, lower) = (c * width, (c + 5) * width);
                weights[0] * pixels[upper]
                    + weights[1] * pixels[upper + 1]
                    + weights[2] * pixels[lower]
                    + weights[3] * pixels[lower + 1]
            };
            there_y[x] = blend(0);
            there_x[x] = blend(1);
            there_yy[x] = blend(2);
            there_xx[x] = blend(3);
            there_xy[x] = blend(4);
        }
    }
}

/// How much a pixel counts by its place along one side.
fn certainty(at: usize, n: usize) -> f32 {
    let one = |from_border: usize| BORDER.get(from_border).copied().unwrap_or(1.0);
    one(at) * one(n - 1 - at)
}

/// The equations of one row.
fn equations(
    here: [&[f32]; 5],
    there: &[Vec<f32>; 5],
    flow: &Flow,
    y: usize,
    across: &[f32],
    down: f32,
    out: &mut [f32],
) {
    let width = across.len();
    let [hy, hx, hyy, hxx, hxy] = here;
    let [ty, tx, tyy, txx, txy] = there.each_ref().map(|row| &row[..width]);
    let (dx, dy) = (&flow.dx[y * width..][..width], &flow.dy[y * width..][..width]);
    let (g11, rest) = out.split_at_mut(width);
    let (g12, rest) = rest.split_at_mut(width);
    let (g22, rest) = rest.split_at_mut(width);
    let (h1, h2) = rest.split_at_mut(width);
    let (h2, g22, g12, g11, h1) =
        (&mut h2[..width], &mut g22[..width], &mut g12[..width], &mut g11[..width], &mut h1[..width]);
    for x in 0..width {
        let certainty = across[x] * down;
        let (yy, xx) = ((hyy[x] + tyy[x]) * 0.5, (hxx[x] + txx[x]) * 0.5);
        let xy = (hxy[x] + txy[x]) * 0.25;
        let slope_y = (hy[x] - ty[x]) * 0.5 + yy * dy[x] + xy * dx[x];
        let slope_x = (hx[x] - tx[x]) * 0.5 + xy * dy[x] + xx * dx[x];
        let (yy, xx, xy) = (yy * certainty, xx * certainty, xy * certainty);
        let (slope_y, slope_x) = (slope_y * certainty, slope_x * certainty);
        g11[x] = yy * yy + xy * xy;
        g12[x] = (yy + xx) * xy;
        g22[x] = xx * xx + xy * xy;
        h1[x] = yy * slope_y + xy * slope_x;
        h2[x] = xy * slope_y + xx * slope_x;
    }
}

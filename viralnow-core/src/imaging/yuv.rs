//! YUV to RGB in 16-bit fixed point, row by row.
//!
//! Two accuracies from one kernel: with no fraction bits it gives the very bytes of `FFmpeg`'s unscaled conversion (every
//! product rounded down, as its vector code does), which is what `OpenCV` and `PyAV` see; with four fraction bits every
//! sample is within one of the exact equations of the standards.

use super::picture::{Matrix, Picture, Plane};
use crate::dsp::wide::wide;

/// Factors times 2^13.
#[derive(Debug, Clone, Copy)]
struct Factors {
    luma_offset: i16,
    luma: i16,
    red_v: i16,
    green_u: i16,
    green_v: i16,
    blue_u: i16,
}

impl Factors {
    fn new(matrix: Matrix, full_range: bool) -> Self {
        // Times 2^16 for limited range, from the luma weights of ITU-R BT.601, BT.709 and BT.2020:
        // 2 (1 - Kr) 255/224, 2 (1 - Kb) 255/224, 2 (1 - Kb) Kb/Kg 255/224, 2 (1 - Kr) Kr/Kg 255/224.
        let [red_v, blue_u, green_u, green_v] = match matrix {
            Matrix::Bt601 => [104_597, 132_201, 25_675, 53_279],
            Matrix::Bt709 => [117_489, 138_438, 13_975, 34_925],
            Matrix::Bt2020 => [110_013, 140_363, 12_277, 42_626],
        };
        let chroma = |factor: i32| (((if full_range { factor * 224 / 255 } else { factor }) + 4) >> 3) as i16;
        Self {
            luma_offset: if full_range { 0 } else { 16 },
            luma: if full_range { 8192 } else { 9539 },
            red_v: chroma(red_v),
            green_u: -chroma(green_u),
            green_v: -chroma(green_v),
            blue_u: chroma(blue_u),
        }
    }
}

/// Each factor repeated over a whole row. Read from memory, the compiler knows that they have 16 bits and multiplies eight at
/// a time.
#[derive(Debug)]
struct FactorRows {
    luma: Vec<i16>,
    red_v: Vec<i16>,
    green_u: Vec<i16>,
    green_v: Vec<i16>,
    blue_u: Vec<i16>,
}

impl FactorRows {
    fn new(factors: Factors, width: usize) -> Self {
        Self {
            luma: vec![factors.luma; width],
            red_v: vec![factors.red_v; width],
            green_u: vec![factors.green_u; width],
            green_v: vec![factors.green_v; width],
            blue_u: vec![factors.blue_u; width],
        }
    }
}

/// The upper half of a 16-bit product.
#[inline]
fn high(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}

/// One row of samples as three rows of colours, with what is needed to compute them.
#[derive(Debug)]
pub(super) struct YuvRow<const FRACTION: u32> {
    luma_offset: i16,
    factors: FactorRows,
    /// What the chroma adds to red, green and blue.
    terms: [Vec<i16>; 3],
    /// Samples made ready for multiplication.
    scaled: [Vec<i16>; 2],
    /// The terms before each is doubled.
    halved: [Vec<i16>; 3],
    /// Red, green, blue.
    pub(super) rgb: [Vec<u8>; 3],
}

/// The bytes of `FFmpeg`'s unscaled conversion.
pub(super) type PeerRow = YuvRow<0>;
/// Within one of the exact equations.
pub(super) type ExactRow = YuvRow<4>;

impl<const FRACTION: u32> YuvRow<FRACTION> {
    pub(super) fn new(matrix: Matrix, full_range: bool, width: usize) -> Self {
        let factors = Factors::new(matrix, full_range);
        Self {
            luma_offset: factors.luma_offset,
            factors: FactorRows::new(factors, width),
            terms: std::array::from_fn(|_| vec![0; width]),
            scaled: std::array::from_fn(|_| vec![0; width]),
            halved: std::array::from_fn(|_| vec![0; width.div_ceil(2)]),
            rgb: std::array::from_fn(|_| vec![0; width]),
        }
    }

    /// Takes chroma with one sample for each sample of luma.
    pub(super) fn chroma(&mut self, u: &[u8], v: &[u8]) {
        let Self { factors, scaled: [scaled_u, scaled_v], terms, .. } = self;
        chroma_terms::<FRACTION>(factors, u, v, scaled_u, scaled_v, terms);
    }

    /// Takes chroma with one sample for two samples of luma.
    pub(super) fn halved_chroma(&mut self, u: &[u8], v: &[u8]) {
        let Self { factors, scaled: [scaled_u, scaled_v], halved, .. } = self;
        chroma_terms::<FRACTION>(factors, u, v, scaled_u, scaled_v, halved);
        for (row, halved) in self.terms.iter_mut().zip(&self.halved) {
            let (pairs, rest) = row.as_chunks_mut::<2>();
            for (pair, &term) in pairs.iter_mut().zip(halved) {
                *pair = [term; 2];
            }
            if let ([last], Some(&term)) = (rest, halved.last()) {
                *last = term;
            }
        }
    }

    /// Converts a row of luma with the chroma taken last.
    pub(super) fn luma(&mut self, y: &[u8]) {
        let [scaled, bright] = &mut self.scaled;
        scale::<FRACTION>(y, self.luma_offset, scaled);
        times(scaled, &self.factors.luma, bright);
        for (terms, out) in self.terms.iter().zip(&mut self.rgb) {
            finish(FRACTION, bright, terms, out);
        }
    }
}

/// Takes the offset off and moves the sample up, so that the upper half of a product is the result. A loop of its own, so that
/// the next one reads 16-bit factors from memory.
fn scale<const FRACTION: u32>(samples: &[u8], offset: i16, out: &mut [i16]) {
    for (out, &sample) in out.iter_mut().zip(samples) {
        *out = (i16::from(sample) - offset) << (3 + FRACTION);
    }
}

/// What chroma adds to red, green and blue.
fn chroma_terms<const FRACTION: u32>(
    factors: &FactorRows,
    u: &[u8],
    v: &[u8],
    scaled_u: &mut [i16],
    scaled_v: &mut [i16],
    [red, green, blue]: &mut [Vec<i16>; 3],
) {
    scale::<FRACTION>(u, 128, scaled_u);
    scale::<FRACTION>(v, 128, scaled_v);
    times(scaled_v, &factors.red_v, red);
    times(scaled_u, &factors.blue_u, blue);
    times(scaled_u, &factors.green_u, green);
    add_times(scaled_v, &factors.green_v, green);
}

wide! {
    fn times(samples: &[i16], factors: &[i16], out: &mut [i16]) {
        for ((out, &sample), &factor) in out.iter_mut().zip(samples).zip(factors) {
            *out = high(sample, factor);
        }
    }
}

wide! {
    fn add_times(samples: &[i16], factors: &[i16], out: &mut [i16]) {
        for ((out, &sample), &factor) in out.iter_mut().zip(samples).zip(factors) {
            *out += high(sample, factor);
        }
    }
}

wide! {
    /// Brightness and what chroma adds to it, rounded to whole levels.
    fn finish(fraction: u32, bright: &[i16], terms: &[i16], out: &mut [u8]) {
        let half = if fraction > 0 { 1 << (fraction - 1) } else { 0 };
        for ((out, &bright), &term) in out.iter_mut().zip(bright).zip(terms) {
            *out = ((bright + term + half) >> fraction).clamp(0, 255) as u8;
        }
    }
}

/// Row `row` of a plane.
#[inline]
pub(super) fn row<'a>(plane: &Plane<'a>, row: usize, columns: usize) -> &'a [u8] {
    &plane.data[row * plane.stride..][..columns]
}

/// Has the processor fetch row `r` of the picture while it does something else. Only a hint, and none where the target has no
/// stable instruction for it.
pub(super) fn prefetch(picture: &Picture<'_>, r: usize) {
    match picture {
        Picture::Yuv420 { y, u, v, width, .. } => {
            fetch(row(y, r, *width));
            fetch(row(u, r / 2, width.div_ceil(2)));
            fetch(row(v, r / 2, width.div_ceil(2)));
        }
        Picture::Rgb24 { rgb, width, .. } => fetch(row(rgb, r, width * 3)),
    }
}

fn fetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        // SAFETY: every processor of the target has the instruction; it changes nothing and cannot fail.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(line.as_ptr().cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The equations of the standards in real numbers.
    fn exact(y: u8, u: u8, v: u8, matrix: Matrix, full: bool) -> [f64; 3] {
        let (kr, kb) = match matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
            Matrix::Bt2020 => (0.2627, 0.0593),
        };
        let (y, scale) =
            if full { (f64::from(y), 1.0) } else { ((f64::from(y) - 16.0) * 255.0 / 219.0, 255.0 / 224.0) };
        let (cb, cr) = ((f64::from(u) - 128.0) * scale, (f64::from(v) - 128.0) * scale);
        let (r, b) = (y + 2.0 * (1.0 - kr) * cr, y + 2.0 * (1.0 - kb) * cb);
        let g = y - (2.0 * (1.0 - kr) * kr * cr + 2.0 * (1.0 - kb) * kb * cb) / (1.0 - kr - kb);
        [r, g, b].map(|c| c.clamp(0.0, 255.0))
    }

    #[test]
    fn every_colour_is_within_one_of_the_standards() {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for full in [false, true] {
                let mut worst = 0.0f64;
                let all: Vec<u8> = (0..=255).collect();
                let mut row = ExactRow::new(matrix, full, 256);
                for u in (0..=255).step_by(3) {
                    for v in (0..=255).step_by(5) {
                        row.chroma(&[u; 256], &[v; 256]);
                        row.luma(&all);
                        for y in 0..256 {
                            let want = exact(y as u8, u, v, matrix, full);
                            for c in 0..3 {
                                worst = worst.max((f64::from(row.rgb[c][y]) - want[c]).abs());
                            }
                        }
                    }
                }
                assert!(worst < 1.0, "{matrix:?} full {full}: {worst}");
            }
        }
    }
}

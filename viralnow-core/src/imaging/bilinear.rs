//! The bilinear resize of `OpenCV` for 8-bit samples (`INTER_LINEAR`), to the bit.

/// Where one axis of the output reads: two source positions and their weights in 1/2048.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bilinear {
    /// Source position before each output position.
    pub first: Vec<u32>,
    /// Source position after it.
    pub second: Vec<u32>,
    /// Weight of the first.
    pub weight_first: Vec<i16>,
    /// Weight of the second.
    pub weight_second: Vec<i16>,
}

impl Bilinear {
    /// From `from` samples to `to` samples, both at least 1.
    #[must_use]
    pub fn new(from: usize, to: usize) -> Self {
        // OpenCV: the scale is the inverse of the inverse, the position is single precision.
        let scale = 1.0 / (to as f64 / from as f64);
        let mut axis = Self {
            first: Vec::with_capacity(to),
            second: Vec::with_capacity(to),
            weight_first: Vec::with_capacity(to),
            weight_second: Vec::with_capacity(to),
        };
        for at in 0..to {
            let position = ((at as f64 + 0.5) * scale - 0.5) as f32;
            let mut first = position.floor();
            let mut share = position - first;
            if first < 0.0 {
                (first, share) = (0.0, 0.0);
            }
            let mut first = first as usize;
            if first + 1 >= from {
                (first, share) = (from - 1, 0.0);
            }
            axis.push(first, share, from);
        }
        axis
    }

    /// The axis that `OpenCV` takes where `INTER_AREA` is asked to enlarge: an output sample inside one source sample is a
    /// copy of it, and one across two of them is their blend.
    pub(super) fn enlarging_area(from: usize, to: usize) -> Self {
        let inverse = to as f64 / from as f64;
        let scale = 1.0 / inverse;
        let mut axis = Self { first: vec![], second: vec![], weight_first: vec![], weight_second: vec![] };
        for at in 0..to {
            let mut first = (at as f64 * scale).floor() as usize;
            let share = ((at + 1) as f64 - (first + 1) as f64 * inverse) as f32;
            let mut share = if share <= 0.0 { 0.0 } else { share - share.floor() };
            if first + 1 >= from {
                (first, share) = (from - 1, 0.0);
            }
            axis.push(first, share, from);
        }
        axis
    }

    fn push(&mut self, first: usize, share: f32, from: usize) {
        self.first.push(first as u32);
        self.second.push((first + 1).min(from - 1) as u32);
        self.weight_first.push(((1.0 - share) * 2048.0).round_ties_even() as i16);
        self.weight_second.push((share * 2048.0).round_ties_even() as i16);
    }

    /// Positions of the output.
    #[must_use]
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether there is no output.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// One row of the first pass, in 1/128 of a sample.
#[inline]
pub(super) fn across(first: u8, second: u8, weight_first: i16, weight_second: i16) -> i16 {
    ((i32::from(first) * i32::from(weight_first) + i32::from(second) * i32::from(weight_second)) >> 4) as i16
}

/// The second pass: two rows of the first pass to a sample.
#[inline]
pub(super) fn down(upper: i16, lower: i16, weight_upper: i16, weight_lower: i16) -> u8 {
    let upper = (i32::from(upper) * i32::from(weight_upper)) >> 16;
    let lower = (i32::from(lower) * i32::from(weight_lower)) >> 16;
    ((upper + lower + 2) >> 2).clamp(0, 255) as u8
}

/// Resizes packed samples of `channels` each; sides are at least 1 and `data` holds `width * height * channels` samples.
///
/// ```
/// use viralnow_core::imaging::resize_bilinear;
/// assert_eq!(resize_bilinear(&[0, 100, 200, 40], 4, 1, 1, 2, 1), [50, 120]);
/// ```
#[must_use]
pub fn resize_bilinear(
    data: &[u8],
    width: usize,
    height: usize,
    channels: usize,
    to_width: usize,
    to_height: usize,
) -> Vec<u8> {
    resize_by(data, width, channels, &Bilinear::new(width, to_width), &Bilinear::new(height, to_height))
}

/// Resizes packed samples of `channels` each, with rows of `width`, along these two axes.
pub(super) fn resize_by(
    data: &[u8],
    width: usize,
    channels: usize,
    columns: &Bilinear,
    rows: &Bilinear,
) -> Vec<u8> {
    let (to_width, to_height) = (columns.len(), rows.len());
    let mut out = vec![0; to_width * to_height * channels];
    let across_row = |r: u32, out: &mut [i16]| {
        let row = &data[r as usize * width * channels..][..width * channels];
        for x in 0..to_width {
            let (a, b) = (columns.first[x] as usize * channels, columns.second[x] as usize * channels);
            for c in 0..channels {
                out[x * channels + c] =
                    across(row[a + c], row[b + c], columns.weight_first[x], columns.weight_second[x]);
            }
        }
    };
    let mut upper = vec![0; to_width * channels];
    let mut lower = upper.clone();
    for (y, out) in out.chunks_exact_mut(to_width * channels).enumerate() {
        across_row(rows.first[y], &mut upper);
        across_row(rows.second[y], &mut lower);
        for ((out, &u), &l) in out.iter_mut().zip(&upper).zip(&lower) {
            *out = down(u, l, rows.weight_first[y], rows.weight_second[y]);
        }
    }
    out
}

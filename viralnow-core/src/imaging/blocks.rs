//! Sums and means over blocks of samples: what shrinking by whole factors is made of.

use super::picture::GrayImage;
use crate::dsp::wide::wide;

wide! {
    /// Adds a row of samples to the sums of their columns, of 257 rows at most.
    pub(crate) fn add_row(columns: &mut [u16], samples: &[u8]) {
        for (sum, &sample) in columns.iter_mut().zip(samples) {
            *sum += u16::from(sample);
        }
    }
}

/// Adds up `side` columns each.
pub(super) fn add_blocks(columns: &[u16], side: usize, blocks: &mut [u32]) {
    match side {
        // Loops that the compiler can unroll.
        1 => add::<1>(columns, blocks),
        2 => add::<2>(columns, blocks),
        3 => add::<3>(columns, blocks),
        4 => add::<4>(columns, blocks),
        5 => add::<5>(columns, blocks),
        6 => add::<6>(columns, blocks),
        _ => {
            for (sum, block) in blocks.iter_mut().zip(columns.chunks_exact(side)) {
                *sum += block.iter().map(|&sum| u32::from(sum)).sum::<u32>();
            }
        }
    }
}

wide! {
    fn add<const N: usize>(columns: &[u16], blocks: &mut [u32]) {
        for (sum, block) in blocks.iter_mut().zip(columns.as_chunks::<N>().0) {
            *sum += block.iter().map(|&sum| u32::from(sum)).sum::<u32>();
        }
    }
}

/// The means of sums of `area` samples each, with `fraction` bits after the point; halves are rounded up.
pub(super) fn means(sums: &[u32], area: u32, fraction: u32, out: &mut [u16]) {
    debug_assert!(fraction <= 8);
    match area {
        1 => out.iter_mut().zip(sums).for_each(|(out, &sum)| *out = (sum << fraction) as u16),
        // A product instead of a division: of n below 2^16 times the area it is exact as long as the area is below 2^8.
        2..256 => means_by_product(sums, area, fraction, out),
        _ => {
            for (out, &sum) in out.iter_mut().zip(sums) {
                *out = (((u64::from(sum) << fraction) + u64::from(area / 2)) / u64::from(area)) as u16;
            }
        }
    }
}

wide! {
    fn means_by_product(sums: &[u32], area: u32, fraction: u32, out: &mut [u16]) {
        let reciprocal = (1_u64 << 32).div_ceil(u64::from(area)) as u32;
        for (out, &sum) in out.iter_mut().zip(sums) {
            *out = ((u64::from((sum << fraction) + area / 2) * u64::from(reciprocal)) >> 32) as u16;
        }
    }
}

wide! {
    /// Means over two by two samples; halves are rounded up.
    pub(super) fn halve_row(upper: &[u8], lower: &[u8], out: &mut [u8]) {
        let blocks = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
        for (out, (&[a, b], &[c, d])) in out.iter_mut().zip(blocks) {
            *out = ((u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d) + 2) >> 2) as u8;
        }
    }
}

/// Means over two by two samples; what is left over at the right and at the bottom is dropped.
pub(crate) fn halved(picture: &GrayImage) -> GrayImage {
    let (width, height) = (picture.width / 2, picture.height / 2);
    let mut data = vec![0; width * height];
    let pairs = picture.data.chunks_exact((2 * picture.width).max(1));
    for (pair, out) in pairs.zip(data.chunks_exact_mut(width.max(1))) {
        let (upper, lower) = pair.split_at(picture.width);
        halve_row(upper, lower, out);
    }
    GrayImage { width, height, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_leave_out_what_is_left_over() {
        for (width, height) in [(0, 0), (1, 1), (2, 1), (5, 3), (67, 8)] {
            let data: Vec<u8> = (0..width * height).map(|i| (i * 73 % 256) as u8).collect();
            let half = halved(&GrayImage { width, height, data: data.clone() });
            assert_eq!(
                (half.width, half.height, half.data.len()),
                (width / 2, height / 2, (width / 2) * (height / 2))
            );
            for (i, &mean) in half.data.iter().enumerate() {
                let (c, r) = (2 * (i % half.width), 2 * (i / half.width));
                let at = |c: usize, r: usize| u32::from(data[r * width + c]);
                assert_eq!(
                    u32::from(mean),
                    (at(c, r) + at(c + 1, r) + at(c, r + 1) + at(c + 1, r + 1) + 2) / 4
                );
            }
        }
    }

    #[test]
    fn means_are_the_rounded_quotients() {
        for area in (1..=40_u32).flat_map(|side| [side * side, side * (side + 1)]) {
            let sums: Vec<u32> =
                (0..=255 * area).step_by(area.div_ceil(16) as usize).chain([255 * area]).collect();
            for fraction in [0, 4, 8] {
                let mut out = vec![0; sums.len()];
                means(&sums, area, fraction, &mut out);
                for (&sum, &mean) in sums.iter().zip(&out) {
                    assert_eq!(u32::from(mean), ((sum << fraction) + area / 2) / area, "{sum} of {area}");
                }
            }
        }
    }

    #[test]
    fn blocks_add_up_at_any_side() {
        for side in 1..=9 {
            let samples: Vec<u8> = (0..side * 5).map(|i| (i * 37 % 256) as u8).collect();
            let mut columns = vec![0; samples.len()];
            for _ in 0..side {
                add_row(&mut columns, &samples);
            }
            let mut blocks = vec![0; 5];
            add_blocks(&columns, side, &mut blocks);
            let wanted: Vec<u32> = samples
                .chunks(side)
                .map(|part| side as u32 * part.iter().map(|&v| u32::from(v)).sum::<u32>())
                .collect();
            assert_eq!(blocks, wanted);
        }
    }
}

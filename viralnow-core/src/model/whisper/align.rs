//! When each token is said: the path of dynamic time warping through the attention that follows the sound (Radford et al. 2022,
//! Giorgino 2009).

/// Positions that the median is taken over.
const MEDIAN: usize = 7;

/// The position of sound at which each of the rows begins, of attention weights of several heads: each is rows of `keys`
/// weights, of which the first `heard` are of sound. `skip` rows before those that are aligned, and the last one, which is the
/// end of the text, count for the scale alone.
pub(super) fn starts(heads: &[Vec<f32>], keys: usize, heard: usize, skip: usize) -> Vec<usize> {
    let heard = heard.min(keys);
    let rows = heads.iter().map(|weights| weights.len() / keys.max(1)).min().unwrap_or(0);
    if heard == 0 || rows < skip + 2 {
        return Vec::new();
    }
    let mut mean = vec![0.0_f32; rows * heard];
    for weights in heads {
        let mut head = Vec::with_capacity(rows * heard);
        for row in weights.chunks_exact(keys) {
            // What is beyond the sound has no part in it.
            let sum: f32 = row[..heard].iter().sum();
            head.extend(row[..heard].iter().map(|weight| weight / sum.max(f32::MIN_POSITIVE)));
        }
        standardise(&mut head, heard);
        for (mean, row) in mean.chunks_exact_mut(heard).zip(head.chunks_exact(heard)) {
            for (mean, value) in mean.iter_mut().zip(medians(row)) {
                *mean += value / heads.len() as f32;
            }
        }
    }
    path(&mean[skip * heard..(rows - 1) * heard], heard)
}

/// Brings each column to mean 0 and deviation 1.
fn standardise(rows: &mut [f32], columns: usize) {
    let count = (rows.len() / columns) as f64;
    for column in 0..columns {
        let values = || rows.iter().skip(column).step_by(columns).map(|&value| f64::from(value));
        let mean = values().sum::<f64>() / count;
        let deviation = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        // A column of one value tells nothing.
        let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
        for value in rows.iter_mut().skip(column).step_by(columns) {
            *value = ((f64::from(*value) - mean) * scale) as f32;
        }
    }
}

/// The median of the values around each, mirrored at both ends.
fn medians(row: &[f32]) -> Vec<f32> {
    let half = MEDIAN / 2;
    if row.len() <= half {
        return row.to_vec();
    }
    let last = row.len() as isize - 1;
    let at = |place: isize| {
        let place = place.abs();
        row[(if place > last { 2 * last - place } else { place }) as usize]
    };
    let median = |place: isize| {
        let mut around: [f32; MEDIAN] = std::array::from_fn(|i| at(place + i as isize - half as isize));
        around.sort_unstable_by(f32::total_cmp);
        around[half]
    };
    (0..row.len() as isize).map(median).collect()
}

/// For each row the first column that the cheapest path through `-matrix` takes in it; it starts in one corner, ends in the
/// other, and goes to the next row, the next column, or both.
fn path(matrix: &[f32], columns: usize) -> Vec<usize> {
    let rows = matrix.len() / columns;
    let width = columns + 1;
    let mut cost = vec![f32::INFINITY; (rows + 1) * width];
    // 0: both, 1: the next row, 2: the next column.
    let mut step = vec![2_u8; (rows + 1) * width];
    cost[0] = 0.0;
    for row in 1..=rows {
        step[row * width] = 1;
        for column in 1..=columns {
            let both = cost[(row - 1) * width + column - 1];
            let down = cost[(row - 1) * width + column];
            let along = cost[row * width + column - 1];
            let (least, taken) = if both < down && both < along {
                (both, 0)
            } else if down < both && down < along {
                (down, 1)
            } else {
                (along, 2)
            };
            cost[row * width + column] = least - matrix[(row - 1) * columns + column - 1];
            step[row * width + column] = taken;
        }
    }
    let mut starts = vec![0; rows];
    let (mut row, mut column) = (rows, columns);
    while row > 0 || column > 0 {
        if row > 0 {
            starts[row - 1] = column.saturating_sub(1);
        }
        match step[row * width + column] {
            0 => (row, column) = (row - 1, column - 1),
            1 => row -= 1,
            _ => column -= 1,
        }
    }
    starts
}

//! The motion of the camera: one similarity that most blocks follow.

use super::motion::BlockMotion;

/// A whole picture moved, grown and turned a little: from one frame to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CameraStep {
    /// Displacement of the picture's centre, in pixels, x to the right and y down.
    pub shift: [f64; 2],
    /// Growth: 0.01 is one per cent larger.
    pub zoom: f64,
    /// Turn, in radians, clockwise as seen.
    pub turn: f64,
}

/// Blocks that must show their motion.
const FEWEST: usize = 8;
/// Share of them that must follow the camera.
const FEWEST_SHARE: f64 = 0.3;
const ITERATIONS: usize = 12;

impl CameraStep {
    /// What the camera does to a point at `centre`, in a picture of this size.
    #[must_use]
    pub fn displacement(&self, centre: [f64; 2], width: f64, height: f64) -> [f64; 2] {
        let (x, y) = (centre[0] - width / 2.0, centre[1] - height / 2.0);
        [self.shift[0] + self.zoom * x - self.turn * y, self.shift[1] + self.zoom * y + self.turn * x]
    }

    /// The similarity that the blocks of a picture of this size follow, or nothing where too few are seen or agree: least
    /// squares, repeated with Cauchy weights so that what moves by itself counts little.
    #[must_use]
    pub fn fit(blocks: &[BlockMotion], width: f64, height: f64) -> Option<Self> {
        let seen: Vec<([f64; 2], [f64; 2])> =
            blocks.iter().filter_map(|block| block.displacement.map(|d| (block.centre, d))).collect();
        if seen.len() < FEWEST {
            return None;
        }
        // A tenth of a sample of the 320-sample grid: what two blocks that agree may differ by.
        let grain = width.max(height) / 3200.0;
        let median = |axis: usize| median(seen.iter().map(|(_, d)| d[axis]).collect());
        let mut camera = Self { shift: [median(0), median(1)], ..Self::default() };
        let misses = |camera: &Self| -> Vec<f64> {
            seen.iter()
                .map(|(centre, d)| {
                    let model = camera.displacement(*centre, width, height);
                    (d[0] - model[0]).hypot(d[1] - model[1])
                })
                .collect()
        };
        for _ in 0..ITERATIONS {
            let missed = misses(&camera);
            let scale = (1.5 * median_of(&missed)).max(grain);
            let mut system = [[0.0; 5]; 4];
            for ((centre, d), miss) in seen.iter().zip(&missed) {
                let weight = 1.0 / (1.0 + (miss / scale).powi(2));
                let (x, y) = (centre[0] - width / 2.0, centre[1] - height / 2.0);
                for row in [[1.0, 0.0, x, -y, d[0]], [0.0, 1.0, y, x, d[1]]] {
                    for i in 0..4 {
                        for j in 0..5 {
                            system[i][j] += weight * row[i] * row[j];
                        }
                    }
                }
            }
            let [tx, ty, zoom, turn] = solve(system)?;
            camera = Self { shift: [tx, ty], zoom, turn };
        }
        let followers = seen
            .iter()
            .zip(misses(&camera))
            .filter(|((_, d), miss)| *miss <= (4.0 * grain).max(0.1 * d[0].hypot(d[1])))
            .count();
        (followers as f64 >= FEWEST_SHARE * seen.len() as f64).then_some(camera)
    }
}

fn median_of(values: &[f64]) -> f64 {
    median(values.to_vec())
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Solves four equations by elimination with pivots; nothing when they do not determine the unknowns.
fn solve(mut rows: [[f64; 5]; 4]) -> Option<[f64; 4]> {
    for i in 0..4 {
        let pivot = (i..4).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs()))?;
        rows.swap(i, pivot);
        if rows[i][i].abs() < 1e-9 {
            return None;
        }
        let pivot = rows[i];
        for (j, row) in rows.iter_mut().enumerate() {
            let factor = if j == i { 0.0 } else { row[i] / pivot[i] };
            for (value, pivot) in row.iter_mut().zip(pivot) {
                *value -= factor * pivot;
            }
        }
    }
    Some(std::array::from_fn(|i| rows[i][4] / rows[i][i]))
}

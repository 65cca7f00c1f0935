//! What chroma is on average, at every tuning that a piece may have, so that no frame of it need be kept until the tuning is
//! known.

use super::VectorStats;
use super::chroma::{CLASSES, LateChroma};
use super::wide::wide;

/// Tunings side by side.
const LANES: usize = 8;
/// Frames that are summed up in single precision at most.
const SINGLE: u32 = 32;

/// Sums over the frames of chroma, scaled so that the largest class of a frame is 1, at each of some tunings. A frame without
/// energy is left out, as in [`VectorStats::of`]. What it keeps does not grow with the sound.
#[derive(Debug)]
pub(crate) struct ChromaSums {
    tunings: Vec<f64>,
    lanes: Vec<Lanes>,
}

/// Some tunings.
#[derive(Debug)]
struct Lanes {
    /// Weights of the nodes, and of the low bins class by class.
    nodes: [[f32; LANES]; LateChroma::NODES],
    low: Vec<[[f32; LANES]; LateChroma::LOW]>,
    /// Frames with energy, and those after such a one.
    frames: [u32; LANES],
    steps: [u32; LANES],
    /// The frame before; 0 where it has no energy, as all its classes have then.
    before: [[f32; LANES]; CLASSES],
    sounded: [bool; LANES],
    /// Sums, sums of squares and sums of changes by class: of the last frames, and of all before.
    last: [[[f32; LANES]; 3]; CLASSES],
    pending: u32,
    sums: [[[f64; LANES]; 3]; CLASSES],
}

impl ChromaSums {
    pub(crate) fn new(chroma: &LateChroma, tunings: Vec<f64>) -> Self {
        let lanes = tunings
            .chunks(LANES)
            .map(|tunings| {
                let mut lanes = Lanes {
                    nodes: [[0.0; LANES]; LateChroma::NODES],
                    low: vec![[[0.0; LANES]; LateChroma::LOW]; CLASSES],
                    frames: [0; LANES],
                    steps: [0; LANES],
                    before: [[0.0; LANES]; CLASSES],
                    sounded: [false; LANES],
                    last: [[[0.0; LANES]; 3]; CLASSES],
                    pending: 0,
                    sums: [[[0.0; LANES]; 3]; CLASSES],
                };
                for (lane, &tuning) in tunings.iter().enumerate() {
                    let (nodes, low) = chroma.weights(tuning);
                    for (out, weight) in lanes.nodes.iter_mut().zip(nodes) {
                        out[lane] = weight as f32;
                    }
                    for (bin, weights) in low.iter().enumerate() {
                        for (class, &weight) in weights.iter().enumerate() {
                            lanes.low[class][bin][lane] = weight as f32;
                        }
                    }
                }
                lanes
            })
            .collect();
        Self { tunings, lanes }
    }

    /// Takes what [`LateChroma`] keeps of a frame.
    pub(crate) fn push(&mut self, kept: &[f32]) {
        let (bins, at_nodes) = kept.split_at(LateChroma::LOW);
        for lanes in &mut self.lanes {
            push(lanes, bins, at_nodes);
        }
    }

    /// The statistics at the tuning that is nearest to this one; `None` where no frame has energy.
    pub(crate) fn at(&self, tuning: f64) -> Option<VectorStats> {
        let off = |i: usize| (self.tunings[i] - tuning).abs();
        let nearest = (0..self.tunings.len()).min_by(|&a, &b| off(a).total_cmp(&off(b)))?;
        let (lanes, lane) = (&self.lanes[nearest / LANES], nearest % LANES);
        let (frames, steps) = (f64::from(lanes.frames[lane]), f64::from(lanes.steps[lane].max(1)));
        let mut stats = VectorStats::default();
        for class in 0..CLASSES {
            let [sum, squares, changes] =
                [0, 1, 2].map(|k| lanes.sums[class][k][lane] + f64::from(lanes.last[class][k][lane]));
            let mean = sum / frames;
            stats.mean.push(mean);
            stats.variance.push((squares / frames - mean * mean).max(0.0));
            stats.dynamics.push(changes / steps);
        }
        (frames > 0.0).then_some(stats)
    }
}

wide! {
    /// Takes what is kept of a frame: its low bins, and its classes at the nodes.
    fn push(lanes: &mut Lanes, bins: &[f32], at_nodes: &[f32]) {
        let mut chroma = [[0.0_f32; LANES]; CLASSES];
        let mut largest = [f32::MIN_POSITIVE; LANES];
        for ((values, at_nodes), low) in
            chroma.iter_mut().zip(at_nodes.chunks_exact(LateChroma::NODES)).zip(&lanes.low)
        {
            let mut sums = [0.0_f32; LANES];
            for (weights, value) in lanes.nodes.iter().zip(at_nodes).chain(low.iter().zip(bins)) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += weight * value;
                }
            }
            for ((value, largest), sum) in values.iter_mut().zip(&mut largest).zip(sums) {
                *value = if sum > 0.0 { sum } else { 0.0 };
                *largest = if *value > *largest { *value } else { *largest };
            }
        }
        // Without a branch for each lane: a factor of 0 leaves out what has no energy.
        let (mut scale, mut step) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        for lane in 0..LANES {
            let (is, was) = (largest[lane] > f32::MIN_POSITIVE, lanes.sounded[lane]);
            scale[lane] = if is { 1.0 / largest[lane] } else { 0.0 };
            step[lane] = if is && was { 1.0 } else { 0.0 };
            lanes.frames[lane] += u32::from(is);
            lanes.steps[lane] += u32::from(is && was);
            lanes.sounded[lane] = is;
        }
        for ((values, before), [sums, squares, changes]) in
            chroma.iter().zip(&mut lanes.before).zip(&mut lanes.last)
        {
            for lane in 0..LANES {
                let value = values[lane] * scale[lane];
                sums[lane] += value;
                squares[lane] += value * value;
                changes[lane] += (value - before[lane]).abs() * step[lane];
                before[lane] = value;
            }
        }
        lanes.pending += 1;
        if lanes.pending == SINGLE {
            lanes.pending = 0;
            for (all, last) in lanes.sums.iter_mut().flatten().zip(lanes.last.iter_mut().flatten()) {
                for (all, last) in all.iter_mut().zip(last) {
                    *all += f64::from(std::mem::take(last));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chroma::normalize_to_largest;
    use super::super::chroma_frames::KeptFrames;
    use super::*;

    #[test]
    fn sums_are_those_of_the_frames() {
        let tunings = [-0.5, -0.31, 0.0, 0.07, 0.4];
        let spectrum = |k: usize| -> Vec<f32> {
            let silent = k % 11 == 3;
            (0..1025)
                .map(|bin| if silent { 0.0 } else { ((bin * 7 + k * 13) % 31) as f32 / (1 + bin) as f32 })
                .collect()
        };
        for tuning in tunings {
            let mut late = LateChroma::new(16_000.0, 2048, KeptFrames::Whole(Vec::new()));
            let mut sums = ChromaSums::new(&late, tunings.to_vec());
            for k in 0..75 {
                late.push(&spectrum(k));
                late.hand_on(|kept| sums.push(kept));
            }
            late.flush(|kept| sums.push(kept));
            let mut chroma = late.finish(tuning);
            normalize_to_largest(&mut chroma, CLASSES, f32::NAN);
            let (found, expected) = (sums.at(tuning).unwrap(), VectorStats::of(&chroma, CLASSES).unwrap());
            for (found, expected) in [
                (found.mean, expected.mean),
                (found.variance, expected.variance),
                (found.dynamics, expected.dynamics),
            ] {
                assert!(
                    found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 2e-6),
                    "{found:?} {expected:?}"
                );
            }
        }
    }

    #[test]
    fn silence_has_none_and_nothing_is_kept() {
        let mut late = LateChroma::new(16_000.0, 2048, KeptFrames::Nothing);
        let mut sums = ChromaSums::new(&late, vec![0.0]);
        for _ in 0..40 {
            late.push(&[0.0; 1025]);
            late.hand_on(|kept| sums.push(kept));
        }
        assert!(sums.at(0.0).is_none());
        assert!(late.finish(0.0).is_empty());
    }
}

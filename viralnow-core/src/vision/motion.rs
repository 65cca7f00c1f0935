//! Motion of the sampled moments, summed up.
//!
//! It is block matching in every preset, `reference` too: it tells a displacement with its standard error, follows faster pans than a dense
//! flow with `OpenCV`'s usual settings, and costs little beside the decoder. Farneback's flow with `OpenCV`'s numbers is a function of its own
//! (`imaging::optical_flow`); `tests/vision_motion.rs` compares the two.

use super::shots::Cut;
use super::{CameraMotion, Motion};
use crate::imaging::{BlockMotion, CameraStep, LumaPyramid, Rotation, block_motion};

/// Motion from a sampled frame to the next decoded one, as seen upright.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MotionSample {
    /// Presentation times of the two frames, in seconds.
    pub(super) from_s: f64,
    pub(super) to_s: f64,
    /// Mean displacement, in diagonals per second.
    pub(super) intensity: f64,
    /// Its parts by direction.
    pub(super) directions: [f64; 8],
    /// Mean displacement that the camera does not explain, in diagonals per second; nothing where the camera's is not known.
    pub(super) local: Option<f64>,
    pub(super) camera: Option<CameraMotion>,
    /// Camera's shift in diagonals per second, right and down.
    shift: [f64; 2],
}

/// A displacement counts when it is this many times its standard error.
const SIGNIFICANT: f64 = 3.0;
/// Below this, in diagonals per second, motion has no direction worth telling.
const STILL: f64 = 1e-3;
/// Half of the time over which the camera's path is smoothed, in seconds.
const SMOOTH_S: f64 = 1.0;

impl MotionSample {
    /// Between two frames of a picture of `width` by `height` pixels, as coded. Nothing when the time does not go forward or
    /// the picture is too small or too plain to tell.
    pub(super) fn measure(
        (from_s, first): (f64, &LumaPyramid),
        (to_s, second): (f64, &LumaPyramid),
        (width, height): (usize, usize),
        rotation: Rotation,
    ) -> Option<Self> {
        Self::of_blocks(&block_motion(first, second), (from_s, to_s), (width, height), rotation)
    }

    /// The same of blocks whose displacements are known.
    pub(super) fn of_blocks(
        blocks: &[BlockMotion],
        (from_s, to_s): (f64, f64),
        (width, height): (usize, usize),
        rotation: Rotation,
    ) -> Option<Self> {
        let step = to_s - from_s;
        if step.is_nan() || step <= 0.0 || !step.is_finite() {
            return None;
        }
        let (width, height) = (width as f64, height as f64);
        let diagonal = width.hypot(height);
        let camera = CameraStep::fit(blocks, width, height);
        let seen = blocks.iter().filter(|block| block.displacement.is_some()).count();
        let per_second = 1.0 / (step * diagonal);
        let local = camera.map(|camera| {
            let left = blocks.iter().filter_map(|block| {
                let moved = camera.displacement(block.centre, width, height);
                let left = block.displacement.map(|d| (d[0] - moved[0]).hypot(d[1] - moved[1]))?;
                // As below: what may be chance is none.
                (left >= SIGNIFICANT * block.error).then_some(left)
            });
            left.sum::<f64>() * per_second / blocks.len().max(1) as f64
        });
        let mut directions = [0.0; 8];
        for block in blocks {
            // Where nothing can be seen, the wall behind moves with the camera.
            let d = match (block.displacement, camera) {
                (Some(d), _) if d[0].hypot(d[1]) < SIGNIFICANT * block.error => continue,
                (Some(d), _) => d,
                (None, Some(camera)) => camera.displacement(block.centre, width, height),
                (None, None) => continue,
            };
            let [x, y] = upright(d, rotation);
            let length = x.hypot(y);
            if length > 0.0 {
                // Counter-clockwise from right; rows count downwards.
                let eighth = (-y).atan2(x) / std::f64::consts::FRAC_PI_4;
                directions[eighth.round().rem_euclid(8.0) as usize % 8] += length;
            }
        }
        let counted = if camera.is_some() { blocks.len() } else { seen };
        let directions = directions.map(|sum| sum * per_second / counted.max(1) as f64);
        let [right, down] = upright(camera.map_or([0.0; 2], |camera| camera.shift), rotation);
        let (shown_width, shown_height) =
            if rotation.swaps_sides() { (height, width) } else { (width, height) };
        (!blocks.is_empty()).then(|| Self {
            from_s,
            to_s,
            intensity: directions.iter().sum(),
            directions,
            local,
            camera: camera.map(|camera| CameraMotion {
                pan: right / shown_width / step,
                tilt: down / shown_height / step,
                zoom: camera.zoom / step,
                shake: 0.0,
            }),
            shift: [right * per_second, down * per_second],
        })
    }

    /// Pan, tilt and zoom, see [`CameraMotion`]; not a number where the camera's motion is not known.
    pub(super) fn camera_row(&self) -> [f32; 3] {
        self.camera.map_or([f32::NAN; 3], |camera| [camera.pan, camera.tilt, camera.zoom].map(|v| v as f32))
    }
}

/// A displacement (right, down) of the coded picture as seen upright.
pub(super) fn upright([x, y]: [f64; 2], rotation: Rotation) -> [f64; 2] {
    match rotation {
        Rotation::None => [x, y],
        Rotation::Clockwise90 => [-y, x],
        Rotation::Half => [-x, -y],
        Rotation::Clockwise270 => [y, -x],
    }
}

/// Means over the samples, each weighing as much as the time until the next one or until `end_s`. Between shots (the cuts in
/// order) the camera's path is not smoothed.
pub(super) fn sum_up(samples: &[MotionSample], cuts: &[Cut], end_s: f64) -> Option<Motion> {
    let weights: Vec<f64> = (0..samples.len())
        .map(|i| {
            let until = samples.get(i + 1).map_or(end_s, |next| next.from_s);
            (until - samples[i].from_s).max(samples[i].to_s - samples[i].from_s)
        })
        .collect();
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let weighted = |value: &dyn Fn(&MotionSample) -> f64| {
        samples.iter().zip(&weights).map(|(sample, weight)| value(sample) * weight).sum::<f64>() / total
    };
    let intensity = weighted(&|sample| sample.intensity);
    let directions: Vec<f64> = (0..8).map(|i| weighted(&|sample| sample.directions[i]) / intensity).collect();
    let known: f64 = samples
        .iter()
        .zip(&weights)
        .filter(|(sample, _)| sample.local.is_some())
        .map(|(_, weight)| weight)
        .sum();
    Some(Motion {
        intensity,
        local_intensity: (known > 0.0)
            .then(|| weighted(&|sample| sample.local.unwrap_or(0.0)) * total / known),
        direction_histogram: (intensity >= STILL).then_some(directions),
        camera_motion: camera(samples, &weights, cuts),
    })
}

fn camera(samples: &[MotionSample], weights: &[f64], cuts: &[Cut]) -> Option<CameraMotion> {
    let known: Vec<(&MotionSample, CameraMotion, f64)> =
        samples.iter().zip(weights).filter_map(|(s, &w)| s.camera.map(|camera| (s, camera, w))).collect();
    let total: f64 = known.iter().map(|(_, _, weight)| weight).sum();
    if total <= 0.0 {
        return None;
    }
    let mean = |value: &dyn Fn(&CameraMotion) -> f64| {
        known.iter().map(|(_, camera, weight)| value(camera) * weight).sum::<f64>() / total
    };
    // What a moving mean over two seconds of the same shot leaves of the camera's velocity.
    let shot = |sample: &MotionSample| cuts.partition_point(|cut| cut.time_s <= sample.from_s);
    let mut shake = 0.0;
    let mut start = 0;
    for (i, (sample, _, weight)) in known.iter().enumerate() {
        let here = shot(sample);
        while sample.from_s - known[start].0.from_s > SMOOTH_S || shot(known[start].0) < here {
            start += 1;
        }
        let near = known[start..]
            .iter()
            .take_while(|(other, ..)| other.from_s - sample.from_s <= SMOOTH_S && shot(other) == here);
        let (mut sum, mut n) = ([0.0; 2], 0.0);
        for (other, ..) in near {
            sum = [sum[0] + other.shift[0], sum[1] + other.shift[1]];
            n += 1.0;
        }
        let left = [known[i].0.shift[0] - sum[0] / n, known[i].0.shift[1] - sum[1] / n];
        shake += weight * (left[0] * left[0] + left[1] * left[1]);
    }
    Some(CameraMotion {
        pan: mean(&|camera| camera.pan),
        tilt: mean(&|camera| camera.tilt),
        zoom: mean(&|camera| camera.zoom),
        shake: (shake / total).sqrt(),
    })
}

//! `PySceneDetect`'s `HashDetector`.

use super::frame::{Cut, Measured, ShotDetector, ShotFrame, finite};
use super::length::SceneLength;
use crate::imaging::{GrayImage, opencv_gray, resize_area};
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Settings of [`HashDetector`], with the names and defaults of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashParams {
    /// A frame whose hash has at least this share of other bits than the one before starts a shot; 0.35.
    pub threshold: f64,
    /// Side of the square of low frequencies that make the hash; 8.
    pub size: usize,
    /// How many times `size` is the side of the square that is transformed; 2. Their product is even and at most 256.
    pub lowpass: usize,
    /// Least length of a shot; 15 frames.
    pub min_scene_len: SceneLength,
}

impl Default for HashParams {
    fn default() -> Self {
        Self { threshold: 0.35, size: 8, lowpass: 2, min_scene_len: SceneLength::DEFAULT }
    }
}

/// A shot starts where the perceptual hash is another one.
///
/// Metric: `hash_dist [size=<size> lowpass=<lowpass>]`, the share of bits that changed in [0, 1]; from the second frame on.
#[derive(Debug)]
pub struct HashDetector {
    params: HashParams,
    /// Rows of the cosine transform that make the hash.
    cosines: Vec<f64>,
    gray: Vec<u8>,
    hashes: [Vec<bool>; 2],
    last_cut: Option<Cut>,
    measured: Vec<Measured>,
}

impl HashDetector {
    /// With these settings; fails with `INVALID_CONFIG` where one makes no sense.
    pub fn new(params: &HashParams) -> Result<Self> {
        finite("threshold", params.threshold)?;
        params.min_scene_len.check("min_scene_len")?;
        let side = params.size.checked_mul(params.lowpass);
        let Some(side) = side.filter(|side| (2..=256).contains(side) && side.is_multiple_of(2)) else {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "size times lowpass must be even, 2 to 256: the defaults are 8 and 2",
            )
            .with("size", params.size)
            .with("lowpass", params.lowpass));
        };
        let cosine = |k: usize, n: usize| (PI * (k * (2 * n + 1)) as f64 / (2 * side) as f64).cos();
        Ok(Self {
            params: *params,
            cosines: (0..params.size).flat_map(|k| (0..side).map(move |n| cosine(k, n))).collect(),
            gray: Vec::new(),
            hashes: Default::default(),
            last_cut: None,
            measured: Vec::new(),
        })
    }

    fn hash(&mut self, frame: &ShotFrame<'_>) -> Result<()> {
        let (size, side) = (self.params.size, self.params.size * self.params.lowpass);
        self.gray.clear();
        self.gray.extend(frame.bgr.as_chunks::<3>().0.iter().map(|&[b, g, r]| opencv_gray(r, g, b)));
        let image =
            GrayImage { width: frame.width, height: frame.height, data: std::mem::take(&mut self.gray) };
        let small = resize_area(&image, side, side)?;
        self.gray = image.data;
        // Along the rows, then down the columns; the factors of an orthonormal transform.
        let mut rows = vec![0.0; side * size];
        for (y, row) in small.data.chunks_exact(side).enumerate() {
            for (k, value) in self.transform(row.iter().map(|&v| f64::from(v))).into_iter().enumerate() {
                rows[k * side + y] = value;
            }
        }
        let mut values = vec![0f32; size * size];
        for (k, column) in rows.chunks_exact(side).enumerate() {
            for (j, value) in self.transform(column.iter().copied()).into_iter().enumerate() {
                values[j * size + k] = value as f32;
            }
        }
        let mut sorted = values.clone();
        sorted.sort_by(f32::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f32::midpoint(sorted[middle - 1], sorted[middle])
        };
        self.hashes.swap(0, 1);
        self.hashes[1].clear();
        self.hashes[1].extend(values.iter().map(|&v| v > median));
        Ok(())
    }

    /// The lowest frequencies of the orthonormal DCT-II. Mirrored samples are folded onto each other first, so that a flat
    /// picture has exact zeros, as the peer's fast transform does.
    fn transform(&self, samples: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut samples: Vec<f64> = samples.collect();
        let (n, size) = (samples.len(), self.params.size);
        let mut out = vec![0.0; size];
        let (mut length, mut step) = (n, 1);
        while length > 1 && length.is_multiple_of(2) {
            let half = length / 2;
            for k in (step..size).step_by(2 * step) {
                out[k] = (0..half)
                    .map(|i| (samples[i] - samples[length - 1 - i]) * self.cosines[k * n + i])
                    .sum::<f64>()
                    * (2.0 / n as f64).sqrt();
            }
            for i in 0..half {
                samples[i] += samples[length - 1 - i];
            }
            (length, step) = (half, 2 * step);
        }
        // What cannot be halved any more is summed as it stands.
        for k in (0..size).step_by(step) {
            let factor = if k == 0 { (1.0 / n as f64).sqrt() } else { (2.0 / n as f64).sqrt() };
            out[k] = (0..length).map(|i| samples[i] * self.cosines[k * n + i]).sum::<f64>() * factor;
        }
        out
    }
}

impl ShotDetector for HashDetector {
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>> {
        frame.check()?;
        self.measured.clear();
        self.hash(frame)?;
        let Some(last_cut) = self.last_cut else {
            self.last_cut = Some(frame.cut());
            return Ok(None);
        };
        let [before, here] = &self.hashes;
        let other = before.iter().zip(here).filter(|(a, b)| a != b).count();
        let value = other as f64 / here.len() as f64;
        self.measured.push(Measured { metric: 0, frame: frame.number, value });
        let cut = value >= self.params.threshold && self.params.min_scene_len.met(last_cut, frame.cut());
        if cut {
            self.last_cut = Some(frame.cut());
        }
        Ok(cut.then(|| frame.cut()))
    }

    fn metrics(&self) -> Vec<String> {
        vec![format!("hash_dist [size={} lowpass={}]", self.params.size, self.params.lowpass)]
    }

    fn measured(&self) -> &[Measured] {
        &self.measured
    }
}

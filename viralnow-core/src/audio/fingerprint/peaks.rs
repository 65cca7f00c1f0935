//! Peaks of the spectrogram, streaming.

use super::landmarks::{Fingerprint, Point, TIME_PER_HOP, pitch_of};
use crate::dsp::resample::RATE;
use crate::dsp::stft::{BINS, FRAME};
use std::collections::VecDeque;

/// Lowest and highest frequency of a landmark, in Hz. Below, a half tone is narrower than a bin; above, codecs cut.
const RANGE_HZ: (f64, f64) = (200.0, 6500.0);
/// Width of a cell, in half tones, but at least one bin.
const CELL: f64 = 0.5;
/// A landmark is the largest within this many half tones and frames to each side; a strong one within twice as much.
const NARROW: (f64, usize) = (1.5, 4);
const WIDE: (f64, usize) = (2.5, 8);
/// The least number of cells to each side, where half tones are narrower than bins.
const LEAST_CELLS: usize = 3;
/// Magnitude below which there is only noise of quantisation: a sine at -110 dB of full scale.
const QUIETEST: f32 = 512.0 * 3.16e-6;
/// Landmarks lie at most 60 dB below the largest magnitude within [`WIDE`] frames.
const DEPTH: f32 = 1e-3;

/// A range of bins, and the cells that a landmark in it is compared with.
#[derive(Debug)]
struct Cell {
    bins: (usize, usize),
    narrow: (usize, usize),
    wide: (usize, usize),
}

/// What is kept of a frame until its neighbours are known.
#[derive(Debug, Default)]
struct Frame {
    /// Largest magnitude of each cell, of its narrow and of its wide surroundings.
    value: Vec<f32>,
    narrow: Vec<f32>,
    wide: Vec<f32>,
    /// Largest of all.
    top: f32,
    /// Cells that are largest in their narrow surroundings, and the frequency of their peak in bins.
    candidates: Vec<(usize, f64)>,
}

/// Finds the landmarks of a signal from its spectra ([`crate::dsp::stft::Stft`] at 16 kHz).
#[derive(Debug)]
pub(crate) struct Picker {
    cells: Vec<Cell>,
    /// Frames from `WIDE.1` before the one that is decided next.
    ring: VecDeque<Frame>,
    spare: Vec<Frame>,
    /// Frames taken, and frames decided.
    taken: usize,
    decided: usize,
    points: Vec<Point>,
}

impl Picker {
    pub(crate) fn new() -> Self {
        Self {
            cells: cells(),
            ring: VecDeque::new(),
            spare: Vec::new(),
            taken: 0,
            decided: 0,
            points: Vec::new(),
        }
    }

    /// Makes room for the landmarks of so many frames, two each; what is not used is not touched.
    pub(crate) fn reserve(&mut self, frames: usize) {
        self.points.reserve(2 * frames);
    }

    /// Takes the magnitudes of the next frame.
    pub(crate) fn push(&mut self, magnitudes: &[f32]) {
        let mut frame = self.spare.pop().unwrap_or_default();
        frame.fill(&self.cells, magnitudes);
        self.ring.push_back(frame);
        self.taken += 1;
        if self.taken > self.decided + WIDE.1 {
            self.decide();
        }
    }

    /// The landmarks of the whole, of so many samples at 16 kHz.
    pub(crate) fn finish(&mut self, samples: u64) -> Fingerprint {
        while self.decided < self.taken {
            self.decide();
        }
        let duration = (samples as f64 / f64::from(RATE) * 1000.0 / super::landmarks::TIME_MS).round();
        Fingerprint::from_points(duration as u32, std::mem::take(&mut self.points))
    }

    /// Decides which candidates of the next frame are landmarks.
    fn decide(&mut self) {
        let first = self.taken - self.ring.len();
        let here = self.decided - first;
        let frame = &self.ring[here];
        let near = |span: usize| here.saturating_sub(span)..(here + span + 1).min(self.ring.len());
        let top = near(WIDE.1).map(|i| self.ring[i].top).fold(0.0, f32::max);
        for &(cell, bin) in &frame.candidates {
            let value = frame.value[cell];
            if value < QUIETEST || value < top * DEPTH {
                continue;
            }
            // Of equal values the first counts, so that repeated samples do not give a landmark in each frame.
            let beats = |other: f32, i: usize| other > value || (other == value && i < here);
            if near(NARROW.1).any(|i| i != here && beats(self.ring[i].narrow[cell], i)) {
                continue;
            }
            let strong = !near(WIDE.1).any(|i| beats(self.ring[i].wide[cell], i));
            let shift = match (here.checked_sub(1), self.ring.get(here + 1)) {
                (Some(before), Some(after)) => {
                    vertex(self.ring[before].value[cell], value, after.value[cell])
                }
                _ => 0.0,
            };
            let time = (self.decided as f64 + shift) * TIME_PER_HOP;
            let hz = bin * f64::from(RATE) / FRAME as f64;
            self.points.push(Point { time: time.round().max(0.0) as u32, pitch: pitch_of(hz), strong });
        }
        self.decided += 1;
        if self.decided > first + WIDE.1
            && let Some(done) = self.ring.pop_front()
        {
            self.spare.push(done);
        }
    }
}

impl Frame {
    fn fill(&mut self, cells: &[Cell], magnitudes: &[f32]) {
        // One instruction each, which `f32::max` is not; there is nothing here that is no number.
        let largest = |values: &[f32]| values.iter().fold(0.0, |max, &m| if m > max { m } else { max });
        let Self { value, narrow, wide, .. } = self;
        value.clear();
        value.extend(cells.iter().map(|cell| largest(&magnitudes[cell.bins.0..cell.bins.1])));
        narrow.clear();
        narrow.extend(cells.iter().map(|cell| largest(&value[cell.narrow.0..cell.narrow.1])));
        wide.clear();
        wide.extend(cells.iter().map(|cell| largest(&value[cell.wide.0..cell.wide.1])));
        self.top = largest(value);
        self.candidates.clear();
        for (i, cell) in cells.iter().enumerate() {
            let peak = self.value[i];
            if peak < QUIETEST || peak < self.narrow[i] {
                continue;
            }
            let bins = &magnitudes[cell.bins.0..cell.bins.1];
            let bin = cell.bins.0 + bins.iter().position(|&m| m == peak).unwrap_or(0);
            let shift = vertex(magnitudes[bin - 1], peak, magnitudes[bin + 1]);
            self.candidates.push((i, bin as f64 + shift));
        }
    }
}

/// Where the parabola through the logarithms of three neighbours has its top, from the middle one: in [-0.5, 0.5].
fn vertex(before: f32, here: f32, after: f32) -> f64 {
    let ln = |m: f32| f64::from(m.max(1e-12)).ln();
    let (before, here, after) = (ln(before), ln(here), ln(after));
    let bend = before - 2.0 * here + after;
    if bend > -1e-9 { 0.0 } else { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) }
}

fn cells() -> Vec<Cell> {
    let bin_hz = f64::from(RATE) / FRAME as f64;
    let ratio = |half_tones: f64| (half_tones / 12.0).exp2();
    let mut bins = Vec::new();
    let mut first = (RANGE_HZ.0 / bin_hz).ceil() as usize;
    while (first as f64) * bin_hz < RANGE_HZ.1 {
        let end = ((first as f64 * ratio(CELL)).round() as usize).max(first + 1);
        bins.push((first, end.min(BINS - 1)));
        first = end;
    }
    let around = |i: usize, half_tones: f64| {
        let (low, high) = (bins[i].0 as f64 / ratio(half_tones), bins[i].0 as f64 * ratio(half_tones));
        let start = bins.partition_point(|b| (b.0 as f64) < low);
        let end = bins.partition_point(|b| (b.0 as f64) <= high);
        (start.min(i.saturating_sub(LEAST_CELLS)), end.max((i + LEAST_CELLS + 1).min(bins.len())))
    };
    (0..bins.len())
        .map(|i| Cell { bins: bins[i], narrow: around(i, NARROW.0), wide: around(i, WIDE.0) })
        .collect()
}

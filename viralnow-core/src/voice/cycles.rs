//! The cycles of the voice, found while the sound comes in.

use super::live_path::LivePath;
use super::pitch_path::{Candidate, PathCosts};
use super::pulses::{Part, Pulses, Voiced};

/// Frames of a voiced stretch at most; a longer one is taken in pieces.
const MOST_FRAMES: usize = 1000;
/// Seconds of sound beyond the edge of a stretch that its pulses may look at: two of the longest periods.
const MARGIN_S: f64 = 0.04;

/// Finds pulses and their amplitudes as soon as a voiced stretch is over. Keeps 12 bytes for each pulse, and the sound of the
/// stretch at hand: some seconds, at most 13.
#[derive(Debug)]
pub(super) struct Cycles {
    rate: f64,
    first_s: f64,
    step_s: f64,
    path: LivePath,
    finder: Pulses,
    /// The sound from sample `first` on.
    samples: Vec<f32>,
    first: u64,
    /// Frequencies of the frames that are decided, from frame `frame` on: those of the stretch at hand.
    decided: Vec<f32>,
    /// The highest peak of the sound up to each frame from `frame` on.
    peaks: Vec<f32>,
    frame: usize,
    /// The moments of the pulses, and the amplitude of each; NaN for the first and the last of a stretch.
    pub(super) pulses_s: Vec<f64>,
    pub(super) amplitudes: Vec<f32>,
}

impl Cycles {
    pub(super) fn new(rate: f64, first_s: f64, step_s: f64, costs: PathCosts) -> Self {
        Self {
            rate,
            first_s,
            step_s,
            path: LivePath::new(costs),
            finder: Pulses::default(),
            samples: Vec::new(),
            first: 0,
            decided: Vec::new(),
            peaks: Vec::new(),
            frame: 0,
            pulses_s: Vec::new(),
            amplitudes: Vec::new(),
        }
    }

    /// Makes room for the pulses of so many seconds of a high voice; what is not used is not touched.
    pub(super) fn reserve(&mut self, seconds: f64) {
        let pulses = (200.0 * seconds) as usize;
        self.pulses_s.reserve(pulses);
        self.amplitudes.reserve(pulses);
    }

    /// Takes the sound, before the frames that it makes complete.
    pub(super) fn sound(&mut self, samples: &[f32]) {
        self.samples.extend_from_slice(samples);
    }

    /// Takes the candidates and the peak of the next frame.
    pub(super) fn frame(&mut self, candidates: &[Candidate], peak: f32) {
        self.path.push(candidates, peak, &mut self.decided);
        self.peaks.push(self.path.peak);
    }

    /// Works on the stretches that are over, after the frames.
    pub(super) fn work(&mut self) {
        self.stretches(false);
        let keep_s = self.first_s + self.frame as f64 * self.step_s - self.step_s - MARGIN_S;
        let keep =
            ((keep_s * self.rate).max(0.0) as u64).clamp(self.first, self.first + self.samples.len() as u64);
        self.samples.drain(..(keep - self.first) as usize);
        self.first = keep;
    }

    /// Works on what is left.
    pub(super) fn finish(&mut self) {
        self.path.finish(&mut self.decided);
        self.stretches(true);
    }

    fn stretches(&mut self, last: bool) {
        loop {
            let unvoiced = self.decided.iter().take_while(|hz| hz.is_nan()).count();
            self.decided.drain(..unvoiced);
            self.peaks.drain(..unvoiced);
            self.frame += unvoiced;
            let voiced = self.decided.iter().take(MOST_FRAMES).take_while(|hz| !hz.is_nan()).count();
            let over = voiced < self.decided.len() || voiced == MOST_FRAMES;
            if voiced == 0 || !(over || last) {
                return;
            }
            let first_s = self.first_s + self.frame as f64 * self.step_s;
            let end_s = first_s + voiced as f64 * self.step_s + MARGIN_S;
            let heard = self.first + self.samples.len() as u64;
            // What lies beyond must have been heard, or the size of the blocks would matter.
            if !last && end_s * self.rate > heard as f64 {
                return;
            }
            self.stretch(first_s, voiced);
            self.decided.drain(..voiced);
            self.peaks.drain(..voiced);
            self.frame += voiced;
        }
    }

    fn stretch(&mut self, first_s: f64, frames: usize) {
        let part = Part { samples: &self.samples, first: self.first, rate: self.rate };
        let voiced = Voiced { first_s, step_s: self.step_s, f0_hz: &self.decided[..frames] };
        let from = self.pulses_s.len();
        let last_s = self.pulses_s.last().copied();
        // Not the peak of all that was heard, of which there is more in a larger block.
        let peak = f64::from(self.peaks[frames - 1]);
        self.finder.find(&part, &voiced, peak, last_s, &mut self.pulses_s);
        self.amplitudes.resize(self.pulses_s.len(), f32::NAN);
        for i in from + 1..self.pulses_s.len().saturating_sub(1) {
            let [before, here, after] = [self.pulses_s[i - 1], self.pulses_s[i], self.pulses_s[i + 1]];
            let amplitude = part.amplitude(here, here - before, after - here);
            self.amplitudes[i] = amplitude.map_or(f32::NAN, |amplitude| amplitude as f32);
        }
    }
}

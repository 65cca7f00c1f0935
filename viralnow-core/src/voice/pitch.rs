//! Fundamental frequency by autocorrelation or cross-correlation after P. Boersma, "Accurate short-term analysis of the
//! fundamental frequency and the harmonics-to-noise ratio of a sampled sound", Proceedings of the Institute of Phonetic
//! Sciences 17 (1993), 97-110. Equation numbers are the paper's, the settings the standard ones of Praat's "To Pitch".

use super::autocorrelation::Autocorrelation;
use super::cross_correlation::CrossCorrelation;
use super::framing::{Framing, Grid};
use super::pitch_path::{Candidate, Candidates, PathCosts};
use super::pyin::{PyinParams, pyin};
use super::{PitchContour, input};
use crate::{Error, ErrorKind, Result};

/// Seconds from one frame to the next, in the extractor.
pub(super) const STEP_S: f64 = 0.01;

/// How the fundamental frequency is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PitchMethod {
    /// Autocorrelation under a window of three longest periods (Boersma 1993), Praat's "To Pitch (ac)...": the accurate one
    /// for intonation, and the fast one.
    #[default]
    Autocorrelation,
    /// Cross-correlation over two longest periods, Praat's "To Pitch (cc)...": for fast changes and for measuring cycles.
    CrossCorrelation,
    /// Probabilistic YIN (Mauch & Dixon 2014), as librosa has it: a wide range of frequencies and a probability of voicing,
    /// for singing and instruments too.
    Pyin,
}

impl std::str::FromStr for PitchMethod {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "autocorrelation" => Ok(Self::Autocorrelation),
            "cross_correlation" => Ok(Self::CrossCorrelation),
            "pyin" => Ok(Self::Pyin),
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "no such method; there are autocorrelation, cross_correlation and pyin",
            )
            .with("method", name)),
        }
    }
}

/// Settings of [`pitch`]. Those from `voicing_threshold` on are of the two methods of correlation; those of pYIN alone are in
/// [`PyinParams`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PitchParams {
    /// How the frequency is found.
    pub method: PitchMethod,
    /// Lowest frequency that is looked for, in Hz.
    pub floor_hz: f64,
    /// Highest frequency that is looked for, in Hz.
    pub ceiling_hz: f64,
    /// Seconds from one frame to the next; `None` is 0.75 / floor for autocorrelation, 0.25 / floor for cross-correlation and
    /// 512 samples for pYIN (more where its frame of 2048 samples must grow to hold a period of the floor).
    pub step_s: Option<f64>,
    /// Where the frames stand; pYIN centres them on multiples of the step, as librosa does.
    pub grid: Grid,
    /// Candidates that a frame may have, unvoiced among them, 2 to 64.
    pub most_candidates: usize,
    /// Strength of a period from which a frame tends to be voiced, in [0, 1].
    pub voicing_threshold: f64,
    /// Share of the largest peak of the sound below which a frame tends to be silent, in [0, 1].
    pub silence_threshold: f64,
    /// How much a higher frequency is preferred, per octave: without it a period and its double would tie.
    pub octave_cost: f64,
    /// Cost of a jump, per octave.
    pub octave_jump_cost: f64,
    /// Cost of a change between voiced and unvoiced.
    pub voiced_unvoiced_cost: f64,
}

impl Default for PitchParams {
    /// Autocorrelation with the standard settings of Praat, for speech from 75 to 600 Hz.
    fn default() -> Self {
        Self {
            method: PitchMethod::Autocorrelation,
            floor_hz: 75.0,
            ceiling_hz: 600.0,
            step_s: None,
            grid: Grid::FromStart,
            most_candidates: 15,
            voicing_threshold: 0.45,
            silence_threshold: 0.03,
            octave_cost: 0.01,
            octave_jump_cost: 0.35,
            voiced_unvoiced_cost: 0.14,
        }
    }
}

impl PitchParams {
    /// The standard settings of a method: pYIN looks from C2 (65.4 Hz) to C7 (2093 Hz), the others from 75 to 600 Hz.
    #[must_use]
    pub fn new(method: PitchMethod) -> Self {
        let standard = Self { method, ..Self::default() };
        match method {
            PitchMethod::Pyin => {
                let PyinParams { fmin, fmax, .. } = PyinParams::default();
                Self { floor_hz: fmin, ceiling_hz: fmax, ..standard }
            }
            _ => standard,
        }
    }

    fn step_s(&self) -> f64 {
        self.step_s.unwrap_or(match self.method {
            PitchMethod::CrossCorrelation => 0.25 / self.floor_hz,
            _ => 0.75 / self.floor_hz,
        })
    }

    fn validate(&self, rate: f64) -> Result<()> {
        input::within("floor_hz", self.floor_hz, 10.0, rate / 8.0)?;
        input::within("ceiling_hz", self.ceiling_hz, self.floor_hz, rate / 2.0)?;
        input::within("step_s", self.step_s(), 1e-4, 10.0)?;
        input::within("most_candidates", self.most_candidates as f64, 2.0, 64.0)?;
        input::within("voicing_threshold", self.voicing_threshold, 0.0, 1.0)?;
        input::within("silence_threshold", self.silence_threshold, 1e-6, 1.0)?;
        for (name, cost) in [
            ("octave_cost", self.octave_cost),
            ("octave_jump_cost", self.octave_jump_cost),
            ("voiced_unvoiced_cost", self.voiced_unvoiced_cost),
        ] {
            input::within(name, cost, 0.0, 1000.0)?;
        }
        Ok(())
    }

    pub(super) fn costs(&self) -> PathCosts {
        let costs = PathCosts {
            voicing_threshold: self.voicing_threshold,
            silence_threshold: self.silence_threshold,
            octave_jump: self.octave_jump_cost,
            voicing_change: self.voiced_unvoiced_cost,
        };
        costs.at_step(self.step_s())
    }

    fn search(&self, rate: f64) -> Search {
        Search {
            rate,
            floor_hz: self.floor_hz,
            ceiling_hz: self.ceiling_hz,
            octave_cost: self.octave_cost,
            weakest: 0.5 * self.voicing_threshold,
            most_candidates: self.most_candidates,
        }
    }

    /// Seconds that a frame looks at.
    pub(super) fn window_s(&self) -> f64 {
        match self.method {
            PitchMethod::CrossCorrelation => 2.0 / self.floor_hz,
            _ => 3.0 / self.floor_hz,
        }
    }
}

/// What is looked for in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Search {
    pub(super) rate: f64,
    pub(super) floor_hz: f64,
    pub(super) ceiling_hz: f64,
    /// Preference for higher frequencies, counted down from the ceiling, where eq. 24 counts up from the floor; so are the
    /// window's mean and peak: as Praat's output shows it does.
    pub(super) octave_cost: f64,
    /// Candidates this weak can never beat the unvoiced one.
    pub(super) weakest: f64,
    pub(super) most_candidates: usize,
}

/// The fundamental frequency of a mono sound over time.
///
/// Fails for rates outside 1 to 768 kHz and for settings out of range (the floor must be at most an eighth of the rate).
/// Samples that are no numbers count as silence. A sound shorter than a window (three longest periods, two for
/// cross-correlation) has no frames; pYIN pads it with silence.
///
/// ```
/// use viralnow_core::voice::{PitchMethod, PitchParams, pitch};
/// let y: Vec<f32> = (0..22_050).map(|i| (1..8).map(|h| (i * h) as f32 * 0.05).map(f32::sin).sum::<f32>() / 14.0).collect();
/// let found = pitch(&y, 22_050, &PitchParams::default())?;
/// // 22050 * 0.05 / (2 pi) Hz
/// assert!(found.voiced[50] && (found.f0_hz[50] - 175.468).abs() < 0.01);
/// assert!((found.times_s[0] - 0.02).abs() < 1e-12 && (found.times_s[1] - 0.03).abs() < 1e-12);
/// let pyin = pitch(&y, 22_050, &PitchParams::new(PitchMethod::Pyin))?;
/// // As librosa says: the nearest tenth of a semitone, voiced with a probability of 0.8911.
/// assert!((pyin.voiced_prob.unwrap()[20] - 0.8911).abs() < 1e-3 && (pyin.f0_hz[20] - 175.626).abs() < 1e-3);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn pitch(y: &[f32], sample_rate: u32, params: &PitchParams) -> Result<PitchContour> {
    let rate = input::rate(sample_rate)?;
    if params.method == PitchMethod::Pyin {
        let standard = PyinParams::default();
        // At rates beyond 134 kHz, or for a low floor, the standard frame is shorter than a period.
        let periods = 2.0 * rate / params.floor_hz.max(1.0);
        let short = periods / 2.0 >= (standard.frame_length - 1) as f64;
        let params = PyinParams {
            fmin: params.floor_hz,
            fmax: params.ceiling_hz,
            hop_length: params.step_s.map(|step_s| (step_s * rate).round() as usize),
            frame_length: if short { (periods as usize).next_power_of_two() } else { standard.frame_length },
            ..standard
        };
        return pyin(y, sample_rate, &params);
    }
    params.validate(rate)?;
    let (first_s, frames) = params.grid.place(y.len() as u64, rate, params.window_s(), params.step_s());
    let mut tracker = PitchTracker::new(rate, params, first_s);
    input::in_chunks(y, |chunk| tracker.push(chunk));
    let mut contour = tracker.finish(frames);
    contour.times_s.truncate(frames as usize);
    contour.f0_hz.truncate(frames as usize);
    contour.voiced.truncate(frames as usize);
    Ok(contour)
}

/// Follows the fundamental frequency, streaming: candidates by frame on the way, the best path through them at the end.
/// Keeps 8 bytes for each candidate that may win and 5 for each frame; by autocorrelation at most 13 kB for each second.
pub(super) struct PitchTracker {
    framing: Framing,
    analysis: Analysis,
    candidates: Candidates,
    costs: PathCosts,
    range: Range,
}

enum Analysis {
    Auto(Autocorrelation),
    Cross(CrossCorrelation, Search, Vec<Candidate>),
}

impl std::fmt::Debug for PitchTracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PitchTracker").field("range", &self.range).finish_non_exhaustive()
    }
}

impl PitchTracker {
    /// The first frame stands at `first_s`, half a window after the start at the earliest.
    pub(super) fn new(rate: f64, params: &PitchParams, first_s: f64) -> Self {
        let search = params.search(rate);
        let (window_s, step_s) = (params.window_s(), params.step_s());
        let (framing, analysis) = if params.method == PitchMethod::CrossCorrelation {
            let analysis = CrossCorrelation::new(rate, params.floor_hz);
            let framing = Framing::new(rate, first_s, step_s, window_s, analysis.span());
            (framing.starting(1.0 / params.floor_hz), Analysis::Cross(analysis, search, Vec::new()))
        } else {
            let length = Autocorrelation::length(&search);
            let framing = Framing::new(rate, first_s, step_s, window_s, length);
            (framing, Analysis::Auto(Autocorrelation::new(search)))
        };
        Self {
            framing,
            analysis,
            candidates: Candidates::default(),
            costs: params.costs(),
            range: Range::default(),
        }
    }

    /// With the standard settings and the first window at the start of the sound.
    pub(super) fn from_start(rate: f64) -> Self {
        let params = PitchParams::default();
        Self::new(rate, &params, params.window_s() / 2.0)
    }

    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        self.candidates.reserve((seconds / STEP_S) as usize);
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        self.push_and(samples, |_, _| {});
    }

    /// Takes samples and tells of every frame that is complete now: its candidates and its peak.
    pub(super) fn push_and(&mut self, samples: &[f32], mut tell: impl FnMut(&[Candidate], f32)) {
        self.range.push(samples);
        let Self { framing, analysis, candidates, costs, .. } = self;
        framing.push(samples, |frame| {
            let (found, peak) = analysis.frame(frame);
            candidates.push(found, peak, costs);
            tell(found, peak);
        });
    }

    /// The whole contour; `frames` frames at least, where the sound ends in the middle of the last one.
    pub(super) fn finish(mut self, frames: u64) -> PitchContour {
        let Self { framing, analysis, candidates, costs, .. } = &mut self;
        framing.finish(frames, |frame| {
            let (found, peak) = analysis.frame(frame);
            candidates.push(found, peak, costs);
        });
        let f0_hz = self.candidates.best_path(self.range.peak(), &self.costs);
        let times_s = (0..f0_hz.len()).map(|frame| self.framing.time_s(frame)).collect();
        PitchContour::new(times_s, f0_hz, None)
    }
}

impl Analysis {
    fn frame(&mut self, frame: &[f32]) -> (&[Candidate], f32) {
        let (analysis, search, found) = match self {
            Self::Auto(analysis) => return analysis.frame(frame),
            Self::Cross(analysis, search, found) => (analysis, search, found),
        };
        let shortest = ((search.rate / search.ceiling_hz) as usize).saturating_sub(1);
        let (peaks, local) = analysis.frame(frame, shortest, search.weakest);
        found.clear();
        found.extend(
            peaks
                .iter()
                .map(|peak| (search.rate / peak.lag, peak.r))
                .filter(|(hz, _)| (search.floor_hz..=search.ceiling_hz).contains(hz))
                .map(|(hz, r)| Candidate {
                    hz: hz as f32,
                    strength: (r - search.octave_cost * (search.ceiling_hz / hz).log2()) as f32,
                }),
        );
        found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        found.truncate(search.most_candidates - 1);
        (found, local)
    }
}

/// What a sound swings between.
#[derive(Debug)]
pub(super) struct Range {
    smallest: f32,
    largest: f32,
    sum: f64,
    samples: u64,
}

impl Default for Range {
    fn default() -> Self {
        Self { smallest: f32::INFINITY, largest: f32::NEG_INFINITY, sum: 0.0, samples: 0 }
    }
}

impl Range {
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        for &sample in samples {
            self.smallest = self.smallest.min(sample);
            self.largest = self.largest.max(sample);
            self.sum += f64::from(sample);
        }
    }

    /// The largest deviation from the mean; 0 where it is no more than rounding.
    pub(super) fn peak(&self) -> f64 {
        if self.samples == 0 {
            return 0.0;
        }
        let mean = self.sum / self.samples as f64;
        let peak = (f64::from(self.largest) - mean).max(mean - f64::from(self.smallest));
        if peak > 1e-7 * mean.abs() { peak } else { 0.0 }
    }
}

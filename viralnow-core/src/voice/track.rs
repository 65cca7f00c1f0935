//! Everything that is measured of a voice while its sound comes in.

use super::PitchContour;
use super::cross_correlation::CrossCorrelation;
use super::cycles::Cycles;
use super::formants::{FormantParams, FormantTracker};
use super::framing::{Framing, Grid};
use super::harmonicity::ratio_db;
use super::intensity::{IntensityMeter, IntensityParams};
use super::live_path::LivePath;
use super::pitch::{PitchParams, PitchTracker, STEP_S};
use super::pitch_path::PathCosts;
use crate::dsp::lpc::Resonance;
use crate::dsp::resample::{RATE, Resampler16k};

/// What is taken off the strength of the unvoiced candidate, beside its growth in soft frames, where frames are looked for that
/// may turn out to be voiced: what is soft is known only at the end.
const LIKELY: f64 = 0.02;

/// Formants that are kept of each frame.
pub(super) const FORMANTS: usize = 3;

/// Follows a sound at 16 kHz. Pitch, harmonicity and formants stand on the same frames, and what costs is done only where
/// the frame is voiced as far as can be told a little later. Commonly keeps 7 kB for each second.
pub(super) struct VoiceTrack {
    pitch: PitchTracker,
    intensity: IntensityMeter,
    cycles: Cycles,
    framing: Framing,
    correlation: CrossCorrelation,
    resampler: Option<Resampler16k>,
    resampled: Vec<f32>,
    formants: FormantTracker,
    /// Frames and levels that the whole sound has, where its length is known.
    whole: (u64, u64),
    /// Tells a little later which frames may be voiced; `None` where every frame in which a period was heard is measured.
    likely: Option<LivePath>,
    decided: Vec<f32>,
    /// Which frames are measured.
    wanted: Vec<bool>,
    measured: VoicedFrames,
}

/// What is known of voiced frames, one after the other.
#[derive(Debug, Default)]
pub(super) struct VoicedFrames {
    /// Harmonics-to-noise ratio in dB; NaN where nothing repeats.
    pub(super) hnr_db: Vec<f32>,
    /// Frequencies and bandwidths of the formants in Hz; NaN where a frame has fewer.
    pub(super) formants_hz: Vec<[f32; FORMANTS]>,
    pub(super) bandwidths_hz: Vec<[f32; FORMANTS]>,
}

const NO_FORMANTS: [f32; FORMANTS] = [f32::NAN; FORMANTS];

impl VoicedFrames {
    /// Leaves those of the frames that have a frequency. `wanted` are the ones that were measured.
    fn of_frames(&mut self, wanted: &[bool], f0_hz: &[f32]) {
        // One after the other, so that no more than one of them is there twice.
        self.hnr_db = voiced(&self.hnr_db, f32::NAN, wanted, f0_hz);
        self.formants_hz = voiced(&self.formants_hz, NO_FORMANTS, wanted, f0_hz);
        self.bandwidths_hz = voiced(&self.bandwidths_hz, NO_FORMANTS, wanted, f0_hz);
    }
}

/// The values of the frames that have a frequency, of those of the frames that were measured; `none` where it was not.
fn voiced<T: Copy>(values: &[T], none: T, wanted: &[bool], f0_hz: &[f32]) -> Vec<T> {
    let mut measured = values.iter();
    let mut kept = Vec::with_capacity(f0_hz.iter().filter(|f0| !f0.is_nan()).count());
    for (frame, f0) in f0_hz.iter().enumerate() {
        let is_measured = wanted.get(frame).copied().unwrap_or(false);
        let value = if is_measured { measured.next().copied() } else { None };
        if !f0.is_nan() {
            kept.push(value.unwrap_or(none));
        }
    }
    kept
}

/// The outcome.
pub(super) struct Tracked {
    /// Moments of the frames, in seconds from the first sample.
    pub(super) times_s: Vec<f64>,
    /// Fundamental frequency in Hz; NaN where unvoiced.
    pub(super) f0_hz: Vec<f32>,
    /// Of the frames that have one.
    pub(super) voiced: VoicedFrames,
    /// Moments and levels in dB.
    pub(super) level_times_s: Vec<f64>,
    pub(super) level_db: Vec<f32>,
    /// Moments of the pulses, and the amplitude of each, NaN where unknown.
    pub(super) pulses_s: Vec<f64>,
    pub(super) amplitudes: Vec<f32>,
}

impl std::fmt::Debug for VoiceTrack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceTrack").field("frames", &self.wanted.len()).finish_non_exhaustive()
    }
}

impl VoiceTrack {
    /// A track whose first windows begin with the sound, or, where all samples are known, one on Praat's frames.
    pub(super) fn new(grid: Grid, samples: u64) -> Self {
        let rate = f64::from(RATE);
        let pitch = PitchParams::default();
        let level = IntensityParams::default();
        let (first_s, count) = grid.place(samples, rate, pitch.window_s(), STEP_S);
        let (first_level_s, levels) = grid.place(samples, rate, level.window_s(), level.step_s());
        let correlation = CrossCorrelation::new(rate, pitch.floor_hz);
        let likely = PathCosts { voicing_threshold: pitch.voicing_threshold - LIKELY, ..pitch.costs() };
        // A window of the length of the pitch's lets both frames be complete at the same time.
        let framing = Framing::new(rate, first_s, STEP_S, pitch.window_s(), correlation.span());
        let formants = FormantParams { step_s: Some(STEP_S), ..FormantParams::default() };
        Self {
            cycles: Cycles::new(rate, first_s, STEP_S, pitch.costs()),
            pitch: PitchTracker::new(rate, &pitch, first_s),
            intensity: IntensityMeter::new(rate, &level, first_level_s),
            framing: framing.starting(1.0 / pitch.floor_hz),
            correlation,
            resampler: Resampler16k::between(RATE, (2.0 * formants.ceiling_hz) as u32),
            resampled: Vec::new(),
            formants: FormantTracker::new(RATE, &formants, first_s),
            whole: (count, levels),
            likely: (grid == Grid::FromStart).then(|| LivePath::new(likely)),
            decided: Vec::new(),
            wanted: Vec::new(),
            measured: VoicedFrames::default(),
        }
    }

    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        let frames = (seconds / STEP_S) as usize;
        self.pitch.reserve(seconds);
        self.intensity.reserve(seconds);
        self.cycles.reserve(seconds);
        self.wanted.reserve(frames);
        self.measured.hnr_db.reserve(frames);
        self.measured.formants_hz.reserve(frames);
        self.measured.bandwidths_hz.reserve(frames);
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        self.intensity.push(samples);
        self.cycles.sound(samples);
        let Self { pitch, cycles, wanted, likely, decided, .. } = self;
        pitch.push_and(samples, |candidates, peak| {
            cycles.frame(candidates, peak);
            match likely {
                // No frame is soft beside itself.
                Some(path) => path.push(candidates, 1.0, decided),
                None => wanted.push(!candidates.is_empty()),
            }
        });
        wanted.extend(decided.drain(..).map(|hz| !hz.is_nan()));
        cycles.work();
        self.find_harmonicity(samples);
        self.resampled.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.push(samples, &mut self.resampled);
        }
        self.find_formants();
    }

    fn find_harmonicity(&mut self, samples: &[f32]) {
        let Self { wanted, measured, correlation, framing, .. } = self;
        let mut frame = framing.frames() as usize;
        framing.push_until(wanted.len() as u64, samples, |window| {
            if wanted[frame] {
                measured.hnr_db.push(ratio_db(correlation.highest(window).0, f64::MAX));
            }
            frame += 1;
        });
    }

    fn find_formants(&mut self) {
        let Self { wanted, measured, formants, resampled, .. } = self;
        let is_wanted = |frame: u64| wanted[frame as usize];
        formants.push_until(wanted.len() as u64, resampled, is_wanted, |_, found| {
            let of = |pick: fn(&Resonance) -> f64| {
                std::array::from_fn(|k| found.get(k).map_or(f32::NAN, |found| pick(found) as f32))
            };
            measured.formants_hz.push(of(|resonance| resonance.hz));
            measured.bandwidths_hz.push(of(|resonance| resonance.bandwidth_hz));
        });
    }

    pub(super) fn finish(mut self) -> Tracked {
        self.cycles.finish();
        if let Some(path) = &mut self.likely {
            path.finish(&mut self.decided);
            self.wanted.extend(self.decided.iter().map(|hz| !hz.is_nan()));
        }
        self.find_harmonicity(&[]);
        self.resampled.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.finish(&mut self.resampled);
        }
        // The windows of the last frames reach beyond the end: silence.
        self.resampled.extend_from_slice(&[0.0; 1000]);
        self.find_formants();
        // A frame that ends with the sound may miss a sample by rounding.
        let (frames, levels) = self.whole;
        let PitchContour { times_s, f0_hz, .. } = self.pitch.finish(frames);
        self.intensity.finish(levels);
        self.measured.of_frames(&self.wanted, &f0_hz);
        let level_times_s = (0..self.intensity.db.len()).map(|k| self.intensity.time_s(k)).collect();
        Tracked {
            times_s,
            f0_hz,
            voiced: self.measured,
            level_times_s,
            level_db: self.intensity.db,
            pulses_s: self.cycles.pulses_s,
            amplitudes: self.cycles.amplitudes,
        }
    }
}

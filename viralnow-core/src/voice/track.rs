//! Everything that is measured of a voice while its sound comes in.

use super::PitchContour;
use super::cross_correlation::CrossCorrelation;
use super::cycles::Cycles;
use super::formants::{FormantParams, FormantTracker};
use super::framing::{Framing, Grid};
use super::harmonicity::ratio_db;
use super::intensity::{IntensityMeter, IntensityParams};
use super::pitch::{PitchParams, PitchTracker, STEP_S};
use crate::dsp::resample::{RATE, Resampler16k};

/// Formants that are kept of each frame.
pub(super) const FORMANTS: usize = 3;

/// Follows a sound at 16 kHz. Pitch, harmonicity and formants stand on the same frames, and what costs is done only where a
/// period was heard. Commonly keeps 9 kB for each second.
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
    frames: Frames,
}

/// What is known of each frame.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Whether a period was heard.
    heard: Vec<bool>,
    /// Harmonics-to-noise ratio in dB; NaN where no period was heard.
    pub(super) hnr_db: Vec<f32>,
    /// Frequencies and bandwidths of the formants in Hz; NaN where no period was heard or a frame has fewer.
    pub(super) formants_hz: Vec<[f32; FORMANTS]>,
    pub(super) bandwidths_hz: Vec<[f32; FORMANTS]>,
}

/// The outcome.
pub(super) struct Tracked {
    /// Moments of the frames, in seconds from the first sample.
    pub(super) times_s: Vec<f64>,
    /// Fundamental frequency in Hz; NaN where unvoiced.
    pub(super) f0_hz: Vec<f32>,
    pub(super) frames: Frames,
    /// Moments and levels in dB.
    pub(super) level_times_s: Vec<f64>,
    pub(super) level_db: Vec<f32>,
    /// Moments of the pulses, and the amplitude of each, NaN where unknown.
    pub(super) pulses_s: Vec<f64>,
    pub(super) amplitudes: Vec<f32>,
}

impl std::fmt::Debug for VoiceTrack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceTrack").field("frames", &self.frames.heard.len()).finish_non_exhaustive()
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
            frames: Frames::default(),
        }
    }

    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        self.pitch.reserve(seconds);
        let frames = (seconds / STEP_S) as usize;
        self.frames.heard.reserve(frames);
        self.frames.hnr_db.reserve(frames);
        self.frames.formants_hz.reserve(frames);
        self.frames.bandwidths_hz.reserve(frames);
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        self.intensity.push(samples);
        self.cycles.sound(samples);
        let Self { pitch, cycles, frames, .. } = self;
        pitch.push_and(samples, |candidates, peak| {
            cycles.frame(candidates, peak);
            frames.heard.push(!candidates.is_empty());
        });
        cycles.work();
        let Frames { heard, hnr_db, .. } = frames;
        let correlation = &mut self.correlation;
        self.framing.push(samples, |window| {
            let wanted = heard.get(hnr_db.len()).copied().unwrap_or(false);
            let r = if wanted { correlation.highest(window).0 } else { 0.0 };
            hnr_db.push(ratio_db(r, f64::MAX));
        });
        self.resampled.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.push(samples, &mut self.resampled);
        }
        self.find_formants();
    }

    fn find_formants(&mut self) {
        let Frames { heard, formants_hz, bandwidths_hz, .. } = &mut self.frames;
        formants_hz.resize(heard.len(), [f32::NAN; FORMANTS]);
        bandwidths_hz.resize(heard.len(), [f32::NAN; FORMANTS]);
        let wanted = |frame: u64| heard.get(frame as usize).copied().unwrap_or(false);
        self.formants.push(&self.resampled, wanted, |frame, found| {
            for (k, resonance) in found.iter().take(FORMANTS).enumerate() {
                formants_hz[frame as usize][k] = resonance.hz as f32;
                bandwidths_hz[frame as usize][k] = resonance.bandwidth_hz as f32;
            }
        });
    }

    pub(super) fn finish(mut self) -> Tracked {
        self.cycles.finish();
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
        self.frames.formants_hz.resize(f0_hz.len(), [f32::NAN; FORMANTS]);
        self.frames.bandwidths_hz.resize(f0_hz.len(), [f32::NAN; FORMANTS]);
        self.frames.hnr_db.resize(f0_hz.len(), f32::NAN);
        let level_times_s = (0..self.intensity.db.len()).map(|k| self.intensity.time_s(k)).collect();
        Tracked {
            times_s,
            f0_hz,
            frames: self.frames,
            level_times_s,
            level_db: self.intensity.db,
            pulses_s: self.cycles.pulses_s,
            amplitudes: self.cycles.amplitudes,
        }
    }
}

//! The contours of a sound that comes in blocks.

use super::harmonics::{HarmonicMeter, UNVOICED_DB};
use super::path::Path;
use super::periods::{LOOK_BACK, Periods};
use super::short::{Row, ShortFrames};
use super::subharmonic::LongFrames;
use super::vocal_tract::{BAND, VocalTract};
use super::{HOP, LONG, SHORT};
use crate::dsp::dot::dot;
use realfft::num_complex::Complex;
use std::collections::VecDeque;

/// Frames whose level under the window is below this are unvoiced (-60 dB).
const QUIET: f64 = 0.001;

/// What the frames of 60 ms give of the voice; 0 where the frame is unvoiced.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Voice {
    /// Fundamental frequency, in semitones above 27.5 Hz.
    pub(super) f0_semitones: f32,
    pub(super) jitter: f32,
    pub(super) shimmer_db: f32,
    pub(super) hnr_db: f32,
    pub(super) h1_h2_db: f32,
    pub(super) h1_a3_db: f32,
}

/// The formants of a short frame: frequencies and bandwidths in Hz (0 where there is none or was not asked for), amplitudes
/// in dB relative to the fundamental.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormantRow {
    pub(super) hz: [f32; 3],
    pub(super) bandwidth_hz: [f32; 3],
    pub(super) level_db: [f32; 3],
}

/// The contours before smoothing.
#[derive(Debug, Default)]
pub(super) struct Contours {
    /// One for each frame of 20 ms.
    pub(super) short: Vec<Row>,
    pub(super) formants: Vec<FormantRow>,
    /// One for each frame of 60 ms; four fewer than of the others.
    pub(super) voice: Vec<Voice>,
    /// Frames of `voice` that more sound could not have changed.
    pub(super) agreed: usize,
    /// Sum of the mean squares of the frames of 20 ms.
    pub(super) power: f64,
}

/// What must be kept of a long frame until its fundamental frequency is decided.
#[derive(Default)]
struct Waiting {
    magnitudes: Vec<f32>,
    quiet: bool,
}

/// Takes 16 kHz sound and computes the contours. Keeps 124 bytes for every 10 ms, and the last second of sound and spectra.
pub(super) struct Meter {
    /// Samples that are still needed, and the number of the first of them.
    pending: Vec<f32>,
    start: usize,
    samples: usize,
    short: ShortFrames,
    long: LongFrames,
    longs: usize,
    path: Option<Path>,
    waiting: VecDeque<Waiting>,
    spare: Vec<Waiting>,
    /// Spectra of the short frames from the first undecided one on; unused where formants are found at once.
    bands: VecDeque<Complex<f32>>,
    band: Vec<Complex<f32>>,
    harmonics: HarmonicMeter,
    periods: Periods,
    tract: VocalTract,
    /// Whether the formants of unvoiced frames are asked for.
    all_formants: bool,
    contours: Contours,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("samples", &self.samples).finish_non_exhaustive()
    }
}

impl Meter {
    pub(super) fn new(all_formants: bool) -> Self {
        Self {
            pending: Vec::new(),
            start: 0,
            samples: 0,
            short: ShortFrames::new(),
            long: LongFrames::new(),
            longs: 0,
            path: Some(Path::default()),
            waiting: VecDeque::new(),
            spare: Vec::new(),
            bands: VecDeque::new(),
            band: Vec::new(),
            harmonics: HarmonicMeter::new(),
            periods: Periods::default(),
            tract: VocalTract::new(),
            all_formants,
            contours: Contours::default(),
        }
    }

    /// Takes samples at 16 kHz.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.pending.extend_from_slice(samples);
        self.samples += samples.len();
        loop {
            let (shorts, longs) = (self.contours.short.len(), self.longs);
            if longs * HOP + LONG <= self.samples && longs + 4 <= shorts {
                self.long_frame(longs * HOP - self.start);
            } else if shorts * HOP + SHORT <= self.samples {
                self.short_frame(shorts * HOP - self.start);
            } else {
                break;
            }
        }
        let needed = (self.contours.voice.len() * HOP).saturating_sub(LOOK_BACK);
        if needed > self.start + (1 << 14) {
            self.pending.drain(..needed - self.start);
            self.start = needed;
        }
    }

    /// The contours of the whole.
    pub(super) fn finish(mut self) -> Contours {
        if let Some(path) = self.path.take() {
            let (left, agreed) = path.finish();
            self.contours.agreed = self.contours.voice.len() + agreed;
            for f0_hz in left {
                self.decided(f0_hz);
            }
        }
        self.contours
    }

    fn short_frame(&mut self, at: usize) {
        let frame = &self.pending[at..at + SHORT];
        self.contours.power += f64::from(dot(frame, frame)) / SHORT as f64;
        let row = self.short.frame(frame);
        self.contours.short.push(row);
        let mut formants = FormantRow { hz: [0.0; 3], bandwidth_hz: [0.0; 3], level_db: [UNVOICED_DB; 3] };
        let band = &self.short.spectrum()[..BAND];
        if self.all_formants {
            let [a, b, c, x, y, z] = self.tract.formants(band);
            (formants.hz, formants.bandwidth_hz) = ([a, b, c], [x, y, z]);
        } else {
            self.bands.extend(band);
        }
        self.contours.formants.push(formants);
    }

    fn long_frame(&mut self, at: usize) {
        let mut waiting = self.spare.pop().unwrap_or_default();
        let (candidates, level) = self.long.frame(&self.pending[at..at + LONG], &mut waiting.magnitudes);
        waiting.quiet = level < QUIET;
        self.waiting.push_back(waiting);
        self.longs += 1;
        if let Some(f0_hz) = self.path.as_mut().and_then(|path| path.push(&candidates)) {
            self.decided(f0_hz);
        }
    }

    /// The fundamental frequency of the first waiting frame is known.
    fn decided(&mut self, f0_hz: f64) {
        let Some(waiting) = self.waiting.pop_front() else { return };
        let frame = self.contours.voice.len();
        if !self.all_formants {
            self.band.clear();
            self.band.extend(self.bands.drain(..BAND));
        }
        let mut voice = Voice::default();
        if f0_hz > 0.0 && !waiting.quiet {
            let formants = &mut self.contours.formants[frame];
            if !self.all_formants {
                let [a, b, c, x, y, z] = self.tract.formants(&self.band);
                (formants.hz, formants.bandwidth_hz) = ([a, b, c], [x, y, z]);
            }
            let levels = self.harmonics.measure(&waiting.magnitudes, f0_hz, formants.hz);
            formants.level_db = levels.formants_db;
            let (pending, start) = (&self.pending, self.start as i64);
            let (jitter, shimmer_db) = self.periods.frame(frame, f0_hz, |first, n| {
                let from = usize::try_from(first - start).ok()?;
                pending.get(from..from + n)
            });
            voice = Voice {
                f0_semitones: (12.0 * (f0_hz / 27.5).log2()).max(1.0) as f32,
                jitter,
                shimmer_db,
                hnr_db: levels.hnr_db,
                h1_h2_db: levels.h1_h2_db,
                h1_a3_db: levels.h1_a3_db,
            };
        } else {
            self.periods.pause();
        }
        self.contours.voice.push(voice);
        self.spare.push(waiting);
    }
}

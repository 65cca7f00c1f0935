//! The contours of a sound that comes in blocks.

use super::contours::{Contours, FormantRow, Voice};
use super::harmonics::{HarmonicMeter, UNVOICED_DB};
use super::path::Path;
use super::periods::{LOOK_BACK, Periods};
use super::short::ShortFrames;
use super::subharmonic::LongFrames;
use super::sums::Sums;
use super::vocal_tract::{BAND, VocalTract};
use super::{HOP, LONG, SHORT};
use crate::dsp::dot::dot;
use realfft::num_complex::Complex;
use std::collections::VecDeque;

/// Frames whose level under the window is below this are unvoiced (-60 dB).
const QUIET: f64 = 0.001;

/// What must be kept of a long frame until its fundamental frequency is decided.
#[derive(Default)]
struct Waiting {
    magnitudes: Vec<f32>,
    quiet: bool,
}

/// Takes 16 kHz sound and computes the contours, the last second of which it keeps with their sound and spectra, and their
/// sums ([`Sums`]: 0.8 kB for each second); or all of the contours, for their own sake.
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
    /// Whether the contours themselves are asked for, and so the formants of unvoiced frames too.
    whole: bool,
    contours: Contours,
    sums: Sums,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("samples", &self.samples).finish_non_exhaustive()
    }
}

impl Meter {
    pub(super) fn new(whole: bool) -> Self {
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
            whole,
            contours: Contours::default(),
            sums: Sums::default(),
        }
    }

    /// Makes room for the sums over so many frames.
    pub(super) fn reserve(&mut self, frames: usize) {
        self.sums.reserve(frames);
    }

    /// Takes samples at 16 kHz.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.pending.extend_from_slice(samples);
        self.samples += samples.len();
        loop {
            let (shorts, longs) = (self.contours.shorts(), self.longs);
            if longs * HOP + LONG <= self.samples && longs + 4 <= shorts {
                self.long_frame(longs * HOP - self.start);
            } else if shorts * HOP + SHORT <= self.samples {
                self.short_frame(shorts * HOP - self.start);
            } else {
                break;
            }
        }
        if !self.whole {
            self.sums.take(&mut self.contours);
        }
        let needed = (self.contours.voices() * HOP).saturating_sub(LOOK_BACK);
        if needed > self.start + (1 << 14) {
            self.pending.drain(..needed - self.start);
            self.start = needed;
        }
    }

    /// The contours of the whole.
    pub(super) fn contours(mut self) -> Contours {
        self.decide();
        self.contours
    }

    /// The sums over the whole; `None` where there is no frame of 60 ms.
    pub(super) fn sums(mut self) -> Option<Sums> {
        let agreed = self.decide();
        let voices = self.contours.voices();
        // openSMILE sums up what its path search has decided when the sound ends; mostly all frames of 60 ms but the last one.
        let counted = if agreed > 0 { agreed } else { voices };
        self.sums.finish(&self.contours, counted);
        (voices > 0).then_some(self.sums)
    }

    /// Decides on the frames that are left, and gives the number of those that more sound could not have changed.
    fn decide(&mut self) -> usize {
        let Some(path) = self.path.take() else { return 0 };
        let (left, agreed) = path.finish();
        let before = self.contours.voices();
        for f0_hz in left {
            self.decided(f0_hz);
        }
        before + agreed
    }

    fn short_frame(&mut self, at: usize) {
        let frame = &self.pending[at..at + SHORT];
        self.sums.power += f64::from(dot(frame, frame)) / SHORT as f64;
        let row = self.short.frame(frame);
        self.contours.short.push(row);
        let mut formants = FormantRow { hz: [0.0; 3], bandwidth_hz: [0.0; 3], level_db: [UNVOICED_DB; 3] };
        let band = &self.short.spectrum()[..BAND];
        if self.whole {
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
        let frame = self.contours.voices();
        if !self.whole {
            self.band.clear();
            self.band.extend(self.bands.drain(..BAND));
        }
        let mut voice = Voice::default();
        if f0_hz > 0.0 && !waiting.quiet {
            let formants = &mut self.contours.formants[frame - self.contours.dropped];
            if !self.whole {
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

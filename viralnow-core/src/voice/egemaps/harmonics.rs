//! The harmonics of a voiced frame: how far they stand above the noise, and how high each is.

use super::RATE;
use super::subharmonic::{BIN_HZ, BINS, SIZE, parabola};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};
use std::sync::Arc;

/// Harmonics that are looked for.
const MOST: usize = 100;
/// Level of a harmonic without a peak, and of one whose peak is that of the harmonic below it, in dB.
const NO_PEAK_DB: f64 = -200.0;
const SAME_PEAK_DB: f64 = -201.0;
/// Level of the harmonics around a formant of an unvoiced frame, in dB.
pub(super) const UNVOICED_DB: f32 = -201.0;

/// A harmonic.
#[derive(Debug, Clone, Copy)]
struct Harmonic {
    hz: f64,
    level: Level,
}

/// How high a harmonic is.
#[derive(Debug, Clone, Copy)]
enum Level {
    /// A peak, as a multiple of the fundamental's.
    Peak(f64),
    NoPeak,
    SamePeak,
}

impl Level {
    /// In dB relative to the fundamental.
    fn db(self) -> f64 {
        match self {
            Self::Peak(height) => 20.0 * height.log10(),
            Self::NoPeak => NO_PEAK_DB,
            Self::SamePeak => SAME_PEAK_DB,
        }
    }
}

/// What the harmonics of one frame give.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(super) struct Levels {
    /// Harmonics-to-noise ratio, in dB.
    pub(super) hnr_db: f32,
    /// The first harmonic above the fundamental against the second, in dB.
    pub(super) h1_h2_db: f32,
    /// The first harmonic above the fundamental against the highest one at the third formant, in dB.
    pub(super) h1_a3_db: f32,
    /// The highest harmonic at each formant against the fundamental, in dB.
    pub(super) formants_db: [f32; 3],
}

/// Measures harmonics on the magnitudes of the frames of 60 ms.
pub(super) struct HarmonicMeter {
    inverse: Arc<dyn ComplexToReal<f32>>,
    power: Vec<Complex<f32>>,
    autocorrelation: Vec<f32>,
    scratch: Vec<Complex<f32>>,
    found: Vec<Harmonic>,
}

impl HarmonicMeter {
    pub(super) fn new() -> Self {
        let inverse = RealFftPlanner::<f32>::new().plan_fft_inverse(SIZE);
        Self {
            power: inverse.make_input_vec(),
            autocorrelation: inverse.make_output_vec(),
            scratch: inverse.make_scratch_vec(),
            inverse,
            found: Vec::new(),
        }
    }

    /// Of a voiced frame, with its fundamental frequency and its formants (0 where there is none).
    pub(super) fn measure(&mut self, magnitudes: &[f32], f0_hz: f64, formants_hz: [f32; 3]) -> Levels {
        self.find(magnitudes, f0_hz);
        let hnr_db = self.hnr_db(magnitudes, f0_hz);
        let level = |n: usize| self.found.get(n).map_or(NO_PEAK_DB, |harmonic| harmonic.level.db());
        let formants_db = formants_hz.map(|hz| self.around(f64::from(hz)));
        Levels {
            hnr_db,
            h1_h2_db: (level(1) - level(2)) as f32,
            h1_a3_db: (level(1) - f64::from(formants_db[2])) as f32,
            formants_db,
        }
    }

    /// The peak of the spectrum at each multiple of the fundamental, at most half of it away.
    fn find(&mut self, magnitudes: &[f32], f0_hz: f64) {
        self.found.clear();
        let step = f0_hz / BIN_HZ;
        let mut before = usize::MAX;
        let mut fundamental = 0.0;
        for n in 1..=MOST {
            let at = n as f64 * step;
            if at > (BINS - 2) as f64 {
                break;
            }
            let peak = nearest_peak(magnitudes, at, 0.5 * step);
            if n == 1 {
                let bin = peak.unwrap_or((at + 0.5) as usize);
                fundamental = f64::from(magnitudes[bin]).max(1e-30);
                self.found.push(Harmonic { hz: bin as f64 * BIN_HZ, level: Level::Peak(1.0) });
                before = bin;
                continue;
            }
            self.found.push(match peak {
                None => Harmonic { hz: at * BIN_HZ, level: Level::NoPeak },
                Some(bin) if bin == before => Harmonic { hz: bin as f64 * BIN_HZ, level: Level::SamePeak },
                Some(bin) => {
                    before = bin;
                    let [left, middle, right] = [bin - 1, bin, bin + 1].map(|k| f64::from(magnitudes[k]));
                    let (shift, height) = parabola(left, middle, right);
                    Harmonic { hz: (bin as f64 + shift) * BIN_HZ, level: Level::Peak(height / fundamental) }
                }
            });
        }
    }

    /// The highest harmonic within a fifth of the formant's frequency; 0 where there is none, which counts as undefined.
    fn around(&self, formant_hz: f64) -> f32 {
        if formant_hz <= 0.0 {
            return UNVOICED_DB;
        }
        let near = 0.8 * formant_hz..=1.2 * formant_hz;
        let inside = self.found.iter().filter(|harmonic| near.contains(&harmonic.hz));
        // Of the peaks only the highest needs its logarithm.
        let (mut highest, mut other) = (None::<f64>, None::<f64>);
        for harmonic in inside {
            match harmonic.level {
                Level::Peak(height) => highest = Some(highest.map_or(height, |highest| highest.max(height))),
                level => other = Some(other.map_or(level.db(), |other| other.max(level.db()))),
            }
        }
        let highest = highest.map(|height| Level::Peak(height).db());
        highest.into_iter().chain(other).map(|db| db as f32).reduce(f32::max).unwrap_or(0.0)
    }

    /// `10 log10(r(T) / (r(0) - r(T)))` of the autocorrelation of the windowed frame, at its peak nearest to the period.
    fn hnr_db(&mut self, magnitudes: &[f32], f0_hz: f64) -> f32 {
        for (power, magnitude) in self.power.iter_mut().zip(magnitudes) {
            *power = Complex::new(magnitude * magnitude, 0.0);
        }
        self.inverse
            .process_with_scratch(&mut self.power, &mut self.autocorrelation, &mut self.scratch)
            .expect("the buffers are the planner's own");
        let half = &mut self.autocorrelation[..=SIZE / 2];
        for value in half.iter_mut() {
            *value = value.abs();
        }
        let period = (f64::from(RATE) / f0_hz) as usize;
        let is_peak = |lag: usize| {
            (1..SIZE / 2).contains(&lag) && half[lag] > half[lag - 1] && half[lag] >= half[lag + 1]
        };
        let lag = (0..SIZE / 2)
            .flat_map(|d| [period.saturating_sub(d), period + d])
            .find(|&lag| is_peak(lag))
            .unwrap_or(period.min(SIZE / 2));
        let share = f64::from(half[lag]) / f64::from(half[0]).max(1e-30);
        (10.0 * (share.max(1e-10) / (1.0 - share).max(1e-10)).log10()) as f32
    }
}

/// The peak whose bin is nearest to a place, not further from it than the reach; of two the higher bin.
fn nearest_peak(magnitudes: &[f32], at: f64, reach: f64) -> Option<usize> {
    let middle = (at + 0.5) as usize;
    let low = ((at - reach + 0.5) as usize).max(1);
    let high = ((at + reach + 0.5) as usize).min(magnitudes.len() - 2);
    let is_peak = |k: usize| {
        (low..=high).contains(&k) && magnitudes[k] > magnitudes[k - 1] && magnitudes[k] >= magnitudes[k + 1]
    };
    (0..=high.saturating_sub(low)).flat_map(|d| [middle + d, middle.saturating_sub(d)]).find(|&k| is_peak(k))
}

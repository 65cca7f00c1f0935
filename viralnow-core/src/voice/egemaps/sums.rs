//! What the functionals need of the contours, summed up while the frames come in.

use super::contours::{Contours, FormantRow, Voice};
use super::smoothing::{mean3, mean3nz};

/// Frames that are summed up at a time.
const BATCH: usize = 64;

/// Count, mean and spread of values that come one by one (Welford 1962).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f32) {
        let distance = f64::from(value) - self.mean;
        self.count += 1;
        self.mean += distance / self.count as f64;
        self.squares += distance * (f64::from(value) - self.mean);
    }

    /// 0 stands for undefined.
    fn add_defined(&mut self, value: f32) {
        if value != 0.0 {
            self.add(value);
        }
    }

    pub(super) fn of(values: &[f32]) -> Self {
        let mut moments = Self::default();
        values.iter().for_each(|&value| moments.add(value));
        moments
    }

    /// `None` of nothing.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The standard deviation.
    pub(super) fn deviation(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }
}

/// Takes one contour out of a frame.
type PickVoice = fn(&Voice) -> f32;

/// Jitter, shimmer and the three of the harmonics.
const OF_VOICE: [PickVoice; 5] =
    [|v| v.jitter, |v| v.shimmer_db, |v| v.hnr_db, |v| v.h1_h2_db, |v| v.h1_a3_db];

/// Sums over the smoothed contours. Keeps 4 bytes of each frame, 4 more of a voiced one, and 8 of each stretch.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Frames of 20 ms, and sum of their mean squares.
    pub(super) shorts: usize,
    pub(super) power: f64,
    /// Loudness of all frames, since its slopes are measured by its range.
    pub(super) loudness: Vec<f32>,
    /// Flux and the four cepstral coefficients of all frames.
    pub(super) whole: [Moments; 5],
    /// Frames that have been summed up as voiced or unvoiced.
    pub(super) frames: usize,
    /// Fundamental frequency of the voiced ones.
    pub(super) f0_semitones: Vec<f32>,
    /// In the order of [`OF_VOICE`].
    pub(super) of_voice: [Moments; 5],
    /// Frequency, bandwidth and amplitude of each formant.
    pub(super) formants: [[Moments; 3]; 3],
    /// Alpha ratio, Hammarberg index, two slopes, flux and four coefficients of voiced frames, and the first five of the
    /// others.
    pub(super) voiced: [Moments; 9],
    pub(super) unvoiced: [Moments; 5],
    /// Lengths of the stretches of voiced and of unvoiced frames, by turns.
    pub(super) runs: Vec<(bool, u32)>,
}

impl Sums {
    /// Makes room for so many frames.
    pub(super) fn reserve(&mut self, frames: usize) {
        self.loudness.reserve(frames);
        self.f0_semitones.reserve(frames);
    }

    /// Takes what more sound cannot change, and lets it go.
    pub(super) fn take(&mut self, contours: &mut Contours) {
        // The last frame of either kind is smoothed with the one that follows it.
        if contours.voices() > self.frames + BATCH {
            self.rows(contours, contours.shorts() - 1);
            self.frames(contours, contours.voices() - 1);
            contours.drop_before(self.frames - 1);
        }
    }

    /// Takes the rest: of the frames of 60 ms as many as count.
    pub(super) fn finish(&mut self, contours: &Contours, counted: usize) {
        self.rows(contours, contours.shorts());
        self.frames(contours, counted);
    }

    fn rows(&mut self, contours: &Contours, until: usize) {
        let rows = &contours.short;
        for i in self.shorts - contours.dropped..until - contours.dropped {
            let [before, here, after] = neighbours(i, rows.len()).map(|i| &rows[i]);
            let smooth = |k: usize| mean3([before[k], here[k], after[k]]);
            self.loudness.push(smooth(0));
            for (k, moments) in self.whole.iter_mut().enumerate() {
                moments.add(smooth(5 + k));
            }
        }
        self.shorts = until;
    }

    fn frames(&mut self, contours: &Contours, until: usize) {
        let Contours { short, formants, voice, .. } = contours;
        let is_voiced = |i: usize| voice.get(i).is_some_and(|voice| voice.f0_semitones > 0.0);
        for i in self.frames - contours.dropped..until - contours.dropped {
            let around = neighbours(i, short.len());
            let kinds = around.map(is_voiced);
            // Smoothed among the frames of one kind.
            let among = |values: [f32; 3]| {
                mean3nz(std::array::from_fn(|j| if kinds[j] == kinds[1] { values[j] } else { 0.0 }))
            };
            let column = |k: usize| among(around.map(|i| short[i][k]));
            let of_voice = |pick: PickVoice| mean3nz(neighbours(i, voice.len()).map(|i| pick(&voice[i])));
            let of_formant =
                |pick: fn(&FormantRow) -> [f32; 3], n: usize| around.map(|i| pick(&formants[i])[n]);
            if kinds[1] {
                self.f0_semitones.push(of_voice(|v| v.f0_semitones));
                for (k, moments) in self.voiced.iter_mut().enumerate() {
                    moments.add_defined(column(1 + k));
                }
                for (n, [hz, width, _]) in self.formants.iter_mut().enumerate() {
                    hz.add_defined(among(of_formant(|row| row.hz, n)));
                    width.add_defined(among(of_formant(|row| row.bandwidth_hz, n)));
                }
            } else {
                for (k, moments) in self.unvoiced.iter_mut().enumerate() {
                    moments.add_defined(column(1 + k));
                }
            }
            for (pick, moments) in OF_VOICE.into_iter().zip(&mut self.of_voice) {
                moments.add_defined(of_voice(pick));
            }
            // Of all frames, the unvoiced ones with -201 dB, as openSMILE has it.
            for (n, [_, _, level]) in self.formants.iter_mut().enumerate() {
                level.add_defined(mean3nz(of_formant(|row| row.level_db, n)));
            }
            match self.runs.last_mut() {
                Some((kind, frames)) if *kind == kinds[1] => *frames += 1,
                _ => self.runs.push((kinds[1], 1)),
            }
        }
        self.frames = until;
    }
}

/// A frame between the ones beside it; the first and the last one stand beside themselves.
fn neighbours(i: usize, count: usize) -> [usize; 3] {
    [i.saturating_sub(1), i, (i + 1).min(count - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(i: usize, k: usize) -> f32 {
        ((i * 37 + k * 11) % 23) as f32 - 4.0
    }

    fn formants(i: usize) -> FormantRow {
        FormantRow {
            hz: [value(i, 2).max(0.0), value(i, 3), value(i, 4)],
            bandwidth_hz: [value(i, 5), 0.0, value(i, 6)],
            level_db: [value(i, 7), value(i, 8), -201.0],
        }
    }

    fn voice(i: usize) -> Voice {
        if i % 9 > 4 {
            return Voice::default();
        }
        let f0_semitones = 20.0 + value(i, 1);
        Voice { f0_semitones, jitter: value(i, 9), hnr_db: value(i, 10), ..Voice::default() }
    }

    #[test]
    fn sums_on_the_way_are_those_of_the_whole() {
        let (mut streamed, mut contours, mut whole) =
            (Sums::default(), Contours::default(), Contours::default());
        for i in 0..1004 {
            for contours in [&mut contours, &mut whole] {
                contours.short.push(std::array::from_fn(|k| value(i, k)));
                contours.formants.push(formants(i));
                contours.voice.extend(i.checked_sub(4).map(voice));
            }
            streamed.take(&mut contours);
        }
        assert!(contours.voice.len() <= BATCH + 2, "{}", contours.voice.len());
        let mut at_once = Sums::default();
        streamed.finish(&contours, 990);
        at_once.finish(&whole, 990);
        assert_eq!((at_once.shorts, at_once.frames), (1004, 990));
        assert_eq!(format!("{streamed:?}"), format!("{at_once:?}"));
    }

    #[test]
    fn moments_are_those_of_two_passes() {
        let values: Vec<f32> = (0..1000).map(|i| 8192.0 + ((i * 31) % 7) as f32).collect();
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / 1000.0;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / 1000.0;
        let moments = Moments::of(&values);
        assert!((moments.mean().unwrap() - mean).abs() < 1e-9);
        assert!((moments.deviation() - variance.sqrt()).abs() < 1e-9);
        assert_eq!((Moments::default().mean(), Moments::default().deviation()), (None, 0.0));
    }
}

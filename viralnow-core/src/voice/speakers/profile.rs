//! How each speaker speaks.

use crate::dsp::percentile;
use crate::extract::Matrix;
use crate::voice::{Prosody, Speaker, Turn, emotion_cues};

/// The contours of the whole sound.
#[derive(Debug, Clone, Copy)]
pub(in crate::voice) struct Contours<'a> {
    pub(in crate::voice) pitch_times_s: &'a [f64],
    /// NaN where unvoiced.
    pub(in crate::voice) f0_hz: &'a [f32],
    pub(in crate::voice) level_times_s: &'a [f64],
    /// NaN in digital silence.
    pub(in crate::voice) level_db: &'a [f32],
}

/// The slope of the spectrum over time; NaN where unvoiced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tilt<'a> {
    pub(super) start_s: f64,
    pub(super) step_s: f64,
    pub(super) values: &'a [f32],
}

impl Tilt<'_> {
    /// The mean over stretches.
    fn mean(&self, stretches: &[(f64, f64)]) -> Option<f64> {
        let at =
            |t: f64| (((t - self.start_s) / self.step_s).ceil().max(0.0) as usize).min(self.values.len());
        let (sum, count) = stretches
            .iter()
            .flat_map(|&(from, to)| &self.values[at(from)..at(to).max(at(from))])
            .filter(|tilt| tilt.is_finite())
            .fold((0.0, 0_u32), |(sum, count), &tilt| (sum + f64::from(tilt), count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }
}

/// Columns of the matrix of [`prosody_vectors`].
const COLUMNS: usize = 9;

/// Fills in the speakers' prosody, of the speech inside their turns.
pub(super) fn profile(
    speakers: &mut [Speaker],
    turns: &[Turn],
    speech: &[(f64, f64)],
    contours: &Contours<'_>,
    tilt: &Tilt<'_>,
) {
    for speaker in speakers {
        let own: Vec<(f64, f64)> = turns
            .iter()
            .filter(|turn| turn.speaker == speaker.label)
            .map(|turn| (turn.start_s, turn.end_s))
            .collect();
        let prosody = prosody(&own, speech, contours, tilt);
        speaker.emotion_cues = emotion_cues(&prosody, None);
        speaker.prosody = Some(prosody);
    }
}

/// Of the speech inside some turns, both in order.
pub(super) fn prosody(
    turns: &[(f64, f64)],
    speech: &[(f64, f64)],
    contours: &Contours<'_>,
    tilt: &Tilt<'_>,
) -> Prosody {
    let spoken = intersect(turns, speech);
    let (mut frames, mut semitones, mut hertz) = (0_usize, Vec::new(), Vec::new());
    for f0 in inside(contours.pitch_times_s, contours.f0_hz, &spoken) {
        frames += 1;
        if f0 > 0.0 {
            hertz.push(f64::from(f0));
        }
    }
    hertz.sort_unstable_by(f64::total_cmp);
    let median = (!hertz.is_empty()).then(|| percentile(&hertz, 0.5));
    if let Some(median) = median {
        semitones.extend(hertz.iter().map(|f0| 12.0 * (f0 / median).log2()));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let levels: Vec<f64> = inside(contours.level_times_s, contours.level_db, &spoken)
        .filter(|db| db.is_finite())
        .map(f64::from)
        .collect();
    let level = (!levels.is_empty()).then(|| mean(&levels));
    let length = |stretches: &[(f64, f64)]| stretches.iter().fold(0.0, |sum, (a, b)| sum + (b - a));
    let (within_s, spoken_s) = (length(turns), length(&spoken));
    Prosody {
        f0_median_hz: median,
        f0_mean_hz: median.map(|_| mean(&hertz)),
        f0_std_semitones: median
            .map(|_| (semitones.iter().map(|s| s * s).sum::<f64>() / semitones.len() as f64).sqrt()),
        voiced_ratio: (frames > 0).then(|| hertz.len() as f64 / frames as f64),
        intensity_mean_db: level,
        intensity_std_db: level.map(|level| {
            (levels.iter().map(|db| (db - level).powi(2)).sum::<f64>() / levels.len() as f64).sqrt()
        }),
        spectral_tilt: tilt.mean(&spoken),
        pause_ratio: (within_s > 0.0).then(|| (1.0 - spoken_s / within_s).clamp(0.0, 1.0)),
        turns: turns.len() as u32,
        mean_turn_s: (!turns.is_empty()).then(|| within_s / turns.len() as f64),
    }
}

/// One row for each speaker, at the moment of the first word: `f0_median_hz`, `f0_mean_hz`, `f0_std_semitones`,
/// `voiced_ratio`, `intensity_mean_db`, `intensity_std_db`, `spectral_tilt`, `pause_ratio`, `mean_turn_s`.
pub(in crate::voice) fn prosody_vectors(speakers: &[Speaker], turns: &[Turn]) -> Matrix {
    let mut data = Vec::with_capacity(speakers.len() * COLUMNS);
    let mut times_s = Vec::with_capacity(speakers.len());
    for speaker in speakers {
        let prosody = speaker.prosody.clone().unwrap_or_default();
        let row: [Option<f64>; COLUMNS] = [
            prosody.f0_median_hz,
            prosody.f0_mean_hz,
            prosody.f0_std_semitones,
            prosody.voiced_ratio,
            prosody.intensity_mean_db,
            prosody.intensity_std_db,
            prosody.spectral_tilt,
            prosody.pause_ratio,
            prosody.mean_turn_s,
        ];
        data.extend(row.map(|value| value.map_or(f32::NAN, |value| value as f32)));
        let first = turns.iter().find(|turn| turn.speaker == speaker.label);
        times_s.push(first.map_or(0.0, |turn| turn.start_s));
    }
    Matrix { rows: speakers.len(), columns: COLUMNS, data, times_s, unit: "1" }
}

/// What two lists of stretches, both in order, have in common.
fn intersect(a: &[(f64, f64)], b: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (mut i, mut j) = (0, 0);
    let mut common = Vec::new();
    while i < a.len() && j < b.len() {
        let (from, to) = (a[i].0.max(b[j].0), a[i].1.min(b[j].1));
        if from < to {
            common.push((from, to));
        }
        if a[i].1 < b[j].1 { i += 1 } else { j += 1 }
    }
    common
}

/// The values whose moments lie inside the stretches, both in order.
fn inside<'a>(
    times_s: &'a [f64],
    values: &'a [f32],
    stretches: &'a [(f64, f64)],
) -> impl Iterator<Item = f32> + 'a {
    stretches.iter().flat_map(move |&(from, to)| {
        let start = times_s.partition_point(|&t| t < from);
        let end = times_s.partition_point(|&t| t < to);
        values[start..end.max(start)].iter().copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_in_common() {
        assert_eq!(
            intersect(&[(0.0, 2.0), (3.0, 5.0)], &[(1.0, 3.5), (4.0, 4.5), (6.0, 7.0)]),
            [(1.0, 2.0), (3.0, 3.5), (4.0, 4.5)]
        );
        assert!(intersect(&[], &[(0.0, 1.0)]).is_empty());
    }

    #[test]
    fn a_speaker_has_the_pitch_and_level_of_the_own_turns() {
        let times: Vec<f64> = (0..100).map(|i| f64::from(i) * 0.1).collect();
        // 100 and 200 Hz by turns in the first half, 300 Hz in the second; every fifth frame unvoiced.
        let f0: Vec<f32> = (0..100)
            .map(|i| match i {
                i if i % 5 == 0 => f32::NAN,
                i if i < 50 => {
                    if i % 2 == 0 {
                        100.0
                    } else {
                        200.0
                    }
                }
                _ => 300.0,
            })
            .collect();
        let db: Vec<f32> = (0..100).map(|i| if i < 50 { -20.0 } else { -30.0 }).collect();
        let contours = Contours { pitch_times_s: &times, f0_hz: &f0, level_times_s: &times, level_db: &db };
        let turn = |start_s, end_s, speaker: &str| Turn { start_s, end_s, speaker: speaker.to_owned() };
        let turns = [turn(0.0, 5.0, "S1"), turn(5.0, 10.0, "S2")];
        let mut speakers =
            ["S1", "S2"].map(|label| Speaker { label: label.to_owned(), ..Speaker::default() });
        let slope: Vec<f32> = (0..100).map(|i| if i < 50 { 10.0 } else { 14.0 }).collect();
        let tilt = Tilt { start_s: 0.0, step_s: 0.1, values: &slope };
        profile(&mut speakers, &turns, &[(0.0, 4.0), (5.0, 10.0)], &contours, &tilt);
        let [first, second] = speakers.map(|speaker| speaker.prosody.unwrap());
        assert_eq!((first.spectral_tilt, second.spectral_tilt), (Some(10.0), Some(14.0)));
        assert_eq!((first.f0_median_hz, first.voiced_ratio), (Some(150.0), Some(0.8)));
        assert_eq!((first.intensity_mean_db, first.intensity_std_db), (Some(-20.0), Some(0.0)));
        assert!((first.pause_ratio.unwrap() - 0.2).abs() < 1e-9);
        assert_eq!((second.f0_mean_hz, second.f0_std_semitones), (Some(300.0), Some(0.0)));
        assert_eq!((second.intensity_mean_db, second.turns, second.mean_turn_s), (Some(-30.0), 1, Some(5.0)));
        // Around 150 Hz: 100 Hz is 7.02 semitones below, 200 Hz is 4.98 above.
        let spread = f64::midpoint(7.0196_f64.powi(2), 4.9804_f64.powi(2)).sqrt();
        assert!((first.f0_std_semitones.unwrap() - spread).abs() < 1e-3);
    }
}

//! Syllables and the rate of speech, without a transcript.

use super::input;
use super::intensity::IntensityMeter;
use super::pitch::PitchTracker;
use crate::dsp::percentile;
use crate::dsp::resample::{RATE, Resampler16k};
use crate::extract::Activity;
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// Settings of [`syllables`], after de Jong & Wempe (2009).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SyllableParams {
    /// How far the level must drop on both sides of a syllable, in dB.
    pub min_dip_db: f64,
    /// How far below the loudest parts (the 99th percentile) of the speech a syllable may lie, in dB.
    pub range_db: f64,
}

impl Default for SyllableParams {
    fn default() -> Self {
        Self { min_dip_db: 2.0, range_db: 25.0 }
    }
}

/// The syllables of a sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Syllables {
    /// The moment of each nucleus, in seconds, in order.
    pub nuclei_s: Vec<f64>,
    /// Syllables per second from the beginning of the first stretch of speech to the end of the last, pauses included;
    /// `None` without speech.
    pub speaking_rate: Option<f64>,
    /// Syllables per second of the stretches of speech, pauses left out; `None` without speech.
    pub articulation_rate: Option<f64>,
}

/// Finds the nuclei of syllables in mono samples, which are brought to 16 kHz first: voiced maxima of the level inside speech
/// that stand out on both sides (N. H. de Jong & T. Wempe, "Praat script to detect syllable nuclei and measure speech rate
/// automatically", Behavior Research Methods 41.2 (2009), 385-390).
///
/// It is an estimate. On 57 sentences synthesised in four languages at 130 to 200 words a minute a count is off by 2 % in the
/// mean; on six short recordings by a fifth, 63 of 69 syllables in all. Slurred, breathy and fast speech has fewer nuclei than
/// the dictionary has syllables.
///
/// Fails with `INVALID_INPUT` for a rate that cannot be brought to 16 kHz, and with `INVALID_CONFIG` for settings out of
/// range. Samples that are no numbers count as silence.
///
/// ```
/// use viralnow_core::voice::{SyllableParams, syllables};
/// let found = syllables(&[0.0; 16_000], 16_000, &SyllableParams::default())?;
/// assert!(found.nuclei_s.is_empty() && found.speaking_rate.is_none());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn syllables(y: &[f32], sample_rate: u32, params: &SyllableParams) -> Result<Syllables> {
    input::within("min_dip_db", params.min_dip_db, 0.0, 100.0)?;
    input::within("range_db", params.range_db, 0.0, 200.0)?;
    let mut resampler = Resampler16k::new(sample_rate).ok_or_else(|| {
        Error::new(ErrorKind::InvalidInput, "sound of this rate cannot be brought to 16 kHz")
            .with("sample_rate", sample_rate)
    })?;
    let mut activity = Activity::new();
    let mut pitch = PitchTracker::from_start(f64::from(RATE));
    let mut level = IntensityMeter::from_start(f64::from(RATE));
    let mut mono16k = Vec::new();
    let mut hear = |samples: &[f32]| {
        activity.push(samples);
        pitch.push(samples);
        level.push(samples);
    };
    input::in_chunks(y, |samples| {
        mono16k.clear();
        resampler.push(samples, &mut mono16k);
        hear(&mono16k);
    });
    mono16k.clear();
    resampler.finish(&mut mono16k);
    hear(&mono16k);
    let contour = pitch.finish(0);
    let level_times_s: Vec<f64> = (0..level.db.len()).map(|k| level.time_s(k)).collect();
    let speech = activity.finish().speech;
    let nuclei_s = nuclei(&level_times_s, &level.db, &contour.times_s, &contour.f0_hz, &speech, params);
    let (speaking_rate, articulation_rate) = rates(nuclei_s.len(), &speech);
    Ok(Syllables { nuclei_s, speaking_rate, articulation_rate })
}

/// Syllables per second with pauses and without.
pub(super) fn rates(count: usize, speech: &[(f64, f64)]) -> (Option<f64>, Option<f64>) {
    let (Some(first), Some(last)) = (speech.first(), speech.last()) else { return (None, None) };
    let spoken_s = speech.iter().fold(0.0, |sum, (from, to)| sum + (to - from));
    let rate = |seconds: f64| (seconds > 0.0).then(|| count as f64 / seconds);
    (rate(last.1 - first.0), rate(spoken_s))
}

/// The moments of the nuclei, from the level every 8 ms and the pitch.
pub(super) fn nuclei(
    level_times_s: &[f64],
    level_db: &[f32],
    pitch_times_s: &[f64],
    f0_hz: &[f32],
    speech: &[(f64, f64)],
    params: &SyllableParams,
) -> Vec<f64> {
    let level = smooth(level_db);
    let spoken = |k: usize| speech.iter().any(|&(from, to)| (from..to).contains(&level_times_s[k]));
    let mut loud: Vec<f64> =
        (0..level.len()).filter(|&k| level[k].is_finite() && spoken(k)).map(|k| level[k]).collect();
    if loud.is_empty() {
        return Vec::new();
    }
    loud.sort_unstable_by(f64::total_cmp);
    let softest = percentile(&loud, 0.99) - params.range_db;
    let voiced = |time_s: f64| {
        let after = pitch_times_s.partition_point(|&t| t < time_s);
        let nearest = match (after.checked_sub(1), pitch_times_s.get(after)) {
            (Some(before), Some(&next)) if time_s - pitch_times_s[before] < next - time_s => before,
            (Some(before), None) => before,
            _ => after,
        };
        f0_hz.get(nearest).is_some_and(|f0| !f0.is_nan())
    };
    standing_out(&level, softest, params.min_dip_db)
        .into_iter()
        .filter(|&k| spoken(k) && voiced(level_times_s[k]))
        .map(|k| level_times_s[k])
        .collect()
}

/// A mean of three values of power, the middle one twice as heavy, in dB: ripples of a cycle or two are no syllables.
fn smooth(db: &[f32]) -> Vec<f64> {
    let power = |k: usize| {
        db.get(k).filter(|db| db.is_finite()).map_or(0.0, |&db| 10.0_f64.powf(f64::from(db) / 10.0))
    };
    (0..db.len())
        .map(|k| {
            let before = if k > 0 { power(k - 1) } else { 0.0 };
            10.0 * (0.25 * before + 0.5 * power(k) + 0.25 * power(k + 1)).log10()
        })
        .collect()
}

/// The maxima above a level that have a dip of this depth between them; of two without, the higher.
fn standing_out(level: &[f64], softest: f64, dip: f64) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    let mut lowest = f64::INFINITY;
    for k in 1..level.len().saturating_sub(1) {
        lowest = lowest.min(level[k]);
        let peak = level[k] > level[k - 1] && level[k] >= level[k + 1] && level[k] > softest;
        if !peak {
            continue;
        }
        match kept.last_mut() {
            Some(last) if level[*last] - lowest <= dip || level[k] - lowest <= dip => {
                if level[k] > level[*last] {
                    *last = k;
                    lowest = level[k];
                }
            }
            _ => {
                kept.push(k);
                lowest = level[k];
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_out_is_kept() {
        let level = [-60.0, -20.0, -30.0, -22.0, -22.5, -21.0, -40.0, -39.0, -60.0, -25.0, -60.0];
        // -22 and -21 have half a decibel between them; -39 rises by one; -25 stands out.
        assert_eq!(standing_out(&level, -45.0, 2.0), [1, 5, 9]);
        assert_eq!(standing_out(&level, -24.0, 2.0), [1, 5]);
        assert!(standing_out(&[], 0.0, 2.0).is_empty() && standing_out(&[1.0], 0.0, 2.0).is_empty());
    }

    #[test]
    fn rates_count_pauses_or_not() {
        assert_eq!(rates(10, &[(1.0, 3.0), (4.0, 6.0)]), (Some(2.0), Some(2.5)));
        assert_eq!(rates(0, &[]), (None, None));
    }
}

//! From contours to the summary.

use super::perturbation::PerturbationParams;
use super::syllables::{SyllableParams, nuclei, rates};
use super::track::{FORMANTS, Tracked};
use super::{FormantSummary, Intensity, Pauses, Pitch, VoiceSummary};
use crate::dsp::percentile;
use crate::extract::SharedOutputs;
use std::collections::BTreeMap;
use std::ops::Range;

/// Gaps between stretches of speech from here on are pauses, in seconds.
const PAUSE_S: f64 = 0.2;

/// Says why values are null.
pub(super) fn fill(missing: &mut BTreeMap<String, String>, names: &[&str], reason: &str) {
    missing.extend(names.iter().map(|name| ((*name).to_owned(), reason.to_owned())));
}

impl VoiceSummary {
    /// Says why there is nothing.
    pub(super) fn say_nothing(&mut self, reason: &str) {
        let names = [
            "speech",
            "speech_ratio",
            "activity_source",
            "speakers",
            "turns",
            "overlaps",
            "emotion_cues",
            "pitch",
            "speaking_rate",
            "articulation_rate",
            "pauses",
            "intensity",
            "jitter",
            "shimmer",
            "hnr",
            "formants",
            "egemaps",
        ];
        fill(&mut self.missing, &names, reason);
    }
}

/// What was heard of a voice, in presentation time.
pub(super) struct Heard<'a> {
    pub(super) track: Tracked,
    speech: &'a [(f64, f64)],
    /// Voiced frames inside speech: which frame, and which of the voiced ones.
    voiced: Vec<(u32, u32)>,
    /// Presentation time of the first sample.
    start_s: f64,
}

impl<'a> Heard<'a> {
    /// Brings the frames to presentation time and finds those that count.
    pub(super) fn new(mut track: Tracked, shared: &'a SharedOutputs) -> Self {
        let start_s = shared.audio_start_s;
        for time_s in track.times_s.iter_mut().chain(&mut track.level_times_s) {
            *time_s += start_s;
        }
        let (mut voiced, mut next, mut nth) = (Vec::new(), 0, 0);
        for range in ranges(&track.times_s, &shared.speech) {
            for frame in (next..range.end).filter(|&frame| !track.f0_hz[frame].is_nan()) {
                if range.contains(&frame) {
                    voiced.push((frame as u32, nth));
                }
                nth += 1;
            }
            next = next.max(range.end);
        }
        Self { track, speech: &shared.speech, voiced, start_s }
    }

    /// Fills in what the contours tell, and why the rest is null.
    pub(super) fn sum_up(&self, summary: &mut VoiceSummary) {
        let Self { track, speech, .. } = self;
        let missing = &mut summary.missing;
        let no_speech = "no speech was found";
        let no_voice = if speech.is_empty() { no_speech } else { "no frame inside speech is voiced" };
        summary.pitch = pitch(&self.track.times_s, &track.f0_hz, speech);
        match summary.pitch {
            None => fill(missing, &["pitch"], "the sound is shorter than 0.04 s"),
            Some(Pitch { median_hz: None, .. }) => {
                let names = ["median_hz", "mean_hz", "p10_hz", "p90_hz", "std_semitones"];
                fill(
                    missing,
                    &names.map(|name| format!("pitch.{name}")).each_ref().map(String::as_str),
                    no_voice,
                );
            }
            Some(_) => {}
        }
        if let Some(Pitch { voiced_ratio: None, .. }) = summary.pitch {
            fill(missing, &["pitch.voiced_ratio"], "the stretches of speech are too short for a frame");
        }
        summary.intensity = intensity(&self.track.level_times_s, &track.level_db, speech);
        if summary.intensity.is_none() {
            let soft = "the speech is too short to have a level";
            fill(missing, &["intensity"], if speech.is_empty() { no_speech } else { soft });
        }
        summary.pauses = (!speech.is_empty()).then(|| pauses(speech));
        match summary.pauses {
            None => fill(missing, &["pauses"], no_speech),
            Some(Pauses { count: 0, .. }) => fill(
                missing,
                &["pauses.mean_s", "pauses.longest_s"],
                "there is no pause of 0.2 s between stretches of speech",
            ),
            Some(_) => {}
        }
        summary.hnr = self.harmonicity();
        if summary.hnr.is_none() {
            fill(missing, &["hnr"], no_voice);
        }
        summary.formants = self.formants();
        match &summary.formants {
            None => fill(missing, &["formants"], no_voice),
            Some(found) => {
                let values = [
                    found.f1_hz,
                    found.f2_hz,
                    found.f3_hz,
                    found.f1_bandwidth_hz,
                    found.f2_bandwidth_hz,
                    found.f3_bandwidth_hz,
                ];
                let names =
                    ["f1_hz", "f2_hz", "f3_hz", "f1_bandwidth_hz", "f2_bandwidth_hz", "f3_bandwidth_hz"];
                for (name, _) in names.iter().zip(values).filter(|(_, value)| value.is_none()) {
                    fill(missing, &[&format!("formants.{name}")], "no voiced frame has so many resonances");
                }
            }
        }
        self.perturbation(summary);
        self.rates(summary);
    }

    /// The mean over voiced speech.
    fn harmonicity(&self) -> Option<f64> {
        let values: Vec<f64> = self
            .voiced
            .iter()
            .map(|&(_, nth)| f64::from(self.track.voiced.hnr_db[nth as usize]))
            .filter(|db| db.is_finite())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// Medians over voiced speech.
    fn formants(&self) -> Option<FormantSummary> {
        let median = |of: &[[f32; FORMANTS]], k: usize| {
            let mut values: Vec<f64> = self
                .voiced
                .iter()
                .map(|&(_, nth)| f64::from(of[nth as usize][k]))
                .filter(|hz| hz.is_finite())
                .collect();
            values.sort_unstable_by(f64::total_cmp);
            (!values.is_empty()).then(|| percentile(&values, 0.5))
        };
        let (hz, width) = (&self.track.voiced.formants_hz, &self.track.voiced.bandwidths_hz);
        (!self.voiced.is_empty()).then(|| FormantSummary {
            f1_hz: median(hz, 0),
            f2_hz: median(hz, 1),
            f3_hz: median(hz, 2),
            f1_bandwidth_hz: median(width, 0),
            f2_bandwidth_hz: median(width, 1),
            f3_bandwidth_hz: median(width, 2),
        })
    }

    /// Jitter and shimmer of the cycles inside voiced speech.
    fn perturbation(&self, summary: &mut VoiceSummary) {
        let params = PerturbationParams::default();
        let first_s = self.track.times_s.first().copied().unwrap_or(0.0);
        let step_s = super::pitch::STEP_S;
        let counts = |time_s: f64| {
            let frame = ((time_s - first_s) / step_s).round().max(0.0) as u32;
            self.voiced.binary_search_by_key(&frame, |&(frame, _)| frame).is_ok()
        };
        let (pulses_s, heights): (Vec<f64>, Vec<f64>) = self
            .track
            .pulses_s
            .iter()
            .zip(&self.track.amplitudes)
            .map(|(&time_s, &amplitude)| (self.start_s + time_s, f64::from(amplitude)))
            .filter(|&(time_s, _)| counts(time_s))
            .unzip();
        let amplitudes: Vec<Option<f64>> = (0..pulses_s.len())
            .map(|i| {
                let (before, after) = (pulses_s.get(i.checked_sub(1)?)?, pulses_s.get(i + 1)?);
                let like = params.like_periods(pulses_s[i] - before, after - pulses_s[i]);
                (like && heights[i].is_finite()).then_some(heights[i])
            })
            .collect();
        summary.jitter = params.jitter(&pulses_s).map(|jitter| jitter.local);
        summary.shimmer = params.shimmer(&pulses_s, &amplitudes).map(|shimmer| shimmer.local);
        let few = "too few cycles of the voice stand next to each other";
        let reason = if self.speech.is_empty() { "no speech was found" } else { few };
        if summary.jitter.is_none() {
            fill(&mut summary.missing, &["jitter"], reason);
        }
        if summary.shimmer.is_none() {
            fill(&mut summary.missing, &["shimmer"], reason);
        }
    }

    fn rates(&self, summary: &mut VoiceSummary) {
        let found = nuclei(
            &self.track.level_times_s,
            &self.track.level_db,
            &self.track.times_s,
            &self.track.f0_hz,
            self.speech,
            &SyllableParams::default(),
        );
        (summary.speaking_rate, summary.articulation_rate) = rates(found.len(), self.speech);
        if summary.speaking_rate.is_none() {
            fill(&mut summary.missing, &["speaking_rate", "articulation_rate"], "no speech was found");
        }
    }
}

/// The values whose moments lie inside the stretches, both in order.
fn inside<'a, T: Copy>(
    times_s: &'a [f64],
    values: &'a [T],
    stretches: &'a [(f64, f64)],
) -> impl Iterator<Item = T> + 'a {
    ranges(times_s, stretches).flat_map(move |range| values[range].iter().copied())
}

/// Where these values lie.
fn ranges<'a>(times_s: &'a [f64], stretches: &'a [(f64, f64)]) -> impl Iterator<Item = Range<usize>> + 'a {
    stretches.iter().map(move |&(from, to)| {
        let start = times_s.partition_point(|&t| t < from);
        let end = times_s.partition_point(|&t| t < to);
        start..end.max(start)
    })
}

fn pitch(times_s: &[f64], f0_hz: &[f32], speech: &[(f64, f64)]) -> Option<Pitch> {
    if f0_hz.is_empty() {
        return None;
    }
    let share = |frames: &[f32]| {
        let voiced = frames.iter().filter(|f0| !f0.is_nan()).count();
        (!frames.is_empty()).then(|| voiced as f64 / frames.len() as f64)
    };
    if speech.is_empty() {
        return Some(Pitch { voiced_ratio: share(f0_hz), ..Pitch::default() });
    }
    let frames: Vec<f32> = inside(times_s, f0_hz, speech).collect();
    let mut voiced: Vec<f64> = frames.iter().filter(|f0| !f0.is_nan()).map(|&f0| f64::from(f0)).collect();
    voiced.sort_unstable_by(f64::total_cmp);
    if voiced.is_empty() {
        return Some(Pitch { voiced_ratio: share(&frames), ..Pitch::default() });
    }
    let count = voiced.len() as f64;
    let median = percentile(&voiced, 0.5);
    let spread = voiced.iter().map(|f0| (12.0 * (f0 / median).log2()).powi(2)).sum::<f64>() / count;
    Some(Pitch {
        median_hz: Some(median),
        mean_hz: Some(voiced.iter().sum::<f64>() / count),
        p10_hz: Some(percentile(&voiced, 0.1)),
        p90_hz: Some(percentile(&voiced, 0.9)),
        std_semitones: Some(spread.sqrt()),
        voiced_ratio: share(&frames),
    })
}

fn intensity(times_s: &[f64], db: &[f32], speech: &[(f64, f64)]) -> Option<Intensity> {
    let levels: Vec<f64> = inside(times_s, db, speech).filter(|db| db.is_finite()).map(f64::from).collect();
    if levels.is_empty() {
        return None;
    }
    let mean_db = levels.iter().sum::<f64>() / levels.len() as f64;
    let variance = levels.iter().map(|db| (db - mean_db).powi(2)).sum::<f64>() / levels.len() as f64;
    Some(Intensity { mean_db, std_db: variance.sqrt() })
}

fn pauses(speech: &[(f64, f64)]) -> Pauses {
    let gaps: Vec<f64> =
        speech.windows(2).map(|pair| pair[1].0 - pair[0].1).filter(|&gap| gap >= PAUSE_S).collect();
    let total_s = gaps.iter().fold(0.0, |sum, gap| sum + gap);
    Pauses {
        count: gaps.len() as u32,
        total_s,
        mean_s: (!gaps.is_empty()).then(|| total_s / gaps.len() as f64),
        longest_s: gaps.iter().copied().reduce(f64::max),
    }
}

//! The extractor of speech.

use super::emotion::emotion_cues;
use super::intensity::IntensityMeter;
use super::pitch::{Contour, PitchTracker};
use super::speakers::{self, Contours, DiarizeParams, Diarizer};
use super::{Intensity, Pauses, Pitch, Segment, VoiceSummary};
use crate::Result;
use crate::dsp::percentile;
use crate::dsp::resample::RATE;
use crate::extract::{
    ActivitySource, AudioInput, Extracted, Extractor, ExtractorConfig, Matrix, SharedOutputs, Vectors, Wants,
};
use crate::media::MediaInfo;
use std::collections::BTreeMap;

/// Gaps between stretches of speech from here on are pauses, in seconds.
const PAUSE_S: f64 = 0.2;
/// Seconds that room is made for at most before the sound has come; a header may claim anything.
const RESERVED_S: f64 = 600.0;

/// Turns speech into a [`VoiceSummary`]: where speech is, its fundamental frequency by autocorrelation (Boersma 1993, with
/// the standard settings of Praat), its pauses and its level.
///
/// The frame-level features are `f0_hz` [frames, 1] every 10 ms (Hz, NaN where unvoiced; of the whole sound, not of speech
/// alone) and `intensity_db` [frames, 1] every 8 ms (dB relative to full scale, NaN in digital silence). Where there is
/// speech, `speaker_prosody` [speakers, 9] has a row for each speaker, at the moment of the first word: `f0_median_hz`,
/// `f0_mean_hz`, `f0_std_semitones`, `voiced_ratio`, `intensity_mean_db`, `intensity_std_db`, `spectral_tilt`, `pause_ratio`, `mean_turn_s`,
/// as in [`Prosody`](super::Prosody).
///
/// ```
/// use viralnow_core::extract::{Extractor, ExtractorConfig, SharedAnalysis};
/// use viralnow_core::media::{AudioBlock, MediaInfo};
/// use viralnow_core::voice::VoiceExtractor;
///
/// let buzz: Vec<f32> = (0..16_000).map(|i| (1..9).map(|h| (i * h) as f32 * 0.05).map(f32::sin).sum::<f32>() / 16.0).collect();
/// let block = AudioBlock { start_s: 0.0, sample_rate: 16_000, channels: 1, samples: &buzz };
/// let info = MediaInfo::default();
/// let mut voice = VoiceExtractor::new(&ExtractorConfig::default());
/// let mut shared = SharedAnalysis::new(voice.wants(), Default::default(), &info)?;
/// voice.begin(&info)?;
/// shared.audio(&block, &mut |input| voice.audio(input))?;
/// let shared = shared.finish(&mut |input| voice.audio(input))?;
/// let found = voice.finish(&shared)?;
/// // 16000 * 0.05 / (2 pi) Hz
/// assert!((found.vectors["f0_hz"].data[48] - 127.324).abs() < 0.01);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct VoiceExtractor {
    pitch: Option<PitchTracker>,
    intensity: IntensityMeter,
    diarizer: Option<Diarizer>,
    /// Rate of the stream, once sound came, and whether it came at 16 kHz.
    rate: Option<u32>,
    heard: bool,
}

impl VoiceExtractor {
    /// With these settings.
    #[must_use]
    pub fn new(_config: &ExtractorConfig) -> Self {
        let rate = f64::from(RATE);
        Self {
            pitch: Some(PitchTracker::new(rate, PitchTracker::earliest_s())),
            intensity: IntensityMeter::new(rate, IntensityMeter::earliest_s()),
            diarizer: Some(Diarizer::new()),
            rate: None,
            heard: false,
        }
    }
}

impl Extractor for VoiceExtractor {
    type Features = VoiceSummary;
    const MODALITY: &'static str = "voice";

    fn version(&self) -> &'static str {
        // Another detector makes other features of the same sound.
        match ActivitySource::current() {
            ActivitySource::Embedded => "voice-1",
            ActivitySource::Silero => "voice-1+silero",
        }
    }

    fn wants(&self) -> Wants {
        Wants { audio: true, ..Wants::default() }
    }

    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        let seconds = info.duration_s.or(info.container_duration_s).unwrap_or(0.0).clamp(0.0, RESERVED_S);
        if let Some(pitch) = &mut self.pitch {
            pitch.reserve(seconds);
        }
        Ok(())
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        if !input.native.samples.is_empty() {
            self.rate = Some(input.native.sample_rate);
        }
        self.heard |= !input.mono16k.is_empty();
        if let Some(pitch) = &mut self.pitch {
            pitch.push(input.mono16k);
        }
        self.intensity.push(input.mono16k);
        if let Some(diarizer) = &mut self.diarizer {
            diarizer.push(input.mono16k);
        }
        Ok(())
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<VoiceSummary>> {
        let contour =
            self.pitch.take().map_or(Contour { times_s: vec![], f0_hz: vec![] }, PitchTracker::finish);
        let start_s = shared.audio_start_s;
        let times_s: Vec<f64> = contour.times_s.iter().map(|t| start_s + t).collect();
        let level_times_s: Vec<f64> =
            (0..self.intensity.db.len()).map(|k| start_s + self.intensity.time_s(k)).collect();
        let speech = &shared.speech;
        let mut missing = BTreeMap::new();
        let mut say = |names: &[&str], reason: &str| {
            for name in names {
                missing.insert((*name).to_owned(), reason.to_owned());
            }
        };
        let nothing = match self.rate {
            None => Some("there is no sound".to_owned()),
            Some(rate) if !self.heard => Some(format!("sound at {rate} Hz cannot be brought to 16 kHz")),
            Some(_) => None,
        };
        let mut summary = VoiceSummary::default();
        let mut speaker_prosody = None;
        if let Some(reason) = nothing {
            let names = [
                "speech",
                "speech_ratio",
                "activity_source",
                "speakers",
                "turns",
                "overlaps",
                "emotion_cues",
                "pitch",
                "pauses",
                "intensity",
            ];
            say(&names, &reason);
        } else {
            // Not `sum`, which makes -0 of nothing.
            let spoken_s = speech.iter().fold(0.0, |sum, (from, to)| sum + (to - from));
            summary.speech = speech.iter().map(|&(start_s, end_s)| Segment { start_s, end_s }).collect();
            summary.activity_source = Some(shared.activity_source);
            summary.speech_ratio = Some((spoken_s / shared.audio_s).min(1.0));
            summary.pitch = pitch(&times_s, &contour.f0_hz, speech);
            summary.intensity = intensity(&level_times_s, &self.intensity.db, speech);
            summary.pauses = (!speech.is_empty()).then(|| pauses(speech));
            let no_speech = "no speech was found";
            match self.diarizer.take().filter(|_| !speech.is_empty()) {
                None => say(&["speakers", "turns", "overlaps", "emotion_cues"], no_speech),
                Some(diarizer) => {
                    let contours = Contours {
                        pitch_times_s: &times_s,
                        f0_hz: &contour.f0_hz,
                        level_times_s: &level_times_s,
                        level_db: &self.intensity.db,
                    };
                    let (found, all) = diarizer.finish(speech, start_s, &contours, DiarizeParams::default());
                    speakers::reasons(&found.speakers, &mut say);
                    speaker_prosody = Some(speakers::prosody_vectors(&found.speakers, &found.turns));
                    summary.emotion_cues = Some(emotion_cues(&all, summary.articulation_rate));
                    summary.overlaps = Some(found.overlaps);
                    (summary.speakers, summary.turns) = (Some(found.speakers), Some(found.turns));
                }
            }
            match summary.pitch {
                None => say(&["pitch"], "the sound is shorter than 0.04 s"),
                Some(Pitch { median_hz: None, .. }) => {
                    let reason =
                        if speech.is_empty() { no_speech } else { "no frame inside speech is voiced" };
                    let names = [
                        "pitch.median_hz",
                        "pitch.mean_hz",
                        "pitch.p10_hz",
                        "pitch.p90_hz",
                        "pitch.std_semitones",
                    ];
                    say(&names, reason);
                }
                Some(_) => {}
            }
            if let Some(Pitch { voiced_ratio: None, .. }) = summary.pitch {
                say(&["pitch.voiced_ratio"], "the stretches of speech are too short for a frame");
            }
            if summary.intensity.is_none() {
                say(
                    &["intensity"],
                    if speech.is_empty() { no_speech } else { "the speech is too short to have a level" },
                );
            }
            match summary.pauses {
                None => say(&["pauses"], no_speech),
                Some(Pauses { count: 0, .. }) => {
                    say(
                        &["pauses.mean_s", "pauses.longest_s"],
                        "there is no pause of 0.2 s between stretches of speech",
                    );
                }
                Some(_) => {}
            }
        }
        let later = ["speaking_rate", "articulation_rate", "jitter", "shimmer", "hnr", "egemaps"];
        say(&later, "not computed by this version");
        let level = std::mem::take(&mut self.intensity.db);
        let mut vectors = Vectors::from([
            ("f0_hz".to_owned(), column(contour.f0_hz, times_s, "Hz")),
            ("intensity_db".to_owned(), column(level, level_times_s, "dB")),
        ]);
        vectors.extend(speaker_prosody.map(|matrix| ("speaker_prosody".to_owned(), matrix)));
        Ok(Extracted { features: VoiceSummary { missing, ..summary }, vectors })
    }
}

fn column(data: Vec<f32>, times_s: Vec<f64>, unit: &'static str) -> Matrix {
    Matrix { rows: data.len(), columns: 1, data, times_s, unit }
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

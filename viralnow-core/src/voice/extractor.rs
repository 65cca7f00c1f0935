//! The extractor of speech.

use super::egemaps::EgemapsMeter;
use super::emotion::emotion_cues;
use super::speakers::{self, Contours, DiarizeParams, Diarizer};
use super::sum_up::{Heard, fill};
use super::track::{FORMANTS, Tracked, VoiceTrack};
use super::{Grid, Segment, VoiceSummary};
use crate::dsp::resample::RATE;
use crate::extract::{
    ActivitySource, AudioInput, Extracted, Extractor, ExtractorConfig, Matrix, SharedOutputs, Vectors, Wants,
};
use crate::media::MediaInfo;
use crate::{Preset, Result};

/// Seconds of sound that the preset `reference` keeps to place its frames as Praat does; a longer one has frames from its
/// start on.
const KEPT_S: usize = 1200;
/// Samples of a kept sound that are measured at a time.
const PIECE: usize = 1 << 15;
/// Share of the summing up that tracking a kept sound is.
const TRACKED: f64 = 0.7;
/// Seconds that room is made for at most before the sound has come; a header may claim anything.
const RESERVED_S: f64 = 600.0;

/// Turns speech into a [`VoiceSummary`]: where speech is, its fundamental frequency by autocorrelation (Boersma 1993, with
/// the standard settings of Praat), its pauses and its level.
///
/// The frame-level features are `f0_hz` [frames, 1] every 10 ms (Hz, NaN where unvoiced; of the whole sound, not of speech
/// alone), on the same frames `hnr_db` [frames, 1] (harmonics-to-noise ratio, dB) and `formants_hz` [frames, 3] (Hz), both NaN
/// where unvoiced (and outside `reference` in the odd frame that only the whole sound shows to be voiced), and
/// `intensity_db` [frames, 1] every 8 ms (dB relative to full scale, NaN in digital silence). Where there is speech,
/// `speaker_prosody` [speakers, 9] has a row for each speaker, at the moment of the first word: `f0_median_hz`, `f0_mean_hz`,
/// `f0_std_semitones`, `voiced_ratio`, `intensity_mean_db`, `intensity_std_db`, `spectral_tilt`, `pause_ratio`, `mean_turn_s`,
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
/// let mut shared = SharedAnalysis::new(voice.wants());
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
    sound: Sound,
    diarizer: Option<Diarizer>,
    egemaps: Option<EgemapsMeter>,
    /// Rate of the stream, once sound came, and whether it came at 16 kHz.
    rate: Option<u32>,
    heard: bool,
    /// Which detector told speech from the rest, once that is known.
    source: Option<ActivitySource>,
    summary_only: bool,
}

/// The sound so far.
#[derive(Debug)]
enum Sound {
    /// Measured as it comes.
    Live(Box<VoiceTrack>),
    /// Kept, since Praat's frames depend on its length.
    Kept(Vec<f32>),
    /// Was kept, and turned out too long for it: measured from its start on, some of it with each block that comes.
    Late(Late),
}

#[derive(Debug)]
struct Late {
    track: Box<VoiceTrack>,
    samples: Vec<f32>,
    /// Samples that are measured.
    done: usize,
}

impl Late {
    fn new(samples: Vec<f32>) -> Self {
        Self { track: Box::new(VoiceTrack::new(Grid::FromStart, 0)), samples, done: 0 }
    }

    /// Measures the next piece; says whether that was all.
    fn go_on(&mut self) -> bool {
        let end = self.samples.len().min(self.done + PIECE);
        self.track.push(&self.samples[self.done..end]);
        self.done = end;
        end == self.samples.len()
    }
}

impl VoiceExtractor {
    /// With these settings.
    #[must_use]
    pub fn new(config: &ExtractorConfig) -> Self {
        let sound = match config.preset {
            Preset::Reference => Sound::Kept(Vec::new()),
            _ => Sound::Live(Box::new(VoiceTrack::new(Grid::FromStart, 0))),
        };
        Self {
            sound,
            diarizer: Some(Diarizer::new()),
            egemaps: Some(EgemapsMeter::new()),
            rate: None,
            heard: false,
            source: None,
            summary_only: config.summary_only,
        }
    }

    /// The same as [`Extractor::finish`], and stops as soon as `pulse`, which is told the share that is done, fails: with
    /// its error.
    pub fn finish_while(
        &mut self,
        shared: &SharedOutputs,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Extracted<VoiceSummary>> {
        pulse(0.0)?;
        self.source = Some(shared.activity_source);
        let track = self.track(pulse)?;
        pulse(TRACKED)?;
        let mut summary = VoiceSummary::default();
        let heard = Heard::new(track.finish(), shared);
        let mut beat = || pulse(TRACKED);
        beat()?;
        let mut speaker_prosody = None;
        let nothing = match self.rate {
            None => Some("there is no sound".to_owned()),
            Some(rate) if !self.heard => Some(format!("sound at {rate} Hz cannot be brought to 16 kHz")),
            Some(_) => None,
        };
        if let Some(reason) = nothing {
            summary.say_nothing(&reason);
        } else {
            let speech = &shared.speech;
            // Not `sum`, which makes -0 of nothing.
            let spoken_s = speech.iter().fold(0.0, |sum, (from, to)| sum + (to - from));
            summary.speech = speech.iter().map(|&(start_s, end_s)| Segment { start_s, end_s }).collect();
            summary.activity_source = Some(shared.activity_source);
            if let Some(failure) = &shared.activity_failure {
                let reason = format!("Silero VAD failed, so that the embedded detector was used: {failure}");
                summary.missing.insert("activity_source.silero".to_owned(), reason);
            }
            summary.speech_ratio = Some((spoken_s / shared.audio_s).min(1.0));
            heard.sum_up(&mut summary);
            beat()?;
            if let Some(egemaps) = self.egemaps.take() {
                egemaps.sum_up(&mut summary);
            }
            beat()?;
            let say = &mut summary.missing;
            match self.diarizer.take().filter(|_| !speech.is_empty()) {
                None => fill(say, &["speakers", "turns", "overlaps", "emotion_cues"], "no speech was found"),
                Some(diarizer) => {
                    let contours = Contours {
                        pitch_times_s: &heard.track.times_s,
                        f0_hz: &heard.track.f0_hz,
                        level_times_s: &heard.track.level_times_s,
                        level_db: &heard.track.level_db,
                    };
                    let start_s = shared.audio_start_s;
                    let (found, all) =
                        diarizer.finish(speech, start_s, &contours, DiarizeParams::default(), &mut beat)?;
                    speakers::reasons(&found.speakers, &mut |names: &[&str], reason: &str| {
                        fill(say, names, reason);
                    });
                    speaker_prosody = Some(speakers::prosody_vectors(&found.speakers, &found.turns));
                    summary.emotion_cues = Some(emotion_cues(&all, summary.articulation_rate));
                    summary.overlaps = Some(found.overlaps);
                    (summary.speakers, summary.turns) = (Some(found.speakers), Some(found.turns));
                }
            }
        }
        let mut vectors = Vectors::new();
        if !self.summary_only {
            vectors = frame_vectors(heard.track);
            vectors.extend(speaker_prosody.map(|matrix| ("speaker_prosody".to_owned(), matrix)));
        }
        Ok(Extracted { features: summary, vectors })
    }

    /// The track of all that was heard.
    fn track(&mut self, pulse: &mut dyn FnMut(f64) -> Result<()>) -> Result<VoiceTrack> {
        let mut late = match std::mem::replace(&mut self.sound, Sound::Kept(Vec::new())) {
            Sound::Live(track) => return Ok(*track),
            Sound::Late(late) => late,
            Sound::Kept(samples) => {
                let track = Box::new(VoiceTrack::new(Grid::Centred, samples.len() as u64));
                Late { track, samples, done: 0 }
            }
        };
        while !late.go_on() {
            pulse(TRACKED * late.done as f64 / late.samples.len() as f64)?;
        }
        Ok(*late.track)
    }
}

impl Extractor for VoiceExtractor {
    type Features = VoiceSummary;
    const MODALITY: &'static str = "voice";

    fn version(&self) -> &'static str {
        // Another detector makes other features of the same sound.
        match self.source.unwrap_or_else(ActivitySource::current) {
            ActivitySource::Embedded => "voice-2",
            ActivitySource::Silero => "voice-2+silero",
        }
    }

    fn wants(&self) -> Wants {
        Wants { audio: true, ..Wants::default() }
    }

    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        let seconds = info.duration_s.or(info.container_duration_s).unwrap_or(0.0).clamp(0.0, RESERVED_S);
        if let Sound::Live(track) = &mut self.sound {
            track.reserve(seconds);
        }
        if let Some(diarizer) = &mut self.diarizer {
            diarizer.reserve(seconds);
        }
        if let Some(egemaps) = &mut self.egemaps {
            egemaps.reserve(seconds);
        }
        Ok(())
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        if !input.native.samples.is_empty() {
            self.rate = Some(input.native.sample_rate);
        }
        self.heard |= !input.mono16k.is_empty();
        match &mut self.sound {
            Sound::Live(track) => track.push(input.mono16k),
            Sound::Kept(samples) => {
                samples.extend_from_slice(input.mono16k);
                if samples.len() > KEPT_S * RATE as usize {
                    self.sound = Sound::Late(Late::new(std::mem::take(samples)));
                }
            }
            Sound::Late(late) => {
                late.samples.extend_from_slice(input.mono16k);
                if late.go_on() {
                    let track =
                        std::mem::replace(&mut late.track, Box::new(VoiceTrack::new(Grid::FromStart, 0)));
                    self.sound = Sound::Live(track);
                }
            }
        }
        if let Some(diarizer) = &mut self.diarizer {
            diarizer.push(input.mono16k);
        }
        if let Some(egemaps) = &mut self.egemaps {
            egemaps.push(input.mono16k);
        }
        Ok(())
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<VoiceSummary>> {
        self.finish_while(shared, &mut |_| Ok(()))
    }
}

/// Every frame; those without a voice have no harmonicity and no formants.
fn frame_vectors(track: Tracked) -> Vectors {
    let Tracked { times_s, f0_hz, voiced, level_times_s, level_db, .. } = track;
    let (mut hnr_db, mut formants) = (vec![f32::NAN; f0_hz.len()], vec![f32::NAN; f0_hz.len() * FORMANTS]);
    let frames = (0..f0_hz.len()).filter(|&frame| !f0_hz[frame].is_nan());
    for (nth, frame) in frames.enumerate() {
        hnr_db[frame] = voiced.hnr_db[nth];
        formants[frame * FORMANTS..(frame + 1) * FORMANTS].copy_from_slice(&voiced.formants_hz[nth]);
    }
    Vectors::from([
        ("f0_hz".to_owned(), columns(1, f0_hz, times_s.clone(), "Hz")),
        ("hnr_db".to_owned(), columns(1, hnr_db, times_s.clone(), "dB")),
        ("formants_hz".to_owned(), columns(FORMANTS, formants, times_s, "Hz")),
        ("intensity_db".to_owned(), columns(1, level_db, level_times_s, "dB")),
    ])
}

fn columns(columns: usize, data: Vec<f32>, times_s: Vec<f64>, unit: &'static str) -> Matrix {
    Matrix { rows: data.len() / columns, columns, data, times_s, unit }
}

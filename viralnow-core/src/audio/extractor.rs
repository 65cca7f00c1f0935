//! The extractor of sound.

use super::danceability::Levels;
use super::fingerprint::Picker;
use super::frames::{DELTA_WIDTH, Frames};
use super::key::KeyFinder;
use super::loudness::Meter;
use super::rhythm::{FoundRhythm, RhythmAnalysis, peer_rhythm};
use super::speech_music;
use super::temporal::Temporal;
use super::{AudioSummary, sound_hash};
use crate::dsp::resample::RATE;
use crate::dsp::stft::Framing;
use crate::dsp::{Stats, VectorStats};
use crate::extract::{
    AudioInput, Extracted, Extractor, ExtractorConfig, Matrix, SharedOutputs, Spectra, Vectors, Wants,
};
use crate::media::MediaInfo;
use crate::{Preset, Result};
use std::collections::BTreeMap;

/// Seconds that room is made for at most before the sound has come; a header may claim anything.
const RESERVED_S: f64 = 600.0;

/// Turns sound into an [`AudioSummary`]: cepstrum, spectral shape, zero crossings and level with the parameters of librosa
/// 0.11 on 16 kHz mono; loudness after EBU R 128, tempo, beats and danceability at the stream's own rate; the key.
///
/// The frame-level features are `mfcc`, `mfcc_delta` and `mfcc_delta2` [frames, 20], `chroma` [frames, 12],
/// `spectral_contrast` [frames, 7] and, with one column each, `spectral_centroid`, `spectral_bandwidth` and
/// `spectral_rolloff` (Hz), `spectral_flatness`, `zero_crossing_rate` and `rms` (1). Frame `k` is centred on the start of
/// the sound + `512 k / 16000` s. Beside the frames, `landmarks` [landmarks, 2] is the fingerprint
/// ([`super::Fingerprint::from_matrix`]). A frame without energy has no chroma, centroid, bandwidth and roll-off: they are NaN and
/// left out of the summary; the preset `reference` gives 0, as librosa does. Under 9 frames the deltas are NaN.
/// `onset_strength` [frames, 1] has a frame every 10 ms and lies in [0, 1]; in `reference` it is librosa's, in dB, every
/// 512 samples at 16 kHz, and so are tempo and beats.
///
/// It keeps some 20 kB for each second of sound (twice as much for white noise and in `reference`): the mel spectrogram, because the decibels are
/// relative to the largest value of the whole, and chroma at all tunings, because the tuning is that of the whole; 8 kB less where
/// nobody reads the frames, which have no chroma then.
///
/// ```
/// use viralnow_core::audio::AudioExtractor;
/// use viralnow_core::extract::{Extractor, ExtractorConfig, SharedAnalysis};
/// use viralnow_core::media::{AudioBlock, MediaInfo};
///
/// let tone: Vec<f32> = (0..48_000).map(|i| 0.5 * (i as f32 * 0.125).sin()).collect();
/// let block = AudioBlock { start_s: 0.0, sample_rate: 48_000, channels: 1, samples: &tone };
/// let info = MediaInfo::default();
/// let mut audio = AudioExtractor::new(&ExtractorConfig::default());
/// let mut shared = SharedAnalysis::new(audio.wants());
/// audio.begin(&info)?;
/// shared.audio(&block, &mut |input| audio.audio(input))?;
/// let shared = shared.finish(&mut |input| audio.audio(input))?;
/// let found = audio.finish(&shared)?;
/// assert_eq!(found.vectors["mfcc"].columns, 20);
/// // 48000 * 0.125 / (2 pi) Hz
/// assert!((found.features.spectral_rolloff.unwrap().p50 - 955.0).abs() < 16.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct AudioExtractor {
    preset: Preset,
    summary_only: bool,
    meter: Meter,
    temporal: Temporal,
    /// Made with the first sound.
    frames: Option<Frames>,
    rhythm: RhythmAnalysis,
    levels: Levels,
    key: KeyFinder,
    landmarks: Picker,
    /// Rate of the stream, once sound came.
    rate: Option<u32>,
    /// Samples at 16 kHz.
    samples: u64,
}

/// The vectors, the statistics of chroma, the tuning and the rhythm.
type WholeSound = (Vectors, Option<VectorStats>, Option<f64>, FoundRhythm);

impl AudioExtractor {
    /// With these settings.
    #[must_use]
    pub fn new(config: &ExtractorConfig) -> Self {
        Self {
            preset: config.preset,
            summary_only: config.summary_only,
            meter: Meter::default(),
            temporal: Temporal::new(Framing::default()),
            frames: None,
            rhythm: RhythmAnalysis::default(),
            levels: Levels::default(),
            key: KeyFinder::default(),
            landmarks: Picker::new(),
            rate: None,
            samples: 0,
        }
    }

    fn frames(&mut self) -> &mut Frames {
        let (preset, summary_only) = (self.preset, self.summary_only);
        self.frames.get_or_insert_with(|| Frames::new(preset, summary_only))
    }

    /// What needs the whole: the vectors, the statistics of chroma, the tuning, and the rhythm.
    fn vectors(&mut self, start_s: f64, pulse: &mut dyn FnMut(f64) -> Result<()>) -> Result<WholeSound> {
        let (preset, summary_only) = (self.preset, self.summary_only);
        let frames = self.frames.take().unwrap_or_else(|| Frames::new(preset, summary_only));
        let whole = frames.finish(preset, &mut || pulse(0.1))?;
        let mut series = whole.series;
        self.temporal.finish();
        let temporal = std::mem::replace(&mut self.temporal, Temporal::new(Framing::default()));
        series.push(("zero_crossing_rate", 1, temporal.zero_crossing_rate, "1"));
        series.push(("rms", 1, temporal.rms, "1"));
        let rate = f64::from(RATE);
        // Where nobody reads the vectors, nobody asks when.
        let times =
            |rows, at: &dyn Fn(usize) -> f64| if summary_only { vec![] } else { (0..rows).map(at).collect() };
        let vectors = series.into_iter().map(|(name, columns, data, unit)| {
            let rows = data.len() / columns;
            let times_s = times(rows, &|k| start_s + (k * Spectra::HOP) as f64 / rate);
            (name.to_owned(), Matrix { rows, columns, data, times_s, unit })
        });
        let mut vectors: Vectors = vectors.collect();
        pulse(0.5)?;
        let (mut rhythm, unit) = match whole.onsets {
            Some((means, medians)) => (peer_rhythm(means, &medians, RATE, start_s), "dB"),
            None => (std::mem::take(&mut self.rhythm).finish(start_s), "1"),
        };
        let data = std::mem::take(&mut rhythm.envelope);
        let times_s = times(data.len(), &|k| start_s + k as f64 / rhythm.frame_rate);
        let strength = Matrix { rows: data.len(), columns: 1, data, times_s, unit };
        vectors.insert("onset_strength".to_owned(), strength);
        Ok((vectors, whole.chroma, whole.tuning, rhythm))
    }

    /// The same as [`Extractor::finish`], and stops as soon as `pulse`, which is told the share that is done, fails: with
    /// its error.
    pub fn finish_while(
        &mut self,
        shared: &SharedOutputs,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Extracted<AudioSummary>> {
        pulse(0.0)?;
        let mut missing = BTreeMap::new();
        let loudness = self.meter.loudness(&mut missing);
        let print = self.landmarks.finish(self.samples);
        let (mut vectors, chroma, tuning, rhythm) = self.vectors(shared.audio_start_s, pulse)?;
        pulse(0.7)?;
        let key = std::mem::take(&mut self.key).finish();
        let danceability = std::mem::take(&mut self.levels).finish();
        let scalar = |name: &str| Stats::of(&vectors[name].data);
        let mut vector =
            |name: &str| pulse(0.8).map(|()| VectorStats::of(&vectors[name].data, vectors[name].columns));
        let mut features = AudioSummary {
            mfcc: vector("mfcc")?,
            mfcc_delta: vector("mfcc_delta")?,
            mfcc_delta2: vector("mfcc_delta2")?,
            chroma,
            tuning,
            spectral_centroid: scalar("spectral_centroid"),
            spectral_rolloff: scalar("spectral_rolloff"),
            spectral_bandwidth: scalar("spectral_bandwidth"),
            spectral_flatness: scalar("spectral_flatness"),
            spectral_contrast: vector("spectral_contrast")?,
            zero_crossing_rate: scalar("zero_crossing_rate"),
            rms: scalar("rms"),
            loudness,
            rhythm: rhythm.rhythm,
            key: key.as_ref().ok().cloned(),
            danceability: danceability.ok(),
            trending_sound_hash: None,
            speech_music: speech_music::sum_up(&shared.content, shared.audio_start_s, shared.audio_s),
            missing: BTreeMap::new(),
        };
        features.trending_sound_hash = sound_hash(&features, &print);
        let reason = match self.rate {
            None => "there is no sound".to_owned(),
            Some(rate) if vectors["mfcc"].rows == 0 => {
                format!("sound at {rate} Hz cannot be brought to 16 kHz")
            }
            Some(_) => "the sound is digital silence".to_owned(),
        };
        for (name, there) in [
            ("mfcc", features.mfcc.is_some()),
            ("chroma", features.chroma.is_some()),
            ("spectral_centroid", features.spectral_centroid.is_some()),
            ("spectral_rolloff", features.spectral_rolloff.is_some()),
            ("spectral_bandwidth", features.spectral_bandwidth.is_some()),
            ("spectral_flatness", features.spectral_flatness.is_some()),
            ("spectral_contrast", features.spectral_contrast.is_some()),
            ("zero_crossing_rate", features.zero_crossing_rate.is_some()),
            ("rms", features.rms.is_some()),
            ("speech_music", features.speech_music.is_some()),
        ] {
            if !there {
                missing.insert(name.to_owned(), reason.clone());
            }
        }
        let short = vectors["mfcc"].rows > 0 && vectors["mfcc"].rows < DELTA_WIDTH;
        for (name, there) in
            [("mfcc_delta", features.mfcc_delta.is_some()), ("mfcc_delta2", features.mfcc_delta2.is_some())]
        {
            if !there {
                let short = short.then(|| format!("the sound is shorter than {DELTA_WIDTH} frames"));
                missing.insert(name.to_owned(), short.unwrap_or_else(|| reason.clone()));
            }
        }
        if features.tuning.is_none() {
            let unpitched = features.chroma.is_some().then(|| "the sound has no pitch".to_owned());
            missing.insert("tuning".to_owned(), unpitched.unwrap_or_else(|| reason.clone()));
        }
        // Without any frame the reason is that of all; else each knows its own.
        let own = |why: &str| if vectors["mfcc"].rows == 0 { reason.clone() } else { why.to_owned() };
        missing.extend(rhythm.missing.into_iter().map(|(name, why)| (name, own(&why))));
        for (name, why) in [("key", key.err()), ("danceability", danceability.err())] {
            missing.extend(why.map(|why| (name.to_owned(), own(why))));
        }
        if features.speech_music.as_ref().is_some_and(|found| found.label.is_none()) {
            missing.insert("speech_music.label".to_owned(), "no kind of sound has a share of 0.6".to_owned());
        }
        if features.trending_sound_hash.is_none() {
            let reason = "the sound has next to no landmarks: it is silent, steady or under a second long";
            missing.insert("trending_sound_hash".to_owned(), reason.to_owned());
        }
        if self.summary_only {
            vectors.clear();
        } else {
            vectors.insert("landmarks".to_owned(), print.to_matrix(shared.audio_start_s));
        }
        Ok(Extracted { features: AudioSummary { missing, ..features }, vectors })
    }
}

impl Extractor for AudioExtractor {
    type Features = AudioSummary;
    const MODALITY: &'static str = "audio";

    fn version(&self) -> &'static str {
        "audio-1"
    }

    fn wants(&self) -> Wants {
        Wants { audio: true, spectra: true, ..Wants::default() }
    }

    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        let seconds = info.duration_s.or(info.container_duration_s).unwrap_or(0.0).clamp(0.0, RESERVED_S);
        let frames = (seconds * f64::from(RATE) / Spectra::HOP as f64) as usize + 2;
        self.frames().reserve(frames);
        self.temporal.reserve(frames);
        self.rhythm.reserve(seconds);
        self.levels.reserve(seconds);
        self.landmarks.reserve(frames);
        Ok(())
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        if !input.native.samples.is_empty() {
            self.rate = Some(input.native.sample_rate);
            self.meter.push(&input.native);
        }
        let rate = input.native.sample_rate;
        if self.preset != Preset::Reference {
            self.rhythm.push(input.mono, rate);
        }
        self.levels.push(input.mono, rate);
        self.key.push(input.mono16k);
        self.temporal.push(input.mono16k);
        self.samples += input.mono16k.len() as u64;
        for magnitudes in input.spectra.magnitudes.chunks_exact(Spectra::BINS) {
            self.frames().push(magnitudes);
            self.landmarks.push(magnitudes);
        }
        Ok(())
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<AudioSummary>> {
        self.finish_while(shared, &mut |_| Ok(()))
    }
}

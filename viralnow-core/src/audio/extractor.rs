//! The extractor of sound.

use super::AudioSummary;
use super::loudness::Meter;
use super::spectral::{CONTRAST_BANDS, SpectralShape};
use super::temporal::Temporal;
use crate::dsp::decibel::{clip_to_top, power_to_db};
use crate::dsp::mel::{BANDS, COEFFICIENTS, Cepstrum, MelBank};
use crate::dsp::resample::RATE;
use crate::dsp::stft::BINS;
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
/// 0.11 on 16 kHz mono, and loudness after EBU R 128 at the stream's own rate.
///
/// The frame-level features are `mfcc` [frames, 20], `spectral_contrast` [frames, 7] and, with one column each,
/// `spectral_centroid`, `spectral_bandwidth` and `spectral_rolloff` (Hz), `spectral_flatness`, `zero_crossing_rate` and
/// `rms` (1). Frame `k` is centred on the start of the sound + `512 k / 16000` s. A frame without energy has no centroid,
/// bandwidth and roll-off: they are NaN and left out of the summary; the preset `reference` gives 0, as librosa does.
///
/// It keeps 18 kB for each second of sound: the mel spectrogram, because the decibels are relative to the largest value of
/// the whole.
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
/// let mut shared = SharedAnalysis::new(audio.wants(), Default::default(), &info)?;
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
    meter: Meter,
    temporal: Temporal,
    bank: MelBank,
    shape: SpectralShape,
    power: Vec<f32>,
    frames: Frames,
    /// Rate of the stream, once sound came.
    rate: Option<u32>,
}

/// What is kept of every frame.
#[derive(Debug, Default)]
struct Frames {
    /// Mel spectrogram in dB, [`BANDS`] each.
    mel_db: Vec<f32>,
    centroid: Vec<f32>,
    bandwidth: Vec<f32>,
    rolloff: Vec<f32>,
    flatness: Vec<f32>,
    /// Peaks and valleys of the contrast, [`CONTRAST_BANDS`] each.
    peak_db: Vec<f32>,
    valley_db: Vec<f32>,
}

impl Frames {
    fn reserve(&mut self, frames: usize) {
        self.mel_db.reserve(frames * BANDS);
        for series in [&mut self.centroid, &mut self.bandwidth, &mut self.rolloff, &mut self.flatness] {
            series.reserve(frames);
        }
        self.peak_db.reserve(frames * CONTRAST_BANDS);
        self.valley_db.reserve(frames * CONTRAST_BANDS);
    }
}

impl AudioExtractor {
    /// With these settings.
    #[must_use]
    pub fn new(config: &ExtractorConfig) -> Self {
        Self {
            preset: config.preset,
            meter: Meter::default(),
            temporal: Temporal::default(),
            bank: MelBank::new(f64::from(RATE)),
            shape: SpectralShape::new(f64::from(RATE)),
            power: Vec::with_capacity(BINS),
            frames: Frames::default(),
            rate: None,
        }
    }

    fn spectrum(&mut self, magnitudes: &[f32]) {
        self.power.clear();
        self.power.extend(magnitudes.iter().map(|m| m * m));
        let frames = &mut self.frames;
        frames.mel_db.extend(self.bank.apply(&self.power).map(|power| power_to_db(f64::from(power)) as f32));
        let shape = self.shape.describe(magnitudes, &self.power);
        frames.centroid.push(shape.centroid);
        frames.bandwidth.push(shape.bandwidth);
        frames.rolloff.push(shape.rolloff);
        frames.flatness.push(shape.flatness);
        frames.peak_db.extend_from_slice(&shape.peak_db);
        frames.valley_db.extend_from_slice(&shape.valley_db);
    }

    /// What needs the whole: the decibels' upper end.
    fn vectors(&mut self, start_s: f64) -> Vectors {
        let mut frames = std::mem::take(&mut self.frames);
        let rows = frames.centroid.len();
        if self.preset == Preset::Reference {
            for series in [&mut frames.centroid, &mut frames.bandwidth, &mut frames.rolloff] {
                series.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = 0.0);
            }
        }
        let mfcc = cepstra(frames.mel_db);
        clip_to_top(&mut frames.peak_db);
        clip_to_top(&mut frames.valley_db);
        let contrast =
            frames.peak_db.iter().zip(&frames.valley_db).map(|(peak, valley)| peak - valley).collect();
        let temporal = std::mem::take(&mut self.temporal);
        let step_s = Spectra::HOP as f64 / f64::from(RATE);
        let times_s: Vec<f64> = (0..rows).map(|k| start_s + k as f64 * step_s).collect();
        [
            ("mfcc", COEFFICIENTS, mfcc, "1"),
            ("spectral_centroid", 1, frames.centroid, "Hz"),
            ("spectral_bandwidth", 1, frames.bandwidth, "Hz"),
            ("spectral_rolloff", 1, frames.rolloff, "Hz"),
            ("spectral_flatness", 1, frames.flatness, "1"),
            ("spectral_contrast", CONTRAST_BANDS, contrast, "dB"),
            ("zero_crossing_rate", 1, temporal.zero_crossing_rate, "1"),
            ("rms", 1, temporal.rms, "1"),
        ]
        .into_iter()
        .map(|(name, columns, data, unit)| {
            (name.to_owned(), Matrix { rows, columns, data, times_s: times_s.clone(), unit })
        })
        .collect()
    }
}

/// The cepstra of a mel spectrogram, written over it, so that the whole is not there twice.
fn cepstra(mut mel_db: Vec<f32>) -> Vec<f32> {
    clip_to_top(&mut mel_db);
    let cepstrum = Cepstrum::new();
    let rows = mel_db.len() / BANDS;
    for row in 0..rows {
        let coefficients = cepstrum.apply(&mel_db[row * BANDS..(row + 1) * BANDS]);
        mel_db[row * COEFFICIENTS..(row + 1) * COEFFICIENTS].copy_from_slice(&coefficients);
    }
    mel_db.truncate(rows * COEFFICIENTS);
    mel_db.shrink_to_fit();
    mel_db
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
        self.frames.reserve(frames);
        self.temporal.reserve(frames);
        Ok(())
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        if !input.native.samples.is_empty() {
            self.rate = Some(input.native.sample_rate);
            self.meter.push(&input.native);
        }
        self.temporal.push(input.mono16k);
        for magnitudes in input.spectra.magnitudes.chunks_exact(Spectra::BINS) {
            self.spectrum(magnitudes);
        }
        Ok(())
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<AudioSummary>> {
        let mut missing = BTreeMap::new();
        let loudness = self.meter.loudness(&mut missing);
        self.temporal.finish();
        let vectors = self.vectors(shared.audio_start_s);
        let scalar = |name: &str| Stats::of(&vectors[name].data);
        let vector = |name: &str| VectorStats::of(&vectors[name].data, vectors[name].columns);
        let features = AudioSummary {
            mfcc: vector("mfcc"),
            chroma: None,
            spectral_centroid: scalar("spectral_centroid"),
            spectral_rolloff: scalar("spectral_rolloff"),
            spectral_bandwidth: scalar("spectral_bandwidth"),
            spectral_flatness: scalar("spectral_flatness"),
            spectral_contrast: vector("spectral_contrast"),
            zero_crossing_rate: scalar("zero_crossing_rate"),
            rms: scalar("rms"),
            loudness,
            rhythm: None,
            key: None,
            trending_sound_hash: None,
            speech_music: None,
            missing: BTreeMap::new(),
        };
        let reason = match self.rate {
            None => "there is no sound".to_owned(),
            Some(rate) if vectors["mfcc"].rows == 0 => {
                format!("sound at {rate} Hz cannot be brought to 16 kHz")
            }
            Some(_) => "the sound is digital silence".to_owned(),
        };
        for (name, there) in [
            ("mfcc", features.mfcc.is_some()),
            ("spectral_centroid", features.spectral_centroid.is_some()),
            ("spectral_rolloff", features.spectral_rolloff.is_some()),
            ("spectral_bandwidth", features.spectral_bandwidth.is_some()),
            ("spectral_flatness", features.spectral_flatness.is_some()),
            ("spectral_contrast", features.spectral_contrast.is_some()),
            ("zero_crossing_rate", features.zero_crossing_rate.is_some()),
            ("rms", features.rms.is_some()),
        ] {
            if !there {
                missing.insert(name.to_owned(), reason.clone());
            }
        }
        for name in ["chroma", "rhythm", "key", "trending_sound_hash", "speech_music"] {
            missing.insert(name.to_owned(), "not computed by this version".to_owned());
        }
        Ok(Extracted { features: AudioSummary { missing, ..features }, vectors })
    }
}

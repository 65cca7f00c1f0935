//! What every extractor shares, computed once: 16 kHz mono, short-time spectra, voice activity, the small picture and
//! the choice of sampled frames.

use super::pictures::SharedPictures;
use super::sound::SharedSound;
use super::{ActivitySource, AudioInput, FrameInput, Wants};
use crate::Result;
use crate::media::{AudioBlock, Frame};

/// Short-time spectra: librosa's `stft` (2048 samples, hop 512, periodic Hann, centred, zero padding) at 16 kHz.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spectra<'a> {
    /// Magnitudes, frame by frame, [`Spectra::BINS`] each.
    pub magnitudes: &'a [f32],
    /// Number of the first frame; frame `k` is centred on sample `512 k`.
    pub first: u64,
}

impl Spectra<'_> {
    /// Bins of one frame.
    pub const BINS: usize = 1025;
    /// Samples at 16 kHz from one frame to the next.
    pub const HOP: usize = 512;
}

/// What the two seconds around a moment are made of: chances in [0, 1] that add up to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ContentWindow {
    /// Presentation time of the middle, in seconds.
    pub time_s: f64,
    /// Speech alone.
    pub speech: f64,
    /// Music alone.
    pub music: f64,
    /// Speech over music.
    pub speech_over_music: f64,
    /// Neither: noise, animals, silence.
    pub other: f64,
}

/// What the shared analysis knows at the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SharedOutputs {
    /// Presentation time of the end of the asset, in seconds.
    pub duration_s: f64,
    /// Presentation time of the first sample of sound.
    pub audio_start_s: f64,
    /// Seconds of sound.
    pub audio_s: f64,
    /// Stretches of speech, [start, end) in seconds, in order, apart.
    pub speech: Vec<(f64, f64)>,
    /// Which detector found them.
    pub activity_source: ActivitySource,
    /// Why it was not Silero's, where its model is there.
    pub activity_failure: Option<String>,
    /// What the sound is made of, every 0.512 s; only where somebody wants spectra.
    pub content: Vec<ContentWindow>,
    /// Frames decoded and frames sampled.
    pub frames: (u64, u64),
}

/// Computes the shared inputs while the decoded pass goes on: `SharedSound` hears, `SharedPictures` sees.
#[derive(Debug)]
pub struct SharedAnalysis {
    sound: SharedSound,
    pictures: SharedPictures,
    /// Presentation time of the last picture, and the end of the latest one.
    last_picture_s: Option<f64>,
    pictures_end_s: f64,
}

impl SharedAnalysis {
    /// For these wishes (the union over all extractors).
    #[must_use]
    pub fn new(wants: Wants) -> Self {
        Self {
            sound: SharedSound::new(wants),
            pictures: SharedPictures::new(wants),
            last_picture_s: None,
            pictures_end_s: 0.0,
        }
    }

    /// Takes sound and hands on what became complete, in pieces of at most a quarter of a second. Blocks should join: a
    /// gap of up to 30 s in their times is filled with silence (delivered with an empty `native`), an overlap of up to 1 s
    /// is left out; beyond that the times are taken for damaged and the sound for joined.
    ///
    /// Fails for a block without rate or channels, with a broken frame or with a time that is no number, and with what
    /// `deliver` returns.
    pub fn audio(
        &mut self,
        block: &AudioBlock<'_>,
        deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>,
    ) -> Result<()> {
        self.sound.audio(block, deliver)
    }

    /// Takes a picture and hands it on with its small form and the sampler's choice.
    pub fn frame(
        &mut self,
        frame: &Frame<'_>,
        deliver: &mut dyn FnMut(&FrameInput<'_>) -> Result<()>,
    ) -> Result<()> {
        // The last picture stands as long as the one before it, where the file does not tell.
        let stands_s = frame.duration_s.or_else(|| self.last_picture_s.map(|last_s| frame.time_s - last_s));
        self.last_picture_s = Some(frame.time_s);
        self.pictures_end_s = self.pictures_end_s.max(frame.time_s + stands_s.unwrap_or(0.0).max(0.0));
        self.pictures.frame(frame, deliver)
    }

    /// Flushes the resampler and the last spectra, and says what is known now.
    pub fn finish(self, deliver: &mut dyn FnMut(&AudioInput<'_>) -> Result<()>) -> Result<SharedOutputs> {
        let heard = self.sound.finish(deliver)?;
        let sound_end_s = if heard.seconds > 0.0 { heard.start_s + heard.seconds } else { 0.0 };
        Ok(SharedOutputs {
            duration_s: sound_end_s.max(self.pictures_end_s),
            audio_start_s: heard.start_s,
            audio_s: heard.seconds,
            speech: heard.speech,
            activity_source: heard.activity_source,
            activity_failure: heard.activity_failure,
            content: heard.content,
            frames: self.pictures.counts(),
        })
    }
}

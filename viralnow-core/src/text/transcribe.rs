//! Speech as text, of samples or of a file.

use crate::dsp::resample::Resampler16k;
use crate::extract::{AudioInput, SharedAnalysis, SharedOutputs, Wants};
use crate::media::{
    self, AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, StreamEnd,
};
use crate::model::{TranscribeOptions, Transcript, Whisper};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Result};
use std::path::Path;

/// The steps of [`transcribe_file`] with their shares, for the progress of its [`Run`].
pub const TRANSCRIBE_STEPS: &[(&str, f64)] = &[("decode", 0.1), ("transcribe", 0.9)];

/// What is said in samples of one channel at any rate: see [`Whisper::transcribe`].
///
/// Fails with `INVALID_INPUT` for a rate outside of 1 to 768 kHz, and as [`Whisper::transcribe`] does.
///
/// ```
/// use viralnow_core::model::{TranscribeOptions, shared_whisper};
/// use viralnow_core::monitor::Run;
/// use viralnow_core::text::transcribe;
///
/// match shared_whisper("whisper-tiny", 0) {
///     Ok(whisper) => {
///         let y = vec![0.0; 44_100];
///         let found = transcribe(&y, 44_100, &whisper, &TranscribeOptions::default(), &mut Run::unwatched())?;
///         assert!(found.segments.is_empty());
///     }
///     Err(error) => println!("{error}"),
/// }
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn transcribe(
    y: &[f32],
    sample_rate: u32,
    whisper: &Whisper,
    options: &TranscribeOptions,
    run: &mut Run,
) -> Result<Transcript> {
    if !(1000..=768_000).contains(&sample_rate) {
        return Err(Error::new(ErrorKind::InvalidInput, "the rate must be from 1000 to 768000 Hz")
            .with("sample_rate", sample_rate));
    }
    match Resampler16k::new(sample_rate) {
        None => whisper.transcribe(y, options, run),
        Some(mut resampler) => {
            let mut samples = Vec::new();
            for part in y.chunks(1 << 16) {
                run.advance(0.0)?;
                resampler.push(part, &mut samples);
            }
            resampler.finish(&mut samples);
            whisper.transcribe(&samples, options, run)
        }
    }
}

/// What is said in a file, with the times of its presentation. Keeps its sound at 16 kHz: 64 kB for each second.
///
/// Fails as [`media::decode`] does, with `INVALID_INPUT` for a file without sound, with what the sound could not be decoded for,
/// and as [`Whisper::transcribe`] does. Of sound that breaks off, what came before counts.
pub fn transcribe_file(
    path: impl AsRef<Path>,
    whisper: &Whisper,
    options: &TranscribeOptions,
    limits: Limits,
    run: &mut Run,
) -> Result<Transcript> {
    options.validate()?;
    run.enter("decode")?;
    let request = DecodeRequest { limits, video: false, captions: false, ..DecodeRequest::default() };
    let mut kept = Kept::default();
    let report = media::decode(&MediaInput::Path(path.as_ref().to_owned()), &request, run, &mut kept)?;
    match report.audio {
        StreamEnd::Complete | StreamEnd::Cut(_) => {}
        StreamEnd::Failed(error) | StreamEnd::Unavailable(error) => return Err(error),
        StreamEnd::Absent | StreamEnd::Skipped => {
            return Err(Error::new(ErrorKind::InvalidInput, "the file has no sound")
                .with("path", path.as_ref().display()));
        }
    }
    let heard = kept.finish()?;
    run.enter("transcribe")?;
    transcribe_heard(&kept.samples, &heard, whisper, options, &mut |done| run.advance(done))
}

/// What is said in the sound of an asset at 16 kHz, whose speech is known, with the times of its presentation.
pub(super) fn transcribe_heard(
    samples: &[f32],
    heard: &SharedOutputs,
    whisper: &Whisper,
    options: &TranscribeOptions,
    pulse: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Transcript> {
    let start_s = heard.audio_start_s;
    let mut options = options.clone();
    if options.vad && options.speech.is_none() {
        let from_start = |&(from, to): &(f64, f64)| (from - start_s, to - start_s);
        options.speech = Some(heard.speech.iter().map(from_start).collect());
    }
    let mut found = whisper.transcribe_while(samples, &options, pulse)?;
    for segment in &mut found.segments {
        let words = segment.words.iter_mut().flatten().flat_map(|word| [&mut word.start_s, &mut word.end_s]);
        words.chain([&mut segment.start_s, &mut segment.end_s]).for_each(|time| *time += start_s);
    }
    for skipped in &mut found.skipped {
        skipped.start_s += start_s;
        skipped.end_s += start_s;
    }
    Ok(found)
}

/// Keeps the sound of a file at 16 kHz, and finds its speech.
#[derive(Default)]
struct Kept {
    shared: Option<SharedAnalysis>,
    samples: Vec<f32>,
}

impl Kept {
    fn finish(&mut self) -> Result<SharedOutputs> {
        let samples = &mut self.samples;
        self.shared.take().map_or_else(
            || Ok(SharedOutputs::default()),
            |shared| {
                shared.finish(&mut |input: &AudioInput<'_>| {
                    samples.extend_from_slice(input.mono16k);
                    Ok(())
                })
            },
        )
    }
}

impl MediaSink for Kept {
    fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
        let wants = Wants { audio: true, ..Wants::default() };
        self.shared = Some(SharedAnalysis::new(wants));
        Ok(())
    }

    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        let samples = &mut self.samples;
        self.shared.as_mut().map_or(Ok(()), |shared| {
            shared.audio(block, &mut |input: &AudioInput<'_>| {
                samples.extend_from_slice(input.mono16k);
                Ok(())
            })
        })
    }

    fn frame(&mut self, _: &Frame<'_>) -> Result<()> {
        Ok(())
    }

    fn cue(&mut self, _: &Cue) -> Result<()> {
        Ok(())
    }

    fn restart(&mut self) -> Result<bool> {
        *self = Self::default();
        Ok(true)
    }
}

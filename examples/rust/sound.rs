//! Calls functions on samples, by name, with the sound of a file.
//!
//! ```text
//! cargo run --release -p viralnow-core --features video --example sound -- voice.pitch clip.mp4 '{"method": "pyin"}'
//! cargo run --release -p viralnow-core --features video --example sound -- audio.loudness,@16000,audio.mfcc clip.mp4
//! cargo run --release -p viralnow-core --features video --example sound -- '@16000,audio.spectral_features,audio.beat_track(onset_strength)' clip.mp4
//! ```
//! Several functions, with commas between their names, run one after the other on sound that is decoded once; the settings
//! are those of each of them. `@16000` between them stands for mixing down to mono and resampling: what follows gets the
//! sound at 16 kHz. `audio.beat_track(onset_strength)` gets the array of that name, which the function before it gave, in
//! place of the sound, as its onset envelope. Every function is on its own and takes its own spectra, but
//! `audio.spectral_features`, which gives all that can be read off one; `analyze` shares them, too.
//! Prints the plain data, and name, shape and unit of each array. Without arguments it names the functions.

use serde_json::{Map, Value};
use std::process::ExitCode;
use viralnow_core::audio::{resample, to_mono};
use viralnow_core::call::{Samples, call, functions};
use viralnow_core::extract::Vectors;
use viralnow_core::media::{
    AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, StreamEnd, decode,
};
use viralnow_core::monitor::Run;
use viralnow_core::{Error, ErrorKind, Limits, Preset, Result};

/// Keeps the sound.
#[derive(Default)]
struct Sound {
    samples: Vec<f32>,
    sample_rate: u32,
    channels: u16,
}

impl MediaSink for Sound {
    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        // A header may claim anything: ten minutes at most before the sound has come.
        let seconds = info.duration_s.unwrap_or(0.0).clamp(0.0, 600.0);
        let rate = f64::from(info.sample_rate_hz.unwrap_or(0).min(192_000));
        self.samples.reserve((seconds * rate * f64::from(info.channels.unwrap_or(1).min(8))) as usize);
        Ok(())
    }
    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        (self.sample_rate, self.channels) = (block.sample_rate, block.channels);
        self.samples.extend_from_slice(block.samples);
        Ok(())
    }
    fn frame(&mut self, _: &Frame<'_>) -> Result<()> {
        Ok(())
    }
    fn cue(&mut self, _: &Cue) -> Result<()> {
        Ok(())
    }
}

fn run(names: &str, path: &str, settings: &Map<String, Value>) -> Result<()> {
    let request = DecodeRequest {
        preset: Preset::default(),
        limits: Limits::default(),
        threads: 1,
        audio: true,
        video: false,
        captions: false,
    };
    let mut sound = Sound::default();
    let report = decode(&MediaInput::Path(path.into()), &request, &mut Run::unwatched(), &mut sound)?;
    if let StreamEnd::Unavailable(error) | StreamEnd::Failed(error) = report.audio {
        return Err(error);
    }
    if sound.samples.is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, "the file has no sound").with("path", path));
    }
    let mut arrays = Vectors::new();
    for function in names.split(',') {
        if let Some(rate) = function.strip_prefix('@').and_then(|rate| rate.parse().ok()) {
            let mono = to_mono(&sound.samples, sound.channels)?;
            sound =
                Sound { samples: resample(&mono, sound.sample_rate, rate)?, sample_rate: rate, channels: 1 };
            continue;
        }
        let Sound { ref samples, sample_rate, channels } = sound;
        let mut samples = Samples { samples, sample_rate, channels };
        let called = match function.strip_suffix(')').and_then(|function| function.split_once('(')) {
            None => call(function, samples, settings)?,
            Some((function, array)) => {
                let given = arrays.get(array).ok_or_else(|| {
                    Error::new(ErrorKind::InvalidConfig, "the function before gave no such array")
                        .with("array", array)
                })?;
                (samples.samples, samples.channels) = (&given.data, 1);
                let mut settings = settings.clone();
                settings.insert("onset_envelope".to_owned(), true.into());
                call(function, samples, &settings)?
            }
        };
        if !called.value.is_null() {
            println!("{:#}", called.value);
        }
        arrays = called.vectors;
        for (name, matrix) in &arrays {
            println!("{name}: {} frames of {}, in {}", matrix.rows, matrix.columns, matrix.unit);
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let settings = arguments.get(2).map_or(Ok(Map::new()), |text| serde_json::from_str(text));
    let (Some(names), Some(path), Ok(settings)) = (arguments.first(), arguments.get(1), settings) else {
        eprintln!(
            "usage: sound FUNCTION[,FUNCTION...][,@RATE,FUNCTION...] PATH [SETTINGS as a JSON object]\nfunctions: {}",
            functions().join(" ")
        );
        return ExitCode::from(2);
    };
    match run(names, path, &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sound: {}: {error}", error.kind());
            ExitCode::FAILURE
        }
    }
}

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
use viralnow_core::audio::{LoadParams, Loaded, load, resample_mono};
use viralnow_core::call::{Samples, call, functions};
use viralnow_core::extract::Vectors;
use viralnow_core::{Error, ErrorKind, Result};

fn run(names: &str, path: &str, settings: &Map<String, Value>) -> Result<()> {
    let mut sound = load(path, &LoadParams { sample_rate: None, mono: false, ..LoadParams::default() })?;
    let mut arrays = Vectors::new();
    for function in names.split(',') {
        if let Some(rate) = function.strip_prefix('@').and_then(|rate| rate.parse().ok()) {
            sound = Loaded {
                samples: resample_mono(&sound.samples, sound.channels, sound.sample_rate, rate)?,
                sample_rate: rate,
                channels: 1,
                cut_short: None,
            };
            continue;
        }
        let Loaded { ref samples, sample_rate, channels, .. } = sound;
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

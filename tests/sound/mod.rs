//! What the tests of sound share: decoding, the peers' arrays, and the run of an extractor over samples.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use ndarray::{Array1, Array2};
use ndarray_npy::NpzReader;
use std::f64::consts::TAU;
use std::fs::File;
use std::path::Path;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use viralnow_core::extract::{Extracted, Extractor, SharedAnalysis, SharedOutputs};
use viralnow_core::media::{AudioBlock, MediaInfo};

/// Decoded sound.
#[derive(Debug, Clone)]
pub struct Sound {
    pub rate: u32,
    pub channels: u16,
    pub samples: Vec<f32>,
}

impl Sound {
    /// One channel.
    pub fn mono(rate: u32, samples: Vec<f32>) -> Self {
        Self { rate, channels: 1, samples }
    }

    /// One channel from a function of time in seconds.
    pub fn wave(rate: u32, seconds: f64, wave: impl Fn(f64) -> f64) -> Self {
        let n = (seconds * f64::from(rate)).round() as usize;
        Self::mono(rate, (0..n).map(|i| wave(i as f64 / f64::from(rate)) as f32).collect())
    }

    /// The same samples on every channel.
    pub fn spread(&self, channels: u16) -> Self {
        let samples = self.samples.iter().flat_map(|&s| std::iter::repeat_n(s, channels.into())).collect();
        Self { rate: self.rate, channels, samples }
    }
}

/// Decodes a file without the library's own media room.
pub fn decode(path: &Path) -> Sound {
    let source =
        MediaSourceStream::new(Box::new(File::open(path).unwrap()), MediaSourceStreamOptions::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), source, FormatOptions::default(), MetadataOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let track = format.default_track(TrackType::Audio).unwrap();
    let id = track.id;
    let params = track.codec_params.as_ref().unwrap().audio().unwrap();
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default()).unwrap();
    let mut sound = Sound { rate: 0, channels: 0, samples: Vec::new() };
    let mut block: Vec<f32> = Vec::new();
    while let Ok(Some(packet)) = format.next_packet() {
        if packet.track_id != id {
            continue;
        }
        let Ok(decoded) = decoder.decode(&packet) else { continue };
        sound.rate = decoded.spec().rate();
        sound.channels = decoded.spec().channels().count() as u16;
        block.resize(decoded.samples_interleaved(), 0.0);
        decoded.copy_to_slice_interleaved(&mut block);
        sound.samples.extend_from_slice(&block);
    }
    sound
}

/// One array of the peers' output, as rows of `f64` (features by frames, as librosa has it).
pub fn rows(path: &Path, name: &str) -> Vec<Vec<f64>> {
    let mut npz = NpzReader::new(File::open(path).unwrap()).unwrap();
    if let Ok(array) = npz.by_name::<ndarray::OwnedRepr<f32>, ndarray::Ix2>(name) {
        return rows_of(&array.mapv(f64::from));
    }
    if let Ok(array) = npz.by_name::<ndarray::OwnedRepr<f64>, ndarray::Ix2>(name) {
        return rows_of(&array);
    }
    vec![series(path, name)]
}

fn rows_of(array: &Array2<f64>) -> Vec<Vec<f64>> {
    array.rows().into_iter().map(|row| row.to_vec()).collect()
}

/// One series of the peers' output.
pub fn series(path: &Path, name: &str) -> Vec<f64> {
    let mut npz = NpzReader::new(File::open(path).unwrap()).unwrap();
    let single: Result<Array1<f32>, _> = npz.by_name(name);
    match single {
        Ok(array) => array.iter().map(|&v| f64::from(v)).collect(),
        Err(_) => npz.by_name::<ndarray::OwnedRepr<f64>, ndarray::Ix1>(name).unwrap().to_vec(),
    }
}

/// The samples that the peers were given, at 16 kHz.
pub fn pcm16k(path: &Path) -> Sound {
    Sound::mono(16_000, series(path, "pcm16k").into_iter().map(|v| v as f32).collect())
}

/// Feeds sound to an extractor as decoders do, in blocks of this many frames, from this presentation time on.
pub fn run_from<E: Extractor>(
    mut extractor: E,
    sound: &Sound,
    block_frames: usize,
    start_s: f64,
) -> (Extracted<E::Features>, SharedOutputs) {
    let blocks: Vec<_> = sound
        .samples
        .chunks(block_frames * usize::from(sound.channels))
        .enumerate()
        .map(|(i, samples)| AudioBlock {
            start_s: start_s + (i * block_frames) as f64 / f64::from(sound.rate),
            sample_rate: sound.rate,
            channels: sound.channels,
            samples,
        })
        .collect();
    run_blocks(&mut extractor, &blocks)
}

/// Feeds blocks to an extractor.
pub fn run_blocks<E: Extractor>(
    extractor: &mut E,
    blocks: &[AudioBlock<'_>],
) -> (Extracted<E::Features>, SharedOutputs) {
    let info = MediaInfo::default();
    let mut shared = SharedAnalysis::new(extractor.wants());
    extractor.begin(&info).unwrap();
    for block in blocks {
        shared.audio(block, &mut |input| extractor.audio(input)).unwrap();
    }
    let outputs = shared.finish(&mut |input| extractor.audio(input)).unwrap();
    (extractor.finish(&outputs).unwrap(), outputs)
}

/// Feeds sound to an extractor in blocks of 1024 frames from time 0 on.
pub fn run<E: Extractor>(extractor: E, sound: &Sound) -> (Extracted<E::Features>, SharedOutputs) {
    run_from(extractor, sound, 1024, 0.0)
}

/// The value at this share of unsorted values.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Every null of a summary has its reason in `missing`, under its own path or that of its parent. (A NaN would be written
/// as null, and so be found here.)
pub fn assert_every_null_has_a_reason<F: serde::Serialize>(features: &F, what: &str) {
    let json = serde_json::to_value(features).unwrap();
    let missing = json["missing"].as_object().unwrap();
    let mut nulls = Vec::new();
    collect_nulls(&json, "", &mut nulls);
    for path in nulls {
        let said = missing.keys().any(|key| path == *key || path.starts_with(&format!("{key}.")));
        assert!(said, "{what}: {path} is null without a reason in {missing:?}");
    }
    assert!(missing.values().all(|reason| reason.as_str().is_some_and(|text| !text.is_empty())), "{what}");
}

fn collect_nulls(value: &serde_json::Value, path: &str, nulls: &mut Vec<String>) {
    match value {
        serde_json::Value::Null => nulls.push(path.to_owned()),
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect_nulls(field, &path, nulls);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_nulls(item, path, nulls)),
        _ => {}
    }
}

/// Sounds that break assumptions, by name.
pub fn awkward() -> Vec<(&'static str, Sound)> {
    let tone = |rate: u32, seconds: f64| Sound::wave(rate, seconds, |t| 0.4 * (TAU * 220.0 * t).sin());
    let mut sounds =
        vec![
            ("nothing", Sound::mono(48_000, vec![])),
            ("one sample", Sound::mono(48_000, vec![0.5])),
            ("one sample at 16 kHz", Sound::mono(16_000, vec![0.5])),
            ("a hundred samples", tone(48_000, 100.0 / 48_000.0)),
            ("silence", Sound::mono(44_100, vec![0.0; 200_000])),
            ("near silence", Sound::mono(44_100, vec![1e-30; 200_000])),
            ("direct current", Sound::mono(44_100, vec![0.5; 200_000])),
            ("full-scale square", Sound::wave(44_100, 4.0, |t| (TAU * 440.0 * t).sin().signum())),
            ("clipped far over", Sound::wave(44_100, 4.0, |t| 1e9 * (TAU * 440.0 * t).sin())),
            ("no numbers", Sound::mono(44_100, vec![f32::NAN; 200_000])),
            (
                "some no numbers",
                Sound::wave(44_100, 4.0, |t| {
                    if t.fract() < 0.001 { f64::INFINITY } else { (TAU * 440.0 * t).sin() }
                }),
            ),
            ("the largest numbers", Sound::mono(44_100, [f32::MAX, f32::MIN].repeat(100_000))),
            ("a rate that no sound has", Sound::mono(3, vec![0.5; 100])),
            ("a rate far too high", Sound::mono(u32::MAX, vec![0.5; 100])),
            ("sixty-four channels", tone(48_000, 1.0).spread(64)),
        ];
    for rate in
        [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
    {
        sounds.push(("tone at a common rate", tone(rate, 4.0)));
    }
    for channels in 1..=8 {
        sounds.push(("tone on one to eight channels", tone(48_000, 4.0).spread(channels)));
    }
    sounds
}

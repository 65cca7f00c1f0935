//! CPU time of the sound's share of one call: 60 s of stereo at 44.1 kHz, decoded beforehand. The clip is
//! `data/audio/clip60.wav` of the shared test data; without it, a glide of the same length and form.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/sound/mod.rs"]
mod sound;

use criterion::{Criterion, criterion_group, criterion_main};
use sound::{Sound, decode, run_blocks};
use std::f64::consts::TAU;
use std::hint::black_box;
use viralnow_core::audio::AudioExtractor;
use viralnow_core::extract::{Extractor, ExtractorConfig, SharedAnalysis, Wants};
use viralnow_core::media::AudioBlock;
use viralnow_core::voice::VoiceExtractor;

fn clip() -> Sound {
    match common::shared("benches/audio", "data/audio/clip60.wav") {
        Some(path) => decode(&path),
        None => Sound::wave(44_100, 60.0, |t| 0.3 * (TAU * t * (200.0 + t)).sin()).spread(2),
    }
}

fn blocks(sound: &Sound) -> Vec<AudioBlock<'_>> {
    let channels = usize::from(sound.channels);
    let pieces = sound.samples.chunks(1024 * channels).enumerate();
    pieces
        .map(|(i, samples)| AudioBlock {
            start_s: (i * 1024) as f64 / f64::from(sound.rate),
            sample_rate: sound.rate,
            channels: sound.channels,
            samples,
        })
        .collect()
}

fn shared_only(blocks: &[AudioBlock<'_>], wants: Wants) -> f64 {
    let mut shared = SharedAnalysis::new(wants);
    for block in blocks {
        shared
            .audio(block, &mut |input| {
                black_box(input.mono16k);
                Ok(())
            })
            .unwrap();
    }
    shared.finish(&mut |_| Ok(())).unwrap().audio_s
}

fn both(blocks: &[AudioBlock<'_>]) -> usize {
    let config = ExtractorConfig::default();
    let (mut audio, mut voice) = (AudioExtractor::new(&config), VoiceExtractor::new(&config));
    let mut shared = SharedAnalysis::new(audio.wants());
    let (audio, voice) = (&mut audio, &mut voice);
    for block in blocks {
        shared.audio(block, &mut |input| audio.audio(input).and_then(|()| voice.audio(input))).unwrap();
    }
    let outputs = shared.finish(&mut |input| audio.audio(input).and_then(|()| voice.audio(input))).unwrap();
    audio.finish(&outputs).unwrap().vectors.len() + voice.finish(&outputs).unwrap().vectors.len()
}

fn benches(criterion: &mut Criterion) {
    let sound = clip();
    let blocks = blocks(&sound);
    let config = ExtractorConfig::default();
    let mut group = criterion.benchmark_group("sound of 60 s");
    group.sample_size(10);
    let heard = Wants { audio: true, ..Wants::default() };
    group.bench_function("resampler and voice activity", |b| b.iter(|| shared_only(&blocks, heard)));
    let spectra = Wants { spectra: true, ..heard };
    group.bench_function("the same and spectra", |b| b.iter(|| shared_only(&blocks, spectra)));
    group.bench_function("audio", |b| b.iter(|| run_blocks(&mut AudioExtractor::new(&config), &blocks)));
    group.bench_function("voice", |b| b.iter(|| run_blocks(&mut VoiceExtractor::new(&config), &blocks)));
    group.bench_function("audio and voice", |b| b.iter(|| both(&blocks)));
    group.finish();
}

criterion_group!(sound_benches, benches);
criterion_main!(sound_benches);

//! The features of sound against librosa and closed form. (Loudness has its own file.)

use crate::common;
use crate::sound;

use common::shared;
use sound::{Sound, pcm16k, quantile, rows, run, run_blocks, run_from};
use std::f64::consts::TAU;
use viralnow_core::ErrorKind;
use viralnow_core::Preset;
use viralnow_core::audio::{AudioExtractor, AudioSummary, LoadParams, load};
use viralnow_core::extract::{Extracted, ExtractorConfig, Matrix};
use viralnow_core::media::AudioBlock;

const GOLDEN: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];

fn analyse(sound: &Sound) -> Extracted<AudioSummary> {
    run(AudioExtractor::new(&ExtractorConfig::default()), sound).0
}

fn reference(sound: &Sound) -> Extracted<AudioSummary> {
    let config = ExtractorConfig { preset: Preset::Reference, ..ExtractorConfig::default() };
    run(AudioExtractor::new(&config), sound).0
}

/// Absolute differences from the peer's array, which has features by frames.
fn differences(ours: &Matrix, theirs: &[Vec<f64>], what: &str) -> Vec<f64> {
    assert_eq!((ours.columns, ours.rows), (theirs.len(), theirs[0].len()), "{what}");
    let value = |i: usize| (f64::from(ours.data[i]) - theirs[i % ours.columns][i / ours.columns]).abs();
    (0..ours.data.len()).map(value).collect()
}

/// The gates are those of the float32 floor that was measured for librosa itself; those of bandwidth (0.1 Hz), flatness
/// (1e-5) and contrast (1e-3 dB) are of the same kind: what 24 bits of a magnitude leave.
#[test]
fn spectral_features_are_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("spectral_features_are_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let ours = reference(&pcm16k(&npz)).vectors;
        let check = |name: &str, theirs: &str, gate: f64| {
            let worst = differences(&ours[name], &rows(&npz, theirs), name).into_iter().fold(0.0, f64::max);
            println!("{clip} {name}: {worst:e} (gate {gate:e})");
            assert!(worst <= gate, "{clip} {name}: {worst}");
        };
        check("mfcc", "mfcc", 2e-3);
        check("spectral_centroid", "centroid", 0.05);
        check("spectral_bandwidth", "bandwidth", 0.1);
        check("spectral_flatness", "flatness", 1e-5);
        check("spectral_contrast", "contrast", 1e-3);
        check("zero_crossing_rate", "zcr", 0.0);
        check("rms", "rms", 1e-6);
        let off = differences(&ours["spectral_rolloff"], &rows(&npz, "rolloff"), "rolloff");
        let moved = off.iter().filter(|&&d| d > 0.0).count() as f64 / off.len() as f64;
        let worst = off.iter().copied().fold(0.0, f64::max);
        println!("{clip} rolloff: {moved} of the frames moved, at most by {worst} Hz");
        assert!(moved <= 0.005 && worst <= 7.8125, "{clip}: {moved} {worst}");
    }
}

/// The product's own way from 44.1 kHz: a sine keeps its centroid and its level, and what lies above 8 kHz is gone.
#[test]
fn the_resampler_keeps_what_it_should() {
    let sine = Sound::wave(44_100, 3.0, |t| 0.5 * (TAU * 3000.0 * t).sin());
    let found = analyse(&sine.spread(2));
    let rms = &found.vectors["rms"].data[40];
    assert!((rms - 0.5 / 2.0_f32.sqrt()).abs() < 1e-4, "{rms}");
    assert!((found.features.spectral_rolloff.unwrap().p50 - 3000.0).abs() < 16.0);
    let high = Sound::wave(44_100, 3.0, |t| 0.5 * (TAU * 9000.0 * t).sin());
    // 120 dB down, in the middle, away from where the sine is switched on and off.
    assert!(analyse(&high).vectors["rms"].data[47] < 0.5e-6);
}

#[test]
fn times_are_presentation_times() {
    let sound = Sound::wave(48_000, 2.0, |t| 0.3 * (TAU * 440.0 * t).sin());
    let (found, shared) = run_from(AudioExtractor::new(&ExtractorConfig::default()), &sound, 960, 1.25);
    let times = &found.vectors["mfcc"].times_s;
    assert_eq!(times.len(), 1 + 32_000 / 512);
    assert!((times[0] - 1.25).abs() < 1e-12 && (times[10] - 1.25 - 5120.0 / 16_000.0).abs() < 1e-12);
    assert!((shared.audio_start_s - 1.25).abs() < 1e-12 && (shared.audio_s - 2.0).abs() < 1e-12);
    assert!((shared.duration_s - 3.25).abs() < 1e-12);
}

/// Blocks as they come: the parts of one sound with a gap, an overlap, another rate and other channels.
#[test]
fn gaps_overlaps_and_changes_keep_time() {
    let tone = |rate: u32| Sound::wave(rate, 1.0, |t| 0.5 * (TAU * 500.0 * t).sin());
    let block = |sound: &'static Sound, start_s: f64| AudioBlock {
        start_s,
        sample_rate: sound.rate,
        channels: sound.channels,
        samples: &sound.samples,
    };
    let keep = |sound: Sound| -> &'static Sound { Box::leak(Box::new(sound)) };
    let (first, stereo, slow) = (keep(tone(48_000)), keep(tone(48_000).spread(2)), keep(tone(44_100)));
    // One second, half a second of nothing, one second in stereo, one second at another rate that overlaps by 0.25 s.
    let blocks = [block(first, 0.0), block(stereo, 1.5), block(slow, 2.25)];
    let mut extractor = AudioExtractor::new(&ExtractorConfig::default());
    let (found, shared) = run_blocks(&mut extractor, &blocks);
    assert!((shared.audio_s - 3.25).abs() < 1e-3, "{}", shared.audio_s);
    let rms = &found.vectors["rms"];
    assert_eq!(rms.rows, 1 + (3.25 * 16_000.0) as usize / 512);
    let level = |t: f64| rms.data[rms.times_s.iter().position(|&time| time >= t).unwrap()];
    let full = 0.5 / 2.0_f32.sqrt();
    for (t, expected) in [(0.5, full), (1.25, 0.0), (1.8, full), (2.8, full)] {
        assert!((level(t) - expected).abs() < 2e-3, "at {t} s: {}", level(t));
    }
    // A damaged clock does not make hours of silence: the sound goes on as if it joined.
    let jumps = [block(first, 0.0), block(first, 1e6), block(first, 1e6 + 1.0), block(first, -5e5)];
    let (_, shared) = run_blocks(&mut AudioExtractor::new(&ExtractorConfig::default()), &jumps);
    assert!((shared.audio_s - 4.0).abs() < 1e-6, "{}", shared.audio_s);
}

#[test]
fn the_size_of_blocks_does_not_matter() {
    let sound = Sound::wave(44_100, 3.0, |t| 0.4 * (TAU * 300.0 * t * (1.0 + t)).sin()).spread(2);
    let with = |frames| run_from(AudioExtractor::new(&ExtractorConfig::default()), &sound, frames, 0.0).0;
    let whole = with(3 * 44_100);
    for frames in [100, 1024, 11_025] {
        let other = with(frames);
        assert_eq!(other.vectors["mfcc"].data, whole.vectors["mfcc"].data, "{frames}");
        assert_eq!(other.vectors["rms"].data, whole.vectors["rms"].data, "{frames}");
        assert_eq!(other.features.loudness, whole.features.loudness, "{frames}");
    }
}

#[test]
fn awkward_sounds_have_defined_results() {
    for (name, sound) in sound::awkward() {
        let found = analyse(&sound);
        let what = format!("{name}, {} Hz, {} channels", sound.rate, sound.channels);
        sound::assert_every_null_has_a_reason(&found.features, &what);
        for (vector, matrix) in &found.vectors {
            assert_eq!(matrix.data.len(), matrix.rows * matrix.columns, "{what}: {vector}");
            assert_eq!(matrix.times_s.len(), matrix.rows, "{what}: {vector}");
            assert!(!matrix.data.iter().any(|v| v.is_infinite()), "{what}: {vector}");
        }
    }
    let silence = analyse(&Sound::mono(44_100, vec![0.0; 200_000])).features;
    assert!(silence.spectral_centroid.is_none() && silence.loudness.integrated_lufs.is_none());
    assert_eq!(silence.rms.unwrap().mean, 0.0);
    assert_eq!(
        silence.missing["loudness.integrated_lufs"],
        "the sound stays below the absolute gate of -70 LUFS"
    );
    let short = analyse(&Sound::wave(48_000, 2.0, |t| (TAU * 440.0 * t).sin())).features;
    assert!(short.loudness.range_lu.is_none() && short.missing["loudness.range_lu"].contains("10 s"));
    let tone = analyse(&Sound::wave(8000, 4.0, |t| 0.4 * (TAU * 220.0 * t).sin())).features;
    assert!(quantile(&[tone.spectral_rolloff.unwrap().p50], 0.5) < 250.0);
}

/// A file of 16-bit samples, interleaved.
fn write_wav(path: &std::path::Path, rate: u32, channels: u16, samples: &[i16]) {
    let bytes = samples.len() as u32 * 2;
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(*b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(*b"\x10\0data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
    std::fs::write(path, file).expect("written");
}

#[test]
fn what_is_loaded_is_what_the_file_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("two.wav");
    // A ramp on the left, a sine on the right.
    let right = |k: usize| (8000.0 * (TAU * 440.0 * k as f64 / 44_100.0).sin()).round() as i16;
    let samples: Vec<i16> = (0..44_100).flat_map(|k| [(k % 20_000) as i16, right(k)]).collect();
    write_wav(&path, 44_100, 2, &samples);
    let truth: Vec<f32> = samples.iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let native = LoadParams { sample_rate: None, mono: false, ..LoadParams::default() };
    let whole = load(&path, &native).expect("loaded");
    assert_eq!((whole.sample_rate, whole.channels, &whole.cut_short), (44_100, 2, &None));
    assert!(whole.samples == truth);
    // librosa leaves out int(offset rate) frames and takes int(duration rate).
    for (offset_s, duration_s, from, until) in
        [(0.25, Some(0.5), 11_025, 33_075), (0.7, Some(0.1), 30_870, 35_280), (0.9, None, 39_690, 44_100)]
    {
        let part = load(&path, &LoadParams { offset_s, duration_s, ..native }).expect("loaded");
        assert!(part.samples == truth[2 * from..2 * until], "{offset_s} {duration_s:?}");
    }
    assert!(load(&path, &LoadParams { offset_s: 2.0, ..native }).expect("loaded").samples.is_empty());
    let mono = load(&path, &LoadParams { mono: true, ..native }).expect("loaded");
    let mean: Vec<f32> = truth.as_chunks::<2>().0.iter().map(|[l, r]| (l + r) / 2.0).collect();
    assert!(mono.channels == 1 && mono.samples == mean);
    // At another rate the sine stays where it is: by its closed form, to within the 16 bits.
    let slow = load(&path, &LoadParams { sample_rate: Some(16_000), ..native }).expect("loaded");
    assert_eq!((slow.channels, slow.samples.len()), (2, 32_000));
    let off = (4000..12_000).map(|k| {
        let expected = 8000.0 / 32_768.0 * (TAU * 440.0 * k as f64 / 16_000.0).sin();
        (f64::from(slow.samples[2 * k + 1]) - expected).abs()
    });
    assert!(off.fold(0.0, f64::max) < 5e-5);
    for wrong in [f64::NAN, -1.0, f64::INFINITY] {
        let error = load(&path, &LoadParams { offset_s: wrong, ..native }).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    }
    let error = load(&path, &LoadParams { sample_rate: Some(10), ..native }).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
}

#[test]
fn loaded_speech_is_sample_for_sample_librosas() {
    let test = "loaded_speech_is_sample_for_sample_librosas";
    let Some(golden) = shared(test, "golden/audio/libri1.npz") else { return };
    let Some(path) = shared(test, "data/audio/libri1.wav") else { return };
    let speech =
        load(path, &LoadParams { sample_rate: Some(16_000), ..LoadParams::default() }).expect("loaded");
    assert!(speech.samples == pcm16k(&golden).samples);
}

#[test]
fn a_file_without_sound_says_so() {
    let test = "a_file_without_sound_says_so";
    let Some(picture) = shared(test, "data/images/astronaut.png") else { return };
    let error = load(picture, &LoadParams::default()).expect_err("no sound");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

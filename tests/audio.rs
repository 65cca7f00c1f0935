//! The features of sound against librosa, pyloudnorm, the EBU's test signals and closed form.

mod common;
mod sound;

use common::shared;
use sound::{Sound, decode, pcm16k, quantile, rows, run, run_blocks, run_from};
use std::f64::consts::{PI, TAU};
use viralnow_core::Preset;
use viralnow_core::audio::{AudioExtractor, AudioSummary};
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

/// Loudness against pyloudnorm with the filter of BS.1770 (`DeMan`), and against what the files were made for.
#[test]
fn loudness_is_the_peers_and_the_makers() {
    for clip in GOLDEN {
        let test = "loudness_is_the_peers_and_the_makers";
        let Some(json) = shared(test, &format!("golden/audio/{clip}.json")) else { return };
        let Some(wav) = shared(test, &format!("data/audio/{clip}.wav")) else { return };
        let golden: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        let theirs = golden["lufs_pyln_deman"].as_f64().unwrap();
        let ours = analyse(&decode(&wav)).features.loudness.integrated_lufs.unwrap();
        println!("{clip}: {ours} against {theirs}");
        assert!((ours - theirs).abs() <= 0.01, "{clip}: {ours} {theirs}");
    }
    for (file, lufs) in [("pyln_sine_1000.wav", -3.0523438444331137), ("1770_RelGateTest.wav", -10.0)] {
        let Some(wav) = shared("loudness_is_the_peers_and_the_makers", &format!("data/audio/{file}")) else {
            return;
        };
        let ours = analyse(&decode(&wav)).features.loudness.integrated_lufs.unwrap();
        assert!((ours - lufs).abs() <= 0.1, "{file}: {ours}");
    }
}

/// Loudness range and true peak as ffmpeg 5.1.9 prints them: `-filter_complex ebur128=peak=true`. The range of the trumpet,
/// 5.3 s long, is not compared: ffmpeg counts the windows of less than 3 s at its start, which EBU Tech 3342 does not have
/// and which are more than half of its windows.
#[test]
fn loudness_range_and_true_peak_are_ffmpegs() {
    for (file, range, peak) in [
        ("jfk", Some(4.2), -2.1),
        ("vibeace", Some(4.6), -1.0),
        ("clip60", Some(7.5), -1.0),
        ("trumpet", None, -2.9),
        ("libri1", Some(3.1), -7.4),
    ] {
        let test = "loudness_range_and_true_peak_are_ffmpegs";
        let Some(wav) = shared(test, &format!("data/audio/{file}.wav")) else { return };
        let loudness = analyse(&decode(&wav)).features.loudness;
        let (ours_range, ours_peak) = (loudness.range_lu.unwrap(), loudness.true_peak_dbtp.unwrap());
        println!("{file}: range {ours_range} against {range:?}, peak {ours_peak} against {peak}");
        assert!(range.is_none_or(|range: f64| (ours_range - range).abs() <= 1.0), "{file}: {ours_range}");
        // 0.1 dB, and half a digit of ffmpeg's print.
        assert!((ours_peak - peak).abs() <= 0.15, "{file}: {ours_peak}");
    }
}

/// Peak levels in dBFS and the seconds that each lasts.
type Levels = &'static [(f64, f64)];

/// A sine of 1 kHz at these levels, one after the other, on two channels.
fn steps(levels: &[(f64, f64)]) -> Sound {
    let mut samples = Vec::new();
    for &(db, seconds) in levels {
        let start = samples.len();
        let amplitude = 10_f64.powf(db / 20.0);
        let n = (seconds * 48_000.0).round() as usize;
        samples.extend(
            (start..start + n).map(|i| (amplitude * (TAU * 1000.0 * i as f64 / 48_000.0).sin()) as f32),
        );
    }
    Sound::mono(48_000, samples).spread(2)
}

/// EBU Tech 3341 (2016), table 1: the minimum requirements of a meter in EBU mode, ±0.1 LU.
#[test]
fn ebu_tech_3341() {
    let integrated: [(&str, Levels, f64); 5] = [
        ("1", &[(-23.0, 20.0)], -23.0),
        ("2", &[(-33.0, 20.0)], -33.0),
        ("3", &[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        ("4", &[(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
        ("5", &[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
    ];
    for (case, levels, lufs) in integrated {
        let loudness = analyse(&steps(levels)).features.loudness;
        assert!((loudness.integrated_lufs.unwrap() - lufs).abs() <= 0.1, "case {case}: {loudness:?}");
        if levels.len() == 1 {
            assert!((loudness.momentary_max_lufs.unwrap() - lufs).abs() <= 0.1, "case {case}: {loudness:?}");
            assert!((loudness.short_term_max_lufs.unwrap() - lufs).abs() <= 0.1, "case {case}: {loudness:?}");
        }
    }
    // Case 6: left and right at -28, centre at -24, surrounds at -30 dBFS; here in the order of 5.1, without its LFE.
    let levels = [-28.0, -28.0, -24.0, f64::NEG_INFINITY, -30.0, -30.0].map(|db| 10_f64.powf(db / 20.0));
    let sine = Sound::wave(48_000, 20.0, |t| (TAU * 1000.0 * t).sin());
    let samples =
        sine.samples.iter().flat_map(|&s| levels.map(|level| (level * f64::from(s)) as f32)).collect();
    let surround = Sound { rate: 48_000, channels: 6, samples };
    let lufs = analyse(&surround).features.loudness.integrated_lufs.unwrap();
    assert!((lufs + 23.0).abs() <= 0.1, "case 6: {lufs}");
    // Cases 9 and 12: short-term and momentary loudness of steps that their windows average.
    let short_term = analyse(&steps(&[(-20.0, 1.34), (-30.0, 1.66)].repeat(5))).features.loudness;
    assert!((short_term.short_term_max_lufs.unwrap() + 23.0).abs() <= 0.1, "case 9: {short_term:?}");
    let momentary = analyse(&steps(&[(-20.0, 0.18), (-30.0, 0.22)].repeat(25))).features.loudness;
    assert!((momentary.momentary_max_lufs.unwrap() + 23.0).abs() <= 0.1, "case 12: {momentary:?}");
    // Cases 15 to 18: sines of 0.5 between whose samples the peak lies; -6.0 dBTP, +0.2 and -0.4 dB. They are faded in and
    // out over 10 ms: switched on at once, the sine would overshoot.
    for (case, divisor, phase) in [("15", 4.0, 0.0), ("16", 4.0, 45.0), ("17", 6.0, 60.0), ("18", 8.0, 67.5)]
    {
        let fade = |t: f64| (t / 0.01).min((1.0 - t) / 0.01).min(1.0);
        let sine = Sound::wave(48_000, 1.0, |t| {
            fade(t) * 0.5 * (TAU * 48_000.0 / divisor * t + phase * PI / 180.0).sin()
        });
        let peak = analyse(&sine).features.loudness.true_peak_dbtp.unwrap();
        assert!((-6.4..=-5.8).contains(&peak), "case {case}: {peak}");
    }
}

/// EBU Tech 3342 (2016), table 1: loudness ranges, ±1 LU.
#[test]
fn ebu_tech_3342() {
    let cases: [(Levels, f64); 4] = [
        (&[(-20.0, 20.0), (-30.0, 20.0)], 10.0),
        (&[(-20.0, 20.0), (-15.0, 20.0)], 5.0),
        (&[(-40.0, 20.0), (-20.0, 20.0)], 20.0),
        (&[(-50.0, 20.0), (-35.0, 20.0), (-20.0, 20.0), (-35.0, 20.0), (-50.0, 20.0)], 15.0),
    ];
    for (levels, range) in cases {
        let ours = analyse(&steps(levels)).features.loudness.range_lu.unwrap();
        assert!((ours - range).abs() <= 1.0, "{levels:?}: {ours}");
    }
}

/// ITU-R BS.1770-4: a mono stream counts once, the same sound on two channels is 10 log10(2) louder, the low-frequency
/// channel does not count.
#[test]
fn channels_are_weighed() {
    let mono = Sound::wave(48_000, 4.0, |t| 0.1 * (TAU * 997.0 * t).sin());
    let lufs = |sound: &Sound| analyse(sound).features.loudness.integrated_lufs.unwrap();
    // BS.1770-4: a 997 Hz sine at 0 dBFS on one front channel reads -3.01 LKFS.
    assert!((lufs(&mono) + 23.01).abs() < 0.02, "{}", lufs(&mono));
    assert!((lufs(&mono.spread(2)) - lufs(&mono) - 3.0103).abs() < 1e-3);
    // Three fronts and two surrounds of weight 1.41.
    let expected = 10.0 * (3.0 + 2.0 * 1.41_f64).log10();
    assert!((lufs(&mono.spread(6)) - lufs(&mono) - expected).abs() < 1e-3);
    // Two rear channels of weight 1 more.
    let expected = 10.0 * (5.0 + 2.0 * 1.41_f64).log10();
    assert!((lufs(&mono.spread(8)) - lufs(&mono) - expected).abs() < 1e-3);
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
    assert!(short.loudness.range_lu.is_none() && short.missing["loudness.range_lu"].contains("3 s"));
    let tone = analyse(&Sound::wave(8000, 4.0, |t| 0.4 * (TAU * 220.0 * t).sin())).features;
    assert!(quantile(&[tone.spectral_rolloff.unwrap().p50], 0.5) < 250.0);
}

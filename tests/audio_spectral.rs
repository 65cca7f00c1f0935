//! The spectral features of sound, in the extractor and as functions on samples, against librosa 0.11: on real clips (the
//! peers' own samples at 16 kHz), and at other rates and settings on a closed-form sound.

use crate::common;
#[path = "sound/librosa.rs"]
mod librosa;
use crate::sound;

use common::shared;
use sound::{Sound, pcm16k, rows, run, series};
use std::f64::consts::TAU;
use viralnow_core::audio::{
    AudioExtractor, AudioSummary, BandwidthParams, ChromaParams, ContrastParams, DbParams, FlatnessParams,
    FrameParams, Gain, MelParams, MfccParams, OnsetOptions, RolloffParams, SpectralParams, TuningParams,
    chroma_stft, delta, estimate_tuning, melspectrogram, mfcc, normalize_gain, onset_strength, power_to_db,
    resample, resample_mono, rms, spectral_bandwidth, spectral_centroid, spectral_contrast,
    spectral_features, spectral_flatness, spectral_rolloff, to_mono, zero_crossing_rate,
};
use viralnow_core::extract::{Extracted, ExtractorConfig, Matrix};
use viralnow_core::{ErrorKind, Preset, Result};

const GOLDEN: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];

fn extract(preset: Preset, sound: &Sound) -> Extracted<AudioSummary> {
    let config = ExtractorConfig { preset, ..ExtractorConfig::default() };
    run(AudioExtractor::new(&config), sound).0
}

/// Largest absolute difference from the peer's array, which has features by frames.
fn worst(ours: &Matrix, theirs: &[Vec<f64>], what: &str) -> f64 {
    assert_eq!((ours.columns, ours.rows), (theirs.len(), theirs[0].len()), "{what}");
    let difference = |i: usize| (f64::from(ours.data[i]) - theirs[i % ours.columns][i / ours.columns]).abs();
    (0..ours.data.len()).map(difference).fold(0.0, f64::max)
}

/// Tuning and chroma on every clip, in both presets: librosa's tuning exactly, and with it chroma within 1e-4.
#[test]
fn tuning_and_chroma_are_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("tuning_and_chroma_are_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        for preset in [Preset::Reference, Preset::Balanced] {
            let found = extract(preset, &pcm16k(&npz));
            let (ours, theirs) = (found.features.tuning.unwrap(), series(&npz, "tuning")[0]);
            let chroma = worst(&found.vectors["chroma"], &rows(&npz, "chroma"), "chroma");
            println!("{clip} {preset:?}: tuning {ours} against {theirs}, chroma {chroma:e} (gate 1e-4)");
            assert!((ours - theirs).abs() <= 0.01 + 1e-9, "{clip}: {ours} {theirs}");
            // At another tuning the chroma would be another one.
            assert!((ours - theirs).abs() < 1e-9 && chroma <= 1e-4, "{clip}: {chroma}");
        }
    }
}

/// Sums up how far a feature is off over the clips, and fails beyond its gate.
struct Gate<'a> {
    clip: &'a str,
    npz: &'a std::path::Path,
}

impl Gate<'_> {
    fn check(&self, ours: &Matrix, theirs: &str, gate: f64) {
        let worst = worst(ours, &rows(self.npz, theirs), theirs);
        println!("{} {theirs}: {worst:e} (gate {gate:e})", self.clip);
        assert!(worst <= gate, "{} {theirs}: {worst}", self.clip);
    }

    /// At most 0.5 % of the frames are off, and by one bin.
    fn check_rolloff(&self, ours: &Matrix) {
        let theirs = rows(self.npz, "rolloff");
        let off: Vec<f64> =
            ours.data.iter().zip(&theirs[0]).map(|(a, b)| (f64::from(*a) - b).abs()).collect();
        let moved = off.iter().filter(|&&d| d > 0.0).count() as f64 / off.len() as f64;
        println!("{} rolloff: {moved} of the frames moved", self.clip);
        assert!(ours.rows == theirs[0].len() && moved <= 0.005, "{}: {moved}", self.clip);
        assert!(off.iter().all(|&d| d <= 7.8125), "{}", self.clip);
    }
}

/// The functions on samples, with their defaults, against librosa's on all clips. The gates of bandwidth (0.1 Hz), flatness
/// (1e-5) and contrast (1e-3 dB) are of the same kind as the others: what 24 bits of a magnitude leave.
#[test]
fn the_functions_are_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("the_functions_are_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let gate = Gate { clip, npz: &npz };
        let Sound { rate, samples: y, .. } = pcm16k(&npz);
        let frames = FrameParams::default();
        let mel = melspectrogram(&y, rate, &MelParams::default()).unwrap();
        gate.check(&power_to_db(&mel, &DbParams::default()).unwrap(), "mel_db", 1e-3);
        gate.check(&mfcc(&y, rate, &MfccParams::default()).unwrap(), "mfcc", 2e-3);
        let tuned = |tuning| ChromaParams { tuning, ..ChromaParams::default() };
        gate.check(&chroma_stft(&y, rate, &tuned(None)).unwrap(), "chroma", 1e-4);
        gate.check(&chroma_stft(&y, rate, &tuned(Some(0.0))).unwrap(), "chroma_tuning0", 1e-4);
        gate.check(&spectral_centroid(&y, rate, &frames).unwrap(), "centroid", 0.05);
        gate.check(&spectral_bandwidth(&y, rate, &BandwidthParams::default()).unwrap(), "bandwidth", 0.1);
        gate.check(&spectral_flatness(&y, rate, &FlatnessParams::default()).unwrap(), "flatness", 1e-5);
        gate.check(&spectral_contrast(&y, rate, &ContrastParams::default()).unwrap(), "contrast", 1e-3);
        gate.check(&zero_crossing_rate(&y, rate, &frames).unwrap(), "zcr", 0.0);
        gate.check(&rms(&y, rate, &frames).unwrap(), "rms", 1e-6);
        gate.check_rolloff(&spectral_rolloff(&y, rate, &RolloffParams::default()).unwrap());
    }
}

/// The extractor and the functions are two ways to the same numbers.
#[test]
fn the_extractor_gives_what_the_functions_give() {
    let sound = Sound::mono(16_000, closed_form(16_000));
    let (y, rate) = (&sound.samples, sound.rate);
    let vectors = extract(Preset::Reference, &sound).vectors;
    let frames = FrameParams::default();
    let cepstra = mfcc(y, rate, &MfccParams::default()).unwrap();
    for (name, function, gate) in [
        ("mfcc_delta", delta(&cepstra, 9, 1).unwrap(), 0.0),
        ("mfcc_delta2", delta(&cepstra, 9, 2).unwrap(), 0.0),
        ("mfcc", cepstra, 0.0),
        // Interpolated between tunings, not computed at this one.
        ("chroma", chroma_stft(y, rate, &ChromaParams::default()).unwrap(), 5e-5),
        ("spectral_centroid", spectral_centroid(y, rate, &frames).unwrap(), 0.0),
        ("spectral_bandwidth", spectral_bandwidth(y, rate, &BandwidthParams::default()).unwrap(), 0.0),
        ("spectral_rolloff", spectral_rolloff(y, rate, &RolloffParams::default()).unwrap(), 0.0),
        ("spectral_flatness", spectral_flatness(y, rate, &FlatnessParams::default()).unwrap(), 0.0),
        ("spectral_contrast", spectral_contrast(y, rate, &ContrastParams::default()).unwrap(), 0.0),
        ("zero_crossing_rate", zero_crossing_rate(y, rate, &frames).unwrap(), 0.0),
        ("rms", rms(y, rate, &frames).unwrap(), 0.0),
    ] {
        let ours = &vectors[name];
        assert_eq!(
            (ours.rows, ours.columns, ours.unit),
            (function.rows, function.columns, function.unit),
            "{name}"
        );
        assert_eq!(ours.times_s, function.times_s, "{name}");
        let off = ours.data.iter().zip(&function.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= gate, "{name}: {off}");
    }
}

/// The set has the bits of the single functions, at other settings than the defaults too, and where it is too long for its
/// spectra to be kept.
#[test]
fn the_set_is_what_the_single_functions_give() {
    let short = FrameParams { n_fft: 1024, hop_length: 256, win_length: Some(800), ..FrameParams::default() };
    let dense = FrameParams { hop_length: 3, ..FrameParams::default() };
    let of = |frames| SpectralParams { frames, ..SpectralParams::default() };
    let set = SpectralParams { n_mfcc: 13, n_mels: 40, n_chroma: 24, n_bands: 5, ..of(short) };
    for (rate, params) in [
        (16_000, of(FrameParams::default())),
        (44_100, of(FrameParams { hop_length: 441, ..FrameParams::default() })),
        (22_050, set),
        (8000, SpectralParams { tuning: Some(0.1), ..set }),
        // Over 2^24 magnitudes.
        (44_100, of(dense)),
    ] {
        let y = closed_form(rate);
        let SpectralParams { frames, n_mfcc, n_mels, n_chroma, tuning, n_bands } = params;
        let mel = MelParams { frames, n_mels, ..MelParams::default() };
        let hop_length = frames.hop_length;
        let usual = frames == FrameParams { hop_length, ..FrameParams::default() };
        let found = spectral_features(&y, rate, &params).unwrap();
        let contrast = ContrastParams { frames, n_bands, ..ContrastParams::default() };
        for (name, set, single) in [
            ("mfcc", found.mfcc, mfcc(&y, rate, &MfccParams { n_mfcc, mel, ..MfccParams::default() })),
            (
                "chroma_stft",
                found.chroma_stft,
                chroma_stft(&y, rate, &ChromaParams { frames, n_chroma, tuning }),
            ),
            ("spectral_centroid", found.spectral_centroid, spectral_centroid(&y, rate, &frames)),
            (
                "spectral_bandwidth",
                found.spectral_bandwidth,
                spectral_bandwidth(&y, rate, &BandwidthParams { frames, ..BandwidthParams::default() }),
            ),
            (
                "spectral_rolloff",
                found.spectral_rolloff,
                spectral_rolloff(&y, rate, &RolloffParams { frames, ..RolloffParams::default() }),
            ),
            (
                "spectral_flatness",
                found.spectral_flatness,
                spectral_flatness(&y, rate, &FlatnessParams { frames, ..FlatnessParams::default() }),
            ),
            ("spectral_contrast", found.spectral_contrast, spectral_contrast(&y, rate, &contrast)),
            ("zero_crossing_rate", found.zero_crossing_rate, zero_crossing_rate(&y, rate, &frames)),
            ("rms", found.rms, rms(&y, rate, &frames)),
        ] {
            assert_eq!(set, single.unwrap(), "{name} at {rate}");
        }
        let onsets = found.onset_strength;
        assert_eq!((onsets.rows, onsets.unit), (1 + y.len() / hop_length, "dB"));
        if usual {
            let options = OnsetOptions { hop_length, ..OnsetOptions::default() };
            assert_eq!(onsets, onset_strength(&y, rate, &options).unwrap(), "{rate}");
        }
    }
    let refused = spectral_features(&closed_form(8000), 8000, &SpectralParams::default()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidConfig, "{refused}");
}

/// 1.5 s of a tone, a glide, a tone that comes and goes, and hiss.
fn closed_form(sample_rate: u32) -> Vec<f32> {
    let n = i64::from(sample_rate) * 3 / 2 + 7;
    let wave = |i: i64| {
        let t = i as f64 / f64::from(sample_rate);
        let on = f64::from(i32::from(i / i64::from(sample_rate / 8) % 2 == 1));
        let hiss = (i * 7919 % 9973) as f64 / 4986.5 - 1.0;
        0.4 * (TAU * 331.7 * t).sin()
            + 0.25 * (TAU * (500.0 * t + 900.0 * t * t)).sin()
            + 0.1 * (TAU * 2500.0 * t).sin() * on
            + 0.02 * hiss
    };
    (0..n).map(|i| wave(i) as f32).collect()
}

/// One feature by the name that it has in the table, and how far it may be off: absolute, and relative to the value.
fn by_name(name: &str, y: &[f32], sr: u32) -> (Matrix, f64, f64) {
    let frames = FrameParams::default();
    let short = FrameParams { n_fft: 512, hop_length: 160, win_length: Some(400), center: true };
    let of_400 = FrameParams { n_fft: 400, hop_length: 160, ..frames };
    let uncentred = FrameParams { n_fft: 1024, hop_length: 300, center: false, ..frames };
    let cepstra = || mfcc(y, sr, &MfccParams::default()).unwrap();
    let chroma = |n_chroma, tuning| {
        chroma_stft(y, sr, &ChromaParams { n_chroma, tuning, ..ChromaParams::default() }).unwrap()
    };
    match name {
        "melspectrogram" => (melspectrogram(y, sr, &MelParams::default()).unwrap(), 0.0, 1e-4),
        "melspectrogram, not centred" => {
            let mel = MelParams { frames: uncentred, power: 1.0, n_mels: 64, ..MelParams::default() };
            (melspectrogram(y, sr, &mel).unwrap(), 0.0, 1e-5)
        }
        "power_to_db" => {
            let mel = melspectrogram(y, sr, &MelParams::default()).unwrap();
            (power_to_db(&mel, &DbParams::default()).unwrap(), 1e-3, 0.0)
        }
        "mfcc" => (cepstra(), 2e-3, 0.0),
        "mfcc of short frames" => {
            let mel = MelParams { frames: short, n_mels: 40, fmin: 20.0, fmax: Some(7600.0), power: 2.0 };
            // Raised up to twelvefold by the lifter.
            (mfcc(y, sr, &MfccParams { n_mfcc: 13, lifter: 22.0, mel }).unwrap(), 0.024, 0.0)
        }
        "delta" => (delta(&cepstra(), 9, 1).unwrap(), 1e-3, 0.0),
        "delta 2" => (delta(&cepstra(), 9, 2).unwrap(), 1e-3, 0.0),
        "delta of 5" => (delta(&cepstra(), 5, 1).unwrap(), 2e-3, 0.0),
        "chroma_stft" => (chroma(12, None), 1e-5, 0.0),
        "chroma_stft at 0.2" => (chroma(12, Some(0.2)), 1e-5, 0.0),
        "chroma_stft of 24" => (chroma(24, Some(0.0)), 1e-5, 0.0),
        "spectral_centroid" => (spectral_centroid(y, sr, &frames).unwrap(), 0.01, 0.0),
        "centroid far apart" => {
            let far = FrameParams { n_fft: 1000, hop_length: 1500, ..frames };
            (spectral_centroid(y, sr, &far).unwrap(), 0.01, 0.0)
        }
        "spectral_bandwidth" => (spectral_bandwidth(y, sr, &BandwidthParams::default()).unwrap(), 0.01, 0.0),
        "spectral_bandwidth of 3" => {
            (spectral_bandwidth(y, sr, &BandwidthParams { p: 3.0, frames }).unwrap(), 0.01, 0.0)
        }
        "spectral_rolloff" => (spectral_rolloff(y, sr, &RolloffParams::default()).unwrap(), 1e-3, 0.0),
        "spectral_rolloff of 0.5" => {
            (spectral_rolloff(y, sr, &RolloffParams { frames, roll_percent: 0.5 }).unwrap(), 1e-3, 0.0)
        }
        "spectral_flatness" => (spectral_flatness(y, sr, &FlatnessParams::default()).unwrap(), 0.0, 1e-4),
        "spectral_flatness of magnitudes" => {
            let magnitudes = FlatnessParams { frames, amin: 1e-6, power: 1.0 };
            (spectral_flatness(y, sr, &magnitudes).unwrap(), 0.0, 1e-4)
        }
        "spectral_contrast" => (spectral_contrast(y, sr, &ContrastParams::default()).unwrap(), 1e-3, 0.0),
        "spectral_contrast, linear" => {
            let linear = ContrastParams { frames, fmin: 100.0, n_bands: 5, quantile: 0.1, linear: true };
            (spectral_contrast(y, sr, &linear).unwrap(), 0.0, 1e-5)
        }
        "zero_crossing_rate" => (zero_crossing_rate(y, sr, &frames).unwrap(), 0.0, 1e-7),
        "zero_crossing_rate of 400" => (zero_crossing_rate(y, sr, &of_400).unwrap(), 0.0, 1e-7),
        "rms" => (rms(y, sr, &frames).unwrap(), 1e-6, 0.0),
        "rms of 400" => (rms(y, sr, &of_400).unwrap(), 1e-6, 0.0),
        other => panic!("no feature of the name {other}"),
    }
}

/// The functions at the rates of other material and with other settings, against numbers that librosa gave.
#[test]
fn the_functions_are_librosas_at_other_rates() {
    for numbers in [librosa::AT_22050, librosa::AT_48000] {
        let sr = numbers.sample_rate;
        let y = closed_form(sr);
        for (name, values) in numbers.features {
            let (ours, absolute, relative) = by_name(name, &y, sr);
            assert!(values.iter().all(|v| v.0 < ours.rows && v.1 < ours.columns), "{name}");
            for &(frame, column, theirs) in *values {
                let value = f64::from(ours.data[frame * ours.columns + column]);
                let off = (value - theirs).abs();
                assert!(
                    off <= absolute + relative * theirs.abs(),
                    "{name} at {sr} Hz, frame {frame}, column {column}: {value} against {theirs}"
                );
            }
        }
        let tuning = TuningParams::default();
        assert!((estimate_tuning(&y, sr, &tuning).unwrap() - numbers.tuning).abs() < 1e-9, "{sr}");
        let fine = TuningParams { resolution: 0.005, bins_per_octave: 24, ..tuning };
        assert!((estimate_tuning(&y, sr, &fine).unwrap() - numbers.fine_tuning).abs() < 1e-9, "{sr}");
    }
}

/// Every function on a sound, with its defaults.
fn everything(y: &[f32], sr: u32) -> Vec<(&'static str, Result<Matrix>)> {
    let frames = FrameParams::default();
    vec![
        ("melspectrogram", melspectrogram(y, sr, &MelParams::default())),
        ("mfcc", mfcc(y, sr, &MfccParams::default())),
        ("chroma_stft", chroma_stft(y, sr, &ChromaParams::default())),
        ("spectral_centroid", spectral_centroid(y, sr, &frames)),
        ("spectral_bandwidth", spectral_bandwidth(y, sr, &BandwidthParams::default())),
        ("spectral_rolloff", spectral_rolloff(y, sr, &RolloffParams::default())),
        ("spectral_flatness", spectral_flatness(y, sr, &FlatnessParams::default())),
        (
            "spectral_contrast",
            spectral_contrast(y, sr, &ContrastParams { fmin: 50.0, ..ContrastParams::default() }),
        ),
        ("zero_crossing_rate", zero_crossing_rate(y, sr, &frames)),
        ("rms", rms(y, sr, &frames)),
    ]
}

#[test]
fn awkward_sounds_are_defined_or_refused() {
    for (what, sound) in sound::awkward() {
        let y = &sound.samples;
        let fit = !y.is_empty() && y.iter().all(|s| s.abs() <= 1e6) && sound.rate <= 768_000;
        for (name, result) in everything(y, sound.rate) {
            match result {
                Ok(matrix) => {
                    assert!(fit, "{name}: {what}");
                    assert_eq!(matrix.rows, 1 + y.len() / 512, "{name}: {what}");
                    assert_eq!(matrix.data.len(), matrix.rows * matrix.columns, "{name}: {what}");
                    assert_eq!(matrix.times_s.len(), matrix.rows, "{name}: {what}");
                    assert!(matrix.data.iter().all(|v| v.is_finite()), "{name}: {what}");
                }
                // A band of the contrast has no bins at a rate of 3 Hz.
                Err(error) => {
                    let kind = if fit { ErrorKind::InvalidConfig } else { ErrorKind::InvalidInput };
                    assert!(!fit || name == "spectral_contrast", "{name}: {what}: {error}");
                    assert_eq!(error.kind(), kind, "{name}: {what}");
                }
            }
        }
        let tuning = estimate_tuning(y, sound.rate, &TuningParams::default());
        assert!(tuning.map_or(!fit, |tuning| (-0.5..0.5).contains(&tuning)), "{what}");
    }
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let y = closed_form(16_000);
    let frames = FrameParams::default();
    let centroid = |frames| spectral_centroid(&y, 16_000, &frames).unwrap_err();
    for wrong in [
        FrameParams { n_fft: 1, ..frames },
        FrameParams { n_fft: 1 << 21, ..frames },
        FrameParams { hop_length: 0, ..frames },
        FrameParams { win_length: Some(2049), ..frames },
        FrameParams { win_length: Some(0), ..frames },
    ] {
        assert_eq!(centroid(wrong).kind(), ErrorKind::InvalidConfig, "{wrong:?}");
    }
    let long = FrameParams { n_fft: 65_536, center: false, ..frames };
    assert_eq!(centroid(long).kind(), ErrorKind::InvalidInput);
    let config = |result: Result<Matrix>| assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidConfig);
    let mel = MelParams::default();
    config(melspectrogram(&y, 16_000, &MelParams { n_mels: 0, ..mel }));
    config(melspectrogram(&y, 16_000, &MelParams { fmin: 9000.0, ..mel }));
    config(melspectrogram(&y, 16_000, &MelParams { fmax: Some(f64::NAN), ..mel }));
    config(mfcc(&y, 16_000, &MfccParams { n_mfcc: 129, ..MfccParams::default() }));
    config(spectral_contrast(&y, 8000, &ContrastParams::default()));
    config(spectral_rolloff(&y, 16_000, &RolloffParams { frames, roll_percent: 1.0 }));
    config(chroma_stft(&y, 16_000, &ChromaParams { n_chroma: 0, ..ChromaParams::default() }));
    let cepstra = mfcc(&y, 16_000, &MfccParams::default()).unwrap();
    config(delta(&cepstra, 8, 1));
    config(delta(&cepstra, 9, 9));
    assert_eq!(delta(&cepstra, 99, 1).unwrap_err().kind(), ErrorKind::InvalidInput);
    let dense = MelParams { n_mels: 4096, frames: FrameParams { n_fft: 2, hop_length: 1, ..frames }, ..mel };
    let minutes = vec![0.0; 300_000];
    assert_eq!(melspectrogram(&minutes, 16_000, &dense).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

/// Channels, rate and level: what the specification asks for before anything else.
#[test]
fn sound_is_prepared_as_specified() {
    assert_eq!(to_mono(&[1.0, 0.0, -1.0, 0.5, 0.5, 0.5], 3).unwrap(), [0.0, 0.5]);
    for (samples, channels) in [(vec![0.5; 3], 2), (vec![0.5; 3], 0), (vec![f32::NAN; 2], 2)] {
        assert_eq!(to_mono(&samples, channels).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let tone = |sr: u32| -> Vec<f32> {
        (0..sr * 2).map(|i| (0.1 * (TAU * 997.0 * f64::from(i) / f64::from(sr)).sin()) as f32).collect()
    };
    let resampled = resample(&tone(44_100), 44_100, 16_000).unwrap();
    assert_eq!(resampled.len(), 32_000);
    let off = resampled.iter().zip(tone(16_000)).skip(8000).take(16_000).map(|(a, b)| (a - b).abs());
    assert!(off.fold(0.0, f32::max) < 1.2e-4, "0.01 dB of 0.1");
    assert_eq!(resample(&[0.5], 44_100, 3).unwrap_err().kind(), ErrorKind::InvalidConfig);
    // Of two channels at once: the same bits as of their mean.
    let both: Vec<f32> = tone(44_100).iter().flat_map(|&s| [s, 0.5 * s * s]).collect();
    let mixed = resample_mono(&both, 2, 44_100, 16_000).unwrap();
    assert!(mixed == resample(&to_mono(&both, 2).unwrap(), 44_100, 16_000).unwrap());
    for (samples, channels) in [(vec![0.5; 3], 2), (vec![0.5; 3], 0), (vec![f32::NAN; 2], 2)] {
        let error = resample_mono(&samples, channels, 44_100, 16_000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    let peak = normalize_gain(&tone(48_000), 48_000, 1, Gain::Peak(-6.0)).unwrap();
    let largest = peak.samples.iter().fold(0.0_f32, |largest, s| largest.max(s.abs()));
    assert!((20.0 * f64::from(largest).log10() + 6.0).abs() < 1e-3 && !peak.limited);
    // BS.1770-4: a 997 Hz sine of 0.1 on one channel is at -23.01 LUFS.
    let loud =
        normalize_gain(&tone(48_000), 48_000, 1, Gain::Loudness { lufs: -14.0, ceiling_dbtp: -1.0 }).unwrap();
    assert!((loud.gain_db.unwrap() - 9.01).abs() < 0.02 && !loud.limited, "{:?}", loud.gain_db);
    let far =
        normalize_gain(&tone(48_000), 48_000, 1, Gain::Loudness { lufs: 0.0, ceiling_dbtp: -1.0 }).unwrap();
    assert!((far.gain_db.unwrap() - 19.0).abs() < 0.1 && far.limited, "{:?}", far.gain_db);
    let nothing = vec![0.0; 48_000];
    for gain in [Gain::Peak(0.0), Gain::Loudness { lufs: -14.0, ceiling_dbtp: -1.0 }] {
        let silence = normalize_gain(&nothing, 48_000, 1, gain).unwrap();
        assert!(silence.gain_db.is_none() && silence.samples == nothing && !silence.limited);
    }
    let wrong = normalize_gain(&tone(48_000), 48_000, 1, Gain::Peak(f64::NAN)).unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::InvalidConfig);
}

/// A chord whose tuning and pitch classes are known from its making.
#[test]
fn a_detuned_chord_is_found_in_the_extractor() {
    for tuning in [-0.3, 0.0, 0.25] {
        // C major: classes 0, 4 and 7.
        let notes = [-9.0, -5.0, -2.0].map(|semitone: f64| 440.0 * ((semitone + tuning) / 12.0).exp2());
        let chord = Sound::wave(44_100, 3.0, |t| notes.iter().map(|hz| 0.2 * (TAU * hz * t).sin()).sum());
        let found = extract(Preset::Balanced, &chord);
        // Three magnitudes of a Hann window do not lie on a parabola: its top is off by some cents.
        assert!(
            (found.features.tuning.unwrap() - tuning).abs() <= 0.08,
            "{tuning}: {:?}",
            found.features.tuning
        );
        let mean = found.features.chroma.unwrap().mean;
        let mut classes: Vec<usize> = (0..12).collect();
        classes.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
        classes.truncate(3);
        classes.sort_unstable();
        assert_eq!(classes, [0, 4, 7], "{tuning}: {mean:?}");
    }
}

#[test]
fn what_is_undefined_is_null_with_a_reason() {
    let silence = extract(Preset::Balanced, &Sound::mono(16_000, vec![0.0; 32_000])).features;
    assert!(silence.chroma.is_none() && silence.tuning.is_none() && silence.mfcc_delta.is_some());
    assert_eq!(silence.missing["chroma"], "the sound is digital silence");
    let short =
        extract(Preset::Balanced, &Sound::mono(16_000, closed_form(16_000)[..4000].to_vec())).features;
    assert!(short.mfcc.is_some() && short.mfcc_delta.is_none() && short.mfcc_delta2.is_none());
    assert_eq!(short.missing["mfcc_delta"], "the sound is shorter than 9 frames");
    let nothing = extract(Preset::Reference, &Sound::mono(16_000, vec![])).features;
    assert!(nothing.tuning.is_none() && nothing.missing["tuning"] == "there is no sound");
}

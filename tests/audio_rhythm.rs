//! Rhythm, key and danceability against librosa, ground truth and closed form.

mod common;
mod sound;

use common::shared;
use sound::{pcm16k, series};
use viralnow_core::audio::{
    Aggregate, BeatOptions, BeatTrack, OnsetOptions, beat_track, beat_track_envelope, onset_strength, tempo,
    tempo_of_envelope,
};

const GOLDEN: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];

/// Share of beats that have their like within 70 ms, each matched once: F-measure of MIREX beat tracking.
fn f_measure(found: &[f64], truth: &[f64], window_s: f64) -> f64 {
    let (mut hits, mut next) = (0, 0);
    for &time in found {
        while next < truth.len() && truth[next] < time - window_s {
            next += 1;
        }
        if next < truth.len() && (truth[next] - time).abs() <= window_s {
            hits += 1;
            next += 1;
        }
    }
    2.0 * f64::from(hits) / (found.len() + truth.len()).max(1) as f64
}

#[test]
fn onset_strength_is_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("onset_strength_is_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let y = pcm16k(&npz).samples;
        for (aggregate, name) in [(Aggregate::Mean, "onset_env"), (Aggregate::Median, "onset_env_median")] {
            let ours =
                onset_strength(&y, 16_000, &OnsetOptions { aggregate, ..OnsetOptions::default() }).unwrap();
            let theirs = series(&npz, name);
            assert_eq!((ours.rows, ours.columns), (theirs.len(), 1));
            let worst =
                ours.data.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            println!("{clip} {name}: {worst:e}");
            assert!(worst <= 1e-3, "{clip} {name}: {worst}");
        }
    }
}

/// Trap: librosa's `beat_track(y)` takes the median of the bands and `onset_strength` the mean; both are frozen.
#[test]
fn tempo_and_beats_are_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("tempo_and_beats_are_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let y = pcm16k(&npz).samples;
        let envelope = |name: &str| -> Vec<f32> { series(&npz, name).iter().map(|&v| v as f32).collect() };
        let options = BeatOptions::default();
        let check = |found: &BeatTrack, suffix: &str| {
            let bpm = series(&npz, &format!("tempo{suffix}"))[0];
            let beats = series(&npz, &format!("beats{suffix}"));
            // The same lag: 1875 / lag.
            let lag = |bpm: f64| (1875.0 / bpm).round();
            assert_eq!(lag(found.tempo_bpm.unwrap()), lag(bpm), "{clip}{suffix}");
            assert!((found.tempo_bpm.unwrap() / bpm - 1.0).abs() < 1e-9, "{clip}{suffix}");
            let f = f_measure(&found.beats_s, &beats, 0.07);
            println!("{clip}{suffix}: {bpm:.2} BPM, {} beats, F {f:.4}", beats.len());
            assert!(f >= 0.99, "{clip}{suffix}: {f}: {:?} {beats:?}", found.beats_s);
        };
        check(&beat_track_envelope(&envelope("onset_env"), 16_000, &options).unwrap(), "");
        check(&beat_track_envelope(&envelope("onset_env_median"), 16_000, &options).unwrap(), "_med");
        check(&beat_track(&y, 16_000, &options).unwrap(), "_y");
        let mean = series(&npz, "tempo")[0];
        assert!((tempo(&y, 16_000, &options).unwrap().unwrap() / mean - 1.0).abs() < 1e-9, "{clip}");
        let of_envelope = tempo_of_envelope(&envelope("onset_env"), 16_000, &options).unwrap();
        assert!((of_envelope.unwrap() / mean - 1.0).abs() < 1e-9, "{clip}");
    }
}

#[test]
fn functions_refuse_what_cannot_be_meant() {
    let code = |error: viralnow_core::Error| error.kind().code();
    let (onset, beat) = (OnsetOptions::default(), BeatOptions::default());
    for y in [vec![f32::NAN; 10], vec![0.0, f32::INFINITY]] {
        assert_eq!(code(onset_strength(&y, 16_000, &onset).unwrap_err()), "INVALID_INPUT");
        assert_eq!(code(beat_track(&y, 16_000, &beat).unwrap_err()), "INVALID_INPUT");
        assert_eq!(code(beat_track_envelope(&y, 16_000, &beat).unwrap_err()), "INVALID_INPUT");
        assert_eq!(code(tempo(&y, 16_000, &beat).unwrap_err()), "INVALID_INPUT");
    }
    assert_eq!(code(onset_strength(&[0.0], 0, &onset).unwrap_err()), "INVALID_INPUT");
    assert_eq!(code(tempo(&[0.0], 0, &beat).unwrap_err()), "INVALID_INPUT");
    for wrong in [
        BeatOptions { hop_length: 0, ..beat },
        BeatOptions { start_bpm: 0.0, ..beat },
        BeatOptions { std_bpm: f64::NAN, ..beat },
        BeatOptions { bpm: Some(-1.0), ..beat },
        BeatOptions { tightness: f64::INFINITY, ..beat },
        BeatOptions { ac_size_s: 1e12, ..beat },
    ] {
        assert_eq!(code(beat_track_envelope(&[1.0, 0.0], 16_000, &wrong).unwrap_err()), "INVALID_CONFIG");
    }
    assert_eq!(
        code(onset_strength(&[0.0], 16_000, &OnsetOptions { lag: 0, ..onset }).unwrap_err()),
        "INVALID_CONFIG"
    );
    // Nothing, one sample, silence and a steady level have no onsets.
    for y in [vec![], vec![0.5], vec![0.0; 50_000]] {
        assert_eq!(beat_track(&y, 16_000, &beat).unwrap(), BeatTrack::default());
        assert_eq!(tempo(&y, 16_000, &beat).unwrap(), None);
    }
    for bpm in [1e-9, 1e9] {
        beat_track_envelope(&[0.0, 1.0, 0.0, 1.0], 16_000, &BeatOptions { bpm: Some(bpm), ..beat }).unwrap();
    }
}

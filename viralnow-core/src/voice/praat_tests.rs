//! Pitch and intensity against Praat 6.1.38, on Praat's own grid.

#[path = "../../../tests/common/mod.rs"]
#[allow(unreachable_pub, reason = "it is written for the tests outside the crate")]
mod common;

use super::intensity::{self, IntensityMeter};
use super::pitch::{self, PitchTracker};
use ndarray::Array1;
use ndarray_npy::NpzReader;
use std::fs::File;
use std::path::Path;

const CLIPS: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];
const RATE: f64 = 16_000.0;

fn floats(path: &Path, name: &str) -> Vec<f64> {
    let array: Array1<f64> = NpzReader::new(File::open(path).unwrap()).unwrap().by_name(name).unwrap();
    array.to_vec()
}

fn pcm(path: &Path) -> Vec<f32> {
    let array: Array1<f32> = NpzReader::new(File::open(path).unwrap()).unwrap().by_name("pcm16k").unwrap();
    array.to_vec()
}

/// Praat centres its frames in the sound: as many as fit, and the same rest on either side.
fn first_s(samples: usize, step_s: f64, window_s: f64) -> f64 {
    let duration_s = samples as f64 / RATE;
    let steps = ((duration_s - window_s) / step_s + 1e-9).floor();
    (duration_s - steps * step_s) / 2.0
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

#[test]
fn pitch_is_praats() {
    for clip in CLIPS {
        let Some(npz) = common::shared("pitch_is_praats", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let signal = pcm(&npz);
        let mut tracker = PitchTracker::new(RATE, first_s(signal.len(), pitch::STEP_S, 0.04));
        signal.chunks(1000).for_each(|chunk| tracker.push(chunk));
        let ours = tracker.finish();
        let (theirs, times) = (floats(&npz, "praat_f0_ac"), floats(&npz, "praat_t_ac"));
        assert_eq!(ours.f0_hz.len(), theirs.len(), "{clip}");
        assert!(ours.times_s.iter().zip(&times).all(|(a, b)| (a - b).abs() < 1e-9), "{clip}");
        let voicing = ours.f0_hz.iter().zip(&theirs).filter(|(a, b)| a.is_nan() != (**b == 0.0)).count();
        let cents: Vec<f64> = ours
            .f0_hz
            .iter()
            .zip(&theirs)
            .filter(|(a, b)| !a.is_nan() && **b > 0.0)
            .map(|(a, b)| 1200.0 * (f64::from(*a) / b).log2().abs())
            .collect();
        let voicing = voicing as f64 / theirs.len() as f64;
        let (median, p95) = (quantile(&cents, 0.5), quantile(&cents, 0.95));
        // A gross error is one of more than 20 %.
        let gross =
            cents.iter().filter(|&&c| c > 1200.0 * 1.2_f64.log2()).count() as f64 / cents.len() as f64;
        println!("{clip}: median {median:.4} cents, p95 {p95:.4}, gross {gross:.4}, voicing {voicing:.4}");
        assert!(median <= 1.0 && p95 <= 5.0 && gross <= 0.005 && voicing <= 0.01, "{clip}");
    }
}

#[test]
fn intensity_is_praats() {
    for clip in CLIPS {
        let Some(npz) = common::shared("intensity_is_praats", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let signal = pcm(&npz);
        let mut meter = IntensityMeter::new(RATE, first_s(signal.len(), intensity::STEP_S, 0.064));
        signal.chunks(777).for_each(|chunk| meter.push(chunk));
        let theirs = floats(&npz, "praat_intensity");
        assert_eq!(meter.db.len(), theirs.len(), "{clip}");
        // Praat's reference is 20 micropascal: 20 log10(1 / 2e-5) = 93.9794 dB.
        let off: Vec<f64> =
            meter.db.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) + 93.9794 - b).abs()).collect();
        let (median, p99) = (quantile(&off, 0.5), quantile(&off, 0.99));
        println!("{clip}: median {median:.5} dB, p99 {p99:.5}, worst {:.5}", quantile(&off, 1.0));
        assert!(median <= 0.01 && p99 <= 0.1, "{clip}: {median} {p99}");
    }
}

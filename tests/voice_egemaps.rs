//! eGeMAPSv02 against openSMILE (numbers in `tests/peers/egemaps.json`, written by `benches/peers/egemaps.py`), against
//! signals whose values have a closed form, and on awkward sounds.

use crate::common;
use crate::sound;

use common::{root, shared, shared_root};
use serde_json::Value;
use sound::{Sound, decode, pcm16k, run, run_from};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use viralnow_core::ErrorKind;
use viralnow_core::extract::ExtractorConfig;
use viralnow_core::voice::{EGEMAPS_FUNCTIONALS, EGEMAPS_LLD, VoiceExtractor, egemaps, egemaps_lld};

fn peer() -> Value {
    let text = std::fs::read_to_string(root().join("tests/peers/egemaps.json")).expect("the peer's numbers");
    serde_json::from_str(&text).expect("JSON")
}

/// openSMILE's Python package hands its library samples of 16 bits, cut off towards zero, which come back as n / 32767.
fn as_opensmile_hears(samples: &[f32]) -> Vec<f32> {
    samples.iter().map(|s| (s * 32_768.0).trunc() / 32_767.0).collect()
}

fn load(source: &str) -> Option<Vec<f32>> {
    let path = shared("egemaps", source)?;
    let sound = if path.extension().is_some_and(|e| e == "npz") { pcm16k(&path) } else { decode(&path) };
    assert_eq!((sound.rate, sound.channels), (16_000, 1), "{source}");
    Some(sound.samples)
}

/// The same voice as in `benches/peers/egemaps.py`.
fn voice(f0_hz: f64, decay: f64) -> Vec<f32> {
    let (mut state, mut phase) = (1_u32, 0.0);
    (0..48_000)
        .map(|i| {
            let t = f64::from(i) / 16_000.0;
            phase += f0_hz * (1.0 + 0.15 * (TAU * 0.7 * t).sin()) / 16_000.0;
            let loud = ((TAU * 1.3 * t).sin() + 0.4).max(0.0);
            let tone: f64 =
                (1..=12).map(f64::from).map(|h| (TAU * h * phase + h * h).sin() / h.powf(decay)).sum();
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state >> 8) / 8_388_608.0 - 1.0;
            (0.08 * loud * tone + 0.004 * noise) as f32
        })
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("numbers").iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (a, b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let of = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    let common = of(&|p| (p.0 - a) * (p.1 - b));
    common / (of(&|p| (p.0 - a).powi(2)) * of(&|p| (p.1 - b).powi(2))).sqrt()
}

/// The pairs of peer and ours by functional.
fn pairs_of(clips: &[(Vec<f32>, Vec<f64>)]) -> BTreeMap<&'static str, Vec<(f64, f64)>> {
    let mut pairs: BTreeMap<&'static str, Vec<(f64, f64)>> = BTreeMap::new();
    for (samples, theirs) in clips {
        let ours = egemaps(&as_opensmile_hears(samples), 16_000).unwrap();
        for (name, &theirs) in EGEMAPS_FUNCTIONALS.into_iter().zip(theirs) {
            if let Some(&ours) = ours.functionals.get(name) {
                pairs.entry(name).or_default().push((theirs, ours));
            }
        }
    }
    pairs
}

#[test]
fn the_names_are_opensmiles() {
    let peer = peer();
    let names = |key: &str| -> Vec<String> {
        peer[key].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("functionals"), EGEMAPS_FUNCTIONALS);
    assert_eq!(names("contours"), EGEMAPS_LLD);
}

#[test]
fn functionals_correlate_with_opensmiles_over_clips() {
    if shared_root().is_none() {
        println!("SKIPPED functionals_correlate_with_opensmiles_over_clips: no shared data");
        return;
    }
    let peer = peer();
    let mut clips = Vec::new();
    for cut in peer["cuts"].as_array().unwrap() {
        let Some(samples) = load(cut["source"].as_str().unwrap()) else { return };
        let (start, count) =
            (cut["start"].as_u64().unwrap() as usize, cut["samples"].as_u64().unwrap() as usize);
        clips.push((samples[start..start + count].to_vec(), numbers(&cut["values"])));
    }
    for made in peer["voices"].as_array().unwrap() {
        let (f0_hz, decay) = (made["f0_hz"].as_f64().unwrap(), made["decay"].as_f64().unwrap());
        clips.push((voice(f0_hz, decay), numbers(&made["values"])));
    }
    assert!(clips.len() >= 30);
    let pairs = pairs_of(&clips);
    let mut low = Vec::new();
    for (name, pairs) in &pairs {
        let r = correlation(pairs);
        let mut off: Vec<f64> = pairs.iter().map(|(theirs, ours)| ((ours - theirs) / theirs).abs()).collect();
        off.sort_by(f64::total_cmp);
        let (middle, most) = (off[off.len() / 2], off[off.len() * 9 / 10]);
        println!(
            "{name}: r {r:.5}, relative difference median {middle:.1e}, p90 {most:.1e}, {} clips",
            pairs.len()
        );
        // A resonance near the origin of the plane is there or not by rounding, and one such frame decides the spread: see
        // `opensmile_differs_from_itself_in_the_spread_of_bandwidths`. The middle clip has no such frame.
        let right = if UNSTEADY.contains(name) { middle < 0.01 && most < 0.1 } else { r >= 0.99 };
        if !right {
            low.push((*name, r, middle));
        }
    }
    assert_eq!(pairs.len(), 88);
    assert!(low.is_empty(), "{low:?}");
}

/// What rounding decides in openSMILE.
const UNSTEADY: [&str; 2] = ["F1bandwidth_sma3nz_stddevNorm", "F2bandwidth_sma3nz_stddevNorm"];

/// A change of level by a whole number changes no formant. openSMILE finds the same pitch at all levels, but at one voice of
/// six the spread of the first bandwidth is twice as large at one level as at another. So no program can agree with it there.
#[test]
fn opensmile_differs_from_itself_in_the_spread_of_bandwidths() {
    let peer = peer();
    let mut apart = [1.0_f64; 2];
    for made in peer["gains"].as_array().unwrap() {
        let pitch = numbers(&made["pitch"]);
        assert!(pitch.iter().all(|p| (p / pitch[0] - 1.0).abs() < 1e-6), "{pitch:?}");
        for (apart, name) in apart.iter_mut().zip(UNSTEADY) {
            let values = numbers(&made[name]);
            let (low, high) =
                (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(0.0, f64::max));
            *apart = apart.max(high / low);
        }
    }
    assert!(apart[0] > 1.9 && apart[1] > 1.2, "{apart:?}");
}

#[test]
fn contours_are_opensmiles_frame_by_frame() {
    let peer = peer();
    let every = peer["every"].as_u64().unwrap() as usize;
    for table in peer["lld"].as_array().unwrap() {
        let Some(samples) = load(table["source"].as_str().unwrap()) else { return };
        let ours = egemaps_lld(&as_opensmile_hears(&samples), 16_000).unwrap();
        assert_eq!(ours.rows as u64, table["rows"].as_u64().unwrap());
        for (k, name) in EGEMAPS_LLD.into_iter().enumerate() {
            let (mut off, mut differ, mut size, mut count) = (Vec::new(), 0, 0.0, 0.0);
            for (i, row) in table["values"].as_array().unwrap().iter().enumerate() {
                let theirs = row[k].as_f64().unwrap();
                let ours = f64::from(ours.data[i * every * 25 + k]);
                if ours.is_nan() || (theirs == 0.0 && k >= 10) {
                    differ += usize::from(ours.is_nan() != (theirs == 0.0));
                    continue;
                }
                off.push((theirs - ours).abs());
                size += theirs.abs();
                count += 1.0;
            }
            off.sort_by(f64::total_cmp);
            let median = off[off.len() / 2] / (size / count);
            let p90 = off[off.len() * 9 / 10] / (size / count);
            println!("{} {name}: median {median:.1e}, p90 {p90:.1e} of the mean size", table["source"]);
            // Single precision; the resonances are the roots of a polynomial from ill-conditioned equations.
            let resonance = k >= 16 && (k - 16) % 3 < 2;
            let (at_median, at_p90) = if resonance { (5e-4, 5e-3) } else { (2e-6, 1e-5) };
            assert!(differ == 0 && median < at_median && p90 < at_p90, "{name}: {median} {p90} {differ}");
        }
    }
}

fn tone(seconds: f64, f0_hz: f64, harmonics: u32, decay: f64, loud: impl Fn(f64) -> f64) -> Vec<f32> {
    let wave = |t: f64| {
        let sum = |h: f64| (TAU * h * f0_hz * t + h * h).sin() / h.powf(decay);
        loud(t) * (1..=harmonics).map(f64::from).map(sum).sum::<f64>()
    };
    Sound::wave(16_000, seconds, wave).samples
}

#[test]
fn values_with_a_closed_form() {
    // A sine of amplitude a has the level 20 log10(a / sqrt 2).
    let found = egemaps(&tone(2.0, 1000.0, 1, 1.0, |_| 0.5), 16_000).unwrap().functionals;
    let level_db = 20.0 * (0.5 / 2.0_f64.sqrt()).log10();
    assert!((found["equivalentSoundLevel_dBp"] - level_db).abs() < 0.01);
    for (f0_hz, decay) in [(110.0, 1.0), (150.0, 0.8), (220.0, 1.5), (310.0, 1.0)] {
        let found = egemaps(&tone(2.0, f0_hz, 10, decay, |_| 0.1), 16_000).unwrap().functionals;
        let near = |name: &str, expected: f64, most: f64| {
            assert!((found[name] - expected).abs() <= most, "{f0_hz} Hz, {name}: {} {expected}", found[name]);
        };
        let semitones = 12.0 * (f0_hz / 27.5).log2();
        near("F0semitoneFrom27.5Hz_sma3nz_amean", semitones, 0.05);
        near("F0semitoneFrom27.5Hz_sma3nz_percentile50.0", semitones, 0.05);
        near("F0semitoneFrom27.5Hz_sma3nz_pctlrange0-2", 0.0, 0.02);
        // The periods are all alike.
        near("jitterLocal_sma3nz_amean", 0.0, 0.003);
        // But their peaks lie between samples, here and there by turns.
        near("shimmerLocaldB_sma3nz_amean", 0.0, 0.2);
        // openSMILE's H1 and H2 are the harmonics at twice and three times the fundamental.
        near("logRelF0-H1-H2_sma3nz_amean", 20.0 * decay * 1.5_f64.log10(), 0.5);
        near("MeanVoicedSegmentLengthSec", 1.94, 0.06);
    }
}

#[test]
fn stretches_of_voice_are_counted_and_measured() {
    // 0.6 s of voice, 0.4 s of pause, five times.
    let loud = |t: f64| if t % 1.0 < 0.6 { 0.1 } else { 0.0 };
    let found = egemaps(&tone(5.0, 140.0, 10, 1.0, loud), 16_000).unwrap().functionals;
    let near = |name: &str, expected: f64, most: f64| {
        assert!((found[name] - expected).abs() <= most, "{name}: {} {expected}", found[name]);
    };
    near("VoicedSegmentsPerSec", 1.0, 0.05);
    near("MeanVoicedSegmentLengthSec", 0.6, 0.06);
    near("MeanUnvoicedSegmentLength", 0.4, 0.06);
    near("StddevVoicedSegmentLengthSec", 0.0, 0.02);
}

#[test]
fn a_change_of_level_shows_where_it_should() {
    let (soft, loud) = (tone(2.0, 140.0, 10, 1.0, |_| 0.02), tone(2.0, 140.0, 10, 1.0, |_| 0.04));
    let [soft, loud] = [soft, loud].map(|y| egemaps(&y, 16_000).unwrap().functionals);
    // Stevens' law on powers: the exponent of 0.33 is 0.66 for amplitudes.
    let ratio = loud["loudness_sma3_amean"] / soft["loudness_sma3_amean"];
    assert!((ratio - 2.0_f64.powf(0.66)).abs() < 1e-3, "{ratio}");
    let gain_db = loud["equivalentSoundLevel_dBp"] - soft["equivalentSoundLevel_dBp"];
    assert!((gain_db - 20.0 * 2.0_f64.log10()).abs() < 1e-4);
    assert!((loud["spectralFlux_sma3_amean"] / soft["spectralFlux_sma3_amean"] - 2.0).abs() < 1e-3);
    for name in ["F0semitoneFrom27.5Hz_sma3nz_amean", "HNRdBACF_sma3nz_amean", "alphaRatioV_sma3nz_amean"] {
        assert!((loud[name] - soft[name]).abs() < 1e-3, "{name}");
    }
}

#[test]
fn the_payload_has_what_the_function_gives_whatever_the_blocks() {
    let samples = voice(160.0, 1.3);
    let expected = egemaps(&samples, 16_000).unwrap();
    assert_eq!(expected.in_order().filter(|(_, value)| value.is_some()).count(), 88);
    let sound = Sound::mono(16_000, samples);
    for block_frames in [160, 1024, 4099, 48_000] {
        let config = ExtractorConfig::default();
        let found = run_from(VoiceExtractor::new(&config), &sound, block_frames, 0.0).0.features;
        assert_eq!(found.egemaps.as_ref(), Some(&expected.functionals), "{block_frames}");
    }
}

#[test]
fn awkward_sounds_have_defined_results() {
    let mut state = 7_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let mut sounds: Vec<(String, u32, Vec<f32>)> = Vec::new();
    for n in [0, 1, 319, 320, 959, 960, 961, 1119, 1600, 5000] {
        sounds.push((format!("{n} samples"), 16_000, (0..n).map(|_| 0.3 * noise()).collect()));
    }
    for rate in [1000, 8000, 11_025, 44_100, 192_000] {
        let buzz = Sound::wave(rate, 1.0, |t| 0.2 * (TAU * 150.0 * t).sin() + 0.1 * (TAU * 300.0 * t).sin());
        sounds.push((format!("{rate} Hz"), rate, buzz.samples));
    }
    let damaged = |k: usize, value: f32| if k.is_multiple_of(3) { f32::NAN } else { value };
    sounds.push(("silence".into(), 16_000, vec![0.0; 32_000]));
    sounds.push(("DC".into(), 16_000, vec![0.7; 32_000]));
    sounds.push(("noise".into(), 16_000, (0..32_000).map(|_| noise()).collect()));
    sounds.push((
        "clipped".into(),
        16_000,
        voice(120.0, 0.7).iter().map(|s| (90.0 * s).clamp(-1.0, 1.0)).collect(),
    ));
    sounds.push(("beyond".into(), 16_000, voice(120.0, 0.7).iter().map(|s| 1e30 * s).collect()));
    sounds.push(("faint".into(), 16_000, voice(120.0, 0.7).iter().map(|s| 1e-30 * s).collect()));
    sounds.push(("NaN".into(), 16_000, vec![f32::NAN; 32_000]));
    sounds.push((
        "some NaN".into(),
        16_000,
        voice(120.0, 0.7).into_iter().enumerate().map(|(k, v)| damaged(k, v)).collect(),
    ));
    sounds.push((
        "a click".into(),
        16_000,
        (0..32_000).map(|k| if k == 16_000 { 1.0 } else { 0.0 }).collect(),
    ));
    for (name, rate, samples) in sounds {
        let found = egemaps(&samples, rate).unwrap();
        assert_eq!(found.functionals.len() + found.missing.len(), 88, "{name}");
        for (functional, value) in found.in_order() {
            let reason = found.missing.get(functional);
            assert!(
                value.is_some() != reason.is_some() && value.is_none_or(f64::is_finite),
                "{name}: {functional}"
            );
            assert!(reason.is_none_or(|reason| !reason.is_empty()));
        }
        let contours = egemaps_lld(&samples, rate).unwrap();
        assert_eq!(contours.data.len(), contours.rows * EGEMAPS_LLD.len(), "{name}");
        assert!(contours.data.iter().all(|v| !v.is_infinite()), "{name}");
        // The same through the extractor, where it is told apart from other fields.
        if rate >= 8000 && !samples.is_empty() {
            let voice =
                run(VoiceExtractor::new(&ExtractorConfig::default()), &Sound::mono(rate, samples)).0.features;
            let values = voice.egemaps.as_ref();
            assert!(values.is_some() != voice.missing.contains_key("egemaps"), "{name}");
            for functional in EGEMAPS_FUNCTIONALS.into_iter().filter(|_| values.is_some()) {
                let there = values.is_some_and(|values| values.contains_key(functional));
                assert!(
                    there != voice.missing.contains_key(&format!("egemaps.{functional}")),
                    "{name}: {functional}"
                );
            }
        }
    }
    for rate in [0, 999, 768_001] {
        let error = egemaps(&[0.0; 2000], rate).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let silence = egemaps(&vec![0.0; 32_000], 16_000).unwrap();
    assert_eq!(silence.missing["F0semitoneFrom27.5Hz_sma3nz_amean"], "no frame is voiced");
    assert_eq!(silence.missing["equivalentSoundLevel_dBp"], "the sound is digital silence");
    assert_eq!(silence.functionals["VoicedSegmentsPerSec"], 0.0);
    assert!(egemaps(&[0.1; 959], 16_000).unwrap().functionals.is_empty());
}

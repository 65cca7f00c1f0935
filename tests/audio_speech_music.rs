//! Speech, music and both against recordings whose parts are known, none of which the classifier was trained on.

use crate::common;
use crate::sound;

use common::shared;
use sound::{Sound, decode, run, run_from};
use viralnow_core::audio::{AudioExtractor, SpeechMusic, speech_music};
use viralnow_core::extract::ExtractorConfig;

const KINDS: [&str; 4] = ["speech", "music", "speech_over_music", "other"];

fn analyse(sound: &Sound) -> SpeechMusic {
    run(AudioExtractor::new(&ExtractorConfig::default()), sound).0.features.speech_music.unwrap()
}

/// Mono at 16 kHz, at -20 dB.
fn mono(name: &str) -> Option<Vec<f32>> {
    let sound = decode(&shared("speech_and_music_are_told_apart", &format!("data/audio/{name}"))?);
    let channels = usize::from(sound.channels);
    let mixed: Vec<f32> = sound
        .samples
        .chunks_exact(channels)
        .map(|frame| frame.iter().sum::<f32>() / channels as f32)
        .collect();
    let samples = viralnow_core::audio::resample(&mixed, sound.rate, 16_000).unwrap();
    let level = (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt();
    Some(samples.iter().map(|s| s * 0.1 / level).collect())
}

/// Seconds of each kind that were found in a part, unclear ones last.
fn seconds(found: &SpeechMusic, from: f64, to: f64) -> [f64; 5] {
    let mut sums = [0.0; 5];
    for segment in &found.segments {
        let kind = KINDS.iter().position(|kind| *kind == segment.label).unwrap();
        sums[kind] += (segment.end_s.min(to) - segment.start_s.max(from)).max(0.0);
    }
    sums[4] = (to - from - sums[..4].iter().sum::<f64>()).max(0.0);
    sums
}

/// Recordings of one kind, the parts of a mix (a second around a change left out), and speech laid over music at several
/// ratios. What is floored is the share of time that is told right among the time that is told.
#[test]
fn speech_and_music_are_told_apart() {
    let mut confusion = [[0.0; 5]; 4];
    let mut add = |name: &str, kind: usize, sums: [f64; 5]| {
        println!("{name:48} {}: {:.1?}", KINDS[kind], sums);
        confusion[kind].iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    };
    for (name, kind) in [
        ("jfk.wav", 0),
        ("libri1.wav", 0),
        ("new_home_in_the_stars.wav", 0),
        ("sb_spk1_snt1.wav", 0),
        ("sb_spk2_snt1.wav", 0),
        ("Kevin_MacLeod_-_Vibe_Ace.ogg", 1),
        ("sorohanro_-_solo-trumpet-06.ogg", 1),
        ("456440__inspectorj__bird-whistling-robin-single-13.ogg", 3),
    ] {
        let Some(samples) = mono(name) else { return };
        let found = speech_music(&samples, 16_000).unwrap().unwrap();
        add(name, kind, seconds(&found, 0.0, samples.len() as f64 / 16_000.0));
    }
    let Some(mix) = mono("musanmix.mp3") else { return };
    add("musanmix, speech", 0, seconds(&speech_music(&mix, 16_000).unwrap().unwrap(), 64.0, 73.5));
    let (Some(speech), Some(music)) = (mono("libri1.wav"), mono("Kevin_MacLeod_-_Vibe_Ace.ogg")) else {
        return;
    };
    for ratio_db in [15.0_f32, 10.0, 5.0, 0.0] {
        let gain = 10_f32.powf(-ratio_db / 20.0);
        let mixed: Vec<f32> = speech.iter().zip(&music[16_000 * 8..]).map(|(s, m)| s + gain * m).collect();
        let found = speech_music(&mixed, 16_000).unwrap().unwrap();
        add(
            &format!("speech over music, {ratio_db} dB"),
            2,
            seconds(&found, 0.0, mixed.len() as f64 / 16_000.0),
        );
    }
    println!("\n{:20}{:?} unclear, in seconds", "", KINDS);
    for (kind, row) in KINDS.iter().zip(confusion) {
        println!("{kind:20}{row:6.1?}");
    }
    let total: f64 = confusion.iter().flatten().sum();
    let told: f64 = confusion.iter().flat_map(|row| &row[..4]).sum();
    let right: f64 = (0..4).map(|kind| confusion[kind][kind]).sum();
    println!("told {:.3} of the time, {:.3} of that right", told / total, right / told);
    assert!(told / total >= 0.7 && right / told >= 0.8);
}

/// A clip for a reaction has somebody who speaks; music alone is none, whatever its label.
#[test]
fn reactability_is_high_with_speech_and_low_with_music_alone() {
    let test = "reactability_is_high_with_speech_and_low_with_music_alone";
    for (name, least, most) in [
        ("jfk.wav", 0.9, 1.0),
        ("libri1.wav", 0.9, 1.0),
        ("clip60.wav", 0.7, 1.0),
        ("Kevin_MacLeod_-_Vibe_Ace.ogg", 0.0, 0.3),
        ("trumpet.wav", 0.0, 0.3),
    ] {
        let Some(path) = shared(test, &format!("data/audio/{name}")) else { return };
        let found = analyse(&decode(&path));
        println!("{name}: {:.2} {:?} {:.2}", found.reactability, found.label, found.confidence);
        assert!((least..=most).contains(&found.reactability), "{name}: {found:?}");
        let sum = found.speech + found.music + found.speech_over_music + found.other;
        assert!((sum - 1.0).abs() < 1e-6, "{name}: {sum}");
    }
}

#[test]
fn silence_is_other_and_blocks_do_not_matter() {
    let silent = analyse(&Sound::mono(44_100, vec![0.0; 200_000]));
    assert_eq!((silent.label.as_deref(), silent.segments.len()), (Some("other"), 1));
    let sound = Sound::wave(44_100, 6.0, |t| 0.3 * (1400.0 * t).sin() * (1.0 + (25.0 * t).sin()));
    let with =
        |frames| run_from(AudioExtractor::new(&ExtractorConfig::default()), &sound, frames, 0.0).0.features;
    let whole = with(6 * 44_100).speech_music;
    for frames in [441, 1000, 44_100] {
        assert_eq!(with(frames).speech_music, whole, "{frames}");
    }
    assert!(speech_music(&[0.0; 100], 10).is_err());
}

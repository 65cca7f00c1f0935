//! Voices to assemble conversations from, one speaker each, at 16 kHz.

use super::conversation::prepare;
use crate::common::shared;
use crate::sound::{Sound, decode};
use std::process::Command;

/// Named voices.
pub type Voices = Vec<(String, Vec<f32>)>;

/// Recordings of nine people; the last two are the parts of the annotated sample where one speaks alone.
pub fn real_voices(test: &str) -> Option<Voices> {
    let mut voices = Voices::new();
    for (name, files, part) in [
        ("speechbrain 1", &["sb_spk1_snt1.wav", "sb_spk1_snt5.wav"][..], None),
        ("speechbrain 2", &["sb_spk2_snt1.wav", "sb_spk2_snt5.wav"], None),
        ("LibriSpeech 198", &["libri1.wav"], None),
        ("LibriSpeech 3436", &["clip60.wav"], Some((39.2, 60.0))),
        ("Kennedy", &["jfk.wav"], None),
        ("new home", &["new_home_in_the_stars.wav"], None),
        ("counting", &["paa_count.wav"], None),
        ("MUSAN", &["musanmix.mp3"], Some((63.4, 74.3))),
        ("AMI 90", &["pyannote_sample.wav"], Some((11.1, 14.4))),
        ("AMI 91", &["pyannote_sample.wav"], Some((21.8, 27.8))),
    ] {
        let mut samples = Vec::new();
        for file in files {
            let sound = to_16k(&decode(&shared(test, &format!("data/audio/{file}"))?));
            let part = part.map_or(0..sound.len(), |(from, to): (f64, f64)| {
                (from * 16_000.0) as usize..sound.len().min((to * 16_000.0) as usize)
            });
            samples.extend(prepare(&sound[part]));
        }
        voices.push((name.to_owned(), samples));
    }
    Some(voices)
}

/// Voices of espeak-ng that differ in vocal tract, pitch and speed.
pub fn synthesised_voices(test: &str) -> Option<Voices> {
    let folder = tempfile::tempdir().unwrap();
    let text = "The harbour was quiet when we came in, and nobody had lit the lamps. \
        Some say that the boats had left at noon, others that they never came at all. \
        We tied the ropes, carried the boxes up the stairs, and waited for the morning. \
        By then the wind had turned, and the first of them could be seen beyond the point.";
    let mut voices = Voices::new();
    for (voice, pitch, speed) in [
        ("en-us+m1", 35, 165),
        ("en-gb+f2", 60, 175),
        ("en-us+m7", 25, 150),
        ("en-gb-scotland+m3", 50, 180),
        ("en-us+f4", 45, 160),
        ("en-gb-x-rp+m5", 40, 190),
        ("en-029+f1", 70, 170),
        ("en-gb+m4", 60, 155),
    ] {
        let path = folder.path().join(format!("{}.wav", voices.len()));
        let run = Command::new("espeak-ng")
            .args(["-v", voice, "-p", &pitch.to_string(), "-s", &speed.to_string(), "-w"])
            .arg(&path)
            .arg(text)
            .status();
        if !run.is_ok_and(|status| status.success()) {
            println!("SKIPPED {test}: espeak-ng is not here");
            return None;
        }
        let samples = prepare(&to_16k(&decode(&path)));
        voices.push((format!("{voice} {pitch} {speed}"), samples));
    }
    Some(voices)
}

/// Mono at 16 kHz: a windowed sinc at each output sample, which is slow and needs nothing of the library.
fn to_16k(sound: &Sound) -> Vec<f32> {
    let channels = usize::from(sound.channels);
    let mono: Vec<f32> =
        sound.samples.chunks(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    if sound.rate == 16_000 {
        return mono;
    }
    let step = f64::from(sound.rate) / 16_000.0;
    let cut = (1.0 / step).min(1.0);
    let reach = 16.0 / cut;
    let weight = |x: f64| {
        let sinc = if x == 0.0 {
            1.0
        } else {
            (std::f64::consts::PI * cut * x).sin() / (std::f64::consts::PI * cut * x)
        };
        cut * sinc * (0.5 + 0.5 * (std::f64::consts::PI * x / reach).cos())
    };
    (0..(mono.len() as f64 / step) as usize)
        .map(|k| {
            let at = k as f64 * step;
            let from = (at - reach).ceil().max(0.0) as usize;
            let to = ((at + reach).floor() as usize).min(mono.len() - 1);
            (from..=to).map(|i| f64::from(mono[i]) * weight(i as f64 - at)).sum::<f64>() as f32
        })
        .collect()
}

//! Syllables and the rate of speech, against synthesised sentences and recordings whose syllables were counted by hand.

use crate::common;
use crate::sound;

use common::shared;
use sound::{Sound, decode, run};
use std::process::Command;
use viralnow_core::extract::ExtractorConfig;
use viralnow_core::voice::{SyllableParams, VoiceExtractor, syllables};

/// Language, sentence, and its syllables as spoken.
const SENTENCES: [(&str, &str, u32); 19] = [
    ("en-us", "The boats had left the harbour before the sun came up.", 13),
    ("en-us", "Nobody had lit the lamps along the quiet street.", 13),
    ("en-us", "A yellow dog was sleeping under the kitchen table.", 14),
    ("en-us", "We carried the heavy boxes up the narrow stairs.", 13),
    ("en-us", "My sister bought a bicycle and rode it into town.", 14),
    ("en-us", "The music of the carnival was heard across the valley.", 15),
    ("en-us", "They never told the president about the accident.", 14),
    ("en-us", "Every morning he would open the window and listen.", 14),
    ("en-us", "Seven lazy tigers were waiting by the river.", 13),
    ("en-us", "Please remember to bring the camera and the tickets.", 13),
    ("de", "Der kleine Hund schlief unter dem alten Tisch.", 11),
    ("de", "Wir haben gestern eine neue Lampe gekauft.", 13),
    ("de", "Am Morgen war der Hafen noch ganz leise.", 11),
    ("es", "La casa de mi hermano tiene un patio muy bonito.", 17),
    ("es", "Los barcos salieron del puerto por la tarde.", 13),
    ("es", "Nunca me dijeron nada de la fiesta.", 12),
    ("it", "Il gatto dormiva sotto la tavola.", 12),
    ("it", "La mattina andiamo al mercato con la nonna.", 15),
    ("it", "Domani porteremo le scatole in cantina.", 15),
];

/// Variants of voice and speed, in words per minute.
const VOICES: [(&str, u32); 3] = [("+m3", 130), ("+f2", 165), ("+m7", 200)];

/// A sentence without the silence around it; `None` without espeak-ng.
fn speak(test: &str, voice: &str, words_a_minute: u32, text: &str) -> Option<Sound> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("said.wav");
    let run = Command::new("espeak-ng")
        .args(["-v", voice, "-s", &words_a_minute.to_string(), "-w"])
        .arg(&path)
        .arg(text)
        .status();
    if !run.is_ok_and(|status| status.success()) {
        println!("SKIPPED {test}: espeak-ng is not here");
        return None;
    }
    let sound = decode(&path);
    let loud = |s: &f32| s.abs() > 0.005;
    let from = sound.samples.iter().position(loud)?;
    let to = sound.samples.iter().rposition(loud)? + 1;
    Some(Sound::mono(sound.rate, sound.samples[from..to].to_vec()))
}

/// Sentence by sentence.
#[test]
fn syllables_are_counted_in_synthesised_sentences() {
    let test = "syllables_are_counted_in_synthesised_sentences";
    let (mut found, mut said, mut off) = (0.0, 0.0, Vec::new());
    for (variant, speed) in VOICES {
        let (mut found_at, mut said_at) = (0.0, 0.0);
        for (language, text, count) in SENTENCES {
            let Some(sound) = speak(test, &format!("{language}{variant}"), speed, text) else { return };
            let counted =
                syllables(&sound.samples, sound.rate, &SyllableParams::default()).unwrap().nuclei_s.len();
            let (counted, count) = (counted as f64, f64::from(count));
            found_at += counted;
            said_at += count;
            off.push((counted - count).abs() / count);
        }
        println!("{variant} at {speed} words a minute: {found_at} of {said_at} syllables");
        found += found_at;
        said += said_at;
    }
    let mean = off.iter().sum::<f64>() / off.len() as f64;
    println!(
        "{found} of {said} syllables ({:+.1} %), a sentence is off by {:.1} % in the mean",
        100.0 * (found / said - 1.0),
        100.0 * mean
    );
    assert!((found / said - 1.0).abs() <= 0.1 && mean <= 0.15, "{found} of {said}, {mean} off");
}

/// The summary's rates of a speaker who pauses 0.8 s after each sentence.
#[test]
fn rates_are_those_of_the_synthesised_speech() {
    let test = "rates_are_those_of_the_synthesised_speech";
    for (variant, speed) in VOICES {
        let (mut samples, mut spoken, mut said, mut rate, mut sentences) = (Vec::new(), 0, 0, 0, 0);
        for (_, text, count) in SENTENCES.iter().filter(|(language, ..)| *language == "en-us") {
            let Some(sound) = speak(test, &format!("en-us{variant}"), speed, text) else { return };
            rate = sound.rate;
            spoken += sound.samples.len();
            said += count;
            sentences += 1;
            samples.resize(samples.len() + rate as usize / 2, 0.0);
            samples.extend(sound.samples);
            samples.resize(samples.len() + (rate as usize * 3) / 10, 0.0);
        }
        let spoken_s = spoken as f64 / f64::from(rate);
        let articulation = f64::from(said) / spoken_s;
        let speaking = f64::from(said) / (spoken_s + 0.8 * f64::from(sentences - 1));
        let voice = VoiceExtractor::new(&ExtractorConfig::default());
        let summary = run(voice, &Sound::mono(rate, samples)).0.features;
        let found = [summary.articulation_rate.unwrap(), summary.speaking_rate.unwrap()];
        println!(
            "{variant} at {speed} words a minute: articulation {:.2} of {articulation:.2}, speaking {:.2} of {speaking:.2} per second",
            found[0], found[1]
        );
        for (found, truth) in found.into_iter().zip([articulation, speaking]) {
            assert!((found / truth - 1.0).abs() <= 0.15, "{variant}: {found} of {truth}");
        }
    }
}

/// Recordings of six sentences; eight to ten syllables are too few for a rate, so all of them together are held to 15 %.
#[test]
fn syllables_are_counted_in_recordings() {
    let test = "syllables_are_counted_in_recordings";
    let (mut found, mut said) = (0.0, 0.0);
    for (file, count) in [
        ("jfk.wav", 28.0),
        ("new_home_in_the_stars.wav", 9.0),
        ("sb_spk1_snt1.wav", 8.0),
        ("sb_spk1_snt5.wav", 9.0),
        ("sb_spk2_snt1.wav", 9.0),
        ("sb_spk2_snt5.wav", 6.0),
    ] {
        let Some(path) = shared(test, &format!("data/audio/{file}")) else { return };
        let sound = decode(&path);
        let channels = usize::from(sound.channels);
        let mono: Vec<f32> =
            sound.samples.chunks(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
        let counted = syllables(&mono, sound.rate, &SyllableParams::default()).unwrap().nuclei_s.len() as f64;
        println!("{file}: {counted} of {count}");
        found += counted;
        said += count;
    }
    println!("{found} of {said} syllables");
    assert!((found / said - 1.0_f64).abs() <= 0.15, "{found} of {said}");
}

//! The sounds of the evaluation: music composed here and real music, speech by espeak-ng and real speech, and what
//! happens to them on their way: cut, gain, speed, speech on top, a codec.
#![allow(dead_code, unreachable_pub, reason = "every user takes its own part")]

use crate::common::shared;
use crate::mixing::{self, power, resample};
use crate::music::{self, Random};
use crate::sound::{Sound, decode};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The rate of all material.
pub const RATE: u32 = 22_050;

/// A sound with its name.
#[derive(Debug, Clone)]
pub struct Named {
    pub name: String,
    pub sound: Vec<f32>,
}

/// One channel at [`RATE`].
pub fn mono(sound: &Sound) -> Vec<f32> {
    let channels = usize::from(sound.channels.max(1));
    let mixed: Vec<f32> =
        sound.samples.chunks_exact(channels).map(|f| f.iter().sum::<f32>() / channels as f32).collect();
    resample(&mixed, f64::from(sound.rate) / f64::from(RATE))
}

/// Composed pieces of these numbers.
pub fn composed(numbers: std::ops::Range<u64>, seconds: f32) -> Vec<Named> {
    let numbers: Vec<u64> = numbers.collect();
    crate::parallel(&numbers, |&number| Named {
        name: format!("piece {number}"),
        sound: music::piece(number, RATE, seconds).0,
    })
}

/// Real music of the shared data, in pieces of at most so many seconds, and the files of a folder.
pub fn real_music(seconds: f32, folder: Option<&Path>) -> Vec<Named> {
    let mut files: Vec<PathBuf> = [
        "data/audio/vibeace.wav",
        "data/audio/trumpet.wav",
        "data/audio/chromaprint_test.mp3",
        "data/audio/musanmix.mp3",
        "data/video/bbb_0_30.webm",
    ]
    .iter()
    .filter_map(|file| shared("sound_match", file))
    .collect();
    if let Some(folder) = folder {
        let mut more: Vec<PathBuf> = std::fs::read_dir(folder)
            .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|p| p.is_file()).collect())
            .unwrap_or_default();
        more.sort();
        files.extend(more);
    }
    let mut found = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut sound = mono(&decode(&file));
        if name == "musanmix.mp3" {
            // Noise, music and speech one after the other: the music is the first 22 s.
            sound.truncate(22 * RATE as usize);
        }
        for (i, piece) in sound.chunks((seconds * RATE as f32) as usize).enumerate() {
            if piece.len() > 4 * RATE as usize && power(piece) > 1e-7 {
                found.push(Named { name: format!("{name} {i}"), sound: piece.to_vec() });
            }
        }
    }
    found
}

const TEXT: &str = "Here is what nobody tells you about making coffee at home. First you weigh the beans, and then you \
    forget everything that you have heard about boiling water. I tried this for thirty days and the results surprised \
    me. Wait for it. The trick is to grind them right before brewing, because the smell is the flavour, and the flavour \
    goes away. Follow for part two, and tell me in the comments what you do differently. My grandmother used to say that \
    patience is the best spice in any kitchen. So today we are going to test five cheap gadgets that promise to save you \
    time, and only one of them deserves a place on your counter. Number one looks great but it breaks after a week. \
    Number two is loud, really loud. Number three is the one that I would buy again without thinking.";

/// Real speech of the shared data and voices of espeak-ng.
pub fn speech() -> Vec<Named> {
    let files = ["libri1.wav", "jfk.wav", "ami_dev00.wav", "pyannote_sample.wav", "sb_spk1_snt1.wav"];
    let mut found: Vec<Named> = files
        .iter()
        .filter_map(|file| shared("sound_match", &format!("data/audio/{file}")))
        .map(|path| Named {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sound: mono(&decode(&path)),
        })
        .collect();
    let voices = ["en-us", "en-gb", "en-us+f3", "en-gb+m3", "de", "fr", "es", "it", "en-us+f2", "en-gb+m7"];
    for (i, voice) in voices.iter().enumerate() {
        let path = std::env::temp_dir().join(format!("sound_match_{}_{i}.wav", std::process::id()));
        let status = Command::new("espeak-ng")
            .args(["-v", voice, "-s", &(140 + 8 * i).to_string(), "-w"])
            .arg(&path)
            .arg(TEXT)
            .stderr(Stdio::null())
            .status();
        if status.is_ok_and(|status| status.success()) {
            found.push(Named { name: format!("espeak-ng {voice}"), sound: mono(&decode(&path)) });
        }
        let _ = std::fs::remove_file(&path);
    }
    assert!(!found.is_empty(), "speech is needed: install espeak-ng, or give VIRALNOW_TEST_DATA");
    found
}

/// The music with a random one of the voices on top.
pub fn under_speech(music: &[f32], voices: &[Named], over_db: f64, random: &mut Random) -> Vec<f32> {
    let voice = &voices[random.below(voices.len())].sound;
    mixing::under_speech(music, voice, over_db, random)
}

/// The sounds after AAC at 64 kbit/s by ffmpeg, all in one run; `None` without ffmpeg.
pub fn through_aac(sounds: Vec<Vec<f32>>) -> Option<Vec<Vec<f32>>> {
    // A gap keeps one sound's last frames out of the next one.
    const GAP: usize = 4096;
    let folder = std::env::temp_dir();
    let raw = folder.join(format!("sound_match_{}.f32", std::process::id()));
    let coded = folder.join(format!("sound_match_{}.m4a", std::process::id()));
    let mut bytes = Vec::new();
    for sound in &sounds {
        for sample in sound.iter().chain(&[0.0; GAP]) {
            bytes.extend_from_slice(&sample.to_le_bytes());
        }
    }
    std::fs::write(&raw, &bytes).ok()?;
    let rate = RATE.to_string();
    let form = ["-f", "f32le", "-ar", &rate, "-ac", "1"];
    let run = |arguments: &[&std::ffi::OsStr]| {
        Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments).status().is_ok_and(|s| s.success())
    };
    let os = |words: &[&'static str]| words.iter().map(std::ffi::OsString::from).collect::<Vec<_>>();
    let form: Vec<std::ffi::OsString> = form.iter().map(std::ffi::OsString::from).collect();
    let mut encode = form.clone();
    encode.extend(os(&["-i"]));
    encode.push(raw.clone().into());
    encode.extend(os(&["-c:a", "aac", "-b:a", "64k"]));
    encode.push(coded.clone().into());
    let mut back = os(&["-i"]);
    back.push(coded.clone().into());
    back.extend(form);
    back.push(raw.clone().into());
    let done =
        [encode, back].iter().all(|a| run(&a.iter().map(std::ffi::OsString::as_os_str).collect::<Vec<_>>()));
    let bytes = std::fs::read(&raw).ok();
    let _ = (std::fs::remove_file(&raw), std::fs::remove_file(&coded));
    let all: Vec<f32> =
        bytes?.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    if !done {
        return None;
    }
    let mut at = 0;
    let cut = |sound: Vec<f32>| {
        let piece = all.get(at..at + sound.len()).map(<[f32]>::to_vec);
        at += sound.len() + GAP;
        piece
    };
    sounds.into_iter().map(cut).collect()
}

//! What happens to a sound on its way, and a voice to put on top of it.
#![allow(dead_code, unreachable_pub, reason = "every user takes its own part")]

use super::music::Random;
use std::f64::consts::{PI, TAU};

/// The sound `ratio` times as fast, and as high: a windowed sinc of 64 zero crossings, cut off where it has to be, from a
/// table of 256 steps for each of them.
pub fn resample(sound: &[f32], ratio: f64) -> Vec<f32> {
    const REACH: usize = 32;
    const STEPS: usize = 256;
    if ratio == 1.0 {
        return sound.to_vec();
    }
    let kernel = |i: usize| {
        let x = i as f64 / STEPS as f64;
        let sinc = if i == 0 { 1.0 } else { (PI * x).sin() / (PI * x) };
        (sinc * (0.5 + 0.5 * (PI * x / REACH as f64).cos())) as f32
    };
    let table: Vec<f32> = (0..=REACH * STEPS).map(kernel).collect();
    let cut = (1.0 / ratio).min(1.0);
    let width = REACH as f64 / cut;
    let value = |i: usize| {
        let at = i as f64 * ratio;
        let first = (at - width).ceil().max(0.0) as usize;
        let last = ((at + width).floor() as usize + 1).min(sound.len());
        let mut sum = 0.0;
        for (k, &sample) in sound[first.min(last)..last].iter().enumerate() {
            let x = (((first + k) as f64 - at) * cut).abs() * STEPS as f64;
            let (step, part) = (x as usize, x.fract() as f32);
            let next = table[(step + 1).min(REACH * STEPS)];
            sum += sample * (table[step] * (1.0 - part) + next * part);
        }
        sum * cut as f32
    };
    (0..(sound.len() as f64 / ratio) as usize).map(value).collect()
}

/// Mean square.
pub fn power(sound: &[f32]) -> f64 {
    sound.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / sound.len().max(1) as f64
}

/// Music with speech on top, from a random place of it, so that the mean squares of speech and music over the excerpt have
/// this ratio in dB.
pub fn under_speech(music: &[f32], speech: &[f32], over_db: f64, random: &mut Random) -> Vec<f32> {
    let start = random.below(speech.len());
    let speech: Vec<f32> = speech.iter().cycle().skip(start).take(music.len()).copied().collect();
    let gain = (power(music).max(1e-12) / power(&speech).max(1e-12) * 10_f64.powf(over_db / 10.0)).sqrt();
    let mixed: Vec<f32> = music.iter().zip(&speech).map(|(m, s)| m + gain as f32 * s).collect();
    let peak = mixed.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    mixed.iter().map(|s| s * (0.9 / peak.max(0.9))).collect()
}

/// Formants of vowels in Hz (Peterson & Barney 1952, men).
const VOWELS: [[f64; 3]; 6] = [
    [270.0, 2290.0, 3010.0],
    [530.0, 1840.0, 2480.0],
    [660.0, 1720.0, 2410.0],
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
];

/// A voice that babbles: syllables of gliding pitch through gliding formants, hisses between them, pauses after phrases.
pub fn voice(seed: u64, rate: u32, seconds: f64) -> Vec<f32> {
    let mut random = Random::new(seed);
    let r = &mut random;
    let rate = f64::from(rate);
    let mut sound = Vec::with_capacity((seconds * rate) as usize);
    let high = f64::from(r.between(90.0, 230.0));
    let mut states = [[0.0_f64; 2]; 3];
    let (mut from, mut phase) = (VOWELS[0], 0.0_f64);
    while (sound.len() as f64) < seconds * rate {
        let to = r.pick(&VOWELS);
        let hz = high * f64::from(r.between(0.8, 1.3));
        let long = f64::from(r.between(0.12, 0.28)) * rate;
        let hiss = if r.chance(0.4) { f64::from(r.between(0.04, 0.1)) * rate } else { 0.0 };
        for i in 0..(long + hiss) as usize {
            let x = (i as f64 / long).min(1.0);
            let voiced = (i as f64) < long;
            phase += hz * (1.0 - 0.15 * x) / rate;
            let pulse = if phase >= 1.0 && voiced { 1.0 } else { 0.0 };
            phase = phase.fract();
            let noise = f64::from(r.between(-1.0, 1.0));
            let source = if voiced { pulse + 0.01 * noise } else { 0.12 * noise };
            let mut out = 0.0;
            for (k, state) in states.iter_mut().enumerate() {
                let formant =
                    if voiced { from[k] + (to[k] - from[k]) * x } else { 3500.0 + 500.0 * k as f64 };
                let keep = (-PI * (60.0 + 40.0 * k as f64) / rate).exp();
                let now =
                    source + 2.0 * keep * (TAU * formant / rate).cos() * state[0] - keep * keep * state[1];
                *state = [now, state[0]];
                out += now / (1 << k) as f64;
            }
            let edge = (x * 8.0).min(1.0) * ((1.0 - x) * 6.0 + 0.2).min(1.0);
            sound.push((out * edge) as f32);
        }
        from = to;
        if r.chance(0.15) {
            sound.extend(std::iter::repeat_n(0.0, (f64::from(r.between(0.2, 0.6)) * rate) as usize));
        }
    }
    sound.truncate((seconds * rate) as usize);
    let peak = sound.iter().fold(1e-9_f32, |peak, s| peak.max(s.abs()));
    sound.iter_mut().for_each(|s| *s *= 0.5 / peak);
    sound
}

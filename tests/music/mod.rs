//! Made music with known tempo, beats and key.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use std::f64::consts::TAU;

/// The rate of what is made here, unless it says another.
pub const RATE: u32 = 44_100;

/// Numbers that look random and are the same every time.
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Evenly in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed, nearly: mean 0, deviation 1.
    pub fn normal(&mut self) -> f64 {
        3_f64.sqrt() * ((0..4).map(|_| self.unit()).sum::<f64>() - 2.0)
    }
}

/// Frequency of a MIDI note, so many cents off.
pub fn hz(note: i32, cents: f64) -> f64 {
    440.0 * ((f64::from(note - 69) + cents / 100.0) / 12.0).exp2()
}

/// Adds a sound at a time.
pub fn put(y: &mut [f32], rate: u32, at_s: f64, gain: f64, sound: &[f64]) {
    let first = (at_s * f64::from(rate)).round().max(0.0) as usize;
    for (to, from) in y.iter_mut().skip(first).zip(sound) {
        *to += (gain * from) as f32;
    }
}

fn over(rate: u32, seconds: f64, mut wave: impl FnMut(f64) -> f64) -> Vec<f64> {
    (0..(seconds * f64::from(rate)) as usize).map(|i| wave(i as f64 / f64::from(rate))).collect()
}

/// A drum that falls from 170 to 50 Hz.
pub fn kick(rate: u32) -> Vec<f64> {
    over(rate, 0.25, |t| {
        0.9 * (TAU * (50.0 * t + 3.0 * (1.0 - (-40.0 * t).exp()))).sin()
            * (t / 0.001).min(1.0)
            * (-t / 0.08).exp()
    })
}

/// Noise and a body at 190 Hz.
pub fn snare(rate: u32, noise: &mut Noise) -> Vec<f64> {
    over(rate, 0.2, |t| {
        0.4 * noise.normal() * (-t / 0.05).exp() + 0.24 * (TAU * 190.0 * t).sin() * (-t / 0.04).exp()
    })
}

/// High noise of 20 ms.
pub fn hat(rate: u32, noise: &mut Noise) -> Vec<f64> {
    let mut before = 0.0;
    over(rate, 0.1, |t| {
        let now = noise.normal();
        let high = now - before;
        before = now;
        0.25 * high * (-t / 0.02).exp()
    })
}

/// Amplitudes of the partials of an instrument, and the seconds in which it dies away.
#[derive(Debug, Clone, Copy)]
pub struct Timbre {
    pub name: &'static str,
    pub partials: &'static [f64],
    pub decay_s: f64,
}

pub const TIMBRES: [Timbre; 6] = [
    Timbre { name: "piano", partials: &[1.0, 0.6, 0.4, 0.25, 0.15, 0.1, 0.05], decay_s: 0.8 },
    Timbre { name: "organ", partials: &[1.0, 0.8, 0.6, 0.5, 0.0, 0.3, 0.0, 0.3], decay_s: 9.0 },
    Timbre { name: "clarinet", partials: &[1.0, 0.0, 0.6, 0.0, 0.4, 0.0, 0.25, 0.0, 0.15], decay_s: 3.0 },
    Timbre { name: "brass", partials: &[0.6, 1.0, 0.9, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1], decay_s: 2.0 },
    Timbre {
        name: "sawtooth",
        partials: &[1.0, 0.5, 0.333, 0.25, 0.2, 0.167, 0.143, 0.125, 0.111, 0.1, 0.091, 0.083],
        decay_s: 2.0,
    },
    Timbre { name: "flute", partials: &[1.0, 0.2, 0.05], decay_s: 3.0 },
];

/// A tone with a short attack that dies away and stops after this time.
pub fn tone(rate: u32, hz: f64, seconds: f64, timbre: Timbre) -> Vec<f64> {
    over(rate, seconds, |t| {
        let shape = (t / 0.01).min((seconds - t) / 0.02).clamp(0.0, 1.0) * (-t / timbre.decay_s).exp();
        let partials =
            timbre.partials.iter().zip(1..).filter(|&(_, h)| f64::from(h) * hz < 0.45 * f64::from(rate));
        0.2 * shape
            * partials.map(|(a, h)| a * (TAU * f64::from(h) * hz * t + f64::from(h)).sin()).sum::<f64>()
    })
}

/// Clicks of 5 ms at 1 kHz, the first after 0.3 s; with their times.
pub fn clicks(bpm: f64, seconds: f64, rate: u32) -> (Vec<f32>, Vec<f64>) {
    let mut y = vec![0.0; (seconds * f64::from(rate)) as usize];
    let click = over(rate, 0.02, |t| (TAU * 1000.0 * t).sin() * (-t / 0.005).exp());
    let beats: Vec<f64> =
        (0..100_000).map(|k| 0.3 + f64::from(k) * 60.0 / bpm).take_while(|&beat| beat < seconds).collect();
    beats.iter().for_each(|&beat| put(&mut y, rate, beat, 0.7, &click));
    (y, beats)
}

/// One bar of sixteenths for each of kick, snare, hat and bass.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    pub name: &'static str,
    pub kick: &'static str,
    pub snare: &'static str,
    pub hat: &'static str,
    pub bass: &'static str,
}

pub const PATTERNS: [Pattern; 6] = [
    Pattern {
        name: "rock",
        kick: "x.......x.x.....",
        snare: "....x.......x...",
        hat: "x.x.x.x.x.x.x.x.",
        bass: "x...x...x...x...",
    },
    Pattern {
        name: "four on the floor",
        kick: "x...x...x...x...",
        snare: "....x.......x...",
        hat: "..x...x...x...x.",
        bass: "..x...x...x...x.",
    },
    Pattern {
        name: "syncopated",
        kick: "x..x..x...x..x..",
        snare: "....x.......x...",
        hat: "x.x.x.x.x.x.x.x.",
        bass: "x..x..x...x..x..",
    },
    Pattern {
        name: "dembow",
        kick: "x...x...x...x...",
        snare: "...x..x....x..x.",
        hat: "x.x.x.x.x.x.x.x.",
        bass: "x..x..x.x..x..x.",
    },
    Pattern {
        name: "half time",
        kick: "x.........x.....",
        snare: "........x.......",
        hat: "x.x.x.x.x.x.x.x.",
        bass: "x.......x.......",
    },
    Pattern {
        name: "funk",
        kick: "x.x....x..x.....",
        snare: "....x..x.x..x..x",
        hat: "xxxxxxxxxxxxxxxx",
        bass: "x..x..xx..x...x.",
    },
];

/// How a pattern is played.
#[derive(Debug, Clone, Copy)]
pub struct Play {
    pub bpm: f64,
    /// Where the off-beat eighth lies in the beat: 0.5 straight, 0.66 swung.
    pub swing: f64,
    /// Standard deviation of the strokes, in seconds.
    pub hand_s: f64,
    pub drums: bool,
    /// Chords and bass: A minor, F, C, G.
    pub harmony: bool,
}

/// A pattern over and over, with the times of its quarters.
pub fn play(pattern: &Pattern, how: Play, seconds: f64) -> (Vec<f32>, Vec<f64>) {
    let mut noise = Noise::new(how.bpm.to_bits());
    let mut y = vec![0.0; (seconds * f64::from(RATE)) as usize];
    let beat_s = 60.0 / how.bpm;
    let organ = TIMBRES[1];
    let chords = [(33, [57, 60, 64]), (29, [53, 57, 60]), (36, [55, 60, 64]), (31, [55, 59, 62])];
    let (mut beats, mut start) = (Vec::new(), 0.25);
    for (bass, chord) in chords.into_iter().cycle() {
        if start + 4.0 * beat_s >= seconds {
            break;
        }
        for step in 0..16_usize {
            let (quarter, part) = ((step / 4) as f64, step % 4);
            let place = [0.0, how.swing / 2.0, how.swing, f64::midpoint(how.swing, 1.0)][part];
            let exact = start + (quarter + place) * beat_s;
            let at = exact + how.hand_s * noise.normal();
            if part == 0 {
                beats.push(exact);
            }
            let hit = |line: &str| line.as_bytes()[step] == b'x';
            if how.drums && hit(pattern.kick) {
                put(&mut y, RATE, at, 0.5, &kick(RATE));
            }
            if how.drums && hit(pattern.snare) {
                put(&mut y, RATE, at, 0.4, &snare(RATE, &mut noise));
            }
            if how.drums && hit(pattern.hat) {
                put(&mut y, RATE, at, if part == 0 { 0.4 } else { 0.25 }, &hat(RATE, &mut noise));
            }
            if how.harmony && hit(pattern.bass) {
                put(&mut y, RATE, at, 0.5, &tone(RATE, hz(bass, 0.0), 0.45 * beat_s, TIMBRES[4]));
            }
        }
        if how.harmony {
            for note in chord {
                put(&mut y, RATE, start, 0.2, &tone(RATE, hz(note, 0.0), 3.9 * beat_s, organ));
            }
        }
        start += 4.0 * beat_s;
    }
    (y, beats)
}

/// Tones at log-normal distances around half a second: no beat.
pub fn free_rhythm(seconds: f64, seed: u64) -> Vec<f32> {
    let mut noise = Noise::new(seed);
    let mut y = vec![0.0; (seconds * f64::from(RATE)) as usize];
    let mut at = 0.1;
    while at < seconds {
        let note = 48 + (noise.unit() * 32.0) as i32;
        put(&mut y, RATE, at, 1.0, &tone(RATE, hz(note, 0.0), 1.0, TIMBRES[0]));
        at += 0.5 * (0.6 * noise.normal()).exp();
    }
    y
}

/// Tonic, subdominant, dominant seventh, tonic, a second each, with the root in the bass; `tonic` in semitones above C.
pub fn cadence(tonic: i32, minor: bool, timbre: Timbre, cents: f64, rate: u32) -> Vec<f32> {
    let third = if minor { 3 } else { 4 };
    let chords: [&[i32]; 4] = [&[0, third, 7], &[5, 5 + third, 12], &[7, 11, 14, 17], &[0, third, 7]];
    let base = if tonic > 4 { 48 + tonic } else { 60 + tonic };
    let mut y = vec![0.0; 4 * rate as usize];
    for (second, chord) in chords.iter().enumerate() {
        for &step in *chord {
            put(&mut y, rate, second as f64, 0.6, &tone(rate, hz(base + step, cents), 1.0, timbre));
        }
        put(&mut y, rate, second as f64, 0.7, &tone(rate, hz(base + chord[0] - 12, cents), 1.0, timbre));
    }
    y
}

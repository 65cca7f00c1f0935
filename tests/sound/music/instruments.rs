//! The instruments: struck, plucked, bowed, filtered, and three drums.

use super::Random;
use std::f32::consts::{PI, TAU};

/// How an instrument sounds; every piece draws its own.
#[derive(Debug)]
pub(super) enum Timbre {
    /// A plucked string (Karplus & Strong 1983): brightness of the pluck, decay per period.
    Pluck { bright: f32, decay: f32 },
    /// Frequency modulation (Chowning 1973): ratio, index, decay times of tone and index.
    Modulated { ratio: f32, index: f32, decay_s: f32, index_decay_s: f32 },
    /// Partials with a slope, attack and release, vibrato, and two detuned players.
    Partials { slope: f32, odd_only: bool, attack_s: f32, vibrato: f32, detune: f32 },
    /// A saw or a pulse through a resonant low pass whose corner falls.
    Filtered { width: f32, open: f32, close_s: f32, resonance: f32 },
}

impl Timbre {
    fn pluck(r: &mut Random) -> Self {
        Self::Pluck { bright: r.between(0.3, 0.95), decay: r.between(0.985, 0.998) }
    }

    fn modulated(r: &mut Random) -> Self {
        Self::Modulated {
            ratio: r.pick(&[1.0, 1.0, 2.0, 3.0, 0.5, 1.41, 3.5, 7.0]),
            index: r.between(0.5, 5.0),
            decay_s: r.between(0.3, 2.5),
            index_decay_s: r.between(0.05, 0.8),
        }
    }

    fn partials(r: &mut Random, slow: bool) -> Self {
        Self::Partials {
            slope: r.between(0.8, 2.2),
            odd_only: r.chance(0.25),
            attack_s: if slow { r.between(0.05, 0.5) } else { r.between(0.005, 0.06) },
            vibrato: r.between(0.0, 0.006),
            detune: r.between(0.0, 0.006),
        }
    }

    fn filtered(r: &mut Random) -> Self {
        Self::Filtered {
            width: r.between(0.1, 0.5),
            open: r.between(2.0, 16.0),
            close_s: r.between(0.05, 1.0),
            resonance: r.between(0.2, 0.85),
        }
    }

    pub(super) fn bass(r: &mut Random) -> Self {
        match r.below(3) {
            0 => Self::filtered(r),
            1 => Self::modulated(r),
            _ => Self::pluck(r),
        }
    }

    pub(super) fn chords(r: &mut Random, held: bool) -> Self {
        match r.below(4) {
            0 => Self::modulated(r),
            1 if !held => Self::pluck(r),
            2 => Self::filtered(r),
            _ => Self::partials(r, held),
        }
    }

    pub(super) fn melody(r: &mut Random) -> Self {
        match r.below(4) {
            0 => Self::pluck(r),
            1 => Self::modulated(r),
            2 => Self::filtered(r),
            _ => Self::partials(r, false),
        }
    }

    /// Adds a note to what sounds already.
    pub(super) fn play(
        &self,
        out: &mut [f32],
        rate: f32,
        pitch: f32,
        long_s: f32,
        loud: f32,
        r: &mut Random,
    ) {
        let hz = 440.0 * 2.0_f32.powf((pitch - 69.0) / 12.0);
        match *self {
            Self::Pluck { bright, decay } => pluck(out, rate, hz, long_s, loud, bright, decay, r),
            Self::Modulated { ratio, index, decay_s, index_decay_s } => {
                let n = samples(out, rate, long_s + 0.05);
                let (mut carrier, mut modulator) = (0.0_f32, 0.0_f32);
                for (i, o) in out[..n].iter_mut().enumerate() {
                    let t = i as f32 / rate;
                    let level = (-t / decay_s).exp() * edges(t, 0.003, long_s, 0.05);
                    let bend = index * (-t / index_decay_s).exp() * modulator.sin();
                    *o += loud * level * (carrier + bend).sin();
                    carrier = (carrier + TAU * hz / rate) % TAU;
                    modulator = (modulator + TAU * hz * ratio / rate) % TAU;
                }
            }
            Self::Partials { slope, odd_only, attack_s, vibrato, detune } => {
                let n = samples(out, rate, long_s + 0.12);
                for player in [1.0 - detune, 1.0 + detune] {
                    for k in (1..=10).step_by(if odd_only { 2 } else { 1 }) {
                        let partial_hz = hz * player * k as f32;
                        if partial_hz > 0.45 * rate {
                            break;
                        }
                        let gain = 0.5 * loud / (k as f32).powf(slope);
                        let mut phase = TAU * r.unit();
                        for (i, o) in out[..n].iter_mut().enumerate() {
                            let t = i as f32 / rate;
                            *o += gain * edges(t, attack_s, long_s, 0.12) * phase.sin();
                            let shake = if vibrato > 0.001 { vibrato * (TAU * 5.3 * t).sin() } else { 0.0 };
                            phase += TAU * partial_hz * (1.0 + shake) / rate;
                            if phase > TAU {
                                phase -= TAU;
                            }
                        }
                    }
                }
            }
            Self::Filtered { width, open, close_s, resonance } => {
                let n = samples(out, rate, long_s + 0.06);
                let (mut phase, mut low, mut band) = (r.unit(), 0.0_f32, 0.0_f32);
                let step = hz / rate;
                for (i, o) in out[..n].iter_mut().enumerate() {
                    let t = i as f32 / rate;
                    let second = (phase + width).fract();
                    let wave = saw(phase, step) - saw(second, step);
                    let corner = hz * (1.0 + open * (-t / close_s).exp());
                    let f = 2.0 * (PI * (corner / rate).min(0.12)).sin();
                    low += f * band;
                    let high = wave - low - (1.0 - 0.9 * resonance) * 2.0 * band;
                    band += f * high;
                    *o += 0.7 * loud * edges(t, 0.004, long_s, 0.06) * low;
                    phase = (phase + step).fract();
                }
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a string has so many properties")]
fn pluck(
    out: &mut [f32],
    rate: f32,
    hz: f32,
    long_s: f32,
    loud: f32,
    bright: f32,
    decay: f32,
    r: &mut Random,
) {
    let period = rate / hz - 0.5;
    let n = samples(out, rate, long_s + 0.3);
    let mut last = 0.0;
    let mut string: Vec<f32> = (0..=(period as usize).max(2))
        .map(|_| {
            last += bright * (r.between(-1.0, 1.0) - last);
            last
        })
        .collect();
    let part = period.fract();
    let size = string.len();
    for (i, o) in out[..n].iter_mut().enumerate() {
        let at = i % size;
        let (here, next) = (string[at], string[(at + 1) % size]);
        let value = here * (1.0 - part) + next * part;
        *o += 1.4 * loud * value * edges(i as f32 / rate, 0.001, long_s, 0.3);
        string[at] = decay * 0.5 * (value + string[(at + 1) % size]);
    }
}

/// A saw without much aliasing (Valimaki & Huovilainen 2007, polynomial band-limited step).
fn saw(phase: f32, step: f32) -> f32 {
    let naive = 2.0 * phase - 1.0;
    if phase < step {
        let x = phase / step;
        naive - (2.0 * x - x * x - 1.0)
    } else if phase > 1.0 - step {
        let x = (phase - 1.0) / step;
        naive - (x * x + 2.0 * x + 1.0)
    } else {
        naive
    }
}

/// Rise, hold, fall.
fn edges(t: f32, attack_s: f32, long_s: f32, release_s: f32) -> f32 {
    let fall = 1.0 - ((t - long_s) / release_s).clamp(0.0, 1.0);
    (t / attack_s).min(1.0) * fall
}

fn samples(out: &[f32], rate: f32, seconds: f32) -> usize {
    ((seconds * rate) as usize).min(out.len())
}

/// A drum: 0 kick, 1 snare or clap, 2 hat or shaker.
#[derive(Debug)]
pub(super) struct Drum {
    kind: usize,
    hz: f32,
    sweep: f32,
    decay_s: f32,
    noise: f32,
    bright: f32,
}

impl Drum {
    pub(super) fn new(kind: usize, r: &mut Random) -> Self {
        match kind {
            0 => Self {
                kind,
                hz: r.between(40.0, 65.0),
                sweep: r.between(2.0, 8.0),
                decay_s: r.between(0.08, 0.5),
                noise: r.between(0.0, 0.15),
                bright: 0.5,
            },
            1 => Self {
                kind,
                hz: r.between(150.0, 260.0),
                sweep: r.between(0.2, 1.0),
                decay_s: r.between(0.05, 0.18),
                noise: r.between(0.5, 1.0),
                bright: r.between(0.3, 0.9),
            },
            _ => Self {
                kind,
                hz: r.between(300.0, 700.0),
                sweep: 0.0,
                decay_s: r.between(0.015, 0.12),
                noise: 1.0,
                bright: r.between(0.6, 0.98),
            },
        }
    }

    pub(super) fn hit(&self, out: &mut [f32], rate: f32, loud: f32, r: &mut Random) {
        let n = samples(out, rate, self.decay_s * 6.0);
        let (mut phase, mut slow) = (0.0_f32, 0.0_f32);
        for (i, o) in out[..n].iter_mut().enumerate() {
            let t = i as f32 / rate;
            let level = (-t / self.decay_s).exp() * edges(t, 0.001, 10.0, 1.0);
            let hz = self.hz * (1.0 + self.sweep * (-t / 0.03).exp());
            phase += TAU * hz / rate;
            let white = r.between(-1.0, 1.0);
            slow += (1.0 - self.bright) * (white - slow);
            let tone = if self.kind == 2 { (phase.sin() * 7.0).sin().signum() * 0.3 } else { phase.sin() };
            *o += loud * level * ((1.0 - self.noise * 0.8) * tone + self.noise * (white - slow));
        }
    }
}

/// The room and the mastering: reverberation (Schroeder 1962), soft clipping, noise floor, peak 0.5.
pub(super) fn master(sound: &mut [f32], rate: f32, r: &mut Random) {
    let wet = if r.chance(0.7) { r.between(0.03, 0.3) } else { 0.0 };
    if wet > 0.0 {
        let keep = r.between(0.6, 0.85);
        let combs: Vec<usize> = [0.0297, 0.0371, 0.0411, 0.0437].map(|s: f32| (s * rate) as usize).to_vec();
        let mut lines: Vec<Vec<f32>> = combs.iter().map(|&n| vec![0.0; n.max(1)]).collect();
        let mut damp = [0.0_f32; 4];
        for (i, sample) in sound.iter_mut().enumerate() {
            let dry = *sample;
            let mut sum = 0.0;
            for (line, damp) in lines.iter_mut().zip(&mut damp) {
                let at = i % line.len();
                let back = line[at];
                *damp += 0.5 * (back - *damp);
                line[at] = dry + keep * *damp;
                sum += back;
            }
            *sample = dry + wet * 0.5 * sum;
        }
    }
    let drive = r.between(0.3, 2.0);
    let peak = sound.iter().fold(1e-9_f32, |m, s| m.max(s.abs()));
    let floor = 10.0_f32.powf(r.between(-80.0, -55.0) / 20.0);
    let top = drive.tanh();
    for sample in sound {
        *sample = 0.5 * ((drive * *sample / peak).tanh() / top) + floor * r.between(-0.5, 0.5);
    }
}

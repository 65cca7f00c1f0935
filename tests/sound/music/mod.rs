//! A little composer: from a number, a piece of music with drums, bass, chords and melody, each piece with its own
//! tempo, key, form and instruments. The same number gives the same samples.
#![allow(dead_code, unreachable_pub, reason = "every user takes its own part")]

mod instruments;

use instruments::{Drum, Timbre};

/// Pseudo-random numbers (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014): small, seedable, the same everywhere.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    pub fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const MAJOR: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];
const MINOR: [i32; 7] = [0, 2, 3, 5, 7, 8, 10];
const DORIAN: [i32; 7] = [0, 2, 3, 5, 7, 9, 10];
const MIXOLYDIAN: [i32; 7] = [0, 2, 4, 5, 7, 9, 10];

/// Degrees of the scale on which the chords of a progression stand.
const PROGRESSIONS: [&[usize]; 12] = [
    &[0, 4, 5, 3],
    &[5, 3, 0, 4],
    &[0, 5, 3, 4],
    &[0, 3, 4, 3],
    &[1, 4, 0, 0],
    &[0, 6, 5, 4],
    &[0, 2, 3, 4],
    &[3, 4, 2, 5],
    &[0, 0, 3, 0, 4, 3, 0, 4],
    &[0, 4, 1, 3],
    &[0, 5],
    &[0, 3],
];

/// Patterns of a bar of 16 steps: kick, snare, hat.
const GROOVES: [[&str; 3]; 8] = [
    ["x...x...x...x...", "....x.......x...", "..x...x...x...x."],
    ["x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."],
    ["x..x..x...x.....", "....x.......x..x", "xxxxxxxxxxxxxxxx"],
    ["x.....x...x..x..", "....x..x.x..x...", "x.x.x.x.x.x.x.x."],
    ["x.........x.....", "........x.......", "x.xxx.x.x.xxx.x."],
    ["x..x..x.x..x..x.", "....x.......x...", "..x...x...x...x."],
    ["x...............", "........x.......", "x...x...x...x..."],
    ["x.x...x.x.x...x.", "....x.......x.x.", "x..x..x.x..x..x."],
];

/// One stroke or note, in seconds and half tones (60 is middle C).
#[derive(Debug, Clone, Copy)]
struct Note {
    start_s: f32,
    long_s: f32,
    pitch: f32,
    loud: f32,
}

/// A voice of the ensemble.
#[derive(Debug)]
struct Part {
    timbre: Timbre,
    gain: f32,
    notes: Vec<Note>,
}

/// What was composed, for tests that want to know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    pub tempo_bpm: f32,
    /// 0 is C.
    pub tonic: i32,
    pub minor: bool,
}

/// Composes and plays the piece of this number: one channel, peak 0.5.
pub fn piece(seed: u64, rate: u32, seconds: f32) -> (Vec<f32>, Facts) {
    let mut random = Random::new(seed);
    let r = &mut random;
    let tempo_bpm = 60.0 * 3.0_f32.powf(r.unit());
    let tonic = r.below(12) as i32;
    let scale = r.pick(&[MAJOR, MAJOR, MINOR, MINOR, DORIAN, MIXOLYDIAN]);
    let score = Score::new(r, tempo_bpm, tonic, scale, seconds);
    let mut sound = vec![0.0_f32; (seconds * rate as f32) as usize];
    let tuning = r.between(-0.25, 0.25);
    for part in score.parts(r) {
        for note in &part.notes {
            let at = (note.start_s * rate as f32) as usize;
            if at < sound.len() {
                let note = Note { pitch: note.pitch + tuning, loud: note.loud * part.gain, ..*note };
                part.timbre.play(&mut sound[at..], rate as f32, note.pitch, note.long_s, note.loud, r);
            }
        }
    }
    let kit: Vec<Drum> = (0..3).map(|kind| Drum::new(kind, r)).collect();
    for (kind, notes) in score.drums(r) {
        for note in notes {
            let at = (note.start_s * rate as f32) as usize;
            if at < sound.len() {
                kit[kind].hit(&mut sound[at..], rate as f32, note.loud, r);
            }
        }
    }
    instruments::master(&mut sound, rate as f32, r);
    (sound, Facts { tempo_bpm, tonic, minor: scale[2] == 3 })
}

/// The form: chords by bar, bars by section.
struct Score {
    beat_s: f32,
    beats: usize,
    swing: f32,
    tonic: i32,
    scale: [i32; 7],
    /// Degree of the chord in each bar.
    chords: Vec<usize>,
    /// Section of each bar.
    sections: Vec<usize>,
    /// Repeats are exact, as in music made of loops.
    loops: bool,
}

impl Score {
    fn new(r: &mut Random, tempo_bpm: f32, tonic: i32, scale: [i32; 7], seconds: f32) -> Self {
        let beat_s = 60.0 / tempo_bpm;
        let beats = if r.chance(0.12) { 3 } else { 4 };
        let bars = (seconds / (beat_s * beats as f32)).ceil() as usize + 1;
        let progressions = [r.pick(&PROGRESSIONS), r.pick(&PROGRESSIONS), r.pick(&PROGRESSIONS)];
        let form = r.pick(&[[0, 0, 1, 0], [0, 1, 0, 1], [0, 1, 2, 1], [0, 0, 1, 1]]);
        let length = r.pick(&[2, 4, 4, 8]);
        let sections: Vec<usize> = (0..bars).map(|bar| form[(bar / length) % 4]).collect();
        let chords = (0..bars)
            .map(|bar| {
                let progression = progressions[sections[bar]];
                progression[(bar % length) % progression.len()]
            })
            .collect();
        let swing = if r.chance(0.3) { r.between(0.1, 0.33) } else { 0.0 };
        Self { beat_s, beats, swing, tonic, scale, chords, sections, loops: r.chance(0.4) }
    }

    /// Half tones of a degree above the tonic in octave 4; degrees go on beyond the octave.
    fn pitch(&self, degree: i32) -> i32 {
        60 + self.tonic - if self.tonic > 6 { 12 } else { 0 }
            + 12 * degree.div_euclid(7)
            + self.scale[degree.rem_euclid(7) as usize]
    }

    /// Time of a step (four to a beat) of a bar.
    fn time(&self, bar: usize, step: usize) -> f32 {
        let late = if step % 2 == 1 { self.swing } else { 0.0 };
        self.beat_s * (bar * self.beats) as f32 + self.beat_s * (step as f32 + late) / 4.0
    }

    fn parts(&self, r: &mut Random) -> Vec<Part> {
        let mut parts = vec![self.bass(r), self.chords(r)];
        if r.chance(0.85) {
            parts.push(self.melody(r, 7));
        }
        if r.chance(0.35) {
            parts.push(self.arpeggio(r));
        }
        if r.chance(0.25) {
            parts.push(self.melody(r, 0));
        }
        parts
    }

    fn bass(&self, r: &mut Random) -> Part {
        let steps = self.beats * 4;
        let patterns: Vec<Vec<bool>> = (0..3)
            .map(|_| {
                let density = r.between(0.1, 0.5);
                (0..steps)
                    .map(|s| s == 0 || r.chance(if s % 4 == 0 { density * 1.6 } else { density * 0.6 }))
                    .collect()
            })
            .collect();
        let mut notes = Vec::new();
        for (bar, &chord) in self.chords.iter().enumerate() {
            let pattern = &patterns[self.sections[bar]];
            for step in (0..steps).filter(|&s| pattern[s]) {
                let long = (1..=steps - step).find(|&n| step + n == steps || pattern[step + n]).unwrap_or(1);
                let degree = chord as i32 + if step > 0 && r.chance(0.25) { 4 } else { 0 };
                notes.push(Note {
                    start_s: self.time(bar, step) + self.human(r),
                    long_s: self.beat_s / 4.0 * long as f32 * 0.9,
                    pitch: (self.pitch(degree) - 24) as f32,
                    loud: r.between(0.8, 1.0),
                });
            }
        }
        Part { timbre: Timbre::bass(r), gain: r.between(0.3, 0.6), notes }
    }

    fn chords(&self, r: &mut Random) -> Part {
        let held = r.chance(0.5);
        let steps = self.beats * 4;
        let rhythm: Vec<bool> = (0..steps).map(|s| s == 0 || r.chance(0.2)).collect();
        let seventh = r.chance(0.35);
        let inversion = r.below(3) as i32;
        let mut notes = Vec::new();
        for (bar, &chord) in self.chords.iter().enumerate() {
            for step in (0..steps).filter(|&s| if held { s == 0 } else { rhythm[s] }) {
                let long = if held { steps as f32 } else { 1.5 };
                for (i, third) in [0, 2, 4, 6].into_iter().enumerate().take(if seventh { 4 } else { 3 }) {
                    let raise = if (i as i32) < inversion { 7 } else { 0 };
                    notes.push(Note {
                        start_s: self.time(bar, step) + self.human(r),
                        long_s: self.beat_s / 4.0 * long,
                        pitch: self.pitch(chord as i32 + third + raise) as f32 - 12.0,
                        loud: r.between(0.7, 1.0),
                    });
                }
            }
        }
        Part { timbre: Timbre::chords(r, held), gain: r.between(0.1, 0.25), notes }
    }

    /// Two bars of motif for each section, repeated over the chords, changed on the way unless the piece is made of loops.
    fn melody(&self, r: &mut Random, above: i32) -> Part {
        let steps = self.beats * 8;
        let density = r.between(0.15, 0.45);
        let motifs: Vec<Vec<Option<i32>>> = (0..3)
            .map(|_| {
                let mut degree = r.below(5) as i32;
                (0..steps)
                    .map(|s| {
                        let here = r.chance(if s % 4 == 0 { density * 1.5 } else { density * 0.7 });
                        degree += r.below(5) as i32 - 2;
                        degree = degree.clamp(-3, 9);
                        here.then_some(degree)
                    })
                    .collect()
            })
            .collect();
        let mut notes = Vec::new();
        for (bar, &chord) in self.chords.iter().enumerate() {
            let motif = &motifs[self.sections[bar]];
            for step in 0..self.beats * 4 {
                let at = (bar % 2) * self.beats * 4 + step;
                let Some(mut degree) = motif[at] else { continue };
                if !self.loops && r.chance(0.2) {
                    degree += r.below(3) as i32 - 1;
                }
                if step % 4 == 0 {
                    degree = chord as i32 + ((degree - chord as i32).div_euclid(2)) * 2;
                }
                let long = (1..8).find(|n| at + n >= steps || motif[at + n].is_some()).unwrap_or(8);
                notes.push(Note {
                    start_s: self.time(bar, step) + self.human(r),
                    long_s: self.beat_s / 4.0 * long as f32 * r.between(0.6, 1.0),
                    pitch: self.pitch(degree + above) as f32,
                    loud: r.between(0.6, 1.0),
                });
            }
        }
        Part { timbre: Timbre::melody(r), gain: r.between(0.15, 0.35), notes }
    }

    fn arpeggio(&self, r: &mut Random) -> Part {
        let order = r.pick(&[[0, 2, 4, 7], [0, 4, 2, 4], [7, 4, 2, 0], [0, 2, 4, 2]]);
        let every = r.pick(&[1, 2]);
        let mut notes = Vec::new();
        for (bar, &chord) in self.chords.iter().enumerate() {
            for (i, step) in (0..self.beats * 4).step_by(every).enumerate() {
                notes.push(Note {
                    start_s: self.time(bar, step) + self.human(r),
                    long_s: self.beat_s / 4.0 * every as f32,
                    pitch: self.pitch(chord as i32 + order[i % 4]) as f32 + 12.0,
                    loud: if step % 4 == 0 { 1.0 } else { r.between(0.5, 0.8) },
                });
            }
        }
        Part { timbre: Timbre::melody(r), gain: r.between(0.06, 0.15), notes }
    }

    /// Strokes of kick, snare and hat.
    fn drums(&self, r: &mut Random) -> [(usize, Vec<Note>); 3] {
        let silent = r.chance(0.15);
        let grooves = [r.pick(&GROOVES), r.pick(&GROOVES), r.pick(&GROOVES)];
        let gains = [r.between(0.5, 0.9), r.between(0.25, 0.6), r.between(0.08, 0.25)];
        let ghost = r.between(0.0, 0.06);
        [0, 1, 2].map(|kind| {
            let mut notes = Vec::new();
            for bar in 0..if silent { 0 } else { self.chords.len() } {
                let pattern = grooves[self.sections[bar]][kind].as_bytes();
                for (step, &mark) in pattern.iter().enumerate().take(self.beats * 4) {
                    let written = mark == b'x' && (self.loops || !r.chance(0.05));
                    if written || r.chance(ghost) {
                        let loud = gains[kind] * if written { r.between(0.75, 1.0) } else { 0.35 };
                        let start_s = self.time(bar, step) + self.human(r);
                        notes.push(Note { start_s, long_s: 0.0, pitch: 0.0, loud });
                    }
                }
            }
            (kind, notes)
        })
    }

    /// Hands are not clocks.
    fn human(&self, r: &mut Random) -> f32 {
        if self.loops { 0.0 } else { r.between(0.0, 0.012) }
    }
}

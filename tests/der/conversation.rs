//! Conversations assembled from single voices, with known turns.

use super::{ErrorRate, Stretch};
use std::collections::BTreeMap;
use std::fmt;
use viralnow_core::voice::Diarization;

const RATE: f64 = 16_000.0;

/// Numbers that look like chance and are the same everywhere (Knuth's MMIX generator).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    }

    /// From 0 to below 1.
    pub fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.share() * n as f64) as usize
    }
}

/// A conversation at 16 kHz and who speaks when in it.
pub struct Conversation {
    pub samples: Vec<f32>,
    pub turns: Vec<Stretch>,
    pub speakers: usize,
}

impl Conversation {
    /// Of so many of the voices. Each is cut where it is softest into turns of 1.2 to 5 s; they follow each other in random
    /// order with pauses of 0.05 to 0.8 s, one in eight begins 0.3 to 0.8 s before the other one ends. A voice alone pauses.
    pub fn new(voices: &[(String, Vec<f32>)], speakers: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut left: Vec<usize> = (0..voices.len()).collect();
        let chosen: Vec<usize> = (0..speakers).map(|_| left.swap_remove(chance.below(left.len()))).collect();
        let mut pieces: Vec<Vec<&[f32]>> = chosen.iter().map(|&v| cut(&voices[v].1, &mut chance)).collect();
        let (mut samples, mut turns) = (vec![0.0_f32; (0.3 * RATE) as usize], Vec::new());
        let (mut end, mut last) = (samples.len(), None);
        loop {
            // Each speaks once before anybody speaks twice; nobody takes two turns in a row while others have some.
            let able: Vec<usize> = (0..speakers).filter(|&s| !pieces[s].is_empty()).collect();
            let Some(&any) = able.first() else { break };
            let others: Vec<usize> = able.iter().copied().filter(|&s| last != Some(s)).collect();
            let fresh = (turns.len() < speakers).then_some(turns.len()).filter(|s| able.contains(s));
            let speaker = match fresh {
                Some(speaker) => speaker,
                None if others.is_empty() => any,
                None => others[chance.below(others.len())],
            };
            let piece = pieces[speaker].remove(0);
            let over = last.is_some_and(|l| l != speaker) && chance.share() < 0.125;
            let gap_s = if over { -chance.between(0.3, 0.8) } else { chance.between(0.05, 0.8) };
            let start = (end as f64 + gap_s * RATE).max(0.0) as usize;
            let stop = start + piece.len();
            samples.resize(samples.len().max(stop), 0.0);
            samples[start..stop].iter_mut().zip(piece).for_each(|(sum, s)| *sum += s);
            turns.push((start as f64 / RATE, stop as f64 / RATE, voices[chosen[speaker]].0.clone()));
            end = end.max(stop);
            last = Some(speaker);
        }
        samples.resize(end + (0.3 * RATE) as usize, 0.0);
        // A room is never silent: noise at -70 dB.
        samples.iter_mut().for_each(|s| *s += (chance.share() - 0.5) as f32 * 1e-3);
        Self { samples, turns, speakers }
    }

    /// Where two speak at once.
    pub fn overlaps(&self) -> Vec<(f64, f64)> {
        let pairs =
            self.turns.iter().enumerate().flat_map(|(i, a)| self.turns[..i].iter().map(move |b| (a, b)));
        pairs.map(|(a, b)| (a.0.max(b.0), a.1.min(b.1))).filter(|(from, to)| from < to).collect()
    }
}

/// One voice without its silent ends, at a mean level of -26 dB.
pub fn prepare(samples: &[f32]) -> Vec<f32> {
    let step = 160;
    let energy: Vec<f32> =
        samples.chunks(step).map(|c| c.iter().map(|s| s * s).sum::<f32>() / c.len() as f32).collect();
    let most = energy.iter().copied().fold(0.0, f32::max);
    let loud = |e: &f32| *e > most * 1e-3;
    let first = energy.iter().position(loud).unwrap_or(0) * step;
    let last = ((energy.iter().rposition(loud).unwrap_or(0) + 1) * step).min(samples.len());
    let own = &samples[first..last];
    let power = own.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / own.len() as f64;
    own.iter().map(|s| (f64::from(*s) * 0.05 / power.sqrt()) as f32).collect()
}

fn cut<'a>(voice: &'a [f32], chance: &mut Chance) -> Vec<&'a [f32]> {
    let second = RATE as usize;
    let mut pieces = Vec::new();
    let mut rest = voice;
    while rest.len() > 8 * second / 10 {
        let wanted = (chance.between(1.2, 5.0) * RATE) as usize;
        let at = if wanted + 8 * second / 10 >= rest.len() {
            rest.len()
        } else {
            // The softest 25 ms near the wanted length.
            let soft = |at: &usize| rest[*at..*at + 400].iter().map(|s| s * s).sum::<f32>();
            let near = (wanted - 4 * second / 10).max(8 * second / 10)..wanted + 4 * second / 10;
            200 + near.step_by(80).min_by(|a, b| soft(a).total_cmp(&soft(b))).unwrap()
        };
        pieces.push(&rest[..at]);
        rest = &rest[at..];
    }
    pieces
}

/// What must hold.
pub struct Floors {
    /// Highest error rate over all conversations.
    pub error: f64,
    /// Least share of conversations whose number of speakers is right.
    pub counted: f64,
    /// Least precision and recall of voice activity.
    pub precision: f64,
    pub recall: f64,
}

/// Figures over conversations.
#[derive(Default)]
pub struct Report {
    pub all: ErrorRate,
    pub told: ErrorRate,
    /// By true number of speakers: conversations, right numbers, sum of the found numbers, and the errors.
    pub by_speakers: BTreeMap<usize, (usize, usize, usize, ErrorRate)>,
    /// Seconds: speech by the truth and by us, by us, by the truth.
    pub activity: (f64, f64, f64),
    /// Seconds: two at once by the truth and by us, by us, by the truth.
    pub overlap: (f64, f64, f64),
}

impl Report {
    pub fn add(&mut self, conversation: &Conversation, found: &Diarization, told: &Diarization) {
        let turns = |d: &Diarization| -> Vec<Stretch> {
            d.turns.iter().map(|turn| (turn.start_s, turn.end_s, turn.speaker.clone())).collect()
        };
        let error = ErrorRate::of(&conversation.turns, &turns(found), 0.25);
        self.all.add(&error);
        self.told.add(&ErrorRate::of(&conversation.turns, &turns(told), 0.25));
        let row = self.by_speakers.entry(conversation.speakers).or_default();
        row.0 += 1;
        row.1 += usize::from(found.speakers.len() == conversation.speakers);
        row.2 += found.speakers.len();
        row.3.add(&error);
        let ours: Vec<(f64, f64)> = found.turns.iter().map(|turn| (turn.start_s, turn.end_s)).collect();
        let truth: Vec<(f64, f64)> = conversation.turns.iter().map(|turn| (turn.0, turn.1)).collect();
        let seconds = conversation.samples.len() as f64 / RATE;
        count(&mut self.activity, &ours, &truth, seconds);
        let ours: Vec<(f64, f64)> = found.overlaps.iter().map(|o| (o.start_s, o.end_s)).collect();
        count(&mut self.overlap, &ours, &conversation.overlaps(), seconds);
    }

    pub fn counted(&self) -> f64 {
        let (all, right) =
            self.by_speakers.values().fold((0, 0), |(all, right), row| (all + row.0, right + row.1));
        right as f64 / all as f64
    }

    pub fn assert_at_least(&self, floors: &Floors) {
        assert!(self.all.total() <= floors.error, "error rate {}", self.all.total());
        assert!(self.counted() >= floors.counted, "numbers of speakers {}", self.counted());
        let (both, ours, truth) = self.activity;
        assert!(both / ours >= floors.precision, "precision of voice activity {}", both / ours);
        assert!(both / truth >= floors.recall, "recall of voice activity {}", both / truth);
    }
}

/// Adds seconds, in steps of 10 ms.
pub fn count(sums: &mut (f64, f64, f64), ours: &[(f64, f64)], truth: &[(f64, f64)], seconds: f64) {
    for frame in 0..(seconds * 100.0) as usize {
        let t = frame as f64 / 100.0 + 0.005;
        let inside = |stretches: &[(f64, f64)]| stretches.iter().any(|&(from, to)| from <= t && t < to);
        let (is, should) = (inside(ours), inside(truth));
        sums.0 += f64::from(is && should) / 100.0;
        sums.1 += f64::from(is) / 100.0;
        sums.2 += f64::from(should) / 100.0;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.all)?;
        writeln!(f, "  told the number of speakers: {}", self.told)?;
        writeln!(f, "  number of speakers right: {:.2}", self.counted())?;
        for (speakers, (all, right, sum, error)) in &self.by_speakers {
            let mean = *sum as f64 / *all as f64;
            writeln!(f, "  {speakers}: {right} of {all} right, {mean:.2} on average, {error}")?;
        }
        let (both, ours, truth) = self.activity;
        write!(f, "  voice activity: precision {:.3}, recall {:.3}", both / ours, both / truth)?;
        if self.overlap.2 > 0.0 {
            let (both, ours, truth) = self.overlap;
            write!(f, "; overlap: precision {:.3}, recall {:.3} of {truth:.1} s", both / ours, both / truth)?;
        }
        Ok(())
    }
}

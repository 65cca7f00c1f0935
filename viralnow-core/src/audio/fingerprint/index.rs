//! The index: many fingerprints, and which of them a query contains.

use super::landmarks::{Fingerprint, Point, TIME_MS};
use super::pairs::{self, SPEED_UNITS, speed_of};
use super::postings::{LONGEST, Posting, Postings, Run};
use super::verify::{self, Place};
use crate::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::ops::Range;

/// Longest name of a sound, in bytes.
pub(super) const LONGEST_ID: usize = 1024;
/// Hits of one query that are counted, the rarest keys first; bounds its memory to 32 MB in any index.
const MOST_HITS: usize = 4_000_000;
/// A query is looked up in windows of so many units of time (30 s) and at most so many landmarks.
const WINDOW: (u32, usize) = (7500, 4096);
/// Width of the steps in which votes are counted: units of time (64 ms), units of pitch (20 cents).
const OFFSET_BIN: i32 = 16;
const SPEED_BIN: i32 = 8;
/// Votes that make a sound a candidate.
const LEAST_VOTES: u32 = 4;
/// Evidence in nats that a match needs (one in 7e10; an index of 10,000 sounds tries 1e9 places), and that brings its score
/// to 0.63; landmarks that it needs.
const LEAST_EVIDENCE: f64 = 25.0;
const EVIDENCE_SCALE: f64 = 60.0;
const LEAST_MATCHED: usize = 8;
/// Candidates that are verified for each match that is asked for, and at least.
const CANDIDATES: (usize, usize) = (4, 24);

/// One sound that a query contains.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SoundMatch {
    /// The name under which it was added.
    pub id: String,
    /// How sure the match is, in [0, 1]: `1 - exp(-E / 60)`, where `E` (in nats) bounds how unlikely it is that so many of
    /// the sound's landmarks are at their place by chance. 0.34 is the least that is given; a clean excerpt of 5 s has 0.9
    /// and more, one under louder speech about 0.5.
    pub score: f64,
    /// Time in the indexed sound, in seconds, at which the query starts; negative where the query starts before it.
    pub offset_s: f64,
    /// How many times as fast as the indexed sound the query plays, about 0.96 to 1.04.
    pub speed_ratio: f64,
    /// Landmarks of the sound that are in the query at their place.
    pub matched: usize,
    /// Landmarks of the sound in the stretch that the query covers.
    pub expected: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: String,
    /// With the strong landmarks only.
    pub(super) print: Fingerprint,
}

/// Many fingerprints, and which of them a query contains: a sound is found in an excerpt, under speech, at another gain, after
/// a codec, and up to 4 % faster or slower (pitch and tempo together).
///
/// It keeps about 2 kB for each second of sound, and answers from as many threads as ask; adding and removing need it alone.
///
/// ```
/// use viralnow_core::audio::{self, SoundIndex};
/// let tune: Vec<f32> = (0..160_000)
///     .map(|i| 0.5 * (i as f32 * (0.1 + 0.02 * ((i / 4000 * 5) % 13) as f32)).sin())
///     .collect();
/// let mut index = SoundIndex::new();
/// index.add("tune", &audio::fingerprint(&tune, 16_000)?)?;
/// let excerpt = audio::fingerprint(&tune[32_000..112_000], 16_000)?;
/// let found = index.query(&excerpt, 5);
/// assert!(found[0].id == "tune" && (found[0].speed_ratio - 1.0).abs() < 0.01);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Default, Clone)]
pub struct SoundIndex {
    /// By number; removed ones are none.
    pub(super) sounds: Vec<Option<Entry>>,
    numbers: HashMap<String, u32>,
    postings: Postings,
    /// Postings of removed sounds.
    dead: usize,
}

impl SoundIndex {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of sounds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is no sound.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Whether a sound of this name is there.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.numbers.contains_key(id)
    }

    /// Names and strong landmarks, in the order in which they were added.
    pub(super) fn sounds(&self) -> impl Iterator<Item = (&str, &Fingerprint)> {
        self.sounds.iter().flatten().map(|entry| (entry.id.as_str(), &entry.print))
    }

    /// Adds a sound, or replaces the one of this name.
    ///
    /// Fails (`INVALID_INPUT`) for a name that is empty or over 1024 bytes and for a fingerprint without strong landmarks,
    /// and with `LIMIT_EXCEEDED` for a sound over 4 h 39 min.
    pub fn add(&mut self, id: impl Into<String>, print: &Fingerprint) -> Result<()> {
        self.add_all(std::iter::once((id.into(), print.clone())))
    }

    /// Adds sounds with one sort of all their pairs; a sound that cannot be added stops it.
    pub(super) fn add_all(&mut self, sounds: impl IntoIterator<Item = (String, Fingerprint)>) -> Result<()> {
        let mut postings = Vec::new();
        let mut result = Ok(());
        for (id, print) in sounds {
            result = self.enter(id, &print, &mut postings);
            if result.is_err() {
                break;
            }
        }
        self.postings.add(postings);
        result
    }

    fn enter(&mut self, id: String, print: &Fingerprint, postings: &mut Vec<Posting>) -> Result<()> {
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(Error::new(ErrorKind::InvalidInput, "a sound needs a name of 1 to 1024 bytes")
                .with("bytes", id.len()));
        }
        if print.duration >= LONGEST || print.points.last().is_some_and(|last| last.time >= LONGEST) {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                "a sound in an index is at most 4 h 39 min long; cut it in pieces",
            )
            .with("id", id)
            .with("duration_s", print.duration_s()));
        }
        let points: Vec<Point> = print.points.iter().copied().filter(|point| point.strong).collect();
        if points.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the fingerprint has no strong landmark, so nothing can be found by it; is the sound silent?",
            )
            .with("id", id));
        }
        let number = self.sounds.len() as u32;
        let posting = |(key, anchor): (u32, Point)| Posting::new(key, number, anchor.time, anchor.pitch);
        postings.extend(pairs::kept(&points).map(posting));
        self.remove(&id);
        self.sounds
            .push(Some(Entry { id: id.clone(), print: Fingerprint { duration: print.duration, points } }));
        self.numbers.insert(id, number);
        Ok(())
    }

    /// Bytes of memory that the pairs take.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.postings.memory()
    }

    /// Takes a sound out; says whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(number) = self.numbers.remove(id) else { return false };
        if let Some(entry) = self.sounds[number as usize].take() {
            self.dead += pairs::kept(&entry.print.points).count();
        }
        if self.dead * 3 > self.postings.len() {
            let sounds = &self.sounds;
            self.postings.retain(|number| sounds[number as usize].is_some());
            self.dead = 0;
        }
        true
    }

    /// The sounds that are in the query, the surest first, at most so many; none where nothing is sure enough. A query may
    /// be of any length: it is looked up in windows of 30 s.
    #[must_use]
    pub fn query(&self, query: &Fingerprint, limit: usize) -> Vec<SoundMatch> {
        let mut candidates = self.candidates(query);
        candidates.truncate(limit.saturating_mul(CANDIDATES.0).max(CANDIDATES.1));
        let mut matches: Vec<SoundMatch> = candidates
            .iter()
            .filter_map(|candidate| {
                let entry = self.sounds[candidate.sound as usize].as_ref()?;
                let place = candidate.place;
                let found = verify::verify(query, &entry.print.points, place);
                let evidence = found.evidence();
                (evidence >= LEAST_EVIDENCE && found.matched >= LEAST_MATCHED).then(|| SoundMatch {
                    id: entry.id.clone(),
                    score: 1.0 - (-evidence / EVIDENCE_SCALE).exp(),
                    offset_s: found.place.offset * TIME_MS / 1000.0,
                    speed_ratio: found.place.speed,
                    matched: found.matched,
                    expected: found.expected,
                })
            })
            .collect();
        matches.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        matches.truncate(limit);
        matches
    }

    /// Each sound's place with the most votes.
    fn candidates(&self, query: &Fingerprint) -> Vec<Candidate> {
        let mut found: HashMap<u32, Candidate> = HashMap::new();
        let mut from = 0;
        while let Some(first) = query.points.get(from) {
            let end = query.points.partition_point(|point| point.time < first.time + WINDOW.0);
            let anchors = from..end.min(from + WINDOW.1);
            from = anchors.end;
            for candidate in self.candidates_within(query, anchors) {
                let best = found.entry(candidate.sound).or_insert(candidate);
                if best.votes < candidate.votes {
                    *best = candidate;
                }
            }
        }
        let mut found: Vec<Candidate> = found.into_values().collect();
        found.sort_by_key(|candidate| (std::cmp::Reverse(candidate.votes), candidate.sound));
        found
    }

    fn candidates_within(&self, query: &Fingerprint, anchors: Range<usize>) -> Vec<Candidate> {
        let speeds: Vec<f64> = (-SPEED_UNITS..=SPEED_UNITS).map(|d| speed_of(f64::from(d))).collect();
        // Speed turns around the middle of the window, so that its error moves the offset least.
        let (first, last) = (query.points[anchors.start].time, query.points[anchors.end - 1].time);
        let middle = f64::from(first) + f64::from(last - first) / 2.0;
        let mut votes: Vec<u64> = Vec::new();
        for (run, anchor) in self.runs(query, anchors) {
            let anchor = query.points[anchor as usize];
            let time = f64::from(anchor.time) - middle;
            for posting in self.postings.get(&run) {
                let raised = i32::from(anchor.pitch) - posting.pitch();
                if raised.abs() <= SPEED_UNITS {
                    let speed = speeds[(raised + SPEED_UNITS) as usize];
                    votes.push(vote(posting.sound, f64::from(posting.time()) - speed * time, raised));
                }
            }
        }
        votes.sort_unstable();
        best(&votes, middle)
    }

    /// Where the pairs of the query stand, each with the number of its first landmark; the rarest ones where all are too
    /// many.
    fn runs(&self, query: &Fingerprint, anchors: Range<usize>) -> Vec<(Run, u32)> {
        let mut runs: Vec<(Run, u32)> = Vec::new();
        for probe in pairs::probes(query, anchors) {
            runs.extend(self.postings.find(probe.key).map(|run| (run, probe.anchor)));
        }
        let mut hits: usize = runs.iter().map(|(run, _)| run.len()).sum();
        if hits > MOST_HITS {
            runs.sort_by_key(|(run, _)| run.len());
            while hits > MOST_HITS {
                let Some((run, _)) = runs.pop() else { break };
                hits -= run.len();
            }
        }
        runs
    }
}

/// A sound and the place where most votes agree.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    sound: u32,
    place: Place,
    votes: u32,
}

/// Offsets are shifted so that they are positive.
const OFFSET_SHIFT: i32 = 1 << 26;

/// Sound, step of the speed, step of the offset, so that neighbouring offsets are neighbours when sorted.
fn vote(sound: u32, offset: f64, raised: i32) -> u64 {
    let offset = (offset.round() as i32 + OFFSET_SHIFT).max(0) / OFFSET_BIN;
    let speed = (raised + SPEED_UNITS) / SPEED_BIN;
    u64::from(sound) << 32 | (speed as u64) << 28 | (offset as u64 & 0x0FFF_FFFF)
}

/// The best cell of each sound; a cell counts with the next offset. The votes are about the time in the sound of the
/// query's `middle`.
fn best(votes: &[u64], middle: f64) -> Vec<Candidate> {
    let mut cells: Vec<(u64, u32)> = Vec::new();
    for &vote in votes {
        match cells.last_mut() {
            Some((cell, count)) if *cell == vote => *count += 1,
            _ => cells.push((vote, 1)),
        }
    }
    let mut found: Vec<Candidate> = Vec::new();
    for (i, &(cell, count)) in cells.iter().enumerate() {
        let next = cells.get(i + 1).filter(|(next, _)| *next == cell + 1).map_or(0, |(_, count)| *count);
        let sum = count + next;
        let sound = (cell >> 32) as u32;
        if sum < LEAST_VOTES || found.last().is_some_and(|last| last.sound == sound && last.votes >= sum) {
            continue;
        }
        if found.last().is_some_and(|last| last.sound == sound) {
            found.pop();
        }
        let raised = f64::from(((cell >> 28) & 0xF) as i32 * SPEED_BIN + SPEED_BIN / 2 - SPEED_UNITS);
        let start = f64::from((cell & 0x0FFF_FFFF) as i32 * OFFSET_BIN - OFFSET_SHIFT);
        let at = start + f64::from(OFFSET_BIN) * (0.5 + f64::from(next) / f64::from(sum));
        let speed = speed_of(raised);
        found.push(Candidate {
            sound,
            place: Place { offset: at - speed * middle, speed, raised },
            votes: sum,
        });
    }
    found
}

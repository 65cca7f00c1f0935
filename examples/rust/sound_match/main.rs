//! How well sounds are found again: recall and false matches of the fingerprint index, beside Chromaprint, as Markdown.
//!
//! ```text
//! cargo run --release -p viralnow-core --example sound_match -- [--sounds 500] [--queries 60] [--music FOLDER]
//! ```
//! Needs ffmpeg for the rows with AAC and espeak-ng for synthetic voices; uses the real music and speech of the shared
//! test data where they are (`VIRALNOW_TEST_DATA`).

#[path = "../../../tests/common/mod.rs"]
mod common;
mod material;
#[path = "../../../tests/sound/mixing.rs"]
mod mixing;
#[path = "../../../tests/sound/music/mod.rs"]
mod music;
mod peer;
#[path = "../../../tests/sound/mod.rs"]
mod sound;

use lexopt::prelude::*;
use material::{Named, RATE};
use music::Random;
use std::path::PathBuf;
use std::time::Instant;
use viralnow_core::audio::{self, Fingerprint, SoundIndex};

/// Seconds of an indexed sound.
const LONG: f32 = 30.0;
const LENGTHS: [f32; 3] = [5.0, 10.0, 15.0];

/// What happens to an excerpt.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    name: &'static str,
    gain_db: f64,
    speed_percent: f64,
    speech_db: Option<f64>,
    aac: bool,
}

const PLAIN: Way = Way { name: "cut only", gain_db: 0.0, speed_percent: 0.0, speech_db: None, aac: false };
const WAYS: [Way; 13] = [
    PLAIN,
    Way { name: "20 dB softer", gain_db: -20.0, ..PLAIN },
    Way { name: "AAC 64 kbit/s", aac: true, ..PLAIN },
    Way { name: "1 % faster", speed_percent: 1.0, ..PLAIN },
    Way { name: "1 % slower", speed_percent: -1.0, ..PLAIN },
    Way { name: "3 % faster", speed_percent: 3.0, ..PLAIN },
    Way { name: "3 % slower", speed_percent: -3.0, ..PLAIN },
    Way { name: "speech at -6 dB", speech_db: Some(-6.0), ..PLAIN },
    Way { name: "speech at 0 dB", speech_db: Some(0.0), ..PLAIN },
    Way { name: "speech at +6 dB", speech_db: Some(6.0), ..PLAIN },
    Way { name: "speech at 0 dB, 3 % faster", speech_db: Some(0.0), speed_percent: 3.0, ..PLAIN },
    Way { name: "speech at +6 dB, AAC", speech_db: Some(6.0), aac: true, ..PLAIN },
    Way {
        name: "speech at +6 dB, 3 % slower, AAC",
        speech_db: Some(6.0),
        speed_percent: -3.0,
        aac: true,
        ..PLAIN
    },
];

/// Runs a function over items on all cores; the results are in the order of the items.
fn parallel<T: Sync, R: Send>(items: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, run(item)));
        }
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().expect("no panic")).collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// An excerpt on its way: `None` where the sound is too short for it.
fn excerpt(
    sound: &[f32],
    seconds: f32,
    way: Way,
    voices: &[Named],
    random: &mut Random,
) -> Option<(Vec<f32>, f64)> {
    let speed = 1.0 + way.speed_percent / 100.0;
    let n = (f64::from(seconds) * f64::from(RATE)) as usize;
    let needed = (n as f64 * speed) as usize + 64;
    let start = random.below(sound.len().checked_sub(needed)?.max(1));
    let mut cut = mixing::resample(&sound[start..start + needed], speed);
    cut.truncate(n);
    if mixing::power(&cut) < 1e-8 {
        return None;
    }
    if let Some(db) = way.speech_db {
        cut = material::under_speech(&cut, voices, db, random);
    }
    let gain = 10_f64.powf(way.gain_db / 20.0) as f32;
    cut.iter_mut().for_each(|s| *s *= gain);
    Some((cut, start as f64 / f64::from(RATE)))
}

/// What both methods said about one query.
struct Answer {
    length: usize,
    /// Number of the right sound, and the time in it; none for a sound that is not indexed.
    truth: Option<(usize, f64)>,
    way: Way,
    ours: Option<audio::SoundMatch>,
    ours_right: bool,
    seconds: f64,
    theirs: Option<(usize, f64)>,
}

struct Library {
    sounds: Vec<Named>,
    index: SoundIndex,
    chroma: Vec<Vec<u32>>,
}

/// Seconds, what it is an excerpt of and from where, what happened to it, and its samples.
type Query = (usize, Option<(usize, f64)>, Way, Vec<f32>);

fn ask(library: &Library, queries: &[Query]) -> Vec<Answer> {
    parallel(queries, |(length, truth, way, sound)| {
        let print = audio::fingerprint(sound, RATE).expect("sound");
        let start = Instant::now();
        let ours = library.index.query(&print, 1).into_iter().next();
        let seconds = start.elapsed().as_secs_f64();
        let right = |id: &str| truth.is_some_and(|(number, _)| library.sounds[number].name == id);
        let ours_right = ours.as_ref().is_some_and(|found| right(&found.id));
        let theirs = peer::best(&peer::fingerprint(sound), &library.chroma);
        Answer { length: *length, truth: *truth, way: *way, ours, ours_right, seconds, theirs }
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut sounds, mut queries, mut folder): (usize, usize, Option<PathBuf>) = (500, 60, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("sounds") => sounds = parser.value()?.parse()?,
            Long("queries") => queries = parser.value()?.parse()?,
            Long("music") => folder = Some(parser.value()?.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let mut all = material::real_music(LONG, folder.as_deref());
    let real = all.len();
    all.extend(material::composed(0..sounds as u64, LONG));
    let unseen = material::composed(1_000_000..1_000_000 + (sounds as u64 / 4).max(8), LONG);
    let voices = material::speech();
    let start = Instant::now();
    let prints: Vec<Fingerprint> =
        parallel(&all, |named| audio::fingerprint(&named.sound, RATE).expect("sound"));
    eprintln!("fingerprints of {} sounds: {:.1} s", all.len(), start.elapsed().as_secs_f64());
    let mut index = SoundIndex::new();
    let start = Instant::now();
    for (named, print) in all.iter().zip(&prints) {
        index.add(named.name.clone(), print)?;
    }
    eprintln!("indexed: {:.1} s", start.elapsed().as_secs_f64());
    let chroma = parallel(&all, |named| peer::fingerprint(&named.sound));
    let library = Library { sounds: all, index, chroma };
    let mut answers = Vec::new();
    for (number, way) in WAYS.into_iter().enumerate() {
        for (length, &seconds) in LENGTHS.iter().enumerate() {
            let mut random = Random::new((number * 10 + length) as u64 + 77);
            let mut asked = Vec::new();
            for i in 0..queries {
                // Every fourth query is of real music.
                let right = if i % 4 == 0 && real > 0 { (i / 4) % real } else { real + random.below(sounds) };
                if let Some((cut, at)) =
                    excerpt(&library.sounds[right].sound, seconds, way, &voices, &mut random)
                {
                    asked.push((length, Some((right, at)), way, cut));
                }
                let other = &unseen[random.below(unseen.len())].sound;
                if let Some((cut, _)) = excerpt(other, seconds, way, &voices, &mut random) {
                    asked.push((length, None, way, cut));
                }
            }
            if way.aac {
                let cuts = asked.iter_mut().map(|query| std::mem::take(&mut query.3)).collect();
                let Some(back) = material::through_aac(cuts) else {
                    eprintln!("SKIPPED {}: no ffmpeg", way.name);
                    continue;
                };
                asked.iter_mut().zip(back).for_each(|(query, sound)| query.3 = sound);
            }
            answers.extend(ask(&library, &asked));
        }
        eprintln!("{}", way.name);
    }
    print_table(&answers, &library);
    Ok(())
}

/// Share wrong of Chromaprint's bits up to which it takes a match: the largest that lets at most one of a hundred queries of
/// unseen sounds through, which is as fair to it as its data allows.
fn peer_threshold(answers: &[Answer]) -> f64 {
    let mut false_ones: Vec<f64> = answers
        .iter()
        .filter(|answer| answer.truth.is_none())
        .filter_map(|answer| answer.theirs.map(|(_, wrong)| wrong))
        .collect();
    false_ones.sort_by(f64::total_cmp);
    false_ones.get(false_ones.len() / 100).copied().unwrap_or(0.0)
}

fn print_table(answers: &[Answer], library: &Library) {
    let threshold = peer_threshold(answers);
    println!("| excerpt | recall 5 s | 10 s | 15 s | Chromaprint 5 s | 10 s | 15 s |");
    println!("|---|---|---|---|---|---|---|");
    for way in WAYS {
        let share = |length: usize, right: &dyn Fn(&Answer, usize) -> bool| {
            let asked = answers.iter().filter(|a| a.way.name == way.name && a.length == length);
            let asked: Vec<(&Answer, usize)> =
                asked.filter_map(|a| a.truth.map(|(number, _)| (a, number))).collect();
            let found = asked.iter().filter(|(answer, number)| right(answer, *number)).count();
            if asked.is_empty() {
                "-".to_owned()
            } else {
                format!("{:.2}", found as f64 / asked.len() as f64)
            }
        };
        let ours = [0, 1, 2].map(|length| share(length, &|answer, _| answer.ours_right));
        let theirs = [0, 1, 2].map(|length| {
            share(length, &|answer, number| {
                answer.theirs.is_some_and(|(best, wrong)| best == number && wrong < threshold)
            })
        });
        println!("| {} | {} | {} |", way.name, ours.join(" | "), theirs.join(" | "));
    }
    let unseen: Vec<&Answer> = answers.iter().filter(|answer| answer.truth.is_none()).collect();
    let false_ones = unseen.iter().filter(|answer| answer.ours.is_some()).count();
    let wrong = answers
        .iter()
        .filter(|answer| answer.truth.is_some() && answer.ours.is_some() && !answer.ours_right)
        .count();
    let seconds: f64 = answers.iter().map(|answer| answer.seconds).sum();
    println!();
    println!(
        "{} queries, {} sounds indexed. Of {} queries of sounds that are not indexed, {false_ones} gave a match; of the \
         others, {wrong} gave a wrong one first. Chromaprint's threshold is {threshold:.3} of the bits wrong: at most one \
         unseen query in a hundred passes. A query took {:.1} ms on average; the pairs take {} bytes.",
        answers.len(),
        library.sounds.len(),
        unseen.len(),
        1000.0 * seconds / answers.len().max(1) as f64,
        library.index.memory_bytes(),
    );
}

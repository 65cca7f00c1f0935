//! The ranked list of clips from a file, no keys needed.
//!
//! ```text
//! cargo run --release -p viralnow-core --features sqlite,xlsx --example clips -- FILE [--config CONFIG.json] [--top N] [--out BASE] [--store FILE.db]
//! ```
//! FILE is the specification's JSON, JSON Lines, CSV, XLSX or Parquet. `--out BASE` writes BASE.json, BASE.csv and BASE.xlsx.
//! `--store FILE.db` keeps what was seen: from the second look at a clip on it has a velocity.

use std::fs::File;
use std::io::{BufWriter, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;
use viralnow_core::clips::{
    Clip, ClipFormat, ClipWriter, ClipsConfig, ClipsRead, DuplicateParams, Histories, LeftOut, Prints,
    ScoredClip, each_clip, find_clips,
};
use viralnow_core::{Error, Result};

struct Arguments {
    file: String,
    config: Option<String>,
    top: usize,
    out: Option<String>,
    store: Option<String>,
}

fn arguments() -> Option<Arguments> {
    let mut given = Arguments { file: String::new(), config: None, top: 20, out: None, store: None };
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--config" => given.config = Some(rest.next()?),
            "--top" => given.top = rest.next()?.parse().ok()?,
            "--out" => given.out = Some(rest.next()?),
            "--store" => given.store = Some(rest.next()?),
            _ if argument.starts_with("--") || !given.file.is_empty() => return None,
            _ => given.file = argument,
        }
    }
    (!given.file.is_empty()).then_some(given)
}

fn row(place: usize, scored: &ScoredClip) -> String {
    let title: String = scored.clip.title.chars().take(38).collect();
    let views = scored.clip.counts.views.map_or("?".to_owned(), |views| views.to_string());
    let age = scored.clip.age_hours.map_or("?".to_owned(), |hours| format!("{hours:.0}"));
    format!(
        "{place:>4} {:>6.1} {:<9} {views:>10} {age:>5}  {title:<38}  {}",
        scored.final_score(),
        scored.clip.platform,
        scored.explanation()
    )
}

/// How far it is, on a terminal; nothing elsewhere.
struct Bar(indicatif::ProgressBar);

impl Bar {
    fn new() -> Self {
        let shown = std::io::stderr().is_terminal();
        let bar =
            if shown { indicatif::ProgressBar::new_spinner() } else { indicatif::ProgressBar::hidden() };
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    fn count(&self, done: usize, what: &str) {
        if done.is_multiple_of(1000) {
            self.say(&format!("{done} clips {what}"));
        }
    }

    fn read(&self, file: &str) -> Result<ClipsRead> {
        let mut clips = Vec::new();
        let LeftOut { count, reasons } = each_clip(file, |clip| {
            clips.push(clip);
            self.count(clips.len(), "read");
            Ok(())
        })?;
        Ok(ClipsRead { clips, left_out: count, reasons })
    }
}

/// What the store has seen of these clips, with this look at them.
#[cfg(feature = "sqlite")]
fn seen_before(given: &Arguments, clips: &[Clip], now: jiff::Timestamp) -> Result<Histories> {
    let Some(path) = &given.store else { return Ok(Histories::new()) };
    let store = viralnow_core::clips::ClipStore::open(path)?;
    let looked: Vec<ScoredClip> = clips.iter().cloned().map(ScoredClip::from).collect();
    store.put(&looked, Some(now))?;
    store.histories(clips)
}

#[cfg(feature = "sqlite")]
fn keep(given: &Arguments, scored: &[ScoredClip], now: jiff::Timestamp) -> Result<()> {
    let Some(path) = &given.store else { return Ok(()) };
    viralnow_core::clips::ClipStore::open(path)?.put(scored, Some(now)).map(drop)
}

#[cfg(not(feature = "sqlite"))]
fn seen_before(given: &Arguments, _: &[Clip], _: jiff::Timestamp) -> Result<Histories> {
    if given.store.is_some() {
        let message = "this build has no store; build it with --features sqlite";
        return Err(Error::new(viralnow_core::ErrorKind::Unavailable, message));
    }
    Ok(Histories::new())
}

#[cfg(not(feature = "sqlite"))]
fn keep(_: &Arguments, _: &[ScoredClip], _: jiff::Timestamp) -> Result<()> {
    Ok(())
}

fn run(given: &Arguments) -> Result<()> {
    let config = match &given.config {
        Some(path) => {
            let text =
                std::fs::read_to_string(path).map_err(|error| Error::from(error).with("path", path))?;
            ClipsConfig::from_json(&text)?
        }
        None => ClipsConfig::default(),
    };
    let bar = Bar::new();
    let read = bar.read(&given.file)?;
    for reason in &read.reasons {
        eprintln!("clips: left out: {reason}");
    }
    let now = jiff::Timestamp::now();
    bar.say("looking up what was seen before");
    let histories = seen_before(given, &read.clips, now)?;
    bar.say(&format!("scoring {} clips, taking copies out, ranking", read.clips.len()));
    let found =
        find_clips(read.clips, &histories, &Prints::default(), &config, &DuplicateParams::default(), now)?;
    keep(given, &found.clips, now)?;
    bar.0.finish_and_clear();
    println!(
        "{:>4} {:>6} {:<9} {:>10} {:>5}  {:<38}  why",
        "", "score", "platform", "views", "age h", "title"
    );
    found
        .clips
        .iter()
        .take(given.top)
        .enumerate()
        .for_each(|(place, scored)| println!("{}", row(place + 1, scored)));
    let taken: Vec<String> = found.filtered.iter().map(|(name, count)| format!("{name} {count}")).collect();
    println!(
        "\n{} of {} clips; taken by filters: {}; copies: {}; {:.3} s",
        found.clips.len(),
        found.total,
        if taken.is_empty() { "none".to_owned() } else { taken.join(", ") },
        found.copies.iter().map(|(_, others)| others.len()).sum::<usize>(),
        found.processing_s
    );
    if let Some(base) = &given.out {
        let formats = [("json", ClipFormat::Json), ("csv", ClipFormat::Csv), ("xlsx", ClipFormat::Xlsx)];
        for (extension, format) in formats.into_iter().filter(|(_, format)| format.check().is_ok()) {
            let bar = Bar::new();
            let file = File::create(format!("{base}.{extension}"))?;
            let mut writer = ClipWriter::new(format, BufWriter::new(file))?;
            for (place, scored) in found.clips.iter().enumerate() {
                writer.write(scored)?;
                bar.count(place + 1, &format!("written to {base}.{extension}"));
            }
            writer.finish(&found.summary())?;
            bar.0.finish_and_clear();
            println!("written: {base}.{extension}");
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(given) = arguments() else {
        eprintln!("usage: clips FILE [--config CONFIG.json] [--top N] [--out BASE] [--store FILE.db]");
        return ExitCode::from(2);
    };
    match run(&given) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("clips: {}: {error}", error.kind());
            ExitCode::FAILURE
        }
    }
}

//! The ranked list of clips from a file, no keys needed.
//!
//! ```text
//! cargo run --release -p viralnow-core --example clips -- FILE [--config CONFIG.json] [--top N] [--out BASE]
//! ```
//! FILE is the specification's JSON, JSON Lines or CSV. `--out BASE` writes BASE.json and BASE.csv.

use std::fs::File;
use std::io::BufWriter;
use std::process::ExitCode;
use viralnow_core::clips::{
    ClipsConfig, DuplicateParams, Histories, ScoredClip, find_clips, read_clips, write_csv, write_json,
};
use viralnow_core::{Error, Result};

struct Arguments {
    file: String,
    config: Option<String>,
    top: usize,
    out: Option<String>,
}

fn arguments() -> Option<Arguments> {
    let mut given = Arguments { file: String::new(), config: None, top: 20, out: None };
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--config" => given.config = Some(rest.next()?),
            "--top" => given.top = rest.next()?.parse().ok()?,
            "--out" => given.out = Some(rest.next()?),
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

fn run(given: &Arguments) -> Result<()> {
    let config = match &given.config {
        Some(path) => {
            let text =
                std::fs::read_to_string(path).map_err(|error| Error::from(error).with("path", path))?;
            ClipsConfig::from_json(&text)?
        }
        None => ClipsConfig::default(),
    };
    let read = read_clips(&given.file)?;
    for reason in &read.reasons {
        eprintln!("clips: left out: {reason}");
    }
    let (histories, duplicates) = (Histories::new(), DuplicateParams::default());
    let found = find_clips(read.clips, &histories, &[], &config, &duplicates, jiff::Timestamp::now())?;
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
        write_json(&found.clips, found.summary(), BufWriter::new(File::create(format!("{base}.json"))?))?;
        write_csv(&found.clips, BufWriter::new(File::create(format!("{base}.csv"))?))?;
        println!("written: {base}.json and {base}.csv");
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(given) = arguments() else {
        eprintln!("usage: clips FILE [--config CONFIG.json] [--top N] [--out BASE]");
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

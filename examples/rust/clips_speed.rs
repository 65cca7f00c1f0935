//! What the list of clips costs: seconds of one processor and megabytes, step by step. Clips are invented.
//!
//! ```text
//! cargo run --release -p viralnow-core --features sqlite,xlsx --example clips_speed -- [STEP ...]
//! ```
//! Steps: `list` (score, filter and rank 1M clips), `small` (100 clips end to end), `hashes` (1M hashes, writes them for a
//! comparison to `hashes.bin` and `queries.bin` with `--keep`), `store` (1M clips), `xlsx` (100k clips from JSON). Each runs in a
//! process of its own for its memory; all where none is named.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;
use viralnow_core::Result;
use viralnow_core::clips::{
    Clip, ClipOrder, ClipQuery, ClipStore, ClipsConfig, Counts, DuplicateParams, HammingIndex, Histories,
    Prints, ScoredClip, convert_clips, find_clips, score_clips, select_clips,
};

const STEPS: [&str; 5] = ["list", "small", "hashes", "store", "xlsx"];

fn random(mut state: u64) -> impl FnMut() -> u64 {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

fn clips(n: usize) -> Vec<Clip> {
    let mut random = random(7);
    let names = ["youtube", "tiktok", "instagram"];
    let words = [
        "gaming",
        "funny",
        "cooking",
        "dance",
        "speed run",
        "reaction",
        "how to",
        "the best",
        "unboxing",
        "goal",
    ];
    (0..n)
        .map(|i| {
            let views = 1000 + random() % 1_000_000;
            let word = |r: u64| words[(r % 10) as usize];
            Clip {
                id: format!("clip{i}"),
                platform: names[i % 3].to_owned(),
                title: format!("{} {} {} number {i}", word(random()), word(random()), word(random())),
                counts: Counts {
                    views: Some(views),
                    likes: Some(views / 20),
                    comments: Some(views / 200),
                    shares: Some(views / 300),
                    saves: None,
                },
                views_last_24h: Some(views / (2 + random() % 50)),
                growth_6h: Some(1.0 + (random() % 400) as f64 / 100.0),
                age_hours: Some(25.0 + (random() % 100) as f64),
                ..Clip::default()
            }
        })
        .collect()
}

/// User and system seconds of this process, and the most memory it has had in megabytes.
fn used() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(") ").next().unwrap_or_default().split(' ').map(|f| f.parse().unwrap_or(0.0)).collect();
    let ticks = fields.get(11).unwrap_or(&0.0) + fields.get(12).unwrap_or(&0.0);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    (ticks / 100.0, peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0)
}

fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let ((before, _), start) = (used(), Instant::now());
    let done = work()?;
    let (after, peak) = used();
    println!(
        "{what:<58} {:>8.3} CPU-s {:>8.3} s {peak:>7.0} MB",
        after - before,
        start.elapsed().as_secs_f64()
    );
    Ok(done)
}

fn list() -> Result<()> {
    let config = ClipsConfig::from_json(
        r#"{"niche_keywords": ["gaming", "memes", "funny"], "filters": {"min_growth_rate": 3.0, "min_final_score": 15.0, "max_age_hours": 48}}"#,
    )?;
    let plain =
        ClipsConfig { niche_keywords: Vec::new(), filters: config.filters.clone(), ..ClipsConfig::default() };
    for (name, config) in [
        ("score, filter, rank 1M clips, no niche", plain),
        ("score, filter, rank 1M clips, with a niche", config),
    ] {
        // Made anew: what a copy takes is not the list's.
        let clips = timed("make 1M clips", || Ok(clips(1_000_000)))?;
        let now = jiff::Timestamp::now();
        let (kept, _) = timed(name, || select_clips(clips, &Histories::new(), &config, now))?;
        println!("  {} clips are left", kept.len());
    }
    Ok(())
}

fn small() -> Result<()> {
    let folder = std::env::temp_dir();
    let (from, to) = (folder.join("viralnow_small.json"), folder.join("viralnow_small.xlsx"));
    std::fs::write(&from, serde_json::json!({ "clips": clips(100) }).to_string())?;
    timed("100 clips: read, score, copies, filter, rank, write XLSX", || {
        let read = viralnow_core::clips::read_clips(&from)?;
        let (config, duplicates) = (ClipsConfig::default(), DuplicateParams::default());
        let found = find_clips(
            read.clips,
            &Histories::new(),
            &Prints::default(),
            &config,
            &duplicates,
            jiff::Timestamp::now(),
        )?;
        let mut writer = viralnow_core::clips::ClipWriter::new(
            viralnow_core::clips::ClipFormat::Xlsx,
            std::fs::File::create(&to)?,
        )?;
        found.clips.iter().try_for_each(|scored| writer.write(scored))?;
        writer.finish(&found.summary()).map(drop)
    })
}

fn hashes(keep: bool) -> Result<()> {
    let mut random = random(11);
    let mut hashes: Vec<u64> = (0..1_000_000).map(|_| random()).collect();
    // A tenth lie near others, as copies do.
    for i in 0..100_000 {
        hashes[900_000 + i] = (0..random() % 14).fold(hashes[i], |hash, _| hash ^ (1 << (random() % 64)));
    }
    let queries: Vec<u64> = (0..1000).map(|i| hashes[i * 997] ^ (1 << (random() % 64))).collect();
    if keep {
        for (name, values) in [("hashes.bin", &hashes), ("queries.bin", &queries)] {
            let mut out = BufWriter::new(std::fs::File::create(name)?);
            values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
        }
    }
    let mut index = HammingIndex::default();
    timed("put 1M hashes into the index", || {
        index.add(&hashes);
        let _ = index.query(0, 0);
        Ok(())
    })?;
    for radius in [8, 10] {
        let found = timed(&format!("1000 queries among 1M hashes, radius {radius}"), || {
            Ok(index.query_many(&queries, radius))
        })?;
        let count: usize = found.iter().map(Vec::len).sum();
        let expected: usize = queries
            .iter()
            .map(|query| hashes.iter().filter(|hash| (*hash ^ query).count_ones() <= radius).count())
            .sum();
        println!("  found {count} of {expected}");
    }
    Ok(())
}

fn store() -> Result<()> {
    let path = std::env::temp_dir().join(format!("viralnow_speed_{}.db", std::process::id()));
    let store = ClipStore::open(&path)?;
    let clips: Vec<ScoredClip> =
        score_clips(clips(1_000_000), &Histories::new(), &ClipsConfig::default(), jiff::Timestamp::now())?;
    timed("put 1M clips into the store", || store.put(&clips, Some(jiff::Timestamp::now())))?;
    drop(clips);
    let q = ClipQuery::default;
    for (name, query) in [
        ("top 10", ClipQuery { limit: Some(10), ..q() }),
        (
            "score 15 to 25, best 10",
            ClipQuery { min_score: Some(15.0), max_score: Some(25.0), strict: true, limit: Some(10), ..q() },
        ),
        ("of a platform, best 10", ClipQuery { platforms: vec!["tiktok".into()], limit: Some(10), ..q() }),
        (
            "trending, best 10",
            ClipQuery {
                min_growth: Some(3.0),
                strict: true,
                order: ClipOrder::Growth,
                limit: Some(10),
                ..q()
            },
        ),
        (
            "of the last 48 hours, newest 10",
            ClipQuery { hours: Some(48.0), strict: true, order: ClipOrder::Newest, limit: Some(10), ..q() },
        ),
        (
            "search for two words, best 10",
            ClipQuery { search: Some("gaming 777777".into()), limit: Some(10), ..q() },
        ),
        (
            "search for a frequent word, best 10",
            ClipQuery { search: Some("gaming".into()), limit: Some(10), ..q() },
        ),
    ] {
        timed(&format!("query 1M: {name} and the total"), || store.query(&query))?;
    }
    timed("summary of 1M", || store.summary(&q()))?;
    let out = path.with_extension("jsonl");
    timed("export 1M as JSON Lines", || store.export(&q(), &out, None))?;
    println!("  store {} MB", std::fs::metadata(&path)?.len() >> 20);
    for file in [path.clone(), out, path.with_extension("db-wal"), path.with_extension("db-shm")] {
        let _ = std::fs::remove_file(file);
    }
    Ok(())
}

fn xlsx() -> Result<()> {
    let folder = std::env::temp_dir();
    let (from, to) = (folder.join("viralnow_100k.json"), folder.join("viralnow_100k.xlsx"));
    if !Path::new(&from).exists() {
        let mut out = BufWriter::new(std::fs::File::create(&from)?);
        serde_json::to_writer(&mut out, &serde_json::json!({ "clips": clips(100_000) }))
            .map_err(std::io::Error::from)?;
        out.flush()?;
        // Its own memory is not the conversion's.
        return run("xlsx");
    }
    timed("100k clips from JSON to XLSX", || convert_clips(&from, &to))?;
    for file in [from, to] {
        let _ = std::fs::remove_file(file);
    }
    Ok(())
}

/// A step in a process of its own.
fn run(step: &str) -> Result<()> {
    let status = std::process::Command::new(std::env::current_exe()?).arg("--only").arg(step).status()?;
    if status.success() { Ok(()) } else { Err(std::io::Error::other(format!("{step} failed")).into()) }
}

fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let keep = given.iter().any(|argument| argument == "--keep");
    let steps: Vec<&str> =
        given.iter().map(String::as_str).filter(|argument| !argument.starts_with("--")).collect();
    if given.iter().any(|argument| argument == "--only") || keep {
        return match steps.first() {
            Some(&"list") => list(),
            Some(&"small") => small(),
            Some(&"hashes") => hashes(keep),
            Some(&"store") => store(),
            _ => xlsx(),
        };
    }
    let steps = if steps.is_empty() { STEPS.to_vec() } else { steps };
    steps.into_iter().try_for_each(run)
}

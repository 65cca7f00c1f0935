//! One function of `text` on every line of a file, so many times: what `benches/peers/text.sh` times.
//!
//! cargo run --release -p viralnow-core --example `text_speed` FUNCTION FILE TIMES

use std::error::Error;
use std::hint::black_box;
use viralnow_core::Preset;
use viralnow_core::text::{emotions, keywords, language, normalise, readability, sentences, sentiment};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, path, times] = &arguments[..] else { return Err("usage: FUNCTION FILE TIMES".into()) };
    let content = std::fs::read_to_string(path)?;
    let texts: Vec<&str> = content.lines().collect();
    let work: fn(&str) = match name.as_str() {
        "sentiment" => |text| _ = black_box(sentiment(text)),
        // In the form that counts as textstat does.
        "readability" => |text| _ = black_box(readability(text, Preset::Reference)),
        "sentences" => |text| drop(black_box(sentences(text, Some("en")))),
        "keywords" => |text| drop(black_box(keywords(text, Some("en"), 10))),
        "emotions" => |text| drop(black_box(emotions(text))),
        "language" => |text| drop(black_box(language(text))),
        "normalise" => |text| drop(black_box(normalise(text))),
        other => return Err(format!("no such function: {other}").into()),
    };
    // The word lists are read when they are first asked for.
    work("I never loved this place, but Dr. Smith said it was great!");
    for _ in 0..times.parse::<usize>()? {
        texts.iter().for_each(|text| work(black_box(text)));
    }
    Ok(())
}

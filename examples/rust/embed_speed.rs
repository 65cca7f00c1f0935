//! Sentence embeddings of every line of a file, so many lines at a time and so many times, on one thread: what
//! `benches/peers/embed.sh` times. Prints the first line's vector.
//!
//! cargo run --release -p viralnow-core --features transformers --example `embed_speed` MODEL FILE BATCH TIMES

use std::error::Error;
use viralnow_core::model::Embedder;
use viralnow_core::monitor::Run;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, path, batch, times] = &arguments[..] else {
        return Err("usage: MODEL FILE BATCH TIMES".into());
    };
    let content = std::fs::read_to_string(path)?;
    let texts: Vec<&str> = content.lines().collect();
    let embedder = Embedder::open(model, 1)?;
    let mut run = Run::unwatched();
    println!("{:?}", embedder.embed(&texts[..1], &mut run)?.data);
    for _ in 0..times.parse::<usize>()? {
        for texts in texts.chunks(batch.parse()?) {
            embedder.embed(texts, &mut run)?;
        }
    }
    Ok(())
}

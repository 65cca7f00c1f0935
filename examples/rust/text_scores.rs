//! How well emotions and hook style do, on texts that took no part in their making: the figures that the docs quote.
//!
//! cargo run --release -p viralnow-core --example text_scores [FOLDER]
//!
//! FOLDER holds `goemotions_dev.tsv` (GoEmotions, CC BY 4.0), `clickbait_data.gz` and `non_clickbait_data.gz` (Chakraborty et
//! al. 2016, MIT); without it, `data/text` of what the environment variable `VIRALNOW_TEST_DATA` names. What `hook_ab` is
//! worth, `training/hook_ab/train.py` prints: that is cross-validated, and so needs the training.

use std::error::Error;
use std::path::{Path, PathBuf};
use viralnow_core::text::{EMOTIONS, emotions, hook};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("VIRALNOW_TEST_DATA").map(|root| PathBuf::from(root).join("data/text")));
    let folder = folder.ok_or("name the folder of the texts, or set VIRALNOW_TEST_DATA")?;
    emotion_scores(&folder.join("goemotions_dev.tsv"))?;
    hook_style(&folder)
}

/// F1 per label, their mean, and over all decisions.
fn emotion_scores(path: &Path) -> Result<(), Box<dyn Error>> {
    let [mut hits, mut found, mut there] = [[0_u32; EMOTIONS.len()]; 3];
    let content = std::fs::read_to_string(path)?;
    for line in content.lines() {
        let mut fields = line.split('\t');
        // The masks of names, which no other text has.
        let comment = fields.next().unwrap_or_default().replace("[NAME]", " ").replace("[RELIGION]", " ");
        let wanted: Vec<usize> = fields
            .next()
            .ok_or("a line without labels")?
            .split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let labels = emotions(&comment).unwrap_or_default().labels;
        for (i, name) in EMOTIONS.iter().enumerate() {
            let (is, was) = (labels.iter().any(|label| label == name), wanted.contains(&i));
            hits[i] += u32::from(is && was);
            found[i] += u32::from(is);
            there[i] += u32::from(was);
        }
    }
    let f1 = |hits: u32, found: u32, there: u32| 2.0 * f64::from(hits) / f64::from((found + there).max(1));
    println!("{} comments\n{:16} {:>6} {:>6}", content.lines().count(), "label", "texts", "F1");
    let each: Vec<f64> = (0..EMOTIONS.len()).map(|i| f1(hits[i], found[i], there[i])).collect();
    for (i, name) in EMOTIONS.iter().enumerate() {
        println!("{name:16} {:6} {:6.3}", there[i], each[i]);
    }
    let sum = |counts: [u32; EMOTIONS.len()]| counts.iter().sum();
    println!("macro-F1 {:.4}", each.iter().sum::<f64>() / each.len() as f64);
    println!("micro-F1 {:.4}\n", f1(sum(hits), sum(found), sum(there)));
    Ok(())
}

/// The area under the curve of clickbait against news, of every other headline: the weights were fitted on the rest.
fn hook_style(folder: &Path) -> Result<(), Box<dyn Error>> {
    let styles = |name: &str, first: usize| -> Result<Vec<f64>, Box<dyn Error>> {
        let output = std::process::Command::new("gzip").arg("-dc").arg(folder.join(name)).output()?;
        let text = String::from_utf8(output.stdout)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.skip(first).step_by(2).map(|line| hook(line).style).collect())
    };
    // The second file follows the first, which has an odd number of lines.
    let (mut clickbait, mut news) = (styles("clickbait_data.gz", 1)?, styles("non_clickbait_data.gz", 0)?);
    clickbait.sort_by(f64::total_cmp);
    news.sort_by(f64::total_cmp);
    let below =
        |value: f64, equal: bool| news.partition_point(|n| if equal { *n <= value } else { *n < value });
    let wins: f64 = clickbait.iter().map(|c| (below(*c, false) + below(*c, true)) as f64 / 2.0).sum();
    let area = wins / (clickbait.len() as f64 * news.len() as f64);
    println!("hook style, {} clickbait and {} news headlines: AUC {area:.4}", clickbait.len(), news.len());
    Ok(())
}

//! What the tests of text on screen share: pictures and truth in, how much of it was read.

use serde_json::Value;
use std::path::Path;
use viralnow_core::imaging::RgbImage;
use viralnow_core::vision::{OverlayText, TextBox, VisionSummary};
use viralnow_core::{AnalyzeOptions, Analyzer, Input, Modality};

pub(crate) fn open(path: &Path) -> RgbImage {
    let picture = image::open(path).expect("a picture").to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    RgbImage { width, height, data: picture.into_raw() }
}

/// Words, one space apart.
pub(crate) fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn said(lines: &[TextBox]) -> String {
    spaced(&lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" "))
}

/// Signs to insert, drop or change, over the signs that there are (Levenshtein).
pub(crate) fn error_rate(read: &str, truth: &str) -> f64 {
    let (read, truth): (Vec<char>, Vec<char>) = (read.chars().collect(), truth.chars().collect());
    let mut row: Vec<usize> = (0..=truth.len()).collect();
    for (i, x) in read.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in truth.iter().enumerate() {
            let changed = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[truth.len()] as f64 / truth.len().max(1) as f64
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
}

/// The vision of a file.
pub(crate) fn vision_of(path: &Path) -> VisionSummary {
    let options = AnalyzeOptions { modalities: Some(vec![Modality::Vision]), ..AnalyzeOptions::default() };
    let analyzer = Analyzer::new(options).expect("options");
    let payload = analyzer.analyze(Input::path(path)).expect("analysed").payload;
    payload.modalities.vision.summary.expect("pictures")
}

/// Nine of ten captions are found, and none twice. One is found when a text that says it (character error rate at most 0.2, letters of either case) stands at least half of its time.
pub(crate) fn assert_captions(name: &str, texts: &[OverlayText], truth: &Value, length_s: f64) {
    let truth = truth["text_overlay"].as_array().expect("captions");
    let mut found = 0;
    for caption in truth {
        let wanted = spaced(caption["text"].as_str().expect("a text")).to_lowercase();
        let start_s = caption["start"].as_f64().expect("a time");
        let end_s = caption["end"].as_f64().expect("a time").min(length_s);
        let says = |text: &&OverlayText| {
            let both_s = text.end_s.min(end_s) - text.start_s.max(start_s);
            both_s >= 0.5 * (end_s - start_s)
                && error_rate(&spaced(&text.text).to_lowercase(), &wanted) <= 0.2
        };
        let of_it: Vec<_> = texts.iter().filter(says).collect();
        assert!(of_it.len() <= 1, "{name}: {wanted:?} more than once: {of_it:?}");
        match of_it.first() {
            Some(text) => {
                found += 1;
                let off_s = (text.start_s - start_s).abs().max((text.end_s - end_s).abs());
                println!("{name}: {wanted:?} {off_s:.2} s off, confidence {:.2}", text.confidence);
            }
            None => println!("{name}: {wanted:?} was not found"),
        }
    }
    let recall = f64::from(found) / truth.len() as f64;
    println!("{name}: recall {recall:.3} of {} captions, {} texts", truth.len(), texts.len());
    for text in texts {
        println!("    {:6.2} {:6.2} {:?}", text.start_s, text.end_s, text.text);
        assert!(text.start_s < text.end_s && text.end_s <= length_s + 0.1, "{name}: {text:?}");
        assert!(text.bounds.iter().all(|share| (0.0..=1.0).contains(share)), "{name}: {text:?}");
    }
    assert!(recall >= 0.9, "{name}");
    // The same words are not there twice at one time, nor one caption in two pieces.
    for (k, text) in texts.iter().enumerate() {
        for other in &texts[..k] {
            let both_s = text.end_s.min(other.end_s) - text.start_s.max(other.start_s);
            let (one, two) = (text.text.to_lowercase(), other.text.to_lowercase());
            let twice = (both_s > 0.0 && error_rate(&one, &two) < 0.2) || (both_s > -0.6 && one == two);
            assert!(!twice, "{name}: {other:?} {text:?}");
        }
    }
}

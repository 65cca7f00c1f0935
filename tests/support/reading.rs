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

/// A text and a caption, or two texts, are of one time when no more lies between them, in seconds.
const APART_S: f64 = 0.6;
/// Of two readings of one thing no more of the signs differ than this.
const ALIKE: f64 = 0.2;
/// Of a text that has to do with a caption, be it a part of it or misread, no more of the signs differ; texture read as letters has
/// hardly one in common with it.
const RELATED: f64 = 0.5;

/// A caption of `truth.json`.
struct Truth {
    text: String,
    start_s: f64,
    end_s: f64,
}

/// The captions that a file is known to have, as `truth.json` tells them.
fn captions(truth: &Value, length_s: f64) -> Vec<Truth> {
    let one = |caption: &Value| Truth {
        text: plain(caption["text"].as_str().expect("a text")),
        start_s: caption["start"].as_f64().expect("a time"),
        end_s: caption["end"].as_f64().expect("a time").min(length_s),
    };
    truth["text_overlay"].as_array().expect("captions").iter().map(one).collect()
}

/// Without what a reading may well differ in: breaks of lines, letters of either case.
fn plain(text: &str) -> String {
    spaced(text).to_lowercase()
}

/// Nine of ten captions are found, and none twice. One is found when a text that says it (character error rate at most 0.2, letters of either
/// case) stands at least half of its time. No more than `others` texts have nothing to do with any caption that stands while they do.
pub(crate) fn assert_captions(
    name: &str,
    texts: &[OverlayText],
    truth: &Value,
    length_s: f64,
    others: usize,
) {
    let truth = captions(truth, length_s);
    let mut failed = Vec::new();
    let mut found = 0;
    for caption in &truth {
        let says = |text: &&OverlayText| {
            let both_s = text.end_s.min(caption.end_s) - text.start_s.max(caption.start_s);
            both_s >= 0.5 * (caption.end_s - caption.start_s)
                && error_rate(&plain(&text.text), &caption.text) <= ALIKE
        };
        let of_it: Vec<_> = texts.iter().filter(says).collect();
        if of_it.len() > 1 {
            failed.push(format!("{:?} more than once: {of_it:?}", caption.text));
        }
        match of_it.first() {
            Some(text) => {
                found += 1;
                let off_s = (text.start_s - caption.start_s).abs().max((text.end_s - caption.end_s).abs());
                println!("{name}: {:?} {off_s:.2} s off, confidence {:.2}", caption.text, text.confidence);
            }
            None => println!("{name}: {:?} was not found", caption.text),
        }
    }
    let recall = f64::from(found) / truth.len() as f64;
    println!("{name}: recall {recall:.3} of {} captions, {} texts", truth.len(), texts.len());
    if recall < 0.9 {
        failed.push(format!("recall {recall:.3}"));
    }
    // The caption that a text is nearest to, of those that stand meanwhile, and how far it is from it.
    let nearest = |text: &OverlayText| {
        let said = plain(&text.text);
        let stands =
            |caption: &&Truth| text.end_s.min(caption.end_s) - text.start_s.max(caption.start_s) > -APART_S;
        let far = |caption: &Truth| error_rate(&said, &caption.text);
        let all = truth.iter().enumerate().filter(|(_, caption)| stands(caption));
        all.map(|(k, caption)| (far(caption), k)).min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let nearest: Vec<Option<(f64, usize)>> = texts.iter().map(nearest).collect();
    let mut strange = 0;
    for (text, nearest) in texts.iter().zip(&nearest) {
        let is_strange = nearest.is_none_or(|(far, _)| far > RELATED);
        strange += usize::from(is_strange);
        let far = nearest.map_or(f64::NAN, |(far, _)| far);
        let note = if is_strange { " is no caption" } else { "" };
        println!("    {:6.2} {:6.2} {far:5.2} {:?}{note}", text.start_s, text.end_s, text.text);
        if !(text.start_s < text.end_s && text.end_s <= length_s + 0.1) {
            failed.push(format!("when? {text:?}"));
        }
        if !text.bounds.iter().all(|share| (0.0..=1.0).contains(share)) {
            failed.push(format!("where? {text:?}"));
        }
    }
    println!("{name}: {strange} texts are no captions; {others} may be");
    if strange > others {
        failed.push(format!("{strange} texts are no captions; {others} may be"));
    }
    // The same words are not there twice at one time, nor one caption in two pieces. Captions that are much alike ("FACT 1", "FACT 2") are
    // two where each is nearest to its own.
    for (k, text) in texts.iter().enumerate() {
        for (j, other) in texts[..k].iter().enumerate() {
            let both_s = text.end_s.min(other.end_s) - text.start_s.max(other.start_s);
            let (one, two) = (plain(&text.text), plain(&other.text));
            let alike = error_rate(&one, &two).min(error_rate(&two, &one)) < ALIKE;
            let of = |nearest: Option<(f64, usize)>| {
                nearest.filter(|(far, _)| *far <= ALIKE).map(|(_, caption)| caption)
            };
            let are_two = matches!((of(nearest[k]), of(nearest[j])), (Some(a), Some(b)) if a != b);
            if both_s > -APART_S && alike && !are_two {
                failed.push(format!("twice: {other:?} {text:?}"));
            }
        }
    }
    assert!(failed.is_empty(), "{name}: {failed:#?}");
}

/// How many of the peer's surest words (the golden `ocr` lists: pytesseract, every second, `--psm 11`) our captions have, of how many. Those
/// are sure by 90 of 100 and are letters, four and more, which a caption of `truth.json` has that stands then. The rest of the lists is
/// not compared, for it is mostly noise: below that the peer reads texture as `4`, `=`, `ay` or `Wig` in every clip, also in those where
/// nothing is written, with confidences up to 96, and captions in shreds (`lea rnito`, `iy`, `POW,`).
pub(crate) fn words_of_the_peer(
    name: &str,
    texts: &[OverlayText],
    truth: &Value,
    golden: &Value,
) -> [usize; 2] {
    let truth = captions(truth, f64::MAX);
    let (mut ours, mut theirs) = (0, 0);
    for look in golden["ocr"].as_array().expect("looks") {
        let t_s = look["t"].as_f64().expect("a time");
        for word in look["words"].as_array().expect("words") {
            let said = word["text"].as_str().expect("a text").to_lowercase();
            let sure = word["conf"].as_f64().expect("a confidence") >= 90.0;
            let is_word = said.chars().count() >= 4 && said.chars().all(char::is_alphabetic);
            let of_caption = |caption: &Truth| {
                (caption.start_s..caption.end_s).contains(&t_s)
                    && caption.text.split(' ').any(|word| word == said)
            };
            if !sure || !is_word || !truth.iter().any(of_caption) {
                continue;
            }
            theirs += 1;
            // A caption that has just come may begin a moment later with us.
            let then: Vec<&str> = texts
                .iter()
                .filter(|text| (text.start_s - APART_S..text.end_s + APART_S).contains(&t_s))
                .map(|text| text.text.as_str())
                .collect();
            if then.iter().any(|text| plain(text).contains(&said)) {
                ours += 1;
            } else {
                println!("{name}: {said:?} at {t_s} s is not in {then:?}");
            }
        }
    }
    println!("{name}: {ours} of the peer's {theirs} surest words are in our captions");
    [ours, theirs]
}

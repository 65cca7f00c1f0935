//! The 28 emotions of `GoEmotions`, by a small linear model that is part of the library.

use super::Emotions;
use super::ngrams::{Ngrams, logistic};
use std::sync::LazyLock;

/// The labels of `GoEmotions` in the order of the data set: 27 emotions and `neutral`.
pub const EMOTIONS: [&str; 28] = [
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
];

static MODEL: LazyLock<Ngrams> =
    LazyLock::new(|| Ngrams::new(include_bytes!("../../data/text/emotions.bin")));

/// The emotions of an English sentence or comment: a probability in [0, 1], to four digits, for each of the 28 labels of
/// `GoEmotions` (Demszky et al., ACL 2020), and those that hold. Several may hold, or none.
///
/// The model is logistic regression on words and pairs of words, 298 kB, fitted to 43,410 comments that people labelled. On
/// 5,426 others its labels have a macro-F1 of 0.482 and a micro-F1 of 0.562 (`cargo run --example text_scores`;
/// `training/emotion` has it label by label): on a par with much larger ones, and wrong about as often as right. It counts
/// words and does not follow a thought: irony escapes it, and so does what is said between the lines.
///
/// `None` for a text of which it knows no word. Time is proportional to the text; of a long one the first 20,000 words
/// are looked at.
///
/// ```
/// let found = viralnow_core::text::emotions("Thank you so much, this made my day!").unwrap();
/// assert_eq!(found.labels[0], "gratitude");
/// assert!(found.scores["gratitude"] > 0.9 && found.scores.len() == 28);
/// assert!(viralnow_core::text::emotions("今日は").is_none());
/// ```
#[must_use]
pub fn emotions(text: &str) -> Option<Emotions> {
    let (sums, known) = MODEL.sums(text);
    if !known {
        return None;
    }
    let scores: Vec<f64> = sums.into_iter().map(logistic).collect();
    let rounded = |score: f64| (score * 1e4).round() / 1e4;
    let mut held: Vec<usize> = (0..EMOTIONS.len()).filter(|&i| scores[i] >= MODEL.threshold(i)).collect();
    held.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    Some(Emotions {
        labels: held.into_iter().map(|i| EMOTIONS[i].to_owned()).collect(),
        scores: EMOTIONS.iter().map(|name| (*name).to_owned()).zip(scores.into_iter().map(rounded)).collect(),
    })
}

//! Key phrases: YAKE (Campos et al., "YAKE! Keyword extraction from single documents using multiple local features",
//! Information Sciences 509, 2020), through the crate yake-rust.

use super::Keyword;
use super::language::stop_words;
use super::sentiment::is_space;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use yake_rust::{Config, StopWords, get_n_best};

/// Characters that are looked at: the start of a text holds its key phrases, and the crate's time and memory grow faster
/// than the text.
const ENOUGH: usize = 100_000;
/// Longer words are no words; the comparison of two phrases takes time in proportion to the square of their length.
const LONGEST_WORD: usize = 40;
/// Phrases more alike than this (1 less the edit distance over the longer one's length) count as one.
const ALIKE: f64 = 0.9;

static LISTS: LazyLock<Mutex<HashMap<String, Arc<StopWords>>>> = LazyLock::new(Mutex::default);

/// The key phrases of a text, best first, at most `top`: one to three words, lower case, none of them like another.
/// The lower the score, the more relevant.
///
/// `language` is an ISO 639-1 code and chooses the function words; `None` is English. The result is empty for a language
/// without a list, or one that is written without spaces (see [`has_keywords`]). Only the first 100,000 characters are
/// looked at, and internet addresses and words of more than 40 are skipped, so that the time is bounded.
///
/// ```
/// let found = viralnow_core::text::keywords("Compound interest is the quiet engine of wealth.", Some("en"), 3);
/// assert_eq!(found[0].phrase, "compound interest");
/// ```
#[must_use]
pub fn keywords(text: &str, language: Option<&str>, top: usize) -> Vec<Keyword> {
    let language = language.unwrap_or("en");
    if top == 0 || !has_keywords(language) {
        return Vec::new();
    }
    let list = {
        let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
        lists
            .entry(language.to_owned())
            .or_insert_with(|| Arc::new(stop_words(language).unwrap_or_default()))
            .clone()
    };
    let text = bounded(text);
    let config = Config { remove_duplicates: false, ..Config::default() };
    let candidates = get_n_best(usize::MAX, &text, &list, &config)
        .into_iter()
        .filter(|item| item.score.is_finite())
        .map(|item| Keyword { phrase: item.keyword, score: round(item.score) })
        .collect();
    distinct(in_order(candidates, &text), top)
}

/// Six significant digits. The crate adds up in an order that is different in every run, so that the last ones of the
/// sixteen are not the same twice.
fn round(score: f64) -> f64 {
    format!("{score:.5e}").parse().unwrap_or(score)
}

/// Best first; of equally good ones the one that comes first in the text, then the shorter one.
fn in_order(mut candidates: Vec<Keyword>, text: &str) -> Vec<Keyword> {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut words = 0;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        first.entry(word.to_lowercase()).or_insert(words);
        words += 1;
    }
    let place = |phrase: &str| {
        let word =
            phrase.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
        (first.get(word).copied().unwrap_or(words), phrase.split(' ').count())
    };
    candidates.sort_by_cached_key(|keyword| {
        // Scores are not negative, and so in the order of their bits.
        (keyword.score.to_bits(), place(&keyword.phrase), keyword.phrase.clone())
    });
    candidates
}

/// Whether key phrases can be found in this language: its function words are known, and spaces part its words.
#[must_use]
pub fn has_keywords(language: &str) -> bool {
    stop_words(language).is_some()
}

/// The start of the text, without control characters, overlong words and internet addresses: the crate's search for the
/// end of an address takes time in proportion to the square of the text.
fn bounded(text: &str) -> String {
    let end = text.char_indices().nth(ENOUGH).map_or(text.len(), |(end, _)| end);
    let mut bounded = String::with_capacity(end);
    for word in text[..end].split_inclusive(is_space) {
        let space = word.chars().next_back().filter(|c| is_space(*c));
        if word.chars().nth(LONGEST_WORD + 1).is_none() && !word.contains("://") {
            // The crate parts "'s" from its word only where the apostrophe is a straight one.
            let seen = word.chars().filter(|c| !c.is_control() && !is_space(*c));
            bounded.extend(seen.map(|c| if c == '’' { '\'' } else { c }));
        }
        bounded.extend(space.map(|c| if c == '\n' { c } else { ' ' }));
    }
    bounded
}

/// The best ones of which none is like a better one.
fn distinct(candidates: Vec<Keyword>, top: usize) -> Vec<Keyword> {
    let mut found: Vec<Keyword> = Vec::new();
    for candidate in candidates {
        if found.len() >= top {
            break;
        }
        if found.iter().all(|better| likeness(&better.phrase, &candidate.phrase) <= ALIKE) {
            found.push(candidate);
        }
    }
    found
}

/// 1 less the Levenshtein distance over the length of the longer phrase.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let longer = a.len().max(b.len());
    // The distance is at least the difference of the lengths.
    if longer == 0 || (a.len().abs_diff(b.len()) as f64) > (1.0 - ALIKE) * longer as f64 + 1.0 {
        return 0.0;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    1.0 - row[b.len()] as f64 / longer as f64
}

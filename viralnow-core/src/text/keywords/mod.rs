//! Key phrases: YAKE (Campos et al., "YAKE! Keyword extraction from single documents using multiple local features",
//! Information Sciences 509, 2020).

mod score;
mod sentences;
mod tokens;

use super::Keyword;
use super::language::function_words;
use super::sentiment::is_space;

/// Characters that are looked at: the start of a text holds its key phrases.
const ENOUGH: usize = 100_000;
/// Longer words are no words; the comparison of two phrases takes time in proportion to the square of their length.
const LONGEST_WORD: usize = 40;
/// Phrases more alike than this (1 less the edit distance over the longer one's length) count as one.
const ALIKE: f64 = 0.9;

/// Each phrase is compared with all that are better, so that more would take long.
const MOST: usize = 1000;

/// The key phrases of a text, best first, at most `top` and 1,000: one to three words, lower case, none of them like another.
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
    let Some(language) = function_words(language.unwrap_or("en")).filter(|_| top > 0) else {
        return Vec::new();
    };
    let mut candidates = score::phrases(&bounded(text), language);
    candidates.retain(|(_, score)| score.is_finite());
    // Of equally good ones the one that ends first in the text, then the shorter one.
    candidates.sort_by(|a, b| a.1.total_cmp(&b.1));
    distinct(candidates, top.min(MOST))
}

/// Whether key phrases can be found in this language: its function words are known, and spaces part its words.
#[must_use]
pub fn has_keywords(language: &str) -> bool {
    function_words(language).is_some()
}

/// The start of the text, without control characters, overlong words and internet addresses.
fn bounded(text: &str) -> String {
    let end = text.char_indices().nth(ENOUGH).map_or(text.len(), |(end, _)| end);
    let mut bounded = String::with_capacity(end);
    for word in text[..end].split_inclusive(is_space) {
        let space = word.chars().next_back().filter(|c| is_space(*c));
        if word.chars().nth(LONGEST_WORD + 1).is_none() && !word.contains("://") {
            // "'s" is parted from its word, and left out, only where the apostrophe is a straight one.
            let seen = word.chars().filter(|c| !c.is_control() && !is_space(*c));
            bounded.extend(seen.map(|c| if c == '’' { '\'' } else { c }));
        }
        bounded.extend(space.map(|c| if c == '\n' { c } else { ' ' }));
    }
    bounded
}

/// The best ones of which none is like a better one.
fn distinct(candidates: Vec<(String, f64)>, top: usize) -> Vec<Keyword> {
    let mut found: Vec<Keyword> = Vec::new();
    for (phrase, score) in candidates {
        if found.len() >= top {
            break;
        }
        if found.iter().all(|better| likeness(&better.phrase, &phrase) <= ALIKE) {
            found.push(Keyword { phrase, score });
        }
    }
    found
}

/// 1 less the Levenshtein distance over the length of the longer phrase.
fn likeness(a: &str, b: &str) -> f64 {
    // The distance is at least the difference of the lengths.
    let (m, n) = (a.chars().count(), b.chars().count());
    let longer = m.max(n);
    if longer == 0 || (m.abs_diff(n) as f64) >= (1.0 - ALIKE) * longer as f64 {
        return 0.0;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    1.0 - row[b.len()] as f64 / longer as f64
}

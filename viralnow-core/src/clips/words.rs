//! Words of titles and captions, for looking things up: in lower case, without marks.

use unicode_segmentation::UnicodeSegmentation;

/// Words of one text that are read at most; a title has a dozen, a transcript some hundreds.
const MOST_WORDS: usize = 20_000;
/// Letters of a word that are read at most.
const LONGEST_WORD: usize = 64;

/// The words of a text, in lower case.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words()
        .take(MOST_WORDS)
        .map(|word| word.chars().take(LONGEST_WORD).flat_map(char::to_lowercase).collect())
}

/// How often the words of a phrase stand in a text one after the other.
pub(super) fn occurrences(phrase: &[String], text: &[String]) -> usize {
    if phrase.is_empty() {
        return 0;
    }
    text.windows(phrase.len()).filter(|window| *window == phrase).count()
}

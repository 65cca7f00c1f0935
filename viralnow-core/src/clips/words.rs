//! Words of titles and captions, for looking things up: in lower case, without marks.

use unicode_segmentation::UnicodeSegmentation;

/// Words of one text that are read at most; a title has a dozen, a transcript some hundreds.
const MOST_WORDS: usize = 20_000;
/// Letters of a word that are read at most.
const LONGEST_WORD: usize = 64;

/// The words of a text, in lower case.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    Lowered::new(text).words().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// A text in lower case, whose words are read without a copy of each.
pub(super) struct Lowered(String);

impl Lowered {
    pub(super) fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self(text.to_ascii_lowercase());
        }
        Self(text.chars().flat_map(char::to_lowercase).collect())
    }

    /// Whether it stands anywhere in the text, be it within a word: what is not there is no word either.
    pub(super) fn has(&self, lowered: &str) -> bool {
        self.0.contains(lowered)
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.unicode_words().take(MOST_WORDS).map(|word| match word.char_indices().nth(LONGEST_WORD) {
            Some((end, _)) => &word[..end],
            None => word,
        })
    }
}

/// How often the words of a phrase stand in a text one after the other.
pub(super) fn occurrences(phrase: &[String], text: &[impl AsRef<str>]) -> usize {
    if phrase.is_empty() {
        return 0;
    }
    let same = |window: &&[_]| window.iter().zip(phrase).all(|(a, b): (&_, _)| AsRef::<str>::as_ref(a) == b);
    text.windows(phrase.len()).filter(same).count()
}

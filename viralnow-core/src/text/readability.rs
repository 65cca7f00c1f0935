//! How hard an English text is to read: seven formulas over the same counts.

use super::lexicon::EASY_WORDS;
use super::syllables::{syllables, syllables_as_textstat};
use super::words::{is_word_character, words};
use super::{Readability, sentence_ranges};
use crate::Preset;
use std::ops::Range;

/// What the formulas are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Counts {
    words: f64,
    sentences: f64,
    syllables: f64,
    /// Words of three and more syllables.
    polysyllables: f64,
    /// Those of them that Gunning calls hard.
    hard: f64,
    /// Words that Dale and Chall call unfamiliar.
    unfamiliar: f64,
    /// Letters and digits in words.
    letters: f64,
    /// Characters, and the words that they are divided by, of the automated readability index.
    characters: f64,
    character_words: f64,
    /// Sentences below which SMOG is not given.
    least_sentences: f64,
}

/// Readability of an English text; `None` when it has no words.
///
/// Sources: Flesch 1948, Kincaid 1975, `McLaughlin` 1969, Smith & Senter 1967, Coleman & Liau 1975, Gunning 1952,
/// Dale & Chall 1948. Syllables
/// are those of the CMU Pronouncing Dictionary, or by rule for words that are not in it; a number counts as one.
///
/// With [`Preset::Reference`] the counts are those of textstat 0.7.13: sentences end at every `.`, `!` and `?`, and those
/// of two words or fewer are dropped; hyphenated words and addresses are one word; SMOG is given below three sentences
/// too; Gunning's hard words are those of three syllables that are not in Dale and Chall's list, and their unfamiliar ones
/// all that are not in it, inflections, names and numbers too; a word that is not in the dictionary has as many syllables as
/// it has parts when hyphenated. Otherwise sentences are those of [`super::sentences`], however short, words are those of Unicode (UAX 29), addresses
/// are left out, Gunning's hard words are by his own definition (without names, and without those that reach three
/// syllables by `-es`, `-ed` or `-ing`), and Dale and Chall's unfamiliar words by theirs: without names and numbers, and
/// without plurals, verb forms, comparatives and adverbs of words in their list.
///
/// ```
/// use viralnow_core::{Preset, text::readability};
/// let easy = readability("The cat sat on the mat. It was a warm day.", Preset::Balanced).unwrap();
/// assert!(easy.flesch_reading_ease > 100.0 && easy.smog_index.is_none());
/// assert!(readability("!!! ???", Preset::Balanced).is_none());
/// ```
#[must_use]
pub fn readability(text: &str, preset: Preset) -> Option<Readability> {
    match preset {
        Preset::Reference => formulas(&count_as_textstat(text)),
        Preset::Fast | Preset::Balanced => readability_of(text, &sentence_ranges(text, Some("en")), preset),
    }
}

/// The same when the sentences are known.
pub(super) fn readability_of(text: &str, sentences: &[Range<usize>], preset: Preset) -> Option<Readability> {
    match preset {
        Preset::Reference => formulas(&count_as_textstat(text)),
        Preset::Fast | Preset::Balanced => formulas(&count(text, sentences)),
    }
}

fn formulas(n: &Counts) -> Option<Readability> {
    if n.words == 0.0 || n.character_words == 0.0 {
        return None;
    }
    let words_per_sentence = n.words / n.sentences;
    let syllables_per_word = n.syllables / n.words;
    Some(Readability {
        flesch_reading_ease: 206.835 - 1.015 * words_per_sentence - 84.6 * syllables_per_word,
        flesch_kincaid_grade: 0.39 * words_per_sentence + 11.8 * syllables_per_word - 15.59,
        smog_index: (n.sentences >= n.least_sentences)
            .then(|| 1.043 * (30.0 * n.polysyllables / n.sentences).sqrt() + 3.1291),
        automated_readability_index: 4.71 * n.characters / n.character_words + 0.5 * words_per_sentence
            - 21.43,
        coleman_liau_index: 5.8 * n.letters / n.words - 29.6 * n.sentences / n.words - 15.8,
        gunning_fog: 0.4 * (words_per_sentence + 100.0 * n.hard / n.words),
        dale_chall_readability_score: Some(dale_chall(100.0 * n.unfamiliar / n.words, words_per_sentence)),
    })
}

fn dale_chall(unfamiliar_percent: f64, words_per_sentence: f64) -> f64 {
    let base = 0.1579 * unfamiliar_percent + 0.0496 * words_per_sentence;
    if unfamiliar_percent > 5.0 { base + 3.6365 } else { base }
}

fn count(text: &str, sentences: &[Range<usize>]) -> Counts {
    let mut n = Counts { least_sentences: 3.0, ..Counts::default() };
    let mut lower = String::new();
    for sentence in sentences {
        let mut first = true;
        for word in words(&text[sentence.clone()]).filter(|word| !word.is_address).map(|word| word.text) {
            to_lower(word, &mut lower);
            let count = syllables(&lower);
            n.words += 1.0;
            n.syllables += f64::from(count);
            n.letters += word.chars().filter(|c| c.is_alphanumeric()).count() as f64;
            n.unfamiliar += f64::from(u8::from((first || !is_name(word)) && !is_familiar(&lower)));
            if count >= 3 {
                n.polysyllables += 1.0;
                n.hard += f64::from(u8::from((first || !is_name(word)) && !by_ending(&lower)));
            }
            first = false;
        }
        n.sentences += f64::from(u8::from(!first));
    }
    n.characters = n.letters;
    n.character_words = n.words;
    n
}

fn to_lower(word: &str, lower: &mut String) {
    lower.clear();
    lower.extend(word.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }));
}

/// A capital, then small letters.
fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
}

/// Whether the third syllable is but an ending.
fn by_ending(lower: &str) -> bool {
    let Some(stem) = ["ing", "ed", "es"].into_iter().find_map(|ending| lower.strip_suffix(ending)) else {
        return false;
    };
    stem.len() > 2 && syllables(stem).min(syllables(&format!("{stem}e"))) < 3
}

/// Whether a word, or what it is a regular form of, is in Dale and Chall's list; numbers are familiar too.
fn is_familiar(lower: &str) -> bool {
    let known = |word: &str| EASY_WORDS.contains(word);
    if known(lower) || lower.starts_with(|c: char| c.is_numeric()) {
        return true;
    }
    let lower = lower.strip_suffix("'s").unwrap_or(lower);
    // `make` of `making`, `stop` of `stopped`, `city` of `cities`.
    let stem = |stem: &str| {
        let mut last = stem.bytes().rev();
        let doubled = last.next().is_some_and(|end| Some(end) == last.next() && end.is_ascii_alphabetic());
        known(stem)
            || known(&format!("{stem}e"))
            || (doubled && known(&stem[..stem.len() - 1]))
            || stem.strip_suffix('i').is_some_and(|stem| known(&format!("{stem}y")))
    };
    known(lower)
        || ["s", "es", "d", "ed", "ing", "er", "est", "ly", "n't", "'m", "'re", "'ve", "'ll", "'d"]
            .into_iter()
            .any(|ending| lower.strip_suffix(ending).is_some_and(|start| start.len() > 1 && stem(start)))
}

fn count_as_textstat(text: &str) -> Counts {
    let mut n = Counts {
        characters: text.chars().filter(|c| !super::sentiment::is_space(*c)).count() as f64,
        character_words: text.split(super::sentiment::is_space).filter(|word| !word.is_empty()).count()
            as f64,
        letters: text.chars().filter(|c| is_word_character(*c)).count() as f64,
        ..Counts::default()
    };
    let mut lower = String::new();
    each_textstat_word(text, |word| {
        to_lower(word, &mut lower);
        let count = syllables_as_textstat(&lower);
        n.words += 1.0;
        n.syllables += f64::from(count);
        let easy = EASY_WORDS.contains(lower.as_str());
        n.unfamiliar += f64::from(u8::from(!easy));
        if count >= 3 {
            n.polysyllables += 1.0;
            n.hard += f64::from(u8::from(!easy));
        }
    });
    n.sentences = count_textstat_sentences(text).max(1) as f64;
    n
}

/// Words between white space, without punctuation but for the apostrophes of contractions.
fn each_textstat_word(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.as_str();
        let contraction = c == '\''
            && (after.starts_with(['t', 's', 'd'])
                || ["ve", "ll", "re"].iter().any(|e| after.starts_with(e)));
        if contraction || is_word_character(c) {
            word.push(c);
        } else if super::sentiment::is_space(c) && !word.is_empty() {
            take(&word);
            word.clear();
        }
    }
    if !word.is_empty() {
        take(&word);
    }
}

/// Stretches from a word to the next `.`, `!` or `?` that have more than two words.
fn count_textstat_sentences(text: &str) -> usize {
    let ends = |c: char| matches!(c, '.' | '!' | '?');
    let mut count = 0;
    let mut rest = text;
    while let Some(start) = rest.find(is_word_character) {
        rest = &rest[start..];
        let end = rest.find(ends).unwrap_or(rest.len());
        let mut words = 0;
        each_textstat_word(&rest[..end], |_| words += 1);
        count += usize::from(words > 2);
        rest = rest[end..].trim_start_matches(ends);
    }
    count
}

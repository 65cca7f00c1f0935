//! Sentences: the rules of pySBD 0.3.4 (MIT; Sadvilkar & Neumann 2020) and of the Pragmatic Segmenter that it ports.
//!
//! The rules work on a copy of the text in which a character that does not end a sentence after all (the period of an
//! abbreviation, a mark within quotes) is replaced by a placeholder, one for one, so that places stay the same. Every
//! rule is a scan of its own instead of a regular expression, and takes time in proportion to the text.

mod abbreviations;
mod boundaries;
mod languages;
mod lists;
mod periods;
mod quotes;

use super::sentiment::is_space;
use languages::{Rules, rules_of};
use std::ops::Range;
use whatlang::Script;

/// A period that ends no sentence.
const KEPT: char = '\u{e000}';
/// A period within a word.
const JOINED: char = '\u{e001}';
/// Any other character that no later rule may see.
const HIDDEN: char = '\u{e002}';
/// The second half of a pair of marks such as `?!`: ends a sentence, but is no longer a mark for the other rules.
const PAIR: char = '\u{e003}';
/// The period after the number of a list.
const LISTED: char = '\u{e004}';
/// A line break: always ends a sentence.
const BREAK: char = '\r';

/// The text as the rules see it.
#[derive(Debug)]
struct View {
    /// The characters, some of them replaced.
    chars: Vec<char>,
    /// Places before which a sentence ends although there is no line break.
    cuts: Vec<usize>,
    /// The rules of its language.
    rules: &'static Rules,
}

impl View {
    /// The character at a place, or NUL outside.
    fn at(&self, i: usize) -> char {
        self.chars.get(i).copied().unwrap_or('\0')
    }

    /// The character `n` places before `i`, or NUL before the start.
    fn before(&self, i: usize, n: usize) -> char {
        i.checked_sub(n).map_or('\0', |k| self.at(k))
    }

    /// Whether a word may start at `i`: white space or the start of the text stands before it.
    fn starts_word(&self, i: usize) -> bool {
        i == 0 || is_space(self.at(i - 1))
    }

    /// Whether `i` is white space followed by a capital.
    fn space_capital(&self, i: usize) -> bool {
        is_space(self.at(i)) && self.at(i + 1).is_ascii_uppercase()
    }
}

/// The marks that end a sentence: those of the Latin, Chinese and Japanese, and then of the Indic, Arabic, Urdu,
/// Armenian, Ethiopic, Burmese and Khmer scripts.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '．' | '！' | '？')
        || matches!(c, '।' | '॥' | '؟' | '۔' | '։' | '።' | '፧' | '။' | '។' | '｡')
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric())
}

/// The sentences of a text, in order, without the white space around them.
///
/// `language` is an ISO 639-1 code; without one, text in Latin script gets the English rules. These follow pySBD, so
/// `"trust me. I'm here"` stays together, because `me.` may be Maine. Spanish, French, German, Hindi and Japanese follow it
/// too, with its abbreviations, ordinals (`am 3. Mai`) and marks; Portuguese has a list of its own; other languages have a
/// short one, and the marks of their scripts (`。！？`, `।`, `؟`, `۔`, ...).
///
/// Time is proportional to the text. Every visible character of the text is in exactly one sentence.
///
/// ```
/// use viralnow_core::text::sentences;
/// assert_eq!(sentences("Dr. Smith paid $3.50. Really?! Yes.", None), ["Dr. Smith paid $3.50.", "Really?!", "Yes."]);
/// assert_eq!(sentences("你好。你吃了吗？", Some("zh")), ["你好。", "你吃了吗？"]);
/// ```
#[must_use]
pub fn sentences(text: &str, language: Option<&str>) -> Vec<String> {
    sentence_ranges(text, language).into_iter().map(|range| text[range].to_owned()).collect()
}

/// Where the sentences of [`sentences`] stand in the text, in bytes.
///
/// ```
/// assert_eq!(viralnow_core::text::sentence_ranges("One. Two.", None), [0..4, 5..9]);
/// ```
#[must_use]
pub fn sentence_ranges(text: &str, language: Option<&str>) -> Vec<Range<usize>> {
    let original: Vec<char> = text.chars().collect();
    let rules = rules_of(language.unwrap_or_else(|| match whatlang::detect_script(text) {
        None | Some(Script::Latin) => "en",
        Some(Script::Devanagari) => "hi",
        Some(_) => "",
    }));
    let chars = original
        .iter()
        .map(|&c| match c {
            '\n' => BREAK,
            KEPT..=LISTED => char::REPLACEMENT_CHARACTER,
            '.' if rules.danda => KEPT,
            '|' if rules.danda => '।',
            c => c,
        })
        .collect();
    let mut view = View { chars, cuts: Vec::new(), rules };
    if view.chars.iter().any(|c| matches!(c, '.' | ')')) {
        lists::keep_list_numbers(&mut view);
        abbreviations::keep_abbreviations(&mut view);
    }
    periods::keep_other_periods(&mut view);
    quotes::break_at_parentheses_between_quotes(&mut view);
    let ranges = boundaries::split(&mut view, &original);
    to_bytes(text, &ranges)
}

/// Places in characters to places in bytes.
fn to_bytes(text: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    if text.is_ascii() {
        return ranges.to_vec();
    }
    let mut places = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).enumerate();
    let mut byte_of = |place: usize| places.find(|(i, _)| *i == place).map_or(text.len(), |(_, byte)| byte);
    let mut bytes = Vec::with_capacity(ranges.len());
    let mut last = (0, 0);
    for range in ranges {
        let start = if range.start == last.0 { last.1 } else { byte_of(range.start) };
        let end = byte_of(range.end);
        last = (range.end, end);
        bytes.push(start..end);
    }
    bytes
}

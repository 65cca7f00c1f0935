//! Words of a text.

use unicode_segmentation::UnicodeSegmentation;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As written, without the punctuation around it.
    pub(super) text: &'a str,
    /// Whether it is part of an internet address, which nobody reads out.
    pub(super) is_address: bool,
}

/// The words of Unicode (UAX 29): contractions and numbers are one, hyphenated words several, and so are Chinese and
/// Japanese characters. What has no letter or digit is no word.
pub(super) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut address_end = 0;
    text.unicode_word_indices().map(move |(start, word)| {
        if start >= address_end && (word.starts_with("http") || word.starts_with("www")) {
            let rest = &text[start..];
            if ["http://", "https://", "www."].iter().any(|prefix| rest.starts_with(prefix)) {
                address_end = start + rest.find(char::is_whitespace).unwrap_or(rest.len());
            }
        }
        Word { text: word, is_address: start < address_end }
    })
}

/// Letters, digits and `_`: `\w` of regular expressions.
pub(super) fn is_word_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The signs that join Indic consonants, which are no letters of their own.
pub(super) fn joins_letters(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{a4d}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{bcd}'
            | '\u{c4d}'
            | '\u{ccd}'
            | '\u{d4d}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_are_read() {
        let read = |text| words(text).filter(|w| !w.is_address).map(|w| w.text).collect::<Vec<_>>();
        assert_eq!(
            read("I shouldn't've paid $2,000, right? 😍 #MomLife"),
            ["I", "shouldn't've", "paid", "2,000", "right", "MomLife"]
        );
        assert_eq!(read("Look: https://example.com/shop?id=3 now, www.a.b too"), ["Look", "now", "too"]);
        assert_eq!(read("light-years"), ["light", "years"]);
        assert_eq!(read("!!! ??? -- 😂"), Vec::<&str>::new());
    }
}

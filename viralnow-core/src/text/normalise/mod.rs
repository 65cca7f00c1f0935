//! What a post has besides words: emoji, hashtags, mentions, addresses, calls to action, prices; and the words without them.

mod addresses;
mod calls;
mod emoji;
mod prices;

use super::words::joins_letters;
use super::{CallToAction, Normalised, Price};

/// Combining accents in a row that are kept; more are decoration ("zalgo").
const ACCENTS: usize = 3;

/// Takes a post apart: its words as one reads them, and its emoji, hashtags, mentions, addresses, calls to action, prices
/// and discounts, each in the order of the text.
///
/// In [`Normalised::text`] addresses and emoji are gone, a hashtag is its words (`#MomLife` is `Mom Life`), a mention is its
/// name, white space is one space, line breaks stay, and what cannot be seen (control characters, zero width, overrides of
/// the direction, the fourth and later accents on one letter) is gone. Calls to action are looked for in English; prices
/// and discounts by sign, code or word in any text. Time is proportional to the text.
///
/// ```
/// let post = viralnow_core::text::normalise("Only $5k!! Follow @ana for part two 😍 #MomLife https://a.co/x");
/// assert_eq!(post.text, "Only $5k!! Follow ana for part two Mom Life");
/// assert_eq!((post.hashtags[0].as_str(), post.mentions[0].as_str()), ("momlife", "ana"));
/// assert_eq!((post.urls[0].as_str(), post.emoji[0].as_str()), ("https://a.co/x", "😍"));
/// assert_eq!((post.prices[0].amount, post.prices[0].currency.as_str()), (5000.0, "USD"));
/// assert_eq!(post.calls_to_action[0].kind, "follow");
/// ```
#[must_use]
pub fn normalise(text: &str) -> Normalised {
    let mut found = Normalised::default();
    let mut read = Reading::default();
    let mut before = None;
    let mut i = 0;
    while let Some(c) = text[i..].chars().next() {
        let rest = &text[i..];
        // What follows the sign in `ana@b.com` is no address of its own.
        let starts = !before.is_some_and(|c| is_tag_character(c) || c == '@');
        let length = if let Some(length) = starts.then(|| addresses::address(rest)).flatten() {
            found.urls.push(rest[..length].to_owned());
            read.gap();
            length
        } else if let Some(tag) = starts.then(|| addresses::hashtag(rest)).flatten() {
            found.hashtags.push(tag.to_lowercase());
            read.hashtag(tag);
            c.len_utf8() + tag.len()
        } else if let Some(name) = starts.then(|| addresses::mention(rest)).flatten() {
            found.mentions.push(name.to_owned());
            name.chars().for_each(|c| read.take(c));
            c.len_utf8() + name.len()
        } else if let Some(symbol) = emoji::emoji(rest) {
            found.emoji.push(symbol.to_owned());
            read.gap();
            symbol.len()
        } else {
            read.take(c);
            c.len_utf8()
        };
        before = text[i..i + length].chars().next_back();
        i += length;
    }
    found.text = read.finish();
    found.calls_to_action = calls::calls_to_action(&found.text);
    (found.prices, found.discounts_percent) = prices::prices(&found.text);
    found
}

/// What a hashtag or a name may consist of: letters with their marks, digits and `_`.
fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric()
        || c == '_'
        || is_accent(c)
        || joins_letters(c)
        || matches!(c, '\u{200c}' | '\u{200d}')
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// What cannot be seen.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text that is left.
#[derive(Debug, Default)]
struct Reading {
    text: String,
    space: bool,
    line: bool,
    accents: usize,
}

impl Reading {
    fn gap(&mut self) {
        self.space = true;
    }

    fn take(&mut self, c: char) {
        if c.is_whitespace() {
            self.space = true;
            self.line |= matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
            return;
        }
        if is_invisible(c) {
            return;
        }
        self.accents = if is_accent(c) { self.accents + 1 } else { 0 };
        if self.accents > ACCENTS {
            return;
        }
        if self.space && !self.text.is_empty() {
            self.text.push(if self.line { '\n' } else { ' ' });
        }
        (self.space, self.line) = (false, false);
        self.text.push(c);
    }

    /// `MomLife` as `Mom Life`, `back_to_school` as `back to school`.
    fn hashtag(&mut self, tag: &str) {
        let mut letters = tag.chars().peekable();
        let mut last = None;
        while let Some(c) = letters.next() {
            let small_follows = letters.peek().is_some_and(|next| next.is_lowercase());
            let new_word = c.is_uppercase()
                && last
                    .is_some_and(|last: char| last.is_lowercase() || (last.is_uppercase() && small_follows));
            if new_word || c == '_' {
                self.gap();
            }
            if c != '_' {
                self.take(c);
            }
            last = Some(c);
        }
    }

    fn finish(self) -> String {
        self.text
    }
}

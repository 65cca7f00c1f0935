//! Where the sentences end, once everything that does not end one is replaced.

use super::quotes::{hide_exclamation_words, hide_quoted_marks};
use super::{BREAK, HIDDEN, PAIR, View, is_mark};
use crate::text::sentiment::is_space;
use std::ops::Range;

/// The sentences as ranges of characters without white space at their ends.
pub(super) fn split(view: &mut View, original: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    view.cuts.sort_unstable();
    let mut cuts = std::mem::take(&mut view.cuts).into_iter().peekable();
    let mut start = 0;
    while start < view.chars.len() {
        while cuts.next_if(|cut| *cut <= start).is_some() {}
        let limit = cuts.peek().copied().unwrap_or(view.chars.len());
        let end = view.chars[start..limit].iter().position(|c| *c == BREAK).map_or(limit, |k| start + k);
        if start < end {
            let mut stretch = Stretch { chars: &mut view.chars[start..end], original: &original[start..end] };
            stretch.split(view.rules.english, |range| found.push(start + range.start..start + range.end));
        }
        start = if end < limit { end + 1 } else { limit };
    }
    found
}

/// A stretch without line breaks.
struct Stretch<'a> {
    chars: &'a mut [char],
    original: &'a [char],
}

impl Stretch<'_> {
    fn at(&self, i: usize) -> char {
        self.chars.get(i).copied().unwrap_or('\0')
    }

    fn space_capital(&self, i: usize) -> bool {
        is_space(self.at(i)) && self.at(i + 1).is_ascii_uppercase()
    }

    fn split(&mut self, english: bool, mut found: impl FnMut(Range<usize>)) {
        self.hide_ellipses();
        if !self.chars.iter().any(|c| is_mark(*c)) {
            return self.at_quotes(0..self.chars.len(), &mut found);
        }
        let open = self.chars.last().is_some_and(|c| !is_mark(*c));
        hide_exclamation_words(self.chars);
        hide_quoted_marks(self.chars, open, english);
        self.pair_marks();
        self.hide_marks_within_sentences();
        self.hide_roman_parentheses();
        let last = self.chars.len() - 1;
        if !open && self.chars[last] == HIDDEN && self.original[last] == '!' {
            self.chars[last] = '!';
        }
        self.at_marks(&mut found);
    }

    /// `...` ends a sentence only before a capital.
    fn hide_ellipses(&mut self) {
        let n = self.chars.len();
        if !self.chars.contains(&'.') {
            return;
        }
        self.hide_spaced_ellipses();
        let mut i = 0;
        while i < n {
            if self.chars[i] != '.' {
                i += 1;
                continue;
            }
            let end = (i..n).find(|&k| self.chars[k] != '.').unwrap_or(n);
            let length = end - i;
            let space = (end..n).find(|&k| !is_space(self.chars[k])).unwrap_or(n);
            let capital = space > end && self.at(space).is_ascii_uppercase();
            let before = i > 0 && !is_space(self.chars[i - 1]);
            let mut rest = end;
            if length >= 4 && self.space_capital(end) && (before || length > 4) {
                // Four and more: the last one is the period.
                self.chars[end - 4..end - 1].fill(HIDDEN);
                rest = end - 4;
            } else if length >= 3 && capital {
                self.chars[end - 3..end - 1].fill(HIDDEN);
                rest = end - 3;
            }
            let whole = (rest - i) / 3 * 3;
            self.chars[i..i + whole].fill(HIDDEN);
            i = end;
        }
    }

    /// ` . . . ` and `. . . .` at the end
    fn hide_spaced_ellipses(&mut self) {
        let n = self.chars.len();
        let mut i = 0;
        while i + 7 <= n {
            let is_ellipsis = (0..7)
                .all(|k| if k % 2 == 0 { is_space(self.chars[i + k]) } else { self.chars[i + k] == '.' });
            if is_ellipsis {
                self.chars[i..i + 7].fill(HIDDEN);
                i += 6;
            }
            i += 1;
        }
        if n > 7 && self.chars[n - 8].is_ascii_lowercase() {
            let tail = &mut self.chars[n - 7..];
            if (0..7).all(|k| if k % 2 == 0 { tail[k] == '.' } else { is_space(tail[k]) }) {
                tail.fill(HIDDEN);
            }
        }
    }

    /// `?!`, `!?`, `??` and `!!` are one mark, unless the stretch starts with one of them.
    fn pair_marks(&mut self) {
        let is_pair = |a: char, b: char| matches!(a, '?' | '!') && matches!(b, '?' | '!');
        if is_pair(self.at(0), self.at(1)) {
            return;
        }
        for (first, second) in [('?', '!'), ('!', '?'), ('?', '?'), ('!', '!')] {
            for i in 1..self.chars.len() {
                if self.chars[i - 1] == first && self.chars[i] == second {
                    self.chars[i - 1] = HIDDEN;
                    self.chars[i] = PAIR;
                }
            }
        }
    }

    /// Marks right before a quote, and exclamation marks after which the sentence goes on.
    fn hide_marks_within_sentences(&mut self) {
        for i in 0..self.chars.len() {
            let next = self.at(i + 1);
            let quote = matches!(next, '\'' | '"');
            let goes_on = || {
                let space = if next == ',' { i + 2 } else { i + 1 };
                is_space(self.at(space)) && self.at(space + 1).is_ascii_lowercase()
            };
            if (self.chars[i] == '?' && quote) || (self.chars[i] == '!' && (quote || goes_on())) {
                self.chars[i] = HIDDEN;
            }
        }
    }

    /// `(iv) The` does not start a sentence.
    fn hide_roman_parentheses(&mut self) {
        /// Letters of the longest number below 1000.
        const LONGEST: usize = 12;
        for i in 0..self.chars.len() {
            if self.chars[i] != '(' {
                continue;
            }
            let length =
                self.chars[i + 1..].iter().take(LONGEST + 1).take_while(|c| "mdclxvi".contains(**c)).count();
            if length > 0 && self.at(i + 1 + length) == ')' && self.space_capital(i + 2 + length) {
                self.chars[i] = HIDDEN;
                self.chars[i + 1 + length] = HIDDEN;
            }
        }
    }

    /// Splits after every mark that is left.
    fn at_marks(&self, found: &mut impl FnMut(Range<usize>)) {
        let n = self.chars.len();
        let mut closing = Closing::default();
        let mut i = 0;
        while i < n {
            let end = self.enclosed(i, &mut closing).or_else(|| self.marks(i)).or_else(|| self.sentence(i));
            match end {
                Some(end) => {
                    self.at_quotes(i..end, found);
                    i = end;
                }
                None => i += 1,
            }
        }
    }

    /// A sentence in brackets or quotes that starts here, if another one follows.
    fn enclosed(&self, i: usize, closing: &mut Closing) -> Option<usize> {
        let (slot, close, least, no_comma) = match self.chars[i] {
            '（' => (0, '）', 0, false),
            '「' => (1, '」', 0, false),
            '(' => (2, ')', 2, false),
            '\'' => (3, '\'', 1, true),
            '"' => (4, '"', 1, true),
            '“' => (5, '”', 1, true),
            _ => return None,
        };
        let end = closing.find(slot, self.chars, i + 1, close)?;
        let follows =
            |end: usize| self.space_capital(end + 1) || (slot == 0 && self.at(end + 1).is_ascii_uppercase());
        if no_comma && self.at(end + 1) == close && follows(end + 1) {
            return Some(end + 2);
        }
        let fits = end > i + least && !(no_comma && self.chars[end - 1] == ',') && follows(end);
        fits.then_some(end + 1)
    }

    /// Two and more marks and spaces.
    fn marks(&self, i: usize) -> Option<usize> {
        let end = (i..self.chars.len()).find(|&k| !is_mark(self.chars[k]) && self.chars[k] != ' ');
        let end = end.unwrap_or(self.chars.len());
        (end >= i + 2).then_some(end)
    }

    /// From a visible character up to the next mark, or to the end.
    fn sentence(&self, i: usize) -> Option<usize> {
        if is_space(self.chars[i]) {
            return None;
        }
        let n = self.chars.len();
        // A pair at the start is the first character, and so does not end what it starts.
        let next = if self.at(i + 1) == PAIR { i + 2 } else { i + 1 };
        Some((next..n).find(|&k| is_mark(self.chars[k]) || self.chars[k] == PAIR).map_or(n, |k| k + 1))
    }

    /// Splits once more where a quote ends a sentence: `"Stop!" He`.
    fn at_quotes(&self, range: Range<usize>, found: &mut impl FnMut(Range<usize>)) {
        let seen = |k: usize| {
            if self.chars[k] == HIDDEN && self.original[k] == '\'' { HIDDEN } else { self.original[k] }
        };
        let mut start = range.start;
        for k in range.start..range.end.saturating_sub(3) {
            if matches!(seen(k), '!' | '?' | '.' | '-')
                && matches!(seen(k + 1), '"' | '\'' | '“' | '”')
                && is_space(seen(k + 2))
                && seen(k + 3).is_ascii_uppercase()
            {
                self.emit(start..k + 2, found);
                start = k + 3;
            }
        }
        self.emit(start..range.end, found);
    }

    fn emit(&self, range: Range<usize>, found: &mut impl FnMut(Range<usize>)) {
        let visible = |k: &usize| !is_space(self.original[*k]);
        let Some(first) = range.clone().find(visible) else { return };
        let last = range.rev().find(visible).unwrap_or(first);
        found(first..last + 1);
    }
}

/// The next closing sign of each kind, so that a text full of opening ones is not searched again from each. The length
/// of the text stands for none.
#[derive(Default)]
struct Closing {
    next: [usize; 6],
}

impl Closing {
    fn find(&mut self, slot: usize, chars: &[char], from: usize, close: char) -> Option<usize> {
        let next = &mut self.next[slot];
        if *next < from {
            *next = (from..chars.len()).find(|&k| chars[k] == close).unwrap_or(chars.len());
        }
        (*next < chars.len()).then_some(*next)
    }
}

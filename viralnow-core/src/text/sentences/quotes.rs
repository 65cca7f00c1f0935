//! Marks within quotes and brackets do not end a sentence.

use super::{BREAK, HIDDEN, KEPT, View, is_mark};
use crate::text::sentiment::is_space;

/// A remark in brackets between two quotes is a sentence of its own: `"One." (She smiles.) "Two."`
pub(super) fn break_at_parentheses_between_quotes(view: &mut View) {
    let n = view.chars.len();
    let opens =
        |i: usize| matches!(view.at(i), '"' | '”') && is_space(view.at(i + 1)) && view.at(i + 2) == '(';
    let closes =
        |i: usize| view.at(i) == ')' && is_space(view.at(i + 1)) && matches!(view.at(i + 2), '"' | '“');
    let Some(start) = (0..n).find(|&i| opens(i)) else { return };
    let Some(end) = (start + 3..n).rev().find(|&i| closes(i)) else { return };
    for i in start + 1..=end + 1 {
        if is_space(view.at(i)) && (view.at(i + 1) == '(' && i < end || view.at(i - 1) == ')') {
            view.chars[i] = BREAK;
        }
    }
}

/// Hides the marks within quotes and brackets of one stretch without line breaks. `open` says that the stretch does not
/// end with a mark.
pub(super) fn hide_quoted_marks(chars: &mut [char], open: bool, english: bool) {
    single_quotes(chars, open);
    slanted_single_quotes(chars);
    between(chars, '"', '"', |c| c != '"');
    between(chars, '[', ']', |c| c != ']');
    between(chars, '(', ')', |c| c != '(' && c != ')');
    between(chars, '«', '»', |c| c != '»');
    dashes(chars);
    between(chars, '“', '”', |c| c != '”');
    if !english {
        between(chars, '„', '“', |c| c != '“');
        commas(chars);
        between(chars, '「', '」', |c| c != '」');
        between(chars, '『', '』', |c| c != '』');
        between(chars, '（', '）', |c| c != '）');
    }
}

/// Hides the marks, and the apostrophes too where `apostrophes` says so: later rules take them for quotes.
fn hide(chars: &mut [char], apostrophes: bool) {
    for c in chars {
        if *c == '.' {
            *c = KEPT;
        } else if is_mark(*c) || (apostrophes && *c == '\'') {
            *c = HIDDEN;
        }
    }
}

/// Words that carry an exclamation mark; pySBD's list.
pub(super) fn hide_exclamation_words(chars: &mut [char]) {
    const WORDS: [&str; 7] = ["!Xũ", "!Kung", "!Xuun", "!Xun", "Yahoo!", "Y!J", "Yum!"];
    if !chars.contains(&'!') {
        return;
    }
    for i in 0..chars.len() {
        if !matches!(chars[i], '!' | 'Y') {
            continue;
        }
        for word in WORDS {
            let length = word.chars().count();
            if chars[i..].len() >= length && word.chars().eq(chars[i..i + length].iter().copied()) {
                hide(&mut chars[i..i + length], true);
            }
        }
    }
}

/// Quotes whose content is all characters that `inside` allows, at least one, and no backslash.
fn between(chars: &mut [char], opening: char, closing: char, inside: fn(char) -> bool) {
    if !chars.contains(&opening) {
        return;
    }
    let mut i = 0;
    while i < chars.len() {
        if chars[i] != opening {
            i += 1;
            continue;
        }
        let stop =
            (i + 1..chars.len()).find(|&k| !inside(chars[k]) || chars[k] == '\\').unwrap_or(chars.len());
        if stop > i + 1 && stop < chars.len() && chars[stop] == closing {
            hide(&mut chars[i..=stop], true);
            i = stop + 1;
        } else if stop == chars.len() || chars[stop] != '\\' {
            // No closing one follows, or what stopped us opens the next pair.
            i = stop.max(i + 1);
        } else {
            // Whatever opens before the backslash runs into it too.
            i = stop + 1;
        }
    }
}

/// Quotes as German is often typed: `,,so“`
fn commas(chars: &mut [char]) {
    let mut i = 0;
    while let Some(start) =
        (i..chars.len().saturating_sub(1)).find(|&k| chars[k] == ',' && chars[k + 1] == ',')
    {
        let Some(end) = (start + 2..chars.len()).find(|&k| chars[k] == '“') else { return };
        hide(&mut chars[start..=end], true);
        i = end + 1;
    }
}

/// `--like this--`
fn dashes(chars: &mut [char]) {
    let mut i = 0;
    while i + 1 < chars.len() {
        if chars[i] != '-' || chars[i + 1] != '-' {
            i += 1;
            continue;
        }
        let stop = (i + 2..chars.len()).find(|&k| chars[k] == '-').unwrap_or(chars.len());
        if stop + 1 < chars.len() && chars[stop + 1] == '-' {
            hide(&mut chars[i..stop + 2], true);
            i = stop + 2;
        } else {
            i += 1;
            if stop > i {
                i = stop - 1;
            }
        }
    }
}

/// The end of a quote that opens at `start`: the first closing sign that is no apostrophe (no letter follows it), else
/// the last one.
fn single_end(chars: &[char], start: usize, closing: char) -> Option<usize> {
    let mut last = None;
    for k in (start + 1..chars.len()).filter(|&k| chars[k] == closing) {
        last = Some(k);
        if !chars.get(k + 1).is_some_and(char::is_ascii_alphabetic) {
            break;
        }
    }
    last
}

fn single_quotes(chars: &mut [char], open: bool) {
    if !chars.contains(&'\'') {
        return;
    }
    let after_space = |i: usize| i > 0 && is_space(chars[i - 1]);
    // A word with an apostrophe at its start, and no quote that ends before a space: there are no quotes at all.
    let space_follows = chars.windows(2).any(|pair| pair[0] == '\'' && is_space(pair[1]));
    if !space_follows {
        let mut next = None;
        let mut leading = false;
        for i in (0..chars.len()).rev().filter(|&i| chars[i] == '\'') {
            leading |= after_space(i)
                && next.is_some_and(|next: usize| chars.get(next + 1).map_or(open, |c| !is_space(*c)));
            next = Some(i);
        }
        if leading {
            return;
        }
    }
    pairs(chars, '\'', '\'', false);
}

fn slanted_single_quotes(chars: &mut [char]) {
    if chars.contains(&'‘') {
        pairs(chars, '‘', '’', true);
    }
}

fn pairs(chars: &mut [char], opening: char, closing: char, apostrophes: bool) {
    let mut i = 1;
    while i < chars.len() {
        if chars[i] == opening && is_space(chars[i - 1]) {
            let Some(end) = single_end(chars, i, closing) else { return };
            hide(&mut chars[i..=end], apostrophes);
            i = end;
        }
        i += 1;
    }
}

//! Periods in numbers, file names and addresses, and marks in a row.

use super::{BREAK, HIDDEN, JOINED, KEPT, View, is_digit};
use crate::text::sentiment::is_space;

/// Endings of file names.
const FILES: &str = "jpg jpeg png gif tif tiff pdf ps doc docx xls xlsx svg bmp tga exif odt htm html txt rtf bat sxw xml \
    zip exe msi blend wmv mp3 mp4 ppt pptx flac rb cpp cs js";

/// All these rules, in pySBD's order, but for the marks in a row, which the rules on periods do not see.
pub(super) fn keep_other_periods(view: &mut View) {
    hide_marks_in_a_row(view);
    if !view.chars.iter().any(|c| matches!(*c, '.' | KEPT)) {
        return;
    }
    keep_in_numbers(view);
    break_after_references(view);
    join_words(view);
    for i in 1..view.chars.len() {
        if view.at(i) == '.' && (is_degree(view, i) || is_file_ending(view, i)) {
            view.chars[i] = KEPT;
        }
    }
}

/// `3.5`, `.5`, `5.x`, and a number at the start of a line.
fn keep_in_numbers(view: &mut View) {
    for i in 0..view.chars.len() {
        if view.at(i) != '.' {
            continue;
        }
        let next = view.at(i + 1);
        let after_digit = i > 0 && is_digit(view.at(i - 1));
        let item = (is_space(next) && i + 2 < view.chars.len() && !is_space(view.at(i + 2))) || next == ')';
        let starts_line = (after_digit && (i == 1 || view.before(i, 2) == BREAK))
            || (i == 2 && after_digit && is_digit(view.at(0)));
        if is_digit(next)
            || (after_digit && i + 1 < view.chars.len() && !is_space(next))
            || (starts_line && item)
        {
            view.chars[i] = KEPT;
        }
    }
}

/// Three and more `!` and `?` in a row, such as `!!!`, do not end a sentence.
fn hide_marks_in_a_row(view: &mut View) {
    let is_mark = |c: char| c == '!' || c == '?';
    let mut i = 0;
    while i < view.chars.len() {
        if !is_mark(view.at(i)) {
            i += 1;
            continue;
        }
        let end = (i..view.chars.len()).find(|&k| !is_mark(view.at(k))).unwrap_or(view.chars.len());
        let start = if view.starts_word(i) { i + 1 } else { i };
        if end - start >= 3 && (end == view.chars.len() || is_space(view.at(end))) {
            view.chars[start..end].fill(HIDDEN);
        }
        i = end;
    }
}

/// `word.[12] The`, `word.7 The`: the number belongs to the sentence before.
fn break_after_references(view: &mut View) {
    for i in 1..view.chars.len() {
        if !matches!(view.at(i), '.' | KEPT) || is_digit(view.at(i - 1)) || is_space(view.at(i - 1)) {
            continue;
        }
        let end = if view.at(i + 1) == '[' { brackets(view, i + 1) } else { digits(view, i + 1) };
        if let Some(end) = end.filter(|&end| view.space_capital(end)) {
            view.chars[i] = KEPT;
            view.chars[end] = BREAK;
        }
    }
}

/// The end of `[1]`, `[1, 2-3][4]`.
fn brackets(view: &View, start: usize) -> Option<usize> {
    /// Longer ones are no reference.
    const LONGEST: usize = 64;
    let mut i = start;
    while view.at(i) == '[' {
        let length = view.chars[i..].iter().take(LONGEST).position(|c| *c == ']')?;
        let content = &view.chars[i + 1..i + length];
        let number = content.iter().rev().take_while(|c| is_digit(**c)).count();
        let fits = content.iter().all(|c| is_digit(*c) || is_space(*c) || matches!(c, ',' | '-'));
        if !fits || !(1..=3).contains(&number) || !is_digit(content[0]) {
            return None;
        }
        i += length + 1;
    }
    Some(i)
}

/// The end of one number of up to three digits, or two of them.
fn digits(view: &View, start: usize) -> Option<usize> {
    let count = |from: usize| {
        view.chars[from.min(view.chars.len())..].iter().take(7).take_while(|c| is_digit(**c)).count()
    };
    let first = count(start);
    let second = if is_space(view.at(start + first)) { count(start + first + 1) } else { 0 };
    match (first, second) {
        (1..=3, 1..=3) if view.space_capital(start + first + 1 + second) => Some(start + first + 1 + second),
        (1..=6, _) => Some(start + first),
        _ => None,
    }
}

/// `example.com`, `v2.0`: a period between letters or digits. Each takes its neighbours with it, so that of `a.b.c` only
/// the first is joined, as in pySBD.
fn join_words(view: &mut View) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut free = 0;
    for i in 1..view.chars.len() {
        if view.at(i) == '.' && i > free && is_word(view.at(i - 1)) && is_word(view.at(i + 1)) {
            view.chars[i] = JOINED;
            free = i + 2;
        }
    }
}

/// `N°. 5`
fn is_degree(view: &View, i: usize) -> bool {
    view.at(i - 1) == '°'
        && matches!(view.before(i, 2), 'a'..='z' | 'A'..='z')
        && view.chars[i + 1..].iter().find(|c| !is_space(**c)).is_some_and(|c| is_digit(*c))
}

/// ` .png `
fn is_file_ending(view: &View, i: usize) -> bool {
    if !is_space(view.at(i - 1)) {
        return false;
    }
    let ending: String = view.chars[i + 1..].iter().take(6).take_while(|c| !is_space(**c)).collect();
    is_space(view.at(i + 1 + ending.chars().count()))
        && FILES.split_ascii_whitespace().any(|file| file == ending)
}

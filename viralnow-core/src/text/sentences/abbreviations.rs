//! Periods of abbreviations and initials.

use super::languages::{Rules, Use};
use super::{KEPT, View};
use crate::text::sentiment::is_space;

/// Letters of the longest abbreviation.
const LONGEST: usize = 11;

/// All abbreviation rules, in pySBD's order.
pub(super) fn keep_abbreviations(view: &mut View) {
    for i in 1..view.chars.len() {
        if view.at(i) == '.'
            && (is_possessive(view, i) || is_initial(view, i) || (view.rules.ordinals && is_ordinal(view, i)))
        {
            view.chars[i] = KEPT;
        }
    }
    let rules = view.rules;
    let mut word = String::new();
    for i in 1..view.chars.len() {
        if view.at(i) == '.' && is_abbreviation(view, i, rules, &mut word) {
            view.chars[i] = KEPT;
        }
    }
    keep_multi_period(view);
    for i in 1..view.chars.len() {
        if view.at(i) == KEPT
            && is_space(view.at(i + 1))
            && (ends_after_am_pm(view, i) || ends_before_starter(view, i))
        {
            view.chars[i] = '.';
        }
    }
}

/// `Inc.'s`
fn is_possessive(view: &View, i: usize) -> bool {
    view.at(i + 1) == '\'' && view.at(i + 2) == 's' && (i + 3 == view.chars.len() || is_space(view.at(i + 3)))
}

/// `J. Smith`, and the German `Co. KG`.
fn is_initial(view: &View, i: usize) -> bool {
    let space = is_space(view.at(i + 1));
    let comma_space = view.at(i + 1) == ',' && is_space(view.at(i + 2));
    let capital = view.at(i - 1).is_ascii_uppercase();
    (capital && i == 1 && space)
        || (capital && i > 1 && is_space(view.at(i - 2)) && (space || comma_space))
        || (space
            && view.before(i, 2) == 'C'
            && view.at(i - 1) == 'o'
            && view.at(i + 2) == 'K'
            && view.at(i + 3) == 'G')
}

/// `am 3. Mai`, `-3. Jahrhundert`, `z. B.`, `12.Mai`: one or two digits, or one small letter.
fn is_ordinal(view: &View, i: usize) -> bool {
    const MONTHS: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    let digit = |n: usize| view.before(i, n).is_ascii_digit();
    let month = || {
        let spaces = view.chars[i + 1..].iter().take_while(|c| is_space(**c)).count();
        MONTHS.iter().any(|month| month.chars().enumerate().all(|(k, c)| view.at(i + 1 + spaces + k) == c))
    };
    if digit(1) && month() {
        return true;
    }
    if !is_space(view.at(i + 1)) {
        return false;
    }
    let starts = |n: usize| i + 1 >= n && (i + 1 == n || is_space(view.before(i, n)));
    let number = |n: usize| i >= n && (is_space(view.before(i, n)) || view.before(i, n) == '-');
    (digit(1) && (number(2) || (digit(2) && number(3))))
        || (view.at(i - 1).is_lowercase() && starts(2))
        || matches!(view.at(i - 1), 'ä' | 'Ä') && starts(2)
}

/// Characters at which Python's `splitlines` splits; abbreviations are looked at line by line.
fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_abbreviation(view: &View, i: usize, rules: &Rules, word: &mut String) -> bool {
    let length = view.chars[..i].iter().rev().take(LONGEST + 1).take_while(|c| !is_space(**c)).count();
    if length == 0 || length > LONGEST {
        return false;
    }
    word.clear();
    word.extend(view.chars[i - length..i].iter().flat_map(|c| c.to_lowercase()));
    let next = view.at(i + 1);
    let space = is_space(next);
    let after = if is_line_break(next) { '\0' } else { view.at(i + 2) };
    match rules.abbreviations.get(word.as_str()) {
        None => false,
        Some(Use::Prepositive) => space || (next == ':' && super::is_digit(view.at(i + 2))),
        Some(Use::Number) => {
            let parenthesis = || {
                view.chars[i + 1..]
                    .iter()
                    .find(|c| is_line_break(**c) || !is_space(**c))
                    .is_some_and(|c| *c == '(')
            };
            space && (super::is_digit(after) || parenthesis())
        }
        Some(Use::Other) => {
            matches!(next, '.' | ':' | '-' | '?' | ',')
                || space
                    && (after.is_ascii_lowercase()
                        || (!rules.english && after.is_lowercase())
                        || after == '('
                        || super::is_digit(after)
                        || is_i(view, i + 2))
        }
    }
}

/// `I`, `I'm`, `I'll`
fn is_i(view: &View, i: usize) -> bool {
    view.at(i) == 'I'
        && !is_line_break(view.at(i - 1))
        && (is_space(view.at(i + 1))
            || view.at(i + 1) == '\''
                && (view.at(i + 2) == 'm' || (view.at(i + 2) == 'l' && view.at(i + 3) == 'l')))
}

/// `a.m.`, `U.S.A.`: single letters with periods, at least two of them.
fn keep_multi_period(view: &mut View) {
    let mut i = 0;
    while i < view.chars.len() {
        let boundary = i == 0 || !(view.at(i - 1).is_alphanumeric() || view.at(i - 1) == '_');
        if !(boundary && view.at(i).is_ascii_alphabetic() && view.at(i + 1) == '.') {
            i += 1;
            continue;
        }
        let mut last = i;
        while view.at(last + 1) == '.' && view.at(last + 2).is_ascii_alphabetic() {
            last += 2;
        }
        // The letters end with a period, or the last letter is the start of a word that follows without a space.
        let end = if view.at(last + 1) == '.' { last + 1 } else { last.saturating_sub(1) };
        if end >= i + 3 {
            for place in (i + 1..=end).step_by(2) {
                view.chars[place] = KEPT;
            }
            i = end;
        }
        i += 1;
    }
}

/// `3 p.m. The` ends a sentence.
fn ends_after_am_pm(view: &View, i: usize) -> bool {
    let (first, kept, last) = (view.before(i, 3), view.before(i, 2), view.at(i - 1));
    kept == KEPT
        && view.space_capital(i + 1)
        && match (first, last) {
            ('P', 'M') => view.before(i, 4) == ' ',
            ('A', 'M') | ('p' | 'a', 'm') => true,
            _ => false,
        }
}

/// `in the U.S. The` ends a sentence.
fn ends_before_starter(view: &View, i: usize) -> bool {
    let ends_with = |pattern: &str| {
        let length = pattern.len();
        i >= length
            && pattern.chars().zip(&view.chars[i - length..i]).all(|(p, &c)| match p {
                '.' => c == '.' || c == KEPT,
                '*' => true,
                p => p == c,
            })
    };
    // Both periods of U.S.A are of one kind, and those of U.K are kept ones; other mixes do not come about.
    ["U.S", "U.K", "E.U", "U.S.A", "I", "i*v", "I*V"].into_iter().any(ends_with)
        && view.rules.starters.iter().any(|starter| {
            let length = starter.len();
            is_space(view.at(i + 2 + length))
                && starter.chars().enumerate().all(|(k, c)| view.at(i + 2 + k) == c)
        })
}

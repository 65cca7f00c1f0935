//! Periods of abbreviations and initials.

use super::{KEPT, View};
use crate::text::lexicon::Table;
use crate::text::sentiment::is_space;
use std::sync::LazyLock;

/// How an abbreviation is used: which text after its period shows that the sentence goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Before a name: any.
    Prepositive,
    /// Before a number.
    Number,
    /// Anywhere: lower case, a digit, a mark, `(` or `I`.
    Other,
}

/// pySBD's English list.
const ENGLISH: &str = "adj adv al ala alta apr arc ariz ark assn asst aug ave bart bld bldg blvd bros btw cal calif cl \
    co colo comdr con conn corp cres ct d.phil dak dec del dept dist dr.phil dr.philos drs e.g ens esp esq etc exp expy \
    feb fed fla ft fwy fy ga hon hosp hr hway hwy i.e ia id ida ill inc ind insp is jan jr jul jun kan kans ken ky la \
    ltd man mar mass may md me med mex mfg mich min minn miss mlle mm mme mo mont msgr mtn neb nebr nev nov nr oct ok \
    okla ont op ord ore pa pd pde penn penna pfc ph.d pl plz pvt que rd rs ref res rt sask sec sep sept sfc sr surg tce \
    tenn tex univ usafa u.s ut va ver viz vt wash wis wisc wy wyo yuk";
const ENGLISH_PREPOSITIVE: &str = "adm attys brig capt cmdr col cpl det dr gen gov ing lt maj mr mrs ms mt messrs mssrs \
    prof ph rep reps rev sen sens sgt st supt v vs fig";
const ENGLISH_NUMBER: &str = "art ext no nos p pp";
/// Abbreviations that are none of the words of the larger European languages.
const OTHERS: &str = "etc usw bzw vgl evtl ggf inkl tel ca cf ej ex jr jun sen vol núm nº т.д т.п";
const OTHERS_PREPOSITIVE: &str = "dr dra mr mrs prof sr sra srta st mme mlle hr fr dott ing sig д-р г ул";
const OTHERS_NUMBER: &str = "art fig nr no núm pág p pp s abb kap стр рис";

/// After `U.S.`, `I.` and the like, these show that a new sentence starts.
const STARTERS: [&str; 23] = [
    "A", "Being", "Did", "For", "He", "How", "However", "I", "In", "It", "Millions", "More", "She", "That",
    "The", "There", "They", "We", "What", "When", "Where", "Who", "Why",
];

fn table(lists: [(&'static str, Use); 3]) -> Table<&'static str, Use> {
    lists
        .into_iter()
        .flat_map(|(list, usage)| list.split_ascii_whitespace().map(move |word| (word, usage)))
        .collect()
}
static ENGLISH_TABLE: LazyLock<Table<&'static str, Use>> = LazyLock::new(|| {
    table([(ENGLISH, Use::Other), (ENGLISH_NUMBER, Use::Number), (ENGLISH_PREPOSITIVE, Use::Prepositive)])
});
static OTHERS_TABLE: LazyLock<Table<&'static str, Use>> = LazyLock::new(|| {
    table([(OTHERS, Use::Other), (OTHERS_NUMBER, Use::Number), (OTHERS_PREPOSITIVE, Use::Prepositive)])
});
/// Letters of the longest abbreviation.
const LONGEST: usize = 9;

/// All abbreviation rules, in pySBD's order.
pub(super) fn keep_abbreviations(view: &mut View) {
    for i in 1..view.chars.len() {
        if view.at(i) == '.' && (is_possessive(view, i) || is_initial(view, i)) {
            view.chars[i] = KEPT;
        }
    }
    let table = if view.english { &*ENGLISH_TABLE } else { &*OTHERS_TABLE };
    let mut word = String::new();
    for i in 1..view.chars.len() {
        if view.at(i) == '.' && is_abbreviation(view, i, table, &mut word) {
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

/// Characters at which Python's `splitlines` splits; abbreviations are looked at line by line.
fn is_line_break(c: char) -> bool {
    matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_abbreviation(view: &View, i: usize, table: &Table<&'static str, Use>, word: &mut String) -> bool {
    let length = view.chars[..i].iter().rev().take(LONGEST + 1).take_while(|c| !is_space(**c)).count();
    if length == 0 || length > LONGEST {
        return false;
    }
    word.clear();
    word.extend(view.chars[i - length..i].iter().flat_map(|c| c.to_lowercase()));
    let next = view.at(i + 1);
    let space = is_space(next);
    let after = if is_line_break(next) { '\0' } else { view.at(i + 2) };
    match table.get(word.as_str()) {
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
        && STARTERS.iter().any(|starter| {
            let length = starter.len();
            is_space(view.at(i + 2 + length))
                && starter.chars().enumerate().all(|(k, c)| view.at(i + 2 + k) == c)
        })
}

//! Sentences as YAKE sees them: the rules of segtok (Leitner; MIT), each a scan.

/// What ends no sentence before a period.
const ABBREVIATIONS: &str = "approx cf med nat nr e.g eg sci univ vol vs fe f.e fig figs Abr Apr Approx Aug Capt Cf Col Dr Dic \
    Dez Dec E.U E.g Eg Ene Feb Fe F.e Fig Figs Gen I.e I.v Ie Iv i.e i.v ie iv Jan Jun Jul Jän Mag Mar May Med Mr Mrs Mt Mär \
    Nat No Nov Nr Oct Okt Phil phil Prof prof P.e p.e Rer rer Sci Sep Sept Sgt Sr Sra Srta St Univ U.K U.S Vol Vs Z.B z.B";
/// Words before the initial of a name.
const TITLES: &str = "By by Captain captain Commander commander Doctor doctor General general Mister mister Magister magister \
    Misses misses Professor professor Señor Señora Señorita";
/// Words in lower case that start no sentence.
const CONTINUATIONS: &str =
    "and are between by from has into is of or than that through via was were whether with";
/// Three letters that start the name of a month.
const MONTHS: &str = "Jan Jän Ene Feb Mar Mär Abr Apr May Jun Jul Aug Sep Oct Okt Nov Dec Dez Dic";
/// Two parts of which the shorter has fewer bytes may be one sentence with a bracket.
const SHORT: usize = 55;

fn is_terminal(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '‼' | '‽' | '⁇' | '⁈' | '⁉' | '。' | '﹒' | '﹗' | '！' | '．' | '？' | '｡')
}

/// Whether a sentence may end with this character: the last word's mark is parted from it.
pub(super) fn ends_sentence(c: char) -> bool {
    is_terminal(c)
}

/// The sentences of a text, in order.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut last: Option<(usize, usize)> = None;
    // Brackets of the last one, counted on as it grows: counted anew for each part, a text of brackets would take forever.
    let mut open = [0; 2];
    for end in parts(text) {
        let current = &text[start..end];
        let joined = last.filter(|&(from, to)| goes_on(&text[from..to], open, current));
        open =
            std::array::from_fn(|i| depth(if joined.is_some() { open[i] } else { 0 }, current, BRACKETS[i]));
        match (joined, last) {
            (Some((from, _)), _) => last = Some((from, end)),
            (None, Some((from, to))) => {
                found.push(text[from..to].trim());
                last = Some((start, end));
            }
            (None, None) => last = Some((start, end)),
        }
        start = end;
    }
    found.extend(last.map(|(from, to)| text[from..to].trim()));
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Where the parts end: after a mark with what closes behind it and space, or after empty lines.
fn parts(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
    let mut marks = Marks { text, at: 0 };
    let mut next = marks.next();
    while let Some((mark, end)) = next {
        next = marks.next();
        let before = &text[start..mark];
        let after = &text[end..next.map_or(text.len(), |(mark, _)| mark)];
        let whole_before = before.split_ascii_whitespace().next_back().unwrap_or_default();
        let stays = before.ends_with(|c: char| c.is_ascii_whitespace())
            || before.is_empty()
            || (text[mark..].starts_with('.') && is_abbreviation(before, whole_before))
            || is_lone_word(after)
            || (is_day(whole_before) && is_month(after))
            || (is_initial(before) && starts_as_name(after));
        if !stays {
            ends.push(end);
            start = end;
        }
    }
    if start < text.len() {
        ends.push(text.len());
    }
    ends
}

/// Places of marks and ends of the space behind them.
struct Marks<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Marks<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            let mark = self.at + self.text[self.at..].find(|c: char| c == '\n' || is_terminal(c))?;
            let rest = &self.text[mark..];
            let first = rest.chars().next()?;
            self.at = mark + first.len_utf8();
            if first == '\n' {
                let lines = rest.len() - rest.trim_start_matches('\n').len();
                self.at = mark + lines;
                if lines > 1 {
                    return Some((mark, mark + lines));
                }
                continue;
            }
            let after = &rest[first.len_utf8()..];
            let quote = after
                .chars()
                .next()
                .filter(|c| matches!(c, '\'' | '’' | '"' | '”'))
                .map_or(0, char::len_utf8);
            let closed = after[quote..].trim_start_matches([']', ')']);
            let spaced = closed.trim_start();
            if spaced.len() < closed.len() {
                self.at = self.text.len() - spaced.len();
                return Some((mark, self.at));
            }
        }
    }
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Whether the period after this does not end a sentence.
fn is_abbreviation(before: &str, last_word: &str) -> bool {
    let word = last_word.trim_start_matches(|c: char| !c.is_alphanumeric());
    // A number or one character is no sentence.
    if before.chars().nth(1).is_none()
        || before.bytes().all(|b| b.is_ascii_digit())
        || is_in(ABBREVIATIONS, word)
    {
        return true;
    }
    let letter = word.chars().next().is_some_and(char::is_uppercase) && word.chars().nth(1).is_none();
    let rest = before[..before.len() - word.len()].trim_end();
    let title = rest.split_ascii_whitespace().next_back().unwrap_or_default();
    letter && (rest.ends_with(['(', '[']) || rest.ends_with(',') || is_in(TITLES, title))
}

/// One word in lower case and nothing else, up to the next mark.
fn is_lone_word(text: &str) -> bool {
    text.starts_with(char::is_lowercase)
        && text.chars().all(|c| c.is_lowercase() || c.is_numeric() || is_hyphen(c))
}

fn is_day(word: &str) -> bool {
    word.len() <= 2 && !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_month(text: &str) -> bool {
    let end = text.char_indices().nth(3).map_or(text.len(), |(end, _)| end);
    is_in(MONTHS, &text[..end]) || text.starts_with(|c: char| c.is_ascii_digit() && c != '0')
}

/// `Arthur P`
fn is_initial(before: &str) -> bool {
    let Some(rest) = before.strip_suffix(char::is_uppercase) else { return false };
    let name = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
    name.len() < rest.len()
        && starts_as_name(name.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())
}

/// A capital, then small letters.
fn starts_as_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
}

/// Whether a part belongs to the sentence before, which has these brackets open.
fn goes_on(last: &str, open: [i32; 2], current: &str) -> bool {
    let word = &current[..current.find(|c: char| !c.is_alphanumeric()).unwrap_or(current.len())];
    is_in(CONTINUATIONS, word)
        || (current.starts_with(char::is_lowercase) && may_go_on(last.trim_end()))
        || (last.len().min(current.len()) < SHORT
            && (0..2).any(|i| open[i] > 0 && depth(0, current, BRACKETS[i]) < 0))
}

/// `"Hello!"`, `m.`: a word in lower case after it goes on.
fn may_go_on(last: &str) -> bool {
    let inside = last.trim_end_matches([')', ']']);
    let quoted = inside.strip_suffix('"').unwrap_or(inside);
    if quoted.len() < last.len() {
        return quoted.ends_with(is_terminal);
    }
    let Some(before) = last.strip_suffix('.') else { return false };
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    word == "spp" || matches!(word.chars().count(), 1 | 2) && word.chars().all(char::is_alphabetic)
}

const BRACKETS: [(char, char); 2] = [('(', ')'), ('[', ']')];

/// Brackets that are left open after so many were before, or closed without having been opened (below zero, and stays there).
fn depth(before: i32, text: &str, (open, close): (char, char)) -> i32 {
    let mut depth = before;
    for c in text.chars() {
        if depth < 0 {
            return depth;
        }
        depth += i32::from(c == open) - i32::from(c == close);
    }
    depth
}

/// Hyphens that join words.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{ad}' | '\u{58a}' | '\u{5be}' | '\u{f0c}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2012}' | '\u{2e17}' | '\u{30a0}'
    )
}
